/* muster events, muster health: what happens, and whether all is well. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_output.h"
#include "cli_sse.h"
#include <string.h>

typedef struct {
  MuCliSse *sse;
  gboolean json;
  GError *error;
} Events;

static json_t *event_to_json(const MuCliEvent *event) {
  json_error_t cause;
  json_t *data = json_loads(event->data, JSON_DECODE_ANY, &cause);
  json_t *out = json_object();
  json_object_set_new(out, "id", json_integer(g_ascii_strtoll(event->id, NULL, 10)));
  json_object_set_new(out, "event", json_string(event->type));
  json_object_set_new(out, "data", data == NULL ? json_string(event->data) : data);
  return out;
}

static void append_value(GString *line, const MuCliStyle *style, const char *key, const json_t *value) {
  g_autofree char *text =
      json_is_string(value) ? g_strdup(json_string_value(value)) : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (text == NULL || *text == '\0' || json_is_null(value))
    return;
  g_autofree char *clean = mu_cli_clean(style, text);
  gboolean is_status = g_str_equal(key, "status") || g_str_equal(key, "state");
  g_string_append_c(line, ' ');
  mu_cli_append_painted(line, style, is_status ? mu_cli_status_paint(clean) : MU_PAINT_NONE, clean);
}

static void print_event(const MuCliEvent *event, json_t *data) {
  MuCliStyle style = mu_cli_style(stdout);
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
  g_autofree char *head = g_strdup_printf("%s %-9s", time, event->type);
  g_autoptr(GString) line = g_string_new(NULL);
  mu_cli_append_painted(line, &style, MU_PAINT_DIM, head);
  const char *key;
  json_t *value;
  json_object_foreach (data, key, value)
    append_value(line, &style, key, value);
  g_string_append_c(line, '\n');
  mu_cli_print(line->str);
}

static void on_event(const MuCliEvent *event, gpointer user) {
  Events *events = user;
  g_autoptr(json_t) object = event_to_json(event);
  if (events->json)
    mu_cli_print_json_line(object);
  else
    print_event(event, json_object_get(object, "data"));
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  mu_cli_sse_feed(((Events *)user)->sse, bytes, length);
}

static void on_ended(const GError *error, gpointer user) {
  Events *events = user;
  events->error = error == NULL ? NULL : g_error_copy(error);
}

static void flush(gpointer user) {
  (void)user;
  fflush(stdout);
}

gboolean mu_cli_events(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  Events events = {.json = mu_cli_has(call, "json")};
  g_autoptr(MuCliSse) sse = mu_cli_sse_new(on_event, &events);
  events.sse = sse;
  MuCliStreamHandler handler = {.data = on_data, .ended = on_ended, .user = &events};
  const char *service = mu_cli_text(call, "service");
  g_autofree char *path = service == NULL ? g_strdup("/v1/events") : mu_cli_path("/v1/events?service=%s", service);
  mu_cli_client_stream(client, path, &handler);
  mu_cli_client_run(client, G_MAXINT64, flush, NULL);
  if (events.error == NULL)
    return TRUE;
  g_propagate_error(error, events.error);
  return FALSE;
}

gboolean mu_cli_health(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  glong status = 0;
  MuCliRequest request = {.path = "/v1/framework", .ret_status = &status};
  g_autoptr(json_t) health = client == NULL ? NULL : mu_cli_client_ask(client, &request, error);
  if (health == NULL)
    return FALSE;
  if (status != 200)
    call->exit_code = 1;
  if (mu_cli_has(call, "json")) {
    mu_cli_print_json(health);
    return TRUE;
  }
  const char *key;
  json_t *value;
  json_object_foreach (health, key, value) {
    g_autofree char *text =
        json_is_string(value) ? g_strdup(json_string_value(value)) : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    mu_cli_printf("%-15s %s\n", key, text);
  }
  return TRUE;
}
