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
void mu_multi_service_event_client_free(MuMultiServiceEventClient *client);
MuMultiServiceManager *mu_multi_service_event_client_manager(MuMultiServiceEventClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMultiServiceEventClient, mu_multi_service_event_client_free)

G_END_DECLS
#endif
