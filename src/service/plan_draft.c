#include "plan_draft.h"

#include "launch.h"
#include <muster/error.h>
#include <string.h>

#define MAX_NAME 100

/* ---- what a spec says ---------------------------------------------------------------------------------------------- */

static void item_init(MuDraftItem *item, char *take_name) {
  item->name = take_name;
  item->requires = g_ptr_array_new();
}

static void item_clear(MuDraftItem *item) {
  g_free(item->name);
  g_ptr_array_unref(item->requires);
}

static void step_free(MuStepDraft *step) {
  item_clear(&step->item);
  g_free(step->done_for);
  g_strfreev(step->env);
  g_free(step);
}

static void phase_free(MuPhaseDraft *phase) {
  item_clear(&phase->item);
  g_ptr_array_unref(phase->steps);
  g_free(phase);
}

static MuPhaseDraft *phase_new(const char *name, MuStrategyKind strategy) {
  MuPhaseDraft *phase = g_new0(MuPhaseDraft, 1);
  item_init(&phase->item, g_strdup(name));
  phase->strategy = strategy;
  phase->steps = g_ptr_array_new_with_free_func((GDestroyNotify)step_free);
  return phase;
}

static guint64 all_tasks(const MuPodSpec *pod) {
  return pod->n_tasks >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << pod->n_tasks) - 1;
}

guint64 mu_pod_tasks_named(const MuPodSpec *pod, const char *const *names) {
  guint64 tasks = 0;
  for (guint i = 0; i < pod->n_tasks; i++)
    if (g_strv_contains(names, pod->tasks[i].name))
      tasks |= G_GUINT64_CONSTANT(1) << i;
  return tasks;
}

/* Mostly there is one. */
static const char *sole_task(const MuPodSpec *pod, guint64 tasks) {
  return pod->n_tasks == 1 && tasks == 1 ? pod->tasks[0].name : NULL;
}

char *mu_pod_step_name(const MuPodSpec *pod, guint index, guint64 tasks) {
  g_autofree char *instance = mu_pod_name(pod->type, index);
  const char *sole = sole_task(pod, tasks);
  if (sole != NULL)
    return g_strconcat(instance, ":[", sole, "]", NULL);
  GString *name = g_string_sized_new(64);
  g_string_append(name, instance);
  g_string_append(name, ":[");
  gboolean first = TRUE;
  for (guint i = 0; i < pod->n_tasks; i++) {
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    g_string_append(name, first ? "" : ", ");
    g_string_append(name, pod->tasks[i].name);
    first = FALSE;
  }
  g_string_append_c(name, ']');
  return g_string_free(name, FALSE);
}

static MuStepDraft *add_step(MuPhaseDraft *phase, char *take_name, const MuPodSpec *pod, guint index, guint64 tasks) {
  MuStepDraft *step = g_new0(MuStepDraft, 1);
  item_init(&step->item, take_name);
  step->pod = pod;
  step->index = index;
  step->tasks = tasks;
  g_ptr_array_add(phase->steps, step);
  return step;
}

static void add_spec_step(MuPhaseDraft *phase, const MuPodSpec *pod, guint index, guint64 tasks) {
  add_step(phase, mu_pod_step_name(pod, index, tasks), pod, index, tasks);
}

static void add_spec_phase(MuPlanDraft *draft, const MuPhaseSpec *spec) {
  const MuPodSpec *pod = mu_service_spec_pod(draft->spec, spec->pod);
  MuPhaseDraft *phase = phase_new(spec->name, spec->strategy);
  g_ptr_array_add(draft->phases, phase);
  for (guint i = 0; !spec->explicit_steps && i < (guint)pod->count; i++)
    add_spec_step(phase, pod, i, all_tasks(pod));
  for (guint i = 0; spec->explicit_steps && i < spec->n_steps; i++)
    add_spec_step(phase, pod, spec->steps[i].index, mu_pod_tasks_named(pod, (const char *const *)spec->steps[i].tasks));
}

MuPlanDraft *mu_plan_draft_new(const MuServiceSpec *spec, const MuPlanSpec *plan, const char *name) {
  MuPlanDraft *draft = g_new0(MuPlanDraft, 1);
  draft->spec = spec;
  draft->name = name;
  draft->strategy = plan->strategy;
  draft->phases = g_ptr_array_new_with_free_func((GDestroyNotify)phase_free);
  for (guint i = 0; i < plan->n_phases; i++)
    add_spec_phase(draft, &plan->phases[i]);
  return draft;
}

MuPlanDraft *mu_plan_draft_new_recovery(const MuServiceSpec *spec, const char *phase) {
  const MuPlanSpec none = {.strategy = MU_STRATEGY_PARALLEL};
  MuPlanDraft *draft = mu_plan_draft_new(spec, &none, "recovery");
  draft->recovery = TRUE;
  g_ptr_array_add(draft->phases, phase_new(phase, MU_STRATEGY_SERIAL));
  return draft;
}

/* A plan that ends these instances. */
static MuPlanDraft *new_end(const MuServiceSpec *spec, const char *name, MuStrategyKind strategy,
                            const GPtrArray *pod_names) {
  const MuPlanSpec none = {.strategy = strategy};
  MuPlanDraft *draft = mu_plan_draft_new(spec, &none, name);
  for (guint i = 0; i < pod_names->len; i++) {
    MuPhaseDraft *phase = phase_new(pod_names->pdata[i], MU_STRATEGY_SERIAL);
    phase->ends = TRUE;
    g_ptr_array_add(draft->phases, phase);
  }
  return draft;
}

MuPlanDraft *mu_plan_draft_new_decommission(const MuServiceSpec *spec, const GPtrArray *pod_names) {
  MuPlanDraft *draft = new_end(spec, "decommission", MU_STRATEGY_SERIAL, pod_names);
  draft->decommission = TRUE;
  return draft;
}

MuPlanDraft *mu_plan_draft_new_uninstall(const MuServiceSpec *spec, const GPtrArray *pod_names) {
  MuPlanDraft *draft = new_end(spec, MU_UNINSTALL, MU_STRATEGY_PARALLEL, pod_names);
  draft->uninstall = TRUE;
  return draft;
}

void mu_plan_draft_free(MuPlanDraft *draft) {
  g_ptr_array_unref(draft->phases);
  g_free(draft);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

const char *mu_plan_draft_name(const MuPlanDraft *draft) {
  return draft->name;
}

guint mu_plan_draft_n_phases(const MuPlanDraft *draft) {
  return draft->phases->len;
}

static const char *name_at(const GPtrArray *items, guint index) {
  return ((const MuDraftItem *)items->pdata[index])->name;
}

const char *mu_plan_draft_phase_name(const MuPlanDraft *draft, guint index) {
  return name_at(draft->phases, index);
}

static gboolean find_item(const GPtrArray *items, const char *name, guint *ret_index) {
  for (guint i = 0; i < items->len; i++) {
    if (strcmp(name_at(items, i), name) != 0)
      continue;
    *ret_index = i;
    return TRUE;
  }
  return FALSE;
}

static MuPhaseDraft *find(const MuPlanDraft *draft, const char *name, guint *ret_index, GError **error) {
  if (find_item(draft->phases, name, ret_index))
    return draft->phases->pdata[*ret_index];
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "plan %s has no phase \"%s\"", draft->name, name);
  return NULL;
}

static MuStepDraft *find_step(const MuPlanDraft *draft, const MuPhaseDraft *phase, const char *name, guint *ret_index,
                              GError **error) {
  if (find_item(phase->steps, name, ret_index))
    return phase->steps->pdata[*ret_index];
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "phase %s of plan %s has no step \"%s\"", phase->item.name,
              draft->name, name);
  return NULL;
}

guint mu_plan_draft_n_steps(const MuPlanDraft *draft, const char *phase) {
  guint index = 0;
  const MuPhaseDraft *found = find(draft, phase, &index, NULL);
  return found == NULL ? 0 : found->steps->len;
}

const char *mu_plan_draft_step_name(const MuPlanDraft *draft, const char *phase, guint index) {
  guint at = 0;
  return name_at(find(draft, phase, &at, NULL)->steps, index);
}

/* ---- changing phases and steps alike -------------------------------------------------------------------------------- */

static void move_item(GPtrArray *items, guint from, guint to) {
  gpointer moved = g_ptr_array_steal_index(items, from);
  g_ptr_array_insert(items, (int)(to > from ? to - 1 : to), moved);
}

static void add_required(MuDraftItem *of, MuDraftItem *required) {
  if (!g_ptr_array_find(of->requires, required, NULL))
    g_ptr_array_add(of->requires, required);
}

static void remove_item(GPtrArray *items, guint index) {
  MuDraftItem *gone = items->pdata[index];
  for (guint i = 0; i < items->len; i++) {
    MuDraftItem *item = items->pdata[i];
    if (!g_ptr_array_remove(item->requires, gone))
      continue;
    for (guint j = 0; j < gone->requires->len; j++)
      add_required(item, gone->requires->pdata[j]);
  }
  g_ptr_array_remove_index(items, index);
}

/* Whether `item` waits for `other`, by way of items that are put in `way`, the last first. `seen` keeps it from going anywhere
 * twice. */
static gboolean waits_for(MuDraftItem *item, const MuDraftItem *other, GHashTable *seen, GPtrArray *way) {
  gboolean found = item == other;
  if (!g_hash_table_add(seen, item))
    return FALSE;
  for (guint i = 0; !found && i < item->requires->len; i++)
    found = waits_for(item->requires->pdata[i], other, seen, way);
  if (found)
    g_ptr_array_add(way, item);
  return found;
}

static gboolean require(const MuPlanDraft *draft, const char *kind, MuDraftItem *of, MuDraftItem *needed,
                        GError **error) {
  g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
  g_autoptr(GPtrArray) way = g_ptr_array_new();
  if (!waits_for(needed, of, seen, way)) {
    add_required(of, needed);
    return TRUE;
  }
  g_autoptr(GString) circle = g_string_new(of->name);
  for (guint i = way->len; i > 0; i--)
    g_string_append_printf(circle, " requires %s", name_at(way, i - 1));
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "plan %s: %s would wait for each other: %s", draft->name, kind,
              circle->str);
  return FALSE;
}

static gboolean is_name(const char *name) {
  const char *c = name;
  while (*c != '\0' && *c != '/' && !g_ascii_iscntrl(*c))
    c++;
  return *c == '\0' && c > name && c - name <= MAX_NAME;
}

static gboolean check_name(const MuPlanDraft *draft, const char *kind, const char *name, GError **error) {
  if (is_name(name))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "plan %s: \"%.100s\" is no name of a %s: 1 to %d characters, without slashes, were expected", draft->name,
              name, kind, MAX_NAME);
  return FALSE;
}

static gboolean check_absent(const MuPlanDraft *draft, const char *kind, const GPtrArray *items, const char *name,
                             GError **error) {
  guint index = 0;
  if (!find_item(items, name, &index))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "plan %s has a %s \"%s\" already", draft->name, kind, name);
  return FALSE;
}

static gboolean check_phases(const MuPlanDraft *draft, GError **error) {
  if (draft->recovery)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "a recovery has one phase, with its name");
  else if (draft->decommission)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "a decommission has a phase for each instance that goes, and no other");
  else
    return TRUE;
  return FALSE;
}

static gboolean check_free(const MuPhaseDraft *phase, GError **error) {
  if (phase->ends)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "phase %s ends an instance, and stays under its name",
                phase->item.name);
  return !phase->ends;
}

static gboolean check_phase_name(const MuPlanDraft *draft, const char *name, GError **error) {
  return check_phases(draft, error) && check_name(draft, "phase", name, error) &&
         check_absent(draft, "phase", draft->phases, name, error);
}

/* ---- phases -------------------------------------------------------------------------------------------------------- */

void mu_plan_draft_set_strategy(MuPlanDraft *draft, MuStrategyKind strategy) {
  draft->strategy = strategy;
}

gboolean mu_plan_draft_set_phase_strategy(MuPlanDraft *draft, const char *phase, MuStrategyKind strategy,
                                          GError **error) {
  guint index = 0;
  MuPhaseDraft *found = find(draft, phase, &index, error);
  if (found != NULL)
    found->strategy = strategy;
  return found != NULL;
}

gboolean mu_plan_draft_move_phase(MuPlanDraft *draft, const char *phase, const char *before, GError **error) {
  guint from = 0, to = draft->phases->len;
  if (find(draft, phase, &from, error) == NULL || (before != NULL && find(draft, before, &to, error) == NULL))
    return FALSE;
  move_item(draft->phases, from, to);
  return TRUE;
}

gboolean mu_plan_draft_require(MuPlanDraft *draft, const char *phase, const char *required, GError **error) {
  guint index = 0;
  MuPhaseDraft *of = find(draft, phase, &index, error);
  MuPhaseDraft *needed = of == NULL ? NULL : find(draft, required, &index, error);
  return needed != NULL && require(draft, "phases", &of->item, &needed->item, error);
}

gboolean mu_plan_draft_add_phase(MuPlanDraft *draft, const char *phase, const char *before, MuStrategyKind strategy,
                                 GError **error) {
  guint at = draft->phases->len;
  if (!check_phase_name(draft, phase, error) || (before != NULL && find(draft, before, &at, error) == NULL))
    return FALSE;
  g_ptr_array_insert(draft->phases, (int)at, phase_new(phase, strategy));
  return TRUE;
}

gboolean mu_plan_draft_remove_phase(MuPlanDraft *draft, const char *phase, GError **error) {
  guint index = 0;
  MuPhaseDraft *found = check_phases(draft, error) ? find(draft, phase, &index, error) : NULL;
  if (found == NULL || !check_free(found, error))
    return FALSE;
  remove_item(draft->phases, index);
  return TRUE;
}

gboolean mu_plan_draft_rename_phase(MuPlanDraft *draft, const char *phase, const char *name, GError **error) {
  guint index = 0;
  MuPhaseDraft *found = find(draft, phase, &index, error);
  if (found == NULL || !check_phase_name(draft, name, error) || !check_free(found, error))
    return FALSE;
  char *renamed = g_strdup(name);
  g_free(found->item.name);
  found->item.name = renamed;
  return TRUE;
}

/* ---- steps --------------------------------------------------------------------------------------------------------- */

static gboolean check_tasks(const MuPodSpec *pod, const char *const *tasks, GError **error) {
  for (guint i = 0; tasks != NULL && tasks[i] != NULL; i++) {
    if (mu_pod_spec_task(pod, tasks[i]) != NULL)
      continue;
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "pod \"%s\" has no task \"%s\"", pod->type, tasks[i]);
    return FALSE;
  }
  if (tasks == NULL || tasks[0] != NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "a step for pod \"%s\" names no task", pod->type);
  return FALSE;
}

static const MuPodSpec *find_pod(const MuPlanDraft *draft, const MuPodStep *step, GError **error) {
  const MuPodSpec *pod = mu_service_spec_pod(draft->spec, step->pod);
  if (pod == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "the spec has no pod \"%s\"", step->pod);
  else if (step->index >= (guint)pod->count)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "pod \"%s\" has %u instances, there is none of index %u", step->pod,
                (guint)pod->count, step->index);
  else
    return pod;
  return NULL;
}

static gboolean check_recovery(const MuPlanDraft *draft, const MuPodStep *step, GError **error) {
  const char *wrong = NULL;
  for (guint i = 0; step->env != NULL && step->env[i] != NULL && wrong == NULL; i++)
    if (strchr(step->env[i], '=') == NULL || step->env[i][0] == '=')
      wrong = step->env[i];
  if (draft->decommission || draft->uninstall)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "only custom steps come before the end of an instance");
  else if (!draft->recovery && (step->replace || step->env != NULL))
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "plan %s: only steps of a recovery replace, or have an env",
                draft->name);
  else if (wrong != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%.100s\" is no NAME=value", wrong);
  else
    return TRUE;
  return FALSE;
}

gboolean mu_plan_draft_add_pod_step(MuPlanDraft *draft, const char *phase, const MuPodStep *step, GError **error) {
  guint index = 0;
  MuPhaseDraft *found = find(draft, phase, &index, error);
  const MuPodSpec *pod = found == NULL ? NULL : find_pod(draft, step, error);
  if (pod == NULL || !check_tasks(pod, step->tasks, error) || !check_recovery(draft, step, error))
    return FALSE;
  guint64 tasks = step->tasks == NULL ? all_tasks(pod) : mu_pod_tasks_named(pod, step->tasks);
  g_autofree char *name = step->name != NULL ? g_strdup(step->name) : mu_pod_step_name(pod, step->index, tasks);
  if ((step->name != NULL && !check_name(draft, "step", name, error)) ||
      !check_absent(draft, "step", found->steps, name, error))
    return FALSE;
  MuStepDraft *added = add_step(found, g_steal_pointer(&name), pod, step->index, tasks);
  added->replace = step->replace;
  added->env = g_strdupv((char **)step->env);
  return TRUE;
}

gboolean mu_plan_draft_add_custom_step(MuPlanDraft *draft, const char *phase, const MuCustomStep *step,
                                       GError **error) {
  guint index = 0;
  MuPhaseDraft *found = find(draft, phase, &index, error);
  if (found == NULL || !check_name(draft, "step", step->name, error) ||
      !check_absent(draft, "step", found->steps, step->name, error))
    return FALSE;
  MuStepDraft *added = add_step(found, g_strdup(step->name), NULL, 0, 0);
  added->custom = *step;
  added->done_for = g_strdup(step->done_for);
  return TRUE;
}

gboolean mu_plan_draft_remove_step(MuPlanDraft *draft, const char *phase, const char *step, GError **error) {
  guint index = 0;
  MuPhaseDraft *found = find(draft, phase, &index, error);
  if (found == NULL || find_step(draft, found, step, &index, error) == NULL)
    return FALSE;
  remove_item(found->steps, index);
  return TRUE;
}

gboolean mu_plan_draft_move_step(MuPlanDraft *draft, const char *phase, const char *step, const char *before,
                                 GError **error) {
  guint from = 0, to = 0;
  MuPhaseDraft *found = find(draft, phase, &from, error);
  if (found == NULL || find_step(draft, found, step, &from, error) == NULL)
    return FALSE;
  to = found->steps->len;
  if (before != NULL && find_step(draft, found, before, &to, error) == NULL)
    return FALSE;
  move_item(found->steps, from, to);
  return TRUE;
}

gboolean mu_plan_draft_require_step(MuPlanDraft *draft, const char *phase, const char *step, const char *required,
                                    GError **error) {
  guint index = 0;
  MuPhaseDraft *found = find(draft, phase, &index, error);
  MuStepDraft *of = found == NULL ? NULL : find_step(draft, found, step, &index, error);
  MuStepDraft *needed = of == NULL ? NULL : find_step(draft, found, required, &index, error);
  return needed != NULL && require(draft, "steps", &of->item, &needed->item, error);
}

/* ---- checking ------------------------------------------------------------------------------------------------------ */

/* One by one, in their order: a child would keep from its turn what it waits for. */
static gboolean check_order(const MuPlanDraft *draft, const char *kind, MuStrategyKind strategy, const GPtrArray *items,
                            GError **error) {
  g_autoptr(GHashTable) before = g_hash_table_new(NULL, NULL);
  if (strategy != MU_STRATEGY_SERIAL && strategy != MU_STRATEGY_SERIAL_CANARY)
    return TRUE;
  for (guint i = 0; i < items->len; i++) {
    MuDraftItem *item = items->pdata[i];
    for (guint j = 0; j < item->requires->len; j++) {
      if (g_hash_table_contains(before, item->requires->pdata[j]))
        continue;
      g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                  "plan %s: %s %s requires %s, which comes after it; its strategy should be parallel", draft->name,
                  kind, item->name, name_at(item->requires, j));
      return FALSE;
    }
    g_hash_table_add(before, item);
  }
  return TRUE;
}

gboolean mu_plan_draft_check(const MuPlanDraft *draft, GError **error) {
  if (!check_order(draft, "phase", draft->strategy, draft->phases, error))
    return FALSE;
  for (guint i = 0; i < draft->phases->len; i++) {
    const MuPhaseDraft *phase = draft->phases->pdata[i];
    if (!check_order(draft, "step", phase->strategy, phase->steps, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- the plan that is made of it ------------------------------------------------------------------------------------- */

void mu_plan_draft_apply_requirements(const MuPhaseDraft *draft, const MuPhase *phase) {
  g_autoptr(GHashTable) made = g_hash_table_new(NULL, NULL); /* MuStepDraft* to MuStep* */
  for (guint i = 0; i < draft->steps->len; i++)
    g_hash_table_insert(made, draft->steps->pdata[i], phase->steps->pdata[i]);
  for (guint i = 0; i < draft->steps->len; i++) {
    const MuDraftItem *step = draft->steps->pdata[i];
    for (guint j = 0; j < step->requires->len; j++)
      mu_step_require(phase->steps->pdata[i], g_hash_table_lookup(made, step->requires->pdata[j]));
  }
}
