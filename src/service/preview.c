#include "preview.h"

#include "service_private.h"

#include "bug.h"
#include "custom_work.h"
#include "json.h"
#include "marks.h"
#include "spec_changes.h"

#include <string.h>

/* ---- a copy --------------------------------------------------------------------------------------------------------- */

/* What we encode we can decode. */
static void load(MuService *copy, MuRecordKind kind, const char *key, char *take_value) {
  g_autofree char *value = take_value;
  const MuStoredRecord record = {kind, copy->name, key, value, strlen(value), NULL};
  gboolean good = mu_service_load(copy, &record, NULL);
  mu_assert(good);
}

static void copy_task(MuService *copy, const MuTask *task) {
  const char *name = task->record->name;
  load(copy, MU_RECORD_TASK, name, mu_task_record_encode(task->record));
  if (task->status != NULL)
    load(copy, MU_RECORD_STATUS, name, mu_status_record_encode(task->status));
}

static void copy_pod(MuService *copy, const MuPod *pod) {
  if (pod->record != NULL)
    load(copy, MU_RECORD_POD, pod->name, mu_pod_record_encode(pod->record));
  if (pod->paused != NULL)
    load(copy, MU_RECORD_PAUSE, pod->name, mu_pause_record_encode(pod->paused));
  for (guint i = 0; i < pod->tasks->len; i++)
    copy_task(copy, pod->tasks->pdata[i]);
}

/* As a restart would find it. */
static MuService *copy_service(const MuService *service, MuEffects *effects) {
  MuService *copy = mu_service_new(service->name);
  GHashTableIter iter;
  gpointer value = NULL;
  load(copy, MU_RECORD_SERVICE, "", mu_service_record_encode(service->record));
  for (guint i = 0; i < service->configs->len; i++) {
    const MuConfig *config = service->configs->pdata[i];
    mu_service_add_config(copy, config->id, mu_service_spec_ref(config->spec));
  }
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    copy_pod(copy, value);
  mu_marks_copy(service, copy);
  mu_custom_copy(service, copy);
  mu_service_loaded(copy, NULL, NULL, effects);
  return copy;
}

/* ---- what becomes of a task ------------------------------------------------------------------------------------------ */

/* In the order of their strength: a pod's is the strongest of its tasks'. */
typedef enum {
  ACTION_NONE,
  ACTION_KEEP,
  ACTION_LEAVE,
  ACTION_STOP,
  ACTION_START,
  ACTION_RESTART,
  ACTION_REMOVE
} Action;

static const char *const action_words[] = {
    [ACTION_NONE] = "none",   [ACTION_KEEP] = "keep",       [ACTION_LEAVE] = "leave",  [ACTION_STOP] = "stop",
    [ACTION_START] = "start", [ACTION_RESTART] = "restart", [ACTION_REMOVE] = "remove"};

typedef struct {
  const MuService *copy;
  GHashTable *changes; /* configuration id to GPtrArray of MuSpecChange: from it to the target */
} Preview;

static gboolean is_dismissed(const MuPod *pod) {
  return pod->record != NULL && pod->record->fate == MU_POD_ERASE;
}

/* A step of the deploy plan launches the pod's task `index`. */
static gboolean is_planned(const MuPod *pod, guint index) {
  for (guint i = 0; i < pod->steps->len; i++) {
    const MuStep *step = pod->steps->pdata[i];
    if (step->phase->plan == pod->service->deploy && (step->tasks & (G_GUINT64_CONSTANT(1) << index)) != 0)
      return TRUE;
  }
  return FALSE;
}

static Action task_action(const MuPod *pod, const MuTask *task, guint index) {
  gboolean planned = is_planned(pod, index);
  if (task == NULL)
    return planned ? ACTION_START : ACTION_NONE;
  if (pod->record != NULL && pod->record->fate != MU_POD_KEEP)
    return planned ? ACTION_START : ACTION_LEAVE;
  if (g_strcmp0(task->record->config, pod->service->record->target) == 0)
    return ACTION_KEEP;
  if (!planned)
    return ACTION_LEAVE;
  return mu_task_is_alive(task) ? ACTION_RESTART : ACTION_START;
}

/* From what the task runs with to the target; NULL when that is not known. */
static const GPtrArray *changes_since(const Preview *preview, const char *config) {
  GPtrArray *changes = config == NULL ? NULL : g_hash_table_lookup(preview->changes, config);
  const MuServiceSpec *was = mu_service_config(preview->copy, config);
  if (changes == NULL && was != NULL) {
    changes = mu_spec_changes(was, mu_service_target(preview->copy));
    g_hash_table_insert(preview->changes, g_strdup(config), changes);
  }
  return changes;
}

static char *field_name(const MuSpecChange *change) {
  return change->set == NULL ? g_strdup(change->field)
                             : g_strdup_printf("resource-sets.%s.%s", change->set, change->field);
}

static json_t *fields_of(const Preview *preview, const MuTask *task, const MuPodSpec *spec,
                         const MuTaskSpec *task_spec) {
  json_t *fields = json_array();
  const GPtrArray *changes = changes_since(preview, task->record->config);
  const char *set = spec->resource_sets[task_spec->resource_set].id;
  for (guint i = 0; changes != NULL && i < changes->len; i++) {
    const MuSpecChange *change = changes->pdata[i];
    if (!mu_spec_change_reaches(change, spec->type, task_spec->name, set))
      continue;
    g_autofree char *name = field_name(change);
    json_array_append_new(fields, json_string(name));
  }
  return fields;
}

/* ---- what becomes of a pod ------------------------------------------------------------------------------------------- */

static json_t *task_row(const char *name, Action action) {
  json_t *row = json_object();
  mu_json_set_string(row, "name", name);
  mu_json_set_string(row, "action", action_words[action]);
  return row;
}

static Action add_wanted(const Preview *preview, const MuPod *pod, const MuPodSpec *spec, json_t *tasks) {
  Action strongest = ACTION_NONE;
  for (guint i = 0; i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    Action action = task_action(pod, task, i);
    if (action == ACTION_NONE)
      continue;
    json_t *row = task_row(spec->tasks[i].name, action);
    if (action != ACTION_KEEP && task != NULL)
      mu_json_set_new(row, "fields", fields_of(preview, task, spec, &spec->tasks[i]));
    json_array_append_new(tasks, row);
    strongest = MAX(strongest, action);
  }
  return strongest;
}

/* Tasks that run, and that the target does not have. */
static Action add_unwanted(const MuPod *pod, const MuPodSpec *spec, json_t *tasks) {
  Action strongest = ACTION_NONE;
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if ((spec != NULL && mu_pod_spec_task(spec, task->record->task) != NULL) || !mu_task_is_alive(task))
      continue;
    json_array_append_new(tasks, task_row(task->record->task, ACTION_STOP));
    strongest = ACTION_STOP;
  }
  return strongest;
}

static json_t *pod_row(const Preview *preview, const MuPod *pod) {
  const MuPodSpec *spec = mu_service_spec_pod(mu_service_target(preview->copy), pod->type);
  gboolean goes = is_dismissed(pod) || spec == NULL || pod->index >= (guint)spec->count;
  json_t *tasks = json_array();
  Action action = goes ? ACTION_REMOVE : add_wanted(preview, pod, spec, tasks);
  Action unwanted = add_unwanted(pod, goes ? NULL : spec, tasks);
  json_t *row = json_object();
  mu_json_set_string(row, "name", pod->name);
  mu_json_set_string(row, "action", action_words[MAX(action, unwanted)]);
  mu_json_set_new(row, "tasks", tasks);
  return row;
}

static json_t *pod_rows(const Preview *preview) {
  json_t *rows = json_array();
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(preview->copy, mu_pod_exists);
  for (guint i = 0; i < pods->len; i++)
    if (!mu_pod_is_hole(pods->pdata[i]))
      json_array_append_new(rows, pod_row(preview, pods->pdata[i]));
  return rows;
}

/* ---- in which order --------------------------------------------------------------------------------------------------- */

static json_t *step_row(const MuStep *step) {
  const MuPod *pod = step->asset;
  const MuPodSpec *spec = pod == NULL ? NULL : mu_step_pod_spec(pod, FALSE);
  guint64 launch = pod == NULL ? 0 : mu_step_tasks_to_launch(step);
  json_t *tasks = json_array(), *row = json_object();
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++)
    if ((launch & (G_GUINT64_CONSTANT(1) << i)) != 0)
      json_array_append_new(tasks, json_string(spec->tasks[i].name));
  mu_json_set_string(row, "name", step->name);
  mu_json_set_string(row, "pod", pod == NULL ? NULL : pod->name);
  mu_json_set_string(row, "status", mu_status_to_string(step->status));
  mu_json_set_new(row, "tasks", tasks);
  return row;
}

static json_t *phase_row(const MuPhase *phase) {
  json_t *steps = json_array(), *row = json_object();
  for (guint i = 0; i < phase->steps->len; i++) {
    const MuStep *step = phase->steps->pdata[i];
    if (step->status != MU_STATUS_COMPLETE)
      json_array_append_new(steps, step_row(step));
  }
  mu_json_set_string(row, "name", phase->name);
  mu_json_set_string(row, "strategy", mu_phase_strategy(phase));
  mu_json_set_new(row, "steps", steps);
  return row;
}

static const char *plan_name(const MuService *copy) {
  const MuServiceSpec *spec = mu_service_target(copy);
  for (guint i = 0; copy->record->updating && i < spec->n_plans; i++)
    if (strcmp(spec->plans[i].name, "update") == 0)
      return "update";
  return "deploy";
}

static json_t *plan_row(const MuService *copy) {
  json_t *phases = json_array(), *row = json_object();
  for (guint i = 0; i < copy->deploy->phases->len; i++) {
    const MuPhase *phase = copy->deploy->phases->pdata[i];
    if (phase->status != MU_STATUS_COMPLETE)
      json_array_append_new(phases, phase_row(phase));
  }
  mu_json_set_string(row, "name", plan_name(copy));
  mu_json_set_string(row, "strategy", mu_plan_strategy(copy->deploy));
  mu_json_set_new(row, "phases", phases);
  return row;
}

static json_t *decommissioned(const MuService *copy) {
  json_t *names = json_array();
  for (guint i = 0; copy->decommission != NULL && i < copy->decommission->phases->len; i++)
    json_array_append_new(names, json_string(((const MuPhase *)copy->decommission->phases->pdata[i])->name));
  return names;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static json_t *changes_rows(const MuServiceSpec *was, const MuServiceSpec *is) {
  json_t *rows = json_array();
  g_autoptr(GPtrArray) changes = was == NULL ? NULL : mu_spec_changes(was, is);
  for (guint i = 0; changes != NULL && i < changes->len; i++)
    json_array_append_new(rows, mu_spec_change_to_json(changes->pdata[i]));
  return rows;
}

static json_t *tell(const MuService *service, const MuService *copy) {
  g_autoptr(GHashTable) changes =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  const Preview preview = {copy, changes};
  json_t *row = json_object();
  mu_json_set_string(row, "target", copy->record->target);
  mu_json_set_new(row, "changes", changes_rows(mu_service_target(service), mu_service_target(copy)));
  mu_json_set_new(row, "plan", plan_row(copy));
  mu_json_set_new(row, "decommission", decommissioned(copy));
  mu_json_set_new(row, "pods", pod_rows(&preview));
  return row;
}

json_t *mu_service_preview(const MuService *service, MuServiceScheduler *take_scheduler, const MuEffects *effects,
                           GError **error) {
  g_autoptr(MuBatch) batch = mu_batch_new();
  g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)mu_engine_call_free);
  g_autoptr(GPtrArray) notices = g_ptr_array_new_with_free_func((GDestroyNotify)mu_notice_free);
  MuEffects scratch = *effects;
  scratch.batch = batch;
  scratch.calls = calls;
  scratch.notices = notices;
  MuService *copy = copy_service(service, &scratch);
  json_t *told = NULL;
  if (mu_service_configure(copy, take_scheduler, copy->record->version + 1, &scratch, error))
    told = tell(service, copy);
  mu_service_free(copy);
  return told;
}
