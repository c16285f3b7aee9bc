#include "config_validate.h"

#include "spec_network.h"
#include "spec_placement.h"
#include <muster/error.h>
#include <string.h>

#define REGION_FIELD "@region"

/* One pod type before and after. */
typedef struct {
  const MuPodSpec *old_pod, *new_pod;
  GString *faults; /* a line each */
} Change;

static void add(GString *faults, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(GString *faults, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (faults->len > 0)
    g_string_append_c(faults, '\n');
  g_string_append_vprintf(faults, format, args);
  va_end(args);
}

static const char *or_none(const char *text) {
  return text == NULL ? "none" : text;
}

/* ---- the service --------------------------------------------------------------------------------------------------- */

static void check_name(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults) {
  if (strcmp(old_spec->name, new_spec->name) != 0)
    add(faults,
        "the service's name cannot change from \"%s\" to \"%s\"; add a service of the new name and remove this one",
        old_spec->name, new_spec->name);
}

/* Files of the tasks belong to the old user. */
static void check_user(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults) {
  if (g_strcmp0(old_spec->user, new_spec->user) != 0)
    add(faults, "scheduler.user cannot change from %s to %s; put it back, or add a service with the new user",
        or_none(old_spec->user), or_none(new_spec->user));
}

/* ---- a pod --------------------------------------------------------------------------------------------------------- */

static void check_removed(const MuPodSpec *old_pod, GString *faults) {
  if (!old_pod->allow_decommission)
    add(faults,
        "pod \"%s\" cannot be removed; first update the service with allow-decommission: true for it, then remove the pod",
        old_pod->type);
}

static void check_count(const Change *change) {
  const MuPodSpec *old_pod = change->old_pod, *new_pod = change->new_pod;
  if (new_pod->count < old_pod->count && !new_pod->allow_decommission)
    add(change->faults,
        "pod \"%s\": the count cannot go down from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
        "; set allow-decommission: true for the pod, or keep a count of at least %" G_GINT64_FORMAT,
        old_pod->type, old_pod->count, new_pod->count, old_pod->count);
}

static void check_role(const Change *change) {
  if (g_strcmp0(change->old_pod->pre_reserved_role, change->new_pod->pre_reserved_role) != 0)
    add(change->faults,
        "pod \"%s\": pre-reserved-role cannot change from %s to %s; put it back, or add a pod type with the new role",
        change->old_pod->type, or_none(change->old_pod->pre_reserved_role),
        or_none(change->new_pod->pre_reserved_role));
}

static void check_network(const Change *change) {
  gboolean had = mu_pod_uses_host_ports(change->old_pod), has = mu_pod_uses_host_ports(change->new_pod);
  if (had != has)
    add(change->faults,
        "pod \"%s\": cannot change from %s network to %s, since its ports are %s; add a pod type with the new networks",
        change->old_pod->type, had ? "the agent's" : "a virtual", has ? "the agent's" : "a virtual one",
        had ? "reserved on the agent" : "not reserved on the agent");
}

/* ---- regions ------------------------------------------------------------------------------------------------------- */

static void append_regions(const MuPlacementRule *rule, const char *prefix, GString *regions) {
  if (rule == NULL)
    return;
  if (rule->field != NULL && strcmp(rule->field, REGION_FIELD) == 0)
    g_string_append_printf(regions, "%s%d:%s:%d;", prefix, (int)rule->kind, rule->value == NULL ? "" : rule->value,
                           rule->count);
  const char *inner = rule->kind == MU_RULE_NOT ? "not " : prefix;
  for (guint i = 0; i < rule->n_children; i++)
    append_regions(rule->children[i], inner, regions);
}

/* Volumes cannot follow a pod into another region. */
static void check_region(const Change *change) {
  g_autoptr(GString) old_regions = g_string_new(NULL);
  g_autoptr(GString) new_regions = g_string_new(NULL);
  append_regions(change->old_pod->placement, "", old_regions);
  append_regions(change->new_pod->placement, "", new_regions);
  if (!g_string_equal(old_regions, new_regions))
    add(change->faults,
        "pod \"%s\": the constraints on " REGION_FIELD
        " cannot change; put them back, or add a pod type for the other region",
        change->old_pod->type);
}

/* ---- volumes ------------------------------------------------------------------------------------------------------- */

static gboolean same_profiles(const char *const *a, const char *const *b) {
  guint n_a = a == NULL ? 0 : g_strv_length((char **)a), n_b = b == NULL ? 0 : g_strv_length((char **)b);
  if (n_a != n_b)
    return FALSE;
  for (guint i = 0; i < n_a; i++)
    if (!g_strv_contains(b, a[i]))
      return FALSE;
  return TRUE;
}

static const MuVolumeSpec *find_volume(const MuVolumeSpec *volumes, guint n, const char *path) {
  for (guint i = 0; i < n; i++)
    if (strcmp(volumes[i].path, path) == 0)
      return &volumes[i];
  return NULL;
}

static const char *volume_type(const MuVolumeSpec *volume) {
  return volume->type == MU_VOLUME_ROOT ? "ROOT" : "MOUNT";
}

/* `owner` names what the volumes belong to, as `pod "hello"`. */
static void check_volumes(GString *faults, const char *owner, const MuVolumeSpec *old_volumes, guint n_old,
                          const MuVolumeSpec *new_volumes, guint n_new) {
  static const char advice[] = "put it back, or add a pod type with the new volumes and move the data there";
  for (guint i = 0; i < n_old; i++) {
    const MuVolumeSpec *was = &old_volumes[i], *is = find_volume(new_volumes, n_new, was->path);
    if (is == NULL)
      add(faults, "%s: the volume \"%s\" cannot be removed; %s", owner, was->path, advice);
    else if (is->type != was->type)
      add(faults, "%s: the volume \"%s\" cannot change from %s to %s; %s", owner, was->path, volume_type(was),
          volume_type(is), advice);
    else if (is->size_mb != was->size_mb)
      add(faults, "%s: the volume \"%s\" cannot change from %" G_GINT64_FORMAT " MB to %" G_GINT64_FORMAT " MB; %s",
          owner, was->path, was->size_mb, is->size_mb, advice);
    else if (!same_profiles(was->profiles, is->profiles))
      add(faults, "%s: the profiles of the volume \"%s\" cannot change; %s", owner, was->path, advice);
  }
  for (guint i = 0; i < n_new; i++)
    if (find_volume(old_volumes, n_old, new_volumes[i].path) == NULL)
      add(faults, "%s: the volume \"%s\" cannot be added; leave it out, or add a pod type with it", owner,
          new_volumes[i].path);
}

static void check_task_volumes(const Change *change, const MuTaskSpec *old_task) {
  const MuTaskSpec *new_task = mu_pod_spec_task(change->new_pod, old_task->name);
  if (new_task == NULL)
    return;
  const MuResourceSet *was = &change->old_pod->resource_sets[old_task->resource_set];
  const MuResourceSet *is = &change->new_pod->resource_sets[new_task->resource_set];
  g_autofree char *owner = g_strdup_printf("task \"%s\" of pod \"%s\"", old_task->name, change->old_pod->type);
  check_volumes(change->faults, owner, was->volumes, was->n_volumes, is->volumes, is->n_volumes);
}

static void check_pod_volumes(const Change *change) {
  const MuPodSpec *was = change->old_pod, *is = change->new_pod;
  g_autofree char *owner = g_strdup_printf("pod \"%s\"", was->type);
  check_volumes(change->faults, owner, was->volumes, was->n_volumes, is->volumes, is->n_volumes);
  for (guint i = 0; i < was->n_tasks; i++)
    check_task_volumes(change, &was->tasks[i]);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static void check_pod(const Change *change) {
  check_count(change);
  check_role(change);
  check_network(change);
  check_region(change);
  check_pod_volumes(change);
}

gboolean mu_spec_validate_change(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GError **error) {
  g_autoptr(GString) faults = g_string_new(NULL);
  check_name(old_spec, new_spec, faults);
  check_user(old_spec, new_spec, faults);
  for (guint i = 0; i < old_spec->n_pods; i++) {
    const MuPodSpec *old_pod = &old_spec->pods[i];
    Change change = {old_pod, mu_service_spec_pod(new_spec, old_pod->type), faults};
    if (change.new_pod == NULL)
      check_removed(old_pod, faults);
    else
      check_pod(&change);
  }
  if (faults->len == 0)
    return TRUE;
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, faults->str);
  return FALSE;
}
