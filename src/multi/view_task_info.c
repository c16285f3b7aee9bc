#include "view_task_info.h"

#include "json.h"

#include <string.h>

#define MS_PER_S 1000.0
#define NS_PER_MS 1000000

/* Where readers of the reference's tables look for them (LabelConstants). */
#define LABEL_RESOURCE_ID "resource_id"
#define LABEL_NAMESPACE "namespace"
#define LABEL_READY "readiness_check_passed"

/* ---- small things -------------------------------------------------------------------------------------------------- */

/* {"value": text}; nothing for NULL. */
static void set_value(json_t *json, const char *key, const char *value) {
  if (value != NULL)
    mu_json_set_new(json, key, json_pack("{s:o}", "value", mu_json_string(value)));
}

/* The agent's id was called the slave's in the API that the reference used. */
static void set_agent(json_t *json, const char *agent_id) {
  set_value(json, "slaveId", agent_id);
  set_value(json, "agentId", agent_id);
}

static void set_real(json_t *json, const char *key, double value) {
  mu_json_set_new(json, key, json_real(value));
}

static void add_label(json_t *list, const char *key, const char *value) {
  json_t *label = json_object();
  mu_json_set_string(label, "key", key);
  mu_json_set_string(label, "value", value);
  json_array_append_new(list, label);
}

static void add_labels(json_t *list, const MuItems *pairs) {
  for (guint i = 0; pairs != NULL && i < pairs->len; i++) {
    const MuEnvVar *pair = pairs->pdata[i];
    add_label(list, pair->name, pair->value);
  }
}

/* {"labels": [{"key","value"}]}; nothing for none. Takes the list. */
static void set_labels(json_t *json, json_t *take_list) {
  if (json_array_size(take_list) > 0)
    mu_json_set_new(json, "labels", json_pack("{s:O}", "labels", take_list));
  json_decref(take_list);
}

static void set_pairs(json_t *json, const MuItems *pairs) {
  json_t *list = json_array();
  add_labels(list, pairs);
  set_labels(json, list);
}

/* Nothing for an empty list, which it takes. */
static void set_list(json_t *json, const char *key, json_t *take_list) {
  if (json_array_size(take_list) > 0)
    json_object_set(json, key, take_list);
  json_decref(take_list);
}

/* ---- resources ----------------------------------------------------------------------------------------------------- */

static json_t *reservation_json(const char *type, const char *role) {
  json_t *json = json_object();
  mu_json_set_string(json, "type", type);
  mu_json_set_string(json, "role", role);
  return json;
}

static void set_reservations(json_t *json, const MuReservation *reservation) {
  json_t *list = json_array(), *labels = json_array();
  if (reservation->pre_reserved_role != NULL)
    json_array_append_new(list, reservation_json("STATIC", reservation->pre_reserved_role));
  if (reservation->role != NULL) {
    json_t *ours = reservation_json("DYNAMIC", reservation->role);
    mu_json_set_string(ours, "principal", reservation->principal);
    if (reservation->resource_id != NULL)
      add_label(labels, LABEL_RESOURCE_ID, reservation->resource_id);
    if (reservation->namespace_ != NULL)
      add_label(labels, LABEL_NAMESPACE, reservation->namespace_);
    set_labels(ours, json_incref(labels));
    json_array_append_new(list, ours);
  }
  json_decref(labels);
  set_list(json, "reservations", list);
}

static json_t *source_json(const MuResource *resource) {
  json_t *json = json_pack("{s:s, s:{s:o}}", "type", "MOUNT", "mount", "root", mu_json_string(resource->mount_root));
  mu_json_set_string(json, "profile", resource->profile);
  return json;
}

static void set_disk(json_t *json, const MuResource *resource) {
  json_t *disk = json_object();
  if (resource->persistence_id != NULL) {
    json_t *persistence = json_object();
    mu_json_set_string(persistence, "id", resource->persistence_id);
    mu_json_set_string(persistence, "principal", resource->reservation.principal);
    mu_json_set_new(disk, "persistence", persistence);
  }
  if (resource->container_path != NULL)
    mu_json_set_new(disk, "volume",
                    json_pack("{s:o, s:s}", "containerPath", mu_json_string(resource->container_path), "mode", "RW"));
  if (resource->mount_root != NULL)
    mu_json_set_new(disk, "source", source_json(resource));
  if (json_object_size(disk) > 0)
    json_object_set(json, "disk", disk);
  json_decref(disk);
}

static json_t *ranges_json(const GArray *ranges) {
  json_t *list = json_array();
  for (guint i = 0; i < ranges->len; i++) {
    const MuRange *range = &g_array_index(ranges, MuRange, i);
    json_array_append_new(list,
                          json_pack("{s:I, s:I}", "begin", (json_int_t)range->begin, "end", (json_int_t)range->end));
  }
  return json_pack("{s:o}", "range", list);
}

static json_t *resource_json(const MuResource *resource) {
  json_t *json = json_object();
  gboolean ports = resource->kind == MU_RESOURCE_PORTS;
  gboolean thousandths = resource->kind == MU_RESOURCE_CPUS || resource->kind == MU_RESOURCE_GPUS;
  mu_json_set_string(json, "name", mu_resource_kind_to_string(resource->kind));
  mu_json_set_string(json, "type", ports ? "RANGES" : "SCALAR");
  if (ports)
    mu_json_set_new(json, "ranges", ranges_json(resource->ranges));
  else
    mu_json_set_new(json, "scalar", json_pack("{s:f}", "value", (double)resource->amount / (thousandths ? 1000 : 1)));
  set_disk(json, resource);
  set_reservations(json, &resource->reservation);
  return json;
}

static void set_resources(json_t *json, const MuResources *resources) {
  json_t *list = json_array();
  for (guint i = 0; i < resources->items->len; i++)
    json_array_append_new(list, resource_json(resources->items->pdata[i]));
  set_list(json, "resources", list);
}

/* ---- commands and checks ------------------------------------------------------------------------------------------- */

static json_t *command_json(const char *cmd) {
  json_t *json = json_object();
  mu_json_set_bool(json, "shell", TRUE);
  mu_json_set_string(json, "value", cmd);
  return json;
}

static json_t *secret_json(const char *path) {
  return json_pack("{s:s, s:{s:o}}", "type", "REFERENCE", "reference", "name", mu_json_string(path));
}

static void set_environment(json_t *json, const MuPodLaunch *pod, const MuTaskLaunch *task) {
  json_t *list = json_array();
  for (guint i = 0; i < task->env->len; i++) {
    const MuEnvVar *pair = task->env->pdata[i];
    json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "name", mu_json_string(pair->name), "type", "VALUE",
                                          "value", mu_json_string(pair->value)));
  }
  for (guint i = 0; i < pod->secrets->len; i++) {
    const MuLaunchSecret *secret = pod->secrets->pdata[i];
    if (secret->env_key != NULL)
      json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "name", mu_json_string(secret->env_key), "type",
                                            "SECRET", "secret", secret_json(secret->secret)));
  }
  if (json_array_size(list) > 0)
    mu_json_set_new(json, "environment", json_pack("{s:O}", "variables", list));
  json_decref(list);
}

static json_t *uris_json(const MuItems *uris) {
  json_t *list = json_array();
  for (guint i = 0; i < uris->len; i++) {
    const MuLaunchUri *uri = uris->pdata[i];
    json_t *json = json_object();
    mu_json_set_string(json, "value", uri->value);
    if (uri->executable)
      mu_json_set_bool(json, "executable", TRUE);
    if (uri->keep_packed)
      mu_json_set_bool(json, "extract", FALSE);
    mu_json_set_string(json, "outputFile", uri->output_file);
    json_array_append_new(list, json);
  }
  return list;
}

static json_t *task_command_json(const MuPodLaunch *pod, const MuTaskLaunch *task) {
  json_t *json = command_json(task->cmd);
  mu_json_set_string(json, "user", task->user);
  set_environment(json, pod, task);
  set_list(json, "uris", uris_json(pod->uris));
  return json;
}

static json_t *timed_json(const MuLaunchCheck *check) {
  json_t *json = json_object();
  mu_json_set_string(json, "type", "COMMAND");
  set_real(json, "delaySeconds", (double)check->delay_ms / MS_PER_S);
  set_real(json, "intervalSeconds", (double)check->interval_ms / MS_PER_S);
  set_real(json, "timeoutSeconds", (double)check->timeout_ms / MS_PER_S);
  return json;
}

/* A readiness check of ours is a check of Mesos; the reference kept its own in a label. */
static void set_checks(json_t *json, const MuTaskLaunch *task) {
  if (task->readiness_check != NULL) {
    json_t *check = timed_json(task->readiness_check);
    mu_json_set_new(check, "command", json_pack("{s:o}", "command", command_json(task->readiness_check->cmd)));
    mu_json_set_new(json, "check", check);
  }
  if (task->health_check != NULL) {
    json_t *check = timed_json(task->health_check);
    mu_json_set_int(check, "consecutiveFailures", MAX(task->health_check->max_consecutive_failures, 0));
    set_real(check, "gracePeriodSeconds", (double)task->health_check->grace_ms / MS_PER_S);
    mu_json_set_new(check, "command", command_json(task->health_check->cmd));
    mu_json_set_new(json, "healthCheck", check);
  }
}

/* ---- containers ---------------------------------------------------------------------------------------------------- */

/* Takes the source, whose type it has as a member of that name. */
static void add_volume(json_t *list, const char *path, gboolean read_only, const char *type, const char *member,
                       json_t *take_source) {
  json_array_append_new(list, json_pack("{s:o, s:s, s:{s:s, s:o}}", "containerPath", mu_json_string(path), "mode",
                                        read_only ? "RO" : "RW", "source", "type", type, member, take_source));
}

static json_t *docker_volume_json(const MuLaunchExternalVolume *volume) {
  json_t *json = json_object(), *options = json_array();
  mu_json_set_string(json, "driver", volume->driver_name);
  mu_json_set_string(json, "name", volume->volume_name);
  add_labels(options, volume->driver_options);
  if (json_array_size(options) > 0)
    mu_json_set_new(json, "driverOptions", json_pack("{s:O}", "parameter", options));
  json_decref(options);
  return json;
}

/* Volumes of the pod lie in its own sandbox, and are mounted into that of each task. */
static json_t *volumes_json(const MuPodLaunch *pod) {
  json_t *list = json_array();
  for (guint i = 0; i < pod->resources->items->len; i++) {
    const MuResource *resource = pod->resources->items->pdata[i];
    if (resource->persistence_id != NULL && resource->container_path != NULL)
      add_volume(list, resource->container_path, FALSE, "SANDBOX_PATH", "sandboxPath",
                 json_pack("{s:s, s:o}", "type", "PARENT", "path", mu_json_string(resource->container_path)));
  }
  for (guint i = 0; i < pod->host_volumes->len; i++) {
    const MuLaunchHostVolume *volume = pod->host_volumes->pdata[i];
    add_volume(list, volume->container_path, volume->read_only, "HOST_PATH", "hostPath",
               json_pack("{s:o}", "path", mu_json_string(volume->host_path)));
  }
  for (guint i = 0; i < pod->external_volumes->len; i++) {
    const MuLaunchExternalVolume *volume = pod->external_volumes->pdata[i];
    add_volume(list, volume->container_path, volume->read_only, "DOCKER_VOLUME", "dockerVolume",
               docker_volume_json(volume));
  }
  for (guint i = 0; i < pod->secrets->len; i++) {
    const MuLaunchSecret *secret = pod->secrets->pdata[i];
    if (secret->file != NULL)
      add_volume(list, secret->file, TRUE, "SECRET", "secret", secret_json(secret->secret));
  }
  return list;
}

static json_t *networks_json(const MuItems *networks) {
  json_t *list = json_array();
  for (guint i = 0; i < networks->len; i++) {
    const MuLaunchNetwork *network = networks->pdata[i];
    json_t *json = json_object(), *mappings = json_array();
    mu_json_set_string(json, "name", network->name);
    set_pairs(json, network->labels);
    for (guint j = 0; j < network->port_mappings->len; j++) {
      const MuLaunchPortMapping *mapping = &g_array_index(network->port_mappings, MuLaunchPortMapping, j);
      json_array_append_new(
          mappings, json_pack("{s:i, s:i}", "hostPort", mapping->host_port, "containerPort", mapping->container_port));
    }
    set_list(json, "portMappings", mappings);
    json_array_append_new(list, json);
  }
  return list;
}

/* RLIMIT_NOFILE is RLMT_NOFILE there. */
static json_t *rlimits_json(const MuItems *rlimits) {
  json_t *list = json_array();
  for (guint i = 0; i < rlimits->len; i++) {
    const MuLaunchRlimit *limit = rlimits->pdata[i];
    g_autofree char *type = g_strconcat("RLMT_", limit->name + strlen("RLIMIT_"), NULL);
    json_t *json = json_pack("{s:s}", "type", type);
    if (limit->soft >= 0 && limit->hard >= 0) { /* neither: unlimited */
      mu_json_set_int(json, "soft", limit->soft);
      mu_json_set_int(json, "hard", limit->hard);
    }
    json_array_append_new(list, json);
  }
  return list;
}

static void set_memory(json_t *linux_info, MuIpcMode mode, gint64 shm_size_mb) {
  mu_json_set_string(linux_info, "ipcMode", mu_ipc_mode_to_string(mode));
  if (shm_size_mb > 0)
    mu_json_set_int(linux_info, "shmSize", shm_size_mb);
}

static json_t *linux_json(const MuPodLaunch *pod, const MuTaskLaunch *task) {
  json_t *json = json_object();
  if (pod->share_pid_namespace)
    mu_json_set_bool(json, "sharePidNamespace", TRUE);
  if (pod->seccomp_unconfined || pod->seccomp_profile != NULL) {
    json_t *seccomp = json_object();
    mu_json_set_string(seccomp, "profileName", pod->seccomp_profile);
    if (pod->seccomp_unconfined)
      mu_json_set_bool(seccomp, "unconfined", TRUE);
    mu_json_set_new(json, "seccomp", seccomp);
  }
  set_memory(json, task->ipc_mode, task->shm_size_mb);
  return json;
}

/* Nothing for one that has only its type; takes it. */
static void set_container(json_t *json, json_t *take_container, json_t *take_linux) {
  if (json_object_size(take_linux) > 0)
    json_object_set(take_container, "linuxInfo", take_linux);
  json_decref(take_linux);
  if (json_object_size(take_container) > 1)
    json_object_set(json, "container", take_container);
  json_decref(take_container);
}

static void set_task_container(json_t *json, const MuPodLaunch *pod, const MuTaskLaunch *task) {
  json_t *container = json_pack("{s:s}", "type", "MESOS");
  set_list(container, "volumes", volumes_json(pod));
  if (pod->rlimits->len > 0)
    mu_json_set_new(container, "rlimitInfo", json_pack("{s:o}", "rlimits", rlimits_json(pod->rlimits)));
  if (pod->image != NULL)
    mu_json_set_new(
        container, "mesos",
        json_pack("{s:{s:s, s:{s:o}}}", "image", "type", "DOCKER", "docker", "name", mu_json_string(pod->image)));
  set_container(json, container, linux_json(pod, task));
}

static json_t *executor_json(const MuPodLaunch *pod, const MuTaskRecord *record, const char *framework_id) {
  json_t *json = json_object(), *container = json_pack("{s:s}", "type", "MESOS"), *linux_info = json_object();
  mu_json_set_string(json, "type", "DEFAULT");
  set_value(json, "executorId", record->executor_id);
  set_value(json, "frameworkId", framework_id);
  mu_json_set_string(json, "name", record->pod_type);
  set_resources(json, pod->resources);
  set_list(container, "networkInfos", networks_json(pod->networks));
  set_memory(linux_info, pod->ipc_mode, pod->shm_size_mb);
  set_container(json, container, linux_info);
  return json;
}

/* ---- discovery, limits --------------------------------------------------------------------------------------------- */

static json_t *discovery_json(const MuLaunchDiscovery *discovery) {
  json_t *json = json_object(), *ports = json_array();
  mu_json_set_string(json, "visibility", discovery->visibility);
  mu_json_set_string(json, "name", discovery->name);
  for (guint i = 0; i < discovery->ports->len; i++) {
    const MuLaunchPort *port = discovery->ports->pdata[i];
    json_t *one = json_object();
    mu_json_set_int(one, "number", port->number);
    mu_json_set_string(one, "name", port->name);
    mu_json_set_string(one, "protocol", port->protocol);
    mu_json_set_string(one, "visibility", port->visibility);
    set_pairs(one, port->labels);
    json_array_append_new(ports, one);
  }
  if (json_array_size(ports) > 0)
    mu_json_set_new(json, "ports", json_pack("{s:O}", "ports", ports));
  json_decref(ports);
  return json;
}

/* JSON has no number for what is unlimited: it is the word that protobuf's JSON has. */
static void add_limit(json_t *limits, const char *name, gint64 limit, double scale) {
  if (limit != 0)
    mu_json_set_new(
        limits, name,
        json_pack("{s:o}", "value", limit < 0 ? json_string("Infinity") : json_real((double)limit / scale)));
}

static void set_limits(json_t *json, const MuTaskLaunch *task) {
  json_t *limits = json_object();
  add_limit(limits, "cpus", task->limit_cpus_milli, 1000);
  add_limit(limits, "mem", task->limit_mem_mb, 1);
  if (json_object_size(limits) > 0)
    json_object_set(json, "limits", limits);
  json_decref(limits);
}

/* ---- the two messages ---------------------------------------------------------------------------------------------- */

static void set_launch(json_t *json, const MuTaskRecord *record, const MuPodLaunch *pod, const char *framework_id) {
  const MuTaskLaunch *task = pod->tasks->pdata[0];
  set_resources(json, task->resources);
  mu_json_set_new(json, "executor", executor_json(pod, record, framework_id));
  mu_json_set_new(json, "command", task_command_json(pod, task));
  set_task_container(json, pod, task);
  set_checks(json, task);
  mu_json_set_new(json, "killPolicy",
                  json_pack("{s:{s:I}}", "gracePeriod", "nanoseconds", (json_int_t)(task->kill_grace_ms * NS_PER_MS)));
  set_limits(json, task);
  if (task->discovery != NULL)
    mu_json_set_new(json, "discovery", discovery_json(task->discovery));
}

json_t *mu_view_task_info(const MuTaskRecord *record, const MuPodLaunch *launch, const MuItems *labels,
                          const char *framework_id) {
  json_t *json = json_object(), *list = json_array();
  mu_json_set_string(json, "name", record->name);
  set_value(json, "taskId", record->task_id);
  set_agent(json, record->agent_id);
  add_labels(list, labels);
  if (launch != NULL) {
    set_launch(json, record, launch, framework_id);
    add_labels(list, ((const MuTaskLaunch *)launch->tasks->pdata[0])->labels);
  }
  set_labels(json, list);
  return json;
}

static void set_findings(json_t *json, const MuTaskStatus *status) {
  if (status->has_healthy)
    mu_json_set_bool(json, "healthy", status->healthy);
  if (!status->has_ready)
    return;
  mu_json_set_new(json, "checkStatus",
                  json_pack("{s:s, s:{s:i}}", "type", "COMMAND", "command", "exitCode", status->ready ? 0 : 1));
  json_t *labels = json_array();
  add_label(labels, LABEL_READY, status->ready ? "true" : "false");
  set_labels(json, labels);
}

json_t *mu_view_task_status(const MuTaskRecord *record, const MuTaskStatus *status) {
  json_t *json = json_object();
  set_value(json, "taskId", record->task_id);
  mu_json_set_string(json, "state", mu_task_state_to_string(status->state));
  mu_json_set_string(json, "message", status->message);
  mu_json_set_string(json, "reason", status->reason);
  set_agent(json, status->agent_id != NULL ? status->agent_id : record->agent_id);
  set_value(json, "executorId", record->executor_id);
  set_real(json, "timestamp", (double)status->timestamp_ms / MS_PER_S);
  mu_json_set_string(json, "uuid", status->uuid);
  set_findings(json, status);
  if (status->container_ip != NULL)
    mu_json_set_new(json, "containerStatus",
                    json_pack("{s:[{s:[{s:o}]}]}", "networkInfos", "ipAddresses", "ipAddress",
                              mu_json_string(status->container_ip)));
  return json;
}
