/* A command beside a task, for whoever has the connection that came with the request: in the task's namespaces, cgroup and sandbox, as
 * its user, with its environment, limits and filter. With a terminal, standard output and error are one. When the connection ends so
 * does the command, with all that is in its process group; when the task ends, too, for it is of the task's tree. */
#ifndef MU_EXEC_SESSION_H
#define MU_EXEC_SESSION_H
#include "exec_frame.h"
#include "exec_task.h"

#define MU_EXEC_MAX_SESSIONS 16 /* of one task */

/* Begins one; takes the descriptor of the connection, over which everything else is told, why it cannot be begun included. */
void mu_exec_session_start(MuExecTask *task, const MuExecRequest *request, int take_fd);
/* A process of host->children that was one of the task's sessions' has ended. FALSE: it was none. */
gboolean mu_exec_session_reaped(MuExecTask *task, pid_t pid, int status);
/* Ends all: what is under way is killed, and its client told so. */
void mu_exec_sessions_end(MuExecTask *task);
#endif
