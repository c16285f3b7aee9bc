#include "http_reply.h"
#include "routes.h"
#include "view.h"

void mu_route_pods(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *pods = mu_view_pods(server->backend.client, service, &error);
  mu_http_respond_view(response, pods, error);
}

static void answer_status(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server,
                          const char *pod) {
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *status = mu_view_pod_status(server->backend.client, service, pod, &error);
  mu_http_respond_view(response, status, error);
}

void mu_route_pods_status(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_status(request, response, user, NULL);
}

void mu_route_pod_status(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_status(request, response, user, request->captures[1]);
}

void mu_route_pod_info(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *info = mu_view_pod_info(server->backend.client, service, request->captures[1], &error);
  mu_http_respond_view(response, info, error);
}

static void submit(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, MuCommandKind kind) {
  g_autofree char *service = mu_route_service_name(server, request);
  MuCommand *command = mu_command_new(kind, service);
  command->pod = g_strdup(request->captures[1]);
  mu_route_submit(server, response, command, MHD_HTTP_OK);
}

void mu_route_pod_restart(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_POD_RESTART);
}

void mu_route_pod_replace(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_POD_REPLACE);
}
