/* A framework's own code has a say in the uninstall of its service: what it does before an instance is ended, before all and after all
 * is done in its turn, whatever commit the scheduler dies at; and without the code the removal waits. */
#include "client_private.h"
#include "customized.h"
#include "view_inspect.h"
#include "view_why.h"

static const char YAML[] = "{name: x, pods: {a: {count: 2, tasks: {t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 32}}},"
                           "b: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 32}}}}}";

/* What the code sees, and how it behaves. */
typedef struct {
  MuSim *sim;
  const char *hold;    /* the step of this name is not ended when it is called; NULL: each is ended at once */
  const char *refusal; /* of the customizer; NULL: it has none */
  guint fails;         /* so many runs fail first */
  MuStepRun *held;     /* the last of those */
  GPtrArray *older;    /* of MuStepRun*: those before it, which are never ended in time */
  GString *done;       /* "uninstall/farewell uninstall/drain …": as they were done */
  guint running[3];    /* tasks when each of farewell, drain (the last one), deregister was done */
} Code;

static void note(Code *code, const MuStepRun *run) {
  static const char *const NAMES[] = {"farewell", "drain", "deregister"};
  const char *step = mu_step_run_step(run);
  g_string_append_printf(code->done, "%s%s/%s", code->done->len == 0 ? "" : " ", mu_step_run_plan(run), step);
  for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
    if (strcmp(step, NAMES[i]) == 0)
      code->running[i] = mu_sim_running(code->sim);
}

static void work(MuStepRun *run, gpointer user) {
  Code *code = user;
  const char *step = mu_step_run_step(run);
  if (code->fails > 0) {
    code->fails--;
    mu_step_run_fail(run, "the registry does not answer");
  } else if (g_strcmp0(code->hold, step) == 0) {
    if (code->held != NULL)
      g_ptr_array_add(code->older, code->held);
    code->held = run;
  } else {
    note(code, run);
    mu_step_run_complete(run);
  }
}

static void refuse_changes(MuPlanDraft *draft) {
  static const MuPodStep LAUNCH = {.pod = "a"};
  GError *fault = NULL;
  g_assert_false(mu_plan_draft_remove_phase(draft, "a-0", &fault));
  g_assert_error(fault, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_cmpstr(fault->message, ==, "phase a-0 ends an instance, and stays under its name");
  g_clear_error(&fault);
  g_assert_false(mu_plan_draft_rename_phase(draft, "a-0", "c", &fault));
  g_assert_error(fault, MU_ERROR, MU_ERROR_REFUSED);
  g_clear_error(&fault);
  g_assert_false(mu_plan_draft_add_pod_step(draft, "a-0", &LAUNCH, &fault));
  g_assert_cmpstr(fault->message, ==, "only custom steps come before the end of an instance");
  g_clear_error(&fault);
  g_assert_false(mu_plan_draft_add_phase(draft, "a-1", NULL, MU_STRATEGY_SERIAL, &fault));
  g_assert_error(fault, MU_ERROR, MU_ERROR_CONFLICT);
  g_clear_error(&fault);
}

static gboolean add_step(MuPlanDraft *draft, const char *phase, const char *name, gpointer user, GError **error) {
  const MuCustomStep step = {.name = name, .run = work, .user = user};
  return mu_plan_draft_add_custom_step(draft, phase, &step, error);
}

/* farewell, then every instance of a is drained and ended, beside them b-0 without that; then deregister. */
static gboolean customize(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  static const char *const INSTANCES[] = {"a-0", "a-1", "b-0"};
  Code *code = user;
  g_assert_cmpuint(spec->n_pods, ==, 2);
  g_assert_cmpstr(mu_plan_draft_name(draft), ==, "uninstall");
  g_assert_cmpuint(mu_plan_draft_n_phases(draft), ==, G_N_ELEMENTS(INSTANCES));
  refuse_changes(draft);
  gboolean good = mu_plan_draft_add_phase(draft, "first", "a-0", MU_STRATEGY_SERIAL, error) &&
                  add_step(draft, "first", "farewell", user, error) &&
                  mu_plan_draft_add_phase(draft, "last", NULL, MU_STRATEGY_SERIAL, error) &&
                  add_step(draft, "last", "deregister", user, error) &&
                  mu_plan_draft_require(draft, "last", "first", error);
  for (guint i = 0; good && i < G_N_ELEMENTS(INSTANCES); i++)
    good = mu_plan_draft_require(draft, INSTANCES[i], "first", error) &&
           mu_plan_draft_require(draft, "last", INSTANCES[i], error) &&
           (INSTANCES[i][0] != 'a' || add_step(draft, INSTANCES[i], "drain", user, error));
  if (good && code->refusal != NULL)
    g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, code->refusal);
  return good && code->refusal == NULL;
}

typedef struct {
  Code code;
  Customized customized;
  MuSim *sim;
} Fixture;

static void set_up(Fixture *f, MuPlanCustomizer customizer) {
  *f = (Fixture){.customized = {.uninstaller = customizer, .user = &f->code}};
  f->code.done = g_string_new(NULL);
  f->code.older = g_ptr_array_new_with_free_func((GDestroyNotify)mu_step_run_complete);
  f->sim = f->code.sim = customized_sim(&f->customized);
  mu_sim_check_every(f->sim, 1);
}

static void deploy(const Fixture *f) {
  customized_put(f->sim, YAML);
  mu_sim_run(f->sim, 60000);
  g_assert_cmpuint(mu_sim_running(f->sim), ==, 3);
}

static void tear_down(Fixture *f) {
  g_assert_cmpstr(mu_sim_violation(f->sim), ==, NULL);
  g_clear_pointer(&f->code.held, mu_step_run_complete);
  mu_sim_free(f->sim);
  g_ptr_array_unref(f->code.older);
  g_string_free(f->code.done, TRUE);
}

static void command(const Fixture *f, MuCommandKind kind) {
  g_autoptr(GError) error = NULL;
  json_t *body = mu_sim_command(f->sim, mu_command_new(kind, "x"), &error);
  g_assert_no_error(error);
  json_decref(body);
}

static void complete(Fixture *f) {
  note(&f->code, f->code.held);
  mu_step_run_complete(g_steal_pointer(&f->code.held));
}

static gboolean is_gone(const Fixture *f) {
  return mu_sim_records(f->sim) == 1; /* the framework's */
}

static char *holdouts(const Fixture *f) {
  g_autoptr(json_t) row = mu_view_service(mu_sim_client(f->sim), "x", NULL);
  const json_t *list = json_object_get(row, "holdouts");
  return g_strdup(json_string_value(json_array_get(list, 0)));
}

#define expect_holdout(f, told)                                                                                        \
  G_STMT_START {                                                                                                       \
    g_autofree char *first = holdouts(f);                                                                              \
    g_assert_cmpstr(first, ==, told);                                                                                  \
  }                                                                                                                    \
  G_STMT_END

/* ---- its turn ------------------------------------------------------------------------------------------------------ */

static void test_order(void) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  f.code.hold = "farewell";
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 3); /* nothing is ended before that */
  expect_steps(f.sim, "deploy",
               "first STARTED, "
               "a-0/drain PENDING, a-0/kill-tasks PENDING, a-0/unreserve-resources PENDING, a-0/erase PENDING, "
               "a-1/drain PENDING, a-1/kill-tasks PENDING, a-1/unreserve-resources PENDING, a-1/erase PENDING, "
               "b-0/kill-tasks PENDING, b-0/unreserve-resources PENDING, b-0/erase PENDING, last PENDING");
  expect_holdout(&f, "step farewell of phase first is not done");
  f.code.hold = "drain";
  complete(&f);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 2); /* b-0 has gone; the others are drained */
  g_clear_pointer(&f.code.held, mu_step_run_complete);
  mu_sim_crash(f.sim); /* one run's completion is heard, the other's is not */
  f.code.hold = "deregister";
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 0);
  g_assert_nonnull(f.code.held);
  g_assert_false(is_gone(&f));
  g_assert_cmpuint(mu_sim_commits(f.sim), >, 0);
  expect_holdout(&f, "step deregister of phase last is not done");
  complete(&f);
  mu_sim_run(f.sim, 600000);
  g_assert_true(is_gone(&f));
  tear_down(&f);
}

/* It asks for one after the other: b-0, then a-1, then a-0. */
static gboolean one_by_one(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  (void)spec;
  mu_plan_draft_set_strategy(draft, MU_STRATEGY_SERIAL);
  return mu_plan_draft_move_phase(draft, "a-0", NULL, error) && mu_plan_draft_move_phase(draft, "b-0", "a-1", error) &&
         add_step(draft, "a-1", "drain", user, error) &&
         mu_plan_draft_set_phase_strategy(draft, "a-1", MU_STRATEGY_PARALLEL, error);
}

static void test_serial(void) {
  Fixture f;
  set_up(&f, one_by_one);
  deploy(&f);
  f.code.hold = "drain";
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 2);
  expect_steps(f.sim, "deploy",
               "b-0/kill-tasks COMPLETE, b-0/unreserve-resources COMPLETE, b-0/erase COMPLETE, "
               "a-1/drain STARTED, a-1/kill-tasks PENDING, a-1/unreserve-resources PENDING, a-1/erase PENDING, "
               "a-0/kill-tasks PENDING, a-0/unreserve-resources PENDING, a-0/erase PENDING");
  complete(&f);
  mu_sim_run(f.sim, 600000);
  g_assert_true(is_gone(&f));
  tear_down(&f);
}

/* An operator holds it, lets it go on, and says himself that a step is done. */
static void test_operator(void) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  f.code.hold = "drain";
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  plan_command(f.sim, MU_COMMAND_PLAN_INTERRUPT, "deploy", NULL, NULL);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 3);
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 3);
  plan_command(f.sim, MU_COMMAND_PLAN_CONTINUE, "deploy", NULL, NULL);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 2);
  g_clear_pointer(&f.code.held, mu_step_run_complete);
  plan_command(f.sim, MU_COMMAND_PLAN_FORCE_COMPLETE, "deploy", "a-0", "drain");
  mu_sim_run(f.sim, 60000);
  g_assert_true(is_gone(&f));
  tear_down(&f);
}

/* A step of the deploy plan under the same name says nothing of the one in the uninstall. */
static gboolean same_names(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  const MuCustomStep step = {.name = "same", .run = work, .user = user, .done_for = ""};
  (void)spec;
  return mu_plan_draft_add_phase(draft, "own", NULL, MU_STRATEGY_SERIAL, error) &&
         mu_plan_draft_add_custom_step(draft, "own", &step, error);
}

static void test_same_names(void) {
  Fixture f;
  set_up(&f, same_names);
  f.customized.customizer = same_names;
  deploy(&f);
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_run(f.sim, 600000);
  g_assert_true(is_gone(&f));
  g_assert_cmpstr(f.code.done->str, ==, "deploy/same uninstall/same");
  tear_down(&f);
}

/* ---- without it ---------------------------------------------------------------------------------------------------- */

static void expect_why(const Fixture *f, const char *reason) {
  g_autoptr(json_t) why = mu_view_why(mu_sim_client(f->sim), "x", NULL, NULL);
  const json_t *step = json_array_get(json_object_get(why, "steps"), 0), *waiting = json_object_get(step, "waiting");
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "for")), ==, "errors");
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "reason")), ==, reason);
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "command")), ==, "muster service remove x --force");
  g_assert_cmpint(json_integer_value(json_object_get(waiting, "since")), >, 0);
}

#define ABSENT "the plan cannot go on: code has a say in it, and could not be asked: no licence"

/* The factory fails at a start in the middle: nothing more is ended until a start at which it does not. */
static void test_no_factory(void) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  f.code.hold = "drain";
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 2);
  f.customized.failure = "no licence";
  mu_sim_crash(f.sim);
  g_clear_pointer(&f.code.held, mu_step_run_complete); /* its scheduler is no more */
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 2);
  expect_holdout(&f, ABSENT);
  expect_why(&f, ABSENT);
  f.customized.failure = NULL;
  f.code.hold = NULL;
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 600000);
  g_assert_true(is_gone(&f));
  g_assert_cmpstr(
      f.code.done->str, ==,
      "uninstall/farewell uninstall/drain uninstall/drain uninstall/deregister"); /* farewell is not done again */
  tear_down(&f);
}

/* By force: first without the code, in order and over restarts; then what does not come back is given up. */
static void test_force(void) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  f.code.refusal = "b is needed elsewhere";
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_running(f.sim), ==, 3);
  expect_holdout(&f, "the plan cannot go on: b is needed elsewhere");
  mu_sim_lose_agent(f.sim, "agent-0", FALSE);
  command(&f, MU_COMMAND_SERVICE_FORCE_REMOVE);
  mu_sim_run(f.sim, 600000);
  mu_sim_crash(f.sim);
  guint built = customized_built;
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(customized_built, <=, built + 1); /* by the checker, not by the scheduler */
  g_assert_false(is_gone(&f));
  command(&f, MU_COMMAND_SERVICE_FORCE_REMOVE);
  mu_sim_run(f.sim, 60000);
  g_assert_true(is_gone(&f));
  g_assert_cmpuint(f.code.done->len, ==, 0);
  tear_down(&f);
}

/* Straight away, of a running service: its code is passed over, and the rest is done in order. */
static void test_force_at_once(void) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  command(&f, MU_COMMAND_SERVICE_FORCE_REMOVE);
  g_assert_false(is_gone(&f));
  mu_sim_run(f.sim, 600000);
  g_assert_true(is_gone(&f));
  g_assert_cmpuint(f.code.done->len, ==, 0);
  tear_down(&f);
}

/* A service without such code is removed whatever its factory says, which is not even asked. */
static void test_not_asked(void) {
  Fixture f;
  set_up(&f, NULL);
  deploy(&f);
  f.customized.failure = "no licence";
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 60000);
  mu_sim_lose_agent(f.sim, "agent-0", FALSE);
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_check_every(f.sim, 0);
  guint built = customized_built;
  mu_sim_crash(f.sim);
  mu_sim_run(f.sim, 60000);
  g_assert_cmpuint(customized_built, ==, built);
  mu_sim_return_agent(f.sim, "agent-0");
  mu_sim_run(f.sim, 3600000);
  g_assert_true(is_gone(&f));
  tear_down(&f);
}

/* What never was is not drained; what failed is tried again. */
static void test_nothing_there(void) {
  Fixture f;
  set_up(&f, customize);
  mu_sim_lose_agent(f.sim, "agent-0", FALSE);
  customized_put(f.sim, YAML);
  mu_sim_run(f.sim, 60000);
  f.code.fails = 3;
  command(&f, MU_COMMAND_SERVICE_REMOVE);
  mu_sim_run(f.sim, 600000);
  g_assert_true(is_gone(&f));
  g_assert_cmpstr(f.code.done->str, ==, "uninstall/farewell uninstall/deregister");
  tear_down(&f);
}

/* With the framework, too: it waits for that. */
static void test_uninstall_all(void) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  f.code.hold = "deregister";
  g_autoptr(GError) error = NULL;
  json_t *body = mu_sim_command(f.sim, mu_command_new(MU_COMMAND_UNINSTALL, NULL), &error);
  g_assert_no_error(error);
  json_decref(body);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_records(f.sim), >, 1);
  complete(&f);
  mu_sim_run(f.sim, 600000);
  g_assert_cmpuint(mu_sim_records(f.sim), ==, 0);
  tear_down(&f);
}

/* ---- deaths -------------------------------------------------------------------------------------------------------- */

static gboolean has_died(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_crashes(sim) > 0;
}

/* Returns how many commits there were. */
static guint remove_it(guint first, MuSimCrashMoment moment, guint second) {
  Fixture f;
  set_up(&f, customize);
  deploy(&f);
  f.code.fails = 1;
  guint before = mu_sim_commits(f.sim);
  if (first > 0)
    mu_sim_crash_at(f.sim, first, moment);
  mu_sim_post(f.sim, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "x"));
  if (second > 0 && mu_sim_run_until(f.sim, has_died, NULL, 60000))
    mu_sim_crash_at(f.sim, second, MU_SIM_CRASH_BETWEEN);
  mu_sim_run(f.sim, 600000);
  if (mu_sim_records(f.sim) > 1 && f.code.done->len == 0) { /* it died before the removal was taken */
    command(&f, MU_COMMAND_SERVICE_REMOVE);
    mu_sim_run(f.sim, 600000);
  }
  g_assert_true(is_gone(&f));
  g_assert_cmpuint(f.code.running[0], ==, 3);
  g_assert_cmpuint(f.code.running[1], >, 0);
  g_assert_cmpuint(f.code.running[2], ==, 0);
  guint commits = mu_sim_commits(f.sim) - before;
  tear_down(&f);
  return commits;
}

static void test_deaths(void) {
  customized_die(remove_it);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/uninstall-customizer/order", test_order);
  g_test_add_func("/uninstall-customizer/serial", test_serial);
  g_test_add_func("/uninstall-customizer/operator", test_operator);
  g_test_add_func("/uninstall-customizer/same-names", test_same_names);
  g_test_add_func("/uninstall-customizer/no-factory", test_no_factory);
  g_test_add_func("/uninstall-customizer/force", test_force);
  g_test_add_func("/uninstall-customizer/force-at-once", test_force_at_once);
  g_test_add_func("/uninstall-customizer/not-asked", test_not_asked);
  g_test_add_func("/uninstall-customizer/nothing-there", test_nothing_there);
  g_test_add_func("/uninstall-customizer/uninstall-all", test_uninstall_all);
  g_test_add_func("/uninstall-customizer/deaths", test_deaths);
  return g_test_run();
}
