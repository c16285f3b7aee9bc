/* The notation of `uris`: what is understood, and that nothing is passed over. */
#include "spec_uri.h"
#include <muster/error.h>
#include <string.h>

#define SUM "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
#define SUM_LOWER "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void test_understood(void) {
  static const struct {
    const char *text;
    MuSpecUri uri;
  } cases[] = {
      {"http://h/a.tgz", {.value = (char *)"http://h/a.tgz"}},
      {"/opt/a", {.value = (char *)"/opt/a"}},
      {"http://h/a?x=1&y=2", {.value = (char *)"http://h/a?x=1&y=2"}},
      {"http://h/a#sha256=" SUM, {.value = (char *)"http://h/a", .sha256 = (char *)SUM_LOWER}},
      {"http://h/a#executable=true", {.value = (char *)"http://h/a", .executable = TRUE}},
      {"http://h/a#extract=true", {.value = (char *)"http://h/a"}},
      {"http://h/a#extract=false&output=d/e&executable=false",
       {.value = (char *)"http://h/a", .keep_packed = TRUE, .output_file = (char *)"d/e"}},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_auto(MuSpecUri) uri = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(mu_spec_uri_parse(cases[i].text, &uri, &error));
    g_assert_cmpstr(uri.value, ==, cases[i].uri.value);
    g_assert_cmpstr(uri.output_file, ==, cases[i].uri.output_file);
    g_assert_cmpstr(uri.sha256, ==, cases[i].uri.sha256);
    g_assert_cmpint(uri.executable, ==, cases[i].uri.executable);
    g_assert_cmpint(uri.keep_packed, ==, cases[i].uri.keep_packed);
  }
}

static void test_refused(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "has no address"},
      {"#sha256=" SUM, "has no address"},
      {"http://h/a b", "blank"},
      {"http://h/a\n", "control character"},
      {"http://h/a#", "not understood"},
      {"http://h/a#readme", "not understood"},
      {"http://h/a#sha265=" SUM, "expected sha256="},
      {"http://h/a#sha=" SUM, "expected sha256="},
      {"http://h/a#sha2566=" SUM, "expected sha256="},
      {"http://h/a#sha256=", "64 hexadecimal digits"},
      {"http://h/a#sha256=" SUM "0", "64 hexadecimal digits"},
      {"http://h/a#sha256=" SUM "&sha256=" SUM, "once"},
      {"http://h/a#sha256=zf86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "64 hexadecimal digits"},
      {"http://h/a#executable=yes", "true and false"},
      {"http://h/a#extract=", "true and false"},
      {"http://h/a#output=../x", "relative to the sandbox"},
      {"http://h/a#output=/x", "relative to the sandbox"},
      {"http://h/a#output=", "relative to the sandbox"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_auto(MuSpecUri) uri = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(mu_spec_uri_parse(cases[i].text, &uri, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, cases[i].message));
    g_assert_null(uri.value);
  }
}

static void test_too_long(void) {
  g_auto(MuSpecUri) uri = {0};
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_strnfill(MU_URI_MAX_BYTES, 'a');
  g_assert_true(mu_spec_uri_parse(path, &uri, &error));
  g_autofree char *longer = g_strconcat(path, "a", NULL);
  mu_spec_uri_clear(&uri);
  g_assert_false(mu_spec_uri_parse(longer, &uri, &error));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spec_uri/understood", test_understood);
  g_test_add_func("/spec_uri/refused", test_refused);
  g_test_add_func("/spec_uri/too_long", test_too_long);
  return g_test_run();
}
