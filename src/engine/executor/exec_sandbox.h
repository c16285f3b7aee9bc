/* The folder of one run of a task: `<run_dir>/run.json` (whose run it is and where its volumes are; the engine reads it),
 * and `<run_dir>/sandbox/`, where the task works: volumes appear in it as symlinks, templates in `.muster/`. */
#ifndef MU_EXEC_SANDBOX_H
#define MU_EXEC_SANDBOX_H
#include "exec_launch.h"

/* Makes it all, owned by the task's user. A descriptor of sandbox/, or -1. */
int mu_exec_sandbox_make(const MuExecLaunch *launch, const MuExecTaskSpec *task, GError **error);
/* The task's environment with what it must have: PATH, HOME, MESOS_SANDBOX, MUSTER_TASK_ID. NULL-terminated strings. */
GPtrArray *mu_exec_sandbox_environment(const MuExecTaskSpec *task);
/* Path in the sandbox of the n-th template; the caller frees. */
char *mu_exec_sandbox_template_path(const MuExecTaskSpec *task, guint n);
#endif
