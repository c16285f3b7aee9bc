/* Every scenario of test/scenarios is a case, named as its file. */
#include "scenario_files.h"

static void test_file(gconstpointer path) {
  g_autofree char *folder = g_path_get_dirname(path), *intent = NULL;
  const MuScenarioOptions options = {.context = scenario_context, .user = folder};
  MuScenarioReport report;
  if (scenario_run_file(path, &options, &intent, &report))
    g_test_message("%s: %u runs, %u crashes", intent, report.runs, report.crashes);
}

int main(int argc, char **argv) {
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  g_test_init(&argc, &argv, NULL);
  scenario_add_files("/scenarios", paths, test_file);
  return g_test_run();
}
