#include "exec_image.h"
#include "exec_secrets.h"
#include "json.h"
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PROFILE_FILE "seccomp.json" /* in the executor's folder */

static void add(GPtrArray *argv, const char *text) {
  g_ptr_array_add(argv, g_strdup(text));
}

static void add_format(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_format(GPtrArray *argv, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_ptr_array_add(argv, g_strdup_vprintf(format, args));
  va_end(args);
}

static GPtrArray *begin(const MuExecLaunch *launch, const char *command) {
  GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
  add(argv, launch->podman ? launch->podman : "podman");
  add(argv, command);
  return argv;
}

static char *container_name(const MuExecTaskSpec *task) {
  return g_strconcat("muster-", task->task_id, NULL);
}

/* ---- environment ----------------------------------------------------------------------------------------------------- */

/* What podman itself goes by; a task's value of one of these is handed on as a text. */
static const char *const own_names[] = {"PATH",
                                        "HOME",
                                        "XDG_RUNTIME_DIR",
                                        "XDG_CONFIG_HOME",
                                        "XDG_DATA_HOME",
                                        "CONTAINERS_CONF",
                                        "CONTAINERS_STORAGE_CONF",
                                        "TMPDIR"};

static gboolean is_own(const char *entry) {
  for (gsize i = 0; i < G_N_ELEMENTS(own_names); i++) {
    gsize length = strlen(own_names[i]);
    if (strncmp(entry, own_names[i], length) == 0 && entry[length] == '=')
      return TRUE;
  }
  return FALSE;
}

GPtrArray *mu_exec_image_environment(const MuExecTaskSpec *task) {
  GPtrArray *env = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < task->env->len && task->env->pdata[i]; i++)
    if (!is_own(task->env->pdata[i]))
      add(env, task->env->pdata[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(own_names); i++)
    if (g_getenv(own_names[i]))
      add_format(env, "%s=%s", own_names[i], g_getenv(own_names[i]));
  g_ptr_array_add(env, NULL);
  return env;
}

/* By name, so that no value is seen in the list of processes. PATH is the image's unless the task has one. */
static void add_environment(GPtrArray *argv, const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  gboolean has_home = FALSE;
  for (guint i = 0; i < task->env->len && task->env->pdata[i]; i++) {
    const char *entry = task->env->pdata[i];
    has_home = has_home || g_str_has_prefix(entry, "HOME=");
    add(argv, "--env");
    if (is_own(entry))
      add(argv, entry);
    else
      add_format(argv, "%.*s", (int)(strchr(entry, '=') - entry), entry);
  }
  gsize i;
  const json_t *secret;
  json_array_foreach (launch->secrets, i, secret)
    if (json_object_get(secret, "env_key"))
      add_format(argv, "--env=%s", json_string_value(json_object_get(secret, "env_key")));
  if (!has_home)
    add_format(argv, "--env=HOME=%s", task->sandbox);
  add_format(argv, "--env=MESOS_SANDBOX=%s", task->sandbox);
  add_format(argv, "--env=MUSTER_TASK_ID=%s", task->task_id);
}

/* ---- limits ---------------------------------------------------------------------------------------------------------- */

static gint64 as_number(rlim_t limit) {
  return limit == RLIM_INFINITY ? -1 : (gint64)limit;
}

/* Podman lowers its own limit of processes to what the kernel has of them, and cannot raise it again without privilege. */
static gint64 most_processes(void) {
  g_autofree char *text = NULL;
  return g_file_get_contents("/proc/sys/kernel/pid_max", &text, NULL, NULL) ? g_ascii_strtoll(text, NULL, 10)
                                                                            : G_MAXINT64;
}

static void add_ulimit(GPtrArray *argv, const char *name, gint64 soft, gint64 hard) {
  if (g_str_equal(name, "RLIMIT_NPROC")) {
    gint64 most = most_processes();
    soft = soft < 0 ? most : MIN(soft, most);
    hard = hard < 0 ? most : MIN(hard, most);
  }
  g_autofree char *lower = g_ascii_strdown(name + strlen("RLIMIT_"), -1);
  add_format(argv, "--ulimit=%s=%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, lower, soft, hard);
}

static gboolean has_rlimit(const MuExecLaunch *launch, int resource) {
  for (guint i = 0; i < launch->rlimits->len; i++)
    if (((const MuExecRlimit *)launch->rlimits->pdata[i])->resource == resource)
      return TRUE;
  return FALSE;
}

/* Podman has limits of its own for these two, which it may not be allowed to set: a task has what the executor has. */
static void keep_ulimit(GPtrArray *argv, const MuExecLaunch *launch, const char *name, int resource) {
  struct rlimit now;
  if (!has_rlimit(launch, resource) && getrlimit((__rlimit_resource_t)resource, &now) == 0)
    add_ulimit(argv, name, as_number(now.rlim_cur), as_number(now.rlim_max));
}

static void add_limits(GPtrArray *argv, const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  const MuExecCgroupRoots *roots = &launch->cgroups;
  for (guint i = 0; i < launch->rlimits->len; i++) {
    const MuExecRlimit *rlimit = launch->rlimits->pdata[i];
    add_ulimit(argv, rlimit->name, rlimit->soft, rlimit->hard);
  }
  keep_ulimit(argv, launch, "RLIMIT_NOFILE", RLIMIT_NOFILE);
  keep_ulimit(argv, launch, "RLIMIT_NPROC", RLIMIT_NPROC);
  if ((roots->v2_memory || roots->v1_memory) && task->mem_limit_mb > 0)
    add_format(argv, "--memory=%" G_GINT64_FORMAT "m", task->mem_limit_mb);
  if (!roots->v2_cpu && !roots->v1_cpu)
    return;
  if (task->cpu_shares_milli > 0)
    add_format(argv, "--cpu-shares=%" G_GINT64_FORMAT, MAX(task->cpu_shares_milli * 1024 / 1000, 2));
  if (task->cpu_limit_milli > 0)
    add_format(argv, "--cpus=%" G_GINT64_FORMAT ".%03d", task->cpu_limit_milli / 1000,
               (int)(task->cpu_limit_milli % 1000));
}

/* ---- what it sees ---------------------------------------------------------------------------------------------------- */

static void add_volumes(GPtrArray *argv, const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  add_format(argv, "--volume=%s:%s", task->sandbox, task->sandbox);
  for (guint i = 0; i < task->volumes->len; i++) {
    const MuExecVolume *volume = task->volumes->pdata[i];
    add_format(argv, "--volume=%s:%s", volume->source, volume->source); /* where its symlink leads */
  }
  g_autofree char *secrets = mu_exec_secrets_have_files(launch, task) ? mu_exec_secrets_shm(task) : NULL;
  if (secrets)
    add_format(argv, "--volume=%s:%s", secrets, secrets);
  for (guint i = 0; i < launch->host_volumes->len; i++) {
    const MuExecHostVolume *volume = launch->host_volumes->pdata[i];
    add_format(argv, "--volume=%s:%s/%s:%s", volume->host_path, task->sandbox, volume->container_path,
               volume->read_only ? "ro" : "rw");
  }
}

static void add_namespaces(GPtrArray *argv, const MuExecTaskSpec *task, const MuExecSpace *space) {
  add(argv, "--network=host");
  if (mu_exec_space_is_open(space) && space->pid_fd >= 0)
    add_format(argv, "--pid=ns:/proc/%d/ns/pid", (int)space->holder);
  if (task->space.shm_size_mb > 0)
    add_format(argv, "--shm-size=%" G_GINT64_FORMAT "m", task->space.shm_size_mb);
}

static void add_user(GPtrArray *argv, const MuExecTaskSpec *task) {
  gboolean root = geteuid() == 0; /* else root in the container is who we are */
  add_format(argv, "--user=%u:%u", root ? task->uid : 0, root ? task->gid : 0);
  for (guint i = 0; root && i < task->groups->len; i++)
    add_format(argv, "--group-add=%u", g_array_index(task->groups, gid_t, i));
}

static void add_seccomp(GPtrArray *argv, const MuExecLaunch *launch) {
  g_autofree char *folder = g_get_current_dir();
  add(argv, "--security-opt=label=disable"); /* the sandbox is the host's */
  if (launch->seccomp)
    add_format(argv, "--security-opt=seccomp=%s/" PROFILE_FILE, folder);
  else if (launch->seccomp_unconfined)
    add(argv, "--security-opt=seccomp=unconfined");
}

/* ---- commands -------------------------------------------------------------------------------------------------------- */

GPtrArray *mu_exec_image_run(const MuExecLaunch *launch, const MuExecTaskSpec *task, const MuExecSpace *space) {
  GPtrArray *argv = begin(launch, "run");
  g_autofree char *name = container_name(task);
  add(argv, "--rm");
  add(argv, "--log-driver=none"); /* what it prints comes to us */
  add_format(argv, "--name=%s", name);
  add_format(argv, "--workdir=%s", task->sandbox);
  add_namespaces(argv, task, space);
  add_user(argv, task);
  add_seccomp(argv, launch);
  add_limits(argv, launch, task);
  add_volumes(argv, launch, task);
  add_environment(argv, launch, task);
  add(argv, "--entrypoint=/bin/sh");
  add(argv, launch->image);
  add(argv, "-c");
  add(argv, task->cmd);
  g_ptr_array_add(argv, NULL);
  return argv;
}

GPtrArray *mu_exec_image_check(const MuExecLaunch *launch, const MuExecTaskSpec *task, const char *cmd) {
  GPtrArray *argv = begin(launch, "exec");
  g_autofree char *name = container_name(task);
  add_format(argv, "--workdir=%s", task->sandbox);
  add(argv, name);
  add(argv, "/bin/sh");
  add(argv, "-c");
  add(argv, cmd);
  g_ptr_array_add(argv, NULL);
  return argv;
}

GPtrArray *mu_exec_image_session(const MuExecLaunch *launch, const MuExecTaskSpec *task, const MuExecRequest *request) {
  GPtrArray *argv = begin(launch, "exec");
  g_autofree char *name = container_name(task);
  add(argv, "--interactive");
  if (request->tty)
    add(argv, "--tty");
  if (request->term != NULL)
    add_format(argv, "--env=TERM=%s", request->term);
  add_format(argv, "--workdir=%s", task->sandbox);
  add(argv, name);
  for (const char *const *word = request->argv; *word != NULL; word++)
    add(argv, *word);
  g_ptr_array_add(argv, NULL);
  return argv;
}

GPtrArray *mu_exec_image_remove(const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  GPtrArray *argv = begin(launch, "rm");
  g_autofree char *name = container_name(task);
  add(argv, "--force");
  add(argv, "--ignore");
  add(argv, "--time=0");
  add(argv, name);
  g_ptr_array_add(argv, NULL);
  return argv;
}

void mu_exec_image_remove_now(const MuExecLaunch *launch, const MuExecTaskSpec *task) {
  g_autoptr(GPtrArray) argv = mu_exec_image_remove(launch, task);
  g_autoptr(GPtrArray) env = mu_exec_image_environment(task);
  g_spawn_sync(NULL, (char **)argv->pdata, (char **)env->pdata, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
               NULL, NULL, NULL, NULL, NULL, NULL);
}

GPtrArray *mu_exec_image_pull(const MuExecLaunch *launch) {
  GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
  const char *const words[] = {"/bin/sh", "-c", "\"$0\" image exists \"$1\" || exec \"$0\" pull --quiet \"$1\"",
                               launch->podman, launch->image};
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
    add(argv, words[i]);
  return argv;
}

gboolean mu_exec_image_set_up(const MuExecLaunch *launch, GError **error) {
  if (!launch->seccomp)
    return TRUE;
  g_autofree char *text = mu_json_to_string(launch->seccomp);
  return g_file_set_contents(PROFILE_FILE, text, -1, error);
}
