/* libmicrohttpd on a GLib main loop: its epoll descriptor is polled, its time limits are the loop's timeout. It has neither
 * a thread nor a timer of its own, so that an idle server wakes up for nothing. */
#ifndef MU_HTTP_LOOP_H
#define MU_HTTP_LOOP_H
#include <glib.h>
#include <microhttpd.h>

/* Attaches a source that runs the daemon, which must have been started with MHD_USE_EPOLL and without a thread. The caller
 * destroys and unrefs it before stopping the daemon. */
GSource *mu_http_loop_attach(struct MHD_Daemon *daemon, GMainContext *context);
/* Runs the daemon at the loop's next turn: after a connection was resumed, of which its epoll descriptor knows nothing. */
void mu_http_loop_wake(GSource *source);

#endif
