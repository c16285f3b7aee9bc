/* The table of the checkers, and the moments at which they look. */
#include "sim_check.h"

static const MuSimCheck *const CHECKS[] = {
    &mu_sim_check_single,   &mu_sim_check_shared,     &mu_sim_check_known,    &mu_sim_check_durable,
    &mu_sim_check_recorded, &mu_sim_check_ledger,     &mu_sim_check_liveness, &mu_sim_check_rollup,
    &mu_sim_check_memory,   &mu_sim_check_discipline, &mu_sim_check_fair,     &mu_sim_check_quota,
    &mu_sim_check_depends,  &mu_sim_check_roles,
};

#define FOR_EACH(check)                                                                                                \
  for (guint i = 0; i < G_N_ELEMENTS(CHECKS); i++)                                                                     \
    for (const MuSimCheck *check = CHECKS[i]; check != NULL; check = NULL)

void mu_sim_checks_init(MuSim *sim) {
  MuSimChecks *checks = sim->checks = g_new0(MuSimChecks, 1);
  mu_sim_touched_init(sim);
  checks->outputs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
  checks->ledger = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, (GDestroyNotify)mu_sim_touched_free);
  checks->given_up = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, NULL);
  checks->strangers = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, g_free);
  checks->offered = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, (GDestroyNotify)mu_offer_free);
  checks->waits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  checks->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  checks->stays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  checks->users = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, g_free);
}

void mu_sim_checks_clear(MuSim *sim) {
  MuSimChecks *checks = sim->checks;
  mu_sim_touched_clear(sim);
  g_hash_table_unref(checks->outputs);
  g_hash_table_unref(checks->ledger);
  g_hash_table_unref(checks->given_up);
  g_hash_table_unref(checks->strangers);
  g_hash_table_unref(checks->offered);
  g_hash_table_unref(checks->waits);
  g_hash_table_unref(checks->held);
  g_hash_table_unref(checks->stays);
  g_hash_table_unref(checks->users);
  g_free(checks);
}

void mu_sim_check_every(MuSim *sim, guint n) {
  sim->checks->every = n;
}

void mu_sim_check_fail(MuSim *sim, const MuSimCheck *check, const char *format, ...) {
  if (sim->violation != NULL)
    return;
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  mu_sim_trace(sim, "violation", "%s: %s", check->name, text);
  mu_sim_violate(sim, g_strdup_printf("%s: %s", check->name, text));
}

/* ---- moments ---------------------------------------------------------------------------------------------------------- */

void mu_sim_check_start(MuSim *sim) {
  FOR_EACH(check)
  if (check->start != NULL)
    check->start(sim);
}

void mu_sim_check_offer(MuSim *sim, const MuOffer *offer) {
  FOR_EACH(check)
  if (check->offer != NULL)
    check->offer(sim, offer);
}

void mu_sim_check_command(MuSim *sim, const MuCommand *command) {
  FOR_EACH(check)
  if (check->command != NULL)
    check->command(sim, command);
}

void mu_sim_check_drained(MuSim *sim, const MuOutput *output) {
  FOR_EACH(check)
  if (check->drained != NULL)
    check->drained(sim, output);
}

void mu_sim_check_commit(MuSim *sim, const MuBatch *batch) {
  mu_sim_trace(sim, "commit", "%u: %u records", sim->commits + 1, batch->ops->len);
  sim->checks->committed = TRUE;
  mu_sim_touched_note(sim, batch);
  FOR_EACH(check)
  if (check->commit != NULL)
    check->commit(sim, batch);
}

void mu_sim_check_perform(MuSim *sim, const MuOutput *output) {
  FOR_EACH(check)
  if (check->perform != NULL)
    check->perform(sim, output);
}

void mu_sim_check_call(MuSim *sim, const MuEngineCall *call) {
  mu_sim_trace_call(sim, call);
  FOR_EACH(check)
  if (check->call != NULL)
    check->call(sim, call);
}

void mu_sim_check_launch(MuSim *sim, const MuSimTask *fresh) {
  if (sim->client == NULL)
    return; /* a cluster alone: what its scheduler's store knows is not known here */
  FOR_EACH(check)
  if (check->launch != NULL)
    check->launch(sim, fresh);
}

void mu_sim_check_whole(MuSim *sim) {
  sim->checks->since = 0;
  FOR_EACH(check)
  if (check->whole != NULL)
    check->whole(sim);
}

void mu_sim_check_everything(MuSim *sim) {
  if (sim->client != NULL && !sim->drain_scheduled && mu_pipeline_is_idle(sim->pipeline))
    mu_sim_check_whole(sim);
}

void mu_sim_check_quiet(MuSim *sim) {
  MuSimChecks *checks = sim->checks;
  if (!checks->committed)
    return;
  checks->committed = FALSE;
  FOR_EACH(check)
  if (check->quiet != NULL)
    check->quiet(sim);
  FOR_EACH(check)
  if (check->pod != NULL)
    mu_sim_touched_each(sim, check);
  mu_sim_touched_forget(sim);
  if (checks->every != 0 && ++checks->since >= checks->every)
    mu_sim_check_whole(sim);
}

void mu_sim_check_nothing_left(MuSim *sim) {
  mu_sim_check_ledger_is_empty(sim);
}
