/* Virtual executors: each task follows its script; its statuses come until they are acknowledged. */
#include "sim_check.h"

#include "bug.h"
#include "launch.h"

#include <string.h>

const MuSimScript mu_sim_script_default = {
    .start_ms = 10, .ready_ms = 20, .end_ms = 0, .end = MU_TASK_FINISHED, .kill_ms = 5};

void mu_sim_task_free(MuSimTask *task) {
  g_free(task->id);
  g_free(task->name);
  g_free(task->key);
  g_free(task->pod);
  g_ptr_array_unref(task->resource_ids);
  g_free(task->executor_id);
  g_free(task->service);
  mu_task_status_free(task->status);
  g_free(task);
}

void mu_sim_script(MuSim *sim, const char *task, const MuSimScript *script) {
  g_hash_table_insert(sim->scripts, g_strdup(task), g_memdup2(script, sizeof *script));
}

/* By the task's full name, or by the last part of it. */
static MuSimScript script_of(MuSim *sim, const char *name) {
  const MuSimScript *script = g_hash_table_lookup(sim->scripts, name);
  const char *last = strrchr(name, '-');
  if (script == NULL && last != NULL)
    script = g_hash_table_lookup(sim->scripts, last + 1);
  return script != NULL ? *script : mu_sim_script_default;
}

/* ---- statuses -------------------------------------------------------------------------------------------------------- */

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
    mu_sim_answer_for(sim, task->id, MU_TASK_UNREACHABLE, "REASON_RECONCILIATION");
  else
    send(sim, task->status);
}

void mu_sim_answer_for(MuSim *sim, const char *task_id, MuTaskState state, const char *reason) {
  g_autoptr(MuTaskStatus) status = mu_task_status_new(task_id, state);
  status->reason = g_strdup(reason);
  status->timestamp_ms = sim->now_ms;
  send(sim, status);
}

void mu_sim_answer_unknown(MuSim *sim, const char *task_id, const char *agent_id) {
  const MuSimAgent *agent = mu_sim_find_agent(sim, agent_id);
  MuTaskState state = agent == NULL                              ? MU_TASK_UNKNOWN
                      : agent->state == MU_SIM_AGENT_UP          ? MU_TASK_GONE
                      : agent->state == MU_SIM_AGENT_UNREACHABLE ? MU_TASK_UNREACHABLE
                                                                 : MU_TASK_GONE_BY_OPERATOR;
  mu_sim_answer_for(sim, task_id, state, "REASON_RECONCILIATION");
}

static void set_state(MuSim *sim, MuSimTask *task, MuTaskState state) {
  mu_task_status_free(task->status);
  task->status = mu_task_status_new(task->id, state);
  task->status->agent_id = g_strdup(task->agent->id);
  task->status->uuid = g_strdup(mu_uuid_new(&sim->random).text);
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

/* ---- the script ------------------------------------------------------------------------------------------------------ */

gboolean mu_sim_task_lives(const MuSimTask *task) {
  return !mu_task_state_is_terminal(task->status->state);
}

static MuSimTask *live_task(MuSim *sim, const char *task_id) {
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  return task == NULL || !mu_sim_task_lives(task) ? NULL : task;
}

static void count_live(MuSim *sim, const MuSimTask *task) {
  gpointer n = g_hash_table_lookup(sim->executors, task->executor_id);
  g_hash_table_insert(sim->executors, g_strdup(task->executor_id), GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
  sim->n_live++;
}

/* FALSE: it was the executor's last. */
static gboolean count_dead(MuSim *sim, const MuSimTask *task) {
  guint n = GPOINTER_TO_UINT(g_hash_table_lookup(sim->executors, task->executor_id)) - 1;
  sim->n_live--;
  if (g_hash_table_lookup(sim->live, task->key) == task)
    g_hash_table_remove(sim->live, task->key);
  if (n == 0)
    g_hash_table_remove(sim->executors, task->executor_id);
  else
    g_hash_table_insert(sim->executors, g_strdup(task->executor_id), GUINT_TO_POINTER(n));
  return n > 0;
}

/* An executor that has no task any more and has not ended yet. */
typedef struct {
  MuSimAgent *agent;
  char *executor_id;
} Lingering;

static void lingering_free(gpointer data) {
  Lingering *lingering = data;
  g_free(lingering->executor_id);
  g_free(lingering);
}

static void end_lingering(MuSim *sim, gpointer data) {
  const Lingering *lingering = data;
  MuSimAgent *agent = lingering->agent;
  g_hash_table_remove(sim->lingering, lingering->executor_id);
  mu_agent_release(agent->agent, lingering->executor_id, NULL);
  agent->changes++;
  mu_sim_offer_soon(sim, agent);
  if (!sim->subscribed || agent->state != MU_SIM_AGENT_UP)
    return;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_FAILURE);
  event->agent_id = g_strdup(agent->id);
  event->id = g_strdup(lingering->executor_id);
  mu_sim_deliver(sim, event);
}

static void end_executor(MuSim *sim, MuSimAgent *agent, const char *executor_id) {
  if (sim->linger_ms == 0) {
    mu_agent_release(agent->agent, executor_id, NULL);
    return;
  }
  Lingering *lingering = g_new0(Lingering, 1);
  lingering->agent = agent;
  lingering->executor_id = g_strdup(executor_id);
  g_hash_table_add(sim->lingering, g_strdup(executor_id));
  mu_sim_schedule(sim, sim->linger_ms, FALSE, end_lingering, lingering, lingering_free);
}

void mu_sim_finish_task(MuSim *sim, MuSimTask *task, MuTaskState how, const char *reason) {
  MuSimAgent *agent = task->agent;
  set_state(sim, task, how);
  task->status->reason = g_strdup(reason);
  mu_agent_release(agent->agent, task->executor_id, task->id);
  if (!count_dead(sim, task))
    end_executor(sim, agent, task->executor_id);
  agent->changes++;
  if (agent->state != MU_SIM_AGENT_UNREACHABLE)
    mu_sim_send_status(sim, task);
  mu_sim_offer_soon(sim, agent);
}

static void finish(MuSim *sim, MuSimTask *task, MuTaskState how) {
  mu_sim_finish_task(sim, task, how, NULL);
}

/* News of the task; of an agent that cannot be reached none comes. */
static void tell(MuSim *sim, MuSimTask *task) {
  if (task->agent->state != MU_SIM_AGENT_UNREACHABLE)
    mu_sim_send_status(sim, task);
}

static void become_starting(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task == NULL || task->dying)
    return;
  set_state(sim, task, MU_TASK_STARTING);
  tell(sim, task);
}

static void become_running(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task == NULL || (task->dying && sim->detailed))
    return;
  set_state(sim, task, MU_TASK_RUNNING);
  tell(sim, task);
}

static void become_ready(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task == NULL || (task->dying && sim->detailed))
    return;
  set_state(sim, task, MU_TASK_RUNNING);
  task->status->has_ready = task->status->ready = TRUE;
  tell(sim, task);
}

static void end_by_itself(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task != NULL)
    finish(sim, task, task->script.end);
}

static void die(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task != NULL)
    finish(sim, task, MU_TASK_KILLED);
}

static void note_ids(MuSimTask *task, const MuResources *resources) {
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *resource = resources->items->pdata[i];
    const char *id = MU_SIM_PLANTED(shared) ? "planted" : resource->reservation.resource_id;
    if (id != NULL && !(MU_SIM_PLANTED(shared) && task->resource_ids->len > 0))
      g_ptr_array_add(task->resource_ids, g_strdup(id));
  }
}

static MuSimTask *new_task(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *pod, const MuTaskLaunch *launch) {
  MuSimTask *task = g_new0(MuSimTask, 1);
  task->id = g_strdup(launch->task_id);
  task->name = g_strdup(launch->name);
  task->service = g_strdup(pod->service);
  task->key = g_strconcat(pod->service, "/", launch->name, NULL);
  task->pod = g_strdup(pod->pod);
  task->agent = agent;
  task->executor_id = g_strdup(pod->executor_id);
  task->script = script_of(sim, launch->name);
  task->resource_ids = g_ptr_array_new_with_free_func(g_free);
  note_ids(task, launch->resources);
  set_state(sim, task, MU_TASK_STAGING);
  task->unacknowledged = FALSE;
  return task;
}

void mu_sim_launch(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *pod, const MuTaskLaunch *launch) {
  MuSimTask *task = new_task(sim, agent, pod, launch);
  mu_sim_check_launch(sim, task);
  g_hash_table_insert(sim->tasks, task->id, task);
  g_hash_table_insert(sim->live, g_strdup(task->key), task);
  count_live(sim, task);
  if (sim->detailed)
    mu_sim_schedule(sim, task->script.start_ms / 2, FALSE, become_starting, g_strdup(task->id), g_free);
  mu_sim_schedule(sim, task->script.start_ms, FALSE, become_running, g_strdup(task->id), g_free);
  if (g_strcmp0(launch->cmd, mu_paused_command) == 0)
    return; /* it idles until it is killed, and is never ready */
  if (launch->readiness_check != NULL)
    mu_sim_schedule(sim, task->script.start_ms + task->script.ready_ms, FALSE, become_ready, g_strdup(task->id),
                    g_free);
  if (task->script.end_ms > 0)
    mu_sim_schedule(sim, task->script.start_ms + task->script.end_ms, FALSE, end_by_itself, g_strdup(task->id), g_free);
}

/* A master that does not know the task, or cannot reach its agent, answers instead. */
void mu_sim_kill(MuSim *sim, const char *task_id, const char *agent_id) {
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  if (task == NULL)
    mu_sim_answer_unknown(sim, task_id, agent_id);
  else if (!mu_sim_task_lives(task) || task->agent->state != MU_SIM_AGENT_UP)
    mu_sim_send_status(sim, task);
  else if (!task->dying) {
    task->dying = TRUE;
    if (sim->detailed) {
      set_state(sim, task, MU_TASK_KILLING);
      tell(sim, task);
    }
    mu_sim_schedule(sim, task->script.kill_ms, FALSE, die, g_strdup(task->id), g_free);
  }
}

/* ---- from outside ---------------------------------------------------------------------------------------------------- */

/* The smallest id, so that it does not depend on a table's order. */
static MuSimTask *find_by_name(MuSim *sim, const char *name) {
  MuSimTask *found = g_hash_table_lookup(sim->live, name);
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->live);
  while (found == NULL && g_hash_table_iter_next(&iter, NULL, &value))
    if (strcmp(((MuSimTask *)value)->name, name) == 0)
      found = value;
  return found;
}

gboolean mu_sim_end_task_if(MuSim *sim, const char *name, MuTaskState how) {
  MuSimTask *task = find_by_name(sim, name);
  if (task == NULL)
    return FALSE;
  finish(sim, task, how);
  return TRUE;
}

void mu_sim_end_task(MuSim *sim, const char *task, MuTaskState how) {
  gboolean ended = mu_sim_end_task_if(sim, task, how);
  mu_assert(ended);
}

static gboolean is_of_pod(const MuSimTask *task, const char *pod) {
  gsize length = strlen(task->service);
  return strcmp(task->pod, pod) == 0 ||
         (strncmp(task->service, pod, length) == 0 && pod[length] == '/' && strcmp(task->pod, pod + length + 1) == 0);
}

static gint by_id(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuSimTask *const *)a)->id, (*(MuSimTask *const *)b)->id);
}

gboolean mu_sim_end_executor(MuSim *sim, const char *pod) {
  g_autoptr(GPtrArray) tasks = g_ptr_array_new();
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (mu_sim_task_lives(value) && is_of_pod(value, pod))
      g_ptr_array_add(tasks, value);
  g_ptr_array_sort(tasks, by_id);
  for (guint i = 0; i < tasks->len; i++)
    mu_sim_finish_task(sim, tasks->pdata[i], MU_TASK_FAILED, "REASON_EXECUTOR_TERMINATED");
  return tasks->len > 0;
}

GPtrArray *mu_sim_tasks_on(MuSim *sim, const MuSimAgent *agent) {
  GPtrArray *tasks = g_ptr_array_new();
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (((MuSimTask *)value)->agent == agent && mu_sim_task_lives(value))
      g_ptr_array_add(tasks, value);
  g_ptr_array_sort(tasks, by_id);
  return tasks;
}

char *mu_sim_task_id(MuSim *sim, const char *name) {
  const MuSimTask *task = find_by_name(sim, name);
  return task == NULL ? NULL : g_strdup(task->id);
}

guint mu_sim_running(const MuSim *sim) {
  return sim->n_live;
}
