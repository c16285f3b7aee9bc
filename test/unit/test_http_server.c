/* What the server refuses, and that nothing a client does harms it. */
#include "http_fixture.h"
#include "http_limits.h"

/* ---- refusals ---- */

typedef struct {
  const char *method, *path, *headers, *body;
  int status;
  const char *code;
  const char *says; /* in the body */
} Case;

#define R "/v1/service/redis"
#define S R "/sandbox/redis-0-server"
#define AS_JSON "Content-Type: application/json\r\n"
static const Case refusals[] = {
    {"GET", "/v1/helth", "", NULL, 404, "not-found", "/v1/health"},
    {"GET", "/v1/%ff", "", NULL, 400, "usage", "UTF-8"},
    {"GET", "/v1/%zz", "", NULL, 400, "usage", "hexadecimal"},
    {"GET", "/v1/service/a%00b", "", NULL, 400, "usage", "UTF-8"},
    {"GET", "/v1/multi?x=%ff", "", NULL, 400, "usage", "query"},
    {"GET", "/v1/multi?x=1&x=2", "", NULL, 400, "usage", "twice"},
    {"POST", "/v1/multi", "", "", 405, "method", "GET, HEAD"},
    {"PATCH", R, "", "", 405, "method", "PUT"},
    {"GET", "/v1/service/nobody", "", NULL, 404, "not-found", "there are redis"},
    {"GET", "/v1/service/no.body/plans", "", NULL, 404, "not-found", "no.body"},
    {"GET", "/v1/service/nobody/context", "", NULL, 404, "not-found", "nobody"},
    {"GET", "/v1/service/nobody/health", "", NULL, 404, "not-found", "nobody"},
    {"GET", "/v1/service/nobody/sandbox/t", "", NULL, 404, "not-found", "nobody"},
    {"PUT", R, AS_JSON, "{\"yaml\":", 400, "refused", "JSON, line 1"},
    {"PUT", R, AS_JSON, "[]", 400, "refused", "not an object"},
    {"PUT", R, AS_JSON, "{\"yaml\":\"\xff\"}", 400, "refused", "decode byte"},
    {"PUT", R, "Content-Type: text/yaml\r\n", "name: \xff", 400, "refused", "byte 7"},
    {"PUT", R, "", "\xff", 400, "refused", "byte 1"},
    {"PUT", R, "", "", 400, "refused", "empty"},
    {"PUT", R, "Content-Type: application/x-www-form-urlencoded\r\n", "a", 415, "refused", "application/yaml"},
    {"PUT", R, "If-Match: x\r\n", "a", 400, "usage", "If-Match"},
    {"PUT", R, "If-None-Match: \"1\"\r\n", "a", 400, "usage", "If-None-Match"},
    {"PUT", R, "If-Match: 1\r\nIf-None-Match: *\r\n", "a", 400, "usage", "together"},
    {"PUT", "/v1/service/nobody", "If-Match: *\r\n", "a", 404, "not-found", "nobody"},
    {"DELETE", R "?force=yes", "", NULL, 400, "usage", "true or false"},
    {"GET", S "/../secret", "", NULL, 400, "refused", ".."},
    {"GET", S "/a/%2e%2e/%2e%2e/secret", "", NULL, 400, "refused", ".."},
    {"GET", S "/a%2f..%2f..%2fsecret", "", NULL, 400, "refused", ".."},
    {"GET", S "/refused", "", NULL, 404, "not-found", "refused"},
    {"GET", S "/absent", "", NULL, 404, "not-found", "absent"},
    {"GET", S "/out", "", NULL, 400, "refused", "out of the sandbox"},
    {"GET", S "/log?offset=-1", "", NULL, 400, "usage", "whole number"},
    {"GET", S "/log?tail=x", "", NULL, 400, "usage", "whole number"},
    {"GET", S "/log?tail=1&offset=1", "", NULL, 400, "usage", "together"},
    {"GET", S "/log?follow=1", "", NULL, 400, "usage", "true or false"},
    {"GET", "/v1/events", "Last-Event-ID: x\r\n", NULL, 400, "usage", "Last-Event-ID"},
};

static void check_refusal(const Fixture *fixture, const Case *c) {
  g_test_message("%s %s", c->method, c->path);
  g_auto(Answer) answer = ask(fixture, c->method, c->path, c->headers, c->body);
  g_autofree char *code = answer_code(&answer);
  g_assert_cmpint(answer.status, ==, c->status);
  g_assert_cmpstr(code, ==, c->code);
  g_assert_nonnull(strstr(answer.body->str, c->says));
  g_assert_null(fake.last_command);
}

static void ask_refusals(Fixture *fixture) {
  write_sandbox("log", "x\n");
  write_sandbox("../secret", "s");
  g_autofree char *link = g_build_filename(fake.sandbox, "out", NULL);
  g_assert_cmpint(symlink("../secret", link), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++)
    check_refusal(fixture, &refusals[i]);
}

static void with_server(ClientFunc client) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, client);
  fixture_close(&fixture);
}

static void test_refusals(void) {
  with_server(ask_refusals);
}

/* Every code of the core's errors arrives with its status and word. */
static void ask_for_errors(Fixture *fixture) {
  gsize n;
  const MuErrorInfo *table = mu_error_table(&n);
  fake.fails = TRUE;
  for (gsize i = 0; i < n; i++) {
    fake.reply_error = table[i].code;
    g_auto(Answer) answer = ask(fixture, "DELETE", R, "", NULL);
    g_autofree char *code = answer_code(&answer);
    g_assert_cmpint(answer.status, ==, table[i].http_status);
    g_assert_cmpstr(code, ==, table[i].word);
  }
}

static void test_errors_of_the_core(void) {
  with_server(ask_for_errors);
}

/* ---- TCP ---- */

static Answer ask_tcp(const Fixture *fixture, const char *headers) {
  int fd = dial_tcp(fixture);
  g_autofree char *text = g_strdup_printf("GET /v1/multi HTTP/1.1\r\nConnection: close\r\n%s\r\n", headers);
  send_text(fd, text);
  Answer answer = read_answer(fd, FALSE);
  close(fd);
  return answer;
}

static void ask_over_tcp(Fixture *fixture) {
  const struct {
    const char *host, *headers;
    int status;
  } cases[] = {
      {"127.0.0.1", "Authorization: Bearer " TOKEN "\r\n", 200},
      {"localhost", "Authorization: token=" TOKEN "\r\n", 200},
      {"[::1]", "Authorization: Bearer " TOKEN "\r\n", 200},
      {"127.0.0.1", "", 401},
      {"127.0.0.1", "Authorization: Bearer wrong\r\n", 401},
      {"127.0.0.1", "Authorization: Basic c2VzYW1l\r\n", 401},
      {"evil.example", "Authorization: Bearer " TOKEN "\r\n", 403},
      {"127.0.0.1", "Authorization: Bearer " TOKEN "\r\nOrigin: http://evil.example\r\n", 403},
      {"127.0.0.1", "Authorization: Bearer " TOKEN "\r\nOrigin: null\r\n", 403},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *headers = g_strdup_printf("Host: %s:%u\r\n%s", cases[i].host, fixture->port, cases[i].headers);
    g_auto(Answer) answer = ask_tcp(fixture, headers);
    g_autofree char *code = answer_code(&answer), *challenge = answer_header(&answer, "WWW-Authenticate");
    g_assert_cmpint(answer.status, ==, cases[i].status);
    g_assert_cmpstr(code, ==, cases[i].status == 200 ? "" : "denied");
    g_assert_cmpstr(challenge, ==, cases[i].status == 401 ? "Bearer realm=\"muster\"" : NULL);
  }
  g_autofree char *same =
      g_strdup_printf("Host: localhost:%u\r\nOrigin: http://127.0.0.1:%u\r\nAuthorization: Bearer " TOKEN "\r\n",
                      fixture->port, fixture->port);
  g_auto(Answer) own_page = ask_tcp(fixture, same);
  g_assert_cmpint(own_page.status, ==, 200);
  g_auto(Answer) no_host = ask_tcp(fixture, "Authorization: Bearer " TOKEN "\r\n");
  g_assert_cmpint(no_host.status / 100, ==, 4);
  g_autofree char *no_port = g_strdup_printf("Host: 127.0.0.1\r\nAuthorization: Bearer " TOKEN "\r\n");
  g_auto(Answer) wrong_port = ask_tcp(fixture, no_port);
  g_assert_cmpint(wrong_port.status, ==, 403);
}

static void test_tcp(void) {
  with_server(ask_over_tcp);
}

static void test_bad_config(void) {
  const MuHttpBackend backend = {0};
  const struct {
    MuHttpConfig config;
    int code;
  } cases[] = {
      {{.listen = "127.0.0.1:0"}, MU_ERROR_REFUSED},
      {{.listen = "127.0.0.1:0", .token = ""}, MU_ERROR_REFUSED},
      {{.listen = "nonsense", .token = "t"}, MU_ERROR_USAGE},
      {{.socket_path = "/absent/socket"}, MU_ERROR_FAILED},
      {{.listen = "127.0.0.1:0", .token = "t", .socket_path = "/absent/socket"}, MU_ERROR_FAILED},
      {{.routes = &(MuHttpRoute){"GET", "bad", own_route, ""}, .n_routes = 1}, MU_ERROR_REFUSED},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_http_server_new(&cases[i].config, &backend, &error));
    g_assert_error(error, MU_ERROR, cases[i].code);
  }
}

/* ---- bodies ---- */

#define SMALL 1000
static void put_sizes(Fixture *fixture) {
  const struct {
    gsize size;
    int status;
  } cases[] = {{SMALL, 201}, {SMALL + 1, 413}, {300000, 413}, {10, 201}};
  int fd = dial_unix(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *body = g_strnfill(cases[i].size, 'x');
    send_request(fd, "PUT", R, "", body); /* one connection: it survives a refusal */
    g_auto(Answer) answer = read_answer(fd, FALSE);
    g_assert_cmpint(answer.status, ==, cases[i].status);
  }
  close(fd);
}

static void put_chunked(Fixture *fixture) {
  int fd = dial_unix(fixture);
  g_autofree char *chunk = g_strnfill(600, 'x');
  g_autofree char *text = g_strdup_printf(
      "PUT " R " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n258\r\n%s\r\n258\r\n%s\r\n0\r\n\r\n", chunk,
      chunk);
  send_text(fd, text);
  g_auto(Answer) answer = read_answer(fd, FALSE);
  g_assert_cmpint(answer.status, ==, 413);
  close(fd);
}

/* Announced too large: refused before a byte of it is sent. */
static void put_expecting(Fixture *fixture) {
  int fd = dial_unix(fixture);
  send_text(fd, "PUT " R " HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
  g_auto(Answer) answer = read_answer(fd, FALSE);
  g_assert_cmpint(answer.status, ==, 413);
  close(fd);
  fd = dial_unix(fixture);
  send_text(fd, "PUT " R " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nx");
  g_auto(Answer) huge = read_answer(fd, FALSE);
  g_assert_cmpint(huge.status, ==, 413);
  close(fd);
}

/* More than is even thrown away: the connection is cut, and the server goes on. */
static void put_endless(Fixture *fixture) {
  int fd = dial_unix(fixture);
  g_autofree char *chunk = g_strnfill(0x10000, 'x');
  send_text(fd, "PUT " R " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  gsize sent = 0;
  while (send_bytes(fd, "10000\r\n", 7) && send_bytes(fd, chunk, 0x10000) && send_bytes(fd, "\r\n", 2))
    sent += 0x10000;
  g_assert_cmpuint(sent, <, 2 * MU_HTTP_DISCARD_BYTES);
  close(fd);
  g_auto(Answer) answer = ask(fixture, "GET", "/v1/multi", "", NULL);
  g_assert_cmpint(answer.status, ==, 200);
}

static void test_large_bodies(void) {
  static const ClientFunc clients[] = {put_sizes, put_chunked, put_expecting, put_endless};
  for (gsize i = 0; i < G_N_ELEMENTS(clients); i++) {
    Fixture fixture;
    fixture_open_with(&fixture, SMALL, FALSE);
    fixture_run(&fixture, clients[i]);
    fixture_close(&fixture);
  }
}

static void put_largest(Fixture *fixture) {
  g_autofree char *body = g_strnfill(MU_CONTEXT_MAX_BYTES + 1, 'x');
  g_auto(Answer) over = ask(fixture, "PUT", R, "", body);
  g_assert_cmpint(over.status, ==, 413);
  body[MU_CONTEXT_MAX_BYTES] = '\0';
  g_auto(Answer) largest = ask(fixture, "PUT", R, "", body);
  g_assert_cmpint(largest.status, ==, 201);
}

static void test_largest_context(void) {
  with_server(put_largest);
}

/* ---- bad clients ---- */

static gboolean nobody_connected(Fixture *fixture) {
  return fixture->server->connected == 0;
}

/* Resets the connection. A mere end that arrives together with the last bytes is not noticed by libmicrohttpd 0.9.75 before
 * its time limit. */
static void close_hard(int fd) {
  struct linger reset = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
}

static void send_garbage(Fixture *fixture) {
  static const char *const garbage[] = {
      "\n\n\n\n",
      "\xff\xfe\xfd\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost\r\n\r\n",
      "GET / HTTP/1.1\r\n: x\r\n\r\n",
      "PUT " R " HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
      "PUT " R " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "PUT " R " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "PUT " R " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this",
      "\x16\x03\x01\x02\x01\x01",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(garbage); i++) {
    for (int tcp = 0; tcp < 2; tcp++) {
      int fd = tcp ? dial_tcp(fixture) : dial_unix(fixture);
      send_text(fd, garbage[i]);
      close_hard(fd);
    }
  }
  int fd = dial_unix(fixture);
  g_autofree char *endless = g_strnfill(1 << 20, 'x'); /* a header larger than there is room for */
  send_text(fd, "GET / HTTP/1.1\r\nX: ");
  send_bytes(fd, endless, 1 << 20);
  close(fd);
  GRand *random = g_rand_new_with_seed(7);
  for (int i = 0; i < 50; i++) {
    char noise[512];
    for (gsize j = 0; j < sizeof noise; j++)
      noise[j] = (char)g_rand_int_range(random, 0, 256);
    fd = dial_unix(fixture);
    send_bytes(fd, noise, sizeof noise);
    close(fd);
  }
  g_rand_free(random);
  wait_until(fixture, nobody_connected);
  g_auto(Answer) answer = ask(fixture, "GET", "/v1/multi", "", NULL);
  g_assert_cmpint(answer.status, ==, 200);
}

static void test_garbage(void) {
  with_server(send_garbage);
}

/* ---- answers that come later ---- */

static gboolean one_command_held(Fixture *fixture) {
  (void)fixture;
  return fake.held->len == 1;
}

static void release_command(Fixture *fixture) {
  (void)fixture;
  fake_reply(g_ptr_array_steal_index(fake.held, 0));
}

/* The client goes away before the reply: over the unix socket it is noticed, the place is free again, the reply is late. */
static void leave_before_reply(Fixture *fixture) {
  fake.hold = TRUE;
  int fd = dial_unix(fixture);
  send_request(fd, "DELETE", R, "", NULL);
  wait_until(fixture, one_command_held);
  close(fd);
  wait_until(fixture, nobody_connected);
  on_main(fixture, release_command);
  g_auto(Answer) answer = ask(fixture, "GET", "/v1/multi", "", NULL);
  g_assert_cmpint(answer.status, ==, 200);
}

static void test_client_leaves(void) {
  with_server(leave_before_reply);
}

static int dial_and_delete_over_tcp(Fixture *fixture) {
  int fd = dial_tcp(fixture);
  g_autofree char *text = g_strdup_printf(
      "DELETE " R " HTTP/1.1\r\nHost: localhost:%u\r\nAuthorization: Bearer " TOKEN "\r\n\r\n", fixture->port);
  send_text(fd, text);
  wait_until(fixture, one_command_held);
  return fd;
}

static void leave_tcp(Fixture *fixture) {
  fake.hold = TRUE;
  int fd = dial_and_delete_over_tcp(fixture);
  close(fd); /* may be a client that still reads: kept until the reply */
  on_main(fixture, release_command);
  wait_until(fixture, nobody_connected);
  fd = dial_and_delete_over_tcp(fixture);
  close_hard(fd);
  wait_until(fixture, nobody_connected);
  on_main(fixture, release_command);
}

static void test_tcp_client_leaves(void) {
  with_server(leave_tcp);
}

/* Who closes only the sending side gets the answer. */
static void half_close(Fixture *fixture) {
  fake.hold = TRUE;
  for (int tcp = 0; tcp < 2; tcp++) {
    int fd = tcp ? dial_and_delete_over_tcp(fixture) : dial_unix(fixture);
    if (!tcp)
      send_request(fd, "DELETE", R, "", NULL);
    shutdown(fd, SHUT_WR);
    wait_until(fixture, one_command_held);
    on_main(fixture, release_command);
    g_auto(Answer) answer = read_answer(fd, FALSE);
    g_assert_cmpint(answer.status, ==, 202);
    close(fd);
  }
}

static void test_half_close(void) {
  with_server(half_close);
}

static gboolean own_is_asked(Fixture *fixture) {
  (void)fixture;
  return fake.own != NULL;
}

static void respond_own(Fixture *fixture) {
  (void)fixture;
  mu_http_respond(g_steal_pointer(&fake.own), 200, "text/plain", "late", 4);
}

static void ask_own_later(Fixture *fixture) {
  int fd = dial_unix(fixture);
  send_request(fd, "GET", "/own/later", "", NULL);
  wait_until(fixture, own_is_asked);
  on_main(fixture, respond_own);
  g_auto(Answer) answer = read_answer(fd, FALSE);
  g_assert_cmpstr(answer.body->str, ==, "late");
  send_request(fd, "GET", "/own/later", "", NULL);
  wait_until(fixture, own_is_asked);
  close(fd);
  wait_until(fixture, nobody_connected);
  on_main(fixture, respond_own);
}

static void test_own_later(void) {
  Fixture fixture;
  fixture_open_with(&fixture, 0, TRUE);
  fixture_run(&fixture, ask_own_later);
  fixture_close(&fixture);
}

/* ---- many ---- */

#define MANY 200
static void ask_many(Fixture *fixture) {
  int fds[MANY];
  for (int i = 0; i < MANY; i++)
    fds[i] = dial_unix(fixture);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < MANY; i++)
      send_request(fds[i], i % 2 ? "GET" : "DELETE", R, "", NULL);
    for (int i = MANY - 1; i >= 0; i--) {
      g_auto(Answer) answer = read_answer(fds[i], FALSE);
      g_assert_cmpint(answer.status, ==, i % 2 ? 200 : 202);
    }
  }
  for (int i = 0; i < MANY; i++)
    close(fds[i]);
}

static void test_many(void) {
  with_server(ask_many);
}

/* More than there is room for: they wait, and are served when others leave. */
static void ask_too_many(Fixture *fixture) {
  int fds[MU_HTTP_MAX_CONNECTIONS + 20];
  for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
    fds[i] = dial_unix(fixture);
    send_request(fds[i], "GET", R, "Connection: close\r\n", NULL);
  }
  for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
    g_auto(Answer) answer = read_answer(fds[i], FALSE);
    g_assert_cmpint(answer.status, ==, 200);
    close(fds[i]);
  }
}

static void test_too_many(void) {
  with_server(ask_too_many);
}

static void ask_pipelined(Fixture *fixture) {
  int fd = dial_unix(fixture);
  for (int i = 0; i < 20; i++)
    send_request(fd, i % 2 ? "GET" : "DELETE", R, "", NULL);
  for (int i = 0; i < 20; i++) {
    g_auto(Answer) answer = read_answer(fd, FALSE);
    g_assert_cmpint(answer.status, ==, i % 2 ? 200 : 202);
  }
  close(fd);
}

static void test_pipelined(void) {
  with_server(ask_pipelined);
}

/* ---- idle, and the end ---- */

/* With nobody connected the loop has neither something to do nor a timeout: no wake-up at all. */
static void test_idle(void) {
  Fixture fixture;
  GPollFD fds[16];
  int timeout = 0, priority;
  fixture_open(&fixture);
  fixture_run(&fixture, ask_pipelined);
  while (!nobody_connected(&fixture) || g_main_context_iteration(NULL, FALSE))
    ;
  GMainContext *context = g_main_context_default();
  g_assert_true(g_main_context_acquire(context));
  g_assert_false(g_main_context_prepare(context, &priority));
  g_main_context_query(context, G_MAXINT, &timeout, fds, G_N_ELEMENTS(fds));
  g_main_context_release(context);
  g_assert_cmpint(timeout, ==, -1);
  fixture_close(&fixture);
}

static int kept_fd;
static void ask_and_keep(Fixture *fixture) {
  fake.hold = TRUE;
  kept_fd = dial_unix(fixture);
  send_request(kept_fd, "DELETE", R, "", NULL);
  wait_until(fixture, one_command_held);
}

static void test_end_with_request_under_way(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, ask_and_keep);
  g_clear_pointer(&fixture.server, mu_http_server_free);
  g_auto(Answer) answer = read_answer(kept_fd, FALSE);
  g_assert_cmpint(answer.status, ==, 503);
  g_assert_cmpuint(fake.held->len, ==, 1); /* its reply comes in fixture_close */
  fixture_close(&fixture);
  close(kept_fd);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http-server/refusals", test_refusals);
  g_test_add_func("/http-server/errors-of-the-core", test_errors_of_the_core);
  g_test_add_func("/http-server/tcp", test_tcp);
  g_test_add_func("/http-server/bad-config", test_bad_config);
  g_test_add_func("/http-server/large-bodies", test_large_bodies);
  g_test_add_func("/http-server/largest-context", test_largest_context);
  g_test_add_func("/http-server/garbage", test_garbage);
  g_test_add_func("/http-server/client-leaves", test_client_leaves);
  g_test_add_func("/http-server/tcp-client-leaves", test_tcp_client_leaves);
  g_test_add_func("/http-server/half-close", test_half_close);
  g_test_add_func("/http-server/own-later", test_own_later);
  g_test_add_func("/http-server/many", test_many);
  g_test_add_func("/http-server/too-many", test_too_many);
  g_test_add_func("/http-server/pipelined", test_pipelined);
  g_test_add_func("/http-server/idle", test_idle);
  g_test_add_func("/http-server/end-with-request-under-way", test_end_with_request_under_way);
  return g_test_run();
}
