#include "scale_world.h"

#include "ids.h"
#include "records.h"
#include <muster/error.h>
#include <muster/service_factory.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ITEMS_A_TURN 256 /* these two as the runner's loop has them */
#define FEED_US 500

typedef struct {
  char id[24], offer[32]; /* offer "": none is out */
  gint64 cpus_milli, mem_mb;
  guint offers;
} Agent;

struct World {
  MuMultiServiceEventClient *client;
  MuPipeline *pipeline;
  MuStore *store;
  char *path;
  Agent *agents;
  guint n_agents;
  GHashTable *by_offer; /* id to Agent */
  gboolean offering;
  GQueue commands;  /* of MuCommand* */
  GQueue events;    /* of MuEngineEvent* */
  GPtrArray *tasks; /* of MuTaskStatus*: the last one of each */
  GHashTable *by_task;
  MuRandom random;
  WorldCounts counts;
  gboolean dirty, held;
};

gint64 world_now_ms(void) {
  return g_get_monotonic_time() / 1000;
}

gint64 world_processor_us(gboolean of_all_threads) {
  struct timespec now;
  clock_gettime(of_all_threads ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

gint64 world_processor_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT(1000000000) + now.tv_nsec;
}

/* ---- the engine ------------------------------------------------------------------------------------------------------- */

static MuOffer *make_offer(World *world, Agent *agent) {
  g_snprintf(agent->offer, sizeof agent->offer, "%s-%u", agent->id, agent->offers++);
  MuOffer *offer = mu_offer_new(agent->offer, agent->id, agent->id);
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, agent->cpus_milli);
  g_autoptr(MuResource) mem = mu_resource_new_scalar(MU_RESOURCE_MEM, agent->mem_mb);
  mu_resources_add(offer->resources, cpus);
  mu_resources_add(offer->resources, mem);
  g_hash_table_insert(world->by_offer, agent->offer, agent);
  return offer;
}

static void offer_all(World *world) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  for (guint i = 0; i < world->n_agents; i++) {
    Agent *agent = &world->agents[i];
    if (agent->offer[0] == '\0' && agent->cpus_milli >= 100)
      g_ptr_array_add(event->offers, make_offer(world, agent));
  }
  world->offering = FALSE;
  if (event->offers->len > 0)
    world_event(world, event);
  else
    mu_engine_event_free(event);
}

static Agent *end_offer(World *world, const char *id) {
  Agent *agent = g_hash_table_lookup(world->by_offer, id);
  if (agent == NULL)
    return NULL;
  g_hash_table_remove(world->by_offer, id);
  agent->offer[0] = '\0';
  return agent;
}

static void launch(World *world, Agent *agent, const MuPodLaunch *pod) {
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTaskLaunch *task = pod->tasks->pdata[i];
    gboolean ends = strcmp(task->cmd, "true") == 0;
    MuTaskStatus *status = mu_task_status_new(task->task_id, ends ? MU_TASK_FINISHED : MU_TASK_RUNNING);
    status->agent_id = g_strdup(agent->id);
    status->uuid = g_strdup(mu_uuid_new(&world->random).text);
    status->timestamp_ms = world_now_ms();
    g_ptr_array_add(world->tasks, status);
    g_hash_table_insert(world->by_task, status->task_id, status);
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
    event->status = mu_task_status_copy(status);
    world_event(world, event);
    agent->cpus_milli -= 100;
    agent->mem_mb -= 32;
    world->counts.launches++;
  }
}

static void accept(World *world, const MuEngineCall *call) {
  Agent *agent = NULL;
  for (guint i = 0; i < call->offer_ids->len; i++)
    agent = end_offer(world, call->offer_ids->pdata[i]);
  for (guint i = 0; agent != NULL && i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      launch(world, agent, operation->launch);
  }
  world->offering = TRUE;
}

static void reconcile(World *world, const MuEngineCall *call) {
  for (guint i = 0; i < call->tasks->len; i++) {
    const MuTaskStatus *status = g_hash_table_lookup(world->by_task, ((MuEnvVar *)call->tasks->pdata[i])->name);
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
    event->status = mu_task_status_copy(status);
    g_clear_pointer(&event->status->uuid, g_free);
    world_event(world, event);
  }
}

static void call_engine(World *world, const MuEngineCall *call) {
  switch (call->kind) {
  case MU_CALL_ACCEPT: accept(world, call); break;
  case MU_CALL_DECLINE:
    for (guint i = 0; i < call->offer_ids->len; i++)
      end_offer(world, call->offer_ids->pdata[i]);
    break;
  case MU_CALL_REVIVE: world->offering = TRUE; break;
  case MU_CALL_SUPPRESS: world->offering = FALSE; break;
  case MU_CALL_RECONCILE: reconcile(world, call); break;
  default: break;
  }
}

/* ---- the store and what follows --------------------------------------------------------------------------------------- */

static void on_committed(MuBatch *batch, const GError *error, gpointer user) {
  World *world = user;
  (void)batch;
  g_assert_no_error(error);
  mu_pipeline_committed(world->pipeline, NULL, world_now_ms());
}

static void pipeline_commit(MuBatch *batch, gpointer user) {
  World *world = user;
  if (world->store == NULL)
    mu_pipeline_committed(world->pipeline, NULL, world_now_ms());
  else
    world->store->ops->commit(world->store, batch, on_committed, world);
}

static void pipeline_perform(MuOutput *output, gpointer user) {
  World *world = user;
  gint64 begin_us = world_processor_us(FALSE);
  for (guint i = 0; i < output->calls->len; i++)
    call_engine(world, output->calls->pdata[i]);
  for (guint i = 0; i < output->replies->len; i++) {
    const MuPendingReply *reply = output->replies->pdata[i];
    g_assert_no_error(reply->error);
  }
  world->counts.engine_us += world_processor_us(FALSE) - begin_us;
  mu_output_free(output);
}

static void pipeline_flush(gpointer user) {
  (void)user;
}

static void pipeline_trouble(const char *message, gpointer user) {
  (void)user;
  g_assert_cmpstr(message, ==, NULL);
}

/* ---- the scheduler's life --------------------------------------------------------------------------------------------- */

static void stop(World *world) {
  mu_pipeline_free(world->pipeline);
  mu_multi_service_event_client_free(world->client);
  if (world->store != NULL)
    world->store->ops->free(world->store);
  world->store = NULL;
  MuEngineEvent *event = NULL;
  while ((event = g_queue_pop_head(&world->events)) != NULL)
    mu_engine_event_free(event);
}

static void start(World *world) {
  static const MuPipelineOps OPS = {pipeline_commit, pipeline_perform, pipeline_flush, pipeline_trouble};
  g_autoptr(GError) error = NULL;
  world->client = mu_multi_service_event_client_new("bench", mu_multi_service_manager_new(),
                                                    mu_service_store_new(mu_yaml_service_factory, NULL), NULL);
  mu_client_configure(world->client, &mu_client_settings_default, 1);
  world->pipeline = mu_pipeline_new(&OPS, world);
  if (world->path != NULL) {
    world->store = mu_sqlite_store_open(world->path, &error);
    g_assert_no_error(error);
    world->store->ops->load(world->store, mu_client_reader(world->client), world->client, &error);
    g_assert_no_error(error);
  }
  mu_client_loaded(world->client, world_now_ms(), &error);
  g_assert_no_error(error);
  if (world->store != NULL)
    world->store->ops->check(world->store, &error);
  g_assert_no_error(error);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  event->id = g_strdup("framework");
  world_event(world, event);
}

World *world_new_stopped(guint agents, guint room, const char *path) {
  World *world = g_new0(World, 1);
  world->agents = g_new0(Agent, agents);
  world->n_agents = agents;
  world->path = g_strdup(path);
  world->by_offer = g_hash_table_new(g_str_hash, g_str_equal);
  world->by_task = g_hash_table_new(g_str_hash, g_str_equal);
  world->tasks = g_ptr_array_new_with_free_func((GDestroyNotify)mu_task_status_free);
  world->counts.turns_us = g_array_new(FALSE, FALSE, sizeof(gint64));
  world->counts.turns_processor_us = g_array_new(FALSE, FALSE, sizeof(gint64));
  mu_random_seed(&world->random, 1);
  for (guint i = 0; i < agents; i++) {
    g_snprintf(world->agents[i].id, sizeof world->agents[i].id, "agent-%u", i);
    world->agents[i].cpus_milli = room * G_GINT64_CONSTANT(100);
    world->agents[i].mem_mb = room * G_GINT64_CONSTANT(32);
  }
  return world;
}

World *world_new(guint agents, guint room, const char *path) {
  World *world = world_new_stopped(agents, room, path);
  start(world);
  return world;
}

static gboolean take_task(const MuStoredRecord *record, gpointer user, GError **error) {
  World *world = user;
  if (record->kind != MU_RECORD_STATUS)
    return TRUE;
  MuTaskStatus *status = mu_status_record_decode(record->value, record->length, error);
  if (status == NULL)
    return FALSE;
  g_ptr_array_add(world->tasks, status);
  g_hash_table_insert(world->by_task, status->task_id, status);
  return TRUE;
}

void world_find_tasks(World *world) {
  static const MuStoreReader READER = {.visit = take_task};
  g_autoptr(GError) error = NULL;
  MuStore *store = mu_sqlite_store_open(world->path, &error);
  g_assert_no_error(error);
  store->ops->load(store, &READER, world, &error);
  g_assert_no_error(error);
  store->ops->check(store, &error);
  g_assert_no_error(error);
  store->ops->free(store);
}

void world_free(World *world) {
  stop(world);
  g_hash_table_unref(world->by_offer);
  g_hash_table_unref(world->by_task);
  g_ptr_array_unref(world->tasks);
  g_array_unref(world->counts.turns_us);
  g_array_unref(world->counts.turns_processor_us);
  g_free(world->agents);
  g_free(world->path);
  g_free(world);
}

void world_stop(World *world) {
  stop(world);
}

void world_start(World *world) {
  start(world);
}

MuMultiServiceEventClient *world_client(World *world) {
  return world->client;
}

/* ---- the loop --------------------------------------------------------------------------------------------------------- */

void world_command(World *world, MuCommand *take_command) {
  g_queue_push_tail(&world->commands, take_command);
}

void world_event(World *world, MuEngineEvent *take_event) {
  g_queue_push_tail(&world->events, take_event);
}

/* The next item goes to the core; FALSE: there is none. */
static gboolean feed_one(World *world) {
  MuCommand *command = g_queue_pop_head(&world->commands);
  MuEngineEvent *event = command != NULL ? NULL : g_queue_pop_head(&world->events);
  if (command != NULL)
    mu_client_command(world->client, command, world_now_ms());
  if (event != NULL)
    mu_client_event(world->client, event, world_now_ms());
  return command != NULL || event != NULL;
}

static void feed_and_drain(World *world) {
  gint64 begin_us = world_processor_us(FALSE), until_us = g_get_monotonic_time() + FEED_US;
  for (guint n = 0; n < ITEMS_A_TURN && feed_one(world) && g_get_monotonic_time() < until_us; n++)
    ;
  MuOutput *output = mu_client_drain(world->client, world_now_ms());
  world->dirty = mu_client_has_more(world->client);
  world->counts.core_us += world_processor_us(FALSE) - begin_us;
  if (mu_output_is_empty(output))
    mu_output_free(output);
  else
    mu_pipeline_push(world->pipeline, output);
}

static gboolean is_due(World *world) {
  return world->dirty || world->commands.length > 0 || world->events.length > 0 || mu_pipeline_owes(world->pipeline) ||
         mu_client_next_ms(world->client) <= world_now_ms();
}

/* What the engine of the benchmark does is no part of a turn. */
static void note_turn(World *world, gint64 begin_us, gint64 processor_us, gint64 engine_us) {
  engine_us = world->counts.engine_us - engine_us;
  gint64 took_us = MAX(g_get_monotonic_time() - begin_us - engine_us, 1);
  gint64 worked_us = MAX(world_processor_us(FALSE) - processor_us - engine_us, 1);
  g_array_append_val(world->counts.turns_us, took_us);
  g_array_append_val(world->counts.turns_processor_us, worked_us);
}

gboolean world_turn(World *world) {
  gboolean timed = world->store != NULL; /* the clocks cost as much as an idle offer */
  gint64 begin_us = timed ? g_get_monotonic_time() : 0, processor_us = timed ? world_processor_us(FALSE) : 0;
  gint64 engine_us = world->counts.engine_us;
  gboolean work = is_due(world);
  if (work) {
    mu_pipeline_tick(world->pipeline, world_now_ms());
    feed_and_drain(world);
  }
  if (world->store != NULL)
    work |= g_main_context_iteration(NULL, FALSE);
  if (work && timed)
    note_turn(world, begin_us, processor_us, engine_us);
  if (world->offering && !world->held && world->events.length == 0) {
    engine_us = world_processor_us(FALSE);
    offer_all(world);
    world->counts.engine_us += world_processor_us(FALSE) - engine_us;
  }
  work |= is_due(world);
  if (!work && mu_pipeline_in_flight(world->pipeline))
    work = g_main_context_iteration(NULL, TRUE);
  return work;
}

void world_hold_offers(World *world, gboolean held) {
  world->held = held;
}

void world_settle(World *world) {
  while (world_turn(world))
    ;
}

const WorldCounts *world_counts(const World *world) {
  return &world->counts;
}

void world_forget(World *world) {
  world->counts.core_us = world->counts.engine_us = 0;
  world->counts.launches = 0;
  g_array_set_size(world->counts.turns_us, 0);
  g_array_set_size(world->counts.turns_processor_us, 0);
}

const MuTaskStatus *world_task(const World *world, guint n) {
  return world->tasks->pdata[n % world->tasks->len];
}

guint world_tasks(const World *world) {
  return world->tasks->len;
}
