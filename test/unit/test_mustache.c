#include "mustache.h"

#include "shared_data.h"
#include <jansson.h>
#include <muster/error.h>
#include <string.h>

/* ---- JSON as data -------------------------------------------------------------------------------------------------- */

static MuMustacheValue json_to_value(const json_t *json) {
  MuMustacheKind kind = MU_MUSTACHE_TEXT;
  if (json_is_null(json))
    kind = MU_MUSTACHE_NOTHING;
  else if (json_is_false(json) || (json_is_string(json) && json_string_length(json) == 0))
    kind = MU_MUSTACHE_FALSE;
  else if (json_is_true(json))
    kind = MU_MUSTACHE_TRUE;
  else if (json_is_array(json))
    kind = MU_MUSTACHE_LIST;
  else if (json_is_object(json))
    kind = MU_MUSTACHE_MAP;
  return (MuMustacheValue){kind, json};
}

static gboolean json_member(const MuMustacheValue *map, const char *key, MuMustacheValue *ret_value) {
  json_t *member = json_object_get(map->data, key);
  if (member == NULL)
    return FALSE;
  *ret_value = json_to_value(member);
  return TRUE;
}

static gsize json_length(const MuMustacheValue *list) {
  return json_array_size(list->data);
}

static MuMustacheValue json_element(const MuMustacheValue *list, gsize index) {
  return json_to_value(json_array_get(list->data, index));
}

static void json_append(const MuMustacheValue *value, GString *text) {
  if (json_is_string((const json_t *)value->data)) {
    g_string_append(text, json_string_value(value->data));
    return;
  }
  char *number = json_dumps(value->data, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
  g_string_append(text, number);
  free(number);
}

static const MuMustacheType json_data = {json_member, json_length, json_element, json_append};

/* ---- the specification's cases ------------------------------------------------------------------------------------- */

static void run_case(const char *file, json_t *test) {
  const char *template_text = json_string_value(json_object_get(test, "template"));
  g_autoptr(GHashTable) partials = g_hash_table_new(g_str_hash, g_str_equal);
  const char *name;
  json_t *partial;
  json_object_foreach (json_object_get(test, "partials"), name, partial)
    g_hash_table_insert(partials, (char *)name, (char *)json_string_value(partial));
  MuMustacheInput input = {
      .file_name = file,
      .type = &json_data,
      .root = json_to_value(json_object_get(test, "data")),
      .partials = partials,
  };
  g_autoptr(GError) error = NULL;
  g_autofree char *result = mu_mustache_render(template_text, strlen(template_text), &input, NULL, NULL, &error);
  g_assert_no_error(error);
  const char *expected = json_string_value(json_object_get(test, "expected"));
  if (strcmp(result, expected) != 0)
    g_test_message("%s: %s", file, json_string_value(json_object_get(test, "name")));
  g_assert_cmpstr(result, ==, expected);
}

static void test_specification(void) {
  static const char *const files[] = {"comments", "delimiters", "interpolation", "inverted", "partials", "sections"};
  g_autofree char *folder = mu_test_shared("mustache-spec");
  if (folder == NULL) {
    g_test_skip("the Mustache specification's cases are not at ../shared/mustache-spec (set MU_SHARED)");
    return;
  }
  gsize n = 0;
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *path = g_strdup_printf("%s/%s.json", folder, files[i]);
    json_t *all = json_load_file(path, 0, NULL);
    g_assert_nonnull(all);
    gsize index;
    json_t *test;
    json_array_foreach (json_object_get(all, "tests"), index, test)
      run_case(files[i], test);
    n += json_array_size(json_object_get(all, "tests"));
    json_decref(all);
  }
  g_assert_cmpuint(n, ==, 136);
}

/* ---- strings, strict ----------------------------------------------------------------------------------------------- */

static GHashTable *variables(void) {
  static const char *const pairs[][2] = {
      {"NAME", "hello"}, {"EMPTY", ""},     {"YES", "True"},
      {"NO", "FALSE"},   {"A.B", "dotted"}, {"HTML", "<a href=\"x\">&'\n"},
  };
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
    g_hash_table_insert(table, (char *)pairs[i][0], (char *)pairs[i][1]);
  return table;
}

static char *render_strings(const char *template_text, MuMustacheMap **ret_map, GError **error) {
  g_autoptr(GHashTable) table = variables();
  MuMustacheInput input = {
      .file_name = "svc.yml",
      .type = &mu_mustache_strings,
      .root = {MU_MUSTACHE_MAP, table},
      .flags = MU_MUSTACHE_STRICT | MU_MUSTACHE_FLAT_NAMES,
      .max_bytes = 1000,
  };
  return mu_mustache_render(template_text, strlen(template_text), &input, NULL, ret_map, error);
}

static void test_strings(void) {
  static const struct {
    const char *template_text, *expected;
  } cases[] = {
      {"", ""},
      {"{{NAME}}", "hello"},
      {"{{ NAME }}-{{YES}}-{{NO}}-{{EMPTY}}-", "hello-True-FALSE--"},
      {"{{#YES}}{{NAME}}{{/YES}}{{^YES}}no{{/YES}}", "hello"},
      {"{{#NO}}{{UNSET}}{{/NO}}{{^NO}}no{{/NO}}", "no"},
      {"{{#EMPTY}}x{{/EMPTY}}{{#UNSET}}x{{/UNSET}}{{^UNSET}}y{{/UNSET}}{{^EMPTY}}z{{/EMPTY}}", "yz"},
      {"{{#NAME}}[{{.}}]{{/NAME}}", "[hello]"},
      {"{{A.B}} {{#A.B}}{{.}}{{/A.B}}", "dotted dotted"},
      {"{{HTML}}", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&#10;"},
      {"{{{HTML}}}{{&HTML}}", "<a href=\"x\">&'\n<a href=\"x\">&'\n"},
      {"{{=<% %>=}}<%NAME%> {{NAME}}", "hello {{NAME}}"},
      {"a\r\n  {{#YES}}\r\nb\r\n  {{/YES}}\r\nc", "a\r\nb\r\nc"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *result = render_strings(cases[i].template_text, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(result, ==, cases[i].expected);
  }
}

static void test_errors(void) {
  static const struct {
    const char *template_text, *message;
  } cases[] = {
      {"a: {{ONE}}\n{{#YES}}\n  é{{TWO}}\n{{/YES}}",
       "svc.yml:1:4: variable \"ONE\" has no value; set it, or guard the place with {{#ONE}}…{{/ONE}}\n"
       "svc.yml:3:4: variable \"TWO\" has no value; set it, or guard the place with {{#TWO}}…{{/TWO}}"},
      {"{{A.C}}", "svc.yml:1:1: variable \"A.C\" has no value; set it, or guard the place with {{#A.C}}…{{/A.C}}"},
      {"x\n {{NAME", "svc.yml:2:2: the tag is not closed; expected \"}}\""},
      {"{{{NAME}}", "svc.yml:1:1: the tag is not closed; expected \"}}}\""},
      {"{{}}", "svc.yml:1:1: the tag is empty; expected a name"},
      {"{{#YES}}\n", "svc.yml:1:1: the section \"YES\" is not closed; expected \"{{/YES}}\""},
      {"{{#YES}}{{#NO}}{{/YES}}{{/NO}}", "svc.yml:1:16: \"{{/YES}}\" found; expected \"{{/NO}}\""},
      {"{{/YES}}", "svc.yml:1:1: \"{{/YES}}\" closes a section that is not open"},
      {"{{=<%=}}", "svc.yml:1:1: expected two delimiters, as in {{=<% %>=}}"},
      {"{{>other}}", "svc.yml:1:1: there is no partial \"other\""},
      {"{{<base}}{{/base}}", "svc.yml:1:1: template inheritance ({{<}}) is not supported"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(render_strings(cases[i].template_text, NULL, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

static void test_many_faults(void) {
  g_autoptr(GString) template_text = g_string_new(NULL);
  for (guint i = 0; i < MU_MUSTACHE_MAX_FAULTS + 3; i++)
    g_string_append(template_text, "{{X}}\n");
  g_autoptr(GError) error = NULL;
  g_assert_null(render_strings(template_text->str, NULL, &error));
  g_assert_true(g_str_has_suffix(error->message, "\nsvc.yml: and 3 more"));
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

static void test_limits(void) {
  g_autoptr(GString) large = g_string_new(NULL);
  for (guint i = 0; i < 201; i++)
    g_string_append(large, "{{NAME}}");
  g_autoptr(GError) error = NULL;
  g_assert_null(render_strings(large->str, NULL, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_assert_cmpstr(error->message, ==, "svc.yml: the rendered text has too many bytes; the limit is 1000");
}

static void render_partials(const char *partial, const char *message) {
  g_autoptr(GHashTable) partials = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(partials, (char *)"p", (char *)partial);
  MuMustacheInput input = {
      .file_name = "t", .type = &mu_mustache_strings, .root = {MU_MUSTACHE_MAP, NULL}, .partials = partials};
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_mustache_render("{{>p}}", 6, &input, NULL, NULL, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_assert_cmpstr(error->message, ==, message);
}

static void test_recursion(void) {
  render_partials("{{>p}}", "t: partials include each other too deep; the limit is 100");
}

/* A list of lists multiplies: what is rendered is nothing, but a great many times. */
static void test_steps(void) {
  g_autoptr(GString) template_text = g_string_new(NULL);
  for (guint i = 0; i < 8; i++)
    g_string_append(template_text, "{{#l}}");
  for (guint i = 0; i < 8; i++)
    g_string_append(template_text, "{{/l}}");
  json_t *root = json_pack("{s:[i,i,i,i,i,i,i,i,i,i]}", "l", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  MuMustacheInput input = {.file_name = "t", .type = &json_data, .root = json_to_value(root)};
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_mustache_render(template_text->str, template_text->len, &input, NULL, NULL, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_assert_cmpstr(error->message, ==, "t: the template takes too many steps; the limit is 4000000");
  json_decref(root);
}

/* ---- the map ------------------------------------------------------------------------------------------------------- */

/* Every marked place of the result leads back to the same mark, or the tag that made it. */
static void test_map(void) {
  const char *template_text = "a {{NAME}} b\n  {{#YES}}\nc{{NAME}}d\n  {{/YES}}\ne";
  g_autoptr(MuMustacheMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *result = render_strings(template_text, &map, &error);
  g_assert_cmpstr(result, ==, "a hello b\nchellod\ne");
  static const struct {
    guint offset, line, column;
  } cases[] = {{0, 1, 1},  {1, 1, 2},  {2, 1, 3},  {6, 1, 3},   {7, 1, 11},
               {8, 1, 12}, {10, 3, 1}, {11, 3, 2}, {16, 3, 10}, {18, 5, 1}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint line, column;
    gsize offset = mu_mustache_map_offset(map, cases[i].offset);
    mu_text_position(template_text, strlen(template_text), offset, &line, &column);
    g_assert_cmpuint(line, ==, cases[i].line);
    g_assert_cmpuint(column, ==, cases[i].column);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mustache/specification", test_specification);
  g_test_add_func("/mustache/strings", test_strings);
  g_test_add_func("/mustache/errors", test_errors);
  g_test_add_func("/mustache/many-faults", test_many_faults);
  g_test_add_func("/mustache/limits", test_limits);
  g_test_add_func("/mustache/recursion", test_recursion);
  g_test_add_func("/mustache/steps", test_steps);
  g_test_add_func("/mustache/map", test_map);
  return g_test_run();
}
