#include "mesos_front_http.h"

#include "http_loop.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

struct MuFrontStream {
  MuFrontHttp *http;
  struct MHD_Connection *connection;
  GByteArray *bytes;
  guint piece;
  gint64 cut_after, sent;
  gboolean suspended, ending, cut;
  void (*ended)(gpointer user);
  gpointer user;
};

struct MuFrontRequest {
  MuFrontHttp *http;
  struct MHD_Connection *connection;
  const char *method, *path;
  GByteArray *body;
  MuFrontStream *stream;
  gboolean answered, suspended;
};

struct MuFrontHttp {
  struct MHD_Daemon *daemon;
  GSource *source;
  MuFrontHandler handler, taker, gone;
  gpointer user;
  GHashTable *requests; /* set of MuFrontRequest*: all there are */
  char peer[256];       /* of the last request: the common name of the client's certificate */
  gboolean closing;
};

/* A connection that goes on has to be looked at. */
static void kick(MuFrontHttp *http) {
  mu_http_loop_wake(http->source);
}

/* ---- streams ---------------------------------------------------------------------------------------------------------- */

static void resume(MuFrontStream *stream) {
  if (!stream->suspended)
    return;
  stream->suspended = FALSE;
  MHD_resume_connection(stream->connection);
  kick(stream->http);
}

static ssize_t read_stream(void *user, uint64_t position, char *buffer, size_t max) {
  MuFrontStream *stream = user;
  gsize n = MIN(max, stream->bytes->len);
  (void)position;
  if (stream->cut)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  if (stream->piece > 0)
    n = MIN(n, stream->piece);
  if (stream->cut_after > 0)
    n = MIN(n, (gsize)(stream->cut_after - stream->sent));
  if (stream->cut_after > 0 && stream->sent >= stream->cut_after)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  if (n == 0 && stream->ending)
    return MHD_CONTENT_READER_END_OF_STREAM;
  if (n == 0) {
    stream->suspended = TRUE;
    MHD_suspend_connection(stream->connection);
    return 0;
  }
  memcpy(buffer, stream->bytes->data, n);
  g_byte_array_remove_range(stream->bytes, 0, (guint)n);
  stream->sent += (gint64)n;
  kick(stream->http);
  return (ssize_t)n;
}

void mu_front_stream_limit(MuFrontStream *stream, guint piece, gint64 cut_after) {
  stream->piece = piece;
  stream->cut_after = cut_after;
}

void mu_front_stream_write(MuFrontStream *stream, const guint8 *bytes, gsize length) {
  g_byte_array_append(stream->bytes, bytes, (guint)length);
  resume(stream);
}

void mu_front_stream_end(MuFrontStream *stream, gboolean in_order) {
  stream->ending = TRUE;
  stream->cut = !in_order;
  resume(stream);
}

static void stream_free(MuFrontStream *stream) {
  if (stream == NULL)
    return;
  if (stream->ended != NULL)
    stream->ended(stream->user);
  g_byte_array_unref(stream->bytes);
  g_free(stream);
}

MuFrontStream *mu_front_answer_stream(MuFrontRequest *request, const char *content_type, const char *stream_id,
                                      void (*ended)(gpointer user), gpointer user) {
  MuFrontStream *stream = g_new0(MuFrontStream, 1);
  stream->http = request->http;
  stream->connection = request->connection;
  stream->bytes = g_byte_array_new();
  stream->ended = ended;
  stream->user = user;
  request->stream = stream;
  request->answered = TRUE;
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64 * 1024, read_stream, stream, NULL);
  MHD_add_response_header(response, "Content-Type", content_type);
  MHD_add_response_header(response, "Mesos-Stream-Id", stream_id);
  MHD_queue_response(request->connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return stream;
}

/* ---- requests --------------------------------------------------------------------------------------------------------- */

const char *mu_front_method(const MuFrontRequest *request) {
  return request->method;
}

const char *mu_front_path(const MuFrontRequest *request) {
  return request->path;
}

const char *mu_front_header(const MuFrontRequest *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const GByteArray *mu_front_body(const MuFrontRequest *request) {
  return request->body;
}

void mu_front_answer(MuFrontRequest *request, guint status, const char *header, const char *value, const char *text) {
  struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
  if (header != NULL)
    MHD_add_response_header(response, header, value);
  MHD_queue_response(request->connection, status, response);
  MHD_destroy_response(response);
  request->answered = TRUE;
}

void mu_front_answer_bytes(MuFrontRequest *request, guint status, const void *bytes, gsize length) {
  struct MHD_Response *response = MHD_create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_MUST_COPY);
  MHD_queue_response(request->connection, status, response);
  MHD_destroy_response(response);
  request->answered = TRUE;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *length, void **state) {
  MuFrontHttp *http = user;
  MuFrontRequest *request = *state;
  (void)version;
  if (request == NULL) {
    request = g_new0(MuFrontRequest, 1);
    request->http = http;
    request->connection = connection;
    request->body = g_byte_array_new();
    g_hash_table_add(http->requests, request);
    *state = request;
    return MHD_YES;
  }
  request->method = method;
  request->path = path;
  if (*length > 0) {
    g_byte_array_append(request->body, (const guint8 *)data, (guint)*length);
    *length = 0;
    if (http->taker != NULL)
      http->taker(request, http->user);
    return MHD_YES;
  }
  if (http->closing)
    return MHD_NO;
  mu_tls_server_peer(connection, http->peer, sizeof http->peer);
  http->handler(request, http->user);
  if (!request->answered) { /* for ever */
    request->suspended = TRUE;
    MHD_suspend_connection(connection);
  }
  kick(http);
  return MHD_YES;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
  MuFrontRequest *request = *state;
  (void)user;
  (void)connection;
  (void)how;
  if (request == NULL)
    return;
  g_hash_table_remove(request->http->requests, request);
  if (request->http->gone != NULL)
    request->http->gone(request, request->http->user);
  stream_free(request->stream);
  g_byte_array_unref(request->body);
  g_free(request);
  *state = NULL;
}

/* ---- new, free -------------------------------------------------------------------------------------------------------- */

MuFrontHttp *mu_front_http_new(guint16 port, const MuTlsServer *tls, MuFrontHandler handler, gpointer user) {
  MuFrontHttp *http = g_new0(MuFrontHttp, 1);
  struct MHD_OptionItem tls_options[MU_TLS_SERVER_OPTIONS];
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (tls != NULL ? MHD_USE_TLS : 0u);
  mu_tls_server_options(tls, tls_options);
  http->handler = handler;
  http->user = user;
  http->requests = g_hash_table_new(NULL, NULL);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  http->daemon = MHD_start_daemon(flags, port, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR, &address,
                                  MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_LISTENING_ADDRESS_REUSE,
                                  1u, MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
  if (http->daemon == NULL)
    g_error("the test master cannot listen on port %u", port);
  http->source = mu_http_loop_attach(http->daemon, g_main_context_get_thread_default());
  return http;
}

/* libmicrohttpd wants none asleep at its end. */
static void wake_all(MuFrontHttp *http) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, http->requests);
  while (g_hash_table_iter_next(&iter, &value, NULL)) {
    MuFrontRequest *request = value;
    if (request->suspended)
      MHD_resume_connection(request->connection);
    request->suspended = FALSE;
    if (request->stream != NULL)
      mu_front_stream_end(request->stream, FALSE);
  }
}

void mu_front_http_free(MuFrontHttp *http) {
  http->closing = TRUE;
  wake_all(http);
  g_source_destroy(http->source);
  g_source_unref(http->source);
  MHD_stop_daemon(http->daemon);
  g_hash_table_unref(http->requests);
  g_free(http);
}

const char *mu_front_http_peer(const MuFrontHttp *http) {
  return http->peer;
}

void mu_front_http_watch(MuFrontHttp *http, MuFrontHandler taker, MuFrontHandler gone) {
  http->taker = taker;
  http->gone = gone;
}

void mu_front_drop_body(MuFrontRequest *request) {
  g_byte_array_set_size(request->body, 0);
}

void mu_front_wake(MuFrontRequest *request) {
  if (!request->suspended)
    return;
  request->suspended = FALSE;
  MHD_resume_connection(request->connection);
  kick(request->http);
}

guint16 mu_front_http_port(const MuFrontHttp *http) {
  return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
