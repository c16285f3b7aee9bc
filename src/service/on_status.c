/* A task's status came. */
#include "service_private.h"

#include "stored.h"

#include <string.h>

static void announce(MuService *service, const MuTask *task, const MuTaskStatus *status, MuEffects *effects) {
  MuJsonText text = mu_effects_notice_begin(service->name);
  mu_json_text_member(&text, "task", task->record->name);
  mu_json_text_member(&text, "id", status->task_id);
  mu_json_text_member(&text, "state", mu_task_state_to_string(status->state));
  mu_json_text_member(&text, "message", status->message);
  if (status->has_ready) {
    mu_json_text_key(&text, "ready");
    mu_json_text_bool(&text, status->ready);
  }
  mu_effects_notice(effects, "task", service->name, &text);
}

const char *mu_task_set(const MuTask *task) {
  const MuServiceSpec *spec = mu_service_config(task->pod->service, task->record->config);
  const MuPodSpec *pod = spec == NULL ? NULL : mu_service_spec_pod(spec, task->pod->type);
  const MuTaskSpec *task_spec = pod == NULL ? NULL : mu_pod_spec_task(pod, task->record->task);
  return task_spec == NULL ? NULL : pod->resource_sets[task_spec->resource_set].id;
}

/* The engine dropped the launch, or knows no run of that id, and none was ever heard of: the task is not to blame. */
static gboolean never_began(const MuTaskStatus *before, MuTaskState end) {
  return before == NULL && (end == MU_TASK_DROPPED || end == MU_TASK_UNKNOWN || end == MU_TASK_GONE);
}

/* A launch that never began does not lengthen the backoff. It has the first pause all the same: an engine that drops every
 * launch must not be asked without end. */
static void count_failure(MuTask *task, gboolean asked_to_end, gboolean began) {
  const MuBackoff *backoff = mu_service_backoff(task->pod->service);
  MuTaskRecord *record = task->record;
  if (asked_to_end || !mu_task_has_failed(task)) {
    record->failures = 0;
    return;
  }
  if (!began) {
    record->failures = MAX(record->failures, 1);
    return;
  }
  gboolean ran_long = record->ended_ms - record->launched_ms >= backoff->reset_ms;
  record->failures = ran_long ? 1 : record->failures + 1;
}

static void on_end(MuTask *task, gboolean began, MuEffects *effects) {
  gboolean asked_to_end = task->record->kill == MU_KILL_WANTED;
  task->record->kill = MU_KILL_NONE;
  task->record->kill_since_ms = 0;
  task->record->ended_ms = effects->now_ms;
  task->record->never_began = !began;
  count_failure(task, asked_to_end, began);
  if (task->next_kill_ms != 0) {
    task->next_kill_ms = 0;
    mu_items_remove_fast(task->pod->service->killing, task);
  }
}

/* What people are told of it is bounded: it is stored, and a task may write much before it fails. */
static char *shortened(const char *message, gsize max_bytes) {
  if (message == NULL || strlen(message) <= max_bytes)
    return g_strdup(message);
  const char *end = message + max_bytes - strlen("…");
  while (end > message && ((guchar)*end & 0xc0) == 0x80) /* not inside a character */
    end--;
  g_autofree char *begin = g_strndup(message, (gsize)(end - message));
  return g_strconcat(begin, "…", NULL);
}

char *mu_status_message_shortened(const char *message) {
  return shortened(message, MU_STATUS_MAX_MESSAGE);
}

static void shorten_message(MuTaskStatus *status, gsize max_bytes) {
  if (status->message == NULL || strlen(status->message) <= max_bytes)
    return;
  char *shorter = shortened(status->message, max_bytes);
  g_free(status->message);
  status->message = shorter;
}

static void apply(MuService *service, MuTask *task, MuTaskStatus *take_status, MuEffects *effects) {
  const MuTaskStatus *status = take_status;
  gboolean asked_to_end = task->record->kill == MU_KILL_WANTED, began = !never_began(task->status, status->state);
  mu_task_take_status(task, take_status);
  mu_stored_take(service, MU_RECORD_STATUS, task->record->name, mu_status_record_encode(status), &task->status_bytes,
                 effects);
  if (mu_task_state_is_terminal(status->state))
    on_end(task, began, effects);
  mu_task_note_proof(task, asked_to_end, effects);
  mu_pod_mark_dirty(task->pod);
  announce(service, task, status, effects);
}

/* News that the present status has overtaken. Of an agent that is back, the last status of before it was lost is news. */
static gboolean is_older(const MuTaskStatus *known, const MuTaskStatus *status) {
  return known->state != MU_TASK_UNREACHABLE && status->timestamp_ms != 0 && status->timestamp_ms < known->timestamp_ms;
}

/* A check, or the way to the task's start, has something else to say than before: that is what an operator wants to see. */
static gboolean has_new_words(const MuTaskStatus *known, const MuTaskStatus *status) {
  gboolean of_check = status->reason != NULL && g_str_has_suffix(status->reason, "CHECK_STATUS_UPDATED");
  gboolean of_start = status->reason == NULL && status->state == MU_TASK_STARTING && status->message != NULL;
  return (of_check || of_start) && g_strcmp0(known->message, status->message) != 0;
}

/* The same news again: a retry of the engine, or an answer to a reconciliation. */
static gboolean is_known(const MuTaskStatus *known, const MuTaskStatus *status) {
  if (known == NULL)
    return FALSE;
  if (mu_task_state_is_terminal(known->state))
    return TRUE;
  if (is_older(known, status))
    return TRUE;
  return !has_new_words(known, status) && known->state == status->state && known->has_ready == status->has_ready &&
         known->ready == status->ready && known->has_healthy == status->has_healthy &&
         known->healthy == status->healthy;
}

/* What was found dead runs all the same: it came back from where it was lost. Its place may be another's already. */
static gboolean has_risen(const MuTask *task, const MuTaskStatus *status) {
  return task->status != NULL && mu_task_state_is_terminal(task->status->state) &&
         !mu_task_state_is_terminal(status->state);
}

gboolean mu_service_on_status(MuService *service, const char *task_name, MuTaskStatus *take_status,
                              MuEffects *effects) {
  g_autoptr(MuTaskStatus) status = take_status;
  shorten_message(status, mu_stored_is_full(service, effects) ? MU_STORED_SHORT_MESSAGE : MU_STATUS_MAX_MESSAGE);
  MuTask *task = g_hash_table_lookup(service->tasks, task_name);
  gboolean present = task != NULL && strcmp(task->record->task_id, status->task_id) == 0;
  /* A run that cannot be reached cannot be ended, and the answer to the kill would be the same status again, without an end. */
  gboolean reachable = !mu_task_state_is_terminal(status->state) && status->state != MU_TASK_UNREACHABLE;
  if ((!present || has_risen(task, status)) && reachable)
    mu_effects_kill(effects, status->task_id, status->agent_id);
  if (!present && status->state == MU_TASK_GONE_BY_OPERATOR && status->agent_id != NULL)
    mu_teardown_agent_gone(service, status->agent_id, effects);
  gboolean known = present && is_known(task->status, status);
  mu_effects_acknowledge(effects, status);
  if (present && !known)
    apply(service, task, g_steal_pointer(&status), effects);
  return !known;
}
