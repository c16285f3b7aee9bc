/* The processes of a task's checks: started when due, killed whole when they time out. */
#include "exec_image.h"
#include "exec_task.h"
#include "exec_tree.h"
#include <signal.h>
#include <unistd.h>

static void on_check_timer(gpointer user);

static void arm(MuExecCheckRun *run) {
  mu_exec_timer_set(&run->timer, run->check.due_ms);
}

void mu_exec_task_checks_init(MuExecTask *task) {
  for (int kind = 0; kind < 2; kind++) {
    MuExecCheckRun *run = &task->checks[kind];
    run->task = task;
    run->output.fd = -1;
    mu_exec_timer_init(&run->timer, task->host->loop, on_check_timer, run);
    mu_exec_check_init(&run->check, kind, kind == MU_EXEC_HEALTH ? &task->spec->health : &task->spec->readiness, 0);
    run->check.due_ms = G_MAXINT64;
  }
}

void mu_exec_task_checks_start(MuExecTask *task) {
  for (int kind = 0; kind < 2; kind++) {
    MuExecCheckRun *run = &task->checks[kind];
    mu_exec_check_init(&run->check, kind, run->check.spec, mu_exec_now_ms());
    arm(run);
  }
}

static void take_tail(MuExecCheckRun *run, const char *what) {
  mu_exec_stream_drain(&run->output);
  g_autofree char *tail = g_utf8_make_valid(run->output.tail ? run->output.tail->str : "", -1);
  g_strstrip(tail);
  g_free(run->message);
  run->message = *tail ? g_strdup_printf("%s: %s", what, tail) : g_strdup(what);
}

static void judge(MuExecCheckRun *run, gboolean ok, const char *how) {
  MuExecTask *task = run->task;
  gboolean health = run->check.kind == MU_EXEC_HEALTH;
  g_autofree char *what = g_strdup_printf("%s check %s", health ? "health" : "readiness", ok ? "passed" : how);
  take_tail(run, what);
  mu_exec_stream_close(&run->output);
  MuExecCheckVerdict verdict = mu_exec_check_result(&run->check, ok, mu_exec_now_ms());
  arm(run);
  if (verdict != MU_EXEC_CHECK_SILENT)
    task->host->report(task->host->user, task, "TASK_RUNNING",
                       health ? "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED" : "REASON_TASK_CHECK_STATUS_UPDATED",
                       ok ? what : run->message);
  if (verdict == MU_EXEC_CHECK_KILL)
    mu_exec_task_end_unhealthy(task);
}

static void begin(MuExecCheckRun *run) {
  MuExecTask *task = run->task;
  g_autoptr(GError) error = NULL;
  int write_fd = -1;
  char *shell[] = {(char *)"/bin/sh", (char *)"-c", run->check.spec->cmd, NULL};
  g_autoptr(GPtrArray) exec =
      task->launch->image ? mu_exec_image_check(task->launch, task->spec, run->check.spec->cmd) : NULL;
  mu_exec_check_started(&run->check, mu_exec_now_ms());
  run->timed_out = FALSE;
  if (mu_exec_stream_open(&run->output, task->host->loop, NULL, MU_EXEC_TAIL, &write_fd, &error)) {
    MuExecSpawn spawn = mu_exec_task_plan(task, exec ? (char *const *)exec->pdata : shell, NULL, exec != NULL);
    spawn.out_fd = spawn.err_fd = write_fd;
    run->pid = mu_exec_spawn(&spawn, NULL, &error);
    close(write_fd);
  }
  if (error) {
    run->pid = 0;
    judge(run, FALSE, error->message);
    return;
  }
  g_hash_table_insert(task->host->children, GINT_TO_POINTER(run->pid), task);
  arm(run);
}

static void kill_check(const MuExecCheckRun *run) {
  mu_exec_tree_kill_below(run->pid); /* also what left the group */
  kill(-run->pid, SIGKILL);
}

static void on_check_timer(gpointer user) {
  MuExecCheckRun *run = user;
  if (!run->check.running) {
    begin(run);
    return;
  }
  run->timed_out = TRUE; /* its end comes through SIGCHLD */
  kill_check(run);
}

gboolean mu_exec_task_checks_reaped(MuExecTask *task, pid_t pid, int status) {
  for (int kind = 0; kind < 2; kind++) {
    MuExecCheckRun *run = &task->checks[kind];
    if (run->pid != pid)
      continue;
    kill(-pid, SIGKILL); /* what it left behind */
    run->pid = 0;
    if (!run->check.running) { /* stopped meanwhile */
      mu_exec_stream_close(&run->output);
      return TRUE;
    }
    g_autofree char *how = run->timed_out
                               ? g_strdup_printf("timed out after %" G_GINT64_FORMAT " ms", run->check.spec->timeout_ms)
                               : mu_exec_describe_exit(status);
    judge(run, !run->timed_out && status == 0, how);
    return TRUE;
  }
  return FALSE;
}

void mu_exec_task_checks_stop(MuExecTask *task) {
  for (int kind = 0; kind < 2; kind++) {
    MuExecCheckRun *run = &task->checks[kind];
    mu_exec_check_stop(&run->check);
    mu_exec_timer_clear(&run->timer);
    if (run->pid > 0)
      kill_check(run);
  }
}
