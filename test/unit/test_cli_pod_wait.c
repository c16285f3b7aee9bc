/* When a pod is there again. */
#include "cli_pod_wait.h"

static gboolean is_back(const char *tasks) {
  g_autoptr(GHashTable) before = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_add(before, (gpointer) "old");
  g_autofree char *text = g_strdup_printf("{\"tasks\":[%s]}", tasks);
  g_autoptr(json_t) status = json_loads(text, 0, NULL);
  g_assert_nonnull(status);
  return mu_cli_pod_is_back(status, before);
}

#define TASK(id, status, more) "{\"id\":\"" id "\",\"status\":\"" status "\"" more "}"

static void test_is_back(void) {
  g_assert_true(is_back(TASK("new", "RUNNING", "")));
  g_assert_true(is_back(TASK("new", "RUNNING", ",\"ready\":true")));
  g_assert_true(is_back(TASK("old", "FINISHED", "") "," TASK("new", "RUNNING", "")));
  g_assert_false(is_back(TASK("old", "RUNNING", "")));
  g_assert_false(is_back(TASK("new", "RUNNING", ",\"ready\":false")));
  g_assert_false(is_back(TASK("new", "STAGING", "")));
  g_assert_false(is_back(TASK("new", "FAILED", "")));
  g_assert_false(is_back(TASK("new", "RUNNING", "") ",{\"status\":\"NOT_LAUNCHED\"}"));
  g_assert_false(is_back(""));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/pod-wait/is-back", test_is_back);
  return g_test_run();
}
