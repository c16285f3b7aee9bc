/* Pausing: an operator has an idle command run in place of a task's own, to look around where it runs. Which tasks are paused is
 * a record of the pod instance; every launch looks there. GoalStateOverride of dcos-commons. */
#include "service_private.h"

#include "launch.h"
#include "stored.h"
#include <muster/error.h>

#include <string.h>

/* ---- which ones ---------------------------------------------------------------------------------------------------- */

static gboolean find_name(const MuPod *pod, const char *task, guint *ret_index) {
  return pod->paused != NULL && g_ptr_array_find_with_equal_func(pod->paused, task, g_str_equal, ret_index);
}

gboolean mu_pod_is_paused(const MuPod *pod, const char *task) {
  return find_name(pod, task, NULL);
}

guint64 mu_pod_paused_tasks(const MuPod *pod, const MuPodSpec *spec) {
  guint64 tasks = 0;
  for (guint i = 0; i < spec->n_tasks; i++)
    if (mu_pod_is_paused(pod, spec->tasks[i].name))
      tasks |= G_GUINT64_CONSTANT(1) << i;
  return tasks;
}

static void put_paused(MuPod *pod, MuEffects *effects) {
  if (pod->paused->len > 0) {
    mu_stored_take(pod->service, MU_RECORD_PAUSE, pod->name, mu_pause_record_encode(pod->paused), &pod->pause_bytes,
                   effects);
    return;
  }
  mu_stored_delete(pod->service, MU_RECORD_PAUSE, pod->name, &pod->pause_bytes, effects);
  g_clear_pointer(&pod->paused, g_ptr_array_unref);
}

void mu_pod_forget_paused(MuPod *pod, const MuPodSpec *spec, MuEffects *effects) {
  guint before = pod->paused == NULL ? 0 : pod->paused->len;
  for (guint i = before; i > 0; i--)
    if (spec == NULL || mu_pod_spec_task(spec, pod->paused->pdata[i - 1]) == NULL)
      g_ptr_array_remove_index(pod->paused, i - 1);
  if (before > 0 && pod->paused->len < before)
    put_paused(pod, effects);
}

/* ---- how it is shown ----------------------------------------------------------------------------------------------- */

const char *mu_task_pause_state(const MuTask *task) {
  if (!mu_pod_is_paused(task->pod, task->record->task))
    return NULL;
  return task->record->paused && task->status != NULL && task->status->state == MU_TASK_RUNNING ? "PAUSED" : "PAUSING";
}

const char *mu_step_pause_state(const MuStep *step) {
  const MuPod *pod = step->asset;
  const MuPodSpec *spec = pod == NULL || step->tasks == 0 ? NULL : mu_step_spec(step);
  const char *state = NULL;
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++) {
    const MuTask *task = mu_pod_task(pod, spec->tasks[i].name);
    if ((step->tasks & (G_GUINT64_CONSTANT(1) << i)) == 0)
      continue;
    const char *of_task = task == NULL ? NULL : mu_task_pause_state(task);
    if (of_task == NULL)
      return NULL;
    if (state == NULL || strcmp(of_task, "PAUSING") == 0)
      state = of_task;
  }
  return state;
}

/* ---- the operation ------------------------------------------------------------------------------------------------- */

/* The pod's tasks: those that were launched, and those of the target configuration; names without the pod's. */
static GPtrArray *task_names(const MuPod *pod) {
  const MuServiceSpec *target = mu_service_target(pod->service);
  const MuPodSpec *spec = target == NULL ? NULL : mu_service_spec_pod(target, pod->type);
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; spec != NULL && i < spec->n_tasks; i++)
    g_ptr_array_add(names, (gpointer)spec->tasks[i].name);
  for (guint i = 0; i < pod->tasks->len; i++) {
    char *name = ((MuTask *)pod->tasks->pdata[i])->record->task;
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
      g_ptr_array_add(names, name);
  }
  return names;
}

static gboolean is_chosen(const MuPod *pod, const char *task, const char *const *chosen) {
  g_autofree char *whole = mu_task_name(pod->type, pod->index, task);
  return chosen == NULL || chosen[0] == NULL || g_strv_contains(chosen, task) || g_strv_contains(chosen, whole);
}

/* The error names the first one that is none of the pod's. */
static gboolean check_chosen(const MuPod *pod, const GPtrArray *names, const char *const *chosen, GError **error) {
  for (guint i = 0; chosen != NULL && chosen[i] != NULL; i++) {
    gboolean found = FALSE;
    const char *one[] = {chosen[i], NULL};
    for (guint j = 0; j < names->len; j++)
      found |= is_chosen(pod, names->pdata[j], one);
    if (found)
      continue;
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "pod %s has no task \"%s\"; see them with: muster pod status %s %s", pod->name, chosen[i],
                pod->service->name, pod->name);
    return FALSE;
  }
  return TRUE;
}

static void set_paused(MuPod *pod, const char *task, gboolean pause) {
  guint index = 0;
  gboolean paused = find_name(pod, task, &index);
  if (pod->paused == NULL)
    pod->paused = g_ptr_array_new_with_free_func(g_free);
  if (pause && !paused)
    g_ptr_array_add(pod->paused, g_strdup(task));
  else if (!pause && paused)
    g_ptr_array_remove_index(pod->paused, index);
}

static void end_other_run(MuPod *pod, const char *name, gboolean pause, MuEffects *effects) {
  MuTask *task = mu_pod_task(pod, name);
  if (task == NULL)
    return;
  task->record->failures = 0;
  mu_task_put(task, effects);
  if (mu_task_is_alive(task) && task->record->paused != pause)
    mu_task_want_kill(task, effects);
}

gboolean mu_service_pod_pause(MuService *service, const char *name, const char *const *tasks, gboolean pause,
                              GPtrArray *ret_tasks, MuEffects *effects, GError **error) {
  MuPod *pod = mu_service_require_pod(service, name, error);
  if (pod == NULL)
    return FALSE;
  g_autoptr(GPtrArray) names = task_names(pod);
  if (!check_chosen(pod, names, tasks, error))
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    if (!is_chosen(pod, names->pdata[i], tasks))
      continue;
    set_paused(pod, names->pdata[i], pause);
    end_other_run(pod, names->pdata[i], pause, effects);
    g_ptr_array_add(ret_tasks, mu_task_name(pod->type, pod->index, names->pdata[i]));
  }
  put_paused(pod, effects);
  mu_pod_mark_dirty(pod);
  return TRUE;
}
