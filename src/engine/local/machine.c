#include "machine.h"
#include <errno.h>
#include <muster/error.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define KEPT_MEM_MB 256 /* for the system and the scheduler, when memory is detected; at most an eighth */

static gint64 detect_cpus_milli(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return (gint64)CPU_COUNT(&set) * 1000;
  return (gint64)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1) * 1000;
}

static gint64 detect_mem_mb(void) {
  g_autofree char *text = NULL;
  long long kb = 0;
  const char *at = g_file_get_contents("/proc/meminfo", &text, NULL, NULL) ? strstr(text, "MemTotal:") : NULL;
  if (!at || sscanf(at, "MemTotal: %lld kB", &kb) != 1)
    return 1024;
  gint64 all = kb / 1024;
  return all - MIN(KEPT_MEM_MB, all / 8);
}

static gint64 detect_disk_mb(const char *path) {
  struct statvfs st;
  if (statvfs(path, &st) < 0)
    return 1024;
  return (gint64)((guint64)st.f_bavail * st.f_frsize >> 20);
}

char *mu_machine_hostname(void) {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) < 0 || *name == '\0')
    return g_strdup("localhost");
  return g_strdup(name);
}

static void unref_array(gpointer array) {
  g_array_unref(array);
}

GPtrArray *mu_machine_share_ports(const GArray *ranges, guint n) {
  GPtrArray *shares = g_ptr_array_new_with_free_func(unref_array);
  gint64 left = mu_ranges_count(ranges);
  guint at = 0;
  gint64 next = ranges->len > 0 ? g_array_index(ranges, MuRange, 0).begin : 0;
  for (guint i = 0; i < n; i++) {
    GArray *share = mu_ranges_new();
    gint64 wanted = left / (n - i);
    left -= wanted;
    while (wanted > 0) {
      const MuRange *range = &g_array_index(ranges, MuRange, at);
      gint64 take = MIN(wanted, range->end - next + 1);
      mu_ranges_add(share, next, next + take - 1);
      wanted -= take;
      next += take;
      if (next > range->end && ++at < ranges->len)
        next = g_array_index(ranges, MuRange, at).begin;
    }
    g_ptr_array_add(shares, share);
  }
  return shares;
}

static void add_scalar(MuResources *resources, MuResourceKind kind, gint64 all, guint i, guint n) {
  gint64 part = all / n + ((gint64)i < all % n);
  if (part <= 0)
    return;
  g_autoptr(MuResource) resource = mu_resource_new_scalar(kind, part);
  mu_resources_add(resources, resource);
}

/* In whole ones as far as they go. */
static void add_gpus(MuResources *resources, gint64 all, guint i, guint n) {
  gint64 whole = all / 1000, part = (whole / n + ((gint64)i < whole % n)) * 1000 + (i == 0 ? all % 1000 : 0);
  if (part <= 0)
    return;
  g_autoptr(MuResource) resource = mu_resource_new_scalar(MU_RESOURCE_GPUS, part);
  mu_resources_add(resources, resource);
}

static void add_ports(MuResources *resources, const GArray *ranges) {
  for (guint i = 0; i < ranges->len; i++) {
    const MuRange *range = &g_array_index(ranges, MuRange, i);
    g_autoptr(MuResource) resource = mu_resource_new_ports(range->begin, range->end);
    mu_resources_add(resources, resource);
  }
}

/* ---- whole disks ---- */

gboolean mu_machine_is_mount_point(const char *path) {
  struct stat here, above;
  g_autofree char *up = g_build_filename(path, "..", NULL);
  if (stat(path, &here) < 0 || stat(up, &above) < 0)
    return FALSE;
  return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
}

static MuResource *refuse_mount(const char *text, const char *why, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "mount '%s': %s; expected [N:]PATH[=PROFILE]", text, why);
  return NULL;
}

/* What is before the path: "3:", or nothing for agent 0. FALSE: there is no such agent. */
static gboolean read_agent(const char **text, guint agents, guint *ret_agent) {
  char *end = NULL;
  guint64 agent = g_ascii_isdigit(**text) ? g_ascii_strtoull(*text, &end, 10) : 0;
  if (end != NULL && *end == ':')
    *text = end + 1;
  *ret_agent = (guint)MIN(agent, G_MAXUINT);
  return agent < agents;
}

MuResource *mu_machine_mount(const char *text, guint agents, guint *ret_agent, GError **error) {
  const char *rest = text;
  if (!read_agent(&rest, agents, ret_agent))
    return refuse_mount(text, "there is no such agent", error);
  const char *equals = strrchr(rest, '=');
  g_autofree char *path = equals ? g_strndup(rest, (gsize)(equals - rest)) : g_strdup(rest);
  if (*path != '/' || (equals && equals[1] == '\0'))
    return refuse_mount(text, *path != '/' ? "the path is not absolute" : "the profile is empty", error);
  char *real = realpath(path, NULL);
  struct statvfs fs;
  if (!real || !g_file_test(real, G_FILE_TEST_IS_DIR) || statvfs(real, &fs) < 0) {
    free(real);
    return refuse_mount(text, "there is no such folder", error);
  }
  MuResource *disk = mu_resource_new_scalar(MU_RESOURCE_DISK, (gint64)((guint64)fs.f_blocks * fs.f_frsize >> 20));
  disk->mount_root = g_strdup(real);
  disk->profile = equals ? g_strdup(equals + 1) : NULL;
  free(real);
  return disk;
}

static gboolean is_given_twice(const GPtrArray *shares, const char *root) {
  for (guint i = 0; i < shares->len; i++) {
    const MuResources *resources = shares->pdata[i];
    for (guint j = 0; j < resources->items->len; j++)
      if (g_strcmp0(((const MuResource *)resources->items->pdata[j])->mount_root, root) == 0)
        return TRUE;
  }
  return FALSE;
}

static gboolean add_mounts(const MuLocalEngineConfig *config, const GPtrArray *shares, GError **error) {
  for (guint i = 0; config->mounts && config->mounts[i]; i++) {
    guint agent = 0;
    g_autoptr(MuResource) disk = mu_machine_mount(config->mounts[i], config->agents, &agent, error);
    if (!disk)
      return FALSE;
    if (is_given_twice(shares, disk->mount_root)) {
      refuse_mount(config->mounts[i], "it is given twice", error);
      return FALSE;
    }
    mu_resources_add(shares->pdata[agent], disk);
  }
  return TRUE;
}

static void free_resources(gpointer resources) {
  mu_resources_free(resources);
}

static gboolean check(const MuLocalEngineConfig *config, const GArray *ports, GError **error) {
  const MuRange *last = ports->len > 0 ? &g_array_index(ports, MuRange, ports->len - 1) : NULL;
  if (config->agents < 1 || config->cpus_milli < 0 || config->mem_mb < 0 || config->disk_mb < 0 ||
      config->gpus_milli < 0)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "the number of agents must be at least 1, amounts must not be negative");
  else if (last && (last->end > 65535 || g_array_index(ports, MuRange, 0).begin < 1))
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "ports '%s': a port is a number from 1 to 65535", config->ports);
  else
    return TRUE;
  return FALSE;
}

GPtrArray *mu_machine_share(const MuLocalEngineConfig *config, GError **error) {
  g_autoptr(GArray) ports = mu_ranges_parse(config->ports ? config->ports : MU_MACHINE_PORTS, error);
  if (!ports || !check(config, ports, error))
    return NULL;
  gint64 cpus = config->cpus_milli > 0 ? config->cpus_milli : detect_cpus_milli();
  gint64 mem = config->mem_mb > 0 ? config->mem_mb : detect_mem_mb();
  gint64 disk = config->disk_mb > 0 ? config->disk_mb : detect_disk_mb(config->state_dir);
  g_autoptr(GPtrArray) shares = mu_machine_share_ports(ports, config->agents);
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_resources);
  for (guint i = 0; i < config->agents; i++) {
    MuResources *resources = mu_resources_new();
    add_scalar(resources, MU_RESOURCE_CPUS, cpus, i, config->agents);
    add_scalar(resources, MU_RESOURCE_MEM, mem, i, config->agents);
    add_scalar(resources, MU_RESOURCE_DISK, disk, i, config->agents);
    add_gpus(resources, config->gpus_milli, i, config->agents);
    add_ports(resources, shares->pdata[i]);
    g_ptr_array_add(all, resources);
  }
  return add_mounts(config, all, error) ? g_steal_pointer(&all) : NULL;
}
