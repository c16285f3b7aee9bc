/* The state folder of a scheduler: who has it, and the files in it that are the runner's own. The CLI finds a scheduler
 * by this folder: `muster.sock`, `url` and `token` are its address.
 *
 *   lock         held (flock) while a scheduler has the folder; its text is that scheduler's process id
 *   token        the bearer token of the API, 0600, kept over restarts
 *   url          the TCP address, while the scheduler runs and listens
 *   muster.sock  the unix socket
 *   store.db*    the store
 *   secrets/     secrets, keys and certificates (secret_store.h)
 *   engine/      the local engine's */
#ifndef MU_STATE_DIR_H
#define MU_STATE_DIR_H
#include <glib.h>

#define MU_STATE_DIR_SECRETS "secrets"

typedef struct MuStateDir MuStateDir;

/* Makes the folder (0700, for root 0711, with its parents) when it is not there, takes the lock, and reads or makes the token. `path` NULL:
 * a temporary folder that mu_state_dir_close erases. MU_ERROR_CONFLICT: another scheduler has it, named by its process id;
 * MU_ERROR_REFUSED: the folder cannot be used, with the reason. */
MuStateDir *mu_state_dir_open(const char *path, GError **error);
/* Removes the address (`url`, `muster.sock`) and lets go of the lock. */
void mu_state_dir_close(MuStateDir *dir);
/* From now on mu_state_dir_close removes every file that is listed above, and the folder itself when nothing else is in
 * it: after an uninstall. Throw-away folders are erased from the start. */
void mu_state_dir_set_erase(MuStateDir *dir);
gboolean mu_state_dir_is_throw_away(const MuStateDir *dir);
/* Absolute. Borrowed. */
const char *mu_state_dir_path(const MuStateDir *dir);
const char *mu_state_dir_token(const MuStateDir *dir);
const char *mu_state_dir_socket(const MuStateDir *dir);
/* The path of a file of this name in the folder; the caller frees. */
char *mu_state_dir_file(const MuStateDir *dir, const char *name);
/* Writes `url` for the CLI. */
gboolean mu_state_dir_write_url(MuStateDir *dir, const char *url, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuStateDir, mu_state_dir_close)
#endif
