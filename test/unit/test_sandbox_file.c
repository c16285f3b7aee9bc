#include "sandbox_file.h"

#include "http_limits.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *folder, *sandbox;
} Fixture;

static char *below(const char *folder, const char *name) {
  return g_build_filename(folder, name, NULL);
}

static void put(const char *folder, const char *name, const char *data, gssize length) {
  g_autofree char *path = below(folder, name);
  g_assert_true(g_file_set_contents(path, data, length, NULL));
}

static void set_up(Fixture *fixture, gconstpointer user) {
  (void)user;
  fixture->folder = g_dir_make_tmp("muster-sandbox-XXXXXX", NULL);
  fixture->sandbox = below(fixture->folder, "box");
  g_mkdir(fixture->sandbox, 0700);
  put(fixture->folder, "secret", "s", 1);
  put(fixture->sandbox, "b", "bb", 2);
  put(fixture->sandbox, "a", "a", 1);
  g_autofree char *out = below(fixture->sandbox, "out"), *in = below(fixture->sandbox, "in"),
                  *pipe = below(fixture->sandbox, "pipe"), *sub = below(fixture->sandbox, "sub"),
                  *sibling = below(fixture->folder, "boxes");
  g_assert_cmpint(symlink("../secret", out), ==, 0);
  g_assert_cmpint(symlink("a", in), ==, 0);
  g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
  g_mkdir(sub, 0700);
  g_mkdir(sibling, 0700);
  put(sibling, "x", "x", 1);
}

static void remove_all(const char *path) {
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *child = below(path, name);
    remove_all(child);
  }
  g_remove(path);
}

static void tear_down(Fixture *fixture, gconstpointer user) {
  (void)user;
  remove_all(fixture->folder);
  g_free(fixture->folder);
  g_free(fixture->sandbox);
}

#define GOOD (-1)
static void test_open(Fixture *fixture, gconstpointer user) {
  (void)user;
  static const struct {
    const char *name;
    int code; /* GOOD, or of the error */
  } cases[] = {
      {"a", GOOD},
      {"", GOOD},
      {"sub", GOOD},
      {"in", GOOD},
      {"out", MU_ERROR_REFUSED},        /* a link that leads out */
      {"../secret", MU_ERROR_REFUSED},  /* as if the lookup had been fooled */
      {"../boxes/x", MU_ERROR_REFUSED}, /* a folder whose name begins like the sandbox's */
      {"pipe", MU_ERROR_REFUSED},
      {"absent", MU_ERROR_NOT_FOUND},
      {"a/b", MU_ERROR_NOT_FOUND},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = below(fixture->sandbox, cases[i].name);
    struct stat status;
    int fd = mu_sandbox_open(fixture->sandbox, path, &status, &error);
    g_test_message("%s: %s", cases[i].name, error == NULL ? "opened" : error->message);
    if (cases[i].code == GOOD) {
      g_assert_no_error(error);
      close(fd);
    } else
      g_assert_error(error, MU_ERROR, cases[i].code);
  }
}

static void test_list(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_autoptr(GError) error = NULL;
  struct stat status;
  gboolean cut = TRUE;
  int fd = mu_sandbox_open(fixture->sandbox, fixture->sandbox, &status, NULL);
  json_t *list = mu_sandbox_list(fd, "p/", 6, &cut, &error), *entry;
  g_assert_no_error(error);
  g_assert_false(cut);
  static const char *const names[] = {"p/a", "p/b", "p/in", "p/out", "p/pipe", "p/sub"};
  size_t i;
  g_assert_cmpuint(json_array_size(list), ==, G_N_ELEMENTS(names));
  json_array_foreach (list, i, entry) {
    g_assert_cmpstr(json_string_value(json_object_get(entry, "path")), ==, names[i]);
    g_assert_cmpint(json_is_true(json_object_get(entry, "directory")), ==, i == 5);
    g_assert_cmpint(json_integer_value(json_object_get(entry, "mtime")), >, 1000000000);
  }
  g_assert_cmpint(json_integer_value(json_object_get(json_array_get(list, 1), "size")), ==, 2);
  json_decref(list);
  close(fd);
}

static void test_list_is_limited(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_autofree char *sub = below(fixture->sandbox, "sub");
  for (guint i = 0; i < 4; i++) {
    g_autofree char *path = g_strdup_printf("%s/%u", sub, i);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  struct stat status;
  gboolean cut = FALSE;
  int fd = mu_sandbox_open(fixture->sandbox, sub, &status, NULL);
  json_t *list = mu_sandbox_list(fd, "", 3, &cut, NULL);
  g_assert_true(cut);
  g_assert_cmpuint(json_array_size(list), ==, 3);
  json_decref(list);
  close(fd);
}

static guint64 tail_of(const char *folder, const char *text, gsize length, guint64 lines) {
  put(folder, "t", text, (gssize)length);
  g_autofree char *path = below(folder, "t");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  guint64 offset = mu_sandbox_tail(fd, length, lines);
  close(fd);
  return offset;
}

static void test_tail(Fixture *fixture, gconstpointer user) {
  (void)user;
  static const struct {
    const char *text;
    guint64 lines, offset;
  } cases[] = {
      {"", 3, 0},
      {"a", 0, 1},
      {"a", 1, 0},
      {"a\n", 1, 0},
      {"a\nb", 1, 2},
      {"a\nb\n", 1, 2},
      {"a\nb\n", 2, 0},
      {"a\nb\n", 99, 0},
      {"\n\n\n", 1, 2},
      {"\n\n\n", 2, 1},
      {"\n\n\n", 3, 0},
      {"a\nb\nc", 2, 2},
      {"a\nb\n", G_MAXINT64, 0},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpuint(tail_of(fixture->sandbox, cases[i].text, strlen(cases[i].text), cases[i].lines), ==,
                     cases[i].offset);
}

/* Lines across the blocks that it is read in, and a file too long to be looked through. */
static void test_long_tail(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < 10000; i++)
    g_string_append_printf(text, "line %04u\n", i);
  g_assert_cmpuint(tail_of(fixture->sandbox, text->str, text->len, 5000), ==, 50000);
  g_assert_cmpuint(tail_of(fixture->sandbox, text->str, text->len, 9999), ==, 10);
  g_string_set_size(text, MU_HTTP_TAIL_MAX_BYTES + 100);
  memset(text->str, 'x', text->len);
  g_assert_cmpuint(tail_of(fixture->sandbox, text->str, text->len, 1), ==, 100);
}

static void test_content_type(Fixture *fixture, gconstpointer user) {
  (void)user;
  g_autofree char *cut_text = g_strnfill(1025, 'x');
  cut_text[1023] = (char)0xc3;
  cut_text[1024] = (char)0xa9; /* the sample ends within a character */
  const struct {
    const char *data;
    gssize length;
    const char *type;
  } cases[] = {
      {"", 0, "text/plain; charset=utf-8"},
      {"caf\xc3\xa9\n", 6, "text/plain; charset=utf-8"},
      {cut_text, 1025, "text/plain; charset=utf-8"},
      {"\x7f"
       "ELF\0",
       5, "application/octet-stream"},
      {"caf\xe9", 4, "application/octet-stream"},
  };
  g_autofree char *path = below(fixture->sandbox, "c");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    put(fixture->sandbox, "c", cases[i].data, cases[i].length);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    g_assert_cmpstr(mu_sandbox_content_type(fd), ==, cases[i].type);
    close(fd);
  }
}

#define ADD(name, test) g_test_add("/sandbox-file/" name, Fixture, NULL, set_up, test, tear_down)
int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD("open", test_open);
  ADD("list", test_list);
  ADD("list-is-limited", test_list_is_limited);
  ADD("tail", test_tail);
  ADD("long-tail", test_long_tail);
  ADD("content-type", test_content_type);
  return g_test_run();
}
