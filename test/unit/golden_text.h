/* Golden files: the text that is expected, kept in the tree. UPDATE=1 rewrites them. */
#ifndef MU_TEST_GOLDEN_TEXT_H
#define MU_TEST_GOLDEN_TEXT_H
#include "shared_data.h"

/* The file of the source tree; the caller frees. */
static inline char *mu_test_read(const char *path) {
  g_autoptr(GError) error = NULL;
  g_autofree char *whole = mu_test_source(path);
  char *text = NULL;
  g_file_get_contents(whole, &text, NULL, &error);
  g_assert_no_error(error);
  return text;
}

/* `actual` is what the file of the source tree says. */
static inline void mu_test_golden(const char *path, const char *actual) {
  g_autoptr(GError) error = NULL;
  if (g_getenv("UPDATE") != NULL) {
    g_autofree char *whole = mu_test_source(path);
    g_file_set_contents(whole, actual, -1, &error);
    g_assert_no_error(error);
  }
  g_autofree char *expected = mu_test_read(path);
  if (g_strcmp0(expected, actual) == 0)
    return;
  g_test_message("%s is not as kept (UPDATE=1 rewrites it); now it is:\n%s", path, actual);
  g_test_fail();
}
#endif
