#include "spec_diff.h"

#include "arena.h"
#include "spec_json.h"
#include <stdlib.h>
#include <string.h>

static GString *task_text(const MuPodSpec *pod, const MuTaskSpec *task) {
  g_autoptr(MuArena) scratch = mu_arena_new();
  const MuResourceSet *set = &pod->resource_sets[task->resource_set];
  MuSpecWriter writer = {
      .out = g_string_new(NULL),
      .scratch = scratch,
      .skip = MU_FIELD_NOT_RUNNING,
      .sorted = TRUE,
  };
  MuTaskDraft task_draft = {.task = *task, .own = *set, .resource_set = set->id};
  MuPodDraft pod_draft = {.pod = *pod};
  mu_json_append_string(writer.out, pod->type);
  mu_json_append_string(writer.out, task->name);
  mu_spec_write(&writer, &mu_pod_object, &pod_draft);
  mu_spec_write(&writer, &mu_task_object, &task_draft);
  return writer.out;
}

char *mu_task_spec_fingerprint(const MuPodSpec *pod, const MuTaskSpec *task) {
  g_autoptr(GString) text = task_text(pod, task);
  return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize)text->len);
}

static int compare_names(const void *a, const void *b) {
  return strcmp((*(const MuTaskSpec *const *)a)->name, (*(const MuTaskSpec *const *)b)->name);
}

char *mu_pod_spec_fingerprint(const MuPodSpec *pod) {
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  g_autofree const MuTaskSpec **tasks = g_new(const MuTaskSpec *, pod->n_tasks);
  for (guint i = 0; i < pod->n_tasks; i++)
    tasks[i] = &pod->tasks[i];
  if (pod->n_tasks > 1)
    qsort(tasks, pod->n_tasks, sizeof *tasks, compare_names);
  for (guint i = 0; i < pod->n_tasks; i++) {
    g_autofree char *fingerprint = mu_task_spec_fingerprint(pod, tasks[i]);
    g_checksum_update(checksum, (const guchar *)fingerprint, (gssize)strlen(fingerprint));
  }
  return g_strdup(g_checksum_get_string(checksum));
}

gboolean mu_pod_spec_same_task_config(const MuPodSpec *a_pod, const MuTaskSpec *a, const MuPodSpec *b_pod,
                                      const MuTaskSpec *b) {
  g_autoptr(GString) a_text = task_text(a_pod, a);
  g_autoptr(GString) b_text = task_text(b_pod, b);
  return g_string_equal(a_text, b_text);
}
