/* What may follow at the end of an unfinished line. */
#include "cli_complete.h"
#include <string.h>

static void expect_split(const char *line, const char *joined) {
  g_auto(GStrv) words = mu_cli_complete_split(line);
  g_autofree char *got = g_strjoinv("|", words);
  g_assert_cmpstr(got, ==, joined);
}

static void test_split(void) {
  expect_split("", "");
  expect_split("muster", "muster");
  expect_split("muster ", "muster|");
  expect_split("muster  plan   sh", "muster|plan|sh");
  expect_split("muster a\\ b 'c d", "muster|a b|c d");
  expect_split("muster \"x y\" z", "muster|x y|z");
  expect_split("muster --step 'node-0:[a, b]' ", "muster|--step|node-0:[a, b]|");
  expect_split("muster it\\'s", "muster|it's");
}

/* What the scheduler would say: its kind and what was given. */
static void on_names(const char *kind, const char *const *given, GPtrArray *words, gpointer user) {
  (void)user;
  g_autofree char *before = g_strjoinv(",", (char **)given);
  g_ptr_array_add(words, g_strdup_printf("%s(%s)", kind, before));
}

static void expect(const char *line, const char *joined) {
  g_auto(GStrv) words = mu_cli_complete_split(line);
  g_autoptr(GPtrArray) found = mu_cli_complete((const char *const *)words, on_names, NULL);
  g_ptr_array_add(found, NULL);
  g_autofree char *got = g_strjoinv(" ", (char **)found->pdata);
  g_assert_cmpstr(got, ==, joined);
}

static void test_commands(void) {
  expect("muster heal", "health");
  expect("muster se", "serve service secret");
  expect("muster service a", "add");
  expect("muster help pl", "plan");
  expect("muster --state /x plan sh", "show");
  expect("muster nosuch x", "");
  expect("muster help service re", "restart remove");
  expect("muster config ", "list show target template");
}

static void test_options(void) {
  expect("muster service add x --ti", "--timeout");
  expect("muster logs a b --s", "--stdout --stderr --state");
  expect("muster --ur", "--url");
  expect("muster serve --engine ", "local mesos");
  expect("muster serve --specs ", ":folders");
  expect("muster service add x -f ", ":files");
  expect("muster service add x --wait -- --", "");
}

static void test_fields(void) {
  expect("muster schema pods.tasks.resource-l",
         "pods.tasks.resource-limits pods.tasks.resource-limits.cpus pods.tasks.resource-limits.memory "
         "pods.tasks.resource-limits.mem");
  expect("muster schema scheduler.u", "scheduler.user");
  expect("muster schema pods.nosuch", "");
}

static void test_names(void) {
  expect("muster plan show ", "SERVICE()");
  expect("muster plan show redis ", "PLAN(redis)");
  expect("muster plan show redis x", "");
  expect("muster plan show redis deploy ", "");
  expect("muster pod status redis ", "POD(redis)");
  expect("muster why ", "SERVICE[/POD]()");
  expect("muster why redis ", "POD(redis)");
  expect("muster service show ", "NAME()");
  expect("muster service add ", "");
  expect("muster plan interrupt redis deploy --phase ", "PHASE(redis,deploy)");
  expect("muster plan interrupt redis deploy --phase p --step ", "STEP(redis,deploy,p)");
  expect("muster --state /x endpoints redis ", "ENDPOINT(redis)");
  expect("muster run ", ":files");
  expect("muster completion ", "bash zsh fish");
}

static void test_without_scheduler(void) {
  g_auto(GStrv) words = mu_cli_complete_split("muster plan show ");
  g_autoptr(GPtrArray) found = mu_cli_complete((const char *const *)words, NULL, NULL);
  g_assert_cmpuint(found->len, ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/complete/split", test_split);
  g_test_add_func("/cli/complete/commands", test_commands);
  g_test_add_func("/cli/complete/options", test_options);
  g_test_add_func("/cli/complete/fields", test_fields);
  g_test_add_func("/cli/complete/names", test_names);
  g_test_add_func("/cli/complete/without-scheduler", test_without_scheduler);
  return g_test_run();
}
