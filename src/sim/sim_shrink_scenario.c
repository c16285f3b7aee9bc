/* A run that fails as a scenario, and lines taken out of it while it still breaks the same rule: halves, quarters, … single lines
 * (Zeller's ddmin, without its complements). */
#include "sim_scenario.h"
#include "sim_workload.h"

#include <string.h>

typedef struct {
  guint64 seed;
  char *broken;     /* the rule's checker */
  GPtrArray *units; /* of char*: a line, with the spec that belongs to it */
  guint n_cuttable; /* the first so many of them */
  guint tries;
} Cut;

static char *plain_context(const char *file, const char *yaml, const char *const *parameters, gpointer user,
                           GError **error) {
  (void)file;
  (void)user;
  (void)error;
  return mu_scenario_plain_context(yaml, parameters);
}

/* The scenario without the units from `from` up to, not including, `to`. */
static char *text_without(const Cut *cut, guint from, guint to) {
  GString *text = g_string_new(NULL);
  g_string_printf(text, "# the rule \"%s\" is broken\nseed %" G_GUINT64_FORMAT "\n", cut->broken, cut->seed);
  for (guint i = 0; i < cut->units->len; i++)
    if (i < from || i >= to)
      g_string_append(text, cut->units->pdata[i]);
  return g_string_free(text, FALSE);
}

static gboolean still_breaks(Cut *cut, guint from, guint to) {
  static const MuScenarioOptions OPTIONS = {.context = plain_context, .check_every = MU_SIM_CHECK_EVERY};
  g_autofree char *text = text_without(cut, from, to);
  MuScenarioReport report;
  if (cut->tries == 0)
    return FALSE;
  cut->tries--;
  g_autoptr(MuScenario) scenario = mu_scenario_parse("shrunk.scn", text, NULL);
  return scenario != NULL && !mu_scenario_run(scenario, &OPTIONS, &report, NULL) &&
         strcmp(report.broken, cut->broken) == 0;
}

static void split(Cut *cut, const char *transcript) {
  g_auto(GStrv) lines = g_strsplit(transcript, "\n", -1);
  GString *unit = g_string_new(NULL);
  gboolean in_block = FALSE;
  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++) {
    g_string_append_printf(unit, "%s\n", lines[i]);
    in_block = in_block ? strcmp(lines[i], "END") != 0 : g_str_has_suffix(lines[i], " <<END");
    if (in_block)
      continue;
    g_ptr_array_add(cut->units, g_string_free(unit, FALSE));
    unit = g_string_new(NULL);
  }
  g_string_free(unit, TRUE);
}

/* Without its cluster no service reaches its target, and that says nothing. */
static gboolean is_needed(const Cut *cut, guint from, guint to) {
  for (guint i = from; i < to && strcmp(cut->broken, "liveness") == 0; i++)
    if (g_str_has_prefix(cut->units->pdata[i], "agent ") || g_str_has_prefix(cut->units->pdata[i], "task "))
      return TRUE;
  return FALSE;
}

/* Once over all lines, from the last, in pieces of so many. */
static gboolean take_out(Cut *cut, guint size) {
  gboolean any = FALSE;
  for (guint end = cut->n_cuttable; end > 0;) {
    guint from = end > size ? end - size : 0;
    if (!is_needed(cut, from, end) && still_breaks(cut, from, end)) {
      g_ptr_array_remove_range(cut->units, from, end - from);
      cut->n_cuttable -= end - from;
      any = TRUE;
    }
    end = from;
  }
  return any;
}

char *mu_sim_run_shrink_scenario(const MuSimRun *run, guint tries) {
  g_auto(MuSimResult) result = {0};
  MuSimRun transcribed = *run;
  transcribed.trace = NULL;
  transcribed.transcribe = TRUE;
  mu_sim_run_all(&transcribed, &result);
  if (result.violation == NULL)
    return NULL;
  g_autofree char *broken = g_strndup(result.violation, strcspn(result.violation, ":"));
  g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func(g_free);
  Cut cut = {.seed = run->seed, .broken = broken, .units = units, .tries = tries};
  split(&cut, result.transcript);
  cut.n_cuttable = units->len;
  for (guint i = 0; i < units->len && strcmp(broken, "liveness") == 0; i++)
    if (strcmp(units->pdata[i], "heal\n") == 0)
      cut.n_cuttable = i; /* targets are reached when faults have stopped */
  for (guint size = MAX(cut.n_cuttable / 2, 1); size > 0; size /= 2)
    take_out(&cut, size);
  while (cut.tries > 0 && take_out(&cut, 1))
    ;
  return text_without(&cut, 0, 0);
}
