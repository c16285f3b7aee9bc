/* muster endpoints: where a service is reached. */
#include "cli_commands.h"
#include "cli_show.h"

static json_t *get_endpoint(MuCliClient *client, const char *service, const char *name, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/endpoints/%s", service, name);
  return mu_cli_client_get(client, path, error);
}

/* {name: endpoint} of all, or of the one that was named. */
static json_t *get_endpoints(MuCliClient *client, const char *service, const char *only, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/endpoints", service);
  g_autoptr(json_t) names = only != NULL ? json_pack("[s]", only) : mu_cli_client_get(client, path, error);
  if (names == NULL)
    return NULL;
  g_autoptr(json_t) endpoints = json_object();
  gsize i;
  json_t *name;
  json_array_foreach (names, i, name) {
    json_t *endpoint = get_endpoint(client, service, json_string_value(name), error);
    if (endpoint == NULL)
      return NULL;
    json_object_set_new(endpoints, json_string_value(name), endpoint);
  }
  return g_steal_pointer(&endpoints);
}

static void print_endpoints(json_t *endpoints) {
  MuCliTable *table = mu_cli_table_new("ENDPOINT|ADDRESS|VIP");
  const char *name;
  json_t *endpoint, *address;
  json_object_foreach (endpoints, name, endpoint) {
    gsize i;
    json_array_foreach (json_object_get(endpoint, "address"), i, address)
      mu_cli_table_add(table, i == 0 ? name : "", json_string_value(address),
                       i == 0 ? mu_cli_json_text(endpoint, "vip") : "");
  }
  mu_cli_table_print(table);
}

/* Names in DNS are long: each has a line of its own. */
static void print_endpoint(const json_t *endpoint) {
  static const char *const keys[] = {"address", "dns"};
  for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
    gsize i;
    json_t *text;
    json_array_foreach (json_object_get(endpoint, keys[k]), i, text)
      mu_cli_printf("%-9s%s\n", i == 0 ? keys[k] : "", json_string_value(text));
  }
  if (*mu_cli_json_text(endpoint, "vip") != '\0')
    mu_cli_printf("%-9s%s\n", "vip", mu_cli_json_text(endpoint, "vip"));
}

gboolean mu_cli_endpoints(MuCliCall *call, GError **error) {
  const char *only = mu_cli_arg(call, 1);
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autoptr(json_t) endpoints = client == NULL ? NULL : get_endpoints(client, mu_cli_arg(call, 0), only, error);
  if (endpoints == NULL)
    return FALSE;
  if (mu_cli_shown_as_json(call, only == NULL ? endpoints : json_object_get(endpoints, only)))
    return TRUE;
  if (json_object_size(endpoints) == 0)
    mu_cli_printf("%s has no endpoints: none of its tasks that were launched advertises a port\n", mu_cli_arg(call, 0));
  else if (only != NULL)
    print_endpoint(json_object_get(endpoints, only));
  else
    print_endpoints(endpoints);
  return TRUE;
}
