/* Recovery: a task that reached its goal once under a plan and fails later is relaunched on its own resources, in the
 * configuration that it ran with. One phase of the recovery plan for each pod that needs it. */
#include "service_private.h"

#include "launch.h"
#include "marks.h"
#include "override.h"

#include <string.h>

/* Recovery answers for tasks that a plan brought up once; before that, the plan's own step tries again. */
static gboolean needs_recovery(const MuTask *task) {
  return task->record->reached && !task->record->anew_begun && mu_task_has_failed(task) && mu_task_is_wanted(task) &&
         !mu_override_covers(task);
}

/* The configuration of the first task that needs recovery; NULL when none does. */
static const char *failed_config(const MuPod *pod) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (needs_recovery(task))
      return task->record->config;
  }
  return NULL;
}

static gboolean is_running_kind(const MuTask *task, const MuTaskSpec *spec) {
  return spec->goal == MU_GOAL_RUNNING || mu_task_is_alive(task);
}

/* The tasks that recovery has to bring back: those that failed; and when one of them is essential, all that are meant to
 * run with it. */
static guint64 find_tasks(const MuPod *pod, const MuPodSpec *spec) {
  guint64 failed = 0, together = 0;
  gboolean essential = FALSE;
  for (guint i = 0; i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    guint64 bit = G_GUINT64_CONSTANT(1) << i;
    if (task == NULL || g_strcmp0(task->record->config, pod->recovery_config) != 0)
      continue; /* of another configuration: a phase of its own, after this one */
    if (is_running_kind(task, &spec->tasks[i]) && task->record->reached)
      together |= bit;
    if (needs_recovery(task)) {
      failed |= bit;
      essential |= spec->tasks[i].essential;
    }
  }
  return essential ? failed | together : failed;
}

static char *phase_name(const MuPod *pod, const MuPodSpec *spec, guint64 tasks) {
  GString *name = g_string_new(pod->name);
  const char *separator = ":[";
  for (guint i = 0; i < spec->n_tasks; i++) {
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    g_string_append_printf(name, "%s%s", separator, spec->tasks[i].name);
    separator = ", ";
  }
  g_string_append_c(name, ']');
  return g_string_free(name, FALSE);
}

/* When the last one of the essential tasks that failed ended; 0: none failed. */
static gint64 essential_ended_ms(const MuPod *pod, const MuPodSpec *spec) {
  gint64 ended_ms = 0;
  for (guint i = 0; i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if (task != NULL && spec->tasks[i].essential && needs_recovery(task))
      ended_ms = MAX(ended_ms, task->record->ended_ms);
  }
  return ended_ms;
}

/* The others of an essential task's pod go down with it, each time it fails. */
static void end_live_tasks(MuPod *pod, const MuPodSpec *spec, guint64 tasks, MuEffects *effects) {
  gint64 ended_ms = essential_ended_ms(pod, spec);
  for (guint i = 0; i < spec->n_tasks; i++) {
    MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) != 0 && task != NULL && mu_task_is_alive(task) &&
        task->record->launched_ms <= ended_ms)
      mu_task_want_kill(task, effects);
  }
}

static void begin(MuPod *pod, const MuPodSpec *spec, guint64 tasks) {
  MuService *service = pod->service;
  if (pod->recovery != NULL)
    mu_service_remove_phase(service, pod->recovery);
  g_autofree char *name = phase_name(pod, spec, tasks);
  pod->recovery = mu_plan_add_phase(service->recovery, name, MU_STRATEGY_PARALLEL);
  mu_service_add_step(service, pod->recovery, pod, name, tasks);
  mu_marks_apply_phase(service, pod->recovery);
}

static gboolean is_active(const MuPod *pod) {
  return pod->recovery != NULL && pod->recovery->status != MU_STATUS_COMPLETE;
}

/* It brought back tasks of a configuration that none of them has any more: it is over, whatever its step shows while the instance is
 * on its way out. */
static gboolean is_of_before(const MuPod *pod) {
  for (guint i = 0; i < pod->tasks->len; i++)
    if (g_strcmp0(((const MuTask *)pod->tasks->pdata[i])->record->config, pod->recovery_config) == 0)
      return FALSE;
  return TRUE;
}

static void take_config(MuPod *pod, const char *config) {
  char *copy = g_strdup(config);
  g_free(pod->recovery_config);
  pod->recovery_config = copy;
}

/* Code is asked about a replaced instance when all of it is down, and not about the first task that is. */
static gboolean waits_for_last(const MuPod *pod) {
  return mu_service_has_overrider(pod->service) && mu_pod_is_leaving(pod) && mu_pod_has_live_task(pod);
}

void mu_recovery_refresh(MuPod *pod, MuEffects *effects) {
  MuService *service = pod->service;
  if (service->recovery == NULL)
    return;
  if (pod->record != NULL && pod->record->fate == MU_POD_ERASE) {
    mu_override_drop(pod, effects);
    return;
  }
  if (mu_override_keeps(pod, effects) || waits_for_last(pod))
    return;
  const char *config = failed_config(pod);
  if (config == NULL)
    return;
  gboolean goes_on = is_active(pod) && !is_of_before(pod);
  if (!goes_on)
    take_config(pod, config);
  const MuPodSpec *spec = mu_step_pod_spec(pod, TRUE);
  if (spec == NULL)
    return;
  guint64 tasks = find_tasks(pod, spec);
  if (mu_override_takes(pod, spec, tasks, effects))
    return;
  const MuStep *step = goes_on ? pod->recovery->steps->pdata[0] : NULL;
  if (step == NULL || (tasks & ~step->tasks) != 0)
    begin(pod, spec, tasks | (step == NULL ? 0 : step->tasks));
  end_live_tasks(pod, spec, tasks, effects);
}

gboolean mu_recovery_is_under_way(const MuPod *pod) {
  return is_active(pod) || mu_pod_is_leaving(pod) || failed_config(pod) != NULL;
}

gboolean mu_recovery_is_due(const MuPod *pod) {
  const MuService *service = pod->service;
  if (service->recovery == NULL || mu_pod_is_leaving(pod) || is_active(pod) || mu_override_is_open(pod))
    return FALSE;
  return failed_config(pod) != NULL;
}
