/* What a Mesos cluster costs: offers of 10,000 agents with 50 reservations of our own each (10 pods with a volume and two ports,
 * their labels and persistent volumes) decoded and evaluated, calls sent, statuses stored and acknowledged, memory. Prints one line of JSON; see bench/README.md. The master is the tests' front, in this
 * process: its work is in the numbers of calls and statuses. */
#include "event_client.h"
#include "mesos_calls.h"
#include "mesos_engine.h"
#include "mesos_events.h"
#include "mesos_front.h"
#include "mesos_wire.h"
#include "record_io.h"
#include <muster/multi_service_runner.h>
#include <muster/service_factory.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AGENTS 10000
#define OFFERS_AT_ONCE 500
#define PODS_PER_AGENT 10
#define RESERVATIONS 50
#define SERVICES 100
#define CALLS 20000
#define STATUSES 1000

/* It finds no place, so that every offer is looked at to the end. */
static const char LARGE[] = "name: large\npods:\n  p:\n    count: 1\n    tasks:\n"
                            "      t: {goal: RUNNING, cmd: x, cpus: 1000, memory: 32}\n";
/* Ten of them fill an agent: five reservations each. */
static const char OURS[] =
    "name: ours\npods:\n  p:\n    count: 1000\n    tasks:\n      t:\n        goal: RUNNING\n        cmd: x\n        cpus: 0.5\n"
    "        memory: 256\n        volume: {path: data, type: ROOT, size: 100}\n"
    "        ports: {web: {port: 0}, admin: {port: 0}}\n"
    "plans:\n  deploy:\n    strategy: serial\n    phases:\n      all: {pod: p, strategy: parallel}\n";
static const char SMALL[] = "name: small\npods:\n  p:\n    count: 1\n    tasks:\n"
                            "      t: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}\n";

static gint64 processor_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64 resident_kb(void) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
    return 0;
  return g_ascii_strtoll(strchr(text, ' '), NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

static GBytes *context_of(const char *yaml) {
  g_autofree char *escaped = g_strescape(yaml, NULL);
  char *text = g_strdup_printf("{\"yaml\":\"%s\"}", escaped);
  return g_bytes_new_take(text, strlen(text));
}

/* ---- offers --------------------------------------------------------------------------------------------------------------- */

/* What is unreserved of agent n. */
static MuOffer *make_offer(guint n, gint64 cpus_milli) {
  g_autofree char *id = g_strdup_printf("f3b1c1a0-7d2e-4a36-9d0c-0123456789ab-O%u", n);
  g_autofree char *agent = g_strdup_printf("f3b1c1a0-7d2e-4a36-9d0c-0123456789ab-S%u", n);
  g_autofree char *host = g_strdup_printf("agent-%u.example.org", n);
  MuOffer *offer = mu_offer_new(id, agent, host);
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, cpus_milli);
  g_autoptr(MuResource) mem = mu_resource_new_scalar(MU_RESOURCE_MEM, 262144);
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, 1000000);
  g_autoptr(MuResource) ports = mu_resource_new_ports(1025, 32000);
  mu_resources_add(offer->resources, cpus);
  mu_resources_add(offer->resources, mem);
  mu_resources_add(offer->resources, disk);
  mu_resources_add(offer->resources, ports);
  mu_items_add(offer->attributes, mu_env_var_new("rack", "r1"));
  return offer;
}

typedef struct {
  MuMultiServiceEventClient *client;
  MuResources *held[AGENTS]; /* what is reserved on each agent */
  MuResources *accepted;     /* of the agent whose offer is being answered; NULL: it is not looked at */
  GPtrArray *launched;       /* of char*: ids of the tasks that were launched */
  guint declined;
} Core;

/* A disk that is made a volume is reserved first: the volume stands for it. */
static gboolean becomes_volume(const MuResource *resource, const MuResources *volumes) {
  return volumes != NULL && mu_resources_by_id(volumes, resource->reservation.resource_id) != NULL;
}

static void keep_accepted(Core *core, const MuEngineCall *call) {
  const MuResources *reserved = NULL;
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_RESERVE)
      reserved = operation->resources;
    if (operation->kind == MU_OP_CREATE) {
      for (guint j = 0; j < reserved->items->len; j++)
        if (!becomes_volume(reserved->items->pdata[j], operation->resources))
          mu_resources_add(core->accepted, reserved->items->pdata[j]);
      mu_resources_add_all(core->accepted, operation->resources);
    }
    for (guint j = 0; operation->launch != NULL && j < operation->launch->tasks->len; j++)
      g_ptr_array_add(core->launched, g_strdup(((const MuTaskLaunch *)operation->launch->tasks->pdata[j])->task_id));
  }
}

static void write_calls(Core *core, const MuOutput *output) {
  static const MuMesosLaunchPlace PLACE = {"framework", NULL, NULL};
  for (guint i = 0; i < output->calls->len; i++) {
    g_autoptr(MuArena) arena = mu_arena_new();
    const MuEngineCall *call = output->calls->pdata[i];
    g_bytes_unref(mu_wire_encode(&mu_mesos_call_write(arena, call, &PLACE)->base, MU_WIRE_PROTOBUF));
    core->declined += call->kind == MU_CALL_DECLINE ? call->offer_ids->len : 0;
    if (call->kind == MU_CALL_ACCEPT && core->accepted != NULL)
      keep_accepted(core, call);
  }
}

static void drain(Core *core) {
  MuOutput *output = NULL;
  do { /* the core does a part of much work at a time */
    g_clear_pointer(&output, mu_output_free);
    output = mu_client_drain(core->client, 1000);
    write_calls(core, output);
  } while (!mu_output_is_empty(output));
  mu_output_free(output);
}

static gboolean take_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  Core *core = user;
  g_autoptr(MuArena) arena = mu_arena_new();
  const Mesos__Event *message =
      mu_wire_decode(arena, &mesos__event__descriptor, MU_WIRE_PROTOBUF, record, length, error);
  if (message == NULL)
    return FALSE;
  mu_client_event(core->client, mu_mesos_event_read(message, error), 1000);
  drain(core);
  return TRUE;
}

static void put_service(Core *core, const char *name, const char *yaml) {
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
  command->context = context_of(yaml);
  command->if_version = MU_VERSION_ANY;
  mu_client_command(core->client, command, 1000);
  drain(core);
}

static void open_core(Core *core) {
  core->client = mu_multi_service_event_client_new("muster", mu_multi_service_manager_new(),
                                                   mu_service_store_new(mu_yaml_service_factory, NULL), NULL);
  core->launched = g_ptr_array_new_with_free_func(g_free);
  mu_client_configure(core->client, &mu_client_settings_default, 1);
  g_assert_true(mu_client_loaded(core->client, 1000, NULL));
  MuEngineEvent *subscribed = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  subscribed->id = g_strdup("framework");
  mu_client_event(core->client, subscribed, 1000);
  drain(core);
}

/* The services run: ten pods on each agent. */
static void deploy(Core *core) {
  for (guint i = 0; i < SERVICES; i++) {
    g_autofree char *name = g_strdup_printf("ours-%02u", i);
    g_autofree char *yaml = g_strdup_printf("name: %s%s", name, OURS + strlen("name: ours"));
    put_service(core, name, yaml);
  }
  for (guint n = 0; n < AGENTS; n++) {
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
    g_ptr_array_add(event->offers, make_offer(n, PODS_PER_AGENT * 500));
    core->accepted = core->held[n] = mu_resources_new();
    mu_client_event(core->client, event, 1000);
    drain(core);
    g_assert_cmpuint(core->held[n]->items->len, ==, RESERVATIONS);
  }
  core->accepted = NULL;
  for (guint i = 0; i < core->launched->len; i++) {
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
    event->status = mu_task_status_new(core->launched->pdata[i], MU_TASK_RUNNING);
    mu_client_event(core->client, event, 1000);
    if (i % 1000 == 999)
      drain(core);
  }
  g_assert_cmpuint(core->launched->len, ==, AGENTS * PODS_PER_AGENT);
}

/* As a master would send it: offers of so many agents from n on, with all that is reserved there. */
static GByteArray *make_record(const Core *core, guint n) {
  GByteArray *record = g_byte_array_new();
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuEngineEvent) event = mu_engine_event_new(MU_EVENT_OFFERS);
  for (guint i = n; i < n + OFFERS_AT_ONCE; i++) {
    MuOffer *offer = make_offer(i, 59000);
    mu_resources_add_all(offer->resources, core->held[i]);
    g_ptr_array_add(event->offers, offer);
  }
  g_autoptr(GBytes) bytes =
      mu_wire_encode(&mu_mesos_event_write(arena, event, "framework", "muster-role")->base, MU_WIRE_PROTOBUF);
  mu_record_io_append(record, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
  return record;
}

static void close_core(Core *core) {
  for (guint n = 0; n < AGENTS; n++)
    mu_resources_free(core->held[n]);
  g_ptr_array_unref(core->launched);
  mu_multi_service_event_client_free(core->client);
  g_free(core);
}

static double offers_a_second(gsize *ret_bytes, double *ret_kb_per_1000) {
  Core *core = g_new0(Core, 1);
  open_core(core);
  gint64 before_kb = resident_kb(), spent_us = 0;
  deploy(core);
  *ret_kb_per_1000 = (double)(resident_kb() - before_kb) * 1000 / AGENTS;
  put_service(core, "large", LARGE);
  core->declined = 0;
  *ret_bytes = 0;
  g_autoptr(MuRecordIo) records = mu_record_io_new(MU_RECORD_IO_MAX_BYTES, take_record, core);
  for (guint n = 0; n < AGENTS; n += OFFERS_AT_ONCE) {
    g_autoptr(GByteArray) record = make_record(core, n);
    gint64 begin_us = processor_us();
    for (guint i = 0; i < record->len; i += 256 * 1024)
      g_assert_true(mu_record_io_feed(records, record->data + i, MIN(256 * 1024, record->len - i), NULL));
    spent_us += processor_us() - begin_us;
    *ret_bytes += record->len;
  }
  g_assert_cmpuint(core->declined, ==, AGENTS);
  *ret_bytes /= AGENTS;
  close_core(core);
  return (double)AGENTS * G_USEC_PER_SEC / (double)spent_us;
}

/* ---- calls ---------------------------------------------------------------------------------------------------------------- */

static void ignore_event(MuEngineEvent *take_event, gpointer user) {
  (void)user;
  mu_engine_event_free(take_event);
}

static double calls_a_second(void) {
  static const MuMesosFrontFuncs FUNCS = {0};
  static const char *const ROLES[] = {"muster-role", NULL};
  g_autoptr(MuMesosFront) front = mu_mesos_front_new(0, 15000, &FUNCS, NULL);
  const MuMesosEngineConfig config = {
      .master = mu_mesos_front_url(front), .framework_name = "muster", .roles = ROLES, .principal = "p"};
  MuEngine *engine = mu_mesos_engine_new(&config, NULL);
  g_assert_true(engine->ops->start(engine, NULL, ignore_event, NULL, NULL));
  while (!mu_mesos_front_is_subscribed(front))
    g_main_context_iteration(NULL, TRUE);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  gint64 begin_us = g_get_monotonic_time();
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_KILL);
  call->task_id = g_strdup("svc__pod-0-task__6f7a8c1e-0000-4000-8000-000000000000");
  call->grace_ms = -1;
  while (mu_mesos_front_counters(front).calls == 0) {
    engine->ops->perform(engine, call);
    g_main_context_iteration(NULL, TRUE);
  }
  guint before = mu_mesos_front_counters(front).calls;
  begin_us = g_get_monotonic_time();
  for (guint i = 0; i < CALLS; i++)
    engine->ops->perform(engine, call);
  while (mu_mesos_front_counters(front).calls < before + CALLS)
    g_main_context_iteration(NULL, TRUE);
  double seconds = (double)(g_get_monotonic_time() - begin_us) / G_USEC_PER_SEC;
  engine->ops->free(engine);
  return CALLS / seconds;
}

/* ---- statuses ------------------------------------------------------------------------------------------------------------- */

typedef struct {
  MuMesosFront *front;
  MuMultiServiceRunner *runner;
  char *task_id;
  gint64 sent_us;
  GArray *latencies_us;
} Statuses;

/* Each is news: the health goes back and forth. */
static void send_status(Statuses *statuses) {
  guint n = statuses->latencies_us->len;
  g_autoptr(MuEngineEvent) event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(statuses->task_id, MU_TASK_RUNNING);
  event->status->agent_id = g_strdup("agent-1");
  event->status->uuid = g_strdup("AAECAwQFBgcICQoLDA0ODw==");
  event->status->has_healthy = TRUE;
  event->status->healthy = n % 2 == 0;
  event->status->timestamp_ms = g_get_real_time() / 1000;
  statuses->sent_us = g_get_monotonic_time();
  mu_mesos_front_send(statuses->front, event);
}

static void offer(Statuses *statuses) {
  g_autoptr(MuEngineEvent) event = mu_engine_event_new(MU_EVENT_OFFERS);
  MuOffer *made = make_offer(1, 64000);
  g_ptr_array_add(event->offers, made);
  mu_mesos_front_send(statuses->front, event);
}

static void on_call(const MuEngineCall *call, gpointer user) {
  Statuses *statuses = user;
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->launch == NULL || statuses->task_id != NULL)
      continue;
    statuses->task_id = g_strdup(((const MuTaskLaunch *)operation->launch->tasks->pdata[0])->task_id);
    send_status(statuses);
  }
  if (call->kind == MU_CALL_REVIVE && statuses->task_id == NULL)
    offer(statuses);
  if (call->kind != MU_CALL_ACKNOWLEDGE)
    return;
  gint64 latency_us = g_get_monotonic_time() - statuses->sent_us;
  g_array_append_val(statuses->latencies_us, latency_us);
  if (statuses->latencies_us->len == STATUSES)
    mu_multi_service_runner_stop(statuses->runner);
  else
    send_status(statuses);
}

static gint by_amount(gconstpointer a, gconstpointer b) {
  gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
  return (left > right) - (left < right);
}

static void remove_folder(const char *folder) {
  const char *argv[] = {"rm", "-rf", folder, NULL};
  g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* From the UPDATE given to the kernel to the ACKNOWLEDGE read from it, with the commit between them. */
static double acknowledge_us(void) {
  static const MuMesosFrontFuncs FUNCS = {.call = on_call};
  g_autofree char *folder = g_dir_make_tmp("muster-bench-XXXXXX", NULL);
  Statuses statuses = {.latencies_us = g_array_new(FALSE, FALSE, sizeof(gint64))};
  statuses.front = mu_mesos_front_new(0, 15000, &FUNCS, &statuses);
  const MuRunnerOptions options = {
      .state_dir = folder, .engine = "mesos", .mesos = {.master = mu_mesos_front_url(statuses.front)}, .quiet = TRUE};
  statuses.runner = mu_multi_service_runner_new(
      mu_multi_service_event_client_new("muster", mu_multi_service_manager_new(),
                                        mu_service_store_new(mu_yaml_service_factory, NULL), NULL),
      &options, NULL);
  g_autoptr(GBytes) context = context_of(SMALL);
  mu_multi_service_runner_put_service(statuses.runner, "small", context);
  g_assert_true(mu_multi_service_runner_run(statuses.runner, NULL, NULL));
  g_array_sort(statuses.latencies_us, by_amount);
  double median = (double)g_array_index(statuses.latencies_us, gint64, STATUSES / 2);
  mu_multi_service_runner_free(statuses.runner);
  mu_mesos_front_free(statuses.front);
  g_array_unref(statuses.latencies_us);
  g_free(statuses.task_id);
  remove_folder(folder);
  return median;
}

int main(void) {
  gsize bytes = 0;
  double kb = 0;
  double offers = offers_a_second(&bytes, &kb);
  double calls = calls_a_second();
  double latency = acknowledge_us();
  printf("{\"mesos_offers_per_s\": %.0f, \"mesos_offer_bytes\": %zu, \"mesos_kb_per_1000_agents\": %.0f, "
         "\"mesos_calls_per_s\": %.0f, \"mesos_update_to_acknowledge_us\": %.0f}\n",
         offers, bytes, kb, calls, latency);
  return 0;
}
