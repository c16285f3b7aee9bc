/* A pipe from a process to its log file, and the tail of it kept for messages. */
#include "exec_error.h"
#include "exec_task.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)

static void keep(MuExecStream *stream, const char *data, gsize length) {
  GString *tail = stream->tail;
  g_string_append_len(tail, data, (gssize)length);
  if (tail->len > stream->keep)
    g_string_erase(tail, 0, (gssize)(tail->len - stream->keep));
}

/* TRUE when there may be more. */
static gboolean read_some(MuExecStream *stream) {
  static char buffer[READ_BYTES];
  ssize_t n = read(stream->fd, buffer, sizeof buffer);
  if (n < 0)
    return errno == EINTR;
  if (n == 0) {
    mu_exec_loop_remove(stream->loop, stream->fd); /* nobody writes any more */
    return FALSE;
  }
  if (stream->log)
    mu_exec_log_file_write(stream->log, buffer, (gsize)n);
  if (stream->tail)
    keep(stream, buffer, (gsize)n);
  return TRUE;
}

static void on_output(gpointer user, guint32 events) {
  (void)events;
  read_some(user);
}

gboolean mu_exec_stream_open(MuExecStream *stream, MuExecLoop *loop, MuExecLogFile *log, gsize keep_bytes,
                             int *ret_write_fd, GError **error) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0)
    return mu_exec_error(error, errno, "cannot make a pipe");
  if (!mu_exec_loop_add(loop, fds[0], on_output, stream, error)) {
    close(fds[0]);
    close(fds[1]);
    return FALSE;
  }
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  *stream = (MuExecStream){
      .loop = loop, .fd = fds[0], .log = log, .keep = keep_bytes, .tail = keep_bytes > 0 ? g_string_new(NULL) : NULL};
  *ret_write_fd = fds[1];
  return TRUE;
}

void mu_exec_stream_drain(MuExecStream *stream) {
  for (int i = 0; i < 64 && stream->fd >= 0 && read_some(stream); i++)
    ;
}

void mu_exec_stream_close(MuExecStream *stream) {
  if (stream->fd < 0)
    return;
  mu_exec_stream_drain(stream);
  mu_exec_loop_remove(stream->loop, stream->fd);
  close(stream->fd);
  stream->fd = -1;
  if (stream->tail) {
    explicit_bzero(stream->tail->str, stream->tail->len); /* it may have been a secret */
    g_string_free(stream->tail, TRUE);
  }
  stream->tail = NULL;
}
