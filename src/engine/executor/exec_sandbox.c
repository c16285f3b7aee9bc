#include "exec_sandbox.h"
#include "exec_error.h"
#include "json.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static gboolean write_file(int dir_fd, const char *name, const char *text, mode_t mode, const MuExecTaskSpec *owner,
                           GError **error) {
  int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  gsize length = strlen(text);
  gboolean ok = fd >= 0 && write(fd, text, length) == (ssize_t)length &&
                (!owner || !owner->switch_user || fchown(fd, owner->uid, owner->gid) == 0);
  int errnum = errno;
  if (fd >= 0)
    close(fd);
  return ok || mu_exec_error(error, errnum, "cannot write '%s' in the sandbox", name);
}

/* Makes a folder (it may be there) and opens it; `task` given: owned by its user. */
static int make_folder(int dir_fd, const char *name, mode_t mode, const MuExecTaskSpec *task, GError **error) {
  if (mkdirat(dir_fd, name, mode) < 0 && errno != EEXIST)
    return mu_exec_error(error, errno, "cannot make the folder '%s'", name), -1;
  int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && (!task || !task->switch_user || fchown(fd, task->uid, task->gid) == 0))
    return fd;
  mu_exec_error(error, errno, "cannot use the folder '%s'", name);
  if (fd >= 0)
    close(fd);
  return -1;
}

/* The parts of a relative path, without empty ones at its end; NULL when it leads elsewhere, or nowhere. */
static char **split_path(const char *path) {
  char **parts = g_strsplit(path, "/", -1);
  guint n = g_strv_length(parts);
  while (n > 0 && *parts[n - 1] == '\0')
    g_clear_pointer(&parts[--n], g_free);
  gboolean inside = n > 0;
  for (char **part = parts; *part; part++)
    inside = inside && **part != '\0' && !g_str_equal(*part, ".") && !g_str_equal(*part, "..");
  if (!inside)
    g_clear_pointer(&parts, g_strfreev);
  return parts;
}

/* The folder that holds the last part, made as far as it is missing; -1 on failure. */
static int make_parents(int dir_fd, char **parts, const MuExecTaskSpec *task, GError **error) {
  int at = dup(dir_fd);
  for (char **part = parts; at >= 0 && part[1]; part++) {
    int next = make_folder(at, *part, 0755, task, error);
    close(at);
    at = next;
  }
  return at;
}

static gboolean give_volume(const MuExecVolume *volume, const MuExecTaskSpec *task, GError **error) {
  struct stat st;
  if (stat(volume->source, &st) < 0)
    return mu_exec_error(error, errno, "the volume '%s' is not there (%s)", volume->path, volume->source);
  if (task->switch_user && st.st_uid != task->uid && chown(volume->source, task->uid, task->gid) < 0)
    return mu_exec_error(error, errno, "cannot give the volume '%s' to the task's user", volume->path);
  return TRUE;
}

static gboolean refuse_path(const char *what, const char *path, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the %s path '%s' is not a relative path inside the sandbox", what,
              path);
  return FALSE;
}

gboolean mu_exec_sandbox_link(int sandbox_fd, const MuExecTaskSpec *task, const char *path, const char *target,
                              GError **error) {
  g_auto(GStrv) parts = split_path(path);
  int at = parts ? make_parents(sandbox_fd, parts, task, error) : -1;
  if (at < 0)
    return parts ? FALSE : refuse_path("file's", path, error);
  gboolean ok = symlinkat(target, at, parts[g_strv_length(parts) - 1]) == 0;
  int errnum = errno;
  close(at);
  return ok || mu_exec_error(error, errnum, "cannot put '%s' into the sandbox", path);
}

gboolean mu_exec_sandbox_make_folder(int sandbox_fd, const MuExecTaskSpec *task, const char *path, mode_t mode,
                                     GError **error) {
  g_auto(GStrv) parts = split_path(path);
  int at = parts ? make_parents(sandbox_fd, parts, task, error) : -1;
  if (at < 0)
    return parts ? FALSE : refuse_path("folder's", path, error);
  int fd = make_folder(at, parts[g_strv_length(parts) - 1], mode, task, error);
  close(at);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

static gboolean link_volume(int sandbox_fd, const MuExecVolume *volume, const MuExecTaskSpec *task, GError **error) {
  g_auto(GStrv) parts = split_path(volume->path);
  if (!parts)
    return refuse_path("volume", volume->path, error);
  return give_volume(volume, task, error) &&
         mu_exec_sandbox_link(sandbox_fd, task, volume->path, volume->source, error);
}

/* ---- places of host volumes ---- */

static gboolean make_place(int at, const char *name, gboolean folder, const struct stat *owner) {
  int fd = -1;
  if (folder && mkdirat(at, name, 0755) < 0)
    return errno == EEXIST;
  fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (folder ? O_DIRECTORY : O_CREAT | O_EXCL), 0644);
  if (fd < 0)
    return errno == EEXIST;
  gboolean ok = fchown(fd, owner->st_uid, owner->st_gid) == 0;
  close(fd);
  return ok;
}

gboolean mu_exec_sandbox_make_place(const char *sandbox, const MuExecHostVolume *volume, GError **error) {
  struct stat host, owner;
  g_auto(GStrv) parts = split_path(volume->container_path);
  if (!parts)
    return refuse_path("host volume's container", volume->container_path, error);
  if (stat(volume->host_path, &host) < 0)
    return mu_exec_error(error, errno, "the host volume '%s': cannot use %s of this machine", volume->container_path,
                         volume->host_path);
  int fd = open(sandbox, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &owner) < 0)
    return mu_exec_error(error, errno, "cannot open the sandbox %s", sandbox);
  const MuExecTaskSpec user = {.switch_user = geteuid() == 0, .uid = owner.st_uid, .gid = owner.st_gid};
  int at = make_parents(fd, parts, &user, error);
  close(fd);
  if (at < 0)
    return FALSE;
  gboolean ok = make_place(at, parts[g_strv_length(parts) - 1], S_ISDIR(host.st_mode), &owner);
  int errnum = errno;
  close(at);
  return ok || mu_exec_error(error, errnum, "cannot make the place of the host volume '%s'", volume->container_path);
}

gboolean mu_exec_sandbox_write(int sandbox_fd, const MuExecTaskSpec *task, const char *name, const char *text,
                               GError **error) {
  int fd = make_folder(sandbox_fd, MU_EXEC_OWN_DIR, 0700, task, error);
  gboolean ok = fd >= 0 && write_file(fd, name, text, 0600, task, error);
  if (fd >= 0)
    close(fd);
  return ok;
}

static gboolean write_templates(int sandbox_fd, const MuExecTaskSpec *task, GError **error) {
  for (guint i = 0; i < task->configs->len; i++) {
    const MuExecConfig *config = task->configs->pdata[i];
    g_autofree char *path = mu_exec_sandbox_template_path(task, i);
    if (!mu_exec_sandbox_write(sandbox_fd, task, path + strlen(MU_EXEC_OWN_DIR "/"), config->text, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean write_volumes_file(const MuExecTaskSpec *task, GError **error) {
  if (task->volumes->len == 0)
    return TRUE;
  g_autoptr(json_t) volumes = json_array();
  for (guint i = 0; i < task->volumes->len; i++) {
    const MuExecVolume *volume = task->volumes->pdata[i];
    json_array_append_new(volumes, json_pack("{s:s, s:s}", "path", volume->path, "source", volume->source));
  }
  g_autofree char *text = mu_json_to_string(volumes);
  return write_file(AT_FDCWD, task->volumes_file, text, 0600, NULL, error);
}

static gboolean fill(const MuExecTaskSpec *task, int fd, GError **error) {
  if (task->switch_user && fchown(fd, task->uid, task->gid) < 0)
    return mu_exec_error(error, errno, "cannot give the sandbox to its user");
  if (!write_volumes_file(task, error) || !write_templates(fd, task, error))
    return FALSE;
  for (guint i = 0; i < task->volumes->len; i++)
    if (!link_volume(fd, task->volumes->pdata[i], task, error))
      return FALSE;
  return TRUE;
}

int mu_exec_sandbox_make(const MuExecTaskSpec *task, GError **error) {
  if (mkdir(task->sandbox, 0750) < 0)
    return mu_exec_error(error, errno, "cannot make the sandbox %s", task->sandbox), -1;
  int fd = open(task->sandbox, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return mu_exec_error(error, errno, "cannot open the sandbox %s", task->sandbox), -1;
  if (fill(task, fd, error))
    return fd;
  close(fd);
  return -1;
}

static gboolean has_variable(const GPtrArray *env, const char *name) {
  gsize length = strlen(name);
  for (guint i = 0; i < env->len && env->pdata[i]; i++) {
    const char *entry = env->pdata[i];
    if (strncmp(entry, name, length) == 0 && entry[length] == '=')
      return TRUE;
  }
  return FALSE;
}

static void add_default(GPtrArray *env, const GPtrArray *given, const char *name, const char *value) {
  if (!has_variable(given, name))
    g_ptr_array_add(env, g_strconcat(name, "=", value, NULL));
}

GPtrArray *mu_exec_sandbox_environment(const MuExecTaskSpec *task) {
  GPtrArray *env = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < task->env->len && task->env->pdata[i]; i++)
    if (!g_str_has_prefix(task->env->pdata[i], "MUSTER_TASK_ID="))
      g_ptr_array_add(env, g_strdup(task->env->pdata[i]));
  add_default(env, task->env, "PATH", DEFAULT_PATH);
  add_default(env, task->env, "HOME", task->sandbox);
  add_default(env, task->env, "MESOS_SANDBOX", task->sandbox);
  g_ptr_array_add(env, g_strconcat("MUSTER_TASK_ID=", task->task_id, NULL)); /* leftovers are found by it */
  g_ptr_array_add(env, NULL);
  return env;
}

char *mu_exec_sandbox_template_path(const MuExecTaskSpec *task, guint n) {
  const MuExecConfig *config = task->configs->pdata[n];
  g_autofree char *name = g_strdup(config->name);
  g_strdelimit(name, "/", '_');
  return g_strdup_printf(MU_EXEC_OWN_DIR "/%u-%s", n, name);
}
