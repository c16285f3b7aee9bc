/* Process trees by /proc: what belongs to a task, for killing it as a whole where no cgroup tracks it. */
#ifndef MU_EXEC_TREE_H
#define MU_EXEC_TREE_H
#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t ppid, sid;
  guint64 start; /* clock ticks after boot: with the pid, it names a process for good */
} MuExecProc;

/* FALSE: there is no such process. */
gboolean mu_exec_proc_read(pid_t pid, MuExecProc *ret_proc);
/* /proc/<pid>/environ has MUSTER_TASK_ID=<task_id>. */
gboolean mu_exec_proc_has_task_id(pid_t pid, const char *task_id);
/* Children of a process: from /proc/<pid>/task/<pid>/children, or by scanning /proc. Appends pid_t. */
void mu_exec_proc_children(pid_t pid, GArray *ret_pids);
/* SIGKILLs a process and all its descendants; how many it shot at, zombies not counted. */
guint mu_exec_tree_kill_below(pid_t pid);
/* SIGKILLs what is left of a task below this process, a subreaper: descendants of its `main_pid`, and orphans that came
 * to us, or to `nurse` (the holder of a pid namespace; 0: none), whose session is the task's or whose environment names it;
 * with `all_orphans`, every orphan. `ours` (of pid_t as
 * pointers, a set) are our children that are not orphans. Returns how many it shot at; zombies do not count. */
guint mu_exec_tree_kill(pid_t main_pid, const char *task_id, GHashTable *ours, pid_t nurse, gboolean all_orphans);
/* SIGKILLs what is left of a task whose executor died: looks through all of /proc. `start` is the main process's. */
guint mu_exec_tree_kill_abandoned(pid_t main_pid, guint64 start, const char *task_id);
/* The kernel's id of this boot; the caller frees. */
char *mu_exec_boot_id(void);
#endif
