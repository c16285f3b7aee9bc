/* The executor's loop: one epoll, timers as deadlines. No threads; with nothing due it sleeps without a timeout, so an
 * idle pod costs no wake-ups. */
#ifndef MU_EXEC_LOOP_H
#define MU_EXEC_LOOP_H
#include <glib.h>

typedef struct MuExecLoop MuExecLoop;
typedef void (*MuExecFdFunc)(gpointer user, guint32 events);
typedef void (*MuExecTimerFunc)(gpointer user);

/* Owned by whoever embeds it; must be cleared before its memory goes. */
typedef struct {
  MuExecLoop *loop;
  gint64 due_ms; /* monotonic; 0: off */
  MuExecTimerFunc func;
  gpointer user;
} MuExecTimer;

MuExecLoop *mu_exec_loop_new(GError **error);
void mu_exec_loop_free(MuExecLoop *loop);
/* Watches for input (level-triggered); `func` must tolerate a call with nothing to read. Errno in `error`. */
gboolean mu_exec_loop_add(MuExecLoop *loop, int fd, MuExecFdFunc func, gpointer user, GError **error);
/* Also call `func` when the fd can be written. */
void mu_exec_loop_want_write(MuExecLoop *loop, int fd, gboolean want);
/* Call it for input, for room to write, for both, or for neither: an end or an error is told all the same. */
void mu_exec_loop_want(MuExecLoop *loop, int fd, gboolean input, gboolean room);
/* Before the fd is closed. */
void mu_exec_loop_remove(MuExecLoop *loop, int fd);
void mu_exec_timer_init(MuExecTimer *timer, MuExecLoop *loop, MuExecTimerFunc func, gpointer user);
/* Fires once at `due_ms` (monotonic milliseconds); replaces an earlier setting; 0 or G_MAXINT64 turns it off. */
void mu_exec_timer_set(MuExecTimer *timer, gint64 due_ms);
void mu_exec_timer_clear(MuExecTimer *timer);
void mu_exec_loop_run(MuExecLoop *loop);
void mu_exec_loop_quit(MuExecLoop *loop);
gint64 mu_exec_now_ms(void); /* monotonic */
#endif
