#include <muster/error.h>
#include <string.h>

static void test_table(void) {
  gsize n = 0;
  const MuErrorInfo *table = mu_error_table(&n);
  g_assert_cmpuint(n, ==, 12);
  for (gsize i = 0; i < n; i++) {
    g_assert_cmpuint(table[i].code, ==, i);
    g_assert_cmpint(table[i].exit_code, >, 0);
    g_assert_cmpint(table[i].http_status, >=, 400);
    g_assert_true(mu_error_info_by_word(table[i].word) == &table[i]);
    g_autoptr(GError) error = g_error_new(MU_ERROR, (int)i, "x");
    g_assert_true(mu_error_info(error) == &table[i]);
  }
}

static void test_exact(void) {
  static const struct {
    MuErrorCode code;
    int exit_code, http_status;
    const char *word;
  } cases[] = {
      {MU_ERROR_USAGE, 2, 400, "usage"},
      {MU_ERROR_REFUSED, 3, 400, "refused"},
      {MU_ERROR_NOT_FOUND, 4, 404, "not-found"},
      {MU_ERROR_CONFLICT, 5, 409, "conflict"},
      {MU_ERROR_TIMED_OUT, 6, 504, "timed-out"},
      {MU_ERROR_FAILED, 1, 500, "failed"},
      {MU_ERROR_UNAVAILABLE, 8, 503, "unavailable"},
      {MU_ERROR_NEWER_STATE, 10, 500, "newer-state"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = g_error_new(MU_ERROR, (int)cases[i].code, "x");
    const MuErrorInfo *info = mu_error_info(error);
    g_assert_cmpint(info->exit_code, ==, cases[i].exit_code);
    g_assert_cmpint(info->http_status, ==, cases[i].http_status);
    g_assert_cmpstr(info->word, ==, cases[i].word);
  }
}

static void test_foreign(void) {
  g_autoptr(GError) foreign = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
  g_autoptr(GError) unknown = g_error_new(MU_ERROR, 1000, "x");
  g_assert_cmpuint(mu_error_info(foreign)->code, ==, MU_ERROR_FAILED);
  g_assert_cmpuint(mu_error_info(unknown)->code, ==, MU_ERROR_FAILED);
  g_assert_cmpuint(mu_error_info(NULL)->code, ==, MU_ERROR_FAILED);
  g_assert_null(mu_error_info_by_word("no-such-word"));
  g_assert_null(mu_error_info_by_word(NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/error/table", test_table);
  g_test_add_func("/error/exact", test_exact);
  g_test_add_func("/error/foreign", test_foreign);
  return g_test_run();
}
