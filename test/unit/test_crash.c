/* The scheduler dies at every commit of a service's life, once before it is durable and once after, before its actions: the
 * end is the same each time, and nothing is doubled or left behind. */
#include "json.h"
#include "sim_expect.h"
#include <muster/error.h>

#include <string.h>

static const char YAML[] = "name: svc\n"
                           "pods:\n"
                           "  node:\n"
                           "    count: 2\n"
                           "    tasks:\n"
                           "      server:\n"
                           "        goal: RUNNING\n"
                           "        cmd: sleep 1000\n"
                           "        cpus: 0.5\n"
                           "        memory: %d\n"
                           "        volume: {path: data, type: ROOT, size: 100}\n"
                           "        ports: {web: {port: 0}}\n"
                           "      side: {goal: ONCE, cmd: 'true', cpus: 0.1, memory: 32}\n";

/* Asks again after a crash, as a client that got no answer does. */
static void put_until_answered(MuSim *sim, const char *yaml)
{
  for (guint i = 0; i < 5; i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = mu_sim_put(sim, "svc", yaml, &error);
    if (body != NULL)
      return;
    g_assert_error(error, MU_ERROR, MU_ERROR_TIMED_OUT);
  }
  g_assert_not_reached();
}

static void remove_until_gone(MuSim *sim)
{
  for (guint i = 0; i < 5; i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = mu_sim_command(sim, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "svc"), &error);
    if (body != NULL || g_error_matches(error, MU_ERROR, MU_ERROR_NOT_FOUND))
      break;
    g_assert_error(error, MU_ERROR, MU_ERROR_TIMED_OUT);
  }
  mu_sim_expect_gone(sim, "svc", 300000);
}

/* Deploy, a failure, a new configuration, removal. Returns how many commits it took. */
static guint live(guint crash_at, gboolean durable)
{
  g_autoptr(MuSim) sim = mu_sim_new_yaml(7, 2);
  const MuSimScript once = {.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5};
  g_autofree char *first = g_strdup_printf(YAML, 256), *second = g_strdup_printf(YAML, 300);
  mu_sim_script(sim, "side", &once);
  if (crash_at > 0)
    mu_sim_crash_at_commit(sim, crash_at, durable);
  put_until_answered(sim, first);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 300000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
  mu_sim_end_task(sim, "node-1-server", MU_TASK_FAILED);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
  put_until_answered(sim, second);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 300000);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
  remove_until_gone(sim);
  mu_sim_run(sim, 60000);
  g_assert_true(mu_sim_is_clean(sim));
  g_assert_cmpuint(mu_sim_records(sim), ==, 1);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  g_assert_cmpuint(mu_sim_crashes(sim), ==, crash_at > 0 ? 1 : 0);
  return mu_sim_commits(sim);
}

static void test_every_commit(gconstpointer durable)
{
  guint commits = live(0, FALSE);
  g_assert_cmpuint(commits, >, 10);
  for (guint i = 1; i <= commits; i++)
    live(i, GPOINTER_TO_INT(durable));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_data_func("/crash/before_durable", GINT_TO_POINTER(FALSE), test_every_commit);
  g_test_add_data_func("/crash/after_durable", GINT_TO_POINTER(TRUE), test_every_commit);
  return g_test_run();
}
