/* A log file with rotation: when a write would take it past `max_bytes` it becomes `<name>.1` (replacing an older one) and
 * a new file begins. The folder belongs to the task's user, who may put anything in it: files are made with O_EXCL and
 * never followed. */
#ifndef MU_EXEC_LOG_FILE_H
#define MU_EXEC_LOG_FILE_H
#include <glib.h>
#include <sys/types.h>

typedef struct {
  int dir_fd; /* borrowed */
  int fd;     /* -1: not open */
  char *name;
  gint64 size, max_bytes;
  uid_t uid; /* of the file; (uid_t)-1: unchanged */
  gid_t gid;
} MuExecLogFile;

gboolean mu_exec_log_file_open(MuExecLogFile *log, int dir_fd, const char *name, gint64 max_bytes, uid_t uid, gid_t gid,
                               GError **error);
/* Appends, rotating before it when needed. What the disk does not take is lost: a task never stops for its log. */
void mu_exec_log_file_write(MuExecLogFile *log, const char *data, gsize length);
void mu_exec_log_file_close(MuExecLogFile *log);
#endif
