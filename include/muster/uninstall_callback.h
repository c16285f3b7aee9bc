/* UninstallCallback: told when a service is gone. */
#ifndef MUSTER_UNINSTALL_CALLBACK_H
#define MUSTER_UNINSTALL_CALLBACK_H

#include <glib.h>

G_BEGIN_DECLS

/* Called when the uninstall of the service is over: its tasks are dead, its resources released, its state erased; it leaves
 * the list of services after the call. It may be called again after a crash at that very moment: it must be idempotent.
 * Called on the thread of the main loop, which it must not block; `service` is borrowed. */
typedef void (*MuUninstallCallback)(const char *service, gpointer user);

G_END_DECLS
#endif
