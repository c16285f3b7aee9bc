/* What operators do to a running service. */
#include "service_private.h"

#include <muster/error.h>

#include <string.h>

/* ---- pods ---------------------------------------------------------------------------------------------------------- */

static MuPod *find_pod(MuService *service, const char *name, GError **error)
{
  MuPod *pod = mu_service_pod(service, name);
  if (pod == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no pod %s; list them with: muster pod list %s",
                service->name, name, service->name);
  return pod;
}

static void forget_backoff(MuTask *task, MuEffects *effects)
{
  if (task->record->failures == 0)
    return;
  task->record->failures = 0;
  mu_task_put(task, effects);
}

gboolean mu_service_pod_restart(MuService *service, const char *name, gboolean replace, GPtrArray *ret_tasks,
                                MuEffects *effects, GError **error)
{
  MuPod *pod = find_pod(service, name, error);
  if (pod == NULL)
    return FALSE;
  if (service->record->state != MU_SERVICE_RUNNING) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "service %s is being uninstalled", service->name);
    return FALSE;
  }
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

static void plan_op(MuPlan *plan, MuPlanOp op)
{
  if (op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_CONTINUE)
    mu_plan_set_interrupted(plan, op == MU_PLAN_OP_INTERRUPT);
  if (op == MU_PLAN_OP_CONTINUE)
    mu_plan_advance_canary(plan);
}

static void phase_op(MuPhase *phase, MuPlanOp op)
{
  if (op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_CONTINUE)
    mu_phase_set_interrupted(phase, op == MU_PLAN_OP_INTERRUPT);
  if (op == MU_PLAN_OP_CONTINUE)
    mu_phase_advance_canary(phase);
}

static MuPhase *find_phase(MuPlan *plan, const char *name, GError **error)
{
  MuPhase *phase = mu_plan_find_phase(plan, name);
  if (phase == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "plan %s has no phase %s", plan->name, name);
  return phase;
}

gboolean mu_service_plan_op(MuService *service, MuPlanOp op, const char *plan_name, const char *phase_name,
                            const char *step_name, MuEffects *effects, GError **error)
{
  MuPlan *plan = mu_service_plan(service, plan_name);
  (void)effects;
  if (plan == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no plan %s; list them with: muster plan list %s",
                service->name, plan_name, service->name);
    return FALSE;
  }
  if (op != MU_PLAN_OP_INTERRUPT && op != MU_PLAN_OP_CONTINUE) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "this operation is not offered; use interrupt or continue");
    return FALSE;
  }
  if (phase_name == NULL) {
    plan_op(plan, op);
    return TRUE;
  }
  MuPhase *phase = find_phase(plan, phase_name, error);
  if (phase == NULL)
    return FALSE;
  if (step_name == NULL) {
    phase_op(phase, op);
    return TRUE;
  }
  MuStep *step = mu_phase_find_step(phase, step_name);
  if (step == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "phase %s has no step %s", phase_name, step_name);
    return FALSE;
  }
  mu_step_set_interrupted(step, op == MU_PLAN_OP_INTERRUPT);
  return TRUE;
}
