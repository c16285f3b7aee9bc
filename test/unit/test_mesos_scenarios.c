/* The scenarios of test/scenarios with the Mesos engine and HTTP between the scheduler and its cluster. */
#include "log.h"
#include "master_wire.h"
#include "scenario_files.h"

typedef struct {
  char *folder;
  MasterWire *wire; /* of the run under way, or the last one */
  guint64 calls, events;
} Run;

static char *context(const char *file, const char *yaml, const char *const *parameters, gpointer user, GError **error) {
  return scenario_context(file, yaml, parameters, ((Run *)user)->folder, error);
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

static void test_file(gconstpointer path) {
  g_autofree char *intent = NULL;
  Run run = {.folder = g_path_get_dirname(path)};
  const MuScenarioOptions options = {.context = context, .begin = begin, .user = &run};
  MuScenarioReport report = {0};
  scenario_run_file(path, &options, &intent, &report);
  end_wire(&run);
  g_free(run.folder);
  g_test_message("%u runs, %" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT " events", report.runs, run.calls,
                 run.events);
}

int main(int argc, char **argv) {
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  g_test_init(&argc, &argv, NULL);
  mu_log_set_level(MU_LOG_ERROR);
  scenario_add_files("/mesos_scenarios", paths, test_file);
  return g_test_run();
}
