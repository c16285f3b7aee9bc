#include "spec_engine.h"

#include "json.h"
#include "spec_fields.h"
#include <muster/error.h>
#include <string.h>

#define MAX_PLACES 3 /* named for one field; the rest is counted */

/* What was found of one field, wherever it stands. */
typedef struct {
  const MuEngineUse *use;
  GString *places;
  guint n;
} Finding;

typedef struct {
  MuEngineColumn engine;
  GPtrArray *findings; /* in the order of the spec */
  GHashTable *by_note;
} Findings;

static void finding_free(gpointer data) {
  Finding *finding = data;
  g_string_free(finding->places, TRUE);
  g_free(finding);
}

static void add_finding(Findings *found, const MuEngineUse *use, const char *place) {
  /* by its note: a task's and a set's own fields are rows of their own, and say the same */
  Finding *finding = g_hash_table_lookup(found->by_note, use->note);
  if (finding == NULL) {
    finding = g_new0(Finding, 1);
    finding->use = use;
    finding->places = g_string_new(NULL);
    g_ptr_array_add(found->findings, finding);
    g_hash_table_insert(found->by_note, (char *)use->note, finding);
  }
  if (finding->n++ < MAX_PLACES)
    g_string_append_printf(finding->places, "%s%s", finding->places->len == 0 ? "" : ", ", place);
}

/* ---- the walk: canonical JSON has what was given, and nothing else --------------------------------------------------- */

static void walk(Findings *found, const MuObject *type, const json_t *object, const char *place);

static void walk_elements(Findings *found, const MuObject *type, const json_t *value, const char *place) {
  const char *name;
  json_t *element;
  json_object_foreach ((json_t *)value, name, element) {
    g_autofree char *inner = g_strdup_printf("%s.%s", place, name);
    walk(found, type, element, inner);
  }
  gsize index;
  json_array_foreach (value, index, element) {
    g_autofree char *inner = g_strdup_printf("%s[%" G_GSIZE_FORMAT "]", place, index);
    walk(found, type, element, inner);
  }
}

static gboolean is_meant(const MuEngineUse *use, const json_t *value) {
  return use->word == NULL || g_strcmp0(json_string_value(value), use->word) == 0;
}

static void walk_field(Findings *found, const MuField *field, const json_t *value, const char *place) {
  const MuEngineUse *use = &field->engines[found->engine];
  if (use->use != MU_USE_HONOURED && is_meant(use, value)) {
    add_finding(found, use, place);
    return;
  }
  if (field->kind == MU_FIELD_MAP || field->kind == MU_FIELD_LIST)
    walk_elements(found, field->object, value, place);
  else if (field->object != NULL)
    walk(found, field->object, value, place);
}

static void walk(Findings *found, const MuObject *type, const json_t *object, const char *place) {
  for (guint i = 0; i < type->n_fields; i++) {
    const MuField *field = &type->fields[i];
    const json_t *value = json_object_get(object, field->key);
    if (value == NULL)
      continue;
    g_autofree char *inner = g_strdup_printf("%s%s%s", place, *place == '\0' ? "" : ".", field->key);
    walk_field(found, field, value, inner);
  }
}

/* ---- the answer ---------------------------------------------------------------------------------------------------- */

static char *describe(const Finding *finding) {
  const char *note = finding->use->note;
  if (finding->n <= MAX_PLACES)
    return g_strdup_printf("%s: %s", finding->places->str, note);
  return g_strdup_printf("%s and %u more: %s", finding->places->str, finding->n - MAX_PLACES, note);
}

static void tell(const Findings *found, GString *refused, GPtrArray *warnings) {
  for (guint i = 0; i < found->findings->len; i++) {
    const Finding *finding = found->findings->pdata[i];
    if (finding->use->use == MU_USE_KEPT)
      continue;
    g_autofree char *line = describe(finding);
    if (finding->use->use == MU_USE_REFUSED)
      g_string_append_printf(refused, "%s%s", refused->len == 0 ? "" : "\n", line);
    else if (warnings != NULL)
      g_ptr_array_add(warnings, g_steal_pointer(&line));
  }
}

gboolean mu_spec_check_engine(const MuServiceSpec *spec, const char *engine, GPtrArray *warnings, GError **error) {
  MuEngineColumn column;
  if (!mu_engine_column_find(engine, &column))
    return TRUE;
  g_autofree char *text = mu_service_spec_to_json(spec);
  g_autoptr(json_t) json = mu_json_parse(text, strlen(text), strlen(text), error);
  if (json == NULL)
    return FALSE;
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(finding_free);
  g_autoptr(GHashTable) by_note = g_hash_table_new(g_str_hash, g_str_equal);
  Findings found = {column, list, by_note};
  walk(&found, &mu_service_object, json, "");
  g_autoptr(GString) refused = g_string_new(NULL);
  tell(&found, refused, warnings);
  if (refused->len == 0)
    return TRUE;
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, refused->str);
  return FALSE;
}
