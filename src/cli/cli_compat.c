/* muster check-compat: each field that a spec uses, and what each engine does with it. */
#include "cli_commands.h"
#include "cli_context.h"
#include "cli_output.h"
#include "spec_engine.h"
#include "spec_schema.h"
#include <string.h>

/* The engines that are asked about. */
typedef struct {
  MuEngineColumn list[MU_ENGINE_COUNT];
  guint n;
} Engines;

static gboolean find_engines(const MuCliCall *call, Engines *ret, GError **error) {
  const char *name = NULL;
  if (!mu_cli_context_engine(call, &name, error))
    return FALSE;
  *ret = (Engines){.n = 0};
  for (guint i = 0; i < MU_ENGINE_COUNT; i++)
    if (!mu_cli_has(call, "engine") || g_str_equal(mu_engine_column_name(i), name))
      ret->list[ret->n++] = (MuEngineColumn)i;
  return TRUE;
}

static gboolean refuses(const GPtrArray *uses, MuEngineColumn engine) {
  for (guint i = 0; i < uses->len; i++)
    if (((const MuFieldUse *)uses->pdata[i])->uses[engine]->use == MU_USE_REFUSED)
      return TRUE;
  return FALSE;
}

/* ---- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *use_to_json(const MuEngineUse *use) {
  json_t *json = json_object();
  mu_json_set_string(json, "use", mu_spec_use_word(use->use));
  if (use->note != NULL)
    mu_json_set_string(json, "note", use->note);
  return json;
}

static json_t *row_to_json(const MuFieldUse *row, const Engines *engines) {
  json_t *json = json_object();
  mu_json_set_string(json, "field", row->field);
  mu_json_set_int(json, "count", row->n);
  mu_json_set_string(json, "places", row->places);
  for (guint i = 0; i < engines->n; i++)
    mu_json_set_new(json, mu_engine_column_name(engines->list[i]), use_to_json(row->uses[engines->list[i]]));
  return json;
}

static void print_json(const char *file, const MuServiceSpec *spec, const GPtrArray *uses, const Engines *engines) {
  g_autoptr(json_t) json = json_object();
  json_t *fields = json_array(), *runs = json_object();
  for (guint i = 0; i < uses->len; i++)
    json_array_append_new(fields, row_to_json(uses->pdata[i], engines));
  for (guint i = 0; i < engines->n; i++)
    mu_json_set_bool(runs, mu_engine_column_name(engines->list[i]), !refuses(uses, engines->list[i]));
  mu_json_set_string(json, "file", file);
  mu_json_set_string(json, "service", spec->name);
  mu_json_set_new(json, "runs", runs);
  mu_json_set_new(json, "fields", fields);
  mu_cli_print_json(json);
}

/* ---- text ----------------------------------------------------------------------------------------------------------- */

G_STATIC_ASSERT(MU_ENGINE_COUNT == 2); /* a column more in print_table() for each */

static const char *word(const MuFieldUse *row, const Engines *engines, guint column) {
  return column < engines->n ? mu_spec_use_word(row->uses[engines->list[column]]->use) : "";
}

static void print_table(const GPtrArray *uses, const Engines *engines) {
  g_autoptr(GString) headers = g_string_new("FIELD");
  for (guint i = 0; i < engines->n; i++) {
    g_autofree char *name = g_ascii_strup(mu_engine_column_name(engines->list[i]), -1);
    g_string_append_printf(headers, "|%s", name);
  }
  MuCliTable *table = mu_cli_table_new(headers->str);
  for (guint i = 0; i < uses->len; i++) {
    const MuFieldUse *row = uses->pdata[i];
    mu_cli_table_add(table, row->field, word(row, engines, 0), word(row, engines, 1));
  }
  mu_cli_table_print(table);
}

/* A note is said once, of all fields that it is about. */
static void append_note(GString *out, const GPtrArray *uses, guint index, MuEngineColumn engine) {
  const MuFieldUse *row = uses->pdata[index];
  const char *note = row->uses[engine]->note;
  if (note == NULL)
    return;
  for (guint i = 0; i < index; i++)
    if (g_strcmp0(((const MuFieldUse *)uses->pdata[i])->uses[engine]->note, note) == 0)
      return;
  g_string_append_printf(out, "  %s: %s", mu_spec_use_word(row->uses[engine]->use), row->places);
  if (row->n > MU_SPEC_USE_PLACES)
    g_string_append_printf(out, " and %u more", row->n - MU_SPEC_USE_PLACES);
  g_string_append_printf(out, ": %s\n", note);
}

static void append_engine(GString *out, const GPtrArray *uses, MuEngineColumn engine) {
  g_string_append_printf(out, "\n%s: %s\n", mu_engine_column_name(engine),
                         refuses(uses, engine) ? "refuses this spec" : "runs this spec");
  for (guint i = 0; i < uses->len; i++)
    append_note(out, uses, i, engine);
}

static void print_text(const GPtrArray *uses, const Engines *engines) {
  print_table(uses, engines);
  g_autoptr(GString) out = g_string_new(NULL);
  for (guint i = 0; i < engines->n; i++)
    append_engine(out, uses, engines->list[i]);
  mu_cli_print_lines(stdout, out->str);
}

gboolean mu_cli_check_compat(MuCliCall *call, GError **error) {
  Engines engines;
  if (!find_engines(call, &engines, error))
    return FALSE;
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, mu_cli_arg(call, 0), error);
  g_autoptr(MuServiceSpec) spec = context == NULL ? NULL : mu_cli_context_parse(context, NULL, error);
  g_autoptr(GPtrArray) uses = spec == NULL ? NULL : mu_spec_uses(spec, error);
  if (uses == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    print_json(context->name, spec, uses, &engines);
  else
    print_text(uses, &engines);
  for (guint i = 0; i < engines.n; i++)
    if (refuses(uses, engines.list[i]))
      call->exit_code = 1;
  return TRUE;
}
