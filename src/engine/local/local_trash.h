/* Deleting without waiting: what is to go is renamed into <state_dir>/trash at once, and removed by a worker thread. What
 * a crash left there is removed at the next start. What lies on another file system is renamed beside itself, to
 * `trash-<number>`: whoever keeps something there removes what such names a crash left. The folder that it was in is
 * removed with it when it is empty. */
#ifndef MU_LOCAL_TRASH_H
#define MU_LOCAL_TRASH_H
#include <glib.h>

typedef struct MuLocalTrash MuLocalTrash;

/* `emptied` is called in the context whenever the last counted deletion under way has ended. */
MuLocalTrash *mu_local_trash_new(const char *path, GMainContext *context, void (*emptied)(gpointer user), gpointer user,
                                 GError **error);
/* Stops the worker, which leaves the rest for the next start. */
void mu_local_trash_free(MuLocalTrash *trash);
/* TRUE when the path is gone from where it was (also when it was not there). */
gboolean mu_local_trash_take(MuLocalTrash *trash, const char *path, gboolean counted, GError **error);
/* Removes it, whatever it is called, by the worker. */
void mu_local_trash_remove(MuLocalTrash *trash, const char *path);
/* A counted deletion is under way. */
gboolean mu_local_trash_is_busy(const MuLocalTrash *trash);
#endif
