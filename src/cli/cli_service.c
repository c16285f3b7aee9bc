/* muster service …: add, update, list, show, remove. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_context.h"
#include "cli_follow.h"
#include "cli_output.h"
#include "cli_preview.h"
#include "cli_settings.h"
#include "cli_show.h"
#include <string.h>

/* ---- add and update ---------------------------------------------------------------------------------------------- */

static json_t *put(MuCliClient *client, const char *name, const char *context, const char *condition, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s", name);
  MuCliRequest request = {.method = "PUT", .path = path, .body = context, .header = condition};
  return mu_cli_client_ask(client, &request, error);
}

/* The very same again is answered by the scheduler with success. */
static json_t *add(MuCliClient *client, const char *name, const char *context, GError **error) {
  return put(client, name, context, "If-None-Match: *", error);
}

static json_t *update(MuCliClient *client, const char *name, const char *context, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s", name);
  g_autoptr(GError) cause = NULL;
  g_autoptr(json_t) present = mu_cli_client_get(client, path, &cause);
  if (g_error_matches(cause, MU_ERROR, MU_ERROR_NOT_FOUND))
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "there is no service \"%s\"; add it with: muster service add %s -f FILE", name, name);
  else if (cause != NULL)
    g_propagate_error(error, g_steal_pointer(&cause));
  if (present == NULL)
    return NULL;
  g_autofree char *condition =
      g_strdup_printf("If-Match: \"%" G_GINT64_FORMAT "\"", mu_cli_json_number(present, "version"));
  return put(client, name, context, condition, error);
}

static json_t *send_context(MuCliClient *client, const char *name, const MuCliContext *context, gboolean is_new,
                            GError **error) {
  g_autofree char *json = mu_cli_context_to_json(context);
  GError *cause = NULL;
  json_t *answer = (is_new ? add : update)(client, name, json, &cause);
  if (answer == NULL)
    g_propagate_error(error, mu_cli_context_own_fault(context, name, cause));
  return answer;
}

static void print_put(const json_t *answer) {
  const char *result = mu_cli_json_text(answer, "result");
  const char *word = g_str_equal(result, "created") ? "added" : result;
  mu_cli_printf("service %s %s (version %" G_GINT64_FORMAT ")\n", mu_cli_json_text(answer, "service"), word,
                mu_cli_json_number(answer, "version"));
  fflush(stdout);
}

static MuCliContext *load_context(const MuCliCall *call, GError **error) {
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, mu_cli_text(call, "file"), error);
  if (context == NULL || !mu_cli_settings_read(call, &context->settings, error))
    return NULL;
  return g_steal_pointer(&context);
}

static gboolean put_service(MuCliCall *call, gboolean is_new, GError **error) {
  const char *name = mu_cli_arg(call, 0);
  if (!mu_cli_check_timeout(call, error))
    return FALSE;
  g_autoptr(MuCliContext) context = load_context(call, error);
  g_autoptr(MuCliClient) client = context == NULL ? NULL : mu_cli_client_for(call, error);
  g_autoptr(json_t) answer = client == NULL ? NULL : send_context(client, name, context, is_new, error);
  if (answer == NULL)
    return FALSE;
  mu_cli_context_warn_answer(context, answer);
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    print_put(answer);
  return mu_cli_wait_if_asked(call, client, name, NULL, error);
}

gboolean mu_cli_service_add(MuCliCall *call, GError **error) {
  return put_service(call, TRUE, error);
}

static gboolean preview_update(MuCliCall *call, GError **error) {
  const char *name = mu_cli_arg(call, 0);
  g_autoptr(MuCliContext) context = load_context(call, error);
  g_autoptr(MuCliClient) client = context == NULL ? NULL : mu_cli_client_for(call, error);
  g_autoptr(json_t) answer = client == NULL ? NULL : mu_cli_preview_ask(client, name, context, error);
  if (answer == NULL)
    return FALSE;
  mu_cli_context_warn_answer(context, answer);
  if (mu_cli_has(call, "json")) {
    mu_cli_print_json(answer);
    return TRUE;
  }
  g_autofree char *text = mu_cli_preview_text(answer);
  mu_cli_print_lines(stdout, text);
  return TRUE;
}

gboolean mu_cli_service_update(MuCliCall *call, GError **error) {
  if (mu_cli_has(call, "dry-run") && !mu_cli_has(call, "wait"))
    return preview_update(call, error);
  if (mu_cli_has(call, "dry-run")) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--dry-run changes nothing, so there is nothing to --wait for");
    return FALSE;
  }
  return put_service(call, FALSE, error);
}

/* ---- history and rollback ---------------------------------------------------------------------------------------- */

static json_t *get_history(MuCliClient *client, const char *name, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/history", name);
  return mu_cli_client_get(client, path, error);
}

static void print_history(const MuCliCall *call, const json_t *rows) {
  (void)call;
  MuCliTable *table = mu_cli_table_new("CONFIGURATION|VERSION|SINCE|");
  gsize i;
  json_t *row;
  json_array_foreach (rows, i, row) {
    g_autofree char *version = g_strdup_printf("%" G_GINT64_FORMAT, mu_cli_json_number(row, "version"));
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(mu_cli_json_number(row, "since") / 1000);
    g_autofree char *since = when == NULL ? g_strdup("?") : g_date_time_format(when, "%F %T");
    mu_cli_table_add(table, mu_cli_json_text(row, "id"), version, since,
                     json_is_true(json_object_get(row, "target")) ? "target" : "");
  }
  mu_cli_table_print(table);
}

gboolean mu_cli_service_history(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/history", mu_cli_arg(call, 0));
  return mu_cli_show(call, path, print_history, error);
}

/* The one before is named, so that a repeated request does not go back once more; the caller frees. */
static char *choose_configuration(const MuCliCall *call, MuCliClient *client, GError **error) {
  const char *name = mu_cli_arg(call, 0);
  if (mu_cli_arg(call, 1) != NULL)
    return g_strdup(mu_cli_arg(call, 1));
  g_autoptr(json_t) rows = get_history(client, name, error);
  gsize i;
  json_t *row;
  json_array_foreach (rows, i, row)
    if (!json_is_true(json_object_get(row, "target")))
      return g_strdup(mu_cli_json_text(row, "id"));
  if (rows != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no earlier configuration to go back to", name);
  return NULL;
}

gboolean mu_cli_service_rollback(MuCliCall *call, GError **error) {
  const char *name = mu_cli_arg(call, 0);
  if (!mu_cli_check_timeout(call, error))
    return FALSE;
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autofree char *to = client == NULL ? NULL : choose_configuration(call, client, error);
  if (to == NULL)
    return FALSE;
  g_autofree char *path = mu_cli_path("/v1/service/%s/rollback?to=%s", name, to);
  MuCliRequest request = {.method = "POST", .path = path, .body = ""};
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    print_put(answer);
  return mu_cli_wait_if_asked(call, client, name, NULL, error);
}

/* ---- restart ----------------------------------------------------------------------------------------------------- */

static void print_restart(const json_t *answer) {
  gboolean begun = g_str_equal(mu_cli_json_text(answer, "result"), "begun");
  const char *service = mu_cli_json_text(answer, "service"), *plan = mu_cli_json_text(answer, "plan");
  mu_cli_printf("the restart of service %s %s; `muster plan show %s %s --follow` watches it\n", service,
                begun ? "has begun" : "is under way already", service, plan);
  fflush(stdout);
}

gboolean mu_cli_service_restart(MuCliCall *call, GError **error) {
  const char *name = mu_cli_arg(call, 0), *strategy = mu_cli_text(call, "strategy");
  if (!mu_cli_check_timeout(call, error))
    return FALSE;
  g_autofree char *path = strategy == NULL ? mu_cli_path("/v1/service/%s/restart", name)
                                           : mu_cli_path("/v1/service/%s/restart?strategy=%s", name, strategy);
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  MuCliRequest request = {.method = "POST", .path = path, .body = ""};
  g_autoptr(json_t) answer = client == NULL ? NULL : mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    print_restart(answer);
  return mu_cli_wait_if_asked(call, client, name, mu_cli_json_text(answer, "plan"), error);
}

/* ---- list and show ----------------------------------------------------------------------------------------------- */

static char *steps_text(const json_t *row) {
  return g_strdup_printf("%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, mu_cli_json_number(row, "complete"),
                         mu_cli_json_number(row, "steps"));
}

static void add_row(MuCliTable *table, const json_t *row) {
  g_autofree char *steps = steps_text(row);
  g_autofree char *pods = g_strdup_printf("%" G_GINT64_FORMAT, mu_cli_json_number(row, "pods"));
  g_autofree char *version = g_strdup_printf("%" G_GINT64_FORMAT, mu_cli_json_number(row, "version"));
  mu_cli_table_add(table, mu_cli_json_text(row, "service"), mu_cli_json_text(row, "state"),
                   mu_cli_json_text(row, "plan"), mu_cli_json_text(row, "status"), steps, pods, version,
                   mu_cli_json_text(row, "error"));
}

static void print_list(const MuCliCall *call, const json_t *rows) {
  (void)call;
  if (json_array_size(rows) == 0) {
    mu_cli_print("no services yet: `muster service add NAME -f svc.yml` adds one\n");
    return;
  }
  MuCliTable *table = mu_cli_table_new("SERVICE|STATE|PLAN|STATUS|STEPS|PODS|VERSION|ERROR");
  gsize i;
  json_t *row;
  json_array_foreach (rows, i, row)
    add_row(table, row);
  mu_cli_table_print(table);
}

gboolean mu_cli_service_list(MuCliCall *call, GError **error) {
  return mu_cli_show(call, "/v1/multi", print_list, error);
}

/* One line for each member; what is a list or an object as JSON. */
static void print_members(const MuCliCall *call, const json_t *row) {
  (void)call;
  MuCliStyle style = mu_cli_style(stdout);
  const char *key;
  json_t *value;
  json_object_foreach ((json_t *)row, key, value) {
    if (json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0))
      continue;
    g_autofree char *text =
        json_is_string(value) ? g_strdup(json_string_value(value)) : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    g_autofree char *clean = mu_cli_clean(&style, text);
    g_autoptr(GString) line = g_string_new(NULL);
    gboolean is_status = g_str_equal(key, "status") || g_str_equal(key, "state");
    mu_cli_append_painted(line, &style, is_status ? mu_cli_status_paint(clean) : MU_PAINT_NONE, clean);
    mu_cli_printf("%-16s ", key);
    mu_cli_print(g_string_append_c(line, '\n')->str);
  }
}

gboolean mu_cli_service_show(MuCliCall *call, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s", mu_cli_arg(call, 0));
  return mu_cli_show(call, path, print_members, error);
}

/* ---- remove ------------------------------------------------------------------------------------------------------ */

static gboolean wait_gone(const MuCliCall *call, MuCliClient *client, const char *name, GError **error) {
  MuCliFollow follow = {.client = client,
                        .service = name,
                        .until = MU_FOLLOW_GONE,
                        .timeout_ms = mu_cli_number(call, "timeout", 0),
                        .silent = mu_cli_has(call, "json")};
  if (!mu_cli_follow(&follow, error))
    return FALSE;
  if (!mu_cli_has(call, "json"))
    mu_cli_printf("service %s is gone\n", name);
  return TRUE;
}

gboolean mu_cli_service_remove(MuCliCall *call, GError **error) {
  const char *name = mu_cli_arg(call, 0);
  if (!mu_cli_check_timeout(call, error))
    return FALSE;
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  g_autofree char *path = mu_cli_path(mu_cli_has(call, "force") ? "/v1/service/%s?force=true" : "/v1/service/%s", name);
  MuCliRequest request = {.method = "DELETE", .path = path};
  g_autoptr(json_t) answer = mu_cli_client_ask(client, &request, error);
  if (answer == NULL)
    return FALSE;
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(answer);
  else
    mu_cli_printf("service %s is being removed\n", name);
  return !mu_cli_has(call, "wait") || wait_gone(call, client, name, error);
}
