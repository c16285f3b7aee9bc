/* What the lines of a scenario do that are no expectations: the cluster, the commands, the tasks' scripts. */
#include "sim_scenario_private.h"

#include "client_private.h"
#include "json.h"
#include "sim_scenario_find.h"
#include <muster/error.h>

#include <string.h>

#define NEVER_MS (G_GINT64_CONSTANT(1000) * 3600 * 24 * 365)
#define DEFAULT_TURN_MS 60000

/* ---- the cluster ----------------------------------------------------------------------------------------------------- */

gboolean mu_do_seed(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)run; /* chosen before the first line runs */
  (void)line;
  (void)error;
  return TRUE;
}

/* KEY=VALUE of each attribute as "key:value;key:value". */
static char *join_attributes(const MuScenarioLine *line) {
  g_autofree const char **pairs = mu_line_texts(line, "KEY=VALUE");
  GString *out = g_string_new(NULL);
  for (guint i = 0; pairs[i] != NULL; i++) {
    const char *equals = strchr(pairs[i], '=');
    g_string_append_printf(out, "%s%.*s:%s", i == 0 ? "" : ";", (int)(equals - pairs[i]), pairs[i], equals + 1);
  }
  return g_string_free(out, FALSE);
}

static GArray *mount_sizes(const MuScenarioLine *line) {
  GArray *sizes = g_array_new(TRUE, FALSE, sizeof(gint64));
  for (guint i = 0; i < line->args->len; i++) {
    const MuScenarioArg *arg = &g_array_index(line->args, MuScenarioArg, i);
    if (strcmp(arg->name, "SIZE") == 0)
      g_array_append_val(sizes, arg->number);
  }
  return sizes;
}

static void add_agent(MuScenarioRun *run, const MuScenarioLine *line, const char *id) {
  g_autofree char *attributes = join_attributes(line);
  g_autoptr(GArray) mounts = mount_sizes(line);
  const MuSimAgentOptions options = {
      .id = id,
      .region = mu_line_text(line, "REGION"),
      .zone = mu_line_text(line, "ZONE"),
      .cpus_milli = mu_line_number(line, "CPUS", 0),
      .mem_mb = mu_line_number(line, "MEM", 0),
      .disk_mb = mu_line_number(line, "DISK", 0),
      .ports = mu_line_text(line, "PORTS"),
      .attributes = *attributes == '\0' ? NULL : attributes,
      .role = mu_line_text(line, "ROLE"),
      .mounts_mb = mounts->len == 0 ? NULL : (const gint64 *)mounts->data,
  };
  mu_sim_add_agent_with(run->sim, &options);
}

gboolean mu_do_cluster(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  gint64 n = mu_line_number(line, "N", 0);
  (void)error;
  for (gint64 i = 0; i < n; i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", mu_sim_agents(run->sim));
    add_agent(run, line, id);
  }
  return TRUE;
}

gboolean mu_do_agent(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = mu_find_agent_id(mu_line_text(line, "AGENT"));
  if (mu_has_agent(run, id)) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "there is an agent %s already; expected a new id", id);
    return FALSE;
  }
  add_agent(run, line, id);
  return TRUE;
}

static gboolean check_not_begun(const MuScenarioRun *run, GError **error) {
  if (mu_sim_client(run->sim) == NULL)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "the scheduler runs already; expected before the first service");
  return FALSE;
}

gboolean mu_do_services_code(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)line;
  if (!check_not_begun(run, error))
    return FALSE;
  if (run->code == NULL)
    run->code = mu_sim_own_code_new(run->sim, run->seed);
  return TRUE;
}

gboolean mu_do_limit_footprint(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  if (!check_not_begun(run, error))
    return FALSE;
  mu_sim_limit_footprint(run->sim, (guint)mu_line_number(line, "N", 0), mu_line_number(line, "T", DEFAULT_TURN_MS));
  return TRUE;
}

gboolean mu_do_limit_stored(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_limit_stored(run->sim, (gsize)mu_line_number(line, "N", 0));
  return TRUE;
}

gboolean mu_do_wait(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_run(run->sim, mu_line_number(line, "T", 0));
  return TRUE;
}

/* ---- tasks that end -------------------------------------------------------------------------------------------------- */

#define GOAL_MS 1000

static gboolean ends_with(const char *name, const char *task) {
  return g_str_has_suffix(name, task) && name[strlen(name) - strlen(task) - 1] == '-';
}

/* A `task` line for all tasks of a name holds for those, too, that have a script by their goal. */
static void replace_by_goal(MuScenarioRun *run, const char *task, const MuSimScript *script) {
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, run->by_goal);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    if (strlen(name) > strlen(task) && ends_with(name, task))
      mu_sim_script(run->sim, name, script);
  g_hash_table_add(run->scripted, g_strdup(task));
}

static void script_pod(MuScenarioRun *run, const MuPodSpec *pod, const MuTaskSpec *task) {
  MuSimScript script = mu_sim_script_default;
  script.end_ms = GOAL_MS;
  for (gint64 i = 0; i < pod->count; i++) {
    char *name = g_strdup_printf("%s-%" G_GINT64_FORMAT "-%s", pod->type, i, task->name);
    if (!g_hash_table_contains(run->scripted, name) && g_hash_table_add(run->by_goal, g_strdup(name)))
      mu_sim_script(run->sim, name, &script);
    g_free(name);
  }
}

/* Tasks of goal FINISH and ONCE end by themselves, unless the scenario says what they do. */
static void script_by_goal(MuScenarioRun *run, const char *name, GBytes *context) {
  MuServiceScheduler *scheduler = mu_yaml_service_factory(name, context, NULL, NULL);
  const MuServiceSpec *spec = scheduler == NULL ? NULL : mu_service_scheduler_spec(scheduler);
  for (guint i = 0; spec != NULL && i < spec->n_pods; i++)
    for (guint j = 0; j < spec->pods[i].n_tasks; j++) {
      const MuTaskSpec *task = &spec->pods[i].tasks[j];
      if (task->goal != MU_GOAL_RUNNING && !g_hash_table_contains(run->scripted, task->name))
        script_pod(run, &spec->pods[i], task);
    }
  mu_service_scheduler_free(scheduler);
}

/* ---- services -------------------------------------------------------------------------------------------------------- */

typedef struct {
  MuScenarioLine line; /* first, so that `make` finds the rest behind it */
  GBytes *context;
  gint64 if_version;
} PutLine;

static MuCommand *make_put(MuScenarioRun *run, const MuScenarioLine *line) {
  const PutLine *put = (const PutLine *)line;
  (void)run;
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, mu_line_text(line, "NAME"));
  command->context = g_bytes_ref(put->context);
  command->if_version = put->if_version;
  return command;
}

static gboolean put(MuScenarioRun *run, const MuScenarioLine *line, gint64 if_version, GError **error) {
  g_autofree const char **parameters = mu_line_texts(line, "KEY=VALUE");
  g_autoptr(json_t) body = NULL;
  char *context = run->options->context(mu_line_text(line, "FILE"), line->block, parameters, run->options->user, error);
  if (context == NULL)
    return mu_run_refuse(run, error);
  PutLine put_line = {*line, g_bytes_new_take(context, strlen(context)), if_version};
  script_by_goal(run, mu_line_text(line, "NAME"), put_line.context);
  gboolean done = mu_run_command(run, &put_line.line, make_put, &body, error);
  g_free(run->answer);
  run->answer = g_strdup(json_string_value(json_object_get(body, "result")));
  g_bytes_unref(put_line.context);
  return done;
}

gboolean mu_do_service(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  return put(run, line, MU_VERSION_ABSENT, error);
}

gboolean mu_do_update(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  return put(run, line, mu_line_number(line, "N", MU_VERSION_ANY), error);
}

static MuCommand *make_remove(MuScenarioRun *run, const MuScenarioLine *line) {
  (void)run;
  MuCommandKind kind = mu_line_has(line, "force") ? MU_COMMAND_SERVICE_FORCE_REMOVE : MU_COMMAND_SERVICE_REMOVE;
  return mu_command_new(kind, mu_line_text(line, "NAME"));
}

gboolean mu_do_remove(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_remove, &body, error);
}

static MuCommand *make_rollback(MuScenarioRun *run, const MuScenarioLine *line) {
  (void)run;
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_ROLLBACK, mu_line_text(line, "NAME"));
  command->config = g_strdup(mu_line_text(line, "VERSION"));
  return command;
}

gboolean mu_do_rollback(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  gboolean done = mu_run_command(run, line, make_rollback, &body, error);
  g_free(run->answer);
  run->answer = g_strdup(json_string_value(json_object_get(body, "result")));
  return done;
}

static MuCommand *make_restart(MuScenarioRun *run, const MuScenarioLine *line) {
  (void)run;
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_RESTART, mu_line_text(line, "NAME"));
  command->strategy = (MuStrategyKind)mu_line_number(line, "STRATEGY", MU_STRATEGY_SERIAL);
  return command;
}

gboolean mu_do_restart(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_restart, &body, error);
}

static MuCommand *make_uninstall(MuScenarioRun *run, const MuScenarioLine *line) {
  (void)run;
  (void)line;
  return mu_command_new(MU_COMMAND_UNINSTALL, NULL);
}

gboolean mu_do_uninstall(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_uninstall, &body, error);
}

/* ---- pods and plans -------------------------------------------------------------------------------------------------- */

static MuCommand *make_pod(MuScenarioRun *run, const MuScenarioLine *line) {
  g_auto(MuPath) path = mu_path_split(run, mu_line_text(line, "S/POD"));
  static const MuCommandKind KINDS[] = {MU_COMMAND_POD_RESTART, MU_COMMAND_POD_REPLACE, MU_COMMAND_POD_DECOMMISSION,
                                        MU_COMMAND_POD_RECOMMISSION};
  MuCommand *command =
      mu_command_new(KINDS[mu_line_number(line, "restart|replace|decommission|recommission", 0)], path.service);
  command->pod = g_strjoinv("/", path.parts);
  return command;
}

gboolean mu_do_pod(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_pod, &body, error);
}

static MuCommand *make_pause(MuScenarioRun *run, const MuScenarioLine *line) {
  g_auto(MuPath) path = mu_path_split(run, mu_line_text(line, "S/POD"));
  gboolean resume = mu_line_number(line, "pause|resume", 0) == 1;
  MuCommand *command = mu_command_new(resume ? MU_COMMAND_POD_RESUME : MU_COMMAND_POD_PAUSE, path.service);
  g_autofree const char **tasks = mu_line_texts(line, "TASK");
  command->pod = g_strjoinv("/", path.parts);
  command->tasks = g_strdupv((char **)tasks);
  return command;
}

gboolean mu_do_pod_pause(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_pause, &body, error);
}

static MuCommand *make_plan(MuScenarioRun *run, const MuScenarioLine *line) {
  static const MuCommandKind KINDS[] = {MU_COMMAND_PLAN_INTERRUPT, MU_COMMAND_PLAN_CONTINUE,
                                        MU_COMMAND_PLAN_FORCE_COMPLETE, MU_COMMAND_PLAN_RESTART};
  g_auto(MuPath) path = mu_path_split(run, mu_line_text(line, "S/ELEMENT"));
  gint64 kind = mu_line_number(line, "interrupt|continue|force-complete|restart", 0);
  MuCommand *command = mu_command_new(KINDS[kind], path.service);
  command->plan = g_strdup(path.n > 0 ? path.parts[0] : "");
  command->phase = g_strdup(path.n > 1 ? path.parts[1] : NULL);
  command->step = g_strdup(path.n > 2 ? path.parts[2] : NULL);
  return command;
}

gboolean mu_do_plan(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_plan, &body, error);
}

static MuCommand *make_plan_start(MuScenarioRun *run, const MuScenarioLine *line) {
  g_auto(MuPath) path = mu_path_split(run, mu_line_text(line, "S/PLAN"));
  g_autofree const char **pairs = mu_line_texts(line, "KEY=VALUE");
  MuCommand *command =
      mu_command_new(mu_line_has(line, "stop") ? MU_COMMAND_PLAN_STOP : MU_COMMAND_PLAN_START, path.service);
  command->plan = g_strjoinv("/", path.parts);
  command->parameters = json_object();
  for (guint i = 0; pairs[i] != NULL; i++) {
    g_auto(GStrv) pair = g_strsplit(pairs[i], "=", 2);
    mu_json_set_string(command->parameters, pair[0], pair[1]);
  }
  return command;
}

gboolean mu_do_plan_start(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autoptr(json_t) body = NULL;
  return mu_run_command(run, line, make_plan_start, &body, error);
}

/* ---- tasks ----------------------------------------------------------------------------------------------------------- */

gboolean mu_do_task(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  MuSimScript script = mu_sim_script_default;
  (void)error;
  script.start_ms = mu_line_time_after(line, "starts", script.start_ms);
  script.ready_ms = mu_line_has(line, "never") ? NEVER_MS : mu_line_time_after(line, "ready", script.ready_ms);
  script.end_ms = mu_line_time_after(line, "runs", mu_line_has(line, "exits") ? 1 : 0);
  script.end = mu_line_number(line, "CODE", 0) == 0 ? MU_TASK_FINISHED : MU_TASK_FAILED;
  script.kill_ms = mu_line_time_after(line, "ignores", script.kill_ms);
  mu_sim_script(run->sim, mu_line_text(line, "TASK"), &script);
  replace_by_goal(run, mu_line_text(line, "TASK"), &script);
  return TRUE;
}

gboolean mu_do_remember(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  gboolean pod = mu_line_has(line, "S/POD");
  const char *path = mu_line_text(line, pod ? "S/POD" : "S/TASK");
  char *what = pod ? mu_find_footprint(run, path) : mu_find_run(run, path);
  if (what == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, pod ? "%s holds nothing" : "no run of %s is alive", path);
    return FALSE;
  }
  g_hash_table_insert(run->remembered, g_strdup(path), what);
  return TRUE;
}
