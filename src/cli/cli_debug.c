/* muster debug …: tables for those who look for a fault. */
#include "cli_commands.h"
#include "cli_show.h"
#include "cli_tree.h"
#include <string.h>

/* The path with the filters that were given. */
static char *debug_path(const MuCliCall *call, const char *what) {
  static const char *const filters[] = {"plan", "phase", "step"};
  g_autofree char *path = mu_cli_path("/v1/service/%s/debug/%s", mu_cli_arg(call, 0), what);
  g_autoptr(GString) text = g_string_new(path);
  for (guint i = 0; i < G_N_ELEMENTS(filters); i++) {
    if (!mu_cli_has(call, filters[i]))
      continue;
    g_autofree char *value = mu_cli_path("%s", mu_cli_text(call, filters[i]));
    g_string_append_printf(text, "%c%s=%s", strchr(text->str, '?') == NULL ? '?' : '&', filters[i], value);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The answer, unless it is printed as JSON already: then `ret_done`. */
static json_t *look(const MuCliCall *call, const char *what, gboolean *ret_done, GError **error) {
  g_autofree char *path = debug_path(call, what);
  json_t *answer = mu_cli_fetch(call, path, error);
  *ret_done = answer != NULL && mu_cli_shown_as_json(call, answer);
  return answer;
}

/* ---- offers ------------------------------------------------------------------------------------------------------ */

static char *local_time(gint64 ms) {
  g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(ms / 1000);
  return when == NULL ? g_strdup("?") : g_date_time_format(when, "%H:%M:%S");
}

static void print_offers(const json_t *offers) {
  mu_cli_printf("%" G_GINT64_FORMAT " offers used, %" G_GINT64_FORMAT " refused, since the scheduler started\n",
                mu_cli_json_number(offers, "acceptedCount"), mu_cli_json_number(offers, "rejectedCount"));
  const char *stage;
  json_t *count, *offer;
  json_object_foreach (json_object_get(offers, "failureReasons"), stage, count)
    mu_cli_printf("  %-12s refused %" G_GINT64_FORMAT "\n", stage, (gint64)json_integer_value(count));
  if (json_array_size(json_object_get(offers, "offers")) == 0)
    return;
  mu_cli_printf("\n");
  MuCliTable *table = mu_cli_table_new("TIME|POD|OUTCOME|AGENT|WHY");
  gsize i;
  json_array_foreach (json_object_get(offers, "offers"), i, offer) {
    g_autofree char *when = local_time(mu_cli_json_number(offer, "timestamp"));
    const char *why = json_string_value(json_array_get(json_object_get(offer, "explanation"), 0));
    mu_cli_table_add(table, when, mu_cli_json_text(offer, "pod-instance-name"), mu_cli_json_text(offer, "outcome"),
                     mu_cli_json_text(offer, "offer"), why == NULL ? "" : why);
  }
  mu_cli_table_print(table);
}

gboolean mu_cli_debug_offers(MuCliCall *call, GError **error) {
  gboolean done = FALSE;
  g_autoptr(json_t) offers = look(call, "offers", &done, error);
  if (offers != NULL && !done)
    print_offers(offers);
  return offers != NULL;
}

/* ---- plans and tasks --------------------------------------------------------------------------------------------- */

gboolean mu_cli_debug_plans(MuCliCall *call, GError **error) {
  gboolean done = FALSE;
  g_autoptr(json_t) debug = look(call, "plans", &done, error);
  if (debug == NULL || done)
    return debug != NULL;
  MuCliStyle style = mu_cli_style(stdout);
  style.height = G_MAXINT;
  mu_cli_printf("scheduler state: %s\n", mu_cli_json_text(debug, "schedulerState"));
  gsize i;
  json_t *plan;
  json_array_foreach (json_object_get(debug, "plans"), i, plan) {
    g_autofree char *tree = mu_cli_tree_render(mu_cli_json_text(plan, "name"), plan, &style);
    mu_cli_print("\n");
    mu_cli_print(tree);
  }
  return TRUE;
}

static void add_statuses(MuCliTable *table, const json_t *plan, const json_t *phase, const json_t *step) {
  gsize i;
  json_t *task;
  json_array_foreach (json_object_get(step, "taskStatus"), i, task)
    mu_cli_table_add(table, mu_cli_json_text(plan, "name"), mu_cli_json_text(phase, "name"),
                     mu_cli_json_text(step, "name"), mu_cli_json_text(task, "name"),
                     mu_cli_json_text(task, "taskStatus"), mu_cli_json_text(task, "taskId"));
}

gboolean mu_cli_debug_statuses(MuCliCall *call, GError **error) {
  gboolean done = FALSE;
  g_autoptr(json_t) plans = look(call, "taskStatuses", &done, error);
  if (plans == NULL || done)
    return plans != NULL;
  MuCliTable *table = mu_cli_table_new("PLAN|PHASE|STEP|TASK|STATUS|ID");
  gsize i, j, k;
  json_t *plan, *phase, *step;
  json_array_foreach (plans, i, plan) {
    json_array_foreach (json_object_get(plan, "phases"), j, phase) {
      json_array_foreach (json_object_get(phase, "steps"), k, step)
        add_statuses(table, plan, phase, step);
    }
  }
  mu_cli_table_print(table);
  return TRUE;
}

gboolean mu_cli_debug_reservations(MuCliCall *call, GError **error) {
  gboolean done = FALSE;
  g_autoptr(json_t) hosts = look(call, "reservations", &done, error);
  if (hosts == NULL || done)
    return hosts != NULL;
  MuCliTable *table = mu_cli_table_new("AGENT|RESOURCE ID");
  const char *host;
  json_t *ids, *id;
  json_object_foreach (hosts, host, ids) {
    gsize i;
    json_array_foreach (ids, i, id)
      mu_cli_table_add(table, i == 0 ? host : "", json_string_value(id));
  }
  mu_cli_table_print(table);
  return TRUE;
}
