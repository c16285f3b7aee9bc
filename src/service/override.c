#include "override.h"

#include "service_private.h"

#include "custom_work.h"
#include "log.h"
#include "marks.h"
#include "plan_draft.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

static void part_free(MuOverridePart *part) {
  g_strfreev(part->tasks);
  g_strfreev(part->env);
  g_free(part->config);
  g_free(part);
}

void mu_override_free(MuOverride *override) {
  if (override == NULL)
    return;
  g_ptr_array_unref(override->parts);
  mu_recovery_record_free(override->record);
  g_free(override);
}

static MuOverride *add_case(MuPod *pod, MuRecoveryRecord *take_record) {
  MuOverride *override = g_new0(MuOverride, 1);
  override->pod = pod;
  override->record = take_record;
  override->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
  mu_items_add(pod->service->overrides, override);
  pod->override = override;
  return override;
}

gboolean mu_service_has_overrider(const MuService *service) {
  return service->scheduler == NULL ? service->record->overrider : service->scheduler->overrider != NULL;
}

static gboolean is_active(const MuOverride *override) {
  return override != NULL && override->phase != NULL && !override->over;
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static void put(MuOverride *override, MuEffects *effects) {
  mu_stored_take(override->pod->service, MU_RECORD_RECOVERY, override->pod->name,
                 mu_recovery_record_encode(override->record), &override->bytes, effects);
}

static void erase_record(MuOverride *override, MuEffects *effects) {
  if (!override->over)
    mu_stored_delete(override->pod->service, MU_RECORD_RECOVERY, override->pod->name, &override->bytes, effects);
}

/* Its key is the pod's name. */
gboolean mu_override_load(MuService *service, const char *key, const char *value, gsize length, GError **error) {
  MuRecoveryRecord *record = mu_recovery_record_decode(value, length, error);
  MuPod *pod = record == NULL ? NULL : mu_service_ensure_named_pod(service, key, error);
  if (pod != NULL)
    mu_stored_note(service, key, length, &add_case(pod, record)->bytes);
  else
    mu_recovery_record_free(record);
  return pod != NULL;
}

static gint64 next_number(MuService *service, MuEffects *effects) {
  service->record->recoveries++;
  mu_service_put(service, effects);
  return service->record->recoveries;
}

/* ---- its phase ----------------------------------------------------------------------------------------------------- */

/* Other recoveries may look at these pods again. */
static void wake_pods(const MuOverride *override) {
  for (guint i = 0; i < override->parts->len; i++)
    mu_pod_mark_dirty(((const MuOverridePart *) override->parts->pdata[i])->step->asset);
  mu_pod_mark_dirty(override->pod);
}

void mu_override_drop(MuPod *pod, MuEffects *effects) {
  MuOverride *override = pod->override;
  if (override == NULL)
    return;
  erase_record(override, effects);
  wake_pods(override);
  if (override->phase != NULL) {
    mu_custom_forget_phase(override->phase, effects);
    if (pod->recovery == override->phase)
      pod->recovery = NULL;
    mu_service_remove_phase(pod->service, override->phase);
  }
  pod->override = NULL;
  mu_items_remove_fast(pod->service->overrides, override);
  mu_override_free(override);
}

static gboolean was_up(const MuTask *task) {
  return task->record->reached && !task->record->anew_begun && mu_task_is_wanted(task);
}

static gboolean goes_down(const MuTask *task) {
  return was_up(task) && (mu_task_is_alive(task) || mu_task_has_failed(task));
}

/* What failed for good has been replaced already: that is why code was asked. */
static gboolean replaces(const MuOverridePart *part) {
  const MuOverride *override = part->override;
  return part->replace && (part->step->asset != override->pod || !override->record->permanent);
}

/* All that goes down with an instance that the step replaces comes back with it, whether code names it or not: else code would be
 * asked about what its own answer brought down, would replace the instance again, and so on for ever. */
static guint64 taken_along(const MuOverridePart *part, const MuPodSpec *spec) {
  const MuPod *pod = part->step->asset;
  guint64 along = 0;
  for (guint i = 0; replaces(part) && i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if (task != NULL && goes_down(task))
      along |= G_GUINT64_CONSTANT(1) << i;
  }
  return along;
}

/* Its tasks go on in the configuration that they ran with; where nothing of them is known, it is the target. */
static void take_config(MuOverridePart *part) {
  const MuPod *pod = part->step->asset;
  const char *config = pod->service->record->target;
  for (guint i = 0; part->tasks[i] != NULL; i++) {
    const MuTask *task = mu_pod_task(pod, part->tasks[i]);
    if (task == NULL || mu_task_launched_spec(task) == NULL)
      continue;
    config = task->record->config;
    break;
  }
  g_free(part->config);
  part->config = g_strdup(config);
  const MuPodSpec *spec = mu_override_spec(part->step);
  part->step->tasks =
      spec == NULL ? 0 : mu_pod_tasks_named(spec, (const char *const *)part->tasks) | taken_along(part, spec);
}

void mu_override_follow(const MuPod *pod) {
  for (guint i = 0; pod->service->overrides->len > 0 && i < pod->steps->len; i++) {
    const MuStep *step = pod->steps->pdata[i];
    if (step->part != NULL)
      take_config(step->part);
  }
}

static char **names_of(const MuPodSpec *spec, guint64 tasks) {
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < spec->n_tasks; i++)
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      g_ptr_array_add(names, g_strdup(spec->tasks[i].name));
  g_ptr_array_add(names, NULL);
  return (char **)g_ptr_array_free(names, FALSE);
}

static void add_part(MuOverride *override, const MuStepDraft *draft) {
  MuService *service = override->pod->service;
  MuPod *pod = mu_service_ensure_pod(service, draft->pod->type, draft->index);
  MuOverridePart *part = g_new0(MuOverridePart, 1);
  g_ptr_array_add(override->parts, part);
  part->override = override;
  part->progress = mu_recovery_record_step(override->record, draft->item.name);
  part->replace = draft->replace;
  part->tasks = names_of(draft->pod, draft->tasks);
  part->env = g_strdupv(draft->env);
  part->step = mu_service_add_step(service, override->phase, pod, draft->item.name, draft->tasks);
  part->step->part = part;
  take_config(part);
}

static void add_custom(MuOverride *override, const MuStepDraft *draft) {
  MuService *service = override->pod->service;
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, override->record->number);
  MuStep *step = mu_service_add_step(service, override->phase, NULL, draft->item.name, 0);
  mu_custom_link(service, step, &draft->custom, number);
}

static void add_phase(MuOverride *override, const MuPhaseDraft *draft, gboolean anew) {
  MuPod *pod = override->pod;
  if (pod->recovery != NULL)
    mu_service_remove_phase(pod->service, pod->recovery);
  override->phase = mu_plan_add_phase(pod->service->recovery, draft->item.name, draft->strategy);
  pod->recovery = override->phase;
  for (guint i = 0; i < draft->steps->len; i++) {
    const MuStepDraft *step = draft->steps->pdata[i];
    if (step->pod == NULL)
      add_custom(override, step);
    else
      add_part(override, step);
  }
  mu_plan_draft_apply_requirements(draft, override->phase);
  if (!anew) /* else they are applied to all plans */
    mu_marks_apply_phase(pod->service, override->phase);
}

/* ---- asking -------------------------------------------------------------------------------------------------------- */

static gboolean brings_back(const MuPhaseDraft *phase, const MuPod *pod, const char *task) {
  for (guint i = 0; i < phase->steps->len; i++) {
    const MuStepDraft *step = phase->steps->pdata[i];
    const MuTaskSpec *spec = step->pod == NULL || strcmp(step->pod->type, pod->type) != 0 || step->index != pod->index
                                 ? NULL
                                 : mu_pod_spec_task(step->pod, task);
    if (spec != NULL && (step->tasks & (G_GUINT64_CONSTANT(1) << (spec - step->pod->tasks))) != 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean check_draft(const MuOverride *override, const MuPlanDraft *draft, GError **error) {
  const MuPhaseDraft *phase = draft->phases->pdata[0];
  for (guint i = 0; phase->steps->len > 0 && override->record->tasks[i] != NULL; i++) {
    if (brings_back(phase, override->pod, override->record->tasks[i]))
      continue;
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "no step of it brings task %s of %s back",
                override->record->tasks[i], override->pod->name);
    return FALSE;
  }
  return mu_plan_draft_check(draft, error);
}

/* Puts the phase that code makes for the case into the plan; FALSE: it makes none. `anew`: with all the plans. */
static gboolean make_phase(MuOverride *override, gboolean anew) {
  const MuPod *pod = override->pod;
  const MuRecoveryRecord *record = override->record;
  const MuServiceScheduler *scheduler = pod->service->scheduler;
  const MuServiceSpec *target = mu_service_target(pod->service);
  const MuFailedPod failed = {.pod = pod->type,
                              .index = pod->index,
                              .permanent = record->permanent,
                              .tasks = (const char *const *)record->tasks,
                              .agent_id = record->agent_id,
                              .hostname = record->hostname,
                              .address = record->address};
  g_autoptr(MuPlanDraft) draft = mu_plan_draft_new_recovery(target, pod->name);
  g_autoptr(GError) error = NULL;
  gboolean good = scheduler->overrider(target, &failed, draft, scheduler->overrider_user, &error) &&
                  check_draft(override, draft, &error);
  if (!good)
    mu_log(MU_LOG_WARNING, "recovery of %s of %s is the default one: the overrider refuses it: %s", pod->name,
           pod->service->name, error == NULL ? "it does not say why" : error->message);
  const MuPhaseDraft *phase = draft->phases->pdata[0];
  if (!good || phase->steps->len == 0)
    return FALSE;
  add_phase(override, phase, anew);
  return TRUE;
}

static const char *address_of(const MuPod *pod, char **tasks) {
  for (guint i = 0; tasks[i] != NULL; i++) {
    const MuTask *task = mu_pod_task(pod, tasks[i]);
    if (task != NULL && task->status != NULL && task->status->container_ip != NULL)
      return task->status->container_ip;
  }
  return NULL;
}

/* From now on it has a record. */
static MuOverride *open_case(MuPod *pod, char **take_tasks, gboolean permanent, MuEffects *effects) {
  mu_override_drop(pod, effects);
  MuRecoveryRecord *record = mu_recovery_record_new();
  record->number = next_number(pod->service, effects);
  record->permanent = permanent;
  record->since_ms = effects->now_ms;
  record->tasks = take_tasks;
  record->agent_id = g_strdup(pod->record == NULL ? NULL : pod->record->agent_id);
  record->hostname = g_strdup(pod->record == NULL ? NULL : pod->record->hostname);
  record->address = g_strdup(address_of(pod, take_tasks));
  return add_case(pod, record);
}

static void leave(MuPod *pod, char **take_tasks, MuEffects *effects) {
  MuOverride *override = open_case(pod, take_tasks, FALSE, effects);
  override->record->declined = TRUE;
  put(override, effects);
}

static gboolean ask(MuPod *pod, char **take_tasks, gboolean permanent, MuEffects *effects) {
  MuOverride *override = open_case(pod, take_tasks, permanent, effects);
  override->record->declined = pod->service->scheduler != NULL && !make_phase(override, FALSE);
  put(override, effects);
  wake_pods(override);
  return !override->record->declined;
}

static gboolean is_replaced(const MuPod *pod) {
  return pod->record != NULL && pod->record->fate == MU_POD_REPLACE;
}

/* It became permanent since code was asked, and not by what code does about it. */
static gboolean is_worse(const MuOverride *override) {
  return is_replaced(override->pod) && !override->record->permanent && !override->record->replaced;
}

/* The deploy plan has ended it to launch it in the target configuration. What ends because it was asked to has no failures. */
static gboolean is_moved(const MuTask *task) {
  const MuPod *pod = task->pod;
  const MuPodSpec *spec = mu_step_pod_spec(pod, FALSE);
  const char *const names[] = {task->record->task, NULL};
  guint64 bit = spec == NULL ? 0 : mu_pod_tasks_named(spec, names);
  if (task->record->failures > 0 || g_strcmp0(task->record->config, pod->service->record->target) == 0)
    return FALSE;
  for (guint i = 0; i < pod->steps->len; i++) {
    const MuStep *step = pod->steps->pdata[i];
    if (step->phase->plan == pod->service->deploy && (step->tasks & bit) != 0 && !step->forced)
      return TRUE;
  }
  return FALSE;
}

/* Of those that have to be brought back, at least one has come down otherwise than by the deploy plan. */
static gboolean is_failure(const MuPod *pod, const MuPodSpec *spec, guint64 tasks) {
  for (guint i = 0; i < spec->n_tasks; i++) {
    const MuTask *task = (tasks & (G_GUINT64_CONSTANT(1) << i)) == 0 ? NULL : mu_pod_task(pod, spec->tasks[i].name);
    if (task != NULL && mu_task_has_failed(task) && !is_moved(task))
      return TRUE;
  }
  return FALSE;
}

/* With an instance that is replaced, in whatever configurations they run. */
static char **names_that_go_down(const MuPod *pod) {
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (goes_down(task))
      g_ptr_array_add(names, g_strdup(task->record->task));
  }
  g_ptr_array_add(names, NULL);
  return (char **)g_ptr_array_free(names, FALSE);
}

gboolean mu_override_takes(MuPod *pod, const MuPodSpec *spec, guint64 tasks, MuEffects *effects) {
  if (pod->override != NULL && pod->override->over)
    mu_override_drop(pod, effects);
  if (!mu_service_has_overrider(pod->service))
    return FALSE;
  if (pod->override != NULL && !is_worse(pod->override))
    return FALSE; /* it was left to the default recovery */
  gboolean replaced = is_replaced(pod);
  if (!replaced && !is_failure(pod, spec, tasks)) {
    leave(pod, names_of(spec, tasks), effects);
    return FALSE;
  }
  return ask(pod, replaced ? names_that_go_down(pod) : names_of(spec, tasks), replaced, effects);
}

gboolean mu_override_is_open(const MuPod *pod) {
  return pod->override != NULL && !pod->override->over && !pod->override->record->declined;
}

gboolean mu_override_keeps(MuPod *pod, MuEffects *effects) {
  if (!mu_override_is_open(pod))
    return FALSE;
  if (!is_worse(pod->override))
    return TRUE;
  mu_override_drop(pod, effects);
  return FALSE;
}

void mu_override_ask_lost(MuPod *pod, MuEffects *effects) {
  if (!mu_service_has_overrider(pod->service) || mu_override_keeps(pod, effects))
    return;
  char **tasks = names_that_go_down(pod);
  if (tasks[0] == NULL)
    g_strfreev(tasks);
  else
    ask(pod, tasks, TRUE, effects);
}

/* ---- plans that are built anew --------------------------------------------------------------------------------------- */

void mu_overrides_unlink(MuService *service) {
  for (guint i = service->overrides->len; i > 0; i--) {
    MuOverride *override = service->overrides->pdata[i - 1];
    override->phase = NULL;
    g_ptr_array_set_size(override->parts, 0);
    if (override->over) {
      override->pod->override = NULL;
      mu_override_free(mu_items_steal_index_fast(service->overrides, i - 1));
    }
  }
}

static gboolean is_wanted(const MuPod *pod) {
  const MuServiceSpec *target = mu_service_target(pod->service);
  const MuPodSpec *spec = target == NULL ? NULL : mu_service_spec_pod(target, pod->type);
  return spec != NULL && pod->index < (guint)spec->count && !mu_pod_is_decommissioned(pod) &&
         (pod->record == NULL || pod->record->fate != MU_POD_ERASE);
}

void mu_overrides_rebuild(MuService *service, MuEffects *effects) {
  for (guint i = service->overrides->len; i > 0; i--) {
    MuOverride *override = service->overrides->pdata[i - 1];
    gboolean running = service->record->state == MU_SERVICE_RUNNING;
    if (!running || !is_wanted(override->pod))
      mu_override_drop(override->pod, effects);
    else if (!override->record->declined && service->scheduler != NULL &&
             (service->scheduler->overrider == NULL || !make_phase(override, TRUE)))
      mu_override_drop(override->pod, effects); /* its code thinks otherwise now: the default recovery has it */
  }
}

/* ---- beside other plans ---------------------------------------------------------------------------------------------- */

static gboolean has_task(const MuOverridePart *part, const MuPod *pod, const char *task) {
  if (part->step->asset != pod || part->progress->done)
    return FALSE;
  const MuPodSpec *spec = mu_override_spec(part->step);
  const char *const names[] = {task, NULL};
  return g_strv_contains((const char *const *)part->tasks, task) ||
         (spec != NULL && (mu_pod_tasks_named(spec, names) & part->step->tasks) != 0);
}

gboolean mu_override_covers(const MuTask *task) {
  const MuItems *overrides = task->pod->service->overrides;
  for (guint i = 0; i < overrides->len; i++) {
    const MuOverride *override = overrides->pdata[i];
    for (guint j = 0; is_active(override) && j < override->parts->len; j++) {
      const MuOverridePart *part = override->parts->pdata[j];
      if (part->progress->number > 0 && has_task(part, task->pod, task->record->task))
        return TRUE;
    }
  }
  return FALSE;
}

static gboolean brings(const MuOverride *override, const char *task) {
  for (guint i = 0; i < override->parts->len; i++)
    if (has_task(override->parts->pdata[i], override->pod, task))
      return TRUE;
  return FALSE;
}

gboolean mu_override_holds(const MuStep *step) {
  const MuPod *pod = step->asset;
  if (!is_active(pod->override) || mu_step_is_recovery(step) || step->tasks == 0 || mu_step_is_rolling(step))
    return FALSE;
  const MuPodSpec *spec = mu_step_spec(step);
  guint64 launch = mu_step_tasks_to_launch(step);
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((launch & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    if (!brings(pod->override, spec->tasks[i].name) ||
        (task != NULL && g_strcmp0(task->record->config, pod->service->record->target) != 0))
      return FALSE;
  }
  return launch != 0;
}

/* ---- a step ---------------------------------------------------------------------------------------------------------- */

static MuOverridePart *part_of(const MuStep *step) {
  return step->part;
}

const MuPodSpec *mu_override_spec(const MuStep *step) {
  const MuPod *pod = step->asset;
  const MuServiceSpec *spec = mu_service_config(pod->service, part_of(step)->config);
  return spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
}

static MuStatus task_status(const MuOverridePart *part, const MuTaskSpec *spec, gint64 now_ms,
                            gint64 *delayed_until_ms) {
  const MuTask *task = mu_pod_task(part->step->asset, spec->name);
  if (task == NULL)
    return MU_STATUS_PENDING;
  if (task->pod != part->override->pod && mu_pod_is_paused(task->pod, spec->name))
    return MU_STATUS_COMPLETE; /* who paused it looks at it */
  const MuTaskSpec *launched =
      mu_task_launched_spec(task); /* another plan may have launched it in another configuration */
  gboolean older = task->record->recovery < part->progress->number;
  if (older && mu_task_is_alive(task))
    return task->record->kill == MU_KILL_WANTED || task->next_kill_ms != 0 ? MU_STATUS_PREPARED : MU_STATUS_PENDING;
  if (!older && mu_task_goal_met(task, launched == NULL ? spec : launched) && task->record->kill != MU_KILL_WANTED)
    return MU_STATUS_COMPLETE;
  return mu_task_is_alive(task) ? mu_task_alive_status(task) : mu_task_ended_status(task, now_ms, delayed_until_ms);
}

MuStatus mu_override_find(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms) {
  const MuOverridePart *part = part_of(step);
  const MuPodSpec *spec = mu_override_spec(step);
  MuStatus least = MU_STATUS_COMPLETE;
  if (part->progress->done || !is_wanted(step->asset))
    return MU_STATUS_COMPLETE;
  if (mu_pod_is_leaving(step->asset))
    return MU_STATUS_PREPARED;
  if (part->progress->number == 0)
    return MU_STATUS_PENDING;
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++)
    if ((step->tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      least = mu_status_least(least, task_status(part, &spec->tasks[i], now_ms, ret_delayed_until_ms));
  return least;
}

guint64 mu_override_tasks_to_launch(const MuStep *step) {
  const MuPodSpec *spec = mu_override_spec(step);
  guint64 launch = 0;
  gint64 ignored = 0;
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    guint64 bit = G_GUINT64_CONSTANT(1) << i;
    MuStatus status = (step->tasks & bit) == 0 ? MU_STATUS_COMPLETE
                                               : task_status(part_of(step), &spec->tasks[i], G_MAXINT64, &ignored);
    if (status == MU_STATUS_PENDING || status == MU_STATUS_PREPARED)
      launch |= bit;
  }
  return launch;
}

static gboolean is_to_replace(const MuOverridePart *part) {
  const MuPod *pod = part->step->asset;
  return replaces(part) && pod->record != NULL && pod->record->fate == MU_POD_KEEP;
}

gboolean mu_override_begin(MuStep *step, MuEffects *effects) {
  MuOverridePart *part = part_of(step);
  MuPod *pod = step->asset;
  if (part->progress->number > 0)
    return FALSE;
  part->progress->number = next_number(pod->service, effects);
  if (is_to_replace(part)) {
    part->override->record->replaced |= pod == part->override->pod;
    pod->record->fate = MU_POD_REPLACE;
    mu_pod_put(pod, effects);
  }
  put(part->override, effects);
  mu_pod_mark_dirty(pod);
  return TRUE;
}

void mu_override_force(MuStep *step, MuEffects *effects) {
  part_of(step)->progress->done = TRUE;
  put(part_of(step)->override, effects);
  mu_pod_mark_dirty(step->asset);
}

void mu_override_restart(MuStep *step, MuEffects *effects) {
  part_of(step)->progress->done = FALSE;
  part_of(step)->progress->number = 0;
  put(part_of(step)->override, effects);
  mu_pod_mark_dirty(step->asset);
}

void mu_override_add_env(const MuStep *step, GPtrArray *envs) {
  char **env = part_of(step)->env;
  for (guint i = 0; env != NULL && i < envs->len; i++) {
    GHashTable *of_task = envs->pdata[i];
    if (of_task == NULL)
      envs->pdata[i] = of_task = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint j = 0; env[j] != NULL; j++) {
      const char *value = strchr(env[j], '=');
      g_hash_table_insert(of_task, g_strndup(env[j], (gsize)(value - env[j])), g_strdup(value + 1));
    }
  }
}

/* ---- how far it has come ----------------------------------------------------------------------------------------------- */

static void note_parts(MuOverride *override, MuEffects *effects) {
  gboolean changed = FALSE;
  for (guint i = 0; i < override->parts->len; i++) {
    const MuOverridePart *part = override->parts->pdata[i];
    if (part->step->status != MU_STATUS_COMPLETE || part->progress->done)
      continue;
    part->progress->done = TRUE;
    changed = TRUE;
  }
  if (changed)
    put(override, effects);
}

static void note(MuOverride *override, MuEffects *effects) {
  if (override->over)
    return;
  if (override->phase == NULL) {
    if (override->record->declined && !mu_recovery_is_under_way(override->pod))
      mu_override_drop(override->pod, effects);
    return;
  }
  note_parts(override, effects);
  if (override->phase->status != MU_STATUS_COMPLETE)
    return;
  erase_record(override, effects);
  override->over = TRUE;
  mu_custom_forget_phase(override->phase, effects);
  wake_pods(override);
}

void mu_overrides_note(MuService *service, MuEffects *effects) {
  for (guint i = service->overrides->len; i > 0; i--)
    note(service->overrides->pdata[i - 1], effects);
}
