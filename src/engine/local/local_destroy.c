/* The end of an engine: every executor and task killed, everything of it removed. */
#include "json.h"
#include "local_private.h"
#include "remove_tree.h"
#include <fcntl.h>
#include <muster/error.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_US 2000
#define FORCED_MS 10000 /* for the second round, after the executors that did not listen were killed */

static gint64 now_ms(void) {
  return g_get_monotonic_time() / 1000;
}

static GPtrArray *all_executors(MuLocal *local) {
  GPtrArray *all = g_ptr_array_new();
  GHashTableIter iter;
  gpointer executor;
  g_hash_table_iter_init(&iter, local->executors);
  while (g_hash_table_iter_next(&iter, NULL, &executor))
    if (((MuLocalExecutor *)executor)->files > 0)
      g_ptr_array_add(all, executor);
  return all;
}

static gboolean has_running_task(const MuLocalExecutor *executor) {
  for (guint i = 0; i < executor->tasks->len; i++) {
    const MuLocalTask *task = executor->tasks->pdata[i];
    if (task->given && !task->ended)
      return TRUE;
  }
  return FALSE;
}

/* A dead one is started again to kill what it left. */
static void tell_to_end(MuLocalExecutor *executor) {
  g_autoptr(GError) error = NULL;
  if (!executor->line && !mu_local_executor_connect(executor) && mu_local_executor_lock(executor) && has_running_task(executor) &&
      !mu_local_executor_spawn(executor, TRUE, &error))
    g_warning("local engine: %s", error->message);
  if (!executor->line)
    return;
  g_autoptr(json_t) message = json_pack("{s:s}", "do", "shutdown");
  mu_local_line_send(executor->line, message);
}

static guint count_alive(const GPtrArray *executors) {
  guint alive = 0;
  for (guint i = 0; i < executors->len; i++)
    alive += !mu_local_executor_lock(executors->pdata[i]);
  return alive;
}

static guint wait_for_end(const GPtrArray *executors, gint64 until_ms) {
  for (;;) {
    guint alive = count_alive(executors);
    if (alive == 0 || now_ms() >= until_ms)
      return alive;
    g_usleep(POLL_US);
  }
}

/* The other end of the line is the executor for certain: its pid cannot be another's while the line stands. */
static void force(MuLocalExecutor *executor) {
  struct ucred peer = {0};
  if (mu_local_executor_lock(executor) || !executor->line)
    return;
  if (mu_local_line_peer(executor->line, &peer) && peer.pid > 1)
    kill(peer.pid, SIGKILL);
  mu_local_line_free(executor->line);
  executor->line = NULL;
}

static void reap(MuLocal *local, const GPtrArray *executors) {
  for (guint i = 0; i < executors->len; i++) {
    MuLocalExecutor *executor = executors->pdata[i];
    if (executor->child > 0)
      waitpid(executor->child, NULL, 0);
    executor->child = 0;
  }
  for (guint i = 0; i < local->zombies->len; i++)
    waitpid(g_array_index(local->zombies, pid_t, i), NULL, WNOHANG);
}

static gboolean end_executors(MuLocal *local, gint64 timeout_ms, GError **error) {
  g_autoptr(GPtrArray) executors = all_executors(local);
  for (guint i = 0; i < executors->len; i++)
    tell_to_end(executors->pdata[i]);
  guint alive = wait_for_end(executors, now_ms() + timeout_ms);
  if (alive > 0) {
    for (guint i = 0; i < executors->len; i++)
      force(executors->pdata[i]);
    wait_for_end(executors, now_ms() + FORCED_MS / 2);
    for (guint i = 0; i < executors->len; i++)
      tell_to_end(executors->pdata[i]);
    alive = wait_for_end(executors, now_ms() + FORCED_MS / 2);
  }
  if (alive > 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT, "%u executors did not end; their folders are in %s", alive, local->executors_dir);
    return FALSE;
  }
  reap(local, executors);
  return TRUE;
}

static gboolean remove_all(const MuLocal *local, GError **error) {
  static const char *const names[] = {"executors", "runs", "volumes", "trash", "journal", "journal.new", "lock"};
  int fd = open(local->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return TRUE; /* gone already */
  gboolean ok = TRUE;
  for (gsize i = 0; ok && i < G_N_ELEMENTS(names); i++)
    ok = mu_remove_tree(fd, names[i], NULL, error);
  close(fd);
  if (ok)
    rmdir(local->state_dir); /* stays when others keep something in it */
  return ok;
}

gboolean mu_local_engine_destroy(MuEngine *engine, gint64 timeout_ms, GError **error) {
  MuLocal *local = (MuLocal *)engine;
  engine->ops->stop(engine);
  if (!end_executors(local, timeout_ms, error))
    return FALSE;
  mu_cgroup_probe_remove(&local->cgroups);
  g_hash_table_remove_all(local->executors);
  g_clear_pointer(&local->trash, mu_local_trash_free);
  return remove_all(local, error);
}
