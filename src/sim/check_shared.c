/* No two tasks share a reserved resource. */
#include "sim_check.h"

static const MuSimTask *live_user(MuSim *sim, const char *resource_id) {
  const char *task_id = g_hash_table_lookup(sim->checks->users, resource_id);
  const MuSimTask *task = task_id == NULL ? NULL : g_hash_table_lookup(sim->tasks, task_id);
  return task != NULL && mu_sim_task_lives(task) && !task->cut_off ? task : NULL;
}

static void on_launch(MuSim *sim, const MuSimTask *fresh) {
  for (guint i = 0; i < fresh->resource_ids->len; i++) {
    const char *id = fresh->resource_ids->pdata[i];
    const MuSimTask *other = live_user(sim, id);
    if (other != NULL)
      mu_sim_check_fail(sim, &mu_sim_check_shared, "%s and %s both run on resource %s", other->id, fresh->id, id);
    g_hash_table_insert(sim->checks->users, g_strdup(id), g_strdup(fresh->id));
  }
}

const MuSimCheck mu_sim_check_shared = {
    .name = "shared", .what = "no two tasks share a reserved resource", .launch = on_launch};
