/* What is to be done now. After events changed records, settle finds the statuses of the steps they concern, and from the
 * plans' candidates what to kill, what waits for an offer, and when to look again. Its cost is that of the pods that changed
 * and of the steps that are candidates. */
#include "service_private.h"

#include "custom_work.h"
#include "override.h"

#include <string.h>

/* ---- kills --------------------------------------------------------------------------------------------------------- */

void mu_task_kill(MuTask *task, MuEffects *effects) {
  if (!mu_task_is_alive(task) || task->next_kill_ms > effects->now_ms)
    return;
  if (task->next_kill_ms == 0) {
    mu_items_add(task->pod->service->killing, task);
    task->kill_since_ms = task->record->kill_since_ms > 0 ? task->record->kill_since_ms : effects->now_ms;
  }
  task->next_kill_ms = effects->now_ms + effects->kill_retry_ms;
  mu_effects_kill(effects, task->record->task_id, task->record->agent_id);
}

void mu_task_want_kill(MuTask *task, MuEffects *effects) {
  if (task->record->kill != MU_KILL_WANTED) {
    task->record->kill = MU_KILL_WANTED;
    task->record->kill_since_ms = effects->now_ms;
    mu_task_put(task, effects);
  }
  mu_task_kill(task, effects);
}

static void repeat_kills(MuService *service, MuEffects *effects) {
  for (guint i = service->killing->len; i > 0; i--) {
    MuTask *task = service->killing->pdata[i - 1];
    if (mu_task_is_alive(task)) {
      mu_task_kill(task, effects);
      service->next_ms = MIN(service->next_ms, task->next_kill_ms);
    } else {
      task->next_kill_ms = 0;
      mu_items_steal_index_fast(service->killing, i - 1);
    }
  }
}

/* ---- one pod ------------------------------------------------------------------------------------------------------- */

void mu_step_announce(const MuStep *step, MuEffects *effects) {
  const MuCustomWork *work = step->work;
  const MuService *service = work != NULL ? work->service : ((const MuPod *)step->asset)->service;
  MuJsonText text = mu_effects_notice_begin(service->name);
  mu_json_text_member(&text, "plan", step->phase->plan->name);
  mu_json_text_member(&text, "phase", step->phase->name);
  mu_json_text_member(&text, "step", step->name);
  mu_json_text_member(&text, "status", mu_status_to_string(step->status));
  if (work != NULL)
    mu_json_text_member(&text, "message", work->told != NULL ? work->told : work->record->message);
  mu_effects_notice(effects, "step", service->name, &text);
}

MuStatus mu_step_find(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms) {
  const MuPod *pod = step->asset;
  if (step->work != NULL)
    return mu_custom_find(step, now_ms, ret_delayed_until_ms);
  if (step->part != NULL)
    return mu_override_find(step, now_ms, ret_delayed_until_ms);
  if (step->tasks == 0)
    return mu_teardown_status(step);
  if (mu_pod_is_decommissioned(pod))
    return MU_STATUS_COMPLETE; /* nothing is to be launched in a hole */
  if (mu_step_is_rolling(step))
    return mu_rolling_find_status(pod, step->tasks, now_ms, ret_delayed_until_ms);
  return mu_step_find_status(step, now_ms, ret_delayed_until_ms);
}

/* TRUE: it has another status now. */
static gboolean refresh_step(MuPod *pod, MuStep *step, MuEffects *effects) {
  MuStatus before = step->status;
  mu_step_set_status(step, mu_step_find(step, effects->now_ms, &step->delayed_until_ms));
  if (step->status != before && !pod->service->quiet)
    mu_step_announce(step, effects);
  return step->status != before;
}

/* Tasks that the configuration no longer has. */
static void end_unwanted_tasks(MuPod *pod, MuEffects *effects) {
  if (mu_pod_is_leaving(pod) || mu_service_target(pod->service) == NULL)
    return;
  for (guint i = pod->tasks->len; i > 0; i--) {
    MuTask *task = pod->tasks->pdata[i - 1];
    if (mu_task_is_wanted(task))
      continue;
    if (mu_task_is_alive(task))
      mu_task_want_kill(task, effects);
    else
      mu_pod_erase_task(pod, task, effects);
  }
}

static void end_marked_tasks(MuPod *pod, MuEffects *effects) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    MuTask *task = pod->tasks->pdata[i];
    if (task->record->kill == MU_KILL_WANTED)
      mu_task_kill(task, effects);
  }
}

static void note_releasing(MuPod *pod, MuEffects *effects) {
  gboolean releasing = FALSE, left = FALSE;
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    releasing |= entry->state == MU_LEDGER_RELEASING && entry->agent_id == NULL;
    left |= entry->agent_id != NULL;
  }
  if (left != (pod->left_ms != 0))
    pod->left_ms = left ? effects->now_ms : 0;
  /* What was left behind asks for no offers for ever: sweeps find it when its agent returns (mu_client_sweep). */
  releasing |= left && (pod->service->record->state != MU_SERVICE_RUNNING || mu_pod_is_leaving(pod) ||
                        effects->now_ms < pod->left_ms + MU_GIVE_UP_MS);
  mu_items_remove_fast(pod->service->releasing, pod);
  if (releasing)
    mu_items_add(pod->service->releasing, pod);
}

/* It leaves since its fate was first seen, or since the scheduler started. */
static void note_leaving(MuPod *pod, MuEffects *effects) {
  gboolean leaving = pod->record != NULL && pod->record->fate != MU_POD_KEEP;
  mu_items_remove_fast(pod->service->leaving, pod);
  if (leaving)
    mu_items_add(pod->service->leaving, pod);
  if (leaving != (pod->leaving_ms != 0))
    pod->leaving_ms = leaving ? effects->now_ms : 0;
}

void mu_pod_refresh(MuPod *pod, MuEffects *effects) {
  gboolean changed = FALSE;
  if (mu_service_has_overrider(pod->service) && mu_pod_is_leaving(pod))
    mu_recovery_refresh(pod, effects); /* code is asked before it is forgotten that the pod is replaced */
  mu_teardown_advance(pod, effects);
  end_unwanted_tasks(pod, effects);
  end_marked_tasks(pod, effects);
  mu_recovery_refresh(pod, effects);
  note_releasing(pod, effects);
  note_leaving(pod, effects);
  mu_replace_note(pod, effects);
  mu_override_follow(pod);
  for (guint i = 0; i < pod->steps->len; i++)
    if (refresh_step(pod, pod->steps->pdata[i], effects)) {
      changed = TRUE;
      mu_teardown_take_turns(pod->service, ((const MuStep *)pod->steps->pdata[i])->phase);
    }
  /* Past a step that an operator held, its teardown goes on. */
  if (mu_recovery_is_due(pod) || (changed && mu_pod_is_leaving(pod)))
    mu_pod_mark_dirty(pod);
}

static void refresh_dirty_pods(MuService *service, MuEffects *effects) {
  while (service->dirty_pods->len > 0) {
    MuPod *pod = mu_items_steal_index_fast(service->dirty_pods, service->dirty_pods->len - 1);
    pod->dirty = FALSE;
    mu_pod_refresh(pod, effects);
  }
}

/* ---- candidates ---------------------------------------------------------------------------------------------------- */

typedef struct {
  MuService *service;
  MuEffects *effects;
} Work;

static void wait_for_offer(MuService *service, MuPod *pod, MuStep *step, MuEffects *effects) {
  mu_items_add(service->wanting, step);
  if (pod->outcome != NULL)
    return;
  pod->outcome = mu_outcome_new();
  pod->waiting_since_ms = effects->now_ms;
  mu_why_restore(pod);
  service->wants_more = TRUE;
}

static void wait_for_dependency(MuService *service, MuPod *pod, MuEffects *effects) {
  mu_items_add(service->held_back, pod);
  if (pod->outcome == NULL) {
    pod->outcome = mu_outcome_new();
    pod->waiting_since_ms = effects->now_ms;
  }
  mu_outcome_clear(pod->outcome);
  mu_outcome_refuse(pod->outcome, MU_STAGE_DEPENDENCY, NULL, service->unmet);
}

void mu_service_set_unmet(MuService *service, char *take_unmet, char *take_command, gint64 now_ms) {
  if (take_unmet != NULL && service->unmet == NULL)
    service->unmet_since_ms = now_ms;
  for (guint i = 0; take_unmet == NULL && i < service->held_back->len; i++) /* they begin to wait for offers now */
    g_clear_pointer(&((MuPod *)service->held_back->pdata[i])->outcome, mu_outcome_free);
  g_free(service->unmet);
  service->unmet = take_unmet;
  g_free(service->unmet_command);
  service->unmet_command = take_command;
}

static gboolean would_end_a_task(const MuStep *step) {
  const MuPod *pod = step->asset;
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  guint64 launch = mu_step_tasks_to_launch(step);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    const MuTask *task = (launch & (G_GUINT64_CONSTANT(1) << i)) == 0 ? NULL : mu_pod_task(pod, spec->tasks[i].name);
    if (task != NULL && mu_task_is_alive(task))
      return TRUE;
  }
  return FALSE;
}

gboolean mu_step_is_held_back(const MuService *service, const MuStep *step) {
  if (service->unmet == NULL || step->phase->plan != service->deploy || step->status != MU_STATUS_PENDING)
    return FALSE;
  if (step->tasks == 0)
    return step->work != NULL;
  return ((const MuPod *)step->asset)->record == NULL || would_end_a_task(step);
}

/* Recovery is to leave it alone from now on: else it would bring back what the plan has just ended, for ever. The deploy plan,
 * which comes before it, needs that only for what it begins anew. */
static void take_over(MuTask *task, const MuStep *step, MuEffects *effects) {
  const MuPlan *plan = step->phase->plan;
  gboolean anew = mu_task_is_anew_for(task, step);
  if (mu_step_is_recovery(step) || (plan == task->pod->service->deploy && !anew) || (anew && task->record->anew_begun))
    return;
  mu_task_record_set(task->record, &task->record->anew, g_strdup(plan->name));
  task->record->anew_begun = TRUE;
  mu_task_put(task, effects);
}

/* Runs of before make room for the new ones. FALSE: none is alive. */
static gboolean end_old_tasks(MuPod *pod, const MuStep *step, MuEffects *effects) {
  const MuPodSpec *spec = mu_step_spec(step);
  guint64 launch = mu_step_tasks_to_launch(step);
  gboolean alive = FALSE;
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((launch & (G_GUINT64_CONSTANT(1) << i)) == 0 || task == NULL || !mu_task_is_alive(task))
      continue;
    take_over(task, step, effects);
    mu_task_want_kill(task, effects);
    alive = TRUE;
  }
  return alive;
}

/* What an instance that is there needs is always looked for. Of those that are to be begun there may be a hundred thousand: a window
 * of them is tried at a time, so that each look at the service is a short one. */
static gboolean is_in_window(MuService *service, const MuPod *pod, const MuEffects *effects) {
  service->waiting++;
  if (pod->record != NULL)
    return TRUE;
  guint nth = service->fresh++;
  if (nth < service->window_from || service->window_len >= effects->waiting_at_once)
    return FALSE;
  service->window_len++;
  return TRUE;
}

static gboolean work_on(MuStep *step, gpointer user) {
  Work *work = user;
  MuPod *pod = step->asset;
  if (step->work != NULL)
    mu_custom_work_on(step, work->effects);
  if (pod == NULL)
    return TRUE;
  if (pod->claimed_by != NULL || mu_override_holds(step))
    return TRUE;
  pod->claimed_by = step;
  mu_items_add(work->service->claimed, pod);
  switch (step->status) {
  case MU_STATUS_PENDING:
    if (step->part != NULL && mu_override_begin(step, work->effects))
      break; /* it is looked at again in its new state */
    if (mu_step_is_rolling(step))
      mu_rolling_end_tasks(pod, step->tasks, work->effects);
    else if (mu_step_is_held_back(work->service, step) && !mu_pod_is_leaving(pod))
      wait_for_dependency(work->service, pod, work->effects);
    else if (step->tasks != 0 && !mu_pod_is_leaving(pod) && is_in_window(work->service, pod, work->effects) &&
             !end_old_tasks(pod, step, work->effects))
      wait_for_offer(work->service, pod, step, work->effects);
    break;
  case MU_STATUS_PREPARED:
    if (!mu_pod_is_leaving(pod) && !mu_step_is_rolling(step))
      end_old_tasks(pod, step, work->effects);
    break;
  case MU_STATUS_DELAYED:
    mu_items_add(work->service->delayed, pod);
    work->service->next_ms = MIN(work->service->next_ms, step->delayed_until_ms);
    break;
  default: break;
  }
  return TRUE;
}

static void release_claims(MuService *service) {
  for (guint i = 0; i < service->claimed->len; i++)
    ((MuPod *)service->claimed->pdata[i])->claimed_by = NULL;
  mu_items_cut(service->claimed, 0);
}

static gboolean is_waiting(const MuPod *pod) {
  const MuStep *step = pod->claimed_by;
  return step != NULL && step->status == MU_STATUS_PENDING && !mu_step_is_rolling(step) && !mu_pod_is_leaving(pod);
}

static void forget_outcomes(const MuItems *waited) {
  for (guint i = 0; i < waited->len; i++) {
    MuPod *pod = waited->pdata[i];
    if (!is_waiting(pod))
      g_clear_pointer(&pod->outcome, mu_outcome_free);
  }
}

/* Of pods that do not wait any more. */
static void forget_reasons(MuService *service, MuEffects *effects) {
  for (guint i = service->explained->len; i > 0; i--)
    if (!is_waiting(service->explained->pdata[i - 1]))
      mu_why_forget(service->explained->pdata[i - 1], effects);
}

static void find_candidates(MuService *service, MuEffects *effects) {
  Work work = {service, effects};
  release_claims(service);
  mu_items_cut(service->wanting, 0);
  mu_items_cut(service->held_back, 0);
  mu_items_cut(service->delayed, 0);
  service->waiting = service->fresh = service->window_len = 0;
  for (guint i = 0; i < service->plans->len; i++)
    mu_plan_candidates(service->plans->pdata[i], work_on, &work);
}

static void find_work(MuService *service, MuEffects *effects) {
  MuItems waited[1] = {0};
  for (guint i = 0; i < service->wanting->len; i++)
    mu_items_add(waited, ((MuStep *)service->wanting->pdata[i])->asset);
  for (guint i = 0; i < service->held_back->len; i++)
    mu_items_add(waited, service->held_back->pdata[i]);
  find_candidates(service, effects);
  if (service->fresh > 0 && service->window_len == 0) { /* those after the window have gone since */
    service->window_from = 0;
    find_candidates(service, effects);
  }
  mu_custom_refresh(service, effects);
  forget_outcomes(waited);
  mu_items_clear(waited, NULL);
  forget_reasons(service, effects);
}

/* ---- the service as a whole ---------------------------------------------------------------------------------------- */

static void announce_plan(MuService *service, MuEffects *effects) {
  MuJsonText text = mu_effects_notice_begin(service->name);
  mu_json_text_member(&text, "plan", service->deploy->name);
  mu_json_text_member(&text, "status", mu_status_to_string(service->deploy->status));
  mu_effects_notice(effects, "plan", service->name, &text);
}

static gboolean all_goals_end(const MuServiceSpec *spec) {
  for (guint i = 0; i < spec->n_pods; i++)
    for (guint j = 0; j < spec->pods[i].n_tasks; j++)
      if (spec->pods[i].tasks[j].goal == MU_GOAL_RUNNING)
        return FALSE;
  return TRUE;
}

static void on_deploy_complete(MuService *service, MuEffects *effects) {
  const MuServiceSpec *spec = mu_service_target(service);
  if (service->record->state != MU_SERVICE_RUNNING || spec == NULL)
    return;
  if (!service->record->deployed) {
    service->record->deployed = TRUE;
    mu_service_put(service, effects);
  }
  mu_service_prune_configs(service, effects);
}

static void note_finished(MuService *service) {
  const MuServiceSpec *spec = service->record->state != MU_SERVICE_RUNNING ? NULL : mu_service_target(service);
  service->finished = spec != NULL && spec->remove_when_finished && service->deploy->status == MU_STATUS_COMPLETE &&
                      all_goals_end(spec);
}

static void note_deploy_status(MuService *service, MuEffects *effects) {
  if (service->deploy == NULL || service->deploy->status == service->shown_status)
    return;
  service->shown_status = service->deploy->status;
  announce_plan(service, effects);
  if (service->deploy->status == MU_STATUS_COMPLETE)
    on_deploy_complete(service, effects);
}

/* What a lost agent holds is not waited for for ever. */
static void give_up_lost(MuService *service, MuEffects *effects) {
  for (guint i = service->leaving->len; i > 0; i--) {
    MuPod *pod = service->leaving->pdata[i - 1];
    if (effects->now_ms >= mu_teardown_give_up_ms(pod))
      mu_teardown_give_up(pod, effects);
  }
}

static void note_give_ups(MuService *service) {
  for (guint i = 0; i < service->leaving->len; i++)
    service->next_ms = MIN(service->next_ms, mu_teardown_give_up_ms(service->leaving->pdata[i]));
}

void mu_service_settle(MuService *service, MuEffects *effects) {
  give_up_lost(service, effects);
  if (effects->now_ms >= service->next_ms)
    for (guint i = 0; i < service->delayed->len; i++)
      mu_pod_mark_dirty(service->delayed->pdata[i]);
  service->next_ms = G_MAXINT64;
  mu_custom_refresh(service, effects);
  do {
    refresh_dirty_pods(service, effects);
    find_work(service, effects);
    mu_overrides_note(service, effects);
    mu_replace_lost(service, effects);
  } while (service->dirty_pods->len > 0);
  repeat_kills(service, effects);
  note_give_ups(service);
  note_deploy_status(service, effects);
  note_finished(service);
}

gboolean mu_service_wants_offers(const MuService *service) {
  return service->wanting->len > 0 || service->releasing->len > 0;
}
