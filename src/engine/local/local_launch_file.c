/* The launch file of a pod: the executor's part (exec_launch.h), and what the engine itself reads after a restart: the
 * resources of the pod and of each task. */
#include "json.h"
#include "local_private.h"
#include "local_seccomp.h"
#include <grp.h>
#include <muster/error.h>
#include <pwd.h>
#include <unistd.h>

#define MAX_GROUPS 65536

void mu_local_user_free(gpointer user) {
  MuLocalUser *self = user;
  g_array_unref(self->groups);
  g_free(self);
}

static MuLocalUser *look_up(const char *name) {
  MuLocalUser *user = g_new0(MuLocalUser, 1);
  user->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
  user->uid = -1;
  const struct passwd *entry = getpwnam(name);
  if (!entry)
    return user;
  user->uid = (gint)entry->pw_uid;
  user->gid = (gint)entry->pw_gid;
  int n = 64;
  g_array_set_size(user->groups, (guint)n);
  if (getgrouplist(name, entry->pw_gid, (gid_t *)(void *)user->groups->data, &n) < 0 && n <= MAX_GROUPS) {
    g_array_set_size(user->groups, (guint)n);
    getgrouplist(name, entry->pw_gid, (gid_t *)(void *)user->groups->data, &n);
  }
  g_array_set_size(user->groups, (guint)CLAMP(n, 0, MAX_GROUPS));
  return user;
}

static const MuLocalUser *find_user(MuLocal *local, const char *name) {
  MuLocalUser *user = g_hash_table_lookup(local->users, name);
  if (!user) {
    user = look_up(name);
    g_hash_table_insert(local->users, g_strdup(name), user);
  }
  return user;
}

static void stay_ourselves(MuLocal *local, const char *name, const MuLocalUser *user) {
  if (user->uid == (gint)geteuid() || local->warned_user)
    return;
  local->warned_user = TRUE;
  mu_local_warn(local, "not root: tasks for user '%s' and other users run as the scheduler's own user", name);
}

static gboolean add_user(MuLocal *local, const MuTaskLaunch *task, json_t *json, GError **error) {
  gboolean root = geteuid() == 0;
  const MuLocalUser *user = task->user ? find_user(local, task->user) : NULL;
  if (user && root && user->uid < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "task %s: the user '%s' does not exist on this machine", task->name,
                task->user);
    return FALSE;
  }
  if (user && !root)
    stay_ourselves(local, task->user, user);
  gboolean become = user && root;
  mu_json_set_int(json, "uid", become ? user->uid : (gint64)geteuid());
  mu_json_set_int(json, "gid", become ? user->gid : (gint64)getegid());
  mu_json_set_bool(json, "switch_user", become && user->uid != 0);
  json_t *groups = json_array();
  for (guint i = 0; become && i < user->groups->len; i++)
    json_array_append_new(groups, json_integer(g_array_index(user->groups, gid_t, i)));
  mu_json_set_new(json, "groups", groups);
  return TRUE;
}

static void add_check(json_t *task, const char *key, const MuLaunchCheck *check) {
  if (!check)
    return;
  mu_json_set_new(task, key,
                  json_pack("{s:s, s:I, s:I, s:I, s:I, s:i}", "cmd", check->cmd, "interval_ms",
                            (json_int_t)check->interval_ms, "delay_ms", (json_int_t)check->delay_ms, "timeout_ms",
                            (json_int_t)check->timeout_ms, "grace_ms", (json_int_t)check->grace_ms, "max_failures",
                            check->max_consecutive_failures));
}

static void add_volumes(const MuLocal *local, json_t *array, const MuResources *resources) {
  for (guint i = 0; resources && i < resources->items->len; i++) {
    const MuResource *resource = resources->items->pdata[i];
    if (!resource->persistence_id || !resource->container_path)
      continue;
    g_autofree char *source = mu_local_volume_path(local, resource);
    json_t *volume = json_pack("{s:s, s:s}", "path", resource->container_path, "source", source);
    if (local->disk_watch_ms > 0 && !resource->mount_root)
      mu_json_set_int(volume, "size_mb", resource->amount);
    json_array_append_new(array, volume);
  }
}

static json_t *configs_to_json(const MuItems *configs) {
  json_t *array = json_array();
  for (guint i = 0; i < configs->len; i++) {
    const MuLaunchConfig *config = configs->pdata[i];
    json_array_append_new(
        array, json_pack("{s:s, s:s, s:s}", "name", config->name, "text", config->text, "dest", config->dest));
  }
  return array;
}

static json_t *env_to_json(const MuItems *env) {
  json_t *object = json_object();
  for (guint i = 0; i < env->len; i++) {
    const MuEnvVar *var = env->pdata[i];
    mu_json_set_string(object, var->name, var->value);
  }
  return object;
}

/* 0: the reservation; -1: unlimited, in the launch file 0. */
static gint64 effective_limit(gint64 limit, gint64 reserved) {
  return limit < 0 ? 0 : limit > 0 ? MAX(limit, reserved) : reserved;
}

static void add_limits(json_t *json, const MuTaskLaunch *task) {
  gint64 cpus = mu_resources_total(task->resources, MU_RESOURCE_CPUS),
         mem = mu_resources_total(task->resources, MU_RESOURCE_MEM);
  mu_json_set_int(json, "cpu_shares_milli", cpus);
  mu_json_set_int(json, "cpu_limit_milli", MAX(task->limit_cpus_milli, 0));
  mu_json_set_int(json, "mem_limit_mb", effective_limit(task->limit_mem_mb, mem));
}

/* ipc-mode and shm-size of a pod or a task: a size alone asks for a /dev/shm of its own, too. */
static json_t *space_to_json(gboolean pid, gboolean may_ipc, MuIpcMode ipc_mode, gint64 shm_size_mb) {
  json_t *json = json_object();
  gboolean ipc = ipc_mode == MU_IPC_PRIVATE || (ipc_mode == MU_IPC_DEFAULT && shm_size_mb > 0);
  mu_json_set_bool(json, "pid", pid);
  mu_json_set_bool(json, "ipc", ipc && may_ipc);
  mu_json_set_int(json, "shm_size_mb", shm_size_mb);
  return json;
}

/* The processes of an image's container are always apart, from others' and from podman's. An ordinary user's podman does that
 * itself. */
static gboolean has_own_pids(const MuLocal *local, const MuPodLaunch *launch) {
  return launch->image ? geteuid() == 0 : local->isolates_pids;
}

static json_t *host_volumes_to_json(const MuItems *volumes) {
  json_t *array = json_array();
  for (guint i = 0; i < volumes->len; i++) {
    const MuLaunchHostVolume *volume = volumes->pdata[i];
    json_array_append_new(array, json_pack("{s:s, s:s, s:b}", "host_path", volume->host_path, "container_path",
                                           volume->container_path, "read_only", volume->read_only));
  }
  return array;
}

static json_t *task_to_json(MuLocal *local, const MuPodLaunch *launch, const MuTaskLaunch *task, GError **error) {
  g_autoptr(json_t) json = json_object();
  gboolean pids = has_own_pids(local, launch);
  g_autofree char *sandbox = g_build_filename(local->runs_dir, task->task_id, NULL);
  g_autofree char *volumes_file = g_build_filename(local->run_volumes_dir, task->task_id, NULL);
  json_t *volumes = json_array();
  add_volumes(local, volumes, launch->resources);
  add_volumes(local, volumes, task->resources);
  mu_json_set_string(json, "task_id", task->task_id);
  mu_json_set_string(json, "name", task->name);
  mu_json_set_string(json, "cmd", task->cmd ? task->cmd : ":");
  mu_json_set_string(json, "sandbox", sandbox);
  mu_json_set_string(json, "volumes_file", volumes_file);
  mu_json_set_new(json, "volumes", volumes);
  mu_json_set_new(json, "env", env_to_json(task->env));
  mu_json_set_new(json, "configs", configs_to_json(task->configs));
  mu_local_provide_task(task, json);
  add_check(json, "health", task->health_check);
  add_check(json, "readiness", task->readiness_check);
  mu_json_set_new(
      json, "space",
      space_to_json(pids && !launch->share_pid_namespace, local->isolates_ipc, task->ipc_mode, task->shm_size_mb));
  mu_json_set_int(json, "kill_grace_ms", task->kill_grace_ms);
  add_limits(json, task);
  mu_json_set_new(json, "resources", mu_resources_to_json(task->resources));
  return add_user(local, task, json, error) ? g_steal_pointer(&json) : NULL;
}

static json_t *rlimits_to_json(const MuItems *rlimits) {
  json_t *array = json_array();
  for (guint i = 0; i < rlimits->len; i++) {
    const MuLaunchRlimit *rlimit = rlimits->pdata[i];
    json_array_append_new(array, json_pack("{s:s, s:I, s:I}", "name", rlimit->name, "soft", (json_int_t)rlimit->soft,
                                           "hard", (json_int_t)rlimit->hard));
  }
  return array;
}

static gboolean check_names(const MuPodLaunch *launch, GError **error) {
  gboolean ok = mu_local_name_is_safe(launch->executor_id);
  const char *bad = launch->executor_id;
  for (guint i = 0; ok && i < launch->tasks->len; i++) {
    bad = ((const MuTaskLaunch *)launch->tasks->pdata[i])->task_id;
    ok = mu_local_name_is_safe(bad);
  }
  if (!ok)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the id '%s' cannot be the name of a folder", bad);
  return ok;
}

static gboolean add_seccomp(const MuLocal *local, const MuPodLaunch *launch, json_t *json, GError **error) {
  const char *name = launch->seccomp_profile ? launch->seccomp_profile : local->seccomp_default;
  if (launch->seccomp_unconfined || !name)
    return TRUE;
  json_t *profile = mu_local_seccomp_load(local->seccomp_dir, name, error);
  if (profile)
    mu_json_set_new(json, "seccomp", profile);
  return profile != NULL;
}

char *mu_local_launch_file(MuLocal *local, const MuLocalAgent *agent, const MuPodLaunch *launch, GError **error) {
  if (!check_names(launch, error))
    return NULL;
  g_autoptr(json_t) json = json_object();
  mu_json_set_string(json, "service", launch->service);
  mu_json_set_string(json, "pod", launch->pod);
  mu_json_set_string(json, "agent_id", mu_agent_id(agent->model));
  mu_json_set_string(json, "bootstrap", local->bootstrap_path);
  mu_json_set_int(json, "log_max_bytes", local->log_max_bytes);
  mu_json_set_int(json, "nofile_soft", local->nofile_soft);
  mu_json_set_int(json, "disk_watch_ms", local->disk_watch_ms);
  mu_json_set_new(json, "cgroups", mu_cgroup_probe_to_json(&local->cgroups));
  mu_json_set_new(json, "rlimits", rlimits_to_json(launch->rlimits));
  mu_local_provide(local, agent->model, launch, json);
  mu_json_set_new(json, "host_volumes", host_volumes_to_json(launch->host_volumes));
  mu_json_set_new(json, "space",
                  space_to_json(has_own_pids(local, launch) && launch->share_pid_namespace,
                                local->isolates_ipc && !launch->image, launch->ipc_mode, launch->shm_size_mb));
  mu_json_set_string(json, "image", launch->image);
  mu_json_set_string(json, "podman", launch->image ? local->podman_path : NULL);
  mu_json_set_bool(json, "seccomp_unconfined", launch->seccomp_unconfined);
  if (!add_seccomp(local, launch, json, error))
    return NULL;
  json_t *tasks = json_array();
  mu_json_set_new(json, "resources", mu_resources_to_json(launch->resources));
  mu_json_set_new(json, "tasks", tasks);
  for (guint i = 0; i < launch->tasks->len; i++) {
    json_t *task = task_to_json(local, launch, launch->tasks->pdata[i], error);
    if (!task)
      return NULL;
    json_array_append_new(tasks, task);
  }
  return mu_json_to_string(json);
}
