#include "spec_schema.h"

#include "bug.h"
#include "json.h"
#include <string.h>

#define DRAFT "https://json-schema.org/draft/2020-12/schema"
#define TEMPLATE "\\{\\{"

/* ---- the types of objects ------------------------------------------------------------------------------------------ */

static void add_type(GPtrArray *types, GHashTable *seen, const MuObject *type) {
  if (!g_hash_table_add(seen, (char *)type->what)) /* two structs with the same fields have one name */
    return;
  g_ptr_array_add(types, (gpointer)type);
  for (guint i = 0; i < type->n_fields; i++)
    if (type->fields[i].object != NULL)
      add_type(types, seen, type->fields[i].object);
}

GPtrArray *mu_spec_object_types(void) {
  GPtrArray *types = g_ptr_array_new();
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  add_type(types, seen, &mu_service_object);
  return types;
}

gboolean mu_spec_field_is_written(const MuField *field) {
  return (field->flags & MU_FIELD_STORED) == 0;
}

const char *mu_spec_use_to_string(MuUse use) {
  switch (use) {
  case MU_USE_HONOURED: return "honoured";
  case MU_USE_KEPT: return "kept";
  case MU_USE_IGNORED: return "ignored, with a warning";
  case MU_USE_LACKING: return "never offered, with a warning";
  case MU_USE_REFUSED: return "refused";
  }
  mu_bug("a use of a field has a word");
}

const char *mu_spec_use_word(MuUse use) {
  static const char *const words[] = {[MU_USE_HONOURED] = "honoured",
                                      [MU_USE_KEPT] = "kept",
                                      [MU_USE_IGNORED] = "ignored",
                                      [MU_USE_LACKING] = "waits",
                                      [MU_USE_REFUSED] = "refused"};
  return words[use];
}

/* ---- pieces -------------------------------------------------------------------------------------------------------- */

static json_t *of_type(const char *type) {
  return json_pack("{s:s}", "type", type);
}

static json_t *text_like(const char *pattern) {
  return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *reference(const char *what) {
  g_autofree char *name = g_strdelimit(g_strdup(what), " ", '-');
  g_autofree char *path = g_strconcat("#/$defs/", name, NULL);
  return json_pack("{s:s}", "$ref", path);
}

static json_t *milli_to_json(gint64 milli) {
  return milli % 1000 == 0 ? json_integer(milli / 1000) : json_real((double)milli / 1000.0);
}

static json_t *number(const MuField *field, gboolean milli) {
  json_t *schema = of_type(milli ? "number" : "integer");
  json_object_set_new(schema, "minimum", milli ? milli_to_json(field->min) : json_integer(field->min));
  if (field->max != G_MAXINT64)
    json_object_set_new(schema, "maximum", milli ? milli_to_json(field->max) : json_integer(field->max));
  return schema;
}

/* Any scalar will do where a text is expected: the reader takes it as written. */
static json_t *text(const MuField *field) {
  json_t *schema = json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
  if ((field->flags & MU_FIELD_REQUIRED) != 0)
    json_object_set_new(schema, "minLength", json_integer(1));
  return schema;
}

static json_t *word_enum(const MuWord *words) {
  json_t *list = json_array();
  for (; words->word != NULL; words++)
    json_array_append_new(list, json_string(words->word));
  return json_pack("{s:o}", "enum", list);
}

/* "^(ab|c)$" in any case, which JSON Schema has no flag for: "^([aA][bB]|[cC])$". */
static json_t *word_pattern(const MuWord *words) {
  g_autoptr(GString) pattern = g_string_new("^(");
  for (const MuWord *word = words; word->word != NULL; word++) {
    if (word != words)
      g_string_append_c(pattern, '|');
    for (const char *c = word->word; *c != '\0'; c++)
      g_string_append_printf(pattern, "[%c%c]", g_ascii_tolower(*c), g_ascii_toupper(*c));
  }
  g_string_append(pattern, ")$");
  return text_like(pattern->str);
}

static json_t *array_of(json_t *take_items, gint64 max) {
  json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items", take_items);
  if (max > 0)
    json_object_set_new(schema, "maxItems", json_integer(max));
  return schema;
}

static json_t *map_of(json_t *take_values, gint64 max) {
  json_t *schema = json_pack("{s:s, s:o}", "type", "object", "additionalProperties", take_values);
  if (max > 0)
    json_object_set_new(schema, "maxProperties", json_integer(max));
  return schema;
}

/* spec_plan.h: a list of maps of one entry each, `default` or an index to lists of lists of task names. */
static json_t *steps(void) {
  json_t *lists =
      array_of(json_pack("{s:s, s:{s:s}, s:i}", "type", "array", "items", "type", "string", "minItems", 1), 0);
  json_t *entry = map_of(lists, 1);
  json_object_set_new(entry, "minProperties", json_integer(1));
  json_object_set_new(entry, "propertyNames", json_pack("{s:s}", "pattern", "^(default|[0-9]+)$|" TEMPLATE));
  return array_of(entry, 0);
}

/* ---- a field ------------------------------------------------------------------------------------------------------- */

static void add_words(json_t *forms, const MuField *field) {
  json_array_append_new(forms, word_enum(field->words));
  if ((field->flags & MU_FIELD_ANY_CASE) != 0)
    json_array_append_new(forms, word_pattern(field->words));
  json_array_append_new(forms, reference("template"));
}

static void add_number(json_t *forms, const MuField *field, gboolean milli, gboolean unlimited) {
  json_array_append_new(forms, number(field, milli));
  if (unlimited)
    json_array_append_new(forms, json_pack("{s:s}", "const", "unlimited"));
  json_array_append_new(forms, reference("number-text"));
}

/* One of a map or list: when it needs no field, nothing at all will do ("dcos:"). */
static json_t *element(const MuObject *type) {
  for (guint i = 0; i < type->n_fields; i++)
    if ((type->fields[i].flags & MU_FIELD_REQUIRED) != 0)
      return reference(type->what);
  return json_pack("{s:[o,o]}", "anyOf", reference(type->what), of_type("null"));
}

static void add_map(json_t *forms, const MuField *field) {
  const MuObject *type = field->object;
  json_array_append_new(forms, map_of(element(type), field->max));
  if (type->name == MU_FIELD_NO_OFFSET)
    json_array_append_new(forms, array_of(element(type), field->max));
}

/* What the field may be: one or several alternatives. */
static void add_forms(json_t *forms, const MuField *field) {
  static const MuField port = {.max = 65535}, scalar = {.flags = MU_FIELD_REQUIRED}, any = {0};
  switch (field->kind) {
  case MU_FIELD_STRING:
  case MU_FIELD_LABELS: json_array_append_new(forms, text(field)); return;
  case MU_FIELD_INT: add_number(forms, field, FALSE, FALSE); return;
  case MU_FIELD_MILLI: add_number(forms, field, TRUE, FALSE); return;
  case MU_FIELD_LIMIT: add_number(forms, field, FALSE, TRUE); return;
  case MU_FIELD_LIMIT_MILLI: add_number(forms, field, TRUE, TRUE); return;
  case MU_FIELD_BOOL:
    json_array_append_new(forms, of_type("boolean"));
    json_array_append_new(forms, reference("boolean-text"));
    return;
  case MU_FIELD_WORD:
  case MU_FIELD_WORD_STRING: add_words(forms, field); return;
  case MU_FIELD_STRINGS: json_array_append_new(forms, array_of(text(&scalar), field->max)); return;
  case MU_FIELD_INTS: json_array_append_new(forms, array_of(number(&port, FALSE), field->max)); return;
  case MU_FIELD_PAIRS: {
    json_t *value = text(&any);
    json_array_append_new(json_object_get(value, "type"), json_string("null"));
    json_array_append_new(forms, map_of(value, 0));
    return;
  }
  case MU_FIELD_GROUP:
  case MU_FIELD_OBJECT:
  case MU_FIELD_SINGLE: json_array_append_new(forms, reference(field->object->what)); return;
  case MU_FIELD_MAP: add_map(forms, field); return;
  case MU_FIELD_LIST: json_array_append_new(forms, array_of(element(field->object), field->max)); return;
  case MU_FIELD_STEPS: json_array_append_new(forms, steps()); return;
  case MU_FIELD_IGNORED: return;
  }
}

static char *description(const MuField *field) {
  const MuEngineUse *local = &field->engines[MU_ENGINE_LOCAL];
  if (local->note == NULL)
    return g_strdup(field->doc);
  return g_strdup_printf("%s Local engine: %s%s%s: %s.", field->doc, local->word == NULL ? "" : local->word,
                         local->word == NULL ? "" : " is ",
                         local->concerns != NULL ? "honoured, except" : mu_spec_use_to_string(local->use), local->note);
}

static void add_default(json_t *schema, const MuField *field) {
  if (field->kind == MU_FIELD_BOOL)
    json_object_set_new(schema, "default", json_boolean(field->fallback != 0));
  else if (field->kind == MU_FIELD_INT && field->fallback != 0)
    json_object_set_new(schema, "default", json_integer(field->fallback));
}

static json_t *field_schema(const MuField *field) {
  g_autofree char *words = description(field);
  json_t *schema = json_pack("{s:s}", "description", words);
  g_autoptr(json_t) forms = json_array();
  add_default(schema, field);
  add_forms(forms, field);
  if (json_array_size(forms) > 0 && (field->flags & MU_FIELD_REQUIRED) == 0)
    json_array_append_new(forms, of_type("null")); /* a key with nothing behind it is as if it were not there */
  if (json_array_size(forms) == 1)
    json_object_update(schema, json_array_get(forms, 0));
  else if (json_array_size(forms) > 1)
    json_object_set(schema, "anyOf", forms);
  return schema;
}

/* ---- an object ----------------------------------------------------------------------------------------------------- */

static void add_conditions(json_t *schema, const MuObject *type) {
  json_t *required = json_array();
  for (guint i = 0; i < type->n_fields; i++) {
    const MuField *field = &type->fields[i];
    if ((field->flags & MU_FIELD_REQUIRED) != 0)
      json_array_append_new(required, json_string(field->key));
    if (field->excludes != NULL)
      json_object_set_new(schema, "not", json_pack("{s:[s,s]}", "required", field->key, field->excludes));
  }
  json_object_set_new(schema, "required", required);
}

static json_t *object_schema(const MuObject *type) {
  json_t *properties = json_object();
  for (guint i = 0; i < type->n_fields; i++)
    if (mu_spec_field_is_written(&type->fields[i]))
      json_object_set_new(properties, type->fields[i].key, field_schema(&type->fields[i]));
  json_t *schema = json_pack("{s:s, s:s, s:o, s:b}", "description", type->doc, "type", "object", "properties",
                             properties, "additionalProperties", FALSE);
  add_conditions(schema, type);
  return schema;
}

json_t *mu_spec_schema(void) {
  g_autoptr(GPtrArray) types = mu_spec_object_types();
  json_t *definitions = json_object();
  for (guint i = 1; i < types->len; i++) {
    const MuObject *type = types->pdata[i];
    g_autofree char *name = g_strdelimit(g_strdup(type->what), " ", '-');
    json_object_set_new(definitions, name, object_schema(type));
  }
  json_object_set_new(definitions, "template", text_like(TEMPLATE));
  json_object_set_new(definitions, "number-text", text_like("^[+-]?[0-9]+(\\.[0-9]*)?$|" TEMPLATE));
  json_object_set_new(definitions, "boolean-text", text_like("^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$|" TEMPLATE));
  json_t *schema = json_pack("{s:s, s:s}", "$schema", DRAFT, "title", "muster ServiceSpec");
  g_autoptr(json_t) service = object_schema(&mu_service_object);
  json_object_update(schema, service);
  json_object_set_new(schema, "description",
                      json_string("A ServiceSpec after its template was rendered (docs/spec.md). Where a value is a "
                                  "variable, write it in quotes: \"{{{COUNT}}}\"."));
  json_object_set_new(schema, "$defs", definitions);
  return schema;
}
