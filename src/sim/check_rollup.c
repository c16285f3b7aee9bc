/* Statuses roll up right: each step's is found again from the records, each phase's and plan's from all of its children. */
#include "sim_check.h"

#include "client_private.h"
#include "service_private.h"

typedef struct {
  MuStatus status;
  gboolean interrupted;
  guint32 draw;
} Child;

static gboolean may_work(const Child *child) {
  return child->status != MU_STATUS_COMPLETE && !child->interrupted;
}

/* By the lowest draw of those that may work. */
static guint find_drawn(const GArray *array) {
  guint best = array->len;
  for (guint i = 0; i < array->len; i++) {
    const Child *child = &g_array_index(array, Child, i);
    if (may_work(child) && (best == array->len || child->draw < g_array_index(array, Child, best).draw))
      best = i;
  }
  return best;
}

/* What the strategy may work on, by its definition and not by counters. */
static gboolean is_candidate(MuStrategyKind strategy, MuCanary canary, const Child *children, guint i, guint first) {
  gboolean serial =
      strategy == MU_STRATEGY_SERIAL || strategy == MU_STRATEGY_SERIAL_CANARY || strategy == MU_STRATEGY_RANDOM;
  gboolean is_canary = strategy == MU_STRATEGY_SERIAL_CANARY || strategy == MU_STRATEGY_PARALLEL_CANARY;
  if (!may_work(&children[i]) || (serial && i != first))
    return FALSE;
  return !is_canary || canary == MU_CANARY_ALL || (canary == MU_CANARY_FIRST && i == 0);
}

static MuStatus roll_up(MuStrategyKind strategy, MuCanary canary, const GArray *array, gboolean errors,
                        gboolean interrupted) {
  const Child *children = (const Child *)(gpointer)array->data;
  MuStatusSet all = 0, candidates = 0;
  guint first = 0;
  if (strategy == MU_STRATEGY_RANDOM)
    first = find_drawn(array);
  while (strategy != MU_STRATEGY_RANDOM && first < array->len && children[first].status == MU_STATUS_COMPLETE)
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
  gboolean of_pod = (step->tasks != 0 || step->part != NULL) && pod != NULL && !pod->dirty;
  if ((!of_pod && step->work == NULL) || step->forced || step->interrupted)
    return;
  MuStatus found = mu_step_find(step, sim->now_ms, &until_ms);
  if (step->status == MU_STATUS_DELAYED && found == MU_STATUS_PENDING)
    return; /* its time has just come */
  expect(sim, service, step->phase->plan, step->name, found, step->status);
}

static void check_phase(MuSim *sim, const MuService *service, const MuPhase *phase) {
  g_autoptr(GArray) children = g_array_sized_new(FALSE, FALSE, sizeof(Child), phase->steps->len);
  for (guint i = 0; i < phase->steps->len; i++) {
    const MuStep *step = phase->steps->pdata[i];
    const Child child = {step->status, step->interrupted || mu_step_unmet(step) != NULL, step->draw};
    g_array_append_val(children, child);
  }
  MuStatus found = roll_up(phase->strategy, phase->canary, children, FALSE, phase->interrupted);
  expect(sim, service, phase->plan, phase->name, found, phase->status);
}

static void check_plan(MuSim *sim, const MuService *service, const MuPlan *plan) {
  g_autoptr(GArray) children = g_array_sized_new(FALSE, FALSE, sizeof(Child), plan->phases->len);
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    const Child child = {phase->status, phase->interrupted || mu_phase_unmet(phase) != NULL, phase->draw};
    g_array_append_val(children, child);
  }
  expect(sim, service, plan, "itself",
         roll_up(plan->strategy, plan->canary, children, plan->errors->len > 0, plan->interrupted), plan->status);
}

/* The steps that work on the pod, and what they are rolled up into. */
static void check_pod(MuSim *sim, const MuPod *pod) {
  const MuPhase *phase = NULL;
  const MuPlan *plan = NULL;
  for (guint i = 0; i < pod->steps->len; i++) {
    const MuStep *step = pod->steps->pdata[i];
    check_step(sim, pod->service, step);
    if (step->phase != phase)
      check_phase(sim, pod->service, step->phase);
    phase = step->phase;
    if (phase->plan != plan)
      check_plan(sim, pod->service, phase->plan);
    plan = phase->plan;
  }
}

static void check_service(MuSim *sim, const MuService *service) {
  for (guint i = 0; i < service->plans->len; i++) {
    const MuPlan *plan = service->plans->pdata[i];
    check_plan(sim, service, plan);
    for (guint j = 0; j < plan->phases->len; j++) {
      const MuPhase *phase = plan->phases->pdata[j];
      check_phase(sim, service, phase);
      for (guint k = 0; k < phase->steps->len; k++)
        check_step(sim, service, phase->steps->pdata[k]);
    }
  }
}

/* An operator's mark may be on any element, and another configuration changes all plans. */
static void check_record(MuSim *sim, const MuService *service, const MuSimTouched *record) {
  if (service != NULL &&
      (record->kind == MU_RECORD_MARK || record->kind == MU_RECORD_STEP || record->kind == MU_RECORD_SERVICE))
    check_service(sim, service);
}

/* What metrics are told of. */
static void check_counts(MuSim *sim, const MuService *service) {
  guint counts[MU_TASK_UNKNOWN + 1] = {0};
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuTask *task = value;
    counts[task->status == NULL ? MU_TASK_STAGING : task->status->state]++;
  }
  for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
    if (counts[i] != service->task_states[i])
      mu_sim_check_fail(sim, &mu_sim_check_rollup, "%s has %u tasks %s, and counts %u", service->name, counts[i],
                        mu_task_state_to_string((MuTaskState)i), service->task_states[i]);
}

static void check_whole(MuSim *sim) {
  GHashTableIter iter;
  gpointer service = NULL;
  g_hash_table_iter_init(&iter, sim->client->manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &service)) {
    check_service(sim, service);
    check_counts(sim, service);
  }
}

const MuSimCheck mu_sim_check_rollup = {.name = "rollup",
                                        .what = "every status is what its records and children make it",
                                        .pod = check_pod,
                                        .record = check_record,
                                        .whole = check_whole};
