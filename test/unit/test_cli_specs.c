/* The folder of specs: names that are safe, files that are there. */
#include "cli_specs.h"
#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static void put(const char *name) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_assert_true(g_file_set_contents(path, "name: x\n", -1, NULL));
}

static void test_list(void) {
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) names = mu_cli_specs_list(folder, &error);
  g_assert_no_error(error);
  g_autofree char *joined = g_strjoinv(" ", names);
  g_assert_cmpstr(joined, ==, "a b.c svc");
}

static void test_path(void) {
  const struct {
    const char *name, *file;
    MuErrorCode code;
  } cases[] = {
      {"svc", "svc.yml", 0},
      {"a", "a.yaml", 0},
      {"b.c", "b.c.yml", 0},
      {"x", NULL, MU_ERROR_NOT_FOUND},
      {"folder", NULL, MU_ERROR_NOT_FOUND},
      {"", NULL, MU_ERROR_REFUSED},
      {"..", NULL, MU_ERROR_REFUSED},
      {"../svc", NULL, MU_ERROR_REFUSED},
      {"folder/svc", NULL, MU_ERROR_REFUSED},
      {".hidden", NULL, MU_ERROR_REFUSED},
      {"a b", NULL, MU_ERROR_REFUSED},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = mu_cli_specs_path(folder, cases[i].name, &error);
    if (cases[i].file == NULL) {
      g_assert_null(path);
      g_assert_error(error, MU_ERROR, (int)cases[i].code);
    } else {
      g_autofree char *expected = g_build_filename(folder, cases[i].file, NULL);
      g_assert_cmpstr(path, ==, expected);
    }
  }
}

static void test_told(void) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_cli_specs_path(folder, "svcc", &error));
  g_assert_cmpstr(error->message, ==, "there is no spec file `svcc`; there are: a, b.c, svc");
  g_clear_error(&error);
  g_assert_null(mu_cli_specs_list("/there/is/none", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("muster-specs-XXXXXX", NULL);
  put("svc.yml");
  put("a.yaml");
  put("a.yml.bak");
  put("b.c.yml");
  put(".hidden.yml");
  g_autofree char *inner = g_build_filename(folder, "folder", NULL);
  g_mkdir(inner, 0700);
  g_test_add_func("/cli/specs/list", test_list);
  g_test_add_func("/cli/specs/path", test_path);
  g_test_add_func("/cli/specs/told", test_told);
  int result = g_test_run();
  g_free(folder);
  return result;
}
