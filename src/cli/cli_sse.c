#include "cli_sse.h"
#include <string.h>

MuCliSse *mu_cli_sse_new(void (*event)(const MuCliEvent *event, gpointer user), gpointer user) {
  MuCliSse *sse = g_new0(MuCliSse, 1);
  sse->line = g_string_new(NULL);
  sse->data = g_string_new(NULL);
  sse->id = g_string_new(NULL);
  sse->type = g_string_new(NULL);
  sse->event = event;
  sse->user = user;
  return sse;
}

static void dispatch(MuCliSse *sse) {
  if (sse->data->len > 0) {
    g_string_truncate(sse->data, sse->data->len - 1); /* its last line end */
    MuCliEvent event = {
        .id = sse->id->str, .type = sse->type->len > 0 ? sse->type->str : "message", .data = sse->data->str};
    sse->event(&event, sse->user);
  }
  g_string_truncate(sse->data, 0);
  g_string_truncate(sse->type, 0);
}

static void take_field(MuCliSse *sse, const char *name, const char *value) {
  if (g_str_equal(name, "data"))
    g_string_append_printf(sse->data, "%s\n", value);
  else if (g_str_equal(name, "event"))
    g_string_assign(sse->type, value);
  else if (g_str_equal(name, "id"))
    g_string_assign(sse->id, value);
}

static void take_line(MuCliSse *sse) {
  char *line = sse->line->str;
  char *colon = strchr(line, ':');
  if (*line == '\0') {
    dispatch(sse);
  } else if (colon == NULL) {
    take_field(sse, line, "");
  } else if (colon != line) { /* one that begins with a colon is a comment */
    *colon = '\0';
    take_field(sse, line, colon[1] == ' ' ? colon + 2 : colon + 1);
  }
  g_string_truncate(sse->line, 0);
}

void mu_cli_sse_feed(MuCliSse *sse, const char *bytes, gsize length) {
  for (gsize i = 0; i < length; i++) {
    if (bytes[i] == '\n')
      take_line(sse);
    else if (bytes[i] != '\r')
      g_string_append_c(sse->line, bytes[i]);
  }
}

void mu_cli_sse_free(MuCliSse *sse) {
  if (sse == NULL)
    return;
  g_string_free(sse->line, TRUE);
  g_string_free(sse->data, TRUE);
  g_string_free(sse->id, TRUE);
  g_string_free(sse->type, TRUE);
  g_free(sse);
}
