/* From a step that waits to tasks that are launched. */
#include "service_private.h"

#include "bug.h"
#include "json.h"
#include "launch.h"
#include "override.h"
#include "stored.h"

#include <string.h>

/* None of these was launched before: what is stored of them is new. A pod that was is never kept from coming back. */
static gboolean is_new(const MuPod *pod, const MuPodSpec *spec, guint64 tasks) {
  for (guint i = 0; i < spec->n_tasks; i++)
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) != 0 && mu_pod_task(pod, spec->tasks[i].name) != NULL)
      return FALSE;
  return TRUE;
}

void mu_service_requirement(MuService *service, MuStep *step, const MuEffects *effects, gboolean may_reserve,
                            MuRequirement *ret) {
  MuPod *pod = step->asset;
  const MuServiceSpec *target = mu_service_target(service);
  *ret = (MuRequirement){
      .quota = target == NULL ? NULL : target->quota,
      .held = &service->held,
      .service = service->name,
      .pod = mu_step_spec(step),
      .index = pod->index,
      .tasks = mu_step_tasks_to_launch(step),
      .executor_live = mu_pod_has_live_task(pod),
      .may_reserve = may_reserve,
      .record = pod->record,
      .pods = service->pod_records,
      .role = effects->role,
      .principal = effects->principal,
      .overhead = effects->overhead,
  };
  mu_assert(ret->pod != NULL && ret->tasks != 0);
  if (mu_stored_is_full(service, effects) && is_new(pod, ret->pod, ret->tasks)) {
    ret->stored_bytes = mu_stored_soon(service);
    ret->max_stored_bytes = mu_stored_room(effects);
  }
}

gboolean mu_service_needs_more(const MuService *service, const MuEffects *effects) {
  gboolean full = mu_stored_is_full(service, effects);
  for (guint i = 0; i < service->wanting->len; i++) {
    MuStep *step = service->wanting->pdata[i];
    const MuPod *pod = step->asset;
    if (full && is_new(pod, mu_step_spec(step), mu_step_tasks_to_launch(step)))
      continue; /* no turn to grow would be of use to it */
    if (pod->record == NULL || pod->outcome->stages[MU_STAGE_DISCIPLINE].refused > 0 ||
        !mu_wants_are_held(mu_step_spec(step), mu_step_tasks_to_launch(step), !mu_pod_has_live_task(pod),
                           &effects->overhead, pod->record))
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
  return g_strconcat(pod->name, "__", mu_uuid_new(&effects->random).text, NULL);
}

/* A live run of the pod was launched on the set of the entry. */
static gboolean is_in_use(const MuPod *pod, const MuLedgerEntry *entry) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (mu_task_is_alive(task) && g_strcmp0(mu_task_set(task), entry->set) == 0)
      return TRUE;
  }
  return FALSE;
}

/* What the configuration has no more use for is given back. A footprint that the match began has nothing of the kind. */
static void release_unwanted(const MuPod *pod, MuPodRecord *record, const MuRequirement *requirement) {
  if (requirement->record == NULL)
    return;
  for (guint i = 0; i < record->entries->len; i++) {
    MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->state == MU_LEDGER_RELEASING || mu_wants_has(requirement->pod, entry, &requirement->overhead))
      continue;
    if (entry->state == MU_LEDGER_PLANNED && is_in_use(pod, entry))
      continue; /* that no offer shows it would be taken for a proof that it is gone */
    entry->asked = entry->state == MU_LEDGER_PLANNED;
    mu_ledger_entry_move(entry, MU_LEDGER_RELEASING);
  }
}

/* A run of the same part of the configuration as the one before goes on where that was; so does one that begins anew what runs only
 * once, did, and went over to this configuration for that (configure.c). */
static gboolean goes_on(const MuTaskRecord *record, const MuTask *old) {
  return old != NULL && (g_strcmp0(old->record->fingerprint, record->fingerprint) == 0 ||
                         g_strcmp0(old->record->config, record->config) == 0);
}

static void take_after(MuTaskRecord *record, const MuTask *old, const MuStep *step) {
  record->failures = old->record->failures;
  record->reached = old->record->reached;
  record->anew = g_strdup(old->record->anew);
  record->anew_begun = old->record->anew_begun || mu_task_is_anew_for(old, step);
}

static MuTaskRecord *make_record(const MuStep *step, const MuRequirement *requirement, const MuTaskSpec *spec,
                                 const char *config, const char *executor, MuEffects *effects) {
  MuPod *pod = step->asset;
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
  record->recovery = pod->service->record->recoveries;
  record->paused = mu_pod_is_paused(pod, spec->name);
  if (goes_on(record, old))
    take_after(record, old, step);
  return record;
}

/* The plan's parameters; what recovery brings back has those that it was launched with. */
static char *parameters_of(const MuPod *pod, const MuStep *step, const char *task) {
  const MuTask *old = mu_pod_task(pod, task);
  if (mu_step_is_recovery(step))
    return old == NULL ? NULL : g_strdup(old->record->parameters);
  return g_strdup(step->phase->plan->parameters);
}

static GPtrArray *record_tasks(MuPod *pod, const MuStep *step, const MuRequirement *requirement, const char *config,
                               const char *executor, MuEffects *effects) {
  GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < requirement->pod->n_tasks; i++) {
    if ((requirement->tasks & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    MuTaskRecord *record = make_record(step, requirement, &requirement->pod->tasks[i], config, executor, effects);
    record->parameters = parameters_of(pod, step, record->task);
    g_ptr_array_add(ids, g_strdup(record->task_id));
    mu_pod_take_launch(pod, record, effects);
  }
  return ids;
}

static GHashTable *read_parameters(const char *text) {
  if (text == NULL)
    return NULL;
  GHashTable *env = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(json_t) json = mu_json_parse(text, strlen(text), G_MAXSIZE, NULL);
  const char *name;
  json_t *value;
  json_object_foreach (json, name, value)
    g_hash_table_insert(env, g_strdup(name), g_strdup(json_string_value(value)));
  return env;
}

static void unref_env(gpointer env) {
  if (env != NULL)
    g_hash_table_unref(env);
}

/* The parameters of each task that was just recorded. */
static GPtrArray *read_all_parameters(const MuPod *pod, const MuRequirement *requirement) {
  GPtrArray *envs = g_ptr_array_new_with_free_func(unref_env);
  for (guint i = 0; i < requirement->pod->n_tasks; i++)
    if ((requirement->tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      g_ptr_array_add(envs, read_parameters(mu_pod_task(pod, requirement->pod->tasks[i].name)->record->parameters));
  return envs;
}

/* What a launch of this configuration has of the scheduler's. */
static MuLaunchInput launch_input(const MuServiceSpec *spec, const MuEffects *effects) {
  return (MuLaunchInput){
      .default_user = spec->user != NULL ? spec->user : effects->user,
      .framework_name = effects->framework_name,
      .api_host = effects->api_host,
      .api_port = effects->api_port,
  };
}

void mu_service_launch(MuService *service, MuStep *step, const MuRequirement *requirement, MuMatch *match,
                       MuItems *operations, MuEffects *effects) {
  MuPod *pod = step->asset;
  g_autofree char *executor = executor_id(pod, effects);
  release_unwanted(pod, match->record, requirement);
  mu_pod_take_record(pod, g_steal_pointer(&match->record));
  mu_pod_put(pod, effects);
  const char *config = mu_step_config(step);
  g_autoptr(GPtrArray) ids = record_tasks(pod, step, requirement, config, executor, effects);
  g_autoptr(GPtrArray) envs = read_all_parameters(pod, requirement);
  if (step->part != NULL)
    mu_override_add_env(step, envs);
  MuLaunchInput input = launch_input(mu_service_config(service, config), effects);
  input.requirement = requirement;
  input.record = pod->record;
  input.executor_id = executor;
  input.extra_env = envs;
  input.paused = mu_pod_paused_tasks(pod, requirement->pod);
  mu_launch_operations(match, mu_launch_build(&input, ids), operations);
  mu_match_clear(match);
  g_clear_pointer(&pod->outcome, mu_outcome_free);
  mu_why_forget(pod, effects);
  mu_pod_mark_dirty(pod);
}

gboolean mu_service_turn_window(MuService *service) {
  guint next = service->window_from + service->window_len;
  gboolean more = next < service->fresh;
  service->window_from = more ? next : 0;
  return more;
}

void mu_service_drop_launched(MuService *service) {
  guint kept = 0;
  for (guint i = 0; i < service->wanting->len; i++) {
    MuStep *step = service->wanting->pdata[i];
    if (((MuPod *)step->asset)->outcome != NULL)
      service->wanting->pdata[kept++] = step;
  }
  mu_items_cut(service->wanting, kept);
}

/* ---- what was launched --------------------------------------------------------------------------------------------- */

/* What is on its way out since, and was not given a successor, is what the task runs on. */
static MuPodRecord *record_then(const MuPodRecord *now) {
  MuPodRecord *record = mu_pod_record_copy(now);
  for (guint i = 0; i < record->entries->len; i++) {
    MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->state == MU_LEDGER_RELEASING && entry->agent_id == NULL &&
        mu_pod_record_find(record, entry->set, entry->resource->kind, entry->what) == NULL)
      entry->state = MU_LEDGER_HELD;
  }
  return record;
}

static gboolean has_ports(const MuPodRecord *record, const MuResourceSet *set) {
  for (guint i = 0; i < set->n_ports; i++)
    if (mu_pod_record_find(record, set->id, MU_RESOURCE_PORTS, set->ports[i].name) == NULL)
      return FALSE;
  return TRUE;
}

static MuPodLaunch *build_again(const MuTask *task, const MuServiceSpec *spec, const MuPodSpec *pod,
                                const MuTaskSpec *task_spec, const MuPodRecord *footprint, const MuEffects *effects) {
  const MuTaskRecord *record = task->record;
  const guint64 bit = G_GUINT64_CONSTANT(1) << (task_spec - pod->tasks);
  const MuRequirement requirement = {
      .service = task->pod->service->name, .pod = pod, .index = record->pod_index, .tasks = bit, .record = footprint};
  g_autoptr(GPtrArray) ids = g_ptr_array_new(), envs = g_ptr_array_new_with_free_func(unref_env);
  g_ptr_array_add(ids, record->task_id);
  g_ptr_array_add(envs, read_parameters(record->parameters));
  MuLaunchInput input = launch_input(spec, effects);
  input.requirement = &requirement;
  input.record = footprint;
  input.executor_id = record->executor_id;
  input.extra_env = envs;
  input.paused = record->paused ? bit : 0;
  return mu_launch_build(&input, ids);
}

MuPodLaunch *mu_task_launched(const MuTask *task, const MuEffects *effects) {
  const MuPod *pod = task->pod;
  const MuServiceSpec *spec = mu_service_config(pod->service, task->record->config);
  const MuPodSpec *pod_spec = spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
  const MuTaskSpec *task_spec = pod_spec == NULL ? NULL : mu_pod_spec_task(pod_spec, task->record->task);
  if (task_spec == NULL || pod->record == NULL || g_strcmp0(pod->record->agent_id, task->record->agent_id) != 0)
    return NULL;
  g_autoptr(MuPodRecord) footprint = record_then(pod->record);
  if (!has_ports(footprint, &pod_spec->resource_sets[task_spec->resource_set]))
    return NULL;
  return build_again(task, spec, pod_spec, task_spec, footprint, effects);
}
