/* From a step that waits to tasks that are launched. */
#include "service_private.h"

#include "bug.h"
#include "json.h"
#include "launch.h"

void mu_service_requirement(MuService *service, MuStep *step, const MuEffects *effects, gboolean may_reserve,
                            MuRequirement *ret) {
  MuPod *pod = step->asset;
  gboolean recovery = mu_step_is_recovery(step);
  const MuServiceSpec *target = mu_service_target(service);
  *ret = (MuRequirement){
      .quota = target == NULL ? NULL : target->quota,
      .held = &service->held,
      .service = service->name,
      .pod = mu_step_pod_spec(pod, recovery),
      .index = pod->index,
      .tasks = mu_step_tasks_to_launch(pod, step->tasks, recovery),
      .executor_live = mu_pod_has_live_task(pod),
      .may_reserve = may_reserve,
      .record = pod->record,
      .pods = service->pod_records,
      .role = effects->role,
      .principal = effects->principal,
      .overhead = effects->overhead,
  };
  mu_assert(ret->pod != NULL && ret->tasks != 0);
}

gboolean mu_service_needs_more(const MuService *service, const MuEffects *effects) {
  for (guint i = 0; i < service->wanting->len; i++) {
    MuStep *step = service->wanting->pdata[i];
    const MuPod *pod = step->asset;
    gboolean recovery = mu_step_is_recovery(step);
    if (pod->record == NULL || pod->outcome->stages[MU_STAGE_DISCIPLINE].refused > 0 ||
        !mu_wants_are_held(mu_step_pod_spec(pod, recovery), mu_step_tasks_to_launch(pod, step->tasks, recovery),
                           !mu_pod_has_live_task(pod), &effects->overhead, pod->record))
      return TRUE;
  }
  return FALSE;
}

MuOutcome *mu_service_outcome(MuService *service, MuStep *step) {
  MuPod *pod = step->asset;
  mu_assert(pod->service == service && pod->outcome != NULL);
  return pod->outcome;
}

static char *executor_id(const MuPod *pod, MuEffects *effects) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (mu_task_is_alive(task))
      return g_strdup(task->record->executor_id);
  }
  return g_strdup_printf("%s__%s", pod->name, mu_uuid_new(&effects->random).text);
}

/* What the configuration has no more use for is given back. */
static void release_unwanted(MuPodRecord *record, const MuRequirement *requirement) {
  for (guint i = 0; i < record->entries->len; i++) {
    MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->state == MU_LEDGER_RELEASING || mu_wants_has(requirement->pod, entry, &requirement->overhead))
      continue;
    entry->asked = entry->state == MU_LEDGER_PLANNED;
    mu_ledger_entry_move(entry, MU_LEDGER_RELEASING);
  }
}

static MuTaskRecord *make_record(MuPod *pod, const MuRequirement *requirement, const MuTaskSpec *spec,
                                 const char *config, const char *executor, MuEffects *effects) {
  const MuTask *old = mu_pod_task(pod, spec->name);
  MuTaskRecord *record = mu_task_record_new();
  MuUuid uuid = mu_uuid_new(&effects->random);
  record->name = mu_task_name(pod->type, pod->index, spec->name);
  record->task_id = mu_task_id_new(pod->service->name, record->name, &uuid);
  record->pod_type = g_strdup(pod->type);
  record->pod_index = pod->index;
  record->task = g_strdup(spec->name);
  record->agent_id = g_strdup(pod->record->agent_id);
  record->executor_id = g_strdup(executor);
  record->config = g_strdup(config);
  record->fingerprint = g_strdup(mu_service_fingerprint(pod->service, requirement->pod, spec));
  record->launched_ms = effects->now_ms;
  record->restarts = pod->service->record->restarts;
  record->paused = mu_pod_is_paused(pod, spec->name);
  if (old != NULL && g_strcmp0(old->record->fingerprint, record->fingerprint) == 0) {
    record->failures = old->record->failures;
    record->reached = old->record->reached;
  }
  return record;
}

static GPtrArray *record_tasks(MuPod *pod, const MuRequirement *requirement, const char *config, const char *executor,
                               MuEffects *effects) {
  GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < requirement->pod->n_tasks; i++) {
    if ((requirement->tasks & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    MuTaskRecord *record = make_record(pod, requirement, &requirement->pod->tasks[i], config, executor, effects);
    g_ptr_array_add(ids, g_strdup(record->task_id));
    mu_pod_take_launch(pod, record, effects);
  }
  return ids;
}

void mu_service_launch(MuService *service, MuStep *step, const MuRequirement *requirement, MuMatch *match,
                       GPtrArray *operations, MuEffects *effects) {
  MuPod *pod = step->asset;
  gboolean recovery = mu_step_is_recovery(step);
  g_autofree char *executor = executor_id(pod, effects);
  release_unwanted(match->record, requirement);
  mu_pod_take_record(pod, g_steal_pointer(&match->record));
  mu_pod_put(pod, effects);
  const char *config = mu_step_config_id(pod, recovery);
  g_autoptr(GPtrArray) ids = record_tasks(pod, requirement, config, executor, effects);
  const MuServiceSpec *spec = mu_service_config(service, config);
  const MuLaunchInput input = {
      .requirement = requirement,
      .record = pod->record,
      .default_user = spec->user != NULL ? spec->user : effects->user,
      .executor_id = executor,
      .framework_name = effects->framework_name,
      .api_host = effects->api_host,
      .api_port = effects->api_port,
      .paused = mu_pod_paused_tasks(pod, requirement->pod),
  };
  mu_launch_operations(match, mu_launch_build(&input, ids), operations);
  mu_match_clear(match);
  g_clear_pointer(&pod->outcome, mu_outcome_free);
  mu_why_forget(pod, effects);
  mu_pod_mark_dirty(pod);
}

void mu_service_drop_launched(MuService *service) {
  guint kept = 0;
  for (guint i = 0; i < service->wanting->len; i++) {
    MuStep *step = service->wanting->pdata[i];
    if (((MuPod *)step->asset)->outcome != NULL)
      service->wanting->pdata[kept++] = step;
  }
  g_ptr_array_set_size(service->wanting, (gint)kept);
}
