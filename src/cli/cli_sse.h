/* Server-sent events (the WHATWG HTML standard, "Parsing an event stream"), from pieces of any size. */
#ifndef MU_CLI_SSE_H
#define MU_CLI_SSE_H
#include <glib.h>

typedef struct {
  const char *id;   /* "" when there was none */
  const char *type; /* "message" when there was none */
  const char *data;
} MuCliEvent;

typedef struct {
  GString *line, *data, *id, *type;
  void (*event)(const MuCliEvent *event, gpointer user);
  gpointer user;
} MuCliSse;

MuCliSse *mu_cli_sse_new(void (*event)(const MuCliEvent *event, gpointer user), gpointer user);
void mu_cli_sse_feed(MuCliSse *sse, const char *bytes, gsize length);
void mu_cli_sse_free(MuCliSse *sse);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuCliSse, mu_cli_sse_free)

#endif
