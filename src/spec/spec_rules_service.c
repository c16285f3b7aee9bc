/* What a service says of itself among others: its quota and what it depends on. */
#include "ids.h"
#include "spec_pairs.h"
#include "spec_rules.h"
#include <string.h>

/* ---- the quota ----------------------------------------------------------------------------------------------------- */

static gint64 volumes_mb(const MuVolumeSpec *volumes, guint n) {
  gint64 sum = 0;
  for (guint i = 0; i < n; i++)
    sum += volumes[i].size_mb;
  return sum;
}

/* What all instances of the spec hold when they are all there. */
static MuQuota asked_for(const MuServiceSpec *spec) {
  MuQuota sum = {0};
  for (guint i = 0; i < spec->n_pods; i++) {
    const MuPodSpec *pod = &spec->pods[i];
    sum.pods += pod->count;
    sum.disk_mb += pod->count * volumes_mb(pod->volumes, pod->n_volumes);
    for (guint j = 0; j < pod->n_resource_sets; j++) {
      const MuResourceSet *set = &pod->resource_sets[j];
      sum.cpus_milli += pod->count * set->cpus_milli;
      sum.mem_mb += pod->count * set->mem_mb;
      sum.disk_mb += pod->count * volumes_mb(set->volumes, set->n_volumes);
    }
  }
  return sum;
}

static void check_limit(MuSpecReader *reader, const MuQuota *quota, const char *key, gint64 limit, gint64 sum,
                        const char *unit) {
  if (limit > 0 && sum > limit)
    mu_spec_fault(reader, quota, key,
                  "the pods ask for %" G_GINT64_FORMAT "%s together, more than the quota of %" G_GINT64_FORMAT
                  "%s; raise it, or ask for less",
                  sum, unit, limit, unit);
}

static void check_cpus(MuSpecReader *reader, const MuQuota *quota, gint64 sum) {
  if (quota->cpus_milli > 0 && sum > quota->cpus_milli)
    mu_spec_fault(reader, quota, "cpus",
                  "the pods ask for %s cpus together, more than the quota of %s; raise it, or ask for less",
                  mu_milli_to_text(reader->scratch, sum), mu_milli_to_text(reader->scratch, quota->cpus_milli));
}

static void check_quota(MuSpecReader *reader, const MuServiceSpec *spec) {
  if (spec->quota == NULL)
    return;
  MuQuota sum = asked_for(spec);
  check_cpus(reader, spec->quota, sum.cpus_milli);
  check_limit(reader, spec->quota, "memory", spec->quota->mem_mb, sum.mem_mb, " MB");
  check_limit(reader, spec->quota, "disk", spec->quota->disk_mb, sum.disk_mb, " MB");
  check_limit(reader, spec->quota, "pods", spec->quota->pods, sum.pods, " pods");
}

/* ---- how many there are -------------------------------------------------------------------------------------------- */

/* Each instance costs the scheduler memory and time, whether it is ever launched or not. */
static void check_instances(MuSpecReader *reader, const MuServiceSpec *spec) {
  gint64 sum = 0;
  for (guint i = 0; i < spec->n_pods; i++) {
    sum += spec->pods[i].count;
    if (sum <= MU_SPEC_MAX_INSTANCES)
      continue;
    reader->faults->too_large = TRUE;
    mu_spec_fault(
        reader, &spec->pods[i], "count",
        "the pods have more than %d instances together (MU_SPEC_MAX_INSTANCES); make several services of them",
        MU_SPEC_MAX_INSTANCES);
    return;
  }
}

/* ---- dependencies -------------------------------------------------------------------------------------------------- */

/* "node-0" */
static gboolean is_instance(const char *name) {
  const char *dash = strrchr(name, '-');
  if (dash == NULL || dash == name || dash[1] == '\0' || strlen(dash + 1) > 5)
    return FALSE;
  return dash[1 + strspn(dash + 1, "0123456789")] == '\0';
}

static void check_dependency(MuSpecReader *reader, const MuServiceSpec *spec, const MuDependency *dependency) {
  g_autoptr(GError) error = NULL;
  if (dependency->service == NULL)
    return;
  if (!mu_service_name_check(dependency->service, &error))
    mu_spec_fault(reader, dependency, "service", "%s", error->message);
  else if (g_strcmp0(dependency->service, spec->name) == 0)
    mu_spec_fault(reader, dependency, "service", "the service depends on itself; expected another service");
  if (dependency->pod != NULL && !is_instance(dependency->pod))
    mu_spec_fault(reader, dependency, "pod", "\"%s\" is no pod instance; expected its type and number, such as node-0",
                  dependency->pod);
}

void mu_spec_check_service(MuSpecReader *reader, const MuServiceSpec *spec) {
  check_instances(reader, spec);
  check_quota(reader, spec);
  for (guint i = 0; i < spec->n_depends_on; i++)
    check_dependency(reader, spec, &spec->depends_on[i]);
}
