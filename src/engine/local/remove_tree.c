#include "remove_tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 2000 /* of folders, each of which holds a descriptor and a stack frame while its inside is removed */

static gboolean fail(GError **error, const char *name) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot remove '%s': %s", name, g_strerror(errno));
  return FALSE;
}

static gboolean remove_in(int dir_fd, const char *name, dev_t device, guint depth, const gint *stop, GError **error);

static gboolean remove_inside(int fd, dev_t device, guint depth, const gint *stop, GError **error) {
  DIR *dir = fdopendir(fd); /* takes fd */
  gboolean ok = dir != NULL;
  while (ok) {
    struct dirent *entry = readdir(dir);
    if (!entry)
      break;
    if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, ".."))
      continue;
    ok = remove_in(dirfd(dir), entry->d_name, device, depth, stop, error);
  }
  if (dir)
    closedir(dir);
  return ok;
}

static gboolean remove_folder(int dir_fd, const char *name, dev_t device, guint depth, const gint *stop,
                              GError **error) {
  struct stat st;
  int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == EACCES && fchmodat(dir_fd, name, 0700, 0) == 0) /* our own, made unreadable by its task */
    fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) < 0 || depth >= MAX_DEPTH || (depth > 0 && st.st_dev != device)) {
    if (fd >= 0)
      errno = depth >= MAX_DEPTH ? ELOOP : EXDEV;
    fail(error, name);
    if (fd >= 0)
      close(fd);
    return FALSE;
  }
  fchmod(fd, 0700);
  if (!remove_inside(fd, depth > 0 ? device : st.st_dev, depth + 1, stop, error))
    return FALSE;
  return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT || fail(error, name);
}

static gboolean remove_in(int dir_fd, const char *name, dev_t device, guint depth, const gint *stop, GError **error) {
  if (stop && g_atomic_int_get(stop)) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "stopped");
    return FALSE;
  }
  if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
    return TRUE;
  if (errno != EISDIR && errno != EPERM)
    return fail(error, name);
  return remove_folder(dir_fd, name, device, depth, stop, error);
}

gboolean mu_remove_tree(int dir_fd, const char *name, const gint *stop, GError **error) {
  return remove_in(dir_fd, name, 0, 0, stop, error);
}
