/* What a task was launched with and what was heard of it, as the JSON of Mesos' messages TaskInfo and TaskStatus (mesos.proto) in
 * the names that the reference's API gives their members (taskId, slaveId, …). The same whatever the engine is: it is made from
 * our own launch. Each returns a new reference. */
#ifndef MU_VIEW_TASK_INFO_H
#define MU_VIEW_TASK_INFO_H
#include "engine.h"
#include "records.h"

/* The one task of `launch`, which holds what belongs to its pod too; NULL: what it was launched with is known no more, and its ids
 * are all there is. `labels` (of MuEnvVar*) come before those of the launch. `framework_id` may be NULL. */
json_t *mu_view_task_info(const MuTaskRecord *record, const MuPodLaunch *launch, const MuItems *labels,
                          const char *framework_id);
json_t *mu_view_task_status(const MuTaskRecord *record, const MuTaskStatus *status);
#endif
