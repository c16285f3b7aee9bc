/* Reading a scenario, and running its lines. */
#include "sim_scenario_private.h"

#include "json.h"
#include <muster/error.h>

#include <string.h>

#define MAX_FAULTS 20  /* listed of one file */
#define MAX_ATTEMPTS 8 /* of a command whose scheduler dies */

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static void line_free(MuScenarioLine *line) {
  g_array_unref(line->args);
  g_free(line->text);
  g_free(line->block);
  g_free(line);
}

void mu_scenario_free(MuScenario *scenario) {
  if (scenario == NULL)
    return;
  g_ptr_array_unref(scenario->lines);
  g_free(scenario->file);
  g_free(scenario->intent);
  g_free(scenario);
}

typedef struct {
  MuScenario *scenario;
  char **texts; /* of the lines */
  guint next;   /* of them */
  GString *faults;
  guint n_faults;
} Reader;

static void add_fault(Reader *reader, guint number, const char *what) {
  if (reader->n_faults++ < MAX_FAULTS)
    g_string_append_printf(reader->faults, "%s%s:%u: %s", reader->faults->len == 0 ? "" : "\n", reader->scenario->file,
                           number, what);
}

/* The lines up to the one that is the word of `<<WORD` alone. */
static void read_block(Reader *reader, MuScenarioLine *line) {
  const char *end = mu_line_text(line, "<<END") + 2;
  g_autoptr(GString) block = g_string_new(NULL);
  for (; reader->texts[reader->next] != NULL; reader->next++) {
    const char *text = reader->texts[reader->next];
    if (strcmp(text, end) == 0) {
      reader->next++;
      line->block = g_strdup(block->str);
      return;
    }
    g_string_append_printf(block, "%s\n", text);
  }
  g_autofree char *what = g_strdup_printf("the spec does not end; expected a line that is %s alone", end);
  add_fault(reader, line->number, what);
}

/* `send` before a command to the scheduler. */
static gboolean match_line(GArray *words, MuScenarioLine *line, GString *fault) {
  const MuScenarioWord *first = &g_array_index(words, MuScenarioWord, 0);
  line->is_sent = words->len > 1 && !first->quoted && strcmp(first->text, "send") == 0;
  if (line->is_sent)
    g_array_remove_index(words, 0);
  if (!mu_scenario_match(words, line, fault))
    return FALSE;
  if (!line->is_sent || mu_scenario_is_command(line->command))
    return TRUE;
  g_string_assign(
      fault, "only what the scheduler is told can be sent; expected service, update, remove, restart, pod, plan …");
  line->command = NULL;
  return FALSE;
}

static void read_line(Reader *reader, const char *text) {
  g_autoptr(GArray) words = NULL;
  g_autoptr(GString) fault = g_string_new(NULL);
  MuScenarioLine *line = g_new0(MuScenarioLine, 1);
  line->number = reader->next;
  line->text = g_strstrip(g_strdup(text));
  line->args = g_array_new(FALSE, FALSE, sizeof(MuScenarioArg));
  g_array_set_clear_func(line->args, mu_scenario_arg_clear);
  if (!mu_scenario_split(text, &words))
    add_fault(reader, line->number, "a quote is not closed; expected another \"");
  else if (words->len > 0 && !match_line(words, line, fault))
    add_fault(reader, line->number, fault->str);
  if (line->command != NULL && mu_line_has(line, "<<END"))
    read_block(reader, line);
  if (line->command != NULL)
    g_ptr_array_add(reader->scenario->lines, line);
  else
    line_free(line);
}

static void read_intent(Reader *reader) {
  const char *first = reader->texts[0];
  if (first != NULL && first[0] == '#' && strspn(first, "# \t") < strlen(first))
    reader->scenario->intent = g_strstrip(g_strdup(first + 1));
  else
    add_fault(reader, 1,
              "the first line does not say what the scenario shows; expected a comment: # a service is added");
}

MuScenario *mu_scenario_parse(const char *file, const char *text, GError **error) {
  g_autoptr(MuScenario) scenario = g_new0(MuScenario, 1);
  g_autoptr(GString) faults = g_string_new(NULL);
  g_autoptr(GString) unix_text = g_string_new(text);
  g_string_replace(unix_text, "\r\n", "\n", 0);
  g_auto(GStrv) texts = g_strsplit(unix_text->str, "\n", -1);
  Reader reader = {.scenario = scenario, .texts = texts, .faults = faults};
  scenario->file = g_strdup(file);
  scenario->lines = g_ptr_array_new_with_free_func((GDestroyNotify)line_free);
  read_intent(&reader);
  while (texts[reader.next] != NULL)
    read_line(&reader, texts[reader.next++]);
  if (reader.n_faults == 0 && scenario->lines->len == 0)
    add_fault(&reader, 1, "the scenario has no command; expected one such as: cluster 3 agents cpus 4 …");
  if (reader.n_faults == 0)
    return g_steal_pointer(&scenario);
  if (reader.n_faults > MAX_FAULTS)
    g_string_append_printf(faults, "\n… and %u more", reader.n_faults - MAX_FAULTS);
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, faults->str);
  return NULL;
}

const char *mu_scenario_intent(const MuScenario *scenario) {
  return scenario->intent;
}

char *mu_scenario_plain_context(const char *yaml, const char *const *parameters) {
  g_autoptr(json_t) root = json_object();
  json_t *object = json_object();
  for (guint i = 0; parameters[i] != NULL; i++) {
    g_autofree char *key = g_strndup(parameters[i], strcspn(parameters[i], "="));
    json_object_set_new(object, key, json_string(strchr(parameters[i], '=') + 1));
  }
  json_object_set_new(root, "yaml", json_string(yaml));
  json_object_set_new(root, "parameters", object);
  return json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
}

/* ---- commands -------------------------------------------------------------------------------------------------------- */

static gboolean refusal_expected(const MuScenarioRun *run) {
  if (run->next >= run->scenario->lines->len)
    return FALSE;
  const MuScenarioLine *next = run->scenario->lines->pdata[run->next];
  return next->command->check == mu_check_refused;
}

gboolean mu_run_refuse(MuScenarioRun *run, GError **error) {
  if (!refusal_expected(run))
    return FALSE;
  run->refused = g_steal_pointer(error);
  return TRUE;
}

/* What is there already, or is not any more, when a command is given again whose answer was lost in a crash. */
static gboolean was_done(MuCommandKind kind, guint attempt, const GError *error) {
  gboolean removal = kind == MU_COMMAND_SERVICE_REMOVE || kind == MU_COMMAND_SERVICE_FORCE_REMOVE;
  return attempt > 0 && removal && error->code == MU_ERROR_NOT_FOUND;
}

gboolean mu_run_command(MuScenarioRun *run, const MuScenarioLine *line, MuScenarioMake make, json_t **ret_body,
                        GError **error) {
  if (line->is_sent) {
    mu_sim_post(run->sim, make(run, line));
    *ret_body = json_object();
    return TRUE;
  }
  for (guint attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    g_autoptr(GError) cause = NULL;
    guint crashes = mu_sim_crashes(run->sim);
    MuCommand *command = make(run, line);
    MuCommandKind kind = command->kind;
    json_t *body = mu_sim_command(run->sim, command, &cause);
    if (body != NULL) {
      *ret_body = body;
      return TRUE;
    }
    if (g_error_matches(cause, MU_ERROR, MU_ERROR_TIMED_OUT) && mu_sim_crashes(run->sim) > crashes)
      continue;
    if (was_done(kind, attempt, cause))
      return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return mu_run_refuse(run, error);
  }
  g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT, "no answer in %d attempts", MAX_ATTEMPTS);
  return FALSE;
}

/* ---- running --------------------------------------------------------------------------------------------------------- */

typedef struct {
  MuScenarioRun *run;
  const MuScenarioLine *line;
} Expectation;

static gboolean holds(MuSim *sim, gpointer user) {
  const Expectation *expectation = user;
  (void)sim;
  return expectation->line->command->check(expectation->run, expectation->line, NULL);
}

static gboolean check(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  Expectation expectation = {run, line};
  gint64 within_ms = mu_line_number(line, "T", 0);
  if (mu_sim_run_until(run->sim, holds, &expectation, within_ms))
    return TRUE;
  g_autoptr(GString) found = g_string_new(NULL);
  line->command->check(run, line, found);
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "does not hold; found: %s", found->str);
  return FALSE;
}

static gboolean no_violation(MuScenarioRun *run, GError **error) {
  if (mu_sim_violation(run->sim) == NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "a rule was broken: %s", mu_sim_violation(run->sim));
  return FALSE;
}

static gboolean run_line(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  if (line->command->check != mu_check_refused)
    g_clear_error(&run->refused);
  gboolean done = line->command->act != NULL ? line->command->act(run, line, error) : check(run, line, error);
  return done && no_violation(run, error);
}

static void add_place(const MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  gint64 now_ms = mu_sim_now_ms(run->sim) - run->began_ms;
  g_autoptr(GString) place = g_string_new(NULL);
  g_string_printf(place, "%s:%u: %s: ", run->scenario->file, line->number, line->text);
  if (run->crash_at > 0)
    g_string_append_printf(place, "(with a crash %s commit %u behind `crash at every commit`) ",
                           run->crash_durable ? "after" : "before", run->crash_at);
  g_prefix_error(error, "%s", place->str);
  g_autofree char *message = g_strdup_printf("%s (at %" G_GINT64_FORMAT ".%03d s, seed %" G_GUINT64_FORMAT ")",
                                             (*error)->message, now_ms / 1000, (int)(now_ms % 1000), run->seed);
  g_free((*error)->message);
  (*error)->message = g_steal_pointer(&message);
  (*error)->code = MU_ERROR_FAILED;
}

static gboolean run_lines(MuScenarioRun *run, GError **error) {
  while (run->next < run->scenario->lines->len) {
    const MuScenarioLine *line = run->scenario->lines->pdata[run->next++];
    if (run_line(run, line, error))
      continue;
    g_autoptr(GError) plain = *error;
    *error = g_error_new_literal(MU_ERROR, plain->code, plain->message);
    add_place(run, line, error);
    return FALSE;
  }
  return TRUE;
}

static guint64 choose_seed(const MuScenario *scenario, const MuScenarioOptions *options) {
  if (options->has_seed)
    return options->seed;
  for (guint i = 0; i < scenario->lines->len; i++) {
    const MuScenarioLine *line = scenario->lines->pdata[i];
    if (line->command->act == mu_do_seed)
      return (guint64)mu_line_number(line, "SEED", 1);
  }
  return 1;
}

static MuServiceScheduler *build(const char *name, GBytes *context, gpointer user, GError **error) {
  const MuScenarioRun *run = user;
  MuServiceScheduler *scheduler = mu_yaml_service_factory(name, context, NULL, error);
  if (scheduler != NULL && run->code != NULL)
    mu_sim_own_code_add(run->code, scheduler);
  return scheduler;
}

static void run_clear(MuScenarioRun *run) {
  mu_sim_own_code_free(run->code);
  mu_sim_free(run->sim);
  g_hash_table_unref(run->remembered);
  g_hash_table_unref(run->scripted);
  g_hash_table_unref(run->by_goal);
  g_clear_error(&run->refused);
  g_free(run->answer);
}

/* One run; `crash_at` 0: none that the scenario does not ask for itself. Returns by the report how many commits followed the
 * line `crash at every commit`. */
static gboolean run_once(const MuScenario *scenario, const MuScenarioOptions *options, guint crash_at, gboolean durable,
                         MuScenarioReport *report, guint *ret_moments, GError **error) {
  g_autoptr(GError) cause = NULL;
  MuScenarioRun run = {.scenario = scenario, .options = options, .crash_at = crash_at, .crash_durable = durable};
  run.seed = report->seed;
  run.sim = mu_sim_new(run.seed, build, &run);
  run.began_ms = mu_sim_now_ms(run.sim);
  mu_sim_check_every(run.sim, options->check_every != 0 ? options->check_every : 1);
  run.remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  run.scripted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  run.by_goal = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (options->begin != NULL)
    options->begin(run.sim, options->user);
  gboolean passed = run_lines(&run, &cause);
  if (report->runs++ == 0) {
    report->commits = mu_sim_commits(run.sim);
    report->virtual_ms = mu_sim_now_ms(run.sim) - run.began_ms;
  }
  report->crashes += mu_sim_crashes(run.sim);
  if (mu_sim_violation(run.sim) != NULL)
    g_strlcpy(report->broken, mu_sim_violation(run.sim),
              MIN(sizeof report->broken, strcspn(mu_sim_violation(run.sim), ":") + 1));
  *ret_moments = run.every_commit ? mu_sim_commits(run.sim) - run.commits_before : 0;
  run_clear(&run);
  if (!passed)
    g_propagate_error(error, g_steal_pointer(&cause));
  return passed;
}

gboolean mu_scenario_run(const MuScenario *scenario, const MuScenarioOptions *options, MuScenarioReport *ret_report,
                         GError **error) {
  guint moments = 0, ignored = 0;
  *ret_report = (MuScenarioReport){.seed = choose_seed(scenario, options)};
  if (!run_once(scenario, options, 0, FALSE, ret_report, &moments, error))
    return FALSE;
  for (guint i = 1; i <= moments; i++)
    for (guint durable = 0; durable < 2; durable++)
      if (!run_once(scenario, options, i, durable == 1, ret_report, &ignored, error))
        return FALSE;
  return TRUE;
}
