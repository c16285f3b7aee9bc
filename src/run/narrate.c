/* The program's log: one line for each thing that an operator wants to read later. */
#include "local_engine.h"
#include "log.h"
#include "runner_internal.h"
#include <string.h>

static void to_stderr(MuLogLevel level, const char *message, gpointer user) {
  (void)user;
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *time = g_date_time_format(now, "%F %T");
  g_printerr("%s.%03d %-7s %s\n", time, g_date_time_get_microsecond(now) / 1000, mu_log_level_to_string(level),
             message);
}

void mu_narrate_init(gboolean quiet) {
  mu_log_set_sink(to_stderr, NULL);
  if (quiet)
    mu_log_set_level(MU_LOG_WARNING);
}

static void narrate_warnings(const MuMultiServiceRunner *runner) {
  if (!runner->local)
    return;
  const GPtrArray *warnings = mu_local_engine_warnings(runner->engine);
  for (guint i = 0; warnings != NULL && i < warnings->len; i++)
    mu_warning("engine local: %s", (const char *)warnings->pdata[i]);
}

void mu_narrate_ready(const MuMultiServiceRunner *runner) {
  narrate_warnings(runner);
  guint services = mu_multi_service_manager_size(mu_multi_service_event_client_manager(runner->client));
  mu_info("muster is ready: state %s, %s%s, %u service%s", mu_state_dir_path(runner->dir),
          runner->url == NULL ? "unix socket only" : "API ", runner->url == NULL ? "" : runner->url, services,
          services == 1 ? "" : "s");
}

void mu_narrate_call(MuMultiServiceRunner *runner, const MuEngineCall *call) {
  if (call->kind != MU_CALL_RECONCILE || runner->asked)
    return;
  runner->asked = TRUE;
  if (call->tasks->len > 0)
    mu_info("adopting %u task%s of the earlier run", call->tasks->len, call->tasks->len == 1 ? "" : "s");
}

/* Each try that fails for the same reason is no news. */
static void narrate_trouble(MuMultiServiceRunner *runner, const char *engine, const char *message) {
  const char *why = message == NULL ? "no reason given" : message;
  if (g_strcmp0(runner->told_trouble, why) == 0)
    return;
  g_free(runner->told_trouble);
  runner->told_trouble = g_strdup(why);
  mu_warning("engine %s: disconnected: %s; trying again", engine, why);
}

void mu_narrate_event(MuMultiServiceRunner *runner, const MuEngineEvent *event) {
  const char *engine = runner->engine->ops->name;
  switch (event->kind) {
  case MU_EVENT_SUBSCRIBED:
    mu_info("engine %s: subscribed as framework %s", engine, event->id);
    g_clear_pointer(&runner->told_trouble, g_free);
    break;
  case MU_EVENT_DISCONNECTED: narrate_trouble(runner, engine, event->message); break;
  case MU_EVENT_ERROR: /* the end of the run tells it */
  case MU_EVENT_OFFERS:
  case MU_EVENT_RESCIND:
  case MU_EVENT_UPDATE:
  case MU_EVENT_FAILURE: break;
  }
}

static const char *text(const json_t *data, const char *key) {
  const char *value = json_string_value(json_object_get(data, key));
  return value == NULL ? "" : value;
}

static void narrate_service(const json_t *data) {
  g_autofree char *state = g_ascii_strdown(text(data, "state"), -1);
  mu_info("service %s: %s, version %" JSON_INTEGER_FORMAT, text(data, "service"), state,
          json_integer_value(json_object_get(data, "version")));
}

static void narrate_plan(const json_t *data) {
  if (strcmp(text(data, "status"), "COMPLETE") == 0)
    mu_info("service %s: plan %s is complete", text(data, "service"), text(data, "plan"));
  else if (strcmp(text(data, "status"), "ERROR") == 0)
    mu_warning("service %s: plan %s has errors", text(data, "service"), text(data, "plan"));
}

/* Only the ends that nobody asked for. */
static void narrate_task(const json_t *data) {
  MuTaskState state;
  if (!mu_task_state_from_string(text(data, "state"), &state) || !mu_task_state_is_terminal(state) ||
      state == MU_TASK_FINISHED || state == MU_TASK_KILLED)
    return;
  const char *message = text(data, "message");
  mu_warning("service %s: task %s: %s%s%s", text(data, "service"), text(data, "task"), text(data, "state"),
             message[0] != '\0' ? ": " : "", message);
}

void mu_narrate_notice(const MuNotice *notice) {
  static const struct {
    const char *type;
    void (*narrate)(const json_t *data);
  } rows[] = {{"service", narrate_service}, {"plan", narrate_plan}, {"task", narrate_task}};
  if (strstr(notice->text, "\"state\":\"TASK_RUNNING\"") != NULL)
    return; /* most of them, and nothing to be told */
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    if (strcmp(notice->type, rows[i].type) != 0)
      continue;
    g_autoptr(json_t) data = mu_json_parse(notice->text, strlen(notice->text), G_MAXSIZE, NULL);
    rows[i].narrate(data);
  }
}
