/* What operators do to a running service. */
#include "service_private.h"

#include "marks.h"
#include <muster/error.h>

#include <string.h>

/* ---- pods ---------------------------------------------------------------------------------------------------------- */

MuPod *mu_service_require_pod(MuService *service, const char *name, GError **error) {
  MuPod *pod = mu_service_find_pod(service, name, error);
  if (pod == NULL)
    return NULL;
  if (service->record->state != MU_SERVICE_RUNNING)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "service %s is being uninstalled", service->name);
  else if (mu_pod_is_decommissioned(pod))
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
                "pod %s is decommissioned; bring it back with: muster pod recommission %s %s", name, service->name,
                name);
  else
    return pod;
  return NULL;
}

static void forget_backoff(MuTask *task, MuEffects *effects) {
  if (task->record->failures == 0)
    return;
  task->record->failures = 0;
  mu_task_put(task, effects);
}

gboolean mu_service_pod_restart(MuService *service, const char *name, gboolean replace, GPtrArray *ret_tasks,
                                MuEffects *effects, GError **error) {
  MuPod *pod = mu_service_require_pod(service, name, error);
  if (pod == NULL)
    return FALSE;
  if (replace && pod->record != NULL && pod->record->fate == MU_POD_KEEP) {
    pod->record->fate = MU_POD_REPLACE;
    mu_pod_put(pod, effects);
  }
  for (guint i = 0; i < pod->tasks->len; i++) {
    MuTask *task = pod->tasks->pdata[i];
    g_ptr_array_add(ret_tasks, g_strdup(task->record->name));
    forget_backoff(task, effects);
    if (mu_task_is_alive(task))
      mu_task_want_kill(task, effects);
  }
  mu_pod_mark_dirty(pod);
  return TRUE;
}
