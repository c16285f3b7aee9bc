/* ServiceFactory: builds a service from its name and its context, the bytes that it was added with. */
#ifndef MUSTER_SERVICE_FACTORY_H
#define MUSTER_SERVICE_FACTORY_H

#include <muster/scheduler_builder.h>

G_BEGIN_DECLS

/* Must be a function of its arguments: it is called when a service is added or reconfigured (before anything is stored)
 * and again at every start of the scheduler; of a service that is being removed only where code has a say in that
 * (mu_scheduler_builder_set_uninstall_customizer). Returns the scheduler of the service, whose spec must carry `name`; or NULL
 * with an error, which refuses the request; at a start the service is then shown as FAILED with that error, is not deleted,
 * and goes on with the configuration that it had. */
typedef MuServiceScheduler *(*MuServiceFactory)(const char *name, GBytes *context, gpointer user, GError **error);

/* The factory of `muster serve`. Its context is a JSON object:
 *   {"yaml": the ServiceSpec's text, "parameters": {"KEY": "value", …}, "files": {"path as in the spec": "text", …},
 *    "spec-file": "svc", "priority": 5, "quota": {"cpus": 4, "memory": 4096, "disk": 10000, "pods": 10},
 *    "depends-on": [{"service": "zookeeper", "pod": "node-0"}]}
 * of which only "yaml" is required; "spec-file" is the name that GET /v1/multi shows as "yaml", and the last three take the place of
 * those in the spec. A context that is not JSON is taken for the YAML itself.
 *   It has no code to bring along: where it is the store's factory, a start of the same muster takes what it made last time from the
 * store, and does not call it. */
MuServiceScheduler *mu_yaml_service_factory(const char *name, GBytes *bytes, gpointer user, GError **error);

G_END_DECLS
#endif
