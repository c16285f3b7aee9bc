/* Random runs: the same options give the same run, switches are honoured, and a few seeds pass. */
#include "sim_workload.h"
#include <muster/error.h>

#include <string.h>

static void hash_line(const char *line, gpointer user) {
  guint *hash = user;
  *hash = *hash * 31 + g_str_hash(line);
}

static guint trace_of(guint64 seed) {
  g_auto(MuSimResult) result = {0};
  MuSimRun run;
  guint hash = 0;
  mu_sim_run_init(&run, seed);
  run.steps = 60;
  run.trace = hash_line;
  run.trace_user = &hash;
  mu_sim_run_all(&run, &result);
  return hash;
}

static void test_same_again(void) {
  guint first = trace_of(3);
  g_assert_cmpuint(first, ==, trace_of(3));
  g_assert_cmpuint(first, !=, trace_of(4));
}

static void test_seeds(gconstpointer code) {
  for (guint64 seed = 1; seed <= 10; seed++) {
    g_auto(MuSimResult) result = {0};
    MuSimRun run;
    mu_sim_run_init(&run, seed);
    run.steps = 100;
    run.code = GPOINTER_TO_INT(code);
    mu_sim_run_all(&run, &result);
    g_assert_cmpstr(result.violation, ==, NULL);
  }
}

static void test_switches(void) {
  MuSimFaultRates rates;
  g_autoptr(GError) error = NULL;
  guint on = 0;
  g_assert_true(mu_sim_fault_rates_parse("crash,rescind=7", &rates, &error));
  for (guint i = 0; i < mu_sim_faults_count(); i++) {
    on += rates.permille[i] > 0;
    if (strcmp(mu_sim_fault_name(i), "rescind") == 0)
      g_assert_cmpuint(rates.permille[i], ==, 7);
  }
  g_assert_cmpuint(on, ==, 2);
  g_assert_true(mu_sim_fault_rates_parse("-crash", &rates, &error));
  g_assert_cmpuint(rates.permille[0], ==, 0);
  g_assert_cmpuint(rates.permille[1], >, 0);
  g_assert_false(mu_sim_fault_rates_parse("crush", &rates, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
}

static void count_command(const char *line, gpointer user) {
  *(guint *)user += strstr(line, " command ") != NULL;
}

static guint commands_of(guint64 seed, const char *faults) {
  g_auto(MuSimResult) result = {0};
  MuSimRun run;
  guint n = 0;
  mu_sim_run_init(&run, seed);
  run.trace = count_command;
  run.trace_user = &n;
  g_assert_true(mu_sim_fault_rates_parse(faults, &run.faults, NULL));
  mu_sim_run_all(&run, &result);
  g_assert_cmpstr(result.violation, ==, NULL);
  return n;
}

/* Clients give commands twice as long as that is not switched off; at each step when it always is. */
static void test_doubled(void) {
  guint never = 0, sometimes = 0, always = 0;
  for (guint64 seed = 1; seed <= 3; seed++) {
    never += commands_of(seed, "command-doubled=0");
    sometimes += commands_of(seed, "command-doubled");
    always += commands_of(seed, "command-doubled=1000");
  }
  g_assert_cmpuint(never, <, sometimes);
  g_assert_cmpuint(sometimes, <, always);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim_runs/same_again", test_same_again);
  g_test_add_data_func("/sim_runs/seeds", GINT_TO_POINTER(FALSE), test_seeds);
  g_test_add_data_func("/sim_runs/code", GINT_TO_POINTER(TRUE), test_seeds);
  g_test_add_func("/sim_runs/switches", test_switches);
  g_test_add_func("/sim_runs/doubled", test_doubled);
  return g_test_run();
}
