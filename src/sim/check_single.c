/* No task instance runs twice at once. What an unreachable agent still runs nobody can know: it does not count. */
#include "sim_check.h"

static void on_launch(MuSim *sim, const MuSimTask *fresh)
{
  const MuSimTask *other = g_hash_table_lookup(sim->live, fresh->key);
  if (other != NULL && !other->cut_off)
    mu_sim_check_fail(sim, &mu_sim_check_single, "two runs of %s at once: %s and %s", fresh->key, other->id, fresh->id);
}

const MuSimCheck mu_sim_check_single = {
    .name = "single", .what = "no task instance runs twice at once", .launch = on_launch};
