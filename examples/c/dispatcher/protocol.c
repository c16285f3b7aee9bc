/* The messages and routes of Spark's REST submission protocol ("Spark Standalone Mode", REST API; the classes are those of
 * org.apache.spark.deploy.rest). */
#include "dispatcher.h"
#include <string.h>

#define UNKNOWN_VERSION 468 /* Spark's own status code: another protocol version; the answer names the highest one */

struct Dispatcher {
  const DispatcherConfig *config;
  History *history;
  MuMultiServiceEventClient *client;
  MuMultiServiceRunner *runner;
  guint sequence;
};

Dispatcher *dispatcher_new(const DispatcherConfig *config, History *history, MuMultiServiceEventClient *client) {
  Dispatcher *dispatcher = g_new0(Dispatcher, 1);
  *dispatcher = (Dispatcher){.config = config, .history = history, .client = client};
  return dispatcher;
}

void dispatcher_free(Dispatcher *dispatcher) {
  g_free(dispatcher);
}

/* NULL: there is no such service (any more). */
static MuServiceReport *report_of(const Dispatcher *dispatcher, const char *id) {
  return mu_multi_service_manager_report(mu_multi_service_event_client_manager(dispatcher->client), id, NULL);
}

/* How the driver ended, and where. */
static void remember(Dispatcher *dispatcher, const char *id, const MuServiceReport *report, const char *state) {
  const MuTaskReport *task = report == NULL || report->n_tasks == 0 ? NULL : &report->tasks[0];
  history_add(dispatcher->history, id, state, task == NULL ? NULL : task->agent_id,
              task == NULL ? NULL : task->hostname);
}

/* ---- answers ---- */

static void answer(MuHttpResponse *response, guint status, json_t *take_message) {
  json_object_set_new(take_message, "serverSparkVersion", json_string(SERVER_SPARK_VERSION));
  char *text = json_dumps(take_message, JSON_SORT_KEYS | JSON_INDENT(2));
  mu_http_respond(response, status, "application/json", text, strlen(text));
  free(text);
  json_decref(take_message);
}

static void answer_error(MuHttpResponse *response, guint status, const char *message) {
  json_t *json = json_pack("{s:s, s:s}", "action", "ErrorResponse", "message", message);
  if (status == UNKNOWN_VERSION)
    json_object_set_new(json, "highestProtocolVersion", json_string("v1"));
  answer(response, status, json);
}

/* "CreateSubmissionResponse", … with what all of them have; `message` NULL: none. */
static json_t *submission_message(const char *action, const char *id, gboolean success, const char *message) {
  return json_pack("{s:s, s:s*, s:b, s:s*}", "action", action, "submissionId", id, "success", success, "message",
                   message);
}

/* ---- create ---- */

typedef struct {
  MuHttpResponse *response;
  json_t *unknown; /* fields of the request that mean nothing here; they are named in the answer */
} Creation;

static json_t *unknown_fields(json_t *request) {
  static const char *const KNOWN[] = {
      "action",          "clientSparkVersion",   "message", "appResource", "mainClass", "appArgs",
      "sparkProperties", "environmentVariables", NULL};
  json_t *unknown = json_array(), *value;
  const char *key;
  json_object_foreach (request, key, value)
    if (!g_strv_contains(KNOWN, key))
      json_array_append_new(unknown, json_string(key));
  return unknown;
}

static void on_created(const char *id, const GError *error, gpointer user) {
  Creation *creation = user;
  if (error != NULL) {
    answer_error(creation->response, (guint)mu_error_info(error)->http_status, error->message);
  } else {
    g_autofree char *text = g_strdup_printf("Driver successfully submitted as %s", id);
    json_t *message = submission_message("CreateSubmissionResponse", id, TRUE, text);
    if (json_array_size(creation->unknown) > 0)
      json_object_set(message, "unknownFields", creation->unknown);
    answer(creation->response, 200, message);
  }
  json_decref(creation->unknown);
  g_free(creation);
}

static gboolean is_known(const Dispatcher *dispatcher, const char *id) {
  return mu_multi_service_manager_has(mu_multi_service_event_client_manager(dispatcher->client), id) ||
         history_find(dispatcher->history, id) != NULL;
}

/* As Spark's: driver-20231124153531-0000. */
static char *new_id(Dispatcher *dispatcher) {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *time = g_date_time_format(now, "%Y%m%d%H%M%S");
  char *id = NULL;
  do {
    g_free(id);
    id = g_strdup_printf("driver-%s-%04u", time, dispatcher->sequence++);
  } while (is_known(dispatcher, id));
  return id;
}

static void create(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  Dispatcher *dispatcher = user;
  g_autoptr(GError) error = NULL;
  json_t *message = driver_read_request(request->body, &error);
  if (message == NULL) {
    answer_error(response, 400, error->message);
    return;
  }
  const MuMultiServiceManager *manager = mu_multi_service_event_client_manager(dispatcher->client);
  if (mu_multi_service_manager_size(manager) >= dispatcher->config->max_drivers) {
    answer(response, 200,
           submission_message("CreateSubmissionResponse", NULL, FALSE, "Already reached maximum submission size"));
  } else {
    g_autofree char *id = new_id(dispatcher);
    Creation *creation = g_new(Creation, 1);
    *creation = (Creation){response, unknown_fields(message)};
    mu_multi_service_runner_put_service_if(dispatcher->runner, id, request->body, MU_VERSION_ABSENT, on_created,
                                           creation);
  }
  json_decref(message);
}

/* ---- status ---- */

/* What Spark calls it. */
static const char *driver_state(const char *task_state, gboolean supervised) {
  static const struct {
    const char *task, *driver, *supervised;
  } STATES[] = {{"TASK_STAGING", "SUBMITTED", "SUBMITTED"}, {"TASK_STARTING", "SUBMITTED", "SUBMITTED"},
                {"TASK_RUNNING", "RUNNING", "RUNNING"},     {"TASK_KILLING", "RUNNING", "RUNNING"},
                {"TASK_FINISHED", "FINISHED", "FINISHED"},  {"TASK_FAILED", "FAILED", "RELAUNCHING"},
                {"TASK_KILLED", "FAILED", "RELAUNCHING"},   {"TASK_LOST", "FAILED", "RELAUNCHING"},
                {"TASK_GONE", "FAILED", "RELAUNCHING"},     {"TASK_DROPPED", "FAILED", "RELAUNCHING"},
                {"TASK_UNKNOWN", "FAILED", "RELAUNCHING"},  {"TASK_ERROR", "ERROR", "RELAUNCHING"},
                {"TASK_UNREACHABLE", "UNKNOWN", "UNKNOWN"}, {"TASK_GONE_BY_OPERATOR", "FAILED", "RELAUNCHING"}};
  for (guint i = 0; i < G_N_ELEMENTS(STATES); i++)
    if (strcmp(STATES[i].task, task_state) == 0)
      return supervised ? STATES[i].supervised : STATES[i].driver;
  return "UNKNOWN";
}

static gboolean is_over(const char *driver_state) {
  static const char *const OVER[] = {"FINISHED", "FAILED", "ERROR", "KILLED", NULL};
  return g_strv_contains(OVER, driver_state);
}

static gboolean is_supervised(const Dispatcher *dispatcher, const char *id) {
  g_autoptr(GBytes) context = mu_multi_service_event_client_context(dispatcher->client, id, NULL);
  return context != NULL && driver_is_supervised(context);
}

static json_t *status_message(const char *id, const char *state, const char *worker, const char *host) {
  json_t *message = submission_message("SubmissionStatusResponse", id, TRUE, NULL);
  json_object_set_new(message, "driverState", json_string(state));
  if (worker != NULL)
    json_object_set_new(message, "workerId", json_string(worker));
  if (host != NULL)
    json_object_set_new(message, "workerHostPort", json_string(host));
  return message;
}

/* What is told of the driver when its run `run` is in this state; `report` is what is known of its service now, NULL: it is gone. */
static const char *state_of(const Dispatcher *dispatcher, const MuServiceReport *report, const char *run,
                            const char *task_state) {
  const MuTaskReport *task = report == NULL || report->n_tasks == 0 ? NULL : &report->tasks[0];
  gboolean is_last = task == NULL || g_strcmp0(task->id, run) == 0;
  if (!is_last || (task != NULL && task->never_began))
    return "SUBMITTED"; /* it is launched again, or was */
  gboolean removed = report == NULL || strcmp(report->state, "RUNNING") != 0;
  if (removed && strcmp(task_state, "TASK_KILLED") == 0)
    return "KILLED"; /* by another one than this protocol, or the process died before that was noted */
  return driver_state(task_state, report != NULL && is_supervised(dispatcher, report->service));
}

static json_t *status_of(const Dispatcher *dispatcher, const char *id) {
  const HistoryEntry *ended = history_find(dispatcher->history, id);
  if (ended != NULL)
    return status_message(id, ended->state, ended->worker, ended->host);
  g_autoptr(MuServiceReport) report = report_of(dispatcher, id);
  if (report == NULL)
    return submission_message("SubmissionStatusResponse", id, FALSE, NULL);
  const MuTaskReport *task = report->n_tasks == 0 ? NULL : &report->tasks[0];
  json_t *message = task == NULL ? status_message(id, "SUBMITTED", NULL, NULL)
                                 : status_message(id, state_of(dispatcher, report, task->id, task->state),
                                                  task->agent_id, task->hostname);
  if (report->failure != NULL)
    json_object_set_new(message, "message", json_string(report->failure));
  return message;
}

static void status(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer(response, 200, status_of(user, request->captures[0]));
}

/* ---- kill ---- */

typedef struct {
  Dispatcher *dispatcher;
  MuHttpResponse *response;
} Killing;

static void on_killed(const char *id, const GError *error, gpointer user) {
  Killing *killing = user;
  if (error != NULL) {
    answer_error(killing->response, (guint)mu_error_info(error)->http_status, error->message);
  } else {
    g_autofree char *text = g_strdup_printf("Kill request for %s submitted", id);
    g_autoptr(MuServiceReport) report = report_of(killing->dispatcher, id);
    remember(killing->dispatcher, id, report, "KILLED");
    answer(killing->response, 200, submission_message("KillSubmissionResponse", id, TRUE, text));
  }
  g_free(killing);
}

static void kill_driver(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  Dispatcher *dispatcher = user;
  const char *id = request->captures[0];
  const MuMultiServiceManager *manager = mu_multi_service_event_client_manager(dispatcher->client);
  if (history_find(dispatcher->history, id) != NULL || !mu_multi_service_manager_has(manager, id)) {
    g_autofree char *text = g_strdup_printf("Driver %s has already finished or does not exist", id);
    answer(response, 200, submission_message("KillSubmissionResponse", id, FALSE, text));
    return;
  }
  Killing *killing = g_new(Killing, 1);
  *killing = (Killing){dispatcher, response};
  mu_multi_service_runner_remove_service(dispatcher->runner, id, on_killed, killing);
}

/* ---- everything else ---- */

static void unknown_request(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)user;
  g_autofree char *text = g_strdup_printf("unexpected request: %s %s", request->method, request->path);
  answer_error(response, 400, text);
}

static void unknown_version(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)user;
  g_autofree char *text = g_strdup_printf("Unknown protocol version '%s'.", request->captures[0]);
  answer_error(response, UNKNOWN_VERSION, text);
}

const MuHttpRoute *dispatcher_routes(gboolean open, gsize *ret_n) {
  static MuHttpRoute routes[] = {
      {"POST", "/v1/submissions/create", create, "Submits a driver: a CreateSubmissionRequest.", FALSE},
      {"GET", "/v1/submissions/status/{id}", status, "How a driver fares, or ended.", FALSE},
      {"POST", "/v1/submissions/kill/{id}", kill_driver, "Kills a driver.", FALSE},
      {"GET", "/v1/submissions/{rest*}", unknown_request, "Unknown requests of the protocol.", FALSE},
      {"POST", "/v1/submissions/{rest*}", unknown_request, "Unknown requests of the protocol.", FALSE},
      {"GET", "/{version}/submissions/{rest*}", unknown_version, "Other versions of the protocol.", FALSE},
      {"POST", "/{version}/submissions/{rest*}", unknown_version, "Other versions of the protocol.", FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(routes); i++)
    routes[i].without_token = open;
  *ret_n = G_N_ELEMENTS(routes);
  return routes;
}

/* ---- the end of drivers ---- */

/* A driver that has finished removes itself; one that failed, and is not supervised, is removed here. */
static void note_state(Dispatcher *dispatcher, const char *id, const char *run, const char *task_state) {
  g_autoptr(MuServiceReport) report = report_of(dispatcher, id);
  const char *state = state_of(dispatcher, report, run, task_state);
  if (!is_over(state))
    return;
  remember(dispatcher, id, report, state);
  if (strcmp(state, "FAILED") == 0 || strcmp(state, "ERROR") == 0)
    mu_multi_service_runner_remove_service(dispatcher->runner, id, NULL, NULL);
}

/* What it tells is durable; what is known of the service may be newer. */
static void on_event(const char *type, const char *service, const char *json, gpointer user) {
  if (strcmp(type, "task") != 0 || service == NULL)
    return;
  json_t *event = json_loads(json, 0, NULL);
  const char *run = json_string_value(json_object_get(event, "id")),
             *state = json_string_value(json_object_get(event, "state"));
  if (run != NULL && state != NULL)
    note_state(user, service, run, state);
  json_decref(event);
}

/* A status may have become durable just before an earlier process died: then no event tells of it any more. */
void dispatcher_start(Dispatcher *dispatcher, MuMultiServiceRunner *runner) {
  const MuMultiServiceManager *manager = mu_multi_service_event_client_manager(dispatcher->client);
  g_auto(GStrv) names = mu_multi_service_manager_names(manager);
  dispatcher->runner = runner;
  mu_multi_service_runner_watch(runner, on_event, dispatcher);
  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr(MuServiceReport) report = report_of(dispatcher, names[i]);
    if (report != NULL && report->n_tasks > 0)
      note_state(dispatcher, names[i], report->tasks[0].id, report->tasks[0].state);
  }
}
