#include "sim_plant.h"

#include "client_private.h"
#include "stored.h"

#include <string.h>

static const char *const CHECKERS[] = {"none",
#define X(checker, what) #checker,
                                       MU_SIM_PLANT_TABLE(X)
#undef X
};

const char *mu_sim_plant_checker(guint i) {
  return i + 1 < G_N_ELEMENTS(CHECKERS) ? CHECKERS[i + 1] : NULL;
}

gboolean mu_sim_plant_is_caught(const char *plant, const char *violation) {
  const char *end = strstr(plant, "__");
  gsize length = end == NULL ? strlen(plant) : (gsize)(end - plant);
  return strncmp(violation, plant, length) == 0 && violation[length] == ':';
}

#ifdef MU_SIM_SELFTEST
MuSimPlant mu_sim_planted = MU_SIM_PLANT_none;

gboolean mu_sim_plant(const char *checker) {
  for (guint i = 0; i < G_N_ELEMENTS(CHECKERS); i++)
    if (g_strcmp0(CHECKERS[i], checker == NULL ? "none" : checker) == 0) {
      mu_sim_planted = (MuSimPlant)i;
      return TRUE;
    }
  return FALSE;
}
#else
gboolean mu_sim_plant(const char *checker) {
  return checker == NULL;
}
#endif

static MuPod *holding_pod(const MuService *service) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuPod *pod = value;
    if (pod->record != NULL && pod->record->entries->len > 0 &&
        ((MuLedgerEntry *)pod->record->entries->pdata[0])->state == MU_LEDGER_HELD)
      return value;
  }
  return NULL;
}

static void forget_entry(const MuService *service, MuOutput *output) {
  MuPod *pod = holding_pod(service);
  if (pod == NULL)
    return;
  mu_ledger_entry_free(mu_items_steal_index(pod->record->entries, 0));
  MuEffects effects = {.batch = output->batch};
  mu_stored_take(pod->service, MU_RECORD_POD, pod->name, mu_pod_record_encode(pod->record), &pod->record_bytes,
                 &effects);
}

static gboolean is_stored(const MuService *service, const MuOutput *output) {
  for (guint i = 0; i < output->batch->ops->len; i++)
    if (strcmp(g_array_index(output->batch->ops, MuRecordOp, i).service, service->name) == 0)
      return TRUE;
  return FALSE;
}

static void plant_in_service(MuService *service, MuOutput *output) {
  gboolean untouched = !is_stored(service, output);
  if (MU_SIM_PLANTED(ledger))
    forget_entry(service, output);
  if ((MU_SIM_PLANTED(rollup) || MU_SIM_PLANTED(depends)) && service->deploy != NULL)
    service->deploy->status = MU_STATUS_COMPLETE;
  if (MU_SIM_PLANTED(rollup__untouched) && untouched && service->deploy != NULL)
    service->deploy->status = MU_STATUS_PENDING;
  if (MU_SIM_PLANTED(memory__untouched) && untouched)
    service->record->created_ms++;
  if (MU_SIM_PLANTED(memory__stored) && service->stored_bytes > service->record_bytes + service->context_bytes)
    service->stored_bytes++;
  if (MU_SIM_PLANTED(quota))
    memset(&service->held, 0, sizeof service->held);
}

static void forget_calls(GPtrArray *calls, MuEngineCallKind kind) {
  for (guint i = calls->len; i > 0; i--)
    if (((const MuEngineCall *)calls->pdata[i - 1])->kind == kind)
      g_ptr_array_remove_index(calls, i - 1);
}

static const MuTaskLaunch *first_launch(const MuEngineCall *call) {
  for (guint i = 0; call->kind == MU_CALL_ACCEPT && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      return operation->launch->tasks->pdata[0];
  }
  return NULL;
}

static void kill_before_launch(GPtrArray *calls) {
  for (guint i = 0; i < calls->len; i++) {
    const MuTaskLaunch *launch = first_launch(calls->pdata[i]);
    if (launch == NULL)
      continue;
    MuEngineCall *kill = mu_engine_call_new(MU_CALL_KILL);
    kill->task_id = g_strdup(launch->task_id);
    g_ptr_array_insert(calls, (gint)i, kill);
    return;
  }
}

/* It is served only when nobody else waits; what it gives back is taken all the same. */
static void pass_over(MuMultiServiceEventClient *client, MuService *service) {
  if (service->wanting->len == 0)
    return;
  mu_fair_leave(&client->fair, service);
  if (mu_fair_length(&client->fair) == 0 && mu_service_wants_offers(service))
    mu_fair_join(&client->fair, service);
}

void mu_sim_plant_in_memory(MuMultiServiceEventClient *client, MuOutput *output) {
  gboolean planted = MU_SIM_PLANTED(ledger) || MU_SIM_PLANTED(rollup) || MU_SIM_PLANTED(rollup__untouched) ||
                     MU_SIM_PLANTED(memory__untouched) || MU_SIM_PLANTED(memory__stored) || MU_SIM_PLANTED(fair) ||
                     MU_SIM_PLANTED(quota) || MU_SIM_PLANTED(depends) || MU_SIM_PLANTED(depends__removal) ||
                     MU_SIM_PLANTED(roles) || MU_SIM_PLANTED(roles__untold) || MU_SIM_PLANTED(single__order);
  if (!planted)
    return;
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  if (MU_SIM_PLANTED(fair) && names[0] != NULL)
    pass_over(client, mu_manager_find(client->manager, names[0]));
  if (MU_SIM_PLANTED(roles) && client->roles->len > 1)
    g_ptr_array_remove_index(client->roles, client->roles->len - 1);
  if (MU_SIM_PLANTED(roles__untold))
    forget_calls(output->calls, MU_CALL_ROLES);
  if (MU_SIM_PLANTED(single__order))
    kill_before_launch(output->calls);
  if (MU_SIM_PLANTED(depends__removal))
    g_hash_table_remove_all(client->needed_by);
  for (guint i = 0; names[i] != NULL; i++)
    plant_in_service(mu_manager_find(client->manager, names[i]), output);
}
