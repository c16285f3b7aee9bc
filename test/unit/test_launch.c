/* From a match to the engine's call: the tasks' environment word for word, what each task is given, and the operations. */
#include "launch.h"

#include "launch_container.h"
#include "spec_text.h"

static const char YAML[] =
    "name: /team/my.svc\n"
    "scheduler: {user: nobody}\n"
    "pods:\n"
    "  node:\n"
    "    count: 4\n"
    "    share-pid-namespace: true\n"
    "    rlimits: {RLIMIT_NOFILE: {soft: 1024, hard: 4096}}\n"
    "    volume: {path: shared, type: ROOT, size: 50}\n"
    "    placement: '@zone:GROUP_BY'\n"
    "    uris: [http://h/a.tgz, 'http://h/b#executable=true&output=bin/b']\n"
    "    secrets: {one: {secret: team/key, env-key: KEY}, two: {secret: team/file}}\n"
    "    resource-sets:\n"
    "      both:\n"
    "        cpus: 0.5\n"
    "        memory: 64\n"
    "        ports:\n"
    "          http-api: {port: 1001}\n"
    "          admin: {port: 1002, env-key: ADMIN, advertise: true}\n"
    "          web: {port: 1003, vip: {prefix: www, port: 80}}\n"
    "        resource-limits: {cpus: 1.5, memory: unlimited}\n"
    "    tasks:\n"
    "      init: {goal: ONCE, cmd: ./init, resource-set: both}\n"
    "      main:\n"
    "        goal: RUNNING\n"
    "        cmd: ./main\n"
    "        resource-set: both\n"
    "        env: {ZETA: last, ALPHA: 'a b', TASK_NAME: mine, PORT_WEB: '1'}\n"
    "        labels: 'b:2,a:1'\n"
    "        kill-grace-period: 15\n"
    "        health-check: {cmd: ./healthy, interval: 5, grace-period: 30, delay: 1, timeout: 10, "
    "max-consecutive-failures: 3}\n"
    "        readiness-check: {cmd: ./ready, interval: 2, delay: 4, timeout: 8}\n"
    "        transport-encryption: [{name: server, type: TLS}, {name: java, type: KEYSTORE}]\n"
    "      side:\n"
    "        goal: RUNNING\n"
    "        cmd: ./side\n"
    "        cpus: 0.1\n"
    "        memory: 32\n"
    "        transport-encryption: [{name: s, type: TLS}]\n";

enum { INIT = 1, MAIN = 2, SIDE = 4 };

/* A pod matched with an offer, and the launch made of it. */
typedef struct {
  MuServiceSpec *spec;
  MuRequirement requirement;
  MuMatch match;
  MuLaunchInput input;
  MuPodLaunch *launch;
} Fixture;

static MuOffer *make_offer(const char *region, const char *zone) {
  MuOffer *offer = mu_offer_new("offer", "agent", "host");
  offer->region = g_strdup(region);
  offer->zone = g_strdup(zone);
  static const MuResourceKind KINDS[] = {MU_RESOURCE_CPUS, MU_RESOURCE_MEM, MU_RESOURCE_DISK};
  for (guint i = 0; i < G_N_ELEMENTS(KINDS); i++) {
    g_autoptr(MuResource) scalar = mu_resource_new_scalar(KINDS[i], 10000);
    mu_resources_add(offer->resources, scalar);
  }
  g_autoptr(MuResource) ports = mu_resource_new_ports(1000, 2000);
  mu_resources_add(offer->resources, ports);
  return offer;
}

static void set_up(Fixture *f, guint64 tasks, const char *region, const char *zone) {
  MuRandom random;
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  g_autoptr(GPtrArray) pods = g_ptr_array_new();
  g_autoptr(MuOffer) offer = make_offer(region, zone);
  *f = (Fixture){.spec = mu_test_spec(YAML)};
  mu_random_seed(&random, 1);
  f->requirement = (MuRequirement){.service = f->spec->name,
                                   .pod = &f->spec->pods[0],
                                   .index = 3,
                                   .tasks = tasks,
                                   .may_reserve = TRUE,
                                   .pods = pods,
                                   .role = "role",
                                   .principal = "principal",
                                   .overhead = {100, 32, 0}};
  g_assert_true(mu_evaluate(&f->requirement, offer, &random, outcome, &f->match));
  g_assert_nonnull(f->match.record);
  f->requirement.pods = NULL;
  f->input = (MuLaunchInput){.requirement = &f->requirement,
                             .record = f->match.record,
                             .default_user = f->spec->user,
                             .executor_id = "node-3__executor",
                             .framework_name = "framework"};
}

static void tear_down(Fixture *f) {
  mu_pod_launch_free(f->launch);
  mu_match_clear(&f->match);
  mu_service_spec_unref(f->spec);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, tear_down)

static void build(Fixture *f) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new();
  for (guint i = 0; i < 3; i++)
    if ((f->requirement.tasks & (1u << i)) != 0)
      g_ptr_array_add(ids, i == 0 ? "id-init" : i == 1 ? "id-main" : "id-side");
  f->launch = mu_launch_build(&f->input, ids);
}

static const MuTaskLaunch *task_at(const Fixture *f, guint i) {
  return f->launch->tasks->pdata[i];
}

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp((*(MuEnvVar *const *)a)->name, (*(MuEnvVar *const *)b)->name);
}

/* NAME=value, one a line, by name. */
static char *environment(const MuTaskLaunch *task) {
  GString *text = g_string_new(NULL);
  g_autoptr(GPtrArray) vars = g_ptr_array_new();
  for (guint i = 0; i < task->env->len; i++)
    g_ptr_array_add(vars, task->env->pdata[i]);
  g_ptr_array_sort(vars, compare_names);
  for (guint i = 0; i < vars->len; i++) {
    const MuEnvVar *var = vars->pdata[i];
    g_string_append_printf(text, "%s=%s\n", var->name, var->value);
  }
  return g_string_free(text, FALSE);
}

#define assert_environment(task, expected)                                                                             \
  G_STMT_START {                                                                                                       \
    g_autofree char *found = environment(task);                                                                        \
    g_assert_cmpstr(found, ==, (expected));                                                                            \
  }                                                                                                                    \
  G_STMT_END

/* ---- environment ------------------------------------------------------------------------------------------------------ */

/* Everything there is; what the author set cannot hide what the scheduler sets. */
static void test_environment(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, "eu", "eu-a");
  f.input.api_host = "api.host";
  f.input.api_port = 8080;
  build(&f);
  assert_environment(task_at(&f, 0), "ADMIN=1002\n"
                                     "ALPHA=a b\n"
                                     "FRAMEWORK_HOST=teammy-svc.autoip.dcos.thisdcos.directory\n"
                                     "FRAMEWORK_NAME=/team/my.svc\n"
                                     "FRAMEWORK_VIP_HOST=teammy.svc.l4lb.thisdcos.directory\n"
                                     "PLACEMENT_REFERENCED_REGION=false\n"
                                     "PLACEMENT_REFERENCED_ZONE=true\n"
                                     "POD_INSTANCE_INDEX=3\n"
                                     "PORT_HTTP_API=1001\n"
                                     "PORT_WEB=1003\n"
                                     "REGION=eu\n"
                                     "SCHEDULER_API_HOSTNAME=api.host\n"
                                     "SCHEDULER_API_PORT=8080\n"
                                     "TASK_NAME=node-3-main\n"
                                     "ZETA=last\n"
                                     "ZONE=eu-a\n"
                                     "node-3-main=true\n");
}

/* Without region, zone, ports and API there is no such variable, rather than an empty one. */
static void test_smallest_environment(void) {
  g_auto(Fixture) f;
  set_up(&f, SIDE, NULL, "z"); /* the placement rule wants a zone */
  g_clear_pointer(&f.match.record->zone, g_free);
  build(&f);
  assert_environment(task_at(&f, 0), "FRAMEWORK_HOST=teammy-svc.autoip.dcos.thisdcos.directory\n"
                                     "FRAMEWORK_NAME=/team/my.svc\n"
                                     "FRAMEWORK_VIP_HOST=teammy.svc.l4lb.thisdcos.directory\n"
                                     "PLACEMENT_REFERENCED_REGION=false\n"
                                     "PLACEMENT_REFERENCED_ZONE=true\n"
                                     "POD_INSTANCE_INDEX=3\n"
                                     "TASK_NAME=node-3-side\n"
                                     "node-3-side=true\n");
}

static void test_parameters(void) {
  g_auto(Fixture) f;
  g_autoptr(GHashTable) parameters = g_hash_table_new(g_str_hash, g_str_equal);
  set_up(&f, MAIN, NULL, "z");
  g_hash_table_insert(parameters, (char *)"ZETA", (char *)"of the plan");
  g_hash_table_insert(parameters, (char *)"NEW", (char *)"1");
  GHashTable *envs[] = {parameters};
  const GPtrArray extra = {(gpointer *)envs, 1};
  f.input.extra_env = &extra;
  build(&f);
  g_assert_cmpstr(mu_task_launch_get_env(task_at(&f, 0), "ZETA"), ==, "of the plan");
  g_assert_cmpstr(mu_task_launch_get_env(task_at(&f, 0), "NEW"), ==, "1");
}

static void test_port_names(void) {
  static const MuPortSpec PORTS[] = {{.name = "web"}, {.name = "http-api_2"}, {.name = "x", .env_key = "Any-Key"}};
  static const char *const NAMES[] = {"PORT_WEB", "PORT_HTTP_API_2", "Any-Key"};
  for (guint i = 0; i < G_N_ELEMENTS(PORTS); i++) {
    g_autofree char *name = mu_port_env_name(&PORTS[i]);
    g_assert_cmpstr(name, ==, NAMES[i]);
  }
}

/* A port on its way out is not the one that the task is told. */
static void test_port_being_released(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, NULL, "z");
  MuResource *old = mu_resource_new_ports(1999, 1999);
  mu_resource_set_reservation(old, "role", "old-id", "/team/my.svc", "principal");
  MuLedgerEntry *entry = mu_ledger_entry_new(old, "both", "web");
  mu_ledger_entry_move(entry, MU_LEDGER_RELEASING);
  MuItems *entries = f.match.record->entries;
  mu_items_add(entries, NULL);
  memmove(entries->pdata + 1, entries->pdata, (entries->len - 1) * sizeof *entries->pdata);
  entries->pdata[0] = entry;
  build(&f);
  g_assert_cmpstr(mu_task_launch_get_env(task_at(&f, 0), "PORT_WEB"), ==, "1003");
  g_assert_null(mu_resources_by_id(task_at(&f, 0)->resources, "old-id"));
}

/* ---- what a task is given --------------------------------------------------------------------------------------------- */

static void test_task(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, NULL, "z");
  build(&f);
  const MuTaskLaunch *task = task_at(&f, 0);
  g_assert_cmpstr(task->task_id, ==, "id-main");
  g_assert_cmpstr(task->name, ==, "node-3-main");
  g_assert_cmpstr(task->cmd, ==, "./main");
  g_assert_cmpstr(task->user, ==, "nobody");
  g_assert_cmpint(task->kill_grace_ms, ==, 15000);
  g_assert_cmpint(task->limit_cpus_milli, ==, 1500);
  g_assert_cmpint(task->limit_mem_mb, ==, -1);
  g_assert_cmpuint(task->labels->len, ==, 2);
  g_assert_cmpstr(((MuEnvVar *)task->labels->pdata[0])->name, ==, "a");
}

static void test_checks(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN | SIDE, NULL, "z");
  build(&f);
  const MuLaunchCheck *health = task_at(&f, 0)->health_check, *ready = task_at(&f, 0)->readiness_check;
  g_assert_cmpstr(health->cmd, ==, "./healthy");
  g_assert_cmpint(health->interval_ms, ==, 5000);
  g_assert_cmpint(health->grace_ms, ==, 30000);
  g_assert_cmpint(health->delay_ms, ==, 1000);
  g_assert_cmpint(health->timeout_ms, ==, 10000);
  g_assert_cmpint(health->max_consecutive_failures, ==, 3);
  g_assert_cmpstr(ready->cmd, ==, "./ready");
  g_assert_cmpint(ready->interval_ms, ==, 2000);
  g_assert_cmpint(ready->delay_ms, ==, 4000);
  g_assert_cmpint(ready->timeout_ms, ==, 8000);
  g_assert_null(task_at(&f, 1)->health_check);
  g_assert_null(task_at(&f, 1)->readiness_check);
}

/* One of two is paused: only it idles, without a health check, never ready. */
static void test_paused(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN | SIDE, NULL, "z");
  f.input.paused = MAIN;
  build(&f);
  g_assert_cmpstr(task_at(&f, 0)->cmd, ==, mu_paused_command);
  g_assert_null(task_at(&f, 0)->health_check);
  g_assert_cmpstr(task_at(&f, 0)->readiness_check->cmd, ==, "exit 1");
  g_assert_cmpstr(mu_task_launch_get_env(task_at(&f, 0), "TASK_NAME"), ==, "node-3-main");
  g_assert_cmpstr(task_at(&f, 1)->cmd, ==, "./side");
}

static void test_pod(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, NULL, "z");
  build(&f);
  g_assert_cmpstr(f.launch->executor_id, ==, "node-3__executor");
  g_assert_cmpstr(f.launch->service, ==, "/team/my.svc");
  g_assert_cmpstr(f.launch->pod, ==, "node-3");
  g_assert_true(f.launch->share_pid_namespace);
  g_assert_cmpuint(f.launch->rlimits->len, ==, 1);
  const MuLaunchRlimit *limit = f.launch->rlimits->pdata[0];
  g_assert_cmpstr(limit->name, ==, "RLIMIT_NOFILE");
  g_assert_cmpint(limit->soft, ==, 1024);
  g_assert_cmpint(limit->hard, ==, 4096);
}

/* ---- surroundings ------------------------------------------------------------------------------------------------------- */

static const char SURROUNDINGS[] =
    "name: /team/svc\n"
    "pods:\n"
    "  web:\n"
    "    count: 3\n"
    "    image: example/web:1\n"
    "    seccomp-profile-name: strict.json\n"
    "    ipc-mode: PRIVATE\n"
    "    shm-size: 64\n"
    "    networks:\n"
    "      mesos-bridge: {host-ports: [4040], container-ports: [80], labels: 'k1:v1'}\n"
    "    host-volumes:\n"
    "      a: {host-path: /etc, container-path: host-etc, mode: RO}\n"
    "      b: {host-path: /srv, container-path: srv}\n"
    "    external-volumes:\n"
    "      c: {type: DOCKER, driver-name: pxd, driver-options: 'size=10;shared=true', container-path: px}\n"
    "      d: {type: DOCKER, driver-name: nfs, volume-name: data, container-path: nfs, volume-mode: RO}\n"
    "    tasks:\n"
    "      server: {goal: RUNNING, cmd: ./s, cpus: 0.1, memory: 32, ipc-mode: SHARE_PARENT}\n";

static char *describe_external(const MuLaunchExternalVolume *volume) {
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "%s %s %s%s", volume->driver_name, volume->volume_name, volume->container_path,
                         volume->read_only ? " RO" : "");
  for (guint i = 0; i < volume->driver_options->len; i++) {
    const MuEnvVar *option = volume->driver_options->pdata[i];
    g_string_append_printf(text, " %s=%s", option->name, option->value);
  }
  return g_string_free(text, FALSE);
}

static void test_container(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec(SURROUNDINGS);
  g_autoptr(MuPodLaunch) launch = mu_pod_launch_new("e", spec->name, "web-2");
  mu_launch_fill_container(launch, &spec->pods[0], 2, spec->name);
  g_assert_cmpstr(launch->image, ==, "example/web:1");
  g_assert_cmpstr(launch->seccomp_profile, ==, "strict.json");
  g_assert_false(launch->seccomp_unconfined);
  g_assert_false(launch->share_pid_namespace);
  g_assert_cmpint(launch->ipc_mode, ==, MU_IPC_PRIVATE);
  g_assert_cmpint(launch->shm_size_mb, ==, 64);
  g_assert_cmpuint(launch->networks->len, ==, 1);
  const MuLaunchNetwork *network = launch->networks->pdata[0];
  g_assert_cmpstr(network->name, ==, "mesos-bridge");
  const MuLaunchPortMapping *mapping = &g_array_index(network->port_mappings, MuLaunchPortMapping, 0);
  g_assert_cmpuint(mapping->host_port, ==, 4040);
  g_assert_cmpuint(mapping->container_port, ==, 80);
  g_assert_cmpstr(((MuEnvVar *)network->labels->pdata[0])->value, ==, "v1");
  g_assert_cmpuint(launch->host_volumes->len, ==, 2);
  const MuLaunchHostVolume *etc = launch->host_volumes->pdata[0], *srv = launch->host_volumes->pdata[1];
  g_assert_cmpstr(etc->host_path, ==, "/etc");
  g_assert_cmpstr(etc->container_path, ==, "host-etc");
  g_assert_true(etc->read_only && !srv->read_only);
}

/* A volume for each instance by its name; a shared one of Portworx for all of them. */
static void test_external_volumes(void) {
  g_autoptr(MuServiceSpec) spec = mu_test_spec(SURROUNDINGS);
  g_autoptr(MuPodLaunch) launch = mu_pod_launch_new("e", spec->name, "web-2");
  mu_launch_fill_container(launch, &spec->pods[0], 2, spec->name);
  static const char *const EXPECTED[] = {"pxd __team__svc-web px size=10 shared=true nodes=LocalNode",
                                         "nfs data_2 nfs RO"};
  g_assert_cmpuint(launch->external_volumes->len, ==, G_N_ELEMENTS(EXPECTED));
  for (guint i = 0; i < G_N_ELEMENTS(EXPECTED); i++) {
    g_autofree char *found = describe_external(launch->external_volumes->pdata[i]);
    g_assert_cmpstr(found, ==, EXPECTED[i]);
  }
}

static void test_discovery(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN | SIDE, NULL, "z");
  build(&f);
  const MuLaunchDiscovery *discovery = task_at(&f, 0)->discovery;
  g_assert_cmpstr(discovery->name, ==, "node-3-main");
  g_assert_cmpstr(discovery->visibility, ==, "CLUSTER");
  g_assert_cmpuint(discovery->ports->len, ==, 3);
  static const struct {
    const char *name, *visibility;
    guint number, n_labels;
  } EXPECTED[] = {{"http-api", "CLUSTER", 1001, 0}, {"admin", "EXTERNAL", 1002, 0}, {"web", "CLUSTER", 1003, 1}};
  for (guint i = 0; i < G_N_ELEMENTS(EXPECTED); i++) {
    const MuLaunchPort *port = discovery->ports->pdata[i];
    g_assert_cmpstr(port->name, ==, EXPECTED[i].name);
    g_assert_cmpstr(port->protocol, ==, "tcp");
    g_assert_cmpstr(port->visibility, ==, EXPECTED[i].visibility);
    g_assert_cmpuint(port->number, ==, EXPECTED[i].number);
    g_assert_cmpuint(port->labels->len, ==, EXPECTED[i].n_labels);
  }
  const MuLaunchPort *web = discovery->ports->pdata[2];
  const MuEnvVar *vip = web->labels->pdata[0];
  g_assert_true(g_str_has_prefix(vip->name, "VIP_"));
  g_assert_nonnull(mu_resources_by_id(task_at(&f, 0)->resources, vip->name + strlen("VIP_")));
  g_assert_cmpstr(vip->value, ==, "www:80");
  g_assert_null(task_at(&f, 1)->discovery); /* it has no ports */
}

/* ---- what it is provided with ------------------------------------------------------------------------------------------ */

static void test_uris(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, NULL, "z");
  build(&f);
  g_assert_cmpuint(f.launch->uris->len, ==, 2);
  const MuLaunchUri *plain = f.launch->uris->pdata[0], *tool = f.launch->uris->pdata[1];
  g_assert_cmpstr(plain->value, ==, "http://h/a.tgz");
  g_assert_null(plain->output_file);
  g_assert_false(plain->executable);
  g_assert_cmpstr(tool->value, ==, "http://h/b");
  g_assert_cmpstr(tool->output_file, ==, "bin/b");
  g_assert_true(tool->executable);
}

static void test_secrets(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, NULL, "z");
  build(&f);
  g_assert_cmpuint(f.launch->secrets->len, ==, 2);
  const MuLaunchSecret *key = f.launch->secrets->pdata[0], *file = f.launch->secrets->pdata[1];
  g_assert_cmpstr(key->secret, ==, "team/key");
  g_assert_cmpstr(key->env_key, ==, "KEY");
  g_assert_null(key->file);
  g_assert_cmpstr(file->file, ==, "team/file");
  g_assert_null(file->env_key);
}

/* The names that a client may know the task by, as the reference makes them. */
static void test_tls(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN | SIDE, NULL, "z");
  f.spec->pods[0].tasks[2].discovery_prefix = "d.x";
  build(&f);
  g_assert_cmpuint(task_at(&f, 0)->tls->len, ==, 2);
  const MuLaunchTls *server = task_at(&f, 0)->tls->pdata[0], *java = task_at(&f, 0)->tls->pdata[1];
  g_assert_cmpstr(server->name, ==, "server");
  g_assert_false(server->keystore);
  g_assert_true(java->keystore);
  g_assert_cmpstr(server->common_name, ==, "node-3-main.teammy-svc");
  g_assert_cmpuint(server->dns_names->len, ==, 2);
  g_assert_cmpstr(server->dns_names->pdata[0], ==, "node-3-main.teammy-svc.autoip.dcos.thisdcos.directory");
  g_assert_cmpstr(server->dns_names->pdata[1], ==, "www.teammy.svc.l4lb.thisdcos.directory");
  const MuLaunchTls *side = task_at(&f, 1)->tls->pdata[0];
  g_assert_cmpuint(side->dns_names->len, ==, 1);
  g_assert_cmpstr(side->dns_names->pdata[0], ==, "d-x-3.teammy-svc.autoip.dcos.thisdcos.directory");
}

/* ---- resources ---------------------------------------------------------------------------------------------------------- */

static char *describe(const MuResources *resources) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < resources->items->len; i++) {
    const MuResource *resource = resources->items->pdata[i];
    g_autofree char *amount = mu_resource_to_string(resource);
    g_assert_true(mu_resource_is_reserved(resource));
    g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", amount);
  }
  return g_string_free(text, FALSE);
}

#define assert_resources(resources, expected)                                                                          \
  G_STMT_START {                                                                                                       \
    g_autofree char *described = describe(resources);                                                                  \
    g_assert_cmpstr(described, ==, (expected));                                                                        \
  }                                                                                                                    \
  G_STMT_END

#define OF_BOTH "cpus 0.5, mem 64 MB, ports 1001, ports 1002, ports 1003"

/* Two tasks of one set that are launched together have its resources once, at the first of them; so the sum of the launch is
 * what was matched. */
static void test_shared_set(void) {
  g_auto(Fixture) f;
  set_up(&f, INIT | MAIN | SIDE, NULL, "z");
  build(&f);
  g_assert_cmpuint(f.launch->tasks->len, ==, 3);
  assert_resources(task_at(&f, 0)->resources, OF_BOTH);
  assert_resources(task_at(&f, 1)->resources, "");
  assert_resources(task_at(&f, 2)->resources, "cpus 0.1, mem 32 MB");
  assert_resources(f.launch->resources, "disk 50 MB, cpus 0.1, mem 32 MB");
  g_assert_cmpstr(mu_task_launch_get_env(task_at(&f, 1), "PORT_WEB"), ==, "1003"); /* both are told the ports */
}

static void test_one_of_a_shared_set(void) {
  g_auto(Fixture) f;
  set_up(&f, MAIN, NULL, "z");
  build(&f);
  assert_resources(task_at(&f, 0)->resources, OF_BOTH);
}

/* ---- operations --------------------------------------------------------------------------------------------------------- */

static char *kinds(const MuItems *operations) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < operations->len; i++)
    g_string_append_printf(text, "%s%s", i == 0 ? "" : " ",
                           mu_operation_kind_to_string(((MuOperation *)operations->pdata[i])->kind));
  return g_string_free(text, FALSE);
}

static void test_operations(void) {
  g_auto(Fixture) f;
  MuItems operations[1] = {0};
  set_up(&f, MAIN, NULL, "z");
  g_autoptr(MuResource) surplus = mu_resource_new_scalar(MU_RESOURCE_CPUS, 1);
  mu_resources_add(f.match.unreserve, surplus);
  build(&f);
  mu_launch_operations(&f.match, g_steal_pointer(&f.launch), operations);
  g_autofree char *order = kinds(operations);
  g_assert_cmpstr(order, ==, "UNRESERVE RESERVE CREATE LAUNCH_GROUP");
  const MuOperation *create = operations->pdata[2], *launch = operations->pdata[3];
  assert_resources(create->resources, "disk 50 MB");
  g_assert_cmpstr(launch->launch->pod, ==, "node-3");
  mu_items_clear(operations, (GDestroyNotify)mu_operation_free);
}

/* What there is nothing of is left out. */
static void test_only_launch(void) {
  g_auto(Fixture) f;
  MuItems operations[1] = {0};
  set_up(&f, SIDE, NULL, "z");
  build(&f);
  g_clear_pointer(&f.match.reserve, mu_resources_free);
  g_clear_pointer(&f.match.create, mu_resources_free);
  f.match.reserve = mu_resources_new();
  f.match.create = mu_resources_new();
  mu_launch_operations(&f.match, g_steal_pointer(&f.launch), operations);
  g_autofree char *order = kinds(operations);
  g_assert_cmpstr(order, ==, "LAUNCH_GROUP");
  mu_items_clear(operations, (GDestroyNotify)mu_operation_free);
}

static void test_names(void) {
  g_autofree char *task = mu_task_name("hello", 12, "server");
  g_autofree char *pod = mu_pod_name("hello", 0);
  g_assert_cmpstr(task, ==, "hello-12-server");
  g_assert_cmpstr(pod, ==, "hello-0");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/launch/environment", test_environment);
  g_test_add_func("/launch/smallest_environment", test_smallest_environment);
  g_test_add_func("/launch/parameters", test_parameters);
  g_test_add_func("/launch/port_names", test_port_names);
  g_test_add_func("/launch/port_being_released", test_port_being_released);
  g_test_add_func("/launch/task", test_task);
  g_test_add_func("/launch/checks", test_checks);
  g_test_add_func("/launch/paused", test_paused);
  g_test_add_func("/launch/pod", test_pod);
  g_test_add_func("/launch/container", test_container);
  g_test_add_func("/launch/external-volumes", test_external_volumes);
  g_test_add_func("/launch/discovery", test_discovery);
  g_test_add_func("/launch/uris", test_uris);
  g_test_add_func("/launch/secrets", test_secrets);
  g_test_add_func("/launch/tls", test_tls);
  g_test_add_func("/launch/shared_set", test_shared_set);
  g_test_add_func("/launch/one_of_a_shared_set", test_one_of_a_shared_set);
  g_test_add_func("/launch/operations", test_operations);
  g_test_add_func("/launch/only_launch", test_only_launch);
  g_test_add_func("/launch/names", test_names);
  return g_test_run();
}
