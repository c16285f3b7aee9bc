/* A configuration becomes the target: checked against the present one, then every pod instance finds its place in it. */
#include "service_private.h"

#include "config_validate.h"
#include "marks.h"
#include "spec_diff.h"
#include <muster/error.h>

#include <string.h>

/* TRUE: the service's record is another one now. */
static gboolean take_scheduler(MuService *service, MuServiceScheduler *take_scheduler) {
  MuServiceRecord *record = service->record;
  const MuServiceRecord before = *record;
  record->failed_ms = 0;
  mu_service_scheduler_free(service->scheduler);
  service->scheduler = take_scheduler;
  record->customized = take_scheduler->customizer != NULL;
  record->overrider = take_scheduler->overrider != NULL;
  record->uninstaller = take_scheduler->uninstaller != NULL;
  gboolean same_reader = g_strcmp0(record->reader, take_scheduler->reader) == 0;
  if (!same_reader) {
    g_free(record->reader);
    record->reader = g_strdup(take_scheduler->reader);
  }
  g_clear_pointer(&service->failure, g_free);
  return record->customized != before.customized || record->overrider != before.overrider ||
         record->uninstaller != before.uninstaller || before.failed_ms != 0 || !same_reader;
}

/* A task that the new configuration does not change goes over to it as it runs; so does one that runs only once and did. */
static void adopt_task(MuTask *task, const MuPodSpec *pod, const char *config_id, MuEffects *effects) {
  const MuTaskSpec *spec = mu_pod_spec_task(pod, task->record->task);
  if (spec == NULL)
    return;
  g_autofree char *fingerprint = mu_task_spec_fingerprint(pod, spec);
  gboolean same = g_strcmp0(fingerprint, task->record->fingerprint) == 0;
  if (!same && !(spec->goal == MU_GOAL_ONCE && task->record->reached))
    return;
  mu_task_record_set(task->record, &task->record->config, g_strdup(config_id));
  mu_task_put(task, effects);
}

static void set_fate(MuPod *pod, MuPodFate fate, MuEffects *effects) {
  if (pod->record->fate == fate)
    return;
  pod->record->fate = fate;
  mu_pod_put(pod, effects);
}

void mu_pod_dismiss(MuPod *pod, MuEffects *effects) {
  if (pod->record != NULL)
    set_fate(pod, MU_POD_ERASE, effects);
  else if (!mu_pod_has_live_task(pod))
    mu_service_erase_pod(pod->service, pod, effects);
}

void mu_pod_take_back(MuPod *pod, MuEffects *effects) {
  if (pod->record != NULL && pod->record->fate == MU_POD_ERASE)
    set_fate(pod, mu_teardown_has_begun(pod) ? MU_POD_REPLACE : MU_POD_KEEP, effects);
}

static void place_pod(MuPod *pod, const MuServiceScheduler *scheduler, MuEffects *effects) {
  const MuPodSpec *spec = mu_service_spec_pod(scheduler->spec, pod->type);
  if (spec == NULL || pod->index >= (guint)spec->count || mu_pod_is_decommissioned(pod)) {
    mu_pod_dismiss(pod, effects);
    return;
  }
  mu_pod_take_back(pod, effects);
  mu_pod_forget_paused(pod, spec, effects);
  for (guint i = 0; i < pod->tasks->len; i++) {
    mu_task_forget_anew(pod->tasks->pdata[i], effects); /* its plan is no more */
    adopt_task(pod->tasks->pdata[i], spec, scheduler->config_id, effects);
  }
}

static void place_pods(MuService *service, const MuServiceScheduler *scheduler, MuEffects *effects) {
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    place_pod(pod, scheduler, effects);
}

static void set_target(MuService *service, MuServiceScheduler *scheduler, MuEffects *effects) {
  MuServiceRecord *record = service->record;
  mu_service_keep_config(service, scheduler, effects);
  mu_marks_clear(service, MU_ROLLING_PLAN, TRUE, effects);
  g_free(record->target);
  record->target = g_strdup(scheduler->config_id);
  mu_service_find_target(service);
  record->updating = record->deployed;
  record->changed_ms = effects->now_ms;
  if (record->created_ms == 0)
    record->created_ms = effects->now_ms;
  mu_service_forget_holes(service, scheduler->spec);
  place_pods(service, scheduler, effects);
  mu_service_put(service, effects);
  mu_service_prune_configs(service, effects);
}

static void note_refusal(GString *faults, GError *take_refusal) {
  g_string_append_printf(faults, "%s%s", faults->len == 0 ? "" : "\n", take_refusal->message);
  g_error_free(take_refusal);
}

/* What speaks against the scheduler's spec as the next target of a service whose target is `old` (NULL: none), a line each. */
static void find_faults(const MuServiceSpec *old, const MuServiceScheduler *scheduler, GString *faults) {
  GError *refusal = NULL;
  if (!(old == NULL ? mu_spec_validate_first(scheduler->spec, &refusal)
                    : mu_spec_validate_change(old, scheduler->spec, &refusal)))
    note_refusal(faults, g_steal_pointer(&refusal));
  for (guint i = 0; i < scheduler->validators->len; i++) {
    const MuOwnValidator *own = &g_array_index(scheduler->validators, MuOwnValidator, i);
    if (!own->validate(old, scheduler->spec, own->user, &refusal))
      note_refusal(faults, g_steal_pointer(&refusal));
  }
}

gboolean mu_service_check_change(const MuService *service, const MuServiceScheduler *scheduler, GError **error) {
  g_autoptr(GString) faults = g_string_new(NULL);
  find_faults(mu_service_target(service), scheduler, faults);
  if (faults->len == 0)
    return TRUE;
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, faults->str);
  return FALSE;
}

/* The same again, by a client or at each start, is still of the moment at which it was first refused. */
static void note_rejected(MuService *service, const char *errors, MuEffects *effects) {
  MuServiceRecord *record = service->record;
  g_autofree char *kept = mu_status_message_shortened(errors);
  if (g_strcmp0(record->rejected, kept) == 0)
    return;
  g_free(record->rejected);
  record->rejected = g_steal_pointer(&kept);
  record->rejected_ms = effects->now_ms;
  mu_service_put(service, effects);
}

static gboolean check_change(MuService *service, const MuServiceScheduler *scheduler, MuEffects *effects,
                             GError **error) {
  GError *refusal = NULL;
  if (mu_service_check_change(service, scheduler, &refusal))
    return TRUE;
  note_rejected(service, refusal->message, effects);
  g_propagate_error(error, refusal);
  return FALSE;
}

/* TRUE: there was one. */
static gboolean forget_rejected(MuServiceRecord *record) {
  gboolean there = record->rejected != NULL;
  g_clear_pointer(&record->rejected, g_free);
  record->rejected_ms = 0;
  return there;
}

gboolean mu_service_configure(MuService *service, MuServiceScheduler *scheduler, gint64 version, MuEffects *effects,
                              GError **error) {
  gboolean same = g_strcmp0(service->record->target, scheduler->config_id) == 0;
  if (!same && !check_change(service, scheduler, effects, error)) {
    mu_service_scheduler_free(scheduler);
    return FALSE;
  }
  gboolean changed = forget_rejected(service->record);
  changed |= take_scheduler(service, scheduler) || service->record->version != version;
  service->record->version = version;
  if (same) {
    if (changed)
      mu_service_put(service, effects);
    return TRUE;
  }
  set_target(service, scheduler, effects);
  service->wants_more = TRUE;
  service->shown_status = MU_STATUS_COUNT;
  mu_service_rebuild_plans(service, effects);
  return TRUE;
}

/* Found as it was left: nobody is told of statuses that did not change. */
static void rebuild_quietly(MuService *service, MuEffects *effects) {
  service->quiet = TRUE;
  mu_service_rebuild_plans(service, effects);
  service->quiet = FALSE;
  if (service->deploy != NULL && service->record->deployed)
    service->shown_status = service->deploy->status;
}

static void note_failure(MuService *service, const char *failure, MuEffects *effects) {
  MuServiceRecord *record = service->record;
  gint64 since_ms = failure == NULL ? 0 : record->failed_ms != 0 ? record->failed_ms : effects->now_ms;
  service->failure = g_strdup(failure);
  if (record->failed_ms == since_ms)
    return;
  record->failed_ms = since_ms;
  mu_service_put(service, effects);
}

void mu_service_loaded(MuService *service, MuServiceScheduler *scheduler, const char *failure, MuEffects *effects) {
  note_failure(service, failure, effects);
  service->scheduler = scheduler; /* its code has a say in the plans */
  mu_service_prove_loaded(service);
  rebuild_quietly(service, effects);
  if (scheduler == NULL || service->record->state != MU_SERVICE_RUNNING)
    return;
  service->scheduler = NULL;
  if (g_strcmp0(service->record->target, scheduler->config_id) == 0) {
    if (take_scheduler(service, scheduler))
      mu_service_put(service, effects);
  } else /* the factory may build another spec than last time: a new configuration, taken or refused as any other */
    mu_service_configure(service, scheduler, service->record->version, effects, NULL);
}
