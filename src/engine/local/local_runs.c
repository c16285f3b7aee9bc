/* The runs: how many finished ones are kept, and safe paths into their sandboxes. */
#include "json.h"
#include "local_private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_VOLUMES_FILE (16 * 1024 * 1024)

/* ---- keeping ---- */

static char *group_of(const char *task_id) {
  g_autofree char *service = NULL, *name = NULL;
  if (!mu_task_id_parse(task_id, &service, &name, NULL))
    return g_strdup(task_id);
  return g_strconcat(service, "\n", name, NULL);
}

static void unref_array(gpointer array) {
  g_ptr_array_unref(array);
}

static GPtrArray *group(MuLocal *local, const char *task_id) {
  if (!local->runs)
    local->runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_array);
  g_autofree char *key = group_of(task_id);
  GPtrArray *ids = g_hash_table_lookup(local->runs, key);
  if (!ids) {
    ids = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(local->runs, g_steal_pointer(&key), ids);
  }
  return ids;
}

void mu_local_runs_ended(MuLocal *local, const char *task_id) {
  GPtrArray *ids = group(local, task_id);
  g_ptr_array_add(ids, g_strdup(task_id));
  while (ids->len > local->keep_sandboxes) {
    g_autofree char *path = g_build_filename(local->runs_dir, ids->pdata[0], NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *volumes_file = g_build_filename(local->run_volumes_dir, ids->pdata[0], NULL);
    unlink(volumes_file);
    if (!mu_local_trash_take(local->trash, path, FALSE, &error))
      g_warning("local engine: %s", error->message);
    g_ptr_array_remove_index(ids, 0);
  }
}

typedef struct {
  char *task_id;
  struct timespec made;
} Run;

static int older_first(gconstpointer a, gconstpointer b) {
  const Run *first = a, *second = b;
  if (first->made.tv_sec != second->made.tv_sec)
    return first->made.tv_sec < second->made.tv_sec ? -1 : 1;
  return first->made.tv_nsec < second->made.tv_nsec ? -1 : first->made.tv_nsec > second->made.tv_nsec;
}

gboolean mu_local_runs_scan(MuLocal *local, GError **error) {
  GDir *dir = g_dir_open(local->runs_dir, 0, error);
  if (!dir)
    return FALSE;
  g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(Run));
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autofree char *path = g_build_filename(local->runs_dir, name, NULL);
    struct stat st;
    if (g_hash_table_contains(local->tasks, name) || lstat(path, &st) < 0)
      continue;
    Run run = {.task_id = g_strdup(name), .made = st.st_mtim};
    g_array_append_val(runs, run);
  }
  g_dir_close(dir);
  g_array_sort(runs, older_first);
  for (guint i = 0; i < runs->len; i++) {
    g_autofree char *task_id = g_array_index(runs, Run, i).task_id;
    mu_local_runs_ended(local, task_id);
  }
  return TRUE;
}

/* ---- paths ---- */

/* A descriptor below `folder`, by no symlink that leads out of it; -1 with errno. */
static int open_beneath(const char *folder, const char *path) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  int dir_fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (dir_fd < 0)
    return -1;
  int fd = (int)syscall(SYS_openat2, dir_fd, *path ? path : ".", &how, sizeof how);
  int errnum = errno;
  close(dir_fd);
  errno = errnum;
  return fd;
}

/* What of `path` lies below the volume's place in the sandbox, or NULL. */
static const char *below_volume(const char *path, const char *volume_path) {
  gsize length = strlen(volume_path);
  if (strncmp(path, volume_path, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return NULL;
  return path[length] == '/' ? path + length + 1 : "";
}

/* The volumes are symlinks that lead out: a path through one is resolved beneath the volume, if the run had it. */
static int open_in_volume(const char *volumes_file, const char *path) {
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr(json_t) volumes = g_file_get_contents(volumes_file, &text, &length, NULL)
                                  ? mu_json_parse(text, length, MAX_VOLUMES_FILE, NULL)
                                  : NULL;
  gsize i;
  json_t *volume;
  json_array_foreach (volumes, i, volume) {
    const char *place = json_string_value(json_object_get(volume, "path"));
    const char *source = json_string_value(json_object_get(volume, "source"));
    const char *rest = place && source ? below_volume(path, place) : NULL;
    if (rest)
      return open_beneath(source, rest);
  }
  errno = EXDEV;
  return -1;
}

static gboolean not_found(GError **error, const char *task_id, const char *path) {
  if (errno == EXDEV || errno == ELOOP)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "'%s' leads out of the sandbox of %s", path, task_id);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no '%s' in the sandbox of %s", path, task_id);
  return FALSE;
}

char *mu_local_runs_path(MuEngine *engine, const char *agent_id, const char *task_id, const char *path,
                         GError **error) {
  (void)agent_id; /* all agents are this machine */
  const MuLocal *local = (const MuLocal *)engine;
  if (!mu_local_name_is_safe(task_id)) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no task '%s'", task_id);
    return NULL;
  }
  g_autofree char *sandbox = g_build_filename(local->runs_dir, task_id, NULL);
  g_autofree char *volumes_file = g_build_filename(local->run_volumes_dir, task_id, NULL);
  int fd = open_beneath(sandbox, path);
  if (fd < 0 && errno == EXDEV && *path != '/' && !strstr(path, ".."))
    fd = open_in_volume(volumes_file, path);
  if (fd < 0)
    return not_found(error, task_id, path), NULL;
  g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
  char *real = g_file_read_link(link, error);
  close(fd);
  return real;
}
