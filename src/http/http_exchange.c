#include "http_exchange.h"

#include "bug.h"
#include "http_internal.h"
#include "http_limits.h"
#include "http_loop.h"
#include "http_reply.h"
#include "http_request.h"
#include <glib-unix.h>
#include <muster/error.h>
#include <poll.h>
#include <string.h>

/* ---- life ---- */

void *mu_http_exchange_new(void *cls, const char *uri, struct MHD_Connection *connection) {
  MuHttpListener *listener = cls;
  MuHttpResponse *response = g_new0(MuHttpResponse, 1);
  response->refs = 1;
  response->server = listener->server;
  response->connection = connection;
  response->listener = listener;
  response->uri = g_strdup(uri);
  response->headers = g_ptr_array_new_with_free_func(g_free);
  response->body = g_byte_array_new();
  response->link.data = response;
  g_queue_push_tail_link(&response->server->exchanges, &response->link);
  response->server->connected++;
  return response;
}

MuHttpResponse *mu_http_exchange_ref(MuHttpResponse *response) {
  response->refs++;
  return response;
}

void mu_http_exchange_unref(MuHttpResponse *response) {
  mu_assert(response->refs > 0);
  if (--response->refs > 0)
    return;
  mu_assert(response->hangup == NULL);
  mu_assert(response->reply == NULL);
  if (response->server != NULL)
    g_queue_unlink(&response->server->exchanges, &response->link);
  mu_http_upgrade_end(response);
  g_clear_error(&response->refusal);
  g_ptr_array_unref(response->headers);
  g_byte_array_unref(response->body);
  g_strfreev(response->captures);
  g_clear_pointer(&response->request.query, g_hash_table_unref);
  g_clear_pointer(&response->request.body, g_bytes_unref);
  g_free((char *)response->request.content_type);
  g_free((char *)response->request.method);
  g_free(response->path);
  g_free(response->uri);
  g_free(response);
}

static void stop_watching(MuHttpResponse *response) {
  if (response->hangup == NULL)
    return;
  g_source_destroy(response->hangup);
  g_clear_pointer(&response->hangup, g_source_unref);
}

void mu_http_exchange_completed(void *cls, struct MHD_Connection *connection, void **exchange,
                                enum MHD_RequestTerminationCode why) {
  (void)cls, (void)connection, (void)why;
  MuHttpResponse *response = *exchange;
  if (response == NULL)
    return;
  *exchange = NULL;
  stop_watching(response);
  g_clear_pointer(&response->reply, MHD_destroy_response);
  response->connection = NULL;
  mu_assert(response->server != NULL && response->server->connected > 0);
  response->server->connected--;
  mu_http_exchange_unref(response);
}

void mu_http_exchange_server_ends(MuHttpResponse *response) {
  if (response->connection == NULL)
    return;
  if (response->handled && !response->answered && response->reply == NULL) {
    static const char farewell[] =
        "{\"error\":{\"code\":\"unavailable\",\"message\":\"the scheduler ends; what became of "
        "the request is not known\"}}\n";
    response->reply = MHD_create_response_from_buffer(sizeof farewell - 1, (void *)farewell, MHD_RESPMEM_PERSISTENT);
    response->status = MHD_HTTP_SERVICE_UNAVAILABLE;
  }
  mu_http_exchange_resume(response);
}

void mu_http_exchange_server_gone(MuHttpResponse *response) {
  mu_assert(response->connection == NULL);
  g_queue_unlink(&response->server->exchanges, &response->link);
  response->server = NULL;
}

/* ---- waiting ---- */

/* libmicrohttpd does not look at a suspended connection: this does, else a client that left would keep its place. */
static gboolean on_hangup(int fd, GIOCondition condition, gpointer user) {
  (void)fd, (void)condition;
  MuHttpResponse *response = user;
  response->hung_up = TRUE;
  mu_http_exchange_resume(response);
  return G_SOURCE_REMOVE;
}

static int connection_fd(const MuHttpResponse *response) {
  return MHD_get_connection_info(response->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

void mu_http_exchange_suspend(MuHttpResponse *response, int events) {
  mu_assert(!response->suspended && response->hangup == NULL);
  MHD_suspend_connection(response->connection);
  response->suspended = TRUE;
  response->hangup = g_unix_fd_source_new(connection_fd(response), (GIOCondition)events);
  g_source_set_callback(response->hangup, G_SOURCE_FUNC(on_hangup), response, NULL);
  g_source_attach(response->hangup, response->server->context);
}

void mu_http_exchange_resume(MuHttpResponse *response) {
  if (!response->suspended)
    return;
  stop_watching(response);
  response->suspended = FALSE;
  MHD_resume_connection(response->connection);
  if (response->listener->source != NULL)
    mu_http_loop_wake(response->listener->source);
}

/* ---- reading the request ---- */

const char *mu_http_request_header(const MuHttpResponse *response, const char *name) {
  return MHD_lookup_connection_value(response->connection, MHD_HEADER_KIND, name);
}

const char *mu_http_query(const MuHttpRequest *request, const char *name) {
  return g_hash_table_lookup(request->query, name);
}

static void refuse(MuHttpResponse *response, guint status, GError *take_error) {
  if (response->refusal != NULL)
    g_error_free(take_error);
  else {
    response->refusal = take_error;
    response->refusal_status = status;
  }
  g_byte_array_set_size(response->body, 0);
}

gboolean mu_http_is_public(const char *uri) {
  return strcmp(uri, MU_HTTP_BOOTSTRAP_PATH) == 0;
}

static gboolean needs_no_token(MuHttpResponse *response, const char *method) {
  MuHttpMatch match = {0};
  g_auto(GStrv) captures = NULL;
  g_autofree char *allow = NULL, *path = mu_http_uri_path(response->uri);
  return mu_http_router_match(response->server->router, method, path, &match, &captures, &allow, NULL) &&
         match.without_token;
}

static gboolean check_access(MuHttpResponse *response, const char *method) {
  GError *error = NULL;
  guint status = 0;
  if (!response->listener->tcp || mu_http_is_public(response->uri))
    return TRUE;
  if (mu_http_auth_check(response->server->auth, mu_http_request_header(response, "Host"),
                         mu_http_request_header(response, "Origin"), mu_http_request_header(response, "Authorization"),
                         &status, &error))
    return TRUE;
  if (status == MHD_HTTP_UNAUTHORIZED && needs_no_token(response, method)) {
    g_error_free(error);
    return TRUE;
  }
  if (status == MHD_HTTP_UNAUTHORIZED)
    mu_http_add_header(response, "WWW-Authenticate", "Bearer realm=\"muster\"");
  refuse(response, status, error);
  return FALSE;
}

static gboolean read_uri(MuHttpResponse *response, const char *method) {
  GError *error = NULL;
  g_autofree char *allow = NULL, *raw_path = mu_http_uri_path(response->uri);
  MuHttpRequest *request = &response->request;
  request->method = g_strdup(method);
  request->content_type = g_strdup(mu_http_request_header(response, "Content-Type"));
  response->path = mu_http_decode("path", raw_path, strlen(raw_path), &error);
  if (response->path != NULL)
    request->query = mu_http_uri_query(response->uri, &error);
  if (request->query != NULL && mu_http_router_match(response->server->router, method, raw_path, &response->match,
                                                     &response->captures, &allow, &error)) {
    request->path = response->path;
    request->captures = (const char *const *)response->captures;
    return TRUE;
  }
  if (allow != NULL)
    mu_http_add_header(response, "Allow", allow);
  refuse(response, 0, error);
  return FALSE;
}

static void refuse_size(MuHttpResponse *response) {
  refuse(response, 0,
         g_error_new(MU_ERROR, MU_ERROR_TOO_LARGE,
                     "the body is larger than the %" G_GSIZE_FORMAT " bytes that are accepted",
                     response->server->max_body_bytes));
}

static gsize most_read(const MuHttpResponse *response) {
  return response->server->max_body_bytes + MU_HTTP_DISCARD_BYTES;
}

/* Whether a refused client is answered at once and its connection closed, instead of after its body. */
static gboolean must_answer_early(const MuHttpResponse *response, guint64 announced) {
  return announced > most_read(response) || (announced > 0 && mu_http_request_header(response, "Expect") != NULL);
}

/* ---- the stages of an answer ---- */

static void answer_refusal(MuHttpResponse *response) {
  response->handled = TRUE;
  mu_http_respond_error_status(mu_http_exchange_ref(response), response->refusal_status, response->refusal);
}

static enum MHD_Result deliver(MuHttpResponse *response) {
  if (response->reply != NULL) {
    enum MHD_Result queued = MHD_queue_response(response->connection, response->status, response->reply);
    g_clear_pointer(&response->reply, MHD_destroy_response);
    return queued;
  }
  if (response->hung_up)
    return MHD_NO;
  /* Not POLLRDHUP: who asked may close his sending side and still wait for the answer. */
  mu_http_exchange_suspend(response, POLLHUP | POLLERR);
  return MHD_YES;
}

static enum MHD_Result begin(MuHttpResponse *response, const char *method) {
  response->begun = TRUE;
  guint64 announced = 0;
  const char *length = mu_http_request_header(response, "Content-Length");
  if (length != NULL)
    g_ascii_string_to_unsigned(length, 10, 0, G_MAXUINT64, &announced, NULL);
  if (check_access(response, method) && read_uri(response, method) && announced > response->server->max_body_bytes)
    refuse_size(response);
  if (response->refusal == NULL || !must_answer_early(response, announced))
    return MHD_YES;
  answer_refusal(response);
  return deliver(response);
}

static enum MHD_Result collect(MuHttpResponse *response, const char *data, size_t *data_size) {
  gsize size = *data_size;
  *data_size = 0;
  response->body_seen += size;
  if (response->refusal == NULL && response->body_seen > response->server->max_body_bytes)
    refuse_size(response);
  if (response->refusal != NULL)
    return response->body_seen <= most_read(response) ? MHD_YES : MHD_NO;
  g_byte_array_append(response->body, (const guint8 *)data, (guint)size);
  return MHD_YES;
}

static void handle(MuHttpResponse *response) {
  if (response->refusal != NULL) {
    answer_refusal(response);
    return;
  }
  response->handled = TRUE;
  response->request.body = g_byte_array_free_to_bytes(response->body);
  response->body = g_byte_array_new();
  const MuHttpBackend *backend = &response->server->backend;
  if (backend->before_read != NULL)
    backend->before_read(backend->user);
  response->match.handler(&response->request, mu_http_exchange_ref(response), response->match.user);
}

enum MHD_Result mu_http_exchange_access(void *cls, struct MHD_Connection *connection, const char *url,
                                        const char *method, const char *version, const char *data, size_t *data_size,
                                        void **exchange) {
  (void)cls, (void)connection, (void)url, (void)version;
  MuHttpResponse *response = *exchange;
  if (response->server->closing && response->reply == NULL)
    return MHD_NO;
  if (!response->begun)
    return begin(response, method);
  if (*data_size > 0)
    return collect(response, data, data_size);
  if (!response->handled)
    handle(response);
  return deliver(response);
}
