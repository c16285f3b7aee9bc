/* No task instance runs twice at once. What an unreachable agent still runs nobody can know: it does not count. */
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

const MuSimCheck mu_sim_check_single = {
    .name = "single", .what = "no task instance runs twice at once", .call = on_call, .launch = on_launch};
