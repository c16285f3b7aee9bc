#include "plan_draft.h"

#include <muster/error.h>
#include <string.h>

static void phase_free(MuPhaseDraft *phase) {
  g_ptr_array_unref(phase->requires);
  g_free(phase);
}

MuPlanDraft *mu_plan_draft_new(const MuPlanSpec *plan, const char *name) {
  MuPlanDraft *draft = g_new0(MuPlanDraft, 1);
  draft->name = name;
  draft->strategy = plan->strategy;
  draft->phases = g_ptr_array_new_with_free_func((GDestroyNotify)phase_free);
  for (guint i = 0; i < plan->n_phases; i++) {
    MuPhaseDraft *phase = g_new0(MuPhaseDraft, 1);
    phase->spec = &plan->phases[i];
    phase->strategy = plan->phases[i].strategy;
    phase->requires = g_ptr_array_new();
    g_ptr_array_add(draft->phases, phase);
  }
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

const char *mu_plan_draft_phase_name(const MuPlanDraft *draft, guint index) {
  return ((const MuPhaseDraft *)draft->phases->pdata[index])->spec->name;
}

static MuPhaseDraft *find(const MuPlanDraft *draft, const char *name, guint *ret_index, GError **error) {
  for (guint i = 0; i < draft->phases->len; i++) {
    if (strcmp(mu_plan_draft_phase_name(draft, i), name) != 0)
      continue;
    *ret_index = i;
    return draft->phases->pdata[i];
  }
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "plan %s has no phase \"%s\"", draft->name, name);
  return NULL;
}

/* ---- changing ------------------------------------------------------------------------------------------------------ */

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
  gpointer moved = g_ptr_array_steal_index(draft->phases, from);
  g_ptr_array_insert(draft->phases, (int)(to > from ? to - 1 : to), moved);
  return TRUE;
}

/* Whether `phase` waits for `other`, by way of phases that are put in `way`, the last first. `seen` keeps it from going anywhere
 * twice. */
static gboolean waits_for(MuPhaseDraft *phase, const MuPhaseDraft *other, GHashTable *seen, GPtrArray *way) {
  gboolean found = phase == other;
  if (!g_hash_table_add(seen, phase))
    return FALSE;
  for (guint i = 0; !found && i < phase->requires->len; i++)
    found = waits_for(phase->requires->pdata[i], other, seen, way);
  if (found)
    g_ptr_array_add(way, phase);
  return found;
}

gboolean mu_plan_draft_require(MuPlanDraft *draft, const char *phase, const char *required, GError **error) {
  guint index = 0;
  MuPhaseDraft *of = find(draft, phase, &index, error);
  MuPhaseDraft *needed = of == NULL ? NULL : find(draft, required, &index, error);
  if (needed == NULL)
    return FALSE;
  g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
  g_autoptr(GPtrArray) way = g_ptr_array_new();
  if (waits_for(needed, of, seen, way)) {
    g_autoptr(GString) circle = g_string_new(phase);
    for (guint i = way->len; i > 0; i--)
      g_string_append_printf(circle, " requires %s", ((const MuPhaseDraft *)way->pdata[i - 1])->spec->name);
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "plan %s: phases would wait for each other: %s", draft->name,
                circle->str);
    return FALSE;
  }
  if (!g_ptr_array_find(of->requires, needed, NULL))
    g_ptr_array_add(of->requires, needed);
  return TRUE;
}
