/* No action was performed that the store does not know: launches have their task's record, reservations and volumes their
 * ledger's entry, what is given back is on its way out there, and the code of custom steps has the record of the attempt. */
#include "sim_check.h"

#include "client_private.h"
#include "custom_work.h"

#include <string.h>

static void check_launch(MuSim *sim, const MuPodLaunch *launch) {
  for (guint i = 0; i < launch->tasks->len; i++) {
    const MuTaskLaunch *task = launch->tasks->pdata[i];
    const MuTaskRecord *record =
        mu_sim_record_task(mu_sim_store_find(sim, MU_RECORD_TASK, launch->service, task->name));
    if (record == NULL || strcmp(record->task_id, task->task_id) != 0)
      mu_sim_check_fail(sim, &mu_sim_check_recorded, "%s is launched, and the store has %s", task->task_id,
                        record == NULL ? "no record of it" : record->task_id);
  }
}

static void check_taken(MuSim *sim, const MuOperation *operation) {
  for (guint i = 0; i < operation->resources->items->len; i++) {
    const MuResource *resource = operation->resources->items->pdata[i];
    if (!mu_sim_ledger_has(sim, resource->reservation.resource_id))
      mu_sim_check_fail(sim, &mu_sim_check_recorded, "%s of %s, which no ledger in the store has",
                        mu_operation_kind_to_string(operation->kind), resource->reservation.resource_id);
  }
}

static const MuLedgerEntry *entry_of(MuSim *sim, const char *resource_id) {
  const MuSimTouched *of = g_hash_table_lookup(sim->checks->ledger, resource_id);
  const MuPodRecord *pod =
      of == NULL ? NULL : mu_sim_record_pod(mu_sim_store_find(sim, of->kind, of->service, of->key));
  return pod == NULL ? NULL : mu_pod_record_by_id(pod, resource_id);
}

/* A volume is destroyed only when the ledger says that it shall go: what is lost there is somebody's data. */
static void check_destroyed(MuSim *sim, const MuOperation *operation) {
  for (guint i = 0; i < operation->resources->items->len; i++) {
    const MuResource *resource = operation->resources->items->pdata[i];
    const MuLedgerEntry *entry = entry_of(sim, resource->reservation.resource_id);
    if (entry != NULL && entry->state != MU_LEDGER_RELEASING)
      mu_sim_check_fail(sim, &mu_sim_check_recorded, "the volume on %s is destroyed, and its ledger holds it",
                        resource->reservation.resource_id);
  }
}

static void on_call(MuSim *sim, const MuEngineCall *call) {
  for (guint i = 0; call->kind == MU_CALL_ACCEPT && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      check_launch(sim, operation->launch);
    else if (operation->kind == MU_OP_RESERVE || operation->kind == MU_OP_CREATE)
      check_taken(sim, operation);
    else if (operation->kind == MU_OP_DESTROY)
      check_destroyed(sim, operation);
  }
}

/* A call that the step has overtaken is not made. */
static void check_step_call(MuSim *sim, const MuStepCall *call) {
  const MuService *service = g_hash_table_lookup(sim->client->manager->by_name, call->service);
  const MuCustomWork *work = service == NULL ? NULL : mu_service_custom_run(service, call->key, call->run);
  const MuSimRecord *record = mu_sim_store_find(sim, MU_RECORD_STEP, call->service, call->key);
  g_autoptr(MuStepRecord) stored = record == NULL ? NULL : mu_step_record_decode(record->value, record->length, NULL);
  if (work != NULL && (stored == NULL || stored->attempts < work->record->attempts))
    mu_sim_check_fail(sim, &mu_sim_check_recorded, "the code of %s %s is called for the %u. time, and the store has %u",
                      call->service, call->key, work->record->attempts, stored == NULL ? 0 : stored->attempts);
}

static void on_perform(MuSim *sim, const MuOutput *output) {
  for (guint i = 0; i < output->steps->len; i++)
    check_step_call(sim, output->steps->pdata[i]);
}

const MuSimCheck mu_sim_check_recorded = {.name = "recorded",
                                          .what = "no action is performed that the store does not know",
                                          .perform = on_perform,
                                          .call = on_call};
