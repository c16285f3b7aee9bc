#include "plan.h"

#include "bug.h"

#include <string.h>

/* ---- the tree ------------------------------------------------------------------------------------------------------ */

static void step_free(MuStep *step) {
  g_free(step->name);
  g_clear_pointer(&step->requires.by, g_ptr_array_unref);
  g_free(step);
}

static void phase_free(MuPhase *phase) {
  g_free(phase->name);
  g_clear_pointer(&phase->drawn, g_sequence_free);
  g_clear_pointer(&phase->requires.by, g_ptr_array_unref);
  g_ptr_array_unref(phase->steps);
  g_free(phase);
}

MuPlan *mu_plan_new(const char *name, MuStrategyKind strategy, const char *seed) {
  MuPlan *plan = g_new0(MuPlan, 1);
  plan->name = g_strdup(name);
  plan->strategy = strategy;
  plan->seed = g_strdup(seed);
  plan->drawn = strategy == MU_STRATEGY_RANDOM ? g_sequence_new(NULL) : NULL;
  plan->phases = g_ptr_array_new_with_free_func((GDestroyNotify)phase_free);
  plan->errors = g_ptr_array_new_with_free_func(g_free);
  plan->status = MU_STATUS_COMPLETE;
  return plan;
}

void mu_plan_free(MuPlan *plan) {
  if (plan == NULL)
    return;
  g_free(plan->name);
  g_free(plan->parameters);
  g_free(plan->seed);
  g_clear_pointer(&plan->drawn, g_sequence_free);
  g_ptr_array_unref(plan->phases);
  g_ptr_array_unref(plan->errors);
  g_free(plan);
}

/* ---- strategies ---------------------------------------------------------------------------------------------------- */

static gboolean is_canary(MuStrategyKind strategy) {
  return strategy == MU_STRATEGY_SERIAL_CANARY || strategy == MU_STRATEGY_PARALLEL_CANARY;
}

static gboolean is_serial(MuStrategyKind strategy) {
  return strategy == MU_STRATEGY_SERIAL || strategy == MU_STRATEGY_SERIAL_CANARY;
}

/* Which children a strategy would work on: [*from, *to) of those that are not complete. */
static void window(MuStrategyKind strategy, MuCanary canary, guint first_incomplete, guint n, guint *ret_from,
                   guint *ret_to) {
  guint to = is_serial(strategy) ? MIN(first_incomplete + 1, n) : n;
  if (is_canary(strategy) && canary == MU_CANARY_HELD)
    to = 0;
  if (is_canary(strategy) && canary == MU_CANARY_FIRST)
    to = MIN(to, 1);
  *ret_from = first_incomplete;
  *ret_to = MAX(to, first_incomplete);
}

/* ---- random: an order drawn by the names, so that it needs no record --------------------------------------------------- */

static guint32 draw(const MuPlan *plan, const char *phase, guint index, const char *step) {
  g_autofree char *name = g_strdup_printf("%s/%s/%s/%u/%s", plan->seed, plan->name, phase, index, step);
  return (guint32)g_ascii_strtoull(mu_uuid_from_name(name).text, NULL, 16); /* up to the first dash: 32 bits */
}

static int compare_draws(guint32 a, guint index_a, guint32 b, guint index_b) {
  return a != b ? (a > b) - (a < b) : (index_a > index_b) - (index_a < index_b);
}

static int compare_steps(gconstpointer a, gconstpointer b, gpointer user) {
  const MuStep *left = a, *right = b;
  (void)user;
  return compare_draws(left->draw, left->index, right->draw, right->index);
}

static int compare_phases(gconstpointer a, gconstpointer b, gpointer user) {
  const MuPhase *left = a, *right = b;
  (void)user;
  return compare_draws(left->draw, left->index, right->draw, right->index);
}

/* Keeps those that may work in the sequence, and the others out of it. */
static void set_place(GSequence *drawn, GSequenceIter **place, gpointer child, gboolean may_work,
                      GCompareDataFunc compare) {
  if (drawn == NULL || may_work == (*place != NULL))
    return;
  if (may_work)
    *place = g_sequence_insert_sorted(drawn, child, compare, NULL);
  else
    g_sequence_remove(g_steal_pointer(place));
}

/* No candidate, whatever it has to do. */
static gboolean is_held(gboolean interrupted, const MuRequires *requires) {
  return interrupted || requires->n_met < requires->n;
}

static gboolean step_is_held(const MuStep *step) {
  return is_held(step->interrupted, &step->requires);
}

static gboolean phase_is_held(const MuPhase *phase) {
  return is_held(phase->interrupted, &phase->requires);
}

static void place_step(MuStep *step) {
  set_place(step->phase->drawn, &step->place, step, step->status != MU_STATUS_COMPLETE && !step_is_held(step),
            compare_steps);
}

static void place_phase(MuPhase *phase) {
  set_place(phase->plan->drawn, &phase->place, phase, phase->status != MU_STATUS_COMPLETE && !phase_is_held(phase),
            compare_phases);
}

static gconstpointer turn(GSequence *drawn, const GPtrArray *children, guint first_incomplete) {
  if (drawn != NULL)
    return g_sequence_is_empty(drawn) ? NULL : g_sequence_get(g_sequence_get_begin_iter(drawn));
  return first_incomplete < children->len ? children->pdata[first_incomplete] : NULL;
}

const MuPhase *mu_plan_turn(const MuPlan *plan) {
  return turn(plan->drawn, plan->phases, plan->first_incomplete);
}

const MuStep *mu_phase_turn(const MuPhase *phase) {
  return turn(phase->drawn, phase->steps, phase->first_incomplete);
}

static MuStatusSet set_of_counts(const guint *counts) {
  MuStatusSet set = 0;
  for (guint i = 0; i < MU_STATUS_COUNT; i++)
    if (counts[i] > 0)
      set |= MU_STATUS_BIT(i);
  return set;
}

/* ---- roll-up ------------------------------------------------------------------------------------------------------- */

/* The candidates' statuses: of one child for a serial or random strategy; of all that are not complete otherwise. Interrupted
 * children are no candidates. */
static MuStatusSet candidate_set(const guint *counts, const guint *held, guint from, guint to, MuStatus first,
                                 gboolean first_held) {
  if (from >= to)
    return 0;
  if (to - from == 1)
    return first_held ? 0 : MU_STATUS_BIT(first);
  MuStatusSet set = 0;
  for (guint i = 0; i < MU_STATUS_COUNT; i++)
    if (counts[i] > held[i])
      set |= MU_STATUS_BIT(i);
  return set & ~MU_STATUS_BIT(MU_STATUS_COMPLETE);
}

static MuStatusSet phase_candidates(const MuPhase *phase) {
  const MuStep *first = mu_phase_turn(phase);
  if (phase->drawn != NULL)
    return first == NULL ? 0 : MU_STATUS_BIT(first->status);
  guint from = 0, to = 0, n = phase->steps->len;
  window(phase->strategy, phase->canary, phase->first_incomplete, n, &from, &to);
  return candidate_set(phase->counts, phase->held, from, to, first == NULL ? MU_STATUS_COMPLETE : first->status,
                       first != NULL && step_is_held(first));
}

static MuStatusSet plan_candidates(const MuPlan *plan) {
  const MuPhase *first = mu_plan_turn(plan);
  if (plan->drawn != NULL)
    return first == NULL ? 0 : MU_STATUS_BIT(first->status);
  guint from = 0, to = 0, n = plan->phases->len;
  window(plan->strategy, plan->canary, plan->first_incomplete, n, &from, &to);
  return candidate_set(plan->counts, plan->held, from, to, first == NULL ? MU_STATUS_COMPLETE : first->status,
                       first != NULL && phase_is_held(first));
}

static void plan_refresh(MuPlan *plan) {
  guint n = plan->phases->len;
  while (plan->first_incomplete < n &&
         ((MuPhase *)plan->phases->pdata[plan->first_incomplete])->status == MU_STATUS_COMPLETE)
    plan->first_incomplete++;
  plan->status =
      mu_status_roll_up(set_of_counts(plan->counts), plan_candidates(plan), plan->errors->len > 0, plan->interrupted);
}

static void hold(guint *held, gboolean yes) {
  mu_assert(yes || *held > 0);
  *held = yes ? *held + 1 : *held - 1;
}

/* Another one of those that it requires is complete, or no longer. */
static void count_met(MuRequires *requires, gboolean met) {
  requires->n_met = met ? requires->n_met + 1 : requires->n_met - 1;
}

static void note_phase_met(MuPhase *phase, gboolean met) {
  gboolean before = phase_is_held(phase);
  count_met(&phase->requires, met);
  if (phase_is_held(phase) != before)
    hold(&phase->plan->held[phase->status], !before);
  place_phase(phase);
}

static void note_step_met(MuStep *step, gboolean met) {
  gboolean before = step_is_held(step);
  count_met(&step->requires, met);
  if (step_is_held(step) != before)
    hold(&step->phase->held[step->status], !before);
  place_step(step);
}

static void tell_phase_met(const MuPhase *phase, MuStatus before) {
  gboolean met = phase->status == MU_STATUS_COMPLETE;
  if (phase->requires.by == NULL || met == (before == MU_STATUS_COMPLETE))
    return;
  for (guint i = 0; i < phase->requires.by->len; i++)
    note_phase_met(phase->requires.by->pdata[i], met);
}

static void tell_step_met(const MuStep *step, MuStatus before) {
  gboolean met = step->status == MU_STATUS_COMPLETE;
  if (step->requires.by == NULL || met == (before == MU_STATUS_COMPLETE))
    return;
  for (guint i = 0; i < step->requires.by->len; i++)
    note_step_met(step->requires.by->pdata[i], met);
}

static void phase_refresh(MuPhase *phase) {
  guint n = phase->steps->len;
  while (phase->first_incomplete < n &&
         ((MuStep *)phase->steps->pdata[phase->first_incomplete])->status == MU_STATUS_COMPLETE)
    phase->first_incomplete++;
  MuStatus before = phase->status;
  phase->status = mu_status_roll_up(set_of_counts(phase->counts), phase_candidates(phase), FALSE, phase->interrupted);
  place_phase(phase);
  MuPlan *plan = phase->plan;
  mu_assert(plan->counts[before] > 0);
  plan->counts[before]--;
  plan->counts[phase->status]++;
  if (phase_is_held(phase)) {
    plan->held[before]--;
    plan->held[phase->status]++;
  }
  if (phase->status != MU_STATUS_COMPLETE)
    plan->first_incomplete = MIN(plan->first_incomplete, phase->index);
  tell_phase_met(phase, before);
  plan_refresh(plan);
}

static void count_step(MuStep *step, MuStatus before, MuStatus after) {
  MuPhase *phase = step->phase;
  mu_assert(phase->counts[before] > 0);
  phase->counts[before]--;
  phase->counts[after]++;
  if (step_is_held(step)) {
    phase->held[before]--;
    phase->held[after]++;
  }
  if (after == MU_STATUS_COMPLETE)
    phase->plan->n_complete++;
  if (before == MU_STATUS_COMPLETE)
    phase->plan->n_complete--;
  place_step(step);
  if (after != MU_STATUS_COMPLETE)
    phase->first_incomplete = MIN(phase->first_incomplete, step->index);
  tell_step_met(step, before);
}

MuPhase *mu_plan_add_phase(MuPlan *plan, const char *name, MuStrategyKind strategy) {
  MuPhase *phase = g_new0(MuPhase, 1);
  phase->name = g_strdup(name);
  phase->plan = plan;
  phase->index = plan->phases->len;
  phase->strategy = strategy;
  phase->steps = g_ptr_array_new_with_free_func((GDestroyNotify)step_free);
  phase->status = MU_STATUS_COMPLETE;
  phase->drawn = strategy == MU_STRATEGY_RANDOM ? g_sequence_new(NULL) : NULL;
  phase->draw = plan->drawn == NULL ? 0 : draw(plan, name, 0, "");
  g_ptr_array_add(plan->phases, phase);
  plan->counts[MU_STATUS_COMPLETE]++;
  plan_refresh(plan);
  return phase;
}

MuStep *mu_phase_add_step(MuPhase *phase, const char *name, gpointer asset, guint64 tasks) {
  MuStep *step = g_new0(MuStep, 1);
  step->name = g_strdup(name);
  step->phase = phase;
  step->index = phase->steps->len;
  step->status = MU_STATUS_PENDING;
  step->asset = asset;
  step->tasks = tasks;
  step->draw = phase->drawn == NULL ? 0 : draw(phase->plan, phase->name, step->index, name);
  g_ptr_array_add(phase->steps, step);
  phase->counts[MU_STATUS_PENDING]++;
  phase->plan->n_steps++;
  place_step(step);
  phase->first_incomplete = MIN(phase->first_incomplete, step->index);
  phase_refresh(phase);
  return step;
}

static void note_required(MuRequires *of, MuRequires *required, gpointer waiting, gboolean met) {
  if (required->by == NULL)
    required->by = g_ptr_array_new();
  g_ptr_array_add(required->by, waiting);
  of->n++;
  of->n_met += met;
}

void mu_phase_require(MuPhase *phase, MuPhase *required) {
  mu_assert(phase->plan == required->plan && phase != required);
  gboolean before = phase_is_held(phase);
  note_required(&phase->requires, &required->requires, phase, required->status == MU_STATUS_COMPLETE);
  if (phase_is_held(phase) != before)
    hold(&phase->plan->held[phase->status], TRUE);
  phase->plan->depends = TRUE;
  place_phase(phase);
  plan_refresh(phase->plan);
}

void mu_step_require(MuStep *step, MuStep *required) {
  mu_assert(step->phase == required->phase && step != required);
  gboolean before = step_is_held(step);
  note_required(&step->requires, &required->requires, step, required->status == MU_STATUS_COMPLETE);
  if (step_is_held(step) != before)
    hold(&step->phase->held[step->status], TRUE);
  step->phase->depends = TRUE;
  place_step(step);
  phase_refresh(step->phase);
}

static gboolean is_required_by(const MuRequires *required, gconstpointer waiting) {
  return required->by != NULL && g_ptr_array_find(required->by, waiting, NULL);
}

const MuPhase *mu_phase_unmet(const MuPhase *phase) {
  for (guint i = 0; phase->requires.n > 0 && i < phase->plan->phases->len; i++) {
    const MuPhase *other = phase->plan->phases->pdata[i];
    if (other->status != MU_STATUS_COMPLETE && is_required_by(&other->requires, phase))
      return other;
  }
  return NULL;
}

const MuStep *mu_step_unmet(const MuStep *step) {
  for (guint i = 0; step->requires.n > 0 && i < step->phase->steps->len; i++) {
    const MuStep *other = step->phase->steps->pdata[i];
    if (other->status != MU_STATUS_COMPLETE && is_required_by(&other->requires, step))
      return other;
  }
  return NULL;
}

static const char *strategy_name(MuStrategyKind strategy, gboolean depends) {
  return depends && strategy == MU_STRATEGY_PARALLEL ? "dependency" : mu_strategy_to_string(strategy);
}

const char *mu_plan_strategy(const MuPlan *plan) {
  return strategy_name(plan->strategy, plan->depends);
}

const char *mu_phase_strategy(const MuPhase *phase) {
  return strategy_name(phase->strategy, phase->depends);
}

void mu_plan_remove_phase(MuPlan *plan, MuPhase *phase) {
  mu_assert(phase->plan == plan && phase->requires.n == 0 && phase->requires.by == NULL);
  plan->counts[phase->status]--;
  if (phase->interrupted)
    plan->held[phase->status]--;
  plan->n_steps -= phase->steps->len;
  plan->n_complete -= phase->counts[MU_STATUS_COMPLETE];
  set_place(plan->drawn, &phase->place, phase, FALSE, compare_phases);
  g_ptr_array_remove_index(plan->phases, phase->index);
  for (guint i = 0; i < plan->phases->len; i++)
    ((MuPhase *)plan->phases->pdata[i])->index = i;
  plan->first_incomplete = 0;
  plan_refresh(plan);
}

/* ---- changes ------------------------------------------------------------------------------------------------------- */

static MuStatus shown_status(const MuStep *step, MuStatus found) {
  if (step->forced)
    return MU_STATUS_COMPLETE;
  if (step->interrupted && (found == MU_STATUS_PENDING || found == MU_STATUS_DELAYED))
    return MU_STATUS_WAITING;
  return found;
}

void mu_step_set_status(MuStep *step, MuStatus status) {
  mu_assert(status != MU_STATUS_IN_PROGRESS);
  MuStatus before = step->status, after = shown_status(step, status);
  if (before == after)
    return;
  step->status = after;
  count_step(step, before, after);
  phase_refresh(step->phase);
  MuPlan *plan = step->phase->plan;
  if (plan->observer != NULL)
    plan->observer(plan, step, before, plan->observer_user);
}

void mu_step_set_interrupted(MuStep *step, gboolean interrupted) {
  if (step->interrupted == interrupted)
    return;
  gboolean before = step_is_held(step);
  step->interrupted = interrupted;
  if (step_is_held(step) != before)
    hold(&step->phase->held[step->status], !before);
  place_step(step);
  phase_refresh(step->phase);
  if (interrupted && (step->status == MU_STATUS_PENDING || step->status == MU_STATUS_DELAYED))
    mu_step_set_status(step, MU_STATUS_WAITING);
  else if (!interrupted && step->status == MU_STATUS_WAITING)
    mu_step_set_status(step, MU_STATUS_PENDING);
}

void mu_step_set_forced(MuStep *step, gboolean forced) {
  step->forced = forced;
  mu_step_set_status(step, forced ? MU_STATUS_COMPLETE : MU_STATUS_PENDING);
}

void mu_phase_set_interrupted(MuPhase *phase, gboolean interrupted) {
  if (phase->interrupted == interrupted)
    return;
  gboolean before = phase_is_held(phase);
  phase->interrupted = interrupted;
  if (phase_is_held(phase) != before)
    hold(&phase->plan->held[phase->status], !before);
  phase_refresh(phase);
}

void mu_plan_set_interrupted(MuPlan *plan, gboolean interrupted) {
  plan->interrupted = interrupted;
  plan_refresh(plan);
}

void mu_plan_add_error(MuPlan *plan, const char *message) {
  g_ptr_array_add(plan->errors, g_strdup(message));
  plan_refresh(plan);
}

void mu_phase_advance_canary(MuPhase *phase) {
  if (is_canary(phase->strategy) && phase->canary != MU_CANARY_ALL)
    phase->canary++;
  phase_refresh(phase);
}

void mu_plan_advance_canary(MuPlan *plan) {
  if (is_canary(plan->strategy) && plan->canary != MU_CANARY_ALL)
    plan->canary++;
  plan_refresh(plan);
}

gboolean mu_plan_is_complete(const MuPlan *plan) {
  return plan->status == MU_STATUS_COMPLETE;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static gboolean visit_phase(const MuPhase *phase, MuStepVisitor visit, gpointer user) {
  guint from = 0, to = 0;
  if (phase_is_held(phase))
    return TRUE;
  if (phase->drawn != NULL) {
    const MuStep *step = mu_phase_turn(phase);
    return step == NULL || visit(phase->steps->pdata[step->index], user);
  }
  window(phase->strategy, phase->canary, phase->first_incomplete, phase->steps->len, &from, &to);
  for (guint i = from; i < to; i++) {
    MuStep *step = phase->steps->pdata[i];
    if (step->status != MU_STATUS_COMPLETE && !step_is_held(step) && !visit(step, user))
      return FALSE;
  }
  return TRUE;
}

void mu_plan_candidates(const MuPlan *plan, MuStepVisitor visit, gpointer user) {
  guint from = 0, to = 0;
  if (plan->status == MU_STATUS_COMPLETE || plan->interrupted || plan->errors->len > 0)
    return;
  if (plan->drawn != NULL) {
    if (mu_plan_turn(plan) != NULL)
      visit_phase(mu_plan_turn(plan), visit, user);
    return;
  }
  window(plan->strategy, plan->canary, plan->first_incomplete, plan->phases->len, &from, &to);
  for (guint i = from; i < to; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    if (phase->status != MU_STATUS_COMPLETE && !visit_phase(phase, visit, user))
      return;
  }
}

static gboolean is_in_window(MuStrategyKind strategy, MuCanary canary, guint first_incomplete, guint n, guint index) {
  guint from = 0, to = 0;
  window(strategy, canary, first_incomplete, n, &from, &to);
  return index >= from && index < to;
}

gboolean mu_step_may_work(const MuStep *step) {
  const MuPhase *phase = step->phase;
  const MuPlan *plan = phase->plan;
  if (plan->interrupted || plan->errors->len > 0 || phase_is_held(phase) || step_is_held(step) ||
      step->status == MU_STATUS_COMPLETE)
    return FALSE;
  gboolean phases_turn = plan->drawn != NULL ? mu_plan_turn(plan) == phase
                                             : is_in_window(plan->strategy, plan->canary, plan->first_incomplete,
                                                            plan->phases->len, phase->index);
  gboolean steps_turn = phase->drawn != NULL ? mu_phase_turn(phase) == step
                                             : is_in_window(phase->strategy, phase->canary, phase->first_incomplete,
                                                            phase->steps->len, step->index);
  return phases_turn && steps_turn;
}

MuUuid mu_phase_id(const MuPhase *phase) {
  g_autofree char *name = g_strdup_printf("%s/%s", phase->plan->name, phase->name);
  return mu_uuid_from_name(name);
}

MuUuid mu_step_id(const MuStep *step) {
  const MuPhase *phase = step->phase;
  g_autofree char *name = g_strdup_printf("%s/%s/%u/%s", phase->plan->name, phase->name, step->index, step->name);
  return mu_uuid_from_name(name);
}

MuPhase *mu_plan_find_phase(const MuPlan *plan, const char *name_or_id) {
  for (guint i = 0; i < plan->phases->len; i++) {
    MuPhase *phase = plan->phases->pdata[i];
    if (strcmp(phase->name, name_or_id) == 0 || strcmp(mu_phase_id(phase).text, name_or_id) == 0)
      return phase;
  }
  return NULL;
}

MuStep *mu_phase_find_step(const MuPhase *phase, const char *name_or_id) {
  for (guint i = 0; i < phase->steps->len; i++) {
    MuStep *step = phase->steps->pdata[i];
    if (strcmp(step->name, name_or_id) == 0 || strcmp(mu_step_id(step).text, name_or_id) == 0)
      return step;
  }
  return NULL;
}
