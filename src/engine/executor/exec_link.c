#include "exec_link.h"
#include "exec_error.h"
#include "json.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "control.sock"
#define MAX_LINE (64 * 1024)
#define READ_BYTES 4096
#define RETRY_MS 1000

struct MuExecLink {
  MuExecLoop *loop;
  int listen_fd, fd; /* -1: not listening, nobody connected */
  MuExecTimer retry; /* the socket could not be made: a full disk */
  GString *in, *out;
  GQueue fds; /* of int: that came with lines that were not read yet */
  MuExecLinkMessage message;
  MuExecLinkConnected connected;
  gpointer user;
};

int mu_exec_link_take_fd(MuExecLink *link) {
  return g_queue_is_empty(&link->fds) ? -1 : GPOINTER_TO_INT(g_queue_pop_head(&link->fds));
}

static void close_fds(MuExecLink *link) {
  for (int fd; (fd = mu_exec_link_take_fd(link)) >= 0;)
    close(fd);
}

/* One comes with the first byte of its line. */
static void keep_fds(MuExecLink *link, struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    int fd = -1;
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS || part->cmsg_len != CMSG_LEN(sizeof fd))
      continue;
    memcpy(&fd, CMSG_DATA(part), sizeof fd);
    g_queue_push_tail(&link->fds, GINT_TO_POINTER(fd));
  }
}

static ssize_t receive(MuExecLink *link, char *buffer, gsize size) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec part = {buffer, size};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t n = recvmsg(link->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n >= 0)
    keep_fds(link, &message);
  return n;
}

static void disconnect(MuExecLink *link) {
  if (link->fd < 0)
    return;
  mu_exec_loop_remove(link->loop, link->fd);
  close(link->fd);
  link->fd = -1;
  g_string_truncate(link->in, 0);
  g_string_truncate(link->out, 0);
  close_fds(link);
}

static void take_lines(MuExecLink *link) {
  gsize done = 0;
  for (const char *end; (end = memchr(link->in->str + done, '\n', link->in->len - done));) {
    gsize length = (gsize)(end - link->in->str) - done;
    g_autoptr(json_t) message = mu_json_parse(link->in->str + done, length, MAX_LINE, NULL);
    done += length + 1;
    if (message)
      link->message(link->user, message);
  }
  g_string_erase(link->in, 0, (gssize)done);
}

static void flush(MuExecLink *link) {
  while (link->out->len > 0) {
    ssize_t n = send(link->fd, link->out->str, link->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      break;
    g_string_erase(link->out, 0, n);
  }
  mu_exec_loop_want_write(link->loop, link->fd, link->out->len > 0);
}

static gboolean start_listening(MuExecLink *link, GError **error);

static void on_retry(gpointer user) {
  MuExecLink *link = user;
  if (!start_listening(link, NULL))
    mu_exec_timer_set(&link->retry, mu_exec_now_ms() + RETRY_MS);
}

static void on_connection(gpointer user, guint32 events) {
  MuExecLink *link = user;
  char buffer[READ_BYTES];
  if ((events & EPOLLOUT) && link->out->len > 0)
    flush(link);
  ssize_t n = receive(link, buffer, sizeof buffer);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0 || link->in->len + (gsize)n > MAX_LINE) {
    disconnect(link);
    on_retry(link);
    return;
  }
  g_string_append_len(link->in, buffer, n);
  take_lines(link);
}

static gboolean connect_to(MuExecLink *link, int fd, GError **error) {
  disconnect(link);
  if (!mu_exec_loop_add(link->loop, fd, on_connection, link, error))
    return FALSE;
  link->fd = fd;
  return TRUE;
}

static void on_listen(gpointer user, guint32 events) {
  (void)events;
  MuExecLink *link = user;
  int fd = accept4(link->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return;
  if (connect_to(link, fd, NULL))
    link->connected(link->user);
  else
    close(fd);
}

/* By a relative name: the path of the folder may be longer than the 108 bytes that a socket's address holds. */
static int listen_here(GError **error) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_NAME};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink(SOCKET_NAME);
  if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 4) == 0)
    return fd;
  mu_exec_error(error, errno, "cannot listen on the control socket");
  if (fd >= 0)
    close(fd);
  return -1;
}

static gboolean start_listening(MuExecLink *link, GError **error) {
  if (link->listen_fd >= 0)
    return TRUE;
  int fd = listen_here(error);
  if (fd < 0)
    return FALSE;
  if (!mu_exec_loop_add(link->loop, fd, on_listen, link, error)) {
    close(fd);
    return FALSE;
  }
  link->listen_fd = fd;
  return TRUE;
}

MuExecLink *mu_exec_link_new(MuExecLoop *loop, int fd, MuExecLinkMessage message, MuExecLinkConnected connected,
                             gpointer user, GError **error) {
  MuExecLink *link = g_new0(MuExecLink, 1);
  *link = (MuExecLink){.loop = loop, .fd = -1, .message = message, .connected = connected, .user = user};
  link->in = g_string_new(NULL);
  link->out = g_string_new(NULL);
  link->listen_fd = -1;
  g_queue_init(&link->fds);
  mu_exec_timer_init(&link->retry, loop, on_retry, link);
  if (fd >= 0 ? !connect_to(link, fd, error) : !start_listening(link, error)) {
    mu_exec_link_free(link);
    return NULL;
  }
  return link;
}

void mu_exec_link_free(MuExecLink *link) {
  if (!link)
    return;
  if (link->fd >= 0 && link->out->len > 0)
    flush(link);
  disconnect(link);
  mu_exec_timer_clear(&link->retry);
  if (link->listen_fd >= 0) {
    mu_exec_loop_remove(link->loop, link->listen_fd);
    close(link->listen_fd);
  }
  g_string_free(link->in, TRUE);
  g_string_free(link->out, TRUE);
  g_free(link);
}

void mu_exec_link_send(MuExecLink *link, const json_t *message) {
  if (link->fd < 0)
    return;
  g_autofree char *text = mu_json_to_string(message);
  g_string_append(link->out, text);
  g_string_append_c(link->out, '\n');
  flush(link);
}
