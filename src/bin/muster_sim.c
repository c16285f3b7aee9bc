/* muster-sim: random runs of the simulator (docs/simulator.md). One seed with its trace, or many within a budget of time. */
#include "sim_plant.h"
#include "sim_scenario.h"
#include "sim_workload.h"

#include <muster/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SELFTEST_SEEDS 1000 /* at most, for a plant that shows rarely */

static gint64 opt_seed = -1, opt_first = -1;
static gint opt_steps = -1, opt_services = -1, opt_agents = -1, opt_time = 60, opt_runs = 0, opt_every = -1;
static char *opt_faults, *opt_plant, *opt_scenario;
static gboolean opt_quiet, opt_list, opt_selftest, opt_no_shrink, opt_transcript, opt_code;

static const GOptionEntry OPTIONS[] = {
    {"seed", 0, 0, G_OPTION_ARG_INT64, &opt_seed, "replay this one, with its trace", "N"},
    {"steps", 0, 0, G_OPTION_ARG_INT, &opt_steps, "of each run (200)", "N"},
    {"services", 0, 0, G_OPTION_ARG_INT, &opt_services, "at most so many (drawn from the seed)", "N"},
    {"agents", 0, 0, G_OPTION_ARG_INT, &opt_agents, "so many, at least 4 (drawn from the seed)", "N"},
    {"faults", 0, 0, G_OPTION_ARG_STRING, &opt_faults, "only these (a,b=PERMILLE), or all but these (-a,-b)", "LIST"},
    {"check-every", 0, 0, G_OPTION_ARG_INT, &opt_every,
     "at each N-th commit all is compared, not only what it touched; 0: never (100)", "N"},
    {"code", 0, 0, G_OPTION_ARG_NONE, &opt_code,
     "services have code of their own: custom steps, and a say in their recoveries and their end", NULL},
    {"time", 0, 0, G_OPTION_ARG_INT, &opt_time, "seconds for many seeds (60)", "S"},
    {"runs", 0, 0, G_OPTION_ARG_INT, &opt_runs, "so many seeds, whatever time they take", "N"},
    {"first", 0, 0, G_OPTION_ARG_INT64, &opt_first, "the first of many seeds (a fresh one)", "N"},
    {"quiet", 0, 0, G_OPTION_ARG_NONE, &opt_quiet, "no trace", NULL},
    {"no-shrink", 0, 0, G_OPTION_ARG_NONE, &opt_no_shrink, "do not make a failing run smaller", NULL},
    {"list-faults", 0, 0, G_OPTION_ARG_NONE, &opt_list, "name the faults", NULL},
    {"plant", 0, 0, G_OPTION_ARG_STRING, &opt_plant, "plant the bug that this checker must catch (selftest build)",
     "CHECKER"},
    {"transcript", 0, 0, G_OPTION_ARG_NONE, &opt_transcript, "print the run of --seed as a scenario, and no trace",
     NULL},
    {"scenario", 0, 0, G_OPTION_ARG_FILENAME, &opt_scenario, "run this scenario, as muster simulate does", "FILE"},
    {"selftest", 0, 0, G_OPTION_ARG_NONE, &opt_selftest, "plant each bug in turn; each checker must catch its own",
     NULL},
    {NULL},
};

static void print_line(const char *line, gpointer user) {
  (void)user;
  puts(line);
}

static gboolean make_run(guint64 seed, MuSimRun *ret_run, GError **error) {
  mu_sim_run_init(ret_run, seed);
  if (opt_agents >= 0 && opt_agents < MU_SIM_MIN_AGENTS) {
    g_set_error(
        error, MU_ERROR, MU_ERROR_USAGE,
        "--agents %d: random services need %d at least, three for instances on different agents and one that may be gone",
        opt_agents, MU_SIM_MIN_AGENTS);
    return FALSE;
  }
  if (opt_steps >= 0)
    ret_run->steps = (guint)opt_steps;
  if (opt_services > 0)
    ret_run->services = (guint)opt_services;
  if (opt_agents > 0)
    ret_run->agents = (guint)opt_agents;
  ret_run->code = opt_code;
  if (opt_every >= 0)
    ret_run->check_every = (guint)opt_every;
  return opt_faults == NULL || mu_sim_fault_rates_parse(opt_faults, &ret_run->faults, error);
}

/* ---- what to say -------------------------------------------------------------------------------------------------------- */

static char *fault_list(const MuSimRun *run) {
  MuSimFaultRates all;
  GString *list = g_string_new(NULL);
  mu_sim_fault_rates_default(&all);
  gboolean every = memcmp(&all, &run->faults, sizeof all) == 0;
  for (guint i = 0; !every && i < mu_sim_faults_count(); i++) {
    if (run->faults.permille[i] == 0)
      continue;
    g_string_append_printf(list, "%s%s", list->len == 0 ? "" : ",", mu_sim_fault_name(i));
    if (run->faults.permille[i] != all.permille[i])
      g_string_append_printf(list, "=%u", run->faults.permille[i]);
  }
  if (!every && list->len == 0)
    g_string_append(list, "none");
  return g_string_free(list, FALSE);
}

static void print_failure(const MuSimRun *run, const MuSimResult *result) {
  g_autofree char *faults = fault_list(run);
  printf("seed %" G_GUINT64_FORMAT " fails: %s\n", run->seed, result->violation);
  printf("replay: muster-sim --seed %" G_GUINT64_FORMAT " --steps %u --services %u --agents %u%s%s%s%s%s\n", run->seed,
         run->steps, run->services, run->agents, run->code ? " --code" : "", faults[0] == '\0' ? "" : " --faults ",
         faults, opt_plant == NULL ? "" : " --plant ", opt_plant == NULL ? "" : opt_plant);
  fflush(stdout);
}

static void list_faults(void) {
  for (guint i = 0; i < mu_sim_faults_count(); i++)
    printf("%-18s %s\n", mu_sim_fault_name(i), mu_sim_fault_what(i));
}

/* ---- modes -------------------------------------------------------------------------------------------------------------- */

static int replay(MuSimRun *run) {
  g_auto(MuSimResult) result = {0};
  run->transcribe = opt_transcript;
  if (!opt_quiet && !opt_transcript)
    run->trace = print_line;
  mu_sim_run_all(run, &result);
  if (opt_transcript)
    printf("# the run of seed %" G_GUINT64_FORMAT "\nseed %" G_GUINT64_FORMAT "\n%s# ", run->seed, run->seed,
           result.transcript);
  printf("%" G_GUINT64_FORMAT " events, %u commits, %u crashes, %" G_GINT64_FORMAT " virtual seconds: %s\n",
         result.events, result.commits, result.crashes, result.virtual_ms / 1000,
         result.violation == NULL ? "passed" : result.violation);
  return result.violation == NULL ? 0 : 1;
}

static int fail_run(MuSimRun *run, MuSimResult *result) {
  print_failure(run, result);
  if (!opt_no_shrink) {
    mu_sim_run_shrink(run, result, 200);
    puts("made smaller:");
    print_failure(run, result);
  }
  if (!opt_no_shrink) {
    g_autofree char *scenario = mu_sim_run_shrink_scenario(run, 400);
    printf("as a scenario (muster simulate FILE, or muster-sim --scenario FILE):\n%s", scenario);
  }
  mu_sim_result_clear(result);
  return 1;
}

static char *plain_context(const char *file, const char *yaml, const char *const *parameters, gpointer user,
                           GError **error) {
  g_autofree char *text = NULL;
  (void)user;
  if (file == NULL)
    return mu_scenario_plain_context(yaml, parameters);
  return g_file_get_contents(file, &text, NULL, error) ? mu_scenario_plain_context(text, parameters) : NULL;
}

static void trace_it(MuSim *sim, gpointer user) {
  (void)user;
  if (!opt_quiet)
    mu_sim_set_trace(sim, print_line, NULL);
}

static int run_scenario(void) {
  static const MuScenarioOptions WITH = {.context = plain_context, .begin = trace_it};
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  MuScenarioReport report;
  g_autoptr(MuScenario) scenario =
      g_file_get_contents(opt_scenario, &text, NULL, &error) ? mu_scenario_parse(opt_scenario, text, &error) : NULL;
  gboolean passed = scenario != NULL && mu_scenario_run(scenario, &WITH, &report, &error);
  puts(passed ? "passed" : error->message);
  return passed ? 0 : 1;
}

static int many(guint64 first) {
  gint64 begin = g_get_monotonic_time();
  guint64 events = 0;
  guint runs = 0;
  while (opt_runs > 0 ? runs < (guint)opt_runs : g_get_monotonic_time() - begin < (gint64)opt_time * G_USEC_PER_SEC) {
    MuSimRun run;
    MuSimResult result = {0};
    make_run(first + runs, &run, NULL);
    mu_sim_run_all(&run, &result);
    if (result.violation != NULL)
      return fail_run(&run, &result);
    events += result.events;
    runs++;
  }
  double seconds = (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
  printf("%u runs from seed %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
         " events in %.1f s (%.0f a second): all passed\n",
         runs, first, events, seconds, (double)events / seconds);
  return 0;
}

/* A plant must be caught by its own checker, whatever others say of it, within some seeds. What the commits touch is proven to be enough by
 * itself, where it should be. */
static gboolean catches(const char *checker) {
  gboolean touched = strcmp(checker, "rollup") == 0 || strcmp(checker, "memory") == 0;
  mu_sim_plant(checker);
  for (guint64 seed = 1; seed <= SELFTEST_SEEDS; seed++) {
    g_auto(MuSimResult) result = {0};
    MuSimRun run;
    mu_sim_run_init(&run, seed);
    run.check_every = touched ? 0 : run.check_every;
    mu_sim_run_all(&run, &result);
    if (result.violation == NULL || !mu_sim_plant_is_caught(checker, result.violation))
      continue; /* who is never served does not reach its target either: another rule may be broken first */
    printf("ok %s: seed %" G_GUINT64_FORMAT ": %s\n", checker, seed, result.violation);
    return TRUE;
  }
  printf("not ok %s: its planted bug was not caught\n", checker);
  return FALSE;
}

static int selftest(void) {
  gboolean all = TRUE;
  if (!mu_sim_plant(mu_sim_plant_checker(0))) {
    fprintf(stderr, "muster-sim: this build has no planted bugs; build with -Dsim_selftest=true (make sim-selftest)\n");
    return 2;
  }
  for (guint i = 0; mu_sim_plant_checker(i) != NULL; i++)
    all &= catches(mu_sim_plant_checker(i));
  return all ? 0 : 1;
}

int main(int argc, char **argv) {
  g_autoptr(GOptionContext) context = g_option_context_new("- random runs of the simulator");
  g_autoptr(GError) error = NULL;
  MuSimRun run;
  g_option_context_add_main_entries(context, OPTIONS, NULL);
  if (!g_option_context_parse(context, &argc, &argv, &error) || !make_run((guint64)MAX(opt_seed, 0), &run, &error)) {
    fprintf(stderr, "muster-sim: %s\n", error->message);
    return 2;
  }
  if (opt_list) {
    list_faults();
    return 0;
  }
  if (opt_selftest)
    return selftest();
  if (opt_plant != NULL && !mu_sim_plant(opt_plant)) {
    fprintf(stderr, "muster-sim: there is no planted bug \"%s\" in this build\n", opt_plant);
    return 2;
  }
  if (opt_scenario != NULL)
    return run_scenario();
  if (opt_seed >= 0)
    return replay(&run);
  return many(opt_first >= 0 ? (guint64)opt_first : (guint64)g_get_real_time());
}
