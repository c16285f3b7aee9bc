/* The command line of `bootstrap`, and what it makes of the environment. */
#include "boot_options.h"
#include "boot_steps.h"
#include "boot_template.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>

static int count(char **words) {
  return (int)g_strv_length(words);
}

static MuBootOptions parse(const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  MuBootOptions options = {0};
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_boot_options_parse(count(words), words, &options, &error));
  g_assert_no_error(error);
  return options;
}

static void test_defaults(void) {
  g_auto(MuBootOptions) options = parse("bootstrap");
  g_assert_true(options.resolve && options.self_resolve && options.template && options.install_certs);
  g_assert_false(options.verbose || options.print_env || options.insecure || options.get_task_ip || options.help);
  g_assert_null(options.resolve_hosts);
  g_assert_cmpint(options.resolve_timeout_ms, ==, 300000);
  g_assert_cmpint(options.template_max_bytes, ==, 1048576);
}

/* As the specs of the reference have them. */
static void test_forms(void) {
  g_auto(MuBootOptions) options =
      parse("bootstrap -resolve=false --self-resolve=F -verbose --template=0 -install-certs=False -print-env=t "
            "-resolve-timeout 90s -resolve-hosts=a,b --template-max-bytes 0 -insecure");
  g_assert_false(options.resolve || options.self_resolve || options.template || options.install_certs);
  g_assert_true(options.verbose && options.print_env && options.insecure);
  g_assert_cmpstr(options.resolve_hosts, ==, "a,b");
  g_assert_cmpint(options.resolve_timeout_ms, ==, 90000);
  g_assert_cmpint(options.template_max_bytes, ==, 0);
}

/* hdfs: `./bootstrap --resolve-hosts A, B`; Go stops at the first word that is no option. */
static void test_words_after_options(void) {
  g_auto(MuBootOptions) options = parse("bootstrap --resolve-hosts a, b -resolve=false -nonsense");
  g_assert_cmpstr(options.resolve_hosts, ==, "a,");
  g_assert_true(options.resolve);
  g_auto(MuBootOptions) ended = parse("bootstrap -verbose -- -resolve=false");
  g_assert_true(ended.verbose && ended.resolve);
  g_auto(MuBootOptions) boolean = parse("bootstrap -resolve false"); /* the value of a boolean has to be beside it */
  g_assert_true(boolean.resolve);
}

static void test_refused(void) {
  static const char *const ROWS[][2] = {
      {"bootstrap -nonsense", "-nonsense is not an option"},
      {"bootstrap ---verbose", "is not an option"},
      {"bootstrap -resolve=maybe", "true or false"},
      {"bootstrap -resolve-timeout 5", "a time such as"},
      {"bootstrap -resolve-timeout", "a time such as"},
      {"bootstrap -template-max-bytes=x", "a number of bytes"},
      {"bootstrap -resolve-hosts", "a text"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_auto(GStrv) words = g_strsplit(ROWS[i][0], " ", -1);
    MuBootOptions options = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(mu_boot_options_parse(count(words), words, &options, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
    if (strstr(error->message, ROWS[i][1]) == NULL)
      g_error("%s: \"%s\" does not say \"%s\"", ROWS[i][0], error->message, ROWS[i][1]);
  }
}

static void test_durations(void) {
  static const struct {
    const char *text;
    gint64 ms; /* -1: refused */
  } ROWS[] = {{"0", 0}, {"5m", 300000}, {"1h2m3.5s", 3723500}, {"300ms", 300}, {"1us", 1}, {"5", -1},
              {"", -1}, {"m", -1},      {"-5m", -1},           {"5d", -1},     {"1m ", -1}};
  for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    gint64 ms = -1;
    g_assert_cmpint(mu_boot_parse_duration(ROWS[i].text, &ms), ==, ROWS[i].ms >= 0);
    g_assert_cmpint(ms, ==, ROWS[i].ms);
  }
}

static void test_environment_is_hidden(void) {
  g_autoptr(GHashTable) environment = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(environment, (char *)"B", (char *)"1");
  g_hash_table_insert(environment, (char *)"A_PassWord", (char *)"x");
  g_hash_table_insert(environment, (char *)"DCOS_SERVICE_ACCOUNT_CREDENTIAL", (char *)"y");
  g_autofree char *hidden = mu_boot_describe_environment(environment, FALSE);
  g_assert_cmpstr(hidden, ==, "A_PassWord=********\nB=1\nDCOS_SERVICE_ACCOUNT_CREDENTIAL=********\n");
  g_autofree char *all = mu_boot_describe_environment(environment, TRUE);
  g_assert_cmpstr(all, ==, "A_PassWord=x\nB=1\nDCOS_SERVICE_ACCOUNT_CREDENTIAL=y\n");
}

/* ---- templates that variables name ------------------------------------------------------------------------------------------ */

static gboolean render_listed(const char *sandbox, const char *value, gint64 max_bytes, GError **error) {
  g_autoptr(GHashTable) environment = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(environment, (char *)"MESOS_SANDBOX", (char *)sandbox);
  g_hash_table_insert(environment, (char *)"PORT", (char *)"80");
  g_hash_table_insert(environment, (char *)"OFF", (char *)"False");
  g_hash_table_insert(environment, (char *)"CONFIG_TEMPLATE_APP", (char *)value);
  return mu_boot_render_listed(environment, max_bytes, error);
}

static void test_listed_templates(void) {
  g_autofree char *folder = g_dir_make_tmp("muster-boot-XXXXXX", NULL);
  g_autofree char *from = g_build_filename(folder, "in", NULL), *to = g_build_filename(folder, "out", NULL);
  g_autofree char *value = g_strconcat("in,", to, NULL), *text = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_true(g_file_set_contents(from, "{{PORT}}{{NOTHING}}{{#OFF}}on{{/OFF}}{{OFF}}\n", -1, NULL));
  g_assert_true(render_listed(folder, value, 100, &error));
  g_assert_no_error(error);
  g_assert_true(g_file_get_contents(to, &text, NULL, NULL));
  g_assert_cmpstr(text, ==, "80False\n");
  g_assert_false(render_listed(folder, value, 10, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_clear_error(&error);
  g_assert_false(render_listed(folder, "in", 0, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
  g_unlink(from);
  g_unlink(to);
  g_rmdir(folder);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/boot_options/defaults", test_defaults);
  g_test_add_func("/boot_options/forms", test_forms);
  g_test_add_func("/boot_options/words-after-options", test_words_after_options);
  g_test_add_func("/boot_options/refused", test_refused);
  g_test_add_func("/boot_options/durations", test_durations);
  g_test_add_func("/boot_options/environment-is-hidden", test_environment_is_hidden);
  g_test_add_func("/boot_options/listed-templates", test_listed_templates);
  return g_test_run();
}
