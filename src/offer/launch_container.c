#include "launch_container.h"

#include "bug.h"
#include "spec_network.h"

#include <string.h>

#define DRIVER_PORTWORX "pxd"

/* ---- volumes ------------------------------------------------------------------------------------------------------- */

static gboolean is_read_only(const char *mode) {
  return g_strcmp0(mode, "RO") == 0;
}

static void add_driver_options(MuLaunchExternalVolume *volume, const char *text) {
  g_auto(GStrv) options = g_strsplit(text == NULL ? "" : text, ";", -1);
  for (guint i = 0; options[i] != NULL; i++) {
    char *equals = strchr(options[i], '=');
    if (equals == NULL)
      continue;
    *equals = '\0';
    mu_items_add(volume->driver_options, mu_env_var_new(options[i], equals + 1));
  }
}

static gboolean has_option(const MuLaunchExternalVolume *volume, const char *name, const char *value) {
  for (guint i = 0; i < volume->driver_options->len; i++) {
    const MuEnvVar *option = volume->driver_options->pdata[i];
    if (strcmp(option->name, name) == 0 && strcmp(option->value, value) == 0)
      return TRUE;
  }
  return FALSE;
}

/* One volume for each instance; GenericDockerVolumeProvider and PortworxVolumeProvider of dcos-commons. */
static char *volume_name(const MuLaunchExternalVolume *volume, const char *given, const char *service, const char *pod,
                         guint index) {
  gboolean portworx = strcmp(volume->driver_name, DRIVER_PORTWORX) == 0;
  const char *joint = portworx ? "-" : "_";
  g_autofree char *base = given != NULL ? g_strdup(given) : g_strconcat(service, joint, pod, NULL);
  g_auto(GStrv) parts = g_strsplit(base, "/", -1);
  g_autofree char *escaped = g_strjoinv("__", parts);
  if (portworx && has_option(volume, "shared", "true"))
    return g_steal_pointer(&escaped);
  return g_strdup_printf("%s%s%u", escaped, joint, index);
}

static void add_external_volume(MuPodLaunch *launch, const MuExternalVolumeSpec *spec, const MuPodSpec *pod,
                                guint index, const char *service) {
  MuLaunchExternalVolume *volume =
      mu_launch_external_volume_new(spec->driver_name, NULL, spec->container_path, is_read_only(spec->volume_mode));
  add_driver_options(volume, spec->driver_options);
  volume->volume_name = volume_name(volume, spec->volume_name, service, pod->type, index);
  if (strcmp(spec->driver_name, DRIVER_PORTWORX) == 0)
    mu_items_add(volume->driver_options, mu_env_var_new("nodes", "LocalNode"));
  mu_items_add(launch->external_volumes, volume);
}

/* ---- networks ------------------------------------------------------------------------------------------------------ */

static void add_network(MuPodLaunch *launch, const MuNetworkSpec *spec) {
  MuLaunchNetwork *network = mu_launch_network_new(spec->name);
  for (guint i = 0; i < MIN(spec->n_host_ports, spec->n_container_ports); i++) {
    const MuLaunchPortMapping mapping = {(guint16)spec->host_ports[i], (guint16)spec->container_ports[i]};
    g_array_append_val(network->port_mappings, mapping);
  }
  for (guint i = 0; i < spec->n_labels; i++)
    mu_items_add(network->labels, mu_env_var_new(spec->labels[i].key, spec->labels[i].value));
  mu_items_add(launch->networks, network);
}

/* ---- the pod ------------------------------------------------------------------------------------------------------- */

void mu_launch_fill_container(MuPodLaunch *launch, const MuPodSpec *pod, guint index, const char *service) {
  launch->share_pid_namespace = pod->share_pid_namespace;
  launch->image = g_strdup(pod->image);
  launch->seccomp_unconfined = pod->seccomp_unconfined;
  launch->seccomp_profile = g_strdup(pod->seccomp_profile);
  launch->ipc_mode = mu_ipc_mode_from_string(pod->ipc_mode);
  launch->shm_size_mb = pod->shm_size_mb;
  for (guint i = 0; i < pod->n_host_volumes; i++) {
    const MuHostVolumeSpec *volume = &pod->host_volumes[i];
    mu_items_add(launch->host_volumes,
                 mu_launch_host_volume_new(volume->host_path, volume->container_path, volume->read_only));
  }
  for (guint i = 0; i < pod->n_external_volumes; i++)
    add_external_volume(launch, &pod->external_volumes[i], pod, index, service);
  for (guint i = 0; i < pod->n_networks; i++)
    add_network(launch, &pod->networks[i]);
}

/* ---- discovery ----------------------------------------------------------------------------------------------------- */

/* AuxLabelAccess.setVIPLabels of dcos-commons. The uuid in the label's name is the reservation's, so that a task that is
 * launched again has the same label. */
static void add_vip(MuLaunchPort *port, const MuPortSpec *spec, const MuPodSpec *pod, const char *uuid) {
  g_autofree char *name = g_strconcat("VIP_", uuid, NULL);
  g_autofree char *address = g_strdup_printf("%s:%u", spec->vip_prefix, spec->vip_port);
  mu_items_add(port->labels, mu_env_var_new(name, address));
  if (pod->n_networks > 0)
    mu_items_add(port->labels, mu_env_var_new("network-scope", mu_pod_uses_host_ports(pod) ? "host" : "container"));
}

static MuLaunchDiscovery *make_discovery(const MuTaskLaunch *launch, const MuTaskSpec *task, guint index) {
  const char *visibility = task->discovery_visibility == NULL ? "CLUSTER" : task->discovery_visibility;
  if (task->discovery_prefix == NULL && task->discovery_visibility == NULL)
    return mu_launch_discovery_new(launch->name, visibility);
  g_autofree char *name =
      task->discovery_prefix == NULL ? NULL : g_strdup_printf("%s-%u", task->discovery_prefix, index);
  return mu_launch_discovery_new(name, visibility);
}

void mu_launch_fill_discovery(MuTaskLaunch *launch, const MuPodSpec *pod, const MuTaskSpec *task,
                              const MuPodRecord *record, const MuResourceSet *set) {
  launch->ipc_mode = mu_ipc_mode_from_string(task->ipc_mode);
  launch->shm_size_mb = task->shm_size_mb;
  if (set->n_ports == 0 && task->discovery_prefix == NULL && task->discovery_visibility == NULL)
    return;
  launch->discovery = make_discovery(launch, task, record->index);
  for (guint i = 0; i < set->n_ports; i++) {
    const MuPortSpec *spec = &set->ports[i];
    const MuLedgerEntry *entry = mu_pod_record_find(record, set->id, MU_RESOURCE_PORTS, spec->name);
    mu_assert(entry != NULL);
    guint16 number = (guint16)g_array_index(entry->resource->ranges, MuRange, 0).begin;
    MuLaunchPort *port = mu_launch_port_new(spec->name, number, spec->advertise ? "EXTERNAL" : "CLUSTER");
    if (spec->has_vip)
      add_vip(port, spec, pod, entry->resource->reservation.resource_id);
    mu_items_add(launch->discovery->ports, port);
  }
}
