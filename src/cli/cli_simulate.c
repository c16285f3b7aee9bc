/* muster simulate: runs scenarios on a cluster of its own in virtual time; needs no scheduler. */
#include "cli_commands.h"
#include "cli_context.h"
#include "cli_output.h"
#include "log.h"
#include "sim_scenario.h"

#include <stdio.h>
#include <string.h>

/* One scenario file under way. */
typedef struct {
  const MuCliCall *call;
  char *folder;
  gboolean trace;
} Simulation;

static void print_trace(const char *line, gpointer user) {
  (void)user;
  mu_cli_printf("%s\n", line);
}

static void begin(MuSim *sim, gpointer user) {
  const Simulation *simulation = user;
  if (simulation->trace)
    mu_sim_set_trace(sim, print_trace, NULL);
}

/* A service's context: -p and --env-file of the command line hold for all, KEY=VALUE of the scenario's line for this one. */
static char *context(const char *file, const char *yaml, const char *const *parameters, gpointer user, GError **error) {
  const Simulation *simulation = user;
  g_autofree char *path =
      file == NULL || g_path_is_absolute(file) ? g_strdup(file) : g_build_filename(simulation->folder, file, NULL);
  g_autoptr(MuCliContext) loaded =
      mu_cli_context_load_for(simulation->call, path, yaml, simulation->folder, parameters, error);
  return loaded == NULL ? NULL : mu_cli_context_to_json(loaded);
}

static char *read_scenario(const char *path, GError **error) {
  char *text = NULL;
  gsize length = 0;
  g_autoptr(GError) cause = NULL;
  if (!g_file_get_contents(path, &text, &length, &cause)) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "cannot read the scenario: %s", cause->message);
    return NULL;
  }
  if (g_utf8_validate_len(text, length, NULL))
    return text;
  g_free(text);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the scenario %s is not UTF-8 text", path);
  return NULL;
}

static gboolean read_seed(const MuCliCall *call, MuScenarioOptions *options, GError **error) {
  const char *text = mu_cli_text(call, "seed");
  options->has_seed = text != NULL;
  if (text == NULL || g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &options->seed, NULL))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--seed %s: expected a whole number, such as a failed run printed",
              text);
  return FALSE;
}

static gboolean simulate(const MuCliCall *call, const char *path, MuScenario **ret_scenario,
                         MuScenarioReport *ret_report, GError **error) {
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *text = read_scenario(path, error);
  Simulation simulation = {call, folder, mu_cli_has(call, "trace")};
  MuScenarioOptions options = {.context = context, .begin = begin, .user = &simulation};
  if (text == NULL || !read_seed(call, &options, error))
    return FALSE;
  *ret_scenario = mu_scenario_parse(path, text, error);
  return *ret_scenario != NULL && mu_scenario_run(*ret_scenario, &options, ret_report, error);
}

/* ---- what is printed ------------------------------------------------------------------------------------------------- */

static void print_result(const char *path, const MuScenario *scenario, const MuScenarioReport *report,
                         const GError *error) {
  MuCliStyle style = mu_cli_style(stdout);
  g_autoptr(GString) line = g_string_new(NULL);
  mu_cli_append_painted(line, &style, error == NULL ? MU_PAINT_GREEN : MU_PAINT_RED,
                        error == NULL ? "passed" : "FAILED");
  g_string_append_printf(line, "  %s", path);
  if (scenario != NULL)
    g_string_append_printf(line, "  %s", mu_scenario_intent(scenario));
  if (error == NULL)
    g_string_append_printf(line, "  (%.1f s", (double)report->virtual_ms / 1000);
  if (error == NULL && report->runs > 1)
    g_string_append_printf(line, ", %u runs", report->runs);
  mu_cli_printf("%s%s\n", line->str, error == NULL ? ")" : "");
  fflush(stdout);
  if (error != NULL)
    fprintf(stderr, "%s\n", error->message);
}

static json_t *result_json(const char *path, const MuScenario *scenario, const MuScenarioReport *report,
                           const GError *error) {
  json_t *json = json_object();
  mu_json_set_string(json, "file", path);
  mu_json_set_string(json, "intent", scenario == NULL ? NULL : mu_scenario_intent(scenario));
  mu_json_set_bool(json, "passed", error == NULL);
  mu_json_set_string(json, "error", error == NULL ? NULL : error->message);
  mu_json_set_int(json, "seed", (gint64)report->seed);
  mu_json_set_int(json, "runs", report->runs);
  mu_json_set_int(json, "crashes", report->crashes);
  mu_json_set_int(json, "commits", report->commits);
  mu_json_set_int(json, "virtual_ms", report->virtual_ms);
  return json;
}

gboolean mu_cli_simulate(MuCliCall *call, GError **error) {
  g_autoptr(json_t) results = json_array();
  guint failed = 0;
  mu_log_set_level(mu_cli_has(call, "trace") ? MU_LOG_INFO
                                             : MU_LOG_ERROR); /* what is wrong is told by the expectations */
  for (guint i = 0; i < call->n_args; i++) {
    g_autoptr(MuScenario) scenario = NULL;
    g_autoptr(GError) cause = NULL;
    MuScenarioReport report = {0};
    const char *path = mu_cli_arg(call, i);
    if (!simulate(call, path, &scenario, &report, &cause)) {
      failed++;
      call->exit_code = MAX(call->exit_code, mu_error_info(cause)->exit_code);
    }
    if (g_error_matches(cause, MU_ERROR, MU_ERROR_USAGE)) {
      g_propagate_error(error, g_steal_pointer(&cause));
      return FALSE;
    }
    if (mu_cli_has(call, "json"))
      json_array_append_new(results, result_json(path, scenario, &report, cause));
    else
      print_result(path, scenario, &report, cause);
  }
  if (mu_cli_has(call, "json"))
    mu_cli_print_json(results);
  else if (call->n_args > 1)
    mu_cli_printf("%u scenarios, %u failed\n", call->n_args, failed);
  return TRUE;
}
