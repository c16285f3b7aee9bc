/* Virtual executors: each task follows its script; its statuses come until they are acknowledged. */
#include "sim_check.h"

#include "bug.h"
#include "launch.h"

#include <string.h>

/* From TASK_RUNNING to the first result of each check, when the cluster is like Mesos. */
#define FIRST_CHECK_MS 300

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

/* By the task's full name, or by what is behind a dash of it: a task's own name may have dashes. */
static MuSimScript script_of(MuSim *sim, const char *name) {
  const MuSimScript *script = g_hash_table_lookup(sim->scripts, name);
  for (const char *dash = strchr(name, '-'); script == NULL && dash != NULL; dash = strchr(dash + 1, '-'))
    script = g_hash_table_lookup(sim->scripts, dash + 1);
  return script != NULL ? *script : mu_sim_script_default;
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

static const char *end_message(MuTaskState how) {
  switch (how) {
  case MU_TASK_FINISHED: return "Command exited with status 0";
  case MU_TASK_FAILED: return "Command exited with status 1";
  case MU_TASK_KILLED: return "Command terminated with signal Terminated";
  default: return NULL;
  }
}

void mu_sim_finish_task(MuSim *sim, MuSimTask *task, MuTaskState how, const char *reason) {
  MuSimAgent *agent = task->agent;
  mu_sim_set_state(sim, task, how);
  task->status->reason = g_strdup(reason);
  if (sim->detailed && reason == NULL)
    task->status->message = g_strdup(end_message(how));
  mu_agent_release(agent->agent, task->executor_id, task->id);
  if (!count_dead(sim, task))
    end_executor(sim, agent, task->executor_id);
  agent->changes++;
  if (agent->state != MU_SIM_AGENT_UNREACHABLE)
    mu_sim_send_status(sim, task);
  mu_sim_offer_soon(sim, agent);
}

/* The default executor ends all tasks that were launched together when one of them fails or is killed
 * (src/launcher/default_executor.cpp of Mesos). */
static void end_group(MuSim *sim, const MuSimTask *task) {
  g_autoptr(GPtrArray) tasks = mu_sim_tasks_on(sim, task->agent);
  for (guint i = 0; i < tasks->len; i++) {
    const MuSimTask *other = tasks->pdata[i];
    if (other->group == task->group)
      mu_sim_kill(sim, other->id, other->agent->id);
  }
}

static void finish(MuSim *sim, MuSimTask *task, MuTaskState how) {
  mu_sim_finish_task(sim, task, how, NULL);
  if (sim->detailed && (how == MU_TASK_FAILED || how == MU_TASK_KILLED))
    end_group(sim, task);
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
  mu_sim_set_state(sim, task, MU_TASK_STARTING);
  tell(sim, task);
}

static void become_running(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task == NULL || (task->dying && sim->detailed))
    return;
  mu_sim_set_state(sim, task, MU_TASK_RUNNING);
  tell(sim, task);
}

static void tell_check(MuSim *sim, MuSimTask *task, const char *reason) {
  if (sim->detailed)
    task->status->reason = g_strdup(reason);
  tell(sim, task);
}

static void tell_readiness(MuSim *sim, const char *task_id, gboolean ready) {
  MuSimTask *task = live_task(sim, task_id);
  if (task == NULL || (task->dying && sim->detailed))
    return;
  mu_sim_set_state(sim, task, MU_TASK_RUNNING);
  task->status->has_ready = TRUE;
  task->status->ready = ready;
  tell_check(sim, task, "REASON_TASK_CHECK_STATUS_UPDATED");
}

static void become_ready(MuSim *sim, gpointer data) {
  tell_readiness(sim, data, TRUE);
}

static void be_unready(MuSim *sim, gpointer data) {
  tell_readiness(sim, data, FALSE);
}

static void become_healthy(MuSim *sim, gpointer data) {
  MuSimTask *task = live_task(sim, data);
  if (task == NULL || task->dying)
    return;
  mu_sim_set_state(sim, task, MU_TASK_RUNNING);
  task->status->has_healthy = task->status->healthy = TRUE;
  tell_check(sim, task, "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED");
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
  task->group = sim->groups;
  task->script = script_of(sim, launch->name);
  task->resource_ids = g_ptr_array_new_with_free_func(g_free);
  note_ids(task, launch->resources);
  mu_sim_set_state(sim, task, MU_TASK_STAGING);
  task->unacknowledged = FALSE;
  return task;
}

static void schedule_for(MuSim *sim, const MuSimTask *task, gint64 ms, MuSimAction action) {
  mu_sim_schedule(sim, ms, FALSE, action, g_strdup(task->id), g_free);
}

static void schedule_details(MuSim *sim, const MuSimTask *task, const MuTaskLaunch *launch) {
  gint64 first_ms = task->script.start_ms + FIRST_CHECK_MS;
  schedule_for(sim, task, task->script.start_ms / 2, become_starting);
  if (g_strcmp0(launch->cmd, mu_paused_command) == 0)
    return;
  if (launch->readiness_check != NULL && task->script.ready_ms > FIRST_CHECK_MS)
    schedule_for(sim, task, first_ms, be_unready);
  if (launch->health_check != NULL)
    schedule_for(sim, task, first_ms, become_healthy);
}

void mu_sim_launch(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *pod, const MuTaskLaunch *launch) {
  MuSimTask *task = new_task(sim, agent, pod, launch);
  mu_sim_check_launch(sim, task);
  g_hash_table_insert(sim->tasks, task->id, task);
  g_hash_table_insert(sim->live, g_strdup(task->key), task);
  count_live(sim, task);
  if (sim->detailed)
    schedule_details(sim, task, launch);
  schedule_for(sim, task, task->script.start_ms, become_running);
  if (g_strcmp0(launch->cmd, mu_paused_command) == 0)
    return; /* it idles until it is killed, and is never ready */
  if (launch->readiness_check != NULL)
    schedule_for(sim, task, task->script.start_ms + task->script.ready_ms, become_ready);
  if (task->script.end_ms > 0)
    schedule_for(sim, task, task->script.start_ms + task->script.end_ms, end_by_itself);
}

/* A master that does not know the task, or cannot reach its agent, answers instead. */
void mu_sim_kill(MuSim *sim, const char *task_id, const char *agent_id) {
  MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  if (task == NULL)
    mu_sim_answer_unknown(sim, task_id, agent_id);
  else if (sim->detailed && !mu_sim_task_lives(task))
    return; /* the agent knows it, and it is on its way out */
  else if (!mu_sim_task_lives(task) || task->agent->state != MU_SIM_AGENT_UP)
    mu_sim_send_status(sim, task);
  else if (!task->dying) {
    task->dying = TRUE;
    if (sim->detailed) {
      mu_sim_set_state(sim, task, MU_TASK_KILLING);
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
