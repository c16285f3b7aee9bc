/* `make bench`: what muster costs on this machine, next to what it aims at (bench/README.md).
 *
 *   bench_local MUSTER RESULTS.json [--quick]
 */
#include "bench_scheduler.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  guint latency_runs, burst_pods, services, idle_s;
} Sizes;
static const Sizes full = {200, 500, 1000, 10};
static const Sizes quick = {20, 50, 100, 3};

/* ---- results -------------------------------------------------------------------------------------------------------- */

typedef enum { NO_AIM, BELOW, ABOVE } AimKind;

/* A row of the table, and a member of the JSON. */
static void report(json_t *results, const char *key, const char *what, double value, const char *unit, AimKind aim,
                   double limit) {
  g_autofree char *aim_text =
      aim == NO_AIM ? g_strdup("") : g_strdup_printf("%s %g %s", aim == BELOW ? "<" : ">", limit, unit);
  gboolean met = aim == NO_AIM || (aim == BELOW ? value < limit : value > limit);
  g_print("  %-58s %10.2f %-6s %-14s %s\n", what, value, unit, aim_text, aim == NO_AIM ? "" : met ? "ok" : "MISSED");
  json_t *row = json_pack("{s:f, s:s, s:s}", "value", value, "unit", unit, "what", what);
  if (aim != NO_AIM) {
    json_object_set_new(row, "aim", json_real(limit));
    json_object_set_new(row, "met", json_boolean(met));
  }
  json_object_set_new(results, key, row);
}

static int compare_doubles(gconstpointer a, gconstpointer b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The value that `percent` of the samples do not exceed; sorts them. */
static double percentile(GArray *samples, guint percent) {
  g_array_sort(samples, compare_doubles);
  guint index = (samples->len * percent + 99) / 100;
  return g_array_index(samples, double, MAX(index, 1) - 1);
}

static double ms_since(gint64 from_us) {
  return (double)(bench_now_us() - from_us) / 1000.0;
}

/* ---- services ------------------------------------------------------------------------------------------------------- */

static char *yaml_of(const char *name, guint count, const char *goal, const char *cmd) {
  return g_strdup_printf("name: %s\n"
                         "pods:\n"
                         "  pod:\n"
                         "    count: %u\n"
                         "    tasks:\n"
                         "      task: {goal: %s, cmd: %s, cpus: 0.1, memory: 16}\n"
                         "plans:\n"
                         "  deploy:\n"
                         "    strategy: parallel\n"
                         "    phases:\n"
                         "      all: {strategy: parallel, pod: pod}\n",
                         name, count, goal, cmd);
}

static void put(BenchScheduler *scheduler, const char *name, guint count, const char *goal, const char *cmd) {
  g_autofree char *yaml = yaml_of(name, count, goal, cmd);
  bench_scheduler_put(scheduler, name, yaml);
}

/* ---- the measures --------------------------------------------------------------------------------------------------- */

/* What the machine itself needs to start a shell and wait for its end: for comparison. */
static double shell_ms(guint runs) {
  g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(double));
  for (guint i = 0; i < runs; i++) {
    gint64 start_us = bench_now_us();
    pid_t pid = vfork();
    if (pid == 0) {
      execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
      _exit(127);
    }
    waitpid(pid, NULL, 0);
    double ms = ms_since(start_us);
    g_array_append_val(samples, ms);
  }
  return percentile(samples, 50);
}

/* What the disk needs to make a small commit durable: for comparison. */
static double fsync_ms(guint runs) {
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp("muster-bench-XXXXXX", &path, NULL);
  char block[4096] = {0};
  g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(double));
  for (guint i = 0; i < runs; i++) {
    gint64 start_us = bench_now_us();
    if (pwrite(fd, block, sizeof block, (off_t)(i * sizeof block)) < 0 || fdatasync(fd) != 0)
      break;
    double ms = ms_since(start_us);
    g_array_append_val(samples, ms);
  }
  close(fd);
  unlink(path);
  return percentile(samples, 50);
}

/* What the file system needs to make a file: for comparison. A pod needs about ten. */
static double create_ms(guint runs) {
  g_autofree char *folder = g_dir_make_tmp("muster-bench-XXXXXX", NULL);
  g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(double));
  for (guint i = 0; i < runs; i++) {
    g_autofree char *path = g_strdup_printf("%s/%u", folder, i);
    gint64 start_us = bench_now_us();
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    double ms = ms_since(start_us);
    g_array_append_val(samples, ms);
    close(fd);
  }
  for (guint i = 0; i < runs; i++) {
    g_autofree char *path = g_strdup_printf("%s/%u", folder, i);
    unlink(path);
  }
  rmdir(folder);
  return percentile(samples, 50);
}

static void measure_latency(BenchScheduler *scheduler, const Sizes *sizes, json_t *results) {
  g_autoptr(GArray) sent = g_array_new(FALSE, FALSE, sizeof(double));
  g_autoptr(GArray) accepted = g_array_new(FALSE, FALSE, sizeof(double));
  for (guint i = 0; i < sizes->latency_runs; i++) {
    g_autofree char *name = g_strdup_printf("latency-%u", i);
    gint64 sent_us = bench_now_us();
    put(scheduler, name, 1, "RUNNING", "exec sleep 100000");
    gint64 accepted_us = bench_now_us();
    bench_scheduler_wait(scheduler, "\"TASK_RUNNING\"", 1);
    double from_sent = ms_since(sent_us), from_accepted = ms_since(accepted_us);
    g_array_append_val(sent, from_sent);
    g_array_append_val(accepted, from_accepted);
  }
  report(results, "latency_accepted_p50_ms", "service accepted to TASK_RUNNING, median", percentile(accepted, 50), "ms",
         BELOW, 10);
  report(results, "latency_accepted_p99_ms", "service accepted to TASK_RUNNING, 99th percentile",
         percentile(accepted, 99), "ms", NO_AIM, 0);
  report(results, "latency_sent_p50_ms", "service sent to TASK_RUNNING, median", percentile(sent, 50), "ms", NO_AIM, 0);
  report(results, "latency_sent_p99_ms", "service sent to TASK_RUNNING, 99th percentile", percentile(sent, 99), "ms",
         NO_AIM, 0);
}

static void measure_burst(BenchScheduler *scheduler, const Sizes *sizes, json_t *results) {
  BenchCost before = bench_scheduler_cost(scheduler);
  gint64 start_us = bench_now_us();
  put(scheduler, "burst", sizes->burst_pods, "RUNNING", "exec sleep 100000");
  bench_scheduler_wait(scheduler, "\"TASK_RUNNING\"", sizes->burst_pods);
  double seconds = ms_since(start_us) / 1000.0;
  BenchCost after = bench_scheduler_cost(scheduler);
  g_autofree char *what = g_strdup_printf("tasks started a second, %u pods in parallel", sizes->burst_pods);
  report(results, "starts_per_second", what, sizes->burst_pods / seconds, "/s", ABOVE, 300);
  report(results, "burst_cpu_ms_per_task", "  of which the scheduler's processor time, a task",
         (double)(after.cpu_ms - before.cpu_ms) / sizes->burst_pods, "ms", NO_AIM, 0);
}

/* The services are deployed and at rest: what is left is what they cost by being there. */
static void define_services(BenchScheduler *scheduler, guint first, guint n) {
  for (guint i = first; i < first + n; i++) {
    g_autofree char *name = g_strdup_printf("defined-%u", i);
    put(scheduler, name, 1, "FINISH", "true");
  }
  bench_scheduler_wait(scheduler, "\"TASK_FINISHED\"", n);
}

static void report_idle(BenchScheduler *scheduler, const Sizes *sizes, json_t *results, const char *prefix,
                        guint services) {
  g_usleep(1500 * 1000); /* what is still being done is done: the store folds its log */
  BenchCost before = bench_scheduler_cost(scheduler);
  gint64 start_us = bench_now_us();
  g_usleep(sizes->idle_s * 1000 * 1000);
  double seconds = ms_since(start_us) / 1000.0;
  BenchCost after = bench_scheduler_cost(scheduler);
  g_autofree char *cpu_key = g_strconcat(prefix, "_cpu_percent", NULL),
                  *wake_key = g_strconcat(prefix, "_wakeups", NULL);
  g_autofree char *cpu = g_strdup_printf("processor time when idle, %u service%s", services, services == 1 ? "" : "s");
  g_autofree char *wake =
      g_strdup_printf("wake-ups a second when idle, %u service%s", services, services == 1 ? "" : "s");
  report(results, cpu_key, cpu, (double)(after.cpu_ms - before.cpu_ms) / (seconds * 10.0), "%", BELOW, 0.05);
  report(results, wake_key, wake, (double)(after.switches - before.switches) / seconds, "/s", BELOW, 2);
}

static void measure_footprint(BenchScheduler *scheduler, const Sizes *sizes, json_t *results) {
  put(scheduler, "one", 1, "RUNNING", "exec sleep 100000");
  bench_scheduler_wait(scheduler, "\"TASK_RUNNING\"", 1);
  report_idle(scheduler, sizes, results, "idle_1", 1);
  BenchMemory one = bench_scheduler_memory(scheduler);
  report(results, "rss_1_mb", "resident memory, 1 service", (double)one.rss_kb / 1024.0, "MB", BELOW, 25);
  report(results, "pss_1_mb", "  of it not shared (PSS)", (double)one.pss_kb / 1024.0, "MB", NO_AIM, 0);
  define_services(scheduler, 1, sizes->services - 1);
  report_idle(scheduler, sizes, results, "idle_many", sizes->services);
  BenchMemory many = bench_scheduler_memory(scheduler);
  g_autofree char *what = g_strdup_printf("resident memory, %u services", sizes->services);
  report(results, "rss_many_mb", what, (double)many.rss_kb / 1024.0, "MB", NO_AIM, 0);
  report(results, "kb_per_service", "  a further service", (double)(many.rss_kb - one.rss_kb) / (sizes->services - 1),
         "KB", BELOW, 20);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

typedef void (*Measure)(BenchScheduler *scheduler, const Sizes *sizes, json_t *results);

/* Each measure has a scheduler of its own that begins from nothing. */
static void run(Measure measure, const char *muster, const Sizes *sizes, json_t *results) {
  BenchScheduler scheduler;
  bench_scheduler_start(&scheduler, muster);
  measure(&scheduler, sizes, results);
  bench_scheduler_stop(&scheduler);
}

static json_t *machine(void) {
  struct utsname name;
  uname(&name);
  return json_pack("{s:s, s:s, s:i, s:I}", "kernel", name.release, "arch", name.machine, "cores",
                   (int)sysconf(_SC_NPROCESSORS_ONLN), "time", (json_int_t)(g_get_real_time() / G_USEC_PER_SEC));
}

static void on_signal(int number) {
  (void)number;
  bench_interrupted = 1;
}

/* Waits are interrupted (no SA_RESTART); a closed output is no reason to leave a scheduler behind. */
static void catch_signals(void) {
  const struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    g_printerr("usage: bench_local MUSTER RESULTS.json [--quick]\n");
    return 2;
  }
  const Sizes *sizes = argc > 3 && strcmp(argv[3], "--quick") == 0 ? &quick : &full;
  catch_signals();
  json_t *root = json_object(), *results = json_object();
  g_print("  %-58s %10s %-6s %-14s\n", "measure", "result", "", "aim");
  report(results, "shell_ms", "(this machine: a shell started and waited for, median)", shell_ms(200), "ms", NO_AIM, 0);
  report(results, "fsync_ms", "(this machine: 4 KB written durably, median)", fsync_ms(200), "ms", NO_AIM, 0);
  report(results, "create_ms", "(this machine: a file made, median)", create_ms(200), "ms", NO_AIM, 0);
  run(measure_latency, argv[1], sizes, results);
  run(measure_burst, argv[1], sizes, results);
  run(measure_footprint, argv[1], sizes, results);
  json_object_set_new(root, "machine", machine());
  json_object_set_new(root, "results", results);
  if (json_dump_file(root, argv[2], JSON_INDENT(2)) != 0)
    bench_die("%s cannot be written", argv[2]);
  json_decref(root);
  return 0;
}
