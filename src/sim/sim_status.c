/* Statuses of virtual tasks on their way: they come until they are acknowledged, and faults befall them. */
#include "sim_check.h"

static gboolean draw_fault(MuSim *sim, MuSimStatusFault fault) {
  if (sim->status_faults[fault] == 0)
    return FALSE;
  sim->status_faults[fault]--;
  return TRUE;
}

static MuEngineEvent *make_update(const MuTaskStatus *status) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_copy(status);
  if (MU_SIM_PLANTED(single) && status->state == MU_TASK_RUNNING)
    event->status->state = MU_TASK_LOST;
  return event;
}

static void send(MuSim *sim, const MuTaskStatus *status) {
  gint64 late_ms = 0;
  gboolean of_master = status->uuid == NULL; /* its own words come in order */
  if (!sim->subscribed || draw_fault(sim, MU_SIM_STATUS_LOSE))
    return;
  if (MU_SIM_PLANTED(liveness) && mu_task_state_is_terminal(status->state))
    return;
  if (!of_master && draw_fault(sim, MU_SIM_STATUS_DELAY))
    late_ms = 30000;
  else if (!of_master && draw_fault(sim, MU_SIM_STATUS_REORDER))
    late_ms = 100;
  mu_sim_deliver_late(sim, make_update(status), late_ms);
  if (draw_fault(sim, MU_SIM_STATUS_DOUBLE))
    mu_sim_deliver_late(sim, make_update(status), late_ms);
}

void mu_sim_fault_statuses(MuSim *sim, MuSimStatusFault fault, guint n) {
  sim->status_faults[fault] = n;
}

/* The master answers for an agent that it cannot reach. */
void mu_sim_send_status(MuSim *sim, MuSimTask *task) {
  if (task->agent->state == MU_SIM_AGENT_UNREACHABLE)
    mu_sim_answer_for(sim, task->id, task->agent->id, MU_TASK_UNREACHABLE, "REASON_RECONCILIATION", NULL);
  else
    send(sim, task->status);
}

void mu_sim_answer_for(MuSim *sim, const char *task_id, const char *agent_id, MuTaskState state, const char *reason,
                       const char *message) {
  g_autoptr(MuTaskStatus) status = mu_task_status_new(task_id, state);
  status->agent_id = g_strdup(agent_id);
  status->reason = g_strdup(reason);
  status->message = g_strdup(message);
  status->timestamp_ms = sim->now_ms;
  send(sim, status);
}

void mu_sim_answer_unknown(MuSim *sim, const char *task_id, const char *agent_id) {
  const MuSimAgent *agent = mu_sim_find_agent(sim, agent_id);
  MuTaskState state = agent == NULL                              ? MU_TASK_UNKNOWN
                      : agent->state == MU_SIM_AGENT_UP          ? MU_TASK_GONE
                      : agent->state == MU_SIM_AGENT_UNREACHABLE ? MU_TASK_UNREACHABLE
                                                                 : MU_TASK_GONE_BY_OPERATOR;
  mu_sim_answer_for(sim, task_id, agent_id, state, "REASON_RECONCILIATION",
                    agent == NULL ? "Reconciliation: Task is unknown" : "Reconciliation: Task is unknown to the agent");
}

/* The real master's answer asks for no acknowledgement; the agent sends again what was not acknowledged. */
void mu_sim_tell_latest(MuSim *sim, MuSimTask *task) {
  if (!sim->detailed || task->agent->state == MU_SIM_AGENT_UNREACHABLE) {
    mu_sim_send_status(sim, task);
    return;
  }
  g_autoptr(MuTaskStatus) status = mu_task_status_copy(task->status);
  g_clear_pointer(&status->uuid, g_free);
  g_free(status->reason);
  g_free(status->message);
  status->reason = g_strdup("REASON_RECONCILIATION");
  status->message = g_strdup("Reconciliation: Latest task state");
  send(sim, status);
}

/* What its checks said last goes on to be said while it runs. */
static void keep_checks(MuTaskStatus *status, const MuTaskStatus *before) {
  status->has_ready = before->has_ready;
  status->ready = before->ready;
  status->has_healthy = before->has_healthy;
  status->healthy = before->healthy;
}

/* The bytes of a uuid in base64: the form in which those of Mesos come to the scheduler. */
static char *uuid_of_mesos(MuUuid uuid) {
  guint8 bytes[16];
  const char *digit = uuid.text;
  for (guint i = 0; i < sizeof bytes; i++) {
    while (*digit == '-')
      digit++;
    bytes[i] = (guint8)(g_ascii_xdigit_value(digit[0]) << 4 | g_ascii_xdigit_value(digit[1]));
    digit += 2;
  }
  return g_base64_encode(bytes, sizeof bytes);
}

void mu_sim_set_state(MuSim *sim, MuSimTask *task, MuTaskState state) {
  g_autoptr(MuTaskStatus) before = task->status;
  task->status = mu_task_status_new(task->id, state);
  if (before != NULL && state == MU_TASK_RUNNING)
    keep_checks(task->status, before);
  task->status->agent_id = g_strdup(task->agent->id);
  MuUuid uuid = mu_uuid_new(&sim->random);
  task->status->uuid = sim->detailed || sim->wire != NULL ? uuid_of_mesos(uuid) : g_strdup(uuid.text);
  task->status->timestamp_ms = sim->now_ms;
  task->unacknowledged = TRUE;
}

void mu_sim_resend(MuSim *sim) {
  GHashTableIter iter;
  gpointer task = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    if (((MuSimTask *)task)->unacknowledged && ((MuSimTask *)task)->agent->state != MU_SIM_AGENT_UNREACHABLE)
      mu_sim_send_status(sim, task);
}

void mu_sim_acknowledge(MuSim *sim, const char *task_id, const char *uuid) {
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  if (task == NULL || g_strcmp0(task->status->uuid, uuid) != 0 || task->agent->state == MU_SIM_AGENT_UNREACHABLE)
    return;
  task->unacknowledged = FALSE;
  if (mu_task_state_is_terminal(task->status->state))
    g_hash_table_remove(sim->tasks, task_id);
}
