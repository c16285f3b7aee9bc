/* What the simulated master keeps of refusals: a cluster alone, with a framework of three roles that is the test. */
#include "sim_wire.h"

#include <string.h>

#define HOUR_MS 3600000

typedef struct {
  MuSim *sim;
  GPtrArray *offers; /* of MuOffer*: those that are out */
  guint n;           /* how many there were */
} World;

static void on_event(MuEngineEvent *take_event, gpointer user) {
  World *world = user;
  while (take_event->kind == MU_EVENT_OFFERS && take_event->offers->len > 0) {
    g_ptr_array_add(world->offers, g_ptr_array_steal_index(take_event->offers, 0));
    world->n++;
  }
  mu_engine_event_free(take_event);
}

static void pass(World *world, gint64 ms) {
  mu_sim_run_cluster(world->sim, mu_sim_now_ms(world->sim) + ms);
}

static void set_up(World *world) {
  static const MuSimWire WIRE = {.event = on_event};
  world->sim = mu_sim_new(1, NULL, NULL);
  world->offers = g_ptr_array_new_with_free_func((GDestroyNotify)mu_offer_free);
  mu_sim_set_wire(world->sim, &WIRE, world);
  mu_sim_add_agent(world->sim, "agent-0", 8000, 1024, 0, NULL);
  g_autoptr(MuEngineCall) roles = mu_engine_call_new(MU_CALL_ROLES);
  mu_items_add(roles->roles, g_strdup("a"));
  mu_items_add(roles->roles, g_strdup("b"));
  mu_items_add(roles->roles, g_strdup("c"));
  mu_sim_cluster_call(world->sim, roles);
  mu_sim_cluster_subscribe(world->sim, NULL);
  pass(world, 10);
}

static void tear_down(World *world) {
  g_ptr_array_unref(world->offers);
  mu_sim_free(world->sim);
}

/* Those that are out, as "a 6000 b 2000": each role with its thousandths of cpus. The last role is the first that is offered
 * something. */
static char *offered(const World *world) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < world->offers->len; i++) {
    const MuOffer *offer = world->offers->pdata[i];
    g_string_append_printf(text, "%s%s %" G_GINT64_FORMAT, i == 0 ? "" : " ", offer->role,
                           mu_resources_total(offer->resources, MU_RESOURCE_CPUS));
  }
  return g_string_free(text, FALSE);
}

static void expect_offered(const World *world, const char *what) {
  g_autofree char *is = offered(world);
  g_assert_cmpstr(is, ==, what);
}

/* The first that is out is answered; takes the operation, NULL: it is declined. */
static void answer(World *world, MuOperation *take_operation, gint64 refuse_ms) {
  g_autoptr(MuEngineCall) call = mu_engine_call_new(take_operation == NULL ? MU_CALL_DECLINE : MU_CALL_ACCEPT);
  const MuOffer *offer = world->offers->pdata[0];
  mu_items_add(call->offer_ids, g_strdup(offer->id));
  if (take_operation != NULL)
    mu_items_add(call->operations, take_operation);
  call->refuse_ms = refuse_ms;
  g_ptr_array_remove_index(world->offers, 0);
  mu_sim_cluster_call(world->sim, call);
  pass(world, 10);
}

static void add(MuResources *resources, MuResourceKind kind, gint64 amount, const char *id) {
  g_autoptr(MuResource) resource = mu_resource_new_scalar(kind, amount);
  mu_resource_set_reservation(resource, "a", id, "test", NULL);
  mu_resources_add(resources, resource);
}

static MuOperation *operation(MuOperationKind kind) {
  MuResources *resources = mu_resources_new();
  add(resources, MU_RESOURCE_CPUS, 2000, "of-cpus");
  add(resources, MU_RESOURCE_MEM, 900, "of-mem");
  return mu_operation_new(kind, resources, NULL);
}

/* Role c has an offer of 6 cpus with little memory, role b one of the other 2, with much: neither has what the other has. */
static void split(World *world) {
  expect_offered(world, "c 8000");
  answer(world, NULL, HOUR_MS);
  expect_offered(world, "b 8000");
  answer(world, NULL, HOUR_MS);
  expect_offered(world, "a 8000");
  answer(world, operation(MU_OP_RESERVE), 0);
  expect_offered(world, "c 6000 a 2000");
  g_ptr_array_add(world->offers, g_ptr_array_steal_index(world->offers, 0));
  answer(world, operation(MU_OP_UNRESERVE), 0);
  expect_offered(world, "c 6000 b 2000");
}

/* Roles that refused one piece and then another were offered each of them in turn, a thousand times a second. */
static void test_pieces(void) {
  World world = {0};
  set_up(&world);
  split(&world);
  guint before = world.n;
  while (world.offers->len > 0 && world.n < before + 100)
    answer(&world, NULL, HOUR_MS);
  expect_offered(&world, "");
  g_assert_cmpuint(world.n - before, <=, 9); /* each role: either piece, and both together */
  pass(&world, HOUR_MS - 60000);
  expect_offered(&world, "");
  pass(&world, 120000);
  g_assert_cmpuint(world.offers->len, ==, 1);
  tear_down(&world);
}

/* Each holds for its own time, and no refusal outlives a revival. */
static void test_times(void) {
  World world = {0};
  set_up(&world);
  answer(&world, NULL, 2 * HOUR_MS);
  answer(&world, NULL, HOUR_MS);
  answer(&world, NULL, 3 * HOUR_MS);
  expect_offered(&world, "");
  pass(&world, HOUR_MS);
  expect_offered(&world, "b 8000");
  answer(&world, NULL, 3 * HOUR_MS);
  expect_offered(&world, "");
  pass(&world, HOUR_MS);
  expect_offered(&world, "c 8000");
  answer(&world, NULL, HOUR_MS);
  expect_offered(&world, "");
  g_autoptr(MuEngineCall) revive = mu_engine_call_new(MU_CALL_REVIVE);
  mu_sim_cluster_call(world.sim, revive);
  pass(&world, 10);
  expect_offered(&world, "c 8000");
  tear_down(&world);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim-refusal/pieces", test_pieces);
  g_test_add_func("/sim-refusal/times", test_times);
  return g_test_run();
}
