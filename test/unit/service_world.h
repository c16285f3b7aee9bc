/* A scheduler on a simulated cluster with a service in each state that views and routes have to show. Included by one file of a
 * test program. Everything in it is the same at each run. */
#ifndef MU_TEST_SERVICE_WORLD_H
#define MU_TEST_SERVICE_WORLD_H
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include <muster/error.h>
#include <string.h>

/* Deployed, with a paused task; one whose factory failed at a restart; with a task that fails again and again; an update of which was
 * refused; whose node-0 was decommissioned by name, and whose node-2 goes with a smaller count; with a task that does not die; waiting
 * for memory that nobody has. */
static const char *const WORLD[] = {"deployed",  "failed",       "recovering", "team/refused",
                                    "shrinking", "uninstalling", "waiting"};

/* The name without its folder, of which the names of its tasks are made. */
static G_GNUC_UNUSED const char *world_short(const char *name) {
  const char *slash = strrchr(name, '/');
  return slash == NULL ? name : slash + 1;
}

static char *world_yaml(const char *name, guint count) {
  gboolean waiting = strcmp(name, "waiting") == 0;
  const char *task = world_short(name);
  return g_strdup_printf("name: %s\n"
                         "web-url: http://%s.example\n"
                         "pods:\n"
                         "  node:\n"
                         "    count: %u\n"
                         "    allow-decommission: true\n"
                         "    volume: {path: shared, type: ROOT, size: 50}\n"
                         "    tasks:\n"
                         "      init-%s: {goal: ONCE, cmd: ./init, cpus: 0.1, memory: 32}\n"
                         "      main-%s:\n"
                         "        goal: RUNNING\n"
                         "        cmd: ./main\n"
                         "        cpus: 0.5\n"
                         "        memory: %d\n"
                         "        volume: {path: data, type: ROOT, size: 100}\n"
                         "        ports:\n"
                         "          web: {port: 0, advertise: true, vip: {prefix: front, port: 80}}\n"
                         "          hidden: {port: 0, advertise: false}\n"
                         "        configs: {main: {template: main.conf.in, dest: main.conf}}\n"
                         "        readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}\n"
                         "plans:\n"
                         "  deploy: {strategy: serial, phases: {nodes: {strategy: parallel, pod: node}}}\n"
                         "  spare: {strategy: serial, phases: {nodes: {strategy: serial, pod: node}}}\n",
                         name, task, count, task, task, waiting ? 99999 : 256);
}

static char *world_context_of(const char *yaml) {
  g_autoptr(json_t) json = json_pack("{s:s, s:{s:s}, s:s}", "yaml", yaml, "files", "main.conf.in",
                                     "port={{PORT_WEB}}\n", "spec-file", "node");
  return mu_json_to_string(json);
}

/* What the service of this name is added with; the caller frees. */
static G_GNUC_UNUSED char *world_context(const char *name) {
  g_autofree char *yaml = world_yaml(name, strcmp(name, "shrinking") == 0 ? 3 : 2);
  return world_context_of(yaml);
}

typedef struct {
  MuSim *sim;
  gboolean failing; /* the factory of `failed` */
  MuMultiServiceEventClient *client;
} World;

static MuServiceScheduler *world_build(const char *name, GBytes *context, gpointer user, GError **error) {
  if (strcmp(name, "failed") != 0 || !*(const gboolean *)user)
    return mu_yaml_service_factory(name, context, NULL, error);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the factory's disk is on fire");
  return NULL;
}

static void world_scripts(MuSim *sim) {
  static const MuSimScript ONCE = {.start_ms = 10, .end_ms = 20, .end = MU_TASK_FINISHED, .kill_ms = 5};
  static const MuSimScript UNDEAD = {.start_ms = 10, .ready_ms = 20, .kill_ms = 100000000};
  for (guint i = 0; i < G_N_ELEMENTS(WORLD); i++) {
    g_autofree char *task = g_strdup_printf("init-%s", world_short(WORLD[i]));
    mu_sim_script(sim, task, &ONCE);
  }
  mu_sim_script(sim, "node-0-main-uninstalling", &UNDEAD);
  mu_sim_script(sim, "node-2-main-shrinking", &UNDEAD);
}

static void world_command(MuSim *sim, MuCommand *take_command) {
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) body = mu_sim_command(sim, take_command, &error);
  g_assert_no_error(error);
  g_assert_nonnull(body);
}

static void world_pod_command(MuSim *sim, MuCommandKind kind, const char *service, const char *pod) {
  MuCommand *command = mu_command_new(kind, service);
  command->pod = g_strdup(pod);
  world_command(sim, command);
}

static void world_put_file(MuSim *sim, const char *service, const char *name, const char *text) {
  MuCommand *command = mu_command_new(MU_COMMAND_FILE_PUT, service);
  command->file = g_strdup(name);
  command->context = g_bytes_new(text, strlen(text));
  world_command(sim, command);
}

static void world_shrink(MuSim *sim) {
  g_autofree char *yaml = world_yaml("shrinking", 2);
  g_autofree char *context = world_context_of(yaml);
  world_pod_command(sim, MU_COMMAND_POD_DECOMMISSION, "shrinking", "node-0");
  mu_sim_run(sim, 60000);
  g_free(mu_sim_expect_put(sim, "shrinking", context));
}

static void world_refuse(MuSim *sim) {
  g_autoptr(GError) error = NULL;
  g_autofree char *yaml = world_yaml("team/refused", 2);
  g_autoptr(GString) other = g_string_new(yaml);
  g_assert_cmpuint(g_string_replace(other, "size: 100", "size: 200", 1), ==, 1);
  g_autofree char *context = world_context_of(other->str);
  g_assert_null(mu_sim_put(sim, "team/refused", context, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
}

/* The third time it waits for four seconds. */
static void world_fail_often(MuSim *sim) {
  for (guint i = 0; i < 3; i++) {
    mu_sim_end_task(sim, "node-1-main-recovering", MU_TASK_FAILED);
    mu_sim_expect_plan(sim, "recovering", "recovery", "DELAYED", 100);
    if (i < 2)
      mu_sim_expect_plan(sim, "recovering", "recovery", "COMPLETE", 10000);
  }
  mu_sim_run(sim, 1000);
}

static G_GNUC_UNUSED void world_open(World *world) {
  const MuSimAgentOptions agent = {.id = "agent-0",
                                   .hostname = "host-0",
                                   .region = "here",
                                   .zone = "z1",
                                   .cpus_milli = 16000,
                                   .mem_mb = 16384,
                                   .disk_mb = 102400,
                                   .ports = "1000-32000"};
  *world = (World){.sim = NULL};
  MuSim *sim = world->sim = mu_sim_new(7, world_build, &world->failing);
  mu_sim_add_agent_with(sim, &agent);
  world_scripts(sim);
  for (guint i = 0; i < G_N_ELEMENTS(WORLD); i++) {
    g_autofree char *context = world_context(WORLD[i]);
    g_free(mu_sim_expect_put(sim, WORLD[i], context));
    if (strcmp(WORLD[i], "waiting") != 0)
      mu_sim_expect_plan(sim, WORLD[i], "deploy", "COMPLETE", 60000);
    mu_sim_run(sim, 1000);
  }
  world_put_file(sim, "deployed", "notes", "remember\n");
  world_put_file(sim, "deployed", "empty", "");
  world->failing = TRUE;
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  world_shrink(sim);
  world_refuse(sim);
  mu_sim_expect_remove(sim, "uninstalling");
  world_pod_command(sim, MU_COMMAND_POD_PAUSE, "deployed", "node-1");
  mu_sim_run(sim, 10000);
  world_fail_often(sim);
  world->client = mu_sim_client(sim);
}

static G_GNUC_UNUSED void world_close(World *world) {
  g_assert_cmpstr(mu_sim_violation(world->sim), ==, NULL);
  mu_sim_free(world->sim);
}

#endif
