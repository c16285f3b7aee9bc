#include "http_loop.h"

#define NEVER G_MAXINT64

typedef struct {
  GSource source;
  struct MHD_Daemon *daemon;
  gpointer tag;
  gint64 due_us; /* the daemon wants to be run then, whatever happens */
} HttpSource;

static gboolean prepare(GSource *source, int *timeout) {
  HttpSource *self = (HttpSource *)source;
  MHD_UNSIGNED_LONG_LONG wait_ms;
  self->due_us = NEVER;
  *timeout = -1;
  if (MHD_get_timeout(self->daemon, &wait_ms) != MHD_YES)
    return FALSE;
  *timeout = (int)MIN(wait_ms, (MHD_UNSIGNED_LONG_LONG)G_MAXINT);
  self->due_us = g_source_get_time(source) + (gint64)*timeout * 1000;
  return wait_ms == 0;
}

static gboolean check(GSource *source) {
  HttpSource *self = (HttpSource *)source;
  return g_source_query_unix_fd(source, self->tag) != 0 || g_source_get_time(source) >= self->due_us;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user) {
  (void)callback, (void)user;
  g_source_set_ready_time(source, -1);
  MHD_run(((HttpSource *)source)->daemon);
  return G_SOURCE_CONTINUE;
}

GSource *mu_http_loop_attach(struct MHD_Daemon *daemon, GMainContext *context) {
  static GSourceFuncs functions = {.prepare = prepare, .check = check, .dispatch = dispatch};
  GSource *source = g_source_new(&functions, sizeof(HttpSource));
  HttpSource *self = (HttpSource *)source;
  self->daemon = daemon;
  self->due_us = NEVER;
  self->tag = g_source_add_unix_fd(source, MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, G_IO_IN);
  g_source_attach(source, context);
  return source;
}

void mu_http_loop_wake(GSource *source) {
  g_source_set_ready_time(source, 0);
}
