/* muster pod …: list, status, info, restart, replace, decommission, recommission, pause, resume. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_follow.h"
#include "cli_output.h"
#include "cli_pod_wait.h"
#include "cli_tree.h"
#include <string.h>

static json_t *ask_pod_with(const MuCliCall *call, const char *method, const char *path, const char *body,
                            GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  MuCliRequest request = {.method = method, .path = path, .body = body};
  return client == NULL ? NULL : mu_cli_client_ask(client, &request, error);
}

static json_t *ask_pod(const MuCliCall *call, const char *method, const char *path, GError **error) {
  return ask_pod_with(call, method, path, method == NULL ? NULL : "", error);
}

/* Prints the answer as JSON when that was asked for. */
static gboolean printed_json(const MuCliCall *call, const json_t *answer) {
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  return mu_cli_has(call, "json");
}

gboolean mu_cli_pod_list(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod", mu_cli_arg(call, 0));
  g_autoptr(json_t) pods = ask_pod(call, NULL, path, error);
  if (pods == NULL)
    return FALSE;
  if (printed_json(call, pods))
    return TRUE;
  gsize i;
  json_t *pod;
  json_array_foreach (pods, i, pod)
    mu_cli_printf("%s\n", json_string_value(pod));
  return TRUE;
}

/* ---- status ------------------------------------------------------------------------------------------------------ */

static void print_waiting(const json_t *waiting) {
  if (!json_is_object(waiting))
    return;
  const char *step = mu_cli_json_text(waiting, "step");
  mu_cli_printf("\nwaits%s%s: %s\n", *step == '\0' ? "" : " in step ", step, mu_cli_json_text(waiting, "summary"));
  gsize i;
  json_t *stage;
  json_array_foreach (json_object_get(waiting, "stages"), i, stage) {
    mu_cli_printf("  %-12s refused %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " offers: %s\n",
                  mu_cli_json_text(stage, "stage"), mu_cli_json_number(stage, "refused"),
                  mu_cli_json_number(waiting, "offers"), mu_cli_json_text(stage, "example"));
  }
}

static void print_status(const json_t *status) {
  MuCliStyle style = mu_cli_style(stdout);
  g_autofree char *tree = mu_cli_pods_render(status, &style);
  mu_cli_print(tree);
  print_waiting(json_object_get(status, "waiting"));
}

gboolean mu_cli_pod_status(MuCliCall *call, GError **error) {
  const char *service = mu_cli_arg(call, 0), *pod = mu_cli_arg(call, 1);
  g_autofree char *path = pod == NULL ? mu_cli_path("/v1/service/%s/pod/status", service)
                                      : mu_cli_path("/v1/service/%s/pod/%s/status", service, pod);
  g_autoptr(json_t) status = ask_pod(call, NULL, path, error);
  if (status == NULL)
    return FALSE;
  if (!printed_json(call, status))
    print_status(status);
  return TRUE;
}

gboolean mu_cli_pod_info(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/info", mu_cli_arg(call, 0), mu_cli_arg(call, 1));
  g_autoptr(json_t) info = ask_pod(call, NULL, path, error);
  if (info == NULL)
    return FALSE;
  mu_cli_print_json(info);
  return TRUE;
}

/* ---- restart and replace ----------------------------------------------------------------------------------------- */

static gboolean operate(const MuCliCall *call, const char *operation, const char *done, GError **error) {
  const char *service = mu_cli_arg(call, 0), *pod = mu_cli_arg(call, 1);
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/%s", service, pod, operation);
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_auto(MuCliPodWait) wait = {0};
  if (client == NULL || !mu_cli_check_timeout(call, error) ||
      (mu_cli_has(call, "wait") && !mu_cli_pod_wait_begin(&wait, client, service, pod, error)))
    return FALSE;
  MuCliRequest request = {.method = "POST", .path = path, .body = ""};
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  if (!printed_json(call, answer))
    mu_cli_printf("pod %s of %s is being %s%s%s\n", pod, service, done,
                  mu_cli_has(call, "wait") ? "" : "; see it with: muster why ",
                  mu_cli_has(call, "wait") ? "" : service);
  if (!mu_cli_has(call, "wait"))
    return TRUE;
  fflush(stdout);
  return mu_cli_pod_wait_end(&wait, mu_cli_number(call, "timeout", 0), error);
}

/* The names after the pod's, as a JSON list. */
static char *tasks_body(const MuCliCall *call) {
  g_autoptr(json_t) list = json_array();
  for (guint i = 2; i < call->n_args; i++)
    json_array_append_new(list, json_string(call->args[i]));
  return mu_json_to_string(list);
}

static gboolean pause_tasks(const MuCliCall *call, const char *operation, const char *done, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/%s", mu_cli_arg(call, 0), mu_cli_arg(call, 1), operation);
  g_autofree char *body = tasks_body(call);
  g_autoptr(json_t) answer = ask_pod_with(call, "POST", path, body, error);
  if (answer == NULL)
    return FALSE;
  if (printed_json(call, answer))
    return TRUE;
  gsize i;
  json_t *task;
  json_array_foreach (json_object_get(answer, "tasks"), i, task)
    mu_cli_printf("%s %s\n", json_string_value(task), done);
  return TRUE;
}

gboolean mu_cli_pod_pause(MuCliCall *call, GError **error) {
  return pause_tasks(call, "pause", "is being paused; `muster pod resume` lets it run again", error);
}

gboolean mu_cli_pod_resume(MuCliCall *call, GError **error) {
  return pause_tasks(call, "resume", "is started again", error);
}

gboolean mu_cli_pod_restart(MuCliCall *call, GError **error) {
  return operate(call, "restart", "restarted", error);
}

gboolean mu_cli_pod_replace(MuCliCall *call, GError **error) {
  return operate(call, "replace", "replaced", error);
}

static gboolean change_membership(const MuCliCall *call, const char *operation, const char *done, GError **error) {
  const char *service = mu_cli_arg(call, 0), *pod = mu_cli_arg(call, 1);
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/%s", service, pod, operation);
  g_autoptr(json_t) answer = ask_pod(call, "POST", path, error);
  if (answer == NULL)
    return FALSE;
  if (!printed_json(call, answer))
    mu_cli_printf("pod %s of %s %s %s\n", pod, service, done, service);
  return TRUE;
}

gboolean mu_cli_pod_decommission(MuCliCall *call, GError **error) {
  return change_membership(call, "decommission", "is being decommissioned; see it with: muster pod status", error);
}

gboolean mu_cli_pod_recommission(MuCliCall *call, GError **error) {
  return change_membership(call, "recommission", "is brought back, anew; see it with: muster plan show", error);
}
