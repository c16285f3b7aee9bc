#include "http_reply.h"
#include "routes.h"
#include "view.h"

void mu_route_plans(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *plans = mu_view_plans(server->backend.client, service, &error);
  mu_http_respond_view(response, plans, error);
}

/* As in the reference, a plan that is not complete is answered with 202; unlike there, one with errors is too, and not with
 * 417: the errors are in the body. */
void mu_route_plan(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *plan = mu_view_plan(server->backend.client, service, request->captures[1], &error);
  if (plan == NULL) {
    mu_route_fail(response, error);
    return;
  }
  gboolean complete = g_strcmp0(json_string_value(json_object_get(plan, "status")), "COMPLETE") == 0;
  mu_http_respond_json(response, complete ? MHD_HTTP_OK : MHD_HTTP_ACCEPTED, plan);
}

static void submit(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, MuCommandKind kind) {
  g_autofree char *service = mu_route_service_name(server, request);
  MuCommand *command = mu_command_new(kind, service);
  command->plan = g_strdup(request->captures[1]);
  command->phase = g_strdup(mu_http_query(request, "phase"));
  command->step = g_strdup(mu_http_query(request, "step"));
  mu_route_submit(server, response, command, MHD_HTTP_OK);
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
