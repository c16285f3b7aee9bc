/* Specs in, canonical JSON out: test/golden/spec/NAME.yml and NAME.json. UPDATE=1 rewrites the JSON. */
#include "json.h"
#include "shared_data.h"
#include "spec_fields.h"
#include <muster/spec.h>
#include <string.h>

static GHashTable *variables(void) {
  static const char *const pairs[][2] = {
      {"HOST", "example.com"}, {"PRINCIPAL", "team-principal"}, {"COUNT", "3"}, {"EMPTY", ""}};
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
    g_hash_table_insert(table, (char *)pairs[i][0], (char *)pairs[i][1]);
  return table;
}

static MuServiceSpec *parse(const char *name, const char *text, gsize length) {
  g_autoptr(GHashTable) vars = variables();
  g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
  g_hash_table_insert(files, (char *)"main.conf.mustache", g_bytes_new_static("name={{TASK_NAME}}\n", 19));
  MuSpecInput input = {.name = name, .variables = vars, .files = files};
  g_autoptr(GError) error = NULL;
  MuServiceSpec *spec = mu_service_spec_parse(text, length, &input, &error);
  g_assert_no_error(error);
  return spec;
}

static char *pretty(const char *text) {
  g_autoptr(GError) error = NULL;
  g_autoptr(json_t) json = mu_json_parse(text, strlen(text), 1 << 20, &error);
  g_assert_no_error(error);
  char *body = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
  char *result = g_strconcat(body, "\n", NULL);
  free(body);
  return result;
}

static void compare(const char *path, const char *actual) {
  g_autoptr(GError) error = NULL;
  if (g_getenv("UPDATE") != NULL) {
    g_file_set_contents(path, actual, -1, &error);
    g_assert_no_error(error);
  }
  g_autofree char *expected = NULL;
  g_file_get_contents(path, &expected, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(actual, ==, expected);
}

/* The JSON is as kept, reads back, and then writes the same bytes. */
static void test_golden(gconstpointer data) {
  const char *name = data;
  g_autofree char *folder = mu_test_source("test/golden/spec");
  g_autofree char *yaml_path = g_strdup_printf("%s/%s.yml", folder, name);
  g_autofree char *json_path = g_strdup_printf("%s/%s.json", folder, name);
  g_autofree char *yaml = NULL;
  gsize length;
  g_autoptr(GError) error = NULL;
  g_file_get_contents(yaml_path, &yaml, &length, &error);
  g_assert_no_error(error);
  g_autoptr(MuServiceSpec) spec = parse(name, yaml, length);
  g_autofree char *json = mu_service_spec_to_json(spec);
  g_autofree char *shown = pretty(json);
  compare(json_path, shown);

  g_autoptr(MuServiceSpec) again = mu_service_spec_from_json(json, strlen(json), &error);
  g_assert_no_error(error);
  g_autofree char *json_again = mu_service_spec_to_json(again);
  g_assert_cmpstr(json_again, ==, json);
}

static void check_keys(const MuObject *type, const char *yaml, guint depth) {
  g_assert_cmpuint(depth, <, 10);
  for (guint i = 0; i < type->n_fields; i++) {
    const MuField *field = &type->fields[i];
    g_assert_nonnull(field->doc);
    g_assert_true(g_str_has_suffix(field->doc, ".") || g_str_has_suffix(field->doc, "…"));
    g_autofree char *pattern = g_strdup_printf("(^|[ {])%s:", field->key);
    gboolean said = field->kind == MU_FIELD_IGNORED || (field->flags & MU_FIELD_STORED) != 0 ||
                    g_regex_match_simple(pattern, yaml, G_REGEX_MULTILINE, 0);
    if (!said)
      g_test_message("%s of a %s", field->key, type->what);
    g_assert_true(said);
    if (field->object != NULL)
      check_keys(field->object, yaml, depth + 1);
  }
}

/* A field that is added to the tables has to be added to the golden file. */
static void test_every_field(void) {
  g_autofree char *path = mu_test_source("test/golden/spec/every-field.yml");
  g_autofree char *yaml = NULL;
  g_assert_true(g_file_get_contents(path, &yaml, NULL, NULL));
  check_keys(&mu_service_object, yaml, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_data_func("/spec-golden/every-field", "every-field", test_golden);
  g_test_add_data_func("/spec-golden/smallest", "smallest", test_golden);
  g_test_add_data_func("/spec-golden/steps", "steps", test_golden);
  g_test_add_data_func("/spec-golden/yaml", "yaml", test_golden);
  g_test_add_func("/spec-golden/every-field-is-there", test_every_field);
  return g_test_run();
}
