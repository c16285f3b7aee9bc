/* muster-executor: runs the tasks of one pod, detached from the scheduler that started it, until every task has ended and
 * the scheduler says that it has every status.
 *
 * Its present folder is its own, made by the engine: launch-<n>.json (exec_launch.h), log (exec_status_log.h), control.sock
 * (exec_link.h). Descriptor 3, when open, is the first connection; descriptor 4 is the folder with an flock on it that is
 * held as long as this process lives: by it the engine knows who is alive, whatever pids were reused. */
#ifndef MU_EXECUTOR_H
#define MU_EXECUTOR_H

#define MU_EXECUTOR_LINK_FD 3
#define MU_EXECUTOR_LOCK_FD 4

/* `muster-executor <executor id>`: a launch. `muster-executor --recover <executor id>`: the executor of this folder died;
 * kills what is left of its tasks, reports them as failed, and ends when that is acknowledged. The exit status. */
int mu_executor_main(int argc, char **argv);
#endif
