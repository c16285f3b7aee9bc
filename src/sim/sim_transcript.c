#include "sim_transcript.h"

#include "bug.h"
#include "sim_private.h"

#include <string.h>

void mu_sim_transcribe(MuSim *sim) {
  sim->transcript = g_string_new(NULL);
}

static void end_wait(MuSim *sim) {
  if (sim->waited_ms > 0)
    g_string_append_printf(sim->transcript, "wait %" G_GINT64_FORMAT "ms\n", sim->waited_ms);
  sim->waited_ms = 0;
}

void mu_sim_note(MuSim *sim, const char *format, ...) {
  va_list args;
  if (sim->transcript == NULL)
    return;
  end_wait(sim);
  va_start(args, format);
  g_string_append_vprintf(sim->transcript, format, args);
  va_end(args);
  g_string_append_c(sim->transcript, '\n');
}

void mu_sim_note_wait(MuSim *sim, gint64 ms) {
  if (sim->transcript != NULL)
    sim->waited_ms += ms;
}

char *mu_sim_transcript(MuSim *sim) {
  if (sim->transcript == NULL)
    return g_strdup("");
  end_wait(sim);
  return g_strdup(sim->transcript->str);
}

/* ---- commands -------------------------------------------------------------------------------------------------------- */

/* redis/deploy/phase/step, in quotes: names have all kinds of characters. */
static char *path_of(const MuCommand *command) {
  GString *path = g_string_new("\"");
  const char *const parts[] = {command->service, command->pod, command->plan, command->phase, command->step};
  for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
    if (parts[i] != NULL)
      g_string_append_printf(path, "%s%s", path->len > 1 ? "/" : "", parts[i]);
  g_string_append_c(path, '"');
  return g_string_free(path, FALSE);
}

static void note_put(MuSim *sim, const MuCommand *command) {
  gsize length = 0;
  const char *yaml = g_bytes_get_data(command->context, &length);
  mu_sim_note(sim, "send update %s <<END\n%.*s%sEND", command->service, (int)length, yaml,
              length > 0 && yaml[length - 1] == '\n' ? "" : "\n");
}

/* Kinds that are one word and a path. */
static const char *word_of(MuCommandKind kind) {
  switch (kind) {
  case MU_COMMAND_POD_RESTART: return "pod restart";
  case MU_COMMAND_POD_REPLACE: return "pod replace";
  case MU_COMMAND_POD_DECOMMISSION: return "pod decommission";
  case MU_COMMAND_POD_RECOMMISSION: return "pod recommission";
  case MU_COMMAND_POD_PAUSE: return "pod pause";
  case MU_COMMAND_POD_RESUME: return "pod resume";
  case MU_COMMAND_PLAN_INTERRUPT: return "plan interrupt";
  case MU_COMMAND_PLAN_CONTINUE: return "plan continue";
  case MU_COMMAND_PLAN_FORCE_COMPLETE: return "plan force-complete";
  case MU_COMMAND_PLAN_RESTART: return "plan restart";
  case MU_COMMAND_PLAN_START: return "plan start";
  case MU_COMMAND_PLAN_STOP: return "plan stop";
  default: return NULL;
  }
}

/* " task r0 task r1": of a pause, which need not be of the whole pod. */
static char *tasks_of(const MuCommand *command) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; command->tasks != NULL && command->tasks[i] != NULL; i++)
    g_string_append_printf(text, " task %s", command->tasks[i]);
  return g_string_free(text, FALSE);
}

void mu_sim_note_command(MuSim *sim, const MuCommand *command) {
  if (sim->transcript == NULL)
    return;
  g_autofree char *path = path_of(command), *tasks = tasks_of(command);
  if (command->kind == MU_COMMAND_SERVICE_PUT)
    note_put(sim, command);
  else if (command->kind == MU_COMMAND_SERVICE_REMOVE || command->kind == MU_COMMAND_SERVICE_FORCE_REMOVE)
    mu_sim_note(sim, "send remove %s%s", command->service,
                command->kind == MU_COMMAND_SERVICE_FORCE_REMOVE ? " by force" : "");
  else if (command->kind == MU_COMMAND_SERVICE_RESTART)
    mu_sim_note(sim, "send restart %s with %s", command->service, mu_strategy_to_string(command->strategy));
  else if (command->kind == MU_COMMAND_PLAN_START || command->kind == MU_COMMAND_PLAN_STOP) /* a plan as a whole */
    mu_sim_note(sim, "send %s %s/%s", word_of(command->kind), command->service, command->plan);
  else if (command->kind == MU_COMMAND_SERVICE_ROLLBACK)
    mu_sim_note(sim, "send rollback %s%s%s", command->service, command->config == NULL ? "" : " to ",
                command->config == NULL ? "" : command->config);
  else if (word_of(command->kind) != NULL)
    mu_sim_note(sim, "send %s %s%s", word_of(command->kind), path, tasks);
  else
    mu_bug("a command that no line of a scenario stands for");
}

/* ---- the cluster ------------------------------------------------------------------------------------------------------ */

static void append_cpus(GString *line, gint64 milli) {
  g_string_append_printf(line, "%" G_GINT64_FORMAT ".%03d", milli / 1000, (int)(milli % 1000));
}

static void append_attributes(GString *line, const char *attributes) {
  g_auto(GStrv) pairs = g_strsplit(attributes, ";", -1);
  for (guint i = 0; pairs[i] != NULL; i++) {
    g_auto(GStrv) pair = g_strsplit(pairs[i], ":", 2);
    g_string_append_printf(line, " attribute %s=%s", pair[0], pair[1]);
  }
}

void mu_sim_note_agent(MuSim *sim, const MuSimAgentOptions *options) {
  g_autoptr(GString) line = g_string_new("agent ");
  g_string_append_printf(line, "%s cpus ", options->id);
  append_cpus(line, options->cpus_milli);
  g_string_append_printf(line, " mem %" G_GINT64_FORMAT "MB disk %" G_GINT64_FORMAT "MB ports %s", options->mem_mb,
                         options->disk_mb, options->ports);
  if (options->attributes != NULL)
    append_attributes(line, options->attributes);
  if (options->region != NULL)
    g_string_append_printf(line, " region %s", options->region);
  if (options->zone != NULL)
    g_string_append_printf(line, " zone %s", options->zone);
  for (const gint64 *mount = options->mounts_mb; mount != NULL && *mount != 0; mount++)
    g_string_append_printf(line, " mount %" G_GINT64_FORMAT "MB", *mount);
  if (options->role != NULL)
    g_string_append_printf(line, " reserved for %s", options->role);
  mu_sim_note(sim, "%s", line->str);
}

void mu_sim_note_script(MuSim *sim, const char *task, const MuSimScript *script) {
  g_autoptr(GString) line = g_string_new(NULL);
  g_string_printf(line, "task %s starts after %" G_GINT64_FORMAT "ms ready after %" G_GINT64_FORMAT "ms", task,
                  script->start_ms, script->ready_ms);
  if (script->end_ms > 0)
    g_string_append_printf(line, " runs for %" G_GINT64_FORMAT "ms exits with %d", script->end_ms,
                           script->end == MU_TASK_FINISHED ? 0 : 1);
  g_string_append_printf(line, " ignores kill for %" G_GINT64_FORMAT "ms", script->kill_ms);
  mu_sim_note(sim, "%s", line->str);
}
