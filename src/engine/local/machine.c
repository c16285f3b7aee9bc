#include "machine.h"
#include <muster/error.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
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

static void add_ports(MuResources *resources, const GArray *ranges) {
  for (guint i = 0; i < ranges->len; i++) {
    const MuRange *range = &g_array_index(ranges, MuRange, i);
    g_autoptr(MuResource) resource = mu_resource_new_ports(range->begin, range->end);
    mu_resources_add(resources, resource);
  }
}

static void free_resources(gpointer resources) {
  mu_resources_free(resources);
}

static gboolean check(const MuLocalEngineConfig *config, const GArray *ports, GError **error) {
  const MuRange *last = ports->len > 0 ? &g_array_index(ports, MuRange, ports->len - 1) : NULL;
  if (config->agents < 1 || config->cpus_milli < 0 || config->mem_mb < 0 || config->disk_mb < 0)
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
  GPtrArray *all = g_ptr_array_new_with_free_func(free_resources);
  for (guint i = 0; i < config->agents; i++) {
    MuResources *resources = mu_resources_new();
    add_scalar(resources, MU_RESOURCE_CPUS, cpus, i, config->agents);
    add_scalar(resources, MU_RESOURCE_MEM, mem, i, config->agents);
    add_scalar(resources, MU_RESOURCE_DISK, disk, i, config->agents);
    add_ports(resources, shares->pdata[i]);
    g_ptr_array_add(all, resources);
  }
  return all;
}
