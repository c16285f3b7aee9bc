#include "master_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void master_reply_free(MasterReply *reply) {
  json_decref(reply->headers);
  g_byte_array_unref(reply->body);
  g_byte_array_unref(reply->raw);
  if (reply->fd >= 0)
    close(reply->fd);
  g_free(reply);
}

/* ---- sending --------------------------------------------------------------------------------------------------------- */

static int connect_to(guint16 port) {
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
    g_error("cannot reach port %u of 127.0.0.1: %s", port, g_strerror(errno));
  return fd;
}

static void send_all(int fd, const char *data, gsize length) {
  while (length > 0) {
    ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
    if (n <= 0)
      return; /* it broke: the reply tells */
    data += n;
    length -= (gsize)n;
  }
}

static void send_request(int fd, const char *method, const char *path, const json_t *headers, const void *body,
                         gsize length) {
  g_autoptr(GString) text = g_string_new(NULL);
  const char *name;
  json_t *value;
  g_string_printf(text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n", method, path,
                  length);
  json_object_foreach ((json_t *)headers, name, value)
    g_string_append_printf(text, "%s: %s\r\n", name, json_string_value(value));
  g_string_append(text, "\r\n");
  g_string_append_len(text, body, (gssize)length);
  send_all(fd, text->str, text->len);
}

/* ---- receiving ------------------------------------------------------------------------------------------------------- */

static gboolean on_readable(int fd, GIOCondition condition, gpointer user) {
  (void)fd, (void)condition;
  *(gboolean *)user = TRUE;
  return G_SOURCE_REMOVE;
}

static void wait_readable(int fd, GMainContext *context) {
  gboolean readable = FALSE;
  g_autoptr(GSource) source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback(source, G_SOURCE_FUNC(on_readable), &readable, NULL);
  g_source_attach(source, context);
  while (!readable)
    g_main_context_iteration(context, TRUE);
}

/* FALSE: nothing more comes. Without `wait` also TRUE when nothing has come yet. */
static gboolean receive(MasterReply *reply, gboolean wait, GMainContext *context) {
  guint8 buffer[65536];
  for (;;) {
    ssize_t n = recv(reply->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0)
      g_byte_array_append(reply->raw, buffer, (guint)n);
    if (n > 0)
      return TRUE;
    if (n == 0 || errno != EAGAIN)
      return FALSE;
    if (!wait)
      return TRUE;
    wait_readable(reply->fd, context);
  }
}

static void take_raw(MasterReply *reply, gsize n) {
  g_byte_array_remove_range(reply->raw, 0, (guint)n);
}

/* Where the line ends, its CRLF included; 0: it is not all there. */
static gsize line_end(const GByteArray *raw) {
  const guint8 *end = raw->len == 0 ? NULL : memmem(raw->data, raw->len, "\r\n", 2);
  return end == NULL ? 0 : (gsize)(end - raw->data) + 2;
}

static gboolean read_head(MasterReply *reply) {
  const guint8 *end = reply->raw->len == 0 ? NULL : memmem(reply->raw->data, reply->raw->len, "\r\n\r\n", 4);
  if (end == NULL)
    return FALSE;
  gsize length = (gsize)(end - reply->raw->data);
  g_autofree char *head = g_strndup((const char *)reply->raw->data, length);
  g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
  reply->status = (guint)g_ascii_strtoull(strchr(lines[0], ' ') + 1, NULL, 10);
  for (guint i = 1; lines[i] != NULL; i++) {
    char *colon = strstr(lines[i], ": ");
    *colon = '\0';
    json_object_set_new(reply->headers, lines[i], json_string(colon + 2));
  }
  take_raw(reply, length + 4);
  reply->chunked = json_object_get(reply->headers, "Transfer-Encoding") != NULL;
  return TRUE;
}

/* FALSE: the raw bytes hold no more of it for now. */
static gboolean read_chunk(MasterReply *reply) {
  if (reply->chunk_left == 0) {
    gsize line = line_end(reply->raw);
    if (line == 0)
      return FALSE;
    reply->chunk_left = g_ascii_strtoull((const char *)reply->raw->data, NULL, 16);
    take_raw(reply, line);
    reply->ended = reply->chunk_left == 0;
    if (reply->ended)
      return FALSE;
    reply->chunk_left += 2; /* its CRLF */
  }
  gsize n = MIN(reply->chunk_left, reply->raw->len);
  gsize text = MIN(n, reply->chunk_left > 2 ? reply->chunk_left - 2 : 0);
  g_byte_array_append(reply->body, reply->raw->data, (guint)text);
  take_raw(reply, n);
  reply->chunk_left -= n;
  return reply->chunk_left == 0;
}

static void read_body(MasterReply *reply) {
  if (reply->chunked) {
    while (!reply->ended && read_chunk(reply))
      continue;
    return;
  }
  const char *length = json_string_value(json_object_get(reply->headers, "Content-Length"));
  g_byte_array_append(reply->body, reply->raw->data, reply->raw->len);
  take_raw(reply, reply->raw->len);
  reply->ended = length != NULL && reply->body->len >= g_ascii_strtoull(length, NULL, 10);
}

static void hang_up(MasterReply *reply) {
  close(reply->fd);
  reply->fd = -1;
}

void master_reply_read(MasterReply *reply, gboolean wait, GMainContext *context) {
  guint before = reply->body->len;
  while (reply->fd >= 0 && !reply->ended && reply->body->len == before) {
    guint raw = reply->raw->len;
    reply->broken = !receive(reply, wait, context);
    read_body(reply);
    if (reply->ended || reply->broken)
      hang_up(reply);
    else if (!wait && reply->raw->len == raw)
      return;
  }
}

MasterReply *master_request(guint16 port, const char *method, const char *path, const json_t *headers, const void *body,
                            gsize length, GMainContext *context) {
  MasterReply *reply = g_new0(MasterReply, 1);
  reply->headers = json_object();
  reply->body = g_byte_array_new();
  reply->raw = g_byte_array_new();
  reply->fd = connect_to(port);
  send_request(reply->fd, method, path, headers, body, length);
  while (!read_head(reply)) {
    if (receive(reply, TRUE, context))
      continue;
    reply->broken = TRUE;
    hang_up(reply);
    return reply;
  }
  read_body(reply);
  while (!reply->chunked && !reply->ended && reply->fd >= 0)
    master_reply_read(reply, TRUE, context);
  if (reply->ended && reply->fd >= 0)
    hang_up(reply);
  return reply;
}
