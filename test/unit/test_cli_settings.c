/* What the command line says of a service beside its spec. */
#include "cli_context.h"
#include "cli_settings.h"
#include <glib/gstdio.h>
#include <string.h>

static MuCliCall *parse(const char *more) {
  g_autoptr(GError) error = NULL;
  g_autofree char *line = g_strdup_printf("service add x -f spec.yml%s%s", *more == '\0' ? "" : " ", more);
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  MuCliCall *call = mu_cli_parse((const char *const *)words, &error);
  g_assert_no_error(error);
  return call;
}

static void test_read(void) {
  static const struct {
    const char *more, *json;
  } ROWS[] = {
      {"", NULL},
      {"--priority 0", "{\"priority\":0}"},
      {"--priority 10", "{\"priority\":10}"},
      {"--quota cpus=1.5,mem=4G,disk=512M,pods=3",
       "{\"quota\":{\"cpus\":1.5,\"memory\":4096,\"disk\":512,\"pods\":3}}"},
      {"--quota memory=100", "{\"quota\":{\"memory\":100}}"},
      {"--depends-on a/b --depends-on c,plan=backup --depends-on d,pod=node-0",
       "{\"depends-on\":[{\"service\":\"a/b\"},{\"service\":\"c\",\"plan\":\"backup\"},{\"service\":\"d\",\"pod\":\"node-0\"}]}"},
      {"--priority 2 --depends-on a", "{\"priority\":2,\"depends-on\":[{\"service\":\"a\"}]}"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(MuCliCall) call = parse(ROWS[i].more);
    g_autoptr(GError) error = NULL;
    g_autofree char *json = NULL;
    g_assert_true(mu_cli_settings_read(call, &json, &error));
    g_assert_cmpstr(json, ==, ROWS[i].json);
  }
}

static void test_refused(void) {
  static const struct {
    const char *more, *told;
  } ROWS[] = {
      {"--priority 11", "--priority 11: expected a whole number from 0 to 10"},
      {"--priority -1", "--priority -1: expected a whole number from 0 to 10"},
      {"--priority high", "--priority high: expected a whole number from 0 to 10"},
      {"--quota 4", "--quota 4: expected cpus=N, mem=SIZE, disk=SIZE or pods=N"},
      {"--quota gpus=1", "--quota gpus=1: expected cpus=N, mem=SIZE, disk=SIZE or pods=N"},
      {"--quota cpus=1,", "--quota : expected cpus=N, mem=SIZE, disk=SIZE or pods=N"},
      {"--quota cpus=many", "--quota cpus=many: expected "},
      {"--depends-on ,pod=a-0", "--depends-on ,pod=a-0: expected SERVICE, SERVICE,plan=PLAN or SERVICE,pod=POD"},
      {"--depends-on a,b", "--depends-on a,b: expected SERVICE,"},
      {"--depends-on a,pod=", "--depends-on a,pod=: expected SERVICE,"},
      {"--depends-on a,pod=b-0,plan=c", "--depends-on a,pod=b-0,plan=c: expected SERVICE,"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(MuCliCall) call = parse(ROWS[i].more);
    g_autoptr(GError) error = NULL;
    char *json = NULL;
    g_assert_false(mu_cli_settings_read(call, &json, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
    if (!g_str_has_prefix(error->message, ROWS[i].told))
      g_error("%s: %s", ROWS[i].more, error->message);
  }
}

/* They are sent beside the spec, and checked here as there. */
static void test_in_context(void) {
  static const char SPEC[] =
      "name: x\npods: {a: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 2, memory: 32}}}}\npriority: 1\n";
  g_autofree char *folder = g_dir_make_tmp("muster-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "spec.yml", NULL);
  g_assert_true(g_file_set_contents(path, SPEC, -1, NULL));
  g_autoptr(MuCliCall) call = parse("--priority 7 --depends-on other");
  g_autoptr(MuCliContext) context = mu_cli_context_load(call, path, NULL);
  g_assert_true(mu_cli_settings_read(call, &context->settings, NULL));
  g_autofree char *json = mu_cli_context_to_json(context);
  g_assert_nonnull(
      strstr(json, "{\"depends-on\":[{\"service\":\"other\"}],\"files\":{},\"parameters\":{},\"priority\":7,"));
  g_autoptr(MuServiceSpec) spec = mu_cli_context_parse(context, "x", NULL);
  g_assert_cmpint(spec->priority, ==, 7);
  g_autoptr(MuCliCall) too_little = parse("--quota cpus=1");
  g_autoptr(MuCliContext) refused = mu_cli_context_load(too_little, path, NULL);
  g_assert_true(mu_cli_settings_read(too_little, &refused->settings, NULL));
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_cli_context_parse(refused, "x", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_unlink(path);
  g_rmdir(folder);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli_settings/read", test_read);
  g_test_add_func("/cli_settings/refused", test_refused);
  g_test_add_func("/cli_settings/in_context", test_in_context);
  return g_test_run();
}
