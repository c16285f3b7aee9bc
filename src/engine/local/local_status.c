/* What executors say: statuses, taken over and given to the sink. */
#include "json.h"
#include "local_private.h"

MuTaskStatus *mu_local_status_from_record(const MuLocalExecutor *executor, const json_t *record) {
  const char *is = NULL, *task_id = NULL, *state_word = NULL, *uuid = NULL, *reason = NULL, *message = NULL;
  MuTaskState state;
  if (!mu_json_get_string(record, "is", TRUE, &is, NULL) || !g_str_equal(is, "status") ||
      !mu_json_get_string(record, "task_id", TRUE, &task_id, NULL) ||
      !mu_json_get_string(record, "state", TRUE, &state_word, NULL) || !mu_task_state_from_string(state_word, &state) ||
      !mu_json_get_string(record, "uuid", TRUE, &uuid, NULL) ||
      !mu_json_get_string(record, "reason", FALSE, &reason, NULL) ||
      !mu_json_get_string(record, "message", FALSE, &message, NULL))
    return NULL;
  MuTaskStatus *status = mu_task_status_new(task_id, state);
  status->uuid = g_strdup(uuid);
  status->reason = g_strdup(reason);
  status->message = g_strdup(message);
  g_free(status->agent_id);
  status->agent_id = g_strdup(mu_agent_id(executor->agent->model));
  mu_json_get_int(record, "at", FALSE, &status->timestamp_ms, NULL);
  status->has_ready = json_object_get(record, "ready") != NULL;
  status->has_healthy = json_object_get(record, "healthy") != NULL;
  mu_json_get_bool(record, "ready", FALSE, &status->ready, NULL);
  mu_json_get_bool(record, "healthy", FALSE, &status->healthy, NULL);
  return status;
}

static gboolean all_ended(const MuLocalExecutor *executor) {
  for (guint i = 0; i < executor->tasks->len; i++)
    if (!((const MuLocalTask *)executor->tasks->pdata[i])->ended)
      return FALSE;
  return TRUE;
}

void mu_local_task_ended(MuLocalTask *task) {
  MuLocalExecutor *executor = task->executor;
  if (task->ended)
    return;
  task->ended = TRUE;
  mu_agent_release(executor->agent->model, executor->id, task->id);
  if (all_ended(
          executor)) /* the pod's own: its volumes can go to the next launch while the last status is on its way */
    mu_agent_release(executor->agent->model, executor->id, NULL);
  mu_local_offers_grew(executor->local, executor->agent);
}

static gboolean contains(GPtrArray *uuids, const char *uuid) {
  return g_ptr_array_find_with_equal_func(uuids, uuid, g_str_equal, NULL);
}

/* Given again on each reconnection until acknowledged: what the sink has is not given twice. */
static void take_status(MuLocalExecutor *executor, MuTaskStatus *take_status) {
  g_autoptr(MuTaskStatus) status = take_status;
  MuLocalTask *task = g_hash_table_lookup(executor->local->tasks, status->task_id);
  if (!task || task->executor != executor || contains(task->unacked, status->uuid))
    return;
  if (contains(task->acked, status->uuid)) {
    mu_local_executor_ack_again(task, status->uuid);
    return;
  }
  g_ptr_array_add(task->unacked, g_strdup(status->uuid));
  mu_task_status_free(task->last);
  task->last = mu_task_status_copy(status);
  if (mu_task_state_is_terminal(status->state))
    mu_local_task_ended(task);
  mu_local_emit_status(executor->local, g_steal_pointer(&status));
}

gboolean mu_local_executor_said(MuLocalExecutor *executor, const json_t *message) {
  const char *is = json_string_value(json_object_get(message, "is"));
  MuTaskStatus *status = mu_local_status_from_record(executor, message);
  if (status)
    take_status(executor, status);
  return is && g_str_equal(is, "hello");
}
