/* A service's records become what it has in memory, at a start. What is made of a record's text needs nothing but the text, so that
 * whichever thread has time does it; what becomes of that is the core's, on the core's thread. */
#include "service_private.h"

#include "custom_work.h"
#include "marks.h"
#include "override.h"
#include "spec_reader.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

/* ---- what records are read into ------------------------------------------------------------------------------------- */

/* A configuration: its text too, for the scheduler that has it. */
typedef struct {
  char *json;
  MuServiceSpec *spec; /* NULL: it was not read */
} MuStoredConfig;

static MuStoredConfig *stored_config_new(const char *value, gsize length, MuServiceSpec *take_spec) {
  MuStoredConfig *config = g_new(MuStoredConfig, 1);
  *config = (MuStoredConfig){g_strndup(value, length), take_spec};
  return config;
}

static void stored_config_free(gpointer user) {
  MuStoredConfig *config = user;
  g_clear_pointer(&config->spec, mu_service_spec_unref);
  g_free(config->json);
  g_free(config);
}

static gpointer read_config(const char *value, gsize length) {
  MuServiceSpec *spec = mu_service_spec_from_json(value, length, NULL);
  return spec == NULL ? NULL : stored_config_new(value, length, spec);
}

gpointer mu_service_read(MuRecordKind kind, const char *value, gsize length) {
  switch (kind) {
  case MU_RECORD_SERVICE: return mu_service_record_decode(value, length, NULL);
  case MU_RECORD_CONFIG: return read_config(value, length);
  case MU_RECORD_POD: return mu_pod_record_decode(value, length, NULL);
  case MU_RECORD_TASK: return mu_task_record_decode(value, length, NULL);
  case MU_RECORD_STATUS: return mu_status_record_decode(value, length, NULL);
  default: return NULL; /* few of them are stored */
  }
}

void mu_service_discard(MuRecordKind kind, gpointer read) {
  switch (kind) {
  case MU_RECORD_SERVICE: mu_service_record_free(read); break;
  case MU_RECORD_CONFIG: stored_config_free(read); break;
  case MU_RECORD_POD: mu_pod_record_free(read); break;
  case MU_RECORD_TASK: mu_task_record_free(read); break;
  case MU_RECORD_STATUS: mu_task_status_free(read); break;
  default: break;
  }
}

/* ---- records -------------------------------------------------------------------------------------------------------- */

static gboolean load_service(MuService *service, const MuStoredRecord *stored, GError **error) {
  MuServiceRecord *record =
      stored->read != NULL ? stored->read : mu_service_record_decode(stored->value, stored->length, error);
  if (record == NULL)
    return FALSE;
  mu_service_record_free(service->record);
  service->record = record;
  mu_service_find_target(service);
  mu_stored_note(service, "", stored->length, &service->record_bytes);
  return TRUE;
}

/* What was not read before is read when it is known whether the factory makes it again: see mu_service_read_configs. */
static void load_config(MuService *service, const MuStoredRecord *stored) {
  if (service->stored_configs == NULL)
    service->stored_configs = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, stored_config_free);
  g_hash_table_insert(service->stored_configs, g_strdup(stored->key),
                      stored->read != NULL ? stored->read : stored_config_new(stored->value, stored->length, NULL));
}

/* What was launched together is stored together: the record is of the pod of before, most of the time. */
static MuPod *loaded_pod(MuService *service, const char *type, guint index) {
  MuPod *last = service->last_loaded;
  if (last == NULL || last->index != index || strcmp(last->type, type) != 0)
    service->last_loaded = mu_service_ensure_pod(service, type, index);
  return service->last_loaded;
}

static gboolean load_pod(MuService *service, const MuStoredRecord *stored, GError **error) {
  MuPodRecord *record =
      stored->read != NULL ? stored->read : mu_pod_record_decode(stored->value, stored->length, error);
  if (record == NULL)
    return FALSE;
  MuPod *pod = loaded_pod(service, record->type, record->index);
  mu_pod_take_record(pod, record);
  mu_stored_note(service, pod->name, stored->length, &pod->record_bytes);
  return TRUE;
}

/* Of what size it was is not known any more: it is what it would be written as now. */
static void take_early_status(MuTask *task, MuTaskStatus *take_status) {
  g_autofree char *text = mu_status_record_encode(take_status);
  mu_task_take_status(task, take_status);
  mu_stored_note(task->pod->service, task->record->name, strlen(text), &task->status_bytes);
}

/* Records come in no order: a status that came before its task waits for it. */
static gboolean load_task(MuService *service, const MuStoredRecord *stored, GError **error) {
  MuTaskRecord *record =
      stored->read != NULL ? stored->read : mu_task_record_decode(stored->value, stored->length, error);
  gpointer name = NULL, status = NULL;
  if (record == NULL)
    return FALSE;
  MuTask *task = mu_pod_add_task(loaded_pod(service, record->pod_type, record->pod_index), record);
  mu_stored_note(service, record->name, stored->length, &task->record_bytes);
  if (service->early_statuses != NULL &&
      g_hash_table_steal_extended(service->early_statuses, record->name, &name, &status))
    take_early_status(task, status);
  g_free(name);
  return TRUE;
}

static void keep_early_status(MuService *service, const char *task_name, MuTaskStatus *take_status) {
  if (service->early_statuses == NULL)
    service->early_statuses =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)mu_task_status_free);
  g_hash_table_insert(service->early_statuses, g_strdup(task_name), take_status);
}

static gboolean load_status(MuService *service, const MuStoredRecord *stored, GError **error) {
  MuTaskStatus *status =
      stored->read != NULL ? stored->read : mu_status_record_decode(stored->value, stored->length, error);
  if (status == NULL)
    return FALSE;
  MuTask *task = g_hash_table_lookup(service->tasks, stored->key);
  if (task == NULL) {
    keep_early_status(service, stored->key, status);
    return TRUE;
  }
  mu_task_take_status(task, status);
  mu_stored_note(service, stored->key, stored->length, &task->status_bytes);
  return TRUE;
}

static gboolean load_pause(MuService *service, const char *key, const char *value, gsize length, GError **error) {
  GPtrArray *tasks = mu_pause_record_decode(value, length, error);
  MuPod *pod = tasks == NULL ? NULL : mu_service_ensure_named_pod(service, key, error);
  if (pod != NULL) {
    pod->paused = tasks;
    mu_stored_note(service, key, length, &pod->pause_bytes);
  } else if (tasks != NULL) {
    g_ptr_array_unref(tasks);
  }
  return pod != NULL;
}

gboolean mu_service_load(MuService *service, const MuStoredRecord *record, GError **error) {
  const char *key = record->key, *value = record->value;
  gsize length = record->length;
  switch (record->kind) {
  case MU_RECORD_SERVICE: return load_service(service, record, error);
  case MU_RECORD_CONFIG: return load_config(service, record), TRUE;
  case MU_RECORD_POD: return load_pod(service, record, error);
  case MU_RECORD_TASK: return load_task(service, record, error);
  case MU_RECORD_STATUS: return load_status(service, record, error);
  case MU_RECORD_PAUSE: return load_pause(service, key, value, length, error);
  case MU_RECORD_RECOVERY: return mu_override_load(service, key, value, length, error);
  case MU_RECORD_STEP: return mu_custom_load(service, key, value, length, error);
  case MU_RECORD_MARK: return mu_marks_load(service, key, value, length, error);
  case MU_RECORD_HISTORY: return mu_history_load(service, value, length, error);
  case MU_RECORD_WHY: return mu_why_load(service, value, length, error);
  case MU_RECORD_FILE: return mu_service_load_file(service, key, value, length), TRUE;
  default:
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a record of kind %d does not belong to a service",
                (int)record->kind);
    return FALSE;
  }
}

/* ---- configurations ------------------------------------------------------------------------------------------------- */

/* Borrowed; NULL: it cannot be read. */
static MuServiceSpec *spec_of(MuStoredConfig *config, GError **error) {
  if (config->spec == NULL)
    config->spec = mu_service_spec_from_json(config->json, strlen(config->json), error);
  return config->spec;
}

static MuServiceSpec *take_spec(const char *id, MuStoredConfig *config, const MuServiceScheduler *scheduler,
                                GError **error) {
  if (scheduler != NULL && strcmp(id, scheduler->config_id) == 0 && strcmp(config->json, scheduler->json) == 0)
    return mu_service_spec_ref(scheduler->spec);
  MuServiceSpec *spec = spec_of(config, error);
  return spec == NULL ? NULL : mu_service_spec_ref(spec);
}

MuServiceScheduler *mu_service_build_again(const MuService *service, GBytes *context) {
  const MuServiceRecord *record = service->record;
  if (record->target == NULL || g_strcmp0(record->reader, mu_spec_reader) != 0 || service->stored_configs == NULL)
    return NULL;
  MuStoredConfig *config = g_hash_table_lookup(service->stored_configs, record->target);
  MuServiceSpec *spec = config == NULL ? NULL : spec_of(config, NULL);
  return spec == NULL ? NULL : mu_service_scheduler_again(record->target, config->json, spec, context);
}

void mu_service_read_configs(MuService *service, const MuServiceScheduler *scheduler) {
  GHashTableIter iter;
  gpointer id = NULL, config = NULL;
  if (service->stored_configs == NULL)
    return;
  g_hash_table_iter_init(&iter, service->stored_configs);
  while (g_hash_table_iter_next(&iter, &id, &config)) {
    g_autoptr(GError) error = NULL;
    MuServiceSpec *spec = take_spec(id, config, scheduler, &error);
    if (spec == NULL) {
      mu_service_damage(service, MU_RECORD_CONFIG, id, error->message);
      continue;
    }
    MuConfig *own = mu_service_add_config(service, id, spec);
    mu_stored_note(service, id, strlen(((const MuStoredConfig *)config)->json), &own->bytes);
  }
  g_clear_pointer(&service->stored_configs, g_hash_table_unref);
}
