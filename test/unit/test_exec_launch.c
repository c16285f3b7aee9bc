/* The launch file as the executor reads it. */
#include "exec_launch.h"
#include <muster/error.h>
#include <string.h>
#include <sys/resource.h>

#define TASK                                                                                                           \
  "\"task_id\":\"t\",\"name\":\"n\",\"cmd\":\"true\",\"sandbox\":\"/r\",\"volumes_file\":\"/f\",\"uid\":1,\"gid\":2"
#define LAUNCH(tasks) "{\"service\":\"s\",\"pod\":\"p\",\"agent_id\":\"a\",\"log_max_bytes\":10,\"tasks\":[" tasks "]}"

static void test_full(void) {
  static const char text[] = LAUNCH(
      "{" TASK ",\"switch_user\":true,\"groups\":[3,4],\"env\":{\"A\":\"1\",\"B\":\"x=y\"},"
      "\"configs\":[{\"name\":\"c\",\"text\":\"{{A}}\",\"dest\":\"d\"}],\"volumes\":[{\"path\":\"v\",\"source\":\"/s\"}],"
      "\"readiness\":{\"cmd\":\"true\",\"interval_ms\":1,\"delay_ms\":2,\"timeout_ms\":3},\"kill_grace_ms\":9,\"mem_limit_mb\":64}");
  g_autoptr(GError) error = NULL;
  g_autoptr(MuExecLaunch) launch = mu_exec_launch_parse(text, strlen(text), &error);
  g_assert_no_error(error);
  g_assert_cmpuint(launch->tasks->len, ==, 1);
  const MuExecTaskSpec *task = launch->tasks->pdata[0];
  g_assert_cmpstr(task->sandbox, ==, "/r");
  g_assert_true(task->switch_user);
  g_assert_cmpuint(task->groups->len, ==, 2);
  g_assert_cmpstr(task->env->pdata[1], ==, "B=x=y");
  g_assert_null(task->env->pdata[2]);
  g_assert_cmpstr(((MuExecConfig *)task->configs->pdata[0])->dest, ==, "d");
  g_assert_cmpstr(((MuExecVolume *)task->volumes->pdata[0])->source, ==, "/s");
  g_assert_cmpint(task->readiness.timeout_ms, ==, 3);
  g_assert_null(task->health.cmd);
  g_assert_cmpint(task->mem_limit_mb, ==, 64);
  g_assert_null(launch->cgroups.v2);
}

static void test_refused(void) {
  static const char *const texts[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"service\":1}",
                                      LAUNCH("{}"),
                                      LAUNCH("{" TASK ",\"mem_limit_mb\":\"64\"}"),
                                      LAUNCH("{" TASK ",\"readiness\":{}}"),
                                      LAUNCH("{" TASK ",\"volumes\":[{}]}"),
                                      LAUNCH("{" TASK "}") "x"};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_exec_launch_parse(texts[i], strlen(texts[i]), &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
}

static void test_rlimit_names(void) {
  g_assert_cmpint(mu_exec_rlimit_by_name("RLIMIT_NOFILE"), ==, RLIMIT_NOFILE);
  g_assert_cmpint(mu_exec_rlimit_by_name("RLIMIT_AS"), ==, RLIMIT_AS);
  g_assert_cmpint(mu_exec_rlimit_by_name("NOFILE"), ==, -1);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec-launch/full", test_full);
  g_test_add_func("/exec-launch/refused", test_refused);
  g_test_add_func("/exec-launch/rlimit-names", test_rlimit_names);
  return g_test_run();
}
