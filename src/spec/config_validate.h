/* What may not change when one configuration of a service replaces another (behaviour.md 2; the reference's package
 * config.validate). Rules that look at one configuration alone are in spec_validate.h. */
#ifndef MU_CONFIG_VALIDATE_H
#define MU_CONFIG_VALIDATE_H
#include <glib.h>
#include <muster/spec.h>

/* TRUE when `new_spec` may become the target of a service whose target is `old_spec`. MU_ERROR_REFUSED lists every rule that is
 * broken, a line each, with what to do instead:
 *
 *   - the service's name and scheduler.user stay;
 *   - a pod type is removed only when it had allow-decommission, and its count lowered only when it has it;
 *   - the volumes of a pod, and of a task that stays, stay (they hold data);
 *   - pre-reserved-role stays;
 *   - a pod neither leaves the agent's network nor joins it (its ports are reserved there or not);
 *   - the regions that a pod's placement names stay. */
gboolean mu_spec_validate_change(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GError **error);
#endif
