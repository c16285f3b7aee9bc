/* Nothing is performed, acknowledged or answered before it is durable. Counted: all operations of an output and of those
 * before it must have been committed when it is performed. And looked up: an acknowledged status is in the store. */
#include "sim_check.h"

#include <string.h>

static void on_start(MuSim *sim) {
  sim->checks->ops_pushed = sim->checks->ops_durable = 0;
  sim->checks->counted = NULL;
  g_hash_table_remove_all(sim->checks->outputs);
}

static void on_drained(MuSim *sim, const MuOutput *output) {
  MuSimChecks *checks = sim->checks;
  checks->ops_pushed += output->batch->ops->len;
  g_hash_table_insert(checks->outputs, (gpointer)output, g_memdup2(&checks->ops_pushed, sizeof checks->ops_pushed));
}

static void on_commit(MuSim *sim, const MuBatch *batch) {
  if (sim->checks->counted == batch)
    return;
  sim->checks->counted = batch;
  sim->checks->ops_durable += batch->ops->len;
}

static void on_perform(MuSim *sim, const MuOutput *output) {
  const guint64 *needed = g_hash_table_lookup(sim->checks->outputs, output);
  if (needed != NULL && sim->checks->ops_durable < *needed)
    mu_sim_check_fail(sim, &mu_sim_check_durable,
                      "%u calls and %u answers are performed before their records are durable", output->calls->len,
                      output->replies->len);
  g_hash_table_remove(sim->checks->outputs, output);
  sim->checks->counted = NULL; /* its batch is let go of: another one may come to lie at its place */
}

/* A status of the run that the store knows must be there, or a later one, or one that ended the run. */
static void on_call(MuSim *sim, const MuEngineCall *call) {
  const MuSimTask *task = call->kind == MU_CALL_ACKNOWLEDGE ? g_hash_table_lookup(sim->tasks, call->task_id) : NULL;
  if (task == NULL || g_strcmp0(task->status->uuid, call->uuid) != 0)
    return;
  const MuTaskRecord *record = mu_sim_record_task(mu_sim_store_find(sim, MU_RECORD_TASK, task->service, task->name));
  if (record == NULL || strcmp(record->task_id, task->id) != 0)
    return;
  const MuTaskStatus *stored =
      mu_sim_record_status(mu_sim_store_find(sim, MU_RECORD_STATUS, task->service, task->name));
  gboolean covers = stored != NULL &&
                    (stored->timestamp_ms >= task->status->timestamp_ms || mu_task_state_is_terminal(stored->state));
  if (!covers)
    mu_sim_check_fail(sim, &mu_sim_check_durable, "%s of %s is acknowledged, and the store has %s",
                      mu_task_state_to_string(task->status->state), task->id,
                      stored == NULL ? "no status" : mu_task_state_to_string(stored->state));
}

const MuSimCheck mu_sim_check_durable = {.name = "durable",
                                         .what = "nothing is performed, acknowledged or answered before it is durable",
                                         .start = on_start,
                                         .drained = on_drained,
                                         .commit = on_commit,
                                         .perform = on_perform,
                                         .call = on_call};
