/* The state folder: who has it, what is in it, what is left of it. */
#include "state_dir.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *base; /* a temporary folder */
  char *path; /* of the state folder in it, two levels down, not made */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture->base = g_dir_make_tmp("muster-test-XXXXXX", NULL);
  g_assert_nonnull(fixture->base);
  fixture->path = g_build_filename(fixture->base, "a", "state", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autofree char *parent = g_path_get_dirname(fixture->path);
  rmdir(fixture->path);
  rmdir(parent);
  g_assert_cmpint(rmdir(fixture->base), ==, 0); /* nothing is left */
  g_free(fixture->base);
  g_free(fixture->path);
}

static MuStateDir *must_open(const char *path) {
  g_autoptr(GError) error = NULL;
  MuStateDir *dir = mu_state_dir_open(path, &error);
  g_assert_no_error(error);
  g_assert_nonnull(dir);
  return dir;
}

static void must_not_open(const char *path, MuErrorCode code, const char *says) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_state_dir_open(path, &error));
  g_assert_error(error, MU_ERROR, (int)code);
  if (strstr(error->message, says) == NULL)
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static guint mode_of(const char *path) {
  struct stat st;
  g_assert_cmpint(stat(path, &st), ==, 0);
  return st.st_mode & 07777;
}

static void erase_and_close(MuStateDir *dir) {
  mu_state_dir_set_erase(dir);
  mu_state_dir_close(dir);
}

static void test_made_private(Fixture *fixture, gconstpointer data) {
  (void)data;
  MuStateDir *dir = must_open(fixture->path);
  g_autofree char *token = mu_state_dir_file(dir, "token");
  g_assert_cmpstr(mu_state_dir_path(dir), ==, fixture->path);
  g_assert_cmpuint(mode_of(fixture->path), ==, geteuid() == 0 ? 0711 : 0700);
  g_assert_cmpuint(mode_of(token), ==, 0600);
  g_assert_cmpuint(strlen(mu_state_dir_token(dir)), ==, 64);
  erase_and_close(dir);
  g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

static void test_token_is_kept(Fixture *fixture, gconstpointer data) {
  (void)data;
  MuStateDir *dir = must_open(fixture->path);
  g_autofree char *token = g_strdup(mu_state_dir_token(dir));
  mu_state_dir_close(dir);
  dir = must_open(fixture->path);
  g_assert_cmpstr(mu_state_dir_token(dir), ==, token);
  erase_and_close(dir);
  dir = must_open(fixture->path); /* a start after an uninstall begins from nothing */
  g_assert_cmpstr(mu_state_dir_token(dir), !=, token);
  erase_and_close(dir);
}

static void test_bad_token(Fixture *fixture, gconstpointer data) {
  (void)data;
  static const char *const bad[] = {"", "short\n", "has a blank in the middle of it\n",
                                    "caf\xc3\xa9-caf\xc3\xa9-caf\xc3\xa9\n"};
  mu_state_dir_close(must_open(fixture->path));
  g_autofree char *path = g_build_filename(fixture->path, "token", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_true(g_file_set_contents(path, bad[i], -1, NULL));
    must_not_open(fixture->path, MU_ERROR_REFUSED, path);
  }
  g_assert_true(g_file_set_contents(path, "an-operators-own-token\n", -1, NULL));
  g_assert_cmpint(chmod(path, 0644), ==, 0);
  MuStateDir *dir = must_open(fixture->path);
  g_assert_cmpstr(mu_state_dir_token(dir), ==, "an-operators-own-token");
  g_assert_cmpuint(mode_of(path), ==, 0600);
  erase_and_close(dir);
}

static void test_second_is_refused(Fixture *fixture, gconstpointer data) {
  (void)data;
  MuStateDir *dir = must_open(fixture->path);
  g_autofree char *pid = g_strdup_printf("process %d", (int)getpid());
  must_not_open(fixture->path, MU_ERROR_CONFLICT, pid);
  g_assert_nonnull(mu_state_dir_token(dir)); /* the first has lost nothing */
  g_assert_true(mu_state_dir_write_url(dir, "http://127.0.0.1:1", NULL));
  must_not_open(fixture->path, MU_ERROR_CONFLICT, fixture->path);
  g_autofree char *url = mu_state_dir_file(dir, "url");
  g_assert_true(g_file_test(url, G_FILE_TEST_EXISTS));
  mu_state_dir_close(dir);
  erase_and_close(must_open(fixture->path));
}

static void test_address(Fixture *fixture, gconstpointer data) {
  (void)data;
  MuStateDir *dir = must_open(fixture->path);
  g_autofree char *url = mu_state_dir_file(dir, "url");
  g_autofree char *text = NULL;
  g_assert_true(mu_state_dir_write_url(dir, "http://127.0.0.1:8640", NULL));
  g_assert_true(g_file_get_contents(url, &text, NULL, NULL));
  g_assert_cmpstr(text, ==, "http://127.0.0.1:8640\n");
  mu_state_dir_close(dir);
  g_assert_false(g_file_test(url, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_set_contents(url, "left by one that was killed\n", -1, NULL));
  dir = must_open(fixture->path);
  g_assert_false(g_file_test(url, G_FILE_TEST_EXISTS));
  erase_and_close(dir);
}

static void test_erase_leaves_what_is_not_ours(Fixture *fixture, gconstpointer data) {
  (void)data;
  MuStateDir *dir = must_open(fixture->path);
  g_autofree char *foreign = mu_state_dir_file(dir, "notes.txt");
  g_assert_true(g_file_set_contents(foreign, "mine\n", -1, NULL));
  erase_and_close(dir);
  g_assert_true(g_file_test(foreign, G_FILE_TEST_EXISTS));
  g_assert_cmpint(unlink(foreign), ==, 0);
  g_assert_cmpint(rmdir(fixture->path), ==, 0);
}

static void test_refused_folders(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autofree char *file = g_build_filename(fixture->base, "file", NULL);
  g_autofree char *below = g_build_filename(file, "state", NULL);
  g_assert_true(g_file_set_contents(file, "", 0, NULL));
  must_not_open(file, MU_ERROR_REFUSED, file);
  must_not_open(below, MU_ERROR_REFUSED, below);
  g_assert_cmpint(unlink(file), ==, 0);
  must_not_open("/proc/muster/state", MU_ERROR_REFUSED, "/proc/muster/state"); /* cannot be written, even by root */
}

static void test_read_only(Fixture *fixture, gconstpointer data) {
  (void)data;
  if (geteuid() == 0) {
    must_not_open("/sys/kernel", MU_ERROR_REFUSED, "cannot be written");
    return;
  }
  g_assert_cmpint(g_mkdir_with_parents(fixture->path, 0700), ==, 0);
  g_assert_cmpint(chmod(fixture->path, 0500), ==, 0);
  must_not_open(fixture->path, MU_ERROR_REFUSED, "cannot be written");
}

static void test_writable_by_others(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_assert_cmpint(g_mkdir_with_parents(fixture->path, 0700), ==, 0);
  g_assert_cmpint(chmod(fixture->path, 01777), ==, 0);
  must_not_open(fixture->path, MU_ERROR_REFUSED, "1777");
}

static void test_throw_away(Fixture *fixture, gconstpointer data) {
  (void)fixture;
  (void)data;
  MuStateDir *dir = must_open(NULL);
  g_autofree char *path = g_strdup(mu_state_dir_path(dir));
  g_assert_true(mu_state_dir_is_throw_away(dir));
  g_assert_cmpuint(mode_of(path), ==, geteuid() == 0 ? 0711 : 0700);
  mu_state_dir_close(dir);
  g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

#define ADD(name, test) g_test_add("/state-dir/" name, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD("made-private", test_made_private);
  ADD("token-is-kept", test_token_is_kept);
  ADD("bad-token", test_bad_token);
  ADD("second-is-refused", test_second_is_refused);
  ADD("address", test_address);
  ADD("erase-leaves-what-is-not-ours", test_erase_leaves_what_is_not_ours);
  ADD("refused-folders", test_refused_folders);
  ADD("read-only", test_read_only);
  ADD("writable-by-others", test_writable_by_others);
  ADD("throw-away", test_throw_away);
  return g_test_run();
}
