/* Secrets, keys and certificates of a task: read by muster-secrets as the scheduler's own user, so that only the task's
 * environment and files on a tmpfs ever hold them.
 *
 * The files lie in `.muster/secrets/` of the sandbox, where they are wanted stand links to them. That folder is a tmpfs of
 * the task's own space, which only the task sees, and which goes with it. Where spaces cannot be had it is a link to a
 * folder on a tmpfs of the machine, of the task's user alone, removed when the task ends; without one the task fails. */
#ifndef MU_EXEC_SECRETS_H
#define MU_EXEC_SECRETS_H
#include "exec_launch.h"

#define MU_EXEC_SECRETS_DIR ".muster/secrets"
#define MU_EXEC_SECRETS_MAX (8 * 1024 * 1024) /* bytes of all variables together */

/* The task has some; it has some as files. */
gboolean mu_exec_secrets_wanted(const MuExecLaunch *launch, const MuExecTaskSpec *task);
gboolean mu_exec_secrets_have_files(const MuExecLaunch *launch, const MuExecTaskSpec *task);
/* Makes the folder, and the links to its files to be. */
gboolean mu_exec_secrets_make(const MuExecLaunch *launch, const MuExecTaskSpec *task, int sandbox_fd, GError **error);
/* There is no space, or the task is in a container of podman's: puts a link to a tmpfs of the machine in the folder's place. */
gboolean mu_exec_secrets_use_shm(const MuExecTaskSpec *task, int sandbox_fd, GError **error);
/* That folder, or NULL; the caller frees. */
char *mu_exec_secrets_shm(const MuExecTaskSpec *task);
/* Removes what mu_exec_secrets_use_shm made, when it did; also of a task whose executor died. */
void mu_exec_secrets_clear(const MuExecTaskSpec *task);
/* The arguments of muster-secrets, without the program, are appended. */
void mu_exec_secrets_arguments(const MuExecLaunch *launch, const MuExecTaskSpec *task, GPtrArray *argv);
/* What it printed, "KEY=value" with a NUL after each, takes the place of what the environment has of the same names. */
void mu_exec_secrets_take_env(GPtrArray *env, const char *text, gsize length);
#endif
