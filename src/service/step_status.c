/* What a step is found to be: a pure function of the records of its pod's tasks.
 *
 *              launch                 runs              ready / finished
 *   PENDING ──────────▶ STARTING ──────────▶ STARTED ──────────────────▶ COMPLETE
 *    ▲  ▲ │ old task lives   │ fails            │ fails
 *    │  │ ▼                  ▼                  ▼
 *    │ PREPARED           DELAYED ◀─────────────┘
 *    └──────────────────────┘ backoff over
 */
#include "service_private.h"

#include "custom_work.h"
#include "override.h"

#include <string.h>

const MuBackoff *mu_service_backoff(const MuService *service) {
  return service->scheduler != NULL ? &service->scheduler->backoff : &mu_backoff_default;
}

gboolean mu_step_is_recovery(const MuStep *step) {
  const MuService *service =
      step->work != NULL ? ((const MuCustomWork *)step->work)->service : ((const MuPod *)step->asset)->service;
  return step->phase->plan == service->recovery;
}

const MuTaskSpec *mu_task_launched_spec(const MuTask *task) {
  const MuServiceSpec *spec = mu_service_config(task->pod->service, task->record->config);
  const MuPodSpec *pod = spec == NULL ? NULL : mu_service_spec_pod(spec, task->pod->type);
  return pod == NULL ? NULL : mu_pod_spec_task(pod, task->record->task);
}

static gboolean phase_covers(const MuPhaseSpec *phase, const MuTask *task) {
  if (strcmp(phase->pod, task->pod->type) != 0)
    return FALSE;
  for (guint i = 0; phase->explicit_steps && i < phase->n_steps; i++)
    if (phase->steps[i].index == task->pod->index && g_strv_contains(phase->steps[i].tasks, task->record->task))
      return TRUE;
  return !phase->explicit_steps;
}

/* A plan of the spec has the task in a step, used now or not (`deploy` is not while `update` is). */
static gboolean spec_covers(const MuServiceSpec *spec, const MuTask *task) {
  gboolean own_deploy = FALSE;
  for (guint i = 0; i < spec->n_plans; i++) {
    const MuPlanSpec *plan = &spec->plans[i];
    own_deploy |= strcmp(plan->name, "deploy") == 0;
    for (guint j = 0; j < plan->n_phases; j++)
      if (phase_covers(&plan->phases[j], task))
        return TRUE;
  }
  return !own_deploy;
}

/* Recovery and rolling restarts follow what runs; the others say what is to run. */
static gboolean step_covers(const MuStep *step, guint64 bit) {
  return (step->tasks & bit) != 0 && !mu_step_is_recovery(step) && !mu_step_is_rolling(step);
}

gboolean mu_task_is_wanted(const MuTask *task) {
  const MuPod *pod = task->pod;
  const MuServiceSpec *spec = mu_service_target(pod->service);
  const MuPodSpec *pod_spec = spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
  if (pod_spec == NULL || pod->index >= (guint)pod_spec->count || mu_pod_is_decommissioned(pod))
    return FALSE;
  const MuTaskSpec *task_spec = mu_pod_spec_task(pod_spec, task->record->task);
  guint64 bit = task_spec == NULL ? 0 : G_GUINT64_CONSTANT(1) << (task_spec - pod_spec->tasks);
  for (guint i = 0; i < pod->steps->len; i++)
    if (step_covers(pod->steps->pdata[i], bit))
      return TRUE;
  return task_spec != NULL && spec_covers(spec, task);
}

gboolean mu_task_goal_met(const MuTask *task, const MuTaskSpec *spec) {
  if (task->status == NULL || task->record->paused)
    return FALSE;
  MuTaskState state = task->status->state;
  if (spec->goal != MU_GOAL_RUNNING)
    return state == MU_TASK_FINISHED;
  if (state != MU_TASK_RUNNING)
    return FALSE;
  return spec->readiness_check == NULL || (task->status->has_ready && task->status->ready);
}

gboolean mu_task_has_failed(const MuTask *task) {
  if (task->status == NULL || !mu_task_state_is_terminal(task->status->state))
    return FALSE;
  const MuTaskSpec *spec = mu_task_launched_spec(task);
  if (spec == NULL)
    return FALSE;
  return spec->goal == MU_GOAL_RUNNING || task->record->paused || task->status->state != MU_TASK_FINISHED;
}

gint64 mu_backoff_end_ms(const MuBackoff *backoff, guint failures, gint64 ended_ms) {
  if (!backoff->enabled || failures == 0)
    return ended_ms;
  double delay = (double)backoff->initial_ms;
  for (guint i = 1; i < failures && delay < (double)backoff->max_ms; i++)
    delay *= backoff->factor;
  return ended_ms + (gint64)MIN(delay, (double)backoff->max_ms);
}

gint64 mu_task_relaunch_ms(const MuTask *task) {
  return mu_backoff_end_ms(mu_service_backoff(task->pod->service), task->record->failures, task->record->ended_ms);
}

/* ---- one task ------------------------------------------------------------------------------------------------------- */

/* A new configuration takes unchanged tasks along: their records are moved to it at once (configure.c). */
static gboolean is_on_target(const MuTask *task) {
  return g_strcmp0(task->record->config, task->pod->service->record->target) == 0;
}

MuStatus mu_task_ended_status(const MuTask *task, gint64 now_ms, gint64 *delayed_until_ms) {
  gint64 at = mu_task_relaunch_ms(task);
  if (at <= now_ms)
    return MU_STATUS_PENDING;
  *delayed_until_ms = MAX(*delayed_until_ms, at);
  return MU_STATUS_DELAYED;
}

MuStatus mu_task_alive_status(const MuTask *task) {
  if (task->record->kill == MU_KILL_WANTED || task->next_kill_ms != 0)
    return MU_STATUS_PREPARED;
  if (task->status == NULL || task->status->state == MU_TASK_STAGING || task->status->state == MU_TASK_STARTING)
    return MU_STATUS_STARTING;
  return MU_STATUS_STARTED;
}

/* Recovery brings back what ran once in its configuration. What was made to begin anew since, or went over to another
 * configuration, is a plan's. */
static gboolean is_recoverys(const MuPod *pod, const MuTask *task) {
  return task != NULL && task->record->reached && !task->record->anew_begun &&
         g_strcmp0(task->record->config, mu_step_config_id(pod, TRUE)) == 0;
}

gboolean mu_task_is_anew_for(const MuTask *task, const MuStep *step) {
  return task->record->anew != NULL && strcmp(task->record->anew, step->phase->plan->name) == 0;
}

/* A run of before that is to make room: it is ended when the step is worked on. */
static MuStatus old_status(const MuTask *task) {
  gboolean ending = task->record->kill == MU_KILL_WANTED || task->next_kill_ms != 0;
  return mu_task_is_alive(task) && ending ? MU_STATUS_PREPARED : MU_STATUS_PENDING;
}

static MuStatus anew_status(const MuTask *task, gint64 now_ms, gint64 *delayed_until_ms) {
  if (!task->record->anew_begun)
    return old_status(task);
  return mu_task_is_alive(task) ? mu_task_alive_status(task) : mu_task_ended_status(task, now_ms, delayed_until_ms);
}

/* As a plan that leads to the target sees it; it is not decided yet when COUNT is returned. */
static MuStatus target_status(const MuTask *task, const MuTaskSpec *spec) {
  if (task->record->reached && spec->goal == MU_GOAL_ONCE)
    return MU_STATUS_COMPLETE;
  if (!is_on_target(task))
    return old_status(task);
  return task->record->reached ? MU_STATUS_COMPLETE : MU_STATUS_COUNT;
}

static MuStatus task_status(const MuStep *step, const MuTaskSpec *spec, gint64 now_ms, gint64 *delayed_until_ms) {
  const MuPod *pod = step->asset;
  const MuTask *task = mu_pod_task(pod, spec->name);
  gboolean recovery = mu_step_is_recovery(step);
  if (recovery && !is_recoverys(pod, task))
    return MU_STATUS_COMPLETE;
  if (task == NULL)
    return MU_STATUS_PENDING;
  if (mu_task_is_anew_for(task, step))
    return anew_status(task, now_ms, delayed_until_ms);
  MuStatus decided = recovery ? MU_STATUS_COUNT : target_status(task, spec);
  if (decided != MU_STATUS_COUNT)
    return decided;
  if (mu_task_goal_met(task, spec) && task->record->kill != MU_KILL_WANTED)
    return MU_STATUS_COMPLETE;
  return mu_task_is_alive(task) ? mu_task_alive_status(task) : mu_task_ended_status(task, now_ms, delayed_until_ms);
}

/* ---- several -------------------------------------------------------------------------------------------------------- */

/* The least advanced task decides. */
static guint rank(MuStatus status) {
  static const guint RANKS[MU_STATUS_COUNT] = {
      [MU_STATUS_ERROR] = 0,    [MU_STATUS_PREPARED] = 1, [MU_STATUS_DELAYED] = 2,  [MU_STATUS_PENDING] = 3,
      [MU_STATUS_STARTING] = 4, [MU_STATUS_STARTED] = 5,  [MU_STATUS_COMPLETE] = 6,
  };
  return RANKS[status];
}

MuStatus mu_status_least(MuStatus a, MuStatus b) {
  return rank(a) < rank(b) ? a : b;
}

const char *mu_step_config_id(const MuPod *pod, gboolean recovery) {
  return recovery && pod->recovery_config != NULL ? pod->recovery_config : pod->service->record->target;
}

const MuPodSpec *mu_step_pod_spec(const MuPod *pod, gboolean recovery) {
  const MuServiceSpec *spec = mu_service_config(pod->service, mu_step_config_id(pod, recovery));
  return spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
}

const MuPodSpec *mu_step_spec(const MuStep *step) {
  return step->part != NULL ? mu_override_spec(step) : mu_step_pod_spec(step->asset, mu_step_is_recovery(step));
}

const char *mu_step_config(const MuStep *step) {
  const MuOverridePart *part = step->part;
  return part != NULL ? part->config : mu_step_config_id(step->asset, mu_step_is_recovery(step));
}

static gboolean is_ready(const MuTask *task) {
  const MuTaskSpec *spec = task == NULL ? NULL : mu_task_launched_spec(task);
  return spec != NULL && task->record->kill == MU_KILL_NONE && mu_task_goal_met(task, spec);
}

gboolean mu_pod_is_ready(const MuPod *pod) {
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++)
    if (!is_ready(mu_pod_task(pod, spec->tasks[i].name)))
      return FALSE;
  return spec != NULL && pod->index < (guint)spec->count;
}

MuStatus mu_step_find_status(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms) {
  const MuPod *pod = step->asset;
  gboolean recovery = mu_step_is_recovery(step);
  const MuPodSpec *pod_spec = mu_step_pod_spec(pod, recovery);
  MuStatus worst = MU_STATUS_COMPLETE;
  if (pod_spec ==
      NULL) /* a recovery's configuration is dropped when nothing runs with it: then it has nothing to bring back */
    return recovery ? MU_STATUS_COMPLETE : MU_STATUS_PENDING;
  if (pod->record != NULL && pod->record->fate != MU_POD_KEEP)
    return MU_STATUS_PREPARED;
  for (guint i = 0; i < pod_spec->n_tasks; i++) {
    if ((step->tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      worst = mu_status_least(worst, task_status(step, &pod_spec->tasks[i], now_ms, ret_delayed_until_ms));
  }
  return worst;
}

guint64 mu_step_tasks_to_launch(const MuStep *step) {
  if (step->part != NULL)
    return mu_override_tasks_to_launch(step);
  const MuPodSpec *pod_spec = mu_step_pod_spec(step->asset, mu_step_is_recovery(step));
  guint64 launch = 0;
  gint64 ignored = 0;
  for (guint i = 0; pod_spec != NULL && i < pod_spec->n_tasks; i++) {
    guint64 bit = G_GUINT64_CONSTANT(1) << i;
    if ((step->tasks & bit) == 0)
      continue;
    MuStatus status = task_status(step, &pod_spec->tasks[i], G_MAXINT64, &ignored);
    if (status == MU_STATUS_PENDING || status == MU_STATUS_PREPARED)
      launch |= bit;
  }
  return launch;
}
