/* A framework's own code orders the phases of its plans; a death of the scheduler at any commit changes nothing of it. */
#include "command.h"
#include "sim.h"
#include "sim_expect.h"
#include "view.h"
#include <muster/error.h>
#include <muster/muster.h>
#include <string.h>

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

static MuServiceScheduler *factory(const char *name, GBytes *context, gpointer customizer, GError **error) {
  gsize length;
  const char *yaml = g_bytes_get_data(context, &length);
  MuSpecInput input = {.service_name = name};
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, length, &input, error);
  if (spec == NULL)
    return NULL;
  MuSchedulerBuilder *builder = mu_scheduler_builder_new(spec);
  mu_scheduler_builder_set_plan_customizer(builder, (MuPlanCustomizer)customizer, NULL);
  return mu_scheduler_builder_build(builder, error);
}

static MuSim *start(MuPlanCustomizer customizer) {
  static const MuSimScript MINUTE = {.start_ms = 10, .end_ms = 60000, .end = MU_TASK_FINISHED, .kill_ms = 5};
  MuSim *sim = mu_sim_new(1, factory, (gpointer)customizer);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  mu_sim_script(sim, "t", &MINUTE);
  return sim;
}

/* Again, when the scheduler died before it answered. */
static void put(MuSim *sim) {
  json_t *body = NULL;
  for (guint i = 0; i < 3 && body == NULL; i++) {
    MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "x");
    command->context = g_bytes_new(YAML, strlen(YAML));
    command->if_version = MU_VERSION_ANY;
    body = mu_sim_command(sim, command, NULL);
  }
  g_assert_nonnull(body);
  json_decref(body);
}

/* "d STARTED, a PENDING, …": the phases in the plan's order. */
static char *phases(MuSim *sim) {
  g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(sim), "x", "deploy", NULL);
  GString *text = g_string_new(NULL);
  size_t i;
  json_t *phase;
  json_array_foreach (json_object_get(plan, "phases"), i, phase) {
    json_t *step = json_array_get(json_object_get(phase, "steps"), 0);
    g_string_append_printf(text, "%s%s %s", i == 0 ? "" : ", ", json_string_value(json_object_get(phase, "name")),
                           json_string_value(json_object_get(step, "status")));
  }
  return g_string_free(text, FALSE);
}

#define expect_phases(sim, told)                                                                                       \
  G_STMT_START {                                                                                                       \
    g_autofree char *is = phases(sim);                                                                                 \
    g_assert_cmpstr(is, ==, told);                                                                                     \
  }                                                                                                                    \
  G_STMT_END

static gboolean is_so(MuSim *sim, gpointer told) {
  g_autofree char *is = mu_sim_client(sim) == NULL ? NULL : phases(sim);
  return g_strcmp0(is, told) == 0;
}

/* Each in its turn; what a wrong order shows is none of them. */
static void await(MuSim *sim, const char *told) {
  if (!mu_sim_run_until(sim, is_so, (gpointer)told, 600000))
    expect_phases(sim, told);
}

/* Returns how many commits it took. */
static guint live(guint crash_at, gboolean durable) {
  MuSim *sim = start(require_all);
  if (crash_at > 0)
    mu_sim_crash_at_commit(sim, crash_at, durable);
  put(sim);
  await(sim, "d STARTED, a PENDING, b PENDING, c PENDING");
  await(sim, "d COMPLETE, a STARTED, b PENDING, c STARTED");
  await(sim, "d COMPLETE, a COMPLETE, b STARTED, c COMPLETE");
  await(sim, "d COMPLETE, a COMPLETE, b COMPLETE, c COMPLETE");
  mu_sim_run(sim, 60000);
  g_assert_cmpstr(mu_sim_plan_status(sim, "x", "deploy"), ==, "COMPLETE");
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  g_assert_cmpuint(mu_sim_crashes(sim), ==, crash_at > 0);
  guint commits = mu_sim_commits(sim);
  mu_sim_free(sim);
  return commits;
}

static void test_requirements(void) {
  guint commits = live(0, FALSE);
  g_assert_cmpuint(commits, >, 8);
  for (guint i = 1; i <= commits; i++) {
    live(i, FALSE);
    live(i, TRUE);
  }
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
static void test_circle(void) {
  MuSim *sim = start(require_circle);
  put(sim);
  for (guint i = 0; i < 2; i++) {
    mu_sim_run(sim, 60000);
    g_autoptr(json_t) plan = mu_view_plan(mu_sim_client(sim), "x", "deploy", NULL);
    g_assert_cmpstr(json_string_value(json_object_get(plan, "status")), ==, "ERROR");
    g_assert_cmpstr(json_string_value(json_array_get(json_object_get(plan, "errors"), 0)), ==,
                    "plan deploy: phases would wait for each other: c requires a requires b requires c");
    g_assert_cmpuint(mu_sim_running(sim), ==, 0);
    mu_sim_crash(sim);
  }
  mu_sim_free(sim);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/plan-customizer/requirements", test_requirements);
  g_test_add_func("/plan-customizer/order", test_order);
  g_test_add_func("/plan-customizer/circle", test_circle);
  return g_test_run();
}
