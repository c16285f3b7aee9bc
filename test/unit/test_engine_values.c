#include "engine.h"
#include "json.h"
#include <muster/error.h>
#include <string.h>

static json_t *parse(const char *text) {
  g_autoptr(GError) error = NULL;
  json_t *json = mu_json_parse(text, strlen(text), 100000, &error);
  g_assert_no_error(error);
  return json;
}

static void assert_json(json_t *take_json, const char *expected) {
  g_autoptr(json_t) json = take_json;
  g_autofree char *text = mu_json_to_string(json);
  g_assert_cmpstr(text, ==, expected);
}

static void add_cpus(MuResources *resources, gint64 amount) {
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, amount);
  mu_resources_add(resources, cpus);
}

/* ---- launches ------------------------------------------------------------------------------------------------------ */

#define CPUS(n) "[{\"kind\":\"cpus\",\"amount\":" #n "}]"
#define FULL_DISCOVERY                                                                                                 \
  "\"discovery\":{\"name\":\"n\",\"visibility\":\"CLUSTER\",\"ports\":[{\"name\":\"http\",\"protocol\":\"tcp\","       \
  "\"number\":80,\"visibility\":\"EXTERNAL\",\"labels\":[[\"VIP_u\",\"web:80\"]]}]},"                                  \
  "\"ipc_mode\":\"SHARE_PARENT\",\"shm_size_mb\":8"
#define FULL_CONTAINER                                                                                                 \
  "\"image\":\"i\",\"host_volumes\":[{\"host_path\":\"/etc\",\"container_path\":\"e\",\"read_only\":true}],"           \
  "\"external_volumes\":[{\"driver_name\":\"d\",\"volume_name\":\"v\",\"container_path\":\"c\","                       \
  "\"driver_options\":[[\"size\",\"1\"]]}],"                                                                           \
  "\"networks\":[{\"name\":\"bridge\",\"port_mappings\":[{\"host_port\":4040,\"container_port\":80}],"                 \
  "\"labels\":[[\"a\",\"b\"]]},{\"name\":\"dcos\"}],\"seccomp_unconfined\":true,"                                      \
  "\"seccomp_profile\":\"p\",\"ipc_mode\":\"PRIVATE\",\"shm_size_mb\":16"
#define TLS "\"tls\":[{\"name\":\"web\",\"keystore\":true,\"common_name\":\"n.svc\",\"dns_names\":[\"a.b\",\"c.d\"]}]"
#define PROVIDED                                                                                                       \
  "\"uris\":[{\"value\":\"http://h/a\",\"output_file\":\"o\",\"sha256\":\"00\",\"executable\":true,"                   \
  "\"keep_packed\":true},{\"value\":\"/b\"}],\"secrets\":[{\"secret\":\"svc/p\",\"env_key\":\"P\",\"file\":\"f\"}]"
#define FULL_LAUNCH                                                                                                       \
  "{\"executor_id\":\"hello-0__u\",\"service\":\"svc\",\"pod\":\"hello-0\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\"," \
  "\"cmd\":\"sleep 1\",\"user\":\"nobody\",\"env\":[[\"A\",\"1\"],[\"B\",\"\"]],"                                         \
  "\"configs\":[{\"name\":\"c\",\"text\":\"{{X}}\",\"dest\":\"etc/c\"}],"                                                 \
  "\"health_check\":{\"cmd\":\"true\",\"interval_ms\":1,\"delay_ms\":2,\"timeout_ms\":3,\"grace_ms\":4,"                  \
  "\"max_consecutive_failures\":5},\"readiness_check\":{\"cmd\":\"false\"},\"kill_grace_ms\":6,"                          \
  "\"resources\":" CPUS(                                                                                                  \
      100) ",\"limit_cpus_milli\":-1,\"limit_mem_mb\":7,\"labels\":[[\"L\",\"1\"],[\"L\",null]]," FULL_DISCOVERY          \
           "," TLS "}],"                                                                                                  \
           "\"rlimits\":[{\"name\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":-1}],\"resources\":" CPUS(                    \
               10) ","                                                                                                    \
                   "\"share_pid_namespace\":true," FULL_CONTAINER "," PROVIDED "}"
#define SMALL_LAUNCH                                                                                                   \
  "{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\"}]}"

static MuTaskLaunch *full_task(void) {
  MuTaskLaunch *task = mu_task_launch_new("t", "n");
  task->cmd = g_strdup("sleep 1");
  task->user = g_strdup("nobody");
  mu_task_launch_set_env(task, "A", "0");
  mu_task_launch_set_env(task, "B", "");
  mu_task_launch_set_env(task, "A", "1");
  mu_items_add(task->configs, mu_launch_config_new("c", "{{X}}", "etc/c"));
  task->health_check = mu_launch_check_new("true");
  *task->health_check = (MuLaunchCheck){task->health_check->cmd, 1, 2, 3, 4, 5};
  task->readiness_check = mu_launch_check_new("false");
  task->kill_grace_ms = 6;
  add_cpus(task->resources, 100);
  task->limit_cpus_milli = -1;
  task->limit_mem_mb = 7;
  mu_items_add(task->labels, mu_env_var_new("L", "1"));
  mu_items_add(task->labels, mu_env_var_new("L", NULL));
  task->discovery = mu_launch_discovery_new("n", "CLUSTER");
  MuLaunchPort *port = mu_launch_port_new("http", 80, "EXTERNAL");
  mu_items_add(port->labels, mu_env_var_new("VIP_u", "web:80"));
  mu_items_add(task->discovery->ports, port);
  task->ipc_mode = MU_IPC_SHARE_PARENT;
  task->shm_size_mb = 8;
  MuLaunchTls *tls = mu_launch_tls_new("web", TRUE, "n.svc");
  g_ptr_array_add(tls->dns_names, g_strdup("a.b"));
  g_ptr_array_add(tls->dns_names, g_strdup("c.d"));
  mu_items_add(task->tls, tls);
  return task;
}

static void add_surroundings(MuPodLaunch *launch) {
  launch->image = g_strdup("i");
  mu_items_add(launch->host_volumes, mu_launch_host_volume_new("/etc", "e", TRUE));
  MuLaunchExternalVolume *volume = mu_launch_external_volume_new("d", "v", "c", FALSE);
  mu_items_add(volume->driver_options, mu_env_var_new("size", "1"));
  mu_items_add(launch->external_volumes, volume);
  MuLaunchNetwork *network = mu_launch_network_new("bridge");
  const MuLaunchPortMapping mapping = {4040, 80};
  g_array_append_val(network->port_mappings, mapping);
  mu_items_add(network->labels, mu_env_var_new("a", "b"));
  mu_items_add(launch->networks, network);
  mu_items_add(launch->networks, mu_launch_network_new("dcos"));
  launch->seccomp_unconfined = TRUE;
  launch->seccomp_profile = g_strdup("p");
  launch->ipc_mode = MU_IPC_PRIVATE;
  launch->shm_size_mb = 16;
}

static MuPodLaunch *full_launch(void) {
  MuPodLaunch *launch = mu_pod_launch_new("hello-0__u", "svc", "hello-0");
  mu_items_add(launch->tasks, full_task());
  mu_items_add(launch->rlimits, mu_launch_rlimit_new("RLIMIT_NOFILE", 1024, -1));
  add_cpus(launch->resources, 10);
  launch->share_pid_namespace = TRUE;
  add_surroundings(launch);
  MuLaunchUri *uri = mu_launch_uri_new("http://h/a");
  uri->output_file = g_strdup("o");
  uri->sha256 = g_strdup("00");
  uri->executable = uri->keep_packed = TRUE;
  mu_items_add(launch->uris, uri);
  mu_items_add(launch->uris, mu_launch_uri_new("/b"));
  mu_items_add(launch->secrets, mu_launch_secret_new("svc/p", "P", "f"));
  return launch;
}

static void test_launch(void) {
  g_autoptr(MuPodLaunch) made = full_launch();
  assert_json(mu_pod_launch_to_json(made), FULL_LAUNCH);
  static const char *const texts[] = {FULL_LAUNCH, SMALL_LAUNCH};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(json_t) json = parse(texts[i]);
    g_autoptr(GError) error = NULL;
    g_autoptr(MuPodLaunch) read = mu_pod_launch_from_json(json, &error);
    g_assert_no_error(error);
    assert_json(mu_pod_launch_to_json(read), texts[i]);
  }
}

static void test_env(void) {
  g_autoptr(MuTaskLaunch) task = mu_task_launch_new("t", "n");
  g_assert_null(mu_task_launch_get_env(task, "A"));
  mu_task_launch_set_env(task, "A", "1");
  mu_task_launch_set_env(task, "A", mu_task_launch_get_env(task, "A"));
  g_assert_cmpstr(mu_task_launch_get_env(task, "A"), ==, "1");
  g_assert_cmpuint(task->env->len, ==, 1);
}

static void test_launch_refused(void) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{}", "launch: \"executor_id\" is missing"},
      {"[]", "launch: \"executor_id\" is looked for in an array"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":{}}", "\"tasks\" is an object"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\"}]}",
       "tasks[0]: \"name\" is missing"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\",\"env\":[[\"A\"]]}]}",
       "tasks[0]: env[0]: expected [\"name\", \"value\"]"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\",\"health_check\":{}}]}",
       "\"cmd\" is missing"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\","
       "\"health_check\":{\"cmd\":\"x\",\"interval_ms\":-1}}]}",
       "\"interval_ms\" is -1"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\",\"kill_grace_ms\":-1}]}",
       "\"kill_grace_ms\" is -1"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"rlimits\":[{\"name\":\"R\",\"soft\":-2,\"hard\":1}]}",
       "rlimits[0]: \"soft\" is -2"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"resources\":[{}]}",
       "resources: entry 0: resource: \"kind\""},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\",\"configs\":[{}]}]}",
       "configs[0]: \"name\" is missing"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[],\"ipc_mode\":\"OWN\"}",
       "\"ipc_mode\" is \"OWN\"; expected PRIVATE or SHARE_PARENT"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[],\"host_volumes\":[{\"host_path\":\"/\"}]}",
       "host_volumes[0]: \"container_path\" is missing"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[],\"networks\":[{\"name\":\"n\","
       "\"port_mappings\":[{\"host_port\":70000,\"container_port\":1}]}]}",
       "port_mappings[0]: \"host_port\" is 70000"},
      {"{\"executor_id\":\"e\",\"service\":\"s\",\"pod\":\"p\",\"tasks\":[{\"task_id\":\"t\",\"name\":\"n\","
       "\"discovery\":{\"visibility\":\"CLUSTER\",\"ports\":[{\"name\":\"x\",\"number\":-1}]}}]}",
       "\"protocol\" is missing"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(json_t) json = parse(cases[i].json);
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_pod_launch_from_json(json, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (strstr(error->message, cases[i].message) == NULL)
      g_error("expected \"%s\" in \"%s\"", cases[i].message, error->message);
  }
}

/* ---- offers -------------------------------------------------------------------------------------------------------- */

static void test_offer(void) {
  g_autoptr(MuOffer) offer = mu_offer_new("o", "a", "host-1");
  assert_json(mu_offer_to_json(offer), "{\"id\":\"o\",\"agent_id\":\"a\",\"hostname\":\"host-1\"}");
  offer->region = g_strdup("eu");
  offer->zone = g_strdup("eu-1");
  mu_items_add(offer->attributes, mu_env_var_new("rack", "r1"));
  mu_items_add(offer->attributes, mu_env_var_new("rack", "r2"));
  add_cpus(offer->resources, 100);
  static const char text[] =
      "{\"id\":\"o\",\"agent_id\":\"a\",\"hostname\":\"host-1\",\"region\":\"eu\",\"zone\":\"eu-1\","
      "\"attributes\":[[\"rack\",\"r1\"],[\"rack\",\"r2\"]],\"resources\":" CPUS(100) "}";
  g_autoptr(MuOffer) copy = mu_offer_copy(offer);
  assert_json(mu_offer_to_json(copy), text);
  g_autoptr(json_t) json = parse(text);
  g_autoptr(MuOffer) read = mu_offer_from_json(json, NULL);
  assert_json(mu_offer_to_json(read), text);
  static const struct {
    const char *field, *value;
  } fields[] = {{"hostname", "host-1"}, {"@region", "eu"}, {"@zone", "eu-1"}, {"rack", "r1"}, {"none", NULL}};
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    g_assert_cmpstr(mu_offer_field(read, fields[i].field), ==, fields[i].value);
  g_autoptr(json_t) empty = parse("{}");
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_offer_from_json(empty, &error));
  g_assert_cmpstr(error->message, ==, "offer: \"id\" is missing; expected a string");
}

/* ---- statuses ------------------------------------------------------------------------------------------------------ */

static void test_states(void) {
  static const gboolean terminal[] = {FALSE, FALSE, FALSE, FALSE, TRUE, TRUE, TRUE,
                                      TRUE,  TRUE,  TRUE,  FALSE, TRUE, TRUE, TRUE};
  G_STATIC_ASSERT(G_N_ELEMENTS(terminal) == MU_TASK_UNKNOWN + 1);
  for (guint i = 0; i < G_N_ELEMENTS(terminal); i++) {
    MuTaskState state = (MuTaskState)i, read;
    g_assert_cmpint(mu_task_state_is_terminal(state), ==, terminal[i]);
    g_assert_true(g_str_has_prefix(mu_task_state_to_string(state), "TASK_"));
    g_assert_true(mu_task_state_from_string(mu_task_state_to_string(state), &read) && read == state);
  }
  MuTaskState kept = MU_TASK_LOST;
  g_assert_false(mu_task_state_from_string("TASK_DREAMING", &kept) || mu_task_state_from_string(NULL, &kept));
  g_assert_cmpint(kept, ==, MU_TASK_LOST);
}

static void test_status(void) {
  static const char *const texts[] = {
      "{\"task_id\":\"t\",\"state\":\"TASK_RUNNING\"}",
      "{\"task_id\":\"t\",\"agent_id\":\"a\",\"uuid\":\"u\",\"state\":\"TASK_FAILED\",\"reason\":\"REASON_X\",\"message\":\"m\","
      "\"timestamp_ms\":-5,\"ready\":false,\"healthy\":true,\"container_ip\":\"10.0.0.1\"}",
  };
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(json_t) json = parse(texts[i]);
    g_autoptr(MuTaskStatus) status = mu_task_status_from_json(json, NULL);
    g_assert_cmpint(status->has_ready, ==, i == 1);
    g_assert_cmpint(status->has_healthy, ==, i == 1);
    assert_json(mu_task_status_to_json(status), texts[i]);
    g_autoptr(MuTaskStatus) copy = mu_task_status_copy(status);
    assert_json(mu_task_status_to_json(copy), texts[i]);
  }
  g_autoptr(json_t) bad = parse("{\"task_id\":\"t\",\"state\":\"RUNNING\"}");
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_task_status_from_json(bad, &error));
  g_assert_cmpstr(error->message, ==,
                  "status: \"state\" is \"RUNNING\"; expected TASK_RUNNING or another state of a task");
}

/* ---- operations, events, calls ------------------------------------------------------------------------------------- */

static void test_messages(void) {
  g_autoptr(MuEngineEvent) event = mu_engine_event_new(MU_EVENT_OFFERS);
  g_ptr_array_add(event->offers, mu_offer_new("o", "a", "h"));
  event->status = mu_task_status_new("t", MU_TASK_LOST);
  event->id = g_strdup("id");
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_ACCEPT);
  mu_items_add(call->offer_ids, g_strdup("o"));
  mu_items_add(call->operations, mu_operation_new(MU_OP_RESERVE, mu_resources_new(), NULL));
  mu_items_add(call->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, full_launch()));
  mu_items_add(call->tasks, mu_env_var_new("t", NULL));
  call->task_id = g_strdup("t");
  static const char *const calls[] = {"ACCEPT", "DECLINE",     "REVIVE",    "SUPPRESS",
                                      "KILL",   "ACKNOWLEDGE", "RECONCILE", "TEARDOWN"};
  for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
    g_assert_cmpstr(mu_engine_call_kind_to_string((MuEngineCallKind)i), ==, calls[i]);
  static const char *const operations[] = {"RESERVE", "UNRESERVE", "CREATE", "DESTROY", "LAUNCH_GROUP"};
  for (guint i = 0; i < G_N_ELEMENTS(operations); i++)
    g_assert_cmpstr(mu_operation_kind_to_string((MuOperationKind)i), ==, operations[i]);
}

static void test_free_null(void) {
  mu_operation_free(NULL);
  mu_pod_launch_free(NULL);
  mu_task_launch_free(NULL);
  mu_env_var_free(NULL);
  mu_launch_config_free(NULL);
  mu_launch_check_free(NULL);
  mu_launch_rlimit_free(NULL);
  mu_offer_free(NULL);
  mu_task_status_free(NULL);
  mu_engine_event_free(NULL);
  mu_engine_call_free(NULL);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine-values/launch", test_launch);
  g_test_add_func("/engine-values/env", test_env);
  g_test_add_func("/engine-values/launch-refused", test_launch_refused);
  g_test_add_func("/engine-values/offer", test_offer);
  g_test_add_func("/engine-values/states", test_states);
  g_test_add_func("/engine-values/status", test_status);
  g_test_add_func("/engine-values/messages", test_messages);
  g_test_add_func("/engine-values/free-null", test_free_null);
  return g_test_run();
}
