/* The engine's journal: what was committed is there, whatever was torn. */
#include "local_journal.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path;

static MuLocalJournal *open_with(const char *expected) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = NULL;
  g_autoptr(GString) found = g_string_new(NULL);
  MuLocalJournal *journal = mu_local_journal_open(path, &records, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < records->len; i++)
    g_string_append_printf(found, "%d ", (int)json_integer_value(json_object_get(records->pdata[i], "n")));
  g_assert_cmpstr(found->str, ==, expected);
  return journal;
}

static void add(MuLocalJournal *journal, int n) {
  mu_local_journal_add(journal, json_pack("{s:i}", "n", n));
}

static void commit(MuLocalJournal *journal) {
  g_autoptr(GError) error = NULL;
  mu_local_journal_commit(journal, &error);
  g_assert_no_error(error);
}

static void test_commit(void) {
  MuLocalJournal *journal = open_with("");
  add(journal, 1);
  add(journal, 2);
  commit(journal);
  add(journal, 3); /* never committed */
  mu_local_journal_free(journal);
  journal = open_with("1 2 ");
  commit(journal); /* nothing: fine */
  mu_local_journal_free(journal);
  mu_local_journal_free(open_with("1 2 "));
}

/* Cut after every byte of the last record: the ones before are there, and new ones follow them. */
static void test_torn(void) {
  MuLocalJournal *journal = open_with("");
  add(journal, 1);
  commit(journal);
  struct stat first;
  g_assert_cmpint(stat(path, &first), ==, 0);
  add(journal, 2);
  commit(journal);
  mu_local_journal_free(journal);
  g_autofree char *text = NULL;
  gsize length = 0;
  g_assert_true(g_file_get_contents(path, &text, &length, NULL));
  for (gsize cut = (gsize)first.st_size; cut < length; cut++) {
    g_assert_true(g_file_set_contents(path, text, (gssize)cut, NULL));
    journal = open_with("1 ");
    add(journal, 9);
    commit(journal);
    mu_local_journal_free(journal);
    mu_local_journal_free(open_with("1 9 "));
  }
  text[first.st_size + 2] = '\0'; /* whole in length, but a sector of it never reached the disk */
  g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
  mu_local_journal_free(open_with("1 "));
}

static void must_refuse(const char *text, gint code, const char *says) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = NULL;
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  g_assert_null(mu_local_journal_open(path, &records, &error));
  g_assert_error(error, MU_ERROR, code);
  if (!strstr(error->message, says))
    g_error("\"%s\" does not say \"%s\"", error->message, says);
}

static void test_refused(void) {
  must_refuse("{\"is\":\"journal\",\"version\":1}\n{\"n\":1}\nrubbish\n{\"n\":2}\n", MU_ERROR_REFUSED, "line 3");
  must_refuse("{\"is\":\"journal\",\"version\":2}\n", MU_ERROR_NEWER_STATE, "newer");
  must_refuse("{\"is\":\"diary\"}\n", MU_ERROR_REFUSED, "not a journal");
}

static void test_rewrite(void) {
  MuLocalJournal *journal = open_with("");
  for (int i = 0; i < 200000 && !mu_local_journal_wants_rewrite(journal); i++) {
    add(journal, i);
    if (i % 1000 == 0)
      commit(journal);
  }
  g_assert_true(mu_local_journal_wants_rewrite(journal));
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_local_journal_rewrite(journal, json_pack("{s:i}", "n", 7), &error));
  g_assert_false(mu_local_journal_wants_rewrite(journal));
  add(journal, 8);
  commit(journal);
  mu_local_journal_free(journal);
  mu_local_journal_free(open_with("7 8 "));
}

static void in_folder(gconstpointer data) {
  void (*test)(void) = *(void (*const *)(void))data;
  g_autofree char *folder = g_dir_make_tmp("muster-journal-XXXXXX", NULL);
  path = g_build_filename(folder, "journal", NULL);
  test();
  unlink(path);
  g_assert_cmpint(rmdir(folder), ==, 0);
  g_free(path);
}

int main(int argc, char **argv) {
  static void (*const cases[])(void) = {test_commit, test_torn, test_refused, test_rewrite};
  static const char *const names[] = {"/local-journal/commit", "/local-journal/torn", "/local-journal/refused",
                                      "/local-journal/rewrite"};
  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_test_add_data_func(names[i], &cases[i], in_folder);
  return g_test_run();
}
