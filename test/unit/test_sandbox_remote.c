/* GET …/sandbox/… when the files are on other machines. */
#include "http_fixture.h"

#define S "/v1/service/redis/sandbox/redis-0-server"
#define BIG (600 * 1024)

/* ---- another machine ---------------------------------------------------------------------------------------------------- */

static GString *stdout_text;     /* the only file, beside the folder `conf` */
static const char *rotated_text; /* of stdout.1; NULL: there is none */
static gboolean is_begun = TRUE; /* there is a stdout */
static guint questions;

typedef struct {
  char *path;
  guint64 offset, length;
  MuSandboxFunc done;
  gpointer user;
} Question;

static void give_file(const Question *question, const char *text) {
  gsize size = strlen(text), offset = MIN((gsize)question->offset, size);
  g_autoptr(GBytes) bytes = g_bytes_new(text + offset, MIN(size - offset, (gsize)question->length));
  const MuSandboxPart part = {.size = size, .bytes = bytes};
  question->done(&part, NULL, question->user);
}

static void give_folder(const Question *question) {
  MuSandboxEntry conf = {(char *)"conf", 0, 7000, TRUE}, out = {(char *)"stdout", stdout_text->len, 8000, FALSE};
  gpointer all[] = {&conf, &out};
  const GPtrArray entries = {all, G_N_ELEMENTS(all)};
  const MuSandboxPart part = {.is_folder = TRUE, .entries = &entries};
  question->done(&part, NULL, question->user);
}

static gboolean answer_question(gpointer user) {
  Question *question = user;
  g_autoptr(GError) absent = g_error_new(MU_ERROR, MU_ERROR_NOT_FOUND, "agent agent-0 has no %s", question->path);
  if (strcmp(question->path, "stdout") == 0 && is_begun)
    give_file(question, stdout_text->str);
  else if (strcmp(question->path, "stdout.1") == 0 && rotated_text != NULL)
    give_file(question, rotated_text);
  else if (*question->path == '\0')
    give_folder(question);
  else
    question->done(NULL, absent, question->user);
  g_free(question->path);
  g_free(question);
  return G_SOURCE_REMOVE;
}

static void read_elsewhere(const MuTaskPlace *task, const char *path, guint64 offset, guint64 length,
                           MuSandboxFunc done, gpointer done_user, gpointer user) {
  (void)user;
  g_assert_cmpstr(task->agent_id, ==, "agent-0");
  g_assert_cmpstr(task->task_id, ==, "redis-0-server");
  g_assert_cmpstr(task->executor_id, ==, "executor-0");
  questions++;
  Question *question = g_new(Question, 1);
  *question = (Question){g_strdup(path), offset, length, done, done_user};
  g_idle_add(answer_question, question);
}

static void with_text(const char *text, ClientFunc client) {
  Fixture fixture;
  questions = 0;
  rotated_text = NULL;
  stdout_text = g_string_new(text);
  fake_read_sandbox = read_elsewhere;
  fixture_open(&fixture);
  fixture_run(&fixture, client);
  fixture_close(&fixture);
  fake_read_sandbox = NULL;
  g_string_free(stdout_text, TRUE);
}

/* ---- the tests ---------------------------------------------------------------------------------------------------------- */

static void ask_many(Fixture *fixture) {
  static const struct {
    const char *path;
    int status;
    const char *body, *offset; /* the header; NULL: none */
  } rows[] = {
      {S "/stdout", 200, "one\ntwo\nthree\n", NULL},
      {S "/stdout?offset=4", 200, "two\nthree\n", "4"},
      {S "/stdout?offset=99", 200, "", "14"},
      {S "/stdout?tail=1", 200, "three\n", "8"},
      {S "/stdout?tail=2", 200, "two\nthree\n", "4"},
      {S "/stdout?tail=0", 200, "", "14"},
      {S "/stdout?tail=9", 200, "one\ntwo\nthree\n", "0"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Answer) answer = ask(fixture, "GET", rows[i].path, "", NULL);
    g_autofree char *offset = answer_header(&answer, "X-Muster-Offset");
    g_assert_cmpint(answer.status, ==, rows[i].status);
    g_assert_cmpstr(answer.body->str, ==, rows[i].body);
    g_assert_cmpstr(offset, ==, rows[i].offset);
  }
}

static void test_files(void) {
  with_text("one\ntwo\nthree\n", ask_many);
}

static void ask_wrongly(Fixture *fixture) {
  static const struct {
    const char *path, *code;
    int status;
  } rows[] = {
      {S "/absent", "not-found", 404},
      {S "/a/../../b", "refused", 400},
      {S "/stdout?offset=1&tail=1", "usage", 400},
      {S "/stdout?tail=x", "usage", 400},
      {"/v1/service/nobody/sandbox/t/stdout", "not-found", 404},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Answer) answer = ask(fixture, "GET", rows[i].path, "", NULL);
    g_autofree char *code = answer_code(&answer);
    g_assert_cmpint(answer.status, ==, rows[i].status);
    g_assert_cmpstr(code, ==, rows[i].code);
  }
}

static void test_refused(void) {
  with_text("", ask_wrongly);
}

static void ask_folder(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "GET", S, "", NULL);
  g_assert_cmpint(answer.status, ==, 200);
  g_assert_cmpstr(answer.body->str, ==,
                  "[{\"path\":\"conf\",\"size\":0,\"mtime\":7,\"directory\":true},{\"path\":\"stdout\",\"size\":3,"
                  "\"mtime\":8,\"directory\":false}]\n");
}

static void test_folder(void) {
  with_text("abc", ask_folder);
}

static void ask_big(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "GET", S "/stdout", "", NULL);
  g_assert_cmpuint(answer.body->len, ==, BIG);
  g_assert_cmpstr(answer.body->str, ==, stdout_text->str);
  g_assert_cmpuint(questions, ==, 4); /* its size, and three pieces */
}

static void test_pieces(void) {
  g_autofree char *text = g_malloc(BIG + 1);
  for (gsize i = 0; i < BIG; i++)
    text[i] = (char)('a' + i % 26);
  text[BIG] = '\0';
  with_text(text, ask_big);
}

/* ---- following ---------------------------------------------------------------------------------------------------------- */

static void append_two(Fixture *fixture) {
  (void)fixture;
  g_string_append(stdout_text, "two\n");
}

static void start_anew(Fixture *fixture) {
  (void)fixture;
  g_string_assign(stdout_text, "new\n");
}

/* What was written between the last look and the rotation is in the file before. */
static void rotate(Fixture *fixture) {
  (void)fixture;
  rotated_text = "new\nlast of it\n";
  g_string_assign(stdout_text, "!\n");
}

static void expect(int fd, const char *text) {
  g_autoptr(GString) got = g_string_new(NULL);
  while (got->len < strlen(text))
    g_assert_true(read_chunk(fd, got));
  g_assert_cmpstr(got->str, ==, text);
}

static void follow(Fixture *fixture) {
  int fd = dial_unix(fixture);
  g_auto(Answer) answer = {0};
  send_request(fd, "GET", S "/stdout?follow=true", "", NULL);
  read_head(fd, &answer);
  g_assert_cmpint(answer.status, ==, 200);
  expect(fd, "one\n");
  on_main(fixture, append_two);
  expect(fd, "two\n");
  on_main(fixture, start_anew);
  expect(fd, "new\n");
  on_main(fixture, rotate);
  expect(fd, "last of it\n!\n");
  close(fd);
}

static void test_follow(void) {
  with_text("one\n", follow);
}

static void begin_log(Fixture *fixture) {
  (void)fixture;
  is_begun = TRUE;
}

/* A task that is just being started. */
static void follow_early(Fixture *fixture) {
  int fd = dial_unix(fixture);
  g_auto(Answer) answer = {0};
  send_request(fd, "GET", S "/stdout?follow=true", "", NULL);
  on_main(fixture, begin_log);
  read_head(fd, &answer);
  g_assert_cmpint(answer.status, ==, 200);
  expect(fd, "one\n");
  close(fd);
}

static void test_follow_early(void) {
  is_begun = FALSE;
  with_text("one\n", follow_early);
  is_begun = TRUE;
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sandbox_remote/files", test_files);
  g_test_add_func("/sandbox_remote/refused", test_refused);
  g_test_add_func("/sandbox_remote/folder", test_folder);
  g_test_add_func("/sandbox_remote/pieces", test_pieces);
  g_test_add_func("/sandbox_remote/follow", test_follow);
  g_test_add_func("/sandbox_remote/follow-early", test_follow_early);
  return g_test_run();
}
