/* What a launch needs, as a flat list: every resource of the pod itself and of the resource sets of the tasks to launch. */
#ifndef MU_WANTS_H
#define MU_WANTS_H
#include "records.h"
#include <muster/spec.h>

#define MU_SET_POD ""              /* of the pod's own volumes, in the ledger */
#define MU_SET_EXECUTOR "executor" /* of the executor's overhead */

typedef struct {
  const char *set;
  MuResourceKind kind;
  const char *what;           /* port's name, volume's path; NULL for plain scalars */
  gint64 amount;              /* scalars */
  const MuPortSpec *port;     /* ports */
  const MuVolumeSpec *volume; /* disks that are volumes; NULL for the executor's plain disk */
} MuWant;

typedef struct {
  gint64 cpus_milli, mem_mb, disk_mb;
} MuOverhead;

/* What reservations of a pod are made for: the framework's role, or the one below the pod's pre-reserved role (NULL: none). The
 * caller frees. */
char *mu_role_of_pod(const char *framework_role, const char *pre_reserved_role);
/* The list (of MuWant) for the tasks in the mask; `with_pod`: also the pod's own volumes and the overhead. Borrows from
 * the spec. */
GArray *mu_wants_list(const MuPodSpec *pod, guint64 tasks, gboolean with_pod, const MuOverhead *overhead);
/* The ledger has an entry for each of these, of that amount. A port's number is not looked at. */
gboolean mu_wants_are_held(const MuPodSpec *pod, guint64 tasks, gboolean with_pod, const MuOverhead *overhead,
                           const MuPodRecord *record);
/* The pod's spec still has a place for this entry of the ledger. */
gboolean mu_wants_has(const MuPodSpec *pod, const MuLedgerEntry *entry, const MuOverhead *overhead);
#endif
