/* Watches how much the volumes of a task hold, and ends it when one holds more than it may: by du, since no quota of the kernel
 * can be relied on. In between a task can hold more: the disk itself is the only hard limit. */
#ifndef MU_EXEC_DISK_H
#define MU_EXEC_DISK_H
#include "exec_task.h"

/* Nothing is watched unless the launch says how often, and a volume how much it may hold. */
void mu_exec_disk_init(MuExecTask *task);
void mu_exec_disk_start(MuExecTask *task);
void mu_exec_disk_stop(MuExecTask *task);
gboolean mu_exec_disk_reaped(MuExecTask *task, pid_t pid, int status); /* FALSE: not its du */
void mu_exec_disk_clear(MuExecTask *task);
#endif
