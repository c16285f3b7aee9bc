/* The views as JSON: test/golden/views/VIEW.json has what each view says of five services, one deployed, one waiting for
 * memory that nobody has, one recovering, one uninstalling and one whose factory failed at a restart. UPDATE=1 rewrites
 * them. Random uuids are numbered in the order in which they are seen; ids made from names are as they are. Numbers of offers
 * are hidden. */
#include "client_private.h"
#include "json.h"
#include "sim_expect.h"
#include "view.h"
#include "view_why.h"
#include "views_golden.h"
#include <muster/error.h>

#include <string.h>

static const char *const SERVICES[] = {"deployed", "failed", "recovering", "uninstalling", "waiting"};

static char *yaml_of(const char *name) {
  gboolean waiting = strcmp(name, "waiting") == 0;
  return g_strdup_printf("name: %s\n"
                         "web-url: http://%s.example\n"
                         "pods:\n"
                         "  node:\n"
                         "    count: 2\n"
                         "    tasks:\n"
                         "      init-%s: {goal: ONCE, cmd: ./init, cpus: 0.1, memory: 32}\n"
                         "      main-%s:\n"
                         "        goal: RUNNING\n"
                         "        cmd: ./main\n"
                         "        cpus: 0.5\n"
                         "        memory: %d\n"
                         "        volume: {path: data, type: ROOT, size: 100}\n"
                         "        ports: {web: {port: 0, advertise: true}}\n"
                         "        readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}\n"
                         "plans:\n"
                         "  deploy: {strategy: serial, phases: {nodes: {strategy: parallel, pod: node}}}\n"
                         "  spare: {strategy: serial, phases: {nodes: {strategy: serial, pod: node}}}\n",
                         name, name, name, name, waiting ? 99999 : 256);
}

/* ---- the scheduler that is looked at ------------------------------------------------------------------------------------ */

static MuServiceScheduler *build(const char *name, GBytes *context, gpointer user, GError **error) {
  if (strcmp(name, "failed") != 0 || !*(const gboolean *)user)
    return mu_yaml_service_factory(name, context, NULL, error);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the factory's disk is on fire");
  return NULL;
}

static void script(MuSim *sim) {
  static const MuSimScript ONCE = {.start_ms = 10, .end_ms = 20, .end = MU_TASK_FINISHED, .kill_ms = 5};
  static const MuSimScript UNDEAD = {.start_ms = 10, .ready_ms = 20, .kill_ms = 100000000};
  for (guint i = 0; i < G_N_ELEMENTS(SERVICES); i++) {
    for (guint j = 0; j < 2; j++) {
      g_autofree char *task = g_strdup_printf("node-%u-init-%s", j, SERVICES[i]);
      mu_sim_script(sim, task, &ONCE);
    }
  }
  mu_sim_script(sim, "node-0-main-uninstalling", &UNDEAD);
}

static MuSim *make_sim(gboolean *failing) {
  MuSim *sim = mu_sim_new(7, build, failing);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  script(sim);
  for (guint i = 0; i < G_N_ELEMENTS(SERVICES); i++) {
    g_autofree char *yaml = yaml_of(SERVICES[i]);
    g_free(mu_sim_expect_put(sim, SERVICES[i], yaml));
    if (strcmp(SERVICES[i], "waiting") != 0)
      mu_sim_expect_plan(sim, SERVICES[i], "deploy", "COMPLETE", 60000);
    mu_sim_run(sim, 1000);
  }
  *failing = TRUE;
  mu_sim_crash(sim);
  mu_sim_run(sim, 60000);
  mu_sim_expect_remove(sim, "uninstalling");
  mu_sim_run(sim, 10000);
  for (guint i = 0; i < 3; i++) { /* the third time it waits for four seconds */
    mu_sim_end_task(sim, "node-1-main-recovering", MU_TASK_FAILED);
    mu_sim_expect_plan(sim, "recovering", "recovery", "DELAYED", 100);
    if (i < 2)
      mu_sim_expect_plan(sim, "recovering", "recovery", "COMPLETE", 10000);
  }
  mu_sim_run(sim, 1000);
  return sim;
}

typedef struct {
  MuSim *sim;
  gboolean failing;
  MuMultiServiceEventClient *client;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  (void)data;
  f->sim = make_sim(&f->failing);
  f->client = mu_sim_client(f->sim);
}

static void tear_down(Fixture *f, gconstpointer data) {
  (void)data;
  g_assert_cmpstr(mu_sim_violation(f->sim), ==, NULL);
  mu_sim_free(f->sim);
}

/* ---- views of one service: what is said of each of the five ---------------------------------------------------------------- */

static json_t *say_service(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_service(client, service, error);
}

static json_t *say_plans(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_plans(client, service, error);
}

static json_t *say_plan(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_plan(client, service, "deploy", error);
}

static json_t *say_pods(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_pods(client, service, error);
}

static json_t *say_statuses(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_pod_status(client, service, NULL, error);
}

static json_t *say_status(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_pod_status(client, service, "node-0", error);
}

static json_t *say_info(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_pod_info(client, service, "node-0", error);
}

static json_t *say_spec(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_spec(client, service, error);
}

static json_t *say_health(MuMultiServiceEventClient *client, const char *service, GError **error) {
  guint http_status = 0;
  json_t *json = mu_view_health(client, service, &http_status, error);
  if (json != NULL)
    mu_json_set_int(json, "(HTTP status)", http_status);
  return json;
}

static json_t *say_why(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_why(client, service, NULL, error);
}

static json_t *say_reasons(MuMultiServiceEventClient *client, const char *service, GError **error) {
  return mu_view_health_reasons(client, service, error);
}

static const struct {
  const char *view;
  json_t *(*say)(MuMultiServiceEventClient *client, const char *service, GError **error);
} VIEWS[] = {
    {"service", say_service},
    {"plans", say_plans},
    {"plan-deploy", say_plan},
    {"pods", say_pods},
    {"pod-statuses", say_statuses},
    {"pod-status", say_status},
    {"pod-info", say_info},
    {"spec", say_spec},
    {"health", say_health},
    {"health-reasons", say_reasons},
    {"why", say_why},
};

static void test_each_service(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(VIEWS); i++) {
    json_t *all = json_object();
    for (guint j = 0; j < G_N_ELEMENTS(SERVICES); j++) {
      g_autoptr(GError) error = NULL;
      json_t *json = VIEWS[i].say(f->client, SERVICES[j], &error);
      g_assert_no_error(error);
      mu_json_set_new(all, SERVICES[j], json);
    }
    golden(VIEWS[i].view, all);
  }
}

static void test_whole(Fixture *f, gconstpointer data) {
  (void)data;
  golden("services", mu_view_services(f->client));
  golden("health-whole", say_health(f->client, NULL, NULL));
  golden("plan-recovery", mu_view_plan(f->client, "recovering", "recovery", NULL));
  golden("plan-custom", mu_view_plan(f->client, "deployed", "spare", NULL));
  g_autoptr(json_t) metrics_json = mu_view_metrics_json(f->client);
  g_assert_cmpint(json_integer_value(json_object_get(
                      json_object_get(json_object_get(metrics_json, "gauges"), "services.FAILED"), "value")),
                  ==, 1);
  g_autofree char *metrics = mu_view_metrics(f->client);
  g_autofree char *hidden = hide_counts(metrics);
  mu_test_golden("test/golden/views/metrics.txt", hidden);
}

/* ---- the others ---------------------------------------------------------------------------------------------------------------- */

static void test_context(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(SERVICES); i++) {
    gint64 version = 0;
    g_autofree char *yaml = yaml_of(SERVICES[i]);
    g_autoptr(GBytes) context = mu_view_context(f->client, SERVICES[i], &version, NULL);
    g_autoptr(GBytes) expected = g_bytes_new(yaml, strlen(yaml));
    g_assert_true(g_bytes_equal(context, expected));
    g_assert_cmpint(version, ==, 1);
  }
}

static void assert_finds_task(Fixture *f, const char *name, const char *task_id) {
  g_autoptr(GError) error = NULL;
  g_autofree char *found = NULL, *agent = NULL;
  g_assert_true(mu_view_task(f->client, "deployed", name, &found, &agent, &error));
  g_assert_cmpstr(found, ==, task_id);
  g_assert_cmpstr(agent, ==, "agent-0");
}

static void test_task(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  char *id = NULL, *agent = NULL;
  g_autofree char *task_id = mu_sim_task_id(f->sim, "node-1-main-deployed");
  (void)data;
  assert_finds_task(f, "node-1-main-deployed", task_id);
  assert_finds_task(f, task_id, task_id);
  g_assert_false(mu_view_task(f->client, "deployed", "node-1", &id, &agent, &error)); /* which of its two? */
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_cmpstr(error->message, ==,
                  "service deployed has launched no task \"node-1\"; see its pods with: muster pod status deployed");
  g_assert_true(id == NULL && agent == NULL);
}

/* A pod of one task is named by the pod. */
static void test_only_task(Fixture *f, gconstpointer data) {
  g_autofree char *id = NULL, *agent = NULL;
  (void)data;
  g_free(mu_sim_expect_put(
      f->sim, "one", "{name: one, pods: {a: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 1, memory: 32}}}}}"));
  mu_sim_expect_plan(f->sim, "one", "deploy", "COMPLETE", 60000);
  g_autofree char *task_id = mu_sim_task_id(f->sim, "a-0-t");
  g_assert_true(mu_view_task(f->client, "one", "a-0", &id, &agent, NULL));
  g_assert_cmpstr(id, ==, task_id);
}

static void assert_not_found(json_t *json, GError *take_error, const char *message) {
  g_autoptr(GError) error = take_error;
  g_assert_null(json);
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_cmpstr(error->message, ==, message);
}

static void test_unknown(Fixture *f, gconstpointer data) {
  static const char MESSAGE[] = "there is no service \"nope\"; list them with: muster service list";
  GError *error = NULL;
  gint64 version = 0;
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(VIEWS); i++) {
    error = NULL;
    json_t *json = VIEWS[i].say(f->client, "nope", &error);
    assert_not_found(json, error, MESSAGE);
  }
  error = NULL;
  g_assert_null(mu_view_context(f->client, "nope", &version, &error));
  assert_not_found(NULL, error, MESSAGE);
  error = NULL;
  json_t *plan = mu_view_plan(f->client, "deployed", "nope", &error);
  assert_not_found(plan, error, "service deployed has no plan \"nope\"; list them with: muster plan list deployed");
  error = NULL;
  json_t *pod = mu_view_pod_status(f->client, "deployed", "node-2", &error);
  assert_not_found(pod, error, "service deployed has no pod \"node-2\"; list them with: muster pod list deployed");
  error = NULL;
  json_t *info = mu_view_pod_info(f->client, "deployed", "node-2", &error);
  assert_not_found(info, error, "service deployed has no pod \"node-2\"; list them with: muster pod list deployed");
}

/* ---- health of the whole ---------------------------------------------------------------------------------------------------------- */

static void assert_health(Fixture *f, guint expected_http, const char *expected) {
  guint http_status = 0;
  g_autoptr(json_t) json = mu_view_health(f->client, NULL, &http_status, NULL);
  g_assert_cmpstr(json_string_value(json_object_get(json, "status")), ==, expected);
  g_assert_cmpuint(http_status, ==, expected_http);
}

static void test_health_of_whole(Fixture *f, gconstpointer data) {
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
static void test_no_stale_reason(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *yaml = yaml_of("waiting");
  g_autoptr(GString) smaller = g_string_new(yaml);
  g_assert_cmpuint(g_string_replace(smaller, "memory: 99999", "memory: 64", 1), ==, 1);
  g_free(mu_sim_expect_put(f->sim, "waiting", smaller->str));
  mu_sim_expect_plan(f->sim, "waiting", "deploy", "COMPLETE", 60000);
  g_autoptr(json_t) pod = mu_view_pod_status(f->client, "waiting", "node-0", NULL);
  g_assert_null(json_object_get(pod, "waiting"));
}

/* An update of what waits tells of what is wanted now. */
static void test_new_reason(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *yaml = yaml_of("waiting");
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

static void test_decommissioned_pods_go(Fixture *f, gconstpointer data) {
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
  golden("plan-decommission", mu_view_plan(f->client, "shrink", "decommission", NULL));
  g_autoptr(json_t) pods = mu_view_pods(f->client, "shrink", NULL);
  g_autofree char *text = mu_json_to_string(pods);
  g_assert_cmpstr(text, ==, "[\"a-0\"]");
  g_autoptr(json_t) row = mu_view_service(f->client, "shrink", NULL);
  g_assert_cmpint(json_integer_value(json_object_get(row, "pods")), ==, 1);
  GError *error = NULL;
  json_t *pod = mu_view_pod_status(f->client, "shrink", "a-1", &error);
  assert_not_found(pod, error, "service shrink has no pod \"a-1\"; list them with: muster pod list shrink");
}

#define CASE(name, function) g_test_add("/views/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  CASE("each_service", test_each_service);
  CASE("whole", test_whole);
  CASE("context", test_context);
  CASE("task", test_task);
  CASE("only_task", test_only_task);
  CASE("unknown", test_unknown);
  CASE("health_of_whole", test_health_of_whole);
  CASE("no_stale_reason", test_no_stale_reason);
  CASE("new_reason", test_new_reason);
  CASE("decommissioned_pods_go", test_decommissioned_pods_go);
  return g_test_run();
}
