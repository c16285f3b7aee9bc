/* Secrets on their way into a task: what takes a variable's place, and which files there will be. */
#include "exec_secrets.h"
#include "json.h"
#include <string.h>

static void test_take_env(void) {
  static const char said[] = "B=new\0C=third\0not a variable\0D=a=b\nc";
  g_autoptr(GPtrArray) env = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(env, g_strdup("A=1"));
  g_ptr_array_add(env, g_strdup("B=old"));
  g_ptr_array_add(env, g_strdup("BB=other"));
  g_ptr_array_add(env, NULL);
  mu_exec_secrets_take_env(env, said, sizeof said); /* the literal's own NUL ends the last */
  static const char *const expected[] = {"A=1", "B=new", "BB=other", "C=third", "D=a=b\nc", NULL};
  g_assert_cmpuint(env->len, ==, G_N_ELEMENTS(expected));
  for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpstr(env->pdata[i], ==, expected[i]);
  mu_exec_secrets_take_env(env, "E=half", strlen("E=half")); /* what was cut off is not taken */
  g_assert_cmpuint(env->len, ==, G_N_ELEMENTS(expected));
}

static void test_arguments(void) {
  MuExecLaunch launch = {.service = (char *)"team/web", .secrets_dir = (char *)"/s", .hostname = (char *)"host"};
  MuExecTaskSpec task = {.name = (char *)"p-0-t", .switch_user = TRUE, .uid = 7, .gid = 8};
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
  g_assert_false(mu_exec_secrets_wanted(&launch, &task));
  launch.secrets = json_pack("[{s:s, s:s}, {s:s, s:s, s:s}]", "secret", "a", "env_key", "A", "secret", "b", "env_key",
                             "B", "file", "d/b");
  task.tls = json_pack("[{s:s, s:s, s:[s, s]}]", "name", "web", "common_name", "cn", "dns_names", "x", "y");
  g_assert_true(mu_exec_secrets_wanted(&launch, &task) && mu_exec_secrets_have_files(&launch, &task));
  mu_exec_secrets_arguments(&launch, &task, argv);
  g_ptr_array_add(argv, NULL);
  g_autofree char *line = g_strjoinv(" ", (char **)argv->pdata);
  g_assert_cmpstr(line, ==, "/s team/web p-0-t host 7:8 --env a A --env b B --file b d%b --tls web cn x,y");
  json_decref(launch.secrets);
  json_decref(task.tls);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec_secrets/take_env", test_take_env);
  g_test_add_func("/exec_secrets/arguments", test_arguments);
  return g_test_run();
}
