#include "cli_tree.h"
#include <string.h>

static const char redis[] =
    "{\"phases\":["
    " {\"name\":\"primary\",\"strategy\":\"serial\",\"status\":\"COMPLETE\",\"steps\":["
    "  {\"name\":\"primary-0:[server]\",\"status\":\"COMPLETE\",\"message\":\"done\"}]},"
    " {\"name\":\"replica\",\"strategy\":\"parallel\",\"status\":\"IN_PROGRESS\",\"steps\":["
    "  {\"name\":\"replica-0:[server]\",\"status\":\"STARTING\"},"
    "  {\"name\":\"replica-1:[server]\",\"status\":\"PENDING\",\"message\":\"wanted 4096 MB,\\nbest offer 1200 MB\"}]}],"
    " \"errors\":[],\"strategy\":\"serial\",\"status\":\"IN_PROGRESS\"}";

static char *render(const char *json, gboolean utf8, gboolean colour, int width, int height) {
  json_error_t cause;
  g_autoptr(json_t) plan = json_loads(json, 0, &cause);
  g_assert_nonnull(plan);
  MuCliStyle style = {.utf8 = utf8, .colour = colour, .width = width, .height = height};
  return mu_cli_tree_render("redis deploy", plan, &style);
}

static void test_utf8(void) {
  g_autofree char *text = render(redis, TRUE, FALSE, 80, 24);
  g_assert_cmpstr(text, ==,
                  "redis deploy                IN_PROGRESS  ████████░░░░░░░░░░░░░░░░ 1/3  serial\n"
                  "├─ primary                  COMPLETE     serial\n"
                  "│  └─ ✔ primary-0:[server]  COMPLETE\n"
                  "└─ replica                  IN_PROGRESS  parallel\n"
                  "   ├─ ● replica-0:[server]  STARTING\n"
                  "   └─ ○ replica-1:[server]  PENDING      wanted 4096 MB, best offer 1200 MB\n");
}

static void test_ascii_and_narrow(void) {
  g_autofree char *text = render(redis, FALSE, FALSE, 59, 24);
  g_assert_cmpstr(text, ==,
                  "redis deploy                IN_PROGRESS  ##---- 1/3  serial\n"
                  "|- primary                  COMPLETE     serial\n"
                  "|  `- + primary-0:[server]  COMPLETE\n"
                  "`- replica                  IN_PROGRESS  parallel\n"
                  "   |- * replica-0:[server]  STARTING\n"
                  "   `- . replica-1:[server]  PENDING      wanted 4096 MB, be\n");
}

/* Colours add escape sequences and change nothing else. */
static void test_colour(void) {
  g_autofree char *text = render(redis, TRUE, TRUE, 80, 24), *bare = render(redis, TRUE, FALSE, 80, 24);
  g_assert_nonnull(strstr(text, "\033[32mCOMPLETE\033[0m"));
  g_autoptr(GRegex) escapes = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
  g_autofree char *stripped = g_regex_replace_literal(escapes, text, -1, 0, "", 0, NULL);
  g_assert_cmpstr(stripped, ==, bare);
}

static char *big_plan(guint complete, guint pending) {
  GString *json =
      g_string_new("{\"status\":\"IN_PROGRESS\",\"strategy\":\"serial\",\"errors\":[],\"phases\":[{\"name\":\"p\","
                   "\"status\":\"IN_PROGRESS\",\"strategy\":\"parallel\",\"steps\":[");
  for (guint i = 0; i < complete + pending; i++)
    g_string_append_printf(json, "%s{\"name\":\"w-%u:[t]\",\"status\":\"%s\"}", i == 0 ? "" : ",", i,
                           i < complete ? "COMPLETE" : "PENDING");
  g_string_append(json, "]}]}");
  return g_string_free(json, FALSE);
}

/* A plan that is taller than the terminal: first what is complete is counted, then the rest is cut. */
static void test_tall(void) {
  g_autofree char *mostly_done = big_plan(100, 2), *mostly_open = big_plan(1, 100);
  g_autofree char *folded = render(mostly_done, FALSE, FALSE, 80, 10), *cut = render(mostly_open, FALSE, FALSE, 80, 6);
  g_assert_cmpstr(folded, ==,
                  "redis deploy       IN_PROGRESS  #######################- 100/102  serial\n"
                  "`- p               IN_PROGRESS  parallel\n"
                  "   |- . w-100:[t]  PENDING\n"
                  "   |- . w-101:[t]  PENDING\n"
                  "   `- + 100 complete\n");
  g_assert_nonnull(strstr(cut, "... and 98 more lines\n"));
}

static void test_odd(void) {
  g_autofree char *empty = render("{}", FALSE, FALSE, 80, 24);
  g_assert_cmpstr(empty, ==, "redis deploy               ######################## 0/0  \n");
  g_autofree char *faulty =
      render("{\"phases\":[],\"errors\":[\"no\\u001b[2J\",{\"a\":1}],\"status\":\"ERROR\",\"strategy\":\"serial\"}",
             FALSE, FALSE, 80, 24);
  g_assert_nonnull(strstr(faulty, "error: no?[2J\nerror: {\"a\":1}\n"));
}

/* ---- pods ---------------------------------------------------------------------------------------------------------- */

static const char hello_world[] =
    "{\"service\":\"hello-world\",\"pods\":[{\"name\":\"hello\",\"instances\":[{\"name\":\"hello-0\",\"hostname\":\"h-1\","
    "\"tasks\":[{\"name\":\"hello-0-server\",\"status\":\"RUNNING\",\"ready\":true,\"healthy\":false},"
    "{\"name\":\"hello-0-side\",\"status\":\"FAILED\",\"reason\":\"REASON_X\",\"message\":\"exit 1\"}]}]},"
    "{\"name\":\"world\",\"instances\":[{\"name\":\"world-0\",\"tasks\":[{\"name\":\"world-0-server\","
    "\"status\":\"NOT_LAUNCHED\"}],\"waiting\":{\"summary\":\"memory: too little\"}},{\"name\":\"world-1\",\"tasks\":["
    "{\"name\":\"world-1-server\",\"status\":\"LOST\",\"reason\":\"REASON_Y\"},{\"name\":\"world-1-odd\"}]}]}]}";

static char *render_pods(const char *json, gboolean utf8, int width) {
  g_autoptr(json_t) status = json_loads(json, 0, NULL);
  MuCliStyle style = {.utf8 = utf8, .width = width, .height = G_MAXINT};
  g_assert_nonnull(status);
  return mu_cli_pods_render(status, &style);
}

/* The form of the reference's command line, and what we know beside it. */
static void test_pods(void) {
  g_autofree char *text = render_pods(hello_world, TRUE, G_MAXINT);
  g_assert_cmpstr(text, ==,
                  "hello-world\n"
                  "├─ hello\n"
                  "│  └─ hello-0  on h-1\n"
                  "│     ├─ hello-0-server (RUNNING)  ready  not healthy\n"
                  "│     └─ hello-0-side (FAILED)  exit 1\n"
                  "└─ world\n"
                  "   ├─ world-0  waits: memory: too little\n"
                  "   │  └─ world-0-server (NOT_LAUNCHED)\n"
                  "   └─ world-1\n"
                  "      ├─ world-1-server (LOST)  REASON_Y\n"
                  "      └─ world-1-odd (UNKNOWN)\n");
}

static void test_pod(void) {
  g_autofree char *text =
      render_pods("{\"name\":\"hello-0\",\"hostname\":\"h-1\",\"tasks\":[{\"name\":\"hello-0-server\",\"status\":"
                  "\"RUNNING\"},{\"name\":\"hello-0-side\",\"status\":\"PAUSED\"}]}",
                  FALSE, 24);
  g_assert_cmpstr(text, ==,
                  "hello-0  on h-1\n"
                  "|- hello-0-server (RUNNI\n"
                  "`- hello-0-side (PAUSED)\n");
  g_autofree char *none = render_pods("{\"service\":\"s\",\"pods\":[]}", FALSE, G_MAXINT);
  g_assert_cmpstr(none, ==, "s\n");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/tree/utf8", test_utf8);
  g_test_add_func("/cli/tree/ascii-and-narrow", test_ascii_and_narrow);
  g_test_add_func("/cli/tree/colour", test_colour);
  g_test_add_func("/cli/tree/tall", test_tall);
  g_test_add_func("/cli/tree/odd", test_odd);
  g_test_add_func("/cli/tree/pods", test_pods);
  g_test_add_func("/cli/tree/pod", test_pod);
  return g_test_run();
}
