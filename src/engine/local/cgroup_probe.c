#include "cgroup_probe.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

typedef struct {
  char *mountinfo, *self_cgroup; /* texts */
  const char *key;
  GString *reasons;
} Probe;

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

static gboolean has_word(const char *list, const char *word, const char *separators) {
  g_auto(GStrv) words = g_strsplit_set(list, separators, -1);
  return g_strv_contains((const char *const *)words, word);
}

/* "36 25 0:31 / /sys/fs/cgroup/cpu rw,… - cgroup cgroup rw,cpu,cpuacct": the mount point of the hierarchy, or NULL. */
static char *mount_point(const Probe *probe, const char *controller) {
  g_auto(GStrv) lines = g_strsplit(probe->mountinfo, "\n", -1);
  for (char **line = lines; *line; line++) {
    char point[4096], type[64], options[1024];
    const char *dash = strstr(*line, " - ");
    if (!dash || sscanf(*line, "%*s %*s %*s %*s %4095s", point) != 1 ||
        sscanf(dash, " - %63s %*s %1023s", type, options) != 2)
      continue;
    if (controller ? g_str_equal(type, "cgroup") && has_word(options, controller, ",") : g_str_equal(type, "cgroup2"))
      return g_strdup(point);
  }
  return NULL;
}

/* "4:memory:/path", "0::/path" for v2: our own cgroup, or NULL. */
static char *own_cgroup(const Probe *probe, const char *controller) {
  g_auto(GStrv) lines = g_strsplit(probe->self_cgroup, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_auto(GStrv) parts = g_strsplit(*line, ":", 3);
    if (g_strv_length(parts) != 3)
      continue;
    if (controller ? has_word(parts[1], controller, ",") : *parts[1] == '\0')
      return g_strdup(parts[2]);
  }
  return NULL;
}

static gboolean is_delegated(const char *folder) {
  char value[4] = "";
  struct stat st;
  if (geteuid() != 0)
    return stat(folder, &st) == 0 && st.st_uid == geteuid();
  return (getxattr(folder, "trusted.delegate", value, sizeof value) > 0 ||
          getxattr(folder, "user.delegate", value, sizeof value) > 0) &&
         value[0] == '1';
}

static gboolean is_service_managers(const char *own) {
  return g_str_has_prefix(own, "/user.slice") || g_str_has_prefix(own, "/system.slice") ||
         g_str_equal(own, "/init.scope");
}

static void because(Probe *probe, const char *controller, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void because(Probe *probe, const char *controller, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_string_append_printf(probe->reasons, "%s%s: ", probe->reasons->len ? "; " : "", controller ? controller : "v2");
  g_string_append_vprintf(probe->reasons, format, args);
  va_end(args);
}

/* The folder below which ours go, or NULL. `controller` NULL: v2. */
static char *find_base(Probe *probe, const char *controller) {
  g_autofree char *mount = mount_point(probe, controller);
  g_autofree char *own = own_cgroup(probe, controller);
  if (!mount || !own) {
    because(probe, controller, "not mounted");
    return NULL;
  }
  g_autofree char *folder = g_build_filename(mount, own, NULL);
  if (g_str_equal(own, "/") || is_delegated(folder))
    return g_steal_pointer(&folder);
  if (is_service_managers(own) && geteuid() == 0)
    return g_steal_pointer(&mount);
  because(probe, controller, "we are in %s, which is not delegated to us", own);
  return NULL;
}

static char *make_ours(Probe *probe, const char *controller, const char *base) {
  g_autofree char *top = g_build_filename(base, "muster", NULL);
  g_autofree char *ours = g_build_filename(top, probe->key, NULL);
  if ((mkdir(top, 0755) == 0 || errno == EEXIST) && (mkdir(ours, 0755) == 0 || errno == EEXIST) &&
      access(ours, W_OK) == 0)
    return g_steal_pointer(&ours);
  because(probe, controller, "cannot make %s: %s", ours, g_strerror(errno));
  return NULL;
}

static char *find_v1(Probe *probe, const char *controller) {
  g_autofree char *base = find_base(probe, controller);
  return base ? make_ours(probe, controller, base) : NULL;
}

/* A cgroup that hands controllers down holds no process itself, but for the root: move ourselves into a leaf. */
static gboolean hand_down(const char *folder, const char *what) {
  if (write_file(folder, "cgroup.subtree_control", what))
    return TRUE;
  g_autofree char *leaf = g_build_filename(folder, "muster-scheduler", NULL);
  return errno == EBUSY && (mkdir(leaf, 0755) == 0 || errno == EEXIST) && write_file(leaf, "cgroup.procs", "0") &&
         write_file(folder, "cgroup.subtree_control", what);
}

static gboolean use_v2_controller(const char *base, const char *ours, const char *controller) {
  g_autofree char *path = g_build_filename(base, "cgroup.controllers", NULL);
  g_autofree char *top = g_path_get_dirname(ours);
  g_autofree char *what = g_strconcat("+", controller, NULL);
  g_autofree char *text = NULL;
  return g_file_get_contents(path, &text, NULL, NULL) && has_word(g_strstrip(text), controller, " ") &&
         hand_down(base, what) && write_file(top, "cgroup.subtree_control", what) &&
         write_file(ours, "cgroup.subtree_control", what);
}

static void find_v2(Probe *probe, MuCgroupProbe *found) {
  g_autofree char *base = find_base(probe, NULL);
  found->v2 = base ? make_ours(probe, NULL, base) : NULL;
  if (!found->v2)
    return;
  found->v2_cpu = use_v2_controller(base, found->v2, "cpu");
  found->v2_memory = use_v2_controller(base, found->v2, "memory");
}

static void warn(const Probe *probe, const MuCgroupProbe *found, GPtrArray *warnings) {
  gboolean cpu = found->v2_cpu || found->v1_cpu, memory = found->v2_memory || found->v1_memory;
  gboolean processes = found->v2 || found->v1_freezer;
  if (cpu && memory && processes)
    return;
  g_ptr_array_add(warnings,
                  g_strdup_printf("limits not enforced by cgroups: %s%s%s(%s)", cpu ? "" : "cpu ",
                                  memory ? "" : "memory ", processes ? "" : "process-tracking ", probe->reasons->str));
}

void mu_cgroup_probe(MuCgroupProbe *ret_probe, const char *key, const MuCgroupPlaces *places, GPtrArray *ret_warnings) {
  Probe probe = {.key = key, .reasons = g_string_new(NULL)};
  memset(ret_probe, 0, sizeof *ret_probe);
  if (g_file_get_contents(places ? places->mountinfo : "/proc/self/mountinfo", &probe.mountinfo, NULL, NULL) &&
      g_file_get_contents(places ? places->self_cgroup : "/proc/self/cgroup", &probe.self_cgroup, NULL, NULL)) {
    find_v2(&probe, ret_probe);
    ret_probe->v1_cpu = ret_probe->v2_cpu ? NULL : find_v1(&probe, "cpu");
    ret_probe->v1_memory = ret_probe->v2_memory ? NULL : find_v1(&probe, "memory");
    ret_probe->v1_freezer = ret_probe->v2 ? NULL : find_v1(&probe, "freezer");
  }
  warn(&probe, ret_probe, ret_warnings);
  g_free(probe.mountinfo);
  g_free(probe.self_cgroup);
  g_string_free(probe.reasons, TRUE);
}

void mu_cgroup_probe_clear(MuCgroupProbe *probe) {
  g_free(probe->v2);
  g_free(probe->v1_cpu);
  g_free(probe->v1_memory);
  g_free(probe->v1_freezer);
  memset(probe, 0, sizeof *probe);
}

static void sweep_folder(const char *folder, GHashTable *keep) {
  GDir *dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
  if (!dir)
    return;
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!keep || !g_hash_table_contains(keep, name))
      rmdir(path); /* fails, as it should, for files and for what still has processes */
  }
  g_dir_close(dir);
}

void mu_cgroup_probe_sweep(const MuCgroupProbe *probe, GHashTable *keep) {
  sweep_folder(probe->v2, keep);
  sweep_folder(probe->v1_cpu, keep);
  sweep_folder(probe->v1_memory, keep);
  sweep_folder(probe->v1_freezer, keep);
}

static void remove_ours(const char *folder) {
  if (!folder)
    return;
  sweep_folder(folder, NULL);
  rmdir(folder);
  g_autofree char *top = g_path_get_dirname(folder);
  rmdir(top); /* stays while another engine has its folder there */
}

void mu_cgroup_probe_remove(const MuCgroupProbe *probe) {
  remove_ours(probe->v2);
  remove_ours(probe->v1_cpu);
  remove_ours(probe->v1_memory);
  remove_ours(probe->v1_freezer);
}

json_t *mu_cgroup_probe_to_json(const MuCgroupProbe *probe) {
  json_t *json = json_object();
  mu_json_set_string(json, "v2", probe->v2);
  mu_json_set_string(json, "v1_cpu", probe->v1_cpu);
  mu_json_set_string(json, "v1_memory", probe->v1_memory);
  mu_json_set_string(json, "v1_freezer", probe->v1_freezer);
  mu_json_set_bool(json, "v2_cpu", probe->v2_cpu);
  mu_json_set_bool(json, "v2_memory", probe->v2_memory);
  return json;
}

char *mu_cgroup_probe_describe(const MuCgroupProbe *probe) {
  return g_strdup_printf("cpu by %s, memory by %s, processes by %s",
                         probe->v2_cpu   ? "v2"
                         : probe->v1_cpu ? "v1"
                                         : "none",
                         probe->v2_memory   ? "v2"
                         : probe->v1_memory ? "v1"
                                            : "none",
                         probe->v2           ? "v2"
                         : probe->v1_freezer ? "v1"
                                             : "session and environment");
}
