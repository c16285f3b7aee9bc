/* As much of an HTTP client as the benchmark needs, over the scheduler's unix socket, with nothing between it and the
 * numbers: one connection for requests, kept open, and one for the event stream. A failure ends the program. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H
#include <glib.h>
#include <signal.h>

typedef struct {
  int fd;
  GString *in;     /* read and not consumed */
  GString *events; /* the event stream's text, out of its chunks; `taken` bytes of it are consumed */
  gsize taken;
} BenchHttp;

/* FALSE when nobody listens (yet). */
gboolean bench_http_connect(BenchHttp *http, const char *socket_path);
void bench_http_close(BenchHttp *http);
/* Sends the request and waits for its answer; `body` may be NULL. Returns the status; the answer's text is the caller's. */
guint bench_http_request(BenchHttp *http, const char *method, const char *path, const char *body, char **ret_text);

/* Turns the connection into an event stream. */
void bench_http_follow(BenchHttp *http);
/* The next event's data, which the caller frees; ends the program after `timeout_ms` without one. */
char *bench_http_next_event(BenchHttp *http, gint64 timeout_ms);

void bench_die(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
/* Called by bench_die before it ends the program: cleans up. */
extern void (*bench_at_death)(void);
/* Set by a signal: the next wait ends the program. */
extern volatile sig_atomic_t bench_interrupted;
#endif
