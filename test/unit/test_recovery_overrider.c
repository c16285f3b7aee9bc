/* Recovery overriders: code replaces the default recovery of a failed instance by steps of its own, which go on where they were
 * whatever commit the scheduler dies at. */
#include "client_private.h"
#include "customized.h"
#include "sim_wire.h"

static const char YAML[] = "{name: x, pods: {"
                           "node: {count: %d, allow-decommission: true, tasks: {"
                           "server: {goal: RUNNING, cmd: x, cpus: 0.1, memory: %d}}},"
                           "web: {count: 1, tasks: {httpd: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 32}}}}}";

/* What the code did and saw. */
typedef struct {
  Customized customized;
  MuSim *sim;
  GString *asked;     /* "node-0 permanent on agent-0 [server]; …" */
  GString *launched;  /* "node-0-server REPLACE=agent-0; node-1-server; …" */
  guint told;         /* how often the custom step was called */
  gboolean transient; /* transient failures of node-2 are overridden too */
  const char *fault;  /* why the overrider refuses */
  gboolean forgets;   /* it makes a phase that does not bring the task back */
  gboolean
      each; /* it is noted how often it was asked; else checkers ask too, and what was asked last is not noted again */
} World;

static void tell(MuStepRun *run, gpointer user) {
  World *world = user;
  g_assert_cmpstr(mu_step_run_plan(run), ==, "recovery");
  g_assert_true(g_str_has_prefix(mu_step_run_phase(run), "node-"));
  world->told++;
  mu_step_run_complete(run);
}

static gboolean add_restart(MuPlanDraft *draft, const char *phase, guint index, GError **error) {
  const MuPodStep step = {.pod = "node", .index = index};
  return mu_plan_draft_add_pod_step(draft, phase, &step, error);
}

/* The replaced node is told whose place it takes; a seed (node-0) is then made known, and the others are restarted. */
static gboolean replace(World *world, const MuServiceSpec *spec, const MuFailedPod *failed, MuPlanDraft *draft,
                        GError **error) {
  const char *phase = mu_plan_draft_phase_name(draft, 0);
  g_autofree char *env = g_strdup_printf("REPLACE=%s", failed->hostname == NULL ? "?" : failed->hostname);
  const char *const envs[] = {env, NULL};
  const MuPodStep first = {.pod = failed->pod, .index = failed->index, .replace = TRUE, .env = envs};
  const MuCustomStep tells = {.name = "tell", .run = tell, .user = world};
  if (!mu_plan_draft_add_pod_step(draft, phase, &first, error))
    return FALSE;
  if (failed->index > 0)
    return TRUE;
  if (!mu_plan_draft_add_custom_step(draft, phase, &tells, error))
    return FALSE;
  for (guint i = 1; i < (guint)mu_service_spec_pod(spec, "node")->count; i++)
    if (!add_restart(draft, phase, i, error))
      return FALSE;
  return TRUE;
}

static void note_asked(World *world, const MuFailedPod *failed) {
  g_autofree char *tasks = g_strjoinv(" ", (char **)failed->tasks);
  g_autofree char *text =
      g_strdup_printf("%s-%u %s on %s [%s]", failed->pod, failed->index, failed->permanent ? "permanent" : "transient",
                      failed->hostname == NULL ? "?" : failed->hostname, tasks);
  if (world->each || !g_str_has_suffix(world->asked->str, text))
    g_string_append_printf(world->asked, "%s%s", world->asked->len == 0 ? "" : "; ", text);
}

static gboolean override(const MuServiceSpec *spec, const MuFailedPod *failed, MuPlanDraft *draft, gpointer user,
                         GError **error) {
  World *world = user;
  note_asked(world, failed);
  g_assert_cmpstr(mu_plan_draft_name(draft), ==, "recovery");
  g_assert_false(mu_plan_draft_add_phase(draft, "other", NULL, MU_STRATEGY_SERIAL, NULL));
  g_assert_false(mu_plan_draft_remove_phase(draft, mu_plan_draft_phase_name(draft, 0), NULL));
  if (world->fault != NULL) {
    g_set_error_literal(error, MU_ERROR, MU_ERROR_FAILED, world->fault);
    return FALSE;
  }
  if (world->forgets)
    return add_restart(draft, mu_plan_draft_phase_name(draft, 0), 1, error);
  gboolean takes = strcmp(failed->pod, "node") == 0 && (failed->permanent || (world->transient && failed->index == 2));
  return !takes || replace(world, spec, failed, draft, error);
}

/* ---- the wire: what is launched ---------------------------------------------------------------------------------------- */

static void on_subscribe(const char *framework_id, gpointer user) {
  mu_sim_cluster_subscribe(((World *)user)->sim, framework_id);
}

static void on_leave(gpointer user) {
  mu_sim_cluster_lose_scheduler(((World *)user)->sim);
}

static void note_launch(World *world, const MuTaskLaunch *task) {
  const char *replaces = mu_task_launch_get_env(task, "REPLACE");
  g_string_append_printf(world->launched, "%s%s%s%s", world->launched->len == 0 ? "" : "; ", task->name,
                         replaces == NULL ? "" : " REPLACE=", replaces == NULL ? "" : replaces);
}

static void on_call(const MuEngineCall *call, gpointer user) {
  World *world = user;
  for (guint i = 0; call->kind == MU_CALL_ACCEPT && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    for (guint j = 0; operation->kind == MU_OP_LAUNCH_GROUP && j < operation->launch->tasks->len; j++)
      note_launch(world, operation->launch->tasks->pdata[j]);
  }
  mu_sim_cluster_call(world->sim, call);
}

static void on_event(MuEngineEvent *take_event, gpointer user) {
  mu_sim_wire_receive(((World *)user)->sim, take_event);
}

static const MuSimWire WIRE = {on_subscribe, on_leave, on_call, on_event};

/* ---- a world ----------------------------------------------------------------------------------------------------------- */

static void put(World *world, int count, int memory) {
  g_autofree char *yaml = g_strdup_printf(YAML, count, memory);
  customized_put(world->sim, yaml);
}

static void begin(World *world) {
  world->customized = (Customized){.overrider = override, .user = world};
  world->asked = g_string_new(NULL);
  world->launched = g_string_new(NULL);
  world->sim = customized_sim(&world->customized);
  mu_sim_set_wire(world->sim, &WIRE, world);
  mu_sim_check_every(world->sim, world->each ? 0 : 1);
}

static void forget(World *world) {
  g_string_truncate(world->asked, 0);
  g_string_truncate(world->launched, 0);
}

/* Deployed, and at rest. */
static void set_up(World *world) {
  begin(world);
  put(world, 3, 32);
  mu_sim_run(world->sim, 60000);
  expect_steps(world->sim, "deploy",
               "node/node-0:[server] COMPLETE, node/node-1:[server] COMPLETE, node/node-2:[server] COMPLETE, "
               "web COMPLETE");
  forget(world);
}

static void end(World *world) {
  g_assert_cmpstr(mu_sim_violation(world->sim), ==, NULL);
  mu_sim_free(world->sim);
  g_string_free(world->asked, TRUE);
  g_string_free(world->launched, TRUE);
}

static void pod_command(World *world, MuCommandKind kind, const char *pod) {
  json_t *body = NULL;
  for (guint i = 0; i < 3 && body == NULL; i++) {
    MuCommand *command = mu_command_new(kind, "x");
    command->pod = g_strdup(pod);
    body = mu_sim_command(world->sim, command, NULL);
  }
  g_assert_nonnull(body);
  json_decref(body);
}

static void await_recovery(World *world, const char *told) {
  await_steps(world->sim, "recovery", told);
}

/* ---- what becomes of failures ------------------------------------------------------------------------------------------ */

static void test_declined(void) {
  World world = {.each = TRUE};
  set_up(&world);
  guint records = mu_sim_records(world.sim);
  mu_sim_end_task(world.sim, "node-1-server", MU_TASK_FAILED);
  mu_sim_run(world.sim, 10);
  mu_sim_crash(world.sim); /* it is not asked again */
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", "node-1:[server] COMPLETE");
  g_assert_cmpstr(world.asked->str, ==, "node-1 transient on agent-0 [server]");
  g_assert_cmpstr(world.launched->str, ==, "node-1-server");
  g_assert_cmpuint(mu_sim_records(world.sim), ==, records);
  mu_sim_end_task(world.sim, "node-1-server", MU_TASK_FAILED);
  mu_sim_run(world.sim, 60000);
  g_assert_cmpstr(world.asked->str, ==, "node-1 transient on agent-0 [server]; node-1 transient on agent-0 [server]");
  end(&world);
}

#define SEED(a, b, c, d)                                                                                               \
  "node-0/node-0:[server] " a ", node-0/tell " b ", node-0/node-1:[server] " c ", node-0/node-2:[server] " d

static void test_permanent(void) {
  World world = {0};
  set_up(&world);
  guint records = mu_sim_records(world.sim);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  await_recovery(&world, SEED("PREPARED", "PENDING", "PENDING", "PENDING"));
  g_assert_cmpstr(world.asked->str, ==, "node-0 permanent on agent-0 [server]");
  await_recovery(&world, SEED("STARTING", "PENDING", "PENDING", "PENDING"));
  await_recovery(&world, SEED("COMPLETE", "COMPLETE", "PREPARED", "PENDING"));
  await_recovery(&world, SEED("COMPLETE", "COMPLETE", "COMPLETE", "PREPARED"));
  await_recovery(&world, SEED("COMPLETE", "COMPLETE", "COMPLETE", "COMPLETE"));
  mu_sim_run(world.sim, 3600000);
  g_assert_cmpstr(world.launched->str, ==, "node-0-server REPLACE=agent-0; node-1-server; node-2-server");
  g_assert_cmpuint(world.told, ==, 1);
  g_assert_cmpuint(mu_sim_records(world.sim), ==, records);
  forget(&world);
  mu_sim_end_task(world.sim, "node-0-server", MU_TASK_FAILED); /* as any other from now on */
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", "node-0:[server] COMPLETE");
  g_assert_cmpstr(world.launched->str, ==, "node-0-server");
  end(&world);
}

/* A step that replaces makes of a failure that was none for good one that is. */
static void test_transient(void) {
  World world = {.transient = TRUE};
  set_up(&world);
  mu_sim_end_task(world.sim, "node-2-server", MU_TASK_FAILED);
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", "node-2 COMPLETE");
  g_assert_cmpstr(world.asked->str, ==, "node-2 transient on agent-0 [server]");
  g_assert_cmpstr(world.launched->str, ==, "node-2-server REPLACE=agent-0");
  end(&world);
}

/* An operator replaces what is being recovered: code is asked again. */
static void test_worse(void) {
  World world = {0};
  set_up(&world);
  mu_sim_end_task(world.sim, "node-1-server", MU_TASK_FAILED);
  mu_sim_run(world.sim, 10);
  g_assert_cmpstr(world.asked->str, ==, "node-1 transient on agent-0 [server]");
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-1");
  mu_sim_run(world.sim, 60000);
  g_assert_cmpstr(world.asked->str, ==, "node-1 transient on agent-0 [server]; node-1 permanent on agent-0 [server]");
  g_assert_cmpstr(world.launched->str, ==, "node-1-server REPLACE=agent-0");
  expect_steps(world.sim, "recovery", "node-1 COMPLETE");
  end(&world);
}

/* Its machine does not come back: it begins anew elsewhere, and takes the place of what is lost. */
static void test_lost_agent(void) {
  World world = {0};
  set_up(&world);
  mu_sim_lose_agent(world.sim, "agent-0", FALSE);
  mu_sim_add_agent(world.sim, "agent-1", 8000, 16384, 102400, "1000-32000");
  mu_sim_run(world.sim, 1000);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-1");
  mu_sim_run(world.sim, 30000);
  g_assert_cmpstr(world.launched->str, ==, "");
  mu_sim_run(world.sim, 900000);
  g_assert_cmpstr(world.asked->str, ==, "node-1 permanent on agent-0 [server]");
  g_assert_cmpstr(world.launched->str, ==, "node-1-server REPLACE=agent-0");
  expect_steps(world.sim, "recovery", "node-1 COMPLETE");
  end(&world);
}

/* ---- code that does not do as it should ---------------------------------------------------------------------------------- */

static void test_refused(void) {
  World world = {.fault = "no seed is known"};
  set_up(&world);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", "node-0:[server] COMPLETE");
  world.fault = NULL;
  world.forgets = TRUE;
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", "node-0:[server] COMPLETE");
  g_assert_cmpstr(world.launched->str, ==, "node-0-server; node-0-server");
  end(&world);
}

/* Without the code nothing is brought back in another way than it would have. */
static void test_no_factory(void) {
  World world = {0};
  set_up(&world);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  await_recovery(&world, SEED("PREPARED", "PENDING", "PENDING", "PENDING"));
  world.customized.failure = "no licence";
  mu_sim_crash(world.sim);
  mu_sim_run(world.sim, 60000);
  g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(world.sim), "x", "recovery", NULL);
  g_assert_cmpstr(json_string_value(json_object_get(plan, "status")), ==, "ERROR");
  g_assert_cmpstr(world.launched->str, ==, "");
  world.customized.failure = NULL;
  mu_sim_crash(world.sim);
  mu_sim_run(world.sim, 60000);
  g_assert_cmpstr(world.launched->str, ==, "node-0-server REPLACE=agent-0; node-1-server; node-2-server");
  end(&world);
}

/* ---- operators ------------------------------------------------------------------------------------------------------------ */

static void step_command(World *world, MuCommandKind kind, const char *step) {
  plan_command(world->sim, kind, "recovery", "node-0", step);
}

static void test_steered(void) {
  World world = {0};
  set_up(&world);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  await_recovery(&world, SEED("PREPARED", "PENDING", "PENDING", "PENDING"));
  step_command(&world, MU_COMMAND_PLAN_INTERRUPT, "node-1:[server]");
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", SEED("COMPLETE", "COMPLETE", "WAITING", "PENDING"));
  mu_sim_crash(world.sim);
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", SEED("COMPLETE", "COMPLETE", "WAITING", "PENDING"));
  step_command(&world, MU_COMMAND_PLAN_FORCE_COMPLETE, "node-1:[server]");
  step_command(&world, MU_COMMAND_PLAN_INTERRUPT, "node-2:[server]");
  step_command(&world, MU_COMMAND_PLAN_RESTART, "tell");
  mu_sim_run(world.sim, 60000);
  g_assert_cmpuint(world.told, ==, 2);
  step_command(&world, MU_COMMAND_PLAN_RESTART, "node-0:[server]");
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", SEED("COMPLETE", "COMPLETE", "COMPLETE", "WAITING"));
  step_command(&world, MU_COMMAND_PLAN_CONTINUE, "node-2:[server]");
  mu_sim_run(world.sim, 60000);
  expect_steps(world.sim, "recovery", SEED("COMPLETE", "COMPLETE", "COMPLETE", "COMPLETE"));
  g_assert_cmpstr(world.launched->str, ==,
                  "node-0-server REPLACE=agent-0; node-0-server REPLACE=agent-0; node-2-server");
  end(&world);
}

/* ---- beside other changes --------------------------------------------------------------------------------------------------- */

/* Another configuration comes while node-0 is under way: both come to their ends. */
static void test_update(void) {
  World world = {0};
  set_up(&world);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  await_recovery(&world, SEED("STARTING", "PENDING", "PENDING", "PENDING"));
  put(&world, 3, 64);
  mu_sim_run(world.sim, 600000);
  g_assert_cmpstr(mu_sim_plan_status(world.sim, "x", "deploy"), ==, "COMPLETE");
  g_assert_cmpstr(mu_sim_plan_status(world.sim, "x", "recovery"), ==, "COMPLETE");
  g_assert_cmpuint(mu_sim_running(world.sim), ==, 4);
  end(&world);
}

/* What the deploy plan ends to launch it in another configuration has not failed, and keeps its place and its data; what fails
 * before its turn has. */
static void test_rollout(void) {
  World world = {.transient = TRUE};
  set_up(&world);
  put(&world, 3, 64);
  mu_sim_run(world.sim, 600000);
  g_assert_cmpstr(world.asked->str, ==, "");
  g_assert_cmpstr(world.launched->str, ==, "node-0-server; node-1-server; node-2-server");
  forget(&world);
  plan_command(world.sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", "node", "node-2:[server]");
  put(&world, 3, 96);
  plan_command(world.sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", "node", "node-2:[server]");
  mu_sim_run(world.sim, 60000);
  mu_sim_end_task(world.sim, "node-2-server", MU_TASK_FAILED);
  mu_sim_run(world.sim, 60000);
  g_assert_cmpstr(world.asked->str, ==, "node-2 transient on agent-0 [server]");
  g_assert_cmpstr(world.launched->str, ==, "node-0-server; node-1-server; node-2-server REPLACE=agent-0");
  end(&world);
}

/* What is not wanted any more is not recovered. */
static void test_scale_down(void) {
  World world = {0};
  set_up(&world);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-2");
  await_recovery(&world, "node-2 PREPARED");
  put(&world, 2, 32);
  mu_sim_run(world.sim, 600000);
  g_assert_cmpuint(mu_sim_running(world.sim), ==, 3);
  g_assert_cmpstr(mu_sim_plan_status(world.sim, "x", "recovery"), ==, "COMPLETE");
  end(&world);
}

static void test_removal(void) {
  World world = {0};
  set_up(&world);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  await_recovery(&world, SEED("STARTING", "PENDING", "PENDING", "PENDING"));
  mu_sim_expect_remove(world.sim, "x");
  mu_sim_expect_gone(world.sim, "x", 600000);
  mu_sim_run(world.sim, 60000);
  g_assert_cmpuint(mu_sim_records(world.sim), ==, 1); /* the framework's */
  end(&world);
}

/* ---- deaths ------------------------------------------------------------------------------------------------------------------ */

/* After the seed was replaced each of the others was restarted. */
static void check_launches(const World *world) {
  const char *seed = strstr(world->launched->str, "node-0-server REPLACE=agent-0");
  g_assert_nonnull(seed);
  g_assert_nonnull(strstr(seed, "node-1-server"));
  g_assert_nonnull(strstr(seed, "node-2-server"));
  g_assert_null(strstr(world->launched->str, "web-0-httpd"));
  g_assert_cmpuint(world->told, >, 0);
}

static gboolean is_recovered(MuSim *sim, gpointer user) {
  const World *world = user;
  return mu_sim_client(sim) != NULL && world->told > 0 && mu_sim_running(sim) == 4 &&
         g_strcmp0(mu_sim_plan_status(sim, "x", "recovery"), "COMPLETE") == 0 &&
         strstr(world->launched->str, "node-2-server") != NULL;
}

/* The scheduler dies so many commits after the replacement was asked for; returns how many commits there were. */
static guint live(guint first, MuSimCrashMoment moment, guint second) {
  World world = {0};
  set_up(&world);
  guint before = mu_sim_commits(world.sim), records = mu_sim_records(world.sim), crashes = mu_sim_crashes(world.sim);
  if (first > 0)
    mu_sim_crash_at(world.sim, first, moment);
  pod_command(&world, MU_COMMAND_POD_REPLACE, "node-0");
  for (guint i = 0; second > 0 && i < 6000 && mu_sim_crashes(world.sim) == crashes; i++)
    mu_sim_run(world.sim, 10);
  if (second > 0)
    mu_sim_crash_at(world.sim, second, MU_SIM_CRASH_BETWEEN);
  g_assert_true(mu_sim_run_until(world.sim, is_recovered, &world, 600000));
  mu_sim_run(world.sim, 3600000);
  check_launches(&world);
  guint told = world.told;
  mu_sim_run(world.sim, 3600000);
  g_assert_cmpuint(world.told, ==, told);
  g_assert_cmpuint(mu_sim_records(world.sim), ==, records);
  g_assert_cmpuint(mu_sim_running(world.sim), ==, 4);
  guint commits = mu_sim_commits(world.sim) - before;
  end(&world);
  return commits;
}

static void test_deaths(void) {
  customized_die(live);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/recovery-overrider/declined", test_declined);
  g_test_add_func("/recovery-overrider/permanent", test_permanent);
  g_test_add_func("/recovery-overrider/transient", test_transient);
  g_test_add_func("/recovery-overrider/worse", test_worse);
  g_test_add_func("/recovery-overrider/lost-agent", test_lost_agent);
  g_test_add_func("/recovery-overrider/refused", test_refused);
  g_test_add_func("/recovery-overrider/no-factory", test_no_factory);
  g_test_add_func("/recovery-overrider/steered", test_steered);
  g_test_add_func("/recovery-overrider/update", test_update);
  g_test_add_func("/recovery-overrider/rollout", test_rollout);
  g_test_add_func("/recovery-overrider/scale-down", test_scale_down);
  g_test_add_func("/recovery-overrider/removal", test_removal);
  g_test_add_func("/recovery-overrider/deaths", test_deaths);
  return g_test_run();
}
