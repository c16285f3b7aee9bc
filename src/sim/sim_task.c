/* Virtual executors: each task follows its script; its statuses come until they are acknowledged. */
#include "sim_private.h"

#include <string.h>

const MuSimScript mu_sim_script_default = {
    .start_ms = 10, .ready_ms = 20, .end_ms = 0, .end = MU_TASK_FINISHED, .kill_ms = 5};

void mu_sim_task_free(MuSimTask *task)
{
  g_free(task->id);
  g_free(task->name);
  g_free(task->agent_id);
  g_free(task->executor_id);
  g_free(task->service);
  mu_task_status_free(task->status);
  g_free(task);
}

void mu_sim_script(MuSim *sim, const char *task, const MuSimScript *script)
{
  g_hash_table_insert(sim->scripts, g_strdup(task), g_memdup2(script, sizeof *script));
}

/* By the task's full name, or by the last part of it. */
static MuSimScript script_of(MuSim *sim, const char *name)
{
  const MuSimScript *script = g_hash_table_lookup(sim->scripts, name);
  const char *last = strrchr(name, '-');
  if (script == NULL && last != NULL)
    script = g_hash_table_lookup(sim->scripts, last + 1);
  return script != NULL ? *script : mu_sim_script_default;
}

/* ---- statuses -------------------------------------------------------------------------------------------------------- */

static void send(MuSim *sim, const MuTaskStatus *status)
{
  if (!sim->subscribed)
    return;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_copy(status);
  mu_sim_deliver(sim, event);
}

void mu_sim_send_status(MuSim *sim, MuSimTask *task)
{
  send(sim, task->status);
}

void mu_sim_answer_for(MuSim *sim, const char *task_id, MuTaskState state, const char *reason)
{
  g_autoptr(MuTaskStatus) status = mu_task_status_new(task_id, state);
  status->reason = g_strdup(reason);
  status->timestamp_ms = sim->now_ms;
  send(sim, status);
}

static void set_state(MuSim *sim, MuSimTask *task, MuTaskState state)
{
  mu_task_status_free(task->status);
  task->status = mu_task_status_new(task->id, state);
  task->status->agent_id = g_strdup(task->agent_id);
  task->status->uuid = g_strdup(mu_uuid_new(&sim->random).text);
  task->status->timestamp_ms = sim->now_ms;
  task->unacknowledged = TRUE;
}

void mu_sim_resend(MuSim *sim)
{
  GHashTableIter iter;
  gpointer task = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    if (((MuSimTask *)task)->unacknowledged)
      mu_sim_send_status(sim, task);
}

void mu_sim_acknowledge(MuSim *sim, const char *task_id, const char *uuid)
{
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  if (task == NULL || g_strcmp0(task->status->uuid, uuid) != 0)
    return;
  task->unacknowledged = FALSE;
  if (mu_task_state_is_terminal(task->status->state))
    g_hash_table_remove(sim->tasks, task_id);
}

/* ---- the script ------------------------------------------------------------------------------------------------------ */

static MuSimTask *live_task(MuSim *sim, const char *task_id)
{
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  return task == NULL || mu_task_state_is_terminal(task->status->state) ? NULL : task;
}

static gboolean executor_has_live(MuSim *sim, const char *executor_id)
{
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuSimTask *task = value;
    if (strcmp(task->executor_id, executor_id) == 0 && !mu_task_state_is_terminal(task->status->state))
      return TRUE;
  }
  return FALSE;
}

static void finish(MuSim *sim, MuSimTask *task, MuTaskState how)
{
  MuSimAgent *agent = mu_sim_find_agent(sim, task->agent_id);
  set_state(sim, task, how);
  mu_agent_release(agent->agent, task->executor_id, task->id);
  if (!executor_has_live(sim, task->executor_id))
    mu_agent_release(agent->agent, task->executor_id, NULL);
  agent->changes++;
  mu_sim_send_status(sim, task);
  mu_sim_offer_soon(sim);
}

static void become_running(MuSim *sim, gpointer data)
{
  MuSimTask *task = live_task(sim, data);
  if (task == NULL)
    return;
  set_state(sim, task, MU_TASK_RUNNING);
  mu_sim_send_status(sim, task);
}

static void become_ready(MuSim *sim, gpointer data)
{
  MuSimTask *task = live_task(sim, data);
  if (task == NULL)
    return;
  set_state(sim, task, MU_TASK_RUNNING);
  task->status->has_ready = task->status->ready = TRUE;
  mu_sim_send_status(sim, task);
}

static void end_by_itself(MuSim *sim, gpointer data)
{
  MuSimTask *task = live_task(sim, data);
  if (task != NULL)
    finish(sim, task, task->script.end);
}

static void die(MuSim *sim, gpointer data)
{
  MuSimTask *task = live_task(sim, data);
  if (task != NULL)
    finish(sim, task, MU_TASK_KILLED);
}

static void check_single(MuSim *sim, const MuSimTask *fresh)
{
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuSimTask *task = value;
    if (strcmp(task->name, fresh->name) == 0 && strcmp(task->service, fresh->service) == 0 &&
        !mu_task_state_is_terminal(task->status->state))
      mu_sim_violate(sim, g_strdup_printf("two runs of %s at once: %s and %s", task->name, task->id, fresh->id));
  }
}

void mu_sim_launch(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *pod, const MuTaskLaunch *launch)
{
  MuSimTask *task = g_new0(MuSimTask, 1);
  task->id = g_strdup(launch->task_id);
  task->name = g_strdup(launch->name);
  task->service = g_strdup(pod->service);
  task->agent_id = g_strdup(mu_agent_id(agent->agent));
  task->executor_id = g_strdup(pod->executor_id);
  task->script = script_of(sim, launch->name);
  set_state(sim, task, MU_TASK_STAGING);
  task->unacknowledged = FALSE;
  check_single(sim, task);
  g_hash_table_insert(sim->tasks, task->id, task);
  mu_sim_schedule(sim, task->script.start_ms, FALSE, become_running, g_strdup(task->id), g_free);
  if (launch->readiness_check != NULL)
    mu_sim_schedule(sim, task->script.start_ms + task->script.ready_ms, FALSE, become_ready, g_strdup(task->id), g_free);
  if (task->script.end_ms > 0)
    mu_sim_schedule(sim, task->script.start_ms + task->script.end_ms, FALSE, end_by_itself, g_strdup(task->id), g_free);
}

void mu_sim_kill(MuSim *sim, const char *task_id)
{
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  if (task == NULL)
    mu_sim_answer_for(sim, task_id, MU_TASK_UNKNOWN, "REASON_RECONCILIATION");
  else if (mu_task_state_is_terminal(task->status->state))
    mu_sim_send_status(sim, task);
  else if (!task->dying) {
    task->dying = TRUE;
    mu_sim_schedule(sim, task->script.kill_ms, FALSE, die, g_strdup(task->id), g_free);
  }
}

/* ---- from outside ---------------------------------------------------------------------------------------------------- */

static MuSimTask *find_by_name(MuSim *sim, const char *name)
{
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuSimTask *task = value;
    if (strcmp(task->name, name) == 0 && !mu_task_state_is_terminal(task->status->state))
      return task;
  }
  return NULL;
}

void mu_sim_end_task(MuSim *sim, const char *task, MuTaskState how)
{
  finish(sim, find_by_name(sim, task), how);
}

char *mu_sim_task_id(MuSim *sim, const char *name)
{
  const MuSimTask *task = find_by_name(sim, name);
  return task == NULL ? NULL : g_strdup(task->id);
}

guint mu_sim_running(const MuSim *sim)
{
  GHashTableIter iter;
  gpointer value = NULL;
  guint n = 0;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    n += !mu_task_state_is_terminal(((MuSimTask *)value)->status->state);
  return n;
}
