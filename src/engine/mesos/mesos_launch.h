/* A launch of a pod as Mesos takes it: a LAUNCH_GROUP for each task, all with one default executor (nested-container-and-task-group.md). The
 * executor has what the pod has: its volumes, networks, shared memory; each task has its command and its container. */
#ifndef MU_MESOS_LAUNCH_H
#define MU_MESOS_LAUNCH_H
#include "arena.h"
#include "engine.h"
#include "mesos.pb-c.h"
#include "mesos_secrets.h"

/* Config templates travel in the task's environment, each in base64 under this name and its number, in parts when it is
 * long: MUSTER_TEMPLATE_0, MUSTER_TEMPLATE_0_1, … The kernel takes 128 KiB of one variable. */
#define MU_MESOS_TEMPLATE_ENV "MUSTER_TEMPLATE_"
#define MU_MESOS_TEMPLATE_PART (96 * 1024)

typedef struct {
  const char *framework_id, *agent_id;
  const char *bootstrap_url; /* where the fetcher finds muster-bootstrap; wanted by tasks with config templates */
  GHashTable *brought;       /* MuPodLaunch* to MuMesosBrought*: what is ours of what a launch wants; NULL: nothing */
} MuMesosLaunchPlace;

/* The group of the launch's n-th task, in the arena; borrows texts of the launch. */
Mesos__Offer__Operation__LaunchGroup *mu_mesos_launch_write(MuArena *arena, const MuPodLaunch *launch, guint n,
                                                            const MuMesosLaunchPlace *place);
/* What a master reads of it: ids, names, commands, environments, checks, resources, labels. MU_ERROR_REFUSED when a task's id
 * is none of muster's. The caller frees. */
MuPodLaunch *mu_mesos_launch_read(const Mesos__Offer__Operation__LaunchGroup *group, GError **error);

/* mesos_container.c: the container of the executor, and of a task of the pod. */
Mesos__ContainerInfo *mu_mesos_executor_container(MuArena *arena, const MuPodLaunch *launch);
Mesos__ContainerInfo *mu_mesos_task_container(MuArena *arena, const MuPodLaunch *launch, const MuTaskLaunch *task,
                                              const MuMesosBrought *brought);
#endif
