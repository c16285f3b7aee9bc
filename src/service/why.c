#include "why.h"

#include "custom_work.h"
#include "json.h"
#include "marks.h"

#include <string.h>

static const char *const WORDS[] = {
#define X(name, word) word,
    MU_WHY_TABLE(X)
#undef X
};

const char *mu_why_kind_to_string(MuWhyKind kind) {
  return WORDS[kind];
}

void mu_why_clear(MuWhy *why) {
  g_free(why->reason);
  g_free(why->clears);
  g_free(why->command);
  *why = (MuWhy){0};
}

json_t *mu_why_to_json(const MuWhy *why) {
  json_t *json = json_object();
  mu_json_set_string(json, "for", WORDS[why->kind]);
  mu_json_set_string(json, "reason", why->reason);
  if (why->since_ms > 0)
    mu_json_set_int(json, "since", why->since_ms);
  if (why->until_ms > 0)
    mu_json_set_int(json, "until", why->until_ms);
  mu_json_set_string(json, "clears", why->clears);
  mu_json_set_string(json, "command", why->command);
  return json;
}

/* Everything that is asked about one step. */
typedef struct {
  const MuService *service;
  const MuStep *step;
  const MuPhase *phase;
  const MuPlan *plan;
  const MuPod *pod; /* NULL: it works on none */
  MuWhy *why;
} Question;

/* ---- the scheduler ------------------------------------------------------------------------------------------------- */

gboolean mu_why_scheduler(const MuWhyScene *scene, MuWhyKind kind, MuWhy *ret_why) {
  gboolean store = kind == MU_WHY_STORE;
  const char *fault = store ? scene->store_error : scene->engine_error;
  if (store ? fault == NULL : scene->subscribed)
    return FALSE;
  *ret_why = (MuWhy){
      .kind = kind,
      .reason = store ? g_strdup_printf("the store cannot be written: %s; nothing is done that it does not know", fault)
                      : g_strdup_printf("the engine is not connected: %s", fault != NULL ? fault : "not yet"),
      .clears = g_strdup(store ? "the store is written again (tried with growing pauses)"
                               : "the engine answers (the scheduler connects by itself)"),
      .command = g_strdup("muster health"),
  };
  return TRUE;
}

/* ---- held by a plan ------------------------------------------------------------------------------------------------ */

/* The target's plans begin with it, an uninstall's with the removal. An instance is given up with a target, or by its name. */
static gint64 plan_since(const Question *q) {
  if (q->plan == q->service->decommission && q->pod != NULL && q->pod->leaving_ms > 0)
    return q->pod->leaving_ms;
  gboolean with_record = q->plan == q->service->deploy || q->plan == q->service->decommission ||
                         q->service->record->state != MU_SERVICE_RUNNING;
  return with_record ? q->service->record->changed_ms : 0;
}

static char *plan_command(const Question *q, const char *operation, const MuPhase *phase, const MuStep *step) {
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_append_printf(text, "muster plan %s %s %s", operation, q->service->name, q->plan->name);
  if (phase != NULL)
    g_string_append_printf(text, " --phase %s", phase->name);
  if (step != NULL)
    g_string_append_printf(text, " --step '%s'", step->name);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean ask_errors(const Question *q) {
  if (q->plan->errors->len == 0)
    return FALSE;
  q->why->kind = MU_WHY_ERRORS;
  q->why->reason = g_strdup_printf("the plan cannot go on: %s", (const char *)q->plan->errors->pdata[0]);
  gboolean ends = q->service->record->state != MU_SERVICE_RUNNING;
  q->why->clears = g_strdup(ends ? "a start of the scheduler with code that can be asked, or a removal without it"
                                 : "a configuration without that error");
  q->why->command =
      g_strdup_printf(ends ? "muster service remove %s --force" : "muster service update %s -f FILE", q->service->name);
  q->why->since_ms = plan_since(q);
  return TRUE;
}

/* A step that is under way goes on although something above it is interrupted. */
static gboolean is_under_way(const MuStep *step) {
  if (step->work != NULL)
    return mu_custom_is_running(step);
  return step->status == MU_STATUS_PREPARED || step->status == MU_STATUS_STARTING || step->status == MU_STATUS_STARTED;
}

static gboolean ask_operator(const Question *q) {
  gboolean at_step = q->step->interrupted, at_phase = !at_step && q->phase->interrupted;
  if ((!at_step && !at_phase && !q->plan->interrupted) || is_under_way(q->step))
    return FALSE;
  q->why->kind = MU_WHY_OPERATOR;
  q->why->reason = g_strdup_printf("an operator has to let the %s go on: it is interrupted", at_step    ? "step"
                                                                                             : at_phase ? "phase"
                                                                                                        : "plan");
  q->why->clears = g_strdup("continue");
  q->why->command = plan_command(q, "continue", at_step || at_phase ? q->phase : NULL, at_step ? q->step : NULL);
  q->why->since_ms = at_step    ? mu_marks_since_step(q->service, q->step)
                     : at_phase ? mu_marks_since_phase(q->service, q->phase)
                                : mu_marks_since_plan(q->service, q->plan);
  if (q->why->since_ms == 0)
    q->why->since_ms = plan_since(q);
  return TRUE;
}

static gboolean is_held(MuStrategyKind strategy, MuCanary canary, guint index, guint first_incomplete) {
  if (strategy != MU_STRATEGY_SERIAL_CANARY && strategy != MU_STRATEGY_PARALLEL_CANARY)
    return FALSE;
  return canary == MU_CANARY_HELD || (canary == MU_CANARY_FIRST && index > 0 && first_incomplete > 0);
}

static gboolean ask_canary(const Question *q) {
  gboolean by_plan = is_held(q->plan->strategy, q->plan->canary, q->phase->index, q->plan->first_incomplete);
  if (is_under_way(q->step) ||
      (!by_plan && !is_held(q->phase->strategy, q->phase->canary, q->step->index, q->phase->first_incomplete)))
    return FALSE;
  gboolean first = (by_plan ? q->plan->canary : q->phase->canary) == MU_CANARY_HELD;
  q->why->kind = MU_WHY_CANARY;
  q->why->reason = g_strdup_printf(first ? "its %s is a canary: an operator has to let the first %s begin"
                                         : "the canary of its %s is done: an operator has to let the other %ss begin",
                                   by_plan ? "plan" : "phase", by_plan ? "phase" : "step");
  q->why->clears = g_strdup("continue");
  q->why->command = plan_command(q, "continue", by_plan ? NULL : q->phase, NULL);
  q->why->since_ms = by_plan ? mu_marks_since_plan(q->service, q->plan) : mu_marks_since_phase(q->service, q->phase);
  if (q->why->since_ms == 0)
    q->why->since_ms = plan_since(q);
  return TRUE;
}

/* The thing that has its turn before it. */
static char *predecessor(const Question *q) {
  const MuPhase *phase = mu_phase_unmet(q->phase);
  if (phase != NULL)
    return g_strdup_printf("phase %s", phase->name);
  phase = mu_plan_turn(q->plan);
  if (phase != NULL && (q->plan->drawn != NULL ? phase != q->phase : phase->index < q->phase->index))
    return g_strdup_printf("phase %s", phase->name);
  const MuStep *step = mu_step_unmet(q->step);
  if (step != NULL)
    return g_strdup_printf("step %s", step->name);
  step = mu_phase_turn(q->phase);
  if (step != NULL && (q->phase->drawn != NULL ? step != q->step : step->index < q->step->index))
    return g_strdup_printf("step %s", step->name);
  return g_strdup("what the plan does now");
}

static gboolean ask_order(const Question *q, GHashTable *candidates) {
  if (g_hash_table_contains(candidates, q->step) || is_under_way(q->step))
    return FALSE;
  g_autofree char *before = predecessor(q);
  q->why->kind = MU_WHY_ORDER;
  q->why->reason = g_strdup_printf("its turn comes after %s", before);
  q->why->clears = g_strdup_printf("%s is complete", before);
  q->why->command = g_strdup_printf("muster plan show %s %s", q->service->name, q->plan->name);
  q->why->since_ms = plan_since(q);
  return TRUE;
}

static gboolean ask_pod(const Question *q) {
  const MuStep *other = q->pod == NULL ? NULL : q->pod->claimed_by;
  if (other == NULL || other == q->step || is_under_way(q->step))
    return FALSE;
  const MuPlan *plan = other->phase->plan;
  q->why->kind = MU_WHY_POD;
  q->why->reason = g_strdup_printf("plan %s works on %s now, in step %s", plan->name, q->pod->name, other->name);
  q->why->clears = g_strdup_printf("that step is complete");
  q->why->command = g_strdup_printf("muster plan show %s %s", q->service->name, plan->name);
  q->why->since_ms = plan_since(q);
  return TRUE;
}

/* ---- one step ------------------------------------------------------------------------------------------------------ */

static gboolean note_candidate(MuStep *step, gpointer set) {
  g_hash_table_add(set, step);
  return TRUE;
}

GHashTable *mu_why_candidates(const MuPlan *plan) {
  GHashTable *set = g_hash_table_new(NULL, NULL);
  mu_plan_candidates(plan, note_candidate, set);
  return set;
}

/* In the order in which the rules are tried: the first that holds is the answer. */
static gboolean ask_dependency(const Question *q) {
  if (!mu_step_is_held_back(q->service, q->step))
    return FALSE;
  q->why->kind = MU_WHY_DEPENDENCY;
  q->why->reason = g_strdup_printf("it depends on %s", q->service->unmet);
  q->why->clears = g_strdup("all that it depends on is there, or an update without it in depends-on");
  q->why->command = g_strdup(q->service->unmet_command);
  q->why->since_ms = q->service->unmet_since_ms;
  return TRUE;
}

gboolean mu_why_step(const MuWhyScene *scene, const MuService *service, const MuStep *step, GHashTable *candidates,
                     MuWhy *ret_why) {
  if (step->status == MU_STATUS_COMPLETE)
    return FALSE;
  MuWhy why = {0};
  const Question q = {service, step, step->phase, step->phase->plan, step->asset, &why};
  if (!ask_errors(&q) && !ask_operator(&q) && !ask_canary(&q) && !ask_order(&q, candidates) && !ask_dependency(&q) &&
      !ask_pod(&q))
    mu_why_work(scene, step, q.pod, &why);
  *ret_why = why;
  return TRUE;
}
