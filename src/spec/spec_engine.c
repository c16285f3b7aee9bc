#include "spec_engine.h"

#include "json.h"
#include <muster/error.h>
#include <string.h>

static const MuEngineUse honoured = {MU_USE_HONOURED, NULL, NULL, NULL};

/* ---- the walk: canonical JSON has what was given, and nothing else --------------------------------------------------- */

/* A value that is being looked at, with what it is in: the way to it is put into words only when it is told of. */
typedef struct Spot {
  const struct Spot *outer; /* NULL: the service itself */
  const MuField *field;     /* NULL: an element of the outer one */
  const char *name;         /* of an element of a map; NULL: */
  gsize index;              /* of an element of a list */
  const json_t *value;
  const MuEngineUse *uses[MU_ENGINE_COUNT]; /* of the field, or of what it is in */
  gboolean inherited[MU_ENGINE_COUNT];
} Spot;

typedef struct {
  void (*visit)(const Spot *spot, gpointer user);
  gpointer user;
} Walk;

/* "pods.web.tasks.server.cpus" */
static void append_place(GString *text, const Spot *spot) {
  if (spot->outer == NULL)
    return;
  append_place(text, spot->outer);
  if (spot->field != NULL || spot->name != NULL)
    g_string_append_printf(text, "%s%s", text->len == 0 ? "" : ".",
                           spot->field != NULL ? spot->field->key : spot->name);
  else
    g_string_append_printf(text, "[%" G_GSIZE_FORMAT "]", spot->index);
}

/* "pods.tasks.cpus" */
static void append_key(GString *text, const Spot *spot) {
  if (spot->outer == NULL)
    return;
  append_key(text, spot->outer);
  if (spot->field != NULL)
    g_string_append_printf(text, "%s%s", text->len == 0 ? "" : ".", spot->field->key);
}

static void walk(const Walk *walker, const MuObject *type, const Spot *outer);

static void walk_elements(const Walk *walker, const Spot *spot) {
  Spot inner = *spot;
  inner.outer = spot;
  inner.field = NULL;
  json_t *element;
  json_object_foreach ((json_t *)spot->value, inner.name, element) {
    inner.value = element;
    walk(walker, spot->field->object, &inner);
  }
  inner.name = NULL;
  json_array_foreach (spot->value, inner.index, element) {
    inner.value = element;
    walk(walker, spot->field->object, &inner);
  }
}

static const MuEngineUse *use_of(const MuEngineUse *use, const json_t *value) {
  const char *text = json_string_value(value);
  gboolean meant =
      (use->word == NULL || g_strcmp0(text, use->word) == 0) && (use->concerns == NULL || use->concerns(text));
  return meant ? use : &honoured;
}

static void find_uses(Spot *spot) {
  for (guint i = 0; i < MU_ENGINE_COUNT; i++) {
    const MuEngineUse *outer = spot->outer->uses[i], *own = use_of(&spot->field->engines[i], spot->value);
    /* what harms when it is left out is refused, though what it is in may be */
    gboolean harms = own->use == MU_USE_REFUSED && outer->use != MU_USE_REFUSED;
    spot->inherited[i] = outer->use != MU_USE_HONOURED && !harms;
    spot->uses[i] = spot->inherited[i] ? outer : own;
  }
}

static void walk_field(const Walk *walker, const MuField *field, const json_t *value, const Spot *outer) {
  Spot spot = {.outer = outer, .field = field, .value = value};
  find_uses(&spot);
  walker->visit(&spot, walker->user);
  if (field->kind == MU_FIELD_MAP || field->kind == MU_FIELD_LIST)
    walk_elements(walker, &spot);
  else if (field->object != NULL)
    walk(walker, field->object, &spot);
}

static void walk(const Walk *walker, const MuObject *type, const Spot *outer) {
  for (guint i = 0; i < type->n_fields; i++) {
    const json_t *value = json_object_get(outer->value, type->fields[i].key);
    if (value != NULL && (type->fields[i].flags & MU_FIELD_STORED) == 0)
      walk_field(walker, &type->fields[i], value, outer);
  }
}

static gboolean walk_spec(const MuServiceSpec *spec, void (*visit)(const Spot *, gpointer), gpointer user,
                          GError **error) {
  g_autofree char *text = mu_service_spec_to_json(spec);
  g_autoptr(json_t) json = mu_json_parse(text, strlen(text), strlen(text), error);
  if (json == NULL)
    return FALSE;
  const Walk walker = {visit, user};
  Spot service = {.value = json};
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    service.uses[i] = &honoured;
  walk(&walker, &mu_service_object, &service);
  return TRUE;
}

/* ---- places --------------------------------------------------------------------------------------------------------- */

static void add_place(GString *places, guint *n, const Spot *spot) {
  if ((*n)++ >= MU_SPEC_USE_PLACES)
    return;
  g_autoptr(GString) place = g_string_new(NULL);
  append_place(place, spot);
  g_string_append_printf(places, "%s%s", places->len == 0 ? "" : ", ", place->str);
}

/* ---- one engine ----------------------------------------------------------------------------------------------------- */

/* What was found of one note, wherever it stands. */
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

/* By the note: a task's and a set's own fields are rows of their own, and say the same. */
static void find(const Spot *spot, gpointer user) {
  Findings *found = user;
  const MuEngineUse *use = spot->uses[found->engine];
  if (use->use == MU_USE_HONOURED || spot->inherited[found->engine])
    return;
  Finding *finding = g_hash_table_lookup(found->by_note, use->note);
  if (finding == NULL) {
    finding = g_new0(Finding, 1);
    finding->use = use;
    finding->places = g_string_new(NULL);
    g_ptr_array_add(found->findings, finding);
    g_hash_table_insert(found->by_note, (char *)use->note, finding);
  }
  add_place(finding->places, &finding->n, spot);
}

static char *describe(const Finding *finding) {
  const char *note = finding->use->note;
  if (finding->n <= MU_SPEC_USE_PLACES)
    return g_strdup_printf("%s: %s", finding->places->str, note);
  return g_strdup_printf("%s and %u more: %s", finding->places->str, finding->n - MU_SPEC_USE_PLACES, note);
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
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(finding_free);
  g_autoptr(GHashTable) by_note = g_hash_table_new(g_str_hash, g_str_equal);
  Findings found = {column, list, by_note};
  if (!walk_spec(spec, find, &found, error))
    return FALSE;
  g_autoptr(GString) refused = g_string_new(NULL);
  tell(&found, refused, warnings);
  if (refused->len == 0)
    return TRUE;
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, refused->str);
  return FALSE;
}

/* ---- every field ----------------------------------------------------------------------------------------------------- */

typedef struct {
  GPtrArray *rows;
  GHashTable *by_key;
} Uses;

static void use_free(gpointer data) {
  MuFieldUse *row = data;
  g_free(row->field);
  g_free(row->places);
  g_free(row);
}

static MuFieldUse *use_row(Uses *uses, const Spot *spot) {
  g_autoptr(GString) key = g_string_new(NULL);
  append_key(key, spot);
  MuFieldUse *row = g_hash_table_lookup(uses->by_key, key->str);
  if (row != NULL)
    return row;
  row = g_new0(MuFieldUse, 1);
  row->field = g_strdup(key->str);
  row->places = g_strdup("");
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    row->uses[i] = &honoured;
  g_ptr_array_add(uses->rows, row);
  g_hash_table_insert(uses->by_key, row->field, row);
  return row;
}

/* The note of a field that is honoured tells on what condition. */
static gboolean is_worse(const MuEngineUse *use, const MuEngineUse *than) {
  return use->use > than->use || (use->use == than->use && use->note != NULL && than->note == NULL);
}

static void note_use(const Spot *spot, gpointer user) {
  MuFieldUse *row = use_row(user, spot);
  g_autoptr(GString) places = g_string_new(row->places);
  add_place(places, &row->n, spot);
  g_free(row->places);
  row->places = g_strdup(places->str);
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    if (is_worse(spot->uses[i], row->uses[i]))
      row->uses[i] = spot->uses[i];
}

GPtrArray *mu_spec_uses(const MuServiceSpec *spec, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(use_free);
  g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
  Uses uses = {rows, by_key};
  return walk_spec(spec, note_use, &uses, error) ? g_steal_pointer(&rows) : NULL;
}

/* ---- what is lacking ------------------------------------------------------------------------------------------------- */

static gboolean is_key(const MuFieldUse *use, const char *key) {
  const char *dot = strrchr(use->field, '.');
  return strcmp(dot == NULL ? use->field : dot + 1, key) == 0;
}

static void tell_lack(const GPtrArray *uses, const MuKeyValue *lack, GString *told) {
  for (guint i = 0; i < uses->len; i++) {
    const MuFieldUse *use = uses->pdata[i];
    if (!is_key(use, lack->key))
      continue;
    g_string_append_printf(told, "%s%s", told->len == 0 ? "" : "\n", use->places);
    if (use->n > MU_SPEC_USE_PLACES)
      g_string_append_printf(told, " and %u more", use->n - MU_SPEC_USE_PLACES);
    g_string_append_printf(told, ": %s", lack->value);
  }
}

gboolean mu_spec_check_lacks(const MuServiceSpec *spec, const MuKeyValue *lacks, GError **error) {
  if (lacks == NULL || lacks->key == NULL)
    return TRUE;
  g_autoptr(GPtrArray) uses = mu_spec_uses(spec, error);
  if (uses == NULL)
    return FALSE;
  g_autoptr(GString) told = g_string_new(NULL);
  for (const MuKeyValue *lack = lacks; lack->key != NULL; lack++)
    tell_lack(uses, lack, told);
  if (told->len == 0)
    return TRUE;
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, told->str);
  return FALSE;
}
