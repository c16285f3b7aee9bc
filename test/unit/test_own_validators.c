/* Rules that a framework's own code adds for its services: they hold for the first configuration and for each change. */
#include "command.h"
#include "sim.h"
#include <muster/error.h>
#include <muster/service_factory.h>
#include <string.h>

static gboolean keeps_cluster(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, gpointer user,
                              GError **error) {
  return mu_validate_task_env(old_spec, new_spec, "db", "server", user, MU_ENV_MAY_BE_SET, error);
}

static gboolean is_odd(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, gpointer user, GError **error) {
  (void)old_spec;
  (void)user;
  if (mu_service_spec_pod(new_spec, "db")->count % 2 == 1)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "pod \"db\": a count that is odd is expected");
  return FALSE;
}

static MuServiceScheduler *factory(const char *name, GBytes *context, gpointer user, GError **error) {
  (void)user;
  gsize length;
  const char *yaml = g_bytes_get_data(context, &length);
  MuSpecInput input = {.service_name = name};
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, length, &input, error);
  if (spec == NULL)
    return NULL;
  MuSchedulerBuilder *builder = mu_scheduler_builder_new(spec);
  mu_scheduler_builder_add_validator(builder, keeps_cluster, "CLUSTER");
  mu_scheduler_builder_add_validator(builder, is_odd, NULL);
  return mu_scheduler_builder_build(builder, error);
}

/* What the service is told when it is given so many instances and that variable: the result's word, or the error. */
static char *put(MuSim *sim, int count, const char *cluster) {
  g_autofree char *yaml =
      g_strdup_printf("{name: x, pods: {db: {count: %d, tasks: {server: {goal: RUNNING, cmd: x, cpus: "
                      "0.1, env: {CLUSTER: '%s'}}}}}}",
                      count, cluster);
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "base");
  command->context = g_bytes_new(yaml, strlen(yaml));
  command->if_version = MU_VERSION_ANY;
  g_autoptr(GError) error = NULL;
  json_t *body = mu_sim_command(sim, command, &error);
  char *told = g_strdup(error != NULL ? error->message : json_string_value(json_object_get(body, "result")));
  json_decref(body);
  return told;
}

#define expect(sim, count, cluster, told)                                                                              \
  G_STMT_START {                                                                                                       \
    g_autofree char *is = put(sim, count, cluster);                                                                    \
    g_assert_cmpstr(is, ==, told);                                                                                     \
  }                                                                                                                    \
  G_STMT_END

static void test_validators(void) {
  static const char odd[] = "pod \"db\": a count that is odd is expected";
  static const char cluster[] =
      "task \"server\" of pod \"db\": the variable CLUSTER cannot change; put it back, or add a "
      "service with the new value";
  MuSim *sim = mu_sim_new(1, factory, NULL);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  expect(sim, 2, "", odd);
  g_assert_cmpuint(mu_sim_records(sim), <=, 1); /* of the framework: the service does not exist */
  expect(sim, 1, "", "created");
  expect(sim, 1, "a", "changed");
  expect(sim, 1, "b", cluster);
  g_autofree char *both = g_strdup_printf("%s\n%s", cluster, odd);
  expect(sim, 2, "b", both);
  mu_sim_run(sim, 60000);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  mu_sim_free(sim);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/own-validators/all", test_validators);
  return g_test_run();
}
