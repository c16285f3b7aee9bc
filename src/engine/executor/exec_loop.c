#include "exec_loop.h"
#include "exec_error.h"
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  MuExecFdFunc func;
  gpointer user;
} Watch;

struct MuExecLoop {
  int epoll_fd;
  GHashTable *watches; /* fd to Watch */
  GPtrArray *timers;   /* of MuExecTimer*, those that are on; borrowed */
  gboolean quit;
};

gint64 mu_exec_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (gint64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

MuExecLoop *mu_exec_loop_new(GError **error) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0)
    return mu_exec_error(error, errno, "cannot make an epoll"), NULL;
  MuExecLoop *loop = g_new0(MuExecLoop, 1);
  loop->epoll_fd = fd;
  loop->watches = g_hash_table_new_full(NULL, NULL, NULL, g_free);
  loop->timers = g_ptr_array_new();
  return loop;
}

void mu_exec_loop_free(MuExecLoop *loop) {
  if (!loop)
    return;
  close(loop->epoll_fd);
  g_hash_table_unref(loop->watches);
  g_ptr_array_unref(loop->timers);
  g_free(loop);
}

gboolean mu_exec_loop_add(MuExecLoop *loop, int fd, MuExecFdFunc func, gpointer user, GError **error) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
    return mu_exec_error(error, errno, "cannot watch a descriptor");
  Watch *watch = g_new0(Watch, 1);
  *watch = (Watch){.func = func, .user = user};
  g_hash_table_replace(loop->watches, GINT_TO_POINTER(fd), watch);
  return TRUE;
}

void mu_exec_loop_want(MuExecLoop *loop, int fd, gboolean input, gboolean room) {
  guint32 events = (input ? (guint32)EPOLLIN : 0u) | (room ? (guint32)EPOLLOUT : 0u);
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

void mu_exec_loop_want_write(MuExecLoop *loop, int fd, gboolean want) {
  mu_exec_loop_want(loop, fd, TRUE, want);
}

void mu_exec_loop_remove(MuExecLoop *loop, int fd) {
  if (g_hash_table_remove(loop->watches, GINT_TO_POINTER(fd)))
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void mu_exec_timer_init(MuExecTimer *timer, MuExecLoop *loop, MuExecTimerFunc func, gpointer user) {
  *timer = (MuExecTimer){.loop = loop, .func = func, .user = user};
}

void mu_exec_timer_set(MuExecTimer *timer, gint64 due_ms) {
  if (due_ms == G_MAXINT64)
    due_ms = 0;
  if (timer->due_ms == 0 && due_ms != 0)
    g_ptr_array_add(timer->loop->timers, timer);
  if (timer->due_ms != 0 && due_ms == 0)
    g_ptr_array_remove_fast(timer->loop->timers, timer);
  timer->due_ms = due_ms;
}

void mu_exec_timer_clear(MuExecTimer *timer) {
  if (timer->loop)
    mu_exec_timer_set(timer, 0);
}

static int wait_ms(const MuExecLoop *loop) {
  gint64 due = G_MAXINT64;
  for (guint i = 0; i < loop->timers->len; i++)
    due = MIN(due, ((MuExecTimer *)loop->timers->pdata[i])->due_ms);
  if (due == G_MAXINT64)
    return -1;
  return (int)CLAMP(due - mu_exec_now_ms(), 0, G_MAXINT);
}

/* One timer at a time: its function may set or clear any other. */
static void fire_timers(MuExecLoop *loop) {
  gint64 now = mu_exec_now_ms();
  for (guint i = 0; i < loop->timers->len;) {
    MuExecTimer *timer = loop->timers->pdata[i];
    if (timer->due_ms > now) {
      i++;
      continue;
    }
    mu_exec_timer_set(timer, 0);
    timer->func(timer->user);
    i = 0;
  }
}

static void dispatch(MuExecLoop *loop, int timeout_ms) {
  struct epoll_event events[32];
  int n = epoll_wait(loop->epoll_fd, events, G_N_ELEMENTS(events), timeout_ms);
  for (int i = 0; i < n; i++) {
    const Watch *watch = g_hash_table_lookup(loop->watches, GINT_TO_POINTER(events[i].data.fd));
    if (!watch)
      continue; /* removed by an earlier one of this round */
    Watch call = *watch;
    call.func(call.user, events[i].events);
  }
}

void mu_exec_loop_run(MuExecLoop *loop) {
  while (!loop->quit) {
    dispatch(loop, wait_ms(loop));
    fire_timers(loop);
  }
}

void mu_exec_loop_quit(MuExecLoop *loop) {
  loop->quit = TRUE;
}
