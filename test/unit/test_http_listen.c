#include "http_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- TCP ---- */

static void test_parse(void) {
  static const struct {
    const char *text, *host; /* NULL: refused */
    guint16 port;
  } cases[] = {
      {"127.0.0.1:8640", "127.0.0.1", 8640},
      {"[::1]:0", "::1", 0},
      {"localhost:65535", "localhost", 65535},
      {"127.0.0.1", NULL, 0},
      {":8640", NULL, 0},
      {"::1:80", NULL, 0},
      {"[]:80", NULL, 0},
      {"a:65536", NULL, 0},
      {"a:", NULL, 0},
      {"a:-1", NULL, 0},
      {"a:b", NULL, 0},
      {"", NULL, 0},
      {"a:+1", NULL, 0},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *host = NULL;
    guint16 port = 0;
    g_assert_cmpint(mu_http_parse_listen(cases[i].text, &host, &port, &error), ==, cases[i].host != NULL);
    g_assert_cmpstr(host, ==, cases[i].host);
    g_assert_cmpuint(port, ==, cases[i].port);
    if (host == NULL)
      g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
  }
}

static void test_taken_port(void) {
  g_autoptr(GError) error = NULL;
  MuHttpAddress address, other;
  int fd = mu_http_listen_tcp("127.0.0.1:0", &address, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(address.host, ==, "127.0.0.1");
  g_assert_cmpstr(address.address, ==, "127.0.0.1");
  g_assert_cmpuint(address.port, !=, 0);
  g_assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  g_autofree char *same = g_strdup_printf("127.0.0.1:%u", address.port);
  g_assert_cmpint(mu_http_listen_tcp(same, &other, &error), ==, -1);
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
  g_assert_nonnull(strstr(error->message, same));
  mu_http_address_clear(&address);
  close(fd);
}

static void test_unknown_host(void) {
  g_autoptr(GError) error = NULL;
  MuHttpAddress address;
  g_assert_cmpint(mu_http_listen_tcp("256.256.256.256:0", &address, &error), ==, -1);
  g_assert_error(error, MU_ERROR, MU_ERROR_FAILED);
}

/* ---- unix ---- */

typedef struct {
  char *folder, *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer user) {
  (void)user;
  fixture->folder = g_dir_make_tmp("muster-listen-XXXXXX", NULL);
  fixture->path = g_build_filename(fixture->folder, "socket", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_unlink(fixture->path);
  g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
  g_free(fixture->path);
  g_free(fixture->folder);
}

typedef struct {
  int fd, folder;
  guint64 inode;
} Listener;

static Listener listen_on(const char *path) {
  g_autoptr(GError) error = NULL;
  Listener listener = {.fd = -1};
  listener.fd = mu_http_listen_unix(path, &listener.folder, &listener.inode, &error);
  g_assert_no_error(error);
  return listener;
}

static void assert_fails(const char *path, int code) {
  g_autoptr(GError) error = NULL;
  int folder;
  guint64 inode;
  g_assert_cmpint(mu_http_listen_unix(path, &folder, &inode, &error), ==, -1);
  g_assert_error(error, MU_ERROR, code);
}

static void test_mode(Fixture *fixture, gconstpointer user) {
  (void)user;
  mode_t before = umask(0);
  Listener listener = listen_on(fixture->path);
  struct stat status;
  umask(before);
  g_assert_cmpint(stat(fixture->path, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 07777, ==, 0600);
  close(listener.fd);
  mu_http_unlisten_unix(listener.folder, "socket", listener.inode);
  g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
  close(listener.folder);
}

static void test_stale_is_replaced(Fixture *fixture, gconstpointer user) {
  (void)user;
  Listener stale = listen_on(fixture->path);
  close(stale.fd); /* as after a crash: the file stays */
  Listener listener = listen_on(fixture->path);
  /* The old one's end does not take the new one's file. */
  mu_http_unlisten_unix(stale.folder, "socket", stale.inode + (stale.inode == listener.inode));
  g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
  close(stale.folder);
  close(listener.fd);
  close(listener.folder);
}

static void test_live_is_kept(Fixture *fixture, gconstpointer user) {
  (void)user;
  Listener live = listen_on(fixture->path);
  assert_fails(fixture->path, MU_ERROR_CONFLICT);
  assert_fails(fixture->path, MU_ERROR_CONFLICT);
  g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
  close(live.fd);
  close(live.folder);
}

static void test_file_is_kept(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_file_set_contents(fixture->path, "mine", -1, NULL);
  assert_fails(fixture->path, MU_ERROR_CONFLICT);
  g_assert_true(g_file_test(fixture->path, G_FILE_TEST_IS_REGULAR));
}

static void test_no_folder(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_autofree char *path = g_build_filename(fixture->folder, "absent", "socket", NULL);
  assert_fails(path, MU_ERROR_FAILED);
}

static void test_long_path(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_autofree char *part = g_strnfill(100, 'd');
  g_autofree char *one = g_build_filename(fixture->folder, part, NULL), *two = g_build_filename(one, part, NULL),
                  *path = g_build_filename(two, "socket", NULL), *name = g_strnfill(120, 'n'),
                  *long_name = g_build_filename(two, name, NULL);
  g_assert_cmpint(g_mkdir_with_parents(two, 0700), ==, 0);
  Listener listener = listen_on(path);
  g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
  close(listener.fd);
  mu_http_unlisten_unix(listener.folder, "socket", listener.inode);
  close(listener.folder);
  assert_fails(long_name, MU_ERROR_FAILED); /* only its folder may be long */
  g_rmdir(two);
  g_rmdir(one);
}

#define ADD(name, test) g_test_add("/http-listen/" name, Fixture, NULL, set_up, test, tear_down)
int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http-listen/parse", test_parse);
  g_test_add_func("/http-listen/taken-port", test_taken_port);
  g_test_add_func("/http-listen/unknown-host", test_unknown_host);
  ADD("mode", test_mode);
  ADD("stale-is-replaced", test_stale_is_replaced);
  ADD("live-is-kept", test_live_is_kept);
  ADD("file-is-kept", test_file_is_kept);
  ADD("no-folder", test_no_folder);
  ADD("long-path", test_long_path);
  return g_test_run();
}
