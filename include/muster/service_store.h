/* ServiceStore: keeps the context of every service, and rebuilds the services from them at a start. */
#ifndef MUSTER_SERVICE_STORE_H
#define MUSTER_SERVICE_STORE_H

#include <muster/service_factory.h>

G_BEGIN_DECLS

typedef struct MuServiceStore MuServiceStore;

MuServiceStore *mu_service_store_new(MuServiceFactory factory, gpointer user);
void mu_service_store_free(MuServiceStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuServiceStore, mu_service_store_free)

G_END_DECLS
#endif
