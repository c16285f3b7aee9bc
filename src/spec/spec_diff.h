/* What of a configuration reaches a task: two tasks with the same fingerprint need no restart to become each other.
 *
 * The reference compares whole pods, without their count, placement and allow-decommission. Ours is finer: a task is
 * compared with its own fields, its resource set, and those fields of its pod that reach it (image, networks, rlimits,
 * uris, volumes, host-, external volumes, secrets, namespaces, seccomp, shared memory). What never reaches a running task
 * is left out: count, allow-decommission, placement, pre-reserved-role, other tasks and their resource sets. The order in
 * which the author wrote keys has no meaning. */
#ifndef MU_SPEC_DIFF_H
#define MU_SPEC_DIFF_H
#include <glib.h>
#include <muster/spec.h>

/* SHA-256 in hex over the canonical JSON of what reaches the task, which is one of the pod's. The caller frees. */
char *mu_task_spec_fingerprint(const MuPodSpec *pod, const MuTaskSpec *task);
/* The same over all tasks of the pod: equal exactly when the pods have tasks of the same names with equal fingerprints. */
char *mu_pod_spec_fingerprint(const MuPodSpec *pod);
/* Whether the two fingerprints would be equal. */
gboolean mu_pod_spec_same_task_config(const MuPodSpec *a_pod, const MuTaskSpec *a, const MuPodSpec *b_pod,
                                      const MuTaskSpec *b);
#endif
