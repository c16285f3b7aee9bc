#include "executor_line.h"
#include "json.h"
#include <errno.h>
#include <glib-unix.h>
#include <muster/error.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE (1024 * 1024)
#define READ_BYTES (16 * 1024)

struct MuLocalLines {
  int epoll_fd;
  GSource *source;
  MuLocalLineFuncs funcs;
  GHashTable *all; /* of MuLocalLine*, owned; a freed one is gone from it */
};

struct MuLocalLine {
  MuLocalLines *lines;
  int fd;
  gboolean waits_for_room;
  GString *in, *out;
  gpointer user;
};

static void line_free(gpointer data) {
  MuLocalLine *line = data;
  close(line->fd); /* leaves the epoll set by itself */
  g_string_free(line->in, TRUE);
  g_string_free(line->out, TRUE);
  g_free(line);
}

static gboolean is_open(MuLocalLines *lines, MuLocalLine *line) {
  return g_hash_table_contains(lines->all, line);
}

void mu_local_line_free(MuLocalLine *line) {
  if (line)
    g_hash_table_remove(line->lines->all, line);
}

static void watch(MuLocalLine *line, int op, gboolean for_room) {
  struct epoll_event event = {.events = EPOLLIN | (for_room ? (guint32)EPOLLOUT : 0u), .data.ptr = line};
  epoll_ctl(line->lines->epoll_fd, op, line->fd, &event);
  line->waits_for_room = for_room;
}

static void flush(MuLocalLine *line) {
  gsize done = 0;
  while (done < line->out->len) {
    ssize_t n = send(line->fd, line->out->str + done, line->out->len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      break; /* full, or broken: then the reading end says so */
    done += (gsize)n;
  }
  g_string_erase(line->out, 0, (gssize)done);
  gboolean wait = line->out->len > 0;
  if (wait != line->waits_for_room)
    watch(line, EPOLL_CTL_MOD, wait);
}

/* A message's function may free the line. */
static void take_lines(MuLocalLines *lines, MuLocalLine *line) {
  g_autoptr(GString) text = g_steal_pointer(&line->in);
  gsize done = 0;
  line->in = g_string_new(NULL);
  for (const char *end; (end = memchr(text->str + done, '\n', text->len - done));) {
    gsize length = (gsize)(end - text->str) - done;
    g_autoptr(json_t) message = mu_json_parse(text->str + done, length, MAX_LINE, NULL);
    done += length + 1;
    if (json_is_object(message))
      lines->funcs.message(line->user, message);
    if (!is_open(lines, line))
      return;
  }
  g_string_append_len(line->in, text->str + done, (gssize)(text->len - done));
}

static void close_line(MuLocalLines *lines, MuLocalLine *line) {
  lines->funcs.closed(line->user);
  if (is_open(lines, line))
    mu_local_line_free(line);
}

static void read_line(MuLocalLines *lines, MuLocalLine *line) {
  char buffer[READ_BYTES];
  ssize_t n = recv(line->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0 || line->in->len + (gsize)n > MAX_LINE) {
    close_line(lines, line);
    return;
  }
  g_string_append_len(line->in, buffer, n);
  take_lines(lines, line);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer user) {
  (void)condition;
  MuLocalLines *lines = user;
  struct epoll_event events[64];
  int n = epoll_wait(fd, events, G_N_ELEMENTS(events), 0);
  for (int i = 0; i < n; i++) {
    MuLocalLine *line = events[i].data.ptr;
    if (is_open(lines, line) && (events[i].events & EPOLLOUT))
      flush(line);
    if (is_open(lines, line) && (events[i].events & ~(guint32)EPOLLOUT))
      read_line(lines, line);
  }
  return G_SOURCE_CONTINUE;
}

MuLocalLines *mu_local_lines_new(GMainContext *context, const MuLocalLineFuncs *funcs, GError **error) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot make an epoll: %s", g_strerror(errno));
    return NULL;
  }
  MuLocalLines *lines = g_new0(MuLocalLines, 1);
  *lines = (MuLocalLines){.epoll_fd = fd, .funcs = *funcs, .all = g_hash_table_new_full(NULL, NULL, line_free, NULL)};
  lines->source = g_unix_fd_source_new(fd, G_IO_IN);
  g_source_set_callback(lines->source, G_SOURCE_FUNC(on_ready), lines, NULL);
  g_source_attach(lines->source, context);
  return lines;
}

void mu_local_lines_free(MuLocalLines *lines) {
  if (!lines)
    return;
  g_source_destroy(lines->source);
  g_source_unref(lines->source);
  g_hash_table_unref(lines->all);
  close(lines->epoll_fd);
  g_free(lines);
}

MuLocalLine *mu_local_line_new(MuLocalLines *lines, int take_fd, gpointer user) {
  MuLocalLine *line = g_new0(MuLocalLine, 1);
  *line = (MuLocalLine){.lines = lines, .fd = take_fd, .user = user};
  line->in = g_string_new(NULL);
  line->out = g_string_new(NULL);
  g_hash_table_add(lines->all, line);
  watch(line, EPOLL_CTL_ADD, FALSE);
  return line;
}

void mu_local_line_send(MuLocalLine *line, const json_t *message) {
  g_autofree char *text = mu_json_to_string(message);
  g_string_append(line->out, text);
  g_string_append_c(line->out, '\n');
  flush(line);
}

static ssize_t send_with(int socket, const char *text, gsize length, int fd) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct iovec part = {(char *)text, length};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

gboolean mu_local_line_send_fd(MuLocalLine *line, const json_t *message, int fd) {
  g_autofree char *text = mu_json_to_string(message);
  g_autofree char *whole = g_strconcat(text, "\n", NULL);
  flush(line);
  ssize_t n = line->out->len > 0 ? -1 : send_with(line->fd, whole, strlen(whole), fd);
  if (n <= 0)
    return FALSE;
  g_string_append(line->out, whole + n);
  flush(line);
  return TRUE;
}

gboolean mu_local_line_peer(const MuLocalLine *line, struct ucred *ret_peer) {
  socklen_t length = sizeof *ret_peer;
  return getsockopt(line->fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &length) == 0;
}
