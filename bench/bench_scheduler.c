#include "bench_scheduler.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TIMEOUT_MS 10000
#define STOP_TIMEOUT_MS 120000
#define EVENT_TIMEOUT_MS 60000
#define POLL_MS 5

static BenchScheduler *running = NULL;

gint64 bench_now_us(void) {
  return g_get_monotonic_time();
}

/* ---- the end, good and bad ------------------------------------------------------------------------------------------ */

static gboolean has_ended(pid_t pid, int *ret_status) {
  return waitpid(pid, ret_status, WNOHANG) == pid;
}

static gboolean wait_for_end(pid_t pid, int *ret_status) {
  for (gint64 until = bench_now_us() + STOP_TIMEOUT_MS * 1000; bench_now_us() < until; g_usleep(POLL_MS * 1000))
    if (has_ended(pid, ret_status))
      return TRUE;
  return FALSE;
}

/* Processes that work in the folder: the executors, and their tasks. Calls for each; returns how many there are. */
static guint for_each_process(const char *dir, void (*call)(pid_t)) {
  guint n = 0;
  g_autofree char *prefix = g_strconcat(dir, "/", NULL);
  g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
  for (const char *name; (name = g_dir_read_name(proc)) != NULL;) {
    pid_t pid = (pid_t)g_ascii_strtoull(name, NULL, 10);
    g_autofree char *path = g_strdup_printf("/proc/%s/cwd", name);
    g_autofree char *cwd = pid > 0 ? g_file_read_link(path, NULL) : NULL;
    if (cwd == NULL || !g_str_has_prefix(cwd, prefix))
      continue;
    n++;
    call(pid);
  }
  return n;
}

static void count_only(pid_t pid) {
  (void)pid;
}

static void kill_process(pid_t pid) {
  kill(pid, SIGKILL);
}

static void clean_up_after_death(void) {
  if (running == NULL)
    return;
  kill(running->pid, SIGKILL);
  waitpid(running->pid, NULL, 0);
  guint left = for_each_process(running->dir, kill_process);
  g_printerr("bench: killed the scheduler and %u processes of its tasks; its folder and log are kept: %s, %s.log\n",
             left, running->dir, running->dir);
}

/* ---- the start ------------------------------------------------------------------------------------------------------ */

/* More than the machine has: it is the scheduler that is measured. */
static void exec_scheduler(const char *muster, const char *dir, const char *log) {
  signal(SIGPIPE, SIG_DFL);
  setpgid(0, 0); /* Ctrl-C is the benchmark's, which cleans up */
  int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  execl(muster, muster, "serve", "--state", dir, "--listen", "127.0.0.1:0", "--cpus", "10000", "--mem", "10000000",
        "--disk", "10000000", (char *)NULL);
  _exit(127);
}

void bench_scheduler_start(BenchScheduler *scheduler, const char *muster) {
  *scheduler = (BenchScheduler){.dir = g_dir_make_tmp("muster-bench-XXXXXX", NULL)};
  if (scheduler->dir == NULL)
    bench_die("no temporary folder");
  g_autofree char *log = g_strconcat(scheduler->dir, ".log", NULL);
  g_autofree char *socket_path = g_build_filename(scheduler->dir, "muster.sock", NULL);
  scheduler->pid = fork();
  if (scheduler->pid == 0)
    exec_scheduler(muster, scheduler->dir, log);
  running = scheduler;
  bench_at_death = clean_up_after_death;
  gint64 until = bench_now_us() + START_TIMEOUT_MS * 1000;
  while (!bench_http_connect(&scheduler->requests, socket_path)) {
    if (has_ended(scheduler->pid, NULL) || bench_now_us() > until)
      bench_die("%s serve does not come up; see %s", muster, log);
    g_usleep(POLL_MS * 1000);
  }
  bench_http_connect(&scheduler->events, socket_path);
  bench_http_follow(&scheduler->events);
}

static void check_nothing_left(const BenchScheduler *scheduler) {
  guint left = for_each_process(scheduler->dir, count_only);
  if (left > 0)
    bench_die("%u processes are left after the uninstall", left);
  if (g_file_test(scheduler->dir, G_FILE_TEST_EXISTS) && g_rmdir(scheduler->dir) != 0)
    bench_die("%s is not empty after the uninstall", scheduler->dir);
}

void bench_scheduler_stop(BenchScheduler *scheduler) {
  guint status = bench_http_request(&scheduler->requests, "DELETE", "/v1/framework", NULL, NULL);
  if (status >= 300)
    bench_die("the uninstall was refused: %u", status);
  int end = 0;
  if (!wait_for_end(scheduler->pid, &end))
    bench_die("the uninstall does not end");
  running = NULL;
  if (!WIFEXITED(end) || WEXITSTATUS(end) != 0)
    bench_die("the scheduler ended with %#x; see %s.log", (unsigned)end, scheduler->dir);
  check_nothing_left(scheduler);
  bench_http_close(&scheduler->requests);
  bench_http_close(&scheduler->events);
  g_autofree char *log = g_strconcat(scheduler->dir, ".log", NULL);
  g_unlink(log);
  g_free(scheduler->dir);
}

/* ---- requests ------------------------------------------------------------------------------------------------------- */

void bench_scheduler_put(BenchScheduler *scheduler, const char *service, const char *yaml) {
  g_autofree char *path = g_strconcat("/v1/service/", service, NULL);
  g_autofree char *text = NULL;
  guint status = bench_http_request(&scheduler->requests, "PUT", path, yaml, &text);
  if (status >= 300)
    bench_die("service %s was refused: %u %s", service, status, text);
}

void bench_scheduler_wait(BenchScheduler *scheduler, const char *state, guint n) {
  while (n > 0) {
    g_autofree char *event = bench_http_next_event(&scheduler->events, EVENT_TIMEOUT_MS);
    n -= strstr(event, state) != NULL;
  }
}

/* ---- cost ----------------------------------------------------------------------------------------------------------- */

static char *proc_file(const BenchScheduler *scheduler, const char *name) {
  g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)scheduler->pid, name);
  char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    bench_die("%s cannot be read: has the scheduler ended?", path);
  return text;
}

/* The number after `key`, at the beginning of a line. */
static gint64 number_after(const char *text, const char *key) {
  g_autofree char *needle = g_strconcat("\n", key, NULL);
  const char *found = g_str_has_prefix(text, key) ? text - 1 : strstr(text, needle);
  return found == NULL ? 0 : g_ascii_strtoll(found + strlen(needle), NULL, 10);
}

BenchMemory bench_scheduler_memory(const BenchScheduler *scheduler) {
  g_autofree char *text = proc_file(scheduler, "smaps_rollup");
  return (BenchMemory){number_after(text, "Rss:"), number_after(text, "Pss:")};
}

static gint64 cpu_ms(const BenchScheduler *scheduler) {
  g_autofree char *text = proc_file(scheduler, "stat");
  g_auto(GStrv) fields = g_strsplit(strrchr(text, ')') + 2, " ", -1); /* from field 3 on; 14 and 15 are wanted */
  gint64 ticks = g_ascii_strtoll(fields[11], NULL, 10) + g_ascii_strtoll(fields[12], NULL, 10);
  return ticks * 1000 / sysconf(_SC_CLK_TCK);
}

static gint64 switches(const BenchScheduler *scheduler) {
  g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)scheduler->pid);
  g_autoptr(GDir) tasks = g_dir_open(folder, 0, NULL);
  gint64 sum = 0;
  for (const char *name; tasks != NULL && (name = g_dir_read_name(tasks)) != NULL;) {
    g_autofree char *file = g_strdup_printf("task/%s/status", name);
    g_autofree char *text = proc_file(scheduler, file);
    sum += number_after(text, "voluntary_ctxt_switches:");
  }
  return sum;
}

BenchCost bench_scheduler_cost(const BenchScheduler *scheduler) {
  return (BenchCost){cpu_ms(scheduler), switches(scheduler)};
}
