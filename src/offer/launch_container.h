/* What of a pod's spec is about its surroundings, as the engine is told it: image, volumes that are not ours, networks,
 * namespaces, and how it is found. */
#ifndef MU_LAUNCH_CONTAINER_H
#define MU_LAUNCH_CONTAINER_H
#include "engine.h"
#include "records.h"
#include <muster/spec.h>

/* Fills the pod's part of a new launch; `service` is the service's name. */
void mu_launch_fill_container(MuPodLaunch *launch, const MuPodSpec *pod, guint index, const char *service);
/* Fills the task's part; its ports are those of `set` in the record. */
void mu_launch_fill_discovery(MuTaskLaunch *launch, const MuPodSpec *pod, const MuTaskSpec *task,
                              const MuPodRecord *record, const MuResourceSet *set);
#endif
