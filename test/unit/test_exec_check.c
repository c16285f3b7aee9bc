/* The schedule of checks, in virtual time. */
#include "exec_check.h"

static MuExecCheckSpec spec = {
    .cmd = (char *)"true", .interval_ms = 100, .delay_ms = 30, .timeout_ms = 50, .grace_ms = 1000, .max_failures = 3};

static MuExecCheckVerdict run(MuExecCheck *check, gboolean ok, gint64 *now) {
  g_assert_false(check->running);
  *now = check->due_ms;
  mu_exec_check_started(check, *now);
  g_assert_true(check->running);
  *now += 10;
  return mu_exec_check_result(check, ok, *now);
}

static void test_none(void) {
  MuExecCheckSpec none = {0};
  MuExecCheck check;
  mu_exec_check_init(&check, MU_EXEC_HEALTH, &none, 5);
  g_assert_cmpint(check.due_ms, ==, G_MAXINT64);
}

static void test_times(void) {
  MuExecCheck check;
  mu_exec_check_init(&check, MU_EXEC_HEALTH, &spec, 1000);
  g_assert_cmpint(check.due_ms, ==, 1030); /* after the delay */
  mu_exec_check_started(&check, 1030);
  g_assert_cmpint(check.due_ms, ==, 1080); /* its timeout */
  mu_exec_check_result(&check, TRUE, 1040);
  g_assert_cmpint(check.due_ms, ==, 1140); /* the interval after it ended */
  mu_exec_check_stop(&check);
  g_assert_cmpint(check.due_ms, ==, G_MAXINT64);
}

static void test_times_missing(void) {
  MuExecCheckSpec bare = {.cmd = (char *)"true"};
  MuExecCheck check;
  mu_exec_check_init(&check, MU_EXEC_READINESS, &bare, 1000);
  g_assert_cmpint(check.due_ms, ==, 1000);
  mu_exec_check_started(&check, 1000);
  g_assert_cmpint(check.due_ms, >, 1000); /* some timeout */
  mu_exec_check_result(&check, FALSE, 1000);
  g_assert_cmpint(check.due_ms, >, 1000); /* no spinning */
}

static void test_readiness(void) {
  MuExecCheck check;
  gint64 now = 0;
  mu_exec_check_init(&check, MU_EXEC_READINESS, &spec, now);
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_REPORT);
  for (int i = 0; i < 50; i++) /* never kills */
    g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_SILENT);
  g_assert_cmpint(run(&check, TRUE, &now), ==, MU_EXEC_CHECK_REPORT);
  g_assert_cmpint(check.due_ms, ==, G_MAXINT64); /* its first success is its last run */
}

static void test_health(void) {
  MuExecCheck check;
  gint64 now = 0;
  mu_exec_check_init(&check, MU_EXEC_HEALTH, &spec, now);
  g_assert_cmpint(run(&check, TRUE, &now), ==, MU_EXEC_CHECK_REPORT);
  g_assert_cmpint(run(&check, TRUE, &now), ==, MU_EXEC_CHECK_SILENT);
  g_assert_cmpint(run(&check, FALSE, &now), ==,
                  MU_EXEC_CHECK_REPORT); /* the grace period ended with the first success */
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_SILENT);
  g_assert_cmpint(run(&check, TRUE, &now), ==, MU_EXEC_CHECK_REPORT); /* consecutive ones count */
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_REPORT);
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_SILENT);
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_KILL);
}

static void test_health_grace(void) {
  MuExecCheck check;
  gint64 now = 0;
  int silent = 0;
  mu_exec_check_init(&check, MU_EXEC_HEALTH, &spec, now);
  while (check.failures == 0) {
    MuExecCheckVerdict verdict = run(&check, FALSE, &now);
    silent += verdict == MU_EXEC_CHECK_SILENT;
    g_assert_true((now < 1000) == (verdict == MU_EXEC_CHECK_SILENT));
  }
  g_assert_cmpint(silent, ==, 9);
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_SILENT);
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_KILL);
}

static void test_kill_at_first(void) {
  MuExecCheckSpec strict = spec;
  strict.max_failures = 0;
  strict.grace_ms = 0;
  MuExecCheck check;
  gint64 now = 0;
  mu_exec_check_init(&check, MU_EXEC_HEALTH, &strict, now);
  g_assert_cmpint(run(&check, FALSE, &now), ==, MU_EXEC_CHECK_KILL);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec-check/none", test_none);
  g_test_add_func("/exec-check/times", test_times);
  g_test_add_func("/exec-check/times-missing", test_times_missing);
  g_test_add_func("/exec-check/readiness", test_readiness);
  g_test_add_func("/exec-check/health", test_health);
  g_test_add_func("/exec-check/health-grace", test_health_grace);
  g_test_add_func("/exec-check/kill-at-first", test_kill_at_first);
  return g_test_run();
}
