/* What may not change when one configuration of a service replaces another (behaviour.md 2; the reference's package
 * config.validate). The classes of that package which look at one configuration alone are elsewhere:
 *
 *   ServiceNameCannotContainDoubleUnderscores         mu_service_name_check (ids.h), at every reading
 *   PlacementRuleIsValid                              spec_placement.h, at every reading, with the place in the file
 *   ResourceLimitsMustExceedRequestedResources        spec_rules_resource.c, at every reading
 *   PodSpecsCannotUseUnsupportedFeatures              the engine's column in spec_fields.c (spec_engine.h)
 *   TaskSpecsCannotUseUnsupportedFeatures             likewise
 *   DomainCapabilityValidator                         spec_engine.c
 *   ServiceNameCannotBreakDNS                         mu_spec_validate_first
 *   TaskEnvCannotChange, ZoneValidator                <muster/config_validator.h>: for a framework's own rules
 *   TLSRequiresServiceAccount                         none: certificates come from the scheduler itself, without an account
 *   ServiceRoleCannotChangeOnIncompleteDeployment     none: the role is the scheduler's, and a spec cannot name one */
#ifndef MU_CONFIG_VALIDATE_H
#define MU_CONFIG_VALIDATE_H
#include <glib.h>
#include <muster/spec.h>

/* TRUE when `new_spec` may become the target of a service whose target is `old_spec`. MU_ERROR_REFUSED lists every rule that is
 * broken, a line each, with what to do instead:
 *
 *   - the service's name and scheduler.user stay; no user counts as root;
 *   - a pod type is removed only when it had allow-decommission, and its count lowered only when it now has it;
 *   - the volumes of a pod, and of a task that stays, stay (they hold data);
 *   - pre-reserved-role stays;
 *   - a pod neither leaves the agent's network nor joins it (its ports are reserved there or not);
 *   - the regions that a pod's placement names stay. */
gboolean mu_spec_validate_change(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GError **error);
/* The class of the reference that the rule stands for, "" for one of ours; NULL behind the last. */
const char *mu_spec_change_rule(guint index);
/* The same of a service's first configuration: its name, without slashes, is a part of DNS names. A service that has a longer
 * one already keeps it. */
gboolean mu_spec_validate_first(const MuServiceSpec *spec, GError **error);
#endif
