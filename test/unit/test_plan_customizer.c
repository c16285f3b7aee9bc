/* A framework's own code orders the phases of its plans; a death of the scheduler at any commit changes nothing of it. */
#include "customized.h"

static const char YAML[] =
    "{name: x, pods: {"
    "a: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 0.1}}}, b: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: "
    "0.1}}}, c: {count: 1, tasks: {t: {goal: ONCE, cmd: x, cpus: 0.1}}}, d: {count: 1, tasks: {t: {goal: ONCE, cmd: x, "
    "cpus: 0.1}}}}}";

/* d first; then a and c; b last, after both. */
static gboolean require_all(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)user;
  g_assert_cmpuint(spec->n_pods, ==, 4);
  g_assert_cmpstr(mu_plan_draft_name(draft), ==, "deploy");
  mu_plan_draft_set_strategy(draft, MU_STRATEGY_PARALLEL);
  return mu_plan_draft_require(draft, "a", "d", error) && mu_plan_draft_require(draft, "c", "d", error) &&
         mu_plan_draft_require(draft, "b", "a", error) && mu_plan_draft_require(draft, "b", "c", error) &&
         mu_plan_draft_require(draft, "b", "c", error) && mu_plan_draft_move_phase(draft, "d", "a", error);
}

static gboolean require_circle(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  (void)user;
  return mu_plan_draft_require(draft, "a", "b", error) && mu_plan_draft_require(draft, "b", "c", error) &&
         mu_plan_draft_require(draft, "c", "a", error);
}

/* c d b a, one after the other */
static gboolean reorder(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  (void)user;
  GError *unknown = NULL;
  g_assert_false(mu_plan_draft_move_phase(draft, "e", NULL, &unknown));
  g_assert_error(unknown, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_cmpstr(unknown->message, ==, "plan deploy has no phase \"e\"");
  g_clear_error(&unknown);
  g_assert_false(mu_plan_draft_set_phase_strategy(draft, "e", MU_STRATEGY_PARALLEL, NULL));
  g_assert_false(mu_plan_draft_require(draft, "a", "e", NULL));
  return mu_plan_draft_move_phase(draft, "a", NULL, error) && mu_plan_draft_move_phase(draft, "b", "a", error) &&
         mu_plan_draft_set_phase_strategy(draft, "a", MU_STRATEGY_RANDOM, error) &&
         mu_plan_draft_move_phase(draft, "c", "d", error) && mu_plan_draft_move_phase(draft, "d", "b", error);
}

static void refuse_steps(MuPlanDraft *draft) {
  static const char *const NONE[] = {NULL};
  static const char *const OTHER[] = {"t", "u", NULL};
  GError *fault = NULL;
  static const struct {
    MuPodStep step;
    MuErrorCode code;
    const char *told;
  } CASES[] = {
      {{.pod = "e"}, MU_ERROR_NOT_FOUND, "the spec has no pod \"e\""},
      {{.pod = "a", .index = 1}, MU_ERROR_REFUSED, "pod \"a\" has 1 instances, there is none of index 1"},
      {{.pod = "a", .tasks = OTHER}, MU_ERROR_NOT_FOUND, "pod \"a\" has no task \"u\""},
      {{.pod = "a", .tasks = NONE}, MU_ERROR_REFUSED, "a step for pod \"a\" names no task"},
      {{.pod = "a"}, MU_ERROR_CONFLICT, "plan deploy has a step \"a-0:[t]\" already"},
      {{.pod = "a", .name = "x/y"},
       MU_ERROR_REFUSED,
       "plan deploy: \"x/y\" is no name of a step: 1 to 100 characters, without slashes, were expected"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
    g_assert_false(mu_plan_draft_add_pod_step(draft, "a", &CASES[i].step, &fault));
    g_assert_error(fault, MU_ERROR, (gint)CASES[i].code);
    g_assert_cmpstr(fault->message, ==, CASES[i].told);
    g_clear_error(&fault);
  }
}

static void refuse_names(MuPlanDraft *draft) {
  g_autofree char *long_name = g_strnfill(101, 'x');
  const char *const names[] = {"", "a/b", "a\nb", long_name};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_assert_false(mu_plan_draft_add_phase(draft, names[i], NULL, MU_STRATEGY_SERIAL, NULL));
    g_assert_false(mu_plan_draft_rename_phase(draft, "a", names[i], NULL));
  }
  g_autoptr(GError) fault = NULL;
  g_assert_false(mu_plan_draft_add_phase(draft, "b", NULL, MU_STRATEGY_SERIAL, &fault));
  g_assert_error(fault, MU_ERROR, MU_ERROR_CONFLICT);
  g_assert_cmpstr(fault->message, ==, "plan deploy has a phase \"b\" already");
  g_assert_false(mu_plan_draft_add_phase(draft, "new", "e", MU_STRATEGY_SERIAL, NULL));
  g_assert_false(mu_plan_draft_remove_phase(draft, "e", NULL));
  g_assert_false(mu_plan_draft_remove_step(draft, "a", "a-1:[t]", NULL));
  g_assert_false(mu_plan_draft_move_step(draft, "a", "a-0:[t]", "a-1:[t]", NULL));
  g_assert_cmpuint(mu_plan_draft_n_steps(draft, "e"), ==, 0);
  g_assert_cmpuint(mu_plan_draft_n_steps(draft, "a"), ==, 1);
  g_assert_cmpstr(mu_plan_draft_step_name(draft, "a", 0), ==, "a-0:[t]");
}

static gboolean add_seed(MuPlanDraft *draft, GError **error) {
  static const char *const T[] = {"t", NULL};
  const MuPodStep second = {.pod = "d"}, first = {.pod = "c", .name = "first", .tasks = T};
  if (!mu_plan_draft_add_phase(draft, "seed", "a", MU_STRATEGY_PARALLEL, error) ||
      !mu_plan_draft_add_pod_step(draft, "seed", &second, error) ||
      !mu_plan_draft_add_pod_step(draft, "seed", &first, error) ||
      !mu_plan_draft_require_step(draft, "seed", "d-0:[t]", "first", error))
    return FALSE;
  GError *circle = NULL;
  g_assert_false(mu_plan_draft_require_step(draft, "seed", "first", "d-0:[t]", &circle));
  g_assert_cmpstr(circle->message, ==,
                  "plan deploy: steps would wait for each other: first requires d-0:[t] requires first");
  g_clear_error(&circle);
  return TRUE;
}

/* A phase of its own before all others: c-0, then d-0. c has no phase any more, and that of d another name; b waits for a, as it
 * did by way of c. */
static gboolean insert(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  (void)user;
  refuse_steps(draft);
  refuse_names(draft);
  mu_plan_draft_set_strategy(draft, MU_STRATEGY_PARALLEL);
  return mu_plan_draft_require(draft, "b", "c", error) && mu_plan_draft_require(draft, "c", "a", error) &&
         mu_plan_draft_remove_phase(draft, "c", error) && mu_plan_draft_rename_phase(draft, "d", "rest", error) &&
         add_seed(draft, error) && mu_plan_draft_require(draft, "a", "seed", error) &&
         mu_plan_draft_require(draft, "rest", "seed", error);
}

/* One by one, although the first wants to come after the last. */
static gboolean require_later(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  (void)user;
  return mu_plan_draft_require(draft, "a", "d", error);
}

/* All of them in one phase, in the order b a d; c is taken out again. */
static gboolean regroup(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)user;
  while (mu_plan_draft_n_phases(draft) > 0)
    if (!mu_plan_draft_remove_phase(draft, mu_plan_draft_phase_name(draft, 0), error))
      return FALSE;
  if (!mu_plan_draft_add_phase(draft, "all", NULL, MU_STRATEGY_SERIAL, error))
    return FALSE;
  for (guint i = 0; i < spec->n_pods; i++) {
    const MuPodStep step = {.pod = spec->pods[i].type, .name = spec->pods[i].type};
    if (!mu_plan_draft_add_pod_step(draft, "all", &step, error))
      return FALSE;
  }
  return mu_plan_draft_move_step(draft, "all", "b", "a", error) && mu_plan_draft_remove_step(draft, "all", "c", error);
}

static MuSim *start(MuPlanCustomizer customizer) {
  static const MuSimScript MINUTE = {.start_ms = 10, .end_ms = 60000, .end = MU_TASK_FINISHED, .kill_ms = 5};
  static Customized code;
  code.customizer = customizer;
  MuSim *sim = customized_sim(&code);
  mu_sim_script(sim, "t", &MINUTE);
  return sim;
}

static void put(MuSim *sim) {
  customized_put(sim, YAML);
}

#define expect_phases(sim, told) expect_steps(sim, "deploy", told)

/* Goes through what is told one after the other; returns how many commits it took. */
static guint live(MuPlanCustomizer customizer, const char *const *told, guint crash_at, gboolean durable) {
  MuSim *sim = start(customizer);
  if (crash_at > 0)
    mu_sim_crash_at_commit(sim, crash_at, durable);
  put(sim);
  for (; *told != NULL; told++)
    await_steps(sim, "deploy", *told);
  mu_sim_run(sim, 60000);
  g_assert_cmpstr(mu_sim_plan_status(sim, "x", "deploy"), ==, "COMPLETE");
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  g_assert_cmpuint(mu_sim_crashes(sim), ==, crash_at > 0);
  guint commits = mu_sim_commits(sim);
  mu_sim_free(sim);
  return commits;
}

static void each_commit(MuPlanCustomizer customizer, const char *const *told) {
  guint commits = live(customizer, told, 0, FALSE);
  g_assert_cmpuint(commits, >, 8);
  for (guint i = 1; i <= commits; i++) {
    live(customizer, told, i, FALSE);
    live(customizer, told, i, TRUE);
  }
}

static void test_requirements(void) {
  static const char *const TOLD[] = {
      "d STARTED, a PENDING, b PENDING, c PENDING", "d COMPLETE, a STARTED, b PENDING, c STARTED",
      "d COMPLETE, a COMPLETE, b STARTED, c COMPLETE", "d COMPLETE, a COMPLETE, b COMPLETE, c COMPLETE", NULL};
  each_commit(require_all, TOLD);
}

static void test_insertion(void) {
  static const char *const TOLD[] = {
      "seed/d-0:[t] PENDING, seed/first STARTED, a PENDING, b PENDING, rest PENDING",
      "seed/d-0:[t] STARTED, seed/first COMPLETE, a PENDING, b PENDING, rest STARTED",
      "seed/d-0:[t] COMPLETE, seed/first COMPLETE, a STARTED, b PENDING, rest COMPLETE",
      "seed/d-0:[t] COMPLETE, seed/first COMPLETE, a COMPLETE, b STARTED, rest COMPLETE",
      "seed/d-0:[t] COMPLETE, seed/first COMPLETE, a COMPLETE, b COMPLETE, rest COMPLETE",
      NULL};
  each_commit(insert, TOLD);
}

static void test_regroup(void) {
  static const char *const TOLD[] = {"all/b STARTED, all/a PENDING, all/d PENDING",
                                     "all/b COMPLETE, all/a STARTED, all/d PENDING",
                                     "all/b COMPLETE, all/a COMPLETE, all/d STARTED", NULL};
  each_commit(regroup, TOLD);
}

/* What an operator did to a phase of code's and to a step in it holds over restarts, as it does for those of the spec. */
static void test_marks(void) {
  static const char WAITS[] = "seed/d-0:[t] WAITING, seed/first COMPLETE, a PENDING, b PENDING, rest PENDING";
  MuSim *sim = start(insert);
  put(sim);
  plan_command(sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", "seed", "d-0:[t]");
  mu_sim_run(sim, 90000);
  expect_phases(sim, WAITS);
  mu_sim_crash(sim);
  mu_sim_run(sim, 90000);
  expect_phases(sim, WAITS);
  plan_command(sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", "seed", NULL);
  plan_command(sim, MU_COMMAND_PLAN_CONTINUE, "deploy", "seed", "d-0:[t]");
  mu_sim_crash(sim);
  mu_sim_run(sim, 90000);
  expect_phases(sim, "seed/d-0:[t] PENDING, seed/first COMPLETE, a PENDING, b PENDING, rest PENDING");
  plan_command(sim, MU_COMMAND_PLAN_FORCE_COMPLETE, "deploy", "seed", "d-0:[t]");
  mu_sim_crash(sim);
  mu_sim_run(sim, 30000);
  expect_phases(sim, "seed/d-0:[t] COMPLETE, seed/first COMPLETE, a STARTED, b PENDING, rest STARTED");
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_free(sim);
}

/* The strategy that is shown, and what a step is said to wait for. */
static void test_views(void) {
  MuSim *sim = start(insert);
  put(sim);
  mu_sim_run(sim, 30000);
  g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(sim), "x", "deploy", NULL);
  const json_t *seed = json_array_get(json_object_get(plan, "phases"), 0);
  const json_t *step = json_array_get(json_object_get(seed, "steps"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(plan, "strategy")), ==, "dependency");
  g_assert_cmpstr(json_string_value(json_object_get(seed, "strategy")), ==, "dependency");
  g_assert_cmpstr(json_string_value(json_object_get(step, "message")), ==, "its turn comes after step first");
  mu_sim_free(sim);
}

static void test_order(void) {
  MuSim *sim = start(reorder);
  put(sim);
  mu_sim_run(sim, 30000);
  expect_phases(sim, "c STARTED, d PENDING, b PENDING, a PENDING");
  mu_sim_run(sim, 60000);
  expect_phases(sim, "c COMPLETE, d STARTED, b PENDING, a PENDING");
  mu_sim_free(sim);
}

/* The plan says what is wrong, and begins nothing; again after a restart. */
static void expect_error(MuPlanCustomizer customizer, const char *told) {
  MuSim *sim = start(customizer);
  put(sim);
  for (guint i = 0; i < 2; i++) {
    mu_sim_run(sim, 60000);
    g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(sim), "x", "deploy", NULL);
    g_assert_cmpstr(json_string_value(json_object_get(plan, "status")), ==, "ERROR");
    g_assert_cmpstr(json_string_value(json_array_get(json_object_get(plan, "errors"), 0)), ==, told);
    g_assert_cmpuint(mu_sim_running(sim), ==, 0);
    mu_sim_crash(sim);
  }
  mu_sim_free(sim);
}

static void test_circle(void) {
  expect_error(require_circle, "plan deploy: phases would wait for each other: c requires a requires b requires c");
}

static void test_serial(void) {
  expect_error(require_later, "plan deploy: phase a requires d, which comes after it; its strategy should be parallel");
}

/* ---- other code for the same spec ------------------------------------------------------------------------------------ */

static guint added_calls;

static void count_call(MuStepRun *run, gpointer user) {
  (void)user;
  added_calls++;
  mu_step_run_complete(run);
}

static gboolean add_code(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  const MuCustomStep step = {.name = "new", .run = count_call};
  (void)spec;
  (void)user;
  return mu_plan_draft_add_phase(draft, "own", "a", MU_STRATEGY_SERIAL, error) &&
         mu_plan_draft_add_custom_step(draft, "own", &step, error);
}

/* A new version of the program has its say from the next start on, and no earlier. */
static void test_new_code(void) {
  g_autofree char *other_context = g_strdup_printf("# the same spec\n%s", YAML);
  Customized code = {.customizer = reorder};
  MuSim *sim = customized_sim(&code);
  mu_sim_script(sim, "t", &(MuSimScript){.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5});
  put(sim);
  mu_sim_run(sim, 60000);
  code.customizer = add_code;
  customized_put(sim, other_context);
  mu_sim_run(sim, 60000);
  expect_phases(sim, "c COMPLETE, d COMPLETE, b COMPLETE, a COMPLETE");
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  expect_phases(sim, "own COMPLETE, a COMPLETE, b COMPLETE, c COMPLETE, d COMPLETE");
  g_assert_cmpuint(added_calls, ==, 1);
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(added_calls, ==, 1);
  guint records = mu_sim_records(sim);
  code.customizer = NULL; /* what it did is forgotten with it */
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  expect_phases(sim, "a COMPLETE, b COMPLETE, c COMPLETE, d COMPLETE");
  g_assert_cmpuint(mu_sim_records(sim), ==, records - 1);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_free(sim);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/plan-customizer/requirements", test_requirements);
  g_test_add_func("/plan-customizer/order", test_order);
  g_test_add_func("/plan-customizer/circle", test_circle);
  g_test_add_func("/plan-customizer/serial", test_serial);
  g_test_add_func("/plan-customizer/insertion", test_insertion);
  g_test_add_func("/plan-customizer/regroup", test_regroup);
  g_test_add_func("/plan-customizer/marks", test_marks);
  g_test_add_func("/plan-customizer/views", test_views);
  g_test_add_func("/plan-customizer/new-code", test_new_code);
  return g_test_run();
}
