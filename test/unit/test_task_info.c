/* What GET …/pod/{pod}/info shows of a task is what Mesos is told of it: the same launch, shown and sent, is compared member by
 * member. The shown one has other names for some (slaveId beside agentId), and more of the scheduler's. */
#include "view_task_info.h"

#include "json.h"
#include "mesos_events.h"
#include "mesos_launch.h"
#include "mesos_wire.h"
#include <muster/error.h>
#include <string.h>

static const char LAUNCH[] =
    "{'executor_id':'hello-0__u','service':'svc','pod':'hello-0','tasks':[{'task_id':'svc__hello-0-server__u',"
    "'name':'hello-0-server','cmd':'run','user':'nobody','env':[['A','1'],['B','']],"
    "'health_check':{'cmd':'h','interval_ms':1500,'delay_ms':2000,'timeout_ms':3000,'grace_ms':4000,"
    "'max_consecutive_failures':5},'readiness_check':{'cmd':'r','interval_ms':1000,'timeout_ms':500},"
    "'kill_grace_ms':7000,'limit_cpus_milli':-1,'limit_mem_mb':64,'labels':[['l','v']],"
    "'discovery':{'name':'hello-0','visibility':'CLUSTER','ports':[{'name':'web','protocol':'tcp','number':8080,"
    "'visibility':'EXTERNAL','labels':[['VIP_1','web:80']]}]},'ipc_mode':'SHARE_PARENT','shm_size_mb':8}],"
    "'rlimits':[{'name':'RLIMIT_NOFILE','soft':1024,'hard':2048},{'name':'RLIMIT_CORE','soft':-1,'hard':-1}],"
    "'share_pid_namespace':true,'image':'i:1','host_volumes':[{'host_path':'/etc','container_path':'e',"
    "'read_only':true}],'external_volumes':[{'driver_name':'d','volume_name':'v','container_path':'c',"
    "'driver_options':[['size','1']]}],'networks':[{'name':'dcos','port_mappings':[{'host_port':4040,'container_port':80}],'labels':[['a','b']]}],"
    "'seccomp_profile':'s','ipc_mode':'PRIVATE','shm_size_mb':16,'uris':[{'value':'http://h/a.tgz',"
    "'output_file':'o','executable':true,'keep_packed':true},{'value':'/b'}],'secrets':[{'secret':'svc/p',"
    "'env_key':'P','file':'f'}]}";

static json_t *parse(const char *text) {
  g_autoptr(GError) error = NULL;
  g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
  json_t *value = mu_json_parse(json, strlen(json), G_MAXSIZE, &error);
  g_assert_no_error(error);
  return value;
}

static MuResource *reserved(MuResource *take_resource) {
  mu_resource_set_reservation(take_resource, "r", "id-1", "svc", "p");
  return take_resource;
}

static void add(MuResources *resources, MuResource *take_resource) {
  mu_resources_add(resources, take_resource);
  mu_resource_free(take_resource);
}

static MuResource *volume(const char *path, const char *root) {
  MuResource *disk = reserved(mu_resource_new_scalar(MU_RESOURCE_DISK, 100));
  disk->persistence_id = g_strdup("volume-1");
  disk->container_path = g_strdup(path);
  disk->mount_root = g_strdup(root);
  disk->profile = g_strdup(root == NULL ? NULL : "fast");
  disk->reservation.pre_reserved_role = g_strdup(root == NULL ? NULL : "before");
  return disk;
}

static MuPodLaunch *make_launch(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) json = parse(LAUNCH);
  MuPodLaunch *launch = mu_pod_launch_from_json(json, &error);
  g_assert_no_error(error);
  MuTaskLaunch *task = launch->tasks->pdata[0];
  add(task->resources, reserved(mu_resource_new_scalar(MU_RESOURCE_CPUS, 100)));
  add(task->resources, reserved(mu_resource_new_ports(8080, 8081)));
  add(task->resources, volume("data", "/mnt/1"));
  add(launch->resources, volume("shared", NULL));
  return launch;
}

/* "taskId" is "task_id" there; what is asked for by an older name, and what only the scheduler knows, is left out. */
static json_t *as_sent(const json_t *shown);

static json_t *list_as_sent(const json_t *shown) {
  json_t *list = json_array(), *item;
  size_t i;
  json_array_foreach (shown, i, item)
    json_array_append_new(list, as_sent(item));
  return list;
}

static char *snake_case(const char *key) {
  GString *name = g_string_new(NULL);
  for (; *key != '\0'; key++) {
    if (g_ascii_isupper(*key))
      g_string_append_c(name, '_');
    g_string_append_c(name, g_ascii_tolower(*key));
  }
  return g_string_free(name, FALSE);
}

static json_t *as_sent(const json_t *shown) {
  if (json_is_array(shown))
    return list_as_sent(shown);
  if (!json_is_object(shown))
    return json_incref((json_t *)shown);
  json_t *object = json_object(), *value;
  const char *key;
  json_object_foreach ((json_t *)shown, key, value) {
    g_autofree char *name = snake_case(key);
    if (strcmp(key, "slaveId") != 0)
      json_object_set_new(object, name, as_sent(value));
  }
  return object;
}

static json_t *sent(const ProtobufCMessage *message) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = mu_wire_encode(message, MU_WIRE_JSON);
  json_t *json = mu_json_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), G_MAXSIZE, &error);
  g_assert_no_error(error);
  return json;
}

static guint count_members(const json_t *value) {
  guint n = 0;
  size_t i;
  const char *key;
  json_t *item;
  json_array_foreach (value, i, item)
    n += count_members(item);
  json_object_foreach ((json_t *)value, key, item)
    n += 1 + count_members(item);
  return n;
}

/* By way of the message, so that numbers are of its types and members in its order; and as it is, for a reader of messages passes
 * over members that it does not know. */
static void assert_same(json_t *take_shown, const ProtobufCMessage *message) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(json_t) shown = take_shown;
  g_autofree char *text = mu_json_to_string(shown);
  const ProtobufCMessage *read =
      mu_wire_decode(arena, message->descriptor, MU_WIRE_JSON, (const guint8 *)text, strlen(text), &error);
  g_assert_no_error(error);
  g_autoptr(json_t) back = sent(read), expected = sent(message);
  g_autofree char *is = mu_json_to_pretty(back), *should = mu_json_to_pretty(expected);
  g_assert_cmpstr(is, ==, should);
  g_assert_cmpuint(count_members(shown), ==, count_members(back));
}

static MuTaskRecord *make_record(void) {
  MuTaskRecord *record = mu_task_record_new();
  record->name = g_strdup("hello-0-server");
  record->task_id = g_strdup("svc__hello-0-server__u");
  record->pod_type = g_strdup("hello");
  record->agent_id = g_strdup("agent-1");
  record->executor_id = g_strdup("hello-0__u");
  return record;
}

static void test_info(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuPodLaunch) launch = make_launch();
  g_autoptr(MuTaskRecord) record = make_record();
  const MuMesosLaunchPlace place = {"f-1", "agent-1", NULL};
  Mesos__Offer__Operation__LaunchGroup *group = mu_mesos_launch_write(arena, launch, 0, &place);
  g_autoptr(json_t) info = mu_view_task_info(record, launch, NULL, "f-1");
  g_assert_true(json_equal(json_object_get(info, "slaveId"), json_object_get(info, "agentId")));
  json_t *executor = as_sent(json_object_get(info, "executor"));
  /* the reference's executors have the pod's type for a name; ours have labels */
  g_assert_cmpstr(json_string_value(json_object_get(executor, "name")), ==, "hello");
  json_object_del(executor, "name");
  group->executor->labels = NULL;
  assert_same(executor, &group->executor->base);
  json_object_del(info, "executor");
  assert_same(as_sent(info), &group->task_group->tasks[0]->base);
}

static void test_status(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuTaskRecord) record = make_record();
  g_autoptr(MuTaskStatus) status = mu_task_status_new(record->task_id, MU_TASK_FAILED);
  status->agent_id = g_strdup("agent-1");
  status->uuid = g_strdup("AAEC");
  status->reason = g_strdup("REASON_COMMAND_EXECUTOR_FAILED");
  status->message = g_strdup("exit 1");
  status->timestamp_ms = 1700000000123;
  status->has_ready = status->has_healthy = status->healthy = TRUE;
  status->container_ip = g_strdup("10.0.0.1");
  Mesos__TaskStatus *message = mu_mesos_status_write(arena, status);
  message->has_source = FALSE;
  g_autoptr(json_t) shown = mu_view_task_status(record, status);
  g_autoptr(json_t) labels = parse("{'labels':[{'key':'readiness_check_passed','value':'false'}]}");
  g_assert_true(json_equal(json_object_get(shown, "labels"), labels));
  json_object_del(shown, "labels");
  json_object_del(shown, "executorId");
  assert_same(as_sent(shown), &message->base);
}

/* Of what is known no more there are the ids; the scheduler's labels come first. */
static void test_small(void) {
  g_autoptr(MuTaskRecord) record = make_record();
  MuEnvVar label = {(char *)"index", (char *)"0"};
  gpointer one[] = {&label};
  const MuItems labels = {.pdata = one, .len = 1};
  g_autoptr(json_t) info = mu_view_task_info(record, NULL, &labels, NULL);
  g_autoptr(json_t) expected =
      parse("{'name':'hello-0-server','taskId':{'value':'svc__hello-0-server__u'},'slaveId':{'value':'agent-1'},"
            "'agentId':{'value':'agent-1'},'labels':{'labels':[{'key':'index','value':'0'}]}}");
  g_assert_true(json_equal(info, expected));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/task-info/info", test_info);
  g_test_add_func("/task-info/status", test_status);
  g_test_add_func("/task-info/small", test_small);
  return g_test_run();
}
