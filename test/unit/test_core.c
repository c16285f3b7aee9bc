/* The core on the simulator: the flows of a service's life, in virtual time. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "view.h"
#include <muster/error.h>

#include <string.h>

static const char HELLO[] = "name: hello\n"
                            "pods:\n"
                            "  hello:\n"
                            "    count: 2\n"
                            "    tasks:\n"
                            "      server:\n"
                            "        goal: RUNNING\n"
                            "        cmd: sleep 1000\n"
                            "        cpus: 0.5\n"
                            "        memory: 256\n"
                            "        volume: {path: data, type: ROOT, size: 100}\n"
                            "        ports: {web: {port: 0}}\n"
                            "        readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}\n"
                            "  world:\n"
                            "    count: 1\n"
                            "    allow-decommission: true\n"
                            "    tasks:\n"
                            "      server: {goal: RUNNING, cmd: sleep 1000, cpus: 0.1, memory: 64}\n";

/* HELLO with something in it replaced; the caller frees. */
static char *changed(const char *from, const char *to) {
  g_autoptr(GString) text = g_string_new(HELLO);
  g_assert_cmpuint(g_string_replace(text, from, to, 1), ==, 1);
  return g_strdup(text->str);
}

static void put(MuSim *sim, const char *name, const char *yaml, const char *expected) {
  g_autofree char *result = mu_sim_expect_put(sim, name, yaml);
  g_assert_cmpstr(result, ==, expected);
}

static MuSim *deployed(guint agents) {
  MuSim *sim = mu_sim_new_yaml(1, agents);
  put(sim, "hello", HELLO, "created");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 10000);
  return sim;
}

static void test_deploy(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_assert_cmpuint(mu_sim_running(sim), ==, 3);
  /* Quiet once done: no offer, no poll. */
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_events_after_settling(sim, 600000), ==, 0);
}

/* Serial: the second instance is launched only after the first is ready. */
static void test_deploy_is_serial(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  const MuSimScript slow = {.start_ms = 10, .ready_ms = 5000, .kill_ms = 5};
  mu_sim_script(sim, "hello-0-server", &slow);
  put(sim, "hello", HELLO, "created");
  mu_sim_run(sim, 3000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 1);
  g_assert_cmpstr(mu_sim_plan_status(sim, "hello", "deploy"), ==, "STARTED");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 10000);
}

static void test_recovery_backs_off(void) {
  g_autoptr(MuSim) sim = deployed(1);
  mu_sim_end_task(sim, "world-0-server", MU_TASK_FAILED);
  mu_sim_expect_plan(sim, "hello", "recovery", "DELAYED", 100);
  gint64 failed_ms = mu_sim_now_ms(sim);
  mu_sim_expect_plan(sim, "hello", "recovery", "COMPLETE", 10000);
  g_assert_cmpint(mu_sim_now_ms(sim) - failed_ms, >=, 1000);
  g_assert_cmpint(mu_sim_now_ms(sim) - failed_ms, <, 1100);
  mu_sim_end_task(sim, "world-0-server", MU_TASK_FAILED);
  mu_sim_expect_plan(sim, "hello", "recovery", "DELAYED", 100);
  failed_ms = mu_sim_now_ms(sim);
  mu_sim_expect_plan(sim, "hello", "recovery", "COMPLETE", 10000);
  g_assert_cmpint(mu_sim_now_ms(sim) - failed_ms, >=, 2000);
  g_assert_cmpstr(mu_sim_plan_status(sim, "hello", "deploy"), ==, "COMPLETE");
}

static const MuPodRecord *footprint(MuSim *sim, const char *pod) {
  const MuService *service = mu_manager_find(mu_sim_client(sim)->manager, "hello");
  return mu_service_pod(service, pod)->record;
}

/* A relaunch lands on its own volume and port. */
static void test_recovery_keeps_footprint(void) {
  g_autoptr(MuSim) sim = deployed(3);
  g_autofree char *before = mu_pod_record_encode(footprint(sim, "hello-0"));
  mu_sim_end_task(sim, "hello-0-server", MU_TASK_FAILED);
  mu_sim_expect_plan(sim, "hello", "recovery", "DELAYED", 100);
  mu_sim_expect_plan(sim, "hello", "recovery", "COMPLETE", 10000);
  g_autofree char *after = mu_pod_record_encode(footprint(sim, "hello-0"));
  g_assert_cmpstr(before, ==, after);
}

static void test_reconfigure_moves_only_what_changed(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autofree char *hello = mu_sim_task_id(sim, "hello-0-server");
  g_autofree char *world = mu_sim_task_id(sim, "world-0-server");
  g_autofree char *yaml = changed("cpus: 0.1,", "cpus: 0.2,");
  put(sim, "hello", yaml, "changed");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 10000);
  g_autofree char *hello_after = mu_sim_task_id(sim, "hello-0-server");
  g_autofree char *world_after = mu_sim_task_id(sim, "world-0-server");
  g_assert_cmpstr(hello, ==, hello_after);
  g_assert_cmpstr(world, !=, world_after);
  g_assert_cmpint(
      mu_pod_record_find(footprint(sim, "world-0"), "server-resource-set", MU_RESOURCE_CPUS, NULL)->resource->amount,
      ==, 200);
}

static void test_rejected_configuration_changes_nothing(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autoptr(GError) error = NULL;
  g_autofree char *id = mu_sim_task_id(sim, "hello-0-server");
  g_autofree char *yaml = changed("size: 100", "size: 200");
  g_assert_null(mu_sim_put(sim, "hello", yaml, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  mu_sim_run(sim, 60000);
  g_autofree char *after = mu_sim_task_id(sim, "hello-0-server");
  g_assert_cmpstr(id, ==, after);
  g_autoptr(json_t) view = mu_view_service(mu_sim_client(sim), "hello", NULL);
  g_assert_cmpstr(json_string_value(json_object_get(view, "rejected")), ==, error->message);
  put(sim, "hello", HELLO, "unchanged");
}

static void test_same_again_is_unchanged(void) {
  g_autoptr(MuSim) sim = deployed(1);
  mu_sim_run(sim, 1000);
  guint commits = mu_sim_commits(sim);
  put(sim, "hello", HELLO, "unchanged");
  g_assert_cmpuint(mu_sim_commits(sim), ==, commits);
}

static void test_version_conflict(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autoptr(GError) error = NULL;
  g_autofree char *yaml = changed("cpus: 0.1,", "cpus: 0.2,");
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "hello");
  command->context = g_bytes_new(yaml, strlen(yaml));
  command->if_version = 7;
  g_assert_null(mu_sim_command(sim, command, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
}

static void test_scale_up_and_down(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autofree char *three = changed("count: 1", "count: 3");
  put(sim, "hello", three, "changed");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 10000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 5);
  put(sim, "hello", HELLO, "changed");
  mu_sim_expect_plan(sim, "hello", "decommission", "COMPLETE", 10000);
  mu_sim_run(sim, 1000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 3);
  mu_sim_expect_remove(sim, "hello");
  mu_sim_expect_gone(sim, "hello", 60000);
  mu_sim_run(sim, 1000);
  g_assert_true(mu_sim_is_clean(sim));
}

static void test_remove_leaves_nothing(void) {
  g_autoptr(MuSim) sim = deployed(2);
  mu_sim_expect_remove(sim, "hello");
  mu_sim_expect_gone(sim, "hello", 60000);
  mu_sim_run(sim, 1000);
  g_assert_true(mu_sim_is_clean(sim));
  g_assert_cmpuint(mu_sim_records(sim), ==, 1); /* the framework's */
  put(sim, "hello", HELLO, "created");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 10000);
}

static void test_uninstall_framework(void) {
  g_autoptr(MuSim) sim = deployed(2);
  g_autofree char *other = changed("name: hello", "name: other");
  put(sim, "other", other, "created");
  mu_sim_expect_plan(sim, "other", "deploy", "COMPLETE", 10000);
  g_autoptr(json_t) body = mu_sim_command(sim, mu_command_new(MU_COMMAND_UNINSTALL, NULL), NULL);
  g_assert_nonnull(body);
  mu_sim_run(sim, 60000);
  g_assert_true(mu_sim_is_clean(sim));
  g_assert_true(mu_sim_is_torn_down(sim));
}

static json_t *pod_command(MuSim *sim, MuCommandKind kind, const char *pod) {
  MuCommand *command = mu_command_new(kind, "hello");
  command->pod = g_strdup(pod);
  return mu_sim_command(sim, command, NULL);
}

static void test_pod_restart(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autofree char *before = mu_sim_task_id(sim, "hello-1-server");
  g_autoptr(json_t) body = pod_command(sim, MU_COMMAND_POD_RESTART, "hello-1");
  g_assert_nonnull(body);
  mu_sim_run(sim, 500); /* no backoff: it was asked for */
  g_autofree char *after = mu_sim_task_id(sim, "hello-1-server");
  g_assert_nonnull(after);
  g_assert_cmpstr(before, !=, after);
}

static void test_pod_replace(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autofree char *before = mu_pod_record_encode(footprint(sim, "hello-1"));
  g_autoptr(json_t) body = pod_command(sim, MU_COMMAND_POD_REPLACE, "hello-1");
  g_assert_nonnull(body);
  mu_sim_run(sim, 1000);
  mu_sim_expect_plan(sim, "hello", "recovery", "COMPLETE", 10000);
  g_autofree char *after = mu_pod_record_encode(footprint(sim, "hello-1"));
  g_assert_cmpstr(before, !=, after);
  g_assert_cmpuint(mu_sim_running(sim), ==, 3);
}

/* The hole is shown as what it is, and nothing is done to it but to fill it. */
static void test_pod_decommission(void) {
  g_autoptr(MuSim) sim = deployed(1);
  g_autoptr(json_t) answer = pod_command(sim, MU_COMMAND_POD_DECOMMISSION, "world-0");
  g_assert_nonnull(answer);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
  g_autoptr(json_t) pod = mu_view_pod_status(mu_sim_client(sim), "hello", "world-0", NULL);
  const json_t *task = json_array_get(json_object_get(pod, "tasks"), 0);
  g_assert_true(json_is_true(json_object_get(pod, "decommissioned")));
  g_assert_cmpstr(json_string_value(json_object_get(task, "status")), ==, "DECOMMISSIONED");
  g_autoptr(json_t) back = pod_command(sim, MU_COMMAND_POD_RECOMMISSION, "world-0");
  g_assert_nonnull(back);
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 60000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 3);
}

static void test_reasons_have_numbers(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  g_autofree char *yaml = changed("memory: 256", "memory: 99999");
  put(sim, "hello", yaml, "created");
  mu_sim_run(sim, 1000);
  g_autoptr(json_t) pod = mu_view_pod_status(mu_sim_client(sim), "hello", "hello-0", NULL);
  const json_t *waiting = json_object_get(pod, "waiting");
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "summary")), ==,
                  "memory: wanted 99999 MB, best offer had 16384 MB (agent-0)");
}

static void test_unique_hostname(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  g_autofree char *yaml = changed("    count: 2\n", "    count: 2\n    placement: 'hostname:UNIQUE'\n");
  put(sim, "hello", yaml, "created");
  mu_sim_run(sim, 5000);
  g_autoptr(json_t) pod = mu_view_pod_status(mu_sim_client(sim), "hello", "hello-1", NULL);
  const json_t *waiting = json_object_get(pod, "waiting");
  g_assert_cmpstr(json_string_value(json_object_get(waiting, "summary")), ==,
                  "placement: hostname UNIQUE: agent-0 already has a hello (agent-0)");
  mu_sim_add_agent(sim, "agent-1", 8000, 16384, 102400, "1000-32000");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 60000);
}

/* What a failing store does: nothing is answered, nothing is done, and nothing is lost. */
static void test_failing_store(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  mu_sim_run(sim, 1000);
  mu_sim_fail_commits(sim, 5);
  put(sim, "hello", HELLO, "created"); /* answered after the sixth try */
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 60000);
}

static void test_dropped_accept(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 2);
  mu_sim_drop_accepts(sim, 2);
  put(sim, "hello", HELLO, "created");
  mu_sim_expect_plan(sim, "hello", "deploy", "COMPLETE", 60000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 3);
  mu_sim_expect_remove(sim, "hello");
  mu_sim_expect_gone(sim, "hello", 60000);
  mu_sim_run(sim, 1000);
  g_assert_true(mu_sim_is_clean(sim));
}

static void test_finish_and_remove_itself(void) {
  static const char JOB[] = "name: job\n"
                            "remove-when-finished: true\n"
                            "pods:\n"
                            "  job:\n"
                            "    count: 1\n"
                            "    tasks:\n"
                            "      work: {goal: FINISH, cmd: 'true', cpus: 0.1, memory: 32}\n";
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  const MuSimScript script = {.start_ms = 10, .end_ms = 1000, .end = MU_TASK_FINISHED, .kill_ms = 5};
  mu_sim_script(sim, "work", &script);
  put(sim, "job", JOB, "created");
  mu_sim_expect_gone(sim, "job", 10000);
  mu_sim_run(sim, 1000);
  g_assert_true(mu_sim_is_clean(sim));
}

/* At most one service grows at a time, and one that cannot be placed does not hold back the other. */
static void test_footprint_discipline(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  mu_sim_limit_footprint(sim, 1, 20000);
  g_autofree char *huge = changed("memory: 256", "memory: 99999");
  g_autofree char *other = changed("name: hello", "name: other");
  put(sim, "hello", huge, "created");
  put(sim, "other", other, "created");
  mu_sim_run(sim, 5000);
  g_assert_cmpstr(mu_sim_plan_status(sim, "other", "deploy"), ==, "PENDING");
  mu_sim_expect_plan(sim, "other", "deploy", "COMPLETE", 120000);
}

static void test_name_collision(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  g_autoptr(GError) error = NULL;
  g_autofree char *slash = changed("name: hello", "name: a/b");
  g_autofree char *dot = changed("name: hello", "name: a.b");
  put(sim, "a/b", slash, "created");
  g_assert_null(mu_sim_put(sim, "a.b", dot, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/core/deploy", test_deploy);
  g_test_add_func("/core/deploy_is_serial", test_deploy_is_serial);
  g_test_add_func("/core/recovery_backs_off", test_recovery_backs_off);
  g_test_add_func("/core/recovery_keeps_footprint", test_recovery_keeps_footprint);
  g_test_add_func("/core/reconfigure", test_reconfigure_moves_only_what_changed);
  g_test_add_func("/core/rejected", test_rejected_configuration_changes_nothing);
  g_test_add_func("/core/unchanged", test_same_again_is_unchanged);
  g_test_add_func("/core/version_conflict", test_version_conflict);
  g_test_add_func("/core/scale", test_scale_up_and_down);
  g_test_add_func("/core/remove", test_remove_leaves_nothing);
  g_test_add_func("/core/uninstall", test_uninstall_framework);
  g_test_add_func("/core/pod_restart", test_pod_restart);
  g_test_add_func("/core/pod_replace", test_pod_replace);
  g_test_add_func("/core/pod_decommission", test_pod_decommission);
  g_test_add_func("/core/reasons", test_reasons_have_numbers);
  g_test_add_func("/core/unique", test_unique_hostname);
  g_test_add_func("/core/failing_store", test_failing_store);
  g_test_add_func("/core/dropped_accept", test_dropped_accept);
  g_test_add_func("/core/finish", test_finish_and_remove_itself);
  g_test_add_func("/core/discipline", test_footprint_discipline);
  g_test_add_func("/core/name_collision", test_name_collision);
  return g_test_run();
}
