/* The store of secrets: a folder of the state folder, shared by the scheduler, which puts, lists and removes, and by the
 * programs that hand secrets to tasks. Every write is a whole file, durable, then renamed.
 *
 *   <dir>/        0700
 *   <dir>/key     0600: 32 random bytes, or a link to where an operator keeps them
 *   <dir>/lock    flock: the key and the CA are made once
 *   <dir>/values/ one file for each secret: its name with `%` for `/`, the content sealed with the key (secret_box.h)
 *
 * Names whose first part begins with a `.` are our own: `.ca` (the authority), `.tls` (tasks' certificates). They are not
 * listed, and nobody from outside can name them. */
#ifndef MU_SECRET_STORE_H
#define MU_SECRET_STORE_H
#include "secret_name.h"
#include <glib.h>

typedef struct MuSecretStore MuSecretStore;

typedef struct {
  char *name;
  gint64 changed_ms; /* wall clock */
} MuSecretInfo;

/* Makes the folder and the key when they are not there. MU_ERROR_REFUSED when others could read them. */
MuSecretStore *mu_secret_store_open(const char *dir, GError **error);
void mu_secret_store_free(MuSecretStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuSecretStore, mu_secret_store_free)

/* Durable when it returns TRUE. `ret_created`: there was none of the name; may be NULL. MU_ERROR_TOO_LARGE above
 * MU_SECRET_MAX_BYTES; MU_ERROR_CONFLICT above MU_SECRET_MAX_COUNT secrets. */
gboolean mu_secret_store_put(MuSecretStore *store, const char *name, GBytes *value, gboolean *ret_created,
                             GError **error);
/* MU_ERROR_NOT_FOUND. The caller unrefs; the memory is wiped then. */
GBytes *mu_secret_store_get(MuSecretStore *store, const char *name, GError **error);
/* As get, for a service: MU_ERROR_REFUSED when it may not use the secret. Both errors say what to do. */
GBytes *mu_secret_store_get_for(MuSecretStore *store, const char *service, const char *name, GError **error);
/* MU_ERROR_NOT_FOUND. */
gboolean mu_secret_store_remove(MuSecretStore *store, const char *name, GError **error);
/* Of MuSecretInfo*, by name; never values. */
GPtrArray *mu_secret_store_list(MuSecretStore *store, GError **error);

/* ---- our own names: no check, not listed ---- */

gboolean mu_secret_store_put_own(MuSecretStore *store, const char *name, GBytes *value, GError **error);
/* Removes every secret of ours whose name begins with the prefix. */
gboolean mu_secret_store_remove_own(MuSecretStore *store, const char *prefix, GError **error);
/* Of char*: names of ours that begin with the prefix. */
GPtrArray *mu_secret_store_list_own(MuSecretStore *store, const char *prefix, GError **error);
/* An exclusive lock among processes, until closed; -1 with an error. */
int mu_secret_store_lock(MuSecretStore *store, GError **error);

/* Removes the folder with all that is in it: after an uninstall. A key that lies elsewhere stays there. */
void mu_secret_store_erase(const char *dir);
#endif
