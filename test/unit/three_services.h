/* Services one, two and three on a simulated cluster of one agent, each one pod with one task; what several tests begin with. */
#ifndef MU_TEST_THREE_SERVICES_H
#define MU_TEST_THREE_SERVICES_H
#include "json.h"
#include "sim_expect.h"
#include "view.h"

static inline char *yaml_of(const char *name, const char *cpus) {
  return g_strdup_printf(
      "{name: %s, pods: {%s: {count: 1, tasks: {server: {goal: RUNNING, cmd: x, cpus: %s, memory: 32, "
      "volume: {path: data, type: ROOT, size: 10}}}}}}",
      name, name, cpus);
}

static inline void put(MuSim *sim, const char *name, const char *cpus, const char *expected) {
  g_autofree char *yaml = yaml_of(name, cpus);
  g_autofree char *result = mu_sim_expect_put(sim, name, yaml);
  g_assert_cmpstr(result, ==, expected);
}

/* Services one, two, three, deployed. */
static inline MuSim *three_services(MuServiceFactory factory, gpointer user) {
  static const char *const NAMES[] = {"one", "two", "three"};
  MuSim *sim = mu_sim_new(1, factory, user);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
    put(sim, NAMES[i], "0.1", "created");
    mu_sim_expect_plan(sim, NAMES[i], "deploy", "COMPLETE", 60000);
  }
  mu_sim_run(sim, 1000); /* until all is durable */
  return sim;
}

static inline void assert_state(MuSim *sim, const char *service, const char *state, const char *failure) {
  g_autoptr(json_t) view = mu_view_service(mu_sim_client(sim), service, NULL);
  g_assert_cmpstr(json_string_value(json_object_get(view, "state")), ==, state);
  g_assert_cmpstr(json_string_value(json_object_get(view, "error")), ==, failure);
}

#endif
