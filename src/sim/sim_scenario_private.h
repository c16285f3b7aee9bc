/* Shared by the sim_scenario*.c only. */
#ifndef MU_SIM_SCENARIO_PRIVATE_H
#define MU_SIM_SCENARIO_PRIVATE_H
#include "sim_code.h"
#include "sim_scenario.h"

/* ---- the language ---------------------------------------------------------------------------------------------------- */

typedef struct MuScenarioRun MuScenarioRun;
typedef struct MuScenarioLine MuScenarioLine;

/* A row of the table. `grammar`: words as they are typed; a|b: one of them; CAPITALS: a value, whose kind is in the table of
 * values; [ … ] may be left out, and [ … ]... be repeated. Options that stand side by side come in any order. */
typedef struct {
  const char *section; /* heading of the rows from here on; NULL: as before */
  const char *grammar;
  /* Does it; FALSE with an error. Or: */
  gboolean (*act)(MuScenarioRun *run, const MuScenarioLine *line, GError **error);
  /* Looks whether it holds; says what was found instead when `found` is not NULL. Waits as long as `within T` says. */
  gboolean (*check)(MuScenarioRun *run, const MuScenarioLine *line, GString *found);
  const char *doc;
} MuScenarioCommand;

typedef enum {
  MU_VALUE_TEXT,
  MU_VALUE_COUNT,  /* 0 or more */
  MU_VALUE_CODE,   /* an exit code, 0 to 255 */
  MU_VALUE_SEED,   /* 0 or more, as large as random runs have it */
  MU_VALUE_TIME,   /* in milliseconds */
  MU_VALUE_SIZE,   /* in megabytes */
  MU_VALUE_CPUS,   /* in thousandths */
  MU_VALUE_RANGES, /* ports */
  MU_VALUE_PAIR,   /* KEY=VALUE */
  MU_VALUE_PATH,   /* two parts or more, with `/` between them */
  MU_VALUE_STATUS, /* of plans, phases, steps */
  MU_VALUE_STRATEGY,
  MU_VALUE_BLOCK, /* <<WORD: the lines that follow, up to one that is WORD alone */
} MuValueKind;

typedef struct {
  const char *name; /* in grammars */
  MuValueKind kind;
  const char *form; /* what it looks like, for errors and the reference */
} MuScenarioValue;

typedef struct {
  const char *name; /* of the value, or the word, as in the grammar */
  char *text;
  gint64 number;
} MuScenarioArg;

struct MuScenarioLine {
  const MuScenarioCommand *command;
  guint number;     /* from 1 */
  char *text;       /* as written */
  GArray *args;     /* of MuScenarioArg */
  char *block;      /* of a <<WORD; NULL: none */
  gboolean is_sent; /* `send`: nobody waits for the answer */
};

struct MuScenario {
  char *file, *intent;
  GPtrArray *lines; /* of MuScenarioLine* */
};

/* Something that the scheduler is told. */
gboolean mu_scenario_is_command(const MuScenarioCommand *command);
extern const MuScenarioCommand mu_scenario_commands[];
extern const guint mu_scenario_n_commands;
extern const MuScenarioValue mu_scenario_values[];
extern const guint mu_scenario_n_values;

/* Splits a line: blanks divide, "…" keeps them, # begins a comment. FALSE: a quote is not closed. */
typedef struct {
  char *text;
  gboolean quoted; /* holds a part in quotes: never a word of the language */
} MuScenarioWord;
gboolean mu_scenario_split(const char *line, GArray **ret_words);
/* Finds the row that the words are of and fills in the line's command and args. On failure `fault` says what is wrong and what
 * was expected. */
gboolean mu_scenario_match(const GArray *words, MuScenarioLine *line, GString *fault);
void mu_scenario_arg_clear(gpointer data);

/* ---- a line's values ------------------------------------------------------------------------------------------------- */

/* NULL, or `otherwise`: not given. */
const char *mu_line_text(const MuScenarioLine *line, const char *name);
gint64 mu_line_number(const MuScenarioLine *line, const char *name, gint64 otherwise);
gboolean mu_line_has(const MuScenarioLine *line, const char *name);
/* The first T behind the word of the grammar. */
gint64 mu_line_time_after(const MuScenarioLine *line, const char *word, gint64 otherwise);
/* All values of the name, NULL-terminated; the caller frees the array. */
const char **mu_line_texts(const MuScenarioLine *line, const char *name);

/* ---- a run ----------------------------------------------------------------------------------------------------------- */

struct MuScenarioRun {
  const MuScenario *scenario;
  const MuScenarioOptions *options;
  MuSim *sim;
  MuSimOwnCode *code; /* that services have; NULL: none */
  guint64 seed;
  gint64 began_ms;
  guint next;             /* line */
  GHashTable *remembered; /* "run of x" to what it was */
  GHashTable *scripted;   /* names of `task` lines */
  GHashTable *by_goal;    /* tasks that end because of their goal */
  GError *refused;        /* of the last command, when the line after it expects that */
  char *answer;           /* "created", … of the last service command */
  gboolean every_commit;  /* the line was met, when the store had made `commits_before` */
  guint commits_before;
  guint crash_at; /* this run's: the n-th commit after that line; 0: none */
  gboolean crash_durable;
};

/* Gives the scheduler a command made anew by `make` until it is answered: one that dies does not answer. The reply's body, or
 * NULL with the error; a line `expect refused` after this one takes the error, and then *ret_refused is TRUE. */
typedef MuCommand *(*MuScenarioMake)(MuScenarioRun *run, const MuScenarioLine *line);
gboolean mu_run_command(MuScenarioRun *run, const MuScenarioLine *line, MuScenarioMake make, json_t **ret_body,
                        GError **error);

/* Keeps the error of a command that was refused for the line `expect refused` after it: TRUE; FALSE when there is none. */
gboolean mu_run_refuse(MuScenarioRun *run, GError **error);

/* What the table's rows do: sim_scenario_do.c, sim_scenario_fault.c, sim_scenario_expect.c. */
#define ACT(name) gboolean mu_do_##name(MuScenarioRun *run, const MuScenarioLine *line, GError **error)
#define CHECK(name) gboolean mu_check_##name(MuScenarioRun *run, const MuScenarioLine *line, GString *found)
ACT(seed);
ACT(cluster);
ACT(agent);
ACT(limit_footprint);
ACT(limit_stored);
ACT(services_code);
ACT(service);
ACT(update);
ACT(remove);
ACT(uninstall);
ACT(rollback);
ACT(restart);
ACT(pod);
ACT(pod_pause);
ACT(plan);
ACT(plan_start);
ACT(task);
ACT(wait);
ACT(remember);
ACT(fail_task);
ACT(finish_task);
ACT(end_task);
ACT(end_executor);
ACT(check);
ACT(lose_agent);
ACT(return_agent);
ACT(reboot_agent);
ACT(lose_disk);
ACT(crash);
ACT(scheduler_role);
ACT(crash_at);
ACT(crash_everywhere);
ACT(store_fails);
ACT(store_gone);
ACT(store_full);
ACT(store_slow);
ACT(store_uncertain);
ACT(drop_accepts);
ACT(refuse_launches);
ACT(rescind);
ACT(disconnect);
ACT(reconnect);
ACT(statuses);
ACT(heal);
ACT(expect_none);
CHECK(refused);
CHECK(answer);
CHECK(plan);
CHECK(phase);
CHECK(step);
CHECK(pod);
CHECK(pod_on);
CHECK(pod_role);
CHECK(roles);
CHECK(spread);
CHECK(task);
CHECK(variable);
CHECK(same);
CHECK(nothing_left);
CHECK(torn_down);
CHECK(service);
CHECK(rejected);
CHECK(holdout);
CHECK(services);
CHECK(running);
CHECK(health);
#endif
