/* Plans: the tree, what each strategy lets work, and that the roll-up kept along the way is the one from scratch. */
#include "plan.h"

#include <string.h>

/* A plan with phases of so many steps each: phase "p0" has the steps "p0-0", "p0-1", … */
static MuPlan *make_seeded_plan(MuStrategyKind of_plan, MuStrategyKind of_phases, guint n_phases, guint n_steps,
                                const char *seed) {
  MuPlan *plan = mu_plan_new("deploy", of_plan, seed);
  for (guint i = 0; i < n_phases; i++) {
    g_autofree char *name = g_strdup_printf("p%u", i);
    MuPhase *phase = mu_plan_add_phase(plan, name, of_phases);
    for (guint j = 0; j < n_steps; j++) {
      g_autofree char *step = g_strdup_printf("p%u-%u", i, j);
      mu_phase_add_step(phase, step, NULL, 1);
    }
  }
  return plan;
}

static MuPlan *make_plan(MuStrategyKind of_plan, MuStrategyKind of_phases, guint n_phases, guint n_steps) {
  return make_seeded_plan(of_plan, of_phases, n_phases, n_steps, "seed");
}

static MuPhase *phase_at(const MuPlan *plan, guint i) {
  return plan->phases->pdata[i];
}

static MuStep *step_at(const MuPlan *plan, guint phase, guint i) {
  return phase_at(plan, phase)->steps->pdata[i];
}

static gboolean note_name(MuStep *step, gpointer user) {
  GString *names = user;
  g_string_append_printf(names, "%s%s", names->len == 0 ? "" : " ", step->name);
  return TRUE;
}

/* The candidates' names in the order of the walk. */
#define assert_candidates(plan, expected)                                                                              \
  G_STMT_START {                                                                                                       \
    g_autoptr(GString) found = g_string_new(NULL);                                                                     \
    mu_plan_candidates((plan), note_name, found);                                                                      \
    g_assert_cmpstr(found->str, ==, (expected));                                                                       \
  }                                                                                                                    \
  G_STMT_END

#define assert_status(element, word) g_assert_cmpstr(mu_status_to_string((element)->status), ==, (word))

/* ---- the tree ------------------------------------------------------------------------------------------------------- */

static void test_building(void) {
  int asset = 0;
  g_autoptr(MuPlan) plan = mu_plan_new("deploy", MU_STRATEGY_SERIAL, "seed");
  assert_status(plan, "COMPLETE");
  MuPhase *phase = mu_plan_add_phase(plan, "hello", MU_STRATEGY_PARALLEL);
  assert_status(phase, "COMPLETE"); /* nothing to do in it */
  assert_status(plan, "COMPLETE");
  MuStep *step = mu_phase_add_step(phase, "hello-0:[server]", &asset, 5);
  assert_status(step, "PENDING");
  assert_status(phase, "PENDING");
  assert_status(plan, "PENDING");
  g_assert_true(step->asset == &asset && step->phase == phase && phase->plan == plan);
  g_assert_cmpuint(step->tasks, ==, 5);
  g_assert_cmpuint(plan->n_steps, ==, 1);
  g_assert_false(mu_plan_is_complete(plan));
  mu_step_set_status(step, MU_STATUS_COMPLETE);
  g_assert_true(mu_plan_is_complete(plan));
  g_assert_cmpuint(plan->n_complete, ==, 1);
  mu_phase_add_step(phase, "hello-1:[server]", NULL, 1);
  assert_status(plan, "IN_PROGRESS");
}

static void test_finding(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 2, 2);
  MuPhase *phase = phase_at(plan, 1);
  g_assert_true(mu_plan_find_phase(plan, "p1") == phase);
  g_assert_true(mu_plan_find_phase(plan, mu_phase_id(phase).text) == phase);
  g_assert_null(mu_plan_find_phase(plan, "p2"));
  g_assert_true(mu_phase_find_step(phase, "p1-1") == step_at(plan, 1, 1));
  g_assert_true(mu_phase_find_step(phase, mu_step_id(step_at(plan, 1, 0)).text) == step_at(plan, 1, 0));
  g_assert_null(mu_phase_find_step(phase, "p0-0"));
}

/* Ids are a function of the names and places: the same in every run, and no two alike. */
static void test_ids(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 2, 2);
  g_autoptr(MuPlan) again = make_plan(MU_STRATEGY_PARALLEL, MU_STRATEGY_PARALLEL, 2, 2);
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpstr(mu_phase_id(phase_at(plan, i)).text, ==, mu_phase_id(phase_at(again, i)).text);
    g_assert_true(g_hash_table_add(seen, g_strdup(mu_phase_id(phase_at(plan, i)).text)));
    for (guint j = 0; j < 2; j++) {
      g_assert_cmpstr(mu_step_id(step_at(plan, i, j)).text, ==, mu_step_id(step_at(again, i, j)).text);
      g_assert_true(g_hash_table_add(seen, g_strdup(mu_step_id(step_at(plan, i, j)).text)));
    }
  }
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  g_assert_cmpstr(mu_step_id(step_at(plan, 0, 0)).text, ==, mu_step_id(step_at(again, 0, 0)).text);
  g_assert_cmpstr(mu_step_id(step_at(plan, 0, 0)).text, ==, "64e41ba7-dae3-53b5-b93f-7fe43f24615e");
}

/* ---- strategies ----------------------------------------------------------------------------------------------------- */

static void test_serial(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 2, 2);
  assert_candidates(plan, "p0-0");
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_STARTED);
  assert_candidates(plan, "p0-0");
  assert_status(plan, "STARTED");
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  assert_candidates(plan, "p0-1");
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_COMPLETE);
  assert_candidates(plan, "p1-0");
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_PENDING); /* back again */
  assert_candidates(plan, "p0-0");
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  mu_step_set_status(step_at(plan, 1, 1), MU_STATUS_COMPLETE); /* out of order */
  assert_candidates(plan, "p1-0");
  mu_step_set_status(step_at(plan, 1, 0), MU_STATUS_COMPLETE);
  assert_candidates(plan, "");
  assert_status(plan, "COMPLETE");
}

static void test_parallel(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_PARALLEL, MU_STRATEGY_PARALLEL, 2, 2);
  assert_candidates(plan, "p0-0 p0-1 p1-0 p1-1");
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_COMPLETE);
  assert_candidates(plan, "p0-0 p1-0 p1-1");
  assert_status(phase_at(plan, 0), "IN_PROGRESS");
  assert_status(plan, "IN_PROGRESS");
}

static void test_serial_of_parallel(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_PARALLEL, 2, 2);
  assert_candidates(plan, "p0-0 p0-1");
}

/* Held, then the first, then as the strategy goes. */
static void test_canary_phase(gconstpointer data) {
  MuStrategyKind kind = (MuStrategyKind)GPOINTER_TO_INT(data);
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, kind, 1, 3);
  MuPhase *phase = phase_at(plan, 0);
  assert_candidates(plan, "");
  assert_status(plan, "WAITING");
  mu_phase_advance_canary(phase);
  assert_candidates(plan, "p0-0");
  assert_status(plan, "PENDING");
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  assert_candidates(plan, "");
  assert_status(plan, "WAITING");
  mu_phase_advance_canary(phase);
  assert_candidates(plan, kind == MU_STRATEGY_SERIAL_CANARY ? "p0-1" : "p0-1 p0-2");
  assert_status(plan, "IN_PROGRESS");
  mu_phase_advance_canary(phase); /* no further stage */
  g_assert_cmpint(phase->canary, ==, MU_CANARY_ALL);
}

static void test_canary_plan(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_PARALLEL_CANARY, MU_STRATEGY_PARALLEL, 3, 1);
  assert_candidates(plan, "");
  mu_plan_advance_canary(plan);
  assert_candidates(plan, "p0-0");
  mu_plan_advance_canary(plan);
  assert_candidates(plan, "p0-0 p1-0 p2-0");
}

static void test_no_canary(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_PARALLEL, 1, 2);
  mu_plan_advance_canary(plan);
  mu_phase_advance_canary(phase_at(plan, 0));
  g_assert_cmpint(plan->canary, ==, MU_CANARY_HELD);
  assert_candidates(plan, "p0-0 p0-1");
}

static gboolean complete_it(MuStep *step, gpointer user) {
  *(MuStep **)user = step;
  return TRUE;
}

/* The steps in the order in which the plan works on them; each time there is one of them, and no more. */
static char *order_of(const MuPlan *plan) {
  g_autoptr(GString) order = g_string_new(NULL);
  while (!mu_plan_is_complete(plan)) {
    MuStep *step = NULL;
    guint before = (guint)order->len;
    mu_plan_candidates(plan, note_name, order);
    g_assert_null(strchr(order->str + before + (before > 0), ' '));
    mu_plan_candidates(plan, complete_it, &step);
    mu_step_set_status(step, MU_STATUS_COMPLETE);
  }
  return g_strdup(order->str);
}

/* One at a time; the same order whenever it is built, another with another seed. */
static void test_random(void) {
  g_autoptr(GHashTable) orders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 20; i++) {
    g_autofree char *seed = g_strdup_printf("configuration-%u", i);
    g_autoptr(MuPlan) plan = make_seeded_plan(MU_STRATEGY_RANDOM, MU_STRATEGY_RANDOM, 3, 4, seed);
    g_autoptr(MuPlan) again = make_seeded_plan(MU_STRATEGY_RANDOM, MU_STRATEGY_RANDOM, 3, 4, seed);
    g_autofree char *order = order_of(plan), *same = order_of(again);
    g_assert_cmpstr(order, ==, same);
    g_assert_cmpuint(strlen(order), ==, 3 * 4 * strlen("p0-0 ") - 1);
    g_hash_table_add(orders, g_steal_pointer(&order));
  }
  g_assert_cmpuint(g_hash_table_size(orders), ==, 20);
}

/* An interrupted one is passed over, and has its turn when it is let go on. */
static void test_random_passes_over(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_RANDOM, 1, 2);
  MuStep *first = step_at(plan, 0, mu_phase_turn(phase_at(plan, 0))->index);
  MuStep *other = step_at(plan, 0, 1 - first->index);
  mu_step_set_interrupted(first, TRUE);
  assert_candidates(plan, other->name);
  assert_status(plan, "PENDING");
  mu_step_set_interrupted(other, TRUE);
  assert_candidates(plan, "");
  assert_status(plan, "WAITING");
  mu_step_set_interrupted(first, FALSE);
  assert_candidates(plan, first->name);
  mu_step_set_forced(first, TRUE);
  assert_candidates(plan, "");
  mu_step_set_forced(first, FALSE);
  assert_candidates(plan, first->name);
}

/* A phase that requires others is no candidate until they are complete, nor when one of them is no longer. */
static void test_required(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_PARALLEL, MU_STRATEGY_PARALLEL, 3, 1);
  mu_phase_require(phase_at(plan, 0), phase_at(plan, 1));
  mu_phase_require(phase_at(plan, 0), phase_at(plan, 2));
  assert_candidates(plan, "p1-0 p2-0");
  mu_step_set_status(step_at(plan, 1, 0), MU_STATUS_COMPLETE);
  assert_candidates(plan, "p2-0");
  g_assert_true(mu_phase_unmet(phase_at(plan, 0)) == phase_at(plan, 2));
  mu_phase_set_interrupted(phase_at(plan, 2), TRUE);
  assert_candidates(plan, "");
  assert_status(plan, "WAITING");
  mu_phase_set_interrupted(phase_at(plan, 0), TRUE);
  mu_step_set_status(step_at(plan, 2, 0), MU_STATUS_COMPLETE);
  g_assert_null(mu_phase_unmet(phase_at(plan, 0)));
  assert_candidates(plan, "");
  mu_phase_set_interrupted(phase_at(plan, 0), FALSE);
  assert_candidates(plan, "p0-0");
  mu_step_set_status(step_at(plan, 1, 0), MU_STATUS_PENDING); /* back again */
  assert_candidates(plan, "p1-0");
  mu_step_set_status(step_at(plan, 1, 0), MU_STATUS_COMPLETE);
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  assert_status(plan, "COMPLETE");
}

/* What was required of phases, of the steps in one. */
static void test_required_steps(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_PARALLEL, 2, 3);
  g_assert_cmpstr(mu_phase_strategy(phase_at(plan, 0)), ==, "parallel");
  mu_step_require(step_at(plan, 0, 0), step_at(plan, 0, 1));
  mu_step_require(step_at(plan, 0, 0), step_at(plan, 0, 2));
  mu_step_require(step_at(plan, 0, 1), step_at(plan, 0, 2));
  g_assert_cmpstr(mu_phase_strategy(phase_at(plan, 0)), ==, "dependency");
  g_assert_cmpstr(mu_phase_strategy(phase_at(plan, 1)), ==, "parallel");
  g_assert_cmpstr(mu_plan_strategy(plan), ==, "serial");
  assert_candidates(plan, "p0-2");
  g_assert_true(mu_step_unmet(step_at(plan, 0, 0)) == step_at(plan, 0, 1));
  mu_step_set_interrupted(step_at(plan, 0, 2), TRUE);
  assert_candidates(plan, "");
  assert_status(plan, "WAITING");
  mu_step_set_forced(step_at(plan, 0, 2), TRUE);
  assert_candidates(plan, "p0-1");
  mu_step_set_interrupted(step_at(plan, 0, 0), TRUE);
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_COMPLETE);
  g_assert_null(mu_step_unmet(step_at(plan, 0, 0)));
  assert_candidates(plan, "");
  mu_step_set_interrupted(step_at(plan, 0, 0), FALSE);
  assert_candidates(plan, "p0-0");
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_PENDING); /* back again */
  assert_candidates(plan, "p0-1");
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_COMPLETE);
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  assert_candidates(plan, "p1-0 p1-1 p1-2");
}

static gboolean stop_at_once(MuStep *step, gpointer user) {
  (void)step;
  (*(guint *)user)++;
  return FALSE;
}

static void test_walk_ends(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_PARALLEL, MU_STRATEGY_PARALLEL, 2, 2);
  guint calls = 0;
  mu_plan_candidates(plan, stop_at_once, &calls);
  g_assert_cmpuint(calls, ==, 1);
}

/* ---- interrupt, force ----------------------------------------------------------------------------------------------- */

static void test_interrupted_step(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_PARALLEL, 1, 2);
  MuStep *step = step_at(plan, 0, 0);
  mu_step_set_interrupted(step, TRUE);
  assert_status(step, "WAITING");
  assert_candidates(plan, "p0-1");
  assert_status(plan, "PENDING"); /* the other one goes on: what is held is no candidate */
  mu_step_set_status(step, MU_STATUS_DELAYED);
  assert_status(step, "WAITING");
  mu_step_set_status(step, MU_STATUS_STARTED); /* what runs is shown as it is */
  assert_status(step, "STARTED");
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_COMPLETE);
  assert_candidates(plan, "");
  assert_status(plan, "WAITING");
  mu_step_set_status(step, MU_STATUS_PENDING);
  mu_step_set_interrupted(step, FALSE);
  assert_status(step, "PENDING");
  assert_candidates(plan, "p0-0");
}

static void test_interrupted_phase(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_PARALLEL, MU_STRATEGY_PARALLEL, 2, 1);
  mu_phase_set_interrupted(phase_at(plan, 0), TRUE);
  assert_status(phase_at(plan, 0), "WAITING");
  assert_status(plan, "PENDING");
  assert_candidates(plan, "p1-0");
  mu_phase_set_interrupted(phase_at(plan, 1), TRUE);
  assert_status(plan, "WAITING");
  assert_candidates(plan, "");
  mu_phase_set_interrupted(phase_at(plan, 0), FALSE);
  assert_candidates(plan, "p0-0");
}

static void test_interrupted_plan(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 1, 1);
  mu_plan_set_interrupted(plan, TRUE);
  assert_status(plan, "WAITING");
  assert_candidates(plan, "");
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  assert_status(plan, "COMPLETE");
}

static void test_forced(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 1, 2);
  MuStep *step = step_at(plan, 0, 0);
  mu_step_set_forced(step, TRUE);
  assert_status(step, "COMPLETE");
  assert_candidates(plan, "p0-1");
  mu_step_set_status(step, MU_STATUS_STARTING); /* whatever it is found to be */
  assert_status(step, "COMPLETE");
  mu_step_set_forced(step, FALSE);
  assert_status(step, "PENDING");
  assert_candidates(plan, "p0-0");
}

static void test_errors(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 1, 1);
  mu_plan_add_error(plan, "no way");
  assert_status(plan, "ERROR");
  assert_candidates(plan, "");
  g_assert_cmpstr(plan->errors->pdata[0], ==, "no way");
}

static void test_phase_removal(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 3, 2);
  mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_COMPLETE);
  mu_step_set_status(step_at(plan, 0, 1), MU_STATUS_COMPLETE);
  mu_step_set_status(step_at(plan, 1, 0), MU_STATUS_STARTED);
  mu_plan_remove_phase(plan, phase_at(plan, 0));
  g_assert_cmpuint(plan->n_steps, ==, 4);
  g_assert_cmpuint(plan->n_complete, ==, 0);
  g_assert_cmpuint(phase_at(plan, 0)->index, ==, 0);
  g_assert_cmpuint(phase_at(plan, 1)->index, ==, 1);
  assert_candidates(plan, "p1-0");
  assert_status(plan, "STARTED");
  mu_plan_remove_phase(plan, phase_at(plan, 0));
  mu_plan_remove_phase(plan, phase_at(plan, 0));
  assert_status(plan, "COMPLETE");
  g_assert_cmpuint(plan->n_steps, ==, 0);
}

static void note_change(MuPlan *plan, MuStep *step, MuStatus before, gpointer user) {
  g_string_append_printf(user, "%s %s: %s to %s;", plan->name, step->name, mu_status_to_string(before),
                         mu_status_to_string(step->status));
}

static void test_observer(void) {
  g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 1, 1);
  g_autoptr(GString) log = g_string_new(NULL);
  plan->observer = note_change;
  plan->observer_user = log;
  MuStep *step = step_at(plan, 0, 0);
  mu_step_set_status(step, MU_STATUS_STARTING);
  mu_step_set_status(step, MU_STATUS_STARTING); /* no change, no word */
  mu_step_set_status(step, MU_STATUS_COMPLETE);
  g_assert_cmpstr(log->str, ==, "deploy p0-0: PENDING to STARTING;deploy p0-0: STARTING to COMPLETE;");
}

/* ---- the roll-up kept along the way is the one from scratch ---------------------------------------------------------- */

/* One child as its parent's strategy sees it. */
typedef struct {
  MuStatus status;
  gboolean interrupted;
  guint32 draw;
} Child;

static gboolean is_left(const Child *child) {
  return child->status != MU_STATUS_COMPLETE && !child->interrupted;
}

/* Nobody else that may work drew lower. */
static gboolean is_drawn(const Child *children, guint n, guint i) {
  for (guint j = 0; j < n; j++)
    if (is_left(&children[j]) &&
        (children[j].draw < children[i].draw || (children[j].draw == children[i].draw && j < i)))
      return FALSE;
  return TRUE;
}

static gboolean may_work(MuStrategyKind strategy, MuCanary canary, const Child *children, guint n, guint i) {
  gboolean is_canary = strategy == MU_STRATEGY_SERIAL_CANARY || strategy == MU_STRATEGY_PARALLEL_CANARY;
  gboolean is_serial = strategy == MU_STRATEGY_SERIAL || strategy == MU_STRATEGY_SERIAL_CANARY;
  if (!is_left(&children[i]) || (strategy == MU_STRATEGY_RANDOM && !is_drawn(children, n, i)))
    return FALSE;
  if (is_canary && (canary == MU_CANARY_HELD || (canary == MU_CANARY_FIRST && i > 0)))
    return FALSE;
  for (guint j = 0; is_serial && j < i; j++)
    if (children[j].status != MU_STATUS_COMPLETE)
      return FALSE;
  return TRUE;
}

static MuStatus from_scratch(MuStrategyKind strategy, MuCanary canary, const Child *children, guint n, gboolean errors,
                             gboolean interrupted) {
  MuStatusSet all = 0, candidates = 0;
  for (guint i = 0; i < n; i++) {
    all |= MU_STATUS_BIT(children[i].status);
    if (may_work(strategy, canary, children, n, i))
      candidates |= MU_STATUS_BIT(children[i].status);
  }
  return mu_status_roll_up(all, candidates, errors, interrupted);
}

#define MANY 16

static void add_names(const MuPlan *plan, const MuPhase *phase, const Child *phases, const Child *steps,
                      GString *names) {
  if (plan->interrupted || plan->errors->len > 0 ||
      !may_work(plan->strategy, plan->canary, phases, plan->phases->len, phase->index))
    return;
  for (guint j = 0; j < phase->steps->len; j++)
    if (may_work(phase->strategy, phase->canary, steps, phase->steps->len, j))
      note_name(phase->steps->pdata[j], names);
}

static Child child_of_phase(const MuPhase *phase, Child *ret_steps, guint *n_complete) {
  for (guint j = 0; j < phase->steps->len; j++) {
    const MuStep *step = phase->steps->pdata[j];
    g_assert_cmpuint(step->index, ==, j);
    ret_steps[j] = (Child){step->status, step->interrupted || mu_step_unmet(step) != NULL, step->draw};
    *n_complete += step->status == MU_STATUS_COMPLETE;
  }
  return (Child){from_scratch(phase->strategy, phase->canary, ret_steps, phase->steps->len, FALSE, phase->interrupted),
                 phase->interrupted || mu_phase_unmet(phase) != NULL, phase->draw};
}

static void check_plan(const MuPlan *plan) {
  Child phases[MANY], steps[MANY][MANY];
  guint n_steps = 0, n_complete = 0;
  g_autoptr(GString) names = g_string_new(NULL);
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = phase_at(plan, i);
    g_assert_cmpuint(phase->index, ==, i);
    phases[i] = child_of_phase(phase, steps[i], &n_complete);
    n_steps += phase->steps->len;
    assert_status(phase, mu_status_to_string(phases[i].status));
  }
  MuStatus whole =
      from_scratch(plan->strategy, plan->canary, phases, plan->phases->len, plan->errors->len > 0, plan->interrupted);
  assert_status(plan, mu_status_to_string(whole));
  g_assert_cmpuint(plan->n_steps, ==, n_steps);
  g_assert_cmpuint(plan->n_complete, ==, n_complete);
  for (guint i = 0; i < plan->phases->len; i++)
    add_names(plan, phase_at(plan, i), phases, steps[i], names);
  assert_candidates(plan, names->str);
}

static MuStrategyKind any_strategy(MuRandom *random) {
  return (MuStrategyKind)mu_random_below(random, MU_STRATEGY_RANDOM + 1);
}

static void grow(MuPlan *plan, MuPhase *phase, MuRandom *random) {
  static const char *const NAMES[] = {"a", "b", "c"};
  const char *name = NAMES[mu_random_below(random, G_N_ELEMENTS(NAMES))];
  if (mu_random_below(random, 3) == 0 && plan->phases->len < MANY) {
    MuPhase *added = mu_plan_add_phase(plan, name, any_strategy(random));
    if (added->index > 0 && mu_random_below(random, 2) == 0)
      mu_phase_require(added, phase_at(plan, (guint)mu_random_below(random, added->index)));
  } else if (phase != NULL && phase->steps->len < MANY) {
    MuStep *added = mu_phase_add_step(phase, name, NULL, 1);
    if (added->index > 0 && mu_random_below(random, 2) == 0)
      mu_step_require(added, phase->steps->pdata[mu_random_below(random, added->index)]);
  }
}

static void change_step(MuStep *step, MuRandom *random) {
  switch (mu_random_below(random, 8)) {
  case 0: mu_step_set_interrupted(step, mu_random_below(random, 2) == 0); break;
  case 1: mu_step_set_forced(step, mu_random_below(random, 2) == 0); break;
  default: /* any but IN_PROGRESS, which no step can be; mostly forward */
    mu_step_set_status(step, mu_random_below(random, 3) == 0
                                 ? MU_STATUS_COMPLETE
                                 : (MuStatus)mu_random_below(random, MU_STATUS_IN_PROGRESS));
  }
}

static void change_plan(MuPlan *plan, MuRandom *random) {
  MuPhase *phase = plan->phases->len == 0 ? NULL : phase_at(plan, (guint)mu_random_below(random, plan->phases->len));
  guint64 dice = mu_random_below(random, 100);
  if (phase == NULL || dice < 12)
    grow(plan, phase, random);
  else if (dice < 15 && phase->requires.n == 0 && phase->requires.by == NULL)
    mu_plan_remove_phase(plan, phase);
  else if (dice < 20)
    mu_phase_set_interrupted(phase, mu_random_below(random, 2) == 0);
  else if (dice < 23)
    mu_plan_set_interrupted(plan, mu_random_below(random, 3) == 0);
  else if (dice < 26)
    mu_phase_advance_canary(phase);
  else if (dice < 28)
    mu_plan_advance_canary(plan);
  else if (phase->steps->len > 0)
    change_step(phase->steps->pdata[mu_random_below(random, phase->steps->len)], random);
}

static void test_incremental(void) {
  for (guint64 seed = 1; seed <= 200; seed++) {
    MuRandom random;
    mu_random_seed(&random, seed);
    g_autoptr(MuPlan) plan = mu_plan_new("deploy", any_strategy(&random), "seed");
    for (guint i = 0; i < 300; i++) {
      change_plan(plan, &random);
      check_plan(plan);
    }
    if (seed % 10 == 0)
      mu_plan_add_error(plan, "broken");
    check_plan(plan);
  }
}

static void test_step_cannot_be_in_progress(void) {
  if (g_test_subprocess()) {
    g_autoptr(MuPlan) plan = make_plan(MU_STRATEGY_SERIAL, MU_STRATEGY_SERIAL, 1, 1);
    mu_step_set_status(step_at(plan, 0, 0), MU_STATUS_IN_PROGRESS);
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_failed();
  g_test_trap_assert_stderr("*bug at *plan.c:*MU_STATUS_IN_PROGRESS*");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/plan/building", test_building);
  g_test_add_func("/plan/finding", test_finding);
  g_test_add_func("/plan/ids", test_ids);
  g_test_add_func("/plan/serial", test_serial);
  g_test_add_func("/plan/parallel", test_parallel);
  g_test_add_func("/plan/serial_of_parallel", test_serial_of_parallel);
  g_test_add_func("/plan/random", test_random);
  g_test_add_func("/plan/required", test_required);
  g_test_add_func("/plan/required_steps", test_required_steps);
  g_test_add_func("/plan/random_passes_over", test_random_passes_over);
  g_test_add_data_func("/plan/serial_canary", GINT_TO_POINTER(MU_STRATEGY_SERIAL_CANARY), test_canary_phase);
  g_test_add_data_func("/plan/parallel_canary", GINT_TO_POINTER(MU_STRATEGY_PARALLEL_CANARY), test_canary_phase);
  g_test_add_func("/plan/canary_plan", test_canary_plan);
  g_test_add_func("/plan/no_canary", test_no_canary);
  g_test_add_func("/plan/walk_ends", test_walk_ends);
  g_test_add_func("/plan/interrupted_step", test_interrupted_step);
  g_test_add_func("/plan/interrupted_phase", test_interrupted_phase);
  g_test_add_func("/plan/interrupted_plan", test_interrupted_plan);
  g_test_add_func("/plan/forced", test_forced);
  g_test_add_func("/plan/errors", test_errors);
  g_test_add_func("/plan/phase_removal", test_phase_removal);
  g_test_add_func("/plan/observer", test_observer);
  g_test_add_func("/plan/incremental", test_incremental);
  g_test_add_func("/plan/in_progress_step", test_step_cannot_be_in_progress);
  return g_test_run();
}
