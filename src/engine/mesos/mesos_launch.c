#include "mesos_launch.h"

#include "ids.h"
#include "mesos_resource.h"
#include "mesos_wire.h"
#include <muster/error.h>

#include <math.h>
#include <string.h>

#define MS_PER_S 1000.0
#define NS_PER_MS 1000000

#define NO_BOOTSTRAP                                                                                                   \
  "echo 'the config templates cannot be rendered: the scheduler serves no muster-bootstrap over TCP (--listen)' >&2; " \
  "exit 1"

#define REFERENCE "bootstrap" /* dcos-commons' program of that name, which ours is under it */

/* On the executor, for readers of the master's state. */
#define LABEL_SERVICE "service"
#define LABEL_POD "pod"

/* ---- commands -------------------------------------------------------------------------------------------------------- */

static Mesos__CommandInfo *new_command(MuArena *arena, const char *cmd) {
  Mesos__CommandInfo *command = mu_wire_new(arena, &mesos__command_info__descriptor);
  command->has_shell = command->shell = TRUE;
  command->value = (char *)cmd;
  return command;
}

static void add_variable(MuArena *arena, GPtrArray *variables, const char *name, const char *value) {
  Mesos__Environment__Variable *variable = mu_wire_new(arena, &mesos__environment__variable__descriptor);
  variable->name = (char *)name;
  variable->has_type = TRUE;
  variable->type = MESOS__ENVIRONMENT__VARIABLE__TYPE__VALUE;
  variable->value = (char *)value;
  g_ptr_array_add(variables, variable);
}

static char *template_name(MuArena *arena, guint n, gsize part) {
  return part == 0 ? mu_arena_printf(arena, MU_MESOS_TEMPLATE_ENV "%u", n)
                   : mu_arena_printf(arena, MU_MESOS_TEMPLATE_ENV "%u_%" G_GSIZE_FORMAT, n, part);
}

static void add_template(MuArena *arena, GPtrArray *variables, guint n, const char *text) {
  g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));
  gsize length = strlen(encoded), part = 0;
  do {
    gsize begin = part * MU_MESOS_TEMPLATE_PART;
    gsize here = MIN(length - begin, MU_MESOS_TEMPLATE_PART);
    add_variable(arena, variables, template_name(arena, n, part), mu_arena_strndup(arena, encoded + begin, here));
  } while (++part * MU_MESOS_TEMPLATE_PART < length);
}

static void add_secret(MuArena *arena, GPtrArray *variables, const MuLaunchSecret *wanted,
                       const MuMesosBrought *brought) {
  Mesos__Environment__Variable *variable = mu_wire_new(arena, &mesos__environment__variable__descriptor);
  variable->name = wanted->env_key;
  variable->has_type = TRUE;
  variable->type = MESOS__ENVIRONMENT__VARIABLE__TYPE__SECRET;
  variable->secret = mu_mesos_secret_write(arena, wanted->secret, brought);
  g_ptr_array_add(variables, variable);
}

static Mesos__Environment *write_environment(MuArena *arena, const MuPodLaunch *pod, const MuTaskLaunch *task,
                                             const MuMesosBrought *brought) {
  g_autoptr(GPtrArray) variables = g_ptr_array_new();
  for (guint i = 0; i < task->env->len; i++) {
    const MuEnvVar *pair = task->env->pdata[i];
    add_variable(arena, variables, pair->name, pair->value);
  }
  for (guint i = 0; i < pod->secrets->len; i++)
    if (((const MuLaunchSecret *)pod->secrets->pdata[i])->env_key != NULL)
      add_secret(arena, variables, pod->secrets->pdata[i], brought);
  for (guint i = 0; i < task->configs->len; i++)
    add_template(arena, variables, i, ((const MuLaunchConfig *)task->configs->pdata[i])->text);
  if (variables->len == 0)
    return NULL;
  Mesos__Environment *environment = mu_wire_new(arena, &mesos__environment__descriptor);
  environment->n_variables = variables->len;
  environment->variables = mu_wire_array(arena, Mesos__Environment__Variable, variables->len);
  memcpy(environment->variables, variables->pdata, variables->len * sizeof(gpointer));
  return environment;
}

/* The configs are rendered first, in the sandbox, which is not the working directory when there is an image. */
static char *with_bootstrap(MuArena *arena, const MuTaskLaunch *task, const MuMesosLaunchPlace *place) {
  if (place->bootstrap_url == NULL)
    return (char *)NO_BOOTSTRAP;
  g_autoptr(GString) line = g_string_new("(cd \"$MESOS_SANDBOX\" && exec ./muster-bootstrap");
  for (guint i = 0; i < task->configs->len; i++) {
    const MuLaunchConfig *config = task->configs->pdata[i];
    g_autofree char *dest = g_shell_quote(config->dest);
    g_string_append_printf(line, " --template-env " MU_MESOS_TEMPLATE_ENV "%u --dest %s", i, dest);
  }
  return mu_arena_printf(arena, "%s) || exit 1\n%s", line->str, task->cmd);
}

static void add_bootstrap(MuArena *arena, const char *url, const char *name, Mesos__CommandInfo *command) {
  Mesos__CommandInfo__URI *uri = mu_wire_new(arena, &mesos__command_info__uri__descriptor);
  uri->value = (char *)url;
  uri->has_executable = uri->executable = TRUE;
  uri->output_file = (char *)name;
  command->uris[command->n_uris++] = uri;
}

static char *fetched_name(const MuLaunchUri *uri) {
  return uri->output_file != NULL ? g_strdup(uri->output_file) : g_path_get_basename(uri->value);
}

/* The command calls the `./bootstrap` of dcos-commons, and nothing that is fetched looks as if it brought one. */
static gboolean wants_reference(const MuPodLaunch *pod, const MuTaskLaunch *task) {
  if (task->cmd == NULL || strstr(task->cmd, "./" REFERENCE) == NULL)
    return FALSE;
  for (guint i = 0; i < pod->uris->len; i++) {
    g_autofree char *name = fetched_name(pod->uris->pdata[i]);
    if (g_str_has_prefix(name, REFERENCE))
      return FALSE;
  }
  return TRUE;
}

static void add_uri(MuArena *arena, const MuLaunchUri *wanted, Mesos__CommandInfo *command) {
  g_autofree char *name = fetched_name(wanted);
  Mesos__CommandInfo__URI *uri = mu_wire_new(arena, &mesos__command_info__uri__descriptor);
  uri->value = wanted->value;
  uri->output_file = wanted->output_file;
  uri->has_executable = uri->executable = wanted->executable || strcmp(name, REFERENCE) == 0;
  uri->has_extract = wanted->keep_packed;
  uri->extract = FALSE;
  command->uris[command->n_uris++] = uri;
}

/* Mesos' fetcher looks at no checksum. */
static char *with_checksums(MuArena *arena, const MuItems *uris, char *cmd) {
  g_autoptr(GString) lines = g_string_new(NULL);
  for (guint i = 0; i < uris->len; i++) {
    const MuLaunchUri *uri = uris->pdata[i];
    if (uri->sha256 == NULL)
      continue;
    g_autofree char *plain = fetched_name(uri);
    g_autofree char *name = g_shell_quote(plain);
    g_string_append_printf(lines,
                           "(cd \"$MESOS_SANDBOX\" && echo %s\\ \\ %s | sha256sum -c --status) || "
                           "{ echo \"fetched \"%s\" has not the checksum it should have\" >&2; exit 1; }\n",
                           uri->sha256, name, name);
  }
  return lines->len == 0 ? cmd : mu_arena_printf(arena, "%s%s", lines->str, cmd);
}

static Mesos__CommandInfo *write_command(MuArena *arena, const MuPodLaunch *pod, const MuTaskLaunch *task,
                                         const MuMesosLaunchPlace *place, const MuMesosBrought *brought) {
  gboolean renders = task->configs->len > 0;
  char *cmd = renders ? with_bootstrap(arena, task, place) : task->cmd;
  Mesos__CommandInfo *command = new_command(arena, with_checksums(arena, pod->uris, cmd));
  command->user = task->user;
  command->environment = write_environment(arena, pod, task, brought);
  command->uris = mu_wire_array(arena, Mesos__CommandInfo__URI, pod->uris->len + 2);
  for (guint i = 0; i < pod->uris->len; i++)
    add_uri(arena, pod->uris->pdata[i], command);
  if (renders && place->bootstrap_url != NULL)
    add_bootstrap(arena, place->bootstrap_url, "muster-bootstrap", command);
  if (place->bootstrap_url != NULL && wants_reference(pod, task))
    add_bootstrap(arena, place->bootstrap_url, REFERENCE, command);
  return command;
}

/* ---- checks ---------------------------------------------------------------------------------------------------------- */

static Mesos__CheckInfo *write_check(MuArena *arena, const MuLaunchCheck *wanted) {
  Mesos__CheckInfo *check = mu_wire_new(arena, &mesos__check_info__descriptor);
  check->has_type = TRUE;
  check->type = MESOS__CHECK_INFO__TYPE__COMMAND;
  check->has_delay_seconds = check->has_interval_seconds = check->has_timeout_seconds = TRUE;
  check->delay_seconds = (double)wanted->delay_ms / MS_PER_S;
  check->interval_seconds = (double)wanted->interval_ms / MS_PER_S;
  check->timeout_seconds = (double)wanted->timeout_ms / MS_PER_S;
  check->command = mu_wire_new(arena, &mesos__check_info__command__descriptor);
  check->command->command = new_command(arena, wanted->cmd);
  return check;
}

static Mesos__HealthCheck *write_health_check(MuArena *arena, const MuLaunchCheck *wanted) {
  Mesos__HealthCheck *check = mu_wire_new(arena, &mesos__health_check__descriptor);
  check->has_type = TRUE;
  check->type = MESOS__HEALTH_CHECK__TYPE__COMMAND;
  check->has_delay_seconds = check->has_interval_seconds = check->has_timeout_seconds = TRUE;
  check->delay_seconds = (double)wanted->delay_ms / MS_PER_S;
  check->interval_seconds = (double)wanted->interval_ms / MS_PER_S;
  check->timeout_seconds = (double)wanted->timeout_ms / MS_PER_S;
  check->has_consecutive_failures = check->has_grace_period_seconds = TRUE;
  check->consecutive_failures = (guint32)MAX(wanted->max_consecutive_failures, 0);
  check->grace_period_seconds = (double)wanted->grace_ms / MS_PER_S;
  check->command = new_command(arena, wanted->cmd);
  return check;
}

/* ---- discovery ------------------------------------------------------------------------------------------------------- */

static Mesos__DiscoveryInfo__Visibility visibility(const char *word) {
  const ProtobufCEnumValue *known =
      word == NULL ? NULL
                   : protobuf_c_enum_descriptor_get_value_by_name(&mesos__discovery_info__visibility__descriptor, word);
  return known == NULL ? MESOS__DISCOVERY_INFO__VISIBILITY__CLUSTER : (Mesos__DiscoveryInfo__Visibility)known->value;
}

static Mesos__Port *write_port(MuArena *arena, const MuLaunchPort *wanted) {
  Mesos__Port *port = mu_wire_new(arena, &mesos__port__descriptor);
  port->number = wanted->number;
  port->name = wanted->name;
  port->protocol = wanted->protocol;
  port->has_visibility = wanted->visibility != NULL;
  port->visibility = visibility(wanted->visibility);
  port->labels = mu_mesos_labels_write(arena, wanted->labels);
  return port;
}

static Mesos__DiscoveryInfo *write_discovery(MuArena *arena, const MuLaunchDiscovery *wanted) {
  Mesos__DiscoveryInfo *discovery = mu_wire_new(arena, &mesos__discovery_info__descriptor);
  discovery->visibility = visibility(wanted->visibility);
  discovery->name = wanted->name;
  if (wanted->ports->len == 0)
    return discovery;
  discovery->ports = mu_wire_new(arena, &mesos__ports__descriptor);
  discovery->ports->ports = mu_wire_array(arena, Mesos__Port, wanted->ports->len);
  for (guint i = 0; i < wanted->ports->len; i++)
    discovery->ports->ports[discovery->ports->n_ports++] = write_port(arena, wanted->ports->pdata[i]);
  return discovery;
}

/* ---- tasks ----------------------------------------------------------------------------------------------------------- */

static void add_limit(MuArena *arena, Mesos__TaskInfo *task, const char *name, double value) {
  Mesos__TaskInfo__LimitsEntry *entry = mu_wire_new(arena, &mesos__task_info__limits_entry__descriptor);
  entry->key = (char *)name;
  entry->value = mu_wire_new(arena, &mesos__value__scalar__descriptor);
  entry->value->value = value;
  task->limits[task->n_limits++] = entry;
}

static void write_limits(MuArena *arena, const MuTaskLaunch *launch, Mesos__TaskInfo *task) {
  task->limits = mu_wire_array(arena, Mesos__TaskInfo__LimitsEntry, 2);
  if (launch->limit_cpus_milli != 0)
    add_limit(arena, task, "cpus", launch->limit_cpus_milli < 0 ? HUGE_VAL : (double)launch->limit_cpus_milli / 1000);
  if (launch->limit_mem_mb != 0)
    add_limit(arena, task, "mem", launch->limit_mem_mb < 0 ? HUGE_VAL : (double)launch->limit_mem_mb);
}

static Mesos__KillPolicy *write_kill_policy(MuArena *arena, gint64 grace_ms) {
  Mesos__KillPolicy *policy = mu_wire_new(arena, &mesos__kill_policy__descriptor);
  policy->grace_period = mu_wire_new(arena, &mesos__duration_info__descriptor);
  policy->grace_period->nanoseconds = grace_ms * NS_PER_MS;
  return policy;
}

static Mesos__TaskInfo *write_task(MuArena *arena, const MuPodLaunch *pod, const MuTaskLaunch *launch,
                                   const MuMesosLaunchPlace *place) {
  const MuMesosBrought *brought = place->brought == NULL ? NULL : g_hash_table_lookup(place->brought, pod);
  Mesos__TaskInfo *task = mu_wire_new(arena, &mesos__task_info__descriptor);
  task->name = launch->name;
  task->task_id = mu_wire_new(arena, &mesos__task_id__descriptor);
  task->task_id->value = launch->task_id;
  task->agent_id = mu_wire_new(arena, &mesos__agent_id__descriptor);
  task->agent_id->value = (char *)place->agent_id;
  task->resources = mu_mesos_resources_write(arena, launch->resources, &task->n_resources);
  task->command = write_command(arena, pod, launch, place, brought);
  task->container = mu_mesos_task_container(arena, pod, launch, brought);
  if (launch->readiness_check != NULL)
    task->check = write_check(arena, launch->readiness_check);
  if (launch->health_check != NULL)
    task->health_check = write_health_check(arena, launch->health_check);
  task->kill_policy = write_kill_policy(arena, launch->kill_grace_ms);
  task->labels = mu_mesos_labels_write(arena, launch->labels);
  if (launch->discovery != NULL)
    task->discovery = write_discovery(arena, launch->discovery);
  write_limits(arena, launch, task);
  return task;
}

/* ---- the group ------------------------------------------------------------------------------------------------------- */

static Mesos__Labels *write_names(MuArena *arena, const MuPodLaunch *launch) {
  MuEnvVar service = {(char *)LABEL_SERVICE, launch->service}, pod = {(char *)LABEL_POD, launch->pod};
  gpointer both[] = {&service, &pod};
  const MuItems pairs = {.pdata = both, .len = G_N_ELEMENTS(both)};
  return mu_mesos_labels_write(arena, &pairs);
}

/* Whenever tasks are added to the executor it has to be described in the same words. */
static Mesos__ExecutorInfo *write_executor(MuArena *arena, const MuPodLaunch *launch, const MuMesosLaunchPlace *place) {
  Mesos__ExecutorInfo *executor = mu_wire_new(arena, &mesos__executor_info__descriptor);
  executor->has_type = TRUE;
  executor->type = MESOS__EXECUTOR_INFO__TYPE__DEFAULT;
  executor->executor_id = mu_wire_new(arena, &mesos__executor_id__descriptor);
  executor->executor_id->value = launch->executor_id;
  executor->framework_id = mu_wire_new(arena, &mesos__framework_id__descriptor);
  executor->framework_id->value = (char *)place->framework_id;
  executor->resources = mu_mesos_resources_write(arena, launch->resources, &executor->n_resources);
  executor->container = mu_mesos_executor_container(arena, launch);
  executor->labels = write_names(arena, launch);
  return executor;
}

Mesos__Offer__Operation__LaunchGroup *mu_mesos_launch_write(MuArena *arena, const MuPodLaunch *launch, guint n,
                                                            const MuMesosLaunchPlace *place) {
  Mesos__Offer__Operation__LaunchGroup *group = mu_wire_new(arena, &mesos__offer__operation__launch_group__descriptor);
  group->executor = write_executor(arena, launch, place);
  group->task_group = mu_wire_new(arena, &mesos__task_group_info__descriptor);
  group->task_group->tasks = mu_wire_array(arena, Mesos__TaskInfo, 1);
  group->task_group->tasks[group->task_group->n_tasks++] = write_task(arena, launch, launch->tasks->pdata[n], place);
  return group;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static MuLaunchCheck *read_check(const Mesos__CheckInfo *message) {
  if (message == NULL || message->command == NULL)
    return NULL;
  MuLaunchCheck *check = mu_launch_check_new(message->command->command->value);
  check->delay_ms = mu_wire_ms(message->delay_seconds);
  check->interval_ms = mu_wire_ms(message->interval_seconds);
  check->timeout_ms = mu_wire_ms(message->timeout_seconds);
  return check;
}

static MuLaunchCheck *read_health_check(const Mesos__HealthCheck *message) {
  if (message == NULL || message->command == NULL)
    return NULL;
  MuLaunchCheck *check = mu_launch_check_new(message->command->value);
  check->delay_ms = mu_wire_ms(message->delay_seconds);
  check->interval_ms = mu_wire_ms(message->interval_seconds);
  check->timeout_ms = mu_wire_ms(message->timeout_seconds);
  check->grace_ms = mu_wire_ms(message->grace_period_seconds);
  check->max_consecutive_failures = (gint)message->consecutive_failures;
  return check;
}

static void read_pairs(const Mesos__Labels *labels, MuItems *pairs) {
  for (gsize i = 0; labels != NULL && i < labels->n_labels; i++)
    mu_items_add(pairs, mu_env_var_new(labels->labels[i]->key, labels->labels[i]->value));
}

static void read_command(const Mesos__CommandInfo *command, MuTaskLaunch *task) {
  if (command == NULL)
    return;
  task->cmd = g_strdup(command->value);
  task->user = g_strdup(command->user);
  const Mesos__Environment *environment = command->environment;
  for (gsize i = 0; environment != NULL && i < environment->n_variables; i++)
    mu_task_launch_set_env(task, environment->variables[i]->name, environment->variables[i]->value);
}

static MuTaskLaunch *read_task(const Mesos__TaskInfo *message) {
  MuTaskLaunch *task = mu_task_launch_new(message->task_id->value, message->name);
  read_command(message->command, task);
  task->readiness_check = read_check(message->check);
  task->health_check = read_health_check(message->health_check);
  if (message->kill_policy != NULL && message->kill_policy->grace_period != NULL)
    task->kill_grace_ms = message->kill_policy->grace_period->nanoseconds / NS_PER_MS;
  read_pairs(message->labels, task->labels);
  mu_resources_free(task->resources);
  task->resources = mu_mesos_resources_read(message->resources, message->n_resources);
  return task;
}

static const char *find_name(const Mesos__Labels *labels, const char *key) {
  for (gsize i = 0; labels != NULL && i < labels->n_labels; i++)
    if (strcmp(labels->labels[i]->key, key) == 0)
      return labels->labels[i]->value;
  return NULL;
}

/* Of an executor without our labels: from the id of a task. */
static MuPodLaunch *new_launch(const Mesos__Offer__Operation__LaunchGroup *group, GError **error) {
  const Mesos__Labels *labels = group->executor->labels;
  const char *executor_id = group->executor->executor_id->value;
  if (find_name(labels, LABEL_SERVICE) != NULL && find_name(labels, LABEL_POD) != NULL)
    return mu_pod_launch_new(executor_id, find_name(labels, LABEL_SERVICE), find_name(labels, LABEL_POD));
  g_autofree char *service = NULL, *task = NULL;
  const char *id = group->task_group->n_tasks == 0 ? "" : group->task_group->tasks[0]->task_id->value;
  if (!mu_task_id_parse(id, &service, &task, NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%s\" is no task id of muster", id);
    return NULL;
  }
  char *last = strrchr(task, '-');
  if (last != NULL)
    *last = '\0';
  return mu_pod_launch_new(executor_id, service, task);
}

MuPodLaunch *mu_mesos_launch_read(const Mesos__Offer__Operation__LaunchGroup *group, GError **error) {
  MuPodLaunch *launch = new_launch(group, error);
  if (launch == NULL)
    return NULL;
  for (gsize i = 0; i < group->task_group->n_tasks; i++)
    mu_items_add(launch->tasks, read_task(group->task_group->tasks[i]));
  mu_resources_free(launch->resources);
  launch->resources = mu_mesos_resources_read(group->executor->resources, group->executor->n_resources);
  return launch;
}
