/* What is fetched into a sandbox: names, checksums, the cache, archives that want out. The server is test/support's, on the
 * loopback address. */
#include "fetch.h"
#include "fetch_cache.h"
#include "fetch_path.h"
#include "fetch_unpack.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a server, a cache and sandboxes ---------------------------------------------------------------------------------- */

typedef struct {
  char *top, *files, *log, *cache;
  GPid server;
  int hold; /* its standard input */
  guint port, sandboxes;
} Fixture;

static void start_server(Fixture *f) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname(self);
  g_autofree char *program = g_build_filename(folder, "file-server", NULL);
  char *argv[] = {program, f->files, f->log, NULL};
  int out = -1;
  char text[16] = "";
  g_autoptr(GError) error = NULL;
  g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &f->server, &f->hold, &out, NULL,
                           &error);
  g_assert_no_error(error);
  g_assert_cmpint(read(out, text, sizeof text - 1), >, 0);
  close(out);
  f->port = (guint)atoi(text);
}

static void set_up(Fixture *f) {
  *f = (Fixture){.top = g_dir_make_tmp("muster-fetch-XXXXXX", NULL), .hold = -1};
  f->files = g_build_filename(f->top, "files", NULL);
  f->cache = g_build_filename(f->top, "cache", NULL);
  f->log = g_build_filename(f->top, "log", NULL);
  g_assert_cmpint(mkdir(f->files, 0755), ==, 0);
  g_assert_cmpint(mkdir(f->cache, 0700), ==, 0);
  start_server(f);
}

static void remove_all(const char *path) {
  char *argv[] = {(char *)"/bin/rm", (char *)"-rf", (char *)path, NULL};
  g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, NULL, NULL);
}

static void tear_down(Fixture *f) {
  g_assert_cmpint(chdir("/"), ==, 0);
  close(f->hold);
  waitpid(f->server, NULL, 0);
  remove_all(f->top);
  g_free(f->top);
  g_free(f->files);
  g_free(f->cache);
  g_free(f->log);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, tear_down)

static void put(const Fixture *f, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(f->files, name, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void no_words(const char *line) {
  g_test_message("%s", line);
}

static void enter_sandbox(Fixture *f) {
  g_autofree char *name = g_strdup_printf("%s/sandbox-%u", f->top, f->sandboxes++);
  g_assert_cmpint(mkdir(name, 0755), ==, 0);
  g_assert_cmpint(chdir(name), ==, 0);
}

/* Fetches `members`, the part of a job's uri after its value, into a new sandbox. `path`: below the server, or whole. */
static gboolean fetch_with(Fixture *f, const char *path, const char *members, const char *more, GError **error) {
  g_autofree char *here = g_strdup_printf("http://127.0.0.1:%u%s", f->port, path);
  g_autofree char *job_text = g_strdup_printf("{\"cache_dir\":\"%s\"%s,\"uris\":[{\"value\":\"%s\"%s}]}", f->cache,
                                              more, path[0] == '/' ? here : path, members);
  g_autoptr(MuFetchJob) job = mu_fetch_job_parse(job_text, strlen(job_text), error);
  g_assert_nonnull(job);
  enter_sandbox(f);
  return mu_fetch_run(job, no_words, error);
}

static void fetch(Fixture *f, const char *path, const char *members) {
  g_autoptr(GError) error = NULL;
  fetch_with(f, path, members, "", &error);
  g_assert_no_error(error);
}

static void must_fail(Fixture *f, const char *path, const char *members, const char *says) {
  g_autoptr(GError) error = NULL;
  g_assert_false(fetch_with(f, path, members, "", &error));
  if (strstr(error->message, says) == NULL)
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static void must_hold(const char *file, const char *text) {
  g_autofree char *found = NULL;
  g_assert_true(g_file_get_contents(file, &found, NULL, NULL));
  g_assert_cmpstr(found, ==, text);
}

/* What was asked of the server since the last call. */
static void must_have_asked(Fixture *f, const char *requests) {
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(f->log, &text, NULL, NULL));
  g_assert_cmpstr(text, ==, requests);
  g_assert_cmpint(truncate(f->log, 0), ==, 0);
}

/* ---- names ------------------------------------------------------------------------------------------------------------ */

static void test_paths(void) {
  static const char *const inside[] = {"a", "a/b", "./a", "a//b/", "a/./b", ".a", "..a", "a/..b", "..."};
  static const char *const outside[] = {"",     "/",      "/a",        "..",   "../a",
                                        "a/..", "a/../b", "a/../../b", "a\nb", "a/b/../../../c"};
  for (gsize i = 0; i < G_N_ELEMENTS(inside); i++)
    g_assert_true(mu_fetch_path_is_inside(inside[i]));
  for (gsize i = 0; i < G_N_ELEMENTS(outside); i++)
    g_assert_false(mu_fetch_path_is_inside(outside[i]));
}

static void test_links(void) {
  static const struct {
    const char *path, *target;
    gboolean inside;
  } cases[] = {
      {"a", "b", TRUE},           {"a", "b/c", TRUE},        {"d/a", "../b", TRUE},        {"d/e/a", "../../b", TRUE},
      {"a", ".", TRUE},           {"a", "..", FALSE},        {"a", "../b", FALSE},         {"d/a", "../../b", FALSE},
      {"a", "/etc", FALSE},       {"a", "", FALSE},          {"d/a", "../d/../..", FALSE}, {"./a", "../b", FALSE},
      {"d//a", "../../b", FALSE}, {"a", "b/../../c", FALSE}, {"a", "b/../c", TRUE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    if (mu_fetch_link_is_inside(cases[i].path, cases[i].target) != cases[i].inside)
      g_error("%s -> %s", cases[i].path, cases[i].target);
}

static void test_file_names(void) {
  static const struct {
    const char *address, *name;
  } cases[] = {
      {"http://h/a/b.tgz", "b.tgz"}, {"http://h/b.tgz?x=1/2", "b.tgz"},
      {"http://h/a%20b", "a b"},     {"http://h/a%2fb", NULL},
      {"http://h/", NULL},           {"http://h", NULL},
      {"http://h/..", NULL},         {"http://h/%2e%2e", NULL},
      {"http://h/a%00b", NULL},      {"/x/y.zip", "y.zip"},
      {"file:///x/y", "y"},          {"/x/", NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *name = mu_fetch_file_name(cases[i].address);
    g_assert_cmpstr(name, ==, cases[i].name);
  }
}

static void test_password_is_not_shown(void) {
  static const struct {
    const char *address, *shown;
  } cases[] = {
      {"http://u:p@h/a", "http://u:***@h/a"},
      {"http://u@h/a", "http://u@h/a"},
      {"http://h:80/a@b:c", "http://h:80/a@b:c"},
      {"http://u:p@x@h/a", "http://u:***@h/a"},
      {"/a:b@c", "/a:b@c"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *shown = mu_fetch_shown(cases[i].address);
    g_assert_cmpstr(shown, ==, cases[i].shown);
  }
}

/* ---- fetching --------------------------------------------------------------------------------------------------------- */

static void test_plain(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a.txt", "hello\n");
  fetch(&f, "/a.txt", "");
  must_hold("a.txt", "hello\n");
  fetch(&f, "/a.txt", ",\"output_file\":\"x/y/b\"");
  must_hold("x/y/b", "hello\n");
  fetch(&f, "/other?redirect=/a.txt", ",\"output_file\":\"c\"");
  must_hold("c", "hello\n");
}

static void test_executable(void) {
  g_auto(Fixture) f;
  struct stat st;
  set_up(&f);
  put(&f, "tool.gz", "#!/bin/sh\n");
  fetch(&f, "/tool.gz", ",\"executable\":true"); /* and not unpacked */
  g_assert_cmpint(stat("tool.gz", &st), ==, 0);
  g_assert_cmpuint(st.st_mode & 0777, ==, 0755);
}

static void test_local_files(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "here\n");
  g_autofree char *uri = g_strdup_printf("file://%s/a", f.files);
  fetch(&f, uri, "");
  must_hold("a", "here\n");
  must_fail(&f, "file:///no/such/file", "", "can read on this agent");
  must_fail(&f, "file:///dev", "", "is no file");
  must_fail(&f, "relative", "", "absolute path");
  must_fail(&f, "hdfs://h/a", "", "http:");
}

static void test_failures(void) {
  g_auto(Fixture) f;
  set_up(&f);
  g_autofree char *big = g_strnfill(20000, 'x');
  put(&f, "a", big);
  must_fail(&f, "/none", "", "/none: the server answered with status 404: there is no such file");
  must_fail(&f, "/a?status=503", "", "status 503: the server is in trouble");
  must_fail(&f, "/a?status=403", "", "wants a login");
  must_fail(&f, "/a?stall", "", "/a?stall: ");
  g_assert_cmpint(access("a", F_OK), <, 0); /* half a file is none */
  must_fail(&f, "/", "", "#output=NAME");
  must_fail(&f, "http://127.0.0.1:1/a", "", "is the address right");
  must_fail(&f, "/a", ",\"output_file\":\"../a\"", "#output=NAME");
}

static void test_twice_one_name(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "x");
  g_autofree char *text =
      g_strdup_printf("{\"uris\":[{\"value\":\"%s/a\"},{\"value\":\"http://127.0.0.1:%u/a\"}]}", f.files, f.port);
  g_autoptr(GError) error = NULL;
  g_autoptr(MuFetchJob) job = mu_fetch_job_parse(text, strlen(text), &error);
  enter_sandbox(&f);
  g_assert_false(mu_fetch_run(job, no_words, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
}

/* ---- checksums and the cache ------------------------------------------------------------------------------------------ */

#define SUM_OF_HELLO ",\"sha256\":\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\""
#define SUM_OF_ELSE ",\"sha256\":\"0091b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\""

static void test_checksum(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "hello\n");
  fetch(&f, "/a", SUM_OF_HELLO);
  must_have_asked(&f, "GET /a 200\n");
  fetch(&f, "/a", SUM_OF_HELLO); /* no server is needed any more */
  must_have_asked(&f, "");
  must_hold("a", "hello\n");
  must_fail(&f, "/a", SUM_OF_ELSE,
            "its SHA-256 is 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03, and 0091");
  g_assert_cmpint(access("a", F_OK), <, 0);
  g_autofree char *local = g_strdup_printf("file://%s/a", f.files);
  must_fail(&f, local, SUM_OF_ELSE, "its SHA-256 is");
  fetch(&f, local, SUM_OF_HELLO);
}

static void test_cache(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "one\n");
  static const char *const addresses[] = {"/a", "/a?dated"};
  for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
    fetch(&f, addresses[i], "");
    must_have_asked(&f, "GET /a 200\n");
    fetch(&f, addresses[i], "");
    must_have_asked(&f, "GET /a 304\n");
    must_hold("a", "one\n");
  }
  put(&f, "a", "two\n");
  fetch(&f, "/a", "");
  must_have_asked(&f, "GET /a 200\n");
  must_hold("a", "two\n");
}

/* What a server gives no validator for, or forbids to keep, is fetched each time. */
static void test_not_cached(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "one\n");
  static const char *const addresses[] = {"/a?plain", "/a?nostore"};
  for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
    fetch(&f, addresses[i], "");
    fetch(&f, addresses[i], "");
    must_have_asked(&f, "GET /a 200\nGET /a 200\n");
  }
}

static char *only_file(const char *folder, const char *suffix) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
    if (g_str_has_suffix(name, suffix))
      return g_build_filename(folder, name, NULL);
  return NULL;
}

/* A copy that was damaged, or half written by a machine that went down, is never used. */
static void test_damaged_cache(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "hello\n");
  static const char *const members[] = {"", SUM_OF_HELLO};
  for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
    fetch(&f, "/a", members[i]);
    g_autofree char *data = only_file(f.cache, ".data");
    g_assert_true(g_file_set_contents(data, "hellO\n", -1, NULL));
    fetch(&f, "/a", members[i]);
    must_hold("a", "hello\n");
    g_assert_cmpint(unlink(data), ==, 0);
    fetch(&f, "/a", members[i]);
    must_hold("a", "hello\n");
  }
  g_autofree char *meta = only_file(f.cache, ".meta");
  g_assert_true(g_file_set_contents(meta, "{\"address\"", -1, NULL));
  fetch(&f, "/a", "");
  must_hold("a", "hello\n");
}

/* Eight pods want one file at once: it is fetched once, and each has all of it. */
static void test_shared_cache(void) {
  g_auto(Fixture) f;
  set_up(&f);
  g_autofree char *big = g_strnfill(30000, 'x');
  put(&f, "a", big);
  pid_t children[8];
  for (gsize i = 0; i < G_N_ELEMENTS(children); i++, f.sandboxes++) {
    children[i] = fork();
    if (children[i] != 0)
      continue;
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;
    gboolean ok = fetch_with(&f, "/a", "", "", &error) && g_file_get_contents("a", &found, NULL, NULL);
    _exit(ok && strcmp(found, big) == 0 ? 0 : 1);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(children); i++) {
    int status = -1;
    g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
    g_assert_cmpint(status, ==, 0);
  }
  must_have_asked(&f,
                  "GET /a 200\nGET /a 304\nGET /a 304\nGET /a 304\nGET /a 304\nGET /a 304\nGET /a 304\nGET /a 304\n");
}

static guint count_files(const char *folder, const char *suffix) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  guint n = 0;
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
    n += g_str_has_suffix(name, suffix);
  return n;
}

/* The least recently used go; what another process works on stays. */
static void test_bounded_cache(void) {
  g_auto(Fixture) f;
  set_up(&f);
  g_autofree char *big = g_strnfill(40000, 'x');
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < 4; i++) {
    g_autofree char *name = g_strdup_printf("f%u", i), *path = g_strdup_printf("/f%u", i);
    put(&f, name, big);
    g_assert_true(fetch_with(&f, path, "", ",\"cache_max\":100000", &error));
  }
  g_assert_cmpuint(count_files(f.cache, ".data"), ==, 2);
  must_have_asked(&f, "GET /f0 200\nGET /f1 200\nGET /f2 200\nGET /f3 200\n");
  g_autofree char *left = g_build_filename(f.cache, "00ff.tmp", NULL);
  g_assert_true(g_file_set_contents(left, "x", -1, NULL));
  mu_fetch_cache_trim(f.cache, 0);
  g_assert_cmpuint(count_files(f.cache, ".data") + count_files(f.cache, ".meta") + count_files(f.cache, ".tmp"), ==, 0);
}

static void test_trim_leaves_what_is_locked(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "a", "x");
  fetch(&f, "/a", "");
  g_autofree char *data = only_file(f.cache, ".data");
  const char *key = strrchr(data, '/') + 1;
  char pair[3] = {key[0], key[1], '\0'};
  g_autofree char *lock = g_strdup_printf("%s/lock-%02x", f.cache, (guint)g_ascii_strtoull(pair, NULL, 16) % 64);
  int fd = open(lock, O_RDWR | O_CLOEXEC);
  g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
  mu_fetch_cache_trim(f.cache, 0);
  g_assert_cmpint(access(data, F_OK), ==, 0);
  close(fd);
  mu_fetch_cache_trim(f.cache, 0);
  g_assert_cmpint(access(data, F_OK), <, 0);
}

/* ---- archives --------------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *path, *text, *symlink, *hardlink;
  mode_t type; /* 0: a file */
} Item;

static void make_archive(const char *path, int format, int filter, const Item *items, gsize n) {
  struct archive *archive = archive_write_new();
  archive_write_set_format(archive, format);
  archive_write_add_filter(archive, filter);
  g_assert_cmpint(archive_write_open_filename(archive, path), ==, ARCHIVE_OK);
  for (gsize i = 0; i < n; i++) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, items[i].path);
    archive_entry_set_perm(entry, 04755);
    archive_entry_set_filetype(entry, items[i].symlink != NULL ? AE_IFLNK
                                      : items[i].type != 0     ? items[i].type
                                                               : AE_IFREG);
    archive_entry_set_symlink(entry, items[i].symlink);
    archive_entry_set_hardlink(entry, items[i].hardlink);
    archive_entry_set_size(entry, items[i].text == NULL ? 0 : (la_int64_t)strlen(items[i].text));
    g_assert_cmpint(archive_write_header(archive, entry), >=, ARCHIVE_WARN);
    if (items[i].text != NULL)
      archive_write_data(archive, items[i].text, strlen(items[i].text));
    archive_entry_free(entry);
  }
  g_assert_cmpint(archive_write_close(archive), ==, ARCHIVE_OK);
  archive_write_free(archive);
}

static void test_archives(void) {
  g_auto(Fixture) f;
  static const Item items[] = {{.path = "d/", .type = AE_IFDIR},
                               {.path = "d/e/f", .text = "in it\n"},
                               {.path = "d/l", .symlink = "e/f"},
                               {.path = "d/e/up", .symlink = "../l"}};
  static const struct {
    const char *name;
    int format, filter;
  } kinds[] = {{"a.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE},
               {"a.tar.gz", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP},
               {"a.TGZ", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_GZIP},
               {"a.tar.bz2", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2},
               {"a.txz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ},
               {"a.tar.zst", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD},
               {"a.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE}};
  set_up(&f);
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    struct stat st;
    g_autofree char *path = g_build_filename(f.files, kinds[i].name, NULL);
    g_autofree char *address = g_strconcat("/", kinds[i].name, NULL);
    make_archive(path, kinds[i].format, kinds[i].filter, items, G_N_ELEMENTS(items));
    fetch(&f, address, "");
    must_hold("d/e/f", "in it\n");
    must_hold("d/e/up", "in it\n");
    g_assert_cmpint(stat("d/e/f", &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 07777, ==, 0755); /* not setuid */
    fetch(&f, address, ",\"keep_packed\":true");
    g_assert_cmpint(access("d", F_OK), <, 0);
    g_assert_cmpint(access(kinds[i].name, F_OK), ==, 0);
  }
}

static void test_one_file_packed(void) {
  g_auto(Fixture) f;
  static const Item item = {.path = "x", .text = "unpacked\n"};
  set_up(&f);
  g_autofree char *path = g_build_filename(f.files, "b.txt.gz", NULL);
  make_archive(path, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, &item, 1);
  fetch(&f, "/b.txt.gz", "");
  must_hold("b.txt", "unpacked\n");
  put(&f, "c.tgz", "this is no archive at all\n");
  must_fail(&f, "/c.tgz", "", "/c.tgz: it cannot be unpacked");
}

static void test_archives_that_want_out(void) {
  g_auto(Fixture) f;
  static const struct {
    Item items[2];
    const char *says;
  } cases[] = {
      {{{.path = "../out", .text = "x"}}, "\"../out\" would lie outside"},
      {{{.path = "/tmp/out", .text = "x"}}, "\"/tmp/out\" would lie outside"},
      {{{.path = "a/../../out", .text = "x"}}, "would lie outside"},
      {{{.path = "l", .symlink = "/tmp"}}, "\"l\" is a link that leads out"},
      {{{.path = "d/l", .symlink = "../../x"}}, "is a link that leads out"},
      {{{.path = "l", .symlink = "/tmp"}, {.path = "l/out", .text = "x"}}, "is a link that leads out"},
      {{{.path = "h", .hardlink = "../../etc/passwd"}}, "is a link to a file outside"},
      {{{.path = "h", .hardlink = "/etc/passwd"}}, "is a link to a file outside"},
      {{{.path = "fifo", .type = AE_IFIFO}}, "is neither a file"},
      {{{.path = "dev", .type = AE_IFCHR}}, "is neither a file"},
      {{{.path = "stays", .symlink = "."}, {.path = "stays/through", .text = "x"}},
       "\"stays/through\" cannot be written"},
  };
  set_up(&f);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = g_build_filename(f.files, "a.tar", NULL);
    make_archive(path, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE, cases[i].items,
                 cases[i].items[1].path == NULL ? 1 : 2);
    must_fail(&f, "/a.tar", "", cases[i].says);
    g_assert_cmpint(access("../out", F_OK), <, 0);
    g_assert_cmpint(access("/tmp/out", F_OK), <, 0);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/fetch/paths", test_paths);
  g_test_add_func("/fetch/links", test_links);
  g_test_add_func("/fetch/file_names", test_file_names);
  g_test_add_func("/fetch/password_is_not_shown", test_password_is_not_shown);
  g_test_add_func("/fetch/plain", test_plain);
  g_test_add_func("/fetch/executable", test_executable);
  g_test_add_func("/fetch/local_files", test_local_files);
  g_test_add_func("/fetch/failures", test_failures);
  g_test_add_func("/fetch/twice_one_name", test_twice_one_name);
  g_test_add_func("/fetch/checksum", test_checksum);
  g_test_add_func("/fetch/cache", test_cache);
  g_test_add_func("/fetch/not_cached", test_not_cached);
  g_test_add_func("/fetch/damaged_cache", test_damaged_cache);
  g_test_add_func("/fetch/shared_cache", test_shared_cache);
  g_test_add_func("/fetch/bounded_cache", test_bounded_cache);
  g_test_add_func("/fetch/trim_leaves_what_is_locked", test_trim_leaves_what_is_locked);
  g_test_add_func("/fetch/archives", test_archives);
  g_test_add_func("/fetch/one_file_packed", test_one_file_packed);
  g_test_add_func("/fetch/archives_that_want_out", test_archives_that_want_out);
  return g_test_run();
}
