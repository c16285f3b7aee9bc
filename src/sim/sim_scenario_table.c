/* The scenario language: the one place where its commands, their grammar and their meaning stand. The parser, its errors and
 * the reference in docs/simulator.md come from here. */
#include "sim_scenario_private.h"

#include <string.h>

#define ROOM "cpus CPUS mem MEM disk DISK ports PORTS"
#define PLACE "[attribute KEY=VALUE]... [region REGION] [zone ZONE] [mount SIZE]... [reserved for ROLE]"
#define WITHIN " [within T]"
#define STATES "running|ready|staging|finished|failed|killed|lost|gone|unreachable|absent|paused|pausing"

const MuScenarioValue mu_scenario_values[] = {
    {"AGENT", MU_VALUE_TEXT, "an agent's id, or its number: 2 is agent-2"},
    {"CODE", MU_VALUE_CODE, "an exit code; 0 is success"},
    {"CPUS", MU_VALUE_CPUS, "such as 4 or 0.5"},
    {"DISK", MU_VALUE_SIZE, "a size such as 512MB or 100GB"},
    {"<<END", MU_VALUE_BLOCK, "<<WORD; the spec follows, up to a line that is WORD alone"},
    {"FILE", MU_VALUE_TEXT, "a file's path, seen from the scenario's folder"},
    {"KEY=VALUE", MU_VALUE_PAIR, "such as COUNT=3"},
    {"M", MU_VALUE_COUNT, "a whole number"},
    {"MEM", MU_VALUE_SIZE, "a size such as 512MB or 8GB"},
    {"N", MU_VALUE_COUNT, "a whole number"},
    {"NAME", MU_VALUE_TEXT, "a service's name"},
    {"PORTS", MU_VALUE_RANGES, "ranges such as 10000-20000,30000-30010"},
    {"REGION", MU_VALUE_TEXT, "a region's name"},
    {"ROLE", MU_VALUE_TEXT, "a role's name"},
    {"S/ELEMENT", MU_VALUE_PATH, "SERVICE/PLAN, SERVICE/PLAN/PHASE or SERVICE/PLAN/PHASE/STEP"},
    {"S/PHASE", MU_VALUE_PATH, "SERVICE/PLAN/PHASE"},
    {"S/PLAN", MU_VALUE_PATH, "SERVICE/PLAN such as redis/deploy"},
    {"S/POD", MU_VALUE_PATH, "SERVICE/POD such as redis/replica-1"},
    {"S/STEP", MU_VALUE_PATH, "SERVICE/PLAN/PHASE/STEP"},
    {"S/TASK", MU_VALUE_PATH, "SERVICE/TASK such as redis/replica-1-server"},
    {"S/TYPE", MU_VALUE_PATH, "SERVICE/TYPE such as redis/replica"},
    {"SEED", MU_VALUE_SEED, "a whole number"},
    {"SIZE", MU_VALUE_SIZE, "a size such as 512MB or 8GB"},
    {"STATUS", MU_VALUE_STATUS, "a status of plans such as complete, in_progress, pending, delayed, waiting"},
    {"STRATEGY", MU_VALUE_STRATEGY, "serial, parallel, serial-canary, parallel-canary or random"},
    {"T", MU_VALUE_TIME, "a time such as 500ms, 10s, 5m, 1h"},
    {"TASK", MU_VALUE_TEXT, "a task such as replica-1-server, or server for every task of that name"},
    {"TEXT", MU_VALUE_TEXT, "a text; in quotes when it has blanks"},
    {"VERSION", MU_VALUE_TEXT, "a version of the service, or the beginning of a configuration's id"},
    {"WORD", MU_VALUE_TEXT, "a word"},
    {"ZONE", MU_VALUE_TEXT, "a zone's name"},
};
const guint mu_scenario_n_values = G_N_ELEMENTS(mu_scenario_values);

/* clang-format off */
const MuScenarioCommand mu_scenario_commands[] = {
    {"The cluster", "cluster N agents " ROOM " " PLACE, mu_do_cluster, NULL,
     "Adds N agents, agent-0, agent-1, …, each with so much."},
    {NULL, "agent AGENT " ROOM " " PLACE, mu_do_agent, NULL, "Adds one agent, now or later; `mount` gives it a disk of its own."},
    {NULL, "seed SEED", mu_do_seed, NULL, "The run's random source; before anything else. `--seed` takes its place."},
    {NULL, "limit footprint N [turns of T]", mu_do_limit_footprint, NULL,
     "At most N services may reserve more at a time, for T (1 m) each when they cannot be placed; before the first service."},
    {NULL, "limit stored N", mu_do_limit_stored, NULL, "Each service may have N bytes in the store, from now on."},
    {NULL, "services have code", mu_do_services_code, NULL,
     "They have that of random runs with `--code`: custom steps in all plans, and a say in recoveries; before the first service."},

    {"Services", "service NAME from FILE [KEY=VALUE]...", mu_do_service, NULL,
     "Adds a service, as `muster service add` does: the same again is no change, another one of that name is refused."},
    {NULL, "service NAME [KEY=VALUE]... <<END", mu_do_service, NULL, "Likewise, with the spec in the scenario itself."},
    {NULL, "update NAME from FILE [KEY=VALUE]... [if version N]", mu_do_update, NULL,
     "Reconfigures a service, as `muster service update` does."},
    {NULL, "update NAME [KEY=VALUE]... [if version N] <<END", mu_do_update, NULL, "Likewise, with the spec in the scenario itself."},
    {NULL, "remove NAME [by force]", mu_do_remove, NULL,
     "Removes a service; by force: an operator declares what it waits for gone."},
    {NULL, "rollback NAME [to VERSION]", mu_do_rollback, NULL,
     "Goes back to an earlier configuration, as `muster service rollback` does."},
    {NULL, "restart NAME [with STRATEGY]", mu_do_restart, NULL,
     "Restarts every pod in turn, as `muster service restart` does."},
    {NULL, "uninstall", mu_do_uninstall, NULL, "Removes all services, and then the framework."},
    {NULL, "pod restart|replace|decommission|recommission S/POD", mu_do_pod, NULL,
     "Restarts a pod in place, starts it anew anywhere, gives it up, or brings it back."},
    {NULL, "pod pause|resume S/POD [task TASK]...", mu_do_pod_pause, NULL,
     "An idle command in place of the tasks' own, or these again; of all tasks, or of those that are named."},
    {NULL, "plan start S/PLAN [KEY=VALUE]...", mu_do_plan_start, NULL,
     "Begins a plan, anew when it is complete, with these parameters for the environment of its tasks."},
    {NULL, "plan stop S/PLAN", mu_do_plan_start, NULL, "Interrupts a plan and sets it back to its beginning."},
    {NULL, "plan interrupt|continue|force-complete|restart S/ELEMENT", mu_do_plan, NULL, "Steers a plan, a phase or a step."},

    {"Tasks", "task TASK [starts after T] [ready after T] [never ready] [runs for T] [exits with CODE] [ignores kill for T]",
     mu_do_task, NULL,
     "What such a task does from its next launch on. Without this line it runs after 10 ms, is ready 20 ms later, dies 5 ms "
     "after a kill, and ends by itself never, or with goal FINISH or ONCE after 1 s with success."},
    {NULL, "fail task S/TASK [N times]", mu_do_fail_task, NULL, "It fails now, and again each time it runs."},
    {NULL, "finish task S/TASK", mu_do_finish_task, NULL, "It ends with exit code 0."},
    {NULL, "end task S/TASK as failed|killed|lost|finished|dropped|gone|unknown", mu_do_end_task, NULL, "It ends in this state, at this moment."},
    {NULL, "end executor of S/POD", mu_do_end_executor, NULL, "The pod's executor dies, and its tasks with it."},

    {"Faults", "lose agent AGENT [for good]", mu_do_lose_agent, NULL,
     "It cannot be reached; its tasks run on unseen. For good: they are dead, and it never returns."},
    {NULL, "return agent AGENT", mu_do_return_agent, NULL, "It can be reached again."},
    {NULL, "reboot agent AGENT", mu_do_reboot_agent, NULL, "Its tasks are gone, its reservations and volumes are there."},
    {NULL, "lose disk N of agent AGENT", mu_do_lose_disk, NULL, "Its N-th `mount` disk (from 0) is gone, with what was on it."},
    {NULL, "crash scheduler [now]", mu_do_crash, NULL, "The scheduler dies and starts again from the store."},
    {NULL, "crash scheduler before|after|halfway|behind commit N", mu_do_crash_at, NULL,
     "… at the N-th commit from now: before it is durable; or after, before anything is done about it; when half of that is done; "
     "or all."},
    {NULL, "scheduler role ROLE", mu_do_scheduler_role, NULL,
     "The scheduler is started again with another `--role`; before the first service: with this one at first."},
    {NULL, "crash at every commit", mu_do_crash_everywhere, NULL,
     "The scenario is run again for each commit that comes after this line: twice, with a crash before it and one after it."},
    {NULL, "store fails N commits", mu_do_store_fails, NULL, "The next N commits fail."},
    {NULL, "store is full for T", mu_do_store_gone, NULL, "Every commit fails for so long."},
    {NULL, "store is full for N commits", mu_do_store_full, NULL, "The next N commits fail for want of room."},
    {NULL, "store is slow for N commits", mu_do_store_slow, NULL, "The next N commits take five seconds each."},
    {NULL, "store loses N answers", mu_do_store_uncertain, NULL,
     "The next N commits are stored, but the scheduler is told that they failed."},
    {NULL, "drop accepts N", mu_do_drop_accepts, NULL, "The next N accepts find their offers gone."},
    {NULL, "refuse launches N", mu_do_refuse_launches, NULL, "The next N launches fail while their reservations are made."},
    {NULL, "rescind offers [of AGENT]", mu_do_rescind, NULL, "All offers that are out are taken back, or those of one agent."},
    {NULL, "statuses N are lost|late|doubled|reordered", mu_do_statuses, NULL, "What becomes of the next N task statuses."},
    {NULL, "disconnect engine", mu_do_disconnect, NULL, "The scheduler hears nothing, and its calls are lost."},
    {NULL, "reconnect engine", mu_do_reconnect, NULL, "It subscribes again."},
    {NULL, "heal", mu_do_heal, NULL, "Ends all faults; lost agents and the connection come back."},
    {NULL, "wait T", mu_do_wait, NULL, "Lets so much virtual time pass."},

    {"Expectations of answers", "expect refused TEXT", NULL, mu_check_refused,
     "The command in the line before is refused, with this in its error."},
    {NULL, "expect answer created|changed|unchanged", NULL, mu_check_answer, "What the last `service` or `update` was answered with."},

    {"Expectations of plans", "expect plan S/PLAN STATUS" WITHIN, NULL, mu_check_plan, "The plan's status."},
    {NULL, "expect phase S/PHASE STATUS" WITHIN, NULL, mu_check_phase, "The phase's status."},
    {NULL, "expect step S/STEP STATUS" WITHIN, NULL, mu_check_step, "The step's status."},

    {"Expectations of pods and tasks", "expect pod S/POD status running|waiting|absent [reason TEXT]" WITHIN, NULL, mu_check_pod,
     "Running: all its tasks run or have reached their goal. Waiting: for an offer; the reason says why. Absent: there is none."},
    {NULL, "expect pod S/POD on AGENT" WITHIN, NULL, mu_check_pod_on, "Where the pod's resources are."},
    {NULL, "expect pod S/POD reserved for ROLE" WITHIN, NULL, mu_check_pod_role, "Its reservations are made for this role."},
    {NULL, "expect pods S/TYPE on N agents" WITHIN, NULL, mu_check_spread, "On how many agents the pods of the type are."},
    {NULL, "expect task S/TASK " STATES WITHIN, NULL, mu_check_task,
     "The task's last status; absent: never launched, or not there any more."},
    {NULL, "expect variable S/TASK KEY=VALUE" WITHIN, NULL, mu_check_variable,
     "The last launch of the task has this parameter of a plan; nothing behind the = stands for none."},
    {NULL, "remember task S/TASK", mu_do_remember, NULL, "Its run, for the next line."},
    {NULL, "expect same|other run of S/TASK" WITHIN, NULL, mu_check_same, "It is the run that was remembered, or another one."},
    {NULL, "remember pod S/POD", mu_do_remember, NULL, "Its footprint, for the next line."},
    {NULL, "expect same|other footprint of S/POD" WITHIN, NULL, mu_check_same,
     "It holds the same reservations and volumes as were remembered, or others."},

    {"Expectations of services and the whole", "expect services N" WITHIN, NULL, mu_check_services, "How many services there are."},
    {NULL, "expect service NAME running|uninstalling|failed|gone" WITHIN, NULL, mu_check_service, "The service's state."},
    {NULL, "expect service NAME rejected TEXT", NULL, mu_check_rejected, "It shows this error of the last update that was refused."},
    {NULL, "expect holdout of NAME TEXT" WITHIN, NULL, mu_check_holdout, "The uninstall names what it waits for."},
    {NULL, "expect running N" WITHIN, NULL, mu_check_running, "How many tasks are alive in the cluster."},
    {NULL, "expect nothing left" WITHIN, NULL, mu_check_nothing_left,
     "No service, task, reservation or volume; the store holds the framework's record only."},
    {NULL, "expect torn down" WITHIN, NULL, mu_check_torn_down, "The framework is gone, and the store is empty."},
    {NULL, "expect roles ROLE [and ROLE]..." WITHIN, NULL, mu_check_roles, "The roles that the framework has; its own first, then by name."},
    {NULL, "expect health WORD" WITHIN, NULL, mu_check_health, "The scheduler's health, such as running, store_unavailable."},
    {NULL, "check targets|leftovers|everything", mu_do_check, NULL,
     "As at the end of a random run: every service reaches its target within two hours, while an operator replaces what is on an agent "
     "that is gone and continues what was interrupted; nothing is left of any; all that the checkers can compare is as it should be."},
    {NULL, "expect no commits|events for T", mu_do_expect_none, NULL, "Quiet: nothing is stored, or nothing happens at all."},
};
/* clang-format on */
const guint mu_scenario_n_commands = G_N_ELEMENTS(mu_scenario_commands);

gboolean mu_scenario_is_command(const MuScenarioCommand *command) {
  const char *section = NULL;
  for (const MuScenarioCommand *row = mu_scenario_commands; row <= command; row++)
    section = row->section != NULL ? row->section : section;
  return strcmp(section, "Services") == 0;
}

/* ---- the reference --------------------------------------------------------------------------------------------------- */

/* A `|` would end the table's cell. */
static void append_cell(GString *out, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '|')
      g_string_append_c(out, '\\');
    g_string_append_c(out, *text);
  }
}

char *mu_scenario_reference(void) {
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < mu_scenario_n_commands; i++) {
    const MuScenarioCommand *command = &mu_scenario_commands[i];
    if (command->section != NULL)
      g_string_append_printf(out, "%s### %s\n\n| command | meaning |\n|---|---|\n", i == 0 ? "" : "\n",
                             command->section);
    g_string_append(out, "| `");
    append_cell(out, command->grammar);
    g_string_append(out, "` | ");
    append_cell(out, command->doc);
    g_string_append(out, " |\n");
  }
  g_string_append(out, "\n### Values\n\n| value | is |\n|---|---|\n");
  for (guint i = 0; i < mu_scenario_n_values; i++)
    g_string_append_printf(out, "| `%s` | %s |\n", mu_scenario_values[i].name, mu_scenario_values[i].form);
  return g_string_free(out, FALSE);
}
