#include "http_reply.h"
#include "json.h"
#include "routes.h"
#include "view.h"
#include <muster/error.h>

void mu_route_pods(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer(request, response, user, mu_view_pods);
}

void mu_route_pods_status(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_of(request, response, user, NULL, mu_view_pod_status);
}

void mu_route_pod_status(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_of(request, response, user, request->captures[1], mu_view_pod_status);
}

void mu_route_pod_info(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  mu_route_answer_of(request, response, user, request->captures[1], mu_view_pod_info);
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

void mu_route_pod_decommission(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_POD_DECOMMISSION);
}

void mu_route_pod_recommission(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit(request, response, user, MU_COMMAND_POD_RECOMMISSION);
}

/* ---- pause and resume ---- */

#define TASKS_MAX_BYTES 65536 /* of the list of tasks; a pod has at most 64 */

/* A JSON list of names, or nothing: all tasks. RequestUtils.parseJsonList of dcos-commons. */
static gboolean read_tasks(GBytes *body, char ***ret_tasks, GError **error) {
  gsize length = 0, i;
  const char *text = g_bytes_get_data(body, &length);
  if (length == 0)
    return TRUE;
  g_autoptr(json_t) list = mu_json_parse(text, length, TASKS_MAX_BYTES, error);
  g_autoptr(GStrvBuilder) names = g_strv_builder_new();
  gboolean strings = json_is_array(list);
  json_t *name;
  json_array_foreach (list, i, name) {
    strings &= json_is_string(name);
    g_strv_builder_add(names, json_is_string(name) ? json_string_value(name) : "");
  }
  if (list != NULL && !strings)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "the body is no list of tasks; [\"server\", …] was expected, or no body for all tasks");
  if (strings)
    *ret_tasks = g_strv_builder_end(names);
  return strings;
}

static void submit_tasks(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server,
                         MuCommandKind kind) {
  char **tasks = NULL;
  GError *error = NULL;
  if (!read_tasks(request->body, &tasks, &error)) {
    mu_route_fail(response, error);
    return;
  }
  g_autofree char *service = mu_route_service_name(server, request);
  MuCommand *command = mu_command_new(kind, service);
  command->pod = g_strdup(request->captures[1]);
  command->tasks = tasks;
  mu_route_submit(server, response, command, MHD_HTTP_OK);
}

void mu_route_pod_pause(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit_tasks(request, response, user, MU_COMMAND_POD_PAUSE);
}

void mu_route_pod_resume(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  submit_tasks(request, response, user, MU_COMMAND_POD_RESUME);
}
