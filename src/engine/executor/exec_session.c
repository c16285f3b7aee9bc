#include "exec_session.h"
#include "exec_error.h"
#include "exec_image.h"
#include "exec_tree.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES 16384
#define MOST_WAITING (256 * 1024) /* of output that the connection does not take; then the command waits */
#define DRAINS 64                 /* reads of what a command left in its pipes: they hold no more */
#define END_OF_INPUT "\004"       /* as a terminal has it */

typedef struct {
  MuExecTask *task;
  int fd; /* the connection */
  int in, out,
      err; /* ours of the command's; -1: closed. With a terminal `in` and `out` are it, and there is no `err` */
  gboolean tty;
  pid_t pid;                                              /* 0: it does not run */
  GByteArray *received;                                   /* of the connection, less than a frame */
  GByteArray *input;                                      /* that the command has not taken yet */
  GByteArray *waiting;                                    /* to be sent */
  gboolean input_ends, watches_in, watches_output, ended; /* ended: the last frame waits to be sent */
} Session;

static void watch_output(Session *session, gboolean want);
static void watch_connection(Session *session);

/* ---- the end ------------------------------------------------------------------------------------------------------------- */

static void close_watched(Session *session, int *fd) {
  if (*fd < 0)
    return;
  mu_exec_loop_remove(session->task->host->loop, *fd);
  close(*fd);
  *fd = -1;
}

/* It is reaped as one that nobody asks about any more. */
static void kill_command(Session *session) {
  if (session->pid <= 0)
    return;
  mu_exec_tree_kill_below(session->pid);
  kill(-session->pid, SIGKILL);
  session->pid = 0;
}

static void session_free(Session *session) {
  kill_command(session);
  close_watched(session, &session->in);
  close_watched(session, &session->out);
  close_watched(session, &session->err);
  close_watched(session, &session->fd);
  g_byte_array_unref(session->received);
  g_byte_array_unref(session->input);
  g_byte_array_unref(session->waiting);
  g_free(session);
}

static void end(Session *session) {
  g_ptr_array_remove_fast(session->task->sessions, session);
  session_free(session);
}

/* ---- to the connection ----------------------------------------------------------------------------------------------------- */

/* FALSE: the session is over, and gone. */
static gboolean flush(Session *session) {
  while (session->waiting->len > 0) {
    ssize_t n = send(session->fd, session->waiting->data, session->waiting->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      break;
    if (n < 0) {
      end(session);
      return FALSE;
    }
    g_byte_array_remove_range(session->waiting, 0, (guint)n);
  }
  if (session->ended && session->waiting->len == 0) {
    shutdown(session->fd, SHUT_WR);
    end(session);
    return FALSE;
  }
  watch_connection(session);
  watch_output(session, session->waiting->len < MOST_WAITING);
  return TRUE;
}

static gboolean finish(Session *session, MuFrameKind kind, const void *content, gsize length) {
  mu_frame_append(session->waiting, kind, content, length);
  session->ended = TRUE;
  return flush(session);
}

/* ---- from the command ------------------------------------------------------------------------------------------------------ */

/* TRUE when there may be more; at its end the descriptor is closed. */
static gboolean take_output(Session *session, int *fd, MuFrameKind kind) {
  static guint8 buffer[READ_BYTES];
  ssize_t n = *fd < 0 ? 0 : read(*fd, buffer, sizeof buffer);
  if (n > 0)
    mu_frame_append(session->waiting, kind, buffer, (gsize)n);
  else if (*fd >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR))) /* a terminal that nobody has says EIO */
    close_watched(session, fd);
  return n > 0;
}

static void on_out(gpointer user, guint32 events) {
  (void)events;
  Session *session = user;
  take_output(session, &session->out, MU_FRAME_OUTPUT);
  flush(session);
}

static void on_err(gpointer user, guint32 events) {
  (void)events;
  Session *session = user;
  take_output(session, &session->err, MU_FRAME_ERROR);
  flush(session);
}

static void watch_output(Session *session, gboolean want) {
  MuExecLoop *loop = session->task->host->loop;
  if (session->watches_output == want)
    return;
  session->watches_output = want;
  if (session->out >= 0 && want)
    mu_exec_loop_add(loop, session->out, on_out, session, NULL);
  else if (session->out >= 0)
    mu_exec_loop_remove(loop, session->out);
  if (session->err >= 0 && want)
    mu_exec_loop_add(loop, session->err, on_err, session, NULL);
  else if (session->err >= 0)
    mu_exec_loop_remove(loop, session->err);
}

/* ---- to the command -------------------------------------------------------------------------------------------------------- */

static void on_room(gpointer user, guint32 events);

static void watch_in(Session *session, gboolean want) {
  MuExecLoop *loop = session->task->host->loop;
  if (session->in < 0 || session->watches_in == want)
    return;
  session->watches_in = want;
  if (!want)
    mu_exec_loop_remove(loop, session->in);
  else if (mu_exec_loop_add(loop, session->in, on_room, session, NULL))
    mu_exec_loop_want(loop, session->in, FALSE, TRUE);
}

/* Input that the command does not take is left in the connection, so that its sender waits. */
static void watch_connection(Session *session) {
  mu_exec_loop_want(session->task->host->loop, session->fd, session->input->len <= MU_FRAME_MAX_BYTES,
                    session->waiting->len > 0);
}

static void give_input(Session *session) {
  while (session->in >= 0 && session->input->len > 0) {
    ssize_t n = write(session->in, session->input->data, session->input->len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      break;
    if (n < 0) { /* the command reads no more */
      close_watched(session, &session->in);
      break;
    }
    g_byte_array_remove_range(session->input, 0, (guint)n);
  }
  if (session->input_ends && session->input->len == 0 && !session->tty)
    close_watched(session, &session->in);
  watch_in(session, session->input->len > 0);
  watch_connection(session);
}

static void on_room(gpointer user, guint32 events) {
  (void)events;
  give_input(user);
}

static void end_input(Session *session) {
  if (session->tty)
    g_byte_array_append(session->input, (const guint8 *)END_OF_INPUT, 1);
  session->input_ends = TRUE;
}

static void set_size(const Session *session, const guint8 *content) {
  const struct winsize size = {.ws_row = (unsigned short)(content[0] << 8 | content[1]),
                               .ws_col = (unsigned short)(content[2] << 8 | content[3])};
  if (session->tty && session->out >= 0)
    ioctl(session->out, TIOCSWINSZ, &size);
}

static void take_frame(Session *session, MuFrameKind kind, const guint8 *content, gsize length) {
  if (kind == MU_FRAME_INPUT && length == 0)
    end_input(session);
  else if (kind == MU_FRAME_INPUT && !session->input_ends)
    g_byte_array_append(session->input, content, (guint)length);
  else if (kind == MU_FRAME_SIZE && length == 4)
    set_size(session, content);
  else if (kind == MU_FRAME_SIGNAL && length == 1 && session->pid > 0 && content[0] > 0 && content[0] < NSIG)
    kill(-session->pid, content[0]);
}

/* FALSE: what came is no frame. */
static gboolean take_frames(Session *session) {
  gsize done = 0, length = 0, taken = 0;
  const guint8 *content = NULL;
  MuFrameKind kind = MU_FRAME_INPUT;
  MuFrameState state;
  while ((state = mu_frame_read(session->received->data + done, session->received->len - done, &kind, &content, &length,
                                &taken)) == MU_FRAME_WHOLE) {
    take_frame(session, kind, content, length);
    done += taken;
  }
  g_byte_array_remove_range(session->received, 0, (guint)done);
  give_input(session);
  return state != MU_FRAME_TOO_LARGE;
}

static void on_connection(gpointer user, guint32 events) {
  Session *session = user;
  guint8 buffer[READ_BYTES];
  if ((events & EPOLLOUT) && !flush(session))
    return;
  ssize_t n = recv(session->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    end(session);
    return;
  }
  g_byte_array_append(session->received, buffer, (guint)n);
  if (!take_frames(session))
    end(session);
}

/* ---- beginning ------------------------------------------------------------------------------------------------------------- */

/* What the child gets. */
typedef struct {
  int in, out, err;
} Ends;

static void close_ends(Ends *ends) {
  int *const all[] = {&ends->in, &ends->out, &ends->err};
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    if (*all[i] >= 0)
      close(*all[i]);
}

static gboolean open_pipes(Session *session, Ends *ends, GError **error) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) < 0)
    return mu_exec_error(error, errno, "cannot make a pipe");
  ends->in = in[0];
  session->in = in[1];
  if (pipe2(out, O_CLOEXEC) < 0)
    return mu_exec_error(error, errno, "cannot make a pipe");
  session->out = out[0];
  ends->out = out[1];
  if (pipe2(err, O_CLOEXEC) < 0)
    return mu_exec_error(error, errno, "cannot make a pipe");
  session->err = err[0];
  ends->err = err[1];
  return TRUE;
}

/* Of the task's user, who may open it anew. */
static gboolean open_terminal(Session *session, const MuExecRequest *request, Ends *ends, GError **error) {
  const MuExecTaskSpec *spec = session->task->spec;
  const struct winsize size = {.ws_row = request->rows, .ws_col = request->columns};
  char name[64];
  session->out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (session->out < 0 || grantpt(session->out) < 0 || unlockpt(session->out) < 0 ||
      ptsname_r(session->out, name, sizeof name) != 0)
    return mu_exec_error(error, errno, "cannot make a terminal");
  session->in = fcntl(session->out, F_DUPFD_CLOEXEC, 0);
  ends->in = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (session->in < 0 || ends->in < 0)
    return mu_exec_error(error, errno, "cannot open a terminal");
  if (spec->switch_user && fchown(ends->in, spec->uid, (gid_t)-1) < 0)
    return mu_exec_error(error, errno, "cannot give the terminal to the task's user");
  ioctl(session->out, TIOCSWINSZ, &size);
  ends->out = fcntl(ends->in, F_DUPFD_CLOEXEC, 0);
  ends->err = fcntl(ends->in, F_DUPFD_CLOEXEC, 0);
  return ends->out >= 0 && ends->err >= 0;
}

/* Through the shell, which looks along the task's PATH. */
static GPtrArray *make_argv(const MuExecTask *task, const MuExecRequest *request) {
  GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
  const char *const words[] = {"/bin/sh", "-c", "exec \"$@\"", "sh"};
  if (task->launch->image != NULL) {
    g_ptr_array_unref(argv);
    return mu_exec_image_session(task->launch, task->spec, request);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
    g_ptr_array_add(argv, g_strdup(words[i]));
  for (const char *const *word = request->argv; *word != NULL; word++)
    g_ptr_array_add(argv, g_strdup(*word));
  g_ptr_array_add(argv, NULL);
  return argv;
}

static GPtrArray *make_env(char *const *of_task, const MuExecRequest *request) {
  GPtrArray *env = g_ptr_array_new_with_free_func(g_free);
  for (char *const *variable = of_task; *variable != NULL; variable++)
    if (request->term == NULL || !g_str_has_prefix(*variable, "TERM="))
      g_ptr_array_add(env, g_strdup(*variable));
  if (request->term != NULL)
    g_ptr_array_add(env, g_strconcat("TERM=", request->term, NULL));
  g_ptr_array_add(env, NULL);
  return env;
}

static gboolean spawn(Session *session, const MuExecRequest *request, const Ends *ends, GError **error) {
  MuExecTask *task = session->task;
  g_autoptr(GPtrArray) argv = make_argv(task, request);
  MuExecSpawn how = mu_exec_task_plan(task, (char *const *)argv->pdata, NULL, task->launch->image != NULL);
  g_autoptr(GPtrArray) env = make_env(how.envp, request);
  how.envp = (char *const *)env->pdata;
  how.in_fd = ends->in;
  how.out_fd = ends->out;
  how.err_fd = ends->err;
  how.has_terminal = session->tty;
  pid_t pid = mu_exec_spawn(&how, NULL, error);
  if (pid < 0)
    return FALSE;
  session->pid = pid;
  g_hash_table_insert(task->host->children, GINT_TO_POINTER(pid), task);
  return TRUE;
}

static gboolean begin(Session *session, const MuExecRequest *request, GError **error) {
  Ends ends = {-1, -1, -1};
  gboolean ok = (session->tty ? open_terminal(session, request, &ends, error) : open_pipes(session, &ends, error)) &&
                spawn(session, request, &ends, error);
  close_ends(&ends);
  if (!ok)
    return FALSE;
  fcntl(session->in, F_SETFL, O_NONBLOCK | O_WRONLY);
  fcntl(session->out, F_SETFL, O_NONBLOCK);
  if (session->err >= 0)
    fcntl(session->err, F_SETFL, O_NONBLOCK);
  watch_output(session, TRUE);
  return TRUE;
}

static gboolean may_begin(const MuExecTask *task, GError **error) {
  if (task->state != MU_EXEC_TASK_RUNNING)
    return mu_exec_error(error, ESRCH, "the task does not run");
  if (task->sessions->len > MU_EXEC_MAX_SESSIONS)
    return mu_exec_error(error, EBUSY, "the task has %d commands beside it already", MU_EXEC_MAX_SESSIONS);
  return TRUE;
}

void mu_exec_session_start(MuExecTask *task, const MuExecRequest *request, int take_fd) {
  g_autoptr(GError) error = NULL;
  Session *session = g_new0(Session, 1);
  *session = (Session){.task = task, .fd = take_fd, .in = -1, .out = -1, .err = -1, .tty = request->tty};
  session->received = g_byte_array_new();
  session->input = g_byte_array_new();
  session->waiting = g_byte_array_new();
  g_ptr_array_add(task->sessions, session);
  if (!mu_exec_loop_add(task->host->loop, take_fd, on_connection, session, NULL))
    end(session);
  else if (!may_begin(task, &error) || !begin(session, request, &error))
    finish(session, MU_FRAME_FAILED, error->message, strlen(error->message));
}

/* ---- the command's end ------------------------------------------------------------------------------------------------------ */

/* What it has written still, and how it ended. FALSE: all of it is sent, and the session gone. */
static gboolean tell_end(Session *session, guint8 exit_code, guint8 signal) {
  for (guint n = 0; n < DRAINS && take_output(session, &session->out, MU_FRAME_OUTPUT); n++)
    continue;
  for (guint n = 0; n < DRAINS && take_output(session, &session->err, MU_FRAME_ERROR); n++)
    continue;
  const guint8 how[] = {exit_code, signal};
  return finish(session, MU_FRAME_EXIT, how, sizeof how);
}

gboolean mu_exec_session_reaped(MuExecTask *task, pid_t pid, int status) {
  for (guint i = 0; i < task->sessions->len; i++) {
    Session *session = task->sessions->pdata[i];
    if (session->pid != pid)
      continue;
    session->pid = 0;
    kill(-pid, SIGKILL); /* what it left behind */
    tell_end(session, WIFEXITED(status) ? (guint8)WEXITSTATUS(status) : 0,
             WIFSIGNALED(status) ? (guint8)WTERMSIG(status) : 0);
    return TRUE;
  }
  return FALSE;
}

/* As far as the connection takes it: nobody is waited for. */
static void end_with_task(Session *session) {
  gboolean runs = session->pid > 0;
  kill_command(session);
  if (!runs || tell_end(session, 0, SIGKILL))
    end(session);
}

void mu_exec_sessions_end(MuExecTask *task) {
  while (task->sessions->len > 0)
    end_with_task(task->sessions->pdata[0]);
}
