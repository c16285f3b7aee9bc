/* The scenarios of test/scenarios with the Mesos engine and HTTP between the scheduler and its cluster. */
#include "log.h"
#include "master_wire.h"
#include "shared_data.h"
#include "sim_scenario.h"
#include <muster/error.h>

#include <string.h>

typedef struct {
  char *folder;
  MasterWire *wire; /* of the run under way, or the last one */
  guint64 calls, events;
} Run;

/* A spec of test/scenarios, as the scenario names it. */
static char *context(const char *file, const char *yaml, const char *const *parameters, gpointer user, GError **error) {
  if (file == NULL)
    return mu_scenario_plain_context(yaml, parameters);
  g_autofree char *path = g_build_filename(((Run *)user)->folder, file, NULL);
  g_autofree char *text = NULL;
  return g_file_get_contents(path, &text, NULL, error) ? mu_scenario_plain_context(text, parameters) : NULL;
}

static void end_wire(Run *run) {
  if (run->wire == NULL)
    return;
  run->calls += master_wire_calls(run->wire);
  run->events += master_wire_events(run->wire);
  g_clear_pointer(&run->wire, master_wire_free);
}

static void begin(MuSim *sim, gpointer user) {
  Run *run = user;
  end_wire(run);
  run->wire = master_wire_new(sim);
}

static void test_file(gconstpointer data) {
  const char *path = data;
  g_autofree char *name = g_path_get_basename(path), *text = NULL;
  g_autoptr(GError) error = NULL;
  Run run = {.folder = g_path_get_dirname(path)};
  const MuScenarioOptions options = {.context = context, .begin = begin, .user = &run};
  MuScenarioReport report;
  g_assert_true(g_file_get_contents(path, &text, NULL, &error));
  g_autoptr(MuScenario) scenario = mu_scenario_parse(name, text, &error);
  if (scenario == NULL || !mu_scenario_run(scenario, &options, &report, &error)) {
    g_test_message("%s", error->message);
    g_test_fail();
  }
  end_wire(&run);
  g_free(run.folder);
  g_test_message("%u runs, %" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT " events", report.runs, run.calls,
                 run.events);
}

static gint compare(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_files(GPtrArray *paths) {
  g_autofree char *folder = mu_test_source("test/scenarios");
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_assert_nonnull(dir);
  for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir))
    if (g_str_has_suffix(name, ".scn"))
      g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
  g_ptr_array_sort(paths, compare);
  for (guint i = 0; i < paths->len; i++) {
    g_autofree char *base = g_path_get_basename(paths->pdata[i]);
    g_autofree char *path = g_strdup_printf("/mesos_scenarios/%s", base);
    g_test_add_data_func(path, paths->pdata[i], test_file);
  }
}

int main(int argc, char **argv) {
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  g_test_init(&argc, &argv, NULL);
  mu_log_set_level(MU_LOG_ERROR);
  add_files(paths);
  return g_test_run();
}
