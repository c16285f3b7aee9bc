/* Removing folders: all of it, and nothing else. */
#include "remove_tree.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *folder;
  int fd;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture->folder = g_dir_make_tmp("muster-remove-XXXXXX", NULL);
  fixture->fd = open(fixture->folder, O_RDONLY | O_DIRECTORY);
  g_assert_cmpint(mkdirat(fixture->fd, "tree", 0700), ==, 0);
  g_assert_cmpint(mkdirat(fixture->fd, "outside", 0700), ==, 0);
  close(openat(fixture->fd, "outside/kept", O_CREAT | O_WRONLY, 0600));
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_assert_cmpint(faccessat(fixture->fd, "tree", F_OK, 0), !=, 0);
  g_assert_cmpint(unlinkat(fixture->fd, "outside/kept", 0), ==, 0);
  g_assert_cmpint(unlinkat(fixture->fd, "outside", AT_REMOVEDIR), ==, 0);
  close(fixture->fd);
  g_assert_cmpint(rmdir(fixture->folder), ==, 0);
  g_free(fixture->folder);
}

static void remove_tree(Fixture *fixture) {
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_remove_tree(fixture->fd, "tree", NULL, &error));
  g_assert_no_error(error);
}

static void test_links(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_assert_cmpint(symlinkat("../outside", fixture->fd, "tree/link"), ==, 0);
  g_assert_cmpint(symlinkat("nowhere", fixture->fd, "tree/dangling"), ==, 0);
  g_assert_cmpint(linkat(fixture->fd, "outside/kept", fixture->fd, "tree/hard", 0), ==, 0);
  g_assert_cmpint(mkfifoat(fixture->fd, "tree/pipe", 0600), ==, 0);
  remove_tree(fixture);
}

static void test_link_itself(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_assert_cmpint(unlinkat(fixture->fd, "tree", AT_REMOVEDIR), ==, 0);
  g_assert_cmpint(symlinkat("outside", fixture->fd, "tree"), ==, 0);
  remove_tree(fixture);
  remove_tree(fixture); /* absent is gone */
}

static void test_closed_folders(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_assert_cmpint(mkdirat(fixture->fd, "tree/a", 0700), ==, 0);
  close(openat(fixture->fd, "tree/a/file", O_CREAT | O_WRONLY, 0));
  g_assert_cmpint(fchmodat(fixture->fd, "tree/a", 0, 0), ==, 0);
  g_assert_cmpint(fchmodat(fixture->fd, "tree", 0500, 0), ==, 0);
  remove_tree(fixture);
}

static void test_deep(Fixture *fixture, gconstpointer data) {
  (void)data;
  int fd = openat(fixture->fd, "tree", O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 500; i++) {
    g_assert_cmpint(mkdirat(fd, "d", 0700), ==, 0);
    int next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
    close(fd);
    fd = next;
  }
  close(fd);
  remove_tree(fixture);
}

static void test_stopped(Fixture *fixture, gconstpointer data) {
  (void)data;
  const gint stop = 1;
  g_autoptr(GError) error = NULL;
  g_assert_false(mu_remove_tree(fixture->fd, "tree", &stop, &error));
  g_assert_nonnull(error);
  remove_tree(fixture);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*test)(Fixture *fixture, gconstpointer data);
  } cases[] = {{"/remove-tree/links", test_links},
               {"/remove-tree/link-itself", test_link_itself},
               {"/remove-tree/closed-folders", test_closed_folders},
               {"/remove-tree/deep", test_deep},
               {"/remove-tree/stopped", test_stopped}};
  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_test_add(cases[i].name, Fixture, NULL, set_up, cases[i].test, tear_down);
  return g_test_run();
}
