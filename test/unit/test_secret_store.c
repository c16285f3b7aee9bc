/* The store of secrets: names, who may use which, what lies on the disk, and what becomes of damaged files. */
#include "secret_box.h"
#include "secret_store.h"
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE "correct horse battery staple"

typedef struct {
  char *top, *dir;
  MuSecretStore *store;
} Fixture;

static void open_store(Fixture *f) {
  g_autoptr(GError) error = NULL;
  f->store = mu_secret_store_open(f->dir, &error);
  g_assert_no_error(error);
}

static void set_up(Fixture *f) {
  f->top = g_dir_make_tmp("muster-secret-XXXXXX", NULL);
  f->dir = g_build_filename(f->top, "secrets", NULL);
  open_store(f);
}

static void tear_down(Fixture *f) {
  mu_secret_store_free(f->store);
  mu_secret_store_erase(f->dir);
  g_assert_cmpint(rmdir(f->top), ==, 0); /* nothing is left */
  g_free(f->top);
  g_free(f->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, tear_down)

static gboolean put(Fixture *f, const char *name, const char *value) {
  g_autoptr(GBytes) bytes = g_bytes_new(value, strlen(value));
  g_autoptr(GError) error = NULL;
  gboolean created = FALSE;
  mu_secret_store_put(f->store, name, bytes, &created, &error);
  g_assert_no_error(error);
  return created;
}

static void must_be(Fixture *f, const char *name, const char *value) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) found = mu_secret_store_get(f->store, name, &error);
  g_assert_no_error(error);
  g_autoptr(GBytes) expected = g_bytes_new(value, strlen(value));
  g_assert_true(g_bytes_equal(found, expected));
}

static void must_say(const GError *error, int code, const char *says) {
  g_assert_error(error, MU_ERROR, code);
  if (strstr(error->message, says) == NULL)
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static void test_names(void) {
  static const char *const good[] = {"a", "A-b_c.d", "team/db/password", "9"};
  static const char *const bad[] = {"",   "/a",  "a/",  "a//b", ".a",       "a/.b",
                                    "..", "a b", "a%b", "a\nb", "\xc3\xa4", "a/../b"};
  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    g_assert_true(mu_secret_name_check(good[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(mu_secret_name_check(bad[i], NULL));
  g_autofree char *longest = g_strnfill(MU_SECRET_MAX_NAME, 'a'), *longer = g_strconcat(longest, "a", NULL);
  g_assert_true(mu_secret_name_check(longest, NULL));
  g_assert_false(mu_secret_name_check(longer, NULL));
}

/* The table of developer-guide.md of dcos-commons, "Authorization for Secrets", and more. */
static void test_who_may_use(void) {
  static const struct {
    const char *secret, *service;
    gboolean may;
  } cases[] = {
      {"secret-svc/Secret_Path1", "/user", FALSE},
      {"secret-svc/Secret_Path1", "/user/dev1", FALSE},
      {"secret-svc/Secret_Path1", "/secret-svc", TRUE},
      {"secret-svc/Secret_Path1", "/secret-svc/dev1", TRUE},
      {"secret-svc/Secret_Path1", "/secret-svc/instance2/dev2", TRUE},
      {"secret-svc/Secret_Path1", "/secret-svc/a/b/c/dev3", TRUE},
      {"secret-svc/instance1/Secret_Path2", "/secret-svc/dev1", FALSE},
      {"secret-svc/instance1/Secret_Path2", "/secret-svc/instance2/dev3", FALSE},
      {"secret-svc/instance1/Secret_Path2", "/secret-svc/instance1", TRUE},
      {"secret-svc/instance1/Secret_Path2", "/secret-svc/instance1/dev3", TRUE},
      {"secret-svc/instance1/Secret_Path2", "/secret-svc/instance1/someDir/dev3", TRUE},
      {"secret-svc/instance1/Secret_Path2", "/secret-svc", FALSE},
      {"secret-svc/key", "secret-svc", TRUE},
      {"/secret-svc/key", "secret-svc", TRUE},
      {"secret-svc/key", "secret-svc2", FALSE},
      {"secret-svc/key", "secret", FALSE},
      {"key", "anybody", TRUE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    if (mu_secret_may_use(cases[i].service, cases[i].secret) != cases[i].may)
      g_error("%s by %s", cases[i].secret, cases[i].service);
}

static void test_life(void) {
  g_auto(Fixture) f;
  g_autoptr(GError) error = NULL;
  set_up(&f);
  g_assert_true(put(&f, "team/password", VALUE));
  g_assert_true(put(&f, "team/password/old", "x"));
  g_assert_true(put(&f, "empty", ""));
  must_be(&f, "team/password", VALUE);
  must_be(&f, "empty", "");
  g_assert_false(put(&f, "team/password", "another"));
  mu_secret_store_free(f.store);
  open_store(&f);
  must_be(&f, "team/password", "another");
  g_autoptr(GPtrArray) all = mu_secret_store_list(f.store, &error);
  g_assert_cmpuint(all->len, ==, 3);
  g_assert_cmpstr(((const MuSecretInfo *)all->pdata[1])->name, ==, "team/password");
  g_assert_cmpint(((const MuSecretInfo *)all->pdata[1])->changed_ms, >, 1000000000000);
  g_assert_true(mu_secret_store_remove(f.store, "team/password", &error));
  g_assert_false(mu_secret_store_remove(f.store, "team/password", &error));
  must_say(error, MU_ERROR_NOT_FOUND, "muster secret list");
  must_be(&f, "team/password/old", "x");
}

static void must_not_get(Fixture *f, const char *service, const char *name, int code, const char *says) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_secret_store_get_for(f->store, service, name, &error));
  must_say(error, code, says);
}

static void test_for_a_service(void) {
  g_auto(Fixture) f;
  set_up(&f);
  put(&f, "team/key", VALUE);
  g_autoptr(GBytes) value = mu_secret_store_get_for(f.store, "/team/db", "/team/key", NULL);
  g_assert_nonnull(value);
  must_not_get(&f, "team", "team/none", MU_ERROR_NOT_FOUND, "muster secret put team/none FILE");
  must_not_get(&f, "other", "team/key", MU_ERROR_REFUSED, "muster secret put other/… FILE");
  must_not_get(&f, "team", ".ca", MU_ERROR_REFUSED, "no name of a secret");
  must_not_get(&f, "team", "team/../x", MU_ERROR_REFUSED, "no name of a secret");
}

static gboolean has_value(const char *path) {
  g_autofree char *text = NULL;
  gsize length = 0;
  return g_file_get_contents(path, &text, &length, NULL) && memmem(text, length, VALUE, strlen(VALUE)) != NULL;
}

/* No file holds the value, and nobody else may look. */
static void test_on_the_disk(void) {
  g_auto(Fixture) f;
  struct stat st;
  set_up(&f);
  put(&f, "a", VALUE);
  static const char *const files[] = {"key", "values/a"};
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *path = g_build_filename(f.dir, files[i], NULL);
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
    g_assert_false(has_value(path));
  }
  g_assert_cmpint(stat(f.dir, &st), ==, 0);
  g_assert_cmpuint(st.st_mode & 0777, ==, 0700);
}

static void must_not_open(Fixture *f, int code, const char *says) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_secret_store_open(f->dir, &error));
  must_say(error, code, says);
}

static void test_open_to_others(void) {
  g_auto(Fixture) f;
  set_up(&f);
  g_assert_cmpint(chmod(f.dir, 0755), ==, 0);
  must_not_open(&f, MU_ERROR_REFUSED, "chmod 700");
  g_assert_cmpint(chmod(f.dir, 0700), ==, 0);
  g_autofree char *key = g_build_filename(f.dir, "key", NULL);
  g_assert_cmpint(chmod(key, 0644), ==, 0);
  must_not_open(&f, MU_ERROR_REFUSED, "only its owner");
  g_assert_cmpint(chmod(key, 0600), ==, 0);
  g_assert_true(g_file_set_contents(key, "short", -1, NULL));
  must_not_open(&f, MU_ERROR_REFUSED, "32 bytes");
}

static void must_not_read(Fixture *f, const char *name) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_secret_store_get(f->store, name, &error));
  must_say(error, MU_ERROR_REFUSED, "put the secret again");
}

/* A byte that changed, a file under another's name, half a file. */
static void test_damage(void) {
  g_auto(Fixture) f;
  gsize length = 0;
  set_up(&f);
  put(&f, "a", VALUE);
  g_autofree char *a = g_build_filename(f.dir, "values/a", NULL), *b = g_build_filename(f.dir, "values/b", NULL);
  g_autofree char *box = NULL;
  g_assert_true(g_file_get_contents(a, &box, &length, NULL));
  g_assert_true(g_file_set_contents(b, box, (gssize)length, NULL));
  must_not_read(&f, "b");
  box[length - 1] ^= 1;
  g_assert_true(g_file_set_contents(a, box, (gssize)length, NULL));
  must_not_read(&f, "a");
  g_assert_true(g_file_set_contents(a, box, 20, NULL));
  must_not_read(&f, "a");
  put(&f, "a", VALUE);
  must_be(&f, "a", VALUE);
}

static void test_too_large(void) {
  g_auto(Fixture) f;
  g_autoptr(GError) error = NULL;
  set_up(&f);
  g_autofree char *most = g_strnfill(MU_SECRET_MAX_BYTES, 'x');
  put(&f, "a", most);
  must_be(&f, "a", most);
  g_autoptr(GBytes) more = g_bytes_new_take(g_strnfill(MU_SECRET_MAX_BYTES + 1, 'x'), MU_SECRET_MAX_BYTES + 1);
  g_assert_false(mu_secret_store_put(f.store, "a", more, NULL, &error));
  must_say(error, MU_ERROR_TOO_LARGE, "at most");
}

/* Ours are neither listed nor nameable from outside. */
static void test_own(void) {
  g_auto(Fixture) f;
  g_autoptr(GBytes) value = g_bytes_new_static("x", 1);
  g_autoptr(GError) error = NULL;
  set_up(&f);
  g_assert_true(mu_secret_store_put_own(f.store, ".tls/a/1", value, NULL));
  g_assert_true(mu_secret_store_put_own(f.store, ".tls/b/1", value, NULL));
  g_autoptr(GPtrArray) listed = mu_secret_store_list(f.store, NULL);
  g_assert_cmpuint(listed->len, ==, 0);
  g_assert_false(mu_secret_store_put(f.store, ".tls/a/1", value, NULL, &error));
  g_assert_false(mu_secret_store_remove(f.store, ".tls/a/1", NULL));
  g_assert_true(mu_secret_store_remove_own(f.store, ".tls/a/", NULL));
  g_autoptr(GPtrArray) own = mu_secret_store_list_own(f.store, ".tls/", NULL);
  g_assert_cmpuint(own->len, ==, 1);
  g_assert_cmpstr(own->pdata[0], ==, ".tls/b/1");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/secret_store/names", test_names);
  g_test_add_func("/secret_store/who_may_use", test_who_may_use);
  g_test_add_func("/secret_store/life", test_life);
  g_test_add_func("/secret_store/for_a_service", test_for_a_service);
  g_test_add_func("/secret_store/on_the_disk", test_on_the_disk);
  g_test_add_func("/secret_store/open_to_others", test_open_to_others);
  g_test_add_func("/secret_store/damage", test_damage);
  g_test_add_func("/secret_store/too_large", test_too_large);
  g_test_add_func("/secret_store/own", test_own);
  return g_test_run();
}
