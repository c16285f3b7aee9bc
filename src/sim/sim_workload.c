#include "sim_workload.h"

#include "client_private.h"
#include "service_private.h"
#include "sim_check.h"
#include "sim_code.h"
#include "sim_transcript.h"

#include <string.h>

/* When faults have stopped, every service reaches its target within this; and is gone within this when it is removed. */
#define LIVENESS_MS (G_GINT64_CONSTANT(2) * 3600 * 1000)
#define OPERATOR_MS 10000
#define VERSIONS 6
#define SET_ASIDE 3 /* agents for a role, in runs that have one: when one is gone the others carry its services */

typedef struct {
  const MuSimRun *run;
  MuSim *sim;
  MuRandom random;
  MuCommand *again; /* a client that got no answer repeats it later */
  gboolean doubled; /* what is given in this step is given twice */
} Work;

static guint below(Work *work, guint bound) {
  return (guint)mu_random_below(&work->random, bound);
}

/* ---- commands --------------------------------------------------------------------------------------------------------- */

static MuCommand *copy_command(const MuCommand *command) {
  MuCommand *copy = mu_command_new(command->kind, command->service);
  copy->context = command->context == NULL ? NULL : g_bytes_ref(command->context);
  copy->if_version = command->if_version;
  copy->pod = g_strdup(command->pod);
  copy->parameters = command->parameters == NULL ? NULL : json_incref(command->parameters);
  copy->config = g_strdup(command->config);
  copy->strategy = command->strategy;
  copy->tasks = g_strdupv(command->tasks);
  copy->plan = g_strdup(command->plan);
  copy->phase = g_strdup(command->phase);
  copy->step = g_strdup(command->step);
  return copy;
}

static void give(Work *work, MuCommand *take_command) {
  mu_sim_note_command(work->sim, take_command);
  mu_sim_post(work->sim, take_command);
}

static void pass_time(Work *work, gint64 ms) {
  mu_sim_note_wait(work->sim, ms);
  mu_sim_run(work->sim, ms);
}

/* Once, or twice at once, or again at a later step: clients retry. */
static void post(Work *work, MuCommand *command) {
  gboolean at_once = work->doubled && below(work, 2) == 0;
  if (at_once)
    give(work, copy_command(command));
  else if (work->doubled && work->again == NULL)
    work->again = copy_command(command);
  give(work, command);
}

static MuService *find_service(Work *work, guint n) {
  char name[32];
  g_snprintf(name, sizeof name, "svc-%u", n);
  return mu_manager_find(work->sim->client->manager, name);
}

static gboolean is_running(const MuService *service) {
  return service->record->state == MU_SERVICE_RUNNING;
}

/* What the service depends on is added before it, since nobody else would do so. */
static guint first_needed(Work *work, guint n) {
  gint need = mu_sim_random_need(work->run->seed, n);
  while (need >= 0 && (find_service(work, (guint)need) == NULL || !is_running(find_service(work, (guint)need)))) {
    n = (guint)need;
    need = mu_sim_random_need(work->run->seed, n);
  }
  return n;
}

static MuCommand *make_put(Work *work, guint n) {
  n = first_needed(work, n);
  g_autofree char *name = g_strdup_printf("svc-%u", n);
  char *yaml = mu_sim_random_spec(work->run->seed, n, below(work, VERSIONS));
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
  command->context = g_bytes_new_take(yaml, strlen(yaml));
  return command;
}

static gint by_name(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuPod *const *)a)->name, (*(MuPod *const *)b)->name);
}

static GPtrArray *pods_of(const MuService *service) {
  GPtrArray *pods = g_ptr_array_new();
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    g_ptr_array_add(pods, pod);
  g_ptr_array_sort(pods, by_name);
  return pods;
}

static MuCommand *make_pod_command(Work *work, const MuService *service) {
  g_autoptr(GPtrArray) pods = pods_of(service);
  static const MuCommandKind KINDS[] = {MU_COMMAND_POD_RESTART,      MU_COMMAND_POD_REPLACE,
                                        MU_COMMAND_POD_PAUSE,        MU_COMMAND_POD_RESUME,
                                        MU_COMMAND_POD_DECOMMISSION, MU_COMMAND_POD_RECOMMISSION};
  MuCommandKind kind = KINDS[below(work, G_N_ELEMENTS(KINDS))];
  if (pods->len == 0)
    return NULL;
  MuCommand *command = mu_command_new(kind, service->name);
  const MuPod *pod = pods->pdata[below(work, pods->len)];
  command->pod = g_strdup(pod->name);
  if ((kind == MU_COMMAND_POD_PAUSE || kind == MU_COMMAND_POD_RESUME) && pod->tasks->len > 0 && below(work, 2) == 0) {
    command->tasks = g_new0(char *, 2);
    command->tasks[0] = g_strdup(((MuTask *)pod->tasks->pdata[below(work, pod->tasks->len)])->record->task);
  }
  return command;
}

static MuCommand *make_plan_command(Work *work, const MuService *service) {
  if (service->plans->len == 0)
    return NULL;
  static const MuCommandKind KINDS[] = {MU_COMMAND_PLAN_INTERRUPT,      MU_COMMAND_PLAN_CONTINUE,
                                        MU_COMMAND_PLAN_FORCE_COMPLETE, MU_COMMAND_PLAN_RESTART,
                                        MU_COMMAND_PLAN_START,          MU_COMMAND_PLAN_STOP};
  MuCommand *command = mu_command_new(KINDS[below(work, G_N_ELEMENTS(KINDS))], service->name);
  const MuPlan *plan = service->plans->pdata[below(work, service->plans->len)];
  command->plan = g_strdup(plan->name);
  gboolean whole = command->kind == MU_COMMAND_PLAN_START || command->kind == MU_COMMAND_PLAN_STOP;
  if (plan->phases->len == 0 || below(work, 3) == 0 || whole)
    return command;
  const MuPhase *phase = plan->phases->pdata[below(work, plan->phases->len)];
  command->phase = g_strdup(phase->name);
  if (phase->steps->len > 0 && below(work, 2) == 0)
    command->step = g_strdup(((MuStep *)phase->steps->pdata[below(work, phase->steps->len)])->name);
  return command;
}

static MuCommand *make_restart(Work *work, const MuService *service) {
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_RESTART, service->name);
  command->strategy = (MuStrategyKind)below(work, MU_STRATEGY_RANDOM + 1);
  return command;
}

static MuCommand *make_command(Work *work) {
  guint n = below(work, work->run->services);
  const MuService *service = find_service(work, n);
  guint draw = below(work, 10);
  if (service == NULL || draw < 2)
    return make_put(work, n);
  if (draw == 2)
    return mu_command_new(MU_COMMAND_SERVICE_REMOVE, service->name);
  if (draw == 3)
    return below(work, 2) == 0 ? make_restart(work, service)
                               : mu_command_new(MU_COMMAND_SERVICE_ROLLBACK, service->name);
  return draw < 6 ? make_pod_command(work, service) : make_plan_command(work, service);
}

/* A service that is added again when what it depends on is gone would wait for ever. */
static gboolean would_wait(Work *work, const MuCommand *command) {
  guint n = (guint)g_ascii_strtoull(command->service + strlen("svc-"), NULL, 10);
  return command->kind == MU_COMMAND_SERVICE_PUT && first_needed(work, n) != n;
}

static void repeat(Work *work) {
  MuCommand *command = g_steal_pointer(&work->again);
  if (would_wait(work, command))
    mu_command_free(command);
  else
    give(work, command);
}

static void act(Work *work) {
  if (work->again != NULL && below(work, 3) == 0)
    repeat(work);
  if (below(work, 4) != 0)
    return;
  MuCommand *command = make_command(work);
  if (command != NULL)
    post(work, command);
}

/* ---- the end: an operator helps where only an operator can ------------------------------------------------------------- */

static gboolean is_stranded(MuSim *sim, const MuPod *pod) {
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    const MuSimAgent *agent = mu_sim_find_agent(sim, mu_pod_record_entry_agent(pod->record, entry));
    gboolean left = entry->agent_id != NULL && pod->record->fate == MU_POD_KEEP && is_running(pod->service);
    if (agent == NULL || left)
      continue; /* what it left behind keeps it from nothing */
    if (agent->state == MU_SIM_AGENT_GONE)
      return TRUE;
    const char *root = entry->resource->mount_root;
    if (root != NULL && mu_sim_agent_lost_disk(agent, root))
      return TRUE;
  }
  return FALSE;
}

static void post_for(MuSim *sim, MuCommandKind kind, const MuService *service, const char *pod, const char *plan,
                     const char *phase, const char *step) {
  MuCommand *command = mu_command_new(kind, service->name);
  command->pod = g_strdup(pod);
  command->plan = g_strdup(plan);
  command->phase = g_strdup(phase);
  command->step = g_strdup(step);
  mu_sim_post(sim, command);
}

static gboolean is_held(MuStrategyKind strategy, MuCanary canary) {
  return (strategy == MU_STRATEGY_SERIAL_CANARY || strategy == MU_STRATEGY_PARALLEL_CANARY) && canary != MU_CANARY_ALL;
}

static void continue_phase(MuSim *sim, const MuService *service, const MuPhase *phase) {
  const char *plan = phase->plan->name;
  if (phase->interrupted || is_held(phase->strategy, phase->canary))
    post_for(sim, MU_COMMAND_PLAN_CONTINUE, service, NULL, plan, phase->name, NULL);
  for (guint i = 0; i < phase->steps->len; i++)
    if (((MuStep *)phase->steps->pdata[i])->interrupted)
      post_for(sim, MU_COMMAND_PLAN_CONTINUE, service, NULL, plan, phase->name,
               ((MuStep *)phase->steps->pdata[i])->name);
}

static void continue_plans(MuSim *sim, const MuService *service) {
  for (guint i = 0; i < service->plans->len; i++) {
    const MuPlan *plan = service->plans->pdata[i];
    gboolean waits = plan->interrupted || is_held(plan->strategy, plan->canary);
    if (plan->status != MU_STATUS_COMPLETE && waits)
      post_for(sim, MU_COMMAND_PLAN_CONTINUE, service, NULL, plan->name, NULL, NULL);
    for (guint j = 0; j < plan->phases->len; j++)
      continue_phase(sim, service, plan->phases->pdata[j]);
  }
}

static void help_service(MuSim *sim, const MuService *service) {
  g_autoptr(GPtrArray) pods = pods_of(service);
  gboolean running = is_running(service);
  for (guint i = 0; i < pods->len; i++) {
    const MuPod *pod = pods->pdata[i];
    if (pod->paused != NULL)
      post_for(sim, MU_COMMAND_POD_RESUME, service, pod->name, NULL, NULL, NULL);
    if (!is_stranded(sim, pod))
      continue;
    if (running && pod->record->fate == MU_POD_KEEP)
      post_for(sim, MU_COMMAND_POD_REPLACE, service, pod->name, NULL, NULL, NULL);
    if (running && pod->record->fate == MU_POD_ERASE)
      post_for(sim, MU_COMMAND_PLAN_FORCE_COMPLETE, service, NULL, "decommission", pod->name, NULL);
    if (!running) {
      post_for(sim, MU_COMMAND_SERVICE_FORCE_REMOVE, service, NULL, NULL, NULL, NULL);
      return;
    }
  }
  continue_plans(sim, service);
}

static void help(MuSim *sim) {
  g_auto(GStrv) names = mu_multi_service_manager_names(sim->client->manager);
  for (guint i = 0; names[i] != NULL; i++) {
    const MuService *service = mu_manager_find(sim->client->manager, names[i]);
    if (service != NULL)
      help_service(sim, service);
  }
}

static gboolean is_quiet(MuSim *sim) {
  return !sim->drain_scheduled && mu_pipeline_is_idle(sim->pipeline);
}

/* Until every service has reached its target; what is left then is a violation. */
void mu_sim_reach_targets(MuSim *sim, const char *when) {
  gint64 until_ms = sim->now_ms + LIVENESS_MS;
  g_autofree char *left = NULL;
  if (sim->client == NULL)
    return;
  do {
    g_free(g_steal_pointer(&left));
    help(sim);
    mu_sim_run(sim, OPERATOR_MS);
    left = mu_sim_unfinished(sim);
  } while ((left != NULL || !is_quiet(sim)) && sim->now_ms < until_ms && sim->violation == NULL);
  if (left != NULL)
    mu_sim_check_fail(sim, &mu_sim_check_liveness, "%s: %s", when, left);
}

static void expect_targets(Work *work, const char *when) {
  MuSim *sim = work->sim;
  mu_sim_note(sim, "check targets");
  mu_sim_reach_targets(sim, when);
  if (sim->violation != NULL || work->run->check_every == 0)
    return;
  mu_sim_note(sim, "check everything");
  mu_sim_check_everything(sim);
}

/* The last one first: what depends on another one goes before it. */
static void remove_all(Work *work) {
  for (guint n = work->run->services; n > 0; n--) {
    const MuService *service = find_service(work, n - 1);
    if (service != NULL)
      give(work, mu_command_new(MU_COMMAND_SERVICE_REMOVE, service->name));
  }
}

static void set_script(MuSim *sim, const char *task, const MuSimScript *script) {
  mu_sim_note_script(sim, task, script);
  mu_sim_script(sim, task, script);
}

static void well_again(MuSim *sim) {
  mu_sim_note(sim, "heal");
  mu_sim_heal(sim);
  set_script(sim, "r0", &mu_sim_script_default);
  set_script(sim, "r1", &mu_sim_script_default);
}

static void finale(Work *work) {
  MuSim *sim = work->sim;
  mu_sim_trace(sim, "heal", "no more faults");
  well_again(sim);
  pass_time(work, OPERATOR_MS);
  expect_targets(work, "the faults have stopped");
  if (sim->violation != NULL)
    return;
  mu_sim_trace(sim, "remove", "all services");
  remove_all(work);
  pass_time(work, OPERATOR_MS);
  expect_targets(work, "everything is to be removed");
  pass_time(work, 60000);
  if (!mu_sim_is_clean(sim)) /* a run that an operator declared gone came back, and the news of it was lost */
    pass_time(work, mu_client_settings_default.reconcile_ms + 60000);
  if (sim->violation != NULL)
    return;
  mu_sim_note(sim, "check leftovers");
  mu_sim_check_nothing_left(sim);
}

/* ---- the factory ------------------------------------------------------------------------------------------------------ */

/* User of the factory. */
typedef struct {
  GHashTable *built;  /* context to MuServiceScheduler, owned */
  MuSimOwnCode *code; /* NULL: services have none */
} Factory;

static void bytes_free(gpointer bytes) {
  g_bytes_unref(bytes);
}

static void scheduler_free(gpointer scheduler) {
  mu_service_scheduler_free(scheduler);
}

static MuServiceScheduler *copy_scheduler(const MuServiceScheduler *scheduler) {
  MuServiceScheduler *copy = g_memdup2(scheduler, sizeof *scheduler);
  copy->spec = mu_service_spec_ref(scheduler->spec);
  copy->validators = g_array_ref(scheduler->validators);
  copy->config_id = g_strdup(scheduler->config_id);
  copy->json = g_strdup(scheduler->json);
  return copy;
}

/* The same context gives the same service: schedulers start so often here that reading YAML would be most of a run. The name
 * is in the context. */
static MuServiceScheduler *build_once(const char *name, GBytes *context, gpointer user, GError **error) {
  const Factory *factory = user;
  MuServiceScheduler *built = g_hash_table_lookup(factory->built, context);
  if (built == NULL) {
    built = mu_yaml_service_factory(name, context, NULL, error);
    if (built == NULL)
      return NULL;
    if (factory->code != NULL)
      mu_sim_own_code_add(factory->code, built);
    g_hash_table_insert(factory->built, g_bytes_ref(context), built);
  }
  return copy_scheduler(built);
}

/* ---- the run ----------------------------------------------------------------------------------------------------------- */

void mu_sim_run_init(MuSimRun *ret_run, guint64 seed) {
  MuRandom random;
  memset(ret_run, 0, sizeof *ret_run);
  mu_random_seed(&random, seed);
  ret_run->seed = seed;
  ret_run->steps = 200;
  ret_run->services = 1 + (guint)mu_random_below(&random, 5);
  ret_run->agents = MU_SIM_MIN_AGENTS + (guint)mu_random_below(&random, 4);
  ret_run->check_every = MU_SIM_CHECK_EVERY;
  mu_sim_fault_rates_default(&ret_run->faults);
}

/* Those set aside for a role are the last. */
static void add_agents(Work *work) {
  static const gint64 MOUNTS[] = {500, 500, 500, 500, 500, 500, 500, 500, 0};
  const char *role = mu_sim_random_role(work->run->seed);
  guint n = work->run->agents, aside = role == NULL ? 0 : SET_ASIDE;
  for (guint i = 0; i < n + aside; i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", i);
    g_autofree char *rack = g_strdup_printf("rack:r%u", i % 2);
    const MuSimAgentOptions options = {.id = id,
                                       .region = "here",
                                       .zone = i % 2 == 0 ? "a" : "b",
                                       .cpus_milli = 16000,
                                       .mem_mb = 16384,
                                       .disk_mb = 10000,
                                       .ports = "1000-3000",
                                       .attributes = rack,
                                       .mounts_mb = MOUNTS,
                                       .role = i < n ? NULL : role};
    mu_sim_note_agent(work->sim, &options);
    mu_sim_add_agent_with(work->sim, &options);
  }
}

static void set_up(Work *work) {
  const MuSimScript ends = {.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5};
  MuSim *sim = work->sim;
  mu_random_seed(&work->random, work->run->seed + 1);
  mu_sim_set_trace(sim, work->run->trace, work->run->trace_user);
  mu_sim_check_every(sim, work->run->check_every);
  add_agents(work);
  if (work->run->code)
    mu_sim_note(sim, "services have code");
  set_script(sim, "o0", &ends);
  set_script(sim, "f0", &ends);
  if (below(work, 2) == 0) {
    guint n = 1 + below(work, 2);
    mu_sim_note(sim, "limit footprint %u turns of 60s", n);
    mu_sim_limit_footprint(sim, n, 60000);
  }
  pass_time(work, 1);
  gboolean at_once = below(work, 2) == 0;
  for (guint i = 0; at_once && i < work->run->services; i++)
    give(work, make_put(work, i));
}

static gint64 pause_ms(Work *work) {
  switch (below(work, 8)) {
  case 0: return 1 + below(work, 30000);
  case 1: return 1;
  default: return 1 + below(work, 1500);
  }
}

void mu_sim_run_all(const MuSimRun *run, MuSimResult *ret_result) {
  g_autoptr(GHashTable) built = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, bytes_free, scheduler_free);
  Factory factory = {.built = built};
  g_autoptr(MuSim) sim = mu_sim_new(run->seed, build_once, &factory);
  if (run->code)
    factory.code = mu_sim_own_code_new(sim, run->seed);
  Work work = {.run = run, .sim = sim};
  if (run->transcribe)
    mu_sim_transcribe(sim);
  MuSimFaults *faults = mu_sim_faults_new(run->seed, &run->faults);
  set_up(&work);
  for (guint i = 0; i < run->steps && sim->violation == NULL; i++) {
    work.doubled = mu_sim_faults_step(faults, sim);
    act(&work);
    pass_time(&work, pause_ms(&work));
  }
  if (sim->violation == NULL)
    finale(&work);
  mu_sim_faults_free(faults);
  if (work.again != NULL)
    mu_command_free(work.again);
  ret_result->violation = g_strdup(sim->violation);
  ret_result->transcript = run->transcribe ? mu_sim_transcript(sim) : NULL;
  ret_result->events = mu_sim_happenings(sim);
  ret_result->commits = sim->commits;
  ret_result->crashes = sim->crashes;
  ret_result->virtual_ms = sim->now_ms - MU_SIM_START_MS;
  mu_sim_own_code_free(factory.code);
}

void mu_sim_result_clear(MuSimResult *result) {
  g_clear_pointer(&result->violation, g_free);
  g_clear_pointer(&result->transcript, g_free);
}
