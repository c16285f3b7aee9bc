/* muster uninstall: everything goes. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_follow.h"
#include "cli_output.h"
#include "cli_sse.h"
#include <stdio.h>
#include <unistd.h>

/* Event streams that are begun before it is given up that one tells of the end. */
#define MAX_STREAMS 1000

typedef struct {
  MuCliClient *client;
  MuCliSse *sse;
  MuCliStyle style;
  MuCliLive live;
  gboolean json, dirty;
  json_t *rows;
} Farewell;

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static gboolean ask(MuCliClient *client, gsize n_services, GError **error) {
  g_autofree char *place = mu_cli_target_describe(mu_cli_client_target(client));
  fprintf(stderr,
          "Remove %" G_GSIZE_FORMAT " service%s with all tasks and volumes, and end the scheduler at %s? [y/N] ",
          n_services, n_services == 1 ? "" : "s", place);
  char answer[16] = "";
  if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "not confirmed: nothing was removed");
  return FALSE;
}

static gboolean confirm(const MuCliCall *call, MuCliClient *client, GError **error) {
  if (mu_cli_has(call, "yes"))
    return TRUE;
  if (!isatty(STDIN_FILENO)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
                "`muster uninstall` removes everything: say --yes when nobody can be asked");
    return FALSE;
  }
  g_autoptr(json_t) rows = mu_cli_client_get(client, "/v1/multi", error);
  return rows != NULL && ask(client, json_array_size(rows), error);
}

/* ---- watching ---------------------------------------------------------------------------------------------------- */

static char *services_text(const Farewell *farewell, const MuCliStyle *style) {
  MuCliTable *table = mu_cli_table_new("SERVICE|STATE|STEPS");
  gsize i;
  json_t *row;
  json_array_foreach (farewell->rows, i, row) {
    g_autofree char *steps = g_strdup_printf("%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                                             mu_cli_json_number(row, "complete"), mu_cli_json_number(row, "steps"));
    mu_cli_table_add(table, mu_cli_json_text(row, "service"), mu_cli_json_text(row, "state"), steps);
  }
  char *text = mu_cli_table_render(table, style);
  mu_cli_table_free(table);
  return text;
}

static gboolean has_row(const json_t *rows, const char *service) {
  gsize i;
  json_t *row;
  json_array_foreach (rows, i, row)
    if (g_str_equal(mu_cli_json_text(row, "service"), service))
      return TRUE;
  return FALSE;
}

static void print_gone(const json_t *before, const json_t *now) {
  gsize i;
  json_t *row;
  json_array_foreach (before, i, row) {
    const char *service = mu_cli_json_text(row, "service");
    if (!has_row(now, service))
      mu_cli_printf("service %s is gone\n", service);
  }
  fflush(stdout);
}

static void settle(gpointer user) {
  Farewell *farewell = user;
  if (!farewell->dirty || farewell->json)
    return;
  farewell->dirty = FALSE;
  json_t *rows = mu_cli_client_get(farewell->client, "/v1/multi", NULL);
  if (rows == NULL)
    return;
  if (!farewell->style.live)
    print_gone(farewell->rows, rows);
  json_decref(farewell->rows);
  farewell->rows = rows;
  if (farewell->style.live) {
    g_autofree char *text = services_text(farewell, &farewell->style);
    mu_cli_live_draw(&farewell->live, text);
  }
}

static void on_event(const MuCliEvent *event, gpointer user) {
  (void)event;
  ((Farewell *)user)->dirty = TRUE;
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  mu_cli_sse_feed(((Farewell *)user)->sse, bytes, length);
}

static void on_opened(gpointer user) {
  ((Farewell *)user)->dirty = TRUE;
}

static void open_stream(Farewell *farewell) {
  MuCliStreamHandler handler = {.opened = on_opened, .data = on_data, .user = farewell};
  mu_cli_client_stream(farewell->client, "/v1/events", &handler);
}

/* The stream ends when the scheduler does, and then nothing answers any more. If something does, the stream has ended
 * before its time, and another is begun. */
static gboolean wait_ended(Farewell *farewell, gint64 deadline_us) {
  for (int i = 0; i < MAX_STREAMS && g_get_monotonic_time() < deadline_us; i++) {
    if (i > 0)
      open_stream(farewell);
    mu_cli_client_run(farewell->client, deadline_us, settle, farewell);
    g_autoptr(GError) error = NULL;
    json_decref(mu_cli_client_get(farewell->client, "/v1/multi", &error));
    if (g_error_matches(error, MU_ERROR, MU_ERROR_NO_SCHEDULER))
      return TRUE;
  }
  return FALSE;
}

static gboolean set_holdouts(Farewell *farewell, gint64 timeout_ms, GError **error) {
  farewell->dirty = TRUE;
  farewell->style = (MuCliStyle){.utf8 = FALSE, .width = G_MAXINT, .height = G_MAXINT};
  g_autoptr(json_t) rows = mu_cli_client_get(farewell->client, "/v1/multi", NULL);
  json_decref(farewell->rows);
  farewell->rows = json_incref(rows);
  g_autofree char *text = services_text(farewell, &farewell->style);
  g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT,
              "after %" G_GINT64_FORMAT " s there are services left; the removal goes on in the scheduler\n%s",
              timeout_ms / 1000, g_strchomp(text));
  return FALSE;
}

static gboolean watch_end(const MuCliCall *call, Farewell *farewell, GError **error) {
  gint64 timeout_ms = mu_cli_number(call, "timeout", 0);
  gint64 deadline = timeout_ms == 0 ? G_MAXINT64 : g_get_monotonic_time() + timeout_ms * 1000;
  if (!wait_ended(farewell, deadline))
    return set_holdouts(farewell, timeout_ms, error);
  if (farewell->style.live)
    mu_cli_live_draw(&farewell->live, "");
  else
    print_gone(farewell->rows, NULL);
  if (!farewell->json)
    mu_cli_print("the scheduler has ended; nothing is left\n");
  return TRUE;
}

static gboolean request_end(const MuCliCall *call, MuCliClient *client, GError **error) {
  MuCliRequest request = {.method = "DELETE", .path = "/v1/framework"};
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    mu_cli_print("everything is being removed\n");
  fflush(stdout);
  return TRUE;
}

gboolean mu_cli_uninstall(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL || !confirm(call, client, error))
    return FALSE;
  if (!mu_cli_has(call, "wait"))
    return request_end(call, client, error);
  Farewell farewell = {
      .client = client, .style = mu_cli_style(stdout), .json = mu_cli_has(call, "json"), .dirty = TRUE};
  g_autoptr(MuCliSse) sse = mu_cli_sse_new(on_event, &farewell);
  farewell.sse = sse;
  open_stream(&farewell);
  gboolean ok = request_end(call, client, error) && watch_end(call, &farewell, error);
  mu_cli_client_drop_streams(client);
  json_decref(farewell.rows);
  return ok;
}
