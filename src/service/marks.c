#include "marks.h"

#include "json.h"
#include "stored.h"

#include <string.h>

typedef struct {
  gboolean interrupted, forced;
  gint64 canary;
  gint64 since_ms;
  char *parameters; /* of a plan */
  guint32 bytes;    /* in the store */
} Mark;

static void mark_free(Mark *mark) {
  g_free(mark->parameters);
  g_free(mark);
}

GHashTable *mu_marks_new(void) {
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)mark_free);
}

static Mark *mark_copy(const Mark *mark) {
  Mark *copy = g_memdup2(mark, sizeof *mark);
  copy->parameters = g_strdup(mark->parameters);
  return copy;
}

/* ---- keys ---------------------------------------------------------------------------------------------------------- */

/* Phases of recovery, decommission and uninstall come and go with the state of the pods: their place among the others, which
 * is part of an element's id, is another one after a restart; their names are not. */
static gboolean follows_state(const MuService *service, const MuPlan *plan) {
  return service->record->state != MU_SERVICE_RUNNING || strcmp(plan->name, "recovery") == 0 ||
         strcmp(plan->name, "decommission") == 0;
}

static char *phase_key(const MuService *service, const MuPhase *phase) {
  const MuPlan *plan = phase->plan;
  return g_strdup_printf("%s/%s", plan->name, follows_state(service, plan) ? phase->name : mu_phase_id(phase).text);
}

static char *step_key(const MuService *service, const MuStep *step) {
  const MuPlan *plan = step->phase->plan;
  if (follows_state(service, plan))
    return g_strdup_printf("%s/%s/%s", plan->name, step->phase->name, step->name);
  return g_strdup_printf("%s/%s", plan->name, mu_step_id(step).text);
}

/* ---- storing ------------------------------------------------------------------------------------------------------- */

static char *encode(const Mark *mark) {
  g_autoptr(json_t) json = json_object();
  mu_json_set_bool(json, "interrupted", mark->interrupted);
  mu_json_set_bool(json, "forced", mark->forced);
  mu_json_set_int(json, "canary", mark->canary);
  mu_json_set_int(json, "since_ms", mark->since_ms);
  mu_json_set_string(json, "parameters", mark->parameters);
  return mu_json_to_string(json);
}

/* A custom plan stands by interrupted; so `interrupted` of a plan is stored even when it is FALSE. */
static void put(MuService *service, const char *key, const Mark *mark, gboolean always, MuEffects *effects) {
  Mark *before = g_hash_table_lookup(service->marks, key);
  if (always || mark->interrupted || mark->forced || mark->canary != 0) {
    Mark *copy = mark_copy(mark);
    copy->bytes = before == NULL ? 0 : before->bytes;
    mu_stored_take(service, MU_RECORD_MARK, key, encode(mark), &copy->bytes, effects);
    g_hash_table_insert(service->marks, g_strdup(key), copy);
  } else if (before != NULL) {
    mu_stored_delete(service, MU_RECORD_MARK, key, &before->bytes, effects);
    g_hash_table_remove(service->marks, key);
  }
}

void mu_marks_put_plan(MuService *service, const MuPlan *plan, MuEffects *effects) {
  const Mark mark = {.interrupted = plan->interrupted,
                     .canary = plan->canary,
                     .since_ms = effects->now_ms,
                     .parameters = plan->parameters};
  put(service, plan->name, &mark, TRUE, effects);
}

void mu_marks_put_phase(MuService *service, const MuPhase *phase, MuEffects *effects) {
  const Mark mark = {.interrupted = phase->interrupted, .canary = phase->canary, .since_ms = effects->now_ms};
  g_autofree char *key = phase_key(service, phase);
  put(service, key, &mark, FALSE, effects);
}

void mu_marks_put_step(MuService *service, const MuStep *step, MuEffects *effects) {
  const Mark mark = {.interrupted = step->interrupted, .forced = step->forced, .since_ms = effects->now_ms};
  g_autofree char *key = step_key(service, step);
  put(service, key, &mark, FALSE, effects);
}

static gboolean is_of_plan(const char *key, const char *plan) {
  gsize length = strlen(plan);
  return strncmp(key, plan, length) == 0 && (key[length] == '/' || key[length] == '\0');
}

void mu_marks_clear(MuService *service, const char *plan, gboolean others, MuEffects *effects) {
  GHashTableIter iter;
  gpointer key = NULL, mark = NULL;
  g_hash_table_iter_init(&iter, service->marks);
  while (g_hash_table_iter_next(&iter, &key, &mark)) {
    if (plan != NULL && is_of_plan(key, plan) == others)
      continue;
    mu_stored_delete(service, MU_RECORD_MARK, key, &((Mark *)mark)->bytes, effects);
    g_hash_table_iter_remove(&iter);
  }
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static gint64 since(const MuService *service, const char *key) {
  const Mark *mark = g_hash_table_lookup(service->marks, key);
  return mark == NULL ? 0 : mark->since_ms;
}

gint64 mu_marks_since_plan(const MuService *service, const MuPlan *plan) {
  return since(service, plan->name);
}

gint64 mu_marks_since_phase(const MuService *service, const MuPhase *phase) {
  g_autofree char *key = phase_key(service, phase);
  return since(service, key);
}

gint64 mu_marks_since_step(const MuService *service, const MuStep *step) {
  g_autofree char *key = step_key(service, step);
  return since(service, key);
}

/* ---- loading ------------------------------------------------------------------------------------------------------- */

void mu_marks_copy(const MuService *from, MuService *to) {
  GHashTableIter iter;
  gpointer key = NULL, mark = NULL;
  g_hash_table_iter_init(&iter, from->marks);
  while (g_hash_table_iter_next(&iter, &key, &mark)) {
    Mark *copy = mark_copy(mark);
    copy->bytes = 0; /* the copy has nothing in the store */
    g_hash_table_insert(to->marks, g_strdup(key), copy);
  }
}

gboolean mu_marks_load(MuService *service, const char *key, const char *value, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(value, length, G_MAXSIZE, error);
  const char *parameters = NULL;
  Mark mark = {0};
  if (json == NULL || !mu_json_get_bool(json, "interrupted", FALSE, &mark.interrupted, error) ||
      !mu_json_get_bool(json, "forced", FALSE, &mark.forced, error) ||
      !mu_json_get_int(json, "canary", FALSE, &mark.canary, error) ||
      !mu_json_get_int(json, "since_ms", FALSE, &mark.since_ms, error) ||
      !mu_json_get_string(json, "parameters", FALSE, &parameters, error))
    return FALSE;
  mark.parameters = (char *)parameters;
  mu_stored_note(service, key, length, &mark.bytes);
  g_hash_table_insert(service->marks, g_strdup(key), mark_copy(&mark));
  return TRUE;
}

static void apply_to_step(MuService *service, MuStep *step) {
  g_autofree char *key = step_key(service, step);
  const Mark *mark = g_hash_table_lookup(service->marks, key);
  if (mark == NULL)
    return;
  mu_step_set_interrupted(step, mark->interrupted);
  if (mark->forced)
    mu_step_set_forced(step, TRUE);
}

void mu_marks_apply_phase(MuService *service, MuPhase *phase) {
  g_autofree char *key = phase_key(service, phase);
  const Mark *mark = g_hash_table_lookup(service->marks, key);
  for (gint64 i = 0; mark != NULL && i < mark->canary; i++)
    mu_phase_advance_canary(phase);
  if (mark != NULL)
    mu_phase_set_interrupted(phase, mark->interrupted);
  for (guint i = 0; i < phase->steps->len; i++)
    apply_to_step(service, phase->steps->pdata[i]);
}

static void apply_to_plan(MuService *service, MuPlan *plan) {
  const Mark *mark = g_hash_table_lookup(service->marks, plan->name);
  for (gint64 i = 0; mark != NULL && i < mark->canary; i++)
    mu_plan_advance_canary(plan);
  if (mark != NULL)
    mu_plan_set_interrupted(plan, mark->interrupted);
  if (mark != NULL)
    plan->parameters = g_strdup(mark->parameters);
  for (guint i = 0; i < plan->phases->len; i++)
    mu_marks_apply_phase(service, plan->phases->pdata[i]);
}

void mu_marks_apply(MuService *service) {
  if (g_hash_table_size(service->marks) == 0)
    return;
  for (guint i = 0; i < service->plans->len; i++)
    apply_to_plan(service, service->plans->pdata[i]);
}
