/* The factory of `muster serve`: every form of context, good and bad. */
#include <muster/error.h>
#include <muster/service_factory.h>
#include <string.h>

#define YAML                                                                                                           \
  "name: ignored\\n"                                                                                                   \
  "pods:\\n"                                                                                                           \
  "  hello:\\n"                                                                                                        \
  "    count: {{COUNT}}\\n"                                                                                            \
  "    tasks:\\n"                                                                                                      \
  "      server: {goal: RUNNING, cmd: sleep 1, cpus: 0.1, memory: 32}\\n"

static const char plain[] = "name: ignored\n"
                            "pods:\n"
                            "  hello:\n"
                            "    count: 2\n"
                            "    tasks:\n"
                            "      server: {goal: RUNNING, cmd: sleep 1, cpus: 0.1, memory: 32}\n";

static const char in_json[] = "{\"name\": \"ignored\", \"pods\": {\"hello\": {\"count\": 2, \"tasks\": {\"server\":"
                              "{\"goal\": \"RUNNING\", \"cmd\": \"sleep 1\", \"cpus\": 0.1, \"memory\": 32}}}}}";

static MuServiceScheduler *build(const char *context, GError **error) {
  g_autoptr(GBytes) bytes = g_bytes_new(context, strlen(context));
  return mu_yaml_service_factory("folder/hello", bytes, NULL, error);
}

static void must_build(const char *context) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceScheduler) scheduler = build(context, &error);
  g_assert_no_error(error);
  const MuServiceSpec *spec = mu_service_scheduler_spec(scheduler);
  g_assert_cmpstr(spec->name, ==, "folder/hello");
  g_assert_cmpint(mu_service_spec_pod(spec, "hello")->count, ==, 2);
}

static void test_good(void) {
  must_build(plain);
  must_build(in_json);
  must_build("{\"yaml\": \"" YAML "\", \"parameters\": {\"COUNT\": \"2\"}}");
  must_build("{\"yaml\": \"" YAML "\", \"parameters\": {\"COUNT\": \"2\"}, \"files\": null}");
}

static void test_files(void) {
  static const char yaml[] =
      "name: x\\npods:\\n  hello:\\n    count: 2\\n    tasks:\\n      server:\\n        goal: RUNNING\\n"
      "        cmd: sleep 1\\n        cpus: 0.1\\n        memory: 32\\n        configs:\\n"
      "          main: {template: conf/main.mustache, dest: main.conf}\\n";
  g_autofree char *with =
      g_strdup_printf("{\"yaml\": \"%s\", \"files\": {\"conf/main.mustache\": \"port={{P}}\"}}", yaml);
  g_autofree char *without = g_strdup_printf("{\"yaml\": \"%s\"}", yaml);
  must_build(with);
  g_autoptr(GError) error = NULL;
  g_assert_null(build(without, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "conf/main.mustache"));
}

/* What the request says of the service among others takes the place of what the spec says. */
static void test_settings(void) {
  static const char CONTEXT[] =
      "{\"yaml\": \"priority: 1\\nquota: {pods: 9}\\n" YAML "\", \"parameters\": {\"COUNT\": \"2\"},"
      "\"priority\": 4, \"depends-on\": [{\"service\": \"db\", \"pod\": \"node-0\"}]}";
  g_autoptr(GError) error = NULL;
  g_autoptr(MuServiceScheduler) scheduler = build(CONTEXT, &error);
  g_assert_no_error(error);
  const MuServiceSpec *spec = mu_service_scheduler_spec(scheduler);
  g_assert_cmpuint(spec->priority, ==, 4);
  g_assert_cmpint(spec->quota->pods, ==, 9);
  g_assert_cmpuint(spec->n_depends_on, ==, 1);
  g_assert_cmpstr(spec->depends_on[0].pod, ==, "node-0");
}

static void test_bad(void) {
  static const struct {
    const char *context, *says;
  } rows[] = {
      {"", "empty"},
      {"{\"parameters\": {}}", "yaml"},
      {"{\"yaml\": 7}", "yaml"},
      {"{\"yaml\": \"" YAML "\"}", "COUNT"}, /* a variable without its value */
      {"{\"yaml\": \"x\", \"parameters\": {\"COUNT\": 2}}", "\"COUNT\" is an integer"},
      {"{\"yaml\": \"x\", \"parameters\": []}", "\"parameters\" is not an object"},
      {"{\"yaml\": \"x\", \"files\": {\"a\": null}}", "\"a\" is null"},
      {"{\"yaml\": \"x\", \"spec-file\": 3}", "\"spec-file\" is an integer"},
      {"{\"spec-file\": \"x\"}", "\"yaml\""},
      {"{\"yaml\": \"x\", \"params\": {}}", "unknown key \"params\""},
      {"{\"yaml\": \"name: x\", \"priority\": 99}", "\"priority\": expected a whole number from 0 to 10, found \"99\""},
      {"{\"yaml\": \"name: x\", \"quota\": 3}", "quota"},
      {"{\"yaml\": \"pods: [\"}", "svc.yml:1"},
      {"pods: {hello: {count: 1}", "svc.yml:1"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(build(rows[i].context, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    if (strstr(error->message, rows[i].says) == NULL)
      g_error("%s: \"%s\" does not say \"%s\"", rows[i].context, error->message, rows[i].says);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/yaml-factory/good", test_good);
  g_test_add_func("/yaml-factory/files", test_files);
  g_test_add_func("/yaml-factory/settings", test_settings);
  g_test_add_func("/yaml-factory/bad", test_bad);
  return g_test_run();
}
