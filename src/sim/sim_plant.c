#include "sim_plant.h"

#include "client_private.h"

static const char *const CHECKERS[] = {"none",
#define X(checker, what) #checker,
                                       MU_SIM_PLANT_TABLE(X)
#undef X
};

const char *mu_sim_plant_checker(guint i) {
  return i + 1 < G_N_ELEMENTS(CHECKERS) ? CHECKERS[i + 1] : NULL;
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
  g_ptr_array_remove_index(pod->record->entries, 0);
  mu_batch_take(output->batch, MU_RECORD_POD, service->name, pod->name, mu_pod_record_encode(pod->record));
}

static void plant_in_service(MuService *service, MuOutput *output) {
  if (MU_SIM_PLANTED(ledger))
    forget_entry(service, output);
  if (MU_SIM_PLANTED(rollup) && service->deploy != NULL)
    service->deploy->status = MU_STATUS_COMPLETE;
}

void mu_sim_plant_in_memory(MuMultiServiceEventClient *client, MuOutput *output) {
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  for (guint i = 0; names[i] != NULL; i++)
    plant_in_service(mu_manager_find(client->manager, names[i]), output);
}
