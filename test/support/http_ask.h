/* Clients of an HTTP server on real sockets. Included by one file of a test program.
 *
 * The server runs on the test's main loop; clients are blocking sockets in a thread of their own (fixture_run). */
#ifndef MU_TEST_HTTP_ASK_H
#define MU_TEST_HTTP_ASK_H
#include "http_internal.h"
#include "http_server.h"
#include "json.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_S 20 /* a client that waits longer has found a fault */

typedef struct {
  MuHttpServer *server;
  char *socket_path;
  MuSecretStore *secrets;
  guint16 port;
} Fixture;

static G_GNUC_UNUSED void remove_tree(const char *path) {
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_tree(child);
  }
  g_remove(path);
}

/* ---- threads ------------------------------------------------------------------------------------------------------ */

typedef void (*ClientFunc)(Fixture *fixture);

typedef struct {
  ClientFunc call;
  Fixture *fixture;
  gint done;
} Run;

static gpointer run_thread(gpointer user) {
  Run *run = user;
  run->call(run->fixture);
  g_atomic_int_set(&run->done, 1);
  g_main_context_wakeup(NULL);
  return NULL;
}

/* Runs the client in a thread while the main loop turns. */
static G_GNUC_UNUSED void fixture_run(Fixture *fixture, ClientFunc client) {
  Run run = {client, fixture, 0};
  GThread *thread = g_thread_new("client", run_thread, &run);
  while (!g_atomic_int_get(&run.done))
    g_main_context_iteration(NULL, TRUE);
  g_thread_join(thread);
}

typedef struct {
  ClientFunc call;
  Fixture *fixture;
  GMutex mutex;
  GCond cond;
  gboolean done;
} MainCall;

static gboolean on_main_call(gpointer user) {
  MainCall *call = user;
  call->call(call->fixture);
  g_mutex_lock(&call->mutex);
  call->done = TRUE;
  g_cond_signal(&call->cond);
  g_mutex_unlock(&call->mutex);
  return G_SOURCE_REMOVE;
}

/* From a client: runs `call` on the main loop's thread and waits for it. */
static G_GNUC_UNUSED void on_main(Fixture *fixture, ClientFunc call) {
  MainCall main_call = {.call = call, .fixture = fixture};
  g_idle_add_full(G_PRIORITY_DEFAULT, on_main_call, &main_call, NULL);
  g_mutex_lock(&main_call.mutex);
  while (!main_call.done)
    g_cond_wait(&main_call.cond, &main_call.mutex);
  g_mutex_unlock(&main_call.mutex);
}

/* From a client: turns until `test` is TRUE on the main thread. Each turn of it lets the main loop do what is due. */
typedef gboolean (*TestFunc)(Fixture *fixture);
static struct {
  TestFunc test;
  gboolean result;
} asked;

static void ask_test(Fixture *fixture) {
  asked.result = asked.test(fixture);
}

static G_GNUC_UNUSED void wait_until(Fixture *fixture, TestFunc test) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
  asked.test = test;
  do {
    on_main(fixture, ask_test);
    g_thread_yield();
    g_assert_cmpint(g_get_monotonic_time(), <, until_us);
  } while (!asked.result);
}

/* ---- clients ------------------------------------------------------------------------------------------------------ */

static void set_patience(int fd) {
  struct timeval patience = {.tv_sec = PATIENCE_S};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static G_GNUC_UNUSED int dial_unix(const Fixture *fixture) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy(address.sun_path, fixture->socket_path, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_patience(fd);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

static G_GNUC_UNUSED int dial_tcp(const Fixture *fixture) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fixture->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_patience(fd);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

/* FALSE when the peer has closed. */
static G_GNUC_UNUSED gboolean send_bytes(int fd, const char *data, gsize length) {
  while (length > 0) {
    ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
    if (n <= 0)
      return FALSE;
    data += n;
    length -= (gsize)n;
  }
  return TRUE;
}

static G_GNUC_UNUSED void send_text(int fd, const char *text) {
  g_assert_true(send_bytes(fd, text, strlen(text)));
}

typedef struct {
  int status;
  GString *head; /* status line and headers */
  GString *body;
} Answer;

static G_GNUC_UNUSED void answer_clear(Answer *answer) {
  g_string_free(answer->head, TRUE);
  g_string_free(answer->body, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static gboolean read_byte(int fd, char *ret) {
  return recv(fd, ret, 1, 0) == 1;
}

/* Reads until the text ends with `end`; FALSE at the end of the stream. */
static G_GNUC_UNUSED gboolean read_until(int fd, GString *text, const char *end) {
  char c;
  gsize length = strlen(end);
  while (read_byte(fd, &c)) {
    g_string_append_c(text, c);
    if (text->len >= length && strcmp(text->str + text->len - length, end) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean read_exactly(int fd, GString *text, gsize n) {
  gsize at = text->len;
  g_string_set_size(text, at + n);
  return n == 0 || recv(fd, text->str + at, n, MSG_WAITALL) == (ssize_t)n;
}

/* A chunk of a chunked body; FALSE for the last one, and when the stream was cut. */
static gboolean read_chunk(int fd, GString *body) {
  g_autoptr(GString) line = g_string_new(NULL);
  if (!read_until(fd, line, "\r\n"))
    return FALSE;
  gsize size = g_ascii_strtoull(line->str, NULL, 16);
  g_autoptr(GString) end = g_string_new(NULL);
  return read_exactly(fd, body, size) && read_exactly(fd, end, 2) && size > 0;
}

/* The header's value, or NULL; the caller frees. */
static G_GNUC_UNUSED char *answer_header(const Answer *answer, const char *name) {
  g_auto(GStrv) lines = g_strsplit(answer->head->str, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_ascii_strncasecmp(*line, name, strlen(name)) == 0 && (*line)[strlen(name)] == ':')
      return g_strdup(g_strstrip(*line + strlen(name) + 1));
  return NULL;
}

static void read_head(int fd, Answer *answer) {
  answer->head = g_string_new(NULL);
  answer->body = g_string_new(NULL);
  do {
    g_string_truncate(answer->head, 0);
    read_until(fd, answer->head, "\r\n\r\n");
    answer->status = answer->head->len > 12 ? atoi(answer->head->str + 9) : 0;
  } while (answer->status == 100);
}

static G_GNUC_UNUSED Answer read_answer(int fd, gboolean without_body) {
  Answer answer = {0};
  read_head(fd, &answer);
  g_autofree char *length = answer_header(&answer, "Content-Length"),
                  *coding = answer_header(&answer, "Transfer-Encoding");
  if (!without_body && length != NULL)
    g_assert_true(read_exactly(fd, answer.body, (gsize)g_ascii_strtoull(length, NULL, 10)));
  if (!without_body && coding != NULL)
    while (read_chunk(fd, answer.body))
      ;
  return answer;
}

/* One request on a connection; `headers` are lines with their ends, or "". */
static G_GNUC_UNUSED void send_request(int fd, const char *method, const char *path, const char *headers,
                                       const char *body) {
  g_autofree char *length = body == NULL ? g_strdup("") : g_strdup_printf("Content-Length: %zu\r\n", strlen(body));
  g_autofree char *text = g_strdup_printf("%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s", method, path, headers, length,
                                          body == NULL ? "" : body);
  send_text(fd, text);
}

/* A request on a unix connection of its own. */
static G_GNUC_UNUSED Answer ask(const Fixture *fixture, const char *method, const char *path, const char *headers,
                                const char *body) {
  int fd = dial_unix(fixture);
  send_request(fd, method, path, headers, body);
  Answer answer = read_answer(fd, strcmp(method, "HEAD") == 0);
  close(fd);
  return answer;
}

/* The error's word, or "". The caller frees. */
static G_GNUC_UNUSED char *answer_code(const Answer *answer) {
  g_autoptr(json_t) body = json_loads(answer->body->str, 0, NULL);
  const char *code = json_string_value(json_object_get(json_object_get(body, "error"), "code"));
  return g_strdup(code == NULL ? "" : code);
}

#endif
