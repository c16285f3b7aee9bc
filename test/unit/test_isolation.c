/* One service's trouble is not another's: factories that fail, crash loops, strangers' tasks and resources. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "three_services.h"
#include "view.h"
#include <muster/error.h>
#include <muster/service_report.h>

#include <string.h>

/* ---- factories that fail at a restart --------------------------------------------------------------------------------- */

/* The service for which the factory fails at present, or NULL. */
typedef struct {
  const char *failing;
} Factory;

static MuServiceScheduler *build(const char *name, GBytes *context, gpointer user, GError **error) {
  const Factory *factory = user;
  if (g_strcmp0(factory->failing, name) != 0)
    return mu_yaml_service_factory(name, context, NULL, error);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the factory's disk is on fire");
  return NULL;
}

static void test_factory_fails_at_restart(void) {
  Factory factory = {0};
  g_autoptr(MuSim) sim = three_services(build, &factory);
  g_autofree char *one = mu_sim_task_id(sim, "one-0-server");
  g_autofree char *two = mu_sim_task_id(sim, "two-0-server");
  guint records = mu_sim_records(sim);
  factory.failing = "two";
  mu_sim_crash(sim);
  mu_sim_run(sim, 600000);
  assert_state(sim, "one", "RUNNING", NULL);
  assert_state(sim, "two", "FAILED", "the factory's disk is on fire");
  assert_state(sim, "three", "RUNNING", NULL);
  g_assert_cmpuint(mu_sim_records(sim), ==, records); /* nothing of it is lost */
  g_autofree char *one_after = mu_sim_task_id(sim, "one-0-server");
  g_autofree char *two_after = mu_sim_task_id(sim, "two-0-server");
  g_assert_cmpstr(one, ==, one_after);
  g_assert_cmpstr(two, ==, two_after); /* its tasks run on */
  mu_sim_end_task(sim, "three-0-server", MU_TASK_FAILED);
  mu_sim_expect_plan(sim, "three", "recovery", "DELAYED", 100);
  mu_sim_expect_plan(sim, "three", "recovery", "COMPLETE", 10000); /* the others are served */
  put(sim, "four", "0.1", "created");
  mu_sim_expect_plan(sim, "four", "deploy", "COMPLETE", 10000);
}

/* The context that is stored is put again once the factory works, or another one. */
static void test_failed_is_repaired(gconstpointer cpus) {
  Factory factory = {0};
  g_autoptr(MuSim) sim = three_services(build, &factory);
  g_autoptr(GError) error = NULL;
  g_autofree char *yaml = yaml_of("two", cpus);
  g_autofree char *before = mu_sim_task_id(sim, "two-0-server");
  gboolean same = strcmp(cpus, "0.1") == 0;
  factory.failing = "two";
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  g_assert_null(mu_sim_put(sim, "two", yaml, &error)); /* it still fails */
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  assert_state(sim, "two", "FAILED", "the factory's disk is on fire");
  factory.failing = NULL;
  put(sim, "two", cpus, "changed");
  assert_state(sim, "two", "RUNNING", NULL);
  mu_sim_expect_plan(sim, "two", "deploy", "COMPLETE", 60000);
  g_autofree char *after = mu_sim_task_id(sim, "two-0-server");
  g_assert_cmpint(g_strcmp0(before, after) == 0, ==, same);
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
  assert_state(sim, "two", "RUNNING", NULL);
}

static void test_failed_is_removed(void) {
  Factory factory = {0};
  g_autoptr(MuSim) sim = three_services(build, &factory);
  factory.failing = "two";
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
  mu_sim_expect_remove(sim, "two");
  mu_sim_expect_gone(sim, "two", 60000);
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
  g_assert_cmpuint(mu_sim_running(sim), ==, 2);
}

/* ---- crash loops and hopeless wishes ------------------------------------------------------------------------------------ */

/* How long "good" takes to deploy; with a service whose task fails at once for ever beside it, and one that fits nowhere. */
static gint64 deploy_ms(gboolean beside_trouble) {
  const MuSimScript failing = {.start_ms = 10, .end_ms = 1, .end = MU_TASK_FAILED, .kill_ms = 5};
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 2);
  mu_sim_script(sim, "loop-0-server", &failing);
  if (beside_trouble) {
    put(sim, "loop", "0.1", "created");
    put(sim, "huge", "99", "created");
  } else {
    put(sim, "calm", "0.1", "created");
  }
  mu_sim_run(sim, 1800000);
  gint64 begin_ms = mu_sim_now_ms(sim);
  put(sim, "good", "0.1", "created");
  mu_sim_expect_plan(sim, "good", "deploy", "COMPLETE", 60000);
  return mu_sim_now_ms(sim) - begin_ms;
}

static void test_crash_loop_delays_nobody(void) {
  g_assert_cmpint(deploy_ms(TRUE), <=, deploy_ms(FALSE) + 5);
}

/* A crash loop costs less and less: its backoff has a cap, and it is reached. */
static void test_crash_loop_is_slow(void) {
  const MuSimScript failing = {.start_ms = 10, .end_ms = 1, .end = MU_TASK_FAILED, .kill_ms = 5};
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  mu_sim_script(sim, "loop-0-server", &failing);
  put(sim, "loop", "0.1", "created");
  mu_sim_run(sim, 3600000); /* 1, 2, 4, … seconds, then every 5 minutes */
  guint commits = mu_sim_commits(sim);
  mu_sim_run(sim, 3600000);
  g_assert_cmpuint(mu_sim_commits(sim) - commits, <=, 12 * 4);
  g_assert_cmpuint(mu_sim_commits(sim) - commits, >=, 11 * 2);
}

/* At most one may grow, and the one whose turn it is fits nowhere: the others come to their turn, without spinning. */
static void test_turns_without_offers(void) {
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, 1);
  mu_sim_limit_footprint(sim, 1, 20000);
  put(sim, "huge", "99", "created");
  put(sim, "vast", "98", "created");
  put(sim, "good", "0.1", "created");
  mu_sim_expect_plan(sim, "good", "deploy", "COMPLETE", 41000); /* two turns of 20 s before its own */
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(mu_sim_events_after_settling(sim, 600000), <, 200);
}

/* ---- the bare client: events in, calls out ------------------------------------------------------------------------------ */

typedef struct {
  MuMultiServiceEventClient *client;
  GString *log; /* the calls and records of the drains since it was last read */
  gint64 now_ms;
} Driver;

static void set_up(Driver *d) {
  *d = (Driver){.log = g_string_new(NULL), .now_ms = 1000};
  d->client = mu_multi_service_event_client_new("fw", mu_multi_service_manager_new(),
                                                mu_service_store_new(mu_yaml_service_factory, NULL), NULL);
}

static void tear_down(Driver *d) {
  mu_multi_service_event_client_free(d->client);
  g_string_free(d->log, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Driver, tear_down)

static void log_resources(GString *log, const MuOperation *operation) {
  g_string_append_printf(log, " %s", mu_operation_kind_to_string(operation->kind));
  for (guint i = 0; operation->resources != NULL && i < operation->resources->items->len; i++) {
    const MuResource *resource = operation->resources->items->pdata[i];
    g_autofree char *text = mu_resource_to_string(resource);
    g_string_append_printf(log, " [%s%s]", text, resource->persistence_id != NULL ? " volume" : "");
  }
}

static void log_call(GString *log, const MuEngineCall *call) {
  if (call->kind == MU_CALL_RECONCILE || call->kind == MU_CALL_SUPPRESS || call->kind == MU_CALL_REVIVE)
    return;
  g_string_append(log, mu_engine_call_kind_to_string(call->kind));
  if (call->task_id != NULL)
    g_string_append_printf(log, " %s", call->task_id);
  if (call->uuid != NULL)
    g_string_append_printf(log, " %s", call->uuid);
  for (guint i = 0; i < call->offer_ids->len; i++)
    g_string_append_printf(log, " %s", (char *)call->offer_ids->pdata[i]);
  for (guint i = 0; i < call->operations->len; i++)
    log_resources(log, call->operations->pdata[i]);
  g_string_append_c(log, '\n');
}

static void drain(Driver *d) {
  g_autoptr(MuOutput) output = mu_client_drain(d->client, d->now_ms);
  for (guint i = 0; i < output->batch->ops->len; i++) {
    const MuRecordOp *op = &g_array_index(output->batch->ops, MuRecordOp, i);
    if (op->kind == MU_RECORD_STATUS)
      g_string_append_printf(d->log, "%s status %s/%s\n", op->value == NULL ? "delete" : "put", op->service, op->key);
  }
  for (guint i = 0; i < output->calls->len; i++)
    log_call(d->log, output->calls->pdata[i]);
}

#define assert_log(d, expected)                                                                                        \
  G_STMT_START {                                                                                                       \
    g_assert_cmpstr((d)->log->str, ==, (expected));                                                                    \
    g_string_truncate((d)->log, 0);                                                                                    \
  }                                                                                                                    \
  G_STMT_END

static void give(Driver *d, MuEngineEvent *take_event) {
  mu_client_event(d->client, take_event, d->now_ms);
  drain(d);
}

static void subscribe(Driver *d) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  event->id = g_strdup("framework-id");
  give(d, event);
  g_string_truncate(d->log, 0);
}

static void give_status(Driver *d, const char *task_id, MuTaskState state, const char *uuid) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task_id, state);
  event->status->agent_id = g_strdup("agent");
  event->status->uuid = g_strdup(uuid);
  give(d, event);
}

static MuOffer *plain_offer(const char *id) {
  static const MuResourceKind KINDS[] = {MU_RESOURCE_CPUS, MU_RESOURCE_MEM, MU_RESOURCE_DISK};
  MuOffer *offer = mu_offer_new(id, "agent", "host");
  for (guint i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    g_autoptr(MuResource) scalar = mu_resource_new_scalar(KINDS[i], 4000);
    mu_resources_add(offer->resources, scalar);
  }
  return offer;
}

static void add_reserved(MuOffer *offer, MuResourceKind kind, const char *role, const char *id, const char *service,
                         const char *volume) {
  g_autoptr(MuResource) resource = mu_resource_new_scalar(kind, 100);
  mu_resource_set_reservation(resource, role, id, service, "principal");
  resource->persistence_id = g_strdup(volume);
  resource->container_path = g_strdup(volume);
  mu_resources_add(offer->resources, resource);
}

static void give_offer(Driver *d, MuOffer *take_offer) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  g_ptr_array_add(event->offers, take_offer);
  give(d, event);
}

/* The service "svc" was put and its task launched; the caller frees the task's id. */
static char *launch(Driver *d) {
  g_autofree char *yaml = yaml_of("svc", "0.1");
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "svc");
  command->context = g_bytes_new(yaml, strlen(yaml));
  subscribe(d);
  mu_client_command(d->client, command, d->now_ms);
  drain(d);
  give_offer(d, plain_offer("offer-1"));
  assert_log(d, "ACCEPT offer-1 RESERVE [cpus 0.1] [mem 32 MB] [disk 10 MB] CREATE [disk 10 MB volume] LAUNCH_GROUP\n");
  const MuService *service = mu_manager_find(d->client->manager, "svc");
  return g_strdup(((MuTask *)g_hash_table_lookup(service->tasks, "svc-0-server"))->record->task_id);
}

/* ---- statuses -------------------------------------------------------------------------------------------------------------- */

#define UUID "01234567-89ab-4cde-8f01-23456789abcd"

static void test_unknown_tasks(void) {
  g_auto(Driver) d;
  static const char *const STRANGERS[] = {"gone__pod-0-task__" UUID, "svc__svc-7-server__" UUID, "no-id-of-ours", ""};
  set_up(&d);
  g_free(launch(&d));
  for (guint i = 0; i < G_N_ELEMENTS(STRANGERS); i++) {
    g_autofree char *killed = g_strdup_printf("KILL %s\nACKNOWLEDGE %s u-1\n", STRANGERS[i], STRANGERS[i]);
    g_autofree char *only_heard = g_strdup_printf("ACKNOWLEDGE %s u-2\n", STRANGERS[i]);
    give_status(&d, STRANGERS[i], MU_TASK_RUNNING, "u-1");
    assert_log(&d, killed);
    give_status(&d, STRANGERS[i], MU_TASK_FAILED, "u-2"); /* dead already */
    assert_log(&d, only_heard);
    give_status(&d, STRANGERS[i], MU_TASK_LOST, NULL); /* asks for no acknowledgement */
    assert_log(&d, "");
  }
}

static void test_stale_run(void) {
  g_auto(Driver) d;
  static const char STALE[] = "svc__svc-0-server__" UUID;
  set_up(&d);
  g_autofree char *task = launch(&d);
  give_status(&d, task, MU_TASK_RUNNING, "u-1");
  g_string_truncate(d.log, 0);
  give_status(&d, STALE, MU_TASK_RUNNING, "u-2");
  assert_log(&d, "KILL svc__svc-0-server__" UUID "\nACKNOWLEDGE svc__svc-0-server__" UUID " u-2\n");
  give_status(&d, STALE, MU_TASK_KILLED, "u-3");
  assert_log(&d, "ACKNOWLEDGE svc__svc-0-server__" UUID " u-3\n");
  const MuService *service = mu_manager_find(d.client->manager, "svc");
  g_assert_true(
      mu_task_is_alive(g_hash_table_lookup(service->tasks, "svc-0-server"))); /* the present one is not touched */
}

static void test_duplicates(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_autofree char *task = launch(&d);
  g_autofree char *first = g_strdup_printf("put status svc/svc-0-server\nACKNOWLEDGE %s u-1\n", task);
  g_autofree char *again = g_strdup_printf("ACKNOWLEDGE %s u-1\n", task);
  g_autofree char *ended = g_strdup_printf("put status svc/svc-0-server\nACKNOWLEDGE %s u-2\n", task);
  g_autofree char *late = g_strdup_printf("ACKNOWLEDGE %s u-3\n", task);
  give_status(&d, task, MU_TASK_RUNNING, "u-1");
  assert_log(&d, first);
  give_status(&d, task, MU_TASK_RUNNING, "u-1");
  assert_log(&d, again);
  give_status(&d, task, MU_TASK_RUNNING, NULL); /* the answer to a reconciliation */
  assert_log(&d, "");
  give_status(&d, task, MU_TASK_FAILED, "u-2");
  assert_log(&d, ended);
  give_status(&d, task, MU_TASK_LOST, "u-3"); /* it ended only once, and the first word counts */
  assert_log(&d, late);
  g_autofree char *risen = g_strdup_printf("KILL %s\nACKNOWLEDGE %s u-4\n", task, task);
  give_status(&d, task, MU_TASK_RUNNING, "u-4"); /* what rises from the dead is put back */
  assert_log(&d, risen);
}

static guint count_calls(MuOutput *take_output, MuEngineCallKind kind, const char *task_id) {
  g_autoptr(MuOutput) output = take_output;
  guint n = 0;
  for (guint i = 0; i < output->calls->len; i++) {
    const MuEngineCall *call = output->calls->pdata[i];
    n += call->kind == kind && g_strcmp0(call->task_id, task_id) == 0;
  }
  return n;
}

static void hear(Driver *d, const char *task_id, MuTaskState state, const char *uuid) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task_id, state);
  event->status->agent_id = g_strdup("agent");
  event->status->uuid = g_strdup(uuid);
  mu_client_event(d->client, event, d->now_ms);
}

/* A service that floods the scheduler with statuses is heard in slices; what another one says meanwhile is in the first of
 * them. Its own come in their order: the last word is the last one. */
static void test_flood(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_autofree char *task = launch(&d);
  static const char OTHER[] = "other__pod-0-task__" UUID;
  for (guint i = 0; i < 2 * MU_STATUSES_PER_DRAIN; i++)
    hear(&d, task, MU_TASK_RUNNING, "u");
  hear(&d, task, MU_TASK_FAILED, "last");
  hear(&d, OTHER, MU_TASK_FAILED, "u");
  const MuService *service = mu_manager_find(d.client->manager, "svc");
  const MuTask *heard = g_hash_table_lookup(service->tasks, "svc-0-server");
  g_assert_cmpint(mu_client_next_ms(d.client), <=, d.now_ms); /* the next drain is due at once */
  /* A drain begins with what was put off, after what was heard at once. */
  g_autoptr(MuOutput) first = mu_client_drain(d.client, d.now_ms);
  g_assert_cmpuint(count_calls(g_steal_pointer(&first), MU_CALL_ACKNOWLEDGE, OTHER), ==, 1);
  g_assert_cmpint(heard->status->state, ==, MU_TASK_RUNNING);
  g_assert_cmpuint(count_calls(mu_client_drain(d.client, d.now_ms), MU_CALL_ACKNOWLEDGE, task), ==, 1);
  g_assert_cmpint(heard->status->state, ==, MU_TASK_FAILED);
  g_assert_cmpint(mu_client_next_ms(d.client), >, d.now_ms);
}

static void test_long_message(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_autofree char *task = launch(&d);
  g_autofree char *long_message = g_strnfill(MU_STATUS_MAX_MESSAGE - 2, 'x');
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task, MU_TASK_FAILED);
  event->status->message = g_strconcat(long_message, "äää", NULL);
  mu_client_event(d.client, event, d.now_ms);
  const MuService *service = mu_manager_find(d.client->manager, "svc");
  const char *kept = ((MuTask *)g_hash_table_lookup(service->tasks, "svc-0-server"))->status->message;
  g_assert_cmpuint(strlen(kept), <=, MU_STATUS_MAX_MESSAGE);
  g_assert_true(g_utf8_validate(kept, -1, NULL));
  g_assert_true(g_str_has_suffix(kept, "x…"));
}

static gboolean never_began(const Driver *d) {
  g_autoptr(MuServiceReport) report = mu_multi_service_manager_report(d->client->manager, "svc", NULL);
  g_assert_cmpuint(report->n_tasks, ==, 1);
  return report->tasks[0].never_began;
}

/* A launch that never reached the engine, the process having died before, is told apart from a run that is lost; also later. */
static void test_never_began(void) {
  static const gboolean BEGINS[] = {FALSE, TRUE};
  for (guint i = 0; i < G_N_ELEMENTS(BEGINS); i++) {
    g_auto(Driver) d;
    set_up(&d);
    g_autofree char *task = launch(&d);
    if (BEGINS[i])
      hear(&d, task, MU_TASK_RUNNING, "u");
    g_assert_false(never_began(&d));
    hear(&d, task, MU_TASK_GONE, "v");
    g_assert_cmpint(never_began(&d), ==, !BEGINS[i]);
    const MuService *service = mu_manager_find(d.client->manager, "svc");
    const MuTask *of_task = g_hash_table_lookup(service->tasks, "svc-0-server");
    g_autofree char *text = mu_task_record_encode(of_task->record);
    g_autoptr(MuTaskRecord) again = mu_task_record_decode(text, strlen(text), NULL);
    g_assert_cmpint(again->never_began, ==, !BEGINS[i]);
  }
}

/* Updates that come faster than they are rolled out: each leaves a configuration that a task still runs with, up to a limit. */
static void test_stored_bytes(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_free(launch(&d));
  MuService *service = mu_manager_find(d.client->manager, "svc");
  for (guint i = 2; i < 6; i++) { /* within the limit */
    g_autofree char *cpus = g_strdup_printf("0.%u", i), *yaml = yaml_of("svc", cpus);
    MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "svc");
    command->context = g_bytes_new(yaml, strlen(yaml));
    mu_client_command(d.client, command, d.now_ms);
  }
  g_assert_cmpint(service->record->version, ==, 5);
  d.client->effects.max_stored_bytes = 1000;
  g_autofree char *yaml = yaml_of("svc", "0.7");
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "svc");
  command->context = g_bytes_new(yaml, strlen(yaml));
  mu_client_command(d.client, command, d.now_ms);
  const MuPendingReply *reply = d.client->replies->pdata[d.client->replies->len - 1];
  g_assert_error(reply->error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_assert_true(g_str_has_prefix(reply->error->message, "service svc would store "));
  g_assert_cmpint(service->record->version, ==, 5);
}

/* How many commits and evaluations so much time takes while a service's tasks crash as soon as they run. */
static guint64 work_in_ten_minutes(guint others) {
  static const MuSimScript CRASHES = {.start_ms = 1, .end_ms = 1, .end = MU_TASK_FAILED, .kill_ms = 1};
  g_autoptr(MuSim) sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  mu_sim_add_agent(sim, "agent-0", 800000, 1638400, 1024000, "1000-32000");
  for (guint i = 0; i < others; i++) {
    g_autofree char *name = g_strdup_printf("quiet-%u", i);
    put(sim, name, "0.1", "created");
    mu_sim_expect_plan(sim, name, "deploy", "COMPLETE", 60000);
  }
  mu_sim_script(sim, "crashes-0-server", &CRASHES);
  put(sim, "crashes", "0.1", "created");
  const MuClientCounters *counters = &mu_sim_client(sim)->counters;
  guint64 before = mu_sim_commits(sim) + counters->evaluations + counters->drains;
  mu_sim_run(sim, 600000);
  return mu_sim_commits(sim) + counters->evaluations + counters->drains - before;
}

/* A crash loop costs what its backoff lets it, whoever else is there: nobody else is looked at for its sake. */
static void test_crash_loop_costs_only_itself(void) {
  guint64 alone = work_in_ten_minutes(0);
  g_assert_cmpuint(alone, <, 200);
  g_assert_cmpuint(work_in_ten_minutes(100), <=, alone + 10);
}

/* What is put off of a service that is gone is forgotten with it; the engine tells it again, and it is a stranger's then. */
static void test_flood_of_one_that_goes(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_autofree char *task = launch(&d);
  for (guint i = 0; i < 5 * MU_STATUSES_PER_DRAIN; i++)
    hear(&d, task, MU_TASK_RUNNING, "u");
  mu_client_command(d.client, mu_command_new(MU_COMMAND_SERVICE_FORCE_REMOVE, "svc"), d.now_ms);
  drain(&d);
  drain(&d);
  g_assert_null(mu_manager_find(d.client->manager, "svc"));
  g_assert_true(g_queue_is_empty(&d.client->late));
}

/* ---- resources ------------------------------------------------------------------------------------------------------------- */

static void test_resources_of_nobody(void) {
  g_auto(Driver) d;
  set_up(&d);
  subscribe(&d);
  MuOffer *offer = plain_offer("offer-1");
  add_reserved(offer, MU_RESOURCE_CPUS, "fw-role", "r-1", "gone", NULL);
  add_reserved(offer, MU_RESOURCE_DISK, "fw-role", "r-2", "gone", "volume-1");
  give_offer(&d, offer);
  assert_log(&d, "ACCEPT offer-1 UNRESERVE [cpus 0.1] DESTROY [disk 100 MB volume] UNRESERVE [disk 100 MB]\n");
}

/* The service is there, and its ledger knows nothing of the reservation. */
static void test_resources_unknown_to_the_ledger(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_free(launch(&d));
  MuOffer *offer = plain_offer("offer-2");
  add_reserved(offer, MU_RESOURCE_CPUS, "fw-role", "r-1", "svc", NULL);
  give_offer(&d, offer);
  assert_log(&d, "ACCEPT offer-2 UNRESERVE [cpus 0.1]\n");
}

/* Its own are not garbage, though nothing is waiting for them. */
static void test_own_resources_stay(void) {
  g_auto(Driver) d;
  set_up(&d);
  g_free(launch(&d));
  const MuService *service = mu_manager_find(d.client->manager, "svc");
  const MuPodRecord *record = mu_service_pod(service, "svc-0")->record;
  MuOffer *offer = plain_offer("offer-2");
  for (guint i = 0; i < record->entries->len; i++)
    mu_resources_add(offer->resources, ((MuLedgerEntry *)record->entries->pdata[i])->resource);
  give_offer(&d, offer);
  assert_log(&d, "DECLINE offer-2\n");
}

static void test_unlabelled_and_foreign_are_left_alone(void) {
  g_auto(Driver) d;
  static const struct {
    const char *role, *id, *service;
  } ROWS[] = {
      {"fw-role", NULL, NULL},       /* an operator reserved it for our role */
      {"fw-role", "r-1", NULL},      /* half a label */
      {"fw-role", NULL, "gone"},     /* the other half */
      {"other-role", "r-1", "gone"}, /* another framework's, whatever its labels say */
      {"other-role", NULL, NULL},
  };
  set_up(&d);
  subscribe(&d);
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    MuOffer *offer = plain_offer("offer-1");
    add_reserved(offer, MU_RESOURCE_CPUS, ROWS[i].role, ROWS[i].id, ROWS[i].service, NULL);
    add_reserved(offer, MU_RESOURCE_DISK, ROWS[i].role, ROWS[i].id, ROWS[i].service, "volume-1");
    give_offer(&d, offer);
    assert_log(&d, "DECLINE offer-1\n");
  }
}

/* One garbage resource in an offer does not keep the rest of it from those who wait. */
static void test_garbage_beside_a_launch(void) {
  g_auto(Driver) d;
  g_autofree char *yaml = yaml_of("svc", "0.1");
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "svc");
  command->context = g_bytes_new(yaml, strlen(yaml));
  set_up(&d);
  subscribe(&d);
  mu_client_command(d.client, command, d.now_ms);
  drain(&d);
  MuOffer *offer = plain_offer("offer-1");
  add_reserved(offer, MU_RESOURCE_CPUS, "fw-role", "r-1", "gone", NULL);
  give_offer(&d, offer);
  assert_log(
      &d, "ACCEPT offer-1 UNRESERVE [cpus 0.1] RESERVE [cpus 0.1] [mem 32 MB] [disk 10 MB] CREATE [disk 10 MB volume] "
          "LAUNCH_GROUP\n");
}

/* Two offers of one agent, one of them taken back before they were answered: the other one is not forgotten at the engine. */
static void test_rescind(void) {
  g_auto(Driver) d;
  set_up(&d);
  subscribe(&d);
  MuEngineEvent *offers = mu_engine_event_new(MU_EVENT_OFFERS);
  g_ptr_array_add(offers->offers, plain_offer("offer-1"));
  g_ptr_array_add(offers->offers, plain_offer("offer-2"));
  mu_client_event(d.client, offers, d.now_ms);
  MuEngineEvent *rescind = mu_engine_event_new(MU_EVENT_RESCIND);
  rescind->id = g_strdup("offer-1");
  give(&d, rescind);
  assert_log(&d, "DECLINE offer-2\n");
}

/* ---- counting ------------------------------------------------------------------------------------------------------- */

static void test_counters(void) {
  static const char *const LINES[] = {"muster_events_total 4\n",
                                      "muster_commands_total 1\n",
                                      "muster_launches_total 1\n",
                                      "muster_offers_total 2\n",
                                      "muster_offers_declined_total 1\n",
                                      "muster_statuses_total 1\n",
                                      "muster_subscribed 1\n",
                                      "muster_store_healthy 1\n",
                                      "muster_tasks{state=\"TASK_RUNNING\"} 1\n",
                                      "muster_services{state=\"RUNNING\"} 1\n"};
  g_auto(Driver) d;
  set_up(&d);
  g_autofree char *task = launch(&d);
  give_status(&d, task, MU_TASK_RUNNING, "u-1");
  give_offer(&d, plain_offer("offer-2"));
  g_autofree char *metrics = mu_view_metrics(d.client);
  for (guint i = 0; i < G_N_ELEMENTS(LINES); i++)
    if (strstr(metrics, LINES[i]) == NULL)
      g_error("no line %s in %s", LINES[i], metrics);
}

/* ---- loading ------------------------------------------------------------------------------------------------------------------ */

/* A store gives its records in no order: a status may come before its task. */
static void test_status_before_task(void) {
  g_auto(Driver) d;
  g_autoptr(GError) error = NULL;
  static const char SERVICE[] = "{\"state\":\"RUNNING\",\"version\":1}";
  static const char TASK[] = "{\"name\":\"svc-0-server\",\"id\":\"svc__svc-0-server__" UUID
                             "\",\"pod\":\"svc\",\"index\":0,\"task\":\"server\"}";
  static const char STATUS[] = "{\"task_id\":\"svc__svc-0-server__" UUID "\",\"state\":\"TASK_FINISHED\"}";
  set_up(&d);
  g_assert_true(mu_client_load(d.client, MU_RECORD_STATUS, "svc", "svc-0-server", STATUS, strlen(STATUS), &error));
  g_assert_true(mu_client_load(d.client, MU_RECORD_TASK, "svc", "svc-0-server", TASK, strlen(TASK), &error));
  g_assert_true(mu_client_load(d.client, MU_RECORD_SERVICE, "svc", "", SERVICE, strlen(SERVICE), &error));
  g_assert_true(mu_client_loaded(d.client, d.now_ms, &error));
  const MuService *service = mu_manager_find(d.client->manager, "svc");
  g_assert_false(mu_task_is_alive(g_hash_table_lookup(service->tasks, "svc-0-server")));
}

static void test_framework_of_another_name(void) {
  static const char RECORD[] = "{\"name\":\"another\"}";
  g_auto(Driver) d;
  g_autoptr(GError) error = NULL;
  set_up(&d);
  g_assert_false(mu_client_load(d.client, MU_RECORD_FRAMEWORK, "", "", RECORD, strlen(RECORD), &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
  g_assert_cmpstr(
      error->message, ==,
      "the state belongs to framework \"another\", not \"fw\": give --framework-name another, or another --state folder");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/isolation/factory_fails_at_restart", test_factory_fails_at_restart);
  g_test_add_data_func("/isolation/failed_is_repaired/same", "0.1", test_failed_is_repaired);
  g_test_add_data_func("/isolation/failed_is_repaired/other", "0.2", test_failed_is_repaired);
  g_test_add_func("/isolation/failed_is_removed", test_failed_is_removed);
  g_test_add_func("/isolation/crash_loop_delays_nobody", test_crash_loop_delays_nobody);
  g_test_add_func("/isolation/crash_loop_is_slow", test_crash_loop_is_slow);
  g_test_add_func("/isolation/turns_without_offers", test_turns_without_offers);
  g_test_add_func("/isolation/unknown_tasks", test_unknown_tasks);
  g_test_add_func("/isolation/stale_run", test_stale_run);
  g_test_add_func("/isolation/duplicates", test_duplicates);
  g_test_add_func("/isolation/flood", test_flood);
  g_test_add_func("/isolation/long_message", test_long_message);
  g_test_add_func("/isolation/never_began", test_never_began);
  g_test_add_func("/isolation/stored_bytes", test_stored_bytes);
  g_test_add_func("/isolation/crash_loop_costs_only_itself", test_crash_loop_costs_only_itself);
  g_test_add_func("/isolation/flood_of_one_that_goes", test_flood_of_one_that_goes);
  g_test_add_func("/isolation/resources_of_nobody", test_resources_of_nobody);
  g_test_add_func("/isolation/resources_unknown_to_the_ledger", test_resources_unknown_to_the_ledger);
  g_test_add_func("/isolation/own_resources_stay", test_own_resources_stay);
  g_test_add_func("/isolation/left_alone", test_unlabelled_and_foreign_are_left_alone);
  g_test_add_func("/isolation/garbage_beside_a_launch", test_garbage_beside_a_launch);
  g_test_add_func("/isolation/rescind", test_rescind);
  g_test_add_func("/isolation/counters", test_counters);
  g_test_add_func("/isolation/status_before_task", test_status_before_task);
  g_test_add_func("/isolation/framework_of_another_name", test_framework_of_another_name);
  return g_test_run();
}
