/* From a match to what the engine is told: the tasks of the launch with their environment, and the operations. */
#ifndef MU_LAUNCH_H
#define MU_LAUNCH_H
#include "evaluate.h"

typedef struct {
  const MuRequirement *requirement;
  const MuPodRecord *record; /* of the match */
  const char *default_user;  /* the ServiceSpec's; NULL: the engine's */
  const char *executor_id;
  const char *framework_name;
  const char *api_host; /* NULL: not told to the tasks */
  guint16 api_port;
  const GPtrArray
      *extra_env; /* of GHashTable*, string to string or NULL, as many as task ids: parameters of a plan; or NULL */
  guint64 paused; /* bit n: task n of the pod gets an idle command, no health check, and is never ready */
} MuLaunchInput;

/* What a paused task runs: its sandbox, volumes and environment are there to look into. */
extern const char mu_paused_command[];

/* "hello-0-server"; the caller frees. */
char *mu_task_name(const char *pod_type, guint index, const char *task);
/* "hello-0"; the caller frees. */
char *mu_pod_name(const char *pod_type, guint index);
/* The name of the port's variable: its env-key, or PORT_<NAME>; the caller frees. */
char *mu_port_env_name(const MuPortSpec *port);

/* The launch, with a fresh id for each task: `task_ids` (of char*) in the order of the tasks' bits. */
MuPodLaunch *mu_launch_build(const MuLaunchInput *input, const GPtrArray *task_ids);
/* UNRESERVE, RESERVE, CREATE (each only when there is something) and LAUNCH_GROUP are appended to `operations`; what they
 * are about is taken from the match. */
void mu_launch_operations(MuMatch *match, MuPodLaunch *take_launch, MuItems *operations);
#endif
