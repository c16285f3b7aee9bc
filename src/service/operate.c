/* What operators do to a running service. */
#include "service_private.h"

#include "marks.h"
#include <muster/error.h>

#include <string.h>

/* ---- pods ---------------------------------------------------------------------------------------------------------- */

MuPod *mu_service_require_pod(MuService *service, const char *name, GError **error) {
  MuPod *pod = mu_service_pod(service, name);
  if (pod == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no pod %s; list them with: muster pod list %s",
                service->name, name, service->name);
  else if (service->record->state != MU_SERVICE_RUNNING)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "service %s is being uninstalled", service->name);
  return service->record->state == MU_SERVICE_RUNNING ? pod : NULL;
}

static void forget_backoff(MuTask *task, MuEffects *effects) {
  if (task->record->failures == 0)
    return;
  task->record->failures = 0;
  mu_task_put(task, effects);
}

gboolean mu_service_pod_restart(MuService *service, const char *name, gboolean replace, GPtrArray *ret_tasks,
                                MuEffects *effects, GError **error) {
  MuPod *pod = mu_service_require_pod(service, name, error);
  if (pod == NULL)
    return FALSE;
  if (replace && pod->record != NULL && pod->record->fate == MU_POD_KEEP) {
    pod->record->fate = MU_POD_REPLACE;
    mu_pod_put(pod, effects);
  }
  for (guint i = 0; i < pod->tasks->len; i++) {
    MuTask *task = pod->tasks->pdata[i];
    g_ptr_array_add(ret_tasks, g_strdup(task->record->name));
    forget_backoff(task, effects);
    if (mu_task_is_alive(task))
      mu_task_want_kill(task, effects);
  }
  mu_pod_mark_dirty(pod);
  return TRUE;
}

/* ---- plans --------------------------------------------------------------------------------------------------------- */

/* The step's tasks begin anew: those that run are ended, those that ended are forgotten. */
static void restart_step(MuStep *step, MuEffects *effects) {
  MuPod *pod = step->asset;
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((step->tasks & (G_GUINT64_CONSTANT(1) << i)) == 0 || task == NULL)
      continue;
    if (!mu_task_is_alive(task)) {
      mu_pod_erase_task(pod, task, effects);
      continue;
    }
    task->record->reached = FALSE;
    task->record->kill = MU_KILL_WANTED;
    task->record->kill_since_ms = effects->now_ms;
    mu_task_put(task, effects);
  }
  mu_pod_mark_dirty(pod);
}

static void step_op(MuService *service, MuStep *step, MuPlanOp op, MuEffects *effects) {
  switch (op) {
  case MU_PLAN_OP_INTERRUPT:
  case MU_PLAN_OP_CONTINUE: mu_step_set_interrupted(step, op == MU_PLAN_OP_INTERRUPT); break;
  case MU_PLAN_OP_FORCE_COMPLETE: mu_step_set_forced(step, TRUE); break;
  case MU_PLAN_OP_RESTART:
    mu_step_set_forced(step, FALSE);
    restart_step(step, effects);
    break;
  }
  mu_marks_put_step(service, step, effects);
  mu_pod_mark_dirty(step->asset);
}

/* Interrupt and continue are marks of the phase itself; the others are done to each of its steps. */
static void phase_op(MuService *service, MuPhase *phase, MuPlanOp op, MuEffects *effects) {
  if (op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_CONTINUE) {
    mu_phase_set_interrupted(phase, op == MU_PLAN_OP_INTERRUPT);
    if (op == MU_PLAN_OP_CONTINUE)
      mu_phase_advance_canary(phase);
    mu_marks_put_phase(service, phase, effects);
    return;
  }
  for (guint i = 0; i < phase->steps->len; i++)
    step_op(service, phase->steps->pdata[i], op, effects);
}

static void plan_op(MuService *service, MuPlan *plan, MuPlanOp op, MuEffects *effects) {
  if (op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_CONTINUE) {
    mu_plan_set_interrupted(plan, op == MU_PLAN_OP_INTERRUPT);
    if (op == MU_PLAN_OP_CONTINUE)
      mu_plan_advance_canary(plan);
    mu_marks_put_plan(service, plan, effects);
    return;
  }
  for (guint i = 0; i < plan->phases->len; i++)
    phase_op(service, plan->phases->pdata[i], op, effects);
}

static MuPlan *find_plan(MuService *service, const char *name, GError **error) {
  MuPlan *plan = mu_service_plan(service, name);
  if (plan == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no plan %s; list them with: muster plan list %s",
                service->name, name, service->name);
  return plan;
}

/* What recovery, decommission and uninstall do follows from the state of the pods: there is nothing in them to restart or
 * to declare done. */
static gboolean check_op(const MuService *service, const MuPlan *plan, MuPlanOp op, GError **error) {
  gboolean from_state =
      plan == service->recovery || plan == service->decommission || service->record->state != MU_SERVICE_RUNNING;
  if (plan == service->rolling && op == MU_PLAN_OP_RESTART) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "plan %s is begun anew with: muster service restart %s", plan->name,
                service->name);
    return FALSE;
  }
  if (!from_state || op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_CONTINUE)
    return TRUE;
  g_set_error(
      error, MU_ERROR, MU_ERROR_CONFLICT,
      "plan %s follows the state of the pods and cannot be restarted or forced; interrupt and continue work, and so "
      "do pod restart and pod replace",
      plan->name);
  return FALSE;
}

gboolean mu_service_plan_op(MuService *service, MuPlanOp op, const char *plan_name, const char *phase_name,
                            const char *step_name, MuEffects *effects, GError **error) {
  MuPlan *plan = find_plan(service, plan_name, error);
  if (plan == NULL || !check_op(service, plan, op, error))
    return FALSE;
  if (phase_name == NULL && step_name == NULL) {
    plan_op(service, plan, op, effects);
    return TRUE;
  }
  if (phase_name == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "a step is named together with its phase");
    return FALSE;
  }
  MuPhase *phase = mu_plan_find_phase(plan, phase_name);
  MuStep *step = phase == NULL || step_name == NULL ? NULL : mu_phase_find_step(phase, step_name);
  if (phase == NULL || (step_name != NULL && step == NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "plan %s has no %s %s; see it with: muster plan show %s %s",
                plan->name, phase == NULL ? "phase" : "step", phase == NULL ? phase_name : step_name, service->name,
                plan->name);
    return FALSE;
  }
  if (step != NULL)
    step_op(service, step, op, effects);
  else
    phase_op(service, phase, op, effects);
  return TRUE;
}
