/* muster plan …: list, show, and the operations on plans. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_follow.h"
#include "cli_output.h"
#include "cli_tree.h"

/* ---- list -------------------------------------------------------------------------------------------------------- */

static json_t *get_plan(MuCliClient *client, const char *service, const char *plan, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/plans/%s", service, plan);
  return mu_cli_client_get(client, path, error);
}

/* The names in the service's list of plans, as {name: plan}. */
static json_t *get_plans(MuCliClient *client, const char *service, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/plans", service);
  g_autoptr(json_t) names = mu_cli_client_get(client, path, error);
  if (names == NULL)
    return NULL;
  g_autoptr(json_t) plans = json_object();
  gsize i;
  json_t *name;
  json_array_foreach (names, i, name) {
    json_t *plan = get_plan(client, service, json_string_value(name), error);
    if (plan == NULL)
      return NULL;
    json_object_set_new(plans, json_string_value(name), plan);
  }
  return g_steal_pointer(&plans);
}

static void print_plans(json_t *plans) {
  MuCliTable *table = mu_cli_table_new("PLAN|STATUS|STEPS|STRATEGY");
  const char *name;
  json_t *plan;
  json_object_foreach (plans, name, plan) {
    guint complete, steps;
    mu_cli_tree_count(plan, &complete, &steps);
    g_autofree char *count = g_strdup_printf("%u/%u", complete, steps);
    mu_cli_table_add(table, name, mu_cli_json_text(plan, "status"), count, mu_cli_json_text(plan, "strategy"));
  }
  mu_cli_table_print(table);
}

gboolean mu_cli_plan_list(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autoptr(json_t) plans = client == NULL ? NULL : get_plans(client, mu_cli_arg(call, 0), error);
  if (plans == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(plans);
  else
    print_plans(plans);
  return TRUE;
}

/* ---- show -------------------------------------------------------------------------------------------------------- */

/* The plan that was named, or the one the service is deployed by; the caller frees. */
static char *choose_plan(const MuCliCall *call, MuCliClient *client, GError **error) {
  if (mu_cli_arg(call, 1) != NULL)
    return g_strdup(mu_cli_arg(call, 1));
  g_autofree char *path = mu_cli_path("/v1/service/%s", mu_cli_arg(call, 0));
  g_autoptr(json_t) row = mu_cli_client_get(client, path, error);
  if (row == NULL)
    return NULL;
  const char *plan = mu_cli_json_text(row, "plan");
  return g_strdup(*plan == '\0' ? "deploy" : plan);
}

static void print_plan(const char *service, const char *name, const json_t *plan) {
  MuCliStyle style = mu_cli_style(stdout);
  style.height = G_MAXINT;
  g_autofree char *title = g_strdup_printf("%s %s", service, name);
  g_autofree char *tree = mu_cli_tree_render(title, plan, &style);
  mu_cli_print(tree);
  if (style.live && !g_str_equal(mu_cli_json_text(plan, "status"), "COMPLETE"))
    mu_cli_printf("`muster why %s` tells what it waits for, and what to do\n", service);
}

static gboolean follow_plan(const MuCliCall *call, MuCliClient *client, GError **error) {
  MuCliFollow follow = {.client = client,
                        .service = mu_cli_arg(call, 0),
                        .plan = mu_cli_arg(call, 1),
                        .until = MU_FOLLOW_FOREVER,
                        .json = mu_cli_has(call, "json")};
  return mu_cli_follow(&follow, error);
}

gboolean mu_cli_plan_show(MuCliCall *call, GError **error) {
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  if (mu_cli_has(call, "follow"))
    return follow_plan(call, client, error);
  g_autofree char *name = choose_plan(call, client, error);
  g_autoptr(json_t) plan = name == NULL ? NULL : get_plan(client, mu_cli_arg(call, 0), name, error);
  if (plan == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(plan);
  else
    print_plan(mu_cli_arg(call, 0), name, plan);
  return TRUE;
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static char *operation_path(const MuCliCall *call, const char *operation, GError **error) {
  const char *service = mu_cli_arg(call, 0), *plan = mu_cli_arg(call, 1);
  const char *phase = mu_cli_text(call, "phase"), *step = mu_cli_text(call, "step");
  if (step != NULL && phase == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--step needs --phase: the step of which phase?");
    return NULL;
  }
  if (phase == NULL)
    return mu_cli_path("/v1/service/%s/plans/%s/%s", service, plan, operation);
  if (step == NULL)
    return mu_cli_path("/v1/service/%s/plans/%s/%s?phase=%s", service, plan, operation, phase);
  return mu_cli_path("/v1/service/%s/plans/%s/%s?phase=%s&step=%s", service, plan, operation, phase, step);
}

/* `operation` as the API names it, `done` as the user reads it. */
static gboolean post(const MuCliCall *call, const char *operation, const char *body, const char *done, GError **error) {
  g_autofree char *path = operation_path(call, operation, error);
  g_autoptr(MuCliClient) client = path == NULL ? NULL : mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  MuCliRequest request = {.method = "POST", .path = path, .body = body};
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  gboolean already = g_str_equal(mu_cli_json_text(answer, "result"), "already");
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    mu_cli_printf("plan %s of %s: %s\n", mu_cli_arg(call, 1), mu_cli_arg(call, 0),
                  already ? "is so already, or complete; nothing was done" : done);
  return TRUE;
}

static gboolean then_wait(const MuCliCall *call, GError **error) {
  fflush(stdout);
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  return client != NULL && mu_cli_wait_if_asked(call, client, mu_cli_arg(call, 0), mu_cli_arg(call, 1), error);
}

static gboolean operate(const MuCliCall *call, const char *operation, const char *done, GError **error) {
  return post(call, operation, "", done, error);
}

/* The values of -p as a JSON object; the server checks the names. */
static char *parameters_body(const MuCliCall *call, GError **error) {
  g_autoptr(json_t) parameters = json_object();
  g_autofree const char **texts = mu_cli_texts(call, "param");
  for (guint i = 0; texts[i] != NULL; i++) {
    g_auto(GStrv) pair = g_strsplit(texts[i], "=", 2);
    if (pair[0] == NULL || pair[1] == NULL) {
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "-p %s: KEY=VALUE was expected", texts[i]);
      return NULL;
    }
    mu_json_set_string(parameters, pair[0], pair[1]);
  }
  return mu_json_to_string(parameters);
}

gboolean mu_cli_plan_start(MuCliCall *call, GError **error) {
  g_autofree char *body = parameters_body(call, error);
  return body != NULL && mu_cli_check_timeout(call, error) && post(call, "start", body, "is started", error) &&
         then_wait(call, error);
}

gboolean mu_cli_plan_stop(MuCliCall *call, GError **error) {
  return operate(call, "stop", "stopped, and set back to its beginning", error);
}

gboolean mu_cli_plan_interrupt(MuCliCall *call, GError **error) {
  return operate(call, "interrupt", "interrupted; `muster plan continue` goes on", error);
}

gboolean mu_cli_plan_continue(MuCliCall *call, GError **error) {
  return mu_cli_check_timeout(call, error) && operate(call, "continue", "goes on", error) && then_wait(call, error);
}

gboolean mu_cli_plan_force_complete(MuCliCall *call, GError **error) {
  return operate(call, "forceComplete", "taken for complete", error);
}

gboolean mu_cli_plan_restart(MuCliCall *call, GError **error) {
  return mu_cli_check_timeout(call, error) && operate(call, "restart", "begun anew", error) && then_wait(call, error);
}
