/* What surrounds the tasks of a pod: image, volumes, networks, limits, namespaces. */
#include "mesos_launch.h"
#include "mesos_resource.h"
#include "mesos_wire.h"

#include <string.h>

/* ---- volumes --------------------------------------------------------------------------------------------------------- */

static Mesos__Volume *new_volume(MuArena *arena, char *container_path, gboolean read_only,
                                 Mesos__Volume__Source__Type type) {
  Mesos__Volume *volume = mu_wire_new(arena, &mesos__volume__descriptor);
  volume->container_path = container_path;
  volume->mode = read_only ? MESOS__VOLUME__MODE__RO : MESOS__VOLUME__MODE__RW;
  volume->source = mu_wire_new(arena, &mesos__volume__source__descriptor);
  volume->source->has_type = TRUE;
  volume->source->type = type;
  return volume;
}

static void add_volume(Mesos__ContainerInfo *container, Mesos__Volume *volume) {
  container->volumes[container->n_volumes++] = volume;
}

/* A volume of the pod lies in the executor's sandbox; each task has to say that it wants it in its own. */
static void add_pod_volumes(MuArena *arena, const MuPodLaunch *launch, Mesos__ContainerInfo *container) {
  for (guint i = 0; i < launch->resources->items->len; i++) {
    const MuResource *resource = launch->resources->items->pdata[i];
    if (resource->persistence_id == NULL || resource->container_path == NULL)
      continue;
    Mesos__Volume *volume =
        new_volume(arena, resource->container_path, FALSE, MESOS__VOLUME__SOURCE__TYPE__SANDBOX_PATH);
    Mesos__Volume__Source__SandboxPath *path = mu_wire_new(arena, &mesos__volume__source__sandbox_path__descriptor);
    path->has_type = TRUE;
    path->type = MESOS__VOLUME__SOURCE__SANDBOX_PATH__TYPE__PARENT;
    path->path = resource->container_path;
    volume->source->sandbox_path = path;
    add_volume(container, volume);
  }
}

static void add_host_volumes(MuArena *arena, const MuPodLaunch *launch, Mesos__ContainerInfo *container) {
  for (guint i = 0; i < launch->host_volumes->len; i++) {
    const MuLaunchHostVolume *wanted = launch->host_volumes->pdata[i];
    Mesos__Volume *volume =
        new_volume(arena, wanted->container_path, wanted->read_only, MESOS__VOLUME__SOURCE__TYPE__HOST_PATH);
    volume->source->host_path = mu_wire_new(arena, &mesos__volume__source__host_path__descriptor);
    volume->source->host_path->path = wanted->host_path;
    add_volume(container, volume);
  }
}

static Mesos__Parameters *write_options(MuArena *arena, const MuItems *options) {
  Mesos__Parameters *parameters = mu_wire_new(arena, &mesos__parameters__descriptor);
  parameters->parameter = mu_wire_array(arena, Mesos__Parameter, options->len);
  for (guint i = 0; i < options->len; i++) {
    const MuEnvVar *option = options->pdata[i];
    Mesos__Parameter *parameter = mu_wire_new(arena, &mesos__parameter__descriptor);
    parameter->key = option->name;
    parameter->value = option->value;
    parameters->parameter[parameters->n_parameter++] = parameter;
  }
  return parameters;
}

static void add_external_volumes(MuArena *arena, const MuPodLaunch *launch, Mesos__ContainerInfo *container) {
  for (guint i = 0; i < launch->external_volumes->len; i++) {
    const MuLaunchExternalVolume *wanted = launch->external_volumes->pdata[i];
    Mesos__Volume *volume =
        new_volume(arena, wanted->container_path, wanted->read_only, MESOS__VOLUME__SOURCE__TYPE__DOCKER_VOLUME);
    Mesos__Volume__Source__DockerVolume *docker = mu_wire_new(arena, &mesos__volume__source__docker_volume__descriptor);
    docker->driver = wanted->driver_name;
    docker->name = wanted->volume_name;
    if (wanted->driver_options->len > 0)
      docker->driver_options = write_options(arena, wanted->driver_options);
    volume->source->docker_volume = docker;
    add_volume(container, volume);
  }
}

static void add_secret_file(MuArena *arena, char *path, Mesos__Secret *secret, Mesos__ContainerInfo *container) {
  Mesos__Volume *volume = new_volume(arena, path, TRUE, MESOS__VOLUME__SOURCE__TYPE__SECRET);
  volume->source->secret = secret;
  add_volume(container, volume);
}

static void add_secret_files(MuArena *arena, const MuPodLaunch *launch, const MuMesosBrought *brought,
                             Mesos__ContainerInfo *container) {
  for (guint i = 0; i < launch->secrets->len; i++) {
    const MuLaunchSecret *wanted = launch->secrets->pdata[i];
    if (wanted->file != NULL)
      add_secret_file(arena, wanted->file, mu_mesos_secret_write(arena, wanted->secret, brought), container);
  }
}

/* Keys and certificates are secrets as well. */
static void add_keys(MuArena *arena, const GPtrArray *files, Mesos__ContainerInfo *container) {
  for (guint i = 0; files != NULL && i < files->len; i++) {
    const MuMesosFile *file = files->pdata[i];
    add_secret_file(arena, file->name, mu_mesos_value_write(arena, file->content), container);
  }
}

/* ---- networks, limits, namespaces -------------------------------------------------------------------------------------- */

static void add_mappings(MuArena *arena, const MuLaunchNetwork *network, Mesos__NetworkInfo *info) {
  info->port_mappings = mu_wire_array(arena, Mesos__NetworkInfo__PortMapping, network->port_mappings->len);
  for (guint i = 0; i < network->port_mappings->len; i++) {
    const MuLaunchPortMapping *wanted = &g_array_index(network->port_mappings, MuLaunchPortMapping, i);
    Mesos__NetworkInfo__PortMapping *mapping = mu_wire_new(arena, &mesos__network_info__port_mapping__descriptor);
    mapping->host_port = wanted->host_port;
    mapping->container_port = wanted->container_port;
    info->port_mappings[info->n_port_mappings++] = mapping;
  }
}

static void add_networks(MuArena *arena, const MuPodLaunch *launch, Mesos__ContainerInfo *container) {
  container->network_infos = mu_wire_array(arena, Mesos__NetworkInfo, launch->networks->len);
  for (guint i = 0; i < launch->networks->len; i++) {
    const MuLaunchNetwork *network = launch->networks->pdata[i];
    Mesos__NetworkInfo *info = mu_wire_new(arena, &mesos__network_info__descriptor);
    info->name = network->name;
    info->labels = mu_mesos_labels_write(arena, network->labels);
    add_mappings(arena, network, info);
    container->network_infos[container->n_network_infos++] = info;
  }
}

/* RLIMIT_NOFILE here is RLMT_NOFILE there. A name that Mesos has not was refused with the spec. */
static Mesos__RLimitInfo *write_rlimits(MuArena *arena, const MuItems *rlimits) {
  Mesos__RLimitInfo *info = mu_wire_new(arena, &mesos__rlimit_info__descriptor);
  info->rlimits = mu_wire_array(arena, Mesos__RLimitInfo__RLimit, rlimits->len);
  for (guint i = 0; i < rlimits->len; i++) {
    const MuLaunchRlimit *wanted = rlimits->pdata[i];
    char *name = mu_arena_printf(arena, "RLMT_%s", wanted->name + strlen("RLIMIT_"));
    const ProtobufCEnumValue *type =
        protobuf_c_enum_descriptor_get_value_by_name(&mesos__rlimit_info__rlimit__type__descriptor, name);
    if (type == NULL)
      continue;
    Mesos__RLimitInfo__RLimit *limit = mu_wire_new(arena, &mesos__rlimit_info__rlimit__descriptor);
    limit->has_type = TRUE;
    limit->type = (Mesos__RLimitInfo__RLimit__Type)type->value;
    limit->has_soft = limit->has_hard = wanted->hard >= 0 && wanted->soft >= 0; /* neither: unlimited */
    limit->soft = (guint64)wanted->soft;
    limit->hard = (guint64)wanted->hard;
    info->rlimits[info->n_rlimits++] = limit;
  }
  return info;
}

static void set_shared_memory(Mesos__LinuxInfo *linux_info, MuIpcMode mode, gint64 shm_size_mb) {
  linux_info->has_ipc_mode = mode != MU_IPC_DEFAULT;
  linux_info->ipc_mode =
      mode == MU_IPC_PRIVATE ? MESOS__LINUX_INFO__IPC_MODE__PRIVATE : MESOS__LINUX_INFO__IPC_MODE__SHARE_PARENT;
  linux_info->has_shm_size = shm_size_mb > 0;
  linux_info->shm_size = (guint32)MIN(shm_size_mb, G_MAXUINT32);
}

static Mesos__LinuxInfo *write_linux(MuArena *arena, const MuPodLaunch *launch, const MuTaskLaunch *task) {
  Mesos__LinuxInfo *info = mu_wire_new(arena, &mesos__linux_info__descriptor);
  if (launch->share_pid_namespace)
    info->has_share_pid_namespace = info->share_pid_namespace = TRUE;
  if (launch->seccomp_unconfined || launch->seccomp_profile != NULL) {
    info->seccomp = mu_wire_new(arena, &mesos__seccomp_info__descriptor);
    info->seccomp->profile_name = launch->seccomp_profile;
    info->seccomp->has_unconfined = info->seccomp->unconfined = launch->seccomp_unconfined;
  }
  set_shared_memory(info, task->ipc_mode, task->shm_size_mb);
  gboolean empty =
      !info->has_share_pid_namespace && info->seccomp == NULL && !info->has_ipc_mode && !info->has_shm_size;
  return empty ? NULL : info;
}

static Mesos__ContainerInfo__MesosInfo *write_image(MuArena *arena, const char *image) {
  Mesos__ContainerInfo__MesosInfo *info = mu_wire_new(arena, &mesos__container_info__mesos_info__descriptor);
  info->image = mu_wire_new(arena, &mesos__image__descriptor);
  info->image->type = MESOS__IMAGE__TYPE__DOCKER;
  info->image->docker = mu_wire_new(arena, &mesos__image__docker__descriptor);
  info->image->docker->name = (char *)image;
  return info;
}

/* ---- the two containers ------------------------------------------------------------------------------------------------ */

static Mesos__ContainerInfo *new_container(MuArena *arena) {
  Mesos__ContainerInfo *container = mu_wire_new(arena, &mesos__container_info__descriptor);
  container->type = MESOS__CONTAINER_INFO__TYPE__MESOS;
  return container;
}

/* Networks are the executor's: its tasks live in its network namespace. */
Mesos__ContainerInfo *mu_mesos_executor_container(MuArena *arena, const MuPodLaunch *launch) {
  gboolean shares_memory = launch->ipc_mode != MU_IPC_DEFAULT || launch->shm_size_mb > 0;
  if (launch->networks->len == 0 && !shares_memory)
    return NULL;
  Mesos__ContainerInfo *container = new_container(arena);
  add_networks(arena, launch, container);
  if (shares_memory) {
    container->linux_info = mu_wire_new(arena, &mesos__linux_info__descriptor);
    set_shared_memory(container->linux_info, launch->ipc_mode, launch->shm_size_mb);
  }
  return container;
}

Mesos__ContainerInfo *mu_mesos_task_container(MuArena *arena, const MuPodLaunch *launch, const MuTaskLaunch *task,
                                              const MuMesosBrought *brought) {
  Mesos__ContainerInfo *container = new_container(arena);
  const GPtrArray *keys = mu_mesos_brought_files(brought, task->task_id);
  gsize most = launch->resources->items->len + launch->host_volumes->len + launch->external_volumes->len +
               launch->secrets->len + (keys == NULL ? 0 : keys->len);
  container->volumes = mu_wire_array(arena, Mesos__Volume, most);
  add_pod_volumes(arena, launch, container);
  add_host_volumes(arena, launch, container);
  add_external_volumes(arena, launch, container);
  add_secret_files(arena, launch, brought, container);
  add_keys(arena, keys, container);
  if (launch->rlimits->len > 0)
    container->rlimit_info = write_rlimits(arena, launch->rlimits);
  if (launch->image != NULL)
    container->mesos = write_image(arena, launch->image);
  container->linux_info = write_linux(arena, launch, task);
  gboolean empty = container->n_volumes == 0 && container->rlimit_info == NULL && container->mesos == NULL &&
                   container->linux_info == NULL;
  return empty ? NULL : container;
}
