#include "engine.h"

#include <string.h>

/* Both texts follow the struct in its block: a launch has a dozen of them. */
MuEnvVar *mu_env_var_new(const char *name, const char *value) {
  gsize n = name == NULL ? 0 : strlen(name) + 1, m = value == NULL ? 0 : strlen(value) + 1;
  MuEnvVar *var = g_malloc(sizeof(MuEnvVar) + n + m);
  char *texts = (char *)(var + 1);
  var->name = n == 0 ? NULL : memcpy(texts, name, n);
  var->value = m == 0 ? NULL : memcpy(texts + n, value, m);
  return var;
}

void mu_env_var_free(MuEnvVar *var) {
  g_free(var);
}

void mu_env_vars_add_all(MuItems *to, const MuItems *from) {
  for (guint i = 0; i < from->len; i++) {
    const MuEnvVar *var = from->pdata[i];
    mu_items_add(to, mu_env_var_new(var->name, var->value));
  }
}

void mu_env_vars_clear(MuItems *vars) {
  mu_items_clear(vars, (GDestroyNotify)mu_env_var_free);
}

MuLaunchConfig *mu_launch_config_new(const char *name, const char *text, const char *dest) {
  MuLaunchConfig *config = g_new0(MuLaunchConfig, 1);
  config->name = g_strdup(name);
  config->text = g_strdup(text);
  config->dest = g_strdup(dest);
  return config;
}

void mu_launch_config_free(MuLaunchConfig *config) {
  if (config == NULL)
    return;
  g_free(config->name);
  g_free(config->text);
  g_free(config->dest);
  g_free(config);
}

MuLaunchCheck *mu_launch_check_new(const char *cmd) {
  MuLaunchCheck *check = g_new0(MuLaunchCheck, 1);
  check->cmd = g_strdup(cmd);
  return check;
}

void mu_launch_check_free(MuLaunchCheck *check) {
  if (check == NULL)
    return;
  g_free(check->cmd);
  g_free(check);
}

MuLaunchRlimit *mu_launch_rlimit_new(const char *name, gint64 soft, gint64 hard) {
  MuLaunchRlimit *rlimit = g_new0(MuLaunchRlimit, 1);
  rlimit->name = g_strdup(name);
  rlimit->soft = soft;
  rlimit->hard = hard;
  return rlimit;
}

void mu_launch_rlimit_free(MuLaunchRlimit *rlimit) {
  if (rlimit == NULL)
    return;
  g_free(rlimit->name);
  g_free(rlimit);
}

MuTaskLaunch *mu_task_launch_new(const char *task_id, const char *name) {
  MuTaskLaunch *launch = g_new0(MuTaskLaunch, 1);
  launch->task_id = g_strdup(task_id);
  launch->name = g_strdup(name);
  launch->resources = mu_resources_new();
  return launch;
}

void mu_task_launch_free(MuTaskLaunch *launch) {
  if (launch == NULL)
    return;
  g_free(launch->task_id);
  g_free(launch->name);
  g_free(launch->cmd);
  g_free(launch->user);
  mu_env_vars_clear(launch->env);
  mu_items_clear(launch->configs, (GDestroyNotify)mu_launch_config_free);
  mu_env_vars_clear(launch->labels);
  mu_items_clear(launch->tls, (GDestroyNotify)mu_launch_tls_free);
  mu_launch_check_free(launch->health_check);
  mu_launch_check_free(launch->readiness_check);
  mu_launch_discovery_free(launch->discovery);
  mu_resources_free(launch->resources);
  g_free(launch);
}

static MuEnvVar **find_env(const MuTaskLaunch *launch, const char *name) {
  for (guint i = 0; i < launch->env->len; i++) {
    MuEnvVar **var = (MuEnvVar **)&g_ptr_array_index(launch->env, i);
    if (strcmp((*var)->name, name) == 0)
      return var;
  }
  return NULL;
}

void mu_task_launch_set_env(MuTaskLaunch *launch, const char *name, const char *value) {
  MuEnvVar **var = find_env(launch, name), *fresh = mu_env_var_new(name, value);
  if (var == NULL) {
    mu_items_add(launch->env, fresh);
    return;
  }
  mu_env_var_free(*var);
  *var = fresh;
}

const char *mu_task_launch_get_env(const MuTaskLaunch *launch, const char *name) {
  MuEnvVar *const *var = find_env(launch, name);
  return var == NULL ? NULL : (*var)->value;
}

MuPodLaunch *mu_pod_launch_new(const char *executor_id, const char *service, const char *pod) {
  MuPodLaunch *launch = g_new0(MuPodLaunch, 1);
  launch->executor_id = g_strdup(executor_id);
  launch->service = g_strdup(service);
  launch->pod = g_strdup(pod);
  launch->resources = mu_resources_new();
  return launch;
}

void mu_pod_launch_free(MuPodLaunch *launch) {
  if (launch == NULL)
    return;
  g_free(launch->executor_id);
  g_free(launch->service);
  g_free(launch->pod);
  mu_items_clear(launch->tasks, (GDestroyNotify)mu_task_launch_free);
  mu_items_clear(launch->rlimits, (GDestroyNotify)mu_launch_rlimit_free);
  mu_items_clear(launch->host_volumes, (GDestroyNotify)mu_launch_host_volume_free);
  mu_items_clear(launch->external_volumes, (GDestroyNotify)mu_launch_external_volume_free);
  mu_items_clear(launch->networks, (GDestroyNotify)mu_launch_network_free);
  g_free(launch->image);
  g_free(launch->seccomp_profile);
  mu_items_clear(launch->uris, (GDestroyNotify)mu_launch_uri_free);
  mu_items_clear(launch->secrets, (GDestroyNotify)mu_launch_secret_free);
  mu_resources_free(launch->resources);
  g_free(launch);
}

MuOperation *mu_operation_new(MuOperationKind kind, MuResources *take_resources, MuPodLaunch *take_launch) {
  MuOperation *operation = g_new0(MuOperation, 1);
  operation->kind = kind;
  operation->resources = take_resources;
  operation->launch = take_launch;
  return operation;
}

void mu_operation_free(MuOperation *operation) {
  if (operation == NULL)
    return;
  mu_resources_free(operation->resources);
  mu_pod_launch_free(operation->launch);
  g_free(operation);
}

const char *mu_operation_kind_to_string(MuOperationKind kind) {
  switch (kind) {
  case MU_OP_RESERVE: return "RESERVE";
  case MU_OP_UNRESERVE: return "UNRESERVE";
  case MU_OP_CREATE: return "CREATE";
  case MU_OP_DESTROY: return "DESTROY";
  case MU_OP_LAUNCH_GROUP: return "LAUNCH_GROUP";
  }
  return NULL;
}
