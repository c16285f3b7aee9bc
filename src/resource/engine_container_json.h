/* The JSON forms of a pod's surroundings (engine.h): members are left out when they have their default. */
#ifndef MU_ENGINE_CONTAINER_JSON_H
#define MU_ENGINE_CONTAINER_JSON_H
#include "engine.h"

/* image, host_volumes, external_volumes, networks, seccomp_*, ipc_mode and shm_size_mb of the pod. */
void mu_engine_json_set_container(json_t *object, const MuPodLaunch *launch);
gboolean mu_engine_json_get_container(const json_t *object, MuPodLaunch *launch, GError **error);
void mu_engine_json_set_discovery(json_t *object, const MuLaunchDiscovery *discovery); /* may be NULL */
gboolean mu_engine_json_get_discovery(const json_t *object, MuLaunchDiscovery **ret_discovery, GError **error);
void mu_engine_json_set_ipc(json_t *object, MuIpcMode mode, gint64 shm_size_mb);
gboolean mu_engine_json_get_ipc(const json_t *object, MuIpcMode *ret_mode, gint64 *ret_shm_size_mb, GError **error);
#endif
