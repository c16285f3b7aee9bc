/* The master's HTTP server: gathers requests, sends replies. */
#include "http_loop.h"
#include "master_private.h"
#include <muster/error.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

typedef struct {
  GByteArray *body;
  gboolean too_large;
} Gathered;

static void gathered_free(Gathered *gathered) {
  g_byte_array_unref(gathered->body);
  g_free(gathered);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, MuMasterReply *reply) {
  if (reply->lost)
    return MHD_NO; /* libmicrohttpd closes the connection */
  gsize length = reply->text == NULL ? 0 : strlen(reply->text);
  const void *body = reply->bytes == NULL ? reply->text : g_bytes_get_data(reply->bytes, &length);
  if (reply->stream != NULL)
    reply->stream->connection = connection;
  struct MHD_Response *response = reply->stream != NULL
                                      ? mu_master_stream_response(g_steal_pointer(&reply->stream))
                                      : MHD_create_response_from_buffer(length, (void *)body, MHD_RESPMEM_MUST_COPY);
  if (reply->header != NULL)
    MHD_add_response_header(response, reply->header, reply->value);
  if (reply->type != NULL)
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
  enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
  MHD_destroy_response(response);
  return result;
}

static const char *header_of(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer(MuTestMaster *master, struct MHD_Connection *connection, const char *path,
                              const char *method, const Gathered *gathered) {
  const MuMasterRequest request = {
      .path = path,
      .method = method,
      .content_type = header_of(connection, "Content-Type"),
      .accept = header_of(connection, "Accept"),
      .stream_id = header_of(connection, "Mesos-Stream-Id"),
      .authorization = header_of(connection, "Authorization"),
      .body = gathered->body->data,
      .length = gathered->body->len,
  };
  g_auto(MuMasterReply) reply = {0};
  if (gathered->too_large)
    reply.status = MHD_HTTP_CONTENT_TOO_LARGE;
  else
    mu_master_answer(master, &request, &reply);
  return send_reply(connection, &reply);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *length, void **state) {
  Gathered *gathered = *state;
  (void)version;
  if (gathered == NULL) {
    gathered = g_new0(Gathered, 1);
    gathered->body = g_byte_array_new();
    *state = gathered;
    return MHD_YES;
  }
  if (*length == 0)
    return answer(user, connection, path, method, gathered);
  gathered->too_large |= gathered->body->len + *length > MU_MASTER_MAX_BODY;
  if (!gathered->too_large)
    g_byte_array_append(gathered->body, (const guint8 *)data, (guint)*length);
  *length = 0;
  return MHD_YES;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why) {
  (void)user, (void)connection, (void)why;
  g_clear_pointer((Gathered **)state, gathered_free);
}

gboolean mu_master_listen(MuTestMaster *master, guint16 port, const MuTlsServer *tls, GMainContext *context,
                          GError **error) {
  struct MHD_OptionItem tls_options[MU_TLS_SERVER_OPTIONS];
  mu_tls_server_options(tls, tls_options);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  master->daemon =
      MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls == NULL ? 0u : MHD_USE_TLS), port, NULL, NULL,
                       on_request, master, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                       master, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
  if (master->daemon == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot listen on port %u of 127.0.0.1: %s", port, g_strerror(errno));
    return FALSE;
  }
  master->port = MHD_get_daemon_info(master->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  master->source = mu_http_loop_attach(master->daemon, context);
  return TRUE;
}

void mu_master_close(MuTestMaster *master) {
  if (master->source != NULL) {
    g_source_destroy(master->source);
    g_clear_pointer(&master->source, g_source_unref);
  }
  g_clear_pointer(&master->daemon, MHD_stop_daemon);
}
