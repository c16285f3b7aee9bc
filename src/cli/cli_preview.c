#include "cli_preview.h"

#include "cli_output.h"
#include <string.h>

#define SHOWN_VALUE 60 /* bytes of a value in a line */
#define SHOWN_TASKS 20 /* in a line of those that share a fate; JSON has all */

json_t *mu_cli_preview_ask(MuCliClient *client, const char *name, const MuCliContext *context, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s?dry-run=true", name);
  g_autofree char *body = mu_cli_context_to_json(context);
  MuCliRequest request = {.method = "PUT", .path = path, .body = body, .header = "If-Match: *"};
  GError *cause = NULL;
  json_t *answer = mu_cli_client_ask(client, &request, &cause);
  if (answer == NULL)
    g_propagate_error(error, mu_cli_context_own_fault(context, name, cause));
  return answer;
}

/* ---- the fields that differ ------------------------------------------------------------------------------------------- */

/* A value in one short line, as JSON. */
static char *short_value(const json_t *value) {
  if (value == NULL)
    return g_strdup("none");
  g_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  gsize length = strlen(text), shown = MIN(length, SHOWN_VALUE);
  while (shown < length && ((guchar)text[shown] & 0xc0) == 0x80) /* not inside a character */
    shown--;
  return shown == length ? g_strdup(text)
                         : g_strdup_printf("%.*s... (%" G_GSIZE_FORMAT " bytes)", (int)shown, text, length);
}

/* "pod hello, task server", "the service" */
static char *owner(const json_t *change) {
  const char *pod = mu_cli_json_text(change, "pod"), *task = mu_cli_json_text(change, "task");
  const char *set = mu_cli_json_text(change, "set");
  if (*pod == '\0')
    return g_strdup("the service");
  return g_strdup_printf("pod %s%s%s%s%s", pod, *task == '\0' ? "" : ", task ", task,
                         *set == '\0' ? "" : ", resource set ", set);
}

static void append_change(GString *out, const json_t *change) {
  g_autofree char *whose = owner(change);
  const char *field = mu_cli_json_text(change, "field");
  if (*field == '\0') {
    g_string_append_printf(out, "  %s: %s\n", whose, mu_cli_json_text(change, "change"));
    return;
  }
  g_autofree char *was = short_value(json_object_get(change, "old"));
  g_autofree char *is = short_value(json_object_get(change, "new"));
  g_string_append_printf(out, "  %s: %s: %s -> %s\n", whose, field, was, is);
}

static void append_changes(GString *out, const json_t *changes) {
  gsize i;
  json_t *change;
  g_string_append(out, json_array_size(changes) == 0 ? "no field differs from the target\n"
                                                     : "fields that differ from the target:\n");
  json_array_foreach (changes, i, change)
    append_change(out, change);
}

/* ---- the steps ---------------------------------------------------------------------------------------------------------- */

static const json_t *find_named(const json_t *list, const char *name) {
  gsize i;
  json_t *row;
  json_array_foreach (list, i, row)
    if (g_str_equal(mu_cli_json_text(row, "name"), name))
      return row;
  return NULL;
}

static char *joined(const json_t *list) {
  GString *text = g_string_new(NULL);
  for (gsize i = 0; i < json_array_size(list); i++)
    g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", json_string_value(json_array_get(list, i)));
  return g_string_free(text, FALSE);
}

/* "restart server (cmd, env.LEVEL)" */
static void append_task(GString *out, const json_t *task) {
  g_autofree char *fields = joined(json_object_get(task, "fields"));
  g_string_append_printf(out, "%s %s%s%s%s", mu_cli_json_text(task, "action"), mu_cli_json_text(task, "name"),
                         *fields == '\0' ? "" : " (", fields, *fields == '\0' ? "" : ")");
}

static void append_step(GString *out, const json_t *step, GHashTable *pods) {
  const json_t *pod = g_hash_table_lookup(pods, mu_cli_json_text(step, "pod"));
  const json_t *names = json_object_get(step, "tasks");
  g_string_append_printf(out, "    %s: ", mu_cli_json_text(step, "name"));
  for (gsize i = 0; i < json_array_size(names); i++) {
    const json_t *task = find_named(json_object_get(pod, "tasks"), json_string_value(json_array_get(names, i)));
    g_string_append(out, i == 0 ? "" : ", ");
    append_task(out, task);
  }
  const char *nothing = pod == NULL ? "work of the scheduler's own code\n" : "is under way\n";
  g_string_append(out, json_array_size(names) == 0 ? nothing : "\n");
}

static void append_plan(GString *out, const json_t *plan, GHashTable *pods) {
  const json_t *phases = json_object_get(plan, "phases");
  json_t *phase, *step;
  gsize i, j;
  if (json_array_size(phases) == 0) {
    g_string_append_printf(out, "plan %s: nothing to do\n", mu_cli_json_text(plan, "name"));
    return;
  }
  g_string_append_printf(out, "plan %s (%s), in this order:\n", mu_cli_json_text(plan, "name"),
                         mu_cli_json_text(plan, "strategy"));
  json_array_foreach (phases, i, phase) {
    g_string_append_printf(out, "  phase %s (%s)\n", mu_cli_json_text(phase, "name"),
                           mu_cli_json_text(phase, "strategy"));
    json_array_foreach (json_object_get(phase, "steps"), j, step)
      append_step(out, step, pods);
  }
}

/* ---- what no step is for --------------------------------------------------------------------------------------------------- */

static void append_tasks_with(GString *out, const json_t *pods, const char *action, const char *heading) {
  json_t *pod, *task;
  gsize i, j, n = 0;
  json_array_foreach (pods, i, pod)
    json_array_foreach (json_object_get(pod, "tasks"), j, task)
      if (g_str_equal(mu_cli_json_text(task, "action"), action) && n++ < SHOWN_TASKS)
        g_string_append_printf(out, "%s%s-%s", n == 1 ? heading : ", ", mu_cli_json_text(pod, "name"),
                               mu_cli_json_text(task, "name"));
  if (n > SHOWN_TASKS)
    g_string_append_printf(out, " and %" G_GSIZE_FORMAT " more", n - SHOWN_TASKS);
  if (n > 0)
    g_string_append_c(out, '\n');
}

static GHashTable *by_name(const json_t *pods) {
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  gsize i;
  json_t *pod;
  json_array_foreach (pods, i, pod)
    g_hash_table_insert(table, (char *)mu_cli_json_text(pod, "name"), pod);
  return table;
}

char *mu_cli_preview_text(const json_t *answer) {
  const json_t *pods = json_object_get(answer, "pods");
  g_autoptr(GHashTable) named = by_name(pods);
  GString *out = g_string_new(NULL);
  if (g_str_equal(mu_cli_json_text(answer, "result"), "would-create"))
    g_string_append(out, "the service would be added\n");
  else
    append_changes(out, json_object_get(answer, "changes"));
  append_plan(out, json_object_get(answer, "plan"), named);
  g_autofree char *decommission = joined(json_object_get(answer, "decommission"));
  if (*decommission != '\0')
    g_string_append_printf(out, "decommissioned: %s\n", decommission);
  append_tasks_with(out, pods, "stop", "stopped: ");
  append_tasks_with(out, pods, "leave", "changed, but in no step of the plan, so left as they run: ");
  append_tasks_with(out, pods, "keep", "untouched: ");
  g_string_append(out, "this was a dry run: nothing was changed\n");
  return g_string_free(out, FALSE);
}
