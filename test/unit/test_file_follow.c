/* GET …/sandbox/…?follow=true on real sockets and files. */
#include "http_fixture.h"

#define LOG "/v1/service/redis/sandbox/redis-0-server/log"

/* ---- what a client does ---- */

static int follow(Fixture *fixture, const char *path) {
  int fd = dial_unix(fixture);
  Answer answer;
  send_request(fd, "GET", path, "", NULL);
  read_head(fd, &answer);
  g_assert_cmpint(answer.status, ==, 200);
  answer_clear(&answer);
  return fd;
}

/* Reads chunks until just this text has come. */
static void expect(int fd, const char *text) {
  g_autoptr(GString) got = g_string_new(NULL);
  while (got->len < strlen(text))
    g_assert_true(read_chunk(fd, got));
  g_assert_cmpstr(got->str, ==, text);
}

static void expect_end(int fd) {
  g_autoptr(GString) got = g_string_new(NULL);
  g_assert_false(read_chunk(fd, got));
  g_assert_cmpuint(got->len, ==, 0);
}

static gboolean no_streams(Fixture *fixture) {
  return mu_file_follower_streams(fixture->server->follower) == 0;
}

/* The stream has sent all there is and waits. */
static gboolean stream_waits(Fixture *fixture) {
  guint waiting = 0;
  for (GList *link = fixture->server->exchanges.head; link != NULL; link = link->next)
    waiting += ((MuHttpResponse *)link->data)->suspended ? 1 : 0;
  return waiting == 1;
}

static void rename_sandbox(const char *from, const char *to) {
  g_autofree char *old_path = g_build_filename(fake.sandbox, from, NULL),
                  *new_path = g_build_filename(fake.sandbox, to, NULL);
  g_assert_cmpint(g_rename(old_path, new_path), ==, 0);
}

static void with_server(ClientFunc client) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, client);
  fixture_close(&fixture);
}

/* ---- the tests ---- */

static void follow_growth(Fixture *fixture) {
  append_sandbox("log", "one\n");
  int fd = follow(fixture, LOG "?follow=true");
  expect(fd, "one\n");
  append_sandbox("log", "two\n");
  expect(fd, "two\n");
  wait_until(fixture, stream_waits);
  append_sandbox("log", "three\n");
  append_sandbox("log", "four\n");
  expect(fd, "three\nfour\n");
  close(fd);
  wait_until(fixture, no_streams); /* noticed although the file does not grow */
}

static void test_growth(void) {
  with_server(follow_growth);
}

static void follow_from(Fixture *fixture) {
  static const struct {
    const char *query, *first;
  } cases[] = {
      {"?follow=true", "one\ntwo\nthree\n"}, {"?follow=true&offset=4", "two\nthree\n"},
      {"?follow=true&tail=1", "three\n"},    {"?follow=true&tail=0", ""},
      {"?follow=true&offset=14", ""},        {"?follow=true&offset=999", ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    write_sandbox("log", "one\ntwo\nthree\n");
    g_autofree char *path = g_strconcat(LOG, cases[i].query, NULL);
    int fd = follow(fixture, path);
    expect(fd, cases[i].first);
    append_sandbox("log", "more");
    expect(fd, "more");
    close(fd);
    wait_until(fixture, no_streams);
  }
}

static void test_offset_and_tail(void) {
  with_server(follow_from);
}

/* As the executor rotates: rename, then a new file. What was written last into the old one is not lost. */
static void follow_rotation(Fixture *fixture) {
  append_sandbox("log", "old\n");
  int fd = follow(fixture, LOG "?follow=true");
  expect(fd, "old\n");
  for (int i = 0; i < 5; i++) {
    wait_until(fixture, stream_waits);
    append_sandbox("log", "last\n");
    rename_sandbox("log", "log.1");
    append_sandbox("log", "new\n");
    expect(fd, "last\nnew\n");
    append_sandbox("log", "more\n");
    expect(fd, "more\n");
  }
  close(fd);
  wait_until(fixture, no_streams);
}

static void test_rotation(void) {
  with_server(follow_rotation);
}

/* The new file comes a while after the old one went, and by being moved there. */
static void follow_late_rotation(Fixture *fixture) {
  append_sandbox("log", "old\n");
  int fd = follow(fixture, LOG "?follow=true");
  expect(fd, "old\n");
  rename_sandbox("log", "log.1");
  wait_until(fixture, stream_waits);
  append_sandbox("log.1", "still\n"); /* the writer has it open yet */
  expect(fd, "still\n");
  append_sandbox("next", "new\n");
  wait_until(fixture, stream_waits);
  rename_sandbox("next", "log");
  expect(fd, "new\n");
  close(fd);
}

static void test_late_rotation(void) {
  with_server(follow_late_rotation);
}

static void truncate_log(void) {
  g_autofree char *path = g_build_filename(fake.sandbox, "log", NULL);
  g_assert_cmpint(truncate(path, 0), ==, 0);
}

static void follow_truncation(Fixture *fixture) {
  append_sandbox("log", "a long first line\n");
  int fd = follow(fixture, LOG "?follow=true");
  expect(fd, "a long first line\n");
  truncate_log();
  append_sandbox("log", "again\n");
  expect(fd, "again\n");
  close(fd);
}

static void test_truncation(void) {
  with_server(follow_truncation);
}

/* The task puts a link to a secret where its log was: the stream does not follow it there. */
static void follow_escape(Fixture *fixture) {
  write_sandbox("../secret", "secret");
  append_sandbox("log", "old\n");
  int fd = follow(fixture, LOG "?follow=true");
  expect(fd, "old\n");
  rename_sandbox("log", "log.1");
  g_autofree char *path = g_build_filename(fake.sandbox, "log", NULL);
  g_assert_cmpint(symlink("../secret", path), ==, 0);
  wait_until(fixture, stream_waits);
  g_unlink(path);
  append_sandbox("log", "new\n");
  expect(fd, "new\n");
  close(fd);
}

static void test_escape(void) {
  with_server(follow_escape);
}

static void follow_to_the_end(Fixture *fixture) {
  g_autofree char *sub = g_build_filename(fake.sandbox, "sub", NULL), *path = g_build_filename(sub, "log", NULL);
  g_mkdir(sub, 0700);
  append_sandbox("sub/log", "only\n");
  int fd = follow(fixture, "/v1/service/redis/sandbox/redis-0-server/sub/log?follow=true");
  expect(fd, "only\n");
  g_unlink(path);
  g_rmdir(sub);
  expect_end(fd);
  close(fd);
}

static void test_folder_removed(void) {
  with_server(follow_to_the_end);
}

/* Several streams of one file, which inotify watches once: one that leaves does not deafen the others. */
static void follow_together(Fixture *fixture) {
  append_sandbox("log", "x");
  int fds[20];
  for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
    fds[i] = follow(fixture, LOG "?follow=true");
    expect(fds[i], "x");
  }
  for (gsize gone = 0; gone < G_N_ELEMENTS(fds); gone++) {
    append_sandbox("log", "y");
    for (gsize i = gone; i < G_N_ELEMENTS(fds); i++)
      expect(fds[i], "y");
    close(fds[gone]);
  }
  wait_until(fixture, no_streams);
}

static void test_together(void) {
  with_server(follow_together);
}

static void follow_large(Fixture *fixture) {
  g_autofree char *large = g_strnfill(3000000, 'z');
  write_sandbox("log", large);
  int fd = follow(fixture, LOG "?follow=true");
  expect(fd, large);
  append_sandbox("log", "end");
  expect(fd, "end");
  close(fd);
}

static void test_large(void) {
  with_server(follow_large);
}

/* A client that does not read holds neither memory nor the server up. */
static void follow_without_reading(Fixture *fixture) {
  g_autofree char *large = g_strnfill(3000000, 'z');
  write_sandbox("log", large);
  int fd = follow(fixture, LOG "?follow=true");
  g_auto(Answer) answer = ask(fixture, "GET", "/v1/multi", "", NULL);
  g_assert_cmpint(answer.status, ==, 200);
  close(fd);
  wait_until(fixture, no_streams);
}

static void test_not_read(void) {
  with_server(follow_without_reading);
}

static int kept_fd;
static void follow_and_keep(Fixture *fixture) {
  append_sandbox("log", "x");
  kept_fd = follow(fixture, LOG "?follow=true");
  expect(kept_fd, "x");
}

static void test_end_with_stream(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, follow_and_keep);
  fixture_close(&fixture);
  expect_end(kept_fd);
  close(kept_fd);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/file-follow/growth", test_growth);
  g_test_add_func("/file-follow/offset-and-tail", test_offset_and_tail);
  g_test_add_func("/file-follow/rotation", test_rotation);
  g_test_add_func("/file-follow/late-rotation", test_late_rotation);
  g_test_add_func("/file-follow/truncation", test_truncation);
  g_test_add_func("/file-follow/escape", test_escape);
  g_test_add_func("/file-follow/folder-removed", test_folder_removed);
  g_test_add_func("/file-follow/together", test_together);
  g_test_add_func("/file-follow/large", test_large);
  g_test_add_func("/file-follow/not-read", test_not_read);
  g_test_add_func("/file-follow/end-with-stream", test_end_with_stream);
  return g_test_run();
}
