/* Statuses roll up right: each step's is found again from the records, each phase's and plan's from all of its children. */
#include "sim_check.h"

#include "client_private.h"
#include "service_private.h"

typedef struct {
  MuStatus status;
  gboolean interrupted;
} Child;

/* What the strategy may work on, by its definition and not by counters. */
static gboolean is_candidate(MuStrategyKind strategy, MuCanary canary, const Child *children, guint i, guint first) {
  gboolean serial = strategy == MU_STRATEGY_SERIAL || strategy == MU_STRATEGY_SERIAL_CANARY;
  gboolean is_canary = strategy == MU_STRATEGY_SERIAL_CANARY || strategy == MU_STRATEGY_PARALLEL_CANARY;
  if (children[i].status == MU_STATUS_COMPLETE || children[i].interrupted || (serial && i != first))
    return FALSE;
  return !is_canary || canary == MU_CANARY_ALL || (canary == MU_CANARY_FIRST && i == 0);
}

static MuStatus roll_up(MuStrategyKind strategy, MuCanary canary, const GArray *array, gboolean errors,
                        gboolean interrupted) {
  const Child *children = (const Child *)(gpointer)array->data;
  MuStatusSet all = 0, candidates = 0;
  guint first = 0;
  while (first < array->len && children[first].status == MU_STATUS_COMPLETE)
    first++;
  for (guint i = 0; i < array->len; i++) {
    all |= MU_STATUS_BIT(children[i].status);
    if (is_candidate(strategy, canary, children, i, first))
      candidates |= MU_STATUS_BIT(children[i].status);
  }
  return mu_status_roll_up(all, candidates, errors, interrupted);
}

static void expect(MuSim *sim, const MuService *service, const MuPlan *plan, const char *what, MuStatus found,
                   MuStatus shown) {
  if (found != shown)
    mu_sim_check_fail(sim, &mu_sim_check_rollup, "%s/%s %s is shown as %s and should be %s", service->name, plan->name,
                      what, mu_status_to_string(shown), mu_status_to_string(found));
}

static void check_step(MuSim *sim, const MuService *service, const MuStep *step) {
  const MuPod *pod = step->asset;
  gint64 until_ms = 0;
  if (step->tasks == 0 || step->forced || step->interrupted || pod == NULL || pod->dirty)
    return;
  MuStatus found = mu_step_find_status(pod, step->tasks, mu_step_is_recovery(step), sim->now_ms, &until_ms);
  if (step->status == MU_STATUS_DELAYED && found == MU_STATUS_PENDING)
    return; /* its time has just come */
  expect(sim, service, step->phase->plan, step->name, found, step->status);
}

static void check_phase(MuSim *sim, const MuService *service, const MuPhase *phase) {
  g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(Child));
  for (guint i = 0; i < phase->steps->len; i++) {
    const MuStep *step = phase->steps->pdata[i];
    const Child child = {step->status, step->interrupted};
    g_array_append_val(children, child);
    check_step(sim, service, step);
  }
  MuStatus found = roll_up(phase->strategy, phase->canary, children, FALSE, phase->interrupted);
  expect(sim, service, phase->plan, phase->name, found, phase->status);
}

static void check_plan(MuSim *sim, const MuService *service, const MuPlan *plan) {
  g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(Child));
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    const Child child = {phase->status, phase->interrupted};
    g_array_append_val(children, child);
    check_phase(sim, service, phase);
  }
  expect(sim, service, plan, "itself",
         roll_up(plan->strategy, plan->canary, children, plan->errors->len > 0, plan->interrupted), plan->status);
}

static void rarely(MuSim *sim) {
  g_auto(GStrv) names = mu_multi_service_manager_names(sim->client->manager);
  for (guint i = 0; names[i] != NULL; i++) {
    const MuService *service = mu_manager_find(sim->client->manager, names[i]);
    for (guint j = 0; j < service->plans->len; j++)
      check_plan(sim, service, service->plans->pdata[j]);
  }
}

const MuSimCheck mu_sim_check_rollup = {
    .name = "rollup", .what = "every status is what its records and children make it", .rarely = rarely};
