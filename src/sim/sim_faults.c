#include "sim_faults.h"

#include "sim_check.h"
#include "sim_transcript.h"
#include <muster/error.h>

#include <string.h>

typedef struct {
  const char *name, *what;
  guint permille;
  void (*strike)(MuSim *sim, MuRandom *random);
} Fault;

struct MuSimFaults {
  MuSimFaultRates rates;
  MuRandom random[MU_SIM_MAX_FAULTS];
};

/* ---- what there is to strike ------------------------------------------------------------------------------------------ */

static guint below(MuRandom *random, guint bound) {
  return (guint)mu_random_below(random, bound);
}

static const char *any_agent(MuSim *sim, MuRandom *random) {
  return mu_sim_agent_id(sim, below(random, mu_sim_agents(sim)));
}

static gint by_id(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuSimTask *const *)a)->id, (*(MuSimTask *const *)b)->id);
}

/* NULL: none lives. */
static MuSimTask *any_task(MuSim *sim, MuRandom *random) {
  g_autoptr(GPtrArray) tasks = g_ptr_array_new();
  GHashTableIter iter;
  gpointer task = NULL;
  g_hash_table_iter_init(&iter, sim->live);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    g_ptr_array_add(tasks, task);
  g_ptr_array_sort(tasks, by_id);
  return tasks->len == 0 ? NULL : tasks->pdata[below(random, tasks->len)];
}

/* ---- the faults ------------------------------------------------------------------------------------------------------- */

static void crash(MuSim *sim, MuRandom *random) {
  static const char *const WHEN[] = {[MU_SIM_CRASH_BEFORE] = "before",
                                     [MU_SIM_CRASH_BETWEEN] = "after",
                                     [MU_SIM_CRASH_HALFWAY] = "halfway",
                                     [MU_SIM_CRASH_AFTER] = "behind"};
  guint n = 1 + below(random, 6);
  MuSimCrashMoment moment = (MuSimCrashMoment)below(random, MU_SIM_CRASH_MOMENTS);
  mu_sim_note(sim, "crash scheduler %s commit %u", WHEN[moment], n);
  mu_sim_crash_at(sim, n, moment);
}

static void kill_scheduler(MuSim *sim, MuRandom *random) {
  (void)random;
  mu_sim_note(sim, "crash scheduler");
  mu_sim_crash(sim);
}

static void store_error(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 3);
  mu_sim_note(sim, "store fails %u commits", n);
  mu_sim_fault_store(sim, MU_SIM_STORE_ERROR, n);
}

static void store_full(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 10);
  mu_sim_note(sim, "store is full for %u commits", n);
  mu_sim_fault_store(sim, MU_SIM_STORE_FULL, n);
}

static void store_slow(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 3);
  mu_sim_note(sim, "store is slow for %u commits", n);
  mu_sim_fault_store(sim, MU_SIM_STORE_SLOW, n);
}

static void store_uncertain(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 3);
  mu_sim_note(sim, "store loses %u answers", n);
  mu_sim_fault_store(sim, MU_SIM_STORE_UNCERTAIN, n);
}

static void role_changed(MuSim *sim, MuRandom *random) {
  static const char *const ROLES[] = {"red", "blue", "green"};
  const char *role = ROLES[below(random, G_N_ELEMENTS(ROLES))];
  mu_sim_note(sim, "scheduler role %s", role);
  mu_sim_set_role(sim, role);
  mu_sim_crash(sim);
}

static void store_lost(MuSim *sim, MuRandom *random) {
  guint ms = 1000 + below(random, 90000);
  mu_sim_note(sim, "store is full for %ums", ms);
  mu_sim_lose_store(sim, ms);
}

static void status_lost(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 4);
  mu_sim_note(sim, "statuses %u are lost", n);
  mu_sim_fault_statuses(sim, MU_SIM_STATUS_LOSE, n);
}

static void status_late(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 3);
  mu_sim_note(sim, "statuses %u are late", n);
  mu_sim_fault_statuses(sim, MU_SIM_STATUS_DELAY, n);
}

static void status_doubled(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 5);
  mu_sim_note(sim, "statuses %u are doubled", n);
  mu_sim_fault_statuses(sim, MU_SIM_STATUS_DOUBLE, n);
}

static void status_reordered(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 3);
  mu_sim_note(sim, "statuses %u are reordered", n);
  mu_sim_fault_statuses(sim, MU_SIM_STATUS_REORDER, n);
}

static void rescind(MuSim *sim, MuRandom *random) {
  const char *agent_id = below(random, 2) == 0 ? NULL : any_agent(sim, random);
  mu_sim_note(sim, "rescind offers%s%s", agent_id == NULL ? "" : " of ", agent_id == NULL ? "" : agent_id);
  mu_sim_rescind(sim, agent_id);
}

static void accept_refused(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 3);
  mu_sim_note(sim, "drop accepts %u", n);
  mu_sim_drop_accepts(sim, n);
}

static void launch_refused(MuSim *sim, MuRandom *random) {
  guint n = 1 + below(random, 2);
  mu_sim_note(sim, "refuse launches %u", n);
  mu_sim_refuse_launches(sim, n);
}

/* At most a third of the agents, of those for each role too, so that what is left can carry the services. */
static void agent_gone(MuSim *sim, MuRandom *random) {
  guint gone = 0, n = 0;
  const char *agent_id = any_agent(sim, random);
  const char *role = mu_sim_find_agent(sim, agent_id)->options.role;
  for (guint i = 0; i < sim->agents->len; i++) {
    const MuSimAgent *agent = sim->agents->pdata[i];
    n += g_strcmp0(agent->options.role, role) == 0;
    gone += g_strcmp0(agent->options.role, role) == 0 && agent->state == MU_SIM_AGENT_GONE;
  }
  if ((gone + 1) * 3 <= n && mu_sim_lose_agent(sim, agent_id, TRUE))
    mu_sim_note(sim, "lose agent %s for good", agent_id);
}

static void agent_lost(MuSim *sim, MuRandom *random) {
  const char *agent_id = any_agent(sim, random);
  if (mu_sim_lose_agent(sim, agent_id, FALSE))
    mu_sim_note(sim, "lose agent %s", agent_id);
}

static void agent_back(MuSim *sim, MuRandom *random) {
  const char *agent_id = any_agent(sim, random);
  if (mu_sim_return_agent(sim, agent_id))
    mu_sim_note(sim, "return agent %s", agent_id);
}

static void agent_rebooted(MuSim *sim, MuRandom *random) {
  const char *agent_id = any_agent(sim, random);
  if (mu_sim_reboot_agent(sim, agent_id))
    mu_sim_note(sim, "reboot agent %s", agent_id);
}

static void disk_gone(MuSim *sim, MuRandom *random) {
  const char *agent_id = any_agent(sim, random);
  guint n = below(random, 2);
  if (mu_sim_lose_disk(sim, agent_id, n))
    mu_sim_note(sim, "lose disk %u of agent %s", n, agent_id);
}

static void task_fails(MuSim *sim, MuRandom *random) {
  static const struct {
    MuTaskState state;
    const char *word;
  } HOW[] = {
      {MU_TASK_FAILED, "failed"}, {MU_TASK_KILLED, "killed"}, {MU_TASK_LOST, "lost"}, {MU_TASK_FINISHED, "finished"}};
  MuSimTask *task = any_task(sim, random);
  guint how = below(random, G_N_ELEMENTS(HOW));
  if (task == NULL)
    return;
  mu_sim_note(sim, "end task %s as %s", task->key, HOW[how].word);
  mu_sim_finish_task(sim, task, HOW[how].state, NULL);
}

static void executor_dies(MuSim *sim, MuRandom *random) {
  const MuSimTask *task = any_task(sim, random);
  g_autofree char *pod = task == NULL ? NULL : g_strdup_printf("%s/%s", task->service, task->pod);
  if (pod != NULL && mu_sim_end_executor(sim, pod))
    mu_sim_note(sim, "end executor of %s", pod);
}

static void engine_lost(MuSim *sim, MuRandom *random) {
  (void)random;
  mu_sim_note(sim, "disconnect engine");
  mu_sim_disconnect(sim);
}

static void engine_back(MuSim *sim, MuRandom *random) {
  (void)random;
  mu_sim_note(sim, "reconnect engine");
  mu_sim_reconnect(sim);
}

static void script(MuSim *sim, const char *task, const MuSimScript *what) {
  mu_sim_note_script(sim, task, what);
  mu_sim_script(sim, task, what);
}

static void crash_loop(MuSim *sim, MuRandom *random) {
  const MuSimScript loop = {
      .start_ms = 10, .ready_ms = 20, .end_ms = 100 + below(random, 500), .end = MU_TASK_FAILED, .kill_ms = 5};
  const char *task = below(random, 2) == 0 ? "r0" : "r1";
  script(sim, task, below(random, 3) == 0 ? &loop : &mu_sim_script_default);
}

static void slow_kill(MuSim *sim, MuRandom *random) {
  const MuSimScript slow = {.start_ms = 500, .ready_ms = 3000, .kill_ms = 1 + below(random, 20000)};
  const char *task = below(random, 2) == 0 ? "r0" : "r1";
  script(sim, task, below(random, 2) == 0 ? &slow : &mu_sim_script_default);
}

static const Fault FAULTS[] = {
    {"crash", "the scheduler dies at a commit: before, between, halfway through its actions, after", 40, crash},
    {"kill", "the scheduler dies at any moment", 15, kill_scheduler},
    {"role-changed", "the scheduler is started again, and reserves for another role", 4, role_changed},
    {"store-error", "commits fail", 15, store_error},
    {"store-full", "the store is full for a while", 10, store_full},
    {"store-slow", "a commit takes five seconds", 20, store_slow},
    {"store-uncertain", "a commit is stored and its answer is an error", 15, store_uncertain},
    {"store-lost", "the store cannot be reached for up to 90 s", 5, store_lost},
    {"status-lost", "statuses do not arrive at first", 30, status_lost},
    {"status-late", "statuses arrive half a minute late", 20, status_late},
    {"status-doubled", "statuses arrive twice", 30, status_doubled},
    {"status-reordered", "statuses overtake each other", 30, status_reordered},
    {"rescind", "offers are taken back, perhaps while an accept is under way", 60, rescind},
    {"accept-refused", "accepts find their offers gone", 30, accept_refused},
    {"launch-refused", "of an accept everything but the launch is done", 20, launch_refused},
    {"agent-gone", "an agent is lost for good", 4, agent_gone},
    {"agent-lost", "an agent cannot be reached", 15, agent_lost},
    {"agent-back", "an agent can be reached again", 60, agent_back},
    {"agent-rebooted", "an agent's tasks are gone, its volumes are there", 15, agent_rebooted},
    {"disk-gone", "a MOUNT disk is gone", 4, disk_gone},
    {"task-fails", "a task ends by itself", 60, task_fails},
    {"executor-dies", "the executor of a pod instance dies", 20, executor_dies},
    {"engine-lost", "the connection to the engine breaks", 10, engine_lost},
    {"engine-back", "the connection to the engine is there again", 200, engine_back},
    {"crash-loop", "a kind of task fails soon after its start, until it is well again", 20, crash_loop},
    {"slow-tasks", "a kind of task takes long to start and to end", 20, slow_kill},
    {"command-doubled", "a client gives a command twice, at once or later", 330, NULL},
};
G_STATIC_ASSERT(G_N_ELEMENTS(FAULTS) <= MU_SIM_MAX_FAULTS);

/* ---- switches --------------------------------------------------------------------------------------------------------- */

guint mu_sim_faults_count(void) {
  return G_N_ELEMENTS(FAULTS);
}

const char *mu_sim_fault_name(guint i) {
  return FAULTS[i].name;
}

const char *mu_sim_fault_what(guint i) {
  return FAULTS[i].what;
}

void mu_sim_fault_rates_default(MuSimFaultRates *ret_rates) {
  memset(ret_rates, 0, sizeof *ret_rates);
  for (guint i = 0; i < G_N_ELEMENTS(FAULTS); i++)
    ret_rates->permille[i] = FAULTS[i].permille;
}

static gint find_fault(const char *name, GError **error) {
  g_autoptr(GString) names = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(FAULTS); i++) {
    if (strcmp(FAULTS[i].name, name) == 0)
      return (gint)i;
    g_string_append_printf(names, "%s%s", i == 0 ? "" : ", ", FAULTS[i].name);
  }
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "there is no fault \"%s\"; there are %s", name, names->str);
  return -1;
}

static gboolean parse_one(char *word, MuSimFaultRates *rates, GError **error) {
  gboolean off = word[0] == '-';
  char *equals = strchr(word, '=');
  if (equals != NULL)
    *equals = '\0';
  gint i = find_fault(off ? word + 1 : word, error);
  if (i < 0)
    return FALSE;
  rates->permille[i] = off ? 0 : equals != NULL ? (guint)g_ascii_strtoull(equals + 1, NULL, 10) : FAULTS[i].permille;
  return TRUE;
}

gboolean mu_sim_fault_rates_parse(const char *text, MuSimFaultRates *rates, GError **error) {
  g_auto(GStrv) words = g_strsplit(text, ",", -1);
  mu_sim_fault_rates_default(rates);
  if (words[0] != NULL && words[0][0] != '-')
    memset(rates, 0, sizeof *rates);
  for (guint i = 0; words[i] != NULL; i++)
    if (words[i][0] != '\0' && strcmp(words[i], "none") != 0 && !parse_one(words[i], rates, error))
      return FALSE;
  return TRUE;
}

/* ---- drawing ---------------------------------------------------------------------------------------------------------- */

MuSimFaults *mu_sim_faults_new(guint64 seed, const MuSimFaultRates *rates) {
  MuSimFaults *faults = g_new0(MuSimFaults, 1);
  faults->rates = *rates;
  for (guint i = 0; i < G_N_ELEMENTS(FAULTS); i++)
    mu_random_seed(&faults->random[i], seed * 1000003 + g_str_hash(FAULTS[i].name));
  return faults;
}

void mu_sim_faults_free(MuSimFaults *faults) {
  g_free(faults);
}

gboolean mu_sim_faults_step(MuSimFaults *faults, MuSim *sim) {
  gboolean doubled = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(FAULTS); i++) {
    if (below(&faults->random[i], 1000) >= faults->rates.permille[i])
      continue;
    if (FAULTS[i].strike == NULL) {
      doubled = TRUE; /* said when there is a command */
      continue;
    }
    mu_sim_trace(sim, "fault", "%s", FAULTS[i].name);
    FAULTS[i].strike(sim, &faults->random[i]);
  }
  return doubled;
}
