/* No task instance runs twice at once. What an unreachable agent still runs nobody can know: it does not count. And no run is ended
 * before it is launched: the engine would not know it, say so, and launch it then. */
#include "sim_check.h"

static void on_launch(MuSim *sim, const MuSimTask *fresh) {
  const MuSimTask *other = g_hash_table_lookup(sim->live, fresh->key);
  if (other != NULL && !other->cut_off)
    mu_sim_check_fail(sim, &mu_sim_check_single, "two runs of %s at once: %s and %s", fresh->key, other->id, fresh->id);
}

static void check_group(MuSim *sim, const MuPodLaunch *pod) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTaskLaunch *launch = pod->tasks->pdata[i];
    g_autofree char *key = g_strconcat(pod->service, "/", launch->name, NULL);
    const MuSimTask *other = g_hash_table_lookup(sim->live, key);
    if (other != NULL && !other->cut_off)
      mu_sim_check_fail(sim, &mu_sim_check_single, "%s is to be launched while %s lives", launch->task_id, other->id);
  }
}

/* Whether or not the cluster could do it: it must not be asked for. */
static void on_call(MuSim *sim, const MuEngineCall *call) {
  for (guint i = 0; call->kind == MU_CALL_ACCEPT && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      check_group(sim, operation->launch);
  }
}

static void check_order(MuSim *sim, GHashTable *killed, const MuEngineCall *call) {
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    for (guint j = 0; operation->kind == MU_OP_LAUNCH_GROUP && j < operation->launch->tasks->len; j++) {
      const char *task_id = ((const MuTaskLaunch *)operation->launch->tasks->pdata[j])->task_id;
      if (g_hash_table_contains(killed, task_id))
        mu_sim_check_fail(sim, &mu_sim_check_single, "%s is killed before it is launched", task_id);
    }
  }
}

static void on_drained(MuSim *sim, const MuOutput *output) {
  g_autoptr(GHashTable) killed = NULL;
  for (guint i = 0; i < output->calls->len; i++) {
    const MuEngineCall *call = output->calls->pdata[i];
    if (call->kind == MU_CALL_KILL && killed == NULL)
      killed = g_hash_table_new(g_str_hash, g_str_equal);
    if (call->kind == MU_CALL_KILL)
      g_hash_table_add(killed, call->task_id);
    else if (call->kind == MU_CALL_ACCEPT && killed != NULL)
      check_order(sim, killed, call);
  }
}

const MuSimCheck mu_sim_check_single = {.name = "single",
                                        .what = "no task instance runs twice at once, none is ended before it begins",
                                        .drained = on_drained,
                                        .call = on_call,
                                        .launch = on_launch};
