/* MultiServiceManager: the services of the scheduler, by name. The scheduler fills it; a program makes it, gives it to a
 * MultiServiceEventClient, and from then on only reads it, on the thread of the main loop. */
#ifndef MUSTER_MULTI_SERVICE_MANAGER_H
#define MUSTER_MULTI_SERVICE_MANAGER_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct MuMultiServiceManager MuMultiServiceManager;

/* Empty. Never fails; the caller owns it, until it is given to a client. */
MuMultiServiceManager *mu_multi_service_manager_new(void);
/* NULL is let through. Not one that was given to a client, which frees it. */
void mu_multi_service_manager_free(MuMultiServiceManager *manager);
/* How many services there are, those being uninstalled included. */
guint mu_multi_service_manager_size(const MuMultiServiceManager *manager);
/* Their names, sorted; a NULL-terminated array that the caller frees with g_strfreev. */
char **mu_multi_service_manager_names(const MuMultiServiceManager *manager);
/* A name, or its form in task ids (`/` as `.`); one being uninstalled is there. */
gboolean mu_multi_service_manager_has(const MuMultiServiceManager *manager, const char *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMultiServiceManager, mu_multi_service_manager_free)

G_END_DECLS
#endif
