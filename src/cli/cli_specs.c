#include "cli_specs.h"
#include "cli_context.h"
#include "json.h"
#include <string.h>

#define MAX_PARAMETERS_BYTES (1024u * 1024)

static const char *const endings[] = {".yml", ".yaml"};

/* ---- the folder -------------------------------------------------------------------------------------------------- */

static gboolean is_safe(const char *name, gsize length) {
  if (length == 0 || length > 200 || !g_ascii_isalnum(name[0]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum(name[i]) && strchr("._-", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_name(GPtrArray *names, const char *file) {
  for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
    gsize length = strlen(file) - MIN(strlen(file), strlen(endings[i]));
    if (!g_str_has_suffix(file, endings[i]) || !is_safe(file, length))
      continue;
    char *name = g_strndup(file, length);
    if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
      g_free(name);
    else
      g_ptr_array_add(names, name);
  }
}

char **mu_cli_specs_list(const char *folder, GError **error) {
  g_autoptr(GError) cause = NULL;
  g_autoptr(GDir) dir = g_dir_open(folder, 0, &cause);
  if (dir == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "cannot read the folder of specs: %s", cause->message);
    return NULL;
  }
  GPtrArray *names = g_ptr_array_new();
  for (const char *file; (file = g_dir_read_name(dir)) != NULL;)
    add_name(names, file);
  g_ptr_array_sort(names, compare_names);
  g_ptr_array_add(names, NULL);
  return (char **)g_ptr_array_free(names, FALSE);
}

static void set_unknown(const char *folder, const char *name, GError **error) {
  g_auto(GStrv) names = mu_cli_specs_list(folder, NULL);
  g_autofree char *known = names == NULL || names[0] == NULL ? g_strdup("none") : g_strjoinv(", ", names);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no spec file `%s`; there are: %s", name, known);
}

char *mu_cli_specs_path(const char *folder, const char *name, GError **error) {
  if (!is_safe(name, strlen(name))) {
    g_set_error(
        error, MU_ERROR, MU_ERROR_REFUSED,
        "`%.200s` is no name of a spec file: letters, digits, `.`, `_` and `-` were expected, a letter or digit first",
        name);
    return NULL;
  }
  for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
    g_autofree char *file = g_strconcat(name, endings[i], NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&path);
  }
  set_unknown(folder, name, error);
  return NULL;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void respond(MuHttpResponse *response, json_t *take_body) {
  g_autofree char *text = mu_json_to_string(take_body);
  g_autofree char *line = g_strconcat(text, "\n", NULL);
  mu_http_respond(response, 200, "application/json", line, strlen(line));
  json_decref(take_body);
}

static void fail(MuHttpResponse *response, GError *take_error) {
  mu_http_respond_error(response, take_error);
  g_error_free(take_error);
}

static void list_specs(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  GError *error = NULL;
  g_auto(GStrv) names = mu_cli_specs_list(((MuCliSpecs *)user)->folder, &error);
  if (names == NULL) {
    fail(response, error);
    return;
  }
  json_t *list = json_array();
  for (guint i = 0; names[i] != NULL; i++)
    json_array_append_new(list, json_string(names[i]));
  respond(response, list);
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

static char *parameter_text(const json_t *value) {
  if (json_is_string(value))
    return g_strdup(json_string_value(value));
  return json_is_object(value) || json_is_array(value) || json_is_null(value) ? NULL
                                                                              : json_dumps(value, JSON_ENCODE_ANY);
}

/* The body, an object of texts, numbers and booleans, as KEY=VALUE; NULL-terminated. */
static char **read_parameters(GBytes *body, GError **error) {
  gsize length = 0;
  const char *text = g_bytes_get_data(body, &length);
  g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(json_t) root = length == 0 ? json_object() : mu_json_parse(text, length, MAX_PARAMETERS_BYTES, error);
  if (root == NULL)
    return NULL;
  const char *key;
  json_t *value;
  json_object_foreach (root, key, value) {
    g_autofree char *of_key = parameter_text(value);
    if (of_key == NULL)
      break;
    g_ptr_array_add(pairs, g_strdup_printf("%s=%s", key, of_key));
  }
  if (!json_is_object(root) || pairs->len < json_object_size(root)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "the body is no object of parameters: {\"KEY\":\"value\"} was expected");
    return NULL;
  }
  g_ptr_array_add(pairs, NULL);
  return (char **)g_ptr_array_free(g_steal_pointer(&pairs), FALSE);
}

static GBytes *read_context(const MuCliSpecs *specs, const char *yaml, GBytes *body, GError **error) {
  g_autofree char *path = mu_cli_specs_path(specs->folder, yaml, error);
  g_auto(GStrv) parameters = path == NULL ? NULL : read_parameters(body, error);
  if (parameters == NULL)
    return NULL;
  g_autoptr(MuCliContext) context =
      mu_cli_context_load_for(specs->call, path, NULL, NULL, (const char *const *)parameters, error);
  if (context == NULL)
    return NULL;
  context->spec_file = g_strdup(yaml);
  char *json = mu_cli_context_to_json(context);
  return g_bytes_new_take(json, strlen(json));
}

typedef struct {
  MuHttpResponse *response;
  char *yaml;
} Adding;

static void on_added(const char *service, const GError *error, gpointer user) {
  Adding *adding = user;
  if (error != NULL)
    mu_http_respond_error(adding->response, error);
  else
    respond(adding->response, json_pack("{s:s, s:s}", "name", service, "yaml", adding->yaml));
  g_free(adding->yaml);
  g_free(adding);
}

static void add_spec(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  const MuCliSpecs *specs = user;
  const char *yaml = g_hash_table_lookup(request->query, "yaml");
  GError *error = NULL;
  if (yaml == NULL) {
    fail(response, g_error_new(MU_ERROR, MU_ERROR_USAGE, "?yaml=FILE is missing; GET /v1/multi/yaml lists the files"));
    return;
  }
  g_autoptr(GBytes) context = read_context(specs, yaml, request->body, &error);
  if (context == NULL) {
    fail(response, error);
    return;
  }
  Adding *adding = g_new(Adding, 1);
  *adding = (Adding){response, g_strdup(yaml)};
  mu_multi_service_runner_put_service_full(specs->runner, request->captures[0], context, on_added, adding);
}

const MuHttpRoute mu_cli_specs_routes[] = {
    {"GET", "/v1/multi/yaml", list_specs, "spec files that can be added by name"},
    {"POST", "/v1/multi/{name}", add_spec, "add a service from a spec file of the server's"},
};
const gsize mu_cli_specs_n_routes = G_N_ELEMENTS(mu_cli_specs_routes);
