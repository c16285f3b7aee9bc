/* The calls of the framework. Each changes the model at once and leaves what it does in the world for the flush. */
#include "local_private.h"
#include <muster/error.h>

/* ---- statuses that answer ---- */

static void answer(MuLocal *local, const char *task_id, const char *agent_id, MuTaskState state, const char *reason,
                   const char *message) {
  MuTaskStatus *status = mu_task_status_new(task_id, state);
  g_free(status->agent_id);
  status->agent_id = g_strdup(agent_id);
  status->reason = g_strdup(reason);
  status->message = g_strdup(message);
  status->timestamp_ms = g_get_real_time() / 1000;
  mu_local_emit_status(local, status);
}

static void answer_known(MuLocal *local, const MuLocalTask *task) {
  MuTaskStatus *status = mu_task_status_copy(task->last);
  g_clear_pointer(&status->uuid, g_free); /* not to be acknowledged */
  g_free(status->reason);
  status->reason = g_strdup("REASON_RECONCILIATION");
  mu_local_emit_status(local, status);
}

/* The agent would know it: gone. No such agent: unknown. */
static void answer_unknown(MuLocal *local, const char *task_id, const char *agent_id) {
  gboolean unknown = agent_id && !mu_local_agent(local, agent_id);
  answer(local, task_id, agent_id, unknown ? MU_TASK_UNKNOWN : MU_TASK_GONE, "REASON_RECONCILIATION",
         "the engine has no such task");
}

static void reconcile_task(MuLocal *local, const char *task_id, const char *agent_id) {
  const MuLocalTask *task = g_hash_table_lookup(local->tasks, task_id);
  if (task)
    answer_known(local, task);
  else
    answer_unknown(local, task_id, agent_id);
}

static void reconcile(MuLocal *local, const MuEngineCall *call) {
  GHashTableIter iter;
  gpointer task;
  for (guint i = 0; i < call->tasks->len; i++) {
    const MuEnvVar *asked = call->tasks->pdata[i];
    reconcile_task(local, asked->name, asked->value);
  }
  if (call->tasks->len > 0)
    return;
  g_hash_table_iter_init(&iter, local->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    if (!((const MuLocalTask *)task)->ended)
      answer_known(local, task);
}

/* ---- accept ---- */

typedef struct {
  MuLocal *local;
  MuLocalAgent *agent;
  GError *first_error; /* of an operation of this accept: later ones that fail do so because of it */
} Accept;

static void drop_launch(MuLocal *local, const MuPodLaunch *launch, const char *agent_id, MuTaskState state,
                        const char *reason, const char *message) {
  for (guint i = 0; i < launch->tasks->len; i++)
    answer(local, ((const MuTaskLaunch *)launch->tasks->pdata[i])->task_id, agent_id, state, reason, message);
}

static void act_launch(MuLocal *local, gpointer data) {
  (void)local;
  mu_local_executor_launch(data);
}

static gboolean tasks_are_new(const MuLocal *local, const MuPodLaunch *launch, GError **error) {
  for (guint i = 0; i < launch->tasks->len; i++) {
    const MuTaskLaunch *task = launch->tasks->pdata[i];
    if (!g_hash_table_contains(local->tasks, task->task_id))
      continue;
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "there is a task %s already", task->task_id);
    return FALSE;
  }
  return TRUE;
}

static gboolean same_agent(const Accept *accept, const MuPodLaunch *launch, GError **error) {
  const MuLocalExecutor *executor = g_hash_table_lookup(accept->local->executors, launch->executor_id);
  if (!executor || executor->agent == accept->agent)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "executor %s runs on agent %s", launch->executor_id,
              mu_agent_id(executor->agent->model));
  return FALSE;
}

static gboolean launch_group(Accept *accept, const MuOperation *operation, GError **error) {
  g_autofree char *file = NULL;
  if (!tasks_are_new(accept->local, operation->launch, error) || !same_agent(accept, operation->launch, error))
    return FALSE;
  file = mu_local_launch_file(accept->local, accept->agent, operation->launch, error);
  if (!file || !mu_agent_apply(accept->agent->model, operation, error))
    return FALSE;
  MuLocalLaunch *launch =
      mu_local_executor_add(accept->local, accept->agent, operation->launch, g_steal_pointer(&file));
  mu_local_act(accept->local, act_launch, launch, NULL);
  return TRUE;
}

static void apply_launch(Accept *accept, const MuOperation *operation) {
  g_autoptr(GError) error = NULL;
  const char *agent_id = mu_agent_id(accept->agent->model);
  if (launch_group(accept, operation, &error))
    return;
  if (accept->first_error)
    drop_launch(accept->local, operation->launch, agent_id, MU_TASK_DROPPED, "REASON_TASK_INVALID",
                accept->first_error->message);
  else
    drop_launch(accept->local, operation->launch, agent_id, MU_TASK_ERROR, "REASON_TASK_INVALID", error->message);
}

static void apply_other(Accept *accept, const MuOperation *operation) {
  g_autoptr(GError) error = NULL;
  if (mu_local_state_check(operation, &error) && mu_agent_apply(accept->agent->model, operation, &error)) {
    mu_local_state_note(accept->local, accept->agent, operation);
    return;
  }
  g_warning("local engine: an operation was refused: %s", error->message);
  if (!accept->first_error)
    accept->first_error = g_steal_pointer(&error);
}

/* All offers must be out, and of one agent: that agent, or NULL. */
static MuLocalAgent *end_offers(MuLocal *local, const MuEngineCall *call) {
  MuLocalAgent *agent = NULL;
  gboolean ok = call->offer_ids->len > 0;
  for (guint i = 0; i < call->offer_ids->len; i++) {
    MuLocalAgent *one = mu_local_offers_end(local, call->offer_ids->pdata[i], call->refuse_ms);
    ok = ok && one && (!agent || one == agent);
    agent = one;
  }
  return ok ? agent : NULL;
}

static void accept_offers(MuLocal *local, const MuEngineCall *call) {
  Accept accept = {.local = local, .agent = end_offers(local, call)};
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind != MU_OP_LAUNCH_GROUP && accept.agent)
      apply_other(&accept, operation);
    else if (operation->kind == MU_OP_LAUNCH_GROUP && accept.agent)
      apply_launch(&accept, operation);
    else if (operation->kind == MU_OP_LAUNCH_GROUP)
      drop_launch(local, operation->launch, NULL, MU_TASK_DROPPED, "REASON_INVALID_OFFERS",
                  "the offer is no longer valid");
  }
  g_clear_error(&accept.first_error);
}

/* ---- kill, acknowledge, teardown ---- */

typedef struct {
  char *task_id, *uuid;
  gint64 grace_ms;
} TaskAction;

static void task_action_free(gpointer data) {
  TaskAction *action = data;
  g_free(action->task_id);
  g_free(action->uuid);
  g_free(action);
}

static void act_kill(MuLocal *local, gpointer data) {
  const TaskAction *action = data;
  MuLocalTask *task = g_hash_table_lookup(local->tasks, action->task_id);
  if (task && !task->ended)
    mu_local_executor_kill(task, action->grace_ms);
}

static void act_ack(MuLocal *local, gpointer data) {
  const TaskAction *action = data;
  MuLocalTask *task = g_hash_table_lookup(local->tasks, action->task_id);
  if (task && action->uuid)
    mu_local_executor_ack(task, action->uuid);
}

static void queue_for_task(MuLocal *local, const MuEngineCall *call, MuLocalActionFunc func) {
  TaskAction *action = g_new0(TaskAction, 1);
  *action = (TaskAction){.task_id = g_strdup(call->task_id), .uuid = g_strdup(call->uuid), .grace_ms = call->grace_ms};
  mu_local_act(local, func, action, task_action_free);
}

static void kill_task(MuLocal *local, const MuEngineCall *call) {
  const MuLocalTask *task = g_hash_table_lookup(local->tasks, call->task_id);
  if (!task)
    answer_unknown(local, call->task_id, call->agent_id);
  else if (task->ended)
    answer_known(local, task);
  else
    queue_for_task(local, call, act_kill);
}

static void act_teardown(MuLocal *local, gpointer data) {
  (void)data;
  GHashTableIter iter;
  gpointer executor;
  g_hash_table_iter_init(&iter, local->executors);
  while (g_hash_table_iter_next(&iter, NULL, &executor))
    mu_local_executor_shutdown(executor);
}

static void teardown(MuLocal *local) {
  local->suppressed = TRUE;
  local->torn_down = TRUE; /* nobody acknowledges any more */
  mu_local_act(local, act_teardown, NULL, NULL);
}

static void decline(MuLocal *local, const MuEngineCall *call) {
  for (guint i = 0; i < call->offer_ids->len; i++)
    mu_local_offers_end(local, call->offer_ids->pdata[i], call->refuse_ms);
}

void mu_local_perform(MuEngine *engine, const MuEngineCall *call) {
  MuLocal *local = (MuLocal *)engine;
  if (!local->started || local->stopped || local->torn_down)
    return;
  switch (call->kind) {
  case MU_CALL_ACCEPT: accept_offers(local, call); break;
  case MU_CALL_DECLINE: decline(local, call); break;
  case MU_CALL_REVIVE: mu_local_offers_revive(local); break;
  case MU_CALL_SUPPRESS: local->suppressed = TRUE; break;
  case MU_CALL_KILL: kill_task(local, call); break;
  case MU_CALL_ACKNOWLEDGE: queue_for_task(local, call, act_ack); break;
  case MU_CALL_RECONCILE: reconcile(local, call); break;
  case MU_CALL_TEARDOWN: teardown(local); break;
  case MU_CALL_ROLES: break; /* offers have none */
  }
}
