/* The local engine with real processes, driven by a test: events are kept until asked for, every wait is for an event and
 * has a deadline, and whatever happens no process outlives the test. */
#ifndef MU_TEST_LOCAL_FIXTURE_H
#define MU_TEST_LOCAL_FIXTURE_H
#include "local_engine.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000

typedef struct {
  MuLocalEngineConfig config;
  char *state_dir;
  MuEngine *engine;
  GPtrArray *events;     /* of MuEngineEvent*, not yet asked for, oldest first */
  gboolean keep_unacked; /* statuses are not acknowledged */
  guint tasks;
} Fixture;

/* ---- no process is left, even when an assertion fails ---- */

static void kill_children_of(pid_t pid) {
  g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)pid, (int)pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return;
  for (char *at = text, *end;; at = end) {
    pid_t child = (pid_t)strtol(at, &end, 10);
    if (end == at)
      return;
    kill_children_of(child);
    kill(child, SIGKILL);
  }
}

/* Runs the tests in a child; whatever becomes of it, its processes come to us, and are killed. The exit status. */
static int run_guarded(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t tests = fork();
  if (tests == 0) {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    return g_test_run();
  }
  int status = 0;
  g_assert_cmpint(waitpid(tests, &status, 0), ==, tests);
  for (pid_t pid = 0; pid >= 0; pid = waitpid(-1, NULL, 0))
    kill_children_of(getpid());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- life ---- */

/* In the build folder, which test/run names; else next to the test, or above it. */
static char *program_path(const char *name) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *here = g_path_get_dirname(self);
  g_autofree char *above = g_path_get_dirname(here);
  const char *places[] = {g_getenv("MU_BUILD"), here, above};
  for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
    g_autofree char *path = places[i] ? g_build_filename(places[i], name, NULL) : NULL;
    if (path && g_access(path, X_OK) == 0)
      return g_steal_pointer(&path);
  }
  g_error("%s is not built", name);
}

static void sink(MuEngineEvent *take_event, gpointer user) {
  Fixture *fixture = user;
  g_ptr_array_add(fixture->events, take_event);
}

static void event_free(gpointer event) {
  mu_engine_event_free(event);
}

static void fixture_open(Fixture *fixture) {
  g_autoptr(GError) error = NULL;
  fixture->engine = mu_local_engine_new(&fixture->config, &error);
  g_assert_no_error(error);
}

static void fixture_start(Fixture *fixture) {
  g_autoptr(GError) error = NULL;
  fixture->engine->ops->start(fixture->engine, "framework", sink, fixture, &error);
  g_assert_no_error(error);
}

/* The scheduler dies (as far as tasks can tell) and comes back. */
static G_GNUC_UNUSED void fixture_close(Fixture *fixture) {
  fixture->engine->ops->stop(fixture->engine);
  fixture->engine->ops->free(fixture->engine);
  fixture->engine = NULL;
  g_ptr_array_set_size(fixture->events, 0);
}

static void fixture_init(Fixture *fixture) {
  memset(fixture, 0, sizeof *fixture);
  fixture->state_dir = g_dir_make_tmp("muster-local-XXXXXX", NULL);
  fixture->events = g_ptr_array_new_with_free_func(event_free);
  fixture->config = (MuLocalEngineConfig){.state_dir = fixture->state_dir,
                                          .executor_path = program_path("muster-executor"),
                                          .bootstrap_path = program_path("muster-bootstrap"),
                                          .fetch_path = program_path("muster-fetch"),
                                          .secrets_path = program_path("muster-secrets"),
                                          .agents = 1,
                                          .cpus_milli = 4000,
                                          .mem_mb = 4096,
                                          .disk_mb = 10000,
                                          .ports = "2000-2999",
                                          .pid_namespaces = MU_LOCAL_OFF, /* tasks write their pids down for us */
                                          .hostname = "host"};
}

static void fixture_new(Fixture *fixture) {
  fixture_init(fixture);
  fixture_open(fixture);
  fixture_start(fixture);
}

static void fixture_free(Fixture *fixture) {
  g_autoptr(GError) error = NULL;
  mu_local_engine_destroy(fixture->engine, 5000, &error);
  g_assert_no_error(error);
  g_assert_false(g_file_test(fixture->state_dir, G_FILE_TEST_EXISTS));
  fixture->engine->ops->free(fixture->engine);
  g_ptr_array_unref(fixture->events);
  g_free((char *)fixture->config.executor_path);
  g_free((char *)fixture->config.bootstrap_path);
  g_free((char *)fixture->config.fetch_path);
  g_free((char *)fixture->config.secrets_path);
  g_free(fixture->state_dir);
}

/* ---- calls ---- */

static void call(Fixture *fixture, MuEngineCall *take_call) {
  fixture->engine->ops->perform(fixture->engine, take_call);
  fixture->engine->ops->flush(fixture->engine);
  mu_engine_call_free(take_call);
}

static void acknowledge(Fixture *fixture, const MuTaskStatus *status) {
  if (!status->uuid)
    return;
  MuEngineCall *ack = mu_engine_call_new(MU_CALL_ACKNOWLEDGE);
  ack->task_id = g_strdup(status->task_id);
  ack->uuid = g_strdup(status->uuid);
  call(fixture, ack);
}

static G_GNUC_UNUSED void kill_task(Fixture *fixture, const char *task_id, gint64 grace_ms) {
  MuEngineCall *kill_call = mu_engine_call_new(MU_CALL_KILL);
  kill_call->task_id = g_strdup(task_id);
  kill_call->grace_ms = grace_ms;
  call(fixture, kill_call);
}

/* ---- waiting ---- */

static gboolean on_deadline(gpointer user) {
  *(gboolean *)user = TRUE;
  return G_SOURCE_REMOVE;
}

/* Runs the loop until `ready` says so; FALSE when `within_ms` went by before. */
static gboolean wait_for(gboolean (*ready)(gpointer user), gpointer user, guint within_ms) {
  gboolean late = FALSE;
  guint source = g_timeout_add(within_ms, on_deadline, &late);
  while (!ready(user) && !late)
    g_main_context_iteration(NULL, TRUE);
  if (!late)
    g_source_remove(source);
  return !late || ready(user);
}

typedef struct {
  Fixture *fixture;
  MuEngineEventKind kind;
  const char *task_id;
  MuTaskState state;
  gboolean (*also)(const MuTaskStatus *status); /* NULL: any */
  MuEngineEvent *found;
} Wanted;

static gboolean matches(const Wanted *wanted, const MuEngineEvent *event) {
  if (event->kind != wanted->kind)
    return FALSE;
  if (event->kind != MU_EVENT_UPDATE)
    return TRUE;
  return g_str_equal(event->status->task_id, wanted->task_id) && event->status->state == wanted->state &&
         (!wanted->also || wanted->also(event->status));
}

static gboolean find_event(gpointer user) {
  Wanted *wanted = user;
  GPtrArray *events = wanted->fixture->events;
  for (guint i = 0; i < events->len && !wanted->found; i++)
    if (matches(wanted, events->pdata[i]))
      wanted->found = g_ptr_array_steal_index(events, i);
  return wanted->found != NULL;
}

static G_GNUC_UNUSED MuEngineEvent *wait_event(Fixture *fixture, MuEngineEventKind kind) {
  Wanted wanted = {.fixture = fixture, .kind = kind};
  if (!wait_for(find_event, &wanted, PATIENCE_MS))
    g_error("no event of kind %d came", (int)kind);
  return wanted.found;
}

static void complain(const Fixture *fixture, const char *task_id, MuTaskState state) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < fixture->events->len; i++) {
    const MuEngineEvent *event = fixture->events->pdata[i];
    if (event->kind == MU_EVENT_UPDATE)
      g_string_append_printf(text, "\n  %s %s %s", event->status->task_id,
                             mu_task_state_to_string(event->status->state),
                             event->status->message ? event->status->message : "");
  }
  g_error("%s did not become %s; there was:%s", task_id, mu_task_state_to_string(state), text->str);
}

static G_GNUC_UNUSED MuTaskStatus *wait_status_also(Fixture *fixture, const char *task_id, MuTaskState state,
                                                    gboolean (*also)(const MuTaskStatus *status)) {
  Wanted wanted = {.fixture = fixture, .kind = MU_EVENT_UPDATE, .task_id = task_id, .state = state, .also = also};
  if (!wait_for(find_event, &wanted, PATIENCE_MS))
    complain(fixture, task_id, state);
  MuTaskStatus *status = g_steal_pointer(&wanted.found->status);
  mu_engine_event_free(wanted.found);
  if (!fixture->keep_unacked)
    acknowledge(fixture, status);
  return status;
}

static G_GNUC_UNUSED MuTaskStatus *wait_status(Fixture *fixture, const char *task_id, MuTaskState state) {
  return wait_status_also(fixture, task_id, state, NULL);
}

static G_GNUC_UNUSED void wait_state(Fixture *fixture, const char *task_id, MuTaskState state) {
  mu_task_status_free(wait_status(fixture, task_id, state));
}

/* The offer of the next OFFERS event that has one. */
static MuOffer *wait_offer(Fixture *fixture) {
  MuEngineEvent *event = wait_event(fixture, MU_EVENT_OFFERS);
  g_assert_cmpuint(event->offers->len, >, 0);
  MuOffer *offer = mu_offer_copy(event->offers->pdata[0]);
  mu_engine_event_free(event);
  return offer;
}

static G_GNUC_UNUSED void assert_no_offer(Fixture *fixture, guint within_ms) {
  Wanted wanted = {.fixture = fixture, .kind = MU_EVENT_OFFERS};
  g_assert_false(wait_for(find_event, &wanted, within_ms));
}

/* ---- launching ---- */

static MuTaskLaunch *task_new(Fixture *fixture, const char *cmd) {
  g_autofree char *id = g_strdup_printf("svc__pod-0-t__%08u-0000-4000-8000-%012d", fixture->tasks++, (int)getpid());
  MuTaskLaunch *task = mu_task_launch_new(id, "pod-0-t");
  task->cmd = g_strdup(cmd);
  task->kill_grace_ms = 0;
  return task;
}

static MuPodLaunch *pod_new(MuTaskLaunch *take_task) {
  g_autofree char *id = g_strdup_printf("pod-0__%s", take_task->task_id + strlen("svc__pod-0-t__"));
  MuPodLaunch *pod = mu_pod_launch_new(id, "svc", "pod-0");
  mu_items_add(pod->tasks, take_task);
  return pod;
}

static MuEngineCall *accept_new(const MuOffer *offer, gint64 refuse_ms) {
  MuEngineCall *accept = mu_engine_call_new(MU_CALL_ACCEPT);
  mu_items_add(accept->offer_ids, g_strdup(offer->id));
  accept->refuse_ms = refuse_ms;
  return accept;
}

static G_GNUC_UNUSED void launch_pod(Fixture *fixture, MuPodLaunch *take_pod) {
  g_autoptr(MuOffer) offer = wait_offer(fixture);
  MuEngineCall *accept = accept_new(offer, 0);
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, take_pod));
  call(fixture, accept);
}

/* The id of the task, the caller's. */
static G_GNUC_UNUSED char *launch(Fixture *fixture, MuTaskLaunch *take_task) {
  char *id = g_strdup(take_task->task_id);
  launch_pod(fixture, pod_new(take_task));
  return id;
}

static G_GNUC_UNUSED char *launch_cmd(Fixture *fixture, const char *cmd) {
  return launch(fixture, task_new(fixture, cmd));
}

/* ---- looking ---- */

static G_GNUC_UNUSED char *sandbox_file(Fixture *fixture, const char *task_id, const char *path) {
  g_autoptr(GError) error = NULL;
  g_autofree char *real = fixture->engine->ops->sandbox_path(fixture->engine, NULL, task_id, path, &error);
  char *text = NULL;
  if (!real || !g_file_get_contents(real, &text, NULL, &error))
    return g_strdup_printf("(%s)", error->message);
  return text;
}

/* The file has a line that ends; its number. For pids that tasks write down. */
typedef struct {
  Fixture *fixture;
  const char *task_id, *path;
  long number;
} NumberIn;

static gboolean has_number(gpointer user) {
  NumberIn *in = user;
  g_autofree char *text = sandbox_file(in->fixture, in->task_id, in->path);
  if (!strchr(text, '\n') || !g_ascii_isdigit(*text))
    return FALSE;
  in->number = strtol(text, NULL, 10);
  return TRUE;
}

static gboolean tick(gpointer user) {
  (void)user;
  return G_SOURCE_CONTINUE;
}

/* For what no event announces: asks again every few milliseconds. */
static G_GNUC_UNUSED gboolean poll_for(gboolean (*ready)(gpointer user), gpointer user) {
  guint source = g_timeout_add(2, tick, NULL);
  gboolean ok = wait_for(ready, user, PATIENCE_MS);
  g_source_remove(source);
  return ok;
}

static G_GNUC_UNUSED pid_t wait_pid(Fixture *fixture, const char *task_id, const char *path) {
  NumberIn in = {.fixture = fixture, .task_id = task_id, .path = path};
  if (!poll_for(has_number, &in))
    g_error("%s has no number", path);
  return (pid_t)in.number;
}

/* Running, and not a zombie. */
static G_GNUC_UNUSED gboolean is_alive(pid_t pid) {
  g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  const char *at = strrchr(text, ')');
  return at && at[2] != 'Z' && at[2] != 'X';
}

static gboolean is_dead(gpointer user) {
  return !is_alive(*(pid_t *)user);
}

static G_GNUC_UNUSED void assert_dies(pid_t pid) {
  g_assert_true(poll_for(is_dead, &pid));
}

static G_GNUC_UNUSED gboolean folder_is_empty(gpointer path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  gboolean empty = !dir || !g_dir_read_name(dir);
  if (dir)
    g_dir_close(dir);
  return empty;
}
#endif
