#include "config_validate.h"

#include "spec_network.h"
#include "spec_placement.h"
#include <muster/config_validator.h>
#include <muster/error.h>
#include <string.h>

#define REGION_FIELD "@region"
#define ZONE_FIELD "@zone"

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

#define DEFAULT_USER "root" /* whom the reference takes a service without a user for */

/* Files of the tasks belong to the old user. */
static void check_user(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults) {
  const char *was = old_spec->user == NULL ? DEFAULT_USER : old_spec->user;
  const char *is = new_spec->user == NULL ? DEFAULT_USER : new_spec->user;
  if (strcmp(was, is) != 0)
    add(faults, "scheduler.user cannot change from %s to %s; put it back, or add a service with the new user",
        or_none(old_spec->user), or_none(new_spec->user));
}

/* ---- a pod --------------------------------------------------------------------------------------------------------- */

/* The old configuration decides: the new one says nothing of a pod that it does not have. */
static void check_removed(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults) {
  for (guint i = 0; i < old_spec->n_pods; i++) {
    const MuPodSpec *old_pod = &old_spec->pods[i];
    if (mu_service_spec_pod(new_spec, old_pod->type) != NULL || old_pod->allow_decommission)
      continue;
    add(faults,
        "pod \"%s\" cannot be removed; first update the service with allow-decommission: true for it, then remove the pod",
        old_pod->type);
  }
}

/* The new configuration decides: what it allows may happen now, and what it forbids may not although it was allowed. */

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

/* What a service may not become. A rule stands for a class of the reference's package config.validate, whose name it bears. */
static const struct {
  const char *reference; /* NULL: ours */
  void (*of_service)(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults);
  void (*of_pod)(const Change *change); /* a pod type that both have */
} rules[] = {
    {NULL, check_name, NULL},
    {"UserCannotChange", check_user, NULL},
    {"PodSpecsCannotShrink", check_removed, check_count},
    {"PreReservationCannotChange", NULL, check_role},
    {"PodSpecsCannotChangeNetworkRegime", NULL, check_network},
    {"RegionCannotChange", NULL, check_region},
    {"TaskVolumesCannotChange", NULL, check_pod_volumes},
};

const char *mu_spec_change_rule(guint index) {
  return index < G_N_ELEMENTS(rules) ? (rules[index].reference == NULL ? "" : rules[index].reference) : NULL;
}

static void check_service(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults) {
  for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
    if (rules[i].of_service != NULL)
      rules[i].of_service(old_spec, new_spec, faults);
}

static void check_pods(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GString *faults) {
  for (guint i = 0; i < old_spec->n_pods; i++) {
    const MuPodSpec *old_pod = &old_spec->pods[i];
    Change change = {old_pod, mu_service_spec_pod(new_spec, old_pod->type), faults};
    for (guint j = 0; change.new_pod != NULL && j < G_N_ELEMENTS(rules); j++)
      if (rules[j].of_pod != NULL)
        rules[j].of_pod(&change);
  }
}

static gboolean tell(const GString *faults, GError **error) {
  if (faults->len == 0)
    return TRUE;
  g_set_error_literal(error, MU_ERROR, MU_ERROR_REFUSED, faults->str);
  return FALSE;
}

gboolean mu_spec_validate_change(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, GError **error) {
  g_autoptr(GString) faults = g_string_new(NULL);
  check_service(old_spec, new_spec, faults);
  check_pods(old_spec, new_spec, faults);
  return tell(faults, error);
}

/* ---- the first ----------------------------------------------------------------------------------------------------- */

/* One part of a DNS name (RFC 1035, 2.3.4). */
#define MAX_DNS_LABEL 63

gboolean mu_spec_validate_first(const MuServiceSpec *spec, GError **error) {
  g_autoptr(GString) faults = g_string_new(NULL);
  gsize length = 0;
  for (const char *c = spec->name; *c != '\0'; c++)
    length += *c != '/';
  if (length > MAX_DNS_LABEL)
    add(faults,
        "the service's name has %" G_GSIZE_FORMAT
        " characters without slashes, more than the %d that a part of a DNS name may have: choose a shorter name, for it "
        "cannot change later",
        length, MAX_DNS_LABEL);
  return tell(faults, error);
}

/* ---- for frameworks of one's own ------------------------------------------------------------------------------------ */

static const char *env_of(const MuServiceSpec *spec, const char *pod, const char *task, const char *variable,
                          gboolean *ret_has_task) {
  const MuPodSpec *pod_spec = spec == NULL ? NULL : mu_service_spec_pod(spec, pod);
  const MuTaskSpec *task_spec = pod_spec == NULL ? NULL : mu_pod_spec_task(pod_spec, task);
  *ret_has_task = task_spec != NULL;
  for (guint i = 0; task_spec != NULL && i < task_spec->n_env; i++)
    if (strcmp(task_spec->env[i].key, variable) == 0)
      return task_spec->env[i].value;
  return "";
}

gboolean mu_validate_task_env(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, const char *pod,
                              const char *task, const char *variable, guint allowed, GError **error) {
  gboolean had_task, has_task;
  const char *was = env_of(old_spec, pod, task, variable, &had_task);
  const char *is = env_of(new_spec, pod, task, variable, &has_task);
  gboolean was_set = *was != '\0', is_set = *is != '\0';
  if (!had_task || !has_task || strcmp(was, is) == 0 || (!was_set && is_set && (allowed & MU_ENV_MAY_BE_SET) != 0) ||
      (was_set && !is_set && (allowed & MU_ENV_MAY_BE_UNSET) != 0))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "task \"%s\" of pod \"%s\": the variable %s cannot %s; put it back, or add a service with the new value",
              task, pod, variable,
              !was_set ? "be set later"
              : is_set ? "change"
                       : "be taken away");
  return FALSE;
}

gboolean mu_validate_zones(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, const char *pod,
                           GError **error) {
  const MuPodSpec *was = old_spec == NULL ? NULL : mu_service_spec_pod(old_spec, pod);
  const MuPodSpec *is = mu_service_spec_pod(new_spec, pod);
  if (was == NULL || is == NULL ||
      mu_placement_mentions(was->placement, ZONE_FIELD) == mu_placement_mentions(is->placement, ZONE_FIELD))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "pod \"%s\": its placement cannot %s " ZONE_FIELD
              ", since its instances would have to move; put the placement back, or add a pod type with the new one",
              pod, mu_placement_mentions(was->placement, ZONE_FIELD) ? "stop naming" : "begin to name");
  return FALSE;
}
