/* The surroundings of a pod: its volumes, networks and discovery as values. */
#include "engine.h"

MuLaunchHostVolume *mu_launch_host_volume_new(const char *host_path, const char *container_path, gboolean read_only) {
  MuLaunchHostVolume *volume = g_new0(MuLaunchHostVolume, 1);
  volume->host_path = g_strdup(host_path);
  volume->container_path = g_strdup(container_path);
  volume->read_only = read_only;
  return volume;
}

void mu_launch_host_volume_free(MuLaunchHostVolume *volume) {
  if (volume == NULL)
    return;
  g_free(volume->host_path);
  g_free(volume->container_path);
  g_free(volume);
}

MuLaunchExternalVolume *mu_launch_external_volume_new(const char *driver_name, const char *volume_name,
                                                      const char *container_path, gboolean read_only) {
  MuLaunchExternalVolume *volume = g_new0(MuLaunchExternalVolume, 1);
  volume->driver_name = g_strdup(driver_name);
  volume->volume_name = g_strdup(volume_name);
  volume->container_path = g_strdup(container_path);
  volume->read_only = read_only;
  return volume;
}

void mu_launch_external_volume_free(MuLaunchExternalVolume *volume) {
  if (volume == NULL)
    return;
  g_free(volume->driver_name);
  g_free(volume->volume_name);
  g_free(volume->container_path);
  mu_env_vars_clear(volume->driver_options);
  g_free(volume);
}

MuLaunchNetwork *mu_launch_network_new(const char *name) {
  MuLaunchNetwork *network = g_new0(MuLaunchNetwork, 1);
  network->name = g_strdup(name);
  network->port_mappings = g_array_new(FALSE, FALSE, sizeof(MuLaunchPortMapping));
  return network;
}

void mu_launch_network_free(MuLaunchNetwork *network) {
  if (network == NULL)
    return;
  g_free(network->name);
  g_array_unref(network->port_mappings);
  mu_env_vars_clear(network->labels);
  g_free(network);
}

MuLaunchPort *mu_launch_port_new(const char *name, guint16 number, const char *visibility) {
  MuLaunchPort *port = g_new0(MuLaunchPort, 1);
  port->name = g_strdup(name);
  port->protocol = g_strdup("tcp");
  port->number = number;
  port->visibility = g_strdup(visibility);
  return port;
}

void mu_launch_port_free(MuLaunchPort *port) {
  if (port == NULL)
    return;
  g_free(port->name);
  g_free(port->protocol);
  g_free(port->visibility);
  mu_env_vars_clear(port->labels);
  g_free(port);
}

MuLaunchDiscovery *mu_launch_discovery_new(const char *name, const char *visibility) {
  MuLaunchDiscovery *discovery = g_new0(MuLaunchDiscovery, 1);
  discovery->name = g_strdup(name);
  discovery->visibility = g_strdup(visibility);
  return discovery;
}

void mu_launch_discovery_free(MuLaunchDiscovery *discovery) {
  if (discovery == NULL)
    return;
  g_free(discovery->name);
  g_free(discovery->visibility);
  mu_items_clear(discovery->ports, (GDestroyNotify)mu_launch_port_free);
  g_free(discovery);
}

static const char *const ipc_modes[] = {[MU_IPC_PRIVATE] = "PRIVATE", [MU_IPC_SHARE_PARENT] = "SHARE_PARENT"};

const char *mu_ipc_mode_to_string(MuIpcMode mode) {
  return ipc_modes[mode];
}

MuIpcMode mu_ipc_mode_from_string(const char *text) {
  for (guint i = 0; i < G_N_ELEMENTS(ipc_modes); i++)
    if (g_strcmp0(text, ipc_modes[i]) == 0)
      return i;
  return MU_IPC_DEFAULT;
}
