#include "master_wire.h"

#include "mesos_private.h"

#define PATIENCE_S 30 /* of real time: a wire that has not come to rest by then has lost something */

struct MasterWire {
  MuSim *sim;
  MuTestMaster *master;
  MuEngine *engine; /* NULL: no scheduler lives */
  char **roles;     /* of the framework, from before the engine was there */
  guint64 events;
  guint subscriptions;   /* that the master had taken when it was last looked at */
  gboolean disconnected; /* the engine said so since then */
  gboolean torn_down;    /* there is nothing to be subscribed to any more */
  gboolean impatient;
};

/* ---- waiting until everything has arrived ------------------------------------------------------------------------------- */

static gboolean on_patience(gpointer user) {
  ((MasterWire *)user)->impatient = TRUE;
  return G_SOURCE_REMOVE;
}

static void wait_for(MasterWire *wire, gboolean (*done)(const MasterWire *wire, guint64 n), guint64 n,
                     const char *what) {
  if (done(wire, n))
    return;
  guint patience = g_timeout_add_seconds(PATIENCE_S, on_patience, wire);
  while (!done(wire, n)) {
    g_main_context_iteration(NULL, TRUE);
    if (wire->impatient)
      g_error("nothing came of it in %u s: %s", PATIENCE_S, what);
  }
  g_source_remove(patience);
}

static gboolean all_sent(const MasterWire *wire, guint64 n) {
  (void)n;
  return mu_mesos_client_counters(((const MuMesos *)wire->engine)->client).queued == 0;
}

static gboolean has_events(const MasterWire *wire, guint64 n) {
  return wire->events >= n;
}

static gboolean is_disconnected(const MasterWire *wire, guint64 n) {
  (void)n;
  return wire->disconnected;
}

static gboolean is_subscribed(const MasterWire *wire, guint64 n) {
  return mu_test_master_is_subscribed(wire->master) && mu_test_master_subscriptions(wire->master) >= n;
}

/* What a fault broke the engine makes whole by itself. */
static void wait_for_subscription(MasterWire *wire) {
  if (wire->engine == NULL || wire->torn_down || !mu_sim_is_connected(wire->sim))
    return;
  while (g_main_context_iteration(NULL, FALSE))
    continue;
  wait_for(wire, is_subscribed, wire->subscriptions + (wire->disconnected ? 1 : 0), "the engine subscribes");
  wire->subscriptions = mu_test_master_subscriptions(wire->master);
  wire->disconnected = FALSE;
}

/* ---- the scheduler's side ------------------------------------------------------------------------------------------------ */

static void on_engine_event(MuEngineEvent *take_event, gpointer user) {
  MasterWire *wire = user;
  wire->events++;
  wire->disconnected |= take_event->kind == MU_EVENT_DISCONNECTED;
  mu_sim_wire_receive(wire->sim, take_event);
}

static void start_engine(MasterWire *wire, const char *framework_id) {
  const MuMesosEngineConfig config = {
      .master = mu_test_master_url(wire->master),
      .framework_name = "sim",
      .roles = (const char *const *)wire->roles,
      .principal = "sim-principal",
      .user = "root",
      .hostname = "127.0.0.1",
      .backoff_first_ms = 1,
      .backoff_max_ms = 2,
  };
  g_autoptr(GError) error = NULL;
  wire->engine = mu_mesos_engine_new(&config, &error);
  g_assert_no_error(error);
  wire->engine->ops->start(wire->engine, framework_id, on_engine_event, wire, &error);
  g_assert_no_error(error);
}

static void on_subscribe(const char *framework_id, gpointer user) {
  MasterWire *wire = user;
  if (mu_sim_is_connected(wire->sim))
    mu_test_master_lead(wire->master);
  wire->torn_down = FALSE;
  wire->disconnected |= wire->engine == NULL;
  if (wire->engine == NULL)
    start_engine(wire, framework_id);
  wait_for_subscription(wire);
}

static void on_leave(gpointer user) {
  MasterWire *wire = user;
  MuEngine *engine = g_steal_pointer(&wire->engine);
  engine->ops->stop(engine);
  engine->ops->free(engine);
  mu_test_master_cut(wire->master);
}

static void keep_roles(MasterWire *wire, const MuEngineCall *call) {
  g_strfreev(wire->roles);
  wire->roles = g_new0(char *, call->roles->len + 1);
  for (guint i = 0; i < call->roles->len; i++)
    wire->roles[i] = g_strdup(call->roles->pdata[i]);
}

/* The engine's own limit on revives is one of real time, which stands still here. */
static void on_call(const MuEngineCall *call, gpointer user) {
  MasterWire *wire = user;
  if (wire->engine == NULL) {
    g_assert_cmpint(call->kind, ==, MU_CALL_ROLES);
    keep_roles(wire, call);
    return;
  }
  ((MuMesos *)wire->engine)->revives = MU_MESOS_REVIVES_AT_ONCE;
  wire->engine->ops->perform(wire->engine, call);
  wire->engine->ops->flush(wire->engine);
  wait_for(wire, all_sent, 0, "the master takes a call");
  wire->torn_down |= call->kind == MU_CALL_TEARDOWN;
  wait_for_subscription(wire);
}

/* ---- the cluster's side -------------------------------------------------------------------------------------------------- */

static void on_event(MuEngineEvent *take_event, gpointer user) {
  MasterWire *wire = user;
  guint64 n = wire->events + 1;
  gboolean breaks = take_event->kind == MU_EVENT_DISCONNECTED;
  gboolean subscribed = mu_test_master_is_subscribed(wire->master);
  mu_test_master_tell(wire->master, take_event);
  if (breaks) {
    mu_test_master_step_down(wire->master, NULL);
    wait_for(wire, is_disconnected, 0, "the engine sees that the connection broke");
  } else if (subscribed) {
    wait_for(wire, has_events, n, "the engine hears of an event");
    wait_for_subscription(wire);
  }
}

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

MasterWire *master_wire_new(MuSim *sim) {
  static const MuSimWire WIRE = {on_subscribe, on_leave, on_call, on_event};
  g_autoptr(GError) error = NULL;
  MasterWire *wire = g_new0(MasterWire, 1);
  wire->sim = sim;
  wire->master = mu_test_master_new(sim, 0, NULL, &error);
  g_assert_no_error(error);
  mu_sim_set_wire(sim, &WIRE, wire);
  return wire;
}

void master_wire_free(MasterWire *wire) {
  if (wire == NULL)
    return;
  if (wire->engine != NULL)
    on_leave(wire);
  mu_test_master_free(wire->master);
  g_strfreev(wire->roles);
  g_free(wire);
}

MuTestMaster *master_wire_master(MasterWire *wire) {
  return wire->master;
}

guint64 master_wire_calls(const MasterWire *wire) {
  return mu_test_master_calls(wire->master);
}

guint64 master_wire_events(const MasterWire *wire) {
  return wire->events;
}
