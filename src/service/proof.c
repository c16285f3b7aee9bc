/* What a task's present status proves: that its goal was reached, and that the resources exist that it runs on.
 *
 * Of each launch the records of task and pod are written before it, and the status when it runs. What that status proves is not
 * written with it, in the other two once more: a restart finds the status and proves the same anew. It is written when the status
 * goes, or with whatever else changes in the record. That is two of five rows of a launch. */
#include "service_private.h"

#include "wants.h"

#include <string.h>

/* ---- the goal -------------------------------------------------------------------------------------------------------- */

/* A run that a plan ends to begin anew does not count for that plan, whatever it reaches on its way out. */
static gboolean is_begun_anew(const MuTask *task, gboolean asked_to_end) {
  return task->record->anew_begun && !asked_to_end;
}

static gboolean proves_goal(const MuTask *task) {
  const MuTaskSpec *spec = mu_task_launched_spec(task);
  return spec != NULL && mu_task_goal_met(task, spec);
}

/* What the status of before proved, this one proves: found without a look at the configuration, which is not in the cache when
 * many services have news. */
static gboolean proves_still(const MuTask *task) {
  return task->status->state == MU_TASK_RUNNING && (task->status->ready || !task->proven_ready);
}

/* FALSE: the status says no more of it than the record. */
static gboolean reach_goal(MuTask *task, gboolean anew) {
  MuTaskRecord *record = task->record;
  if ((record->reached && !anew) || !proves_goal(task))
    return FALSE;
  record->reached = TRUE;
  if (anew)
    mu_task_record_set(record, &record->anew, NULL);
  record->anew_begun &= !anew;
  return TRUE;
}

static void set_unwritten(MuTask *task) {
  task->unwritten = TRUE;
  task->proven_ready = task->status->ready;
}

/* ---- the footprint --------------------------------------------------------------------------------------------------- */

static gboolean is_running(const MuTask *task) {
  return task->status != NULL && task->status->state == MU_TASK_RUNNING;
}

/* The resources it runs on exist: its own and those of the pod. What was planned for other tasks of the pod since, in a
 * launch that may never have reached the engine, it does not prove. FALSE: they were proven before. */
static gboolean prove_footprint(const MuTask *task) {
  MuPod *pod = task->pod;
  gboolean proven = FALSE, left = FALSE;
  if (!pod->planned)
    return FALSE;
  const char *set = mu_task_set(task);
  for (guint i = 0; i < pod->record->entries->len; i++) {
    MuLedgerEntry *entry = pod->record->entries->pdata[i];
    gboolean used = strcmp(entry->set, MU_SET_POD) == 0 || strcmp(entry->set, MU_SET_EXECUTOR) == 0 ||
                    g_strcmp0(entry->set, set) == 0;
    if (entry->state != MU_LEDGER_PLANNED)
      continue;
    if (used)
      mu_ledger_entry_move(entry, MU_LEDGER_HELD);
    proven |= used;
    left |= !used;
  }
  pod->planned = left;
  return proven;
}

/* Nothing was planned for the pod since the task was launched, or that runs too: the status proves at a restart what it proves
 * now. */
static gboolean is_latest(const MuTask *task) {
  for (guint i = 0; i < task->pod->tasks->len; i++) {
    const MuTask *other = task->pod->tasks->pdata[i];
    if (other != task && other->record->launched_ms >= task->record->launched_ms && !is_running(other))
      return FALSE;
  }
  return TRUE;
}

/* ---- together -------------------------------------------------------------------------------------------------------- */

static void note_footprint(MuTask *task, MuEffects *effects) {
  MuPod *pod = task->pod;
  gboolean proven = is_running(task) && prove_footprint(task);
  if (proven && is_latest(task))
    pod->unwritten = TRUE;
  else if (proven || (pod->unwritten && !is_running(task)))
    mu_pod_put(pod, effects);
}

void mu_task_note_proof(MuTask *task, gboolean asked_to_end, MuEffects *effects) {
  gboolean ended = mu_task_state_is_terminal(task->status->state), anew = is_begun_anew(task, asked_to_end);
  gboolean reached = reach_goal(task, anew);
  if (ended || (reached && anew) || (task->unwritten && !proves_still(task) && !proves_goal(task)))
    mu_task_put(task, effects);
  else if (reached)
    set_unwritten(task);
  note_footprint(task, effects);
}

void mu_task_keep_proof(MuTask *task, MuEffects *effects) {
  if (task->pod->unwritten)
    mu_pod_put(task->pod, effects);
}

static void prove_loaded(MuTask *task) {
  if (task->status == NULL || mu_task_state_is_terminal(task->status->state)) /* written with its end */
    return;
  if (!task->record->reached && reach_goal(task, FALSE))
    set_unwritten(task);
  if (is_running(task) && is_latest(task) && prove_footprint(task))
    task->pod->unwritten = TRUE;
}

void mu_service_prove_loaded(MuService *service) {
  GHashTableIter iter;
  gpointer task = NULL;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    prove_loaded(task);
}
