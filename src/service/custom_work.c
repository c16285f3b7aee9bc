#include "custom_work.h"

#include "service_private.h"
#include "stored.h"

#include <string.h>

void mu_custom_work_free(MuCustomWork *work) {
  g_free(work->key);
  g_free(work->done_for);
  g_free(work->told);
  mu_step_record_free(work->record);
  g_free(work);
}

/* Its place is in the service's table under its key. */
static MuCustomWork *ensure(MuService *service, const char *key) {
  MuCustomWork *work = g_hash_table_lookup(service->custom, key);
  if (work != NULL)
    return work;
  work = g_new0(MuCustomWork, 1);
  work->service = service;
  work->key = g_strdup(key);
  work->record = mu_step_record_new();
  g_hash_table_insert(service->custom, work->key, work);
  return work;
}

static MuCustomWork *work_of(const MuStep *step) {
  return step->work;
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static void put(MuCustomWork *work, MuEffects *effects) {
  mu_stored_take(work->service, MU_RECORD_STEP, work->key, mu_step_record_encode(work->record), &work->bytes, effects);
}

gboolean mu_custom_load(MuService *service, const char *key, const char *value, gsize length, GError **error) {
  MuStepRecord *record = mu_step_record_decode(value, length, error);
  if (record == NULL)
    return FALSE;
  MuCustomWork *work = ensure(service, key);
  mu_step_record_free(work->record);
  work->record = record;
  mu_stored_note(service, key, length, &work->bytes);
  return TRUE;
}

void mu_custom_copy(const MuService *from, MuService *to) {
  GHashTableIter iter;
  gpointer key = NULL, value = NULL;
  g_hash_table_iter_init(&iter, from->custom);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    g_autofree char *text = mu_step_record_encode(((const MuCustomWork *)value)->record);
    mu_custom_load(to, key, text, strlen(text), NULL);
  }
}

/* ---- plans --------------------------------------------------------------------------------------------------------- */

void mu_custom_unlink(MuService *service) {
  GHashTableIter iter;
  gpointer work = NULL;
  g_hash_table_iter_init(&iter, service->custom);
  while (g_hash_table_iter_next(&iter, NULL, &work))
    ((MuCustomWork *)work)->step = NULL;
}

void mu_custom_link(MuService *service, MuStep *step, const MuCustomStep *custom, const char *done_for) {
  const MuPhase *phase = step->phase;
  g_autofree char *key = g_strdup_printf("%s/%s/%s", phase->plan->name, phase->name, step->name);
  MuCustomWork *work = ensure(service, key);
  char *copy = g_strdup(done_for);
  g_free(work->done_for);
  work->done_for = copy;
  work->step = step;
  work->func = custom->run;
  work->user = custom->user;
  step->work = work;
}

void mu_custom_prune(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->custom);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuCustomWork *work = value;
    if (work->step != NULL)
      continue;
    mu_stored_delete(service, MU_RECORD_STEP, work->key, &work->bytes, effects);
    g_hash_table_iter_remove(&iter);
  }
}

void mu_custom_forget_all(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->custom);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuCustomWork *work = value;
    if (work->step != NULL)
      work->step->work = NULL;
    work->step = NULL;
  }
  mu_custom_prune(service, effects);
}

void mu_custom_forget_phase(MuPhase *phase, MuEffects *effects) {
  for (guint i = 0; i < phase->steps->len; i++) {
    MuStep *step = phase->steps->pdata[i];
    MuCustomWork *work = work_of(step);
    if (work == NULL)
      continue;
    mu_stored_delete(work->service, MU_RECORD_STEP, work->key, &work->bytes, effects);
    g_hash_table_remove(work->service->custom, work->key);
    step->work = NULL;
  }
}

/* ---- statuses ------------------------------------------------------------------------------------------------------ */

static gboolean is_done(const MuCustomWork *work) {
  return work->record->done_for != NULL && strcmp(work->record->done_for, work->done_for) == 0;
}

/* A failure is never tried again at once, even where the service's tasks are. */
static gint64 retry_ms(const MuCustomWork *work) {
  const MuBackoff *own = mu_service_backoff(work->service);
  return mu_backoff_end_ms(own->enabled ? own : &mu_backoff_default, work->record->failures, work->record->ended_ms);
}

MuStatus mu_custom_find(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms) {
  const MuCustomWork *work = work_of(step);
  if (is_done(work) || mu_teardown_is_idle(step))
    return MU_STATUS_COMPLETE;
  if (work->run != 0)
    return MU_STATUS_STARTED;
  if (work->again_ms != 0)
    return step->interrupted ? MU_STATUS_PENDING : MU_STATUS_STARTED;
  if (work->record->failures == 0 || retry_ms(work) <= now_ms)
    return MU_STATUS_PENDING;
  *ret_delayed_until_ms = retry_ms(work);
  return MU_STATUS_DELAYED;
}

gboolean mu_custom_is_running(const MuStep *step) {
  return work_of(step)->run != 0;
}

/* The end of instances waits for the custom steps before it. */
static void wake_pods(const MuService *service, const MuPhase *phase) {
  const MuStep *last = phase->steps->pdata[phase->steps->len - 1];
  if (last->asset != NULL)
    mu_pod_mark_dirty(last->asset);
  mu_teardown_take_turns(service, phase);
}

void mu_custom_refresh(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer value = NULL;
  if (g_hash_table_size(service->custom) == 0)
    return;
  g_hash_table_iter_init(&iter, service->custom);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuStep *step = ((const MuCustomWork *)value)->step;
    MuStatus before = step == NULL ? MU_STATUS_COUNT : step->status;
    if (step == NULL)
      continue;
    mu_step_set_status(step, mu_custom_find(step, effects->now_ms, &step->delayed_until_ms));
    if (step->status == before)
      continue;
    wake_pods(service, step->phase);
    if (!service->quiet)
      mu_step_announce(step, effects);
  }
}

/* ---- runs ---------------------------------------------------------------------------------------------------------- */

/* An attempt is in the store before its code is called. */
static void note_attempt(MuCustomWork *work, MuEffects *effects) {
  MuStepRecord *record = work->record;
  if (record->done_for != NULL) { /* for something else */
    record->attempts = record->failures = 0;
    g_clear_pointer(&record->done_for, g_free);
  }
  record->attempts++;
  record->begun_ms = effects->now_ms;
  g_clear_pointer(&work->told, g_free);
  put(work, effects);
}

static void begin(MuCustomWork *work, MuEffects *effects) {
  if (work->again_ms == 0)
    note_attempt(work, effects);
  work->again_ms = 0;
  work->run = ++effects->last_run;
  mu_effects_call_step(effects, work->service->name, work->key, work->run);
}

static void forget_run(MuCustomWork *work) {
  work->run = 0;
  work->again_ms = 0;
  g_clear_pointer(&work->told, g_free);
}

void mu_custom_work_on(MuStep *step, MuEffects *effects) {
  MuCustomWork *work = work_of(step);
  MuService *service = work->service;
  gint64 due_ms = work->again_ms;
  if (work->run != 0 || mu_step_is_held_back(service, step))
    return;
  if (step->status == MU_STATUS_DELAYED)
    due_ms = step->delayed_until_ms;
  if (due_ms <= effects->now_ms)
    begin(work, effects);
  else
    service->next_ms = MIN(service->next_ms, due_ms);
}

static void complete(MuCustomWork *work, MuEffects *effects) {
  MuStepRecord *record = work->record;
  char *copy = g_strdup(work->done_for);
  forget_run(work);
  g_free(record->done_for);
  record->done_for = copy;
  record->failures = 0;
  record->ended_ms = effects->now_ms;
  g_clear_pointer(&record->message, g_free);
  put(work, effects);
}

static void fail(MuCustomWork *work, const char *message, MuEffects *effects) {
  MuStepRecord *record = work->record;
  char *copy = g_strdup(message);
  forget_run(work);
  g_free(record->message);
  record->message = copy;
  record->failures++;
  record->ended_ms = effects->now_ms;
  put(work, effects);
}

/* Its words are news although its status is the same. */
static void tell(MuCustomWork *work, const char *text, MuEffects *effects) {
  if (g_strcmp0(work->told, text) == 0)
    return;
  char *copy = g_strdup(text);
  g_free(work->told);
  work->told = copy;
  mu_step_announce(work->step, effects);
}

void mu_custom_force(MuStep *step, MuEffects *effects) {
  complete(work_of(step), effects);
}

void mu_custom_restart(MuStep *step, MuEffects *effects) {
  MuCustomWork *work = work_of(step);
  forget_run(work);
  mu_step_record_free(work->record);
  work->record = mu_step_record_new();
  mu_stored_delete(work->service, MU_RECORD_STEP, work->key, &work->bytes, effects);
}

/* ---- events -------------------------------------------------------------------------------------------------------- */

const MuCustomWork *mu_service_custom_run(const MuService *service, const char *key, guint64 run) {
  const MuCustomWork *work = g_hash_table_lookup(service->custom, key);
  return work != NULL && work->step != NULL && work->run == run ? work : NULL;
}

void mu_service_on_step(MuService *service, const MuStepReport *report, MuEffects *effects) {
  MuCustomWork *work = (MuCustomWork *)mu_service_custom_run(service, report->key, report->run);
  if (work == NULL)
    return;
  switch (report->kind) {
  case MU_STEP_TELLS: tell(work, report->text, effects); break;
  case MU_STEP_COMPLETE: complete(work, effects); break;
  case MU_STEP_FAILED: fail(work, report->text, effects); break;
  case MU_STEP_AGAIN:
    work->run = 0;
    work->again_ms = effects->now_ms + report->after_ms;
    tell(work, report->text, effects);
    break;
  }
}
