/* What the lines of a scenario break. */
#include "sim_scenario_find.h"

#include <muster/error.h>

#define RUNS_WITHIN_MS (G_GINT64_CONSTANT(30) * 60 * 1000) /* longer than the longest backoff */

static gboolean refuse(GError **error, const char *what, const char *name) {
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, what, name);
  return FALSE;
}

/* ---- tasks ----------------------------------------------------------------------------------------------------------- */

static gboolean is_running(MuSim *sim, gpointer user) {
  g_autofree char *id = mu_sim_task_id(sim, user);
  return id != NULL;
}

/* SERVICE/TASK as the cluster knows it. */
static gboolean end_task(MuScenarioRun *run, const MuScenarioLine *line, MuTaskState how, GError **error) {
  const char *task = mu_line_text(line, "S/TASK");
  gint64 times = mu_line_number(line, "N", 1);
  for (gint64 i = 0; i < times; i++) {
    if (i > 0)
      mu_sim_run_until(run->sim, is_running, (gpointer)task, RUNS_WITHIN_MS);
    if (!mu_sim_end_task_if(run->sim, task, how))
      return refuse(error, "%s does not run", task);
    mu_sim_run(run->sim, 1);
  }
  return TRUE;
}

gboolean mu_do_fail_task(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  return end_task(run, line, MU_TASK_FAILED, error);
}

gboolean mu_do_finish_task(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  return end_task(run, line, MU_TASK_FINISHED, error);
}

gboolean mu_do_end_task(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  static const MuTaskState HOW[] = {MU_TASK_FAILED,  MU_TASK_KILLED, MU_TASK_LOST,   MU_TASK_FINISHED,
                                    MU_TASK_DROPPED, MU_TASK_GONE,   MU_TASK_UNKNOWN};
  const char *task = mu_line_text(line, "S/TASK");
  gint64 how = mu_line_number(line, "failed|killed|lost|finished|dropped|gone|unknown", 0);
  return mu_sim_end_task_if(run->sim, task, HOW[how]) || refuse(error, "%s does not run", task);
}

gboolean mu_do_end_executor(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  const char *pod = mu_line_text(line, "S/POD");
  return mu_sim_end_executor(run->sim, pod) || refuse(error, "%s has no executor that runs", pod);
}

/* ---- agents ---------------------------------------------------------------------------------------------------------- */

static char *agent_of(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = mu_find_agent_id(mu_line_text(line, "AGENT"));
  if (mu_has_agent(run, id))
    return g_steal_pointer(&id);
  refuse(error, "there is no agent %s; agents of `cluster` are agent-0, agent-1, …", id);
  return NULL;
}

gboolean mu_do_lose_agent(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = agent_of(run, line, error);
  return id != NULL &&
         (mu_sim_lose_agent(run->sim, id, mu_line_has(line, "for")) || refuse(error, "agent %s is lost already", id));
}

gboolean mu_do_return_agent(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = agent_of(run, line, error);
  return id != NULL && (mu_sim_return_agent(run->sim, id) || refuse(error, "agent %s is not lost, or for good", id));
}

gboolean mu_do_reboot_agent(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = agent_of(run, line, error);
  return id != NULL && (mu_sim_reboot_agent(run->sim, id) || refuse(error, "agent %s is not there", id));
}

gboolean mu_do_lose_disk(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = agent_of(run, line, error);
  return id != NULL && (mu_sim_lose_disk(run->sim, id, (guint)mu_line_number(line, "N", 0)) ||
                        refuse(error, "agent %s has no such disk; give it some with: mount SIZE", id));
}

/* ---- the scheduler --------------------------------------------------------------------------------------------------- */

/* It must run to die. */
static void start(MuScenarioRun *run) {
  if (mu_sim_client(run->sim) == NULL)
    mu_sim_run(run->sim, 0);
}

gboolean mu_do_scheduler_role(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_set_role(run->sim, mu_line_text(line, "ROLE"));
  if (mu_sim_client(run->sim) != NULL)
    mu_sim_crash(run->sim);
  return TRUE;
}

gboolean mu_do_crash(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)line;
  (void)error;
  start(run);
  mu_sim_crash(run->sim);
  return TRUE;
}

gboolean mu_do_crash_at(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_crash_at(run->sim, (guint)MAX(mu_line_number(line, "N", 1), 1),
                  (MuSimCrashMoment)mu_line_number(line, "before|after|halfway|behind", MU_SIM_CRASH_BEFORE));
  return TRUE;
}

gboolean mu_do_crash_everywhere(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)line;
  if (run->every_commit) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "a scenario has this line once");
    return FALSE;
  }
  run->every_commit = TRUE;
  run->commits_before = mu_sim_commits(run->sim);
  if (run->crash_at > 0)
    mu_sim_crash_at_commit(run->sim, run->crash_at, run->crash_durable);
  return TRUE;
}

/* ---- the store, the engine ------------------------------------------------------------------------------------------- */

gboolean mu_do_store_fails(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_fault_store(run->sim, MU_SIM_STORE_ERROR, (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_store_gone(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_lose_store(run->sim, mu_line_number(line, "T", 0));
  return TRUE;
}

gboolean mu_do_store_full(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_fault_store(run->sim, MU_SIM_STORE_FULL, (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_store_slow(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_fault_store(run->sim, MU_SIM_STORE_SLOW, (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_store_uncertain(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_fault_store(run->sim, MU_SIM_STORE_UNCERTAIN, (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_drop_accepts(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_drop_accepts(run->sim, (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_refuse_launches(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  mu_sim_refuse_launches(run->sim, (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_rescind(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  g_autofree char *id = mu_line_has(line, "AGENT") ? agent_of(run, line, error) : NULL;
  if (mu_line_has(line, "AGENT") && id == NULL)
    return FALSE;
  mu_sim_rescind(run->sim, id);
  return TRUE;
}

gboolean mu_do_statuses(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)error;
  static const MuSimStatusFault FAULTS[] = {MU_SIM_STATUS_LOSE, MU_SIM_STATUS_DELAY, MU_SIM_STATUS_DOUBLE,
                                            MU_SIM_STATUS_REORDER};
  mu_sim_fault_statuses(run->sim, FAULTS[mu_line_number(line, "lost|late|doubled|reordered", 0)],
                        (guint)mu_line_number(line, "N", 1));
  return TRUE;
}

gboolean mu_do_disconnect(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)line;
  (void)error;
  start(run);
  mu_sim_disconnect(run->sim);
  return TRUE;
}

gboolean mu_do_reconnect(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)line;
  (void)error;
  start(run);
  mu_sim_reconnect(run->sim);
  return TRUE;
}

gboolean mu_do_heal(MuScenarioRun *run, const MuScenarioLine *line, GError **error) {
  (void)line;
  (void)error;
  start(run);
  mu_sim_heal(run->sim);
  return TRUE;
}
