/* muster state …: what is kept with a service, and what the engine has. */
#include "cli_commands.h"
#include "cli_show.h"
#include <string.h>

gboolean mu_cli_state_framework_id(MuCliCall *call, GError **error) {
  g_autoptr(json_t) id = mu_cli_fetch(call, "/v1/state/frameworkId", error);
  if (id != NULL && !mu_cli_shown_as_json(call, id))
    mu_cli_print_names(id, "");
  return id != NULL;
}

/* ---- properties and files ---------------------------------------------------------------------------------------- */

gboolean mu_cli_state_properties(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/state/properties", mu_cli_arg(call, 0));
  g_autoptr(json_t) keys = mu_cli_fetch(call, path, error);
  if (keys != NULL && !mu_cli_shown_as_json(call, keys))
    mu_cli_print_names(keys, "it has none");
  return keys != NULL;
}

static gboolean print_text(const MuCliCall *call, const char *path, GError **error) {
  g_autofree char *text = mu_cli_fetch_text(call, path, error);
  if (text == NULL)
    return FALSE;
  mu_cli_print_lines(stdout, text);
  if (*text == '\0' || !g_str_has_suffix(text, "\n"))
    mu_cli_print("\n");
  return TRUE;
}

gboolean mu_cli_state_property(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/state/properties/%s", mu_cli_arg(call, 0), mu_cli_arg(call, 1));
  return print_text(call, path, error);
}

gboolean mu_cli_state_files(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/state/properties", mu_cli_arg(call, 0));
  g_autoptr(json_t) keys = mu_cli_fetch(call, path, error);
  if (keys == NULL)
    return FALSE;
  g_autoptr(json_t) files = json_array();
  gsize i;
  json_t *key;
  json_array_foreach (keys, i, key)
    if (g_str_has_prefix(json_string_value(key), "file-"))
      json_array_append_new(files, json_string(json_string_value(key) + strlen("file-")));
  if (!mu_cli_shown_as_json(call, files))
    mu_cli_print_names(files, "it keeps none");
  return TRUE;
}

gboolean mu_cli_state_file(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/state/files/%s", mu_cli_arg(call, 0), mu_cli_arg(call, 1));
  return print_text(call, path, error);
}

gboolean mu_cli_state_put_file(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/state/files/%s", mu_cli_arg(call, 0), mu_cli_arg(call, 1));
  g_autofree char *text = NULL;
  g_autoptr(GError) cause = NULL;
  if (!g_file_get_contents(mu_cli_arg(call, 2), &text, NULL, &cause)) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "cannot read the file: %s", cause->message);
    return FALSE;
  }
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  MuCliRequest request = {.method = "PUT", .path = path, .body = text, .header = "Content-Type: text/plain"};
  g_autoptr(json_t) answer = client == NULL ? NULL : mu_cli_client_ask(client, &request, error);
  if (answer != NULL && !mu_cli_shown_as_json(call, answer))
    mu_cli_printf("%s keeps %s (%" G_GINT64_FORMAT " bytes)\n", mu_cli_arg(call, 0), mu_cli_arg(call, 1),
                  mu_cli_json_number(answer, "size"));
  return answer != NULL;
}

/* ---- zones ------------------------------------------------------------------------------------------------------- */

gboolean mu_cli_state_zones(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/state/zone/tasks", mu_cli_arg(call, 0));
  g_autoptr(json_t) zones = mu_cli_fetch(call, path, error);
  if (zones == NULL)
    return FALSE;
  if (mu_cli_shown_as_json(call, zones))
    return TRUE;
  MuCliTable *table = mu_cli_table_new("TASK|ZONE");
  const char *task;
  json_t *zone;
  json_object_foreach (zones, task, zone)
    mu_cli_table_add(table, task, json_string_value(zone));
  mu_cli_table_print(table);
  return TRUE;
}

/* ---- the engine -------------------------------------------------------------------------------------------------- */

/* Sum of a kind in a list of resources, as people write it. */
static char *amount_of(const json_t *resources, const char *kind) {
  double sum = 0;
  gsize i;
  json_t *resource;
  json_array_foreach (resources, i, resource)
    if (g_str_equal(mu_cli_json_text(resource, "kind"), kind))
      sum += (double)mu_cli_json_number(resource, "amount");
  return g_str_equal(kind, "cpus") ? g_strdup_printf("%g", sum / 1000) : g_strdup_printf("%.0f MB", sum);
}

static char *free_of_all(const json_t *agent, const char *kind) {
  g_autofree char *unused = amount_of(json_object_get(agent, "free"), kind);
  g_autofree char *total = amount_of(json_object_get(agent, "resources"), kind);
  return g_strdup_printf("%s of %s", unused, total);
}

static void print_engine(const json_t *engine) {
  MuCliTable *table = mu_cli_table_new("AGENT|HOSTNAME|FREE CPUS|FREE MEMORY|FREE DISK");
  gsize i;
  json_t *agent, *warning;
  json_array_foreach (json_object_get(engine, "agents"), i, agent) {
    g_autofree char *cpus = free_of_all(agent, "cpus"), *mem = free_of_all(agent, "mem"),
                    *disk = free_of_all(agent, "disk");
    mu_cli_table_add(table, mu_cli_json_text(agent, "id"), mu_cli_json_text(agent, "hostname"), cpus, mem, disk);
  }
  mu_cli_printf("engine: %s\n", mu_cli_json_text(engine, "engine"));
  mu_cli_table_print(table);
  json_array_foreach (json_object_get(engine, "warnings"), i, warning)
    mu_cli_printf("warning: %s\n", json_string_value(warning));
}

gboolean mu_cli_state_engine(MuCliCall *call, GError **error) {
  g_autoptr(json_t) engine = mu_cli_fetch(call, "/v1/state/engine", error);
  if (engine != NULL && !mu_cli_shown_as_json(call, engine))
    print_engine(engine);
  return engine != NULL;
}
