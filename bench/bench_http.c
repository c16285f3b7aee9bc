#include "bench_http.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_TIMEOUT_MS 60000
#define READ_BYTES 65536

void (*bench_at_death)(void) = NULL;
volatile sig_atomic_t bench_interrupted = 0;

void bench_die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  g_printerr("bench: %s\n", message);
  if (bench_at_death != NULL)
    bench_at_death();
  exit(1);
}

/* ---- bytes --------------------------------------------------------------------------------------------------------- */

gboolean bench_http_connect(BenchHttp *http, const char *socket_path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (g_strlcpy(address.sun_path, socket_path, sizeof address.sun_path) >= sizeof address.sun_path)
    bench_die("%s: too long for a socket; set TMPDIR to a short path", socket_path);
  http->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  http->in = g_string_new(NULL);
  http->events = g_string_new(NULL);
  http->taken = 0;
  if (connect(http->fd, (struct sockaddr *)&address, sizeof address) == 0)
    return TRUE;
  bench_http_close(http);
  return FALSE;
}

void bench_http_close(BenchHttp *http) {
  if (http->in == NULL)
    return;
  close(http->fd);
  g_string_free(http->in, TRUE);
  g_string_free(http->events, TRUE);
  *http = (BenchHttp){.fd = -1};
}

static void send_all(int fd, const char *text, gsize length) {
  while (length > 0) {
    ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
    if (n < 0)
      bench_die("the scheduler does not take a request: %s", g_strerror(errno));
    text += n;
    length -= (gsize)n;
  }
}

static void read_more(BenchHttp *http, gint64 timeout_ms) {
  struct pollfd poll_fd = {.fd = http->fd, .events = POLLIN};
  int ready = poll(&poll_fd, 1, (int)timeout_ms);
  if (bench_interrupted)
    bench_die("interrupted");
  if (ready <= 0)
    bench_die("the scheduler said nothing for %" G_GINT64_FORMAT " ms; its log tells more", timeout_ms);
  char buffer[READ_BYTES];
  ssize_t n = read(http->fd, buffer, sizeof buffer);
  if (n <= 0)
    bench_die("the scheduler closed the connection");
  g_string_append_len(http->in, buffer, n);
}

/* Takes the text up to and with `end`; without `end` in the result. */
static char *take_until(BenchHttp *http, const char *end, gint64 timeout_ms) {
  const char *found;
  while ((found = strstr(http->in->str, end)) == NULL)
    read_more(http, timeout_ms);
  gsize length = (gsize)(found - http->in->str);
  char *text = g_strndup(http->in->str, length);
  g_string_erase(http->in, 0, (gssize)(length + strlen(end)));
  return text;
}

static char *take_bytes(BenchHttp *http, gsize length, gint64 timeout_ms) {
  while (http->in->len < length)
    read_more(http, timeout_ms);
  char *text = g_strndup(http->in->str, length);
  g_string_erase(http->in, 0, (gssize)length);
  return text;
}

/* ---- messages ------------------------------------------------------------------------------------------------------ */

static const char *header(const char *head, const char *name) {
  for (const char *line = strchr(head, '\n'); line != NULL; line = strchr(line + 1, '\n'))
    if (g_ascii_strncasecmp(line + 1, name, strlen(name)) == 0)
      return line + 1 + strlen(name);
  return NULL;
}

static char *take_chunks(BenchHttp *http) {
  GString *text = g_string_new(NULL);
  for (;;) {
    g_autofree char *size = take_until(http, "\r\n", REQUEST_TIMEOUT_MS);
    gsize length = (gsize)g_ascii_strtoull(size, NULL, 16);
    g_autofree char *chunk = take_bytes(http, length + 2, REQUEST_TIMEOUT_MS);
    if (length == 0)
      return g_string_free(text, FALSE);
    g_string_append_len(text, chunk, (gssize)length);
  }
}

guint bench_http_request(BenchHttp *http, const char *method, const char *path, const char *body, char **ret_text) {
  gsize length = body == NULL ? 0 : strlen(body);
  g_autofree char *request = g_strdup_printf(
      "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: %" G_GSIZE_FORMAT
      "\r\n\r\n%s",
      method, path, length, body == NULL ? "" : body);
  send_all(http->fd, request, strlen(request));
  g_autofree char *head = take_until(http, "\r\n\r\n", REQUEST_TIMEOUT_MS);
  const char *size = header(head, "content-length:");
  char *text =
      size == NULL ? take_chunks(http) : take_bytes(http, (gsize)g_ascii_strtoull(size, NULL, 10), REQUEST_TIMEOUT_MS);
  if (ret_text != NULL)
    *ret_text = text;
  else
    g_free(text);
  return (guint)g_ascii_strtoull(head + strlen("HTTP/1.1 "), NULL, 10);
}

void bench_http_follow(BenchHttp *http) {
  static const char request[] = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
  send_all(http->fd, request, strlen(request));
  g_autofree char *head = take_until(http, "\r\n\r\n", REQUEST_TIMEOUT_MS);
  if (!g_str_has_prefix(head, "HTTP/1.1 200"))
    bench_die("the event stream was refused: %s", head);
}

/* The stream comes in chunks, which end anywhere. */
static void take_chunk(BenchHttp *http, gint64 timeout_ms) {
  g_autofree char *size = take_until(http, "\r\n", timeout_ms);
  gsize length = (gsize)g_ascii_strtoull(size, NULL, 16);
  if (length == 0)
    bench_die("the scheduler ended the event stream");
  g_autofree char *chunk = take_bytes(http, length + 2, timeout_ms);
  g_string_append_len(http->events, chunk, (gssize)length);
}

char *bench_http_next_event(BenchHttp *http, gint64 timeout_ms) {
  for (;;) {
    const char *end;
    while ((end = memchr(http->events->str + http->taken, '\n', http->events->len - http->taken)) == NULL) {
      g_string_erase(http->events, 0, (gssize)http->taken);
      http->taken = 0;
      take_chunk(http, timeout_ms);
    }
    const char *line = http->events->str + http->taken;
    http->taken += (gsize)(end - line) + 1;
    if (g_str_has_prefix(line, "data: "))
      return g_strndup(line + strlen("data: "), (gsize)(end - line) - strlen("data: "));
  }
}
