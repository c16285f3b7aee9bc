#include "spec_build.h"

#include "spec_placement.h"
#include "spec_plan.h"
#include <string.h>

#define ANY_ROLE "*" /* Mesos' word for no role */

/* ---- resource sets ------------------------------------------------------------------------------------------------- */

static gboolean has_own(const MuResourceSet *set) {
  return set->cpus_milli != 0 || set->gpus_milli != 0 || set->mem_mb != 0 || set->limit_cpus_milli != 0 ||
         set->limit_mem_mb != 0 || set->n_ports > 0 || set->n_volumes > 0;
}

static gboolean find_set(const MuPodSpec *pod, guint n_named, const char *id, guint *ret_index) {
  for (guint i = 0; i < n_named; i++)
    if (strcmp(pod->resource_sets[i].id, id) == 0) {
      *ret_index = i;
      return TRUE;
    }
  return FALSE;
}

static void use_named_set(MuSpecReader *reader, const MuPodSpec *pod, guint n_named, const MuTaskDraft *draft,
                          MuTaskSpec *task) {
  const MuNode *node = mu_spec_where_field(reader, task, "resource-set");
  if (has_own(&draft->own))
    mu_faults_add(reader->faults, node, "task \"%s\" has a resource-set and resources of its own; expected one of them",
                  task->name);
  if (find_set(pod, n_named, draft->resource_set, &task->resource_set))
    return;
  const char **ids = mu_arena_new0(reader->scratch, const char *, n_named + 1);
  for (guint i = 0; i < n_named; i++)
    ids[i] = pod->resource_sets[i].id;
  const char *nearest = mu_spec_nearest(draft->resource_set, ids);
  mu_faults_add(reader->faults, node, "pod \"%s\" has no resource set \"%s\"%s%s%s", pod->type, draft->resource_set,
                nearest == NULL ? "" : "; did you mean \"", nearest == NULL ? "" : nearest,
                nearest == NULL ? "" : "\"?");
}

static void use_own_set(MuSpecReader *reader, MuPodSpec *pod, guint n_named, const MuTaskDraft *draft,
                        MuTaskSpec *task) {
  guint index;
  MuResourceSet *set = &pod->resource_sets[pod->n_resource_sets];
  *set = draft->own;
  set->of_task = TRUE;
  set->id = mu_arena_printf(reader->arena, "%s-resource-set", task->name);
  mu_spec_moved(reader, draft, set);
  if (find_set(pod, n_named, set->id, &index))
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, &pod->resource_sets[index])),
                  "\"%s\" is the name of the resources of task \"%s\"; expected another name for the set", set->id,
                  task->name);
  task->resource_set = pod->n_resource_sets++;
}

static void build_tasks(MuSpecReader *reader, const MuPodDraft *draft, MuPodSpec *pod) {
  guint n_named = pod->n_resource_sets;
  const MuResourceSet *named = pod->resource_sets;
  pod->resource_sets = mu_arena_new0(reader->arena, MuResourceSet, n_named + draft->n_tasks);
  for (guint i = 0; i < n_named; i++) {
    pod->resource_sets[i] = named[i];
    mu_spec_moved(reader, &named[i], &pod->resource_sets[i]);
  }
  pod->n_tasks = draft->n_tasks;
  pod->tasks = mu_arena_new0(reader->arena, MuTaskSpec, pod->n_tasks);
  for (guint i = 0; i < pod->n_tasks; i++) {
    pod->tasks[i] = draft->tasks[i].task;
    mu_spec_moved(reader, &draft->tasks[i], &pod->tasks[i]);
    if (draft->tasks[i].resource_set != NULL)
      use_named_set(reader, pod, n_named, &draft->tasks[i], &pod->tasks[i]);
    else
      use_own_set(reader, pod, n_named, &draft->tasks[i], &pod->tasks[i]);
  }
}

/* ---- defaults that depend on other fields --------------------------------------------------------------------------- */

static void complete_port(MuPortSpec *port) {
  if (port->has_vip && port->vip_prefix == NULL)
    port->vip_prefix = port->name;
  for (guint i = 0; i < port->n_ranges; i++)
    if (port->ranges[i].end == 0) /* as in the reference: not given */
      port->ranges[i].end = 65535;
}

static void complete_task(MuTaskSpec *task) {
  for (guint i = 0; i < task->n_configs; i++)
    if (task->configs[i].template_text == NULL)
      task->configs[i].template_text = "";
}

static void complete_pod(MuSpecReader *reader, MuPodSpec *pod) {
  if (pod->pre_reserved_role != NULL && strcmp(pod->pre_reserved_role, ANY_ROLE) == 0)
    pod->pre_reserved_role = NULL;
  for (guint i = 0; i < pod->n_secrets; i++)
    if (pod->secrets[i].file == NULL && pod->secrets[i].env_key == NULL)
      pod->secrets[i].file = pod->secrets[i].secret;
  for (guint i = 0; i < pod->n_resource_sets; i++)
    for (guint j = 0; j < pod->resource_sets[i].n_ports; j++)
      complete_port(&pod->resource_sets[i].ports[j]);
  for (guint i = 0; i < pod->n_tasks; i++)
    complete_task(&pod->tasks[i]);
  g_autoptr(GError) error = NULL;
  if (pod->placement_text != NULL && !mu_placement_parse(reader->arena, pod->placement_text, &pod->placement, &error))
    mu_faults_add(reader->faults, mu_spec_where_field(reader, pod, "placement"), "\"placement\": %s", error->message);
  if (pod->placement == NULL)
    pod->placement_text = NULL;
}

void mu_spec_build(MuSpecReader *reader, const MuServiceDraft *draft, MuServiceSpec *spec) {
  *spec = draft->service;
  mu_spec_moved(reader, draft, spec);
  spec->n_pods = draft->n_pods;
  spec->pods = mu_arena_new0(reader->arena, MuPodSpec, spec->n_pods);
  for (guint i = 0; i < spec->n_pods; i++) {
    spec->pods[i] = draft->pods[i].pod;
    mu_spec_moved(reader, &draft->pods[i], &spec->pods[i]);
    build_tasks(reader, &draft->pods[i], &spec->pods[i]);
    complete_pod(reader, &spec->pods[i]);
  }
  mu_spec_read_steps(reader, spec);
}
