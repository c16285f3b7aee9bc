/* The connection to a Mesos master breaks at any byte of its stream, and at any call: the service is deployed all the same, and
 * its removal leaves nothing behind. Scheduler, engine, HTTP and master are the real ones; the time is virtual. */
#include "json.h"
#include "log.h"
#include "master_wire.h"
#include "sim_expect.h"
#include <muster/error.h>

#include <string.h>

#define BYTES_STEP 61  /* between the places where the stream breaks; a prime, so that every kind of place comes up */
#define BYTES_MAX 9000 /* no deployment and removal of the service takes more */
#define CALLS_MAX 24

static const char YAML[] = "name: svc\n"
                           "pods:\n"
                           "  node:\n"
                           "    count: 2\n"
                           "    tasks:\n"
                           "      server:\n"
                           "        goal: RUNNING\n"
                           "        cmd: ./server\n"
                           "        cpus: 0.5\n"
                           "        memory: 64\n"
                           "        volume: {path: data, type: ROOT, size: 64}\n"
                           "        readiness-check: {cmd: ./ready, interval: 1, delay: 0, timeout: 5}\n";

static gboolean is_deployed(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_running(sim) == 2 && g_strcmp0(mu_sim_plan_status(sim, "svc", "deploy"), "COMPLETE") == 0;
}

static gboolean is_gone(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_is_clean(sim) && mu_sim_records(sim) <= 1; /* the framework's */
}

static void check(MuSim *sim, gboolean reached, const char *what, MuTestMasterFault fault, guint64 n) {
  if (!reached || mu_sim_violation(sim) != NULL)
    g_error("fault %d with %" G_GUINT64_FORMAT ": %s: %s", (int)fault, n, what,
            mu_sim_violation(sim) == NULL ? "not reached" : mu_sim_violation(sim));
}

static void run_with(MuTestMasterFault fault, guint64 n) {
  g_autoptr(GError) error = NULL;
  MuSim *sim = mu_sim_new_yaml(1, 2);
  g_autoptr(MasterWire) wire = master_wire_new(sim);
  mu_test_master_fault(master_wire_master(wire), fault, n);
  g_autoptr(json_t) added = mu_sim_put(sim, "svc", YAML, &error);
  g_assert_no_error(error);
  g_assert_nonnull(added);
  check(sim, mu_sim_run_until(sim, is_deployed, NULL, 600000), "deployed", fault, n);
  g_autoptr(json_t) removed = mu_sim_command(sim, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "svc"), &error);
  g_assert_no_error(error);
  g_assert_nonnull(removed);
  check(sim, mu_sim_run_until(sim, is_gone, NULL, 600000), "gone", fault, n);
  mu_sim_check_nothing_left(sim);
  check(sim, TRUE, "nothing left", fault, n);
  mu_sim_free(sim);
}

static void test_bytes(gconstpointer fault) {
  for (guint64 n = 1; n < BYTES_MAX; n += BYTES_STEP)
    run_with((MuTestMasterFault)GPOINTER_TO_INT(fault), n);
}

static void test_calls(gconstpointer fault) {
  for (guint64 n = 1; n < CALLS_MAX; n++)
    run_with((MuTestMasterFault)GPOINTER_TO_INT(fault), n);
}

static void test_slow(void) {
  run_with(MU_MASTER_SLOW, BYTES_MAX);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  mu_log_set_level(MU_LOG_ERROR); /* what the engine has to say of the faults */
  g_test_add_data_func("/mesos_faults/cut_at_any_byte", GINT_TO_POINTER(MU_MASTER_CUT_AFTER), test_bytes);
  g_test_add_data_func("/mesos_faults/end_at_any_byte", GINT_TO_POINTER(MU_MASTER_END_AFTER), test_bytes);
  g_test_add_func("/mesos_faults/slow", test_slow);
  g_test_add_data_func("/mesos_faults/unavailable", GINT_TO_POINTER(MU_MASTER_UNAVAILABLE), test_calls);
  g_test_add_data_func("/mesos_faults/wrong_stream", GINT_TO_POINTER(MU_MASTER_WRONG_STREAM), test_calls);
  g_test_add_data_func("/mesos_faults/lost_replies", GINT_TO_POINTER(MU_MASTER_LOSE_CALLS), test_calls);
  return g_test_run();
}
