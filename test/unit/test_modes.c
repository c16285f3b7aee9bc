/* Static and mono schedulers, and how a mono-scheduler becomes a multi-scheduler. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "three_services.h"
#include "view.h"
#include <muster/error.h>
#include <string.h>

static void assert_refused(MuSim *sim, MuCommand *take_command, MuErrorCode code, const char *part) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sim_command(sim, take_command, &error));
  g_assert_error(error, MU_ERROR, (gint)code);
  if (strstr(error->message, part) == NULL)
    g_error("no \"%s\" in: %s", part, error->message);
}

static gboolean is_torn_down(MuSim *sim, gpointer user) {
  (void)user;
  return mu_sim_is_torn_down(sim);
}

static void restart_as(MuSim *sim, MuServicesMode mode, const char *const *names) {
  mu_sim_set_services(sim, mode, names);
  mu_sim_crash(sim);
  mu_sim_run(sim, 1000);
}

static void test_static(void) {
  static const char *const LIST[] = {"one", "three", "four", NULL};
  g_autoptr(MuSim) sim = three_services(mu_yaml_service_factory, NULL);
  g_autofree char *yaml = yaml_of("two", "0.1");
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "two");
  command->context = g_bytes_new(yaml, strlen(yaml));
  restart_as(sim, MU_SERVICES_STATIC, LIST);
  mu_sim_expect_gone(sim, "two", 60000); /* it left the list */
  assert_refused(sim, command, MU_ERROR_CONFLICT,
                 "this scheduler runs a fixed list of services (one, three, four); put \"two\" into that list");
  assert_refused(sim, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "one"), MU_ERROR_CONFLICT,
                 "take \"one\" out of that list");
  assert_refused(sim, mu_command_new(MU_COMMAND_SERVICE_FORCE_REMOVE, "one"), MU_ERROR_CONFLICT,
                 "take \"one\" out of that list");
  put(sim, "four", "0.1", "created");
  put(sim, "one", "0.2", "changed");
  g_autoptr(json_t) body = mu_sim_command(sim, mu_command_new(MU_COMMAND_UNINSTALL, NULL), NULL);
  g_assert_nonnull(body);
  g_assert_true(mu_sim_run_until(sim, is_torn_down, NULL, 60000));
}

static MuSim *mono(void) {
  static const char *const LIST[] = {"one", NULL};
  MuSim *sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  mu_sim_set_services(sim, MU_SERVICES_MONO, LIST);
  put(sim, "one", "0.1", "created");
  mu_sim_expect_plan(sim, "one", "deploy", "COMPLETE", 60000);
  return sim;
}

/* Its removal is that of the framework, and survives a death at each of its commits. */
static void test_mono(void) {
  for (guint crash_at = 0; crash_at <= 4; crash_at++) {
    g_autoptr(MuSim) sim = mono();
    g_autofree char *yaml = yaml_of("two", "0.1");
    MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, "two");
    command->context = g_bytes_new(yaml, strlen(yaml));
    assert_refused(sim, command, MU_ERROR_CONFLICT, "this is the mono-scheduler of service \"one\"");
    if (crash_at > 0)
      mu_sim_crash_at_commit(sim, crash_at, crash_at % 2 == 0);
    for (guint i = 0; i < 2; i++) {
      json_decref(mu_sim_command(sim, mu_command_new(MU_COMMAND_SERVICE_REMOVE, "one"), NULL));
    }
    g_assert_true(mu_sim_run_until(sim, is_torn_down, NULL, 60000));
    g_assert_true(mu_sim_is_clean(sim));
  }
}

static void test_mono_finishes(void) {
  static const char JOB[] =
      "{name: one, remove-when-finished: true, pods: {p: {count: 1, tasks: {t: {goal: FINISH, cmd: x, "
      "cpus: 0.1, memory: 32}}}}}";
  static const MuSimScript BRIEF = {.start_ms = 10, .end_ms = 50, .end = MU_TASK_FINISHED, .kill_ms = 5};
  static const char *const LIST[] = {"one", NULL};
  g_autoptr(MuSim) sim = mu_sim_new(1, mu_yaml_service_factory, NULL);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  mu_sim_script(sim, "t", &BRIEF);
  mu_sim_set_services(sim, MU_SERVICES_MONO, LIST);
  g_free(mu_sim_expect_put(sim, "one", JOB));
  g_assert_true(mu_sim_run_until(sim, is_torn_down, NULL, 60000));
}

/* A mono-scheduler's state becomes one service of a multi-scheduler, with the death of the scheduler in between; its task runs
 * on. There is no way back once there are others. */
static void test_mono_becomes_multi(void) {
  static const char *const LIST[] = {"one", NULL};
  g_autoptr(MuSim) sim = mono();
  g_autofree char *task = mu_sim_task_id(sim, "one-0-server");
  restart_as(sim, MU_SERVICES_DYNAMIC, NULL);
  put(sim, "two", "0.1", "created");
  mu_sim_expect_plan(sim, "two", "deploy", "COMPLETE", 60000);
  g_autofree char *after = mu_sim_task_id(sim, "one-0-server");
  g_assert_cmpstr(task, ==, after);
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
  restart_as(sim, MU_SERVICES_MONO, LIST);
  g_assert_cmpstr(
      mu_sim_violation(sim), ==,
      "restart refused: the state has service \"two\", so it is not that of a mono-scheduler of \"one\": start "
      "it as a multi-scheduler, or remove the other services first");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/modes/static", test_static);
  g_test_add_func("/modes/mono", test_mono);
  g_test_add_func("/modes/mono_finishes", test_mono_finishes);
  g_test_add_func("/modes/mono_becomes_multi", test_mono_becomes_multi);
  return g_test_run();
}
