/* The sandbox of one run of a task, the folder it works in: volumes appear in it as symlinks, templates in `.muster/`. Which
 * of its symlinks are volumes stands in a file that the task's user cannot write: a JSON array of {"path":…,"source":…}, by
 * which the engine lets readers of the sandbox into them. */
#ifndef MU_EXEC_SANDBOX_H
#define MU_EXEC_SANDBOX_H
#include "exec_launch.h"

#define MU_EXEC_OWN_DIR ".muster" /* in the sandbox: what is ours, the user's alone to read */

/* Makes it all, owned by the task's user. A descriptor of the sandbox, or -1. */
int mu_exec_sandbox_make(const MuExecTaskSpec *task, GError **error);
/* Makes what a host volume is mounted on: a folder, or an empty file when the host's path is one; of the sandbox's owner. What
 * is there already is taken. */
gboolean mu_exec_sandbox_make_place(const char *sandbox, const MuExecHostVolume *volume, GError **error);
/* The task's environment with what it must have: PATH, HOME, MESOS_SANDBOX, MUSTER_TASK_ID. NULL-terminated strings. */
GPtrArray *mu_exec_sandbox_environment(const MuExecTaskSpec *task);
/* Writes a file into MU_EXEC_OWN_DIR. */
gboolean mu_exec_sandbox_write(int sandbox_fd, const MuExecTaskSpec *task, const char *name, const char *text,
                               GError **error);
/* Makes a folder of the task's user at a relative path (it may be there), and those above it. */
gboolean mu_exec_sandbox_make_folder(int sandbox_fd, const MuExecTaskSpec *task, const char *path, mode_t mode,
                                     GError **error);
/* Puts a symlink at a relative path, in folders that are made; nothing may be there. */
gboolean mu_exec_sandbox_link(int sandbox_fd, const MuExecTaskSpec *task, const char *path, const char *target,
                              GError **error);
/* Path in the sandbox of the n-th template; the caller frees. */
char *mu_exec_sandbox_template_path(const MuExecTaskSpec *task, guint n);
#endif
