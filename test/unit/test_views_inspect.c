/* What views of configurations, endpoints, state and debug say, beside their golden answers by way of the routes
 * (test_routes_golden.c). */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "view_inspect.h"
#include <muster/error.h>

#include <string.h>

static const char YAML[] = "name: team/app\n"
                           "pods:\n"
                           "  node:\n"
                           "    count: 2\n"
                           "    tasks:\n"
                           "      server:\n"
                           "        goal: RUNNING\n"
                           "        cmd: ./main\n"
                           "        cpus: 0.5\n"
                           "        memory: 256\n"
                           "        ports:\n"
                           "          web: {port: 0, advertise: true, vip: {prefix: front, port: 80}}\n"
                           "          admin: {port: 9000, advertise: true}\n"
                           "          hidden: {port: 0, advertise: false}\n"
                           "        configs: {main: {template: main.conf.in, dest: main.conf}}\n"
                           "        discovery: {prefix: found}\n"
                           "  huge:\n"
                           "    count: 1\n"
                           "    tasks:\n"
                           "      eater: {goal: RUNNING, cmd: ./eat, cpus: 0.5, memory: 99999}\n";

typedef struct {
  MuSim *sim;
  MuMultiServiceEventClient *client;
} Fixture;

static char *context_of(const char *yaml) {
  g_autoptr(json_t) json = json_pack("{s:s, s:{s:s}}", "yaml", yaml, "files", "main.conf.in", "port={{PORT_WEB}}\n");
  return mu_json_to_string(json);
}

static void put_file(MuSim *sim, const char *name, const char *text) {
  g_autoptr(GError) error = NULL;
  MuCommand *command = mu_command_new(MU_COMMAND_FILE_PUT, "team/app");
  command->file = g_strdup(name);
  command->context = g_bytes_new(text, strlen(text));
  g_autoptr(json_t) body = mu_sim_command(sim, command, &error);
  g_assert_no_error(error);
  g_assert_nonnull(body);
}

static void set_up(Fixture *f, gconstpointer data) {
  (void)data;
  MuSimAgentOptions agent = {.id = "agent-0",
                             .hostname = "host-0",
                             .region = "here",
                             .zone = "z1",
                             .cpus_milli = 8000,
                             .mem_mb = 16384,
                             .disk_mb = 102400,
                             .ports = "8000-32000"};
  g_autofree char *context = context_of(YAML);
  f->sim = mu_sim_new_yaml(7, 0);
  mu_sim_add_agent_with(f->sim, &agent);
  agent.id = "agent-1";
  agent.hostname = "host-1";
  agent.zone = "z2";
  mu_sim_add_agent_with(f->sim, &agent);
  g_free(mu_sim_expect_put(f->sim, "team/app", context));
  mu_sim_run(f->sim, 60000);
  put_file(f->sim, "notes", "remember\n");
  put_file(f->sim, "list", "");
  mu_sim_crash(f->sim); /* all of it is kept */
  mu_sim_run(f->sim, 60000);
  f->client = mu_sim_client(f->sim);
}

static void tear_down(Fixture *f, gconstpointer data) {
  (void)data;
  g_assert_cmpstr(mu_sim_violation(f->sim), ==, NULL);
  mu_sim_free(f->sim);
}

static void test_config(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) target = mu_view_target_id(f->client, "team/app", &error);
  const char *id = json_string_value(json_array_get(target, 0));
  g_autoptr(json_t) ids = mu_view_configurations(f->client, "team.app", &error);
  g_assert_true(json_equal(ids, target));
  g_autoptr(json_t) by_id = mu_view_configuration(f->client, "team/app", id, &error);
  g_autoptr(json_t) by_default = mu_view_configuration(f->client, "team/app", NULL, &error);
  g_assert_true(json_equal(by_id, by_default));
  g_assert_no_error(error);
  const MuTemplatePath path = {id, "node", "server", "main"};
  g_autofree char *text = mu_view_template(f->client, "team/app", &path, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(text, ==, "port={{PORT_WEB}}\n");
}

static void assert_endpoint(Fixture *f, const char *name, const char *expected) {
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) endpoint = mu_view_endpoint(f->client, "team/app", name, &error);
  g_assert_no_error(error);
  g_autofree char *text = mu_json_to_string(endpoint);
  g_assert_cmpstr(text, ==, expected);
}

/* Ports that are not advertised are not among them; a prefix of the discovery's is the task's name in DNS. */
static void test_endpoints(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(json_t) names = mu_view_endpoints(f->client, "team/app", NULL);
  g_autofree char *text = mu_json_to_string(names);
  g_assert_cmpstr(text, ==, "[\"admin\",\"web\"]");
  assert_endpoint(
      f, "admin",
      "{\"address\":[\"host-0:9000\",\"host-1:9000\"],\"dns\":[\"found-0.sim.autoip.dcos.thisdcos.directory:9000\","
      "\"found-1.sim.autoip.dcos.thisdcos.directory:9000\"]}");
}

static void test_state(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autofree char *property = mu_view_property(f->client, "team/app", "file-notes", &error);
  g_autofree char *zone = mu_view_zone_of_task(f->client, "team/app", "node-1-server", &error);
  g_autofree char *at = mu_view_zone_of_address(f->client, "team/app", "node", "host-0", &error);
  g_assert_no_error(error);
  g_assert_cmpstr(property, ==, "remember\n");
  g_assert_cmpstr(zone, ==, "z2");
  g_assert_cmpstr(at, ==, "z1");
}

/* ---- what is not there --------------------------------------------------------------------------------------------- */

static void expect(GError *take_error, MuErrorCode code, const char *contains) {
  g_assert_error(take_error, MU_ERROR, (int)code);
  g_assert_nonnull(strstr(take_error->message, contains));
  g_error_free(take_error);
}

static void test_unknown(Fixture *f, gconstpointer data) {
  (void)data;
  MuMultiServiceEventClient *c = f->client;
  GError *e = NULL;
  g_autoptr(json_t) target = mu_view_target_id(c, "team/app", NULL);
  const char *id = json_string_value(json_array_get(target, 0));
  const MuTemplatePath no_pod = {id, "x", "server", "main"}, no_task = {id, "node", "x", "main"},
                       no_config = {id, "node", "server", "x"};
  const MuPlanFilter no_plan = {"x", NULL, NULL}, no_phase = {"deploy", "x", NULL}, no_step = {"deploy", "node", "x"},
                     orphan = {NULL, NULL, "x"};
#define NONE(call, code, text)                                                                                         \
  g_assert_null(call);                                                                                                 \
  expect(g_steal_pointer(&e), code, text)
  NONE(mu_view_configurations(c, "x", &e), MU_ERROR_NOT_FOUND, "no service \"x\"");
  NONE(mu_view_configuration(c, "team/app", "x", &e), MU_ERROR_USAGE, "a uuid was expected");
  NONE(mu_view_configuration(c, "team/app", "00000000-0000-4000-8000-000000000000", &e), MU_ERROR_NOT_FOUND,
       "muster config list");
  NONE(mu_view_template(c, "team/app", &no_pod, &e), MU_ERROR_NOT_FOUND, "there is: node, huge");
  NONE(mu_view_template(c, "team/app", &no_task, &e), MU_ERROR_NOT_FOUND, "there is: server");
  NONE(mu_view_template(c, "team/app", &no_config, &e), MU_ERROR_NOT_FOUND, "there is: main");
  NONE(mu_view_endpoint(c, "team/app", "hidden", &e), MU_ERROR_NOT_FOUND, "there is: ");
  NONE(mu_view_property(c, "team/app", "uninstalling", &e), MU_ERROR_NOT_FOUND, "no property");
  NONE(mu_view_file(c, "team/app", "x", &e), MU_ERROR_NOT_FOUND, "keeps no file \"x\"");
  NONE(mu_view_zone_of_task(c, "team/app", "huge-0-eater", &e), MU_ERROR_NOT_FOUND, "no task");
  NONE(mu_view_zone_of_address(c, "team/app", "node", "host-7", &e), MU_ERROR_NOT_FOUND, "at host-7");
  NONE(mu_view_debug_plans(c, "team/app", &no_plan, &e), MU_ERROR_NOT_FOUND, "there is: deploy, recovery");
  NONE(mu_view_debug_offers(c, "team/app", &no_phase, &e), MU_ERROR_NOT_FOUND, "there is: node, huge");
  NONE(mu_view_debug_statuses(c, "team/app", &no_step, &e), MU_ERROR_NOT_FOUND, "node-0:[server]");
  NONE(mu_view_debug_reservations(c, "team/app", &orphan, &e), MU_ERROR_USAGE, "a step needs its phase");
}

static void refuse_file(MuSim *sim, const char *name, gsize size, gboolean utf8, MuErrorCode code) {
  g_autoptr(GError) error = NULL;
  MuCommand *command = mu_command_new(MU_COMMAND_FILE_PUT, "team/app");
  char *bytes = g_malloc0(size + 1);
  memset(bytes, utf8 ? 'x' : 0xff, size);
  command->file = g_strdup(name);
  command->context = g_bytes_new_take(bytes, size);
  g_assert_null(mu_sim_command(sim, command, &error));
  g_assert_error(error, MU_ERROR, (int)code);
}

static void test_files_refused(Fixture *f, gconstpointer data) {
  (void)data;
  refuse_file(f->sim, "big", MU_FILE_MAX_BYTES + 1, TRUE, MU_ERROR_TOO_LARGE);
  refuse_file(f->sim, "binary", 3, FALSE, MU_ERROR_REFUSED);
  refuse_file(f->sim, "a/b", 3, TRUE, MU_ERROR_REFUSED);
  refuse_file(f->sim, ".hidden", 3, TRUE, MU_ERROR_REFUSED);
  for (guint i = 2; i < MU_FILE_MAX_NUMBER; i++) {
    g_autofree char *name = g_strdup_printf("file-%u", i);
    put_file(f->sim, name, "x");
  }
  refuse_file(f->sim, "one-more", 1, TRUE, MU_ERROR_TOO_LARGE);
  put_file(f->sim, "notes", "another text");
  mu_sim_expect_remove(f->sim, "team/app");
  refuse_file(f->sim, "notes", 1, TRUE, MU_ERROR_CONFLICT);
  mu_sim_expect_gone(f->sim, "team/app", 3600000);
  mu_sim_run(f->sim, 1000);
  mu_sim_check_nothing_left(f->sim);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/views-inspect/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  ADD(config);
  ADD(endpoints);
  ADD(state);
  ADD(unknown);
  ADD(files_refused);
  return g_test_run();
}
