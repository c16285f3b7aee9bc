#include "http_reply.h"
#include "http_request.h"
#include "json.h"
#include "routes.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>

/* ---- the list ---- */

/* The list under way to a client: written a part at a time, so that ten thousand services hold up nobody. */
typedef struct {
  MuMultiServiceEventClient *client;
  MuServiceListing listing;
  char *part; /* what is sent now */
  gsize at;   /* of it, from here on */
} List;

static gssize read_list(gpointer stream, char *buffer, gsize max) {
  List *list = stream;
  if (list->part[list->at] == '\0') {
    if (list->listing.ended)
      return MU_HTTP_STREAM_END;
    g_free(list->part);
    list->part = mu_view_services_part(list->client, &list->listing);
    list->at = 0;
  }
  gsize n = MIN(strlen(list->part + list->at), max);
  memcpy(buffer, list->part + list->at, n);
  list->at += n;
  return (gssize)n;
}

static void free_list(gpointer stream) {
  List *list = stream;
  mu_service_listing_clear(&list->listing);
  g_free(list->part);
  g_free(list);
}

void mu_route_services(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  static const MuHttpStreamOps ops = {.read = read_list, .free = free_list};
  (void)request;
  List *list = g_new0(List, 1);
  list->client = ((MuHttpServer *)user)->backend.client;
  list->part = mu_view_services_part(list->client, &list->listing);
  if (list->listing.ended) {
    mu_http_respond(response, MHD_HTTP_OK, "application/json", list->part, strlen(list->part));
    free_list(list);
    return;
  }
  mu_http_respond_stream(response, "application/json", &ops, list);
}

/* The reference's way to add a service, from files in a folder of the server's: `muster serve --specs` puts routes of its own
 * in the place of these. */
void mu_route_yaml_list(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request, (void)user;
  mu_http_respond_json(response, MHD_HTTP_OK, json_array());
}

void mu_route_yaml_add(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)user;
  const char *yaml = mu_http_query(request, "yaml");
  if (yaml == NULL)
    mu_route_fail(response, g_error_new(MU_ERROR, MU_ERROR_USAGE, "?yaml=FILE is missing"));
  else
    mu_route_fail(
        response,
        g_error_new(MU_ERROR, MU_ERROR_NOT_FOUND,
                    "there is no spec file `%s`: this server has no folder of specs (muster serve --specs DIR); "
                    "PUT /v1/service/%s takes the spec itself",
                    yaml, request->captures[0]));
}

/* ---- adding ---- */

static gboolean is_text_type(const char *type) {
  static const char *const types[] = {"application/yaml", "application/x-yaml", "text/yaml",
                                      "text/x-yaml",      "text/plain",         NULL};
  return type == NULL || g_strv_contains(types, type);
}

static gboolean check_json_object(GBytes *body, GError **error) {
  gsize length;
  const char *text = g_bytes_get_data(body, &length);
  g_autoptr(json_t) value = mu_json_parse(text == NULL ? "" : text, length, MU_CONTEXT_MAX_BYTES, error);
  if (value != NULL && !json_is_object(value)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the body is JSON but not an object: {\"yaml\": …} was expected");
    return FALSE;
  }
  return value != NULL;
}

/* Whether the body can be a context; a type that cannot sets `ret_status`. */
static gboolean check_context(const MuHttpRequest *request, guint *ret_status, GError **error) {
  gsize length = g_bytes_get_size(request->body);
  g_autofree char *type = mu_http_media_type(request->content_type);
  if (length == 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the body is empty: the service's spec was expected");
    return FALSE;
  }
  if (length > MU_CONTEXT_MAX_BYTES) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "the context has %" G_GSIZE_FORMAT " bytes; at most %u are accepted", length, MU_CONTEXT_MAX_BYTES);
    return FALSE;
  }
  if (g_strcmp0(type, "application/json") == 0)
    return check_json_object(request->body, error);
  if (is_text_type(type))
    return mu_http_check_utf8(request->body, error);
  if (strcmp(type, "application/octet-stream") == 0) /* for a ServiceFactory of one's own */
    return TRUE;
  *ret_status = MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "a body of type %s is not accepted: application/json, application/yaml, text/yaml or text/plain was expected",
      type);
  return FALSE;
}

/* The version that the client makes its condition. If-Match: * becomes the present one. */
static gboolean read_condition(MuHttpServer *server, MuHttpResponse *response, const char *service, gint64 *ret_version,
                               GError **error) {
  gboolean must_exist = FALSE;
  if (!mu_http_condition(mu_http_request_header(response, "If-Match"),
                         mu_http_request_header(response, "If-None-Match"), ret_version, &must_exist, error))
    return FALSE;
  if (!must_exist)
    return TRUE;
  g_autoptr(GBytes) context = mu_view_context(server->backend.client, service, ret_version, error);
  return context != NULL;
}

void mu_route_service_put(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  const char *service = request->captures[0];
  GError *error = NULL;
  guint status = 0;
  gint64 version = MU_VERSION_ANY;
  gboolean preview = FALSE;
  if (!mu_http_query_bool(request->query, "dry-run", &preview, &error) || !check_context(request, &status, &error) ||
      !read_condition(server, response, service, &version, &error)) {
    mu_http_respond_error_status(response, status, error);
    g_error_free(error);
    return;
  }
  MuCommand *command = mu_command_new(preview ? MU_COMMAND_SERVICE_PREVIEW : MU_COMMAND_SERVICE_PUT, service);
  command->context = g_bytes_ref(request->body);
  command->if_version = version;
  mu_route_submit(server, response, command, MHD_HTTP_OK);
}

/* ---- the rest ---- */

static void add_etag(MuHttpResponse *response, gint64 version) {
  g_autofree char *etag = g_strdup_printf("\"%" G_GINT64_FORMAT "\"", version);
  mu_http_add_header(response, "ETag", etag);
}

void mu_route_service(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *view = mu_view_service(server->backend.client, service, &error);
  if (view != NULL)
    add_etag(response, json_integer_value(json_object_get(view, "version")));
  mu_http_respond_view(response, view, error);
}

/* For what is done to a service that is there. */
static gboolean read_present(MuHttpServer *server, MuHttpResponse *response, const char *service, gint64 *ret_version,
                             GError **error) {
  if (mu_http_request_header(response, "If-None-Match") == NULL)
    return read_condition(server, response, service, ret_version, error);
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
              "If-None-Match has no meaning here: If-Match with the service's version was expected, or neither");
  return FALSE;
}

void mu_route_service_remove(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  GError *error = NULL;
  gboolean force = FALSE;
  gint64 version = MU_VERSION_ANY;
  g_autofree char *service = mu_route_service_name(user, request);
  if (!mu_http_query_bool(request->query, "force", &force, &error) ||
      !read_present(user, response, service, &version, &error)) {
    mu_route_fail(response, error);
    return;
  }
  MuCommand *command = mu_command_new(force ? MU_COMMAND_SERVICE_FORCE_REMOVE : MU_COMMAND_SERVICE_REMOVE, service);
  command->if_version = version;
  mu_route_submit(user, response, command, MHD_HTTP_ACCEPTED);
}

void mu_route_service_restart(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  const char *strategy = mu_http_query(request, "strategy");
  MuStrategyKind kind = MU_STRATEGY_SERIAL;
  if (strategy != NULL && !mu_strategy_parse(strategy, &kind)) {
    mu_route_fail(response,
                  g_error_new(MU_ERROR, MU_ERROR_USAGE,
                              "`strategy=%s`: serial, parallel, serial-canary, parallel-canary or random was expected",
                              strategy));
    return;
  }
  g_autofree char *service = mu_route_service_name(user, request);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_RESTART, service);
  command->strategy = kind;
  mu_route_submit(user, response, command, MHD_HTTP_OK);
}

void mu_route_service_history(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_history);
}

void mu_route_service_rollback(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  GError *error = NULL;
  gint64 version = MU_VERSION_ANY;
  g_autofree char *service = mu_route_service_name(user, request);
  if (!read_present(user, response, service, &version, &error)) {
    mu_route_fail(response, error);
    return;
  }
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_ROLLBACK, service);
  command->config = g_strdup(mu_http_query(request, "to"));
  command->if_version = version;
  mu_route_submit(user, response, command, MHD_HTTP_OK);
}

void mu_route_service_context(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  gint64 version = 0;
  g_autofree char *service = mu_route_service_name(server, request);
  g_autoptr(GBytes) context = mu_view_context(server->backend.client, service, &version, &error);
  if (context == NULL) {
    mu_route_fail(response, error);
    return;
  }
  gsize length;
  const char *bytes = g_bytes_get_data(context, &length);
  add_etag(response, version);
  mu_http_respond(response, MHD_HTTP_OK, "application/octet-stream", bytes, length);
}

void mu_route_service_spec(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_spec);
}
