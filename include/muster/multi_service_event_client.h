/* MultiServiceEventClient: the multi-scheduler itself, between the engine and the services. It routes every event to the
 * service it concerns and gathers what the services want done. Pure logic: MultiServiceRunner gives it a clock, a
 * store and an engine. */
#ifndef MUSTER_MULTI_SERVICE_EVENT_CLIENT_H
#define MUSTER_MULTI_SERVICE_EVENT_CLIENT_H

#include <muster/multi_service_manager.h>
#include <muster/offer_discipline.h>
#include <muster/service_store.h>
#include <muster/uninstall_callback.h>

G_BEGIN_DECLS

typedef struct MuMultiServiceEventClient MuMultiServiceEventClient;

/* Takes manager, store and discipline (NULL: mu_offer_discipline_all()). `framework_name`: 1..200 bytes. */
MuMultiServiceEventClient *mu_multi_service_event_client_new(const char *framework_name,
                                                             MuMultiServiceManager *take_manager,
                                                             MuServiceStore *take_store,
                                                             MuOfferDiscipline *take_discipline);
/* NULL: none. */
void mu_multi_service_event_client_set_uninstall_callback(MuMultiServiceEventClient *client,
                                                          MuUninstallCallback callback, gpointer user);
/* NULL is let through. Not one that was given to a runner, which frees it. */
void mu_multi_service_event_client_free(MuMultiServiceEventClient *client);

typedef enum {
  MU_SERVICES_DYNAMIC, /* any, added and removed while the scheduler runs; the default */
  MU_SERVICES_STATIC,  /* those of a list, which is fixed while the scheduler runs */
  MU_SERVICES_MONO,    /* one, which is the whole framework: with its end the framework ends */
} MuServicesMode;

/* Which services there may be; before the client is given to a runner. `names` (copied, NULL-terminated) is the list of STATIC,
 * the one name of MONO, and not looked at for DYNAMIC. Another name is refused when it is added; of STATIC, a service of the
 * list cannot be removed, and one that the store has from an earlier start and the list has no more is removed at the start.
 * MONO: the removal, and the end by itself (`remove-when-finished`), of the service uninstalls the framework, and a state
 * that has other services is refused at the start. A MONO state can be started as DYNAMIC or STATIC under the same framework
 * name: the service goes on as one of its services. */
void mu_multi_service_event_client_set_services(MuMultiServiceEventClient *client, MuServicesMode mode,
                                                const char *const *names);
/* How many bytes each service may have in the store, all of its records together; before the client is given to a runner. 0: the
 * default, 256 MiB. What would exceed it is refused with MU_ERROR_TOO_LARGE, or waits (docs/architecture.md, "What one service may cost
 * the others"). */
void mu_multi_service_event_client_set_max_stored(MuMultiServiceEventClient *client, gsize bytes);
/* The context that the service was last added with; the caller's reference. NULL with MU_ERROR_NOT_FOUND. On the thread of the
 * main loop. */
GBytes *mu_multi_service_event_client_context(MuMultiServiceEventClient *client, const char *service, GError **error);
/* The services; borrowed, and the client's as long as that lives. For reading only (multi_service_manager.h,
 * service_report.h), on the thread of the main loop. */
MuMultiServiceManager *mu_multi_service_event_client_manager(MuMultiServiceEventClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMultiServiceEventClient, mu_multi_service_event_client_free)

G_END_DECLS
#endif
