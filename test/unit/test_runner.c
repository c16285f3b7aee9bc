/* The runner around the real core, with a scripted engine and a store that can be told to fail. A test is a script: each
 * step waits until its condition holds, then does its part, all on the main loop while the runner runs. */
#include "agent.h"
#include "memory_store.h"
#include "runner_internal.h"
#include <glib/gstdio.h>
#include <muster/muster.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char yaml[] = "name: x\n"
                           "pods:\n"
                           "  hello:\n"
                           "    count: 1\n"
                           "    tasks:\n"
                           "      server: {goal: RUNNING, cmd: sleep 1, cpus: 0.1, memory: 32}\n";

/* ---- an engine that runs everything at once ------------------------------------------------------------------------- */

typedef struct {
  MuEngine base;
  MuEngineSink sink;
  gpointer user;
  MuAgent *agent;
  GQueue events; /* of MuEngineEvent*: sent one by one from an idle callback */
  guint source, n_offers, n_uuids;
  guint count[MU_CALL_TEARDOWN + 1]; /* calls seen, by kind */
  guint launches, flushes, unflushed;
  char *framework_id; /* that it was started with */
  char *executor_id;  /* of the last launch */
} Fake;

static gboolean send_next(gpointer user) {
  Fake *fake = user;
  MuEngineEvent *event = g_queue_pop_head(&fake->events);
  if (event == NULL) {
    fake->source = 0;
    return G_SOURCE_REMOVE;
  }
  fake->sink(event, fake->user);
  return G_SOURCE_CONTINUE;
}

static MuEngineEvent *tell(Fake *fake, MuEngineEventKind kind) {
  MuEngineEvent *event = mu_engine_event_new(kind);
  g_queue_push_tail(&fake->events, event);
  if (fake->source == 0)
    fake->source = g_idle_add(send_next, fake);
  return event;
}

static void tell_status(Fake *fake, const char *task_id, MuTaskState state) {
  MuEngineEvent *event = tell(fake, MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task_id, state);
  event->status->agent_id = g_strdup("agent-1");
  event->status->uuid = g_strdup_printf("status-%u", fake->n_uuids++);
}

static void tell_offer(Fake *fake) {
  g_autofree char *id = g_strdup_printf("offer-%u", fake->n_offers++);
  MuOffer *offer = mu_agent_make_offer(fake->agent, id);
  if (offer == NULL)
    return;
  MuEngineEvent *event = tell(fake, MU_EVENT_OFFERS);
  if (event->offers == NULL)
    event->offers = g_ptr_array_new();
  g_ptr_array_add(event->offers, offer);
}

static gboolean fake_start(MuEngine *engine, const char *framework_id, MuEngineSink sink, gpointer user,
                           GError **error) {
  (void)error;
  Fake *fake = (Fake *)engine;
  fake->sink = sink;
  fake->user = user;
  fake->framework_id = g_strdup(framework_id);
  tell(fake, MU_EVENT_SUBSCRIBED)->id = g_strdup(framework_id != NULL ? framework_id : "framework-1");
  return TRUE;
}

static void launch(Fake *fake, const MuPodLaunch *pod) {
  fake->launches++;
  g_free(fake->executor_id);
  fake->executor_id = g_strdup(pod->executor_id);
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTaskLaunch *task = pod->tasks->pdata[i];
    g_assert_true(mu_agent_use(fake->agent, pod->executor_id, task->task_id, task->resources, NULL));
    tell_status(fake, task->task_id, MU_TASK_STARTING);
    tell_status(fake, task->task_id, MU_TASK_RUNNING);
  }
}

static void accept_offers(Fake *fake, const MuEngineCall *call) {
  for (guint i = 0; i < call->offer_ids->len; i++)
    mu_agent_offer_end(fake->agent, call->offer_ids->pdata[i]);
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    g_autoptr(GError) error = NULL;
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      launch(fake, operation->launch);
    else
      g_assert_true(mu_agent_apply(fake->agent, operation, &error));
    g_assert_no_error(error);
  }
  tell_offer(fake);
}

static void kill_task(Fake *fake, const MuEngineCall *call) {
  mu_agent_release(fake->agent, fake->executor_id, call->task_id);
  tell_status(fake, call->task_id, MU_TASK_KILLED);
  tell_offer(fake);
}

static void decline(Fake *fake, const MuEngineCall *call) {
  for (guint i = 0; i < call->offer_ids->len; i++)
    mu_agent_offer_end(fake->agent, call->offer_ids->pdata[i]);
}

static void fake_perform(MuEngine *engine, const MuEngineCall *call) {
  Fake *fake = (Fake *)engine;
  fake->count[call->kind]++;
  fake->unflushed++;
  if (call->kind == MU_CALL_ACCEPT)
    accept_offers(fake, call);
  else if (call->kind == MU_CALL_DECLINE)
    decline(fake, call);
  else if (call->kind == MU_CALL_REVIVE)
    tell_offer(fake);
  else if (call->kind == MU_CALL_KILL)
    kill_task(fake, call);
}

static void fake_flush(MuEngine *engine) {
  Fake *fake = (Fake *)engine;
  g_assert_cmpuint(fake->unflushed, >, 0);
  fake->unflushed = 0;
  fake->flushes++;
}

static char *fake_sandbox_path(MuEngine *engine, const char *agent_id, const char *task_id, const char *path,
                               GError **error) {
  (void)engine, (void)agent_id, (void)path;
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "no sandbox of task %s", task_id);
  return NULL;
}

static void fake_stop(MuEngine *engine) {
  Fake *fake = (Fake *)engine;
  if (fake->source != 0)
    g_source_remove(fake->source);
  fake->source = 0;
}

static void free_event(gpointer event) {
  mu_engine_event_free(event);
}

static void fake_free(MuEngine *engine) {
  Fake *fake = (Fake *)engine;
  g_queue_clear_full(&fake->events, free_event);
  mu_agent_free(fake->agent);
  g_free(fake->framework_id);
  g_free(fake->executor_id);
  g_free(fake);
}

static const MuEngineOps fake_ops = {
    .name = "fake",
    .start = fake_start,
    .perform = fake_perform,
    .flush = fake_flush,
    .sandbox_path = fake_sandbox_path,
    .stop = fake_stop,
    .free = fake_free,
};

static Fake *fake_new(void) {
  Fake *fake = g_new0(Fake, 1);
  fake->base.ops = &fake_ops;
  g_queue_init(&fake->events);
  MuResources *total = mu_resources_new();
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, 8000);
  g_autoptr(MuResource) mem = mu_resource_new_scalar(MU_RESOURCE_MEM, 8192);
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, 8192);
  mu_resources_add(total, cpus);
  mu_resources_add(total, mem);
  mu_resources_add(total, disk);
  fake->agent = mu_agent_new("agent-1", "host-1", total);
  return fake;
}

/* ---- a run with its script ------------------------------------------------------------------------------------------ */

typedef struct Run Run;
typedef struct {
  gboolean (*until)(Run *run);
  void (*then)(Run *run); /* NULL: nothing */
} Step;

struct Run {
  MuMultiServiceRunner *runner;
  Fake *fake;
  MuStore *store; /* the memory store; NULL: sqlite in the folder */
  char *dir;
  const Step *steps;
  guint done, failed; /* requests that were answered */
  GError *last_error;
  MuRunEnd end;
  GError *error; /* of the run */
};

static MuMultiServiceEventClient *client_new(void) {
  return mu_multi_service_event_client_new("test", mu_multi_service_manager_new(),
                                           mu_service_store_new(mu_yaml_service_factory, NULL), NULL);
}

static void run_init(Run *run, gboolean memory) {
  memset(run, 0, sizeof *run);
  run->dir = g_dir_make_tmp("muster-test-XXXXXX", NULL);
  run->fake = fake_new();
  run->store = memory ? mu_memory_store_new() : NULL;
  MuRunnerOptions options = {.state_dir = run->dir, .quiet = TRUE};
  run->runner = mu_runner_new_with(client_new(), &options, run->store, &run->fake->base, &run->error);
  g_assert_no_error(run->error);
}

/* A step a turn; the idle source keeps the loop turning only while a script is under way. */
static gboolean next_step(gpointer user) {
  Run *run = user;
  if (!run->steps->until(run))
    return G_SOURCE_CONTINUE;
  if (run->steps->then != NULL)
    run->steps->then(run);
  run->steps++;
  return run->steps->until == NULL ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean run_script(Run *run, const Step *steps) {
  run->steps = steps;
  g_idle_add_full(G_PRIORITY_DEFAULT_IDLE + 1, next_step, run, NULL);
  gboolean good = mu_multi_service_runner_run(run->runner, &run->end, &run->error);
  g_assert_null(run->steps->until); /* the script came to its end */
  return good;
}

static void remove_dir(const char *dir) {
  MuStateDir *state = mu_state_dir_open(dir, NULL);
  g_assert_nonnull(state);
  mu_state_dir_set_erase(state);
  mu_state_dir_close(state);
  g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

static void run_clear(Run *run) {
  mu_multi_service_runner_free(run->runner);
  if (run->dir != NULL && g_file_test(run->dir, G_FILE_TEST_EXISTS))
    remove_dir(run->dir);
  g_clear_error(&run->error);
  g_clear_error(&run->last_error);
  g_free(run->dir);
}

static void on_done(const char *service, const GError *error, gpointer user) {
  g_assert_cmpstr(service, ==, "hello");
  Run *run = user;
  run->done++;
  run->failed += error != NULL;
  g_clear_error(&run->last_error);
  run->last_error = error == NULL ? NULL : g_error_copy(error);
}

/* conditions and parts */
static gboolean at_once(Run *run) {
  (void)run;
  return TRUE;
}
static gboolean subscribed(Run *run) {
  return mu_client_framework_id(run->runner->client) != NULL && mu_pipeline_is_idle(run->runner->pipeline);
}
static gboolean one_done(Run *run) {
  return run->done == 1;
}
static gboolean two_done(Run *run) {
  return run->done == 2;
}
static gboolean launched(Run *run) {
  return run->fake->launches == 1;
}
static gboolean acknowledged(Run *run) {
  return run->fake->count[MU_CALL_ACKNOWLEDGE] >= 2 && mu_pipeline_is_idle(run->runner->pipeline);
}
static gboolean in_flight(Run *run) {
  return mu_pipeline_in_flight(run->runner->pipeline);
}
static gboolean in_trouble(Run *run) {
  return mu_pipeline_trouble(run->runner->pipeline) != NULL;
}
static gboolean no_services(Run *run) {
  return mu_multi_service_manager_size(mu_multi_service_event_client_manager(run->runner->client)) == 0;
}
static void put(Run *run) {
  g_autoptr(GBytes) context = g_bytes_new_static(yaml, strlen(yaml));
  mu_multi_service_runner_put_service_full(run->runner, "hello", context, on_done, run);
}
static void remove_service(Run *run) {
  mu_multi_service_runner_remove_service(run->runner, "hello", on_done, run);
}
static void stop(Run *run) {
  mu_multi_service_runner_stop(run->runner);
}
static void terminate(Run *run) {
  (void)run;
  raise(SIGTERM);
}
static void uninstall(Run *run) {
  mu_multi_service_runner_uninstall(run->runner);
}
static void hold(Run *run) {
  mu_memory_store_hold(run->store, TRUE);
}
static void fail_always(Run *run) {
  mu_memory_store_fail_next(run->store, G_MAXUINT);
}
static void works_again(Run *run) {
  mu_memory_store_fail_next(run->store, 0);
}
static void engine_ends(Run *run) {
  tell(run->fake, MU_EVENT_ERROR)->message = g_strdup("framework has been removed");
}

/* ---- the tests ------------------------------------------------------------------------------------------------------ */

static void test_service_runs(void) {
  static const Step steps[] = {
      {subscribed, put}, {one_done, NULL}, {launched, NULL}, {acknowledged, stop}, {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_no_error(run.last_error);
  g_assert_cmpint(run.end, ==, MU_RUN_STOPPED);
  run_clear(&run);
}

/* Nothing is launched and nobody is answered while the commit is not done; a stop waits for it. */
static void check_nothing_done(Run *run) {
  g_assert_cmpuint(run->done, ==, 0);
  g_assert_cmpuint(run->fake->launches, ==, 0);
}
static gboolean stopping(Run *run) {
  return run->runner->stopping;
}
static void finish(Run *run) {
  check_nothing_done(run);
  g_assert_true(g_main_loop_is_running(run->runner->loop));
  mu_memory_store_hold(run->store, FALSE);
  mu_memory_store_finish(run->store);
}

static void test_stop_waits_for_the_commit(void) {
  static const Step steps[] = {{subscribed, hold}, {at_once, put},   {in_flight, check_nothing_done},
                               {at_once, stop},    {stopping, NULL}, {at_once, NULL},
                               {at_once, finish},  {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_cmpuint(run.done, ==, 1);
  g_assert_no_error(run.last_error);
  run_clear(&run);
}

static void test_commit_is_retried(void) {
  static const Step steps[] = {{subscribed, fail_always}, {at_once, put},       {in_trouble, check_nothing_done},
                               {at_once, works_again},    {acknowledged, stop}, {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_cmpuint(run.done, ==, 1);
  g_assert_no_error(run.last_error);
  run_clear(&run);
}

/* Who asks while the store is in trouble is told so, at once; who asked before is not promised anything, and told at the
 * end. */
static void test_refused_in_trouble(void) {
  static const Step steps[] = {
      {subscribed, fail_always}, {at_once, put}, {in_trouble, remove_service}, {one_done, stop}, {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_cmpuint(run.done, ==, 2);
  g_assert_cmpuint(run.failed, ==, 2);
  g_assert_error(run.last_error, MU_ERROR, MU_ERROR_UNAVAILABLE);
  run_clear(&run);
}

static void test_refused_request(void) {
  static const Step steps[] = {{subscribed, remove_service}, {one_done, stop}, {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_error(run.last_error, MU_ERROR, MU_ERROR_NOT_FOUND);
  run_clear(&run);
}

static void check_killed(Run *run) {
  g_assert_cmpuint(run->fake->count[MU_CALL_KILL], ==, 1);
}

static void test_remove(void) {
  static const Step steps[] = {{subscribed, put}, {acknowledged, remove_service},
                               {two_done, NULL},  {no_services, check_killed},
                               {at_once, stop},   {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_no_error(run.last_error);
  run_clear(&run);
}

static void test_uninstall(void) {
  static const Step steps[] = {{subscribed, put}, {acknowledged, uninstall}, {NULL, NULL}};
  Run run;
  run_init(&run, FALSE);
  g_assert_true(run_script(&run, steps));
  g_assert_cmpint(run.end, ==, MU_RUN_UNINSTALLED);
  g_assert_false(g_file_test(run.dir, G_FILE_TEST_EXISTS));
  run_clear(&run);
}

static void test_sigterm(void) {
  static const Step steps[] = {{subscribed, terminate}, {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_true(run_script(&run, steps));
  g_assert_cmpint(run.end, ==, MU_RUN_STOPPED);
  run_clear(&run);
}

static void test_engine_ends(void) {
  static const Step steps[] = {{subscribed, engine_ends}, {NULL, NULL}};
  Run run;
  run_init(&run, TRUE);
  g_assert_false(run_script(&run, steps));
  g_assert_error(run.error, MU_ERROR, MU_ERROR_FAILED);
  g_assert_nonnull(strstr(run.error->message, "framework has been removed"));
  run_clear(&run);
}

/* A second run on the folder finds the service and the framework's id. */
static void test_restart(void) {
  static const Step first[] = {{subscribed, put}, {acknowledged, stop}, {NULL, NULL}};
  static const Step second[] = {{subscribed, stop}, {NULL, NULL}};
  Run run;
  run_init(&run, FALSE);
  g_assert_true(run_script(&run, first));
  Run again = {.dir = g_steal_pointer(&run.dir), .fake = fake_new()};
  run_clear(&run);

  MuRunnerOptions options = {.state_dir = again.dir, .quiet = TRUE};
  again.runner = mu_runner_new_with(client_new(), &options, NULL, &again.fake->base, &again.error);
  g_assert_no_error(again.error);
  g_assert_false(no_services(&again));
  g_assert_cmpstr(mu_client_framework_id(again.runner->client), ==, "framework-1");
  g_assert_true(run_script(&again, second));
  run_clear(&again);
}

static void must_not_open(const MuRunnerOptions *options, MuErrorCode code, const char *says) {
  g_autoptr(GError) error = NULL;
  Fake *fake = fake_new();
  g_assert_null(mu_runner_new_with(client_new(), options, NULL, &fake->base, &error));
  g_assert_error(error, MU_ERROR, (int)code);
  if (strstr(error->message, says) == NULL)
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static void test_second_scheduler(void) {
  Run run;
  run_init(&run, FALSE);
  MuRunnerOptions options = {.state_dir = run.dir, .quiet = TRUE};
  g_autofree char *pid = g_strdup_printf("process %d", (int)getpid());
  must_not_open(&options, MU_ERROR_CONFLICT, pid);
  run_clear(&run);
}

static int occupy_port(guint16 *ret_port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
  g_assert_cmpint(listen(fd, 1), ==, 0);
  g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
  *ret_port = ntohs(address.sin_port);
  return fd;
}

static void test_port_in_use(void) {
  guint16 port;
  int fd = occupy_port(&port);
  g_autofree char *where = g_strdup_printf("127.0.0.1:%u", port);
  g_autofree char *says = g_strdup_printf("%u", port);
  g_autofree char *dir = g_dir_make_tmp("muster-test-XXXXXX", NULL);
  MuRunnerOptions options = {.state_dir = dir, .listen = where, .quiet = TRUE};
  must_not_open(&options, MU_ERROR_CONFLICT, says);
  must_not_open(&options, MU_ERROR_CONFLICT, "--listen");
  close(fd);
  remove_dir(dir);
}

static void test_bad_options(void) {
  static const char *const no_equals[] = {"rack", NULL};
  static const char *const no_key[] = {"1:=a", NULL};
  const struct {
    MuRunnerOptions options;
    const char *says;
  } rows[] = {
      {{.engine = "kubernetes", .quiet = TRUE}, "\"kubernetes\""},
      {{.engine = "mesos", .quiet = TRUE}, "--master"},
      {{.engine = "mesos", .mesos = {.master = "ftp://x"}, .quiet = TRUE}, "expected zk://"},
      {{.engine = "mesos", .mesos = {.master = "x", .failover_timeout_ms = 1}, .quiet = TRUE}, "failover timeout"},
      {{.engine = "mesos", .mesos = {.master = "x", .hold_ms = -1}, .quiet = TRUE}, "none is negative"},
      {{.cpus_milli = -1, .quiet = TRUE}, "cpus"},
      {{.attributes = no_equals, .quiet = TRUE}, "\"rack\""},
      {{.attributes = no_key, .quiet = TRUE}, "\"1:=a\""},
      {{.executor_path = "/no/executor", .quiet = TRUE}, "/no/executor"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_multi_service_runner_new(client_new(), &rows[i].options, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (strstr(error->message, rows[i].says) == NULL)
      g_error("\"%s\" does not say \"%s\"", error->message, rows[i].says);
  }
}

static void test_throw_away(void) {
  static const Step steps[] = {{subscribed, stop}, {NULL, NULL}};
  Run run = {.fake = fake_new()};
  MuRunnerOptions options = {.listen = "127.0.0.1:0", .quiet = TRUE};
  run.runner = mu_runner_new_with(client_new(), &options, NULL, &run.fake->base, &run.error);
  g_assert_no_error(run.error);
  g_autofree char *dir = g_path_get_dirname(mu_multi_service_runner_socket(run.runner));
  g_assert_true(g_file_test(dir, G_FILE_TEST_IS_DIR));
  g_assert_true(g_str_has_prefix(mu_multi_service_runner_url(run.runner), "http://127.0.0.1:"));
  g_assert_true(run_script(&run, steps));
  g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
  run_clear(&run);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/runner/service-runs", test_service_runs);
  g_test_add_func("/runner/stop-waits-for-the-commit", test_stop_waits_for_the_commit);
  g_test_add_func("/runner/commit-is-retried", test_commit_is_retried);
  g_test_add_func("/runner/refused-in-trouble", test_refused_in_trouble);
  g_test_add_func("/runner/refused-request", test_refused_request);
  g_test_add_func("/runner/remove", test_remove);
  g_test_add_func("/runner/uninstall", test_uninstall);
  g_test_add_func("/runner/sigterm", test_sigterm);
  g_test_add_func("/runner/engine-ends", test_engine_ends);
  g_test_add_func("/runner/restart", test_restart);
  g_test_add_func("/runner/second-scheduler", test_second_scheduler);
  g_test_add_func("/runner/port-in-use", test_port_in_use);
  g_test_add_func("/runner/bad-options", test_bad_options);
  g_test_add_func("/runner/throw-away", test_throw_away);
  return g_test_run();
}
