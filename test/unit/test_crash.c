/* The scheduler dies at every commit of the life of three services, once before it is durable and once after, before its
 * actions; and twice in one life, at random. The end is the same each time, and nothing is doubled or left behind. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "view.h"
#include <muster/error.h>

#include <string.h>

/* "node": a server and a task that runs once; "web": many pods, to be replaced and decommissioned; "job" ends by itself. */
static const char SVC[] = "name: svc\n"
                          "pods:\n"
                          "  node:\n"
                          "    count: 2\n"
                          "    tasks:\n"
                          "      server:\n"
                          "        goal: RUNNING\n"
                          "        cmd: sleep 1000\n"
                          "        cpus: 0.5\n"
                          "        memory: %d\n"
                          "        volume: {path: data, type: ROOT, size: 100}\n"
                          "        ports: {web: {port: 0}}\n"
                          "      side: {goal: ONCE, cmd: 'true', cpus: 0.1, memory: 32}\n";
static const char WEB[] = "name: web\n"
                          "pods:\n"
                          "  web:\n"
                          "    count: %d\n"
                          "    allow-decommission: true\n"
                          "    volume: {path: shared, type: ROOT, size: 10}\n"
                          "    tasks:\n"
                          "      httpd: {goal: RUNNING, cmd: ./httpd, cpus: 0.1, memory: 32}\n"
                          "plans:\n"
                          "  deploy: {strategy: serial, phases: {all: {strategy: parallel, pod: web}}}\n";
static const char JOB[] = "name: job\n"
                          "remove-when-finished: true\n"
                          "pods:\n"
                          "  job:\n"
                          "    count: 2\n"
                          "    tasks:\n"
                          "      work: {goal: FINISH, cmd: 'true', cpus: 0.1, memory: 32}\n";

/* What goes wrong in one life. */
typedef struct {
  guint crash_at[2]; /* the scheduler dies at this commit, counted from the start, or from the first death; 0: not */
  gboolean durable[2];
  guint fail_commits; /* so many fail at the beginning of each stage */
  guint64 seed;       /* of the simulator; in a short life, how many milliseconds it lasts, too */
} Faults;

typedef struct {
  MuSim *sim;
  const Faults *faults;
  const char *stage;
  gboolean second_armed;
  GHashTable *callbacks; /* of names of services: their UninstallCallback was called */
} Life;

/* ---- faults ---------------------------------------------------------------------------------------------------------- */

/* It is called at every start, which is when the second death is set. */
static MuServiceScheduler *factory(const char *name, GBytes *context, gpointer user, GError **error) {
  Life *life = user;
  if (!life->second_armed && life->faults->crash_at[1] > 0 && mu_sim_crashes(life->sim) == 1) {
    life->second_armed = TRUE;
    mu_sim_crash_at_commit(life->sim, life->faults->crash_at[1], life->faults->durable[1]);
  }
  return mu_yaml_service_factory(name, context, NULL, error);
}

static void on_uninstalled(const char *service, gpointer user) {
  Life *life = user;
  g_hash_table_add(life->callbacks, g_strdup(service));
}

static void fail(const Life *life, const char *what) {
  const Faults *f = life->faults;
  g_error("%s: %s (seed %" G_GUINT64_FORMAT ", deaths at %u%s and %u%s, %u commits fail)", life->stage, what, f->seed,
          f->crash_at[0], f->durable[0] ? " durable" : "", f->crash_at[1], f->durable[1] ? " durable" : "",
          f->fail_commits);
}

static void begin_stage(Life *life, const char *name) {
  life->stage = name;
  mu_sim_fail_commits(life->sim, life->faults->fail_commits);
}

/* ---- waiting, and asking again as a client does that got no answer ------------------------------------------------------ */

static void await(Life *life, MuSimCondition done, gconstpointer user, const char *what) {
  if (!mu_sim_run_until(life->sim, done, (gpointer)user, 600000))
    fail(life, what);
  if (mu_sim_violation(life->sim) != NULL)
    fail(life, mu_sim_violation(life->sim));
}

static gboolean is_deployed(MuSim *sim, gpointer service) {
  return g_strcmp0(mu_sim_plan_status(sim, service, "deploy"), "COMPLETE") == 0;
}

static gboolean is_gone(MuSim *sim, gpointer service) {
  return mu_sim_client(sim) != NULL && !mu_multi_service_manager_has(mu_sim_client(sim)->manager, service);
}

static gboolean is_torn_down(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_is_torn_down(sim);
}

static gboolean has_one_web(MuSim *sim, gpointer user) {
  (void)user;
  g_autoptr(json_t) pods = mu_view_pods(mu_sim_client(sim), "web", NULL);
  return json_array_size(pods) == 1;
}

static gboolean has_died(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_crashes(sim) > 0;
}

/* Gives the command until there is an answer; FALSE: it is that there is no such service (any more). */
static gboolean command(Life *life, MuCommandKind kind, const char *service, const char *pod, const char *yaml) {
  for (guint i = 0; i < 5; i++) {
    g_autoptr(GError) error = NULL;
    MuCommand *given = mu_command_new(kind, service);
    given->pod = g_strdup(pod);
    given->context = yaml == NULL ? NULL : g_bytes_new(yaml, strlen(yaml));
    g_autoptr(json_t) body = mu_sim_command(life->sim, given, &error);
    if (body != NULL)
      return TRUE;
    if (g_error_matches(error, MU_ERROR, MU_ERROR_NOT_FOUND))
      return FALSE;
    if (!g_error_matches(error, MU_ERROR, MU_ERROR_TIMED_OUT))
      fail(life, error->message);
  }
  fail(life, "no answer");
  return FALSE;
}

static void put(Life *life, const char *service, const char *yaml) {
  command(life, MU_COMMAND_SERVICE_PUT, service, NULL, yaml);
}

/* A minute later so many tasks run. */
static void assert_running(Life *life, guint n) {
  mu_sim_run(life->sim, 60000);
  if (mu_sim_running(life->sim) != n)
    fail(life, "a wrong number of tasks runs");
}

/* ---- the stages ------------------------------------------------------------------------------------------------------------ */

static void add_all(Life *life) {
  begin_stage(life, "add");
  g_autofree char *svc = g_strdup_printf(SVC, 256), *web = g_strdup_printf(WEB, 3);
  put(life, "svc", svc);
  put(life, "web", web);
  put(life, "job", JOB);
  await(life, is_deployed, "svc", "svc is not deployed");
  await(life, is_deployed, "web", "web is not deployed");
  await(life, is_gone, "job", "the finished job did not remove itself");
  assert_running(life, 5);
}

static void fail_task(Life *life) {
  begin_stage(life, "fail");
  g_autofree char *before = mu_sim_task_id(life->sim, "node-1-server");
  mu_sim_end_task(life->sim, "node-1-server", MU_TASK_FAILED);
  assert_running(life, 5);
  g_autofree char *after = mu_sim_task_id(life->sim, "node-1-server");
  g_assert_cmpstr(before, !=, after);
}

static void reconfigure(Life *life) {
  begin_stage(life, "reconfigure");
  g_autofree char *svc = g_strdup_printf(SVC, 300);
  g_autofree char *untouched = mu_sim_task_id(life->sim, "web-0-httpd");
  put(life, "svc", svc);
  await(life, is_deployed, "svc", "svc is not deployed");
  assert_running(life, 5);
  g_autofree char *after = mu_sim_task_id(life->sim, "web-0-httpd");
  g_assert_cmpstr(untouched, ==, after);
}

static char *footprint(Life *life, const char *pod) {
  const MuService *service = mu_manager_find(mu_sim_client(life->sim)->manager, "web");
  return mu_pod_record_encode(mu_service_pod(service, pod)->record);
}

static void restart_pod(Life *life) {
  begin_stage(life, "restart");
  g_autofree char *before = mu_sim_task_id(life->sim, "web-1-httpd");
  g_autofree char *held = footprint(life, "web-1");
  command(life, MU_COMMAND_POD_RESTART, "web", "web-1", NULL);
  assert_running(life, 5);
  g_autofree char *after = mu_sim_task_id(life->sim, "web-1-httpd");
  g_autofree char *held_after = footprint(life, "web-1");
  g_assert_cmpstr(before, !=, after);
  g_assert_cmpstr(held, ==, held_after); /* in place */
}

static void replace_pod(Life *life) {
  begin_stage(life, "replace");
  g_autofree char *held = footprint(life, "web-2");
  command(life, MU_COMMAND_POD_REPLACE, "web", "web-2", NULL);
  assert_running(life, 5);
  g_autofree char *held_after = footprint(life, "web-2");
  g_assert_cmpstr(held, !=, held_after);
}

static void decommission(Life *life) {
  begin_stage(life, "decommission");
  g_autofree char *web = g_strdup_printf(WEB, 1);
  put(life, "web", web);
  await(life, has_one_web, NULL, "the pods are not gone");
  assert_running(life, 3);
}

static void remove_all(Life *life) {
  static const char *const NAMES[] = {"svc", "web"};
  begin_stage(life, "remove");
  for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
    command(life, MU_COMMAND_SERVICE_REMOVE, NAMES[i], NULL, NULL);
    await(life, is_gone, NAMES[i], "it is not gone");
  }
  mu_sim_run(life->sim, 60000);
  g_assert_cmpuint(mu_sim_records(life->sim), ==, 1); /* the framework's */
}

/* With a service that is on its way already. */
static void uninstall(Life *life) {
  begin_stage(life, "uninstall");
  command(life, MU_COMMAND_SERVICE_REMOVE, "web", NULL, NULL);
  command(life, MU_COMMAND_UNINSTALL, NULL, NULL, NULL);
  await(life, is_torn_down, NULL, "the framework is not torn down");
  mu_sim_run(life->sim, 60000);
  g_assert_cmpuint(mu_sim_records(life->sim), ==, 0);
}

/* ---- a life ---------------------------------------------------------------------------------------------------------------- */

typedef enum { WITH_REMOVAL, WITH_UNINSTALL } Ending;

static void set_up(Life *life) {
  static const MuSimScript BRIEF = {.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5};
  life->sim = mu_sim_new(life->faults->seed, factory, life);
  life->callbacks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 2; i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", i);
    mu_sim_add_agent(life->sim, id, 8000, 16384, 102400, "1000-32000");
  }
  mu_sim_script(life->sim, "side", &BRIEF);
  mu_sim_script(life->sim, "work", &BRIEF);
  mu_sim_set_uninstall_callback(life->sim, on_uninstalled, life);
  if (life->faults->crash_at[0] > 0)
    mu_sim_crash_at_commit(life->sim, life->faults->crash_at[0], life->faults->durable[0]);
}

/* All of them were told of, once or more often, and nothing is left in the cluster. */
static void check_end(Life *life) {
  static const char *const NAMES[] = {"svc", "web", "job"};
  life->stage = "end";
  for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
    if (!g_hash_table_contains(life->callbacks, NAMES[i]))
      fail(life, "an UninstallCallback was not called");
  if (!mu_sim_is_clean(life->sim))
    fail(life, "something is left in the cluster");
  if (mu_sim_violation(life->sim) != NULL)
    fail(life, mu_sim_violation(life->sim));
}

/* A whole life, until all of it runs as it should at every stage. */
static void grow_old(Life *life) {
  add_all(life);
  fail_task(life);
  reconfigure(life);
  restart_pod(life);
  replace_pod(life);
  decommission(life);
}

/* Nothing is waited for: what was just asked for, recorded or begun is to be undone. */
static void die_young(Life *life, guint ms) {
  begin_stage(life, "add, and think better of it");
  g_autofree char *svc = g_strdup_printf(SVC, 256), *web = g_strdup_printf(WEB, 3);
  put(life, "svc", svc);
  put(life, "web", web);
  mu_sim_run(life->sim, 1000); /* so that the job's launch is a commit of its own */
  put(life, "job", JOB);
  mu_sim_run_until(life->sim, has_died, NULL, ms); /* if so, it is asked before it has heard of anything */
  command(life, MU_COMMAND_SERVICE_REMOVE, "job", NULL, NULL);
}

typedef enum { WHOLE, YOUNG } Age;

/* Returns how many commits it took. */
static guint live(Age age, Ending ending, const Faults *faults) {
  Life life = {.faults = faults};
  set_up(&life);
  if (age == WHOLE)
    grow_old(&life);
  else
    die_young(&life, (guint)faults->seed);
  if (ending == WITH_REMOVAL)
    remove_all(&life);
  else
    uninstall(&life);
  check_end(&life);
  guint commits = mu_sim_commits(life.sim), crashes = mu_sim_crashes(life.sim);
  g_assert_cmpuint(crashes, >=, faults->crash_at[0] > 0);
  g_assert_cmpuint(crashes, <=, (faults->crash_at[0] > 0) + (faults->crash_at[1] > 0));
  mu_sim_free(life.sim);
  g_hash_table_unref(life.callbacks);
  return commits;
}

/* ---- the tests --------------------------------------------------------------------------------------------------------------- */

static const Faults NONE = {0};

static void each_commit(Ending ending, gboolean durable, guint fail_commits) {
  guint commits = live(WHOLE, ending, &NONE);
  g_assert_cmpuint(commits, >, 40);
  for (guint i = 1; i <= commits; i++) {
    const Faults faults = {.crash_at = {i}, .durable = {durable}, .fail_commits = fail_commits};
    live(WHOLE, ending, &faults);
  }
}

static void test_removal(gconstpointer durable) {
  each_commit(WITH_REMOVAL, GPOINTER_TO_INT(durable), 0);
}

static void test_uninstall(gconstpointer durable) {
  each_commit(WITH_UNINSTALL, GPOINTER_TO_INT(durable), 0);
}

/* Removed so many milliseconds after they were added: before, while and after they are launched. */
static void short_lives(Ending ending, gboolean durable) {
  for (guint64 ms = 0; ms < 30; ms += 3) {
    const Faults none = {.seed = ms};
    guint commits = live(YOUNG, ending, &none);
    for (guint i = 1; i <= commits; i++) {
      const Faults faults = {.crash_at = {i}, .durable = {durable}, .seed = ms};
      live(YOUNG, ending, &faults);
    }
  }
}

static void test_young(gconstpointer durable) {
  short_lives(WITH_REMOVAL, GPOINTER_TO_INT(durable));
  short_lives(WITH_UNINSTALL, GPOINTER_TO_INT(durable));
}

/* Commits that fail, and are tried again, beside the death. */
static void test_failing_commits(gconstpointer durable) {
  const Faults failing = {.fail_commits = 3};
  live(WHOLE, WITH_REMOVAL, &failing);
  live(WHOLE, WITH_UNINSTALL, &failing);
  each_commit(WITH_REMOVAL, GPOINTER_TO_INT(durable), 2);
}

static Faults draw(MuRandom *random, guint commits) {
  return (Faults){
      .crash_at = {1 + (guint)mu_random_below(random, commits), 1 + (guint)mu_random_below(random, commits / 2)},
      .durable = {mu_random_below(random, 2) == 0, mu_random_below(random, 2) == 0},
      .fail_commits = mu_random_below(random, 4) == 0 ? 2 : 0};
}

/* The second death often meets a scheduler that has not yet recovered from the first. */
static void test_two_deaths(void) {
  const Faults none = {
      .seed = 1}; /* what is done in parts is done in small ones with others: then there are more commits */
  guint commits[] = {live(WHOLE, WITH_REMOVAL, &none), live(WHOLE, WITH_UNINSTALL, &none)};
  for (guint64 seed = 1; seed <= 1000; seed++) {
    MuRandom random;
    mu_random_seed(&random, seed);
    Ending ending = seed % 2 == 0 ? WITH_REMOVAL : WITH_UNINSTALL;
    Faults faults = draw(&random, commits[ending]);
    if (mu_random_below(&random, 2) == 0)
      faults.crash_at[1] = 1 + (guint)mu_random_below(&random, 4);
    faults.seed = seed % 10;
    live(WHOLE, ending, &faults);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_data_func("/crash/removal/before_durable", GINT_TO_POINTER(FALSE), test_removal);
  g_test_add_data_func("/crash/removal/after_durable", GINT_TO_POINTER(TRUE), test_removal);
  g_test_add_data_func("/crash/uninstall/before_durable", GINT_TO_POINTER(FALSE), test_uninstall);
  g_test_add_data_func("/crash/uninstall/after_durable", GINT_TO_POINTER(TRUE), test_uninstall);
  g_test_add_data_func("/crash/young/before_durable", GINT_TO_POINTER(FALSE), test_young);
  g_test_add_data_func("/crash/young/after_durable", GINT_TO_POINTER(TRUE), test_young);
  g_test_add_data_func("/crash/failing_commits/before_durable", GINT_TO_POINTER(FALSE), test_failing_commits);
  g_test_add_data_func("/crash/failing_commits/after_durable", GINT_TO_POINTER(TRUE), test_failing_commits);
  g_test_add_func("/crash/two_deaths", test_two_deaths);
  return g_test_run();
}
