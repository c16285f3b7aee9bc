/* Health and metrics. */
#include "view.h"

#include "client_private.h"
#include "json.h"

/* The service's status code as HealthResource of dcos-commons gives it: the code is the HTTP status of the answer. */
typedef struct {
  guint code;
  const char *word;
} Health;

static gboolean any_running(const MuPlan *plan) {
  return plan != NULL && plan->status != MU_STATUS_COMPLETE && plan->n_steps > 0;
}

static Health service_health(const MuService *service) {
  const MuPlan *deploy = service->deploy;
  if (service->failure != NULL || (deploy != NULL && deploy->status == MU_STATUS_ERROR))
    return (Health){500, "ERROR_CREATING_SERVICE"};
  if (any_running(deploy)) {
    switch (deploy->status) {
    case MU_STATUS_WAITING: return (Health){207, "DEPLOYING_WAITING_USER"};
    case MU_STATUS_DELAYED: return (Health){208, "DELAYED"};
    case MU_STATUS_PENDING: return (Health){204, "DEPLOYING_PENDING"};
    default: return (Health){202, "DEPLOYING_STARTING"};
    }
  }
  if (any_running(service->recovery)) {
    if (service->recovery->status == MU_STATUS_DELAYED)
      return (Health){208, "DELAYED"};
    return service->recovery->status == MU_STATUS_PENDING ? (Health){203, "RECOVERING_PENDING"}
                                                          : (Health){205, "RECOVERING_STARTING"};
  }
  return (Health){200, "RUNNING"};
}

static json_t *service_health_json(MuMultiServiceEventClient *client, const char *name, guint *ret_http_status,
                                   GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  Health health = service_health(service);
  json_t *json = json_object();
  mu_json_set_string(json, "service", service->name);
  mu_json_set_string(json, "status", health.word);
  mu_json_set_int(json, "value", health.code);
  *ret_http_status = health.code;
  return json;
}

static const char *whole_status(const MuMultiServiceEventClient *client) {
  if (client->store_error != NULL)
    return "STORE_UNAVAILABLE";
  if (!client->subscribed)
    return client->engine_error != NULL ? "ENGINE_UNAVAILABLE" : "INITIALIZING";
  return client->uninstalling ? "UNINSTALLING" : "RUNNING";
}

json_t *mu_view_health(MuMultiServiceEventClient *client, const char *service, guint *ret_http_status, GError **error) {
  if (service != NULL)
    return service_health_json(client, service, ret_http_status, error);
  json_t *json = json_object();
  mu_json_set_string(json, "status", whole_status(client));
  mu_json_set_string(json, "framework", client->framework_name);
  mu_json_set_string(json, "framework_id", client->framework_id);
  mu_json_set_bool(json, "subscribed", client->subscribed);
  mu_json_set_int(json, "services", mu_multi_service_manager_size(client->manager));
  mu_json_set_string(json, "store_error", client->store_error);
  mu_json_set_string(json, "engine_error", client->engine_error);
  *ret_http_status = client->store_error != NULL || !client->subscribed ? 503 : 200;
  return json;
}

/* ---- metrics ------------------------------------------------------------------------------------------------------- */

typedef struct {
  guint64 services[MU_SERVICE_GONE + 1];
  guint64 plans[MU_STATUS_COUNT];
  guint64 tasks[MU_TASK_UNKNOWN + 1];
  guint64 failed; /* their factory failed at the start, or a record cannot be read */
  guint64 waiting;
} Totals;

static void add_service(Totals *totals, const MuService *service) {
  GHashTableIter iter;
  gpointer value = NULL;
  if (service->unreadable != NULL || (service->failure != NULL && service->record->state == MU_SERVICE_RUNNING))
    totals->failed++;
  else
    totals->services[service->record->state]++;
  if (service->deploy != NULL)
    totals->plans[service->deploy->status]++;
  totals->waiting += service->wanting->len;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuTask *task = value;
    totals->tasks[task->status == NULL ? MU_TASK_STAGING : task->status->state]++;
  }
}

static void add_head(GString *text, const char *name, const char *type, const char *help) {
  g_string_append_printf(text, "# HELP muster_%s %s\n# TYPE muster_%s %s\n", name, help, name, type);
}

static void add_states(GString *text, const Totals *totals) {
  add_head(text, "services", "gauge", "Services by state.");
  for (guint i = 0; i <= MU_SERVICE_GONE; i++)
    g_string_append_printf(text, "muster_services{state=\"%s\"} %" G_GUINT64_FORMAT "\n",
                           mu_service_state_to_string((MuServiceState)i), totals->services[i]);
  g_string_append_printf(text, "muster_services{state=\"FAILED\"} %" G_GUINT64_FORMAT "\n", totals->failed);
  add_head(text, "deploy_plans", "gauge", "Deploy plans by status.");
  for (guint i = 0; i < MU_STATUS_COUNT; i++)
    g_string_append_printf(text, "muster_deploy_plans{status=\"%s\"} %" G_GUINT64_FORMAT "\n",
                           mu_status_to_string((MuStatus)i), totals->plans[i]);
  add_head(text, "tasks", "gauge", "Tasks by the state of their last run.");
  for (guint i = 0; i <= MU_TASK_UNKNOWN; i++)
    g_string_append_printf(text, "muster_tasks{state=\"%s\"} %" G_GUINT64_FORMAT "\n",
                           mu_task_state_to_string((MuTaskState)i), totals->tasks[i]);
}

static void add_counters(GString *text, const MuMultiServiceEventClient *client) {
  const struct {
    const char *name, *help;
    guint64 value;
  } rows[] = {
      {"events_total", "Events that came from the engine.", client->counters.events},
      {"commands_total", "Commands that came from the API.", client->counters.commands},
      {"drains_total", "Times the queue was drained.", client->counters.drains},
      {"launches_total", "Steps that were launched.", client->counters.launches},
      {"offers_total", "Offers that came.", client->counters.offers},
      {"offers_declined_total", "Offers that were declined.", client->counters.declined},
      {"statuses_total", "Task statuses that came.", client->counters.statuses},
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    add_head(text, rows[i].name, "counter", rows[i].help);
    g_string_append_printf(text, "muster_%s %" G_GUINT64_FORMAT "\n", rows[i].name, rows[i].value);
  }
}

static void add_gauges(GString *text, const MuMultiServiceEventClient *client, const Totals *totals) {
  const struct {
    const char *name, *help;
    guint64 value;
  } rows[] = {
      {"steps_waiting_for_offers", "Steps that wait for an offer.", totals->waiting},
      {"subscribed", "1 while the engine is connected.", client->subscribed},
      {"store_healthy", "1 while commits succeed.", client->store_error == NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    add_head(text, rows[i].name, "gauge", rows[i].help);
    g_string_append_printf(text, "muster_%s %" G_GUINT64_FORMAT "\n", rows[i].name, rows[i].value);
  }
}

char *mu_view_metrics(MuMultiServiceEventClient *client) {
  Totals totals = {0};
  GString *text = g_string_new(NULL);
  GHashTableIter iter;
  gpointer service = NULL;
  g_hash_table_iter_init(&iter, client->manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &service))
    add_service(&totals, service);
  add_states(text, &totals);
  add_gauges(text, client, &totals);
  add_counters(text, client);
  return g_string_free(text, FALSE);
}
