/* The simulator's speed: events a second on one core with all checkers on, and how long 1,000 agents and 500 services take
 * to deploy. Prints one line of JSON; see bench/README.md. */
#include "log.h"
#include "sim_expect.h"
#include "sim_workload.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char YAML[] =
    "name: svc-%u\npods:\n  node:\n    count: 4\n    tasks:\n"
    "      server: {goal: RUNNING, cmd: sleep 1000, cpus: 0.5, memory: 128, ports: {web: {port: 0}}}\n";

/* Processor time: what else the machine does is left out. */
static gint64 processor_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static double seconds_since(gint64 begin_us) {
  return (double)(processor_us() - begin_us) / G_USEC_PER_SEC;
}

/* Random runs with every checker, as `make sim` has them. */
static double events_a_second(double budget_s) {
  gint64 begin_us = processor_us();
  guint64 events = 0;
  for (guint64 seed = 1; seconds_since(begin_us) < budget_s; seed++) {
    g_auto(MuSimResult) result = {0};
    MuSimRun run;
    mu_sim_run_init(&run, seed);
    mu_sim_run_all(&run, &result);
    g_assert_cmpstr(result.violation, ==, NULL);
    events += result.events;
  }
  return (double)events / seconds_since(begin_us);
}

static void put_all(MuSim *sim, guint services) {
  for (guint i = 0; i < services; i++) {
    g_autofree char *name = g_strdup_printf("svc-%u", i);
    char *yaml = g_strdup_printf(YAML, i);
    MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
    command->context = g_bytes_new_take(yaml, strlen(yaml));
    mu_sim_post(sim, command);
  }
}

static gboolean all_run(MuSim *sim, gpointer user) {
  return mu_sim_running(sim) >= GPOINTER_TO_UINT(user);
}

static double deploy(guint agents, guint services, guint64 *ret_events) {
  gint64 begin_us = processor_us();
  g_autoptr(MuSim) sim = mu_sim_new_yaml(1, agents);
  put_all(sim, services);
  gboolean done = mu_sim_run_until(sim, all_run, GUINT_TO_POINTER(services * 4), 3600000);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  g_assert_true(done);
  *ret_events = mu_sim_happenings(sim);
  return seconds_since(begin_us);
}

int main(void) {
  guint64 deploy_events = 0;
  mu_log_set_level(MU_LOG_ERROR); /* what the faults bring about is of no interest here */
  double rate = events_a_second(5);
  double seconds = deploy(1000, 500, &deploy_events);
  printf(
      "{\"sim_events_per_s\": %.0f, \"sim_deploy_1000_agents_500_services_s\": %.2f, \"sim_deploy_events\": %" G_GUINT64_FORMAT
      "}\n",
      rate, seconds, deploy_events);
  return 0;
}
