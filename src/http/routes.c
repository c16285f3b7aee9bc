#include "routes.h"

#include "http_reply.h"
#include "ids.h"
#include "json.h"
#include "view.h"
#include <string.h>

#define JSON "application/json"
#define TEXT "text/plain"
#define ANY_FILE "application/octet-stream"
#define SPEC_BODY "application/json; application/yaml; text/yaml; text/plain; application/octet-stream"
#define FILE_BODY "text/plain; application/octet-stream; multipart/form-data"
#define STEP_QUERY "phase: a phase's name or id, else the whole plan; step: a step's name or id, else the whole phase"
#define FILE_QUERY                                                                                                     \
  "follow: true: stay and send what is appended; offset: N: begin at this byte; tail: N: begin at the last so many "   \
  "lines"

#define HEALTH_QUERY "verbose: true: with what a service's health was found from"
#define FILTER_QUERY "plan: a plan's name; phase: a phase's name; step: a step's name"

#define SERVICE "/v1/service/{name}"

/* Every route, once. docs/http-api.md lists the same ones; a test compares. */
static const MuRoute table[] = {
    {"GET", "/", mu_route_root, "what this is, and where to go on", NULL, NULL, JSON},
    {"GET", "/v1/health", mu_route_health, "how the scheduler is", HEALTH_QUERY, NULL, JSON},
    {"GET", "/v1/events", mu_route_events, "what happens, as server-sent events",
     "service: only the events of this service", NULL, "text/event-stream"},
    {"GET", "/v1/metrics", mu_route_metrics_json, "metrics as JSON", NULL, NULL, JSON},
    {"GET", "/v1/metrics/prometheus", mu_route_metrics, "metrics for Prometheus", NULL, NULL, TEXT},
    {"GET", "/v1/state/engine", mu_route_engine, "agents, resources, limits in force, warnings", NULL, NULL, JSON},
    {"GET", "/v1/state/frameworkId", mu_route_framework_id, "the framework's id, in a list", NULL, NULL, JSON},
    {"GET", "/v1/framework", mu_route_framework, "how the scheduler is, also one of a single service", NULL, NULL,
     JSON},
    {"DELETE", "/v1/framework", mu_route_uninstall, "uninstall everything, then end", NULL, NULL, JSON},
    {"GET", "/v1/openapi.json", mu_route_openapi, "this API as an OpenAPI document", NULL, NULL, JSON},
    {"GET", MU_HTTP_BOOTSTRAP_PATH, mu_route_bootstrap, "muster-bootstrap, for agents; needs no token", NULL, NULL,
     ANY_FILE},

    {"GET", "/v1/secrets", mu_route_secrets, "the names of the secrets; never their values", NULL, NULL, JSON},
    {"PUT", "/v1/secrets/{secret*}", mu_route_secret_put, "put a secret: the body is its value", NULL, ANY_FILE, JSON},
    {"DELETE", "/v1/secrets/{secret*}", mu_route_secret_remove, "remove a secret", NULL, NULL, JSON},
    {"GET", "/v1/tls/ca", mu_route_tls_ca, "the certificate of the authority that signs those of tasks, as PEM", NULL,
     NULL, "application/x-pem-file"},

    {"GET", "/v1/multi", mu_route_services, "all services", NULL, NULL, JSON},
    {"GET", "/v1/multi/yaml", mu_route_yaml_list, "spec files that can be added by name", NULL, NULL, JSON},
    {"POST", "/v1/multi/{name}", mu_route_yaml_add, "add a service from a spec file of the server's",
     "yaml: the file's name", JSON, JSON},
    {"DELETE", "/v1/multi/{name}", mu_route_service_remove, "remove a service",
     "force: true: declare what is left of it gone", NULL, JSON},

    {"PUT", SERVICE, mu_route_service_put, "add a service, or reconfigure it",
     "dry-run: true: change nothing, and say what would happen", SPEC_BODY, JSON},
    {"GET", SERVICE, mu_route_service, "a service", NULL, NULL, JSON},
    {"DELETE", SERVICE, mu_route_service_remove, "remove a service", "force: true: declare what is left of it gone",
     NULL, JSON},
    {"GET", SERVICE "/history", mu_route_service_history, "the configurations that can be gone back to", NULL, NULL,
     JSON},
    {"POST", SERVICE "/rollback", mu_route_service_rollback, "go back to an earlier configuration",
     "to: its id, the beginning of it, or its version; else the one before", NULL, JSON},
    {"POST", SERVICE "/restart", mu_route_service_restart, "restart every pod in place, one after another",
     "strategy: serial (default), parallel, serial-canary, parallel-canary or random", NULL, JSON},
    {"GET", SERVICE "/context", mu_route_service_context, "the bytes that the service was added with", NULL, NULL,
     ANY_FILE},
    {"GET", SERVICE "/spec", mu_route_service_spec, "the target ServiceSpec as canonical JSON", NULL, NULL, JSON},
    {"GET", SERVICE "/health", mu_route_service_health, "how the service is", HEALTH_QUERY, NULL, JSON},

    {"GET", SERVICE "/why", mu_route_why, "what every incomplete step waits for, and what to do",
     "pod: only the steps of this pod instance", NULL, JSON},

    {"GET", SERVICE "/plans", mu_route_plans, "the names of the plans", NULL, NULL, JSON},
    {"GET", SERVICE "/plans/{plan}", mu_route_plan, "a plan with its phases and steps", NULL, NULL, JSON},
    {"POST", SERVICE "/plans/{plan}/start", mu_route_plan_start, "begin a plan, anew when it is complete", NULL, JSON,
     JSON},
    {"POST", SERVICE "/plans/{plan}/stop", mu_route_plan_stop, "interrupt a plan and set it back to its beginning",
     NULL, NULL, JSON},
    {"POST", SERVICE "/plans/{plan}/interrupt", mu_route_plan_interrupt, "start no further step", STEP_QUERY, NULL,
     JSON},
    {"POST", SERVICE "/plans/{plan}/continue", mu_route_plan_continue, "undo an interrupt", STEP_QUERY, NULL, JSON},
    {"POST", SERVICE "/plans/{plan}/forceComplete", mu_route_plan_force_complete, "declare it complete", STEP_QUERY,
     NULL, JSON},
    {"POST", SERVICE "/plans/{plan}/restart", mu_route_plan_restart, "begin it again", STEP_QUERY, NULL, JSON},

    {"GET", SERVICE "/pod", mu_route_pods, "the names of the pod instances", NULL, NULL, JSON},
    {"GET", SERVICE "/pod/status", mu_route_pods_status, "all pod instances with their tasks", NULL, NULL, JSON},
    {"GET", SERVICE "/pod/{pod}/status", mu_route_pod_status, "a pod instance; when it waits, why", NULL, NULL, JSON},
    {"GET", SERVICE "/pod/{pod}/info", mu_route_pod_info, "all that is known of the tasks of a pod instance", NULL,
     NULL, JSON},
    {"POST", SERVICE "/pod/{pod}/restart", mu_route_pod_restart, "restart a pod instance in place", NULL, NULL, JSON},
    {"POST", SERVICE "/pod/{pod}/replace", mu_route_pod_replace, "destroy a pod instance and start it anywhere", NULL,
     NULL, JSON},
    {"POST", SERVICE "/pod/{pod}/decommission", mu_route_pod_decommission,
     "give up a pod instance with all that it holds, for good", NULL, NULL, JSON},
    {"POST", SERVICE "/pod/{pod}/recommission", mu_route_pod_recommission,
     "bring a decommissioned pod instance back, anew", NULL, NULL, JSON},
    {"POST", SERVICE "/pod/{pod}/pause", mu_route_pod_pause, "run an idle command in place of the tasks' own", NULL,
     JSON, JSON},
    {"POST", SERVICE "/pod/{pod}/resume", mu_route_pod_resume, "let paused tasks run again", NULL, JSON, JSON},

    {"GET", SERVICE "/configurations", mu_route_configurations, "the ids of the configurations", NULL, NULL, JSON},
    {"GET", SERVICE "/configurations/targetId", mu_route_target_id, "the target's id, in a list", NULL, NULL, JSON},
    {"GET", SERVICE "/configurations/target", mu_route_configuration, "the target configuration", NULL, NULL, JSON},
    {"GET", SERVICE "/configurations/{configuration}", mu_route_configuration, "a configuration", NULL, NULL, JSON},
    {"GET", SERVICE "/artifacts/template/{configuration}/{pod-type}/{task}/{config}", mu_route_template,
     "a config template, not rendered", NULL, NULL, TEXT},

    {"GET", SERVICE "/endpoints", mu_route_endpoints, "the names of the endpoints", NULL, NULL, JSON},
    {"GET", SERVICE "/endpoints/{endpoint}", mu_route_endpoint, "the addresses, DNS names and VIP of an endpoint", NULL,
     NULL, JSON},

    {"GET", SERVICE "/state/properties", mu_route_properties, "the names of the properties", NULL, NULL, JSON},
    {"GET", SERVICE "/state/properties/{key}", mu_route_property, "a property", NULL, NULL, JSON},
    {"GET", SERVICE "/state/files", mu_route_files, "the names of the files kept with the service", NULL, NULL, TEXT},
    {"GET", SERVICE "/state/files/{file}", mu_route_file, "a file kept with the service", NULL, NULL, TEXT},
    {"PUT", SERVICE "/state/files/{file}", mu_route_file_put, "keep a file with the service", NULL, FILE_BODY, JSON},
    {"GET", SERVICE "/state/zone/tasks", mu_route_zones, "the zones of the tasks", NULL, NULL, JSON},
    {"GET", SERVICE "/state/zone/tasks/{task}", mu_route_zone_of_task, "the zone of a task", NULL, NULL, TEXT},
    {"GET", SERVICE "/state/zone/{pod-type}/{address}", mu_route_zone_of_address, "the zone of a pod at an address",
     NULL, NULL, TEXT},
    {"PUT", SERVICE "/state/refresh", mu_route_refresh, "of the reference: there is no cache, 409", NULL, NULL, JSON},

    {"GET", SERVICE "/debug/offers", mu_route_debug_offers, "what became of the last offers", FILTER_QUERY, NULL, JSON},
    {"GET", SERVICE "/debug/plans", mu_route_debug_plans, "the plans in short, and their tree", FILTER_QUERY, NULL,
     JSON},
    {"GET", SERVICE "/debug/taskStatuses", mu_route_debug_statuses, "the tasks of every step", FILTER_QUERY, NULL,
     JSON},
    {"GET", SERVICE "/debug/reservations", mu_route_debug_reservations, "reservations by agent", FILTER_QUERY, NULL,
     JSON},

    {"POST", SERVICE "/exec/{task}", mu_route_exec,
     "run a command beside a task; the connection goes on as " MU_FRAME_PROTOCOL, NULL, JSON, ANY_FILE},
    {"GET", SERVICE "/sandbox/{task}", mu_route_sandbox, "the files of a task's sandbox", NULL, NULL, JSON},
    {"GET", SERVICE "/sandbox/{task}/{path*}", mu_route_sandbox, "a file of a task's sandbox, or a folder", FILE_QUERY,
     NULL, ANY_FILE},
};

const MuRoute *mu_http_routes(gsize *ret_n) {
  *ret_n = G_N_ELEMENTS(table);
  return table;
}

void mu_route_fail(MuHttpResponse *response, GError *take_error) {
  mu_http_respond_error(response, take_error);
  g_error_free(take_error);
}

char *mu_route_service_name(MuHttpServer *server, const MuHttpRequest *request) {
  const char *given = request->captures[0];
  const char *name = mu_view_service_name(server->backend.client, given);
  return g_strdup(name != NULL ? name : given);
}

/* ---- views --------------------------------------------------------------------------------------------------------- */

void mu_route_answer(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, MuRouteView view) {
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *json = view(server->backend.client, service, &error);
  mu_http_respond_view(response, json, error);
}

void mu_route_answer_of(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, const char *what,
                        MuRouteViewOf view) {
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  json_t *json = view(server->backend.client, service, what, &error);
  mu_http_respond_view(response, json, error);
}

void mu_route_answer_text_of(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server,
                             const char *what, const char *content_type, MuRouteTextOf view) {
  GError *error = NULL;
  g_autofree char *service = mu_route_service_name(server, request);
  char *text = view(server->backend.client, service, what, &error);
  mu_route_answer_text(response, content_type, text, error);
}

void mu_route_answer_text(MuHttpResponse *response, const char *content_type, char *take_text, GError *take_error) {
  if (take_text == NULL)
    mu_route_fail(response, take_error);
  else
    mu_http_respond(response, MHD_HTTP_OK, content_type, take_text, strlen(take_text));
  g_free(take_text);
}

/* ---- commands ------------------------------------------------------------------------------------------------------ */

/* 201 for what was created, 208 for what was so already (PlansQueries of dcos-commons). */
static guint done_status(const json_t *body, guint otherwise) {
  const char *result = json_string_value(json_object_get(body, "result"));
  if (otherwise == MHD_HTTP_OK && g_strcmp0(result, "created") == 0)
    return MHD_HTTP_CREATED;
  return g_strcmp0(result, "already") == 0 ? MHD_HTTP_ALREADY_REPORTED : otherwise;
}

static void on_reply(json_t *body, const GError *error, gpointer user) {
  MuHttpResponse *response = user;
  if (error != NULL) {
    mu_http_respond_error(response, error);
    return;
  }
  mu_http_respond_json(response, done_status(body, response->done_status), json_incref(body));
}

void mu_route_submit(MuHttpServer *server, MuHttpResponse *response, MuCommand *take_command, guint done_status) {
  response->done_status = done_status;
  take_command->reply = on_reply;
  take_command->user = response;
  server->backend.submit(take_command, server->backend.user);
}
