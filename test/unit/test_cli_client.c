/* The client against a test double: a server on a unix socket that answers as the rows say. */
#include "cli_client.h"
#include "cli_follow.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
  const char *begin;  /* of the request */
  const char *status; /* NULL: the connection is closed without an answer */
  const char *body;
} Answer;

#define PLAN(status, step)                                                                                             \
  "{\"phases\":[{\"name\":\"p\",\"steps\":[{\"name\":\"a-0:[t]\",\"status\":\"" step                                   \
  "\",\"message\":\"wanted 4096 MB\"}],\"status\":\"" status                                                           \
  "\",\"strategy\":\"serial\"}],\"errors\":[\"it broke\"],\"status\":\"" status "\",\"strategy\":\"serial\"}"

static const Answer answers[] = {
    {"GET /v1/multi ", "200 OK", "[1]"},
    {"GET /v1/service/a%2Fb ", "200 OK", "{\"service\":\"a/b\"}"},
    {"GET /v1/missing ", "404 Not Found", "{\"error\":{\"code\":\"not-found\",\"message\":\"no such thing\"}}"},
    {"GET /v1/denied ", "401 Unauthorized", "{\"error\":{\"code\":\"denied\",\"message\":\"no token\"}}"},
    {"GET /v1/odd-word ", "409 Conflict", "{\"error\":{\"code\":\"new-word\",\"message\":\"later version\"}}"},
    {"GET /v1/odd ", "502 Bad Gateway", "<html>"},
    {"GET /v1/no-json ", "200 OK", "<html>"},
    {"GET /v1/closed ", NULL, NULL},
    {"GET /v1/ill ", "503 Service Unavailable", "{\"status\":\"ill\"}"},
    {"PUT /v1/echo ", "200 OK", "{\"ok\":true}"},
    {"GET /v1/events?service=good ", "200 OK", "id: 1\nevent: plan\ndata: {}\n\n"},
    {"GET /v1/service/good ", "200 OK", "{\"service\":\"good\",\"state\":\"RUNNING\",\"plan\":\"deploy\"}"},
    {"GET /v1/service/good/plans/deploy ", "200 OK", PLAN("COMPLETE", "COMPLETE")},
    {"GET /v1/events?service=broken ", "200 OK", ": hello\n\n"},
    {"GET /v1/service/broken ", "200 OK", "{\"service\":\"broken\",\"state\":\"RUNNING\",\"plan\":\"deploy\"}"},
    {"GET /v1/service/broken/plans/deploy ", "200 OK", PLAN("ERROR", "ERROR")},
    {"GET /v1/events?service=slow ", "200 OK", ": hello\n\n"},
    {"GET /v1/service/slow ", "200 OK", "{\"service\":\"slow\",\"state\":\"RUNNING\",\"plan\":\"update\"}"},
    {"GET /v1/service/slow/plans/update ", "200 OK", PLAN("IN_PROGRESS", "PENDING")},
    {"GET /v1/events?service=gone ", "200 OK", ": hello\n\n"},
    {"GET /v1/service/gone ", "404 Not Found", "{\"error\":{\"code\":\"not-found\",\"message\":\"no such service\"}}"},
};

static char *folder, *socket_path;
static int listener;
static char last_request[4096];
static GMutex lock;

static const Answer *answer_to(const char *request) {
  for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
    if (g_str_has_prefix(request, answers[i].begin))
      return &answers[i];
  return &answers[2];
}

static void send_text(int fd, const char *text) {
  gssize n = send(fd, text, strlen(text), MSG_NOSIGNAL);
  g_assert_true(n == (gssize)strlen(text) || n < 0);
}

/* One request for each connection. An event stream stays open until the client leaves. */
static gpointer serve_one(gpointer user) {
  int fd = GPOINTER_TO_INT(user);
  char request[4096] = "";
  gsize length = 0;
  while (strstr(request, "\r\n\r\n") == NULL) {
    gssize n = read(fd, request + length, sizeof request - 1 - length);
    if (n <= 0)
      break;
    length += (gsize)n;
    request[length] = '\0';
  }
  g_mutex_lock(&lock);
  g_strlcpy(last_request, request, sizeof last_request);
  g_mutex_unlock(&lock);
  const Answer *answer = answer_to(request);
  gboolean stream = strstr(request, "/v1/events") != NULL;
  g_autofree char *size =
      stream ? g_strdup("")
             : g_strdup_printf("Content-Length: %zu\r\n", strlen(answer->body == NULL ? "" : answer->body));
  g_autofree char *head =
      g_strdup_printf("HTTP/1.1 %s\r\nConnection: close\r\nX-Muster-Offset: 17\r\n%s\r\n", answer->status, size);
  if (answer->status != NULL) {
    send_text(fd, head);
    send_text(fd, answer->body == NULL ? "" : answer->body);
  }
  while (stream && read(fd, request, sizeof request) > 0)
    continue;
  close(fd);
  return NULL;
}

static gpointer serve(gpointer user) {
  (void)user;
  int fd;
  while ((fd = accept(listener, NULL, NULL)) >= 0)
    g_thread_unref(g_thread_new("answer", serve_one, GINT_TO_POINTER(fd)));
  return NULL;
}

static GThread *server_start(void) {
  folder = g_dir_make_tmp("muster-XXXXXX", NULL);
  socket_path = g_build_filename(folder, "muster.sock", NULL);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy(address.sun_path, socket_path, sizeof address.sun_path);
  g_assert_cmpint(bind(listener, (struct sockaddr *)&address, sizeof address), ==, 0);
  g_assert_cmpint(listen(listener, 16), ==, 0);
  return g_thread_new("server", serve, NULL);
}

static void server_stop(GThread *thread) {
  shutdown(listener, SHUT_RDWR);
  g_thread_join(thread);
  close(listener);
  g_unlink(socket_path);
  g_rmdir(folder);
  g_free(socket_path);
  g_free(folder);
}

static MuCliClient *client_at(const char *state_dir) {
  MuCliTarget *target = g_new0(MuCliTarget, 1);
  target->state_dir = g_strdup(state_dir);
  return mu_cli_client_new(target);
}

static void test_answers(void) {
  static const struct {
    const char *path;
    int code; /* 0: an answer */
    const char *part;
  } rows[] = {
      {"/v1/multi", 0, "[1]"},
      {"/v1/missing", MU_ERROR_NOT_FOUND, "no such thing"},
      {"/v1/denied", MU_ERROR_DENIED, "no token; give the scheduler's token with --token-file"},
      {"/v1/odd-word", MU_ERROR_CONFLICT, "later version"},
      {"/v1/odd", MU_ERROR_FAILED, "HTTP status 502"},
      {"/v1/no-json", MU_ERROR_FAILED, "is not JSON"},
      {"/v1/closed", MU_ERROR_NO_SCHEDULER, "no scheduler answers at"},
      {"/v1/ill", MU_ERROR_UNAVAILABLE, "HTTP status 503"},
  };
  g_autoptr(MuCliClient) client = client_at(folder);
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    GError *error = NULL;
    g_autoptr(json_t) answer = mu_cli_client_get(client, rows[i].path, &error);
    g_autofree char *text = answer == NULL ? g_strdup(error->message) : json_dumps(answer, JSON_COMPACT);
    if (strstr(text, rows[i].part) == NULL || (error != NULL && error->code != rows[i].code))
      g_error("%s: %s", rows[i].path, text);
    g_assert_true((answer != NULL) == (error == NULL));
    g_clear_error(&error);
  }
}

static void test_request(void) {
  g_autoptr(MuCliClient) client = client_at(folder);
  MuCliRequest request = {.method = "PUT", .path = "/v1/echo", .body = "{}", .header = "If-None-Match: *"};
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, &error);
  g_assert_no_error(error);
  g_assert_nonnull(answer);
  g_mutex_lock(&lock);
  g_assert_nonnull(strstr(last_request, "\r\nIf-None-Match: *\r\n"));
  g_assert_nonnull(strstr(last_request, "\r\nContent-Type: application/json\r\n"));
  g_assert_nonnull(strstr(last_request, "\r\nHost: localhost\r\n"));
  g_assert_null(strstr(last_request, "Authorization"));
  g_mutex_unlock(&lock);
  glong status = 0;
  MuCliRequest ill = {.path = "/v1/ill", .ret_status = &status};
  g_autoptr(json_t) health = mu_cli_client_ask(client, &ill, &error);
  g_assert_no_error(error);
  g_assert_nonnull(health);
  g_assert_cmpint(status, ==, 503);
}

static void test_paths(void) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s?x=100%%", "a/b c", "é");
  g_assert_cmpstr(path, ==, "/v1/service/a%2Fb%20c/pod/%C3%A9?x=100%");
}

static void test_nobody(void) {
  g_autofree char *empty = g_dir_make_tmp("muster-XXXXXX", NULL);
  g_autofree char *dead = g_build_filename(empty, "muster.sock", NULL);
  g_autoptr(MuCliClient) client = client_at(empty);
  g_autoptr(GError) absent = NULL;
  g_assert_null(mu_cli_client_get(client, "/v1/multi", &absent));
  g_assert_error(absent, MU_ERROR, MU_ERROR_NO_SCHEDULER);
  g_assert_nonnull(strstr(absent->message, "there is no such socket"));
  g_assert_nonnull(strstr(absent->message, "muster serve --state "));
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy(address.sun_path, dead, sizeof address.sun_path);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  close(fd);
  g_autoptr(GError) deaf = NULL;
  g_assert_null(mu_cli_client_get(client, "/v1/multi", &deaf));
  g_assert_error(deaf, MU_ERROR, MU_ERROR_NO_SCHEDULER);
  g_assert_nonnull(strstr(deaf->message, "nobody listens on it"));
  g_unlink(dead);
  g_rmdir(empty);
}

/* A state folder whose socket's path is longer than an address may be. */
static void test_long_path(void) {
  g_autofree char *name = g_strnfill(120, 'x');
  g_autofree char *deep = g_build_filename(folder, name, NULL);
  g_assert_cmpint(symlink(folder, deep), ==, 0);
  g_autoptr(MuCliClient) client = client_at(deep);
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) answer = mu_cli_client_get(client, "/v1/multi", &error);
  g_assert_no_error(error);
  g_assert_nonnull(answer);
  g_unlink(deep);
}

static void test_follow(void) {
  static const struct {
    const char *service;
    MuCliUntil until;
    int code; /* -1: what was waited for came */
    const char *part;
  } rows[] = {
      {"good", MU_FOLLOW_COMPLETE, -1, ""},
      {"gone", MU_FOLLOW_GONE, -1, ""},
      {"gone", MU_FOLLOW_COMPLETE, MU_ERROR_NOT_FOUND, "no such service"},
      {"broken", MU_FOLLOW_COMPLETE, MU_ERROR_FAILED, "the plan deploy of broken is in error: it broke"},
      {"slow", MU_FOLLOW_COMPLETE, MU_ERROR_TIMED_OUT,
       "the plan update of slow is IN_PROGRESS with 0 of 1 steps complete; it goes on in the scheduler, and `muster plan "
       "show slow --follow` watches it\na-0:[t]: wanted 4096 MB"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(MuCliClient) client = client_at(folder);
    MuCliFollow follow = {
        .client = client, .service = rows[i].service, .until = rows[i].until, .timeout_ms = 300, .silent = TRUE};
    g_autoptr(GError) error = NULL;
    gboolean ok = mu_cli_follow(&follow, &error);
    g_assert_cmpint(ok ? -1 : error->code, ==, rows[i].code);
    if (!ok && strstr(error->message, rows[i].part) == NULL)
      g_error("%s: %s", rows[i].service, error->message);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  GThread *thread = server_start();
  g_test_add_func("/cli/client/answers", test_answers);
  g_test_add_func("/cli/client/request", test_request);
  g_test_add_func("/cli/client/paths", test_paths);
  g_test_add_func("/cli/client/nobody", test_nobody);
  g_test_add_func("/cli/client/long-path", test_long_path);
  g_test_add_func("/cli/client/follow", test_follow);
  int result = g_test_run();
  server_stop(thread);
  return result;
}
