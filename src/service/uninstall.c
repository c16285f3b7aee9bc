/* The end of a whole service. Its plan, shown as `deploy`, has a phase for each pod instance, which ends it; code may have a say in that:
 *
 *   RUNNING ──remove──▶ UNINSTALLING ──all instances are gone, all custom steps done──▶ GONE
 *                        │        ▲
 *                        └─force──┘  what code has to do is passed over; once more: what is left is declared gone
 *
 * Without the code that has a say in it nothing begins: it may have to be done before an instance is ended. */
#include "service_private.h"

#include "custom_work.h"
#include "log.h"
#include "marks.h"

/* ---- its plan ------------------------------------------------------------------------------------------------------ */

static gboolean has_phase(const MuPod *pod) {
  const MuPodSpec *spec = mu_service_spec_pod(mu_service_target(pod->service), pod->type);
  return mu_pod_has_records(pod) || (spec != NULL && pod->index < (guint)spec->count);
}

/* Those of the configuration too that are gone or never were: the plan that code sees is the same after a restart. */
static GPtrArray *all_instances(MuService *service, const MuServiceSpec *spec) {
  for (guint i = 0; i < spec->n_pods; i++)
    for (guint j = 0; j < (guint)spec->pods[i].count; j++)
      mu_service_ensure_pod(service, spec->pods[i].type, j);
  return mu_service_sorted_pods(service, has_phase);
}

static void add_phase(MuService *service, const MuPhaseDraft *draft) {
  MuPhase *phase = mu_plan_add_phase(service->deploy, draft->item.name, draft->strategy);
  mu_service_add_drafted_steps(service, phase, draft);
  if (draft->ends)
    mu_teardown_add_steps(service, phase, g_hash_table_lookup(service->pods, draft->item.name));
}

static void add_customized(MuService *service, const MuServiceSpec *spec) {
  const MuServiceScheduler *scheduler = service->scheduler;
  g_autoptr(GPtrArray) pods = all_instances(service, spec), names = g_ptr_array_new();
  for (guint i = 0; i < pods->len; i++)
    g_ptr_array_add(names, ((MuPod *)pods->pdata[i])->name);
  g_autoptr(MuPlanDraft) draft = mu_plan_draft_new_uninstall(spec, names);
  g_autofree char *refusal = mu_service_ask_code(service, TRUE, scheduler == NULL ? NULL : scheduler->uninstaller,
                                                 scheduler == NULL ? NULL : scheduler->uninstaller_user, spec, draft);
  service->deploy = mu_service_add_plan(service, "deploy", draft->strategy);
  for (guint i = 0; i < draft->phases->len; i++)
    add_phase(service, draft->phases->pdata[i]);
  mu_plan_add_requirements(service->deploy, draft);
  if (refusal == NULL)
    return;
  mu_plan_add_error(service->deploy, refusal);
  mu_log(MU_LOG_WARNING, "the removal of service %s waits: %s (muster service remove %s --force goes on without it)",
         service->name, refusal, service->name);
}

void mu_uninstall_add_plan(MuService *service) {
  const MuServiceSpec *spec = mu_service_target(service);
  if (service->record->uninstaller && service->record->state == MU_SERVICE_UNINSTALLING && spec != NULL) {
    add_customized(service, spec);
    return;
  }
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_has_records);
  service->deploy = mu_service_add_plan(service, "deploy", MU_STRATEGY_PARALLEL);
  for (guint i = 0; i < pods->len; i++) {
    MuPod *pod = pods->pdata[i];
    mu_teardown_add_steps(service, mu_plan_add_phase(service->deploy, pod->name, MU_STRATEGY_SERIAL), pod);
  }
}

/* ---- its life ------------------------------------------------------------------------------------------------------ */

static void forget_pauses(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    mu_pod_forget_paused(pod, NULL, effects);
}

void mu_service_uninstall(MuService *service, MuEffects *effects) {
  if (service->record->state != MU_SERVICE_RUNNING)
    return;
  service->record->state = MU_SERVICE_UNINSTALLING;
  service->record->changed_ms = effects->now_ms;
  service->wants_more = TRUE;
  mu_service_put(service, effects);
  mu_marks_clear(service, NULL, FALSE, effects);
  forget_pauses(service, effects);
  mu_custom_forget_all(service, effects);
  mu_service_rebuild_plans(service, effects);
}

static gboolean has_pods(const MuService *service) {
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    if (mu_pod_has_records(pod))
      return TRUE;
  return FALSE;
}

gboolean mu_service_is_empty(const MuService *service) {
  return !has_pods(service) && !mu_service_code_holds(service);
}

static gboolean is_open(const MuStep *step) {
  return step->work != NULL && step->status != MU_STATUS_COMPLETE;
}

/* The first custom step that is not done. */
static const MuStep *open_step(const MuPlan *plan) {
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++)
      if (is_open(phase->steps->pdata[j]))
        return phase->steps->pdata[j];
  }
  return NULL;
}

gboolean mu_service_code_holds(const MuService *service) {
  return service->record->state == MU_SERVICE_UNINSTALLING && service->record->uninstaller &&
         (service->deploy->errors->len > 0 || open_step(service->deploy) != NULL);
}

void mu_service_pass_code(MuService *service, MuEffects *effects) {
  service->record->uninstaller = FALSE;
  mu_service_put(service, effects);
  mu_service_rebuild_plans(service, effects);
}

void mu_service_forget_code(MuService *service, MuEffects *effects) {
  if (g_hash_table_size(service->custom) == 0)
    return;
  mu_custom_forget_all(service, effects);
  mu_service_rebuild_plans(service, effects);
}

/* An interrupted plan ends nothing, and a task that still runs would be nobody's. */
static void kill_tasks(const MuPod *pod, MuEffects *effects) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (mu_task_is_alive(task))
      mu_effects_kill(effects, task->record->task_id, task->record->agent_id);
  }
}

void mu_service_force_gone(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod)) {
    kill_tasks(pod, effects);
    mu_service_erase_pod(service, pod, effects);
  }
  service->wants_more = TRUE;
}

/* ---- what it waits for --------------------------------------------------------------------------------------------- */

static void add_code_holdouts(const MuService *service, GPtrArray *lines) {
  const MuPlan *plan = service->deploy;
  const MuStep *step = open_step(plan);
  if (plan->errors->len > 0)
    g_ptr_array_add(lines, g_strdup_printf("the plan cannot go on: %s", (const char *)plan->errors->pdata[0]));
  else
    g_ptr_array_add(lines, g_strdup_printf("step %s of phase %s is not done", step->name, step->phase->name));
}

static void add_pod_holdouts(const MuPod *pod, GPtrArray *lines) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (mu_task_is_alive(task))
      g_ptr_array_add(lines, g_strdup_printf("task %s on %s has not ended", task->record->name,
                                             pod->record == NULL ? "an unknown agent" : pod->record->hostname));
  }
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    g_autofree char *what = mu_resource_to_string(entry->resource);
    const char *host = entry->hostname != NULL ? entry->hostname : pod->record->hostname;
    g_ptr_array_add(lines, g_strdup_printf("%s of %s is still reserved on %s", what, pod->name, host));
  }
}

char **mu_service_holdouts(const MuService *service) {
  GPtrArray *lines = g_ptr_array_new();
  GHashTableIter iter;
  gpointer pod = NULL;
  if (mu_service_code_holds(service))
    add_code_holdouts(service, lines);
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    add_pod_holdouts(pod, lines);
  g_ptr_array_add(lines, NULL);
  return (char **)g_ptr_array_free(lines, FALSE);
}
