#include "http_reply.h"

#include "bug.h"
#include "http_internal.h"
#include "http_limits.h"
#include "http_loop.h"
#include "json.h"
#include <fcntl.h>
#include <muster/error.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void mu_http_add_header(MuHttpResponse *response, const char *name, const char *value) {
  g_ptr_array_add(response->headers, g_strdup(name));
  g_ptr_array_add(response->headers, g_strdup(value));
}

static void add_headers(const MuHttpResponse *response, struct MHD_Response *reply, const char *content_type) {
  MHD_add_response_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(reply, "X-Content-Type-Options", "nosniff");
  if (content_type != NULL)
    MHD_add_response_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
  for (guint i = 0; i + 1 < response->headers->len; i += 2)
    MHD_add_response_header(reply, g_ptr_array_index(response->headers, i),
                            g_ptr_array_index(response->headers, i + 1));
}

/* Every answer goes through here. */
static void give(MuHttpResponse *response, guint status, const char *content_type, struct MHD_Response *reply) {
  mu_assert(response->handled);
  if (response->answered)
    mu_bug("a request was answered twice");
  mu_assert(reply != NULL);
  response->answered = TRUE;
  if (response->connection == NULL || response->hung_up || response->reply != NULL || response->server->closing)
    MHD_destroy_response(reply);
  else {
    add_headers(response, reply, content_type);
    response->reply = reply;
    response->status = status;
    mu_http_exchange_resume(response);
  }
  mu_http_exchange_unref(response);
}

void mu_http_respond(MuHttpResponse *response, guint status, const char *content_type, const char *body, gsize length) {
  give(response, status, content_type, MHD_create_response_from_buffer(length, (void *)body, MHD_RESPMEM_MUST_COPY));
}

void mu_http_respond_json(MuHttpResponse *response, guint status, json_t *take_value) {
  g_autoptr(json_t) value = take_value;
  g_autofree char *text = mu_json_to_string(value);
  g_autofree char *line = g_strconcat(text, "\n", NULL);
  mu_http_respond(response, status, "application/json", line, strlen(line));
}

void mu_http_respond_error_status(MuHttpResponse *response, guint status, const GError *error) {
  const MuErrorInfo *info = mu_error_info(error);
  /* A message may quote bytes of the client's or a file's: JSON must be UTF-8. */
  g_autofree char *message = g_utf8_make_valid(error->message, -1);
  json_t *body = json_pack("{s:{s:s,s:s}}", "error", "code", info->word, "message", message);
  mu_http_respond_json(response, status != 0 ? status : (guint)info->http_status, body);
}

void mu_http_respond_error(MuHttpResponse *response, const GError *error) {
  mu_http_respond_error_status(response, 0, error);
}

void mu_http_respond_view(MuHttpResponse *response, json_t *take_value, GError *take_error) {
  if (take_value != NULL) {
    mu_http_respond_json(response, MHD_HTTP_OK, take_value);
    return;
  }
  mu_http_respond_error(response, take_error);
  g_error_free(take_error);
}

void mu_http_respond_fd(MuHttpResponse *response, guint status, const char *content_type, int take_fd, guint64 offset,
                        guint64 length) {
  struct MHD_Response *reply = NULL;
  if (length > 0)
    reply = MHD_create_response_from_fd_at_offset64(length, take_fd, offset);
  if (reply == NULL) {
    close(take_fd);
    reply = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  }
  give(response, status, content_type, reply);
}

/* ---- streams ---- */

typedef struct {
  MuHttpResponse *response;
  const MuHttpStreamOps *ops;
  gpointer stream;
} Producer;

static ssize_t produce(void *cls, uint64_t position, char *buffer, size_t max) {
  (void)position;
  Producer *producer = cls;
  MuHttpResponse *response = producer->response;
  if (response->server == NULL || response->server->closing)
    return MHD_CONTENT_READER_END_OF_STREAM;
  if (response->hung_up)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  gssize n = producer->ops->read(producer->stream, buffer, max);
  if (n == MU_HTTP_STREAM_END)
    return MHD_CONTENT_READER_END_OF_STREAM;
  if (n == MU_HTTP_STREAM_ABORT)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  if (n == 0)
    mu_http_exchange_suspend(response, POLLRDHUP | POLLHUP | POLLERR);
  return n;
}

static void free_producer(void *cls) {
  Producer *producer = cls;
  producer->ops->free(producer->stream);
  mu_http_exchange_unref(producer->response);
  g_free(producer);
}

void mu_http_respond_stream(MuHttpResponse *response, const char *content_type, const MuHttpStreamOps *ops,
                            gpointer take_stream) {
  Producer *producer = g_new0(Producer, 1);
  producer->response = mu_http_exchange_ref(response);
  producer->ops = ops;
  producer->stream = take_stream;
  give(response, MHD_HTTP_OK, content_type,
       MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, MU_HTTP_STREAM_BLOCK_BYTES, produce, producer,
                                         free_producer));
}

void mu_http_stream_wake(MuHttpResponse *response) {
  mu_http_exchange_resume(response);
}

gboolean mu_http_stream_waits(const MuHttpResponse *response) {
  return response->suspended;
}

void mu_http_stream_cut(MuHttpResponse *response) {
  if (response->connection == NULL)
    return;
  int fd = MHD_get_connection_info(response->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  shutdown(fd, SHUT_RDWR);
}

/* ---- connections that go on otherwise ---- */

typedef struct {
  MuHttpUpgradeFunc begun;
  gpointer user;
  const MuHttpListener *listener;
} Upgrade;

/* libmicrohttpd's own descriptor is closed by its next run, which is made at once: the connection lives on in the copy, and ends
 * with that. */
static void on_upgrade(void *cls, struct MHD_Connection *connection, void *exchange, const char *bytes, size_t length,
                       MHD_socket socket, struct MHD_UpgradeResponseHandle *handle) {
  (void)connection, (void)exchange;
  Upgrade *upgrade = cls;
  int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  upgrade->begun(fd, bytes, length, upgrade->user);
  upgrade->begun = NULL;
  MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
  if (upgrade->listener->source != NULL)
    mu_http_loop_wake(upgrade->listener->source);
}

void mu_http_respond_upgrade(MuHttpResponse *response, const char *protocol, MuHttpUpgradeFunc begun, gpointer user) {
  response->upgrade = g_new0(Upgrade, 1);
  *(Upgrade *)response->upgrade = (Upgrade){begun, user, response->listener};
  struct MHD_Response *reply = MHD_create_response_for_upgrade(on_upgrade, response->upgrade);
  mu_http_add_header(response, MHD_HTTP_HEADER_UPGRADE, protocol);
  give(response, MHD_HTTP_SWITCHING_PROTOCOLS, NULL, reply);
}

void mu_http_upgrade_end(MuHttpResponse *response) {
  Upgrade *upgrade = response->upgrade;
  if (upgrade != NULL && upgrade->begun != NULL)
    upgrade->begun(-1, NULL, 0, upgrade->user);
  g_clear_pointer(&response->upgrade, g_free);
}
