/* The service's records in memory: making, finding, writing. */
#include "service_private.h"

#include "bug.h"
#include "custom_work.h"
#include "launch.h"
#include "marks.h"
#include "override.h"
#include "quota.h"
#include "spec_diff.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

static void task_free(MuTask *task) {
  mu_task_record_free(task->record);
  mu_task_status_free(task->status);
  g_free(task);
}

static void free_task(gpointer task) {
  task_free(task);
}

static void pod_free(MuPod *pod) {
  mu_pod_record_free(pod->record);
  mu_items_clear(pod->tasks, free_task);
  mu_items_clear(pod->steps, NULL);
  g_clear_pointer(&pod->paused, g_ptr_array_unref);
  mu_outcome_free(pod->outcome);
  mu_outcome_free(pod->kept_outcome);
  g_free(pod->recovery_config);
  g_free(pod);
}

static void config_free(gpointer config) {
  MuConfig *own = config;
  g_free(own->id);
  mu_service_spec_unref(own->spec);
  g_free(own);
}

MuService *mu_service_new(const char *name) {
  MuService *service = g_new0(MuService, 1);
  service->name = g_strdup(name);
  service->sanitized = mu_name_sanitize(name);
  service->record = mu_service_record_new();
  service->pods = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)pod_free);
  service->tasks = g_hash_table_new(g_str_hash, g_str_equal);
  service->marks = mu_marks_new();
  service->custom = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)mu_custom_work_free);
  service->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  service->pod_records = g_ptr_array_new();
  service->next_ms = G_MAXINT64;
  service->shown_status = MU_STATUS_COUNT;
  return service;
}

void mu_service_free(MuService *service) {
  if (service == NULL)
    return;
  mu_items_clear(service->plans, (GDestroyNotify)mu_plan_free);
  g_hash_table_unref(service->tasks);
  g_clear_pointer(&service->reservations, g_hash_table_unref);
  g_hash_table_unref(service->pods);
  mu_items_clear(service->configs, config_free);
  g_clear_pointer(&service->fingerprints, g_hash_table_unref);
  g_clear_pointer(&service->stored_configs, g_hash_table_unref);
  g_hash_table_unref(service->custom);
  mu_items_clear(service->overrides, (GDestroyNotify)mu_override_free);
  g_hash_table_unref(service->marks);
  g_clear_pointer(&service->history, g_ptr_array_unref);
  g_hash_table_unref(service->files);
  g_clear_pointer(&service->early_statuses, g_hash_table_unref);
  g_ptr_array_unref(service->pod_records);
  mu_items_clear(service->dirty_pods, NULL);
  mu_items_clear(service->wanting, NULL);
  mu_items_clear(service->held_back, NULL);
  g_queue_clear_full(&service->late, (GDestroyNotify)mu_task_status_free);
  g_free(service->unmet);
  g_free(service->unmet_command);
  mu_service_spec_unref(service->needs);
  mu_items_clear(service->claimed, NULL);
  mu_items_clear(service->releasing, NULL);
  mu_items_clear(service->leaving, NULL);
  mu_items_clear(service->lost, NULL);
  mu_items_clear(service->delayed, NULL);
  mu_items_clear(service->killing, NULL);
  mu_items_clear(service->explained, NULL);
  g_clear_pointer(&service->unreadable, g_ptr_array_unref);
  mu_offer_log_clear(&service->offer_log);
  mu_service_scheduler_free(service->scheduler);
  mu_service_record_free(service->record);
  g_free(service->failure);
  g_free(service->name);
  g_free(service->sanitized);
  g_free(service);
}

/* ---- finding ------------------------------------------------------------------------------------------------------- */

MuPlan *mu_service_plan(const MuService *service, const char *name) {
  for (guint i = 0; i < service->plans->len; i++) {
    MuPlan *plan = service->plans->pdata[i];
    if (strcmp(plan->name, name) == 0)
      return plan;
  }
  return NULL;
}

MuPod *mu_service_pod(const MuService *service, const char *name) {
  MuPod *pod = g_hash_table_lookup(service->pods, name);
  return pod != NULL && mu_pod_exists(pod) ? pod : NULL;
}

char *mu_service_spec_file(const MuService *service, GBytes *context) {
  return service->scheduler == NULL ? mu_yaml_context_spec_file(context) : g_strdup(service->scheduler->spec_file);
}

MuPod *mu_service_find_pod(const MuService *service, const char *name, GError **error) {
  MuPod *pod = mu_service_pod(service, name);
  if (pod == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no pod \"%s\"; list them with: muster pod list %s",
                service->name, name, service->name);
  return pod;
}

MuPlan *mu_service_find_plan(const MuService *service, const char *name, GError **error) {
  MuPlan *plan = mu_service_plan(service, name);
  if (plan == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "service %s has no plan \"%s\"; list them with: muster plan list %s", service->name, name,
                service->name);
  return plan;
}

gboolean mu_pod_has_records(const MuPod *pod) {
  return pod->record != NULL || pod->tasks->len > 0;
}

gboolean mu_pod_exists(const MuPod *pod) {
  const MuServiceSpec *spec = mu_service_target(pod->service);
  if (mu_pod_has_records(pod))
    return TRUE;
  if (pod->service->record->state != MU_SERVICE_RUNNING || spec == NULL)
    return FALSE;
  const MuPodSpec *pod_spec = mu_service_spec_pod(spec, pod->type);
  return pod_spec != NULL && pod->index < (guint)pod_spec->count;
}

MuTask *mu_pod_task(const MuPod *pod, const char *task) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    MuTask *candidate = pod->tasks->pdata[i];
    if (strcmp(candidate->record->task, task) == 0)
      return candidate;
  }
  return NULL;
}

const MuServiceSpec *mu_service_config(const MuService *service, const char *config_id) {
  for (guint i = 0; config_id != NULL && i < service->configs->len; i++) {
    const MuConfig *config = service->configs->pdata[i];
    if (strcmp(config->id, config_id) == 0)
      return config->spec;
  }
  return NULL;
}

MuConfig *mu_service_add_config(MuService *service, const char *config_id, MuServiceSpec *take_spec) {
  MuConfig *config = g_new(MuConfig, 1);
  *config = (MuConfig){.id = g_strdup(config_id), .spec = take_spec};
  mu_items_add(service->configs, config);
  mu_service_find_target(service);
  return config;
}

const MuServiceSpec *mu_service_target(const MuService *service) {
  return service->target;
}

void mu_service_find_target(MuService *service) {
  service->target = mu_service_config(service, service->record->target);
}

static void index_reservations(MuPod *pod) {
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const char *id = ((const MuLedgerEntry *)pod->record->entries->pdata[i])->resource->reservation.resource_id;
    if (id != NULL)
      g_hash_table_replace(pod->service->reservations, (char *)id, pod);
  }
}

/* Most services are never asked: what their tasks run on is not offered. */
MuPod *mu_service_pod_of_reservation(MuService *service, const char *resource_id) {
  if (service->reservations == NULL) {
    service->reservations = g_hash_table_new(mu_id_hash, g_str_equal); /* the ids are the ledgers' own */
    GHashTableIter iter;
    gpointer pod = NULL;
    g_hash_table_iter_init(&iter, service->pods);
    while (g_hash_table_iter_next(&iter, NULL, &pod))
      index_reservations(pod);
  }
  return g_hash_table_lookup(service->reservations, resource_id);
}

void mu_pod_forget_reservation(MuPod *pod, const MuLedgerEntry *entry) {
  const char *id = entry->resource->reservation.resource_id;
  if (pod->service->reservations != NULL && id != NULL)
    g_hash_table_remove(pod->service->reservations, id);
}

gboolean mu_task_is_alive(const MuTask *task) {
  return task->status == NULL || !mu_task_state_is_terminal(task->status->state);
}

gboolean mu_pod_has_live_task(const MuPod *pod) {
  for (guint i = 0; i < pod->tasks->len; i++)
    if (mu_task_is_alive(pod->tasks->pdata[i]))
      return TRUE;
  return FALSE;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

void mu_pod_mark_dirty(MuPod *pod) {
  if (pod->dirty)
    return;
  pod->dirty = TRUE;
  mu_items_add(pod->service->dirty_pods, pod);
}

void mu_service_put(MuService *service, MuEffects *effects) {
  mu_stored_take(service, MU_RECORD_SERVICE, "", mu_service_record_encode(service->record), &service->record_bytes,
                 effects);
}

static void count_held(MuPod *pod) {
  MuService *service = pod->service;
  mu_quota_subtract(&service->held, &pod->held);
  pod->held = mu_quota_of_record(pod->record);
  mu_quota_add(&service->held, &pod->held);
}

void mu_pod_put(MuPod *pod, MuEffects *effects) {
  mu_stored_take(pod->service, MU_RECORD_POD, pod->name, mu_pod_record_encode(pod->record), &pod->record_bytes,
                 effects);
  pod->unwritten = FALSE;
  count_held(pod);
  mu_pod_mark_dirty(pod);
}

void mu_task_put(MuTask *task, MuEffects *effects) {
  mu_stored_take(task->pod->service, MU_RECORD_TASK, task->record->name, mu_task_record_encode(task->record),
                 &task->record_bytes, effects);
  task->unwritten = FALSE;
  mu_pod_mark_dirty(task->pod);
}

/* Its names lie behind it. */
static MuPod *pod_new(MuService *service, const char *type, guint index, const char *name) {
  gsize name_bytes = strlen(name) + 1, type_bytes = strlen(type) + 1;
  MuPod *pod = g_malloc0(sizeof *pod + name_bytes + type_bytes);
  pod->service = service;
  pod->index = index;
  pod->name = memcpy((char *)(pod + 1), name, name_bytes);
  pod->type = memcpy(pod->name + name_bytes, type, type_bytes);
  g_hash_table_insert(service->pods, pod->name, pod);
  mu_pod_mark_dirty(pod);
  return pod;
}

MuPod *mu_service_ensure_pod(MuService *service, const char *type, guint index) {
  g_autofree char *name = mu_pod_name(type, index);
  MuPod *pod = g_hash_table_lookup(service->pods, name);
  return pod != NULL ? pod : pod_new(service, type, index, name);
}

/* Type and index, with the last `-` between them. */
MuPod *mu_service_ensure_named_pod(MuService *service, const char *name, GError **error) {
  const char *dash = strrchr(name, '-');
  guint64 index = 0;
  if (dash == NULL || !g_ascii_string_to_unsigned(dash + 1, 10, 0, G_MAXINT32, &index, NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a record of \"%s\", which is no pod instance, in the store", name);
    return NULL;
  }
  g_autofree char *type = g_strndup(name, (gsize)(dash - name));
  return mu_service_ensure_pod(service, type, (guint)index);
}

void mu_pod_take_record(MuPod *pod, MuPodRecord *take_record) {
  if (pod->record != NULL) {
    for (guint i = 0; i < pod->record->entries->len; i++)
      mu_pod_forget_reservation(pod, pod->record->entries->pdata[i]);
    g_ptr_array_remove_fast(pod->service->pod_records, pod->record);
    mu_pod_record_free(pod->record);
  }
  pod->record = take_record;
  pod->planned = pod->unwritten = FALSE; /* the caller writes it */
  for (guint i = 0; take_record != NULL && i < take_record->entries->len; i++)
    pod->planned |= ((const MuLedgerEntry *)take_record->entries->pdata[i])->state == MU_LEDGER_PLANNED;
  if (take_record != NULL)
    g_ptr_array_add(pod->service->pod_records, take_record);
  if (pod->service->reservations != NULL)
    index_reservations(pod);
  count_held(pod);
  mu_pod_mark_dirty(pod);
}

/* Of its service's, the one that it is among. */
static guint *count_of(const MuTask *task) {
  return &task->pod->service->task_states[task->status == NULL ? MU_TASK_STAGING : task->status->state];
}

MuTask *mu_pod_add_task(MuPod *pod, MuTaskRecord *take_record) {
  MuTask *task = g_new0(MuTask, 1);
  task->pod = pod;
  task->record = take_record;
  mu_items_add(pod->tasks, task);
  g_hash_table_insert(pod->service->tasks, take_record->name, task);
  (*count_of(task))++;
  return task;
}

void mu_task_take_status(MuTask *task, MuTaskStatus *take_status) {
  (*count_of(task))--;
  mu_task_status_free(task->status);
  task->status = take_status;
  (*count_of(task))++;
}

MuTask *mu_pod_take_launch(MuPod *pod, MuTaskRecord *take_record, MuEffects *effects) {
  MuTask *task = mu_pod_task(pod, take_record->task);
  if (task == NULL) {
    task = mu_pod_add_task(pod, take_record);
  } else {
    mu_task_keep_proof(task, effects);
    g_hash_table_remove(pod->service->tasks, task->record->name);
    mu_task_record_free(task->record);
    task->record = take_record;
    g_hash_table_insert(pod->service->tasks, take_record->name, task);
    if (task->status != NULL)
      mu_stored_delete(pod->service, MU_RECORD_STATUS, take_record->name, &task->status_bytes, effects);
    mu_task_take_status(task, NULL);
    mu_assert(task->next_kill_ms == 0);
  }
  mu_task_put(task, effects);
  return task;
}

void mu_pod_erase_task(MuPod *pod, MuTask *task, MuEffects *effects) {
  MuService *service = pod->service;
  mu_task_keep_proof(task, effects);
  mu_stored_delete(service, MU_RECORD_TASK, task->record->name, &task->record_bytes, effects);
  if (task->status != NULL)
    mu_stored_delete(service, MU_RECORD_STATUS, task->record->name, &task->status_bytes, effects);
  g_hash_table_remove(service->tasks, task->record->name);
  mu_items_remove_fast(service->killing, task);
  (*count_of(task))--;
  if (mu_items_remove(pod->tasks, task))
    task_free(task);
  mu_pod_mark_dirty(pod);
}

void mu_service_erase_pod(MuService *service, MuPod *pod, MuEffects *effects) {
  while (pod->tasks->len > 0)
    mu_pod_erase_task(pod, pod->tasks->pdata[pod->tasks->len - 1], effects);
  mu_why_forget(pod, effects);
  mu_override_drop(pod, effects);
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++)
    mu_effects_leave_role(effects, ((MuLedgerEntry *)pod->record->entries->pdata[i])->resource->reservation.role);
  if (pod->record != NULL)
    mu_stored_delete(service, MU_RECORD_POD, pod->name, &pod->record_bytes, effects);
  mu_pod_take_record(pod, NULL);
  mu_pod_forget_paused(pod, NULL, effects);
}

/* ---- configurations ------------------------------------------------------------------------------------------------ */

static void forget_fingerprints(MuService *service) {
  g_clear_pointer(&service->fingerprints, g_hash_table_unref);
}

const char *mu_service_fingerprint(MuService *service, const MuPodSpec *pod, const MuTaskSpec *task) {
  if (service->fingerprints == NULL)
    service->fingerprints = g_hash_table_new_full(NULL, NULL, NULL, g_free);
  char *fingerprint = g_hash_table_lookup(service->fingerprints, task);
  if (fingerprint == NULL) {
    fingerprint = mu_task_spec_fingerprint(pod, task);
    g_hash_table_insert(service->fingerprints, (gpointer)task, fingerprint);
  }
  return fingerprint;
}

void mu_service_keep_config(MuService *service, const MuServiceScheduler *scheduler, MuEffects *effects) {
  if (mu_service_config(service, scheduler->config_id) != NULL)
    return;
  MuConfig *config = mu_service_add_config(service, scheduler->config_id, mu_service_spec_ref(scheduler->spec));
  mu_stored_put(service, MU_RECORD_CONFIG, scheduler->config_id, scheduler->json, strlen(scheduler->json),
                &config->bytes, effects);
}

/* Mostly there is the target alone: then no task needs to be looked at. */
static gboolean has_target_alone(const MuService *service) {
  return service->configs->len == 1 && mu_service_target(service) != NULL;
}

/* Ids, borrowed; the caller unrefs. */
static GHashTable *used_by_tasks(const MuService *service) {
  GHashTable *used = g_hash_table_new(g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (((MuTask *)value)->record->config != NULL)
      g_hash_table_add(used, ((MuTask *)value)->record->config);
  return used;
}

void mu_service_prune_configs(MuService *service, MuEffects *effects) {
  if (has_target_alone(service))
    return;
  g_autoptr(GHashTable) used = used_by_tasks(service);
  if (service->record->target != NULL)
    g_hash_table_add(used, service->record->target);
  for (guint i = service->configs->len; i > 0; i--) {
    MuConfig *config = service->configs->pdata[i - 1];
    const char *id = config->id;
    if (g_hash_table_contains(used, id) || mu_service_history_has(service, id))
      continue;
    mu_stored_delete(service, MU_RECORD_CONFIG, id, &config->bytes, effects);
    forget_fingerprints(service); /* their keys are of it, perhaps */
    config_free(mu_items_steal_index_fast(service->configs, i - 1));
  }
  mu_service_find_target(service);
}

/* Those that only the history has, or the target that is about to be replaced. */
static gsize bytes_of_unused_configs(const MuService *service, const char *next) {
  gsize bytes = 0;
  g_autoptr(GHashTable) used = used_by_tasks(service);
  for (guint i = 0; i < service->configs->len; i++) {
    const MuConfig *config = service->configs->pdata[i];
    if (!g_hash_table_contains(used, config->id) && strcmp(config->id, next) != 0)
      bytes += config->bytes;
  }
  return bytes;
}

gsize mu_service_bytes_with(const MuService *service, const MuServiceScheduler *next, gsize context_bytes) {
  gsize bytes = context_bytes + mu_history_entry_bytes(context_bytes);
  if (service == NULL || mu_service_config(service, next->config_id) == NULL)
    bytes += mu_stored_size(next->config_id, strlen(next->json));
  if (service != NULL)
    bytes += service->stored_bytes - service->context_bytes - mu_history_bytes(service) -
             bytes_of_unused_configs(service, next->config_id);
  return bytes;
}

void mu_service_erase_configs(MuService *service, MuEffects *effects) {
  mu_service_erase_history(service, effects);
  forget_fingerprints(service);
  for (guint i = 0; i < service->configs->len; i++) {
    MuConfig *config = service->configs->pdata[i];
    mu_stored_delete(service, MU_RECORD_CONFIG, config->id, &config->bytes, effects);
  }
  mu_items_clear(service->configs, config_free);
  mu_service_find_target(service);
}
