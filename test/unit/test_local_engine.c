/* The local engine with real processes: tasks and their ends, trees, grace periods, checks, output, limits. */
#include "local_fixture.h"

static gboolean is_ready(const MuTaskStatus *status) {
  return status->has_ready && status->ready;
}

static gboolean is_unready(const MuTaskStatus *status) {
  return status->has_ready && !status->ready;
}

static gboolean is_healthy(const MuTaskStatus *status) {
  return status->has_healthy && status->healthy;
}

static gboolean is_unhealthy(const MuTaskStatus *status) {
  return status->has_healthy && !status->healthy;
}

static void test_subscribed(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_assert_cmpuint(fixture.events->len, ==, 0); /* never from inside start */
  MuEngineEvent *event = wait_event(&fixture, MU_EVENT_SUBSCRIBED);
  g_assert_cmpstr(event->id, ==, "framework");
  mu_engine_event_free(event);
  g_autoptr(MuOffer) offer = wait_offer(&fixture);
  g_assert_cmpstr(offer->agent_id, ==, "local-0");
  g_assert_cmpstr(offer->hostname, ==, "host");
  g_assert_cmpint(mu_resources_total(offer->resources, MU_RESOURCE_CPUS), ==, 4000);
  g_assert_cmpint(mu_resources_total(offer->resources, MU_RESOURCE_PORTS), ==, 1000);
  g_autoptr(GError) error = NULL;
  g_assert_false(fixture.engine->ops->start(fixture.engine, NULL, sink, &fixture, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
  json_t *description = fixture.engine->ops->describe(fixture.engine);
  g_assert_cmpstr(json_string_value(json_object_get(description, "engine")), ==, "local");
  g_assert_cmpuint(json_array_size(json_object_get(description, "agents")), ==, 1);
  json_decref(description);
  fixture_free(&fixture);
}

static void test_life(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, "echo out; echo err >&2; echo $$ > main.pid; exec sleep 1000");
  g_autoptr(MuTaskStatus) running = wait_status(&fixture, id, MU_TASK_RUNNING);
  g_assert_cmpstr(running->agent_id, ==, "local-0");
  g_assert_nonnull(running->uuid);
  g_assert_cmpint(running->timestamp_ms, >, 1000000000000);
  g_assert_false(running->has_ready || running->has_healthy);
  wait_pid(&fixture, id, "main.pid");
  kill_task(&fixture, id, -1);
  wait_state(&fixture, id, MU_TASK_KILLED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout"), *err = sandbox_file(&fixture, id, "stderr");
  g_assert_cmpstr(out, ==, "out\n");
  g_assert_cmpstr(err, ==, "err\n");
  g_autofree char *executors = g_build_filename(fixture.state_dir, "executors", NULL);
  g_assert_true(poll_for(folder_is_empty, executors)); /* ends when all is acknowledged */
  fixture_free(&fixture);
}

static void test_ends(void) {
  static const struct {
    const char *cmd, *message, *reason;
    MuTaskState state;
  } cases[] = {
      {"true", "exited with status 0", NULL, MU_TASK_FINISHED},
      {"exit 3", "exited with status 3", "REASON_COMMAND_EXECUTOR_FAILED", MU_TASK_FAILED},
      {"kill -9 $$", "killed by signal 9 (SIGKILL)", "REASON_COMMAND_EXECUTOR_FAILED", MU_TASK_FAILED},
      {"no-such-program-here", "exited with status 127", "REASON_COMMAND_EXECUTOR_FAILED", MU_TASK_FAILED},
  };
  Fixture fixture;
  fixture_new(&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *id = launch_cmd(&fixture, cases[i].cmd);
    wait_state(&fixture, id, MU_TASK_RUNNING);
    g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, cases[i].state);
    g_assert_cmpstr(status->message, ==, cases[i].message);
    g_assert_cmpstr(status->reason, ==, cases[i].reason);
  }
  fixture_free(&fixture);
}

static void test_environment(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(
      &fixture, "echo \"$GIVEN|$MESOS_SANDBOX|$HOME|$PWD|$MUSTER_TASK_ID\"; env | wc -l; cat; ls -l /proc/self/fd "
                "| grep -c socket");
  mu_task_launch_set_env(task, "GIVEN", "a b");
  g_setenv("NOT_GIVEN", "leaks", TRUE);
  g_autofree char *id = launch(&fixture, task);
  g_autofree char *sandbox = g_build_filename(fixture.state_dir, "runs", id, NULL);
  wait_state(&fixture, id, MU_TASK_FAILED); /* grep -c found none */
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  /* GIVEN, PATH, HOME, MESOS_SANDBOX, MUSTER_TASK_ID, and the shell's PWD; stdin is empty; no socket is inherited. */
  g_autofree char *expected = g_strdup_printf("a b|%s|%s|%s|%s\n6\n0\n", sandbox, sandbox, sandbox, id);
  g_assert_cmpstr(out, ==, expected);
  fixture_free(&fixture);
}

/* ---- killing ---- */

/* A task with a child in a session of its own, whose parent is gone: only the tree as a whole reaches it. */
#define DAEMON "setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' & echo $$ > main.pid; "

static void test_tree_killed(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, DAEMON "wait");
  wait_state(&fixture, id, MU_TASK_RUNNING);
  pid_t daemon_pid = wait_pid(&fixture, id, "daemon.pid"), main_pid = wait_pid(&fixture, id, "main.pid");
  g_assert_true(is_alive(daemon_pid) && is_alive(main_pid));
  kill_task(&fixture, id, 0);
  wait_state(&fixture, id, MU_TASK_KILLED);
  g_assert_false(is_alive(main_pid)); /* at the time of the status, not later */
  g_assert_false(is_alive(daemon_pid));
  fixture_free(&fixture);
}

static void test_tree_ends_with_main(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, DAEMON "while [ ! -s daemon.pid ]; do :; done; exit 0");
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_assert_false(is_alive(wait_pid(&fixture, id, "daemon.pid")));
  fixture_free(&fixture);
}

static void test_grace(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task =
      task_new(&fixture, "trap 'echo cleaned; exit 0' TERM; echo $$ > main.pid; while :; do sleep 0.01; done");
  task->kill_grace_ms = PATIENCE_MS;
  g_autofree char *id = launch(&fixture, task);
  wait_pid(&fixture, id, "main.pid");
  kill_task(&fixture, id, -1);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_KILLED);
  g_assert_cmpstr(status->message, ==, "exited with status 0");
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  g_assert_cmpstr(out, ==, "cleaned\n");
  fixture_free(&fixture);
}

static void test_grace_over(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id = launch_cmd(&fixture, "trap '' TERM; echo $$ > main.pid; while :; do sleep 0.01; done");
  wait_pid(&fixture, id, "main.pid");
  gint64 began = g_get_monotonic_time();
  kill_task(&fixture, id, PATIENCE_MS);
  kill_task(&fixture, id, 200); /* a second kill shortens the grace period */
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_KILLED);
  g_assert_cmpint(g_get_monotonic_time() - began, >=, 200 * 1000);
  g_assert_cmpstr(status->message, ==, "killed by signal 9 (SIGKILL)");
  fixture_free(&fixture);
}

static void test_kill_unknown(void) {
  Fixture fixture;
  fixture_new(&fixture);
  kill_task(&fixture, "nobody", -1);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, "nobody", MU_TASK_GONE);
  g_assert_null(status->uuid);
  fixture_free(&fixture);
}

/* ---- checks ---- */

static MuLaunchCheck *check_new(const char *cmd, gint64 interval_ms, gint64 timeout_ms, gint max_failures) {
  MuLaunchCheck *check = g_new0(MuLaunchCheck, 1);
  *check = (MuLaunchCheck){.cmd = g_strdup(cmd),
                           .interval_ms = interval_ms,
                           .timeout_ms = timeout_ms,
                           .max_consecutive_failures = max_failures};
  return check;
}

static void test_readiness(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "echo $$ > main.pid; exec sleep 1000");
  task->readiness_check = check_new("echo not yet; test -e ready && echo $V >> checks", 20, 5000, 0);
  mu_task_launch_set_env(task, "V", "checked");
  g_autofree char *id = launch(&fixture, task);
  g_autoptr(MuTaskStatus) running = wait_status(&fixture, id, MU_TASK_RUNNING);
  g_assert_true(running->has_ready && !running->ready);
  g_autoptr(MuTaskStatus) unready = wait_status_also(&fixture, id, MU_TASK_RUNNING, is_unready);
  g_assert_cmpstr(unready->message, ==, "readiness check exited with status 1: not yet");
  g_autofree char *sandbox = fixture.engine->ops->sandbox_path(fixture.engine, NULL, id, "", NULL);
  g_autofree char *file = g_build_filename(sandbox, "ready", NULL);
  g_assert_true(g_file_set_contents(file, "", 0, NULL));
  g_autoptr(MuTaskStatus) ready = wait_status_also(&fixture, id, MU_TASK_RUNNING, is_ready);
  g_assert_cmpstr(ready->reason, ==, "REASON_TASK_CHECK_STATUS_UPDATED");
  kill_task(&fixture, id, 0);
  wait_state(&fixture, id, MU_TASK_KILLED);
  g_autofree char *checks = sandbox_file(&fixture, id, "checks");
  g_assert_cmpstr(checks, ==, "checked\n"); /* ended with its first success */
  fixture_free(&fixture);
}

static void test_health(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "touch good; exec sleep 1000");
  task->health_check = check_new("test -e good || { echo broken; exit 7; }", 10, 5000, 3);
  task->health_check->grace_ms = PATIENCE_MS; /* over with the first success */
  g_autofree char *id = launch(&fixture, task);
  mu_task_status_free(wait_status_also(&fixture, id, MU_TASK_RUNNING, is_healthy));
  g_autofree char *sandbox = fixture.engine->ops->sandbox_path(fixture.engine, NULL, id, "", NULL);
  g_autofree char *file = g_build_filename(sandbox, "good", NULL);
  g_assert_cmpint(unlink(file), ==, 0);
  mu_task_status_free(wait_status_also(&fixture, id, MU_TASK_RUNNING, is_unhealthy));
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_true(failed->has_healthy && !failed->healthy);
  g_assert_cmpstr(failed->message, ==, "health check exited with status 7: broken");
  fixture_free(&fixture);
}

static void test_check_timeout(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "exec sleep 1000");
  task->health_check = check_new("echo $$ > check.pid; (sleep 1000 & echo $! > child.pid; wait)", 10, 1000, 1);
  g_autofree char *id = launch(&fixture, task);
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_cmpstr(failed->message, ==, "health check timed out after 1000 ms");
  g_assert_false(is_alive(wait_pid(&fixture, id, "check.pid")));
  g_assert_false(is_alive(wait_pid(&fixture, id, "child.pid")));
  fixture_free(&fixture);
}

/* ---- output ---- */

static void test_rotation(void) {
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.log_max_bytes = 10000;
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *id = launch_cmd(&fixture, "i=0; while [ $i -lt 300 ]; do printf '%099d\\n' $i; i=$((i+1)); done");
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *now = sandbox_file(&fixture, id, "stdout"), *older = sandbox_file(&fixture, id, "stdout.1");
  g_autofree char *last = g_strdup_printf("%099d\n", 299);
  g_assert_true(g_str_has_suffix(now, last)); /* all of it was taken before the end was told */
  g_assert_cmpuint(strlen(older), >, 0);
  g_autoptr(GError) error = NULL;
  g_assert_null(fixture.engine->ops->sandbox_path(fixture.engine, NULL, id, "stdout.2", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  fixture_free(&fixture);
}

static void test_sandbox_path(void) {
  Fixture fixture;
  fixture_new(&fixture);
  g_autofree char *id =
      launch_cmd(&fixture, "mkdir -p a/b; echo x > a/b/c; ln -s /etc/passwd out; ln -s a/b/c in; ln -s ../.. up");
  wait_state(&fixture, id, MU_TASK_FINISHED);
  static const char *const refused[] = {"..",         "../../journal",      "/etc/passwd", "out",
                                        "up/journal", "a/../../../journal", "nothing"};
  for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(fixture.engine->ops->sandbox_path(fixture.engine, NULL, id, refused[i], &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  }
  g_autofree char *direct = sandbox_file(&fixture, id, "a/b/c"), *link = sandbox_file(&fixture, id, "in");
  g_assert_cmpstr(direct, ==, "x\n");
  g_assert_cmpstr(link, ==, "x\n");
  g_autoptr(GError) error = NULL;
  g_assert_null(fixture.engine->ops->sandbox_path(fixture.engine, NULL, "../volumes", "", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  fixture_free(&fixture);
}

static void test_keeps_some_runs(void) {
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.keep_sandboxes = 2;
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *executors = g_build_filename(fixture.state_dir, "executors", NULL);
  g_autofree char *runs = g_build_filename(fixture.state_dir, "runs", NULL);
  char *ids[4];
  for (int i = 0; i < 4; i++) {
    ids[i] = launch_cmd(&fixture, "true");
    wait_state(&fixture, ids[i], MU_TASK_RUNNING);
    wait_state(&fixture, ids[i], MU_TASK_FINISHED);
    g_assert_true(poll_for(folder_is_empty, executors));
  }
  for (int i = 0; i < 4; i++) {
    g_autofree char *path = g_build_filename(runs, ids[i], NULL);
    g_assert_cmpint(g_file_test(path, G_FILE_TEST_EXISTS), ==, i >= 2);
    g_free(ids[i]);
  }
  fixture_free(&fixture);
}

/* ---- config, limits, users ---- */

static void test_config(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "cat conf/it");
  mu_items_add(task->configs, mu_launch_config_new("it", "port={{PORT}} {{{HOME_OF}}}\n", "conf/it"));
  mu_task_launch_set_env(task, "PORT", "8080");
  mu_task_launch_set_env(task, "HOME_OF", "<me>");
  g_autofree char *id = launch(&fixture, task);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  g_assert_cmpstr(out, ==, "port=8080 <me>\n");
  fixture_free(&fixture);
}

static void test_config_error(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "echo never");
  mu_items_add(task->configs, mu_launch_config_new("it", "{{MISSING_ONE}}", "it"));
  g_autofree char *id = launch(&fixture, task);
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_nonnull(strstr(failed->message, "MISSING_ONE"));
  g_autofree char *err = sandbox_file(&fixture, id, "stderr"), *out = sandbox_file(&fixture, id, "stdout");
  g_assert_nonnull(strstr(err, "MISSING_ONE"));
  g_assert_cmpstr(out, ==, "");
  fixture_free(&fixture);
}

static void add_rlimit(MuPodLaunch *pod, const char *name, gint64 soft, gint64 hard) {
  MuLaunchRlimit *rlimit = g_new0(MuLaunchRlimit, 1);
  *rlimit = (MuLaunchRlimit){.name = g_strdup(name), .soft = soft, .hard = hard};
  mu_items_add(pod->rlimits, rlimit);
}

static void test_rlimits(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "ulimit -Sn; ulimit -Hn; ulimit -Sc");
  g_autofree char *id = g_strdup(task->task_id);
  MuPodLaunch *pod = pod_new(task);
  add_rlimit(pod, "RLIMIT_NOFILE", 100, 200);
  add_rlimit(pod, "RLIMIT_CORE", 0, -1);
  launch_pod(&fixture, pod);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  g_assert_cmpstr(out, ==, "100\n200\n0\n");
  fixture_free(&fixture);
}

static void test_rlimit_unknown_and_lowered(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "true"), *second = task_new(&fixture, "true");
  g_autofree char *id = g_strdup(task->task_id), *second_id = g_strdup(second->task_id);
  MuPodLaunch *pod = pod_new(task);
  add_rlimit(pod, "RLIMIT_MOON", 1, 1);
  launch_pod(&fixture, pod);
  g_autoptr(MuTaskStatus) failed = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_nonnull(strstr(failed->message, "RLIMIT_MOON"));
  pod = pod_new(second);
  add_rlimit(pod, "RLIMIT_NOFILE", 2000000000, 2000000000); /* above what Linux gives even to root */
  launch_pod(&fixture, pod);
  wait_state(&fixture, second_id, MU_TASK_FINISHED);
  g_autofree char *err = sandbox_file(&fixture, second_id, "stderr");
  g_assert_nonnull(strstr(err, "RLIMIT_NOFILE"));
  fixture_free(&fixture);
}

static void test_user(void) {
  Fixture fixture;
  fixture_new(&fixture);
  gboolean root = geteuid() == 0;
  MuTaskLaunch *task = task_new(&fixture, "id -un; touch mine && stat -c %U . mine stdout");
  task->user = g_strdup(root ? "nobody" : "root");
  g_autofree char *id = launch(&fixture, task);
  wait_state(&fixture, id, MU_TASK_FINISHED);
  g_autofree char *out = sandbox_file(&fixture, id, "stdout");
  const GPtrArray *warnings = mu_local_engine_warnings(fixture.engine);
  if (root)
    g_assert_cmpstr(out, ==, "nobody\nnobody\nnobody\nnobody\n");
  else /* as ourselves, and it says so */
    g_assert_nonnull(strstr(warnings->pdata[warnings->len - 1], "'root'"));
  fixture_free(&fixture);
}

static void test_user_unknown(void) {
  Fixture fixture;
  if (geteuid() != 0) {
    g_test_skip("needs root");
    return;
  }
  fixture_new(&fixture);
  MuTaskLaunch *task = task_new(&fixture, "true");
  task->user = g_strdup("no-such-user");
  g_autofree char *id = launch(&fixture, task);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_ERROR);
  g_assert_nonnull(strstr(status->message, "no-such-user"));
  fixture_free(&fixture);
}

/* ---- volumes that hold too much ---- */

static MuPodLaunch *pod_with_volume(MuTaskLaunch *task, MuResources *ret_reserve, MuResources *ret_create) {
  MuPodLaunch *pod = pod_new(task);
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, 2);
  mu_resource_set_reservation(disk, "role", "r1", "svc", NULL);
  mu_resources_add(ret_reserve, disk);
  disk->persistence_id = g_strdup("small");
  disk->container_path = g_strdup("data");
  mu_resources_add(ret_create, disk);
  mu_resources_add(pod->resources, disk);
  return pod;
}

static char *launch_on_volume(Fixture *fixture, const char *cmd) {
  MuTaskLaunch *task = task_new(fixture, cmd);
  char *id = g_strdup(task->task_id);
  g_autoptr(MuOffer) offer = wait_offer(fixture);
  MuEngineCall *accept = accept_new(offer, 0);
  MuResources *reserve = mu_resources_new(), *create = mu_resources_new();
  MuPodLaunch *pod = pod_with_volume(task, reserve, create);
  mu_items_add(accept->operations, mu_operation_new(MU_OP_RESERVE, reserve, NULL));
  mu_items_add(accept->operations, mu_operation_new(MU_OP_CREATE, create, NULL));
  mu_items_add(accept->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, pod));
  call(fixture, accept);
  return id;
}

#define FILL "head -c 3000000 /dev/zero > data/big; echo $$ > main.pid; exec sleep 1000"

static void test_disk_enforced(void) {
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.disk_watch_ms = 10;
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *id = launch_on_volume(&fixture, FILL);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_FAILED);
  g_assert_cmpstr(status->reason, ==, "REASON_CONTAINER_LIMITATION_DISK");
  g_assert_cmpstr(status->message, ==, "the volume 'data' holds 3 MB, more than its size of 2 MB");
  fixture_free(&fixture);
}

/* What fits is left alone, over many measurements; and so is anything when nothing is said of it. */
static void test_disk_left_alone(void) {
  for (int enforced = 0; enforced < 2; enforced++) {
    Fixture fixture;
    fixture_init(&fixture);
    fixture.config.disk_watch_ms = enforced;
    fixture_open(&fixture);
    fixture_start(&fixture);
    g_autofree char *id =
        launch_on_volume(&fixture, enforced ? "head -c 1000000 /dev/zero > data/some; sleep 0.3; exit 0"
                                            : "head -c 3000000 /dev/zero > data/big; exit 0");
    wait_state(&fixture, id, MU_TASK_FINISHED);
    fixture_free(&fixture);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/local/subscribed", test_subscribed);
  g_test_add_func("/local/life", test_life);
  g_test_add_func("/local/ends", test_ends);
  g_test_add_func("/local/environment", test_environment);
  g_test_add_func("/local/tree-killed", test_tree_killed);
  g_test_add_func("/local/tree-ends-with-main", test_tree_ends_with_main);
  g_test_add_func("/local/grace", test_grace);
  g_test_add_func("/local/grace-over", test_grace_over);
  g_test_add_func("/local/kill-unknown", test_kill_unknown);
  g_test_add_func("/local/readiness", test_readiness);
  g_test_add_func("/local/health", test_health);
  g_test_add_func("/local/check-timeout", test_check_timeout);
  g_test_add_func("/local/rotation", test_rotation);
  g_test_add_func("/local/sandbox-path", test_sandbox_path);
  g_test_add_func("/local/keeps-some-runs", test_keeps_some_runs);
  g_test_add_func("/local/config", test_config);
  g_test_add_func("/local/config-error", test_config_error);
  g_test_add_func("/local/rlimits", test_rlimits);
  g_test_add_func("/local/rlimit-unknown-and-lowered", test_rlimit_unknown_and_lowered);
  g_test_add_func("/local/user", test_user);
  g_test_add_func("/local/user-unknown", test_user_unknown);
  g_test_add_func("/local/disk-enforced", test_disk_enforced);
  g_test_add_func("/local/disk-left-alone", test_disk_left_alone);
  return run_guarded();
}
