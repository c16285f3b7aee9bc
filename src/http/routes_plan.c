#include "http_reply.h"
#include "json.h"
#include "routes.h"
#include "view.h"
#include <muster/error.h>

#define PARAMETERS_MAX_BYTES (1024 * 1024) /* of the body; the core's limits are lower, and name what is too much */

void mu_route_plans(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_plans);
}

/* PlansQueries of dcos-commons. */
static guint plan_http_status(const json_t *plan) {
  if (json_array_size(json_object_get(plan, "errors")) > 0)
    return MHD_HTTP_EXPECTATION_FAILED;
  gboolean complete = g_strcmp0(json_string_value(json_object_get(plan, "status")), "COMPLETE") == 0;
  return complete ? MHD_HTTP_OK : MHD_HTTP_ACCEPTED;
}

void mu_route_plan(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *plan = mu_view_plan(server->backend.client, service, request->captures[1], &error);
  if (plan == NULL) {
    mu_route_fail(response, error);
    return;
  }
  mu_http_respond_json(response, plan_http_status(plan), plan);
}

static void submit(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, MuCommandKind kind) {
  g_autofree char *service = mu_route_service_name(server, request);
  MuCommand *command = mu_command_new(kind, service);
  command->plan = g_strdup(request->captures[1]);
  command->phase = g_strdup(mu_http_query(request, "phase"));
  command->step = g_strdup(mu_http_query(request, "step"));
  mu_route_submit(server, response, command, MHD_HTTP_OK);
}

/* A JSON object of strings, or no body. What is in it the core checks. */
static gboolean read_parameters(GBytes *body, json_t **ret_parameters, GError **error) {
  gsize length = 0;
  const char *text = g_bytes_get_data(body, &length);
  if (length == 0)
    return TRUE;
  g_autoptr(json_t) parameters = mu_json_parse(text, length, PARAMETERS_MAX_BYTES, error);
  if (json_is_object(parameters))
    *ret_parameters = g_steal_pointer(&parameters);
  else if (parameters != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "the body is no JSON object; {\"NAME\":\"value\", …} was expected, or no body");
  return *ret_parameters != NULL;
}

void mu_route_plan_start(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  json_t *parameters = NULL;
  GError *error = NULL;
  if (!read_parameters(request->body, &parameters, &error)) {
    mu_route_fail(response, error);
    return;
  }
  g_autofree char *service = mu_route_service_name(user, request);
  MuCommand *command = mu_command_new(MU_COMMAND_PLAN_START, service);
  command->plan = g_strdup(request->captures[1]);
  command->parameters = parameters;
  mu_route_submit(user, response, command, MHD_HTTP_OK);
}

void mu_route_plan_stop(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_PLAN_STOP);
}

void mu_route_plan_interrupt(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_PLAN_INTERRUPT);
}

void mu_route_plan_continue(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_PLAN_CONTINUE);
}

void mu_route_plan_force_complete(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_PLAN_FORCE_COMPLETE);
}

void mu_route_plan_restart(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_PLAN_RESTART);
}
