#include "spec_validate.h"

#include "ids.h"
#include "spec_rules.h"
#include <string.h>

#define MAX_ENV_KEY 1024 /* bytes */

/* ---- what the rules share ------------------------------------------------------------------------------------------- */

gboolean mu_spec_is_sandbox_path(const char *path) {
  if (path[0] == '\0' || path[0] == '/')
    return FALSE;
  for (const char *c = path; *c != '\0'; c++)
    if ((guchar)*c < ' ' || *c == 0x7f || *c == '\\')
      return FALSE;
  g_auto(GStrv) parts = g_strsplit(path, "/", -1);
  for (guint i = 0; parts[i] != NULL; i++) {
    gboolean last = parts[i + 1] == NULL;
    if (strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0 || (parts[i][0] == '\0' && !last))
      return FALSE;
  }
  return TRUE;
}

void mu_spec_check_name(MuSpecReader *reader, const void *object, const char *what, const char *name) {
  g_autoptr(GError) error = NULL;
  if (name != NULL && !mu_name_check(what, name, &error))
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, object)), "%s", error->message);
}

static gboolean is_env_key(const char *name) {
  if (name[0] == '\0' || g_ascii_isdigit(name[0]) || strlen(name) > MAX_ENV_KEY)
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (*c == '=' || (guchar)*c <= ' ' || *c == 0x7f)
      return FALSE;
  return TRUE;
}

static void check_env_key(MuSpecReader *reader, const MuNode *node, const char *name) {
  if (!is_env_key(name))
    mu_faults_add(reader->faults, node,
                  "\"%s\" is no name of an environment variable; expected no blank, no '=' and no digit at its begin",
                  name);
}

void mu_spec_check_env_key(MuSpecReader *reader, const void *object, const char *key, const char *name) {
  if (name != NULL)
    check_env_key(reader, mu_spec_where_field(reader, object, key), name);
}

static void check_env(MuSpecReader *reader, const MuTaskSpec *task) {
  const MuNode *env = mu_node_member(mu_spec_where(reader, task), "env");
  for (guint i = 0; env != NULL && env->kind == MU_NODE_MAP && i < env->n; i++)
    check_env_key(reader, env->keys[i], env->keys[i]->text);
}

void mu_spec_check_path(MuSpecReader *reader, const void *object, const char *key, const char *path) {
  if (path != NULL && !mu_spec_is_sandbox_path(path))
    mu_spec_fault(reader, object, key, "\"%s\": expected a path relative to the sandbox, without \".\" and \"..\"",
                  path);
}

void mu_spec_check_unique(MuSpecReader *reader, const void *object, const char *key, GHashTable *seen, const char *what,
                          const char *text) {
  if (text != NULL && !g_hash_table_add(seen, (char *)text))
    mu_spec_fault(reader, object, key, "%s \"%s\" is given twice", what, text);
}

/* ---- tasks --------------------------------------------------------------------------------------------------------- */

static void check_configs(MuSpecReader *reader, const MuTaskSpec *task) {
  if (task->n_configs == 0)
    return;
  g_autoptr(GHashTable) dests = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < task->n_configs; i++) {
    const MuConfigFile *config = &task->configs[i];
    mu_spec_check_path(reader, config, "dest", config->dest);
    mu_spec_check_unique(reader, config, "dest", dests, "the dest", config->dest);
  }
}

static void check_tls(MuSpecReader *reader, const MuTaskSpec *task) {
  if (task->n_tls == 0)
    return;
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < task->n_tls; i++) {
    mu_spec_check_name(reader, &task->tls[i], "transport-encryption", task->tls[i].name);
    mu_spec_check_unique(reader, &task->tls[i], "name", names, "the name", task->tls[i].name);
  }
}

static void check_task(MuSpecReader *reader, const MuTaskSpec *task) {
  mu_spec_check_name(reader, task, "task", task->name);
  check_env(reader, task);
  check_configs(reader, task);
  check_tls(reader, task);
  if (task->shm_size_mb > 0 && task->ipc_mode != NULL && strcmp(task->ipc_mode, "SHARE_PARENT") == 0)
    mu_spec_fault(reader, task, "shm-size",
                  "\"shm-size\" has no meaning with ipc-mode SHARE_PARENT; expected one of them");
}

/* ---- pods ---------------------------------------------------------------------------------------------------------- */

static void check_pod(MuSpecReader *reader, const MuPodSpec *pod) {
  mu_spec_check_name(reader, pod, "pod type", pod->type);
  if (mu_spec_is_empty(reader, pod, "tasks"))
    mu_spec_fault(reader, pod, "tasks", "pod \"%s\" has no task; expected at least one", pod->type);
  for (guint i = 0; i < pod->n_tasks; i++)
    check_task(reader, &pod->tasks[i]);
  mu_spec_check_resources(reader, pod);
  mu_spec_check_surroundings(reader, pod);
}

/* Endpoints of the whole service are listed by name. */
static void check_endpoints(MuSpecReader *reader, const MuPodSpec *pod, GHashTable *names) {
  for (guint i = 0; i < pod->n_resource_sets; i++)
    for (guint j = 0; j < pod->resource_sets[i].n_ports; j++) {
      const MuPortSpec *port = &pod->resource_sets[i].ports[j];
      if (port->advertise && !g_hash_table_add(names, (char *)port->name))
        mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, port)),
                      "two ports named \"%s\" are advertised; expected different names in the service", port->name);
    }
}

/* Tasks of one pod may share a prefix, tasks of different pods may not: their names would collide. */
static void check_discovery(MuSpecReader *reader, const MuPodSpec *pod, GHashTable *owners) {
  for (guint i = 0; i < pod->n_tasks; i++) {
    const char *prefix = pod->tasks[i].discovery_prefix;
    const MuPodSpec *owner = prefix == NULL ? pod : g_hash_table_lookup(owners, prefix);
    if (owner == NULL)
      g_hash_table_insert(owners, (char *)prefix, (gpointer)pod);
    else if (owner != pod)
      mu_spec_fault(reader, &pod->tasks[i], "discovery",
                    "the discovery prefix \"%s\" is used by pod \"%s\"; expected another for pod \"%s\"", prefix,
                    owner->type, pod->type);
  }
}

/* ---- plans --------------------------------------------------------------------------------------------------------- */

static void check_plan(MuSpecReader *reader, const MuPlanSpec *plan) {
  static const char *const taken[] = {"recovery", "decommission", "uninstall", NULL};
  mu_spec_check_name(reader, plan, "plan", plan->name);
  if (plan->name != NULL && g_strv_contains(taken, plan->name))
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, plan)),
                  "the plan \"%s\" is made by the scheduler; expected another name", plan->name);
  if (mu_spec_is_empty(reader, plan, "phases"))
    mu_spec_fault(reader, plan, "phases", "plan \"%s\" has no phase; expected at least one", plan->name);
  for (guint i = 0; i < plan->n_phases; i++)
    mu_spec_check_name(reader, &plan->phases[i], "phase", plan->phases[i].name);
}

/* ---- the service --------------------------------------------------------------------------------------------------- */

static void check_service_name(MuSpecReader *reader, const MuServiceSpec *spec, gboolean given) {
  g_autoptr(GError) error = NULL;
  if (spec->name == NULL || mu_service_name_check(spec->name, &error))
    return;
  if (given)
    mu_faults_add(reader->faults, NULL, "%s", error->message);
  else
    mu_spec_fault(reader, spec, "name", "%s", error->message);
}

static void check_finish(MuSpecReader *reader, const MuServiceSpec *spec) {
  for (guint i = 0; spec->remove_when_finished && i < spec->n_pods; i++)
    for (guint j = 0; j < spec->pods[i].n_tasks; j++)
      if (spec->pods[i].tasks[j].goal == MU_GOAL_RUNNING)
        mu_spec_fault(reader, &spec->pods[i].tasks[j], "goal",
                      "a task with goal RUNNING never ends; remove-when-finished expects FINISH or ONCE");
}

void mu_spec_validate(MuSpecReader *reader, const MuServiceSpec *spec, gboolean service_name_given) {
  g_autoptr(GHashTable) endpoints = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) discovery = g_hash_table_new(g_str_hash, g_str_equal);
  check_service_name(reader, spec, service_name_given);
  if (mu_spec_is_empty(reader, spec, "pods"))
    mu_spec_fault(reader, spec, "pods", "the service has no pod; expected at least one");
  for (guint i = 0; i < spec->n_pods; i++) {
    check_pod(reader, &spec->pods[i]);
    check_endpoints(reader, &spec->pods[i], endpoints);
    check_discovery(reader, &spec->pods[i], discovery);
  }
  for (guint i = 0; i < spec->n_plans; i++)
    check_plan(reader, &spec->plans[i]);
  check_finish(reader, spec);
  mu_spec_check_service(reader, spec);
}
