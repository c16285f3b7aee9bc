#include "spec_reference.h"

#include "spec_pairs.h"
#include "spec_schema.h"

typedef struct {
  GString *out;
  MuArena *scratch;
} Page;

/* ---- one field ----------------------------------------------------------------------------------------------------- */

static void add_words(GString *out, const MuWord *words) {
  for (const MuWord *word = words; word->word != NULL; word++)
    g_string_append_printf(out, "%s`%s`", word == words ? "" : ", ", word->word);
}

static const char *amount(Page *page, gint64 value, gboolean milli) {
  return milli ? mu_milli_to_text(page->scratch, value) : mu_arena_printf(page->scratch, "%" G_GINT64_FORMAT, value);
}

static void add_number(Page *page, const MuField *field, gboolean milli, const char *more) {
  g_string_append_printf(page->out, "%s, %s", milli ? "number" : "whole number", amount(page, field->min, milli));
  if (field->max == G_MAXINT64)
    g_string_append(page->out, " or more");
  else
    g_string_append_printf(page->out, " to %s", amount(page, field->max, milli));
  g_string_append(page->out, more);
}

static void add_link(Page *page, const char *before, const MuObject *type, const char *after) {
  g_autofree char *anchor = g_strdelimit(g_strdup(type->what), " ", '-');
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
  case MU_FIELD_LABELS: g_string_append(out, "text, `key:value,key:value`"); return;
  case MU_FIELD_INT: add_number(page, field, FALSE, ""); return;
  case MU_FIELD_MILLI: add_number(page, field, TRUE, ""); return;
  case MU_FIELD_LIMIT: add_number(page, field, FALSE, ", or `unlimited`"); return;
  case MU_FIELD_LIMIT_MILLI: add_number(page, field, TRUE, ", or `unlimited`"); return;
  case MU_FIELD_BOOL: g_string_append(out, "`true` or `false`"); return;
  case MU_FIELD_WORD:
  case MU_FIELD_WORD_STRING: add_words(out, field->words); return;
  case MU_FIELD_STRINGS: g_string_append(out, "list of texts"); return;
  case MU_FIELD_INTS: g_string_append(out, "list of ports"); return;
  case MU_FIELD_PAIRS: g_string_append(out, "map of texts"); return;
  case MU_FIELD_GROUP:
  case MU_FIELD_OBJECT:
  case MU_FIELD_SINGLE: add_link(page, "", field->object, ""); return;
  case MU_FIELD_MAP: add_map(page, field); return;
  case MU_FIELD_LIST: add_link(page, "list of ", field->object, ""); return;
  case MU_FIELD_STEPS: g_string_append(out, "list, see [plans](#plans)"); return;
  case MU_FIELD_IGNORED: g_string_append(out, "anything"); return;
  }
}

/* What holds when the field is not given. */
static void add_default(GString *out, const MuField *field) {
  if ((field->flags & MU_FIELD_REQUIRED) != 0)
    g_string_append(out, "**required**");
  else if (field->kind == MU_FIELD_BOOL)
    g_string_append(out, field->fallback != 0 ? "`true`" : "`false`");
  else if (field->kind == MU_FIELD_WORD)
    g_string_append_printf(out, "`%s`", field->words[0].word);
  else if (field->kind == MU_FIELD_INT && field->fallback >= field->min)
    g_string_append_printf(out, "%" G_GINT64_FORMAT, field->fallback);
}

static void add_engine(GString *out, const MuEngineUse *use) {
  g_string_append(out, " | ");
  if (use->word != NULL)
    g_string_append_printf(out, "`%s`: ", use->word);
  g_string_append(out, mu_spec_use_to_string(use->use));
  if (use->note != NULL)
    g_string_append_printf(out, ": %s", use->note);
}

static void add_field(Page *page, const MuField *field) {
  GString *out = page->out;
  g_string_append_printf(out, "| `%s` | ", field->key);
  add_value(page, field);
  g_string_append(out, " | ");
  add_default(out, field);
  g_string_append_printf(out, " | %s", field->doc);
  if (field->excludes != NULL)
    g_string_append_printf(out, " Not together with `%s`.", field->excludes);
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    add_engine(out, &field->engines[i]);
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
  Page page = {g_string_new("## Every field\n"), scratch};
  for (guint i = 0; i < types->len; i++)
    add_object(&page, types->pdata[i]);
  return g_string_free(page.out, FALSE);
}
