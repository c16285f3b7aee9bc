/* What a status proves is not written with it; it is proven anew by a restart, and written when the status goes. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "sim_private.h"

#include <string.h>

static const char ONE[] = "name: svc\npods:\n  node:\n    count: 1\n    tasks:\n"
                          "      server: {goal: RUNNING, cmd: sleep 1000, cpus: 0.5, memory: 64}\n";
static const char SIDE[] = "      side: {goal: RUNNING, cmd: sleep 1000, cpus: 0.1, memory: 32}\n";
static const char READY[] = "name: svc\npods:\n  node:\n    count: 1\n    tasks:\n"
                            "      server:\n        goal: RUNNING\n        cmd: sleep 1000\n        cpus: 0.5\n"
                            "        memory: 64\n"
                            "        readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}\n";

static MuSim *deployed(const char *yaml) {
  MuSim *sim = mu_sim_new_yaml(1, 1);
  mu_sim_check_every(sim, 1);
  g_autofree char *result = mu_sim_expect_put(sim, "svc", yaml);
  g_assert_cmpstr(result, ==, "created");
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  return sim;
}

static const MuPod *pod_of(MuSim *sim) {
  return mu_service_pod(mu_manager_find(mu_sim_client(sim)->manager, "svc"), "node-0");
}

static guint state_in(const MuPodRecord *record, const char *set) {
  return mu_pod_record_find(record, set, MU_RESOURCE_CPUS, NULL)->state;
}

static guint stored_state(MuSim *sim, const char *set) {
  return state_in(mu_sim_record_pod(mu_sim_store_find(sim, MU_RECORD_POD, "svc", "node-0")), set);
}

static gboolean stored_reached(MuSim *sim, const char *task) {
  return mu_sim_record_task(mu_sim_store_find(sim, MU_RECORD_TASK, "svc", task))->reached;
}

static void assert_proven(MuSim *sim, const char *task, const char *set) {
  const MuPod *pod = pod_of(sim);
  g_assert_true(mu_pod_task(pod, task)->record->reached);
  g_assert_cmpuint(state_in(pod->record, set), ==, MU_LEDGER_HELD);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

static void assert_written(MuSim *sim, gboolean written) {
  g_assert_cmpint(stored_reached(sim, "node-0-server"), ==, written);
  g_assert_cmpuint(stored_state(sim, "server-resource-set"), ==, written ? MU_LEDGER_HELD : MU_LEDGER_PLANNED);
}

/* A launch is three rows: its task and its pod before it, its status when it runs. */
static void test_not_written(void) {
  g_autoptr(MuSim) sim = deployed(ONE);
  assert_proven(sim, "server", "server-resource-set");
  assert_written(sim, FALSE);
}

static void test_proven_by_restart(void) {
  g_autoptr(MuSim) sim = deployed(ONE);
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
  assert_proven(sim, "server", "server-resource-set");
  assert_written(sim, FALSE);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 0);
}

/* After that a restart has nothing but the records. */
static void test_written_when_the_status_goes(void) {
  g_autoptr(MuSim) sim = deployed(ONE);
  g_assert_true(mu_sim_lose_agent(sim, "agent-0", FALSE));
  mu_sim_run(sim, 1000);
  assert_written(sim, TRUE);
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
  assert_proven(sim, "server", "server-resource-set");
}

static void test_written_with_the_end(void) {
  g_autoptr(MuSim) sim = deployed(ONE);
  mu_sim_end_task(sim, "node-0-server", MU_TASK_FAILED);
  mu_sim_run(sim, 10);
  assert_written(sim, TRUE);
  mu_sim_run(sim, 60000); /* recovered */
  assert_proven(sim, "server", "server-resource-set");
}

/* It runs before it is ready: that proves its resources, and not yet its goal. */
static void test_ready_later(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  const MuSimScript slow = {.start_ms = 10, .ready_ms = 5000, .kill_ms = 5};
  mu_sim_check_every(sim, 1);
  mu_sim_script(sim, "server", &slow);
  g_autofree char *result = mu_sim_expect_put(sim, "svc", READY);
  g_assert_cmpstr(result, ==, "created");
  mu_sim_run(sim, 1000);
  const MuPod *pod = pod_of(sim);
  g_assert_false(mu_pod_task(pod, "server")->record->reached);
  g_assert_cmpuint(state_in(pod->record, "server-resource-set"), ==, MU_LEDGER_HELD);
  mu_sim_crash(sim);
  mu_sim_run(sim, 10);
  g_assert_false(mu_pod_task(pod_of(sim), "server")->record->reached);
  mu_sim_run(sim, 60000);
  assert_proven(sim, "server", "server-resource-set");
  assert_written(sim, FALSE);
}

/* What is launched later beside a run that is proven is planned until it runs itself, whenever the scheduler starts. */
static void test_launched_beside(void) {
  g_autoptr(MuSim) sim = deployed(ONE);
  g_autofree char *two = g_strconcat(ONE, SIDE, NULL);
  const MuSimScript slow = {.start_ms = 5000, .kill_ms = 5};
  mu_sim_script(sim, "side", &slow);
  g_autofree char *result = mu_sim_expect_put(sim, "svc", two);
  g_assert_cmpstr(result, ==, "changed");
  mu_sim_run(sim, 1000);
  g_assert_cmpuint(stored_state(sim, "server-resource-set"), ==, MU_LEDGER_HELD); /* with the launch */
  g_assert_cmpuint(state_in(pod_of(sim)->record, "side-resource-set"), ==, MU_LEDGER_PLANNED);
  mu_sim_crash(sim);
  mu_sim_run(sim, 10);
  g_assert_cmpuint(state_in(pod_of(sim)->record, "side-resource-set"), ==, MU_LEDGER_PLANNED);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  assert_proven(sim, "side", "side-resource-set");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/proof/not-written", test_not_written);
  g_test_add_func("/proof/proven-by-restart", test_proven_by_restart);
  g_test_add_func("/proof/written-when-the-status-goes", test_written_when_the_status_goes);
  g_test_add_func("/proof/written-with-the-end", test_written_with_the_end);
  g_test_add_func("/proof/ready-later", test_ready_later);
  g_test_add_func("/proof/launched-beside", test_launched_beside);
  return g_test_run();
}
