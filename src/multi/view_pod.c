/* Views of pods and tasks. */
#include "view.h"

#include "json.h"
#include "view_private.h"
#include "view_task_info.h"
#include <muster/error.h>

#include <string.h>

json_t *mu_view_pods(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *list = json_array();
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_exists);
  for (guint i = 0; i < pods->len; i++)
    json_array_append_new(list, json_string(((MuPod *)pods->pdata[i])->name));
  return list;
}

/* "RUNNING" for TASK_RUNNING, as PodQueries of dcos-commons has it. */
static const char *shown_state(MuTaskState state) {
  return mu_task_state_to_string(state) + strlen("TASK_");
}

/* What an operator wants of it hides how it runs, as the goal state overrides of dcos-commons do. */
static const char *task_word(const MuTask *task) {
  const char *pause = task->status == NULL ? NULL : mu_task_pause_state(task);
  if (mu_pod_is_leaving_for_good(task->pod))
    return "DECOMMISSIONING";
  if (pause != NULL)
    return pause;
  return shown_state(task->status == NULL ? MU_TASK_STAGING : task->status->state);
}

static json_t *task_json(const MuTask *task) {
  json_t *json = json_object();
  const MuTaskStatus *status = task->status;
  mu_json_set_string(json, "id", task->record->task_id);
  mu_json_set_string(json, "name", task->record->name);
  mu_json_set_string(json, "status", task_word(task));
  mu_json_set_int(json, "since", status == NULL ? task->record->launched_ms : status->timestamp_ms);
  mu_json_set_int(json, "failures", task->record->failures);
  if (status == NULL)
    return json;
  mu_json_set_string(json, "reason", status->reason);
  mu_json_set_string(json, "message", status->message);
  if (status->has_ready)
    mu_json_set_bool(json, "ready", status->ready);
  if (status->has_healthy)
    mu_json_set_bool(json, "healthy", status->healthy);
  return json;
}

/* Not launched yet, but part of the configuration. */
static json_t *absent_task_json(const MuPod *pod, const char *task) {
  json_t *json = json_object();
  g_autofree char *name = g_strdup_printf("%s-%s", pod->name, task);
  mu_json_set_string(json, "name", name);
  mu_json_set_string(json, "status", mu_pod_is_decommissioned(pod) ? "DECOMMISSIONED" : "NOT_LAUNCHED");
  return json;
}

static const MuPodSpec *target_of(const MuPod *pod) {
  const MuServiceSpec *spec = mu_service_target(pod->service);
  return spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
}

static int compare_tasks(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuTask *const *)a)->record->name, (*(MuTask *const *)b)->record->name);
}

/* Those that were launched and that the configuration has no more, by name. */
static void add_unwanted(const MuPod *pod, const MuPodSpec *spec, GPtrArray *tasks) {
  guint from = tasks->len;
  for (guint i = 0; i < pod->tasks->len; i++) {
    MuTask *task = pod->tasks->pdata[i];
    if (spec == NULL || mu_pod_spec_task(spec, task->record->task) == NULL)
      g_ptr_array_add(tasks, task);
  }
  if (tasks->len > from + 1)
    qsort(tasks->pdata + from, tasks->len - from, sizeof(gpointer), compare_tasks);
}

/* In the store they have no order. */
GPtrArray *mu_view_pod_tasks(const MuPod *pod) {
  const MuPodSpec *spec = target_of(pod);
  GPtrArray *tasks = g_ptr_array_new();
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if (task != NULL)
      g_ptr_array_add(tasks, task);
  }
  add_unwanted(pod, spec, tasks);
  return tasks;
}

static json_t *tasks_json(const MuPod *pod) {
  json_t *list = json_array();
  const MuPodSpec *spec = target_of(pod);
  g_autoptr(GPtrArray) tasks = mu_view_pod_tasks(pod);
  for (guint i = 0; i < tasks->len; i++)
    json_array_append_new(list, task_json(tasks->pdata[i]));
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++)
    if (mu_pod_task(pod, spec->tasks[i].name) == NULL)
      json_array_append_new(list, absent_task_json(pod, spec->tasks[i].name));
  return list;
}

static json_t *waiting_json(const MuPod *pod) {
  json_t *json = mu_outcome_to_json(pod->outcome);
  mu_json_set_int(json, "since", pod->waiting_since_ms);
  if (pod->claimed_by != NULL) {
    mu_json_set_string(json, "step", pod->claimed_by->name);
    mu_json_set_string(json, "plan", pod->claimed_by->phase->plan->name);
  }
  return json;
}

/* What it has on agents that did not give it back when it was replaced; NULL: nothing. */
static json_t *left_behind_json(const MuPod *pod) {
  json_t *list = NULL;
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    if (entry->agent_id == NULL)
      continue;
    g_autofree char *what = mu_resource_to_string(entry->resource);
    g_autofree char *line = g_strdup_printf("%s on %s", what, entry->hostname);
    list = list == NULL ? json_array() : list;
    json_array_append_new(list, json_string(line));
  }
  return list;
}

/* The entry of a list; `whole`: with where it is and why it waits. */
static json_t *pod_json(const MuPod *pod, gboolean whole) {
  json_t *json = json_object();
  mu_json_set_string(json, "name", pod->name);
  if (mu_pod_is_decommissioned(pod) || mu_pod_is_leaving_for_good(pod))
    mu_json_set_bool(json, "decommissioned", TRUE);
  mu_json_set_new(json, "tasks", tasks_json(pod));
  if (!whole)
    return json;
  if (pod->record != NULL && pod->record->agent_id != NULL) {
    mu_json_set_string(json, "agent", pod->record->agent_id);
    mu_json_set_string(json, "hostname", pod->record->hostname);
  }
  json_t *left = left_behind_json(pod);
  if (left != NULL)
    mu_json_set_new(json, "left_behind", left);
  if (pod->outcome != NULL)
    mu_json_set_new(json, "waiting", waiting_json(pod));
  return json;
}

static json_t *statuses_json(const MuService *service) {
  json_t *json = json_object(), *types = json_array(), *instances = NULL;
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_exists);
  const char *type = NULL;
  for (guint i = 0; i < pods->len; i++) {
    const MuPod *pod = pods->pdata[i];
    if (g_strcmp0(type, pod->type) != 0) {
      type = pod->type;
      instances = json_array();
      json_array_append_new(types, json_pack("{s:s, s:o}", "name", type, "instances", instances));
    }
    json_array_append_new(instances, pod_json(pod, TRUE));
  }
  mu_json_set_string(json, "service", service->name);
  mu_json_set_new(json, "pods", types);
  return json;
}

json_t *mu_view_pod_status(MuMultiServiceEventClient *client, const char *name, const char *pod_name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  if (pod_name == NULL)
    return statuses_json(service);
  const MuPod *pod = mu_service_find_pod(service, pod_name, error);
  return pod == NULL ? NULL : pod_json(pod, TRUE);
}

/* ---- all that is known of its tasks -------------------------------------------------------------------------------- */

static char *attributes_text(const MuItems *attributes) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < attributes->len; i++) {
    const MuEnvVar *attribute = attributes->pdata[i];
    g_string_append_printf(text, "%s%s:%s", i == 0 ? "" : ";", attribute->name, attribute->value);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_label(MuItems *labels, const char *key, const char *value) {
  if (value != NULL && *value != '\0')
    mu_items_add(labels, mu_env_var_new(key, value));
}

/* What the reference's scheduler keeps in labels of the task (LabelConstants of dcos-commons). */
static void add_scheduler_labels(MuItems *labels, const MuTask *task) {
  const MuPodRecord *place = task->pod->record;
  g_autofree char *index = g_strdup_printf("%u", task->record->pod_index);
  add_label(labels, "target_configuration", task->record->config);
  add_label(labels, "task_type", task->record->pod_type);
  add_label(labels, "index", index);
  if (place == NULL)
    return;
  if (g_strcmp0(place->agent_id, task->record->agent_id) == 0) {
    g_autofree char *attributes = attributes_text(place->attributes);
    add_label(labels, "offer_hostname", place->hostname);
    add_label(labels, "offer_attributes", attributes);
    add_label(labels, "offer_region", place->region);
    add_label(labels, "offer_zone", place->zone);
  }
  add_label(labels, "permanently-failed", place->fate == MU_POD_REPLACE ? "true" : NULL);
}

/* As PodQueries.getInfo has it; and our own record of the task, which says what those messages have no place for. */
static json_t *task_info(const MuMultiServiceEventClient *client, const MuTask *task) {
  g_autofree char *text = mu_task_record_encode(task->record);
  MuItems labels[1] = {0};
  add_scheduler_labels(labels, task);
  g_autoptr(MuPodLaunch) launch = mu_task_launched(task, &client->effects);
  json_t *json = json_object();
  mu_json_set_new(json, "info", mu_view_task_info(task->record, launch, labels, client->framework_id));
  mu_env_vars_clear(labels);
  mu_json_set_new(json, "status", task->status == NULL ? json_null() : mu_view_task_status(task->record, task->status));
  mu_json_set_new(json, "record", json_loads(text, 0, NULL));
  return json;
}

json_t *mu_view_pod_info(MuMultiServiceEventClient *client, const char *name, const char *pod_name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuPod *pod = service == NULL ? NULL : mu_service_find_pod(service, pod_name, error);
  if (pod == NULL)
    return NULL;
  json_t *list = json_array();
  g_autoptr(GPtrArray) tasks = mu_view_pod_tasks(pod);
  for (guint i = 0; i < tasks->len; i++)
    json_array_append_new(list, task_info(client, tasks->pdata[i]));
  return list;
}

static gboolean names_task(const MuTask *task, const char *name) {
  if (strcmp(task->record->task_id, name) == 0 || strcmp(task->record->name, name) == 0)
    return TRUE;
  return task->pod->tasks->len == 1 && strcmp(task->pod->name, name) == 0;
}

gboolean mu_view_task(MuMultiServiceEventClient *client, const char *name, const char *task_name,
                      MuTaskPlace *ret_place, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return FALSE;
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuTask *task = value;
    if (!names_task(task, task_name))
      continue;
    *ret_place = (MuTaskPlace){task->record->task_id, task->record->agent_id, task->record->executor_id};
    return TRUE;
  }
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
              "service %s has launched no task \"%s\"; see its pods with: muster pod status %s", service->name,
              task_name, service->name);
  return FALSE;
}
