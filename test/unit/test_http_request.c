#include "http_request.h"

#include "command.h"
#include "http_limits.h"
#include <muster/error.h>
#include <string.h>

static void test_path(void) {
  static const char *const cases[][2] = {
      {"/v1/multi", "/v1/multi"}, {"/v1/a%2Fb?x=/", "/v1/a%2Fb"}, {"/#f", "/"}, {"?", ""}, {"*", "*"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = mu_http_uri_path(cases[i][0]);
    g_assert_cmpstr(path, ==, cases[i][1]);
  }
}

static void test_decode(void) {
  static const char *const cases[][2] = {
      {"plain", "plain"}, {"%41%2f%2F", "A//"}, {"a+b", "a+b"}, {"%C3%A9", "\xc3\xa9"}, {"%", NULL},   {"%4", NULL},
      {"%4x", NULL},      {"%00", NULL},        {"%ff", NULL},  {"\xc3", NULL},         {"%c3", NULL}, {"", ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = mu_http_decode("path", cases[i][0], strlen(cases[i][0]), &error);
    g_assert_cmpstr(text, ==, cases[i][1]);
    if (text == NULL)
      g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
  }
}

static void test_query(void) {
  static const struct {
    const char *uri, *key, *value;
  } cases[] = {
      {"/p?a=b", "a", "b"},      {"/p?a=b&c=d", "c", "d"},     {"/p?a", "a", ""},
      {"/p?a=&&b=1&", "b", "1"}, {"/p?x+y=1+2", "x y", "1 2"}, {"/p?a=1=2%263", "a", "1=2&3"},
      {"/p", "a", NULL},         {"/p?", "a", NULL},           {"/p?%61=%C3%A9", "a", "\xc3\xa9"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) query = mu_http_uri_query(cases[i].uri, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_hash_table_lookup(query, cases[i].key), ==, cases[i].value);
  }
}

static void test_bad_query(void) {
  static const char *const uris[] = {"/p?a=%", "/p?a=%ff", "/p?%00=1", "/p?a=1&a=2", "/p?a=1&%61=2"};
  for (gsize i = 0; i < G_N_ELEMENTS(uris); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_http_uri_query(uris[i], &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
  }
  g_autoptr(GString) many = g_string_new("/p?");
  for (guint i = 0; i <= MU_HTTP_MAX_QUERY_FIELDS; i++)
    g_string_append_printf(many, "f%u=1&", i);
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_http_uri_query(many->str, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_TOO_LARGE);
}

static void test_typed_query(void) {
  g_autoptr(GHashTable) query =
      mu_http_uri_query("/?n=12&neg=-1&big=99999999999999999999&yes=true&no=false&odd=1", NULL);
  guint64 n = 7;
  gboolean b = TRUE;
  g_assert_true(mu_http_query_uint(query, "absent", &n, NULL));
  g_assert_cmpuint(n, ==, 7);
  g_assert_true(mu_http_query_uint(query, "n", &n, NULL));
  g_assert_cmpuint(n, ==, 12);
  g_assert_false(mu_http_query_uint(query, "neg", &n, NULL));
  g_assert_false(mu_http_query_uint(query, "big", &n, NULL));
  g_assert_false(mu_http_query_uint(query, "yes", &n, NULL));
  g_assert_cmpuint(n, ==, 12);
  g_assert_true(mu_http_query_bool(query, "absent", &b, NULL) && b);
  g_assert_true(mu_http_query_bool(query, "no", &b, NULL) && !b);
  g_assert_true(mu_http_query_bool(query, "yes", &b, NULL) && b);
  g_assert_false(mu_http_query_bool(query, "odd", &b, NULL));
}

#define BAD (-9)
static void test_condition(void) {
  static const struct {
    const char *match, *none_match;
    gint64 version;
    gboolean must_exist;
  } cases[] = {
      {NULL, NULL, MU_VERSION_ANY, FALSE},
      {"3", NULL, 3, FALSE},
      {"\"3\"", NULL, 3, FALSE},
      {" \"12\" ", NULL, 12, FALSE},
      {"*", NULL, MU_VERSION_ANY, TRUE},
      {NULL, "*", MU_VERSION_ABSENT, FALSE},
      {NULL, " * ", MU_VERSION_ABSENT, FALSE},
      {"0", NULL, BAD, FALSE},
      {"-1", NULL, BAD, FALSE},
      {"W/\"3\"", NULL, BAD, FALSE},
      {"\"3\", \"4\"", NULL, BAD, FALSE},
      {"\"", NULL, BAD, FALSE},
      {"\"\"", NULL, BAD, FALSE},
      {"", NULL, BAD, FALSE},
      {"\"3", NULL, BAD, FALSE},
      {"9223372036854775808", NULL, BAD, FALSE},
      {NULL, "\"3\"", BAD, FALSE},
      {NULL, "", BAD, FALSE},
      {"3", "*", BAD, FALSE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gint64 version = BAD;
    gboolean must_exist = FALSE;
    gboolean good = mu_http_condition(cases[i].match, cases[i].none_match, &version, &must_exist, &error);
    g_assert_cmpint(good, ==, cases[i].version != BAD);
    g_assert_cmpint(version, ==, cases[i].version);
    g_assert_cmpint(must_exist, ==, cases[i].must_exist);
    if (!good)
      g_assert_error(error, MU_ERROR, MU_ERROR_USAGE);
  }
}

static void test_range(void) {
  static const struct {
    const char *header;
    guint64 size;
    MuHttpRange kind;
    guint64 first, last;
  } cases[] = {
      {NULL, 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=0-0", 10, MU_HTTP_RANGE_PART, 0, 0},
      {"bytes=2-5", 10, MU_HTTP_RANGE_PART, 2, 5},
      {"Bytes=2-5", 10, MU_HTTP_RANGE_PART, 2, 5},
      {"bytes=2-", 10, MU_HTTP_RANGE_PART, 2, 9},
      {"bytes=-3", 10, MU_HTTP_RANGE_PART, 7, 9},
      {"bytes=-30", 10, MU_HTTP_RANGE_PART, 0, 9},
      {"bytes=2-99", 10, MU_HTTP_RANGE_PART, 2, 9},
      {"bytes=9-18446744073709551615", 10, MU_HTTP_RANGE_PART, 9, 9},
      {"bytes=10-", 10, MU_HTTP_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=0-", 0, MU_HTTP_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=-0", 10, MU_HTTP_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=-1", 0, MU_HTTP_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=5-2", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=0-1,3-4", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"lines=0-1", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=-", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=x-1", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=1-x", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
      {"bytes=18446744073709551616-", 10, MU_HTTP_RANGE_WHOLE, 0, 0},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint64 first = 0, last = 0;
    g_test_message("%s of %d", cases[i].header, (int)cases[i].size);
    g_assert_cmpint(mu_http_range(cases[i].header, cases[i].size, &first, &last), ==, cases[i].kind);
    g_assert_cmpuint(first, ==, cases[i].first);
    g_assert_cmpuint(last, ==, cases[i].last);
  }
}

static void test_media_type(void) {
  static const char *const cases[][2] = {{NULL, NULL},
                                         {"application/json", "application/json"},
                                         {"Text/YAML ; charset=utf-8", "text/yaml"},
                                         {"", ""},
                                         {";", ""}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *type = mu_http_media_type(cases[i][0]);
    g_assert_cmpstr(type, ==, cases[i][1]);
  }
}

static void test_utf8(void) {
  g_autoptr(GBytes) empty = g_bytes_new(NULL, 0), good = g_bytes_new_static("\xc3\xa9", 2),
                    bad = g_bytes_new_static("ab\xff", 3);
  g_autoptr(GError) error = NULL;
  g_assert_true(mu_http_check_utf8(empty, NULL));
  g_assert_true(mu_http_check_utf8(good, NULL));
  g_assert_false(mu_http_check_utf8(bad, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "byte 3 of 3"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http-request/path", test_path);
  g_test_add_func("/http-request/decode", test_decode);
  g_test_add_func("/http-request/query", test_query);
  g_test_add_func("/http-request/bad-query", test_bad_query);
  g_test_add_func("/http-request/typed-query", test_typed_query);
  g_test_add_func("/http-request/condition", test_condition);
  g_test_add_func("/http-request/range", test_range);
  g_test_add_func("/http-request/media-type", test_media_type);
  g_test_add_func("/http-request/utf8", test_utf8);
  return g_test_run();
}
