#include "spec_pairs.h"
#include "spec_rules.h"
#include "spec_validate.h"
#include <string.h>

#define MAX_PROFILE 128 /* bytes of a disk profile's name */

/* ---- amounts ------------------------------------------------------------------------------------------------------- */

/* Whether a resource was asked for, even if wrongly: that is a fault already. */
static gboolean asks_for_something(const MuSpecReader *reader, const MuResourceSet *set) {
  static const char *const keys[] = {"cpus", "gpus", "memory", "ports"};
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
    const MuNode *node = mu_node_member(mu_spec_where(reader, set), keys[i]);
    if (node != NULL && node->kind != MU_NODE_NULL)
      return TRUE;
  }
  return FALSE;
}

static void check_amounts(MuSpecReader *reader, const MuResourceSet *set) {
  MuArena *scratch = reader->scratch;
  const char *what = set->of_task ? "a task" : "a resource set";
  if (!asks_for_something(reader, set))
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, set)),
                  "%s needs resources: cpus, memory, gpus or ports%s", what, set->of_task ? ", or a resource-set" : "");
  if (set->limit_cpus_milli > 0 && set->limit_cpus_milli < set->cpus_milli)
    mu_spec_fault(reader, set, "resource-limits",
                  "the limit of %s cpus is below the %s that are asked for; raise it, or ask for less",
                  mu_milli_to_text(scratch, set->limit_cpus_milli), mu_milli_to_text(scratch, set->cpus_milli));
  if (set->limit_mem_mb > 0 && set->limit_mem_mb < set->mem_mb)
    mu_spec_fault(reader, set, "resource-limits",
                  "the limit of %" G_GINT64_FORMAT " MB of memory is below the %" G_GINT64_FORMAT
                  " MB that are asked for; raise it, or ask for less",
                  set->limit_mem_mb, set->mem_mb);
}

/* ---- ports --------------------------------------------------------------------------------------------------------- */

static void check_ranges(MuSpecReader *reader, const MuPortSpec *port) {
  if (port->n_ranges > 0 && port->port != 0)
    mu_spec_fault(reader, port, "ranges", "\"ranges\" is for a dynamic port; expected port: 0, or no ranges");
  for (guint i = 0; i < port->n_ranges; i++)
    if (port->ranges[i].begin > port->ranges[i].end)
      mu_faults_add(reader->faults, mu_spec_where(reader, &port->ranges[i]),
                    "the range begins at %u and ends at %u before it", port->ranges[i].begin, port->ranges[i].end);
}

static void check_vip(MuSpecReader *reader, const MuResourceSet *set, const MuPortSpec *port) {
  if (!port->has_vip || strcmp(port->vip_prefix, port->name) == 0)
    return;
  for (guint i = 0; i < set->n_ports; i++)
    if (&set->ports[i] != port && strcmp(set->ports[i].name, port->vip_prefix) == 0)
      mu_spec_fault(reader, port, "vip", "the vip's prefix \"%s\" is the name of another port; expected another prefix",
                    port->vip_prefix);
}

/* `seen`: the fixed ports of the pod so far, to the MuPortSpec. On the host's network one agent has each only once. */
static void check_port(MuSpecReader *reader, const MuResourceSet *set, const MuPortSpec *port, GHashTable *seen) {
  mu_spec_check_name(reader, port, "port", port->name);
  mu_spec_check_env_key(reader, port, "env-key", port->env_key);
  check_ranges(reader, port);
  check_vip(reader, set, port);
  const MuPortSpec *other = g_hash_table_lookup(seen, GUINT_TO_POINTER(port->port));
  if (port->port != 0 && other != NULL)
    mu_spec_fault(reader, port, "port", "port %u is asked for twice, by \"%s\" and \"%s\"", port->port, other->name,
                  port->name);
  else if (port->port != 0)
    g_hash_table_insert(seen, GUINT_TO_POINTER(port->port), (gpointer)port);
}

/* ---- volumes ------------------------------------------------------------------------------------------------------- */

static gboolean is_profile(const char *text) {
  gsize length = strlen(text);
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum(*c) && strchr("_.-", *c) == NULL)
      return FALSE;
  return length > 0 && length <= MAX_PROFILE;
}

static void check_profiles(MuSpecReader *reader, const MuVolumeSpec *volume) {
  if (volume->profiles == NULL)
    return;
  if (volume->type != MU_VOLUME_MOUNT)
    mu_spec_fault(reader, volume, "profiles", "\"profiles\" is for volumes of type MOUNT");
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; volume->profiles[i] != NULL; i++) {
    const char *profile = volume->profiles[i];
    if (!is_profile(profile))
      mu_spec_fault(reader, volume, "profiles", "profile \"%s\": expected 1 to %d letters, digits, '_', '.' and '-'",
                    profile, MAX_PROFILE);
    mu_spec_check_unique(reader, volume, "profiles", seen, "the profile", profile);
  }
}

static void check_volumes(MuSpecReader *reader, const MuVolumeSpec *volumes, guint n, GHashTable *paths) {
  for (guint i = 0; i < n; i++) {
    mu_spec_check_path(reader, &volumes[i], "path", volumes[i].path);
    check_profiles(reader, &volumes[i]);
    mu_spec_check_unique(reader, &volumes[i], "path", paths, "the volume path", volumes[i].path);
  }
}

/* A task sees the volumes of its set and those of the pod: their paths differ. */
static void check_set_volumes(MuSpecReader *reader, const MuPodSpec *pod, const MuResourceSet *set) {
  if (set->n_volumes == 0)
    return;
  g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < pod->n_volumes; i++)
    if (pod->volumes[i].path != NULL)
      g_hash_table_add(paths, (char *)pod->volumes[i].path);
  check_volumes(reader, set->volumes, set->n_volumes, paths);
}

/* ---- a pod --------------------------------------------------------------------------------------------------------- */

void mu_spec_check_resources(MuSpecReader *reader, const MuPodSpec *pod) {
  g_autoptr(GHashTable) ports = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < pod->n_resource_sets; i++) {
    const MuResourceSet *set = &pod->resource_sets[i];
    if (!set->of_task)
      mu_spec_check_name(reader, set, "resource set", set->id);
    check_amounts(reader, set);
    check_set_volumes(reader, pod, set);
    for (guint j = 0; j < set->n_ports; j++)
      check_port(reader, set, &set->ports[j], ports);
  }
  if (pod->n_volumes == 0)
    return;
  g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
  check_volumes(reader, pod->volumes, pod->n_volumes, paths);
}
