/* What the paths of a scenario mean. */
#ifndef MU_SIM_SCENARIO_FIND_H
#define MU_SIM_SCENARIO_FIND_H
#include "service.h"
#include "sim_scenario_private.h"

/* SERVICE/… split: a service's name may itself have slashes, so the longest service that there is decides, and when there is
 * none the first slash. */
typedef struct {
  char *service;
  char **parts; /* of the rest; NULL-terminated */
  guint n;
} MuPath;
MuPath mu_path_split(MuScenarioRun *run, const char *text);
void mu_path_clear(MuPath *path);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuPath, mu_path_clear)

/* NULL: there is none. Borrowed from the scheduler. */
MuService *mu_find_service(MuScenarioRun *run, const char *name);
MuPod *mu_find_pod(MuScenarioRun *run, const char *text);
MuTask *mu_find_task(MuScenarioRun *run, const char *text);
/* "2" to "agent-2", another text as it is; the caller frees. */
char *mu_find_agent_id(const char *text);
gboolean mu_has_agent(MuScenarioRun *run, const char *id);
/* Task id of the run that is alive; what the pod holds and where. NULL: nothing. The caller frees. */
char *mu_find_run(MuScenarioRun *run, const char *path);
char *mu_find_footprint(MuScenarioRun *run, const char *path);
#endif
