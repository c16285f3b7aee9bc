/* ServiceStore: keeps the context of every service, and rebuilds the services from them at a start. */
#ifndef MUSTER_SERVICE_STORE_H
#define MUSTER_SERVICE_STORE_H

#include <muster/service_factory.h>

G_BEGIN_DECLS

/* The largest context of a service: MU_ERROR_TOO_LARGE beyond it. */
#define MU_CONTEXT_MAX_BYTES (8u * 1024 * 1024)

/* Conditions on the version of a service that is to be added or reconfigured: none; and that it is not there yet. A service's
 * first context has version 1, and each that replaces it one more. */
#define MU_VERSION_ANY G_GINT64_CONSTANT(-1)
#define MU_VERSION_ABSENT G_GINT64_CONSTANT(0)

typedef struct MuServiceStore MuServiceStore;

/* `factory` builds the services from their contexts; `user` is given to it each time. Never fails; the caller owns the store,
 * until it is given to a MultiServiceEventClient. */

MuServiceStore *mu_service_store_new(MuServiceFactory factory, gpointer user);
/* NULL is let through. */
void mu_service_store_free(MuServiceStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuServiceStore, mu_service_store_free)

G_END_DECLS
#endif
