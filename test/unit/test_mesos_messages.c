/* What the recorded exchanges (test_mesos_recorded.c) do not show. */
#include "json.h"
#include "mesos_calls.h"
#include "mesos_events.h"
#include "mesos_resource.h"
#include "mesos_wire.h"
#include "proto_json.h"
#include <math.h>
#include <muster/error.h>
#include <string.h>

static gpointer read_json(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, const char *text) {
  g_autoptr(GError) error = NULL;
  gpointer message = mu_wire_decode(arena, descriptor, MU_WIRE_JSON, (const guint8 *)text, strlen(text), &error);
  g_assert_no_error(error);
  return message;
}

static void assert_json(const ProtobufCMessage *message, const char *expected) {
  g_autoptr(json_t) json = mu_proto_to_json(message);
  g_autofree char *text = mu_json_to_string(json);
  g_assert_cmpstr(text, ==, expected);
}

/* ---- resources ------------------------------------------------------------------------------------------------------- */

#define DISK "{\"name\":\"disk\",\"type\":\"SCALAR\",\"scalar\":{\"value\":100.0}"
#define STATIC "{\"role\":\"edge\",\"type\":\"STATIC\"}"
#define OURS                                                                                                           \
  "{\"principal\":\"p\",\"labels\":{\"labels\":[{\"key\":\"resource_id\",\"value\":\"id\"},{\"key\":\"namespace\","    \
  "\"value\":\"svc\"}]},\"role\":\"edge/mine\",\"type\":\"DYNAMIC\"}"

static void test_resources_round_trip(void) {
  static const char *const ROWS[] = {
      DISK "}",
      DISK ",\"reservations\":[" STATIC "]}",
      DISK ",\"reservations\":[" STATIC "," OURS "]}",
      DISK ",\"reservations\":[{\"role\":\"edge\",\"type\":\"DYNAMIC\",\"principal\":\"operator\"}]}",
      DISK ",\"disk\":{\"source\":{\"type\":\"MOUNT\",\"mount\":{\"root\":\"/mnt\"},\"profile\":\"fast\"}}}",
      "{\"name\":\"cpus\",\"type\":\"SCALAR\",\"scalar\":{\"value\":0.1}}",
      "{\"name\":\"gpus\",\"type\":\"SCALAR\",\"scalar\":{\"value\":2.0}}",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(MuArena) arena = mu_arena_new();
    g_autoptr(MuResource) resource = mu_mesos_resource_read(read_json(arena, &mesos__resource__descriptor, ROWS[i]));
    g_autoptr(json_t) expected = mu_json_parse(ROWS[i], strlen(ROWS[i]), 10000, NULL);
    g_autoptr(json_t) ours = mu_proto_to_json(&mu_mesos_resource_write(arena, resource)->base);
    g_assert_true(json_equal(expected, ours));
  }
}

static void test_refinement(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuResource) resource = mu_mesos_resource_read(
      read_json(arena, &mesos__resource__descriptor, DISK ",\"reservations\":[" STATIC "," OURS "]}"));
  g_assert_cmpstr(resource->reservation.role, ==, "edge/mine");
  g_assert_cmpstr(resource->reservation.pre_reserved_role, ==, "edge");
  g_assert_cmpstr(resource->reservation.resource_id, ==, "id");
  g_assert_cmpstr(resource->reservation.namespace_, ==, "svc");
}

static void test_unusable_resources(void) {
  static const char *const ROWS[] = {
      DISK ",\"revocable\":{}}",
      DISK ",\"shared\":{}}",
      DISK ",\"provider_id\":{\"value\":\"csi\"}}",
      DISK ",\"disk\":{\"source\":{\"type\":\"PATH\",\"path\":{\"root\":\"/p\"}}}}",
      DISK ",\"disk\":{\"source\":{\"type\":\"BLOCK\"}}}",
      DISK ",\"disk\":{\"source\":{\"type\":\"MOUNT\"}}}",
      DISK ",\"reservations\":[" STATIC "," STATIC "," OURS "]}",
      DISK ",\"reservations\":[{\"role\":\"edge\",\"type\":\"DYNAMIC\",\"principal\":\"operator\"}," OURS "]}",
      ("{\"name\":\"disk\",\"type\":\"SCALAR\",\"scalar\":{\"value\":100.5},\"disk\":{\"source\":{\"type\":\"MOUNT\","
       "\"mount\":{\"root\":\"/mnt\"}}}}"),
      "{\"name\":\"fpgas\",\"type\":\"SCALAR\",\"scalar\":{\"value\":1}}",
      "{\"name\":\"cpus\",\"type\":\"SCALAR\",\"scalar\":{\"value\":-1}}",
      "{\"name\":\"cpus\",\"type\":\"SCALAR\",\"scalar\":{\"value\":1e18}}",
      "{\"name\":\"cpus\",\"type\":\"SCALAR\"}",
      "{\"name\":\"ports\",\"type\":\"RANGES\",\"ranges\":{\"range\":[{\"begin\":2,\"end\":1}]}}",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(MuArena) arena = mu_arena_new();
    g_test_message("%s", ROWS[i]);
    g_assert_null(mu_mesos_resource_read(read_json(arena, &mesos__resource__descriptor, ROWS[i])));
  }
}

/* Mesos computes in thousandths; what lies between whole MB is not used. */
static void test_amounts(void) {
  static const struct {
    const char *name;
    double value;
    gint64 amount;
  } rows[] = {{"cpus", 0.1, 100},      {"cpus", 0.30000000000000004, 300}, {"cpus", 3.7, 3700}, {"mem", 4096, 4096},
              {"mem", 4095.999, 4095}, {"disk", 99.9999999, 100},          {"gpus", 1, 1000}};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    Mesos__Value__Scalar scalar = MESOS__VALUE__SCALAR__INIT;
    Mesos__Resource message = MESOS__RESOURCE__INIT;
    scalar.value = rows[i].value;
    message.name = (char *)rows[i].name;
    message.scalar = &scalar;
    g_autoptr(MuResource) resource = mu_mesos_resource_read(&message);
    g_assert_cmpint(resource->amount, ==, rows[i].amount);
  }
}

/* ---- offers, statuses, events ---------------------------------------------------------------------------------------- */

static void test_offer_fields(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuOffer) offer = mu_mesos_offer_read(read_json(
      arena, &mesos__offer__descriptor,
      "{\"id\":{\"value\":\"o\"},\"framework_id\":{\"value\":\"f\"},\"agent_id\":{\"value\":\"a\"},\"hostname\":\"h\","
      "\"domain\":{\"fault_domain\":{\"region\":{\"name\":\"eu\"},\"zone\":{\"name\":\"eu-1\"}}},\"attributes\":["
      "{\"name\":\"n\",\"type\":\"SCALAR\",\"scalar\":{\"value\":4.5}},"
      "{\"name\":\"r\",\"type\":\"RANGES\",\"ranges\":{\"range\":[{\"begin\":1,\"end\":3},{\"begin\":7,\"end\":9}]}}]}"));
  g_assert_cmpstr(mu_offer_field(offer, "@region"), ==, "eu");
  g_assert_cmpstr(mu_offer_field(offer, "@zone"), ==, "eu-1");
  g_assert_cmpstr(mu_offer_field(offer, "n"), ==, "4.5");
  g_assert_cmpstr(mu_offer_field(offer, "r"), ==, "[1-3,7-9]");
}

/* Every state and every reason of Mesos has its word. */
static void test_all_states_and_reasons(void) {
  const ProtobufCEnumDescriptor *states = &mesos__task_state__descriptor;
  const ProtobufCEnumDescriptor *reasons = &mesos__task_status__reason__descriptor;
  Mesos__TaskID id = MESOS__TASK_ID__INIT;
  Mesos__TaskStatus message = MESOS__TASK_STATUS__INIT;
  id.value = (char *)"t";
  message.task_id = &id;
  for (guint i = 0; i < states->n_values; i++) {
    message.state = (Mesos__TaskState)states->values[i].value;
    g_autoptr(MuTaskStatus) status = mu_mesos_status_read(&message);
    g_assert_cmpstr(mu_task_state_to_string(status->state), ==, states->values[i].name);
  }
  message.has_reason = TRUE;
  for (guint i = 0; i < reasons->n_values; i++) {
    message.reason = (Mesos__TaskStatus__Reason)reasons->values[i].value;
    g_autoptr(MuTaskStatus) status = mu_mesos_status_read(&message);
    g_assert_cmpstr(status->reason, ==, reasons->values[i].name);
  }
  message.reason = (Mesos__TaskStatus__Reason)4711;
  message.state = (Mesos__TaskState)4711;
  g_autoptr(MuTaskStatus) status = mu_mesos_status_read(&message);
  g_assert_cmpstr(status->reason, ==, "REASON_4711");
  g_assert_cmpint(status->state, ==, MU_TASK_UNKNOWN);
}

/* Whatever a peer writes as a time is one. */
static void test_times(void) {
  static const struct {
    double seconds;
    gint64 ms;
  } times[] = {
      {0, 0},
      {1.5, 1500},
      {1795347294.123, 1795347294123},
      {0.0004, 0},
      {0.0006, 1},
      {-1, 0},
      {-HUGE_VAL, 0},
      {(double)NAN, 0},
      {1.79535e+68, MU_WIRE_MAX_MS},
      {HUGE_VAL, MU_WIRE_MAX_MS},
  };
  for (guint i = 0; i < G_N_ELEMENTS(times); i++)
    g_assert_cmpint(mu_wire_ms(times[i].seconds), ==, times[i].ms);
  g_autoptr(MuArena) arena = mu_arena_new();
  const Mesos__TaskStatus *message =
      read_json(arena, &mesos__task_status__descriptor,
                "{\"task_id\":{\"value\":\"t\"},\"state\":\"TASK_RUNNING\",\"timestamp\":1.79535e+68}");
  g_autoptr(MuTaskStatus) status = mu_mesos_status_read(message);
  g_assert_cmpint(status->timestamp_ms, ==, MU_WIRE_MAX_MS);
}

static void test_event_without_its_part(void) {
  static const char *const KINDS[] = {"SUBSCRIBED", "OFFERS", "RESCIND", "UPDATE", "FAILURE", "ERROR"};
  for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuArena) arena = mu_arena_new();
    g_autofree char *json = g_strdup_printf("{\"type\":\"%s\"}", KINDS[i]);
    g_assert_null(mu_mesos_event_read(read_json(arena, &mesos__event__descriptor, json), &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
}

static void test_unused_events(void) {
  static const char *const KINDS[] = {"HEARTBEAT", "INVERSE_OFFERS", "MESSAGE", "UPDATE_OPERATION_STATUS", "UNKNOWN"};
  for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuArena) arena = mu_arena_new();
    g_autofree char *json = g_strdup_printf("{\"type\":\"%s\"}", KINDS[i]);
    g_assert_null(mu_mesos_event_read(read_json(arena, &mesos__event__descriptor, json), &error));
    g_assert_no_error(error);
  }
}

/* ---- launches -------------------------------------------------------------------------------------------------------- */

static MuPodLaunch *make_launch(MuTaskLaunch **ret_task) {
  MuPodLaunch *launch = mu_pod_launch_new("hello-0__u", "svc", "hello-0");
  MuTaskLaunch *task = mu_task_launch_new("svc__hello-0-server__u", "hello-0-server");
  task->cmd = g_strdup("run");
  mu_items_add(launch->tasks, task);
  *ret_task = task;
  return launch;
}

static const MuMesosLaunchPlace PLACE = {"f", "a", "http://host:1/bootstrap"};

static Mesos__TaskInfo *write_first(MuArena *arena, const MuPodLaunch *launch) {
  return mu_mesos_launch_write(arena, launch, 0, &PLACE)->task_group->tasks[0];
}

static void test_plain_task(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  Mesos__Offer__Operation__LaunchGroup *group = mu_mesos_launch_write(arena, launch, 0, &PLACE);
  g_assert_null(group->executor->container);
  assert_json(
      &group->task_group->tasks[0]->base,
      "{\"name\":\"hello-0-server\",\"task_id\":{\"value\":\"svc__hello-0-server__u\"},\"agent_id\":{\"value\":"
      "\"a\"},\"command\":{\"value\":\"run\",\"shell\":true},\"kill_policy\":{\"grace_period\":{\"nanoseconds\":"
      "0}}}");
}

/* A group for each task, so that one that fails does not take the others with it; all with one executor. */
static void test_group_for_each_task(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_ACCEPT);
  MuPodLaunch *launch = make_launch(&task);
  mu_items_add(launch->tasks, mu_task_launch_new("svc__hello-0-side__u", "hello-0-side"));
  mu_items_add(call->operations, mu_operation_new(MU_OP_RESERVE, mu_resources_new(), NULL));
  mu_items_add(call->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, launch));
  const Mesos__Call__Accept *accept = mu_mesos_call_write(arena, call, &PLACE)->accept;
  g_assert_cmpuint(accept->n_operations, ==, 3);
  for (gsize i = 1; i < 3; i++) {
    const Mesos__Offer__Operation__LaunchGroup *group = accept->operations[i]->launch_group;
    g_assert_cmpuint(group->task_group->n_tasks, ==, 1);
    g_assert_cmpstr(group->executor->executor_id->value, ==, "hello-0__u");
  }
  g_assert_cmpstr(accept->operations[2]->launch_group->task_group->tasks[0]->name, ==, "hello-0-side");
}

/* Better no task than one with a config that was not rendered. */
static void test_templates_without_bootstrap(void) {
  static const MuMesosLaunchPlace NOWHERE = {"f", "a", NULL};
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  mu_items_add(task->configs, mu_launch_config_new("one", "a", "b"));
  const Mesos__CommandInfo *command = mu_mesos_launch_write(arena, launch, 0, &NOWHERE)->task_group->tasks[0]->command;
  g_assert_true(g_str_has_suffix(command->value, "exit 1"));
  g_assert_cmpuint(command->n_uris, ==, 0);
}

static void test_limits(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  task->limit_cpus_milli = -1;
  task->limit_mem_mb = 512;
  Mesos__TaskInfo *message = write_first(arena, launch);
  g_autoptr(json_t) json = mu_proto_to_json(&message->base);
  g_autofree char *text = mu_json_to_string(json_object_get(json, "limits"));
  g_assert_cmpstr(text, ==, "{\"cpus\":{\"value\":\"Infinity\"},\"mem\":{\"value\":512.0}}");
}

/* What a pod shares is the executor's, and each task asks for it. */
static void test_pod_container(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  g_autoptr(MuResource) volume = mu_resource_new_scalar(MU_RESOURCE_DISK, 10);
  mu_resource_set_reservation(volume, "r", "id", "svc", "p");
  volume->persistence_id = g_strdup("v");
  volume->container_path = g_strdup("data");
  mu_resources_add(launch->resources, volume);
  launch->image = g_strdup("img:1");
  launch->share_pid_namespace = TRUE;
  launch->ipc_mode = MU_IPC_PRIVATE;
  launch->seccomp_profile = g_strdup("strict");
  mu_items_add(launch->rlimits, mu_launch_rlimit_new("RLIMIT_NOFILE", 10, 20));
  mu_items_add(launch->rlimits, mu_launch_rlimit_new("RLIMIT_CORE", -1, -1));
  mu_items_add(launch->networks, mu_launch_network_new("overlay"));
  mu_items_add(launch->host_volumes, mu_launch_host_volume_new("/etc/x", "x", TRUE));
  Mesos__Offer__Operation__LaunchGroup *group = mu_mesos_launch_write(arena, launch, 0, &PLACE);
  assert_json(
      &group->executor->container->base,
      "{\"type\":\"MESOS\",\"network_infos\":[{\"name\":\"overlay\"}],\"linux_info\":{\"ipc_mode\":\"PRIVATE\"}}");
  assert_json(
      &group->task_group->tasks[0]->container->base,
      "{\"type\":\"MESOS\",\"volumes\":[{\"container_path\":\"data\",\"mode\":\"RW\",\"source\":{\"type\":"
      "\"SANDBOX_PATH\",\"sandbox_path\":{\"type\":\"PARENT\",\"path\":\"data\"}}},{\"container_path\":\"x\","
      "\"mode\":\"RO\",\"source\":{\"type\":\"HOST_PATH\",\"host_path\":{\"path\":\"/etc/x\"}}}],\"mesos\":{"
      "\"image\":{\"type\":\"DOCKER\",\"docker\":{\"name\":\"img:1\"}}},\"linux_info\":{\"share_pid_namespace\":"
      "true,\"seccomp\":{\"profile_name\":\"strict\"}},\"rlimit_info\":{\"rlimits\":[{\"type\":\"RLMT_NOFILE\","
      "\"hard\":20,\"soft\":10},{\"type\":\"RLMT_CORE\"}]}}");
}

/* Config templates go with the task, a long one in parts; the bootstrap program renders them before the command. */
static void test_templates(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  g_autofree char *big = g_strnfill(100000, 'x');
  mu_items_add(task->configs, mu_launch_config_new("one", "a={{A}}", "conf/it's"));
  mu_items_add(task->configs, mu_launch_config_new("two", big, "two"));
  Mesos__CommandInfo *command = write_first(arena, launch)->command;
  g_assert_cmpstr(command->value, ==,
                  "(cd \"$MESOS_SANDBOX\" && exec ./muster-bootstrap --template-env MUSTER_TEMPLATE_0 --dest "
                  "'conf/it'\\''s' --template-env MUSTER_TEMPLATE_1 --dest 'two') || exit 1\nrun");
  g_assert_cmpuint(command->n_uris, ==, 1);
  g_assert_cmpstr(command->uris[0]->value, ==, "http://host:1/bootstrap");
  g_assert_true(command->uris[0]->executable);
  Mesos__Environment__Variable **variables = command->environment->variables;
  g_assert_cmpuint(command->environment->n_variables, ==, 3);
  g_assert_cmpstr(variables[0]->value, ==, "YT17e0F9fQ==");
  g_assert_cmpstr(variables[1]->name, ==, "MUSTER_TEMPLATE_1");
  g_assert_cmpuint(strlen(variables[1]->value), ==, MU_MESOS_TEMPLATE_PART);
  g_assert_cmpstr(variables[2]->name, ==, "MUSTER_TEMPLATE_1_1");
  g_autofree char *joined = g_strconcat(variables[1]->value, variables[2]->value, NULL);
  gsize length = 0;
  g_autofree guchar *text = g_base64_decode(joined, &length);
  g_assert_cmpuint(length, ==, 100000);
  g_assert_cmpint(memcmp(text, big, length), ==, 0);
}

/* Specs of dcos-commons call `./bootstrap`: the agent fetches ours for them, unless the spec brings one. */
static void test_bootstrap_of_the_reference(void) {
  static const struct {
    const char *uri, *cmd;
    guint n; /* files that are fetched */
    const char *last;
    gboolean executable;
  } ROWS[] = {
      {NULL, "./bootstrap && run", 1, "http://host:1/bootstrap", TRUE},
      {NULL, "run ./boot", 0, NULL, FALSE},
      {"http://x/app.zip", "./bootstrap && run", 2, "http://host:1/bootstrap", TRUE},
      {"http://x/bootstrap.zip", "./bootstrap && run", 1, "http://x/bootstrap.zip", FALSE},
      {"http://x/v1/artifacts/bootstrap", "./bootstrap && run", 1, "http://x/v1/artifacts/bootstrap", TRUE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(MuArena) arena = mu_arena_new();
    MuTaskLaunch *task = NULL;
    g_autoptr(MuPodLaunch) launch = make_launch(&task);
    g_free(task->cmd);
    task->cmd = g_strdup(ROWS[i].cmd);
    if (ROWS[i].uri != NULL)
      mu_items_add(launch->uris, mu_launch_uri_new(ROWS[i].uri));
    const Mesos__CommandInfo *command = write_first(arena, launch)->command;
    g_assert_cmpuint(command->n_uris, ==, ROWS[i].n);
    const Mesos__CommandInfo__URI *last = ROWS[i].n == 0 ? NULL : command->uris[ROWS[i].n - 1];
    g_assert_cmpstr(last == NULL ? NULL : last->value, ==, ROWS[i].last);
    g_assert_cmpint(last != NULL && last->executable, ==, ROWS[i].executable);
    g_assert_cmpstr(command->value, ==, ROWS[i].cmd);
  }
}

static void test_uris_and_secrets(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  MuLaunchUri *plain = mu_launch_uri_new("http://h/a.tgz"), *checked = mu_launch_uri_new("http://h/p/it's");
  plain->keep_packed = TRUE;
  checked->executable = TRUE;
  checked->sha256 = g_strdup("abc");
  mu_items_add(launch->uris, plain);
  mu_items_add(launch->uris, checked);
  mu_items_add(launch->secrets, mu_launch_secret_new("db/password", "PASSWORD", NULL));
  mu_items_add(launch->secrets, mu_launch_secret_new("db/key", NULL, "keys/db"));
  const Mesos__TaskInfo *message = write_first(arena, launch);
  assert_json(
      &message->command->base,
      "{\"uris\":[{\"value\":\"http://h/a.tgz\",\"extract\":false},{\"value\":"
      "\"http://h/p/it's\",\"executable\":true}],\"environment\":{\"variables\":[{\"name\":\"PASSWORD\",\"type\":"
      "\"SECRET\",\"secret\":{\"type\":\"REFERENCE\",\"reference\":{\"name\":\"db/password\"}}}]},\"value\":"
      "\"(cd \\\"$MESOS_SANDBOX\\\" && echo abc\\\\ \\\\ 'it'\\\\''s' | sha256sum -c --status) || { echo "
      "\\\"fetched \\\"'it'\\\\''s'\\\" has not the checksum it should have\\\" >&2; exit 1; }\\nrun\",\"shell\":true}");
  assert_json(&message->container->base,
              "{\"type\":\"MESOS\",\"volumes\":[{\"container_path\":\"keys/db\",\"mode\":\"RO\",\"source\":{\"type\":"
              "\"SECRET\",\"secret\":{\"type\":\"REFERENCE\",\"reference\":{\"name\":\"db/key\"}}}}]}");
}

static GBytes *value_of(const char *service, const char *secret, gpointer user, GError **error) {
  (void)user;
  g_assert_cmpstr(service, ==, "svc");
  if (strcmp(secret, "db/password") == 0)
    return g_bytes_new_static("s3cret", 6);
  if (strcmp(secret, "db/binary") == 0)
    return g_bytes_new_static("a\0b", 3);
  if (strcmp(secret, "other/key") == 0)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "not for svc");
  return NULL;
}

static gboolean key_of(const char *service, const char *task, const MuLaunchTls *wanted, GPtrArray *files,
                       gpointer user, GError **error) {
  g_autoptr(GBytes) content = g_bytes_new_static("PEM", 3);
  (void)service, (void)user, (void)error;
  g_assert_cmpstr(task, ==, "hello-0-server");
  g_ptr_array_add(files, mu_mesos_file_new(wanted->name, "key", content));
  return TRUE;
}

static const MuMesosSecretFuncs SECRETS = {value_of, key_of};

/* What the scheduler keeps goes as values, in base64 here; the rest by its path. */
static void test_secrets_of_ours(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  mu_items_add(launch->secrets, mu_launch_secret_new("db/password", "PASSWORD", "conf/p"));
  mu_items_add(launch->secrets, mu_launch_secret_new("db/binary", NULL, "binary"));
  mu_items_add(launch->secrets, mu_launch_secret_new("elsewhere", "ELSEWHERE", NULL));
  mu_items_add(task->tls, mu_launch_tls_new("web", FALSE, "cn"));
  g_autoptr(MuMesosBrought) brought = mu_mesos_bring(&SECRETS, NULL, launch, &error);
  g_assert_no_error(error);
  g_autoptr(GHashTable) all = g_hash_table_new(NULL, NULL);
  g_hash_table_insert(all, launch, brought);
  const MuMesosLaunchPlace place = {"f", "a", NULL, all};
  const Mesos__TaskInfo *message = mu_mesos_launch_write(arena, launch, 0, &place)->task_group->tasks[0];
  assert_json(&message->command->environment->base,
              "{\"variables\":[{\"name\":\"PASSWORD\",\"type\":\"SECRET\",\"secret\":{\"type\":\"VALUE\",\"value\":{"
              "\"data\":\"czNjcmV0\"}}},{\"name\":\"ELSEWHERE\",\"type\":\"SECRET\",\"secret\":{\"type\":"
              "\"REFERENCE\",\"reference\":{\"name\":\"elsewhere\"}}}]}");
  assert_json(&message->container->base,
              "{\"type\":\"MESOS\",\"volumes\":[{\"container_path\":\"conf/p\",\"mode\":\"RO\",\"source\":{\"type\":"
              "\"SECRET\",\"secret\":{\"type\":\"VALUE\",\"value\":{\"data\":\"czNjcmV0\"}}}},{\"container_path\":"
              "\"binary\",\"mode\":\"RO\",\"source\":{\"type\":\"SECRET\",\"secret\":{\"type\":\"VALUE\",\"value\":{"
              "\"data\":\"YQBi\"}}}},{\"container_path\":\"web.key\",\"mode\":\"RO\",\"source\":{\"type\":\"SECRET\","
              "\"secret\":{\"type\":\"VALUE\",\"value\":{\"data\":\"UEVN\"}}}}]}");
}

static void test_secrets_that_may_not_be_had(void) {
  static const struct {
    const char *secret, *env_key, *message;
  } ROWS[] = {{"other/key", NULL, "not for svc"}, {"db/binary", "BINARY", "zero byte"}};
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    MuTaskLaunch *task = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(MuPodLaunch) launch = make_launch(&task);
    mu_items_add(launch->secrets, mu_launch_secret_new(ROWS[i].secret, ROWS[i].env_key, "f"));
    g_assert_null(mu_mesos_bring(&SECRETS, NULL, launch, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, ROWS[i].message));
  }
}

static void test_ports(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  MuTaskLaunch *task = NULL;
  g_autoptr(MuPodLaunch) launch = make_launch(&task);
  task->discovery = mu_launch_discovery_new("hello-0", "CLUSTER");
  MuLaunchPort *port = mu_launch_port_new("http", 8080, "EXTERNAL");
  mu_items_add(port->labels, mu_env_var_new("VIP_1", "web:80"));
  mu_items_add(task->discovery->ports, port);
  assert_json(
      &write_first(arena, launch)->discovery->base,
      "{\"visibility\":\"CLUSTER\",\"name\":\"hello-0\",\"ports\":{\"ports\":[{\"number\":8080,\"name\":\"http\","
      "\"protocol\":\"tcp\",\"visibility\":\"EXTERNAL\",\"labels\":{\"labels\":[{\"key\":\"VIP_1\",\"value\":"
      "\"web:80\"}]}}]}}");
}

/* ---- calls ----------------------------------------------------------------------------------------------------------- */

static void test_subscribe(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  const char *roles[] = {"a", "b", NULL};
  const MuMesosFramework framework = {.id = "f",
                                      .name = "n",
                                      .user = "u",
                                      .principal = "p",
                                      .roles = roles,
                                      .hostname = "h",
                                      .webui_url = "http://w",
                                      .failover_timeout_s = 60,
                                      .checkpoint = TRUE,
                                      .gpus = TRUE};
  assert_json(&mu_mesos_subscribe_write(arena, &framework)->base,
              "{\"framework_id\":{\"value\":\"f\"},\"type\":\"SUBSCRIBE\",\"subscribe\":{\"framework_info\":{\"user\":"
              "\"u\",\"name\":\"n\",\"id\":{\"value\":\"f\"},\"failover_timeout\":60.0,\"checkpoint\":true,"
              "\"hostname\":\"h\",\"principal\":\"p\",\"webui_url\":\"http://w\",\"capabilities\":[{\"type\":"
              "\"RESERVATION_REFINEMENT\"},{\"type\":\"MULTI_ROLE\"},{\"type\":\"PARTITION_AWARE\"},{\"type\":"
              "\"TASK_KILLING_STATE\"},{\"type\":\"GPU_RESOURCES\"}],\"roles\":[\"a\",\"b\"]}}}");
}

static void test_kill_with_grace(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_KILL);
  call->task_id = g_strdup("t");
  call->agent_id = g_strdup("a");
  call->grace_ms = 1500;
  Mesos__Call *message = mu_mesos_call_write(arena, call, &PLACE);
  assert_json(&message->kill->base, "{\"task_id\":{\"value\":\"t\"},\"agent_id\":{\"value\":\"a\"},\"kill_policy\":{"
                                    "\"grace_period\":{\"nanoseconds\":1500000000}}}");
  g_autoptr(MuEngineCall) again = mu_mesos_call_read(message, NULL);
  g_assert_cmpint(again->grace_ms, ==, 1500);
}

static void test_calls_without_their_part(void) {
  static const char *const KINDS[] = {"ACCEPT", "DECLINE", "KILL", "ACKNOWLEDGE", "RECONCILE", "NO_SUCH_CALL"};
  for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuArena) arena = mu_arena_new();
    g_autofree char *json = g_strdup_printf("{\"type\":\"%s\"}", KINDS[i]);
    g_assert_null(mu_mesos_call_read(read_json(arena, &mesos__call__descriptor, json), &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_messages/resources-round-trip", test_resources_round_trip);
  g_test_add_func("/mesos_messages/refinement", test_refinement);
  g_test_add_func("/mesos_messages/unusable-resources", test_unusable_resources);
  g_test_add_func("/mesos_messages/amounts", test_amounts);
  g_test_add_func("/mesos_messages/offer-fields", test_offer_fields);
  g_test_add_func("/mesos_messages/all-states-and-reasons", test_all_states_and_reasons);
  g_test_add_func("/mesos_messages/times", test_times);
  g_test_add_func("/mesos_messages/event-without-its-part", test_event_without_its_part);
  g_test_add_func("/mesos_messages/unused-events", test_unused_events);
  g_test_add_func("/mesos_messages/plain-task", test_plain_task);
  g_test_add_func("/mesos_messages/group-for-each-task", test_group_for_each_task);
  g_test_add_func("/mesos_messages/bootstrap-of-the-reference", test_bootstrap_of_the_reference);
  g_test_add_func("/mesos_messages/templates-without-bootstrap", test_templates_without_bootstrap);
  g_test_add_func("/mesos_messages/limits", test_limits);
  g_test_add_func("/mesos_messages/pod-container", test_pod_container);
  g_test_add_func("/mesos_messages/templates", test_templates);
  g_test_add_func("/mesos_messages/secrets-of-ours", test_secrets_of_ours);
  g_test_add_func("/mesos_messages/secrets-that-may-not-be-had", test_secrets_that_may_not_be_had);
  g_test_add_func("/mesos_messages/uris-and-secrets", test_uris_and_secrets);
  g_test_add_func("/mesos_messages/ports", test_ports);
  g_test_add_func("/mesos_messages/subscribe", test_subscribe);
  g_test_add_func("/mesos_messages/kill-with-grace", test_kill_with_grace);
  g_test_add_func("/mesos_messages/calls-without-their-part", test_calls_without_their_part);
  return g_test_run();
}
