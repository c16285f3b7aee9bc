/* The scenarios of test/scenarios, each a case of a test program. */
#ifndef MU_TEST_SCENARIO_FILES_H
#define MU_TEST_SCENARIO_FILES_H
#include "shared_data.h"
#include "sim_scenario.h"
#include <string.h>

#define SCENARIOS_LEAST 100

/* A spec of test/scenarios, as the scenario names it; a MuScenarioContext whose user is the folder. */
static inline char *scenario_context(const char *file, const char *yaml, const char *const *parameters, gpointer folder,
                                     GError **error) {
  if (file == NULL)
    return mu_scenario_plain_context(yaml, parameters);
  g_autofree char *path = g_build_filename(folder, file, NULL);
  g_autofree char *text = NULL;
  return g_file_get_contents(path, &text, NULL, error) ? mu_scenario_plain_context(text, parameters) : NULL;
}

/* Reads and runs the file; FALSE, and the test has failed, when something does not hold. */
static inline gboolean scenario_run_file(const char *path, const MuScenarioOptions *options, char **ret_intent,
                                         MuScenarioReport *ret_report) {
  g_autofree char *name = g_path_get_basename(path), *text = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, &error));
  g_autoptr(MuScenario) scenario = mu_scenario_parse(name, text, &error);
  if (scenario != NULL && mu_scenario_run(scenario, options, ret_report, &error)) {
    *ret_intent = g_strdup(mu_scenario_intent(scenario));
    return TRUE;
  }
  g_test_message("%s", error->message);
  g_test_fail();
  return FALSE;
}

static inline gint scenario_compare_paths(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a case for each file, by name; `paths` (of char*) must live until the tests have run. */
static inline void scenario_add_files(const char *prefix, GPtrArray *paths, GTestDataFunc test) {
  g_autofree char *folder = mu_test_source("test/scenarios");
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_assert_nonnull(dir);
  for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir))
    if (g_str_has_suffix(name, ".scn"))
      g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
  g_ptr_array_sort(paths, scenario_compare_paths);
  g_assert_cmpuint(paths->len, >=, SCENARIOS_LEAST);
  for (guint i = 0; i < paths->len; i++) {
    g_autofree char *base = g_path_get_basename(paths->pdata[i]);
    g_autofree char *path = g_strdup_printf("%s/%s", prefix, base);
    g_test_add_data_func(path, paths->pdata[i], test);
  }
}
#endif
