/* A random run as a scenario: its transcript does the same again, to the millisecond. What a failing run is cut down to is
 * proven with planted bugs, which this build does not have: test/e2e/sim_shrink.sh. */
#include "sim_scenario.h"
#include "sim_workload.h"

#include <string.h>

static char *plain_context(const char *file, const char *yaml, const char *const *parameters, gpointer user,
                           GError **error) {
  (void)file;
  (void)user;
  (void)error;
  return mu_scenario_plain_context(yaml, parameters);
}

static void test_same(gconstpointer code) {
  for (guint64 seed = 1; seed <= 6; seed++) {
    g_auto(MuSimResult) result = {0};
    g_autoptr(GError) error = NULL;
    MuScenarioReport report;
    MuSimRun run;
    mu_sim_run_init(&run, seed);
    run.steps = 60;
    run.transcribe = TRUE;
    run.code = GPOINTER_TO_INT(code);
    mu_sim_run_all(&run, &result);
    g_assert_cmpstr(result.violation, ==, NULL);
    g_autofree char *text = g_strdup_printf("# a random run\nseed %" G_GUINT64_FORMAT "\n%s", seed, result.transcript);
    const MuScenarioOptions options = {.context = plain_context, .check_every = MU_SIM_CHECK_EVERY};
    g_autoptr(MuScenario) scenario = mu_scenario_parse("run.scn", text, &error);
    g_assert_no_error(error);
    mu_scenario_run(scenario, &options, &report, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(report.commits, ==, result.commits);
    g_assert_cmpuint(report.crashes, ==, result.crashes);
    g_assert_cmpint(report.virtual_ms, ==, result.virtual_ms);
  }
}

static void test_nothing_broken(void) {
  MuSimRun run;
  mu_sim_run_init(&run, 1);
  run.steps = 5;
  g_assert_null(mu_sim_run_shrink_scenario(&run, 10));
}

static void test_only_commands_are_sent(void) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_scenario_parse("a.scn", "# it\nsend wait 1s\n", &error));
  g_assert_nonnull(strstr(error->message, "a.scn:2: only what the scheduler is told can be sent"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_data_func("/sim_shrink/same", GINT_TO_POINTER(FALSE), test_same);
  g_test_add_data_func("/sim_shrink/same_with_code", GINT_TO_POINTER(TRUE), test_same);
  g_test_add_func("/sim_shrink/nothing_broken", test_nothing_broken);
  g_test_add_func("/sim_shrink/only_commands_are_sent", test_only_commands_are_sent);
  return g_test_run();
}
