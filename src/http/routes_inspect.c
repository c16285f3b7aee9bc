/* Routes that show what a service is made of: configurations, artifacts, endpoints, state, debug. */
#include "http_reply.h"
#include "http_request.h"
#include "json.h"
#include "routes.h"
#include "view_inspect.h"
#include "view_why.h"
#include <muster/error.h>
#include <string.h>

#define TEXT "text/plain; charset=utf-8"

/* ---- configurations ------------------------------------------------------------------------------------------------ */

void mu_route_configurations(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_configurations);
}

void mu_route_target_id(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_target_id);
}

/* Without the second capture: the target. */
void mu_route_configuration(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_of(request, response, user, request->captures[1], mu_view_configuration);
}

void mu_route_template(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  const MuTemplatePath path = {request->captures[1], request->captures[2], request->captures[3], request->captures[4]};
  char *text = mu_view_template(server->backend.client, service, &path, &error);
  mu_route_answer_text(response, TEXT, text, error);
}

/* ---- endpoints ----------------------------------------------------------------------------------------------------- */

void mu_route_endpoints(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_endpoints);
}

void mu_route_endpoint(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_of(request, response, user, request->captures[1], mu_view_endpoint);
}

/* ---- state --------------------------------------------------------------------------------------------------------- */

void mu_route_framework_id(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  GError *error = NULL;
  json_t *id = mu_view_framework_id(((MuHttpServer *)user)->backend.client, &error);
  mu_http_respond_view(response, id, error);
}

void mu_route_properties(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_properties);
}

void mu_route_property(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_text_of(request, response, user, request->captures[1], "application/json", mu_view_property);
}

void mu_route_zones(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_zones);
}

void mu_route_zone_of_task(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_text_of(request, response, user, request->captures[1], TEXT, mu_view_zone_of_task);
}

void mu_route_zone_of_address(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  char *zone =
      mu_view_zone_of_address(server->backend.client, service, request->captures[1], request->captures[2], &error);
  mu_route_answer_text(response, TEXT, zone, error);
}

/* The reference answers so too when its store is not cached; ours is the truth and no cache. */
void mu_route_refresh(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request, (void)user;
  mu_route_fail(response, g_error_new(MU_ERROR, MU_ERROR_CONFLICT,
                                      "there is nothing to refresh: the state is not read through a cache"));
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

void mu_route_files(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  char *text = mu_view_files(server->backend.client, service, &error);
  mu_route_answer_text(response, TEXT, text, error);
}

void mu_route_file(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  g_autoptr(GBytes) content = mu_view_file(server->backend.client, service, request->captures[1], &error);
  if (content == NULL) {
    mu_route_fail(response, error);
    return;
  }
  gsize length = 0;
  const char *bytes = g_bytes_get_data(content, &length);
  mu_http_respond(response, MHD_HTTP_OK, TEXT, bytes == NULL ? "" : bytes, length);
}

/* A form as of the reference has the file in its field `file`; any other body is the file itself. */
void mu_route_file_put(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  g_autofree char *type = mu_http_media_type(request->content_type);
  g_autoptr(GBytes) content = g_strcmp0(type, "multipart/form-data") == 0
                                  ? mu_http_form_field(request->content_type, request->body, "file", &error)
                                  : g_bytes_ref(request->body);
  if (content == NULL) {
    mu_route_fail(response, error);
    return;
  }
  MuCommand *command = mu_command_new(MU_COMMAND_FILE_PUT, service);
  command->file = g_strdup(request->captures[1]);
  command->context = g_bytes_ref(content);
  mu_route_submit(server, response, command, MHD_HTTP_OK);
}

/* ---- why -------------------------------------------------------------------------------------------------------- */

void mu_route_why(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_of(request, response, user, mu_http_query(request, "pod"), mu_view_why);
}

/* ---- debug --------------------------------------------------------------------------------------------------------- */

typedef json_t *(*DebugFunc)(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                             GError **error);

static void answer_debug(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, DebugFunc view) {
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  const MuPlanFilter filter = {mu_http_query(request, "plan"), mu_http_query(request, "phase"),
                               mu_http_query(request, "step")};
  json_t *json = view(server->backend.client, service, &filter, &error);
  mu_http_respond_view(response, json, error);
}

void mu_route_debug_offers(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_debug(request, response, user, mu_view_debug_offers);
}

void mu_route_debug_plans(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_debug(request, response, user, mu_view_debug_plans);
}

void mu_route_debug_statuses(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_debug(request, response, user, mu_view_debug_statuses);
}

void mu_route_debug_reservations(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_debug(request, response, user, mu_view_debug_reservations);
}
