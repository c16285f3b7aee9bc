/* Replacing by itself what does not come back: a pod whose task was lost for so long, or could not be launched on its resources for
 * so long, is replaced as by an operator, and not more often than the policy says (ReplacementFailurePolicy of dcos-commons). Off
 * unless the spec has a policy. The time counts from when this scheduler first saw it: what it slept through proves nothing; and only
 * while the pod has its place: one that waits for a new one has nothing to give up. */
#include "service_private.h"

#include "log.h"

static const MuReplacementPolicy *policy_of(const MuService *service) {
  const MuServiceSpec *spec = service->record->state == MU_SERVICE_RUNNING ? mu_service_target(service) : NULL;
  return spec == NULL ? NULL : spec->replacement;
}

/* Its agent cannot be reached, or it is over and waits for nothing but its own resources. */
static gboolean is_lost(const MuTask *task, gint64 now_ms) {
  if (task->status != NULL && task->status->state == MU_TASK_UNREACHABLE)
    return TRUE;
  return task->record->reached && !task->record->anew_begun && mu_task_is_wanted(task) && mu_task_has_failed(task) &&
         mu_task_relaunch_ms(task) <= now_ms;
}

void mu_replace_note(MuPod *pod, MuEffects *effects) {
  gboolean placed = pod->record != NULL && pod->record->agent_id != NULL, lost = FALSE;
  for (guint i = 0; placed && policy_of(pod->service) != NULL && i < pod->tasks->len; i++)
    lost |= is_lost(pod->tasks->pdata[i], effects->now_ms);
  mu_items_remove_fast(pod->service->lost, pod);
  if (lost)
    mu_items_add(pod->service->lost, pod);
  if (lost != (pod->lost_ms != 0))
    pod->lost_ms = lost ? effects->now_ms : 0;
}

/* An operator who interrupted recovery has something in mind. */
static gboolean may_replace(const MuPod *pod) {
  const MuPlan *recovery = pod->service->recovery;
  gboolean held = recovery == NULL || recovery->interrupted || (pod->recovery != NULL && pod->recovery->interrupted);
  return !held && pod->record != NULL && pod->record->fate == MU_POD_KEEP;
}

static void replace(MuPod *pod, MuEffects *effects) {
  MuService *service = pod->service;
  mu_log(MU_LOG_WARNING, "%s of %s is replaced: it did not come back on %s for %" G_GINT64_FORMAT " s", pod->name,
         service->name, pod->record->hostname == NULL ? "its agent" : pod->record->hostname,
         (effects->now_ms - pod->lost_ms) / 1000);
  pod->record->fate = MU_POD_REPLACE;
  mu_pod_put(pod, effects);
  service->record->replaced_ms = effects->now_ms;
  mu_service_put(service, effects);
}

void mu_replace_lost(MuService *service, MuEffects *effects) {
  const MuReplacementPolicy *policy = policy_of(service);
  for (guint i = service->lost->len; policy != NULL && i > 0; i--) {
    MuPod *pod = service->lost->pdata[i - 1];
    if (!may_replace(pod))
      continue;
    gint64 last_ms = service->record->replaced_ms, due_ms = pod->lost_ms + policy->permanent_failure_timeout_ms;
    if (last_ms != 0)
      due_ms = MAX(due_ms, last_ms + policy->min_replace_delay_ms);
    if (effects->now_ms >= due_ms)
      replace(pod, effects);
    else
      service->next_ms = MIN(service->next_ms, due_ms);
  }
}
