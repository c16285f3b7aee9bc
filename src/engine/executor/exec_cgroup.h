/* The cgroup of one task: made before it starts, limits set, the task put in as it is forked, killed as a whole, removed.
 * Up to four hierarchies at once: v2 (tracking, and limits where its controllers are on), v1 cpu, memory and freezer.
 * v1: a process puts itself in by writing "0" to `tasks`, which, unlike cgroup.procs, needs no RCU grace period (10 ms). */
#ifndef MU_EXEC_CGROUP_H
#define MU_EXEC_CGROUP_H
#include "exec_launch.h"

#define MU_EXEC_CGROUP_V1 3
typedef struct {
  char *v2;                    /* folder, or NULL */
  char *v1[MU_EXEC_CGROUP_V1]; /* cpu, memory, freezer; folders, or NULL */
  gboolean v2_memory;
} MuExecCgroup;

/* Makes the folders and sets the limits. What cannot be had is left out: the reasons are appended to `ret_warnings`. */
void mu_exec_cgroup_init(MuExecCgroup *cgroup, const MuExecCgroupRoots *roots, const MuExecTaskSpec *task,
                         GString *ret_warnings);
/* Names the folders without touching them: for a task of an executor that died. */
void mu_exec_cgroup_find(MuExecCgroup *cgroup, const MuExecCgroupRoots *roots, const char *task_id);
/* Some hierarchy knows every process of the task, wherever it went. */
gboolean mu_exec_cgroup_tracks(const MuExecCgroup *cgroup);
/* SIGKILLs every process in it. TRUE when there was none left. */
gboolean mu_exec_cgroup_kill(const MuExecCgroup *cgroup);
/* The kernel killed a process of it for want of memory. */
gboolean mu_exec_cgroup_was_oom(const MuExecCgroup *cgroup);
/* Descriptors for the fork: of the v2 folder (-1: none), and of the v1 `tasks` files (-1: none). The caller closes. */
void mu_exec_cgroup_open(const MuExecCgroup *cgroup, int *ret_v2, int ret_v1[MU_EXEC_CGROUP_V1]);
/* Removes the folders (they must be empty of processes) and forgets them. */
void mu_exec_cgroup_clear(MuExecCgroup *cgroup);

/* cpu.shares for thousandths of a core, as Mesos: 1024 a core, at least 2; and the cpu.weight that equals it. */
gint64 mu_exec_cpu_shares(gint64 cpus_milli);
gint64 mu_exec_cpu_weight(gint64 cpus_milli);
#endif
