#include "engine_container_json.h"
#include "engine_json.h"

/* ---- the parts of a task ------------------------------------------------------------------------------------------- */

static void set_configs(json_t *object, const MuItems *configs) {
  if (configs->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < configs->len; i++) {
    const MuLaunchConfig *config = g_ptr_array_index(configs, i);
    json_t *json = json_object();
    mu_json_set_string(json, "name", config->name);
    mu_json_set_string(json, "text", config->text);
    mu_json_set_string(json, "dest", config->dest);
    json_array_append_new(array, json);
  }
  mu_json_set_new(object, "configs", array);
}

static gboolean read_config(const json_t *item, gpointer target, GError **error) {
  const char *name = NULL, *text = NULL, *dest = NULL;
  if (!mu_json_get_string(item, "name", TRUE, &name, error) || !mu_json_get_string(item, "text", TRUE, &text, error) ||
      !mu_json_get_string(item, "dest", TRUE, &dest, error))
    return FALSE;
  g_ptr_array_add(target, mu_launch_config_new(name, text, dest));
  return TRUE;
}

static void set_check(json_t *object, const char *key, const MuLaunchCheck *check) {
  if (check == NULL)
    return;
  json_t *json = json_object();
  mu_json_set_string(json, "cmd", check->cmd);
  mu_engine_json_set_nonzero(json, "interval_ms", check->interval_ms);
  mu_engine_json_set_nonzero(json, "delay_ms", check->delay_ms);
  mu_engine_json_set_nonzero(json, "timeout_ms", check->timeout_ms);
  mu_engine_json_set_nonzero(json, "grace_ms", check->grace_ms);
  mu_engine_json_set_nonzero(json, "max_consecutive_failures", check->max_consecutive_failures);
  mu_json_set_new(object, key, json);
}

static gboolean read_check(const json_t *json, MuLaunchCheck *check, GError **error) {
  gint64 failures = 0;
  gboolean good = mu_json_get_int_between(json, "interval_ms", FALSE, 0, G_MAXINT64, &check->interval_ms, error) &&
                  mu_json_get_int_between(json, "delay_ms", FALSE, 0, G_MAXINT64, &check->delay_ms, error) &&
                  mu_json_get_int_between(json, "timeout_ms", FALSE, 0, G_MAXINT64, &check->timeout_ms, error) &&
                  mu_json_get_int_between(json, "grace_ms", FALSE, 0, G_MAXINT64, &check->grace_ms, error) &&
                  mu_json_get_int_between(json, "max_consecutive_failures", FALSE, 0, G_MAXINT, &failures, error);
  check->max_consecutive_failures = (gint)failures;
  return good;
}

static gboolean get_check(const json_t *object, const char *key, MuLaunchCheck **check, GError **error) {
  const json_t *json = NULL;
  const char *cmd = NULL;
  if (!mu_json_get_object(object, key, FALSE, &json, error))
    return FALSE;
  if (json == NULL)
    return TRUE;
  if (!mu_json_get_string(json, "cmd", TRUE, &cmd, error))
    return FALSE;
  *check = mu_launch_check_new(cmd);
  return read_check(json, *check, error);
}

/* ---- a task -------------------------------------------------------------------------------------------------------- */

static json_t *task_to_json(const MuTaskLaunch *task) {
  json_t *json = json_object();
  mu_json_set_string(json, "task_id", task->task_id);
  mu_json_set_string(json, "name", task->name);
  mu_json_set_string(json, "cmd", task->cmd);
  mu_json_set_string(json, "user", task->user);
  mu_engine_json_set_vars(json, "env", task->env);
  set_configs(json, task->configs);
  set_check(json, "health_check", task->health_check);
  set_check(json, "readiness_check", task->readiness_check);
  mu_engine_json_set_nonzero(json, "kill_grace_ms", task->kill_grace_ms);
  mu_engine_json_set_resources(json, "resources", task->resources);
  mu_engine_json_set_nonzero(json, "limit_cpus_milli", task->limit_cpus_milli);
  mu_engine_json_set_nonzero(json, "limit_mem_mb", task->limit_mem_mb);
  mu_engine_json_set_vars(json, "labels", task->labels);
  mu_engine_json_set_discovery(json, task->discovery);
  mu_engine_json_set_ipc(json, task->ipc_mode, task->shm_size_mb);
  mu_engine_json_set_tls(json, task->tls);
  return json;
}

static gboolean read_task_numbers(const json_t *json, MuTaskLaunch *task, GError **error) {
  return mu_json_get_int_between(json, "kill_grace_ms", FALSE, 0, G_MAXINT64, &task->kill_grace_ms, error) &&
         mu_json_get_int_between(json, "limit_cpus_milli", FALSE, -1, MU_RESOURCE_MAX_AMOUNT, &task->limit_cpus_milli,
                                 error) &&
         mu_json_get_int_between(json, "limit_mem_mb", FALSE, -1, MU_RESOURCE_MAX_AMOUNT, &task->limit_mem_mb, error);
}

static gboolean read_task_fields(const json_t *json, MuTaskLaunch *task, GError **error) {
  return mu_engine_json_take_text(json, "task_id", TRUE, &task->task_id, error) &&
         mu_engine_json_take_text(json, "name", TRUE, &task->name, error) &&
         mu_engine_json_take_text(json, "cmd", FALSE, &task->cmd, error) &&
         mu_engine_json_take_text(json, "user", FALSE, &task->user, error) &&
         mu_engine_json_get_vars(json, "env", task->env, error) &&
         mu_engine_json_each(json, "configs", read_config, task->configs, error) &&
         get_check(json, "health_check", &task->health_check, error) &&
         get_check(json, "readiness_check", &task->readiness_check, error) && read_task_numbers(json, task, error) &&
         mu_engine_json_get_resources(json, "resources", &task->resources, error) &&
         mu_engine_json_get_vars(json, "labels", task->labels, error) &&
         mu_engine_json_get_discovery(json, &task->discovery, error) &&
         mu_engine_json_get_ipc(json, &task->ipc_mode, &task->shm_size_mb, error) &&
         mu_engine_json_get_tls(json, task->tls, error);
}

static gboolean read_task(const json_t *item, gpointer target, GError **error) {
  g_autoptr(MuTaskLaunch) task = mu_task_launch_new(NULL, NULL);
  if (!read_task_fields(item, task, error))
    return FALSE;
  g_ptr_array_add(target, g_steal_pointer(&task));
  return TRUE;
}

/* ---- a pod --------------------------------------------------------------------------------------------------------- */

static void set_rlimits(json_t *object, const MuItems *rlimits) {
  if (rlimits->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < rlimits->len; i++) {
    const MuLaunchRlimit *rlimit = g_ptr_array_index(rlimits, i);
    json_t *json = json_object();
    mu_json_set_string(json, "name", rlimit->name);
    mu_json_set_int(json, "soft", rlimit->soft);
    mu_json_set_int(json, "hard", rlimit->hard);
    json_array_append_new(array, json);
  }
  mu_json_set_new(object, "rlimits", array);
}

static gboolean read_rlimit(const json_t *item, gpointer target, GError **error) {
  const char *name = NULL;
  gint64 soft = -1, hard = -1;
  if (!mu_json_get_string(item, "name", TRUE, &name, error) ||
      !mu_json_get_int_between(item, "soft", TRUE, -1, G_MAXINT64, &soft, error) ||
      !mu_json_get_int_between(item, "hard", TRUE, -1, G_MAXINT64, &hard, error))
    return FALSE;
  g_ptr_array_add(target, mu_launch_rlimit_new(name, soft, hard));
  return TRUE;
}

json_t *mu_pod_launch_to_json(const MuPodLaunch *launch) {
  json_t *json = json_object();
  mu_json_set_string(json, "executor_id", launch->executor_id);
  mu_json_set_string(json, "service", launch->service);
  mu_json_set_string(json, "pod", launch->pod);
  json_t *tasks = json_array();
  for (guint i = 0; i < launch->tasks->len; i++)
    json_array_append_new(tasks, task_to_json(g_ptr_array_index(launch->tasks, i)));
  mu_json_set_new(json, "tasks", tasks);
  set_rlimits(json, launch->rlimits);
  mu_engine_json_set_resources(json, "resources", launch->resources);
  mu_engine_json_set_true(json, "share_pid_namespace", launch->share_pid_namespace);
  mu_engine_json_set_container(json, launch);
  mu_engine_json_set_uris(json, launch->uris);
  mu_engine_json_set_secrets(json, launch->secrets);
  return json;
}

static gboolean read_pod_fields(const json_t *json, MuPodLaunch *launch, GError **error) {
  return mu_engine_json_take_text(json, "executor_id", TRUE, &launch->executor_id, error) &&
         mu_engine_json_take_text(json, "service", TRUE, &launch->service, error) &&
         mu_engine_json_take_text(json, "pod", TRUE, &launch->pod, error) &&
         mu_engine_json_each(json, "tasks", read_task, launch->tasks, error) &&
         mu_engine_json_each(json, "rlimits", read_rlimit, launch->rlimits, error) &&
         mu_engine_json_get_resources(json, "resources", &launch->resources, error) &&
         mu_json_get_bool(json, "share_pid_namespace", FALSE, &launch->share_pid_namespace, error) &&
         mu_engine_json_get_container(json, launch, error) && mu_engine_json_get_uris(json, launch->uris, error) &&
         mu_engine_json_get_secrets(json, launch->secrets, error);
}

MuPodLaunch *mu_pod_launch_from_json(const json_t *json, GError **error) {
  g_autoptr(MuPodLaunch) launch = mu_pod_launch_new(NULL, NULL, NULL);
  if (!read_pod_fields(json, launch, error)) {
    g_prefix_error(error, "launch: ");
    return NULL;
  }
  return g_steal_pointer(&launch);
}
