#include "cli_output.h"

static const MuCliStyle plain = {.utf8 = FALSE, .width = G_MAXINT, .height = G_MAXINT};
static const MuCliStyle rich = {.live = TRUE, .colour = TRUE, .utf8 = TRUE, .width = 29, .height = 24};

static char *render(const MuCliStyle *style) {
  MuCliTable *table = mu_cli_table_new("SERVICE|STATUS|NOTE");
  mu_cli_table_add(table, "hello", "COMPLETE", "");
  mu_cli_table_add(table, "ré\033[31m\ndis", "ERROR", "a note that is long");
  char *text = mu_cli_table_render(table, style);
  mu_cli_table_free(table);
  return text;
}

static void test_plain_table(void) {
  g_autofree char *text = render(&plain);
  g_assert_cmpstr(text, ==,
                  "SERVICE      STATUS    NOTE\n"
                  "hello        COMPLETE\n"
                  "r??[31m dis  ERROR     a note that is long\n");
}

static void test_rich_table(void) {
  g_autofree char *text = render(&rich);
  g_assert_cmpstr(text, ==,
                  "\033[2mSERVICE\033[0m      \033[2mSTATUS\033[0m    \033[2mNOTE\033[0m\n"
                  "hello        \033[32mCOMPLETE\033[0m\n"
                  "ré?[31m dis  \033[31mERROR\033[0m     a note\n");
}

static void test_clean(void) {
  static const struct {
    gboolean utf8;
    const char *text, *clean;
  } rows[] = {
      {TRUE, "a\tb\nc", "a b c"},
      {TRUE, "\033]0;title\007", "?]0;title?"},
      {TRUE, "né", "né"},
      {FALSE, "né", "n?"},
      {TRUE, "\302\233", "?"},
      {FALSE, "\177", "?"},
      {TRUE, "bad \377", "bad \357\277\275"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    MuCliStyle style = {.utf8 = rows[i].utf8};
    g_autofree char *clean = mu_cli_clean(&style, rows[i].text);
    g_assert_cmpstr(clean, ==, rows[i].clean);
  }
}

static void test_columns(void) {
  g_assert_cmpint(mu_cli_columns("abc"), ==, 3);
  g_assert_cmpint(mu_cli_columns("né"), ==, 2);
  g_assert_cmpint(mu_cli_columns("漢字"), ==, 4);
  g_assert_cmpint(mu_cli_columns("e\xcc\x81"), ==, 1);
  g_assert_cmpint(mu_cli_columns("\033[31mred\033[0m"), ==, 3);
}

static void test_clip(void) {
  static const struct {
    const char *text, *clipped;
  } rows[] = {
      {"abcdef", "abcd"},
      {"abcdef\nxyz\n", "abcd\nxyz\n"},
      {"\033[31mabcdef\033[0m\n", "\033[31mabcd\033[0m\n"},
      {"漢字漢", "漢字"},
      {"a漢字", "a漢"},
      {"", ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *clipped = mu_cli_clip(rows[i].text, 4);
    g_assert_cmpstr(clipped, ==, rows[i].clipped);
  }
}

/* Not a terminal: no colours, nothing is drawn again, lines are as long as they are. */
static void test_style(void) {
  g_unsetenv("COLUMNS");
  FILE *file = tmpfile();
  MuCliStyle style = mu_cli_style(file);
  g_assert_false(style.live);
  g_assert_false(style.colour);
  g_assert_cmpint(style.width, ==, G_MAXINT);
  g_setenv("COLUMNS", "72", TRUE);
  g_assert_cmpint(mu_cli_style(file).width, ==, 72);
  fclose(file);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/output/plain-table", test_plain_table);
  g_test_add_func("/cli/output/rich-table", test_rich_table);
  g_test_add_func("/cli/output/clean", test_clean);
  g_test_add_func("/cli/output/columns", test_columns);
  g_test_add_func("/cli/output/clip", test_clip);
  g_test_add_func("/cli/output/style", test_style);
  return g_test_run();
}
