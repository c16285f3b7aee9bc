#include "exec_launch.h"
#include "json.h"
#include <muster/error.h>
#include <sys/resource.h>

static const struct {
  const char *name;
  int resource;
} RLIMITS[] = {
    {"RLIMIT_AS", RLIMIT_AS},           {"RLIMIT_CORE", RLIMIT_CORE},         {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},       {"RLIMIT_FSIZE", RLIMIT_FSIZE},       {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK}, {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE}, {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},   {"RLIMIT_NPROC", RLIMIT_NPROC},       {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},   {"RLIMIT_RTTIME", RLIMIT_RTTIME},     {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

int mu_exec_rlimit_by_name(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(RLIMITS); i++)
    if (g_str_equal(RLIMITS[i].name, name))
      return RLIMITS[i].resource;
  return -1;
}

static void volume_free(gpointer data) {
  MuExecVolume *volume = data;
  g_free(volume->path);
  g_free(volume->source);
  g_free(volume);
}

static void host_volume_free(gpointer data) {
  MuExecHostVolume *volume = data;
  g_free(volume->host_path);
  g_free(volume->container_path);
  g_free(volume);
}

static void config_free(gpointer data) {
  MuExecConfig *config = data;
  g_free(config->name);
  g_free(config->text);
  g_free(config->dest);
  g_free(config);
}

static void rlimit_free(gpointer data) {
  MuExecRlimit *rlimit = data;
  g_free(rlimit->name);
  g_free(rlimit);
}

static void task_free(gpointer data) {
  MuExecTaskSpec *task = data;
  g_free(task->task_id);
  g_free(task->name);
  g_free(task->cmd);
  g_free(task->sandbox);
  g_free(task->volumes_file);
  g_array_unref(task->groups);
  g_ptr_array_unref(task->env);
  g_ptr_array_unref(task->configs);
  json_decref(task->tls);
  g_ptr_array_unref(task->volumes);
  g_free(task->health.cmd);
  g_free(task->readiness.cmd);
  g_free(task);
}

void mu_exec_launch_free(MuExecLaunch *launch) {
  if (!launch)
    return;
  g_free(launch->service);
  g_free(launch->pod);
  g_free(launch->agent_id);
  g_free(launch->bootstrap);
  g_free(launch->fetch);
  g_free(launch->fetch_cache);
  json_decref(launch->uris);
  json_decref(launch->secrets);
  g_free(launch->secrets_program);
  g_free(launch->secrets_dir);
  g_free(launch->hostname);
  g_free(launch->cgroups.v2);
  g_free(launch->cgroups.v1_cpu);
  g_free(launch->cgroups.v1_memory);
  g_free(launch->cgroups.v1_freezer);
  g_ptr_array_unref(launch->rlimits);
  g_ptr_array_unref(launch->host_volumes);
  json_decref(launch->seccomp);
  g_free(launch->image);
  g_free(launch->podman);
  g_ptr_array_unref(launch->tasks);
  g_free(launch);
}

static gboolean copy_string(const json_t *object, const char *key, gboolean required, char **ret, GError **error) {
  const char *text = NULL;
  if (!mu_json_get_string(object, key, required, &text, error))
    return FALSE;
  *ret = g_strdup(text);
  return TRUE;
}

static gboolean read_check(const json_t *task, const char *key, MuExecCheckSpec *check, GError **error) {
  const json_t *json = json_object_get(task, key);
  if (!json)
    return TRUE;
  return copy_string(json, "cmd", TRUE, &check->cmd, error) &&
         mu_json_get_int(json, "interval_ms", TRUE, &check->interval_ms, error) &&
         mu_json_get_int(json, "delay_ms", TRUE, &check->delay_ms, error) &&
         mu_json_get_int(json, "timeout_ms", TRUE, &check->timeout_ms, error) &&
         mu_json_get_int(json, "grace_ms", FALSE, &check->grace_ms, error) &&
         mu_json_get_int(json, "max_failures", FALSE, &check->max_failures, error);
}

static gboolean read_volumes(const json_t *json, MuExecTaskSpec *task, GError **error) {
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(json, "volumes"), i, item) {
    MuExecVolume *volume = g_new0(MuExecVolume, 1);
    g_ptr_array_add(task->volumes, volume);
    if (!copy_string(item, "path", TRUE, &volume->path, error) ||
        !copy_string(item, "source", TRUE, &volume->source, error) ||
        !mu_json_get_int(item, "size_mb", FALSE, &volume->size_mb, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_host_volumes(const json_t *json, GPtrArray *volumes, GError **error) {
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(json, "host_volumes"), i, item) {
    MuExecHostVolume *volume = g_new0(MuExecHostVolume, 1);
    g_ptr_array_add(volumes, volume);
    if (!copy_string(item, "host_path", TRUE, &volume->host_path, error) ||
        !copy_string(item, "container_path", TRUE, &volume->container_path, error) ||
        !mu_json_get_bool(item, "read_only", FALSE, &volume->read_only, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_space(const json_t *json, MuExecSpaceSpec *space, GError **error) {
  const json_t *object = json_object_get(json, "space");
  return !object || (mu_json_get_bool(object, "pid", FALSE, &space->pid, error) &&
                     mu_json_get_bool(object, "ipc", FALSE, &space->ipc, error) &&
                     mu_json_get_int(object, "shm_size_mb", FALSE, &space->shm_size_mb, error));
}

static gboolean read_configs(const json_t *json, MuExecTaskSpec *task, GError **error) {
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(json, "configs"), i, item) {
    MuExecConfig *config = g_new0(MuExecConfig, 1);
    g_ptr_array_add(task->configs, config);
    if (!copy_string(item, "name", TRUE, &config->name, error) ||
        !copy_string(item, "text", TRUE, &config->text, error) ||
        !copy_string(item, "dest", TRUE, &config->dest, error))
      return FALSE;
  }
  return TRUE;
}

static void read_env(const json_t *json, MuExecTaskSpec *task) {
  const char *key;
  json_t *value;
  json_object_foreach (json_object_get(json, "env"), key, value) {
    if (json_is_string(value))
      g_ptr_array_add(task->env, g_strconcat(key, "=", json_string_value(value), NULL));
  }
  g_ptr_array_add(task->env, NULL);
}

static gboolean read_user(const json_t *json, MuExecTaskSpec *task, GError **error) {
  gint64 uid = 0, gid = 0;
  if (!mu_json_get_int(json, "uid", TRUE, &uid, error) || !mu_json_get_int(json, "gid", TRUE, &gid, error) ||
      !mu_json_get_bool(json, "switch_user", FALSE, &task->switch_user, error))
    return FALSE;
  task->uid = (uid_t)uid;
  task->gid = (gid_t)gid;
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(json, "groups"), i, item) {
    gid_t group = (gid_t)json_integer_value(item);
    g_array_append_val(task->groups, group);
  }
  return TRUE;
}

static MuExecTaskSpec *task_new(void) {
  MuExecTaskSpec *task = g_new0(MuExecTaskSpec, 1);
  task->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
  task->env = g_ptr_array_new_with_free_func(g_free);
  task->configs = g_ptr_array_new_with_free_func(config_free);
  task->volumes = g_ptr_array_new_with_free_func(volume_free);
  return task;
}

static gboolean read_task(json_t *json, MuExecTaskSpec *task, GError **error) {
  read_env(json, task);
  task->tls = json_incref(json_object_get(json, "tls"));
  return copy_string(json, "task_id", TRUE, &task->task_id, error) &&
         copy_string(json, "name", TRUE, &task->name, error) && copy_string(json, "cmd", TRUE, &task->cmd, error) &&
         copy_string(json, "sandbox", TRUE, &task->sandbox, error) &&
         copy_string(json, "volumes_file", TRUE, &task->volumes_file, error) && read_user(json, task, error) &&
         read_configs(json, task, error) && read_volumes(json, task, error) && read_space(json, &task->space, error) &&
         read_check(json, "health", &task->health, error) && read_check(json, "readiness", &task->readiness, error) &&
         mu_json_get_int(json, "kill_grace_ms", FALSE, &task->kill_grace_ms, error) &&
         mu_json_get_int(json, "cpu_shares_milli", FALSE, &task->cpu_shares_milli, error) &&
         mu_json_get_int(json, "cpu_limit_milli", FALSE, &task->cpu_limit_milli, error) &&
         mu_json_get_int(json, "mem_limit_mb", FALSE, &task->mem_limit_mb, error);
}

static gboolean read_rlimits(const json_t *json, MuExecLaunch *launch, GError **error) {
  gsize i;
  json_t *item;
  json_array_foreach (json_object_get(json, "rlimits"), i, item) {
    MuExecRlimit *rlimit = g_new0(MuExecRlimit, 1);
    g_ptr_array_add(launch->rlimits, rlimit);
    if (!copy_string(item, "name", TRUE, &rlimit->name, error) ||
        !mu_json_get_int(item, "soft", TRUE, &rlimit->soft, error) ||
        !mu_json_get_int(item, "hard", TRUE, &rlimit->hard, error))
      return FALSE;
    rlimit->resource = mu_exec_rlimit_by_name(rlimit->name);
  }
  return TRUE;
}

static gboolean read_cgroups(json_t *json, MuExecCgroupRoots *roots, GError **error) {
  json_t *cgroups = json_object_get(json, "cgroups");
  if (!cgroups)
    return TRUE;
  return copy_string(cgroups, "v2", FALSE, &roots->v2, error) &&
         copy_string(cgroups, "v1_cpu", FALSE, &roots->v1_cpu, error) &&
         copy_string(cgroups, "v1_memory", FALSE, &roots->v1_memory, error) &&
         copy_string(cgroups, "v1_freezer", FALSE, &roots->v1_freezer, error) &&
         mu_json_get_bool(cgroups, "v2_cpu", FALSE, &roots->v2_cpu, error) &&
         mu_json_get_bool(cgroups, "v2_memory", FALSE, &roots->v2_memory, error);
}

static gboolean read_launch(json_t *json, MuExecLaunch *launch, GError **error) {
  if (!copy_string(json, "service", TRUE, &launch->service, error) ||
      !copy_string(json, "pod", TRUE, &launch->pod, error) ||
      !copy_string(json, "agent_id", TRUE, &launch->agent_id, error) ||
      !copy_string(json, "bootstrap", FALSE, &launch->bootstrap, error) ||
      !copy_string(json, "fetch", FALSE, &launch->fetch, error) ||
      !copy_string(json, "fetch_cache", FALSE, &launch->fetch_cache, error) ||
      !copy_string(json, "secrets_program", FALSE, &launch->secrets_program, error) ||
      !copy_string(json, "secrets_dir", FALSE, &launch->secrets_dir, error) ||
      !copy_string(json, "hostname", FALSE, &launch->hostname, error) ||
      !mu_json_get_int(json, "log_max_bytes", TRUE, &launch->log_max_bytes, error) ||
      !mu_json_get_int(json, "disk_watch_ms", FALSE, &launch->disk_watch_ms, error) ||
      !mu_json_get_int(json, "nofile_soft", FALSE, &launch->nofile_soft, error) ||
      !read_cgroups(json, &launch->cgroups, error) || !read_rlimits(json, launch, error) ||
      !read_host_volumes(json, launch->host_volumes, error) || !read_space(json, &launch->space, error) ||
      !copy_string(json, "image", FALSE, &launch->image, error) ||
      !copy_string(json, "podman", FALSE, &launch->podman, error) ||
      !mu_json_get_bool(json, "seccomp_unconfined", FALSE, &launch->seccomp_unconfined, error))
    return FALSE;
  launch->seccomp = json_incref(json_object_get(json, "seccomp"));
  gsize i;
  json_t *item;
  launch->uris = json_incref(json_object_get(json, "uris"));
  launch->secrets = json_incref(json_object_get(json, "secrets"));
  json_array_foreach (json_object_get(json, "tasks"), i, item) {
    MuExecTaskSpec *task = task_new();
    g_ptr_array_add(launch->tasks, task);
    if (!read_task(item, task, error))
      return FALSE;
  }
  return TRUE;
}

MuExecLaunch *mu_exec_launch_parse(const char *text, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(text, length, MU_EXEC_LAUNCH_MAX, error);
  if (!json)
    return NULL;
  g_autoptr(MuExecLaunch) launch = g_new0(MuExecLaunch, 1);
  launch->rlimits = g_ptr_array_new_with_free_func(rlimit_free);
  launch->host_volumes = g_ptr_array_new_with_free_func(host_volume_free);
  launch->tasks = g_ptr_array_new_with_free_func(task_free);
  if (!json_is_object(json)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the launch file is not a JSON object");
    return NULL;
  }
  return read_launch(json, launch, error) ? g_steal_pointer(&launch) : NULL;
}

MuExecLaunch *mu_exec_launch_load(const char *path, GError **error) {
  g_autofree char *text = NULL;
  gsize length = 0;
  return g_file_get_contents(path, &text, &length, error) ? mu_exec_launch_parse(text, length, error) : NULL;
}
