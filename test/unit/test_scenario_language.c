/* The scenario language: its errors, its values, and that docs/simulator.md has the table. */
#include "golden_text.h"
#include "sim_scenario.h"
#include <muster/error.h>

#include <string.h>

static char *context(const char *file, const char *yaml, const char *const *parameters, gpointer user, GError **error) {
  (void)user;
  if (file == NULL)
    return mu_scenario_plain_context(yaml, parameters);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "cannot read the spec %s", file);
  return NULL;
}

#define HEAD "# shows something\n"
#define CLUSTER "cluster 2 agents cpus 4 mem 8GB disk 10GB ports 1000-2000\n"
#define SPEC                                                                                                           \
  "service s <<END\nname: s\npods:\n  p:\n    count: 1\n    tasks:\n"                                                  \
  "      t: {goal: RUNNING, cmd: sleep 1, cpus: 0.1, memory: 32}\nEND\n"

/* ---- what does not parse --------------------------------------------------------------------------------------------- */

typedef struct {
  const char *name, *text, *error;
} Faulty;

static const Faulty FAULTY[] = {
    {"no_intent", "wait 1s\n", "x.scn:1: the first line does not say what the scenario shows"},
    {"empty", HEAD "\n\n", "x.scn:1: the scenario has no command"},
    {"unknown_command", HEAD "wiat 1s\n",
     "x.scn:2: no command begins with \"wiat\"; did you mean \"wait\"?; expected "},
    {"unknown_word", HEAD CLUSTER "expect plan a/b complete withn 5s\n",
     "x.scn:3: \"withn\" does not fit here; did you mean \"within\"?; expected within or the end of the line"},
    {"bad_time", HEAD "wait 5\n", "x.scn:2: \"5\" does not fit here; expected T (a time such as 500ms, 10s, 5m, 1h)"},
    {"bad_size", HEAD "cluster 1 agents cpus 1 mem 8 disk 1GB ports 1-2\n",
     "x.scn:2: \"8\" does not fit here; expected MEM (a size such as 512MB or 8GB)"},
    {"bad_count", HEAD "cluster 1.5 agents cpus 1 mem 8GB disk 1GB ports 1-2\n",
     "x.scn:2: \"1.5\" does not fit here; expected N (a whole number)"},
    {"bad_status", HEAD "expect plan a/deploy done\n",
     "x.scn:2: \"done\" does not fit here; expected STATUS (a status of plans such as "},
    {"no_path", HEAD "expect plan deploy complete\n",
     "x.scn:2: \"deploy\" does not fit here; expected S/PLAN (SERVICE/PLAN"},
    {"too_short", HEAD "crash\n", "x.scn:2: the line ends too early; expected scheduler or at"},
    {"too_long", HEAD "uninstall now\n", "x.scn:2: \"now\" does not fit here; expected the end of the line"},
    {"quote", HEAD "expect refused \"abc\n", "x.scn:2: a quote is not closed"},
    {"block", HEAD "service s <<END\nname: s\n", "x.scn:2: the spec does not end; expected a line that is END alone"},
    {"all_at_once", HEAD "wait\nunistall\n",
     "x.scn:3: no command begins with \"unistall\"; did you mean \"uninstall\"?"},
};

static void test_faulty(gconstpointer data) {
  const Faulty *faulty = data;
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_scenario_parse("x.scn", faulty->text, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  if (strstr(error->message, faulty->error) == NULL) {
    g_test_message("expected: %s\nfound: %s", faulty->error, error->message);
    g_test_fail();
  }
}

/* ---- what does not hold ---------------------------------------------------------------------------------------------- */

static const Faulty FAILING[] = {
    {"plan",
     HEAD CLUSTER "service s <<END\nname: s\npods:\n  p:\n    count: 1\n    tasks:\n"
                  "      t: {goal: RUNNING, cmd: sleep 1, cpus: 99, memory: 32}\nEND\n"
                  "expect plan s/deploy complete within 5s\n",
     "x.scn:11: expect plan s/deploy complete within 5s: does not hold; found: PENDING"},
    {"reason",
     HEAD CLUSTER "service s <<END\nname: s\npods:\n  p:\n    count: 1\n    tasks:\n"
                  "      t: {goal: RUNNING, cmd: sleep 1, cpus: 99, memory: 32}\nEND\n"
                  "expect plan s/deploy complete within 5s\n",
     "p-0 waits: cpus: wanted 99 cpus"},
    {"refused", HEAD CLUSTER "remove s\n", "x.scn:3: remove s: "},
    {"not_refused", HEAD CLUSTER SPEC "expect refused \"no\"\n",
     "x.scn:11: expect refused \"no\": does not hold; found: the line"},
    {"file", HEAD CLUSTER "service s from s.yml\n", "x.scn:3: service s from s.yml: cannot read the spec s.yml"},
    {"yaml", HEAD CLUSTER "service s <<END\nnaem: s\nEND\n", "x.scn:3: service s <<END: "},
    {"agent", HEAD CLUSTER "lose agent 7\n", "there is no agent agent-7"},
    {"task", HEAD CLUSTER "fail task s/p-0-t\n", "s/p-0-t does not run"},
    {"remembered", HEAD CLUSTER SPEC "expect plan s/deploy complete within 5s\nexpect same run of s/p-0-t\n",
     "nothing was remembered"},
    {"quiet", HEAD CLUSTER SPEC "expect no commits for 5s\n", "expect no commits for 5s: does not hold; found: "},
    {"left", HEAD CLUSTER SPEC "expect plan s/deploy complete within 5s\nexpect nothing left within 5s\n",
     "found: 1 services, 1 tasks alive"},
    {"crash", HEAD CLUSTER "crash at every commit\n" SPEC "expect plan s/deploy complete within 20ms\n",
     "(with a crash after commit 3 behind `crash at every commit`) "},
    {"seed", HEAD "seed 77\n" CLUSTER "expect services 1\n", "seed 77)"},
    {"large seed", HEAD "seed 1795707288322441\n" CLUSTER "expect services 1\n", "seed 1795707288322441)"},
};

static void test_failing(gconstpointer data) {
  const Faulty *failing = data;
  g_autoptr(GError) error = NULL;
  const MuScenarioOptions options = {.context = context};
  MuScenarioReport report;
  g_autoptr(MuScenario) scenario = mu_scenario_parse("x.scn", failing->text, &error);
  g_assert_no_error(error);
  g_assert_false(mu_scenario_run(scenario, &options, &report, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_FAILED);
  if (strstr(error->message, failing->error) == NULL) {
    g_test_message("expected: %s\nfound: %s", failing->error, error->message);
    g_test_fail();
  }
}

/* ---- what holds ------------------------------------------------------------------------------------------------------ */

static void test_every_commit(void) {
  g_autoptr(GError) error = NULL;
  const MuScenarioOptions options = {.context = context, .has_seed = TRUE, .seed = 5};
  MuScenarioReport report;
  g_autoptr(MuScenario) scenario = mu_scenario_parse("x.scn",
                                                     HEAD "seed 3\r\n" CLUSTER "crash at every commit # here\n" SPEC
                                                          "expect plan s/deploy complete within 5m\n",
                                                     &error);
  g_assert_no_error(error);
  g_assert_cmpstr(mu_scenario_intent(scenario), ==, "shows something");
  g_assert_true(mu_scenario_run(scenario, &options, &report, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(report.seed, ==, 5);
  g_assert_cmpuint(report.commits, >, 2);
  g_assert_cmpuint(report.runs, ==, 1 + 2 * report.commits);
  g_assert_cmpuint(report.crashes, ==, 2 * report.commits);
}

/* ---- the documentation ----------------------------------------------------------------------------------------------- */

#define BEGIN "<!-- begin: made by test_scenario_language, UPDATE=1 rewrites it -->\n"
#define END "<!-- end -->\n"

static void test_reference(void) {
  g_autofree char *document = mu_test_read("docs/simulator.md");
  g_autofree char *table = mu_scenario_reference();
  g_auto(GStrv) head = g_strsplit(document, BEGIN, 2);
  g_assert_cmpuint(g_strv_length(head), ==, 2);
  g_auto(GStrv) tail = g_strsplit(head[1], END, 2);
  g_assert_cmpuint(g_strv_length(tail), ==, 2);
  g_autofree char *whole = g_strconcat(head[0], BEGIN, "\n", table, "\n", END, tail[1], NULL);
  mu_test_golden("docs/simulator.md", whole);
}

static void add_cases(const char *group, const Faulty *cases, gsize n, GTestDataFunc test) {
  for (gsize i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf("/scenario_language/%s/%s", group, cases[i].name);
    g_test_add_data_func(path, &cases[i], test);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  add_cases("faulty", FAULTY, G_N_ELEMENTS(FAULTY), test_faulty);
  add_cases("failing", FAILING, G_N_ELEMENTS(FAILING), test_failing);
  g_test_add_func("/scenario_language/every_commit", test_every_commit);
  g_test_add_func("/scenario_language/reference", test_reference);
  return g_test_run();
}
