/* Every input in fuzz/corpus, once more: what a fuzzer found stays found, without a fuzzer. */
#include "fuzz_targets.h"
#include "shared_data.h"

static void test_corpus(gconstpointer user) {
  const FuzzTarget *target = user;
  g_autofree char *corpus = mu_test_source("fuzz/corpus");
  g_autofree char *folder = g_build_filename(corpus, target->name, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
  g_assert_no_error(error);
  guint n = 0;
  for (const char *name; (name = g_dir_read_name(dir)) != NULL; n++) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_file_get_contents(path, &bytes, &length, &error);
    g_assert_no_error(error);
    g_test_message("%s/%s", target->name, name);
    g_autofree guint8 *exact = g_malloc(MAX(length, 1)); /* a read behind its end is seen by the sanitizers */
    memcpy(exact, bytes, length);
    target->run(exact, length);
  }
  g_assert_cmpuint(n, >, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(fuzz_targets); i++) {
    g_autofree char *path = g_strconcat("/fuzz-corpus/", fuzz_targets[i].name, NULL);
    g_test_add_data_func(path, &fuzz_targets[i], test_corpus);
  }
  return g_test_run();
}
