/* What services have to do with each other: `depends-on`. A rollout waits while something that its configuration depends on is
 * not there (mu_service_set_unmet). Who depends on a service is kept by name, so that an event of it costs nothing to those
 * that do not, and a service that is not there can be waited for. */
#ifndef MU_DEPENDENCIES_H
#define MU_DEPENDENCIES_H
#include "client_private.h"

void mu_depend_init(MuMultiServiceEventClient *client);
void mu_depend_clear(MuMultiServiceEventClient *client);
/* Notes what the service's target depends on, in place of what was noted; nothing for one that is on its way out. After each
 * change of the target or the state. */
void mu_depend_note(MuMultiServiceEventClient *client, MuService *service);
/* Forgets it; before it is freed. Those that depend on it look again. */
void mu_depend_forget(MuMultiServiceEventClient *client, MuService *service);
/* Finds what of it is not there; before the service is settled. */
void mu_depend_find_unmet(MuMultiServiceEventClient *client, MuService *service);
/* Something of the service changed: those whose rollout may wait for it look again. */
void mu_depend_notify(MuMultiServiceEventClient *client, const MuService *service);
/* Another service that goes on depends on it. */
gboolean mu_depend_is_needed(const MuMultiServiceEventClient *client, const MuService *service);
/* MU_ERROR_CONFLICT naming those that depend on the service. */
gboolean mu_depend_check_remove(MuMultiServiceEventClient *client, const MuService *service, GError **error);
/* MU_ERROR_REFUSED naming the cycle that the spec, as the target of service `name`, would close. */
gboolean mu_depend_check_cycle(MuMultiServiceEventClient *client, const char *name, const MuServiceSpec *spec,
                               GError **error);
/* When there is any, adds "depends_on": [{"service","plan" or "pod","reason": null when it is there}] and "needed_by": [names] to the object. */
void mu_depend_view(MuMultiServiceEventClient *client, const MuService *service, json_t *json);
#endif
