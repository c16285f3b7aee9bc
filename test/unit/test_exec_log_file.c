/* Log files: rotation, and what a task may have put in their way. */
#include "exec_log_file.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *folder;
  int fd;
  MuExecLogFile log;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture->folder = g_dir_make_tmp("muster-log-XXXXXX", NULL);
  fixture->fd = open(fixture->folder, O_RDONLY | O_DIRECTORY);
  g_assert_true(mu_exec_log_file_open(&fixture->log, fixture->fd, "out", 10, (uid_t)-1, (gid_t)-1, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  (void)data;
  mu_exec_log_file_close(&fixture->log);
  static const char *const names[] = {"out", "out.1", "victim"};
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    unlinkat(fixture->fd, names[i], 0);
  close(fixture->fd);
  g_assert_cmpint(rmdir(fixture->folder), ==, 0);
  g_free(fixture->folder);
}

static void assert_file(const Fixture *fixture, const char *name, const char *expected) {
  g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
  g_autofree char *text = NULL;
  g_file_get_contents(path, &text, NULL, NULL);
  g_assert_cmpstr(text, ==, expected);
}

static void test_rotation(Fixture *fixture, gconstpointer data) {
  (void)data;
  mu_exec_log_file_write(&fixture->log, "12345", 5);
  mu_exec_log_file_write(&fixture->log, "67890", 5);
  assert_file(fixture, "out", "1234567890"); /* exactly full */
  assert_file(fixture, "out.1", NULL);
  mu_exec_log_file_write(&fixture->log, "a", 1);
  assert_file(fixture, "out", "a");
  assert_file(fixture, "out.1", "1234567890");
  mu_exec_log_file_write(&fixture->log, "a piece larger than the limit", 29);
  assert_file(fixture, "out", "a piece larger than the limit");
  assert_file(fixture, "out.1", "a"); /* one older file is kept */
}

static void test_symlink_at_rotation(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autofree char *victim = g_build_filename(fixture->folder, "victim", NULL);
  g_assert_true(g_file_set_contents(victim, "precious", -1, NULL));
  mu_exec_log_file_write(&fixture->log, "1234567890", 10);
  unlinkat(fixture->fd, "out", 0);
  g_assert_cmpint(symlinkat("victim", fixture->fd, "out"), ==, 0);
  mu_exec_log_file_write(&fixture->log, "new", 3);
  assert_file(fixture, "victim", "precious");
  assert_file(fixture, "out", "new");
}

static void test_removed(Fixture *fixture, gconstpointer data) {
  (void)data;
  mu_exec_log_file_write(&fixture->log, "1234567890", 10);
  unlinkat(fixture->fd, "out", 0);
  mu_exec_log_file_write(&fixture->log, "new", 3);
  assert_file(fixture, "out", "new");
}

static void test_not_over_another(Fixture *fixture, gconstpointer data) {
  (void)data;
  MuExecLogFile second;
  g_autoptr(GError) error = NULL;
  g_assert_false(mu_exec_log_file_open(&second, fixture->fd, "out", 10, (uid_t)-1, (gid_t)-1, &error));
  g_assert_nonnull(error);
  mu_exec_log_file_write(&second, "x", 1); /* does nothing */
  mu_exec_log_file_close(&second);
  assert_file(fixture, "out", "");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/exec-log-file/rotation", Fixture, NULL, set_up, test_rotation, tear_down);
  g_test_add("/exec-log-file/symlink-at-rotation", Fixture, NULL, set_up, test_symlink_at_rotation, tear_down);
  g_test_add("/exec-log-file/removed", Fixture, NULL, set_up, test_removed, tear_down);
  g_test_add("/exec-log-file/not-over-another", Fixture, NULL, set_up, test_not_over_another, tear_down);
  return g_test_run();
}
