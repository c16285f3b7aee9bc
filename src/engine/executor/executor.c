#include "executor.h"
#include "exec_error.h"
#include "exec_image.h"
#include "exec_link.h"
#include "exec_probe.h"
#include "exec_secrets.h"
#include "exec_session.h"
#include "exec_status_log.h"
#include "exec_task.h"
#include "exec_tree.h"
#include "ids.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LAUNCHES 100000
#define LEFTOVER_WAIT_MOST_MS 200

typedef struct {
  MuExecLoop *loop;
  MuExecLink *link;
  MuExecStatusLog *log;
  MuExecHost host;
  GPtrArray *launches; /* of MuExecLaunch* */
  GPtrArray *tasks;    /* of MuExecTask* */
  MuExecSpace space;   /* of the pod; made when a task first needs it */
  MuRandom random;
  char *boot_id;
  int signal_fd;
  guint leftovers; /* of --recover: tasks of the dead executor that are still being killed */
  gboolean ending;
} Executor;

/* ---- statuses ---- */

static json_t *status_record(Executor *executor, const char *task_id, const char *state, const char *reason,
                             const char *message) {
  MuUuid uuid = mu_uuid_new(&executor->random);
  json_t *record = json_object();
  mu_json_set_string(record, "is", "status");
  mu_json_set_string(record, "uuid", uuid.text);
  mu_json_set_string(record, "task_id", task_id);
  mu_json_set_string(record, "state", state);
  mu_json_set_string(record, "reason", reason);
  mu_json_set_string(record, "message", message);
  mu_json_set_int(record, "at", g_get_real_time() / 1000);
  return record;
}

static void send_status(Executor *executor, json_t *take_record) {
  mu_exec_status_log_append(executor->log, json_incref(take_record));
  mu_exec_link_send(executor->link, take_record);
  json_decref(take_record);
}

static void add_check(json_t *record, const char *key, const MuExecCheckRun *run) {
  const MuExecCheck *check = &run->check;
  if (check->spec->cmd && (check->kind == MU_EXEC_READINESS || check->has_result))
    mu_json_set_bool(record, key, check->has_result && check->ok);
}

static void on_report(gpointer user, MuExecTask *task, const char *state, const char *reason, const char *message) {
  json_t *record = status_record(user, task->spec->task_id, state, reason, message);
  add_check(record, "ready", &task->checks[MU_EXEC_READINESS]);
  add_check(record, "healthy", &task->checks[MU_EXEC_HEALTH]);
  send_status(user, record);
}

/* `task_id` "": this process. */
static void note_process(Executor *executor, const char *task_id, pid_t pid) {
  MuExecProc proc = {0};
  mu_exec_proc_read(pid, &proc);
  mu_exec_status_log_append(executor->log,
                            json_pack("{s:s, s:s, s:I, s:I, s:s}", "is", "process", "task_id", task_id, "pid",
                                      (json_int_t)pid, "start", (json_int_t)proc.start, "boot", executor->boot_id));
}

static void on_started(gpointer user, MuExecTask *task, pid_t pid) {
  note_process(user, task->spec->task_id, pid);
}

static guint running_tasks(const Executor *executor) {
  guint n = 0;
  for (guint i = 0; i < executor->tasks->len; i++)
    n += ((MuExecTask *)executor->tasks->pdata[i])->state != MU_EXEC_TASK_ENDED;
  return n;
}

static gboolean on_is_last(gpointer user, MuExecTask *task) {
  return task->state != MU_EXEC_TASK_ENDED && running_tasks(user) == 1;
}

/* ---- the pod's space ---- */

static const MuExecSpace *pod_space(gpointer user, const MuExecLaunch *launch, GError **error) {
  Executor *executor = user;
  if (mu_exec_space_is_open(&executor->space))
    return &executor->space;
  mu_exec_space_close(&executor->space);
  if (!mu_exec_space_open(&executor->space, &launch->space, NULL, NULL, NULL, error))
    return NULL;
  g_hash_table_insert(executor->host.children, GINT_TO_POINTER(executor->space.holder), NULL);
  return &executor->space;
}

/* ---- launching ---- */

/* The scheduler raises its own soft limit of open files; tasks get what it had. */
static void restore_nofile(const MuExecLaunch *launch) {
  struct rlimit limit;
  if (launch->nofile_soft <= 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = MIN((rlim_t)launch->nofile_soft, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

static gboolean start_launch(Executor *executor, const char *path) {
  g_autoptr(GError) error = NULL;
  MuExecLaunch *launch = mu_exec_launch_load(path, &error);
  if (!launch) {
    fprintf(stderr, "%s: %s\n", path, error->message);
    return FALSE;
  }
  g_ptr_array_add(executor->launches, launch);
  restore_nofile(launch);
  for (guint i = 0; i < launch->tasks->len; i++) {
    MuExecTask *task = mu_exec_task_new(&executor->host, launch, launch->tasks->pdata[i]);
    g_ptr_array_add(executor->tasks, task);
    mu_exec_task_start(task);
  }
  return TRUE;
}

static void end_if_done(Executor *executor) {
  if (executor->ending && executor->leftovers == 0 && running_tasks(executor) == 0)
    mu_exec_loop_quit(executor->loop);
}

static void kill_all(Executor *executor, gint64 grace_ms) {
  for (guint i = 0; i < executor->tasks->len; i++)
    mu_exec_task_kill(executor->tasks->pdata[i], grace_ms);
}

static MuExecTask *find_task(const Executor *executor, const char *task_id) {
  for (guint i = 0; i < executor->tasks->len; i++) {
    MuExecTask *task = executor->tasks->pdata[i];
    if (g_str_equal(task->spec->task_id, task_id))
      return task;
  }
  return NULL;
}

static void kill_task(Executor *executor, const char *task_id, gint64 grace_ms) {
  MuExecTask *task = find_task(executor, task_id);
  if (task)
    mu_exec_task_kill(task, grace_ms);
}

/* Whoever asked learns nothing but the connection's end when what was asked for is not understood: the engine has looked at it. */
static void start_session(Executor *executor, const json_t *message, const char *task_id) {
  int fd = mu_exec_link_take_fd(executor->link);
  MuExecTask *task = find_task(executor, task_id);
  const json_t *words = json_object_get(message, "cmd");
  g_autoptr(GPtrArray) argv = g_ptr_array_new();
  for (gsize i = 0; i < json_array_size(words); i++)
    g_ptr_array_add(argv, (gpointer)json_string_value(json_array_get(words, i)));
  gboolean fine = fd >= 0 && task && argv->len > 0 && !g_ptr_array_find(argv, NULL, NULL);
  g_ptr_array_add(argv, NULL);
  const MuExecRequest request = {.argv = (const char *const *)argv->pdata,
                                 .tty = json_is_true(json_object_get(message, "tty")),
                                 .rows = (guint16)json_integer_value(json_object_get(message, "rows")),
                                 .columns = (guint16)json_integer_value(json_object_get(message, "columns")),
                                 .term = json_string_value(json_object_get(message, "term"))};
  if (fine)
    mu_exec_session_start(task, &request, fd);
  else if (fd >= 0)
    close(fd);
}

static void on_message(gpointer user, const json_t *message) {
  Executor *executor = user;
  const char *what = "", *file = "", *task_id = "", *uuid = "";
  gint64 grace_ms = -1;
  if (!mu_json_get_string(message, "do", TRUE, &what, NULL) ||
      !mu_json_get_string(message, "file", FALSE, &file, NULL) ||
      !mu_json_get_string(message, "task_id", FALSE, &task_id, NULL) ||
      !mu_json_get_string(message, "uuid", FALSE, &uuid, NULL) ||
      !mu_json_get_int(message, "grace_ms", FALSE, &grace_ms, NULL))
    return;
  if (g_str_equal(what, "launch"))
    start_launch(executor, file);
  else if (g_str_equal(what, "kill"))
    kill_task(executor, task_id, grace_ms);
  else if (g_str_equal(what, "exec"))
    start_session(executor, message, task_id);
  else if (g_str_equal(what, "ack"))
    mu_exec_status_log_ack(executor->log, uuid);
  else if (g_str_equal(what, "shutdown")) {
    executor->ending = TRUE;
    kill_all(executor, 0);
    end_if_done(executor);
  }
}

static void send_unacked(Executor *executor) {
  const GPtrArray *unacked = mu_exec_status_log_unacked(executor->log);
  for (guint i = 0; i < unacked->len; i++)
    mu_exec_link_send(executor->link, unacked->pdata[i]);
}

static void send_hello(Executor *executor) {
  g_autoptr(json_t) hello = json_pack("{s:s, s:i}", "is", "hello", "pid", (int)getpid());
  mu_exec_link_send(executor->link, hello);
}

static void on_connected(gpointer user) {
  Executor *executor = user;
  send_unacked(executor);
  if (executor->leftovers == 0)
    send_hello(executor);
}

/* ---- signals ---- */

static void reap(Executor *executor) {
  gboolean orphans = FALSE;
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    MuExecTask *task = g_hash_table_lookup(executor->host.children, GINT_TO_POINTER(pid));
    if (pid == executor->space.holder)
      executor->space.holder = 0;
    g_hash_table_remove(executor->host.children, GINT_TO_POINTER(pid));
    if (task)
      mu_exec_task_reaped(task, pid, status);
    orphans |= !task;
  }
  for (guint i = 0; orphans && i < executor->tasks->len; i++)
    mu_exec_task_sweep(executor->tasks->pdata[i]);
  end_if_done(executor);
}

static void on_signal(gpointer user, guint32 events) {
  (void)events;
  Executor *executor = user;
  struct signalfd_siginfo info;
  while (read(executor->signal_fd, &info, sizeof info) == sizeof info)
    if (info.ssi_signo != SIGCHLD)
      kill_all(executor, -1);
  reap(executor);
}

static gboolean watch_signals(Executor *executor, GError **error) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  executor->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (executor->signal_fd < 0)
    return mu_exec_error(error, errno, "cannot make a signalfd");
  return mu_exec_loop_add(executor->loop, executor->signal_fd, on_signal, executor, error);
}

/* ---- recovery ---- */

/* A task of the executor that died, which has no terminal status: killed until nothing is left of it. */
typedef struct {
  Executor *executor;
  const MuExecLaunch *launch;
  const MuExecTaskSpec *spec;
  MuExecCgroup cgroup;
  pid_t pid; /* of its main process; 0: none in this boot */
  guint64 start;
  gboolean other_boot;
  MuExecTimer timer;
  gint64 wait_ms;
} Leftover;

static void sweep_leftover(gpointer user) {
  Leftover *leftover = user;
  Executor *executor = leftover->executor;
  gboolean empty = !mu_exec_cgroup_tracks(&leftover->cgroup) || mu_exec_cgroup_kill(&leftover->cgroup);
  if (mu_exec_tree_kill_abandoned(leftover->pid, leftover->start, leftover->spec->task_id) > 0 || !empty) {
    leftover->wait_ms = CLAMP(leftover->wait_ms * 2, 1, LEFTOVER_WAIT_MOST_MS);
    mu_exec_timer_set(&leftover->timer, mu_exec_now_ms() + leftover->wait_ms);
    return;
  }
  mu_exec_cgroup_clear(&leftover->cgroup);
  if (leftover->launch->image)
    mu_exec_image_remove_now(leftover->launch, leftover->spec);
  mu_exec_secrets_clear(leftover->spec);
  send_status(executor, status_record(executor, leftover->spec->task_id, "TASK_FAILED", "REASON_EXECUTOR_TERMINATED",
                                      leftover->other_boot
                                          ? "the machine was restarted"
                                          : "the executor was terminated; what was left of the task was killed"));
  if (--executor->leftovers == 0)
    send_hello(executor);
  end_if_done(executor);
  g_free(leftover);
}

static void find_leftover(Executor *executor, const MuExecLaunch *launch, const MuExecTaskSpec *spec,
                          GPtrArray *found) {
  const json_t *last = mu_exec_status_log_last(executor->log, spec->task_id);
  const json_t *process = mu_exec_status_log_process(executor->log, spec->task_id);
  const char *state = last ? json_string_value(json_object_get(last, "state")) : NULL;
  if (state && !g_str_equal(state, "TASK_RUNNING") && !g_str_equal(state, "TASK_STARTING"))
    return;
  const char *boot = process ? json_string_value(json_object_get(process, "boot")) : NULL;
  gboolean same_boot = boot && g_str_equal(boot, executor->boot_id);
  Leftover *leftover = g_new0(Leftover, 1);
  leftover->executor = executor;
  leftover->launch = launch;
  leftover->spec = spec;
  leftover->other_boot = boot && !same_boot;
  if (same_boot) {
    leftover->pid = (pid_t)json_integer_value(json_object_get(process, "pid"));
    leftover->start = (guint64)json_integer_value(json_object_get(process, "start"));
  }
  mu_exec_cgroup_find(&leftover->cgroup, &launch->cgroups, spec->task_id);
  mu_exec_timer_init(&leftover->timer, executor->loop, sweep_leftover, leftover);
  g_ptr_array_add(found, leftover);
}

static void find_leftovers(Executor *executor, GPtrArray *found) {
  for (guint n = 0; n < MAX_LAUNCHES; n++) {
    g_autofree char *path = g_strdup_printf("launch-%u.json", n);
    if (access(path, F_OK) < 0)
      return;
    g_autoptr(GError) error = NULL;
    MuExecLaunch *launch = mu_exec_launch_load(path, &error);
    if (!launch) {
      fprintf(stderr, "%s: %s\n", path, error->message);
      continue;
    }
    g_ptr_array_add(executor->launches, launch);
    for (guint i = 0; i < launch->tasks->len; i++)
      find_leftover(executor, launch, launch->tasks->pdata[i], found);
  }
}

static void recover(Executor *executor) {
  g_autoptr(GPtrArray) found = g_ptr_array_new();
  send_unacked(executor);
  find_leftovers(executor, found);
  executor->leftovers = found->len;
  if (found->len == 0)
    send_hello(executor);
  for (guint i = 0; i < found->len; i++)
    sweep_leftover(found->pdata[i]);
}

/* ---- life ---- */

static void task_free(gpointer task) {
  mu_exec_task_free(task);
}

static void launch_free(gpointer launch) {
  mu_exec_launch_free(launch);
}

static void init(Executor *executor) {
  guint64 seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
    seed = (guint64)g_get_real_time() ^ ((guint64)getpid() << 40);
  mu_random_seed(&executor->random, seed);
  executor->signal_fd = -1;
  mu_exec_space_init(&executor->space);
  executor->boot_id = mu_exec_boot_id();
  executor->launches = g_ptr_array_new_with_free_func(launch_free);
  executor->tasks = g_ptr_array_new_with_free_func(task_free);
  executor->host = (MuExecHost){.children = g_hash_table_new(NULL, NULL),
                                .report = on_report,
                                .started = on_started,
                                .is_last = on_is_last,
                                .pod_space = pod_space,
                                .user = executor};
}

static gboolean set_up(Executor *executor, GError **error) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  executor->loop = mu_exec_loop_new(error);
  if (!executor->loop || !watch_signals(executor, error))
    return FALSE;
  executor->host.loop = executor->loop;
  executor->log = mu_exec_status_log_open(error);
  if (!executor->log)
    return FALSE;
  note_process(executor, "", getpid());
  int link_fd = fcntl(MU_EXECUTOR_LINK_FD, F_SETFD, FD_CLOEXEC) == 0 ? MU_EXECUTOR_LINK_FD : -1;
  fcntl(MU_EXECUTOR_LOCK_FD, F_SETFD, FD_CLOEXEC);
  executor->link = mu_exec_link_new(executor->loop, link_fd, on_message, on_connected, executor, error);
  return executor->link != NULL;
}

static void clear(Executor *executor) {
  g_ptr_array_unref(executor->tasks);
  g_ptr_array_unref(executor->launches);
  mu_exec_space_close(&executor->space);
  g_hash_table_unref(executor->host.children);
  mu_exec_link_free(executor->link);
  mu_exec_status_log_free(executor->log);
  if (executor->signal_fd >= 0)
    close(executor->signal_fd);
  mu_exec_loop_free(executor->loop);
  g_free(executor->boot_id);
}

static int probe(void) {
  g_autoptr(json_t) lacking = mu_exec_probe();
  g_autofree char *text = mu_json_to_string(lacking);
  puts(text);
  return 0;
}

int mu_executor_main(int argc, char **argv) {
  if (argc == 2 && g_str_equal(argv[1], "--probe"))
    return probe();
  gboolean recovering = argc == 3 && g_str_equal(argv[1], "--recover");
  if (!recovering && argc != 2) {
    fprintf(stderr,
            "usage: muster-executor --probe | [--recover] EXECUTOR-ID (started by the scheduler, not by hand)\n");
    return 2;
  }
  Executor executor = {0};
  g_autoptr(GError) error = NULL;
  init(&executor);
  gboolean ok = set_up(&executor, &error);
  if (ok) {
    if (recovering)
      recover(&executor);
    else
      ok = start_launch(&executor, "launch-0.json");
    if (ok)
      mu_exec_loop_run(executor.loop);
  } else
    fprintf(stderr, "muster-executor: %s\n", error->message);
  clear(&executor);
  return ok ? 0 : 1;
}
