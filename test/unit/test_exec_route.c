/* POST …/exec/…: what is refused, and a connection that goes on as frames. */
#include "http_fixture.h"

#define E "/v1/service/redis/exec/redis-0-server"
#define UPGRADE "Connection: Upgrade\r\nUpgrade: muster-exec\r\n"

/* The command says what it was asked for, and ends with 3. */
static gboolean exec_fake(const MuTaskPlace *task, const MuExecRequest *request, int fd, gpointer user,
                          GError **error) {
  (void)user;
  g_autofree char *words = g_strjoinv(" ", (char **)request->argv);
  g_autofree char *text =
      g_strdup_printf("%s on %s: %s|%d %ux%u %s", task->task_id, task->agent_id, words, request->tty, request->rows,
                      request->columns, request->term == NULL ? "-" : request->term);
  g_autoptr(GByteArray) frames = g_byte_array_new();
  if (strcmp(request->argv[0], "later") == 0 || (strcmp(request->argv[0], "too-late") == 0 && fd >= 0)) {
    g_set_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE, "not now");
    return FALSE;
  }
  mu_frame_append(frames, MU_FRAME_OUTPUT, text, strlen(text));
  mu_frame_append(frames, MU_FRAME_EXIT, "\003\0", 2);
  if (fd >= 0)
    g_assert_cmpint(send(fd, frames->data, frames->len, 0), ==, (ssize_t)frames->len);
  return TRUE;
}

static void with_exec(ClientFunc client) {
  Fixture fixture;
  fake_exec = exec_fake;
  fixture_open(&fixture);
  fixture_run(&fixture, client);
  fixture_close(&fixture);
  fake_exec = NULL;
}

/* All that comes until the connection ends. */
static GString *read_rest(int fd) {
  GString *rest = g_string_new(NULL);
  char buffer[1000];
  for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
    g_string_append_len(rest, buffer, n);
  return rest;
}

static void expect_frames(Fixture *fixture, const char *body, GByteArray *expected) {
  int fd = dial_unix(fixture);
  g_auto(Answer) answer = {0};
  send_request(fd, "POST", E, UPGRADE, body);
  read_head(fd, &answer);
  g_assert_cmpint(answer.status, ==, 101);
  g_autofree char *protocol = answer_header(&answer, "Upgrade");
  g_assert_cmpstr(protocol, ==, "muster-exec");
  GString *rest = read_rest(fd);
  g_assert_cmpmem(rest->str, (int)rest->len, expected->data, (int)expected->len);
  g_string_free(rest, TRUE);
  close(fd);
}

static void run_command(Fixture *fixture) {
  static const char plain[] = "redis-0-server on agent-0: ls -l|0 0x0 -",
                    full[] = "redis-0-server on agent-0: sh|1 24x80 xterm";
  g_autoptr(GByteArray) first = g_byte_array_new(), second = g_byte_array_new();
  mu_frame_append(first, MU_FRAME_OUTPUT, plain, strlen(plain));
  mu_frame_append(first, MU_FRAME_EXIT, "\003\0", 2);
  mu_frame_append(second, MU_FRAME_OUTPUT, full, strlen(full));
  mu_frame_append(second, MU_FRAME_EXIT, "\003\0", 2);
  expect_frames(fixture, "{\"cmd\":[\"ls\",\"-l\"]}", first);
  expect_frames(fixture, "{\"cmd\":[\"sh\"],\"tty\":true,\"rows\":24,\"columns\":80,\"term\":\"xterm\"}", second);
}

static void test_command(void) {
  with_exec(run_command);
}

/* What the engine finds out after the 101 is told in a frame. */
static void run_too_late(Fixture *fixture) {
  g_autoptr(GByteArray) frames = g_byte_array_new();
  mu_frame_append(frames, MU_FRAME_FAILED, "not now", 7);
  expect_frames(fixture, "{\"cmd\":[\"too-late\"]}", frames);
}

static void test_too_late(void) {
  with_exec(run_too_late);
}

static char *many_words(void) {
  g_autoptr(GString) text = g_string_new("{\"cmd\":[\"x\"");
  for (guint i = 0; i < MU_EXEC_MAX_WORDS; i++)
    g_string_append(text, ",\"x\"");
  g_string_append(text, "]}");
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void ask_wrongly(Fixture *fixture) {
  g_autofree char *many = many_words();
  const struct {
    const char *path, *headers, *body, *message;
    int status;
  } rows[] = {
      {E, "", "{\"cmd\":[\"ls\"]}", "Upgrade: muster-exec", 400},
      {E, "Connection: Upgrade\r\nUpgrade: websocket\r\n", "{\"cmd\":[\"ls\"]}", "Upgrade: muster-exec", 400},
      {E, UPGRADE, "", "", 400},
      {E, UPGRADE, "{\"cmd\":[]}", "a program and its arguments", 400},
      {E, UPGRADE, "{\"cmd\":\"ls\"}", "a program and its arguments", 400},
      {E, UPGRADE, "{\"cmd\":[1]}", "a list of texts", 400},
      {E, UPGRADE, "{\"cmd\":[\"ls\"],\"rows\":\"x\"}", "rows", 400},
      {E, UPGRADE, "{\"cmd\":[\"ls\"],\"term\":\"\"}", "kind of terminal", 400},
      {E, UPGRADE, many, "at most 1000 words", 413},
      {E, UPGRADE, "{\"cmd\":[\"later\"]}", "not now", 503},
      {"/v1/service/nobody/exec/t", UPGRADE, "{\"cmd\":[\"ls\"]}", "nobody", 404},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Answer) answer = ask(fixture, "POST", rows[i].path, rows[i].headers, rows[i].body);
    g_assert_cmpint(answer.status, ==, rows[i].status);
    if (strstr(answer.body->str, rows[i].message) == NULL)
      g_error("%s does not say \"%s\"", answer.body->str, rows[i].message);
  }
}

static void test_refused(void) {
  with_exec(ask_wrongly);
}

static void ask_when_off(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "POST", E, UPGRADE, "{\"cmd\":[\"ls\"]}");
  g_assert_cmpint(answer.status, ==, 400);
  g_assert_nonnull(strstr(answer.body->str, "commands are off"));
}

static void test_off(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, ask_when_off);
  fixture_close(&fixture);
}

static void ask_without_token(Fixture *fixture) {
  int fd = dial_tcp(fixture);
  send_request(fd, "POST", E, UPGRADE, "{\"cmd\":[\"ls\"]}");
  g_auto(Answer) answer = read_answer(fd, FALSE);
  g_assert_cmpint(answer.status, >=, 401);
  g_assert_cmpint(answer.status, <=, 403);
  close(fd);
}

static void test_without_token(void) {
  with_exec(ask_without_token);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec_route/command", test_command);
  g_test_add_func("/exec_route/too-late", test_too_late);
  g_test_add_func("/exec_route/refused", test_refused);
  g_test_add_func("/exec_route/off", test_off);
  g_test_add_func("/exec_route/without-token", test_without_token);
  return g_test_run();
}
