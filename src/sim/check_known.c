/* Every running task is known to the store, or is being killed before long. */
#include "sim_check.h"

#include <string.h>

/* A stranger may live so long while its agent and the scheduler are there. */
#define PATIENCE_MS 600000

static gboolean is_known(MuSim *sim, const MuSimTask *task) {
  MuSimRecord *record = mu_sim_store_find(sim, MU_RECORD_TASK, task->service, task->name);
  const MuTaskRecord *known = mu_sim_record_task(record);
  return known != NULL && strcmp(known->task_id, task->id) == 0 && !MU_SIM_PLANTED(known);
}

static void add_stranger(MuSim *sim, const char *task_id) {
  if (!g_hash_table_contains(sim->checks->strangers, task_id))
    g_hash_table_insert(sim->checks->strangers, g_strdup(task_id), g_memdup2(&sim->now_ms, sizeof sim->now_ms));
}

/* Records that go or change: the runs that they stood for. */
static void on_commit(MuSim *sim, const MuBatch *batch) {
  for (guint i = 0; i < batch->ops->len; i++) {
    const MuRecordOp *op = &g_array_index(batch->ops, MuRecordOp, i);
    if (op->kind != MU_RECORD_TASK)
      continue;
    g_autofree char *key = g_strconcat(op->service, "/", op->key, NULL);
    const MuSimTask *live = g_hash_table_lookup(sim->live, key);
    if (live != NULL && (op->value == NULL || strstr(op->value, live->id) == NULL))
      add_stranger(sim, live->id);
  }
}

static void on_launch(MuSim *sim, const MuSimTask *fresh) {
  if (!is_known(sim, fresh))
    add_stranger(sim, fresh->id);
}

/* The news of their return may be lost: then the next implicit reconciliation tells of them. */
void mu_sim_check_known_returns(MuSim *sim, const MuSimAgent *agent) {
  g_autoptr(GPtrArray) tasks = mu_sim_tasks_on(sim, agent);
  gint64 since_ms = sim->now_ms + mu_client_settings_default.reconcile_ms;
  for (guint i = 0; i < tasks->len; i++)
    g_hash_table_replace(sim->checks->strangers, g_strdup(((MuSimTask *)tasks->pdata[i])->id),
                         g_memdup2(&since_ms, sizeof since_ms));
}

/* FALSE: no stranger any more. */
static gboolean look_at(MuSim *sim, const char *task_id, gint64 *since_ms) {
  const MuSimTask *task = g_hash_table_lookup(sim->tasks, task_id);
  if (task == NULL || !mu_sim_task_lives(task) || (task->dying && !MU_SIM_PLANTED(known)) || is_known(sim, task))
    return FALSE;
  if (task->agent->state != MU_SIM_AGENT_UP || !sim->subscribed)
    *since_ms = sim->now_ms;
  if (sim->now_ms - *since_ms > PATIENCE_MS)
    mu_sim_check_fail(sim, &mu_sim_check_known, "%s runs, no record knows it, and nobody kills it", task_id);
  return TRUE;
}

static void on_quiet(MuSim *sim) {
  GHashTableIter iter;
  gpointer task_id = NULL, since = NULL;
  g_hash_table_iter_init(&iter, sim->checks->strangers);
  while (g_hash_table_iter_next(&iter, &task_id, &since))
    if (!look_at(sim, task_id, since))
      g_hash_table_iter_remove(&iter);
}

const MuSimCheck mu_sim_check_known = {.name = "known",
                                       .what = "every running task is known to the store or is being killed",
                                       .commit = on_commit,
                                       .launch = on_launch,
                                       .quiet = on_quiet};
