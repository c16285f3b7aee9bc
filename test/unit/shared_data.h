/* Files that tests read: those of the source tree, and the material that lies beside it (../shared: the Mustache
 * specification, the reference's specs). That is no part of the project, so a test that needs it skips itself, and says
 * so, when it is not there. */
#ifndef MU_TEST_SHARED_DATA_H
#define MU_TEST_SHARED_DATA_H
#include <glib.h>

/* The path of `name` in the source tree; the caller frees. Tests run in its top folder, or below it when not by test/run. */
static inline char *mu_test_source(const char *name) {
  const char *root = g_getenv("MU_SOURCE");
  if (root != NULL)
    return g_build_filename(root, name, NULL);
  const char *up = g_file_test("include/muster", G_FILE_TEST_IS_DIR) ? "." : "..";
  return g_build_filename(up, name, NULL);
}

/* The path of `name` under $MU_SHARED or the folder `shared` beside the source tree, or NULL. The caller frees. */
static inline char *mu_test_shared(const char *name) {
  const char *root = g_getenv("MU_SHARED");
  g_autofree char *beside = mu_test_source("../shared");
  char *path = g_build_filename(root != NULL ? root : beside, name, NULL);
  if (g_file_test(path, G_FILE_TEST_EXISTS))
    return path;
  g_free(path);
  return NULL;
}
#endif
