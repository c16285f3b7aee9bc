/* The page of `muster why`, as text. */
#include "cli_show.h"
#include "cli_why.h"
#include <string.h>

static const char WAITING[] =
    "{\"service\":\"redis\",\"now\":1000200000,\"troubles\":[],\"steps\":["
    "{\"plan\":\"deploy\",\"phase\":\"node\",\"step\":\"node-0:[server]\",\"pod\":\"node-0\",\"status\":\"PENDING\","
    "\"waiting\":{\"for\":\"offer\",\"reason\":\"memory: wanted 4096 MB, best offer had 1200 MB "
    "(host-1)\",\"since\":1000069000,\"clears\":\"an agent with so much free, or less `memory` in the "
    "spec\",\"command\":\"muster service update redis -f FILE\"},"
    "\"offers\":{\"offers\":3,\"stages\":[{\"stage\":\"memory\",\"refused\":2,\"example\":\"wanted 4096 MB\"},"
    "{\"stage\":\"agent\",\"refused\":1,\"example\":\"its volume is elsewhere\"}]}},"
    "{\"plan\":\"deploy\",\"step\":\"node-1:[server]\",\"status\":\"PENDING\",\"waiting\":{\"for\":\"order\",\"reason\":\"its turn "
    "comes after step node-0:[server]\"}},"
    "{\"plan\":\"recovery\",\"step\":\"old-0:[x]\",\"status\":\"DELAYED\",\"waiting\":{\"for\":\"backoff\",\"reason\":\"next "
    "attempt in 9 s\",\"since\":1000190000,\"until\":1000209500,\"clears\":\"the pause passes\"}}]}";

static char *render(const char *text, const MuCliStyle *style) {
  g_autoptr(json_t) why = json_loads(text, 0, NULL);
  g_assert_nonnull(why);
  return mu_cli_why_render(why, style);
}

static void test_wide(void) {
  const MuCliStyle style = {.utf8 = TRUE, .width = 80, .height = G_MAXINT};
  g_autofree char *page = render(WAITING, &style);
  g_assert_cmpstr(page, ==,
                  "deploy › node-0:[server]  PENDING\n"
                  "  offer      memory: wanted 4096 MB, best offer had 1200 MB (host-1)\n"
                  "  waits      for 2 min 11 s\n"
                  "  clears     an agent with so much free, or less `memory` in the spec\n"
                  "  try        muster service update redis -f FILE\n"
                  "  offers     memory refused 2 of 3: wanted 4096 MB\n"
                  "             agent refused 1 of 3: its volume is elsewhere\n"
                  "\n"
                  "recovery › old-0:[x]  DELAYED\n"
                  "  backoff    next attempt in 9 s\n"
                  "  waits      for 10 s; at most 9 s more\n"
                  "  clears     the pause passes\n"
                  "\n"
                  "1 more step waits for its turn: node-1:[server]\n");
}

static void test_narrow(void) {
  const MuCliStyle style = {.width = 41, .height = G_MAXINT};
  g_autofree char *page =
      render("{\"now\":5,\"troubles\":[{\"for\":\"engine\",\"reason\":\"the engine is not connected: the "
             "master went away\",\"since\":2,\"clears\":\"the engine answers\",\"command\":\"muster "
             "health\"}],\"steps\":[]}",
             &style);
  g_assert_cmpstr(page, ==,
                  "trouble\n"
                  "  engine     the engine is not connected:\n"
                  "             the master went away\n"
                  "  waits      for 0 s\n"
                  "  clears     the engine answers\n"
                  "  try        muster health\n");
}

static void test_colour(void) {
  const MuCliStyle style = {.colour = TRUE, .utf8 = TRUE, .width = 80, .height = G_MAXINT};
  g_autofree char *page = render(
      "{\"pod\":\"a-0\",\"steps\":[{\"plan\":\"deploy\",\"step\":\"a\",\"status\":\"PENDING\",\"waiting\":{\"for\":"
      "\"order\",\"reason\":\"r\",\"command\":\"c\"}}]}",
      &style);
  g_assert_cmpstr(page, ==,
                  "\033[1mdeploy › a\033[0m  \033[2mPENDING\033[0m\n"
                  "\033[2m  order      \033[0m\033[33mr\033[0m\n"
                  "\033[2m  try        \033[0m\033[36mc\033[0m\n");
}

static void test_nothing(void) {
  const MuCliStyle style = {.width = 80, .height = G_MAXINT};
  g_autofree char *page = render("{\"summary\":\"the service waits for nothing\",\"steps\":[]}", &style);
  g_assert_cmpstr(page, ==, "the service waits for nothing\n");
}

/* Texts of tasks bring no escape sequences of their own. */
static void test_clean(void) {
  const MuCliStyle style = {.width = 80, .height = G_MAXINT};
  g_autofree char *page =
      render("{\"pod\":\"a\",\"steps\":[{\"plan\":\"p\",\"step\":\"s\",\"status\":\"STARTED\",\"waiting\":{"
             "\"for\":\"readiness\",\"reason\":\"said \\u001b[31mred\"}}]}",
             &style);
  g_assert_null(strchr(page, '\033'));
}

static void test_duration(void) {
  const struct {
    gint64 ms;
    const char *text;
  } cases[] = {{-5, "0 s"},          {999, "0 s"},           {59999, "59 s"},
               {60000, "1 min 0 s"}, {3725000, "1 h 2 min"}, {(26 * 3600 + 5) * 1000, "1 d 2 h"}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = mu_cli_duration(cases[i].ms);
    g_assert_cmpstr(text, ==, cases[i].text);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/why/wide", test_wide);
  g_test_add_func("/cli/why/narrow", test_narrow);
  g_test_add_func("/cli/why/colour", test_colour);
  g_test_add_func("/cli/why/nothing", test_nothing);
  g_test_add_func("/cli/why/clean", test_clean);
  g_test_add_func("/cli/why/duration", test_duration);
  return g_test_run();
}
