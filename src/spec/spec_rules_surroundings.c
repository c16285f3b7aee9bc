#include "spec_rules.h"

#include "spec_network.h"
#include "spec_uri.h"
#include "spec_validate.h"
#include <string.h>

static const char *const rlimit_names[] = {
    "RLIMIT_AS",      "RLIMIT_CORE",     "RLIMIT_CPU",        "RLIMIT_DATA",   "RLIMIT_FSIZE", "RLIMIT_LOCKS",
    "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE",       "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS",
    "RLIMIT_RTPRIO",  "RLIMIT_RTTIME",   "RLIMIT_SIGPENDING", "RLIMIT_STACK",  NULL,
};

/* ---- rlimits ------------------------------------------------------------------------------------------------------- */

static gboolean is_given(const MuSpecReader *reader, const void *object, const char *key) {
  const MuNode *node = mu_node_member(mu_spec_where(reader, object), key);
  return node != NULL && node->kind != MU_NODE_NULL;
}

static void check_rlimit(MuSpecReader *reader, const MuRlimit *rlimit) {
  if (!g_strv_contains(rlimit_names, rlimit->name)) {
    const char *nearest = mu_spec_nearest(rlimit->name, rlimit_names);
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, rlimit)),
                  "there is no rlimit \"%s\"; expected %s%s", rlimit->name,
                  nearest == NULL ? "a name of setrlimit(2), as RLIMIT_NOFILE" : "perhaps ",
                  nearest == NULL ? "" : nearest);
  }
  if (is_given(reader, rlimit, "soft") != is_given(reader, rlimit, "hard"))
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, rlimit)),
                  "\"%s\": expected both soft and hard, or neither", rlimit->name);
  else if ((rlimit->soft < 0) != (rlimit->hard < 0))
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, rlimit)),
                  "\"%s\": expected -1, unlimited, for both soft and hard", rlimit->name);
  else if (rlimit->soft > rlimit->hard)
    mu_spec_fault(reader, rlimit, "soft", "\"%s\": the soft limit is above the hard one", rlimit->name);
}

/* ---- networks ------------------------------------------------------------------------------------------------------ */

static void check_network(MuSpecReader *reader, const MuNetworkSpec *network) {
  if (network->name[0] == '\0')
    mu_faults_add(reader->faults, mu_node_name(mu_spec_where(reader, network)), "a network has an empty name");
  if (network->n_host_ports != network->n_container_ports)
    mu_spec_fault(reader, network, "container-ports", "%u host-ports and %u container-ports; expected as many of each",
                  network->n_host_ports, network->n_container_ports);
  else if (network->n_host_ports > 0 && !mu_network_maps_ports(network))
    mu_spec_fault(reader, network, "host-ports", "the network \"%s\" cannot map ports; only %s can", network->name,
                  MU_NETWORK_BRIDGE);
}

/* ---- volumes that are not ours --------------------------------------------------------------------------------------- */

static void check_host_volume(MuSpecReader *reader, const MuHostVolumeSpec *volume, GHashTable *paths) {
  if (volume->host_path != NULL && volume->host_path[0] != '/')
    mu_spec_fault(reader, volume, "host-path", "\"%s\": expected an absolute path", volume->host_path);
  mu_spec_check_path(reader, volume, "container-path", volume->container_path);
  mu_spec_check_unique(reader, volume, "container-path", paths, "the container path", volume->container_path);
}

static void check_driver_options(MuSpecReader *reader, const MuExternalVolumeSpec *volume) {
  if (volume->driver_options == NULL)
    return;
  g_auto(GStrv) options = g_strsplit(volume->driver_options, ";", -1);
  for (guint i = 0; options[i] != NULL; i++) {
    const char *equals = strchr(options[i], '=');
    if (equals == NULL || equals == options[i] || strchr(equals + 1, '=') != NULL)
      mu_spec_fault(reader, volume, "driver-options", "the driver option \"%s\" is not of the form key=value",
                    options[i]);
    else if (volume->volume_name != NULL && g_str_has_prefix(options[i], "name="))
      mu_spec_fault(reader, volume, "driver-options", "the volume's name is in driver-options and in volume-name");
  }
}

static void check_external_volume(MuSpecReader *reader, const MuExternalVolumeSpec *volume, GHashTable *paths) {
  check_driver_options(reader, volume);
  mu_spec_check_path(reader, volume, "container-path", volume->container_path);
  mu_spec_check_unique(reader, volume, "container-path", paths, "the container path", volume->container_path);
}

static void check_foreign_volumes(MuSpecReader *reader, const MuPodSpec *pod) {
  if (pod->n_host_volumes == 0 && pod->n_external_volumes == 0)
    return;
  g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < pod->n_host_volumes; i++)
    check_host_volume(reader, &pod->host_volumes[i], paths);
  for (guint i = 0; i < pod->n_external_volumes; i++)
    check_external_volume(reader, &pod->external_volumes[i], paths);
}

/* ---- secrets ------------------------------------------------------------------------------------------------------- */

static void check_secrets(MuSpecReader *reader, const MuPodSpec *pod) {
  if (pod->n_secrets == 0)
    return;
  g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < pod->n_secrets; i++) {
    const MuSecretSpec *secret = &pod->secrets[i];
    mu_spec_check_env_key(reader, secret, "env-key", secret->env_key);
    mu_spec_check_path(reader, secret, "file", secret->file);
    mu_spec_check_unique(reader, secret, "env-key", keys, "the env-key", secret->env_key);
    mu_spec_check_unique(reader, secret, "file", files, "the file", secret->file);
  }
}

/* ---- the rest ------------------------------------------------------------------------------------------------------ */

/* What the address means and which schemes work, the fetcher knows. */
static void check_uris(MuSpecReader *reader, const MuPodSpec *pod) {
  for (guint i = 0; pod->uris != NULL && pod->uris[i] != NULL; i++) {
    g_auto(MuSpecUri) uri = {0};
    g_autoptr(GError) error = NULL;
    if (!mu_spec_uri_parse(pod->uris[i], &uri, &error))
      mu_spec_fault(reader, pod, "uris", "%s", error->message);
  }
}

void mu_spec_check_surroundings(MuSpecReader *reader, const MuPodSpec *pod) {
  for (guint i = 0; i < pod->n_rlimits; i++)
    check_rlimit(reader, &pod->rlimits[i]);
  for (guint i = 0; i < pod->n_networks; i++)
    check_network(reader, &pod->networks[i]);
  check_foreign_volumes(reader, pod);
  check_secrets(reader, pod);
  check_uris(reader, pod);
  if (pod->seccomp_unconfined && pod->seccomp_profile != NULL)
    mu_spec_fault(reader, pod, "seccomp-profile-name",
                  "\"seccomp-unconfined\" and \"seccomp-profile-name\" are both given; expected one of them");
}
