/* The discipline's limit is never exceeded: in no drain do more services reserve than may grow. */
#include "sim_check.h"

static void note_services(GHashTable *services, const MuEngineCall *call) {
  for (guint i = 0; call->kind == MU_CALL_ACCEPT && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind != MU_OP_RESERVE)
      continue;
    for (guint j = 0; j < operation->resources->items->len; j++)
      g_hash_table_add(services, ((MuResource *)operation->resources->items->pdata[j])->reservation.namespace_);
  }
}

static void on_drained(MuSim *sim, const MuOutput *output) {
  if (sim->footprint_limit == 0)
    return;
  g_autoptr(GHashTable) services = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < output->calls->len; i++)
    note_services(services, output->calls->pdata[i]);
  if (g_hash_table_size(services) > sim->footprint_limit)
    mu_sim_check_fail(sim, &mu_sim_check_discipline, "%u services grow at once, and %u may",
                      g_hash_table_size(services), sim->footprint_limit);
}

const MuSimCheck mu_sim_check_discipline = {
    .name = "discipline", .what = "the discipline's limit is never exceeded", .drained = on_drained};
