#include "cli_context.h"

#include "cli_output.h"
#include "json.h"
#include "mustache.h"
#include "spec_engine.h"
#include "spec_yaml.h"
#include <stdio.h>
#include <string.h>

/* Variables with this beginning are for the tasks' environment and stand in no template (dcos-commons, TaskEnvRouter). */
#define TASK_VARIABLE_PREFIX "TASKCFG_"

static GHashTable *new_table(void) {
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* ---- where values come from -------------------------------------------------------------------------------------- */

static gboolean is_key(const char *key, gsize length) {
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum(key[i]) && strchr("_-.", key[i]) == NULL)
      return FALSE;
  return length > 0;
}

static char *unquote(const char *value) {
  gsize length = strlen(value);
  gboolean quoted = length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0];
  return quoted ? g_strndup(value + 1, length - 2) : g_strdup(value);
}

static gboolean parse_env_line(char *line, GHashTable *variables) {
  g_strstrip(line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (g_str_has_prefix(line, "export "))
    line = g_strchug(line + strlen("export "));
  const char *equals = strchr(line, '=');
  if (equals == NULL || !is_key(line, (gsize)(equals - line)))
    return FALSE;
  g_hash_table_insert(variables, g_strndup(line, (gsize)(equals - line)), unquote(equals + 1));
  return TRUE;
}

gboolean mu_cli_env_file_parse(const char *text, const char *name, GHashTable *variables, GError **error) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!parse_env_line(lines[i], variables)) {
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "%s:%u: '%s' is not of the form KEY=VALUE", name, i + 1, lines[i]);
      return FALSE;
    }
  return TRUE;
}

/* The text of a file, which must be UTF-8 without NUL. */
static char *read_text(const char *path, const char *what, GError **error) {
  char *text = NULL;
  gsize length = 0;
  g_autoptr(GError) cause = NULL;
  if (!g_file_get_contents(path, &text, &length, &cause)) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "cannot read the %s: %s", what, cause->message);
    return NULL;
  }
  if (g_utf8_validate_len(text, length, NULL))
    return text;
  g_free(text);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the %s %s is not UTF-8 text", what, path);
  return NULL;
}

static gboolean read_env_files(const MuCliCall *call, GHashTable *variables, GError **error) {
  g_autofree const char **paths = mu_cli_texts(call, "env-file");
  for (guint i = 0; paths[i] != NULL; i++) {
    g_autofree char *text = read_text(paths[i], "file of --env-file", error);
    if (text == NULL || !mu_cli_env_file_parse(text, paths[i], variables, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean add_params(const char *const *params, const char *what, GHashTable *variables, GError **error) {
  for (guint i = 0; params[i] != NULL; i++) {
    const char *equals = strchr(params[i], '=');
    if (equals == NULL || !is_key(params[i], (gsize)(equals - params[i]))) {
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "%s%s: expected KEY=VALUE", what, params[i]);
      return FALSE;
    }
    g_hash_table_insert(variables, g_strndup(params[i], (gsize)(equals - params[i])), g_strdup(equals + 1));
  }
  return TRUE;
}

static gboolean read_params(const MuCliCall *call, GHashTable *variables, GError **error) {
  g_autofree const char **params = mu_cli_texts(call, "param");
  return add_params(params, "-p ", variables, error);
}

/* ---- which values the template asks for -------------------------------------------------------------------------- */

/* The root of a trial rendering: notes every name that is looked up and that has a value. */
typedef struct {
  GHashTable *given; /* by --param and --env-file */
  GHashTable *used;
} Lookup;

static gboolean lookup_member(const MuMustacheValue *map, const char *key, MuMustacheValue *ret_value) {
  const Lookup *lookup = map->data;
  const char *value = g_hash_table_lookup(lookup->given, key);
  if (value == NULL)
    value = g_getenv(key);
  if (value == NULL)
    return FALSE;
  g_hash_table_insert(lookup->used, g_strdup(key), g_strdup(value));
  MuMustacheValue strings = {MU_MUSTACHE_MAP, lookup->used};
  return mu_mustache_strings.member(&strings, key, ret_value);
}

static void add_task_variables(GHashTable *given, GHashTable *used) {
  GHashTableIter iter;
  gpointer key, value;
  g_hash_table_iter_init(&iter, given);
  while (g_hash_table_iter_next(&iter, &key, &value))
    if (g_str_has_prefix(key, TASK_VARIABLE_PREFIX))
      g_hash_table_insert(used, g_strdup(key), g_strdup(value));
}

static void warn_of_unused(const MuCliCall *call, const MuCliContext *context) {
  g_autofree const char **params = mu_cli_texts(call, "param");
  for (guint i = 0; params[i] != NULL; i++) {
    g_autofree char *key = g_strndup(params[i], strcspn(params[i], "="));
    if (strstr(context->yaml, key) == NULL && !g_str_has_prefix(key, TASK_VARIABLE_PREFIX))
      fprintf(stderr, "muster: warning: -p %s: %s names no such variable\n", key, context->name);
  }
}

/* `stronger`: further parameters, or NULL. */
static gboolean choose_variables(const MuCliCall *call, MuCliContext *context, const char *const *stronger,
                                 GError **error) {
  static const char *const none[] = {NULL};
  const char *const *more = stronger == NULL ? none : stronger;
  g_autoptr(GHashTable) given = new_table();
  if (!read_env_files(call, given, error) || !read_params(call, given, error) || !add_params(more, "", given, error) ||
      !read_params(call, context->variables, error) || !add_params(more, "", context->variables, error))
    return FALSE;
  Lookup lookup = {.given = given, .used = context->variables};
  MuMustacheType type = mu_mustache_strings;
  type.member = lookup_member;
  MuMustacheInput input = {.file_name = context->name, .type = &type, .root = {MU_MUSTACHE_MAP, &lookup}};
  g_free(mu_mustache_render(context->yaml, strlen(context->yaml), &input, NULL, NULL, NULL));
  add_task_variables(given, context->variables);
  return TRUE;
}

/* ---- which files the spec names ---------------------------------------------------------------------------------- */

/* Every `template` under a `configs`, wherever it is: whether it may stand there is for the spec's reader to say. */
static void find_templates(const MuNode *node, GPtrArray *paths) {
  for (guint i = 0; node->kind == MU_NODE_MAP && i < node->n; i++) {
    const MuNode *value = node->items[i];
    if (!g_str_equal(node->keys[i]->text, "configs")) {
      find_templates(value, paths);
      continue;
    }
    for (guint j = 0; value->kind == MU_NODE_MAP && j < value->n; j++) {
      const MuNode *path = mu_node_member(value->items[j], "template");
      if (path != NULL && *path->text != '\0')
        g_ptr_array_add(paths, g_strdup(path->text));
    }
  }
}

static GPtrArray *template_paths(const char *rendered) {
  GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(MuArena) arena = mu_arena_new();
  MuFaults faults; /* the scheduler finds them too, and tells them */
  mu_faults_init(&faults, "", rendered, strlen(rendered), NULL);
  const MuNode *root = mu_yaml_read(arena, rendered, strlen(rendered), &faults);
  if (root != NULL)
    find_templates(root, paths);
  mu_faults_clear(&faults);
  return paths;
}

/* The spec as it will be read; what it lacks is told with the way to give it. */
static char *try_to_render(const MuCliContext *context, GError **error) {
  g_autoptr(GError) cause = NULL;
  char *rendered = mu_cli_context_render(context, &cause);
  if (rendered == NULL)
    g_set_error(error, MU_ERROR, cause->code, "%s%s", cause->message,
                strstr(cause->message, "has no value") == NULL ? ""
                                                               : "\ngive values with -p KEY=VALUE or --env-file FILE");
  return rendered;
}

static gboolean read_files(MuCliContext *context, const char *folder, GError **error) {
  g_autofree char *rendered = try_to_render(context, error);
  if (rendered == NULL)
    return FALSE;
  g_autoptr(GPtrArray) paths = template_paths(rendered);
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index(paths, i);
    g_autofree char *full = g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(folder, path, NULL);
    char *text = read_text(full, "config template", error);
    if (text == NULL) {
      g_prefix_error(error, "%s: ", context->name);
      return FALSE;
    }
    g_hash_table_insert(context->files, g_strdup(path), g_bytes_new_take(text, strlen(text)));
  }
  return TRUE;
}

/* ---- the context ------------------------------------------------------------------------------------------------- */

static char *read_stdin(GError **error) {
  g_autoptr(GString) text = g_string_new(NULL);
  char piece[65536];
  gsize n;
  while ((n = fread(piece, 1, sizeof piece, stdin)) > 0 && text->len <= MU_SPEC_MAX_BYTES)
    g_string_append_len(text, piece, (gssize)n);
  if (g_utf8_validate_len(text->str, text->len, NULL))
    return g_string_free(g_steal_pointer(&text), FALSE);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the spec on standard input is not UTF-8 text");
  return NULL;
}

static MuCliContext *context_new(const char *name, char *take_yaml) {
  MuCliContext *context = g_new0(MuCliContext, 1);
  context->name = g_strdup(name);
  context->variables = new_table();
  context->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  context->yaml = take_yaml;
  return context;
}

MuCliContext *mu_cli_context_load_for(const MuCliCall *call, const char *path, const char *yaml, const char *folder,
                                      const char *const *parameters, GError **error) {
  g_autoptr(MuCliContext) context =
      context_new(path == NULL ? "the spec" : path, path == NULL ? g_strdup(yaml) : read_text(path, "spec", error));
  g_autofree char *own = path == NULL ? g_strdup(folder) : g_path_get_dirname(path);
  if (context->yaml == NULL || !choose_variables(call, context, parameters, error) || !read_files(context, own, error))
    return NULL;
  return g_steal_pointer(&context);
}

MuCliContext *mu_cli_context_load(const MuCliCall *call, const char *path, GError **error) {
  gboolean from_stdin = g_str_equal(path, "-");
  g_autoptr(MuCliContext) context = context_new(from_stdin ? "standard input" : path,
                                                from_stdin ? read_stdin(error) : read_text(path, "spec", error));
  if (context->yaml == NULL || !choose_variables(call, context, NULL, error))
    return NULL;
  g_autofree char *folder = from_stdin ? g_strdup(".") : g_path_get_dirname(path);
  if (!read_files(context, folder, error))
    return NULL;
  warn_of_unused(call, context);
  return g_steal_pointer(&context);
}

static MuSpecInput spec_input(const MuCliContext *context, const char *service) {
  return (MuSpecInput){.name = context->name,
                       .service_name = service,
                       .variables = context->variables,
                       .files = context->files,
                       .settings = context->settings};
}

MuServiceSpec *mu_cli_context_parse(const MuCliContext *context, const char *service, GError **error) {
  MuSpecInput input = spec_input(context, service);
  return mu_service_spec_parse(context->yaml, strlen(context->yaml), &input, error);
}

gboolean mu_cli_context_engine(const MuCliCall *call, const char **ret_name, GError **error) {
  const char *name = mu_cli_has(call, "engine") ? mu_cli_text(call, "engine") : "local";
  MuEngineColumn column;
  if (!mu_engine_column_find(name, &column)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "there is no engine \"%s\"; expected local or mesos", name);
    return FALSE;
  }
  *ret_name = name;
  return TRUE;
}

static void warn(const MuCliContext *context, const char *line) {
  g_autofree char *text = g_strdup_printf("muster: warning: %s: %s\n", context->name, line);
  mu_cli_print_lines(stderr, text);
}

void mu_cli_context_warn(const MuCliContext *context, const MuServiceSpec *spec, const char *engine) {
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GError) refused = NULL;
  mu_spec_check_engine(spec, engine, warnings, &refused);
  g_auto(GStrv) lines = g_strsplit(refused == NULL ? "" : refused->message, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    warn(context, lines[i]);
  for (guint i = 0; i < warnings->len; i++)
    warn(context, warnings->pdata[i]);
}

void mu_cli_context_warn_answer(const MuCliContext *context, const json_t *answer) {
  const json_t *warnings = json_object_get(answer, "warnings");
  for (gsize i = 0; i < json_array_size(warnings); i++)
    warn(context, json_string_value(json_array_get(warnings, i)));
}

GError *mu_cli_context_own_fault(const MuCliContext *context, const char *service, GError *take_cause) {
  GError *fault = NULL;
  if (g_error_matches(take_cause, MU_ERROR, MU_ERROR_REFUSED))
    mu_service_spec_unref(mu_cli_context_parse(context, service, &fault));
  if (fault == NULL)
    return take_cause;
  g_error_free(take_cause);
  return fault;
}

char *mu_cli_context_render(const MuCliContext *context, GError **error) {
  MuSpecInput input = spec_input(context, NULL);
  return mu_service_spec_render(context->yaml, strlen(context->yaml), &input, error);
}

char *mu_cli_context_to_json(const MuCliContext *context) {
  g_autoptr(json_t) root = json_object();
  json_t *parameters = json_object(), *files = json_object();
  GHashTableIter iter;
  gpointer key, value;
  g_hash_table_iter_init(&iter, context->variables);
  while (g_hash_table_iter_next(&iter, &key, &value))
    json_object_set_new(parameters, key, json_string(value));
  g_hash_table_iter_init(&iter, context->files);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    gsize length;
    const char *text = g_bytes_get_data(value, &length);
    json_object_set_new(files, key, json_stringn(text, length));
  }
  json_object_set_new(root, "yaml", json_string(context->yaml));
  json_object_set_new(root, "parameters", parameters);
  json_object_set_new(root, "files", files);
  mu_json_set_string(root, "spec-file", context->spec_file);
  g_autoptr(json_t) settings = context->settings == NULL ? NULL : json_loads(context->settings, 0, NULL);
  if (settings != NULL)
    json_object_update(root, settings);
  return json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
}

void mu_cli_context_free(MuCliContext *context) {
  if (context == NULL)
    return;
  g_free(context->name);
  g_free(context->yaml);
  g_free(context->spec_file);
  g_free(context->settings);
  g_clear_pointer(&context->variables, g_hash_table_unref);
  g_clear_pointer(&context->files, g_hash_table_unref);
  g_free(context);
}
