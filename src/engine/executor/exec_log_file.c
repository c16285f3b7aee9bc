#include "exec_log_file.h"
#include "exec_error.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int create(const MuExecLogFile *log) {
  int fd = openat(log->dir_fd, log->name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd >= 0 && log->uid != (uid_t)-1 && fchown(fd, log->uid, log->gid) < 0)
    g_debug("cannot give %s to its user: %s", log->name, g_strerror(errno));
  return fd;
}

gboolean mu_exec_log_file_open(MuExecLogFile *log, int dir_fd, const char *name, gint64 max_bytes, uid_t uid, gid_t gid,
                               GError **error) {
  *log = (MuExecLogFile){.dir_fd = dir_fd, .name = g_strdup(name), .max_bytes = max_bytes, .uid = uid, .gid = gid};
  log->fd = create(log);
  return log->fd >= 0 || mu_exec_error(error, errno, "cannot create the log file '%s'", name);
}

static void rotate(MuExecLogFile *log) {
  g_autofree char *older = g_strconcat(log->name, ".1", NULL);
  if (renameat(log->dir_fd, log->name, log->dir_fd, older) < 0 && errno != ENOENT)
    unlinkat(log->dir_fd, log->name, 0);
  int fd = create(log);
  if (fd < 0)
    return; /* goes on in the old file */
  close(log->fd);
  log->fd = fd;
  log->size = 0;
}

void mu_exec_log_file_write(MuExecLogFile *log, const char *data, gsize length) {
  if (log->fd < 0)
    return;
  if (log->size > 0 && log->size + (gint64)length > log->max_bytes)
    rotate(log);
  while (length > 0) {
    ssize_t n = write(log->fd, data, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return;
    log->size += n;
    data += n;
    length -= (gsize)n;
  }
}

void mu_exec_log_file_close(MuExecLogFile *log) {
  if (log->fd >= 0 && log->name)
    close(log->fd);
  log->fd = -1;
  g_clear_pointer(&log->name, g_free);
}
