/* Where the engine's programs are found. */
#include "programs.h"
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *make_program(const char *folder, const char *name) {
  char *path = g_build_filename(folder, name, NULL);
  g_assert_true(g_file_set_contents(path, "#!/bin/sh\n", -1, NULL));
  g_assert_cmpint(chmod(path, 0755), ==, 0);
  return path;
}

static void must_not_find(const char *given, const char *says) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_program_find("muster-no-such-program", given, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  if (strstr(error->message, says) == NULL)
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static void test_given(void) {
  g_autofree char *found = mu_program_find("anything", "/bin/sh", NULL);
  g_assert_cmpstr(found, ==, "/bin/sh");
  must_not_find("/no/such/file", "/no/such/file");
  must_not_find("/etc/passwd", "/etc/passwd"); /* not executable */
  must_not_find("/", "no program");
}

static void test_environment(void) {
  g_autofree char *folder = g_dir_make_tmp("muster-test-XXXXXX", NULL);
  g_autofree char *program = make_program(folder, "muster-executor");
  g_setenv("MUSTER_LIBEXEC", folder, TRUE);
  g_autofree char *found = mu_program_find("muster-executor", NULL, NULL);
  g_assert_cmpstr(found, ==, program);
  must_not_find(NULL, "MUSTER_LIBEXEC");
  g_unsetenv("MUSTER_LIBEXEC");
  g_assert_cmpint(unlink(program), ==, 0);
  g_assert_cmpint(rmdir(folder), ==, 0);
}

static void test_beside_the_program(void) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname(self);
  g_autofree char *name = g_path_get_basename(self); /* this test finds itself */
  g_autofree char *found = mu_program_find(name, NULL, NULL);
  g_assert_cmpstr(found, ==, self);
  must_not_find(NULL, folder); /* the places that were tried are named */
  must_not_find(NULL, "MUSTER_LIBEXEC");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_unsetenv("MUSTER_LIBEXEC");
  g_test_add_func("/programs/given", test_given);
  g_test_add_func("/programs/environment", test_environment);
  g_test_add_func("/programs/beside-the-program", test_beside_the_program);
  return g_test_run();
}
