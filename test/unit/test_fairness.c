/* Who is served first: shares, the bound on waiting, and what an unplaceable or enormous service costs the others. */
#include "client_private.h"
#include "sim_expect.h"

#include <string.h>

/* ---- the order alone ------------------------------------------------------------------------------------------------ */

#define SERVICES 8

typedef struct {
  MuFairness fair;
  MuService *services[SERVICES];
  guint64 served[SERVICES], passed[SERVICES], bound[SERVICES];
} Crowd;

static void set_up(Crowd *crowd, gconstpointer priorities) {
  mu_fair_init(&crowd->fair);
  for (guint i = 0; i < SERVICES; i++) {
    g_autofree char *name = g_strdup_printf("s%u", i);
    g_autofree char *yaml = g_strdup_printf(
        "{name: %s, priority: %u, pods: {p: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}}}}}",
        name, priorities == NULL ? 0 : ((const guint *)priorities)[i]);
    crowd->services[i] = mu_service_new(name);
    crowd->services[i]->record->target = g_strdup("c");
    mu_service_add_config(crowd->services[i], "c", mu_service_spec_parse(yaml, strlen(yaml), NULL, NULL));
  }
}

static void tear_down(Crowd *crowd, gconstpointer priorities) {
  (void)priorities;
  for (guint i = 0; i < SERVICES; i++) {
    mu_fair_leave(&crowd->fair, crowd->services[i]);
    mu_service_free(crowd->services[i]);
  }
  mu_fair_clear(&crowd->fair);
}

static guint index_of(const Crowd *crowd, const MuService *service) {
  for (guint i = 0; i < SERVICES; i++)
    if (crowd->services[i] == service)
      return i;
  g_assert_not_reached();
}

static MuService *first(Crowd *crowd) {
  return g_sequence_get(g_sequence_get_begin_iter(crowd->fair.queue));
}

/* The one that is first launches; all that wait were passed over once more. */
static void serve(Crowd *crowd, MuService *service) {
  guint served = index_of(crowd, service);
  mu_fair_served(&crowd->fair, service);
  crowd->served[served]++;
  for (guint i = 0; i < SERVICES; i++)
    crowd->passed[i] = i == served || crowd->services[i]->waits == NULL ? 0 : crowd->passed[i] + 1;
}

static const guint PRIORITIES[SERVICES] = {0, 0, 1, 1, 2, 3, 4, 4};

/* Each priority more is twice the share. */
static void test_shares(Crowd *crowd, gconstpointer priorities) {
  guint weights = 0;
  for (guint i = 0; i < SERVICES; i++) {
    mu_fair_join(&crowd->fair, crowd->services[i]);
    weights += 1u << ((const guint *)priorities)[i];
  }
  for (guint i = 0; i < 100 * weights; i++)
    serve(crowd, first(crowd));
  for (guint i = 0; i < SERVICES; i++) {
    guint64 share = 100u << ((const guint *)priorities)[i];
    g_assert_cmpuint(crowd->served[i], >=, share - 3);
    g_assert_cmpuint(crowd->served[i], <=, share + 3);
  }
}

static void note_bounds(Crowd *crowd, const guint *priorities) {
  guint highest = 0, others = mu_fair_length(&crowd->fair) - 1;
  for (guint i = 0; i < SERVICES; i++)
    if (crowd->services[i]->waits != NULL)
      highest = MAX(highest, priorities == NULL ? 0 : priorities[i]);
  for (guint i = 0; i < SERVICES; i++) {
    guint64 bound = mu_fair_bound(priorities == NULL ? 0 : priorities[i], others, highest);
    crowd->bound[i] = crowd->services[i]->waits == NULL ? 0 : MAX(crowd->bound[i], bound);
  }
}

/* Services come, are served once or more, and go; some cannot be placed for a while. Nobody is passed over more often than the
 * bound says while it can be placed. */
static void test_bound(Crowd *crowd, gconstpointer priorities) {
  g_autoptr(GRand) rand = g_rand_new_with_seed(7);
  for (guint i = 0; i < 200000; i++) {
    guint draw = (guint)g_rand_int_range(rand, 0, SERVICES);
    MuService *service = crowd->services[draw];
    if (g_rand_int_range(rand, 0, 3) == 0)
      mu_fair_join(&crowd->fair, service);
    if (g_rand_int_range(rand, 0, 9) == 0) {
      mu_fair_leave(&crowd->fair, service);
      service->tag = draw % 2 == 0 ? 0 : service->tag; /* another one comes in its place */
    }
    crowd->passed[draw] = service->waits == NULL ? 0 : crowd->passed[draw];
    if (mu_fair_length(&crowd->fair) == 0)
      continue;
    note_bounds(crowd, priorities);
    GSequenceIter *iter = g_sequence_get_begin_iter(crowd->fair.queue);
    gboolean unplaceable = i / 1000 % 2 == 0 && g_sequence_get(iter) == crowd->services[0]; /* for a thousand rounds */
    if (unplaceable && g_sequence_get_length(crowd->fair.queue) > 1)
      iter = g_sequence_iter_next(iter);
    serve(crowd, g_sequence_get(iter));
    crowd->passed[0] = i / 1000 % 2 == 0 ? 0 : crowd->passed[0];
    for (guint j = 0; j < SERVICES; j++)
      g_assert_cmpuint(crowd->passed[j], <=, crowd->bound[j]);
  }
}

/* One waits while others come anew, launch once, and go: it is passed over at most as often as the bound says. */
static void test_stream(Crowd *crowd, gconstpointer priorities) {
  guint64 bound = mu_fair_bound(0, 1, ((const guint *)priorities)[SERVICES - 1]);
  mu_fair_join(&crowd->fair, crowd->services[0]);
  for (guint i = 0; i <= bound && crowd->served[0] == 0; i++) {
    MuService *fresh = crowd->services[SERVICES - 1];
    fresh->tag = 0;
    mu_fair_join(&crowd->fair, fresh);
    serve(crowd, first(crowd));
    mu_fair_leave(&crowd->fair, fresh);
  }
  g_assert_cmpuint(crowd->served[0], ==, 1);
}

/* Who comes later, or could not be placed for long, has no claim on what others had meanwhile. */
static void test_no_claims(Crowd *crowd, gconstpointer priorities) {
  (void)priorities;
  mu_fair_join(&crowd->fair, crowd->services[0]);
  mu_fair_join(&crowd->fair, crowd->services[1]);
  for (guint i = 0; i < 1000; i++)
    serve(crowd, crowd->services[1]); /* nothing fits 0 */
  guint64 before = crowd->served[0];
  for (guint i = 0; i < 10; i++)
    serve(crowd, first(crowd));
  g_assert_cmpuint(crowd->served[0] - before, <=, 7); /* half of them, and two */
  mu_fair_join(&crowd->fair, crowd->services[2]);
  for (guint i = 0; i < 9; i++)
    serve(crowd, first(crowd));
  g_assert_cmpuint(crowd->served[2], <=, 4);
}

/* ---- on a cluster --------------------------------------------------------------------------------------------------- */

static char *yaml_of(const char *name, guint priority, guint count, const char *cpus) {
  return g_strdup_printf("{name: %s, priority: %u, pods: {p: {count: %u, tasks: {t: {goal: RUNNING, cmd: x, cpus: %s, "
                         "memory: 1}}}}, plans: {deploy: {strategy: parallel, phases: {all: {strategy: parallel, pod: "
                         "p}}}}}",
                         name, priority, count, cpus);
}

static void put(MuSim *sim, const char *name, guint priority, guint count, const char *cpus) {
  g_autofree char *yaml = yaml_of(name, priority, count, cpus);
  g_autofree char *result = mu_sim_expect_put(sim, name, yaml);
  g_assert_cmpstr(result, ==, "created");
}

static guint tasks_of(MuSim *sim, const char *name) {
  return g_hash_table_size(mu_manager_find(mu_sim_client(sim)->manager, name)->tasks);
}

/* Room for ten pods comes at a time: each of the two gets its share of each. */
static void test_cluster_shares(void) {
  g_autoptr(MuSim) sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  mu_sim_check_every(sim, 1);
  put(sim, "low", 0, 100, "1");
  put(sim, "high", 2, 100, "1");
  for (guint i = 0; i < 10; i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", i);
    mu_sim_add_agent(sim, id, 10000, 1000, 1000, NULL);
    mu_sim_run(sim, 60000);
  }
  g_assert_cmpuint(tasks_of(sim, "high") + tasks_of(sim, "low"), ==, 100);
  g_assert_cmpuint(tasks_of(sim, "low"), >=, 18);
  g_assert_cmpuint(tasks_of(sim, "low"), <=, 22);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

static guint64 evaluations_of_small(guint n_stuck, guint stuck_pods) {
  g_autoptr(MuSim) sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  for (guint i = 0; i < n_stuck; i++) {
    g_autofree char *name = g_strdup_printf("stuck-%u", i);
    put(sim, name, 0, stuck_pods, "99");
  }
  mu_sim_add_agent(sim, "agent-0", 10000, 1000, 1000, NULL);
  mu_sim_run(sim, 100);
  guint64 before = mu_sim_client(sim)->counters.evaluations;
  gint64 begin_ms = mu_sim_now_ms(sim);
  put(sim, "small", 0, 5, "1");
  mu_sim_expect_plan(sim, "small", "deploy", "COMPLETE", 60000);
  g_assert_cmpint(mu_sim_now_ms(sim) - begin_ms, <=, 30);
  return mu_sim_client(sim)->counters.evaluations - before;
}

/* Those that cannot be placed are looked at with each offer, and that is all they cost: the small service is deployed as fast
 * as without them. */
static void test_unplaceable(void) {
  g_assert_cmpuint(evaluations_of_small(0, 0), ==, 5);
  g_assert_cmpuint(evaluations_of_small(20, 1), <=, 5 + 3 * 20);
}

/* A service with more steps than a drain has room for is tried in slices, in drains that follow at once; a small one beside it
 * is served in the first. */
static void test_enormous(void) {
  g_autoptr(MuSim) sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  put(sim, "enormous", 0, 3 * MU_STEPS_PER_DRAIN, "99");
  put(sim, "small", 0, 1, "1");
  mu_sim_run(sim, 100);
  guint64 drains = mu_sim_client(sim)->counters.drains;
  mu_sim_add_agent(sim, "agent-0", 10000, 1000, 1000, NULL);
  mu_sim_run(sim, 30);
  g_assert_cmpuint(tasks_of(sim, "small"), ==, 1);
  mu_sim_run(sim, 10000);
  g_assert_cmpuint(mu_sim_client(sim)->counters.evaluations, >=, 3 * MU_STEPS_PER_DRAIN);
  g_assert_cmpuint(mu_sim_client(sim)->counters.evaluations, <=, 9 * MU_STEPS_PER_DRAIN);
  g_assert_cmpuint(mu_sim_client(sim)->counters.drains - drains, <=, 40);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

/* All of a service that fits in is placed although a drain has no room for it. */
static void test_many_launches(void) {
  g_autoptr(MuSim) sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  guint n = 2 * MU_STEPS_PER_DRAIN + 10;
  put(sim, "enormous", 0, n, "0.001");
  mu_sim_add_agent(sim, "agent-0", 10000, 100000, 1000, NULL);
  mu_sim_run(sim, 60000);
  g_assert_cmpuint(tasks_of(sim, "enormous"), ==, n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/fairness/shares", Crowd, PRIORITIES, set_up, test_shares, tear_down);
  g_test_add("/fairness/bound/equal", Crowd, NULL, set_up, test_bound, tear_down);
  g_test_add("/fairness/bound/priorities", Crowd, PRIORITIES, set_up, test_bound, tear_down);
  g_test_add("/fairness/stream", Crowd, PRIORITIES, set_up, test_stream, tear_down);
  g_test_add("/fairness/no_claims", Crowd, NULL, set_up, test_no_claims, tear_down);
  g_test_add_func("/fairness/cluster_shares", test_cluster_shares);
  g_test_add_func("/fairness/unplaceable", test_unplaceable);
  g_test_add_func("/fairness/enormous", test_enormous);
  g_test_add_func("/fairness/many_launches", test_many_launches);
  return g_test_run();
}
