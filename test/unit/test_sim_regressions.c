/* Bugs of the core that random runs of the simulator found, each in the shortest form that shows it. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"

#include <string.h>

static const char YAML[] = "name: svc\n"
                           "pods:\n"
                           "  node:\n"
                           "    count: 2\n"
                           "    tasks:\n"
                           "      server:\n"
                           "        goal: RUNNING\n"
                           "        cmd: sleep %u\n"
                           "        cpus: 0.5\n"
                           "        memory: 64\n"
                           "        readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}\n"
                           "      side: {goal: RUNNING, cmd: sleep 1000, cpus: 0.1, memory: 32}\n"
                           "plans:\n"
                           "  deploy:\n"
                           "    strategy: serial\n"
                           "    phases:\n"
                           "      node: {strategy: parallel, pod: node}\n"
                           "  again:\n"
                           "    strategy: serial\n"
                           "    phases:\n"
                           "      node: {strategy: parallel, pod: node}\n";

static void put(MuSim *sim, guint version) {
  g_autofree char *yaml = g_strdup_printf(YAML, 1000 + version);
  g_autofree char *result = mu_sim_expect_put(sim, "svc", yaml);
  g_assert_nonnull(result);
}

static MuSim *deployed(void) {
  MuSim *sim = mu_sim_new_yaml(1, 3);
  mu_sim_check_every(sim, 1);
  put(sim, 0);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  return sim;
}

static void operate(MuSim *sim, MuCommandKind kind, const char *pod, const char *plan, const char *phase) {
  MuCommand *command = mu_command_new(kind, "svc");
  command->pod = g_strdup(pod);
  command->plan = g_strdup(plan);
  command->phase = g_strdup(phase);
  g_autoptr(json_t) body = mu_sim_command(sim, command, NULL);
  g_assert_nonnull(body);
}

static const MuPod *find_pod(MuSim *sim, const char *name) {
  return mu_service_pod(mu_manager_find(mu_sim_client(sim)->manager, "svc"), name);
}

/* An operator's interrupt of a recovery phase was lost when the scheduler started again. */
static void test_interrupted_recovery(void) {
  g_autoptr(MuSim) sim = deployed();
  mu_sim_end_task(sim, "node-0-server", MU_TASK_FAILED);
  mu_sim_run(sim, 500);
  operate(sim, MU_COMMAND_PLAN_INTERRUPT, NULL, "recovery", "node-0:[server, side]");
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  operate(sim, MU_COMMAND_PLAN_CONTINUE, NULL, "recovery", "node-0:[server, side]");
  mu_sim_expect_plan(sim, "svc", "recovery", "COMPLETE", 60000);
}

/* The others of an essential task's pod were ended at its first failure only, not when it failed again in its recovery. */
static void test_essential_fails_again(void) {
  g_autoptr(MuSim) sim = deployed();
  const MuSimScript loop = {.start_ms = 10, .ready_ms = 20, .end_ms = 500, .end = MU_TASK_FAILED, .kill_ms = 5};
  mu_sim_script(sim, "server", &loop);
  mu_sim_end_task(sim, "node-0-server", MU_TASK_FAILED);
  mu_sim_run(sim, 1300);
  g_autofree char *second = mu_sim_task_id(sim, "node-0-side");
  g_assert_nonnull(second);
  mu_sim_run(sim, 500);
  g_autofree char *ended = mu_sim_task_id(sim, "node-0-side");
  g_assert_null(ended);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

/* Recovery brought back in the old configuration what a custom plan ended to make room for the new one, for ever. */
static void test_custom_plan_and_recovery(void) {
  g_autoptr(MuSim) sim = deployed();
  operate(sim, MU_COMMAND_PLAN_INTERRUPT, NULL, "deploy", NULL);
  put(sim, 1);
  operate(sim, MU_COMMAND_PLAN_INTERRUPT, NULL, "deploy", NULL);
  guint commits = mu_sim_commits(sim);
  operate(sim, MU_COMMAND_PLAN_CONTINUE, NULL, "again", NULL);
  mu_sim_expect_plan(sim, "svc", "again", "COMPLETE", 60000);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_commits(sim) - commits, <, 60);
  g_assert_cmpuint(mu_sim_running(sim), ==, 4);
}

/* A status that came late took the place of a newer one that was acknowledged already. */
static void test_late_status(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  mu_sim_fault_statuses(sim, MU_SIM_STATUS_REORDER, 2);
  put(sim, 0);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  mu_sim_run(sim, 60000);
  const MuTask *task = mu_pod_task(find_pod(sim, "node-0"), "server");
  g_assert_true(task->status->ready);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

/* A pod instance on an agent that never came back could not be replaced: its runs were TASK_UNREACHABLE, and its resources
 * waited for, for ever. What returns is ended and cleaned up. */
static void test_replace_from_lost_agent(void) {
  g_autoptr(MuSim) sim = deployed();
  g_autofree char *agent = g_strdup(find_pod(sim, "node-0")->record->agent_id);
  mu_sim_lose_agent(sim, agent, FALSE);
  mu_sim_run(sim, 1000);
  operate(sim, MU_COMMAND_POD_REPLACE, "node-0", NULL, NULL);
  mu_sim_run(sim, 1200000);
  g_assert_cmpstr(find_pod(sim, "node-0")->record->agent_id, !=, agent);
  mu_sim_return_agent(sim, agent);
  mu_sim_run(sim, 60000);
  operate(sim, MU_COMMAND_POD_RESTART, "node-0", NULL, NULL);
  mu_sim_run(sim, 60000);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_expect_remove(sim, "svc");
  mu_sim_expect_gone(sim, "svc", 600000);
  g_assert_true(mu_sim_is_clean(sim));
}

static MuLedgerState state_of(const MuPod *pod, const char *set) {
  return mu_pod_record_find(pod->record, set, MU_RESOURCE_CPUS, NULL)->state;
}

/* A status of one task proved what was planned for another one, whose launch never reached the engine. */
static void test_status_proves_its_own(void) {
  static const char MORE[] = "name: svc\npods:\n  node:\n    count: 1\n    tasks:\n"
                             "      server: {goal: RUNNING, cmd: sleep 1000, cpus: 0.5, memory: 64}\n";
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  g_autofree char *two = g_strconcat(MORE, "      side: {goal: RUNNING, cmd: sleep 1, cpus: 0.1, memory: 32}\n", NULL);
  const MuSimScript slow = {.start_ms = 20, .kill_ms = 5};
  mu_sim_script(sim, "server", &slow);
  g_autofree char *first = mu_sim_expect_put(sim, "svc", MORE);
  g_assert_cmpstr(first, ==, "created");
  mu_sim_run(sim, 15);
  mu_sim_drop_accepts(sim, 1);
  g_autofree char *second = mu_sim_expect_put(sim, "svc", two);
  g_assert_cmpstr(second, ==, "changed");
  mu_sim_run(sim, 10);
  const MuPod *pod = find_pod(sim, "node-0");
  g_autofree char *side = mu_sim_task_id(sim, "node-0-side");
  g_assert_null(side);
  g_assert_nonnull(mu_pod_record_find(pod->record, "side-resource-set", MU_RESOURCE_CPUS, NULL));
  g_assert_cmpuint(state_of(pod, "side-resource-set"), ==, MU_LEDGER_PLANNED);
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 600000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
}

/* A recovery that was over, of a configuration that no task had any more, went on when its instance was replaced later: what had failed
 * in the present configuration was none of its own, until the scheduler started again. */
static void test_recovery_of_before(void) {
  static const char POLICY[] =
      "replacement-failure-policy: {permanent-failure-timeout-secs: 10, min-replace-delay-secs: 0}\n";
  g_autoptr(MuSim) sim = deployed();
  g_autofree char *changed = g_strdup_printf(YAML, 1001), *yaml = g_strconcat(changed, POLICY, NULL);
  g_autofree char *result = mu_sim_expect_put(sim, "svc", yaml);
  g_assert_cmpstr(result, ==, "changed");
  mu_sim_expect_plan(sim, "svc", "deploy", "COMPLETE", 60000);
  g_autofree char *agent = g_strdup(find_pod(sim, "node-0")->record->agent_id);
  mu_sim_lose_agent(sim, agent, FALSE);
  mu_sim_run(sim, 12000);
  g_assert_cmpint(find_pod(sim, "node-0")->record->fate, ==, MU_POD_REPLACE);
  mu_sim_end_task(sim, "node-0-server", MU_TASK_KILLED);
  mu_sim_return_agent(sim, agent);
  mu_sim_run(sim, 60000);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  g_assert_cmpuint(mu_sim_running(sim), ==, 4);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim_regressions/interrupted_recovery", test_interrupted_recovery);
  g_test_add_func("/sim_regressions/essential_fails_again", test_essential_fails_again);
  g_test_add_func("/sim_regressions/custom_plan_and_recovery", test_custom_plan_and_recovery);
  g_test_add_func("/sim_regressions/late_status", test_late_status);
  g_test_add_func("/sim_regressions/replace_from_lost_agent", test_replace_from_lost_agent);
  g_test_add_func("/sim_regressions/status_proves_its_own", test_status_proves_its_own);
  g_test_add_func("/sim_regressions/recovery_of_before", test_recovery_of_before);
  return g_test_run();
}
