#include "cli_show.h"

json_t *mu_cli_fetch(const MuCliCall *call, const char *path, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  return client == NULL ? NULL : mu_cli_client_get(client, path, error);
}

char *mu_cli_fetch_text(const MuCliCall *call, const char *path, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autoptr(GBytes) bytes = client == NULL ? NULL : mu_cli_client_get_bytes(client, path, error);
  if (bytes == NULL)
    return NULL;
  gsize length = 0;
  const char *text = g_bytes_get_data(bytes, &length);
  return g_strndup(text == NULL ? "" : text, length);
}

static gboolean print_answer(const MuCliCall *call, json_t *take_answer, MuCliPrintFunc print) {
  g_autoptr(json_t) answer = take_answer;
  if (answer == NULL)
    return FALSE;
  if (print == NULL || mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    print(call, answer);
  return TRUE;
}

gboolean mu_cli_show(const MuCliCall *call, const char *path, MuCliPrintFunc print, GError **error) {
  return print_answer(call, mu_cli_fetch(call, path, error), print);
}

gboolean mu_cli_change(const MuCliCall *call, const char *method, const char *path, const char *body,
                       MuCliPrintFunc print, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  MuCliRequest request = {.method = method, .path = path, .body = body};
  return print_answer(call, client == NULL ? NULL : mu_cli_client_ask(client, &request, error), print);
}

gboolean mu_cli_shown_as_json(const MuCliCall *call, const json_t *answer) {
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  return mu_cli_has(call, "json");
}

void mu_cli_print_names(const json_t *list, const char *none) {
  gsize i;
  json_t *name;
  json_array_foreach (list, i, name)
    mu_cli_printf("%s\n", json_string_value(name));
  if (json_array_size(list) == 0)
    mu_cli_printf("%s\n", none);
}

char *mu_cli_duration(gint64 ms) {
  gint64 s = MAX(ms, 0) / 1000, min = s / 60, h = min / 60, d = h / 24;
#define PAIR(a, unit_a, b, unit_b) g_strdup_printf("%d " unit_a " %d " unit_b, (int)(a), (int)(b))
  if (d > 0)
    return PAIR(d, "d", h % 24, "h");
  if (h > 0)
    return PAIR(h, "h", min % 60, "min");
  return min > 0 ? PAIR(min, "min", s % 60, "s") : g_strdup_printf("%d s", (int)s);
#undef PAIR
}
