/* muster run: one service in the foreground. The scheduler runs on the main thread; a second thread is its client, which
 * follows the events and the output of the tasks. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_context.h"
#include "cli_output.h"
#include "cli_serve.h"
#include "cli_sse.h"
#include "cli_task_log.h"
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXIT_FORCED 130

/* A run of a task whose output is shown. */
typedef struct {
  char *name;
  MuCliTaskLog *out, *err;
  char *ending; /* how it ended, to be told behind its last output; NULL: it runs, or that was told */
  gboolean over;
  struct Run *run;
} TaskRun;

typedef struct Run {
  const MuServiceSpec *spec;
  GBytes *context;
  MuMultiServiceRunner *runner;
  gboolean ends_by_itself; /* all goals are FINISH or ONCE */
  int name_columns;        /* of the widest task name */
  guint signals;
  guint signal_source;
  GError *refused; /* the service was not added */
  /* the client's thread */
  MuCliClient *client;
  MuCliSse *sse;
  MuCliStyle style;
  GHashTable *tasks; /* id to TaskRun */
  gboolean opened, dirty, complete;
} Run;

/* ---- output ------------------------------------------------------------------------------------------------------ */

static const MuCliPaint prefix_paints[] = {MU_PAINT_CYAN, MU_PAINT_GREEN, MU_PAINT_YELLOW, MU_PAINT_BOLD};

static void print_prefixed(const Run *run, const char *name, MuCliPaint paint, const char *text, gsize length) {
  g_autofree char *prefix = g_strdup_printf("%-*s | ", run->name_columns, name);
  g_autoptr(GString) line = g_string_new(NULL);
  mu_cli_append_painted(line, &run->style, paint, prefix);
  g_string_append_len(line, text, (gssize)length);
  if (length == 0 || text[length - 1] != '\n')
    g_string_append_c(line, '\n');
  fwrite(line->str, 1, line->len, stdout);
}

static void on_line(const char *text, gsize length, gpointer user) {
  const TaskRun *task = user;
  MuCliPaint paint = prefix_paints[g_str_hash(task->name) % G_N_ELEMENTS(prefix_paints)];
  print_prefixed(task->run, task->name, paint, text, length);
}

static void say(const Run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(const Run *run, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *clean = mu_cli_clean(&run->style, text);
  print_prefixed(run, "muster", MU_PAINT_DIM, clean, strlen(clean));
}

/* ---- the client's thread ----------------------------------------------------------------------------------------- */

static void on_put(const char *service, const GError *error, gpointer user) {
  (void)service;
  Run *run = user;
  if (error == NULL)
    return;
  run->refused = g_error_copy(error);
  mu_multi_service_runner_uninstall(run->runner);
}

static gboolean put_on_main(gpointer user) {
  Run *run = user;
  mu_multi_service_runner_put_service_full(run->runner, run->spec->name, run->context, on_put, run);
  return G_SOURCE_REMOVE;
}

static gboolean uninstall_on_main(gpointer user) {
  Run *run = user;
  mu_multi_service_runner_uninstall(run->runner);
  return G_SOURCE_REMOVE;
}

static MuCliTaskLog *open_log(TaskRun *task, const char *id, const char *file) {
  MuCliTaskLogOptions options = {.client = task->run->client,
                                 .service = task->run->spec->name,
                                 .task = id,
                                 .file = file,
                                 .tail = -1,
                                 .line = on_line,
                                 .user = task};
  return mu_cli_task_log_open(&options);
}

static gboolean is_over(const char *state) {
  return !g_str_equal(state, "TASK_STAGING") && !g_str_equal(state, "TASK_STARTING") &&
         !g_str_equal(state, "TASK_RUNNING") && !g_str_equal(state, "TASK_KILLING");
}

static void close_task(TaskRun *task) {
  if (task->out != NULL)
    mu_cli_task_log_close(g_steal_pointer(&task->out));
  if (task->err != NULL)
    mu_cli_task_log_close(g_steal_pointer(&task->err));
  if (task->ending != NULL)
    say(task->run, "%s", task->ending);
  g_clear_pointer(&task->ending, g_free);
}

static void task_free(gpointer user) {
  TaskRun *task = user;
  close_task(task);
  g_free(task->name);
  g_free(task);
}

static TaskRun *task_of(Run *run, const char *id, const char *name) {
  TaskRun *task = g_hash_table_lookup(run->tasks, id);
  if (task == NULL) {
    task = g_new0(TaskRun, 1);
    task->name = g_strdup(name);
    task->run = run;
    g_hash_table_insert(run->tasks, g_strdup(id), task);
  }
  return task;
}

static void on_task(Run *run, const json_t *data) {
  const char *id = mu_cli_json_text(data, "id"), *name = mu_cli_json_text(data, "task");
  const char *state = mu_cli_json_text(data, "state"), *message = mu_cli_json_text(data, "message");
  if (*id == '\0' || g_str_equal(state, "TASK_STAGING"))
    return;
  TaskRun *task = task_of(run, id, name);
  if (task->out == NULL && !task->over) {
    task->out = open_log(task, id, "stdout");
    task->err = open_log(task, id, "stderr");
  }
  if (is_over(state) && !task->over) {
    task->over = TRUE;
    task->ending = g_strdup_printf("%s %s%s%s", name, state, *message == '\0' ? "" : ": ", message);
  }
}

/* The stream tells of a plan after it told of the tasks that the plan was about: their output is read before the plan is
 * looked at, and perhaps everything removed. */
static void on_event(const MuCliEvent *event, gpointer user) {
  Run *run = user;
  g_autoptr(json_t) data = json_loads(event->data, 0, NULL);
  if (g_str_equal(event->type, "task"))
    on_task(run, data);
  else if (g_str_equal(event->type, "plan"))
    run->dirty = TRUE;
}

/* Now nothing of the service can be missed. */
static void on_opened(gpointer user) {
  Run *run = user;
  run->opened = TRUE;
  g_idle_add(put_on_main, run);
}

static void on_ended(const GError *error, gpointer user) {
  Run *run = user;
  if (run->opened)
    return; /* the scheduler has come to its end */
  say(run, "%s", error == NULL ? "the scheduler does not tell what happens" : error->message);
  g_idle_add(uninstall_on_main, run);
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  mu_cli_sse_feed(((Run *)user)->sse, bytes, length);
}

/* The last output of runs that are over; here, not in the handler of the event. */
static void close_over(Run *run) {
  GHashTableIter iter;
  gpointer task;
  g_hash_table_iter_init(&iter, run->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    if (((TaskRun *)task)->over)
      close_task(task);
}

static void look(Run *run) {
  g_autofree char *path = mu_cli_path("/v1/service/%s", run->spec->name);
  g_autoptr(json_t) row = mu_cli_client_get(run->client, path, NULL);
  gboolean complete = g_str_equal(mu_cli_json_text(row, "status"), "COMPLETE") && !run->complete &&
                      g_str_equal(mu_cli_json_text(row, "state"), "RUNNING");
  if (!complete)
    return;
  run->complete = TRUE;
  say(run, "%s is deployed%s", run->spec->name, run->ends_by_itself ? " and done" : "; Ctrl-C takes it down");
  if (run->ends_by_itself)
    g_idle_add(uninstall_on_main, run);
}

static void settle(gpointer user) {
  Run *run = user;
  close_over(run);
  if (run->dirty)
    look(run);
  run->dirty = FALSE;
  fflush(stdout);
}

static gpointer watch(gpointer user) {
  Run *run = user;
  g_autoptr(MuCliSse) sse = mu_cli_sse_new(on_event, run);
  run->sse = sse;
  run->tasks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, task_free);
  MuCliStreamHandler handler = {.opened = on_opened, .data = on_data, .ended = on_ended, .user = run};
  mu_cli_client_stream(run->client, "/v1/events", &handler);
  mu_cli_client_run(run->client, G_MAXINT64, settle, run);
  g_hash_table_unref(run->tasks);
  return NULL;
}

static void client_init(Run *run) {
  MuCliTarget *target = g_new0(MuCliTarget, 1);
  target->state_dir = g_path_get_dirname(mu_multi_service_runner_socket(run->runner));
  run->client = mu_cli_client_new(target);
  run->style = mu_cli_style(stdout);
}

/* ---- the main thread --------------------------------------------------------------------------------------------- */

static int signal_pipe[2] = {-1, -1};

static void on_signal(int signal) {
  (void)signal;
  if (write(signal_pipe[1], "", 1) != 1)
    return; /* the pipe is full of earlier ones */
}

/* The first takes the service down, the second does not wait for it. */
static gboolean on_interrupt(gint fd, GIOCondition condition, gpointer user) {
  (void)condition;
  Run *run = user;
  char bytes[16];
  gssize n = read(fd, bytes, sizeof bytes);
  for (; n > 0; n--) {
    run->signals++;
    if (run->signals == 1) {
      say(run, "taking %s down; another Ctrl-C does not wait for its tasks", run->spec->name);
      fflush(stdout);
      mu_multi_service_runner_uninstall(run->runner);
    } else
      mu_multi_service_runner_stop(run->runner);
  }
  return G_SOURCE_CONTINUE;
}

/* In the loop, that is after the runner has set its own handlers, which would leave the tasks running. */
static gboolean take_signals(gpointer user) {
  (void)user;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean signals_init(Run *run, GError **error) {
  if (!g_unix_open_pipe(signal_pipe, FD_CLOEXEC, error) || !g_unix_set_fd_nonblocking(signal_pipe[0], TRUE, error) ||
      !g_unix_set_fd_nonblocking(signal_pipe[1], TRUE, error))
    return FALSE;
  run->signal_source = g_unix_fd_add(signal_pipe[0], G_IO_IN, on_interrupt, run);
  g_idle_add_full(G_PRIORITY_HIGH, take_signals, run, NULL);
  return TRUE;
}

/* Runs until everything is gone again. */
static gboolean run_to_end(Run *run, GError **error) {
  client_init(run);
  GThread *thread = g_thread_new("client", watch, run);
  MuRunEnd end = MU_RUN_STOPPED;
  gboolean ok = mu_multi_service_runner_run(run->runner, &end, error);
  mu_cli_client_stop(run->client);
  g_thread_join(thread);
  mu_cli_client_free(run->client);
  g_source_remove(run->signal_source);
  return ok;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static void measure(Run *run) {
  run->ends_by_itself = TRUE;
  run->name_columns = (int)strlen("muster");
  for (guint i = 0; i < run->spec->n_pods; i++) {
    const MuPodSpec *pod = &run->spec->pods[i];
    for (guint j = 0; j < pod->n_tasks; j++) {
      g_autofree char *name =
          g_strdup_printf("%s-%" G_GINT64_FORMAT "-%s", pod->type, pod->count - 1, pod->tasks[j].name);
      run->name_columns = MAX(run->name_columns, (int)strlen(name));
      if (pod->tasks[j].goal == MU_GOAL_RUNNING)
        run->ends_by_itself = FALSE;
    }
  }
}

static MuMultiServiceRunner *new_runner(const MuCliCall *call, GError **error) {
  g_auto(MuCliMachineLists) lists = {NULL, NULL};
  MuRunnerOptions options = mu_cli_machine_options(call, &lists);
  options.quiet = TRUE;
  return mu_multi_service_runner_new(mu_cli_new_scheduler("muster-run", 0), &options, error);
}

gboolean mu_cli_run(MuCliCall *call, GError **error) {
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, mu_cli_arg(call, 0), error);
  g_autoptr(MuServiceSpec) spec = context == NULL ? NULL : mu_cli_context_parse(context, NULL, error);
  g_autoptr(MuMultiServiceRunner) runner = spec == NULL ? NULL : new_runner(call, error);
  if (runner == NULL)
    return FALSE;
  mu_cli_context_warn(context, spec, "local");
  g_autofree char *json = mu_cli_context_to_json(context);
  g_autoptr(GBytes) bytes = g_bytes_new(json, strlen(json));
  Run run = {.spec = spec, .context = bytes, .runner = runner};
  measure(&run);
  if (!signals_init(&run, error))
    return FALSE;
  if (!run_to_end(&run, error)) {
    g_clear_error(&run.refused);
    return FALSE;
  }
  if (run.signals > 1)
    call->exit_code = EXIT_FORCED;
  if (run.refused == NULL)
    return TRUE;
  g_propagate_error(error, run.refused);
  return FALSE;
}
