/* Which cgroup hierarchies this process may use for its tasks, found by trying. Our folders are `<base>/muster/<key>` in
 * each. The base: the root of the hierarchy when that is where we are or when a service manager put us somewhere as root
 * (as container runtimes do), our own cgroup when it was delegated to us. A box that somebody else put us in (a container,
 * a job runner) without delegating it is neither left nor touched: that hierarchy is not used. */
#ifndef MU_CGROUP_PROBE_H
#define MU_CGROUP_PROBE_H
#include <glib.h>
#include <jansson.h>

typedef struct {
  char *v2, *v1_cpu, *v1_memory, *v1_freezer; /* folders that take one folder per task; NULL: not used */
  gboolean v2_cpu, v2_memory;                 /* limits by v2 */
} MuCgroupProbe;

/* Where to look; the default (NULL) is the machine's. Tests give files of their own. */
typedef struct {
  const char *mountinfo, *self_cgroup; /* /proc/self/mountinfo, /proc/self/cgroup */
} MuCgroupPlaces;

/* `key` tells the folders of several engines apart. `ret_warnings` (of char*) receives what will not be enforced, in one
 * line, and why. */
void mu_cgroup_probe(MuCgroupProbe *ret_probe, const char *key, const MuCgroupPlaces *places, GPtrArray *ret_warnings);
void mu_cgroup_probe_clear(MuCgroupProbe *probe);
/* Removes folders of tasks that are not in `keep` (a set of task ids) and have no process. */
void mu_cgroup_probe_sweep(const MuCgroupProbe *probe, GHashTable *keep);
/* Removes our folders; those that still hold a task stay. */
void mu_cgroup_probe_remove(const MuCgroupProbe *probe);
/* As the launch file has it (exec_launch.h). */
json_t *mu_cgroup_probe_to_json(const MuCgroupProbe *probe);
/* "cpu by v1, memory by none, processes by v2"; the caller frees. */
char *mu_cgroup_probe_describe(const MuCgroupProbe *probe);
#endif
