#include "json.h"

#include <muster/error.h>
#include <string.h>

static json_t *parse(const char *text) {
  g_autoptr(GError) error = NULL;
  json_t *value = mu_json_parse(text, strlen(text), 100000, &error);
  g_assert_no_error(error);
  return value;
}

static void test_round_trip(void) {
  static const char *const texts[] = {
      "{\"b\":1,\"a\":[true,false,null,\"x\"],\"c\":{}}",
      "[]",
      "1",
      "-9223372036854775808",
      "\"[[[{{{\"",
      "\"\\\"[\"",
      "null",
      "[0.1,256.0,1700000000.123]",
  };
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(json_t) value = parse(texts[i]);
    g_autofree char *again = mu_json_to_string(value);
    g_assert_cmpstr(again, ==, texts[i]);
  }
  g_autoptr(json_t) value = parse("{\"a\":[1]}");
  g_autofree char *pretty = mu_json_to_pretty(value);
  g_assert_cmpstr(pretty, ==, "{\n  \"a\": [\n    1\n  ]\n}");
}

static char *nested(guint depth) {
  GString *text = g_string_new("\n");
  for (guint i = 0; i < depth; i++)
    g_string_append_c(text, '[');
  for (guint i = 0; i < depth; i++)
    g_string_append_c(text, ']');
  return g_string_free(text, FALSE);
}

static void test_parse_refused(void) {
  g_autofree char *deep = nested(129), *deeper = nested(20000);
  const struct {
    const char *text;
    MuErrorCode code;
    const char *message;
  } cases[] = {
      {"", MU_ERROR_REFUSED, "line 1"},
      {"{\"a\":1,\n \"a\":2}", MU_ERROR_REFUSED, "line 2"},
      {"{\"a\":}", MU_ERROR_REFUSED, "column 6"},
      {"[1] 2", MU_ERROR_REFUSED, "end of file"},
      {"\"\xff\"", MU_ERROR_REFUSED, "unable to decode byte 0xff"},
      {"\"a\\u0000b\"", MU_ERROR_REFUSED, "u0000"},
      {"]]]]", MU_ERROR_REFUSED, "line 1"},
      {deep, MU_ERROR_TOO_LARGE, "line 2, column 129: nested more than 128"},
      {deeper, MU_ERROR_TOO_LARGE, "nested more than 128"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_json_parse(cases[i].text, strlen(cases[i].text), 100000, &error));
    g_assert_error(error, MU_ERROR, (int)cases[i].code);
    if (strstr(error->message, cases[i].message) == NULL)
      g_error("expected \"%s\" in \"%s\"", cases[i].message, error->message);
  }
  g_autofree char *deepest = nested(128);
  g_autoptr(json_t) good = parse(deepest);
  g_assert_true(json_is_array(good));
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_json_parse("[1,2]", 5, 4, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
  g_assert_cmpstr(error->message, ==, "JSON of 5 bytes; at most 4 are accepted");
}

static void test_get(void) {
  g_autoptr(json_t) object = parse("{\"s\":\"text\",\"i\":-5,\"b\":true,\"a\":[1],\"o\":{},\"n\":null}");
  const char *text = NULL;
  gint64 number = 0;
  gboolean truth = FALSE;
  const json_t *array = NULL, *inner = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_json_get_string(object, "s", TRUE, &text, &error));
  g_assert_cmpstr(text, ==, "text");
  g_assert_true(mu_json_get_int(object, "i", TRUE, &number, &error));
  g_assert_cmpint(number, ==, -5);
  g_assert_true(mu_json_get_bool(object, "b", TRUE, &truth, &error));
  g_assert_true(truth);
  g_assert_true(mu_json_get_array(object, "a", TRUE, &array, &error));
  g_assert_cmpuint(json_array_size(array), ==, 1);
  g_assert_true(mu_json_get_object(object, "o", TRUE, &inner, &error));
  g_assert_true(json_is_object(inner));
  g_assert_true(mu_json_get_int_between(object, "i", TRUE, -5, -5, &number, &error));
}

static void test_get_missing(void) {
  g_autoptr(json_t) object = parse("{\"n\":null}");
  static const char *const keys[] = {"n", "absent"};
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
    const char *text = "kept";
    gint64 number = 42;
    gboolean truth = TRUE;
    const json_t *array = object;
    g_assert_true(mu_json_get_string(object, keys[i], FALSE, &text, NULL));
    g_assert_true(mu_json_get_int(object, keys[i], FALSE, &number, NULL));
    g_assert_true(mu_json_get_int_between(object, keys[i], FALSE, 0, 9, &number, NULL));
    g_assert_true(mu_json_get_bool(object, keys[i], FALSE, &truth, NULL));
    g_assert_true(mu_json_get_array(object, keys[i], FALSE, &array, NULL));
    g_assert_true(mu_json_get_object(object, keys[i], FALSE, &array, NULL));
    g_assert_true(g_str_equal(text, "kept") && number == 42 && truth && array == object);
    g_autoptr(GError) error = NULL;
    g_assert_false(mu_json_get_int(object, keys[i], TRUE, &number, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_autofree char *expected = g_strdup_printf("\"%s\" is missing; expected an integer", keys[i]);
    g_assert_cmpstr(error->message, ==, expected);
  }
}

typedef enum { STRING, INT, BOOL, ARRAY, OBJECT, BETWEEN } Read;

static gboolean read_as(Read as, const json_t *object, GError **error) {
  const char *text;
  gint64 number;
  gboolean truth;
  const json_t *value;
  switch (as) {
  case STRING: return mu_json_get_string(object, "k", FALSE, &text, error);
  case INT: return mu_json_get_int(object, "k", FALSE, &number, error);
  case BOOL: return mu_json_get_bool(object, "k", FALSE, &truth, error);
  case ARRAY: return mu_json_get_array(object, "k", FALSE, &value, error);
  case OBJECT: return mu_json_get_object(object, "k", FALSE, &value, error);
  case BETWEEN: return mu_json_get_int_between(object, "k", FALSE, 1, 5, &number, error);
  }
  return FALSE;
}

static void test_get_wrong(void) {
  static const struct {
    const char *json;
    Read as;
    const char *message;
  } cases[] = {
      {"{\"k\":1}", STRING, "\"k\" is an integer; expected a string"},
      {"{\"k\":\"1\"}", INT, "\"k\" is a string; expected an integer"},
      {"{\"k\":1.5}", INT, "\"k\" is a number with a fraction; expected an integer"},
      {"{\"k\":1}", BOOL, "\"k\" is an integer; expected a boolean"},
      {"{\"k\":{}}", ARRAY, "\"k\" is an object; expected an array"},
      {"{\"k\":[]}", OBJECT, "\"k\" is an array; expected an object"},
      {"{\"k\":true}", OBJECT, "\"k\" is a boolean; expected an object"},
      {"{\"k\":0}", BETWEEN, "\"k\" is 0; expected 1 to 5"},
      {"{\"k\":6}", BETWEEN, "\"k\" is 6; expected 1 to 5"},
      {"[]", INT, "\"k\" is looked for in an array; expected an object"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(json_t) object = parse(cases[i].json);
    g_autoptr(GError) error = NULL;
    g_assert_false(read_as(cases[i].as, object, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

static void test_set(void) {
  g_autoptr(json_t) object = json_object();
  mu_json_set_string(object, "s", "text");
  mu_json_set_string(object, "skipped", NULL);
  mu_json_set_string(object, "broken", "a\xff");
  mu_json_set_int(object, "i", G_MININT64);
  mu_json_set_bool(object, "b", FALSE);
  mu_json_set_new(object, "a", json_array());
  g_autofree char *text = mu_json_to_string(object);
  g_assert_cmpstr(text, ==,
                  "{\"s\":\"text\",\"broken\":\"a\xef\xbf\xbd\",\"i\":-9223372036854775808,\"b\":false,\"a\":[]}");
  g_autoptr(json_t) null = mu_json_string(NULL);
  g_assert_true(json_is_null(null));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/json/round-trip", test_round_trip);
  g_test_add_func("/json/parse-refused", test_parse_refused);
  g_test_add_func("/json/get", test_get);
  g_test_add_func("/json/get-missing", test_get_missing);
  g_test_add_func("/json/get-wrong", test_get_wrong);
  g_test_add_func("/json/set", test_set);
  return g_test_run();
}
