/* The rolling restart: every pod is restarted where it is, one after another as the strategy has it, and the next one when it
 * runs well again. It needs no change of the spec. Its plan launches nothing: a step ends the runs that are older than the
 * restart, which is a number in the records of the service and of each run, and waits while recovery brings them back. */
#include "service_private.h"

#include "marks.h"
#include <muster/error.h>

#include <string.h>

gboolean mu_step_is_rolling(const MuStep *step) {
  return step->asset != NULL && step->phase->plan == ((const MuPod *)step->asset)->service->rolling;
}

/* ---- the plan ------------------------------------------------------------------------------------------------------ */

static guint64 running_tasks(const MuPodSpec *pod) {
  guint64 tasks = 0;
  for (guint i = 0; i < pod->n_tasks; i++)
    if (pod->tasks[i].goal == MU_GOAL_RUNNING)
      tasks |= G_GUINT64_CONSTANT(1) << i;
  return tasks;
}

void mu_rolling_add_plan(MuService *service, const MuServiceSpec *spec) {
  MuStrategyKind strategy = MU_STRATEGY_SERIAL;
  if (service->record->restarts == 0)
    return;
  mu_strategy_parse(service->record->restart_strategy, &strategy);
  service->rolling = mu_service_add_plan(service, MU_ROLLING_PLAN,
                                         strategy == MU_STRATEGY_PARALLEL ? MU_STRATEGY_PARALLEL : MU_STRATEGY_SERIAL);
  for (guint i = 0; i < spec->n_pods; i++) {
    guint64 tasks = running_tasks(&spec->pods[i]);
    MuPhase *phase = tasks == 0 ? NULL : mu_plan_add_phase(service->rolling, spec->pods[i].type, strategy);
    for (guint j = 0; phase != NULL && j < (guint)spec->pods[i].count; j++)
      mu_service_add_pod_step(service, phase, &spec->pods[i], j, tasks);
  }
}

/* ---- a step -------------------------------------------------------------------------------------------------------- */

/* What was never launched needs no restart; who paused a task looks at it. */
static gboolean concerns(const MuPod *pod, const MuTask *task) {
  return task != NULL && !mu_pod_is_paused(pod, task->record->task);
}

static gboolean is_older(const MuTask *task) {
  return task->record->restarts < task->pod->service->record->restarts;
}

static MuStatus task_status(const MuTask *task, const MuTaskSpec *spec, gint64 now_ms, gint64 *delayed_until_ms) {
  if (mu_task_is_alive(task) && is_older(task))
    return task->record->kill == MU_KILL_WANTED ? MU_STATUS_PREPARED : MU_STATUS_PENDING;
  if (mu_task_is_alive(task))
    return mu_task_goal_met(task, spec) ? MU_STATUS_COMPLETE : mu_task_alive_status(task);
  return mu_task_ended_status(task, now_ms, delayed_until_ms); /* another plan brings it back */
}

MuStatus mu_rolling_find_status(const MuPod *pod, guint64 tasks, gint64 now_ms, gint64 *ret_delayed_until_ms) {
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  MuStatus least = MU_STATUS_COMPLETE;
  if (mu_pod_is_leaving(pod))
    return MU_STATUS_PREPARED;
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) != 0 && concerns(pod, task))
      least = mu_status_least(least, task_status(task, &spec->tasks[i], now_ms, ret_delayed_until_ms));
  }
  return least;
}

void mu_rolling_end_tasks(MuPod *pod, guint64 tasks, MuEffects *effects) {
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) != 0 && concerns(pod, task) && mu_task_is_alive(task) && is_older(task))
      mu_task_want_kill(task, effects);
  }
}

/* ---- the operation ------------------------------------------------------------------------------------------------- */

static gboolean check(const MuService *service, MuStrategyKind strategy, GError **error) {
  const MuServiceSpec *spec = mu_service_target(service);
  const MuPlan *plan = service->rolling;
  if (service->record->state != MU_SERVICE_RUNNING || spec == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "service %s is being uninstalled", service->name);
  else if (plan == NULL && mu_service_plan(service, MU_ROLLING_PLAN) != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "the spec of service %s has a plan %s of its own; name it otherwise to have rolling restarts",
                service->name, MU_ROLLING_PLAN);
  else if (plan != NULL && !mu_plan_is_complete(plan) &&
           strcmp(service->record->restart_strategy, mu_strategy_to_string(strategy)) != 0)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "a restart of service %s with strategy %s is under way; see it with: muster plan show %s %s; end it "
                "with: muster plan force-complete %s %s",
                service->name, service->record->restart_strategy, service->name, MU_ROLLING_PLAN, service->name,
                MU_ROLLING_PLAN);
  else
    return TRUE;
  return FALSE;
}

gboolean mu_service_rolling_restart(MuService *service, MuStrategyKind strategy, gboolean *ret_begun,
                                    MuEffects *effects, GError **error) {
  if (!check(service, strategy, error))
    return FALSE;
  *ret_begun = service->rolling == NULL || mu_plan_is_complete(service->rolling);
  if (!*ret_begun)
    return TRUE;
  service->record->restarts++;
  g_free(service->record->restart_strategy);
  service->record->restart_strategy = g_strdup(mu_strategy_to_string(strategy));
  mu_service_put(service, effects);
  mu_marks_clear(service, MU_ROLLING_PLAN, FALSE, effects);
  mu_service_rebuild_plans(service, effects);
  return TRUE;
}
