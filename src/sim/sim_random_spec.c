/* Random services: small enough that a few agents can carry all of them. */
#include "sim_workload.h"

#include "ids.h"

static guint below(MuRandom *random, guint bound) {
  return (guint)mu_random_below(random, bound);
}

static void add_volume(GString *yaml, MuRandom *random, const char *indent) {
  if (below(random, 6) == 0)
    g_string_append_printf(yaml, "%svolume: {path: data, type: MOUNT, size: 100}\n", indent);
  else
    g_string_append_printf(yaml, "%svolume: {path: data, type: ROOT, size: %u}\n", indent, 10 + below(random, 3) * 10);
}

/* What is drawn for one pod type. */
typedef struct {
  MuRandom *changing, *fixed;
  const char *role; /* it takes what is set aside for this one, of which there are few agents; NULL: it does not */
  gboolean loose;   /* no task of it takes the others down with it */
} PodDraw;

static void add_running_task(GString *yaml, const PodDraw *draw, guint n) {
  MuRandom *changing = draw->changing, *fixed = draw->fixed;
  g_string_append_printf(
      yaml, "      r%u:\n        goal: RUNNING\n        cmd: sleep %u\n        cpus: 0.%u\n        memory: %u\n", n,
      1000 + below(changing, 3), 1 + below(changing, 4), 32 + below(changing, 4) * 16);
  if (n == 0 && below(fixed, 2) == 0)
    add_volume(yaml, fixed, "        ");
  if (below(changing, 2) == 0) /* a fixed port may be another service's for ever: nothing that has to come to an end */
    g_string_append(yaml, "        ports: {web: {port: 0}}\n");
  if (below(changing, 3) == 0)
    g_string_append(yaml, "        readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}\n");
  if ((n == 1 && below(fixed, 2) == 0) || draw->loose)
    g_string_append(yaml, "        essential: false\n");
}

static void add_ending_task(GString *yaml, MuRandom *changing, const char *name, const char *goal) {
  g_string_append_printf(yaml, "      %s: {goal: %s, cmd: 'echo %u', cpus: 0.1, memory: 32}\n", name, goal,
                         below(changing, 2));
}

/* How many instances. */
static guint add_pod(GString *yaml, const PodDraw *draw, guint n) {
  MuRandom *changing = draw->changing, *fixed = draw->fixed;
  guint count = 1 + below(changing, 3);
  g_string_append_printf(yaml, "  pod%u:\n    count: %u\n    allow-decommission: true\n", n, count);
  if (draw->role != NULL)
    g_string_append_printf(yaml, "    pre-reserved-role: %s\n", draw->role);
  if (below(fixed, 4) == 0 && draw->role == NULL)
    g_string_append(yaml, "    placement: '[[\"hostname\", \"UNIQUE\"]]'\n");
  g_string_append(yaml, "    tasks:\n");
  add_running_task(yaml, draw, 0);
  if (below(fixed, 2) == 0)
    add_running_task(yaml, draw, 1);
  if (below(fixed, 3) == 0)
    add_ending_task(yaml, changing, "o0", "ONCE");
  if (below(fixed, 4) == 0)
    add_ending_task(yaml, changing, "f0", "FINISH");
  return count;
}

/* Just as many pods as it has, or one more: what a change does not need any more has to go first. Of the rest it may have what is
 * left behind on agents that never return, too. */
static void add_quota(GString *yaml, MuRandom *beside, guint pods) {
  guint more = below(beside, 2);
  if (below(beside, 3) == 0)
    g_string_append_printf(yaml, "quota: {pods: %u, cpus: %u, memory: %u}\n", pods + more, pods * 6, pods * 1000);
}

/* A lost instance is replaced after a while, without an operator; of the version, from a source of its own. */
static void add_policy(GString *yaml, guint64 seed, guint service, guint version) {
  MuRandom random;
  mu_random_seed(&random, seed * 7919 + service + (version + 1) * 141650939);
  if (below(&random, 4) == 0)
    g_string_append_printf(
        yaml, "replacement-failure-policy: {permanent-failure-timeout-secs: %u, min-replace-delay-secs: %u}\n",
        5 + below(&random, 60), below(&random, 60));
}

static void add_plans(GString *yaml, MuRandom *changing, guint pods) {
  static const char *const STRATEGIES[] = {"serial", "parallel", "serial-canary", "parallel-canary", "random"};
  if (below(changing, 2) == 0)
    return;
  g_string_append_printf(yaml, "plans:\n  deploy:\n    strategy: %s\n    phases:\n", STRATEGIES[below(changing, 2)]);
  for (guint i = 0; i < pods; i++)
    g_string_append_printf(yaml, "      phase%u: {strategy: %s, pod: pod%u}\n", i,
                           STRATEGIES[below(changing, G_N_ELEMENTS(STRATEGIES))], i);
  if (below(changing, 2) == 0)
    g_string_append_printf(yaml, "  again:\n    strategy: serial\n    phases:\n      all: {strategy: %s, pod: pod0}\n",
                           STRATEGIES[below(changing, 2)]);
}

gint mu_sim_random_need(guint64 seed, guint service) {
  MuRandom random;
  mu_random_seed(&random, seed * 7919 + service + 15485863);
  return service > 0 && below(&random, 3) == 0 ? (gint)below(&random, service) : -1;
}

const char *mu_sim_random_role(guint64 seed) {
  MuRandom random;
  mu_random_seed(&random, seed * 7919 + 49979687);
  return below(&random, 2) == 0 ? "public" : NULL;
}

/* In every version the same. */
static const char *role_of_pod(guint64 seed, guint service, guint pod) {
  MuRandom random;
  mu_random_seed(&random, seed * 7919 + service * 16 + pod + 67867967);
  return below(&random, 3) == 0 ? mu_sim_random_role(seed) : NULL;
}

/* Likewise. */
static gboolean is_loose(guint64 seed, guint service, guint pod) {
  MuRandom random;
  mu_random_seed(&random, seed * 7919 + service * 16 + pod + 86028121);
  return below(&random, 4) == 0;
}

char *mu_sim_random_spec(guint64 seed, guint service, guint version) {
  MuRandom changing, fixed, beside; /* of its own: what is drawn beside the rest leaves that as it is */
  GString *yaml = g_string_new(NULL);
  mu_random_seed(&fixed, seed * 7919 + service);
  mu_random_seed(&changing, seed * 7919 + service + (version + 1) * 104729);
  mu_random_seed(&beside, seed * 7919 + service + (version + 1) * 32452843);
  guint pods = 1 + below(&fixed, 3), instances = 0;
  g_string_append_printf(yaml, "name: svc-%u\npriority: %u\npods:\n", service, (service + version) % 2);
  for (guint i = 0; i < pods; i++) {
    const PodDraw draw = {&changing, &fixed, role_of_pod(seed, service, i), is_loose(seed, service, i)};
    instances += add_pod(yaml, &draw, i);
  }
  add_plans(yaml, &changing, pods);
  add_quota(yaml, &beside, instances);
  add_policy(yaml, seed, service, version);
  if (mu_sim_random_need(seed, service) >= 0)
    g_string_append_printf(yaml, "depends-on: [{service: svc-%d}]\n", mu_sim_random_need(seed, service));
  return g_string_free(yaml, FALSE);
}
