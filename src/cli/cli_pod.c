/* muster pod …: list, status, info, restart, replace, decommission, recommission, pause, resume. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_follow.h"
#include "cli_output.h"
#include "cli_pod_wait.h"
#include "cli_show.h"
#include "cli_tree.h"
#include <string.h>

static void print_pods(const MuCliCall *call, const json_t *pods) {
  gsize i;
  json_t *pod;
  (void)call;
  json_array_foreach (pods, i, pod)
    mu_cli_printf("%s\n", json_string_value(pod));
}

gboolean mu_cli_pod_list(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod", mu_cli_arg(call, 0));
  return mu_cli_show(call, path, print_pods, error);
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

static void print_status(const MuCliCall *call, const json_t *status) {
  (void)call;
  MuCliStyle style = mu_cli_style(stdout);
  g_autofree char *tree = mu_cli_pods_render(status, &style);
  mu_cli_print(tree);
  print_waiting(json_object_get(status, "waiting"));
}

gboolean mu_cli_pod_status(MuCliCall *call, GError **error) {
  const char *service = mu_cli_arg(call, 0), *pod = mu_cli_arg(call, 1);
  g_autofree char *path = pod == NULL ? mu_cli_path("/v1/service/%s/pod/status", service)
                                      : mu_cli_path("/v1/service/%s/pod/%s/status", service, pod);
  return mu_cli_show(call, path, print_status, error);
}

gboolean mu_cli_pod_info(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/info", mu_cli_arg(call, 0), mu_cli_arg(call, 1));
  return mu_cli_show(call, path, NULL, error);
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
  if (!mu_cli_shown_as_json(call, answer))
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

static void print_tasks(const json_t *answer, const char *done) {
  gsize i;
  json_t *task;
  json_array_foreach (json_object_get(answer, "tasks"), i, task)
    mu_cli_printf("%s %s\n", json_string_value(task), done);
}

static void print_paused(const MuCliCall *call, const json_t *answer) {
  (void)call;
  print_tasks(answer, "is being paused; `muster pod resume` lets it run again");
}

static void print_resumed(const MuCliCall *call, const json_t *answer) {
  (void)call;
  print_tasks(answer, "is not paused any more");
}

static gboolean change_pod(const MuCliCall *call, const char *operation, const char *body, MuCliPrintFunc print,
                           GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/%s", mu_cli_arg(call, 0), mu_cli_arg(call, 1), operation);
  return mu_cli_change(call, "POST", path, body, print, error);
}

gboolean mu_cli_pod_pause(MuCliCall *call, GError **error) {
  g_autofree char *body = tasks_body(call);
  return change_pod(call, "pause", body, print_paused, error);
}

gboolean mu_cli_pod_resume(MuCliCall *call, GError **error) {
  g_autofree char *body = tasks_body(call);
  return change_pod(call, "resume", body, print_resumed, error);
}

gboolean mu_cli_pod_restart(MuCliCall *call, GError **error) {
  return operate(call, "restart", "restarted", error);
}

gboolean mu_cli_pod_replace(MuCliCall *call, GError **error) {
  return operate(call, "replace", "replaced", error);
}

static void print_decommission(const MuCliCall *call, const json_t *answer) {
  (void)answer;
  mu_cli_printf("pod %s of %s is being decommissioned; see it with: muster pod status %s\n", mu_cli_arg(call, 1),
                mu_cli_arg(call, 0), mu_cli_arg(call, 0));
}

static void print_recommission(const MuCliCall *call, const json_t *answer) {
  (void)answer;
  mu_cli_printf("pod %s of %s is brought back, anew; see it with: muster plan show %s\n", mu_cli_arg(call, 1),
                mu_cli_arg(call, 0), mu_cli_arg(call, 0));
}

gboolean mu_cli_pod_decommission(MuCliCall *call, GError **error) {
  return change_pod(call, "decommission", "", print_decommission, error);
}

gboolean mu_cli_pod_recommission(MuCliCall *call, GError **error) {
  return change_pod(call, "recommission", "", print_recommission, error);
}
