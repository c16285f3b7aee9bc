#include "items.h"

static void assert_items(const MuItems *items, const char *expected) {
  g_autoptr(GString) found = g_string_new(NULL);
  for (guint i = 0; i < items->len; i++)
    g_string_append(found, items->pdata[i]);
  g_assert_cmpstr(found->str, ==, expected);
}

static void test_order(void) {
  static char *const WORDS[] = {"a", "b", "c", "d", "e"};
  MuItems items = {0};
  assert_items(&items, "");
  mu_items_expect(&items, 2);
  assert_items(&items, "");
  for (guint i = 0; i < G_N_ELEMENTS(WORDS); i++)
    mu_items_add(&items, WORDS[i]);
  assert_items(&items, "abcde");
  g_assert_true(mu_items_remove(&items, WORDS[1]));
  g_assert_false(mu_items_remove(&items, WORDS[1]));
  assert_items(&items, "acde");
  g_assert_true(mu_items_remove_fast(&items, WORDS[0]));
  g_assert_false(mu_items_remove_fast(&items, WORDS[0]));
  assert_items(&items, "ecd");
  g_assert_true(mu_items_steal_index(&items, 2) == WORDS[3]);
  assert_items(&items, "ec");
  g_assert_true(mu_items_remove_fast(&items, WORDS[2]));
  g_assert_true(mu_items_remove(&items, WORDS[4]));
  assert_items(&items, "");
  mu_items_clear(&items, NULL);
}

static void test_fast(void) {
  static char *const WORDS[] = {"a", "b", "c", "d", "e"};
  MuItems items = {0};
  for (guint i = 0; i < G_N_ELEMENTS(WORDS); i++)
    mu_items_add(&items, WORDS[i]);
  g_assert_true(mu_items_steal_index_fast(&items, 1) == WORDS[1]);
  assert_items(&items, "aecd");
  g_assert_true(mu_items_steal_index_fast(&items, 3) == WORDS[3]);
  assert_items(&items, "aec");
  mu_items_cut(&items, 2);
  assert_items(&items, "ae");
  mu_items_cut(&items, 0);
  assert_items(&items, "");
  mu_items_add(&items, WORDS[3]);
  assert_items(&items, "d");
  mu_items_clear(&items, NULL);
}

static void test_owned(void) {
  MuItems items = {0};
  for (guint i = 0; i < 100; i++)
    mu_items_add(&items, g_strdup("x"));
  g_assert_cmpuint(items.len, ==, 100);
  mu_items_clear(&items, g_free);
  g_assert_cmpuint(items.len, ==, 0);
  mu_items_add(&items, g_strdup("y"));
  assert_items(&items, "y");
  mu_items_clear(&items, g_free);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/items/order", test_order);
  g_test_add_func("/items/fast", test_fast);
  g_test_add_func("/items/owned", test_owned);
  return g_test_run();
}
