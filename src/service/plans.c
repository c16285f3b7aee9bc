/* Plans from the target configuration: deploy (or update) and the custom ones from the spec, or the default deploy plan:
 * the pod types in order, their instances in order, all tasks of an instance at once (DefaultPlanFactory of dcos-commons). */
#include "service_private.h"

#include "custom_work.h"
#include "launch.h"
#include "marks.h"
#include "override.h"

#include <string.h>

MuStep *mu_service_add_step(MuService *service, MuPhase *phase, MuPod *pod, const char *name, guint64 tasks) {
  MuStep *step = mu_phase_add_step(phase, name, pod, tasks);
  if (pod != NULL) {
    mu_items_add(pod->steps, step);
    mu_pod_mark_dirty(pod);
  }
  (void)service;
  return step;
}

static void unlink_steps(MuPhase *phase) {
  for (guint i = 0; i < phase->steps->len; i++) {
    MuStep *step = phase->steps->pdata[i];
    MuPod *pod = step->asset;
    if (pod == NULL)
      continue;
    mu_items_remove_fast(pod->steps, step);
    if (pod->claimed_by == step)
      pod->claimed_by = NULL;
    mu_items_remove_fast(pod->service->wanting, step);
  }
}

void mu_service_remove_phase(MuService *service, MuPhase *phase) {
  (void)service;
  unlink_steps(phase);
  mu_plan_remove_phase(phase->plan, phase);
}

/* ---- steps of a phase ---------------------------------------------------------------------------------------------- */

MuStep *mu_service_add_pod_step(MuService *service, MuPhase *phase, const MuPodSpec *pod, guint index, guint64 tasks) {
  g_autofree char *name = mu_pod_step_name(pod, index, tasks);
  return mu_service_add_step(service, phase, mu_service_ensure_pod(service, pod->type, index), name, tasks);
}

static void add_drafted_step(MuService *service, MuPhase *phase, const MuStepDraft *draft) {
  MuPod *pod = draft->pod == NULL ? NULL : mu_service_ensure_pod(service, draft->pod->type, draft->index);
  MuStep *step = mu_service_add_step(service, phase, pod, draft->item.name, draft->tasks);
  const char *done_for = draft->done_for == NULL ? service->record->target : draft->done_for;
  if (pod == NULL)
    mu_custom_link(service, step, &draft->custom, done_for);
}

void mu_service_add_drafted_steps(MuService *service, MuPhase *phase, const MuPhaseDraft *draft) {
  for (guint i = 0; i < draft->steps->len; i++)
    add_drafted_step(service, phase, draft->steps->pdata[i]);
}

/* ---- plans --------------------------------------------------------------------------------------------------------- */

MuPlan *mu_service_add_plan(MuService *service, const char *name, MuStrategyKind strategy) {
  MuPlan *plan = mu_plan_new(name, strategy, service->record->target);
  mu_items_add(service->plans, plan);
  return plan;
}

void mu_plan_add_requirements(MuPlan *plan, const MuPlanDraft *draft) {
  g_autoptr(GHashTable) made = g_hash_table_new(NULL, NULL); /* MuPhaseDraft* to MuPhase* */
  for (guint i = 0; i < draft->phases->len; i++)
    g_hash_table_insert(made, draft->phases->pdata[i], plan->phases->pdata[i]);
  for (guint i = 0; i < draft->phases->len; i++) {
    const MuPhaseDraft *phase = draft->phases->pdata[i];
    for (guint j = 0; j < phase->item.requires->len; j++)
      mu_phase_require(plan->phases->pdata[i], g_hash_table_lookup(made, phase->item.requires->pdata[j]));
    mu_plan_draft_apply_requirements(phase, plan->phases->pdata[i]);
  }
}

static char *say_absent(const MuService *service) {
  return g_strdup_printf("code has a say in it, and could not be asked: %s",
                         service->failure == NULL ? "its service could not be built" : service->failure);
}

/* Without it the plan would do other things than it should. */
char *mu_service_ask_code(const MuService *service, gboolean owed, MuPlanCustomizer code, gpointer user,
                          const MuServiceSpec *spec, MuPlanDraft *draft) {
  g_autoptr(GError) error = NULL;
  if (service->scheduler == NULL && owed)
    return say_absent(service);
  if (code == NULL || (code(spec, draft, user, &error) && mu_plan_draft_check(draft, &error)))
    return NULL;
  return g_strdup(error == NULL ? "the plan customizer refuses it, and does not say why" : error->message);
}

static char *customize(const MuService *service, const MuServiceSpec *spec, MuPlanDraft *draft) {
  const MuServiceScheduler *scheduler = service->scheduler;
  return mu_service_ask_code(service, service->record->customized, scheduler == NULL ? NULL : scheduler->customizer,
                             scheduler == NULL ? NULL : scheduler->customizer_user, spec, draft);
}

static MuPlan *add_spec_plan(MuService *service, const MuServiceSpec *spec, const MuPlanSpec *plan_spec,
                             const char *name) {
  g_autoptr(MuPlanDraft) draft = mu_plan_draft_new(spec, plan_spec, name);
  g_autofree char *refusal = customize(service, spec, draft);
  MuPlan *plan = mu_service_add_plan(service, name, draft->strategy);
  for (guint i = 0; i < draft->phases->len; i++) {
    const MuPhaseDraft *phase = draft->phases->pdata[i];
    mu_service_add_drafted_steps(service, mu_plan_add_phase(plan, phase->item.name, phase->strategy), phase);
  }
  if (service->scheduler != NULL && service->scheduler->customizer != NULL)
    mu_plan_add_requirements(plan, draft);
  if (refusal != NULL)
    mu_plan_add_error(plan, refusal);
  return plan;
}

static MuPlan *add_default_deploy(MuService *service, const MuServiceSpec *spec) {
  g_autofree MuPhaseSpec *phases = g_new0(MuPhaseSpec, spec->n_pods);
  for (guint i = 0; i < spec->n_pods; i++)
    phases[i] = (MuPhaseSpec){.name = spec->pods[i].type, .pod = spec->pods[i].type, .strategy = MU_STRATEGY_SERIAL};
  const MuPlanSpec plan = {"deploy", MU_STRATEGY_SERIAL, phases, spec->n_pods};
  return add_spec_plan(service, spec, &plan, plan.name);
}

static const MuPlanSpec *find_plan_spec(const MuServiceSpec *spec, const char *name) {
  for (guint i = 0; i < spec->n_plans; i++)
    if (strcmp(spec->plans[i].name, name) == 0)
      return &spec->plans[i];
  return NULL;
}

static void add_deploy(MuService *service, const MuServiceSpec *spec) {
  const MuPlanSpec *update = service->record->updating ? find_plan_spec(spec, "update") : NULL;
  const MuPlanSpec *plan_spec = update != NULL ? update : find_plan_spec(spec, "deploy");
  service->deploy =
      plan_spec == NULL ? add_default_deploy(service, spec) : add_spec_plan(service, spec, plan_spec, "deploy");
}

/* Custom plans stand by, interrupted, until an operator lets them go. */
static void add_custom_plans(MuService *service, const MuServiceSpec *spec) {
  for (guint i = 0; i < spec->n_plans; i++) {
    const char *name = spec->plans[i].name;
    if (strcmp(name, "deploy") != 0 && strcmp(name, "update") != 0)
      mu_plan_set_interrupted(add_spec_plan(service, spec, &spec->plans[i], name), TRUE);
  }
}

static int compare_pods(gconstpointer a, gconstpointer b) {
  const MuPod *left = *(MuPod *const *)a, *right = *(MuPod *const *)b;
  int by_type = strcmp(left->type, right->type);
  return by_type != 0 ? by_type : (left->index > right->index) - (left->index < right->index);
}

GPtrArray *mu_service_sorted_pods(const MuService *service, gboolean (*chosen)(const MuPod *pod)) {
  GPtrArray *pods = g_ptr_array_new();
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    if (chosen(pod))
      g_ptr_array_add(pods, pod);
  g_ptr_array_sort(pods, compare_pods);
  return pods;
}

static gboolean is_to_erase(const MuPod *pod) {
  return pod->record != NULL && pod->record->fate == MU_POD_ERASE;
}

/* What code has to do before the instance is ended comes first. */
static void add_decommission_phase(MuService *service, const MuPhaseDraft *draft) {
  MuPhase *phase = mu_plan_add_phase(service->decommission, draft->item.name, draft->strategy);
  mu_service_add_drafted_steps(service, phase, draft);
  mu_teardown_add_steps(service, phase, g_hash_table_lookup(service->pods, draft->item.name));
}

/* One after the other, the highest instance first (DecommissionPlanFactory of dcos-commons), unless code has it otherwise. */
static void add_decommission(MuService *service, const MuServiceSpec *spec) {
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, is_to_erase), names = g_ptr_array_new();
  if (pods->len == 0)
    return;
  for (guint i = pods->len; i > 0; i--)
    g_ptr_array_add(names, ((MuPod *)pods->pdata[i - 1])->name);
  g_autoptr(MuPlanDraft) draft = mu_plan_draft_new_decommission(spec, names);
  g_autofree char *refusal = customize(service, spec, draft);
  service->decommission = mu_service_add_plan(service, "decommission", draft->strategy);
  for (guint i = 0; i < draft->phases->len; i++)
    add_decommission_phase(service, draft->phases->pdata[i]);
  mu_plan_add_requirements(service->decommission, draft);
  if (refusal != NULL)
    mu_plan_add_error(service->decommission, refusal);
}

static void add_recovery(MuService *service, MuEffects *effects) {
  service->recovery = mu_service_add_plan(service, "recovery", MU_STRATEGY_PARALLEL);
  g_autofree char *absent = service->scheduler == NULL && service->record->overrider ? say_absent(service) : NULL;
  if (absent != NULL)
    mu_plan_add_error(service->recovery, absent);
  mu_overrides_rebuild(service, effects);
}

static void clear_plans(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuPod *pod = value;
    mu_items_clear(pod->steps, NULL);
    pod->recovery = NULL;
    pod->claimed_by = NULL;
    g_clear_pointer(&pod->outcome, mu_outcome_free); /* of a step that is no more */
    if (pod->kept_outcome == NULL)                   /* else the service is being loaded, and goes on where it was */
      mu_why_forget(pod, effects);
    mu_pod_mark_dirty(pod);
  }
  mu_items_cut(service->wanting, 0);
  service->window_from = 0;
  mu_items_cut(service->held_back, 0);
  mu_items_cut(service->claimed, 0);
  mu_items_clear(service->plans, (GDestroyNotify)mu_plan_free);
  mu_custom_unlink(service);
  mu_overrides_unlink(service);
  service->deploy = service->recovery = service->decommission = service->rolling = NULL;
}

/* All are looked at now. */
static void forget_dirt(MuService *service) {
  for (guint i = 0; i < service->dirty_pods->len; i++)
    ((MuPod *)service->dirty_pods->pdata[i])->dirty = FALSE;
  mu_items_cut(service->dirty_pods, 0);
}

/* Instances of an earlier configuration that never came to be; there may be a hundred thousand. None is dirty. */
static void drop_empty_pods(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuPod *pod = value;
    if (mu_pod_has_records(pod) || pod->steps->len > 0 || pod->override != NULL)
      continue;
    mu_items_remove_fast(service->releasing, pod);
    mu_items_remove_fast(service->leaving, pod);
    mu_items_remove_fast(service->lost, pod);
    mu_items_remove_fast(service->delayed, pod);
    mu_why_forget(pod, effects);
    g_hash_table_iter_remove(&iter);
  }
}

static void refresh_pods(const GList *pods, gboolean with_records, MuEffects *effects) {
  for (const GList *link = pods; link != NULL; link = link->next)
    if (mu_pod_has_records(link->data) == with_records)
      mu_pod_refresh(link->data, effects);
}

void mu_service_rebuild_plans(MuService *service, MuEffects *effects) {
  const MuServiceSpec *spec = mu_service_target(service);
  clear_plans(service, effects);
  if (service->record->state != MU_SERVICE_RUNNING) {
    mu_overrides_rebuild(service, effects);
    mu_uninstall_add_plan(service);
  } else if (spec != NULL) {
    add_deploy(service, spec);
    add_recovery(service, effects);
    add_decommission(service, spec);
    if (find_plan_spec(spec, MU_ROLLING_PLAN) == NULL)
      mu_rolling_add_plan(service, spec);
    add_custom_plans(service, spec);
  }
  forget_dirt(service);
  drop_empty_pods(service, effects);
  if (service->scheduler != NULL || (service->record->state != MU_SERVICE_RUNNING && !service->record->uninstaller))
    mu_custom_prune(service, effects);
  mu_marks_apply(service);
  mu_custom_refresh(service, effects);
  forget_dirt(service);
  g_autoptr(GList) pods = g_hash_table_get_values(service->pods); /* code may name others while these are looked at */
  refresh_pods(pods, FALSE, effects); /* of an uninstall they are complete, and others' turn may come after them */
  refresh_pods(pods, TRUE, effects);
}
