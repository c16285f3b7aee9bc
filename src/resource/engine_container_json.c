#include "engine_container_json.h"

#include "engine_json.h"
#include <muster/error.h>

#define MAX_PORT 65535

/* An array member of one object for each element; none when it is empty. */
static void set_each(json_t *object, const char *key, const MuItems *elements, json_t *(*to_json)(gconstpointer)) {
  if (elements->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < elements->len; i++)
    json_array_append_new(array, to_json(g_ptr_array_index(elements, i)));
  mu_json_set_new(object, key, array);
}

/* ---- volumes ------------------------------------------------------------------------------------------------------- */

static json_t *host_volume_to_json(gconstpointer data) {
  const MuLaunchHostVolume *volume = data;
  json_t *json = json_object();
  mu_json_set_string(json, "host_path", volume->host_path);
  mu_json_set_string(json, "container_path", volume->container_path);
  mu_engine_json_set_true(json, "read_only", volume->read_only);
  return json;
}

static gboolean read_host_volume(const json_t *item, gpointer target, GError **error) {
  const char *host_path = NULL, *container_path = NULL;
  gboolean read_only = FALSE;
  if (!mu_json_get_string(item, "host_path", TRUE, &host_path, error) ||
      !mu_json_get_string(item, "container_path", TRUE, &container_path, error) ||
      !mu_json_get_bool(item, "read_only", FALSE, &read_only, error))
    return FALSE;
  g_ptr_array_add(target, mu_launch_host_volume_new(host_path, container_path, read_only));
  return TRUE;
}

static json_t *external_volume_to_json(gconstpointer data) {
  const MuLaunchExternalVolume *volume = data;
  json_t *json = json_object();
  mu_json_set_string(json, "driver_name", volume->driver_name);
  mu_json_set_string(json, "volume_name", volume->volume_name);
  mu_json_set_string(json, "container_path", volume->container_path);
  mu_engine_json_set_vars(json, "driver_options", volume->driver_options);
  mu_engine_json_set_true(json, "read_only", volume->read_only);
  return json;
}

static gboolean read_external_volume(const json_t *item, gpointer target, GError **error) {
  const char *driver = NULL, *name = NULL, *container_path = NULL;
  gboolean read_only = FALSE;
  if (!mu_json_get_string(item, "driver_name", TRUE, &driver, error) ||
      !mu_json_get_string(item, "volume_name", TRUE, &name, error) ||
      !mu_json_get_string(item, "container_path", TRUE, &container_path, error) ||
      !mu_json_get_bool(item, "read_only", FALSE, &read_only, error))
    return FALSE;
  MuLaunchExternalVolume *volume = mu_launch_external_volume_new(driver, name, container_path, read_only);
  g_ptr_array_add(target, volume);
  return mu_engine_json_get_vars(item, "driver_options", volume->driver_options, error);
}

/* ---- networks ------------------------------------------------------------------------------------------------------ */

static json_t *network_to_json(gconstpointer data) {
  const MuLaunchNetwork *network = data;
  json_t *json = json_object();
  mu_json_set_string(json, "name", network->name);
  json_t *mappings = json_array();
  for (guint i = 0; i < network->port_mappings->len; i++) {
    const MuLaunchPortMapping *mapping = &g_array_index(network->port_mappings, MuLaunchPortMapping, i);
    json_array_append_new(mappings, json_pack("{s:i, s:i}", "host_port", (int)mapping->host_port, "container_port",
                                              (int)mapping->container_port));
  }
  if (json_array_size(mappings) > 0)
    mu_json_set_new(json, "port_mappings", mappings);
  else
    json_decref(mappings);
  mu_engine_json_set_vars(json, "labels", network->labels);
  return json;
}

static gboolean read_mapping(const json_t *item, gpointer target, GError **error) {
  gint64 host = 0, container = 0;
  if (!mu_json_get_int_between(item, "host_port", TRUE, 0, MAX_PORT, &host, error) ||
      !mu_json_get_int_between(item, "container_port", TRUE, 0, MAX_PORT, &container, error))
    return FALSE;
  const MuLaunchPortMapping mapping = {(guint16)host, (guint16)container};
  g_array_append_val(target, mapping);
  return TRUE;
}

static gboolean read_network(const json_t *item, gpointer target, GError **error) {
  const char *name = NULL;
  if (!mu_json_get_string(item, "name", TRUE, &name, error))
    return FALSE;
  MuLaunchNetwork *network = mu_launch_network_new(name);
  g_ptr_array_add(target, network);
  return mu_engine_json_each(item, "port_mappings", read_mapping, network->port_mappings, error) &&
         mu_engine_json_get_vars(item, "labels", network->labels, error);
}

/* ---- discovery ----------------------------------------------------------------------------------------------------- */

static json_t *port_to_json(gconstpointer data) {
  const MuLaunchPort *port = data;
  json_t *json = json_object();
  mu_json_set_string(json, "name", port->name);
  mu_json_set_string(json, "protocol", port->protocol);
  mu_json_set_int(json, "number", port->number);
  mu_json_set_string(json, "visibility", port->visibility);
  mu_engine_json_set_vars(json, "labels", port->labels);
  return json;
}

static gboolean read_port(const json_t *item, gpointer target, GError **error) {
  MuLaunchPort *port = mu_launch_port_new(NULL, 0, NULL);
  gint64 number = 0;
  g_ptr_array_add(target, port);
  gboolean good = mu_engine_json_take_text(item, "name", TRUE, &port->name, error) &&
                  mu_engine_json_take_text(item, "protocol", TRUE, &port->protocol, error) &&
                  mu_json_get_int_between(item, "number", TRUE, 0, MAX_PORT, &number, error) &&
                  mu_engine_json_take_text(item, "visibility", TRUE, &port->visibility, error) &&
                  mu_engine_json_get_vars(item, "labels", port->labels, error);
  port->number = (guint16)number;
  return good;
}

void mu_engine_json_set_discovery(json_t *object, const MuLaunchDiscovery *discovery) {
  if (discovery == NULL)
    return;
  json_t *json = json_object();
  mu_json_set_string(json, "name", discovery->name);
  mu_json_set_string(json, "visibility", discovery->visibility);
  set_each(json, "ports", discovery->ports, port_to_json);
  mu_json_set_new(object, "discovery", json);
}

gboolean mu_engine_json_get_discovery(const json_t *object, MuLaunchDiscovery **ret_discovery, GError **error) {
  const json_t *json = NULL;
  if (!mu_json_get_object(object, "discovery", FALSE, &json, error))
    return FALSE;
  if (json == NULL)
    return TRUE;
  MuLaunchDiscovery *discovery = *ret_discovery = mu_launch_discovery_new(NULL, NULL);
  return mu_engine_json_take_text(json, "name", FALSE, &discovery->name, error) &&
         mu_engine_json_take_text(json, "visibility", TRUE, &discovery->visibility, error) &&
         mu_engine_json_each(json, "ports", read_port, discovery->ports, error);
}

/* ---- a pod --------------------------------------------------------------------------------------------------------- */

void mu_engine_json_set_ipc(json_t *object, MuIpcMode mode, gint64 shm_size_mb) {
  mu_json_set_string(object, "ipc_mode", mu_ipc_mode_to_string(mode));
  mu_engine_json_set_nonzero(object, "shm_size_mb", shm_size_mb);
}

gboolean mu_engine_json_get_ipc(const json_t *object, MuIpcMode *ret_mode, gint64 *ret_shm_size_mb, GError **error) {
  const char *mode = NULL;
  if (!mu_json_get_string(object, "ipc_mode", FALSE, &mode, error) ||
      !mu_json_get_int_between(object, "shm_size_mb", FALSE, 0, G_MAXINT32, ret_shm_size_mb, error))
    return FALSE;
  *ret_mode = mu_ipc_mode_from_string(mode);
  if (mode == NULL || *ret_mode != MU_IPC_DEFAULT)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"ipc_mode\" is \"%s\"; expected PRIVATE or SHARE_PARENT", mode);
  return FALSE;
}

void mu_engine_json_set_container(json_t *object, const MuPodLaunch *launch) {
  mu_json_set_string(object, "image", launch->image);
  set_each(object, "host_volumes", launch->host_volumes, host_volume_to_json);
  set_each(object, "external_volumes", launch->external_volumes, external_volume_to_json);
  set_each(object, "networks", launch->networks, network_to_json);
  mu_engine_json_set_true(object, "seccomp_unconfined", launch->seccomp_unconfined);
  mu_json_set_string(object, "seccomp_profile", launch->seccomp_profile);
  mu_engine_json_set_ipc(object, launch->ipc_mode, launch->shm_size_mb);
}

gboolean mu_engine_json_get_container(const json_t *object, MuPodLaunch *launch, GError **error) {
  return mu_engine_json_take_text(object, "image", FALSE, &launch->image, error) &&
         mu_engine_json_each(object, "host_volumes", read_host_volume, launch->host_volumes, error) &&
         mu_engine_json_each(object, "external_volumes", read_external_volume, launch->external_volumes, error) &&
         mu_engine_json_each(object, "networks", read_network, launch->networks, error) &&
         mu_json_get_bool(object, "seccomp_unconfined", FALSE, &launch->seccomp_unconfined, error) &&
         mu_engine_json_take_text(object, "seccomp_profile", FALSE, &launch->seccomp_profile, error) &&
         mu_engine_json_get_ipc(object, &launch->ipc_mode, &launch->shm_size_mb, error);
}
