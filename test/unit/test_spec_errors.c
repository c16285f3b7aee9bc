/* What is wrong with a spec, and where. Most cases are files: test/golden/spec-errors/NAME.yml and NAME.err; UPDATE=1
 * rewrites the messages. */
#include "shared_data.h"
#include "spec_node.h"
#include "spec_plan.h"
#include <muster/error.h>
#include <muster/spec.h>
#include <string.h>

static GHashTable *variables(void) {
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(table, (char *)"COUNT", (char *)"many");
  g_hash_table_insert(table, (char *)"NAME", (char *)"a-name");
  g_hash_table_insert(table, (char *)"YES", (char *)"true");
  return table;
}

static GError *parse_bad(const char *text, gsize length) {
  g_autoptr(GHashTable) vars = variables();
  g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
  g_hash_table_insert(files, (char *)"known.mustache", g_bytes_new_static("", 0));
  g_hash_table_insert(files, (char *)"latin1.mustache", g_bytes_new_static("\xe9", 1));
  MuSpecInput input = {.variables = vars, .files = files};
  GError *error = NULL;
  g_assert_null(mu_service_spec_parse(text, length, &input, &error));
  g_assert_nonnull(error);
  return error;
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static void check_file(const char *folder, const char *name) {
  g_autofree char *yaml_path = g_strdup_printf("%s/%s", folder, name);
  g_autofree char *stem = g_strndup(name, strlen(name) - strlen(".yml"));
  g_autofree char *error_path = g_strdup_printf("%s/%s.err", folder, stem);
  g_autofree char *yaml = NULL, *expected = NULL;
  gsize length;
  g_assert_true(g_file_get_contents(yaml_path, &yaml, &length, NULL));
  g_autoptr(GError) error = parse_bad(yaml, length);
  g_autofree char *actual = g_strconcat(error->message, "\n", NULL);
  if (g_getenv("UPDATE") != NULL)
    g_assert_true(g_file_set_contents(error_path, actual, -1, NULL));
  g_assert_true(g_file_get_contents(error_path, &expected, NULL, NULL));
  if (strcmp(actual, expected) != 0)
    g_test_message("%s", name);
  g_assert_cmpstr(actual, ==, expected);
  MuErrorCode code = strcmp(stem, "bomb") == 0 ? MU_ERROR_TOO_LARGE : MU_ERROR_REFUSED;
  g_assert_error(error, MU_ERROR, (int)code);
}

static void test_files(void) {
  g_autofree char *folder = mu_test_source("test/golden/spec-errors");
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_assert_nonnull(dir);
  guint n = 0;
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
    if (g_str_has_suffix(name, ".yml")) {
      check_file(folder, name);
      n++;
    }
  g_assert_cmpuint(n, >=, 20);
}

/* ---- bytes that are no text, and texts that are no spec --------------------------------------------------------------- */

static void test_bytes(void) {
  static const struct {
    const char *text;
    gsize length;
    const char *message;
  } cases[] = {
      {"", 0, "svc.yml:1:1: the file is empty; expected a service's spec"},
      {"# nothing\n", 10, "svc.yml:1:1: the file is empty; expected a service's spec"},
      {"name: a\nx: b\0c\n", 15, "svc.yml:2:5: a NUL byte; expected text in UTF-8"},
      {"name: \xc3\xa9\xff\n", 10, "svc.yml:1:8: a byte that is not UTF-8; expected text in UTF-8"},
      {"name: \xed\xa0\x80\n", 10, "svc.yml:1:7: a byte that is not UTF-8; expected text in UTF-8"},
      {"- a\n", 4, "svc.yml:1:1: expected a service, which is a map; found a list"},
      {"just text", 9, "svc.yml:1:1: expected a service, which is a map; found \"just text\""},
      {"name: \"a", 8, "svc.yml:1:8: this is not YAML: double-quoted scalar without closing quote"},
      {"name: @a", 8, "svc.yml:1:7: this is not YAML: plain scalar cannot start with '@'"},
      {"name: &x [*x]", 13, "svc.yml:1:12: the alias \"*x\" has no anchor \"&x\" before it"},
      {"%YAML 3.0\n---\na", 15, "svc.yml:1:1: this is not YAML: it cannot be parsed"},
      {"name: {{NAME", 12, "svc.yml:1:7: the tag is not closed; expected \"}}\""},
      {"name: \"a\\0b\"", 12, "svc.yml:1:7: a character that cannot be in a text; expected UTF-8 without NUL"},
      {"name: \"\\ud800\"", 14, "svc.yml:1:8: this is not YAML: double-quoted scalar has invalid UTF8 escape"},
      {"\"a\\0b\": x", 9, "svc.yml:1:1: a character that cannot be in a text; expected UTF-8 without NUL"},
      {"- |\nx\n", 6, "svc.yml:2:1: this is not YAML: invalid scalar at the end of block sequence"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = parse_bad(cases[i].text, cases[i].length);
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

/* A variable may bring what the file must not have. */
static void test_bad_variable(void) {
  g_autoptr(GHashTable) vars = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(vars, (char *)"NAME", (char *)"\xff");
  MuSpecInput input = {.name = "my.yml", .variables = vars};
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_service_spec_parse("name: {{NAME}}", 14, &input, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_cmpstr(error->message, ==, "my.yml:1:7: a byte that is not UTF-8; expected text in UTF-8");
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

static void check_too_large(GString *text, const char *message) {
  g_autoptr(GError) error = parse_bad(text->str, text->len);
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_assert_cmpstr(error->message, ==, message);
  g_string_free(text, TRUE);
}

static GString *repeat(const char *begin, const char *what, guint n, const char *end) {
  GString *text = g_string_new(begin);
  for (guint i = 0; i < n; i++)
    g_string_append(text, what);
  g_string_append(text, end);
  return text;
}

static void test_size(void) {
  check_too_large(repeat("", "#\n", MU_SPEC_MAX_BYTES / 2 + 1, ""),
                  "svc.yml: the file has 8388610 bytes; the limit is 8388608");
}

static void test_nesting(void) {
  check_too_large(repeat("a: ", "[", 64, ""), "svc.yml:1:67: nested too deep; the limit is 64");
  check_too_large(repeat("", "{a: ", 65, ""), "svc.yml:1:257: nested too deep; the limit is 64");
  check_too_large(repeat("", "- ", 65, ""), "svc.yml:1:129: nested too deep; the limit is 64");
  check_too_large(repeat("", "[", 1000000, ""), "svc.yml:1:10001: nested too deep; the limit is 64");
}

static void test_many_pods(void) {
  GString *text = g_string_new("name: a\npods:\n");
  for (guint i = 0; i <= MU_SPEC_MAX_POD_TYPES; i++)
    g_string_append_printf(text, "  p%u: {}\n", i);
  check_too_large(text, "svc.yml:3:3: \"pods\" has 10001 elements; the limit is 10000");
}

static void test_many_instances(void) {
  GString *text = g_string_new("name: a\npods:\n");
  for (guint i = 0; i < 11; i++)
    g_string_append_printf(text, "  p%u: {count: %u, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, memory: 1}}}\n", i,
                           i < 10 ? 10000 : 1);
  check_too_large(text,
                  "svc.yml:13:16: the pods have more than 100000 instances together (MU_SPEC_MAX_INSTANCES); make "
                  "several services of them");
}

static void test_many_tasks(void) {
  GString *text = g_string_new("name: a\npods: {p: {count: 1, tasks: {");
  for (guint i = 0; i <= MU_SPEC_MAX_TASKS_PER_POD; i++)
    g_string_append_printf(text, "t%u: {goal: ONCE, cmd: x, cpus: 1}, ", i);
  g_string_append(text, "}}}");
  check_too_large(text, "svc.yml:2:29: \"tasks\" has 65 elements; the limit is 64");
}

static void test_many_steps(void) {
  check_too_large(repeat("name: a\n"
                         "pods: {p: {count: 10000, tasks: {t: {goal: ONCE, cmd: x, cpus: 1}}}}\n"
                         "plans: {deploy: {phases: {f: {pod: p, steps: [default: [",
                         "[t],", 51, "]]}}}}"),
                  "svc.yml:3:46: the plans have too many steps; the limit is 500000");
  GString *text =
      g_string_new("name: a\npods: {p: {count: 10000, tasks: {t: {goal: ONCE, cmd: x, cpus: 1, memory: 1}}}}\n"
                   "plans:\n  deploy:\n    phases:\n");
  for (guint i = 0; i < 60; i++)
    g_string_append_printf(text, "      f%u: {pod: p}\n", i);
  check_too_large(text, "svc.yml:56:12: the plans have too many steps; the limit is 500000");
}

static void test_many_faults(void) {
  GString *text = g_string_new("name: a\n");
  for (guint i = 0; i < 200; i++)
    g_string_append_printf(text, "key%u: 1\n", i);
  g_autoptr(GError) error = parse_bad(text->str, text->len);
  g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 101);
  g_assert_cmpstr(lines[100], ==, "svc.yml: and 101 more");
  g_string_free(text, TRUE);
}

/* ---- stored specs -------------------------------------------------------------------------------------------------- */

static void test_json(void) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{", "JSON, line 1, column 1: string or '}' expected near end of file"},
      {"[]", "the stored spec: expected a service, which is a map; found a list"},
      {"{\"name\":\"a\"}", "the stored spec: a service needs \"pods\""},
      {"{\"name\":\"a\",\"pods\":{\"p\":{\"count\":1.5,\"tasks\":{}}}}",
       "the stored spec: \"count\": expected a whole number from 0 to 10000, found \"1.500\""},
      {"{\"name\":\"a\",\"pods\":{\"p\":{\"count\":1,\"tasks\":{\"t\":{\"goal\":\"ONCE\",\"cmd\":\"x\",\"resource-set\":\"s\"}}}}}",
       "the stored spec: pod \"p\" has no resource set \"s\""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_service_spec_from_json(cases[i].json, strlen(cases[i].json), &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec-errors/files", test_files);
  g_test_add_func("/spec-errors/bytes", test_bytes);
  g_test_add_func("/spec-errors/bad-variable", test_bad_variable);
  g_test_add_func("/spec-errors/size", test_size);
  g_test_add_func("/spec-errors/nesting", test_nesting);
  g_test_add_func("/spec-errors/many-pods", test_many_pods);
  g_test_add_func("/spec-errors/many-instances", test_many_instances);
  g_test_add_func("/spec-errors/many-tasks", test_many_tasks);
  g_test_add_func("/spec-errors/many-steps", test_many_steps);
  g_test_add_func("/spec-errors/many-faults", test_many_faults);
  g_test_add_func("/spec-errors/json", test_json);
  return g_test_run();
}
