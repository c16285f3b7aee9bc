/* What the engine tells the master of the framework: who we are, and with which roles. */
#include "mesos_world.h"

#define CAPABILITIES                                                                                                   \
  "{\"type\":\"RESERVATION_REFINEMENT\"},{\"type\":\"MULTI_ROLE\"},{\"type\":\"PARTITION_AWARE\"},"                    \
  "{\"type\":\"TASK_KILLING_STATE\"},{\"type\":\"REGION_AWARE\"}"

static void assert_info(const World *world, const char *expected) {
  g_autofree char *found = json_dumps(world->info, JSON_COMPACT | JSON_SORT_KEYS);
  g_assert_cmpstr(found, ==, expected);
}

static void test_framework_info(void) {
  World *world = world_new();
  MuMesosEngineConfig config = default_config();
  add_front(world, 15000);
  config.user = "nobody";
  config.hostname = "scheduler.example";
  config.webui_url = "http://scheduler.example:8640/";
  config.failover_timeout_s = 3600;
  config.gpus = TRUE;
  open_engine(world, config, "framework-7");
  WAIT_FOR(world->subscribed == 1);
  assert_info(world,
              "{\"capabilities\":[" CAPABILITIES ",{\"type\":\"GPU_RESOURCES\"}],\"checkpoint\":true,"
              "\"failover_timeout\":3600.0,\"hostname\":\"scheduler.example\",\"id\":{\"value\":\"framework-7\"},"
              "\"name\":\"muster\",\"principal\":\"muster-principal\",\"roles\":[\"muster-role\"],"
              "\"user\":\"nobody\",\"webui_url\":\"http://scheduler.example:8640/\"}");
  world_free(world);
}

static void test_framework_defaults(void) {
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  g_autofree char *expected = g_strdup_printf(
      "{\"capabilities\":[" CAPABILITIES "],\"checkpoint\":true,\"failover_timeout\":604800.0,\"hostname\":\"%s\","
      "\"name\":\"muster\",\"principal\":\"muster-principal\",\"roles\":[\"muster-role\"],\"user\":\"%s\"}",
      g_get_host_name(), g_get_user_name());
  assert_info(world, expected);
  world_free(world);
}

static MuEngineCall *roles_call(const char *second) {
  MuEngineCall *call = mu_engine_call_new(MU_CALL_ROLES);
  mu_items_add(call->roles, g_strdup("muster-role"));
  if (second != NULL)
    mu_items_add(call->roles, g_strdup(second));
  return call;
}

static char *subscribed_roles(const World *world) {
  return json_dumps(json_object_get(world->info, "roles"), JSON_COMPACT);
}

static const char *described(const World *world, json_t **ret_json, const char *key) {
  json_decref(*ret_json);
  *ret_json = world->engine->ops->describe(world->engine);
  return json_string_value(json_object_get(*ret_json, key));
}

/* Told at once while subscribed, and with the next SUBSCRIBE else; the same again is not told. */
static void test_roles(void) {
  g_autoptr(json_t) json = NULL;
  World *world = world_open();
  perform(world, roles_call("public/muster-role"));
  WAIT_FOR(world->subscribed == 1);
  perform(world, mu_engine_call_new(MU_CALL_SUPPRESS));
  WAIT_FOR(has_last(world->calls, "SUPPRESS"));
  g_assert_cmpstr(world->calls->str, ==, "ROLES SUPPRESS"); /* SUBSCRIBE was on its way without it */
  g_autofree char *first = subscribed_roles(world);
  g_assert_cmpstr(first, ==, "[\"muster-role\"]");
  g_assert_cmpstr(world->roles, ==, "muster-role public/muster-role");
  perform(world, roles_call("public/muster-role"));
  perform(world, roles_call("edge/muster-role"));
  WAIT_FOR(has_last(world->calls, "ROLES"));
  g_assert_cmpstr(world->calls->str, ==, "ROLES SUPPRESS ROLES");
  g_assert_cmpstr(world->roles, ==, "muster-role edge/muster-role");
  mu_mesos_front_cut(world->front, TRUE);
  WAIT_FOR(world->subscribed == 2);
  g_autofree char *second = subscribed_roles(world);
  g_assert_cmpstr(second, ==, "[\"muster-role\",\"edge/muster-role\"]");
  g_assert_null(described(world, &json, "roles_refused"));
  world_free(world);
}

/* The ACLs do not allow it: what runs goes on, and health has the reason. */
static void test_roles_refused(void) {
  g_autoptr(json_t) json = NULL;
  World *world = world_open();
  WAIT_FOR(world->subscribed == 1);
  mu_mesos_front_faults(world->front)->answer_status = 403;
  mu_mesos_front_faults(world->front)->answer_n = 1;
  perform(world, roles_call("public/muster-role"));
  WAIT_FOR(described(world, &json, "roles_refused") != NULL);
  g_assert_cmpstr(
      described(world, &json, "roles_refused"), ==,
      "the master answered 403 to the roles muster-role, public/muster-role: as the test wants it; pods of the "
      "new ones wait");
  g_assert_cmpuint(world->disconnected, ==, 0);
  perform(world, roles_call(NULL));
  WAIT_FOR(has_last(world->calls, "ROLES"));
  g_assert_null(described(world, &json, "roles_refused"));
  world_free(world);
}

/* At a start, too: the own role is subscribed with alone, then the others are asked for. */
static void test_roles_refused_at_once(void) {
  World *world = world_new();
  add_front(world, 15000);
  mu_mesos_front_faults(world->front)->answer_status = 403;
  mu_mesos_front_faults(world->front)->answer_n = 1;
  open_engine(world, default_config(), NULL);
  perform(world, roles_call("public/muster-role"));
  WAIT_FOR(has_last(world->calls, "ROLES"));
  g_autofree char *first = subscribed_roles(world);
  g_assert_cmpstr(first, ==, "[\"muster-role\"]");
  g_assert_cmpstr(world->roles, ==, "muster-role public/muster-role");
  g_assert_cmpstr(world->events->str, ==, "DISCONNECTED SUBSCRIBED");
  world_free(world);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_roles/framework-info", test_framework_info);
  g_test_add_func("/mesos_roles/framework-defaults", test_framework_defaults);
  g_test_add_func("/mesos_roles/roles", test_roles);
  g_test_add_func("/mesos_roles/refused", test_roles_refused);
  g_test_add_func("/mesos_roles/refused-at-once", test_roles_refused_at_once);
  return g_test_run();
}
