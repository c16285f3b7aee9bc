#include "exec_disk.h"
#include "exec_spawn.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define DU "/usr/bin/du"

static void on_watch_timer(gpointer user);

void mu_exec_disk_init(MuExecTask *task) {
  task->disk.output.fd = -1;
  mu_exec_timer_init(&task->disk.timer, task->host->loop, on_watch_timer, task);
}

static const MuExecVolume *watched_volume(const MuExecTask *task) {
  return task->disk.at < task->spec->volumes->len ? task->spec->volumes->pdata[task->disk.at] : NULL;
}

/* The next volume that has a limit; after the last one it is the first one's turn, later. */
static void go_on(MuExecTask *task) {
  const MuExecVolume *volume;
  while ((volume = watched_volume(task)) && volume->size_mb <= 0)
    task->disk.at++;
  if (volume) {
    mu_exec_timer_set(&task->disk.timer, mu_exec_now_ms());
    return;
  }
  task->disk.at = 0;
  mu_exec_timer_set(&task->disk.timer, mu_exec_now_ms() + task->launch->disk_watch_ms);
}

void mu_exec_disk_start(MuExecTask *task) {
  gboolean any = FALSE;
  for (guint i = 0; i < task->spec->volumes->len; i++)
    any = any || ((const MuExecVolume *)task->spec->volumes->pdata[i])->size_mb > 0;
  if (any && task->launch->disk_watch_ms > 0)
    mu_exec_timer_set(&task->disk.timer, mu_exec_now_ms() + task->launch->disk_watch_ms);
}

/* As the executor: what the task made unreadable counts as well. */
static void on_watch_timer(gpointer user) {
  MuExecTask *task = user;
  const MuExecVolume *volume = watched_volume(task);
  if (!volume || volume->size_mb <= 0) {
    go_on(task);
    return;
  }
  g_autoptr(GError) error = NULL;
  static const GPtrArray no_rlimits;
  char *argv[] = {(char *)DU, (char *)"-skx", (char *)"--", volume->source, NULL};
  char *env[] = {NULL};
  int write_fd = -1;
  MuExecSpawn spawn = {
      .argv = argv, .envp = env, .cwd_fd = task->sandbox_fd, .task = &task->as_executor, .rlimits = &no_rlimits};
  if (!mu_exec_stream_open(&task->disk.output, task->host->loop, NULL, MU_EXEC_TAIL, &write_fd, &error))
    return;
  spawn.out_fd = spawn.err_fd = write_fd;
  pid_t pid = mu_exec_spawn(&spawn, NULL, &error);
  close(write_fd);
  task->disk.pid = MAX(pid, 0);
  if (pid > 0)
    g_hash_table_insert(task->host->children, GINT_TO_POINTER(pid), task);
  else
    mu_exec_stream_close(&task->disk.output); /* no du: nothing can be watched */
}

/* What du says last is the sum, whatever it could not read. */
static gint64 read_sum_mb(const char *text) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  gint64 kb = 0;
  for (char **line = lines; *line; line++)
    if (g_ascii_isdigit(**line))
      kb = g_ascii_strtoll(*line, NULL, 10);
  return (kb + 1023) / 1024;
}

gboolean mu_exec_disk_reaped(MuExecTask *task, pid_t pid, int status) {
  (void)status;
  if (pid != task->disk.pid)
    return FALSE;
  const MuExecVolume *volume = watched_volume(task);
  task->disk.pid = 0;
  mu_exec_stream_drain(&task->disk.output);
  gint64 sum_mb = read_sum_mb(task->disk.output.tail ? task->disk.output.tail->str : "");
  mu_exec_stream_close(&task->disk.output);
  if (task->state != MU_EXEC_TASK_RUNNING) /* stopped meanwhile */
    return TRUE;
  if (sum_mb > volume->size_mb) {
    g_autofree char *message =
        g_strdup_printf("the volume '%s' holds %" G_GINT64_FORMAT " MB, more than its size of %" G_GINT64_FORMAT " MB",
                        volume->path, sum_mb, volume->size_mb);
    mu_exec_task_end_over_disk(task, message);
    return TRUE;
  }
  task->disk.at++;
  go_on(task);
  return TRUE;
}

void mu_exec_disk_stop(MuExecTask *task) {
  mu_exec_timer_clear(&task->disk.timer);
  if (task->disk.pid > 0)
    kill(task->disk.pid, SIGKILL);
}

void mu_exec_disk_clear(MuExecTask *task) {
  mu_exec_timer_clear(&task->disk.timer);
  mu_exec_stream_close(&task->disk.output);
}
