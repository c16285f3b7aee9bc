/* The handlers of muster's own routes (table: routes.c) and what they share. `user` is the MuHttpServer. */
#ifndef MU_ROUTES_H
#define MU_ROUTES_H
#include "http_internal.h"

#define MU_HTTP_HANDLER(name) void name(const MuHttpRequest *request, MuHttpResponse *response, gpointer user)

/* routes_misc.c */
MU_HTTP_HANDLER(mu_route_root);
MU_HTTP_HANDLER(mu_route_health);
MU_HTTP_HANDLER(mu_route_events);
MU_HTTP_HANDLER(mu_route_metrics);
MU_HTTP_HANDLER(mu_route_metrics_json);
MU_HTTP_HANDLER(mu_route_engine);
MU_HTTP_HANDLER(mu_route_framework);
MU_HTTP_HANDLER(mu_route_uninstall);
MU_HTTP_HANDLER(mu_route_openapi);
MU_HTTP_HANDLER(mu_route_bootstrap);
/* routes_service.c */
MU_HTTP_HANDLER(mu_route_services);
MU_HTTP_HANDLER(mu_route_yaml_list);
MU_HTTP_HANDLER(mu_route_yaml_add);
MU_HTTP_HANDLER(mu_route_service_put);
MU_HTTP_HANDLER(mu_route_service);
MU_HTTP_HANDLER(mu_route_service_remove);
MU_HTTP_HANDLER(mu_route_service_history);
MU_HTTP_HANDLER(mu_route_service_rollback);
MU_HTTP_HANDLER(mu_route_service_restart);
MU_HTTP_HANDLER(mu_route_service_context);
MU_HTTP_HANDLER(mu_route_service_spec);
MU_HTTP_HANDLER(mu_route_service_health);
/* routes_secret.c */
MU_HTTP_HANDLER(mu_route_secrets);
MU_HTTP_HANDLER(mu_route_secret_put);
MU_HTTP_HANDLER(mu_route_secret_remove);
MU_HTTP_HANDLER(mu_route_tls_ca);
/* routes_plan.c */
MU_HTTP_HANDLER(mu_route_plans);
MU_HTTP_HANDLER(mu_route_plan);
MU_HTTP_HANDLER(mu_route_plan_start);
MU_HTTP_HANDLER(mu_route_plan_stop);
MU_HTTP_HANDLER(mu_route_plan_interrupt);
MU_HTTP_HANDLER(mu_route_plan_continue);
MU_HTTP_HANDLER(mu_route_plan_force_complete);
MU_HTTP_HANDLER(mu_route_plan_restart);
/* routes_pod.c */
MU_HTTP_HANDLER(mu_route_pods);
MU_HTTP_HANDLER(mu_route_pods_status);
MU_HTTP_HANDLER(mu_route_pod_status);
MU_HTTP_HANDLER(mu_route_pod_info);
MU_HTTP_HANDLER(mu_route_pod_restart);
MU_HTTP_HANDLER(mu_route_pod_replace);
MU_HTTP_HANDLER(mu_route_pod_decommission);
MU_HTTP_HANDLER(mu_route_pod_recommission);
MU_HTTP_HANDLER(mu_route_pod_pause);
MU_HTTP_HANDLER(mu_route_pod_resume);
/* routes_inspect.c */
MU_HTTP_HANDLER(mu_route_configurations);
MU_HTTP_HANDLER(mu_route_target_id);
MU_HTTP_HANDLER(mu_route_configuration);
MU_HTTP_HANDLER(mu_route_template);
MU_HTTP_HANDLER(mu_route_endpoints);
MU_HTTP_HANDLER(mu_route_endpoint);
MU_HTTP_HANDLER(mu_route_framework_id);
MU_HTTP_HANDLER(mu_route_properties);
MU_HTTP_HANDLER(mu_route_property);
MU_HTTP_HANDLER(mu_route_zones);
MU_HTTP_HANDLER(mu_route_zone_of_task);
MU_HTTP_HANDLER(mu_route_zone_of_address);
MU_HTTP_HANDLER(mu_route_refresh);
MU_HTTP_HANDLER(mu_route_files);
MU_HTTP_HANDLER(mu_route_file);
MU_HTTP_HANDLER(mu_route_file_put);
MU_HTTP_HANDLER(mu_route_why);
MU_HTTP_HANDLER(mu_route_debug_offers);
MU_HTTP_HANDLER(mu_route_debug_plans);
MU_HTTP_HANDLER(mu_route_debug_statuses);
MU_HTTP_HANDLER(mu_route_debug_reservations);
/* routes_sandbox.c */
MU_HTTP_HANDLER(mu_route_sandbox);

/* routes_exec.c */
MU_HTTP_HANDLER(mu_route_exec);

/* The name of the service that the first capture means: itself, or what it is the sanitized form of. The caller frees. */
char *mu_route_service_name(MuHttpServer *server, const MuHttpRequest *request);
/* Puts the command on the queue and answers with its reply when that comes: under `done_status`, or 201 for one that
 * created something. Takes the command. */
void mu_route_submit(MuHttpServer *server, MuHttpResponse *response, MuCommand *take_command, guint done_status);
/* Answers with what a view says of the service that the first capture means, or with its error; `of`: with what it says of one thing
 * of it, such as the second capture. `text` is of the content type, `json` JSON. */
typedef json_t *(*MuRouteView)(MuMultiServiceEventClient *client, const char *service, GError **error);
typedef json_t *(*MuRouteViewOf)(MuMultiServiceEventClient *client, const char *service, const char *what,
                                 GError **error);
typedef char *(*MuRouteTextOf)(MuMultiServiceEventClient *client, const char *service, const char *what,
                               GError **error);
void mu_route_answer(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, MuRouteView view);
void mu_route_answer_of(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server, const char *what,
                        MuRouteViewOf view);
void mu_route_answer_text_of(const MuHttpRequest *request, MuHttpResponse *response, MuHttpServer *server,
                             const char *what, const char *content_type, MuRouteTextOf view);
/* With the text, or the error; both are freed. */
void mu_route_answer_text(MuHttpResponse *response, const char *content_type, char *take_text, GError *take_error);
/* Answers with the error and frees it. */
void mu_route_fail(MuHttpResponse *response, GError *take_error);

/* routes_sandbox_remote.c: answers with the file or folder, read through the backend's read_sandbox. */
void mu_sandbox_serve_remote(MuHttpServer *server, const MuHttpRequest *request, MuHttpResponse *response,
                             const MuTaskPlace *task, const char *path);
#endif
