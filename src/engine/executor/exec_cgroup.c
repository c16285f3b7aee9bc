#include "exec_cgroup.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CPU, MEMORY, FREEZER };
#define CPU_PERIOD_US 100000

gint64 mu_exec_cpu_shares(gint64 cpus_milli) {
  return CLAMP(cpus_milli * 1024 / 1000, 2, 262144);
}

gint64 mu_exec_cpu_weight(gint64 cpus_milli) {
  return 1 + (mu_exec_cpu_shares(cpus_milli) - 2) * 9999 / 262142;
}

/* Not g_file_set_contents: a control file is written in place, in one write. */
static gboolean write_file(const char *folder, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  ssize_t n = write(fd, text, strlen(text));
  int errnum = errno;
  close(fd);
  errno = errnum;
  return n >= 0;
}

static void set_limit(const char *folder, const char *name, GString *warnings, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void set_limit(const char *folder, const char *name, GString *warnings, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  if (!write_file(folder, name, text))
    g_string_append_printf(warnings, "muster: limit not set: %s = %s: %s\n", name, text, g_strerror(errno));
}

static gboolean make(char **folder, GString *warnings) {
  if (!*folder || mkdir(*folder, 0755) == 0 || errno == EEXIST)
    return *folder != NULL;
  g_string_append_printf(warnings, "muster: no cgroup: cannot make %s: %s\n", *folder, g_strerror(errno));
  g_clear_pointer(folder, g_free);
  return FALSE;
}

void mu_exec_cgroup_find(MuExecCgroup *cgroup, const MuExecCgroupRoots *roots, const char *task_id) {
  const char *v1[MU_EXEC_CGROUP_V1] = {roots->v1_cpu, roots->v1_memory, roots->v1_freezer};
  *cgroup = (MuExecCgroup){.v2_memory = roots->v2_memory};
  cgroup->v2 = roots->v2 ? g_build_filename(roots->v2, task_id, NULL) : NULL;
  for (int i = 0; i < MU_EXEC_CGROUP_V1; i++)
    cgroup->v1[i] = v1[i] ? g_build_filename(v1[i], task_id, NULL) : NULL;
}

static void limit_v2(const char *folder, const MuExecCgroupRoots *roots, const MuExecTaskSpec *task,
                     GString *warnings) {
  if (roots->v2_cpu && task->cpu_shares_milli > 0)
    set_limit(folder, "cpu.weight", warnings, "%" G_GINT64_FORMAT, mu_exec_cpu_weight(task->cpu_shares_milli));
  if (roots->v2_cpu && task->cpu_limit_milli > 0)
    set_limit(folder, "cpu.max", warnings, "%" G_GINT64_FORMAT " %d", task->cpu_limit_milli * CPU_PERIOD_US / 1000,
              CPU_PERIOD_US);
  if (roots->v2_memory && task->mem_limit_mb > 0)
    set_limit(folder, "memory.max", warnings, "%" G_GINT64_FORMAT, task->mem_limit_mb << 20);
}

static void limit_v1_cpu(const char *folder, const MuExecTaskSpec *task, GString *warnings) {
  if (task->cpu_shares_milli > 0)
    set_limit(folder, "cpu.shares", warnings, "%" G_GINT64_FORMAT, mu_exec_cpu_shares(task->cpu_shares_milli));
  if (task->cpu_limit_milli <= 0)
    return;
  set_limit(folder, "cpu.cfs_period_us", warnings, "%d", CPU_PERIOD_US);
  set_limit(folder, "cpu.cfs_quota_us", warnings, "%" G_GINT64_FORMAT, task->cpu_limit_milli * CPU_PERIOD_US / 1000);
}

void mu_exec_cgroup_init(MuExecCgroup *cgroup, const MuExecCgroupRoots *roots, const MuExecTaskSpec *task,
                         GString *ret_warnings) {
  mu_exec_cgroup_find(cgroup, roots, task->task_id);
  if (make(&cgroup->v2, ret_warnings))
    limit_v2(cgroup->v2, roots, task, ret_warnings);
  if (make(&cgroup->v1[CPU], ret_warnings))
    limit_v1_cpu(cgroup->v1[CPU], task, ret_warnings);
  if (make(&cgroup->v1[MEMORY], ret_warnings) && task->mem_limit_mb > 0)
    set_limit(cgroup->v1[MEMORY], "memory.limit_in_bytes", ret_warnings, "%" G_GINT64_FORMAT, task->mem_limit_mb << 20);
  make(&cgroup->v1[FREEZER], ret_warnings);
}

gboolean mu_exec_cgroup_tracks(const MuExecCgroup *cgroup) {
  if (cgroup->v2)
    return TRUE;
  for (int i = 0; i < MU_EXEC_CGROUP_V1; i++)
    if (cgroup->v1[i])
      return TRUE;
  return FALSE;
}

/* TRUE when it listed none. A missing folder has none. */
static gboolean kill_listed(const char *folder) {
  g_autofree char *path = g_build_filename(folder, "cgroup.procs", NULL);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL) || *text == '\0')
    return TRUE;
  for (char *at = text, *end; *at; at = *end ? end + 1 : end) {
    long pid = strtol(at, &end, 10);
    if (end == at)
      break;
    if (pid > 1)
      kill((pid_t)pid, SIGKILL);
  }
  return FALSE;
}

/* Frozen while it is shot at, so that nothing forks away between the reading and the killing. */
static gboolean kill_frozen(const char *folder) {
  gboolean frozen = write_file(folder, "freezer.state", "FROZEN");
  gboolean empty = kill_listed(folder);
  if (frozen)
    write_file(folder, "freezer.state", "THAWED");
  return empty;
}

static gboolean v2_is_empty(const char *folder) {
  g_autofree char *path = g_build_filename(folder, "cgroup.events", NULL);
  g_autofree char *text = NULL;
  return !g_file_get_contents(path, &text, NULL, NULL) || strstr(text, "populated 0") != NULL;
}

gboolean mu_exec_cgroup_kill(const MuExecCgroup *cgroup) {
  if (cgroup->v2) {
    if (v2_is_empty(cgroup->v2))
      return TRUE;
    if (!write_file(cgroup->v2, "cgroup.kill", "1")) /* Linux 5.14 */
      kill_listed(cgroup->v2);
    return FALSE;
  }
  if (cgroup->v1[FREEZER])
    return kill_frozen(cgroup->v1[FREEZER]);
  for (int i = 0; i < FREEZER; i++)
    if (cgroup->v1[i])
      return kill_listed(cgroup->v1[i]);
  return TRUE;
}

gboolean mu_exec_cgroup_was_oom(const MuExecCgroup *cgroup) {
  const char *folder = cgroup->v2_memory ? cgroup->v2 : cgroup->v1[MEMORY];
  if (!folder)
    return FALSE;
  g_autofree char *path = g_build_filename(folder, cgroup->v2_memory ? "memory.events" : "memory.oom_control", NULL);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  const char *at = strstr(text, "oom_kill ");
  return at && strtol(at + strlen("oom_kill "), NULL, 10) > 0;
}

static int open_at(const char *folder, const char *name, int flags) {
  if (!folder)
    return -1;
  g_autofree char *path = g_build_filename(folder, name, NULL);
  return open(path, flags | O_CLOEXEC);
}

void mu_exec_cgroup_open(const MuExecCgroup *cgroup, int *ret_v2, int ret_v1[MU_EXEC_CGROUP_V1]) {
  *ret_v2 = open_at(cgroup->v2, ".", O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < MU_EXEC_CGROUP_V1; i++)
    ret_v1[i] = open_at(cgroup->v1[i], "tasks", O_WRONLY);
}

void mu_exec_cgroup_clear(MuExecCgroup *cgroup) {
  if (cgroup->v2)
    rmdir(cgroup->v2);
  g_clear_pointer(&cgroup->v2, g_free);
  for (int i = 0; i < MU_EXEC_CGROUP_V1; i++) {
    if (cgroup->v1[i])
      rmdir(cgroup->v1[i]);
    g_clear_pointer(&cgroup->v1[i], g_free);
  }
}
