/* Health. */
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
