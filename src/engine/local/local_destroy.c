/* The end of an engine: every executor and task killed, everything of it removed. */
#include "json.h"
#include "local_private.h"
#include "remove_tree.h"
#include <fcntl.h>
#include <muster/error.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_MS 200
#define CALL_EVERY_MS 2
#define FORCED_MS 10000 /* for the second round, after the executors that did not listen were killed */

static gint64 now_ms(void) {
  return g_get_monotonic_time() / 1000;
}

/* An executor whose end is awaited. */
typedef struct {
  MuLocalExecutor *executor;
  int pidfd; /* -1: it is not known who it is */
} Ending;

static void ending_clear(gpointer data) {
  Ending *ending = data;
  if (ending->pidfd >= 0)
    close(ending->pidfd);
  ending->pidfd = -1;
}

static GArray *all_executors(MuLocal *local) {
  GArray *all = g_array_new(FALSE, FALSE, sizeof(Ending));
  g_array_set_clear_func(all, ending_clear);
  GHashTableIter iter;
  gpointer executor;
  g_hash_table_iter_init(&iter, local->executors);
  while (g_hash_table_iter_next(&iter, NULL, &executor)) {
    Ending ending = {.executor = executor, .pidfd = -1};
    if (ending.executor->files > 0)
      g_array_append_val(all, ending);
  }
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

/* Field 22 of /proc/<pid>/stat; comm, field 2, may hold anything up to the last ')'. */
static guint64 start_time(pid_t pid) {
  g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  const char *at = g_file_get_contents(path, &text, NULL, NULL) ? strrchr(text, ')') : NULL;
  for (int field = 2; at && field < 22; field++)
    at = strchr(at + 1, ' ');
  return at ? g_ascii_strtoull(at, NULL, 10) : 0;
}

/* Our child, not reaped yet; who is at the other end of a line that stands; or whom the log names, if the start time
 * agrees once the descriptor is open: in each case the pid is not another's. */
static int open_pidfd(const MuLocalExecutor *executor) {
  struct ucred peer = {.pid = executor->child};
  gboolean certain = peer.pid > 0 || (executor->line && mu_local_line_peer(executor->line, &peer));
  pid_t pid = certain ? peer.pid : executor->pid;
  int fd = pid > 1 && pid != getpid() ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
  if (fd < 0 || certain || start_time(pid) == executor->start)
    return fd;
  close(fd);
  return -1;
}

static gboolean wait_for_exit(int pidfd, gint64 until_ms) {
  struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
  return poll(&poll_fd, 1, (int)CLAMP(until_ms - now_ms(), 0, G_MAXINT)) == 1;
}

/* One that has just lost its scheduler makes its socket a moment later. */
static void call_again(Ending *ending) {
  MuLocalExecutor *executor = ending->executor;
  gint64 until = now_ms() + CALL_MS;
  while (ending->pidfd >= 0 && now_ms() < until && !mu_local_executor_connect(executor))
    if (wait_for_exit(ending->pidfd, now_ms() + CALL_EVERY_MS))
      return;
}

/* A dead one is started again to kill what it left. */
static void tell_to_end(Ending *ending) {
  MuLocalExecutor *executor = ending->executor;
  g_autoptr(GError) error = NULL;
  gboolean dead = !executor->line && mu_local_executor_lock(executor);
  if (dead && has_running_task(executor) && !mu_local_executor_spawn(executor, TRUE, &error))
    g_warning("local engine: %s", error->message);
  ending_clear(ending);
  ending->pidfd = executor->lock_fd < 0 ? open_pidfd(executor) : -1;
  if (!executor->line)
    call_again(ending);
  if (!executor->line)
    return;
  g_autoptr(json_t) message = json_pack("{s:s}", "do", "shutdown");
  mu_local_line_send(executor->line, message);
}

/* One that is just exiting has neither a line nor a process to wait for, only its lock. */
static gboolean wait_for_lock(MuLocalExecutor *executor, gint64 until_ms) {
  while (!mu_local_executor_lock(executor)) {
    if (now_ms() >= until_ms)
      return FALSE;
    poll(NULL, 0, CALL_EVERY_MS);
  }
  return TRUE;
}

/* Those that are alive at the deadline. */
static guint wait_for_end(const GArray *endings, gint64 until_ms) {
  guint alive = 0;
  for (guint i = 0; i < endings->len; i++) {
    const Ending *ending = &g_array_index(endings, Ending, i);
    gboolean ended = ending->pidfd < 0 || wait_for_exit(ending->pidfd, until_ms);
    alive += !ended || !wait_for_lock(ending->executor, until_ms);
  }
  return alive;
}

static void force(Ending *ending) {
  MuLocalExecutor *executor = ending->executor;
  if (mu_local_executor_lock(executor) || ending->pidfd < 0)
    return;
  syscall(SYS_pidfd_send_signal, ending->pidfd, SIGKILL, NULL, 0);
  mu_local_line_free(executor->line);
  executor->line = NULL;
}

static void reap(MuLocal *local, const GArray *endings) {
  for (guint i = 0; i < endings->len; i++) {
    MuLocalExecutor *executor = g_array_index(endings, Ending, i).executor;
    if (executor->child > 0)
      waitpid(executor->child, NULL, 0);
    executor->child = 0;
  }
  for (guint i = 0; i < local->zombies->len; i++)
    waitpid(g_array_index(local->zombies, pid_t, i), NULL, WNOHANG);
}

static void tell_all(const GArray *endings) {
  for (guint i = 0; i < endings->len; i++)
    tell_to_end(&g_array_index(endings, Ending, i));
}

/* Killed, and started again to kill what they left. */
static guint force_all(const GArray *endings) {
  for (guint i = 0; i < endings->len; i++)
    force(&g_array_index(endings, Ending, i));
  wait_for_end(endings, now_ms() + FORCED_MS / 2);
  tell_all(endings);
  return wait_for_end(endings, now_ms() + FORCED_MS / 2);
}

static gboolean end_executors(MuLocal *local, gint64 timeout_ms, GError **error) {
  g_autoptr(GArray) endings = all_executors(local);
  tell_all(endings);
  guint alive = wait_for_end(endings, now_ms() + timeout_ms);
  if (alive > 0)
    alive = force_all(endings);
  if (alive > 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT, "%u executors did not end; their folders are in %s", alive,
                local->executors_dir);
    return FALSE;
  }
  reap(local, endings);
  return TRUE;
}

static gboolean remove_all(const MuLocal *local, GError **error) {
  static const char *const names[] = {"executors", "runs",  "run-volumes", "cache",       "executor-errors.log",
                                      "volumes",   "trash", "journal",     "journal.new", "lock"};
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
  return mu_local_volumes_remove_all(local, error) && remove_all(local, error);
}
