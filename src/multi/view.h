/* Views: the state of the scheduler as JSON, in the shapes of the reference's HTTP API where it has one. Reads only; called
 * on the main loop's thread between drains. `name` is the service's. Each returns a new reference, or NULL with MU_ERROR_NOT_FOUND naming what
 * there is instead. */
#ifndef MU_VIEW_H
#define MU_VIEW_H
#include "sandbox_part.h"
#include <jansson.h>
#include <muster/multi_service_event_client.h>

/* A walk over the list of services, in parts: what may come before and after each of them is no part of its moment. Begins as
 * zeros. */
typedef struct {
  char *last; /* the name that the walk has come to */
  gboolean ended;
} MuServiceListing;
#define MU_SERVICES_PART 64 /* rows */

/* [{"service":"redis","state":"RUNNING"|"UNINSTALLING"|"FAILED","version":3,"plan":"deploy","status":"COMPLETE","steps":5,
 *   "complete":5,"pods":3,"uninstall":false,"error":null}], by name; and "yaml", the name of its spec file, when it was added by that; FAILED: the factory failed at restart, error says why. */
/* The next part of its text, which has one line; the caller frees. Not after the end. */
char *mu_view_services_part(MuMultiServiceEventClient *client, MuServiceListing *listing);
void mu_service_listing_clear(MuServiceListing *listing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuServiceListing, mu_service_listing_clear)
/* The name of the service, which may be given in its sanitized form; NULL: there is none. Borrowed. */
const char *mu_view_service_name(MuMultiServiceEventClient *client, const char *name);
/* The same row and "target" (configuration id), "configurations", "rejected" (errors of the last refused update), "web-url" and for
 * an uninstall "holdouts". */
json_t *mu_view_service(MuMultiServiceEventClient *client, const char *name, GError **error);
/* The configurations that are kept, the newest first. */
json_t *mu_view_history(MuMultiServiceEventClient *client, const char *name, GError **error);
/* The context the service was added with; borrowed bytes in a new reference. */
GBytes *mu_view_context(MuMultiServiceEventClient *client, const char *name, gint64 *ret_version, GError **error);
/* The target ServiceSpec as canonical JSON. */
json_t *mu_view_spec(MuMultiServiceEventClient *client, const char *name, GError **error);
/* ["deploy","recovery"] */
json_t *mu_view_plans(MuMultiServiceEventClient *client, const char *name, GError **error);
/* {"phases":[{"id","name","steps":[{"id","status","name","message"}],"strategy","status"}],"errors":[],"strategy","status"} */
json_t *mu_view_plan(MuMultiServiceEventClient *client, const char *name, const char *plan, GError **error);
/* ["hello-0","world-0"] */
json_t *mu_view_pods(MuMultiServiceEventClient *client, const char *name, GError **error);
/* {"service","pods":[{"name":"hello","instances":[{"name":"hello-0","tasks":[{"id","name","status"}]}]}]}; pod not NULL: the
 * instance's object alone. An instance has also "agent" and "hostname", and "waiting" (see below) when it waits; a task "reason",
 * "message", "ready", "healthy", "since". An instance that is given up for good has "decommissioned": its tasks are DECOMMISSIONING,
 * and DECOMMISSIONED when an operator named it and nothing is left.
 * "waiting": {"since","step","plan","offers": n evaluated, "summary": text,
 *             "stages":[{"stage":"memory","refused":3,"example":"wanted 4096 MB, best offer had 1200 MB (agent host-1)"}]} */
json_t *mu_view_pod_status(MuMultiServiceEventClient *client, const char *name, const char *pod, GError **error);
/* [{"info":{…},"status":{…}|null,"record":{…}}]: each task that was launched as Mesos' messages TaskInfo and TaskStatus
 * (view_task_info.h), and as our own record of it. */
json_t *mu_view_pod_info(MuMultiServiceEventClient *client, const char *name, const char *pod, GError **error);
/* Where the task runs: `task` is a task's name (hello-0-server), or its id, or unique short form `hello-0` when the pod has one
 * task. Borrowed, until the next event. */
gboolean mu_view_task(MuMultiServiceEventClient *client, const char *name, const char *task, MuTaskPlace *ret_place,
                      GError **error);
/* {"status": …, "framework", "engine", "services", "subscribed", "store"}; service NULL: the whole. The HTTP status code to
 * answer with (200 when well) is set. */
json_t *mu_view_health(MuMultiServiceEventClient *client, const char *service, guint *ret_http_status, GError **error);
/* What a service's health was found from, one line a plan. */
json_t *mu_view_health_reasons(MuMultiServiceEventClient *client, const char *service, GError **error);
/* Prometheus text exposition; the caller frees. */
char *mu_view_metrics(MuMultiServiceEventClient *client);
/* The same numbers in the form of the reference's (Dropwizard): {"version","gauges":{name:{"value"}},"counters":{name:
 * {"count"}},"histograms":{},"meters":{},"timers":{}}. */
json_t *mu_view_metrics_json(MuMultiServiceEventClient *client);
#endif
