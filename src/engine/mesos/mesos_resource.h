/* Resources between Mesos and us (resource.h): amounts are thousandths there too, reservations are a stack whose innermost
 * entry is ours, and of the disks those are read that muster uses: the root disk, MOUNT disks, and volumes on either. */
#ifndef MU_MESOS_RESOURCE_H
#define MU_MESOS_RESOURCE_H
#include "arena.h"
#include "items.h"
#include "mesos.pb-c.h"
#include "resource.h"

/* The labels of a reservation of ours. */
#define MU_MESOS_LABEL_RESOURCE_ID "resource_id"
#define MU_MESOS_LABEL_NAMESPACE "namespace"

/* NULL: one that muster has no use for, and must not count: of another kind, revocable, shared, of a resource provider, a
 * PATH, BLOCK or RAW disk, a MOUNT disk that is no whole number of MB, reserved more than twice, an amount out of range. The
 * caller frees. */
MuResource *mu_mesos_resource_read(const Mesos__Resource *message);
/* In the arena; borrows texts of the resource. */
Mesos__Resource *mu_mesos_resource_write(MuArena *arena, const MuResource *resource);
/* All of them; those without use are passed over. The caller frees. */
MuResources *mu_mesos_resources_read(Mesos__Resource *const *messages, gsize n);
Mesos__Resource **mu_mesos_resources_write(MuArena *arena, const MuResources *resources, gsize *ret_n);
/* Labels in the arena; NULL when there are none. `pairs` of MuEnvVar. */
Mesos__Labels *mu_mesos_labels_write(MuArena *arena, const MuItems *pairs);
#endif
