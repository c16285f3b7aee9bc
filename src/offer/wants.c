#include "wants.h"

#include <string.h>

char *mu_role_of_pod(const char *framework_role, const char *pre_reserved_role) {
  return pre_reserved_role == NULL ? g_strdup(framework_role)
                                   : g_strconcat(pre_reserved_role, "/", framework_role, NULL);
}

static void add_scalar(GArray *wants, const char *set, MuResourceKind kind, gint64 amount) {
  if (amount > 0) {
    const MuWant want = {.set = set, .kind = kind, .amount = amount};
    g_array_append_val(wants, want);
  }
}

static void add_volumes(GArray *wants, const char *set, const MuVolumeSpec *volumes, guint n) {
  for (guint i = 0; i < n; i++) {
    const MuWant want = {.set = set,
                         .kind = MU_RESOURCE_DISK,
                         .what = volumes[i].path,
                         .amount = volumes[i].size_mb,
                         .volume = &volumes[i]};
    g_array_append_val(wants, want);
  }
}

static void add_set(GArray *wants, const MuResourceSet *set) {
  add_scalar(wants, set->id, MU_RESOURCE_CPUS, set->cpus_milli);
  add_scalar(wants, set->id, MU_RESOURCE_MEM, set->mem_mb);
  add_scalar(wants, set->id, MU_RESOURCE_GPUS, set->gpus_milli);
  add_volumes(wants, set->id, set->volumes, set->n_volumes);
  for (guint i = 0; i < set->n_ports; i++) {
    const MuWant want = {.set = set->id, .kind = MU_RESOURCE_PORTS, .what = set->ports[i].name, .port = &set->ports[i]};
    g_array_append_val(wants, want);
  }
}

static guint64 sets_of_tasks(const MuPodSpec *pod, guint64 tasks) {
  guint64 sets = 0;
  for (guint i = 0; i < pod->n_tasks; i++)
    if ((tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      sets |= G_GUINT64_CONSTANT(1) << pod->tasks[i].resource_set;
  return sets;
}

GArray *mu_wants_list(const MuPodSpec *pod, guint64 tasks, gboolean with_pod, const MuOverhead *overhead) {
  GArray *wants = g_array_sized_new(FALSE, FALSE, sizeof(MuWant), 8);
  if (with_pod) {
    add_scalar(wants, MU_SET_EXECUTOR, MU_RESOURCE_CPUS, overhead->cpus_milli);
    add_scalar(wants, MU_SET_EXECUTOR, MU_RESOURCE_MEM, overhead->mem_mb);
    add_scalar(wants, MU_SET_EXECUTOR, MU_RESOURCE_DISK, overhead->disk_mb);
    add_volumes(wants, MU_SET_POD, pod->volumes, pod->n_volumes);
  }
  guint64 sets = sets_of_tasks(pod, tasks);
  for (guint i = 0; i < pod->n_resource_sets; i++)
    if ((sets & (G_GUINT64_CONSTANT(1) << i)) != 0)
      add_set(wants, &pod->resource_sets[i]);
  return wants;
}

static gboolean is_held(const MuWant *want, const MuPodRecord *record) {
  const MuLedgerEntry *entry = mu_pod_record_find(record, want->set, want->kind, want->what);
  return entry != NULL &&
         (want->kind == MU_RESOURCE_PORTS || want->volume != NULL || entry->resource->amount >= want->amount);
}

gboolean mu_wants_are_held(const MuPodSpec *pod, guint64 tasks, gboolean with_pod, const MuOverhead *overhead,
                           const MuPodRecord *record) {
  g_autoptr(GArray) wants = mu_wants_list(pod, tasks, with_pod, overhead);
  for (guint i = 0; i < wants->len; i++)
    if (!is_held(&g_array_index(wants, MuWant, i), record))
      return FALSE;
  return TRUE;
}

gboolean mu_wants_has(const MuPodSpec *pod, const MuLedgerEntry *entry, const MuOverhead *overhead) {
  g_autoptr(GArray) wants = mu_wants_list(pod, G_MAXUINT64, TRUE, overhead);
  for (guint i = 0; i < wants->len; i++) {
    const MuWant *want = &g_array_index(wants, MuWant, i);
    if (want->kind == entry->resource->kind && strcmp(want->set, entry->set) == 0 &&
        g_strcmp0(want->what, entry->what) == 0)
      return TRUE;
  }
  return FALSE;
}
