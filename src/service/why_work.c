/* What a step waits for that no plan holds back: an offer, the end of a task, a check. Found from the records of its pod. */
#include "why.h"

#include "custom_work.h"
#include "service_private.h"

#include <string.h>

/* Everything that is asked about one step. */
typedef struct {
  const MuWhyScene *scene;
  const MuStep *step;
  const MuPod *pod;
  const MuService *service;
  MuWhy *why;
} Work;

static char *pod_command(const Work *w, const char *operation) {
  return g_strdup_printf("muster pod %s %s %s", operation, w->service->name, w->pod->name);
}

static char *logs_command(const Work *w, const MuTask *task) {
  return g_strdup_printf("muster logs %s %s", w->service->name, task->record->name);
}

static const char *host_of(const MuPod *pod) {
  return pod->record != NULL && pod->record->hostname != NULL ? pod->record->hostname : "its agent";
}

/* ---- an offer ------------------------------------------------------------------------------------------------------ */

static char *offer_command(const Work *w, int stage) {
  switch (stage) {
  case -1:
  case MU_STAGE_ROLE: return g_strdup("muster state engine");
  case MU_STAGE_DEPENDENCY:
  case MU_STAGE_DISCIPLINE: return g_strdup("muster service list");
  case MU_STAGE_AGENT:
  case MU_STAGE_RESERVED: return pod_command(w, "replace");
  default: return g_strdup_printf("muster service update %s -f FILE", w->service->name);
  }
}

static MuWhyKind offer_kind(int stage) {
  switch (stage) {
  case MU_STAGE_DEPENDENCY: return MU_WHY_DEPENDENCY;
  case MU_STAGE_DISCIPLINE: return MU_WHY_TURN;
  case MU_STAGE_QUOTA: return MU_WHY_QUOTA;
  case MU_STAGE_BUDGET: return MU_WHY_BUDGET;
  default: return MU_WHY_OFFER;
  }
}

static void ask_offer(const Work *w) {
  const MuOutcome *outcome = w->pod->outcome;
  int stage = outcome == NULL ? -1 : mu_outcome_busiest(outcome);
  if (mu_why_scheduler(w->scene, MU_WHY_STORE, w->why) || mu_why_scheduler(w->scene, MU_WHY_ENGINE, w->why)) {
    w->why->since_ms = w->pod->waiting_since_ms;
    return;
  }
  g_autofree char *summary = outcome == NULL ? NULL : mu_outcome_summary(outcome);
  w->why->kind = offer_kind(stage);
  if (summary != NULL)
    w->why->reason = g_steal_pointer(&summary);
  else if (w->service->waiting > w->service->wanting->len)
    w->why->reason =
        g_strdup_printf("others of the %u steps that wait are tried with offers before it", w->service->waiting);
  else
    w->why->reason = g_strdup("no offer came yet");
  w->why->clears = g_strdup(stage < 0 ? "an offer of an agent" : mu_stage_clears((MuStage)stage));
  w->why->command = offer_command(w, stage);
  w->why->since_ms = w->pod->waiting_since_ms;
  w->why->outcome = outcome;
}

/* ---- tasks --------------------------------------------------------------------------------------------------------- */

static gboolean is_unreachable(const MuTask *task) {
  return task->status != NULL && task->status->state == MU_TASK_UNREACHABLE;
}

static void ask_agent(const Work *w, const MuTask *task) {
  w->why->kind = MU_WHY_AGENT;
  w->why->reason = g_strdup_printf("%s is unreachable, and %s with it", host_of(w->pod), task->record->name);
  w->why->clears = g_strdup("the agent comes back, or the pod is replaced elsewhere");
  w->why->command = pod_command(w, "replace");
  w->why->since_ms = task->status->timestamp_ms;
}

static gint64 grace_of(const MuTask *task) {
  const MuServiceSpec *spec = mu_service_config(task->pod->service, task->record->config);
  const MuPodSpec *pod = spec == NULL ? NULL : mu_service_spec_pod(spec, task->pod->type);
  const MuTaskSpec *task_spec = pod == NULL ? NULL : mu_pod_spec_task(pod, task->record->task);
  return task_spec == NULL ? 0 : task_spec->kill_grace_ms;
}

static void ask_old_task(const Work *w, const MuTask *task) {
  if (is_unreachable(task)) {
    ask_agent(w, task);
    return;
  }
  gint64 grace_ms = grace_of(task);
  g_autofree char *grace = g_strdup_printf(", and is killed after a grace of %" G_GINT64_FORMAT " s", grace_ms / 1000);
  w->why->kind = MU_WHY_OLD_TASK;
  w->why->reason =
      g_strdup_printf("%s has to end first: it was asked to%s", task->record->name, grace_ms > 0 ? grace : "");
  w->why->clears = g_strdup("the task ends");
  w->why->command = logs_command(w, task);
  w->why->since_ms = task->kill_since_ms;
  if (task->kill_since_ms > 0 && grace_ms > 0)
    w->why->until_ms = task->kill_since_ms + grace_ms;
}

static char *forget_command(const Work *w) {
  return g_strdup_printf("muster plan force-complete %s decommission --phase %s", w->service->name, w->pod->name);
}

static void ask_release(const Work *w) {
  guint n = w->pod->record == NULL ? 0 : w->pod->record->entries->len;
  gboolean uninstall = w->service->record->state != MU_SERVICE_RUNNING;
  w->why->kind = MU_WHY_RELEASE;
  w->why->reason = g_strdup_printf("%s gives back what it has on %s: %u reservation%s left", w->pod->name,
                                   host_of(w->pod), n, n == 1 ? " is" : "s are");
  w->why->clears = g_strdup("the agent offers them; they are then destroyed and unreserved");
  w->why->since_ms = uninstall ? w->service->record->changed_ms : w->pod->leaving_ms;
  w->why->command = uninstall ? g_strdup_printf("muster service remove %s --force", w->service->name)
                              : g_strdup("muster state engine");
  gboolean decommission = w->pod->record != NULL && w->pod->record->fate == MU_POD_ERASE;
  if (!uninstall && decommission)
    w->why->command = forget_command(w);
  else if (!uninstall && w->pod->leaving_ms > 0)
    w->why->until_ms = mu_teardown_give_up_ms(w->pod);
}

/* The first of the pod's tasks that lives; of the step's own when `own`. */
static const MuTask *live_task(const Work *w, const MuPodSpec *spec, gboolean own) {
  for (guint i = 0; i < w->pod->tasks->len; i++) {
    const MuTask *task = w->pod->tasks->pdata[i];
    if (!mu_task_is_alive(task))
      continue;
    for (guint j = 0; own && spec != NULL && j < spec->n_tasks; j++)
      if (strcmp(spec->tasks[j].name, task->record->task) == 0 && (w->step->tasks >> j & 1) != 0)
        return task;
    if (!own)
      return task;
  }
  return NULL;
}

static void ask_leaving(const Work *w) {
  const MuTask *task = live_task(w, NULL, FALSE);
  if (task != NULL)
    ask_old_task(w, task);
  else
    ask_release(w);
}

/* ---- backoff ------------------------------------------------------------------------------------------------------- */

/* Words of a status' reason that tell of something missing rather than of the task itself. */
static gboolean is_provision(const char *reason) {
  static const char *const words[] = {"FETCH", "IMAGE", "SECRET", "CONTAINER_LAUNCH_FAILED", NULL};
  for (guint i = 0; reason != NULL && words[i] != NULL; i++)
    if (strstr(reason, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

static const MuTask *last_ended(const Work *w) {
  const MuTask *last = NULL;
  for (guint i = 0; i < w->pod->tasks->len; i++) {
    const MuTask *task = w->pod->tasks->pdata[i];
    if (!mu_task_is_alive(task) && (last == NULL || task->record->ended_ms > last->record->ended_ms))
      last = task;
  }
  return last;
}

static void ask_backoff(const Work *w) {
  const MuTask *task = last_ended(w);
  gint64 left_s = MAX(w->step->delayed_until_ms - w->scene->now_ms, 0) / 1000 + 1;
  w->why->kind = MU_WHY_BACKOFF;
  w->why->until_ms = w->step->delayed_until_ms;
  w->why->clears = g_strdup("the pause passes; a restart of the pod ends it at once");
  w->why->command = pod_command(w, "restart");
  if (task == NULL) {
    w->why->reason = g_strdup_printf("next attempt in %" G_GINT64_FORMAT " s", left_s);
    return;
  }
  const MuTaskStatus *status = task->status;
  const char *message = status->message != NULL && *status->message != '\0' ? status->message : status->reason;
  if (is_provision(status->reason))
    w->why->kind = MU_WHY_PROVISION;
  w->why->since_ms = task->record->ended_ms;
  w->why->reason =
      g_strdup_printf("next attempt in %" G_GINT64_FORMAT " s: %s ended as %s for the %u. time in a row%s%s", left_s,
                      task->record->name, mu_task_state_to_string(status->state), MAX(task->record->failures, 1u),
                      message == NULL ? "" : ": ", message == NULL ? "" : message);
}

/* ---- launched ------------------------------------------------------------------------------------------------------ */

static void ask_start(const Work *w, const MuTask *task) {
  if (mu_why_scheduler(w->scene, MU_WHY_STORE, w->why) || mu_why_scheduler(w->scene, MU_WHY_ENGINE, w->why)) {
    w->why->since_ms = task->record->launched_ms;
    return;
  }
  const char *message = task->status == NULL ? NULL : task->status->message;
  w->why->kind = MU_WHY_START;
  w->why->reason = g_strdup_printf("%s was launched on %s and does not run yet%s%s", task->record->name,
                                   host_of(w->pod), message == NULL ? "" : ": ", message == NULL ? "" : message);
  w->why->clears = g_strdup("the engine says that it runs");
  w->why->command = pod_command(w, "status");
  w->why->since_ms = task->record->launched_ms;
}

static void ask_running(const Work *w, const MuTask *task, const MuTaskSpec *spec) {
  const MuTaskStatus *status = task->status;
  w->why->since_ms = status->timestamp_ms;
  w->why->command = logs_command(w, task);
  if (mu_task_pause_state(task) != NULL) {
    w->why->kind = MU_WHY_PAUSED;
    w->why->reason = g_strdup_printf("%s is paused: it runs an idle command", task->record->name);
    w->why->clears = g_strdup("resume");
    g_free(w->why->command);
    w->why->command = pod_command(w, "resume");
  } else if (spec->goal != MU_GOAL_RUNNING) {
    w->why->kind = MU_WHY_FINISH;
    w->why->reason = g_strdup_printf("%s runs and has to finish", task->record->name);
    w->why->clears = g_strdup("it ends with exit code 0");
  } else {
    gboolean checked = status->has_ready && status->message != NULL && *status->message != '\0';
    w->why->kind = MU_WHY_READINESS;
    w->why->reason = g_strdup_printf("%s runs and is not ready: %s", task->record->name,
                                     checked ? status->message : "its readiness check did not pass yet");
    w->why->clears = g_strdup("the readiness check passes");
    w->why->since_ms = task->record->launched_ms; /* the status is as young as the check's last result */
  }
}

/* The first of the step's tasks that is on its way and not where it should be. */
static void ask_tasks(const Work *w) {
  const MuPodSpec *spec = mu_step_spec(w->step);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(w->pod, spec->tasks[i].name);
    if ((w->step->tasks >> i & 1) == 0 || task == NULL || !mu_task_is_alive(task))
      continue;
    if (is_unreachable(task)) {
      ask_agent(w, task);
      return;
    }
    if (task->status == NULL || task->status->state == MU_TASK_STAGING || task->status->state == MU_TASK_STARTING) {
      ask_start(w, task);
      return;
    }
    if (!mu_task_goal_met(task, &spec->tasks[i])) {
      ask_running(w, task, &spec->tasks[i]);
      return;
    }
  }
  w->why->kind = MU_WHY_START;
  w->why->reason = g_strdup("its tasks are on their way");
  w->why->clears = g_strdup("the engine says that they run");
  w->why->command = pod_command(w, "status");
}

static void ask_prepared(const Work *w) {
  const MuTask *task = live_task(w, mu_step_spec(w->step), TRUE);
  if (task == NULL)
    task = live_task(w, NULL, FALSE);
  if (mu_pod_is_leaving(w->pod) || task == NULL)
    ask_leaving(w);
  else
    ask_old_task(w, task);
}

/* ---- custom steps -------------------------------------------------------------------------------------------------- */

static char *step_command(const MuStep *step, const char *service, const char *operation) {
  return g_strdup_printf("muster plan %s %s %s --phase '%s' --step '%s'", operation, service, step->phase->plan->name,
                         step->phase->name, step->name);
}

static void ask_failed(const MuWhyScene *scene, const MuStep *step, const MuCustomWork *work, MuWhy *why) {
  const MuStepRecord *record = work->record;
  gint64 left_s = MAX(step->delayed_until_ms - scene->now_ms, 0) / 1000 + 1;
  why->kind = MU_WHY_BACKOFF;
  why->reason = g_strdup_printf("next attempt in %" G_GINT64_FORMAT " s: it failed for the %u. time in a row%s%s",
                                left_s, record->failures, record->message == NULL ? "" : ": ",
                                record->message == NULL ? "" : record->message);
  why->clears = g_strdup("the pause passes; a restart of the step ends it at once");
  why->command = step_command(step, work->service->name, "restart");
  why->since_ms = record->ended_ms;
  why->until_ms = step->delayed_until_ms;
}

/* Its code is at work, is called again later, or is about to be called. */
static void ask_code(const MuWhyScene *scene, const MuStep *step, const MuCustomWork *work, MuWhy *why) {
  if (work->run == 0 && mu_why_scheduler(scene, MU_WHY_STORE, why))
    return;
  why->kind = MU_WHY_CODE;
  why->reason = g_strdup(work->told != NULL ? work->told : "the scheduler's own code works on it");
  why->clears = g_strdup("that code says that it is done");
  why->command = step_command(step, work->service->name, "force-complete");
  why->since_ms = work->record->begun_ms;
  why->until_ms = work->run == 0 ? work->again_ms : 0;
}

void mu_why_work(const MuWhyScene *scene, const MuStep *step, const MuPod *pod, MuWhy *why) {
  const MuCustomWork *work = step->work;
  if (work != NULL) {
    if (step->status == MU_STATUS_DELAYED)
      ask_failed(scene, step, work, why);
    else
      ask_code(scene, step, work, why);
    return;
  }
  const Work w = {scene, step, pod, pod->service, why};
  if (step->tasks == 0 || mu_pod_is_leaving(pod)) {
    ask_leaving(&w);
    return;
  }
  switch (step->status) {
  case MU_STATUS_PREPARED: ask_prepared(&w); break;
  case MU_STATUS_DELAYED: ask_backoff(&w); break;
  case MU_STATUS_STARTING:
  case MU_STATUS_STARTED: ask_tasks(&w); break;
  default: ask_offer(&w); break;
  }
}
