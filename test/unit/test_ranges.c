#include "ids.h"
#include "resource.h"
#include <muster/error.h>
#include <string.h>

static GArray *parse(const char *text) {
  g_autoptr(GError) error = NULL;
  GArray *ranges = mu_ranges_parse(text, &error);
  g_assert_no_error(error);
  return ranges;
}

static void assert_ranges(const GArray *ranges, const char *expected) {
  g_autofree char *text = mu_ranges_to_string(ranges);
  g_assert_cmpstr(text, ==, expected);
}

static void test_parse(void) {
  static const struct {
    const char *text, *canonical;
  } good[] = {
      {"", ""},
      {"8080", "8080"},
      {"8080,9000-9010", "8080,9000-9010"},
      {"5-5", "5"},
      {"3,1,2", "1-3"},
      {"1-10,5-20", "1-20"},
      {"0-65535", "0-65535"},
      {"7,7", "7"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
    g_autoptr(GArray) ranges = parse(good[i].text);
    assert_ranges(ranges, good[i].canonical);
  }
  static const char *const bad[] = {
      ",",    "1,", ",1", "1-", "-1", "1--2", "2-1", "a", "1 ,2", " 1", "+1", "1;2", "1-2-3", "99999999999999999999999",
      "0x10",
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_ranges_parse(bad[i], &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, bad[i]));
  }
}

typedef enum { ADD, SUBTRACT, CUT } Kind;

static void test_changes(void) {
  static const struct {
    const char *before;
    Kind kind;
    gint64 begin, end;
    const char *after; /* NULL: refused */
  } cases[] = {
      {"", ADD, 5, 9, "5-9"},
      {"1-3", ADD, 4, 5, "1-5"},
      {"4-5", ADD, 1, 3, "1-5"},
      {"1-3", ADD, 5, 6, "1-3,5-6"},
      {"1-3,7-9", ADD, 4, 6, "1-9"},
      {"1-3,5,7-9", ADD, 2, 8, "1-9"},
      {"5-6", ADD, 1, 2, "1-2,5-6"},
      {"0", ADD, 1, 1, "0-1"},
      {"1-9", ADD, 3, 4, "1-9"},
      {"1-9", SUBTRACT, 1, 9, ""},
      {"1-9", SUBTRACT, 4, 5, "1-3,6-9"},
      {"1-9", SUBTRACT, 1, 3, "4-9"},
      {"1-9", SUBTRACT, 9, 9, "1-8"},
      {"1-9", SUBTRACT, 9, 10, NULL},
      {"1-3,5-9", SUBTRACT, 3, 5, NULL},
      {"", SUBTRACT, 1, 1, NULL},
      {"1-3,5-9", SUBTRACT, 5, 9, "1-3"},
      {"5-9", SUBTRACT, 4, 5, NULL},
      {"1-3,5-9", CUT, 3, 5, "1-2,6-9"},
      {"1-3,5,7-9", CUT, 2, 8, "1,9"},
      {"1-3", CUT, 4, 9, "1-3"},
      {"", CUT, 1, 9, ""},
      {"5", CUT, 0, 9, ""},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GArray) ranges = parse(cases[i].before);
    gboolean good = TRUE;
    if (cases[i].kind == ADD)
      mu_ranges_add(ranges, cases[i].begin, cases[i].end);
    else if (cases[i].kind == CUT)
      mu_ranges_cut(ranges, cases[i].begin, cases[i].end);
    else
      good = mu_ranges_subtract(ranges, cases[i].begin, cases[i].end);
    g_assert_cmpint(good, ==, cases[i].after != NULL);
    assert_ranges(ranges, good ? cases[i].after : cases[i].before);
  }
}

static void test_questions(void) {
  g_autoptr(GArray) ranges = parse("1-3,5,7-9");
  g_autoptr(GArray) same = parse("7-9,5,1-3"), other = parse("1-3,5,7-8"), none = parse("");
  g_assert_cmpint(mu_ranges_count(ranges), ==, 7);
  g_assert_cmpint(mu_ranges_count(none), ==, 0);
  g_assert_true(mu_ranges_equal(ranges, same) && mu_ranges_equal(none, none));
  g_assert_false(mu_ranges_equal(ranges, other) || mu_ranges_equal(ranges, none));
  g_assert_true(mu_ranges_contain(ranges, 1, 3) && mu_ranges_contain(ranges, 8, 8));
  g_assert_false(mu_ranges_contain(ranges, 3, 4) || mu_ranges_contain(ranges, 4, 4) || mu_ranges_contain(ranges, 5, 7));
}

/* ---- against a plain bit for every number -------------------------------------------------------------------------- */

#define SPACE 200

static void assert_like_bits(const GArray *ranges, const gboolean *bits) {
  gint64 last_end = -2;
  for (guint i = 0; i < ranges->len; i++) {
    MuRange range = g_array_index(ranges, MuRange, i);
    g_assert_true(range.begin > last_end + 1 && range.begin <= range.end); /* sorted, disjoint, not adjacent */
    last_end = range.end;
  }
  for (gint64 n = 0; n < SPACE; n++)
    g_assert_cmpint(mu_ranges_contain(ranges, n, n), ==, bits[n]);
}

static gboolean all_set(const gboolean *bits, gint64 begin, gint64 end) {
  for (gint64 n = begin; n <= end; n++)
    if (!bits[n])
      return FALSE;
  return TRUE;
}

static void set_all(gboolean *bits, gint64 begin, gint64 end, gboolean value) {
  for (gint64 n = begin; n <= end; n++)
    bits[n] = value;
}

static void test_property(void) {
  MuRandom random;
  for (guint64 seed = 0; seed < 50; seed++) {
    mu_random_seed(&random, seed);
    gboolean bits[SPACE] = {FALSE};
    g_autoptr(GArray) ranges = mu_ranges_new();
    for (int i = 0; i < 200; i++) {
      gint64 begin = (gint64)mu_random_below(&random, SPACE);
      gint64 more = (gint64)mu_random_below(&random, 12);
      gint64 end = MIN(SPACE - 1, begin + more);
      switch (mu_random_below(&random, 3)) {
      case 0:
        mu_ranges_add(ranges, begin, end);
        set_all(bits, begin, end, TRUE);
        break;
      case 1:
        g_assert_cmpint(mu_ranges_contain(ranges, begin, end), ==, all_set(bits, begin, end));
        if (mu_ranges_subtract(ranges, begin, end))
          set_all(bits, begin, end, FALSE);
        break;
      default: mu_ranges_cut(ranges, begin, end); set_all(bits, begin, end, FALSE);
      }
      assert_like_bits(ranges, bits);
    }
    g_autofree char *text = mu_ranges_to_string(ranges);
    g_autoptr(GArray) again = parse(text);
    g_assert_true(mu_ranges_equal(ranges, again));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ranges/parse", test_parse);
  g_test_add_func("/ranges/changes", test_changes);
  g_test_add_func("/ranges/questions", test_questions);
  g_test_add_func("/ranges/property", test_property);
  return g_test_run();
}
