/* What commits have touched since the last quiet moment: the records, and in memory the pods that they belong to. The
 * checkers of statuses and of memory look at these at every commit, and at everything now and then. */
#include "sim_check.h"

#include "client_private.h"

static void touched_clear(gpointer data) {
  MuSimTouched *touched = data;
  g_free(touched->service);
  g_free(touched->key);
}

void mu_sim_touched_free(MuSimTouched *touched) {
  touched_clear(touched);
  g_free(touched);
}

void mu_sim_touched_init(MuSim *sim) {
  sim->checks->touched = g_array_new(FALSE, FALSE, sizeof(MuSimTouched));
  g_array_set_clear_func(sim->checks->touched, touched_clear);
  sim->checks->touched_pods = g_hash_table_new(NULL, NULL);
}

void mu_sim_touched_clear(MuSim *sim) {
  g_array_unref(sim->checks->touched);
  g_hash_table_unref(sim->checks->touched_pods);
}

void mu_sim_touched_note(MuSim *sim, const MuBatch *batch) {
  for (guint i = 0; i < batch->ops->len; i++) {
    const MuRecordOp *op = &g_array_index(batch->ops, MuRecordOp, i);
    const MuSimTouched touched = {op->kind, g_strdup(op->service), g_strdup(op->key)};
    g_array_append_val(sim->checks->touched, touched);
  }
}

void mu_sim_touched_forget(MuSim *sim) {
  g_array_set_size(sim->checks->touched, 0);
}

static MuPod *pod_of(const MuService *service, const MuSimTouched *touched) {
  const MuTask *task = NULL;
  switch (touched->kind) {
  case MU_RECORD_POD:
  case MU_RECORD_PAUSE: return g_hash_table_lookup(service->pods, touched->key);
  case MU_RECORD_TASK:
  case MU_RECORD_STATUS:
    task = g_hash_table_lookup(service->tasks, touched->key);
    return task == NULL ? NULL : task->pod;
  default: return NULL;
  }
}

void mu_sim_touched_each(MuSim *sim, const MuSimCheck *check) {
  const GArray *touched = sim->checks->touched;
  GHashTable *seen = sim->checks->touched_pods;
  g_hash_table_remove_all(seen);
  for (guint i = 0; i < touched->len; i++) {
    const MuSimTouched *record = &g_array_index(touched, MuSimTouched, i);
    const MuService *service = mu_manager_find(sim->client->manager, record->service);
    MuPod *pod = service == NULL ? NULL : pod_of(service, record);
    if (pod == NULL)
      check->record(sim, service, record);
    else if (g_hash_table_add(seen, pod))
      check->pod(sim, pod);
  }
}
