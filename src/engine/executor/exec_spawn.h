/* Starts one process as a task wants it: its own session, user, limits, cgroup, folder, output; nothing inherited. */
#ifndef MU_EXEC_SPAWN_H
#define MU_EXEC_SPAWN_H
#include "exec_cgroup.h"
#include "exec_seccomp.h"
#include "exec_space.h"

typedef struct {
  char *const *argv;
  char *const *envp;
  int cwd_fd;                 /* folder to start in, which is the task's sandbox */
  int in_fd;                  /* becomes 0; when it is 0, that is /dev/null */
  int out_fd, err_fd;         /* become 1 and 2 */
  gboolean has_terminal;      /* in_fd is the terminal of its session */
  const MuExecTaskSpec *task; /* user and groups */
  const GPtrArray *rlimits;   /* of MuExecRlimit* */
  const MuExecCgroup *cgroup; /* may be NULL */
  const MuExecSpace *space;   /* may be NULL, or none */
  const MuExecFilter *filter; /* of its system calls; NULL: none */
} MuExecSpawn;

/* The pid, a group and session leader, once its program has begun (exec succeeded); or -1 with MU_ERROR_FAILED that says
 * which step failed. `ret_lowered` (may be NULL): lines about rlimits that had to be lowered to the hard limit in force. */
pid_t mu_exec_spawn(const MuExecSpawn *spawn, GString *ret_lowered, GError **error);
#endif
