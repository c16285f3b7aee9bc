/* What concerns many services at once is done in parts: a start, the uninstall of all, what many depend on. */
#include "client_private.h"
#include "three_services.h"
#include <muster/error.h>

#define SERVICES 5
#define PART 2

typedef struct {
  MuMultiServiceEventClient *client;
  GPtrArray *durable; /* of MuBatch* */
} Driver;

static MuMultiServiceEventClient *client_new(void) {
  MuClientSettings settings = mu_client_settings_default;
  settings.settles_per_drain = settings.asked_per_drain = PART;
  MuMultiServiceEventClient *client = mu_multi_service_event_client_new(
      "fw", mu_multi_service_manager_new(), mu_service_store_new(mu_yaml_service_factory, NULL), NULL);
  mu_client_configure(client, &settings, 1);
  return client;
}

static void set_up(Driver *d) {
  d->client = client_new();
  d->durable = g_ptr_array_new_with_free_func((GDestroyNotify)mu_batch_free);
}

static void tear_down(Driver *d) {
  mu_multi_service_event_client_free(d->client);
  g_ptr_array_unref(d->durable);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Driver, tear_down)

/* The calls of one drain; the caller unrefs. */
static GPtrArray *drain(Driver *d) {
  g_autoptr(MuOutput) output = mu_client_drain(d->client, 1000);
  g_ptr_array_add(d->durable, g_steal_pointer(&output->batch));
  output->batch = mu_batch_new();
  return g_ptr_array_ref(output->calls);
}

static guint count(const GPtrArray *calls, MuEngineCallKind kind) {
  guint n = 0;
  for (guint i = 0; i < calls->len; i++)
    n += ((MuEngineCall *)calls->pdata[i])->kind == kind;
  return n;
}

static void drain_all(Driver *d) {
  do
    g_ptr_array_unref(drain(d));
  while (mu_client_has_more(d->client));
}

static void put_service(Driver *d, const char *name, const char *more) {
  g_autofree char *yaml = yaml_of(name, "0.1");
  g_autofree char *text = g_strconcat("{", more, yaml + 1, NULL);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
  command->context = g_bytes_new(text, strlen(text));
  mu_client_command(d->client, command, 1000);
}

static char *name_of(guint i) {
  return g_strdup_printf("svc-%u", i);
}

static void put_services(Driver *d, const char *more) {
  for (guint i = 0; i < SERVICES; i++) {
    g_autofree char *name = name_of(i);
    put_service(d, name, more);
  }
  drain_all(d);
  g_assert_cmpuint(mu_multi_service_manager_size(d->client->manager), ==, SERVICES);
}

static void subscribe(Driver *d) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  event->id = g_strdup("id");
  mu_client_event(d->client, event, 1000);
}

static void give_offer(Driver *d) {
  static const MuResourceKind KINDS[] = {MU_RESOURCE_CPUS, MU_RESOURCE_MEM, MU_RESOURCE_DISK};
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  MuOffer *offer = mu_offer_new("offer", "agent", "host");
  for (guint i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    g_autoptr(MuResource) scalar = mu_resource_new_scalar(KINDS[i], 10000);
    mu_resources_add(offer->resources, scalar);
  }
  g_ptr_array_add(event->offers, offer);
  mu_client_event(d->client, event, 1000);
}

/* The process ends and starts again with what is durable. */
static void restart(Driver *d) {
  mu_multi_service_event_client_free(d->client);
  d->client = client_new();
  for (guint i = 0; i < d->durable->len; i++) {
    const MuBatch *batch = d->durable->pdata[i];
    for (guint j = 0; j < batch->ops->len; j++) {
      const MuRecordOp *op = &g_array_index(batch->ops, MuRecordOp, j);
      g_assert_nonnull(op->value);
      g_assert_true(mu_client_load(d->client, op->kind, op->service, op->key, op->value, op->length, NULL));
    }
  }
  g_assert_true(mu_client_loaded(d->client, 1000, NULL));
}

/* Five services, two of them in each drain. What is offered meanwhile is neither used nor declined, and used then. */
static void test_start(void) {
  g_auto(Driver) d;
  set_up(&d);
  put_services(&d, "");
  restart(&d);
  subscribe(&d);
  give_offer(&d);
  for (guint left = SERVICES - PART; left > PART / 2; left -= PART) {
    g_autoptr(GPtrArray) calls = drain(&d);
    g_assert_cmpuint(d.client->backlog.length, ==, left);
    g_assert_true(mu_client_has_more(d.client));
    g_assert_cmpint(mu_client_next_ms(d.client), <=, 1000);
    g_assert_cmpuint(count(calls, MU_CALL_ACCEPT) + count(calls, MU_CALL_DECLINE) + count(calls, MU_CALL_SUPPRESS), ==,
                     0);
  }
  while (d.client->backlog.length > 0)
    g_ptr_array_unref(drain(&d));
  g_assert_cmpuint(d.client->counters.launches, ==, SERVICES);
  drain_all(&d);
  g_assert_false(mu_client_has_more(d.client));
}

/* One that goes while it waits for its turn is forgotten. */
static void test_goes_meanwhile(void) {
  g_auto(Driver) d;
  set_up(&d);
  put_services(&d, "");
  restart(&d);
  MuService *last = mu_manager_find(d.client->manager, "svc-4");
  g_assert_true(last->postponed);
  mu_client_command(d.client, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "svc-4"), 1000);
  g_ptr_array_unref(drain(&d)); /* it has nothing, so it is gone */
  g_assert_null(mu_manager_find(d.client->manager, "svc-4"));
  g_assert_cmpuint(d.client->backlog.length, ==, SERVICES - 1 - PART);
  drain_all(&d);
}

static guint count_state(const Driver *d, MuServiceState state) {
  guint n = 0;
  for (guint i = 0; i < SERVICES; i++) {
    g_autofree char *name = name_of(i);
    const MuService *service = mu_manager_find(d->client->manager, name);
    n += service != NULL && service->record->state == state;
  }
  return n;
}

static void test_uninstall(void) {
  g_auto(Driver) d;
  set_up(&d);
  put_services(&d, "");
  subscribe(&d);
  give_offer(&d);
  drain_all(&d);
  g_assert_cmpuint(d.client->counters.launches, ==, SERVICES);
  mu_client_command(d.client, mu_command_new(MU_COMMAND_UNINSTALL, NULL), 1000);
  g_assert_cmpuint(count_state(&d, MU_SERVICE_UNINSTALLING), ==, PART);
  g_autoptr(GPtrArray) calls = drain(&d);
  g_assert_cmpuint(count_state(&d, MU_SERVICE_UNINSTALLING), ==, 2 * PART);
  g_assert_cmpuint(count(calls, MU_CALL_KILL), ==, 2 * PART);
  drain_all(&d);
  g_assert_cmpuint(count_state(&d, MU_SERVICE_UNINSTALLING), ==, SERVICES);
}

/* How many tasks the drain's calls ask about; that about none, of them all, is counted apart. */
static guint asked_about(Driver *d, guint *implicit) {
  g_autoptr(GPtrArray) calls = drain(d);
  guint n = 0;
  for (guint i = 0; i < calls->len; i++) {
    const MuEngineCall *call = calls->pdata[i];
    if (call->kind != MU_CALL_RECONCILE)
      continue;
    n += call->tasks->len;
    *implicit += call->tasks->len == 0;
  }
  return n;
}

/* A task of each service is launched, and the engine is there anew: it is to be asked about them. */
static void set_up_to_ask(Driver *d) {
  set_up(d);
  put_services(d, "");
  subscribe(d);
  give_offer(d);
  drain_all(d);
  subscribe(d);
}

static void hear_of(Driver *d, const char *service, const char *task_name) {
  const MuService *owner = mu_manager_find(d->client->manager, service);
  const MuTask *task = g_hash_table_lookup(owner->tasks, task_name);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task->record->task_id, MU_TASK_RUNNING);
  mu_client_event(d->client, event, 1000);
}

/* In parts; only then about what else there is. Whoever is heard of meanwhile needs not to be asked for again. */
static void test_reconcile(void) {
  g_auto(Driver) d;
  guint implicit = 0;
  set_up_to_ask(&d);
  for (guint left = SERVICES; left > 0; left -= MIN(left, PART)) {
    g_assert_cmpuint(implicit, ==, 0);
    g_assert_true(mu_client_has_more(d.client));
    g_assert_cmpuint(asked_about(&d, &implicit), ==, MIN(left, PART));
    if (left == SERVICES)
      hear_of(&d, "svc-0", "svc-0-0-server");
  }
  g_assert_cmpuint(implicit, ==, 1);
  g_assert_false(mu_client_has_more(d.client));
  g_assert_cmpuint(g_hash_table_size(d.client->unheard), ==, SERVICES - 1);
  g_assert_cmpuint(asked_about(&d, &implicit), ==, 0);
}

/* The engine comes back in the middle of it: all is asked about anew. */
static void test_reconcile_anew(void) {
  g_auto(Driver) d;
  guint implicit = 0, asked = 0;
  set_up_to_ask(&d);
  g_assert_cmpuint(asked_about(&d, &implicit), ==, PART);
  subscribe(&d);
  while (mu_client_has_more(d.client))
    asked += asked_about(&d, &implicit);
  g_assert_cmpuint(asked, ==, SERVICES);
  g_assert_cmpuint(implicit, ==, 1);
}

/* An enormous service is asked about in parts, too; those that have nothing to be asked about are looked at in parts. */
static void test_reconcile_enormous(void) {
  g_auto(Driver) d;
  guint implicit = 0;
  static const char YAML[] =
      "{name: big, pods: {p: {count: 5, tasks: {t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 1}}}},"
      " plans: {deploy: {strategy: parallel, phases: {p: {strategy: parallel, pod: p}}}}}";
  set_up(&d);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "big");
  command->context = g_bytes_new_static(YAML, strlen(YAML));
  mu_client_command(d.client, command, 1000);
  subscribe(&d);
  give_offer(&d);
  drain_all(&d);
  g_assert_cmpuint(d.client->counters.launches, ==, 5);
  for (guint i = 0; i < SERVICES; i++) { /* without tasks */
    g_autofree char *name = name_of(i);
    put_service(&d, name, "depends-on: [{service: nobody}], ");
  }
  drain_all(&d);
  subscribe(&d);
  for (guint left = 5; left > 0; left -= MIN(left, PART))
    g_assert_cmpuint(asked_about(&d, &implicit), ==, MIN(left, PART));
  g_assert_cmpstr(d.client->asked_up_to, ==, "svc-0");
  g_assert_cmpuint(asked_about(&d, &implicit), ==, 0);
  g_assert_cmpstr(d.client->asked_up_to, ==, "svc-2");
  g_assert_cmpuint(implicit, ==, 0);
  while (mu_client_has_more(d.client))
    g_assert_cmpuint(asked_about(&d, &implicit), ==, 0);
  g_assert_cmpuint(implicit, ==, 1);
}

/* Whoever is not heard of is asked about again, in parts. */
static void test_ask_again(void) {
  g_auto(Driver) d;
  guint implicit = 0;
  set_up_to_ask(&d);
  while (mu_client_has_more(d.client))
    asked_about(&d, &implicit);
  d.client->ask_again_ms = 1000; /* which is now */
  g_assert_cmpuint(asked_about(&d, &implicit), ==, PART);
  g_assert_true(mu_client_has_more(d.client));
  hear_of(&d, "svc-0", "svc-0-0-server");
  g_assert_cmpuint(g_hash_table_size(d.client->unheard) + g_hash_table_size(d.client->asked_again), ==, SERVICES - 1);
  while (mu_client_has_more(d.client))
    asked_about(&d, &implicit);
  g_assert_cmpuint(g_hash_table_size(d.client->unheard), ==, SERVICES - 1);
  g_assert_cmpint(mu_client_next_ms(d.client), >, 1000);
  for (guint i = 1; i < SERVICES; i++) {
    g_autofree char *name = name_of(i), *task = g_strconcat(name, "-0-server", NULL);
    hear_of(&d, name, task);
  }
  g_assert_cmpint(d.client->ask_again_ms, ==, G_MAXINT64);
}

/* A pod as the others have it, and one that needs a role. */
static void put_with_role(Driver *d, const char *name, const char *role) {
  g_autofree char *yaml = yaml_of(name, "0.1");
  yaml[strlen(yaml) - 2] = '\0';
  g_autofree char *text = g_strdup_printf(
      "%s, p: {count: 1, pre-reserved-role: %s, tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 1}}}}}", yaml,
      role);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
  command->context = g_bytes_new(text, strlen(text));
  mu_client_command(d->client, command, 1000);
}

static char *roles_of(const Driver *d) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (guint i = 0; i < d->client->roles->len; i++)
    g_ptr_array_add(names, d->client->roles->pdata[i]);
  g_ptr_array_add(names, NULL);
  return g_strjoinv(" ", (char **)names->pdata);
}

static void has_roles(const Driver *d, const char *expected) {
  g_autofree char *roles = roles_of(d);
  g_assert_cmpstr(roles, ==, expected);
}

/* Which roles are needed is found in parts: what nobody needs any more is given up at the end of it; what is new meanwhile, of a
 * service that was looked at or that comes before these, stays. */
static void test_roles(void) {
  g_auto(Driver) d;
  set_up(&d);
  put_services(&d, "");
  put_with_role(&d, "svc-1", "one");
  put_with_role(&d, "svc-4", "four");
  drain_all(&d);
  has_roles(&d, "fw-role one/fw-role four/fw-role");
  subscribe(&d);
  g_ptr_array_unref(drain(&d));
  g_assert_cmpstr(d.client->asked_up_to, ==, "svc-1");
  put_with_role(&d, "svc-0", "zero");
  put_with_role(&d, "aaa", "new");
  mu_client_command(d.client, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "svc-4"), 1000);
  has_roles(&d, "fw-role one/fw-role four/fw-role zero/fw-role new/fw-role");
  g_autoptr(GPtrArray) calls = drain(&d);
  g_assert_cmpuint(count(calls, MU_CALL_ROLES), ==, 1);
  has_roles(&d, "fw-role new/fw-role one/fw-role zero/fw-role");
}

/* All of them wait for one service: when it comes, so many are told in its drain, and the others after it. */
static void test_many_depend_on_one(void) {
  g_auto(Driver) d;
  set_up(&d);
  subscribe(&d);
  put_services(&d, "depends-on: [{service: base}], ");
  g_assert_cmpuint(mu_fair_length(&d.client->fair), ==, 0);
  put_service(&d, "base", "");
  give_offer(&d);
  g_ptr_array_unref(drain(&d));
  g_assert_cmpuint(d.client->backlog.length, ==, SERVICES - PART);
  drain_all(&d); /* all wait for it still: it was launched, and does not run yet */
  g_assert_cmpuint(d.client->counters.launches, ==, 1);
  hear_of(&d, "base", "base-0-server");
  g_ptr_array_unref(drain(&d));
  g_assert_cmpuint(mu_fair_length(&d.client->fair), ==, PART);
  drain_all(&d);
  g_assert_cmpuint(mu_fair_length(&d.client->fair), ==, SERVICES);
}

/* A circle that is closed is refused, however many it goes through, with a few of their names. */
static void test_long_circle(void) {
  g_auto(Driver) d;
  const guint n = 5000;
  set_up(&d);
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = name_of(i);
    g_autofree char *more = g_strdup_printf("depends-on: [{service: svc-%u}], ", i + 1);
    put_service(&d, name, i < n - 1 ? more : "");
  }
  put_service(&d, "svc-4999", "depends-on: [{service: svc-0}], ");
  const MuPendingReply *reply = d.client->replies->pdata[d.client->replies->len - 1];
  g_assert_error(reply->error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_nonnull(strstr(reply->error->message,
                          ": svc-4999 -> svc-0 -> svc-1 -> svc-2 -> svc-3 -> 4990 more -> svc-4994 -> svc-4995 -> "
                          "svc-4996 -> svc-4997 -> svc-4998 -> svc-4999;"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/backlog/start", test_start);
  g_test_add_func("/backlog/goes_meanwhile", test_goes_meanwhile);
  g_test_add_func("/backlog/uninstall", test_uninstall);
  g_test_add_func("/backlog/reconcile", test_reconcile);
  g_test_add_func("/backlog/reconcile_anew", test_reconcile_anew);
  g_test_add_func("/backlog/reconcile_enormous", test_reconcile_enormous);
  g_test_add_func("/backlog/ask_again", test_ask_again);
  g_test_add_func("/backlog/roles", test_roles);
  g_test_add_func("/backlog/many_depend_on_one", test_many_depend_on_one);
  g_test_add_func("/backlog/long_circle", test_long_circle);
  return g_test_run();
}
