/* muster config …: the configurations of a service. */
#include "cli_commands.h"
#include "cli_show.h"

gboolean mu_cli_config_list(MuCliCall *call, GError **error) {
  const char *service = mu_cli_arg(call, 0);
  g_autofree char *path = mu_cli_path("/v1/service/%s/configurations", service);
  g_autofree char *target_path = mu_cli_path("/v1/service/%s/configurations/targetId", service);
  g_autoptr(json_t) ids = mu_cli_fetch(call, path, error);
  g_autoptr(json_t) target = ids == NULL ? NULL : mu_cli_fetch(call, target_path, error);
  if (target == NULL)
    return FALSE;
  if (mu_cli_shown_as_json(call, ids))
    return TRUE;
  MuCliTable *table = mu_cli_table_new("CONFIGURATION|TARGET");
  gsize i;
  json_t *id;
  json_array_foreach (ids, i, id)
    mu_cli_table_add(table, json_string_value(id), json_equal(id, json_array_get(target, 0)) ? "yes" : "");
  mu_cli_table_print(table);
  return TRUE;
}

gboolean mu_cli_config_show(MuCliCall *call, GError **error) {
  const char *id = mu_cli_arg(call, 1);
  g_autofree char *path =
      mu_cli_path("/v1/service/%s/configurations/%s", mu_cli_arg(call, 0), id == NULL ? "target" : id);
  return mu_cli_show(call, path, NULL, error);
}

gboolean mu_cli_config_target(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/configurations/targetId", mu_cli_arg(call, 0));
  g_autoptr(json_t) id = mu_cli_fetch(call, path, error);
  if (id != NULL && !mu_cli_shown_as_json(call, id))
    mu_cli_print_names(id, "");
  return id != NULL;
}

gboolean mu_cli_config_template(MuCliCall *call, GError **error) {
  const char *service = mu_cli_arg(call, 0), *id = mu_cli_text(call, "config");
  g_autoptr(json_t) target = NULL;
  if (id == NULL) {
    g_autofree char *target_path = mu_cli_path("/v1/service/%s/configurations/targetId", service);
    target = mu_cli_fetch(call, target_path, error);
    if (target == NULL)
      return FALSE;
    id = json_string_value(json_array_get(target, 0));
  }
  g_autofree char *path = mu_cli_path("/v1/service/%s/artifacts/template/%s/%s/%s/%s", service, id, mu_cli_arg(call, 1),
                                      mu_cli_arg(call, 2), mu_cli_arg(call, 3));
  g_autofree char *text = mu_cli_fetch_text(call, path, error);
  if (text != NULL)
    mu_cli_print_lines(stdout, text);
  return text != NULL;
}
