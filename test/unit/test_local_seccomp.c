/* Which profile a pod gets on the local engine, and what its tasks may do then. */
#include "json.h"
#include "local_fixture.h"
#include "local_seccomp.h"

static void test_load(void) {
  static const struct {
    const char *name, *message; /* of the error; NULL: it is there */
  } cases[] = {
      {"default", NULL},
      {"mine.json", NULL},
      {"broken.json", "broken.json: "},
      {"other.json", "seccomp profile 'other.json': there is no such file in the folder of --seccomp-profiles"},
      {"../mine.json", "seccomp profile '../mine.json': it is not the name of a file"},
      {"", "seccomp profile '': it is not the name of a file"},
  };
  g_autofree char *folder = g_dir_make_tmp("muster-seccomp-XXXXXX", NULL);
  g_autofree char *mine = g_build_filename(folder, "mine.json", NULL);
  g_autofree char *broken = g_build_filename(folder, "broken.json", NULL);
  g_assert_true(g_file_set_contents(mine, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", -1, NULL));
  g_assert_true(g_file_set_contents(broken, "{", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) profile = mu_local_seccomp_load(folder, cases[i].name, &error);
    g_assert_true((profile != NULL) == (cases[i].message == NULL));
    if (cases[i].message && !strstr(error->message, cases[i].message))
      g_error("expected \"%s\" in \"%s\"", cases[i].message, error->message);
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_local_seccomp_load(NULL, "mine.json", &error));
  g_assert_nonnull(strstr(error->message, "--seccomp-profiles DIR"));
  g_unlink(mine);
  g_unlink(broken);
  g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* Root has it on a machine of its own, not in every container. */
static gboolean has_admin(void) {
  g_autofree char *status = NULL;
  g_assert_true(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
  const char *at = strstr(status, "CapEff:");
  return at && (g_ascii_strtoull(at + strlen("CapEff:\t"), NULL, 16) >> 21 & 1) != 0; /* CAP_SYS_ADMIN */
}

/* 2: filtered; NoNewPrivs stays as it was where the executor has the right to filter without it. */
#define TELL                                                                                                           \
  "sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status; (unshare -m true) 2>/dev/null && echo unshared; "                 \
  "(sh -c 'echo child')"

static char *run(Fixture *fixture, MuPodLaunch *take_pod) {
  g_autofree char *id = g_strdup(((MuTaskLaunch *)take_pod->tasks->pdata[0])->task_id);
  launch_pod(fixture, take_pod);
  wait_state(fixture, id, MU_TASK_FINISHED);
  return sandbox_file(fixture, id, "stdout");
}

static void test_pods(void) {
  Fixture fixture;
  fixture_init(&fixture);
  fixture.config.seccomp_default = "default";
  fixture_open(&fixture);
  fixture_start(&fixture);
  g_autofree char *filtered = run(&fixture, pod_new(task_new(&fixture, TELL)));
  g_assert_cmpstr(filtered, ==, "2\nchild\n");
  MuPodLaunch *unconfined = pod_new(task_new(&fixture, TELL));
  unconfined->seccomp_unconfined = TRUE;
  g_autofree char *free_text = run(&fixture, unconfined);
  g_assert_cmpstr(free_text, ==, has_admin() ? "0\nunshared\nchild\n" : "0\nchild\n");
  fixture_free(&fixture);
}

/* A check is filtered as its task is; and a user that root switches to keeps its setuid programs. */
static gboolean is_ready(const MuTaskStatus *status) {
  return status->has_ready && status->ready;
}

static void test_check_and_user(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuTaskLaunch *task =
      task_new(&fixture, "sed -n 's/^NoNewPrivs:[^0-9]*//p;s/^CapEff:[^0-9]*//p' /proc/self/status > told; "
                         "exec sleep 1000");
  MuPodLaunch *pod = pod_new(task);
  pod->seccomp_profile = g_strdup("default");
  task->user = g_strdup("nobody");
  task->readiness_check = mu_launch_check_new("test -s told && grep -q 'Seccomp:.*2' /proc/self/status");
  task->readiness_check->interval_ms = 20;
  task->readiness_check->timeout_ms = PATIENCE_MS;
  g_autofree char *id = g_strdup(task->task_id);
  launch_pod(&fixture, pod);
  mu_task_status_free(wait_status_also(&fixture, id, MU_TASK_RUNNING, is_ready));
  g_autofree char *told = sandbox_file(&fixture, id, "told");
  g_assert_cmpstr(told, ==, has_admin() ? "0000000000000000\n0\n" : "0000000000000000\n1\n");
  kill_task(&fixture, id, 0);
  wait_state(&fixture, id, MU_TASK_KILLED);
  fixture_free(&fixture);
}

static void test_refused(void) {
  Fixture fixture;
  fixture_new(&fixture);
  MuPodLaunch *pod = pod_new(task_new(&fixture, "true"));
  pod->seccomp_profile = g_strdup("none.json");
  g_autofree char *id = g_strdup(((MuTaskLaunch *)pod->tasks->pdata[0])->task_id);
  launch_pod(&fixture, pod);
  g_autoptr(MuTaskStatus) status = wait_status(&fixture, id, MU_TASK_ERROR);
  g_assert_nonnull(strstr(status->message, "seccomp profile 'none.json'"));
  fixture_free(&fixture);
}

static void test_bad_default(void) {
  Fixture fixture;
  fixture_init(&fixture);
  g_autoptr(GError) error = NULL;
  fixture.config.seccomp_default = "none.json";
  g_assert_null(mu_local_engine_new(&fixture.config, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_clear_error(&error);
  fixture.config.seccomp_default = NULL;
  fixture.config.seccomp_dir = "/no/such";
  g_assert_null(mu_local_engine_new(&fixture.config, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  fixture.config.seccomp_dir = NULL;
  fixture_open(&fixture);
  fixture_free(&fixture);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/local-seccomp/load", test_load);
  g_test_add_func("/local-seccomp/pods", test_pods);
  g_test_add_func("/local-seccomp/check-and-user", test_check_and_user);
  g_test_add_func("/local-seccomp/refused", test_refused);
  g_test_add_func("/local-seccomp/bad-default", test_bad_default);
  return run_guarded();
}
