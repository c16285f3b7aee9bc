/* Views of what a service is made of: configurations, templates, endpoints, properties and files, and the tables of the
 * debug routes; JSON in the shapes of the reference's HTTP API. As those of view.h: reads only; a new reference, or NULL with
 * MU_ERROR_NOT_FOUND that names what there is instead. */
#ifndef MU_VIEW_INSPECT_H
#define MU_VIEW_INSPECT_H
#include <jansson.h>
#include <muster/multi_service_event_client.h>

/* ---- configurations (ConfigQueries) ---- */

/* ["0b5e…","77a1…"], sorted. */
json_t *mu_view_configurations(MuMultiServiceEventClient *client, const char *name, GError **error);
/* The configuration's ServiceSpec as canonical JSON; id NULL: the target. MU_ERROR_USAGE for an id that is no uuid. */
json_t *mu_view_configuration(MuMultiServiceEventClient *client, const char *name, const char *id, GError **error);
/* ["0b5e…"]: the target's id, in a list as there. */
json_t *mu_view_target_id(MuMultiServiceEventClient *client, const char *name, GError **error);

/* The place of a config template in a configuration (ArtifactQueries). */
typedef struct {
  const char *configuration, *pod_type, *task, *config;
} MuTemplatePath;
/* Its text, not rendered; the caller frees. */
char *mu_view_template(MuMultiServiceEventClient *client, const char *name, const MuTemplatePath *path, GError **error);

/* ---- endpoints (EndpointsQueries) ---- */

/* ["broker","web"]: the names of the advertised ports of all tasks that were launched, sorted. */
json_t *mu_view_endpoints(MuMultiServiceEventClient *client, const char *name, GError **error);
/* {"address":["host:port"],"dns":["task.framework.autoip…:port"],"vip":"…:port"}; "vip" only with one. */
json_t *mu_view_endpoint(MuMultiServiceEventClient *client, const char *name, const char *endpoint, GError **error);

/* ---- state (StateQueries) ---- */

/* ["id"]; MU_ERROR_NOT_FOUND before the first subscription. */
json_t *mu_view_framework_id(MuMultiServiceEventClient *client, GError **error);
/* The keys of the service's properties, sorted: those that the reference keeps, found from our records, and `file-NAME`. */
json_t *mu_view_properties(MuMultiServiceEventClient *client, const char *name, GError **error);
/* The property's text, which is JSON for all but files; the caller frees. */
char *mu_view_property(MuMultiServiceEventClient *client, const char *name, const char *key, GError **error);
/* "[a, b]": the names of the files, sorted; the caller frees. */
char *mu_view_files(MuMultiServiceEventClient *client, const char *name, GError **error);
/* The bytes of a file. */
GBytes *mu_view_file(MuMultiServiceEventClient *client, const char *name, const char *file, GError **error);
/* {"hello-0-server":"zone-a"}: of the tasks that were launched on agents with a zone. */
json_t *mu_view_zones(MuMultiServiceEventClient *client, const char *name, GError **error);
/* The zone of one task; or of the pod of this type at this address (the task's own, or its agent's). The caller frees. */
char *mu_view_zone_of_task(MuMultiServiceEventClient *client, const char *name, const char *task, GError **error);
char *mu_view_zone_of_address(MuMultiServiceEventClient *client, const char *name, const char *pod_type,
                              const char *address, GError **error);

/* ---- debug ---- */

/* Each NULL: all. Names, case ignored. A step needs its phase, a phase its plan: MU_ERROR_USAGE. */
typedef struct {
  const char *plan, *phase, *step;
} MuPlanFilter;

/* PlansTracker: {"schedulerState","activePlans","plans":[{"name","status","strategy","totalSteps","completedSteps",
 * "phases":[{"name","status","strategy","steps":[{"name","status","errors"}]}]}],"serviceTopology":[{"name","type","children"}]} */
json_t *mu_view_debug_plans(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                            GError **error);
/* TaskStatusesTracker: [{"name","phases":[{"name","steps":[{"name","taskStatus":[{"name","taskStatus","taskId"}]}]}]}] */
json_t *mu_view_debug_statuses(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                               GError **error);
/* TaskReservationsTracker: {"host-1":["resource id"]} */
json_t *mu_view_debug_reservations(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                                   GError **error);
/* OfferOutcomeTrackerV2: {"acceptedCount","rejectedCount","failureReasons":{"memory":3},"rejectedAgents":{"host-1":3},
 * "offers":[{"timestamp","pod-instance-name","outcome":"pass"|"fail","explanation":[…],"offer"}]} */
json_t *mu_view_debug_offers(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                             GError **error);
#endif
