#include "arena.h"

#include <stdint.h>
#include <string.h>

static gboolean is_zero(const char *memory, gsize size) {
  for (gsize i = 0; i < size; i++)
    if (memory[i] != 0)
      return FALSE;
  return TRUE;
}

static void test_alloc(void) {
  static const gsize sizes[] = {0, 1, 7, 16, 100, 2047, 2048, 2049, 100000, 300000, 3};
  g_autoptr(MuArena) arena = mu_arena_new();
  gsize used = 0;
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
      char *memory = mu_arena_alloc(arena, sizes[i]);
      g_assert_cmpuint((uintptr_t)memory % 16, ==, 0);
      g_assert_true(is_zero(memory, sizes[i]));
      memset(memory, 0xaa, sizes[i]);
      used += MAX(sizes[i], 1);
      g_assert_cmpuint(mu_arena_used(arena), ==, used);
    }
}

/* Nothing handed out may overlap: every string still reads as written. */
static void test_strings(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  char *texts[3000];
  for (int i = 0; i < 3000; i++)
    texts[i] = mu_arena_printf(arena, "text %d %*s", i, i % 50, "");
  for (int i = 0; i < 3000; i++) {
    g_autofree char *expected = g_strdup_printf("text %d %*s", i, i % 50, "");
    g_assert_cmpstr(texts[i], ==, expected);
  }
  g_assert_null(mu_arena_strdup(arena, NULL));
  g_assert_null(mu_arena_strndup(arena, NULL, 3));
  g_assert_cmpstr(mu_arena_strdup(arena, ""), ==, "");
  g_assert_cmpstr(mu_arena_strndup(arena, "abcdef", 3), ==, "abc");
  g_assert_cmpstr(mu_arena_strndup(arena, "ab", 30), ==, "ab");
}

static void test_reset(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  mu_arena_reset(arena);
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 1000; i++)
      memset(mu_arena_alloc(arena, 64), 0xff, 64);
    if (round == 3)
      memset(mu_arena_alloc(arena, 1000000), 0xff, 1000000);
    mu_arena_reset(arena);
    g_assert_cmpuint(mu_arena_used(arena), ==, 0);
    g_assert_true(is_zero(mu_arena_alloc(arena, 512), 512));
  }
}

static void test_huge_first(void) {
  g_autoptr(MuArena) arena = mu_arena_new();
  memset(mu_arena_alloc(arena, 1000000), 0xff, 1000000);
  mu_arena_reset(arena);
  g_assert_true(is_zero(mu_arena_new0(arena, char, 4000), 4000));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/arena/alloc", test_alloc);
  g_test_add_func("/arena/strings", test_strings);
  g_test_add_func("/arena/reset", test_reset);
  g_test_add_func("/arena/huge-first", test_huge_first);
  return g_test_run();
}
