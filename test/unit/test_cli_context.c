#include "cli_context.h"
#include "json.h"
#include <glib/gstdio.h>

static char *folder;

static char *put_file(const char *name, const char *text) {
  char *path = g_build_filename(folder, name, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  return path;
}

/* Loads `spec.yml` with more words on the command line; `%s` in them is the folder. */
static MuCliContext *load(const char *more, GError **error) {
  g_auto(GStrv) parts = g_strsplit(more, "%s", -1);
  g_autofree char *placed = g_strjoinv(folder, parts);
  g_autofree char *line = g_strdup_printf("validate x%s%s", *placed == '\0' ? "" : " ", placed);
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  g_autoptr(MuCliCall) call = mu_cli_parse((const char *const *)words, error);
  g_assert_nonnull(call);
  g_autofree char *path = g_build_filename(folder, "spec.yml", NULL);
  return mu_cli_context_load(call, path, error);
}

static MuCliContext *must_load(const char *more) {
  g_autoptr(GError) error = NULL;
  MuCliContext *context = load(more, &error);
  g_assert_no_error(error);
  return context;
}

static const char plain_spec[] = "name: {{NAME}}\ncount: {{COUNT}}{{#WITH}}\nwith: {{{WITH}}}{{/WITH}}\n";

/* -p over --env-file over the environment; nothing is sent but what the template asks for. */
static void test_sources(void) {
  g_autofree char *spec = put_file("spec.yml", plain_spec);
  g_assert_nonnull(spec);
  g_autofree char *env = put_file("one.env", "NAME=file\nCOUNT=2\nOTHER=x\nTASKCFG_ALL_A=b\n");
  g_setenv("NAME", "environment", TRUE);
  g_setenv("UNASKED", "environment", TRUE);
  static const struct {
    const char *more, *parameters;
  } rows[] = {
      {"-p COUNT=1", "{\"COUNT\":\"1\",\"NAME\":\"environment\"}"},
      {"--env-file %s/one.env", "{\"COUNT\":\"2\",\"NAME\":\"file\",\"TASKCFG_ALL_A\":\"b\"}"},
      {"--env-file %s/one.env -p NAME=param -p WITH=[1]",
       "{\"COUNT\":\"2\",\"NAME\":\"param\",\"TASKCFG_ALL_A\":\"b\",\"WITH\":\"[1]\"}"},
      {"-p COUNT=1 -p NAME= -p WITH=", "{\"COUNT\":\"1\",\"NAME\":\"\",\"WITH\":\"\"}"},
      {"-p COUNT=1 -p COUNT=2", "{\"COUNT\":\"2\",\"NAME\":\"environment\"}"},
      {"-p COUNT=a=b", "{\"COUNT\":\"a=b\",\"NAME\":\"environment\"}"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(MuCliContext) context = must_load(rows[i].more);
    g_autofree char *text = mu_cli_context_to_json(context);
    g_autofree char *expected = g_strdup_printf("\"parameters\":%s,\"yaml\":", rows[i].parameters);
    if (strstr(text, expected) == NULL)
      g_error("%s: %s is not in %s", rows[i].more, expected, text);
  }
  g_unsetenv("NAME");
  g_unsetenv("UNASKED");
  g_unlink(env);
}

static void test_refused(void) {
  g_autofree char *spec = put_file("spec.yml", plain_spec);
  g_assert_nonnull(spec);
  g_autofree char *env = put_file("bad.env", "# fine\nA=1\nnot a line\n");
  static const struct {
    const char *more;
    MuErrorCode code;
    const char *part;
  } rows[] = {
      {"-p COUNT", MU_ERROR_USAGE, "-p COUNT: expected KEY=VALUE"},
      {"-p =1", MU_ERROR_USAGE, "expected KEY=VALUE"},
      {"-p A$B=1", MU_ERROR_USAGE, "expected KEY=VALUE"},
      {"--env-file %s/bad.env", MU_ERROR_USAGE, "bad.env:3: 'not a line' is not of the form KEY=VALUE"},
      {"--env-file %s/nowhere.env", MU_ERROR_NOT_FOUND, "nowhere.env"},
      {"-p COUNT=1", MU_ERROR_REFUSED, "NAME"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(load(rows[i].more, &error));
    g_assert_error(error, MU_ERROR, (int)rows[i].code);
    g_assert_nonnull(strstr(error->message, rows[i].part));
  }
  g_unlink(env);
}

/* The config templates that the spec names come along, by the path as written, wherever the command is run. */
static void test_files(void) {
  g_autofree char *spec = put_file("spec.yml", "pods:\n  a:\n    tasks:\n      t:\n        configs:\n"
                                               "          one: {template: one.conf, dest: x}\n"
                                               "          two: {template: {{TWO}}, dest: y}\n"
                                               "        template: not-a-config\n");
  g_assert_nonnull(spec);
  g_autofree char *one = put_file("one.conf", "port {{PORT}}\n"), *two = put_file("two.conf", "é\n");
  g_autoptr(MuCliContext) context = must_load("-p TWO=./two.conf");
  g_autofree char *text = mu_cli_context_to_json(context);
  g_assert_nonnull(strstr(text, "{\"files\":{\"./two.conf\":\"é\\n\",\"one.conf\":\"port {{PORT}}\\n\"},"));
  g_assert_cmpuint(g_hash_table_size(context->files), ==, 2);
  g_autoptr(MuCliContext) again = must_load("-p TWO=./two.conf");
  g_autofree char *same = mu_cli_context_to_json(again);
  g_assert_cmpstr(text, ==, same);
  g_autoptr(GError) error = NULL;
  g_assert_null(load("-p TWO=gone.conf", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_nonnull(strstr(error->message, "gone.conf"));
  g_assert_true(g_file_set_contents(two, "\xff", 1, NULL));
  g_autoptr(GError) bad_text = NULL;
  g_assert_null(load("-p TWO=two.conf", &bad_text));
  g_assert_error(bad_text, MU_ERROR, MU_ERROR_REFUSED);
  g_unlink(one);
  g_unlink(two);
}

static void test_env_file(void) {
  g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  static const char text[] = "# a comment\n\n  A=1\r\nexport B=two words\nC=\"quoted # text\"\nD='single'\n"
                             "E=[[\"hostname\", \"UNIQUE\"]]\nF=\nG=a=b\nH=\"\nI=x # y\n";
  static const char *const expected[] = {
      "A", "1",   "B", "two words", "C", "quoted # text", "D", "single", "E", "[[\"hostname\", \"UNIQUE\"]]", "F", "",
      "G", "a=b", "H", "\"",        "I", "x # y",         NULL};
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_cli_env_file_parse(text, "x.env", table, &error));
  g_assert_no_error(error);
  guint n = 0;
  for (const char *const *p = expected; *p != NULL; p += 2, n++)
    g_assert_cmpstr(g_hash_table_lookup(table, p[0]), ==, p[1]);
  g_assert_cmpuint(g_hash_table_size(table), ==, n);
  static const char *const bad[] = {"A", "=x", "A B=c", "A+=1"};
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) fault = NULL;
    g_assert_false(mu_cli_env_file_parse(bad[i], "x.env", table, &fault));
    g_assert_error(fault, MU_ERROR, MU_ERROR_USAGE);
  }
}

static void test_spec_file(void) {
  g_autofree char *spec = g_build_filename(folder, "spec.yml", NULL);
  g_unlink(spec);
  g_autoptr(GError) missing = NULL;
  g_assert_null(load("", &missing));
  g_assert_error(missing, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_true(g_file_set_contents(spec, "name: a\0b", 9, NULL));
  g_autoptr(GError) binary = NULL;
  g_assert_null(load("", &binary));
  g_assert_error(binary, MU_ERROR, MU_ERROR_REFUSED);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("muster-XXXXXX", NULL);
  g_test_add_func("/cli/context/sources", test_sources);
  g_test_add_func("/cli/context/refused", test_refused);
  g_test_add_func("/cli/context/files", test_files);
  g_test_add_func("/cli/context/env-file", test_env_file);
  g_test_add_func("/cli/context/spec-file", test_spec_file);
  int result = g_test_run();
  g_autofree char *spec = g_build_filename(folder, "spec.yml", NULL);
  g_unlink(spec);
  g_rmdir(folder);
  g_free(folder);
  return result;
}
