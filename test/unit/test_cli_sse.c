#include "cli_sse.h"
#include <string.h>

static void keep(const MuCliEvent *event, gpointer user) {
  g_string_append_printf(user, "%s/%s/%s;", event->id, event->type, event->data);
}

static const char stream[] = ": keep-alive\n"
                             "\n"
                             "id: 7\n"
                             "event: task\n"
                             "data: {\"a\": 1}\n"
                             "\n"
                             "id:8\r\n"
                             "data:one\r\n"
                             "data: two\r\n"
                             "unknown: x\r\n"
                             "\r\n"
                             "event: nothing\n"
                             "\n"
                             "data\n"
                             "\n"
                             "data: cut off";
static const char expected[] = "7/task/{\"a\": 1};8/message/one\ntwo;8/message/;";

/* However the bytes are cut into pieces, the events are the same. */
static void test_pieces(void) {
  for (gsize piece = 1; piece <= strlen(stream); piece++) {
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(MuCliSse) sse = mu_cli_sse_new(keep, seen);
    for (gsize i = 0; i < strlen(stream); i += piece)
      mu_cli_sse_feed(sse, stream + i, MIN(piece, strlen(stream) - i));
    g_assert_cmpstr(seen->str, ==, expected);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/sse/pieces", test_pieces);
  return g_test_run();
}
