/* Health. */
#include "view.h"

#include "client_private.h"
#include "json.h"

#include <string.h>

/* The service's status as HealthResource of dcos-commons gives it: the code is the HTTP status of the answer. X(word, code) */
#define HEALTH_TABLE(X)                                                                                                \
  X(ERROR_CREATING_SERVICE, 500)                                                                                       \
  X(INITIALIZING, 318)                                                                                                 \
  X(DEPLOYING_WAITING_USER, 207)                                                                                       \
  X(DELAYED, 208)                                                                                                      \
  X(DEPLOYING_PENDING, 204)                                                                                            \
  X(DEPLOYING_STARTING, 202)                                                                                           \
  X(RECOVERING_PENDING, 203)                                                                                           \
  X(RECOVERING_STARTING, 205)                                                                                          \
  X(RESTORING, 321)                                                                                                    \
  X(BACKING_UP, 320)                                                                                                   \
  X(RUNNING, 200)

typedef enum {
#define X(word, code) HEALTH_##word,
  HEALTH_TABLE(X)
#undef X
} Health;

static const struct {
  guint code;
  const char *word;
} HEALTHS[] = {
#define X(word, code) {code, #word},
    HEALTH_TABLE(X)
#undef X
};

static guint count_steps(const MuPlan *plan, MuStatus status) {
  guint n = 0;
  for (guint i = 0; i < plan->phases->len; i++)
    n += ((MuPhase *)plan->phases->pdata[i])->counts[status];
  return n;
}

/* What holds the plan up most; RUNNING when it is complete. */
static Health plan_health(const MuPlan *plan, Health pending, Health starting) {
  if (plan == NULL || mu_plan_is_complete(plan) || plan->n_steps == 0)
    return HEALTH_RUNNING;
  if (plan->status == MU_STATUS_WAITING)
    return HEALTH_DEPLOYING_WAITING_USER;
  if (count_steps(plan, MU_STATUS_DELAYED) > 0)
    return HEALTH_DELAYED;
  if (count_steps(plan, MU_STATUS_PENDING) + count_steps(plan, MU_STATUS_PREPARED) > 0)
    return pending;
  return count_steps(plan, MU_STATUS_WAITING) > 0 ? HEALTH_DEPLOYING_WAITING_USER : starting;
}

/* Plans of operators are told from their names, as there. */
static gboolean runs_plan_named(const MuService *service, const char *part) {
  for (guint i = 0; i < service->plans->len; i++) {
    const MuPlan *plan = service->plans->pdata[i];
    if (strstr(plan->name, part) != NULL && mu_status_is_running(plan->status))
      return TRUE;
  }
  return FALSE;
}

static Health service_health(const MuMultiServiceEventClient *client, const MuService *service) {
  const MuPlan *deploy = service->deploy;
  if (service->failure != NULL || (deploy != NULL && deploy->status == MU_STATUS_ERROR))
    return HEALTH_ERROR_CREATING_SERVICE;
  if (client->framework_id == NULL)
    return HEALTH_INITIALIZING;
  Health health = plan_health(deploy, HEALTH_DEPLOYING_PENDING, HEALTH_DEPLOYING_STARTING);
  if (health == HEALTH_RUNNING)
    health = plan_health(service->recovery, HEALTH_RECOVERING_PENDING, HEALTH_RECOVERING_STARTING);
  if (health == HEALTH_RUNNING && runs_plan_named(service, "restor"))
    return HEALTH_RESTORING;
  return health == HEALTH_RUNNING && runs_plan_named(service, "back") ? HEALTH_BACKING_UP : health;
}

/* "deploy: 1 PENDING, 2 COMPLETE" */
static char *plan_line(const MuPlan *plan) {
  g_autoptr(GString) line = g_string_new(plan->name);
  const char *before = ": ";
  for (guint i = 0; i < MU_STATUS_COUNT; i++) {
    guint n = count_steps(plan, (MuStatus)i);
    if (n == 0)
      continue;
    g_string_append_printf(line, "%s%u %s", before, n, mu_status_to_string((MuStatus)i));
    before = ", ";
  }
  g_string_append(line, line->len == strlen(plan->name) ? ": no steps" : "");
  return g_string_free(g_steal_pointer(&line), FALSE);
}

json_t *mu_view_health_reasons(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *reasons = json_array();
  if (service->failure != NULL)
    json_array_append_new(reasons, mu_json_string(service->failure));
  if (client->framework_id == NULL)
    json_array_append_new(reasons, json_string("the framework has no id yet"));
  for (guint i = 0; i < service->plans->len; i++) {
    g_autofree char *line = plan_line(service->plans->pdata[i]);
    json_array_append_new(reasons, json_string(line));
  }
  return reasons;
}

static json_t *service_health_json(MuMultiServiceEventClient *client, const char *name, guint *ret_http_status,
                                   GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  Health health = service_health(client, service);
  json_t *json = json_object();
  mu_json_set_string(json, "service", service->name);
  mu_json_set_string(json, "status", HEALTHS[health].word);
  mu_json_set_int(json, "value", HEALTHS[health].code);
  *ret_http_status = HEALTHS[health].code;
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
