/* Scenarios: short text files that make a cluster, add services, break things, and say what must come of it. The language is
 * in docs/simulator.md, whose table is made from the one in sim_scenario_table.c. Line 1 is the intent, as a comment.
 * Nothing here opens a file: what a scenario names is given by a callback. */
#ifndef MU_SIM_SCENARIO_H
#define MU_SIM_SCENARIO_H
#include "sim.h"

typedef struct MuScenario MuScenario;

/* The context that a service is added with (docs/http-api.md): from the spec in `file` as the scenario names it, or with
 * `file` NULL from `yaml`. `parameters`: texts KEY=VALUE, NULL-terminated. NULL with an error refuses the scenario's line.
 * The caller frees. */
typedef char *(*MuScenarioContext)(const char *file, const char *yaml, const char *const *parameters, gpointer user,
                                   GError **error);
/* Told of the cluster before anything happens in it: once for each run. */
typedef void (*MuScenarioBegin)(MuSim *sim, gpointer user);

typedef struct {
  MuScenarioContext context;
  MuScenarioBegin begin; /* NULL: nobody wants to know */
  gpointer user;
  gboolean has_seed;
  guint64 seed;      /* instead of the scenario's own */
  guint check_every; /* see mu_sim_check_every; 0: 1 */
} MuScenarioOptions;

typedef struct {
  guint64 seed;
  guint runs;        /* 1, or with `crash at every commit` one more for each moment */
  guint crashes;     /* of the scheduler, in all runs */
  guint commits;     /* in the first run */
  gint64 virtual_ms; /* that the first run took */
  char broken[16];   /* the checker whose rule was broken; "": none was */
} MuScenarioReport;

/* Reads a scenario; `file` is its name in messages. MU_ERROR_REFUSED lists all faults, one a line as `file:line: what; what
 * was expected`. */
MuScenario *mu_scenario_parse(const char *file, const char *text, GError **error);
void mu_scenario_free(MuScenario *scenario);
/* Line 1 without its `#`. Borrowed. */
const char *mu_scenario_intent(const MuScenario *scenario);
/* Runs it. MU_ERROR_FAILED as `file:line: …` when an expectation does not hold, a command fails or a checker finds a rule
 * broken; the report is filled in either way. */
gboolean mu_scenario_run(const MuScenario *scenario, const MuScenarioOptions *options, MuScenarioReport *ret_report,
                         GError **error);
/* A context of YAML and parameters alone, for a spec without config templates. The caller frees. */
char *mu_scenario_plain_context(const char *yaml, const char *const *parameters);
/* The language as a table in Markdown. The caller frees. */
char *mu_scenario_reference(void);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuScenario, mu_scenario_free)
#endif
