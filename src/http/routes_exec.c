/* A command beside a task: what is wanted is looked at, then the connection is the engine's. */
#include "http_reply.h"
#include "json.h"
#include "routes.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX_BYTES (128 * 1024)
#define TERM_MAX_BYTES 100

/* What outlives the request. */
typedef struct {
  MuHttpServer *server;
  char *task_id, *agent_id, *executor_id, *term;
  char **argv;
  MuExecRequest request;
} Wanted;

static void wanted_free(Wanted *wanted) {
  g_free(wanted->task_id);
  g_free(wanted->agent_id);
  g_free(wanted->executor_id);
  g_free(wanted->term);
  g_strfreev(wanted->argv);
  g_free(wanted);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wanted, wanted_free)

/* ---- what is wanted ---------------------------------------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *message) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s", message);
  return FALSE;
}

static gboolean read_words(const json_t *list, Wanted *wanted, GError **error) {
  gsize n = json_array_size(list), bytes = 0;
  wanted->argv = g_new0(char *, n + 1);
  for (gsize i = 0; i < n && i < MU_EXEC_MAX_WORDS; i++) {
    const char *word = json_string_value(json_array_get(list, i));
    if (word == NULL)
      return refuse(error, "\"cmd\": a list of texts was expected");
    bytes += strlen(word) + 1;
    wanted->argv[i] = g_strdup(word);
  }
  if (n == 0)
    return refuse(error, "\"cmd\": a list with a program and its arguments was expected");
  if (n <= MU_EXEC_MAX_WORDS && bytes <= MU_EXEC_MAX_BYTES)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE, "\"cmd\": at most %d words with %d bytes are taken",
              MU_EXEC_MAX_WORDS, MU_EXEC_MAX_BYTES);
  return FALSE;
}

static gboolean read_size(const json_t *body, const char *key, guint16 *ret, GError **error) {
  gint64 number = 0;
  if (!mu_json_get_int(body, key, FALSE, &number, error))
    return FALSE;
  *ret = (guint16)CLAMP(number, 0, G_MAXUINT16);
  return TRUE;
}

static gboolean read_body(const MuHttpRequest *request, Wanted *wanted, GError **error) {
  gsize length = 0;
  const char *text = g_bytes_get_data(request->body, &length);
  g_autoptr(json_t) body = mu_json_parse(text, length, BODY_MAX_BYTES, error);
  const char *term = NULL;
  if (body == NULL || !read_words(json_object_get(body, "cmd"), wanted, error) ||
      !read_size(body, "rows", &wanted->request.rows, error) ||
      !read_size(body, "columns", &wanted->request.columns, error) ||
      !mu_json_get_string(body, "term", FALSE, &term, error))
    return FALSE;
  if (term != NULL && (strlen(term) > TERM_MAX_BYTES || *term == '\0'))
    return refuse(error, "\"term\": the name of a kind of terminal was expected");
  wanted->term = g_strdup(term);
  wanted->request.tty = json_is_true(json_object_get(body, "tty"));
  wanted->request.term = wanted->term;
  wanted->request.argv = (const char *const *)wanted->argv;
  return TRUE;
}

static gboolean check_upgrade(const MuHttpResponse *response, GError **error) {
  const char *upgrade = mu_http_request_header(response, "Upgrade");
  if (upgrade != NULL && g_ascii_strcasecmp(upgrade, MU_FRAME_PROTOCOL) == 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
              "this connection goes on in another protocol: the headers `Connection: Upgrade` and `Upgrade: "
              "" MU_FRAME_PROTOCOL "` were expected; `muster pod exec` sends them");
  return FALSE;
}

static gboolean find_task(MuHttpServer *server, const MuHttpRequest *request, Wanted *wanted, GError **error) {
  MuTaskPlace place = {0};
  g_autofree char *service = mu_route_service_name(server, request);
  if (!mu_view_task(server->backend.client, service, request->captures[1], &place, error))
    return FALSE;
  wanted->task_id = g_strdup(place.task_id);
  wanted->agent_id = g_strdup(place.agent_id);
  wanted->executor_id = g_strdup(place.executor_id);
  return TRUE;
}

static gboolean exec(const Wanted *wanted, int fd, GError **error) {
  const MuHttpBackend *backend = &wanted->server->backend;
  const MuTaskPlace place = {wanted->task_id, wanted->agent_id, wanted->executor_id};
  return backend->exec(&place, &wanted->request, fd, backend->user, error);
}

static gboolean is_on(const MuHttpServer *server, GError **error) {
  if (server->backend.exec != NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s", server->backend.exec_refusal);
  return FALSE;
}

/* ---- the connection ---------------------------------------------------------------------------------------------------- */

/* What the engine says now is told in the new protocol; it is the first that is sent, so that there is room for it. */
static void tell_failure(int fd, const GError *error) {
  g_autoptr(GByteArray) frame = g_byte_array_new();
  mu_frame_append(frame, MU_FRAME_FAILED, error->message, strlen(error->message));
  send(fd, frame->data, frame->len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A client that speaks before it is answered would lose what it said. */
static void on_connection(int take_fd, const void *bytes, gsize length, gpointer user) {
  (void)bytes;
  g_autoptr(Wanted) wanted = user;
  g_autoptr(GError) error = NULL;
  if (take_fd < 0)
    return;
  if (length > 0)
    g_set_error(&error, MU_ERROR, MU_ERROR_USAGE, "frames were sent before the answer 101");
  else
    exec(wanted, take_fd, &error);
  if (error != NULL)
    tell_failure(take_fd, error);
  close(take_fd);
}

void mu_route_exec(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autoptr(Wanted) wanted = g_new0(Wanted, 1);
  wanted->server = server;
  if (!is_on(server, &error) || !find_task(server, request, wanted, &error) || !read_body(request, wanted, &error) ||
      !check_upgrade(response, &error) || !exec(wanted, -1, &error))
    mu_route_fail(response, error);
  else
    mu_http_respond_upgrade(response, MU_FRAME_PROTOCOL, on_connection, g_steal_pointer(&wanted));
}
