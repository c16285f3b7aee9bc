#include "exec_tree.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH 256

/* "pid (comm) S ppid pgrp session …"; comm may hold anything, so the last ')' counts. Field 22 is the start time. */
static gboolean read_stat(pid_t pid, MuExecProc *proc, char *ret_state) {
  char path[64];
  g_snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  const char *at = strrchr(text, ')');
  int ppid = 0, pgrp = 0, sid = 0;
  unsigned long long start = 0;
  if (!at || sscanf(at + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", ret_state,
                    &ppid, &pgrp, &sid, &start) != 5)
    return FALSE;
  *proc = (MuExecProc){.ppid = ppid, .sid = sid, .start = start};
  return TRUE;
}

gboolean mu_exec_proc_read(pid_t pid, MuExecProc *ret_proc) {
  char state;
  return read_stat(pid, ret_proc, &state);
}

gboolean mu_exec_proc_has_task_id(pid_t pid, const char *task_id) {
  char path[64];
  g_snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
  g_autofree char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents(path, &text, &length, NULL))
    return FALSE;
  g_autofree char *wanted = g_strconcat("MUSTER_TASK_ID=", task_id, NULL);
  for (const char *at = text; at < text + length; at += strlen(at) + 1)
    if (g_str_equal(at, wanted))
      return TRUE;
  return FALSE;
}

static void for_each_process(void (*func)(pid_t pid, gpointer user), gpointer user) {
  DIR *proc = opendir("/proc");
  if (!proc)
    return;
  for (struct dirent *entry; (entry = readdir(proc));)
    if (g_ascii_isdigit(entry->d_name[0]))
      func((pid_t)atoi(entry->d_name), user);
  closedir(proc);
}

typedef struct {
  pid_t parent;
  GArray *pids;
} ChildScan;

static void add_if_child(pid_t pid, gpointer user) {
  ChildScan *scan = user;
  MuExecProc proc;
  if (mu_exec_proc_read(pid, &proc) && proc.ppid == scan->parent)
    g_array_append_val(scan->pids, pid);
}

void mu_exec_proc_children(pid_t pid, GArray *ret_pids) {
  char path[64];
  g_snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL)) { /* no CONFIG_PROC_CHILDREN, or gone */
    ChildScan scan = {.parent = pid, .pids = ret_pids};
    if (!g_file_test("/proc/self/task", G_FILE_TEST_IS_DIR) || kill(pid, 0) == 0)
      for_each_process(add_if_child, &scan);
    return;
  }
  for (char *at = text, *end;; at = end) {
    pid_t child = (pid_t)strtol(at, &end, 10);
    if (end == at)
      return;
    g_array_append_val(ret_pids, child);
  }
}

static guint kill_one(pid_t pid) {
  MuExecProc proc;
  char state = 0;
  if (!read_stat(pid, &proc, &state) || state == 'Z' || state == 'X')
    return 0;
  return kill(pid, SIGKILL) == 0 ? 1 : 0;
}

/* A parent before its children, so that a shell does not live to print "Killed". What it forked in between comes to us, the
 * subreaper, where the next round finds it. */
static guint kill_below(pid_t pid, int depth) {
  g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(pid_t));
  mu_exec_proc_children(pid, children);
  guint shot = kill_one(pid);
  for (guint i = 0; i < children->len && depth < MAX_DEPTH; i++)
    shot += kill_below(g_array_index(children, pid_t, i), depth + 1);
  return shot;
}

guint mu_exec_tree_kill_below(pid_t pid) {
  return kill_below(pid, 0);
}

guint mu_exec_tree_kill(pid_t main_pid, const char *task_id, GHashTable *ours, pid_t nurse, gboolean all_orphans) {
  g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(pid_t));
  guint shot = 0;
  mu_exec_proc_children(getpid(), children);
  if (nurse > 0)
    mu_exec_proc_children(nurse, children);
  for (guint i = 0; i < children->len; i++) {
    pid_t pid = g_array_index(children, pid_t, i);
    MuExecProc proc;
    if (pid == main_pid) {
      shot += kill_below(pid, 0);
      continue;
    }
    if (g_hash_table_contains(ours, GINT_TO_POINTER(pid)) || !mu_exec_proc_read(pid, &proc))
      continue;
    if (all_orphans || (main_pid > 0 && proc.sid == main_pid) || mu_exec_proc_has_task_id(pid, task_id))
      shot += kill_below(pid, 0);
  }
  return shot;
}

typedef struct {
  pid_t main_pid;
  gboolean session_is_ours;
  const char *task_id;
  guint shot;
} Abandoned;

static void kill_if_abandoned(pid_t pid, gpointer user) {
  Abandoned *task = user;
  MuExecProc proc;
  if (pid == getpid() || pid <= 1 || !mu_exec_proc_read(pid, &proc))
    return;
  if ((task->session_is_ours && proc.sid == task->main_pid) || mu_exec_proc_has_task_id(pid, task->task_id))
    task->shot += kill_one(pid);
}

guint mu_exec_tree_kill_abandoned(pid_t main_pid, guint64 start, const char *task_id) {
  Abandoned task = {.main_pid = main_pid, .task_id = task_id};
  MuExecProc leader;
  /* While any process of a session lives its leader's pid is not given to another: a leader with another start time means
   * that the session is another's. */
  task.session_is_ours = main_pid > 1 && (!mu_exec_proc_read(main_pid, &leader) || leader.start == start);
  for_each_process(kill_if_abandoned, &task);
  return task.shot;
}

char *mu_exec_boot_id(void) {
  char *text = NULL;
  if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
    return g_strdup("");
  return g_strstrip(text);
}
