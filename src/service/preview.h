/* What a configuration would do to a service, found by doing it to a copy: so the answer is what would happen. */
#ifndef MU_PREVIEW_H
#define MU_PREVIEW_H
#include "service.h"

/* Takes the scheduler. `service` is the present one, or one just made by mu_service_new() for a configuration that would be
 * its first; it is not changed, nor is anything in `effects`. MU_ERROR_REFUSED as mu_service_configure(). A new reference:
 *
 *   {"target": configuration id,
 *    "changes": [see spec_changes.h; against the present target],
 *    "plan": {"name": "update"|"deploy", "strategy", "phases": [{"name", "strategy",
 *             "steps": [{"name", "pod": "hello-0", "status", "tasks": ["server"]}]}]},    the steps that have work to do
 *    "decommission": ["hello-2"],                                                         in this order
 *    "pods": [{"name": "hello-0", "action": the strongest of its tasks', "tasks": [{"name": "server", "action": ACTION,
 *              "fields": ["cmd", "env.LEVEL"]}]}]}
 *
 * ACTION: "keep": it goes on as it is; "restart": it runs, and is started anew; "start": it does not run; "stop": it runs, and
 * the new configuration has no such task; "leave": it changed, but no step of the plan is for it: it goes on as it is until
 * it fails or is replaced; of a pod also "remove": it is decommissioned. `fields` is what differs from what the task runs
 * with. */
json_t *mu_service_preview(const MuService *service, MuServiceScheduler *take_scheduler, const MuEffects *effects,
                           GError **error);
#endif
