/* What views say, beside their golden answers by way of the routes (test_routes_golden.c). */
#include "service_world.h"
#include "view.h"

static void set_up(World *f, gconstpointer data) {
  (void)data;
  world_open(f);
}

static void tear_down(World *f, gconstpointer data) {
  (void)data;
  world_close(f);
}

static void test_context(World *f, gconstpointer data) {
  (void)data;
  gint64 version = 0;
  g_autofree char *given = world_context("waiting");
  g_autoptr(GBytes) context = mu_view_context(f->client, "waiting", &version, NULL);
  g_autoptr(GBytes) expected = g_bytes_new(given, strlen(given));
  g_assert_true(g_bytes_equal(context, expected));
  g_assert_cmpint(version, ==, 1);
}

static void assert_finds_task(World *f, const char *name, const char *task_id) {
  g_autoptr(GError) error = NULL;
  MuTaskPlace place = {0};
  g_assert_true(mu_view_task(f->client, "deployed", name, &place, &error));
  g_assert_cmpstr(place.task_id, ==, task_id);
  g_assert_cmpstr(place.agent_id, ==, "agent-0");
  g_assert_true(g_str_has_prefix(place.executor_id, "node-1__"));
}

static void test_task(World *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  MuTaskPlace place = {0};
  g_autofree char *task_id = mu_sim_task_id(f->sim, "node-1-main-deployed");
  (void)data;
  assert_finds_task(f, "node-1-main-deployed", task_id);
  assert_finds_task(f, task_id, task_id);
  g_assert_false(mu_view_task(f->client, "deployed", "node-1", &place, &error)); /* which of its two? */
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_cmpstr(error->message, ==,
                  "service deployed has launched no task \"node-1\"; see its pods with: muster pod status deployed");
  g_assert_null(place.task_id);
}

static void put_many(World *f, guint n) {
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf("many-%03u", i);
    g_autofree char *yaml = g_strdup_printf(
        "{name: %s, pods: {a: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}}}}}", name);
    g_free(mu_sim_expect_put(f->sim, name, yaml));
  }
}

/* The list as a whole from its parts, `n` of them. */
static json_t *read_list(World *f, guint *ret_n) {
  g_auto(MuServiceListing) listing = {0};
  g_autoptr(GString) text = g_string_new(NULL);
  for (*ret_n = 0; !listing.ended; ++*ret_n) {
    g_autofree char *part = mu_view_services_part(f->client, &listing);
    g_string_append(text, part);
  }
  json_t *list = json_loads(text->str, 0, NULL);
  g_assert_nonnull(list);
  return list;
}

/* In the order of names, all of them once, in parts. */
static void test_list(World *f, gconstpointer data) {
  guint parts = 0;
  const char *before = "";
  (void)data;
  put_many(f, 2 * MU_SERVICES_PART);
  guint services = mu_multi_service_manager_size(mu_multi_service_event_client_manager(f->client));
  g_autoptr(json_t) list = read_list(f, &parts);
  g_assert_cmpuint(json_array_size(list), ==, services);
  g_assert_cmpuint(parts, ==, services / MU_SERVICES_PART + 1);
  for (guint i = 0; i < services; i++) {
    const char *name = json_string_value(json_object_get(json_array_get(list, i), "service"));
    g_assert_cmpstr(before, <, name);
    before = name;
  }
}

/* The service that the walk stands at goes, and those before it: it goes on behind them. */
static void test_list_that_changes(World *f, gconstpointer data) {
  g_auto(MuServiceListing) listing = {0};
  (void)data;
  put_many(f, 2 * MU_SERVICES_PART);
  g_free(mu_view_services_part(f->client, &listing));
  g_autofree char *at = g_strdup(listing.last);
  mu_sim_expect_remove(f->sim, at);
  mu_sim_expect_gone(f->sim, at, 60000);
  g_autofree char *part = mu_view_services_part(f->client, &listing);
  g_assert_null(strstr(part, at));
  g_assert_true(g_str_has_prefix(part, ",{\"service\":\"many-"));
}

/* A pod of one task is named by the pod. */
static void test_only_task(World *f, gconstpointer data) {
  MuTaskPlace place = {0};
  (void)data;
  g_free(mu_sim_expect_put(
      f->sim, "one", "{name: one, pods: {a: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}}}}}"));
  mu_sim_expect_plan(f->sim, "one", "deploy", "COMPLETE", 60000);
  g_autofree char *task_id = mu_sim_task_id(f->sim, "a-0-t");
  g_assert_true(mu_view_task(f->client, "one", "a-0", &place, NULL));
  g_assert_cmpstr(place.task_id, ==, task_id);
  g_assert_true(g_str_has_prefix(place.executor_id, "a-0__"));
}

static void assert_not_found(json_t *json, GError *take_error, const char *message) {
  g_autoptr(GError) error = take_error;
  g_assert_null(json);
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_cmpstr(error->message, ==, message);
}

/* ---- health of the whole ---------------------------------------------------------------------------------------------------------- */

static void assert_health(World *f, guint expected_http, const char *expected) {
  guint http_status = 0;
  g_autoptr(json_t) json = mu_view_health(f->client, NULL, &http_status, NULL);
  g_assert_cmpstr(json_string_value(json_object_get(json, "status")), ==, expected);
  g_assert_cmpuint(http_status, ==, expected_http);
}

static void test_health_of_whole(World *f, gconstpointer data) {
  (void)data;
  assert_health(f, 200, "RUNNING");
  mu_client_set_store_error(f->client, "the disk is full");
  assert_health(f, 503, "STORE_UNAVAILABLE");
  mu_client_set_store_error(f->client, NULL);
  assert_health(f, 200, "RUNNING");
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_DISCONNECTED);
  event->message = g_strdup("the cable is out");
  mu_client_event(f->client, event, mu_sim_now_ms(f->sim));
  assert_health(f, 503, "ENGINE_UNAVAILABLE");
}

/* ---- what is no longer is not shown ------------------------------------------------------------------------------------------------- */

/* A reason for waiting goes with the wait. */
static void test_no_stale_reason(World *f, gconstpointer data) {
  (void)data;
  g_autofree char *yaml = world_context("waiting");
  g_autoptr(GString) smaller = g_string_new(yaml);
  g_assert_cmpuint(g_string_replace(smaller, "memory: 99999", "memory: 64", 1), ==, 1);
  g_free(mu_sim_expect_put(f->sim, "waiting", smaller->str));
  mu_sim_expect_plan(f->sim, "waiting", "deploy", "COMPLETE", 60000);
  g_autoptr(json_t) pod = mu_view_pod_status(f->client, "waiting", "node-0", NULL);
  g_assert_null(json_object_get(pod, "waiting"));
}

/* An update of what waits tells of what is wanted now. */
static void test_new_reason(World *f, gconstpointer data) {
  (void)data;
  g_autofree char *yaml = world_context("waiting");
  g_autoptr(GString) other = g_string_new(yaml);
  g_assert_cmpuint(g_string_replace(other, "memory: 99999", "memory: 64", 1), ==, 1);
  g_assert_cmpuint(g_string_replace(other, "cpus: 0.5", "cpus: 77", 1), ==, 1);
  g_free(mu_sim_expect_put(f->sim, "waiting", other->str));
  mu_sim_run(f->sim, 60000);
  g_autoptr(json_t) pod = mu_view_pod_status(f->client, "waiting", "node-0", NULL);
  const json_t *stages = json_object_get(json_object_get(pod, "waiting"), "stages");
  g_assert_cmpuint(json_array_size(stages), ==, 1);
  g_assert_cmpstr(json_string_value(json_object_get(json_array_get(stages, 0), "stage")), ==, "cpus");
}

static void test_decommissioned_pods_go(World *f, gconstpointer data) {
  static const char THREE[] =
      "{name: shrink, pods: {a: {count: 3, allow-decommission: true, tasks: {t: {goal: RUNNING, cmd: x, "
      "cpus: 0.1, memory: 32}}}}}";
  (void)data;
  g_autoptr(GString) one = g_string_new(THREE);
  g_assert_cmpuint(g_string_replace(one, "count: 3", "count: 1", 1), ==, 1);
  g_free(mu_sim_expect_put(f->sim, "shrink", THREE));
  mu_sim_expect_plan(f->sim, "shrink", "deploy", "COMPLETE", 60000);
  g_free(mu_sim_expect_put(f->sim, "shrink", one->str));
  mu_sim_expect_plan(f->sim, "shrink", "decommission", "COMPLETE", 60000);
  g_autoptr(json_t) pods = mu_view_pods(f->client, "shrink", NULL);
  g_autofree char *text = mu_json_to_string(pods);
  g_assert_cmpstr(text, ==, "[\"a-0\"]");
  g_autoptr(json_t) row = mu_view_service(f->client, "shrink", NULL);
  g_assert_cmpint(json_integer_value(json_object_get(row, "pods")), ==, 1);
  GError *error = NULL;
  json_t *pod = mu_view_pod_status(f->client, "shrink", "a-1", &error);
  assert_not_found(pod, error, "service shrink has no pod \"a-1\"; list them with: muster pod list shrink");
}

#define CASE(name, function) g_test_add("/views/" name, World, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  CASE("context", test_context);
  CASE("list", test_list);
  CASE("list-that-changes", test_list_that_changes);
  CASE("task", test_task);
  CASE("only_task", test_only_task);
  CASE("health_of_whole", test_health_of_whole);
  CASE("no_stale_reason", test_no_stale_reason);
  CASE("new_reason", test_new_reason);
  CASE("decommissioned_pods_go", test_decommissioned_pods_go);
  return g_test_run();
}
