/* Custom steps: code is called in its turn, once what led to it is durable; it is never skipped, and not called again once it is
 * done, whatever commit the scheduler dies at. */
#include "client_private.h"
#include "customized.h"
#include "view_why.h"

/* a, then the code, then b. */
static const char YAML[] = "{name: x, pods: {"
                           "a: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: %d}}},"
                           "b: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 32}}}},"
                           "plans: {deploy: {strategy: serial, phases: {a: {pod: a}, b: {pod: b}}},"
                           "extra: {strategy: serial, phases: {e: {pod: a}}}}}";

typedef enum { AT_ONCE, HELD, AGAIN, FAILS } Manner;

/* The code of one step, and what it saw. */
typedef struct {
  const char *name;
  Manner manner;
  guint rounds;         /* AGAIN, FAILS: so many times before it is done; G_MAXUINT: always */
  const char *done_for; /* as in MuCustomStep */
  guint calls, done;    /* how often it was called; how often its effect was brought about */
  guint attempt;        /* of the last call */
  char *color;          /* parameter of the last call */
  MuStepRun *held;      /* HELD: the run */
} Code;

static void do_it(MuStepRun *run, gpointer user) {
  Code *code = user;
  code->calls++;
  code->attempt = mu_step_run_attempt(run);
  g_free(code->color);
  code->color = g_strdup(mu_step_run_parameter(run, "COLOR"));
  g_assert_cmpstr(mu_step_run_service(run), ==, "x");
  g_assert_cmpstr(mu_step_run_step(run), ==, code->name);
  g_assert_true(mu_step_run_is_wanted(run));
  gboolean last = code->calls > code->rounds;
  if (code->manner == HELD) {
    code->held = run;
  } else if (code->manner == AGAIN && !last) {
    mu_step_run_again(run, "1 of 3 members is up", 5000);
  } else if (code->manner == FAILS && !last) {
    mu_step_run_fail(run, "no route to member 2");
  } else {
    code->done++;
    mu_step_run_complete(run);
  }
}

static void code_clear(Code *code) {
  g_clear_pointer(&code->held, mu_step_run_complete);
  g_free(code->color);
}

/* `user`: the codes of the steps, ended by one without a name; they come in one phase "own" before b, and alone in plan extra. */
static gboolean customize(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  const char *before = strcmp(mu_plan_draft_name(draft), "deploy") == 0 ? "b" : NULL;
  if (!mu_plan_draft_add_phase(draft, "own", before, MU_STRATEGY_PARALLEL, error) ||
      (before == NULL && !mu_plan_draft_remove_phase(draft, "e", error)))
    return FALSE;
  for (Code *code = user; code->name != NULL; code++) {
    const MuCustomStep step = {.name = code->name, .run = do_it, .user = code, .done_for = code->done_for};
    if (!mu_plan_draft_add_custom_step(draft, "own", &step, error))
      return FALSE;
  }
  return TRUE;
}

static char *yaml_of(int memory) {
  return g_strdup_printf(YAML, memory);
}

static void put(MuSim *sim, int memory) {
  g_autofree char *yaml = yaml_of(memory);
  customized_put(sim, yaml);
}

static gboolean has_died(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_crashes(sim) > 0;
}

/* A simulator that lives as long as the test. */
typedef struct {
  Customized customized;
  MuSim *sim;
} Fixture;

static void set_up(Fixture *fixture, Code *codes) {
  fixture->customized = (Customized){.customizer = customize, .user = codes};
  fixture->sim = customized_sim(&fixture->customized);
}

static void tear_down(Fixture *fixture) {
  g_assert_cmpstr(mu_sim_violation(fixture->sim), ==, NULL);
  mu_sim_free(fixture->sim);
  for (Code *code = fixture->customized.user; code->name != NULL; code++)
    code_clear(code);
}

#define expect_deploy(sim, told) expect_steps(sim, "deploy", told)

/* What the step of the phase "own" at `index` is said to wait for. */
static char *message_of(MuSim *sim, guint index) {
  g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(sim), "x", "deploy", NULL);
  const json_t *own = json_array_get(json_object_get(plan, "phases"), 1);
  return g_strdup(json_string_value(json_object_get(json_array_get(json_object_get(own, "steps"), index), "message")));
}

#define expect_message(sim, index, told)                                                                               \
  G_STMT_START {                                                                                                       \
    g_autofree char *said = message_of(sim, index);                                                                    \
    g_assert_cmpstr(said, ==, told);                                                                                   \
  }                                                                                                                    \
  G_STMT_END

/* ---- how a run may go ----------------------------------------------------------------------------------------------- */

static void test_at_once(void) {
  Code codes[] = {{.name = "init"}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  await_steps(f.sim, "deploy", "a STARTING, own PENDING, b PENDING");
  g_assert_cmpuint(codes[0].calls, ==, 0); /* a is not ready */
  await_steps(f.sim, "deploy", "a COMPLETE, own COMPLETE, b COMPLETE");
  mu_sim_run(f.sim, 3600000);
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 3600000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 1);
  tear_down(&f);
}

/* Those who watch were told it; the notices of the drain that is about to come. */
static gboolean is_announced(MuSim *sim, gpointer text) {
  const GPtrArray *notices = mu_sim_client(sim)->effects.notices;
  for (guint i = 0; i < notices->len; i++)
    if (strcmp(((MuNotice *)notices->pdata[i])->text, text) == 0)
      return TRUE;
  return FALSE;
}

static void test_held(void) {
  Code codes[] = {{.name = "init", .manner = HELD}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 3600000);
  expect_deploy(f.sim, "a COMPLETE, own STARTED, b PENDING");
  expect_message(f.sim, 0, "the scheduler's own code works on it");
  mu_step_run_tell(codes[0].held, "2 of 3 members are up");
  g_assert_true(mu_sim_run_until(f.sim, is_announced,
                                 "{\"service\":\"x\",\"plan\":\"deploy\",\"phase\":\"own\",\"step\":\"init\","
                                 "\"status\":\"STARTED\",\"message\":\"2 of 3 members are up\"}",
                                 10));
  mu_sim_run(f.sim, 10);
  expect_message(f.sim, 0, "2 of 3 members are up");
  MuStepRun *run = g_steal_pointer(&codes[0].held);
  mu_step_run_complete(run);
  expect_deploy(f.sim, "a COMPLETE, own STARTED, b PENDING"); /* it is an event as others */
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 1);
  tear_down(&f);
}

static void test_again(void) {
  Code codes[] = {{.name = "init", .manner = AGAIN, .rounds = 3}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  await_steps(f.sim, "deploy", "a COMPLETE, own STARTED, b PENDING");
  mu_sim_run(f.sim, 9000);
  g_assert_cmpuint(codes[0].calls, ==, 2);
  g_assert_cmpuint(codes[0].attempt, ==, 1);
  expect_deploy(f.sim, "a COMPLETE, own STARTED, b PENDING");
  expect_message(f.sim, 0, "1 of 3 members is up");
  guint commits = mu_sim_commits(f.sim);
  mu_sim_run(f.sim, 2000); /* it is called again, which is worth no commit */
  g_assert_cmpuint(codes[0].calls, ==, 3);
  g_assert_cmpuint(mu_sim_commits(f.sim), ==, commits);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 4);
  g_assert_cmpuint(codes[0].attempt, ==, 1);
  tear_down(&f);
}

/* After 1, 2 and 4 seconds; a restart of the scheduler does not shorten that. */
static void test_fails(void) {
  Code codes[] = {{.name = "init", .manner = FAILS, .rounds = 3}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  await_steps(f.sim, "deploy", "a COMPLETE, own DELAYED, b PENDING");
  expect_message(f.sim, 0, "next attempt in 2 s: it failed for the 1. time in a row: no route to member 2");
  mu_sim_run(f.sim, 900);
  g_assert_cmpuint(codes[0].calls, ==, 1);
  mu_sim_run(f.sim, 200);
  g_assert_cmpuint(codes[0].calls, ==, 2);
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 1700);
  expect_deploy(f.sim, "a COMPLETE, own DELAYED, b PENDING");
  g_assert_cmpuint(codes[0].calls, ==, 2);
  mu_sim_run(f.sim, 400);
  g_assert_cmpuint(codes[0].calls, ==, 3);
  g_assert_cmpuint(codes[0].attempt, ==, 3);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 4);
  tear_down(&f);
}

/* ---- operators ------------------------------------------------------------------------------------------------------ */

static void test_interrupted(void) {
  Code codes[] = {{.name = "init", .manner = AGAIN, .rounds = G_MAXUINT}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  plan_command(f.sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", "own", "init");
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own WAITING, b PENDING");
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own WAITING, b PENDING");
  g_assert_cmpuint(codes[0].calls, ==, 0);
  plan_command(f.sim, MU_COMMAND_PLAN_CONTINUE, "deploy", "own", "init");
  mu_sim_run(f.sim, 2000);
  expect_deploy(f.sim, "a COMPLETE, own STARTED, b PENDING");
  plan_command(f.sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", "own", "init");
  guint calls = codes[0].calls;
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own WAITING, b PENDING"); /* it is not called again */
  expect_message(f.sim, 0, "an operator has to let the step go on: it is interrupted");
  g_assert_cmpuint(codes[0].calls, ==, calls);
  plan_command(f.sim, MU_COMMAND_PLAN_CONTINUE, "deploy", "own", "init");
  mu_sim_run(f.sim, 10);
  g_assert_cmpuint(codes[0].calls, ==, calls + 1);
  tear_down(&f);
}

/* A run that the operator has no more use for counts for nothing. */
static void test_forced(void) {
  Code codes[] = {{.name = "init", .manner = HELD}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  plan_command(f.sim, MU_COMMAND_PLAN_FORCE_COMPLETE, "deploy", "own", "init");
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  g_assert_false(mu_step_run_is_wanted(codes[0].held));
  mu_step_run_fail(g_steal_pointer(&codes[0].held), "too late");
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  plan_command(f.sim, MU_COMMAND_PLAN_RESTART, "deploy", "own", "init");
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own STARTED, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 2);
  g_assert_cmpuint(codes[0].attempt, ==, 1); /* begun anew */
  tear_down(&f);
}

/* A restart ends the pause after a failure at once, and takes the turn of a run that does not come to its end. */
static void test_restarted(void) {
  Code codes[] = {{.name = "init", .manner = FAILS, .rounds = 9}, {.name = "hangs", .manner = HELD}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own/init DELAYED, own/hangs STARTED, b PENDING");
  codes[0].rounds = 0;
  plan_command(f.sim, MU_COMMAND_PLAN_RESTART, "deploy", "own", "init");
  mu_sim_run(f.sim, 10);
  expect_deploy(f.sim, "a COMPLETE, own/init COMPLETE, own/hangs STARTED, b PENDING");
  MuStepRun *old = g_steal_pointer(&codes[1].held);
  plan_command(f.sim, MU_COMMAND_PLAN_RESTART, "deploy", "own", "hangs");
  mu_sim_run(f.sim, 10);
  g_assert_cmpuint(codes[1].calls, ==, 2);
  g_assert_false(mu_step_run_is_wanted(old));
  mu_step_run_complete(old);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own/init COMPLETE, own/hangs STARTED, b PENDING");
  mu_step_run_complete(g_steal_pointer(&codes[1].held));
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own/init COMPLETE, own/hangs COMPLETE, b COMPLETE");
  tear_down(&f);
}

static void start_extra(MuSim *sim, const char *color) {
  MuCommand *command = mu_command_new(MU_COMMAND_PLAN_START, "x");
  command->plan = g_strdup("extra");
  command->parameters = json_pack("{s:s}", "COLOR", color);
  g_autoptr(GError) error = NULL;
  json_t *body = mu_sim_command(sim, command, &error);
  g_assert_no_error(error);
  json_decref(body);
}

/* In a plan that operators start: the code is told its parameters, and called for each start. */
static void test_plan(void) {
  Code codes[] = {{.name = "paint", .done_for = ""}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(codes[0].calls, ==, 1); /* in the deployment */
  g_assert_null(codes[0].color);
  expect_steps(f.sim, "extra", "own PENDING");
  start_extra(f.sim, "red");
  mu_sim_run(f.sim, 60000);
  expect_steps(f.sim, "extra", "own COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 2);
  g_assert_cmpstr(codes[0].color, ==, "red");
  mu_sim_crash(f.sim);
  start_extra(f.sim, "blue");
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(codes[0].calls, ==, 3);
  g_assert_cmpstr(codes[0].color, ==, "blue");
  tear_down(&f);
}

/* ---- what a completion holds for ------------------------------------------------------------------------------------- */

static void test_done_for(void) {
  Code codes[] = {{.name = "each"}, {.name = "once", .done_for = ""}, {.name = "size", .done_for = "3 nodes"}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  put(f.sim, 33);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own/each COMPLETE, own/once COMPLETE, own/size COMPLETE, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 2); /* for the second configuration too */
  g_assert_cmpuint(codes[0].attempt, ==, 1);
  g_assert_cmpuint(codes[1].calls, ==, 1);
  g_assert_cmpuint(codes[2].calls, ==, 1);
  codes[2].done_for = "5 nodes";
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(codes[0].calls, ==, 2);
  g_assert_cmpuint(codes[1].calls, ==, 1);
  g_assert_cmpuint(codes[2].calls, ==, 2);
  tear_down(&f);
}

/* What another configuration would have done: the step that is done for each, and not the one that is done for good. */
static void test_preview(void) {
  Code codes[] = {{.name = "each"}, {.name = "once", .done_for = ""}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  g_autofree char *yaml = yaml_of(64);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PREVIEW, "x");
  command->context = g_bytes_new(yaml, strlen(yaml));
  g_autoptr(json_t) told = mu_sim_command(f.sim, command, NULL);
  const json_t *own = json_array_get(json_object_get(json_object_get(told, "plan"), "phases"), 1);
  const json_t *steps = json_object_get(own, "steps"), *step = json_array_get(steps, 0);
  g_assert_cmpuint(json_array_size(steps), ==, 1);
  g_assert_cmpstr(json_string_value(json_object_get(step, "name")), ==, "each");
  g_assert_null(json_object_get(step, "pod"));
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(codes[0].calls, ==, 1);
  expect_deploy(f.sim, "a COMPLETE, own/each COMPLETE, own/once COMPLETE, b COMPLETE");
  tear_down(&f);
}

/* ---- when it cannot go on -------------------------------------------------------------------------------------------- */

/* Without its code the plan would skip the step: so it does nothing until the factory works again. */
static void test_no_factory(void) {
  Code codes[] = {{.name = "init", .manner = HELD}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  f.customized.failure = "no licence";
  mu_sim_crash(f.sim);
  g_clear_pointer(&codes[0].held, mu_step_run_complete); /* its scheduler is no more */
  mu_sim_run(f.sim, 60000);
  g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(f.sim), "x", "deploy", NULL);
  g_assert_cmpstr(json_string_value(json_object_get(plan, "status")), ==, "ERROR");
  g_assert_cmpstr(json_string_value(json_array_get(json_object_get(plan, "errors"), 0)), ==,
                  "code has a say in it, and could not be asked: no licence");
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 1);
  f.customized.failure = NULL;
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own STARTED, b PENDING");
  g_assert_cmpuint(codes[0].attempt, ==, 2);
  tear_down(&f);
}

/* Nothing of it is left, and a report that comes after that finds nobody. */
static void test_removal(void) {
  Code codes[] = {{.name = "done"}, {.name = "hangs", .manner = HELD}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  MuCommand *remove = mu_command_new(MU_COMMAND_SERVICE_REMOVE, "x");
  json_t *body = mu_sim_command(f.sim, remove, NULL);
  json_decref(body);
  g_assert_false(mu_step_run_is_wanted(codes[1].held));
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(mu_sim_records(f.sim), ==, 1); /* the framework's */
  mu_step_run_complete(g_steal_pointer(&codes[1].held));
  put(f.sim, 32);
  mu_sim_run(f.sim, 60000);
  expect_deploy(f.sim, "a COMPLETE, own/done COMPLETE, own/hangs STARTED, b PENDING");
  g_assert_cmpuint(codes[0].calls, ==, 2); /* another service */
  tear_down(&f);
}

/* Nothing is called while commits fail: the record of the attempt is not durable. */
static void test_store_fails(void) {
  Code codes[] = {{.name = "init"}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  await_steps(f.sim, "deploy", "a STARTING, own PENDING, b PENDING");
  mu_sim_lose_store(f.sim, 600000);
  mu_sim_run(f.sim, 500000);
  g_assert_cmpuint(codes[0].calls, ==, 0);
  mu_sim_run(f.sim, 200000);
  expect_deploy(f.sim, "a COMPLETE, own COMPLETE, b COMPLETE");
  g_assert_cmpuint(codes[0].calls, ==, 1);
  tear_down(&f);
}

static void expect_why(MuSim *sim, const char *what, const char *command) {
  g_autoptr(json_t) why = mu_view_why(mu_sim_client(sim), "x", NULL, NULL);
  const json_t *step = json_array_get(json_object_get(why, "steps"), 0);
  const json_t *waiting = json_object_get(step, "waiting");
  g_assert_cmpstr(json_string_value(json_object_get(step, "step")), ==, "init");
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "for")), ==, what);
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "command")), ==, command);
  g_assert_cmpint(json_integer_value(json_object_get(waiting, "since")), >, 0);
}

static void test_why(void) {
  Code codes[] = {{.name = "init", .manner = FAILS, .rounds = 1}, {0}};
  Fixture f;
  set_up(&f, codes);
  put(f.sim, 32);
  await_steps(f.sim, "deploy", "a COMPLETE, own DELAYED, b PENDING");
  expect_why(f.sim, "backoff", "muster plan restart x deploy --phase 'own' --step 'init'");
  codes[0].manner = HELD;
  mu_sim_run(f.sim, 5000);
  expect_why(f.sim, "code", "muster plan force-complete x deploy --phase 'own' --step 'init'");
  tear_down(&f);
}

/* ---- before an instance is ended ------------------------------------------------------------------------------------- */

/* One instance after the other is drained, and then ended. */
static gboolean drain(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  Code *code = user;
  const MuCustomStep step = {.name = code->name, .run = do_it, .user = code};
  const MuPodStep launch = {.pod = "a"};
  if (strcmp(mu_plan_draft_name(draft), "decommission") != 0)
    return TRUE;
  mu_plan_draft_set_strategy(draft, MU_STRATEGY_SERIAL);
  g_assert_false(mu_plan_draft_add_phase(draft, "other", NULL, MU_STRATEGY_SERIAL, NULL));
  for (guint i = 0; i < mu_plan_draft_n_phases(draft); i++) {
    const char *phase = mu_plan_draft_phase_name(draft, i);
    g_assert_false(mu_plan_draft_add_pod_step(draft, phase, &launch, NULL));
    if (!mu_plan_draft_add_custom_step(draft, phase, &step, error))
      return FALSE;
  }
  return TRUE;
}

static void scale(MuSim *sim, guint count) {
  g_autofree char *yaml = g_strdup_printf("{name: x, pods: {a: {count: %u, allow-decommission: true, tasks: {"
                                          "t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 32}}}}}",
                                          count);
  customized_put(sim, yaml);
}

#define DRAIN(pod, a, b, c, d)                                                                                         \
  pod "/drain " a ", " pod "/kill-tasks " b ", " pod "/unreserve-resources " c ", " pod "/erase " d

static void test_decommission(void) {
  Code codes[] = {{.name = "drain", .manner = HELD}, {0}};
  Fixture f = {.customized = {.customizer = drain, .user = codes}};
  f.sim = customized_sim(&f.customized);
  scale(f.sim, 3);
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(codes[0].calls, ==, 0);
  scale(f.sim, 1);
  for (guint i = 0; i < 2; i++) {
    mu_sim_run(f.sim, 60000);
    expect_steps(f.sim, "decommission",
                 DRAIN("a-2", "STARTED", "PENDING", "PENDING", "PENDING") ", " DRAIN("a-1", "PENDING", "PENDING",
                                                                                     "PENDING", "PENDING"));
    g_assert_cmpuint(mu_sim_running(f.sim), ==, 3);
    g_clear_pointer(&codes[0].held, mu_step_run_complete);
    if (i == 0)
      mu_sim_crash(f.sim); /* before that is heard */
  }
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 2); /* a-2 is gone, and a-1 is drained now */
  plan_command(f.sim, MU_COMMAND_PLAN_FORCE_COMPLETE, "decommission", "a-1", "drain");
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 1);
  g_clear_pointer(&codes[0].held, mu_step_run_complete);
  scale(f.sim, 2); /* what goes again is drained again */
  mu_sim_run(f.sim, 60000);
  guint calls = codes[0].calls;
  codes[0].manner = AT_ONCE;
  scale(f.sim, 1);
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(codes[0].calls, ==, calls + 1);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 1);
  tear_down(&f);
}

/* Whenever the scheduler dies, nothing is ended that was not drained. */
static guint shrink(guint first, MuSimCrashMoment moment) {
  Code codes[] = {{.name = "drain", .manner = FAILS, .rounds = 1}, {0}};
  Fixture f = {.customized = {.customizer = drain, .user = codes}};
  f.sim = customized_sim(&f.customized);
  mu_sim_check_every(f.sim, 1);
  scale(f.sim, 2);
  mu_sim_run(f.sim, 60000);
  guint before = mu_sim_commits(f.sim);
  if (first > 0)
    mu_sim_crash_at(f.sim, first, moment);
  scale(f.sim, 1);
  for (guint i = 0; i < 60000 && mu_sim_running(f.sim) == 2; i++)
    mu_sim_run(f.sim, 1);
  g_assert_cmpuint(codes[0].done, >, 0);
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 1);
  guint commits = mu_sim_commits(f.sim) - before;
  tear_down(&f);
  return commits;
}

static void test_decommission_deaths(void) {
  guint commits = shrink(0, MU_SIM_CRASH_BEFORE);
  g_assert_cmpuint(commits, >, 4);
  for (guint i = 1; i <= commits; i++)
    for (guint moment = 0; moment < MU_SIM_CRASH_MOMENTS; moment++)
      shrink(i, (MuSimCrashMoment)moment);
}

/* ---- deaths ----------------------------------------------------------------------------------------------------------- */

enum { AT_ONCE_STEP, SLOW_STEP, POLLING_STEP, FAILING_STEP, N_STEPS };
static const char *const NAMES[] = {"at-once", "slow", "polling", "failing"};

typedef struct {
  MuSim *sim;
  guint calls, done[N_STEPS];
} Life;

/* A run that its code ends a second later, whether the scheduler that called it lives or not. */
typedef struct {
  Life *life;
  MuStepRun *run;
} Slow;

static void end_slowly(MuSim *sim, gpointer user) {
  Slow *slow = user;
  (void)sim;
  slow->life->done[SLOW_STEP]++;
  mu_step_run_complete(slow->run);
  g_free(slow);
}

static void do_in_life(MuStepRun *run, gpointer user) {
  Life *life = user;
  guint which = 0;
  while (strcmp(NAMES[which], mu_step_run_step(run)) != 0)
    which++;
  g_autofree char *a = mu_sim_task_id(life->sim, "a-0-t");
  g_assert_nonnull(a); /* it comes after that */
  guint calls = ++life->calls;
  if (which == SLOW_STEP) {
    const Slow slow = {life, run};
    mu_sim_later(life->sim, 1000, end_slowly, g_memdup2(&slow, sizeof slow));
  } else if (which == POLLING_STEP && calls % 3 != 0) {
    mu_step_run_again(run, "not yet", 700);
  } else if (which == FAILING_STEP && calls % 3 != 0) {
    mu_step_run_fail(run, "no");
  } else {
    life->done[which]++;
    mu_step_run_complete(run);
  }
}

static gboolean customize_life(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  if (strcmp(mu_plan_draft_name(draft), "deploy") != 0)
    return TRUE;
  gboolean good = mu_plan_draft_add_phase(draft, "own", "b", MU_STRATEGY_PARALLEL, error);
  for (guint i = 0; good && i < N_STEPS; i++) {
    const MuCustomStep step = {.name = NAMES[i], .run = do_in_life, .user = user};
    good = mu_plan_draft_add_custom_step(draft, "own", &step, error);
  }
  return good && mu_plan_draft_require_step(draft, "own", "slow", "at-once", error);
}

/* b runs only when all has been done that comes before it. */
static gboolean is_over(MuSim *sim, gpointer user) {
  const Life *life = user;
  g_autofree char *b = mu_sim_task_id(sim, "b-0-t");
  for (guint i = 0; b != NULL && i < N_STEPS; i++)
    if (life->done[i] == 0)
      g_error("b runs, and %s was not done", NAMES[i]);
  return b != NULL && g_strcmp0(mu_sim_plan_status(sim, "x", "deploy"), "COMPLETE") == 0;
}

/* The scheduler dies at these commits; returns how many there were. */
static guint live(guint first, MuSimCrashMoment moment, guint second) {
  Life life = {0};
  const Customized customized = {.customizer = customize_life, .user = &life};
  life.sim = customized_sim(&customized);
  mu_sim_check_every(life.sim, 1);
  if (first > 0)
    mu_sim_crash_at(life.sim, first, moment);
  put(life.sim, 32);
  if (second > 0) {
    mu_sim_run_until(life.sim, has_died, NULL, 60000);
    mu_sim_crash_at(life.sim, second, MU_SIM_CRASH_BETWEEN);
  }
  g_assert_true(mu_sim_run_until(life.sim, is_over, &life, 600000));
  mu_sim_run(life.sim, 60000);
  guint calls = life.calls, commits = mu_sim_commits(life.sim);
  mu_sim_run(life.sim, 3600000);
  g_assert_cmpuint(life.calls, ==, calls); /* what is done is not done again */
  g_assert_cmpstr(mu_sim_violation(life.sim), ==, NULL);
  mu_sim_free(life.sim);
  return commits;
}

static void test_deaths(void) {
  customized_die(live);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/custom-steps/at-once", test_at_once);
  g_test_add_func("/custom-steps/held", test_held);
  g_test_add_func("/custom-steps/again", test_again);
  g_test_add_func("/custom-steps/fails", test_fails);
  g_test_add_func("/custom-steps/interrupted", test_interrupted);
  g_test_add_func("/custom-steps/forced", test_forced);
  g_test_add_func("/custom-steps/restarted", test_restarted);
  g_test_add_func("/custom-steps/plan", test_plan);
  g_test_add_func("/custom-steps/done-for", test_done_for);
  g_test_add_func("/custom-steps/preview", test_preview);
  g_test_add_func("/custom-steps/no-factory", test_no_factory);
  g_test_add_func("/custom-steps/removal", test_removal);
  g_test_add_func("/custom-steps/store-fails", test_store_fails);
  g_test_add_func("/custom-steps/why", test_why);
  g_test_add_func("/custom-steps/decommission", test_decommission);
  g_test_add_func("/custom-steps/decommission-deaths", test_decommission_deaths);
  g_test_add_func("/custom-steps/deaths", test_deaths);
  return g_test_run();
}
