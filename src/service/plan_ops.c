/* What operators do to the plans of a running service: PlansQueries of dcos-commons. */
#include "service_private.h"

#include "custom_work.h"
#include "json.h"
#include "marks.h"
#include "override.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

static const char *const NAMES[] = {
    [MU_PLAN_OP_START] = "start",
    [MU_PLAN_OP_STOP] = "stop",
    [MU_PLAN_OP_INTERRUPT] = "interrupt",
    [MU_PLAN_OP_CONTINUE] = "continue",
    [MU_PLAN_OP_FORCE_COMPLETE] = "forceComplete",
    [MU_PLAN_OP_RESTART] = "restart",
};

const char *mu_plan_op_to_string(MuPlanOp op) {
  return NAMES[op];
}

/* ---- parameters ---------------------------------------------------------------------------------------------------- */

static gboolean is_env_name(const char *name) {
  if (!g_ascii_isalpha(*name) && *name != '_')
    return FALSE;
  for (; *name != '\0'; name++)
    if (!g_ascii_isalnum(*name) && *name != '_')
      return FALSE;
  return TRUE;
}

static gboolean check_parameter(const char *name, const json_t *value, GError **error) {
  if (!is_env_name(name))
    g_set_error(
        error, MU_ERROR, MU_ERROR_REFUSED,
        "parameter \"%.100s\" is no name of an environment variable: letters, digits and _, not beginning with a "
        "digit, were expected",
        name);
  else if (!json_is_string(value))
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "parameter %s is no string", name);
  else if (strlen(json_string_value(value)) != json_string_length(value))
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "parameter %s has a NUL in its value", name);
  else
    return TRUE;
  return FALSE;
}

static gboolean check_parameters(json_t *parameters, GError **error) {
  gsize bytes = 0;
  const char *name;
  json_t *value;
  json_object_foreach (parameters, name, value) {
    if (!check_parameter(name, value, error))
      return FALSE;
    bytes += strlen(name) + json_string_length(value);
  }
  if (json_object_size(parameters) <= MU_PLAN_MAX_PARAMETERS && bytes <= MU_PLAN_MAX_PARAMETER_BYTES)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
              "%" G_GSIZE_FORMAT " parameters with %" G_GSIZE_FORMAT
              " bytes; at most %u (MU_PLAN_MAX_PARAMETERS) with %u (MU_PLAN_MAX_PARAMETER_BYTES) are accepted",
              json_object_size(parameters), bytes, MU_PLAN_MAX_PARAMETERS, MU_PLAN_MAX_PARAMETER_BYTES);
  return FALSE;
}

/* Each task that the plan launches keeps them. */
static gboolean check_room(const MuService *service, const MuPlan *plan, const json_t *parameters,
                           const MuEffects *effects, GError **error) {
  gsize n = 1;
  if (json_object_size(parameters) == 0)
    return TRUE;
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++)
      n += (gsize)__builtin_popcountll(((const MuStep *)phase->steps->pdata[j])->tasks);
  }
  g_autofree char *text = mu_json_to_string(parameters);
  return mu_stored_check(service, n * strlen(text), "the parameters, kept with each task of the plan,", effects, error);
}

static void take_parameters(MuPlan *plan, const json_t *parameters) {
  g_free(plan->parameters);
  plan->parameters = json_object_size(parameters) == 0 ? NULL : mu_json_to_string(parameters);
}

/* ---- steps --------------------------------------------------------------------------------------------------------- */

void mu_task_forget_anew(MuTask *task, MuEffects *effects) {
  if (task->record->anew == NULL)
    return;
  mu_task_record_set(task->record, &task->record->anew, NULL);
  task->record->anew_begun = FALSE;
  mu_task_put(task, effects);
}

/* The run that there is stays until the step is worked on. */
static void set_anew(MuTask *task, const MuStep *step, MuEffects *effects) {
  mu_task_record_set(task->record, &task->record->anew, g_strdup(step->phase->plan->name));
  task->record->anew_begun = FALSE;
  task->record->failures = 0;
  mu_task_put(task, effects);
}

static void set_all_anew(MuStep *step, gboolean anew, MuEffects *effects) {
  MuPod *pod = step->asset;
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((step->tasks & (G_GUINT64_CONSTANT(1) << i)) == 0 || task == NULL)
      continue;
    if (anew)
      set_anew(task, step, effects);
    else if (mu_task_is_anew_for(task, step))
      mu_task_forget_anew(task, effects);
  }
  mu_pod_mark_dirty(pod);
}

static void set_interrupted(MuService *service, MuStep *step, gboolean interrupted, MuEffects *effects) {
  mu_step_set_interrupted(step, interrupted);
  mu_marks_put_step(service, step, effects);
  if (step->asset != NULL)
    mu_pod_mark_dirty(step->asset);
}

/* Of an instance on its way out: an operator's word that the rest of it is gone. */
static void force_step(MuService *service, MuStep *step, MuEffects *effects) {
  if (step->work != NULL) {
    mu_custom_force(step, effects);
    return;
  }
  if (step->part != NULL) {
    mu_override_force(step, effects);
    return;
  }
  if (step->tasks == 0) {
    mu_teardown_forget(step->asset, effects);
    return;
  }
  mu_step_set_forced(step, TRUE);
  set_all_anew(step, FALSE, effects);
  mu_marks_put_step(service, step, effects);
}

static void begin_anew(MuService *service, MuStep *step, MuEffects *effects) {
  if (step->work != NULL) {
    mu_custom_restart(step, effects);
    return;
  }
  if (step->part != NULL) {
    mu_override_restart(step, effects);
    return;
  }
  mu_step_set_forced(step, FALSE);
  set_all_anew(step, TRUE, effects);
  mu_marks_put_step(service, step, effects);
}

static void on_step(MuService *service, MuStep *step, MuPlanOp op, MuEffects *effects) {
  if (op == MU_PLAN_OP_FORCE_COMPLETE) {
    force_step(service, step, effects);
    return;
  }
  set_interrupted(service, step, op == MU_PLAN_OP_INTERRUPT, effects);
  if (op == MU_PLAN_OP_RESTART)
    begin_anew(service, step, effects);
}

/* ---- phases and plans ---------------------------------------------------------------------------------------------- */

/* Force-complete and the restarting half of others are done to each step; its own mark, and that of the elements above it, stay. */
static void each_step(MuService *service, MuPhase *phase, MuPlanOp op, MuEffects *effects) {
  for (guint i = 0; i < phase->steps->len; i++) {
    if (op == MU_PLAN_OP_FORCE_COMPLETE)
      force_step(service, phase->steps->pdata[i], effects);
    else
      begin_anew(service, phase->steps->pdata[i], effects);
  }
}

/* What an operator held goes on; what its canary holds goes one stage further. */
static void proceed_phase(MuPhase *phase) {
  if (phase->interrupted)
    mu_phase_set_interrupted(phase, FALSE);
  else
    mu_phase_advance_canary(phase);
}

static void proceed_plan(MuPlan *plan) {
  if (plan->interrupted)
    mu_plan_set_interrupted(plan, FALSE);
  else
    mu_plan_advance_canary(plan);
}

static void on_phase(MuService *service, MuPhase *phase, MuPlanOp op, MuEffects *effects) {
  if (op == MU_PLAN_OP_INTERRUPT)
    mu_phase_set_interrupted(phase, TRUE);
  else if (op == MU_PLAN_OP_CONTINUE || op == MU_PLAN_OP_RESTART)
    proceed_phase(phase);
  mu_marks_put_phase(service, phase, effects);
  if (op == MU_PLAN_OP_RESTART || op == MU_PLAN_OP_FORCE_COMPLETE)
    each_step(service, phase, op, effects);
}

static void on_plan(MuService *service, MuPlan *plan, MuPlanOp op, MuEffects *effects) {
  gboolean anew =
      op == MU_PLAN_OP_RESTART || op == MU_PLAN_OP_STOP || (op == MU_PLAN_OP_START && mu_plan_is_complete(plan));
  if (op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_STOP)
    mu_plan_set_interrupted(plan, TRUE);
  else if (op != MU_PLAN_OP_FORCE_COMPLETE)
    proceed_plan(plan);
  mu_marks_put_plan(service, plan, effects);
  for (guint i = 0; (anew || op == MU_PLAN_OP_FORCE_COMPLETE) && i < plan->phases->len; i++)
    each_step(service, plan->phases->pdata[i], anew ? MU_PLAN_OP_RESTART : op, effects);
}

static void mark_pods(const MuPlan *plan) {
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++)
      if (((const MuStep *)phase->steps->pdata[j])->asset != NULL)
        mu_pod_mark_dirty(((const MuStep *)phase->steps->pdata[j])->asset);
  }
}

/* ---- what may be asked --------------------------------------------------------------------------------------------- */

/* The reference answers these with 208. `grows`: it is complete only until there is something to do again, so it can be
 * interrupted ahead of that. */
static gboolean is_already(MuPlanOp op, MuStatus status, gboolean interrupted, gboolean grows) {
  gboolean complete = status == MU_STATUS_COMPLETE;
  switch (op) {
  case MU_PLAN_OP_INTERRUPT: return interrupted || (complete && !grows);
  case MU_PLAN_OP_CONTINUE: return !interrupted && (complete || mu_status_is_running(status));
  case MU_PLAN_OP_FORCE_COMPLETE: return complete;
  case MU_PLAN_OP_RESTART: return status == MU_STATUS_PENDING;
  default: return FALSE;
  }
}

static gboolean refuse(const MuPlan *plan, const char *why, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "plan %s %s", plan->name, why);
  return FALSE;
}

/* The element that is named, with NULL for what it is not. */
typedef struct {
  MuPlan *plan;
  MuPhase *phase;
  MuStep *step;
} Element;

/* A recovery that code has taken over is a list of things to do as others. */
static gboolean is_of_code(const Element *element) {
  const MuPhase *phase = element->phase;
  const MuStep *first = phase == NULL || phase->steps->len == 0 ? NULL : phase->steps->pdata[0];
  return first != NULL && phase->status != MU_STATUS_COMPLETE && (first->part != NULL || first->work != NULL);
}

/* What recovery, decommission and uninstall do follows from the state of the pods: there is nothing in them to restart or
 * to declare done. */
static gboolean check_op(const MuService *service, const Element *element, MuPlanOp op, GError **error) {
  const MuPlan *plan = element->plan;
  gboolean from_state =
      plan == service->recovery || plan == service->decommission || service->record->state != MU_SERVICE_RUNNING;
  gboolean held = op == MU_PLAN_OP_INTERRUPT || op == MU_PLAN_OP_CONTINUE;
  if (plan == service->rolling && !held && op != MU_PLAN_OP_FORCE_COMPLETE)
    return refuse(plan, "is begun anew with: muster service restart", error);
  gboolean forgets = op == MU_PLAN_OP_FORCE_COMPLETE && plan != service->recovery;
  if (from_state && !held && !forgets && !is_of_code(element))
    return refuse(plan,
                  "follows the state of the pods and cannot be started, stopped, restarted or forced; interrupt and "
                  "continue work, and so do pod restart and pod replace",
                  error);
  return TRUE;
}

static gboolean find_element(const MuService *service, const MuPlanRequest *request, Element *ret, GError **error) {
  ret->plan = mu_service_find_plan(service, request->plan, error);
  if (ret->plan == NULL)
    return FALSE;
  if (request->phase == NULL && request->step != NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "a step is named together with its phase");
    return FALSE;
  }
  ret->phase = request->phase == NULL ? NULL : mu_plan_find_phase(ret->plan, request->phase);
  ret->step = ret->phase == NULL || request->step == NULL ? NULL : mu_phase_find_step(ret->phase, request->step);
  if ((request->phase == NULL || ret->phase != NULL) && (request->step == NULL || ret->step != NULL))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "plan %s has no %s %s; see it with: muster plan show %s %s",
              request->plan, ret->phase == NULL ? "phase" : "step", ret->phase == NULL ? request->phase : request->step,
              service->name, request->plan);
  return FALSE;
}

static gboolean element_is_already(const MuService *service, const Element *element, MuPlanOp op) {
  if (element->step != NULL)
    return is_already(op, element->step->status, element->step->interrupted, FALSE);
  if (element->phase != NULL)
    return is_already(op, element->phase->status, element->phase->interrupted, FALSE);
  return is_already(op, element->plan->status, element->plan->interrupted, element->plan == service->recovery);
}

gboolean mu_service_plan_op(MuService *service, const MuPlanRequest *request, gboolean *ret_already, MuEffects *effects,
                            GError **error) {
  Element element = {0};
  if (!find_element(service, request, &element, error) || !check_op(service, &element, request->op, error) ||
      !check_parameters(request->parameters, error))
    return FALSE;
  *ret_already = element_is_already(service, &element, request->op);
  if (*ret_already)
    return TRUE;
  if (request->op == MU_PLAN_OP_START && !check_room(service, element.plan, request->parameters, effects, error))
    return FALSE;
  if (request->op == MU_PLAN_OP_START)
    take_parameters(element.plan, request->parameters);
  if (element.step != NULL)
    on_step(service, element.step, request->op, effects);
  else if (element.phase != NULL)
    on_phase(service, element.phase, request->op, effects);
  else
    on_plan(service, element.plan, request->op, effects);
  if (element.plan == service->decommission || service->record->state != MU_SERVICE_RUNNING)
    mark_pods(element.plan);
  return TRUE;
}
