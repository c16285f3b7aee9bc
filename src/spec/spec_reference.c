#include "spec_reference.h"

#include "spec_pairs.h"
#include "spec_read.h"
#include "spec_schema.h"
#include <muster/error.h>
#include <string.h>

typedef struct {
  GString *out;
  MuArena *scratch;
  gboolean plain; /* for a terminal, else Markdown */
} Page;

/* ---- one field ----------------------------------------------------------------------------------------------------- */

static void add_code(Page *page, const char *before, const char *code) {
  const char *quote = page->plain ? "" : "`";
  g_string_append_printf(page->out, "%s%s%s%s", before, quote, code, quote);
}

static void add_words(Page *page, const MuWord *words) {
  for (const MuWord *word = words; word->word != NULL; word++)
    add_code(page, word == words ? "" : ", ", word->word);
}

static const char *amount(Page *page, gint64 value, gboolean milli) {
  return milli ? mu_milli_to_text(page->scratch, value) : mu_arena_printf(page->scratch, "%" G_GINT64_FORMAT, value);
}

static void add_number(Page *page, const MuField *field, gboolean milli) {
  g_string_append_printf(page->out, "%s, %s", milli ? "number" : "whole number", amount(page, field->min, milli));
  if (field->max == G_MAXINT64)
    g_string_append(page->out, " or more");
  else
    g_string_append_printf(page->out, " to %s", amount(page, field->max, milli));
}

static void add_link(Page *page, const char *before, const MuObject *type, const char *after) {
  g_autofree char *anchor = g_strdelimit(g_strdup(type->what), " ", '-');
  if (page->plain)
    g_string_append_printf(page->out, "%s%s%s", before, type->what, after);
  else
    g_string_append_printf(page->out, "%s[%s](#%s)%s", before, type->what, anchor, after);
}

static void add_map(Page *page, const MuField *field) {
  gboolean named = field->object->name != MU_FIELD_NO_OFFSET;
  add_link(page, named ? "map by name: " : "map by name, or list: ", field->object, "");
  if (field->max > 0)
    g_string_append_printf(page->out, ", at most %" G_GINT64_FORMAT, field->max);
}

static void add_value(Page *page, const MuField *field) {
  GString *out = page->out;
  switch (field->kind) {
  case MU_FIELD_STRING: g_string_append(out, "text"); return;
  case MU_FIELD_LABELS: add_code(page, "text, ", "key:value,key:value"); return;
  case MU_FIELD_INT:
  case MU_FIELD_LIMIT: add_number(page, field, FALSE); break;
  case MU_FIELD_MILLI:
  case MU_FIELD_LIMIT_MILLI: add_number(page, field, TRUE); break;
  case MU_FIELD_BOOL:
    add_code(page, "", "true");
    add_code(page, " or ", "false");
    return;
  case MU_FIELD_WORD:
  case MU_FIELD_WORD_STRING: add_words(page, field->words); return;
  case MU_FIELD_STRINGS: g_string_append(out, "list of texts"); return;
  case MU_FIELD_INTS: g_string_append(out, "list of ports"); return;
  case MU_FIELD_PAIRS: g_string_append(out, "map of texts"); return;
  case MU_FIELD_GROUP:
  case MU_FIELD_OBJECT:
  case MU_FIELD_SINGLE: add_link(page, "", field->object, ""); return;
  case MU_FIELD_MAP: add_map(page, field); return;
  case MU_FIELD_LIST: add_link(page, "list of ", field->object, ""); return;
  case MU_FIELD_STEPS: g_string_append(out, page->plain ? "list" : "list, see [plans](#plans)"); return;
  case MU_FIELD_IGNORED: g_string_append(out, "anything"); return;
  }
  if (field->kind == MU_FIELD_LIMIT || field->kind == MU_FIELD_LIMIT_MILLI)
    add_code(page, ", or ", "unlimited");
}

/* What holds when the field is not given. */
static void add_default(Page *page, const MuField *field) {
  if ((field->flags & MU_FIELD_REQUIRED) != 0)
    g_string_append(page->out, page->plain ? "required" : "**required**");
  else if (field->kind == MU_FIELD_BOOL)
    add_code(page, "", field->fallback != 0 ? "true" : "false");
  else if (field->kind == MU_FIELD_WORD)
    add_code(page, "", field->words[0].word);
  else if (field->kind == MU_FIELD_INT && field->fallback >= field->min)
    g_string_append_printf(page->out, "%" G_GINT64_FORMAT, field->fallback);
}

static void add_engine(Page *page, const MuEngineUse *use) {
  GString *out = page->out;
  if (use->word != NULL) {
    add_code(page, "", use->word);
    g_string_append(out, ": ");
  }
  g_string_append(out, use->concerns != NULL ? "honoured, except" : mu_spec_use_to_string(use->use));
  if (use->note != NULL)
    g_string_append_printf(out, ": %s", use->note);
}

static void add_field(Page *page, const MuField *field) {
  GString *out = page->out;
  g_string_append_printf(out, "| `%s` | ", field->key);
  add_value(page, field);
  g_string_append(out, " | ");
  add_default(page, field);
  g_string_append_printf(out, " | %s", field->doc);
  if (field->excludes != NULL)
    g_string_append_printf(out, " Not together with `%s`.", field->excludes);
  for (guint i = 0; i < MU_ENGINE_COUNT; i++) {
    g_string_append(out, " | ");
    add_engine(page, &field->engines[i]);
  }
  g_string_append(out, " |\n");
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static void add_object(Page *page, const MuObject *type) {
  g_string_append_printf(page->out, "\n### %s\n\n%s\n\n", type->what, type->doc);
  g_string_append(page->out, "| field | value | default | meaning |");
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    g_string_append_printf(page->out, " engine %s |", mu_engine_column_name(i));
  g_string_append(page->out, "\n|---|---|---|---|---|---|\n");
  for (guint i = 0; i < type->n_fields; i++)
    if (mu_spec_field_is_written(&type->fields[i]))
      add_field(page, &type->fields[i]);
}

char *mu_spec_reference_markdown(void) {
  g_autoptr(MuArena) scratch = mu_arena_new();
  g_autoptr(GPtrArray) types = mu_spec_object_types();
  Page page = {g_string_new("## Every field\n"), scratch, FALSE};
  for (guint i = 0; i < types->len; i++)
    add_object(&page, types->pdata[i]);
  return g_string_free(page.out, FALSE);
}

/* ---- one field, for a terminal ----------------------------------------------------------------------------------------- */

static void add_paths(const MuObject *type, const char *outer, GPtrArray *paths) {
  for (guint i = 0; i < type->n_fields; i++) {
    const MuField *field = &type->fields[i];
    if (!mu_spec_field_is_written(field))
      continue;
    char *path = *outer == '\0' ? g_strdup(field->key) : g_strdup_printf("%s.%s", outer, field->key);
    g_ptr_array_add(paths, path);
    if (field->object != NULL)
      add_paths(field->object, path, paths);
  }
}

GPtrArray *mu_spec_field_paths(void) {
  GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
  add_paths(&mu_service_object, "", paths);
  return paths;
}

static const MuField *find_key(const MuObject *type, const char *key) {
  for (guint i = 0; type != NULL && i < type->n_fields; i++)
    if (strcmp(type->fields[i].key, key) == 0 && mu_spec_field_is_written(&type->fields[i]))
      return &type->fields[i];
  return NULL;
}

/* NULL when there is no such field. */
static const MuField *find_path(const char *path) {
  g_auto(GStrv) keys = g_strsplit(path, ".", -1);
  const MuObject *type = &mu_service_object;
  const MuField *field = NULL;
  for (guint i = 0; keys[i] != NULL; i++) {
    field = find_key(type, keys[i]);
    if (field == NULL)
      return NULL;
    type = field->object;
  }
  return field;
}

static void explain_field(Page *page, const char *path, const MuField *field) {
  GString *out = page->out;
  g_string_append_printf(out, "%s: ", path);
  add_value(page, field);
  gsize before = out->len;
  g_string_append(out, (field->flags & MU_FIELD_REQUIRED) != 0 ? "; " : "; default ");
  gsize after = out->len;
  add_default(page, field);
  if (out->len == after)
    g_string_truncate(out, before);
  g_string_append_printf(out, "\n%s", field->doc);
  if (field->excludes != NULL)
    g_string_append_printf(out, " Not together with %s.", field->excludes);
  g_string_append_c(out, '\n');
  for (guint i = 0; i < MU_ENGINE_COUNT; i++) {
    g_string_append_printf(out, "engine %s: ", mu_engine_column_name(i));
    add_engine(page, &field->engines[i]);
    g_string_append_c(out, '\n');
  }
}

static void explain_object(GString *out, const MuObject *type) {
  g_string_append_printf(out, "%s%s: %s\n", out->len > 0 ? "\n" : "", type->what, type->doc);
  for (guint i = 0; i < type->n_fields; i++)
    if (mu_spec_field_is_written(&type->fields[i]))
      g_string_append_printf(out, "  %-24s %s\n", type->fields[i].key, type->fields[i].doc);
}

static void not_found(const char *path, GError **error) {
  g_autoptr(GPtrArray) paths = mu_spec_field_paths();
  g_ptr_array_add(paths, NULL);
  const char *nearest = mu_spec_nearest(path, (const char *const *)paths->pdata);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no field \"%s\"%s%s%s", path,
              nearest == NULL ? "; `muster schema pods` shows those of a pod" : "; did you mean \"",
              nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
}

char *mu_spec_explain(const char *path, GError **error) {
  g_autoptr(MuArena) scratch = mu_arena_new();
  const MuField *field = *path == '\0' ? NULL : find_path(path);
  if (field == NULL && *path != '\0') {
    not_found(path, error);
    return NULL;
  }
  Page page = {g_string_new(NULL), scratch, TRUE};
  if (field != NULL)
    explain_field(&page, path, field);
  const MuObject *type = field == NULL ? &mu_service_object : field->object;
  if (type != NULL)
    explain_object(page.out, type);
  return g_string_free(page.out, FALSE);
}
