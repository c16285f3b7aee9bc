/* muster pod exec: a command beside a task, over a connection of its own (exec_frame.h). */
#include "cli_client.h"
#include "cli_commands.h"
#include "exec_frame.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define READ_BYTES 16384
#define MOST_WAITING (64 * 1024) /* of input that the connection does not take; then no more is read */

typedef struct {
  int fd;         /* the connection */
  int signals;    /* signalfd; -1: none */
  gboolean tty;   /* the command has a terminal, and ours is raw */
  gboolean reads; /* our standard input goes to it */
  gboolean over;  /* the last frame came */
  int exit_code;
  GByteArray *in;  /* of the connection, not understood yet */
  GByteArray *out; /* to be sent */
  struct termios before;
} Session;

/* ---- the terminal -------------------------------------------------------------------------------------------------------- */

static void add_size(Session *session) {
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
    return;
  const guint8 content[] = {(guint8)(size.ws_row >> 8), (guint8)size.ws_row, (guint8)(size.ws_col >> 8),
                            (guint8)size.ws_col};
  mu_frame_append(session->out, MU_FRAME_SIZE, content, sizeof content);
}

/* What is typed goes to the command's terminal as it is, Ctrl-C included. */
static void make_raw(Session *session) {
  struct termios raw;
  if (!session->tty || tcgetattr(STDIN_FILENO, &session->before) < 0)
    return;
  raw = session->before;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void make_normal(const Session *session) {
  if (session->tty)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &session->before);
}

/* ---- signals --------------------------------------------------------------------------------------------------------------- */

/* Those that would end us are the command's instead; it ends us by its end. */
static void catch_signals(Session *session) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGQUIT);
  sigaddset(&set, SIGWINCH);
  sigprocmask(SIG_BLOCK, &set, NULL);
  session->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_signals(Session *session) {
  struct signalfd_siginfo info;
  while (read(session->signals, &info, sizeof info) == sizeof info) {
    const guint8 number = (guint8)info.ssi_signo;
    if (number == SIGWINCH && session->tty)
      add_size(session);
    else if (number != SIGWINCH)
      mu_frame_append(session->out, MU_FRAME_SIGNAL, &number, 1);
  }
}

/* ---- frames ------------------------------------------------------------------------------------------------------------------ */

static gboolean lose(GError **error, const char *how) {
  g_set_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE, "the connection to the command %s; it is ended", how);
  return FALSE;
}

static gboolean take_frame(Session *session, MuFrameKind kind, const guint8 *content, gsize length, GError **error) {
  if (kind == MU_FRAME_OUTPUT || kind == MU_FRAME_ERROR) {
    FILE *to = kind == MU_FRAME_OUTPUT ? stdout : stderr;
    fwrite(content, 1, length, to);
    fflush(to);
  } else if (kind == MU_FRAME_EXIT && length == 2) {
    session->over = TRUE;
    session->exit_code = content[1] > 0 ? 128 + content[1] : content[0];
  } else if (kind == MU_FRAME_FAILED) {
    g_autofree char *text = g_utf8_make_valid((const char *)content, (gssize)length);
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s", text);
    return FALSE;
  }
  return TRUE;
}

static gboolean take_frames(Session *session, GError **error) {
  gsize done = 0, length = 0, taken = 0;
  const guint8 *content = NULL;
  MuFrameKind kind = MU_FRAME_OUTPUT;
  MuFrameState state = MU_FRAME_PARTIAL;
  while (!session->over && (state = mu_frame_read(session->in->data + done, session->in->len - done, &kind, &content,
                                                  &length, &taken)) == MU_FRAME_WHOLE) {
    if (!take_frame(session, kind, content, length, error))
      return FALSE;
    done += taken;
  }
  g_byte_array_remove_range(session->in, 0, (guint)done);
  return state != MU_FRAME_TOO_LARGE || lose(error, "is out of step");
}

static gboolean receive(Session *session, GError **error) {
  guint8 buffer[READ_BYTES];
  ssize_t n = recv(session->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n <= 0)
    return lose(error, "has ended");
  g_byte_array_append(session->in, buffer, (guint)n);
  return take_frames(session, error);
}

static gboolean send_some(Session *session, GError **error) {
  ssize_t n = send(session->fd, session->out->data, session->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n < 0)
    return receive(session, error); /* what it said last */
  g_byte_array_remove_range(session->out, 0, (guint)n);
  return TRUE;
}

/* Its end is told as well. */
static void read_input(Session *session) {
  guint8 buffer[READ_BYTES];
  ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  session->reads = n > 0;
  mu_frame_append(session->out, MU_FRAME_INPUT, buffer, n > 0 ? (gsize)n : 0);
}

static gboolean turn(Session *session, GError **error) {
  gboolean may_read = session->reads && session->out->len < MOST_WAITING;
  struct pollfd all[] = {
      {.fd = session->fd, .events = (short)(POLLIN | (session->out->len > 0 ? POLLOUT : 0))},
      {.fd = session->signals, .events = POLLIN},
      {.fd = may_read ? STDIN_FILENO : -1, .events = POLLIN},
  };
  if (poll(all, G_N_ELEMENTS(all), -1) < 0)
    return errno == EINTR || lose(error, g_strerror(errno));
  if ((all[0].revents & ~POLLOUT) != 0 && !receive(session, error))
    return FALSE;
  if (all[1].revents != 0)
    take_signals(session);
  if (all[2].revents != 0)
    read_input(session);
  return session->over || session->out->len == 0 || send_some(session, error);
}

/* ---- the command -------------------------------------------------------------------------------------------------------------- */

static char *make_body(const MuCliCall *call) {
  g_autoptr(json_t) words = json_array(), body = NULL;
  struct winsize size = {0};
  gboolean tty = mu_cli_has(call, "tty");
  for (guint i = 2; i < call->n_args; i++)
    json_array_append_new(words, json_string(call->args[i]));
  body = json_pack("{s:O,s:b}", "cmd", words, "tty", tty);
  if (tty && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
    mu_json_set_int(body, "rows", size.ws_row);
    mu_json_set_int(body, "columns", size.ws_col);
  }
  const char *term = tty ? g_getenv("TERM") : NULL;
  if (term != NULL && *term != '\0')
    mu_json_set_string(body, "term", term);
  return mu_json_to_string(body);
}

static char *make_path(const MuCliCall *call) {
  const char *task = mu_cli_text(call, "task");
  g_autofree char *name =
      task == NULL ? g_strdup(mu_cli_arg(call, 1)) : g_strconcat(mu_cli_arg(call, 1), "-", task, NULL);
  return mu_cli_path("/v1/service/%s/exec/%s", mu_cli_arg(call, 0), name);
}

static gboolean converse(Session *session, GError **error) {
  catch_signals(session);
  make_raw(session);
  if (!session->reads && !session->tty)
    mu_frame_append(session->out, MU_FRAME_INPUT, NULL, 0);
  gboolean ok = take_frames(session, error);
  while (ok && !session->over)
    ok = turn(session, error);
  make_normal(session);
  close(session->signals);
  return ok;
}

gboolean mu_cli_pod_exec(MuCliCall *call, GError **error) {
  if (mu_cli_has(call, "tty") && !isatty(STDIN_FILENO)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--tty needs a terminal on standard input");
    return FALSE;
  }
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  g_autoptr(GByteArray) in = g_byte_array_new(), out = g_byte_array_new();
  g_autofree char *path = make_path(call), *body = make_body(call);
  int fd = client == NULL ? -1 : mu_cli_client_upgrade(client, path, MU_FRAME_PROTOCOL, body, in, error);
  if (fd < 0)
    return FALSE;
  Session session = {
      .fd = fd, .tty = mu_cli_has(call, "tty"), .reads = mu_cli_has(call, "interactive"), .in = in, .out = out};
  gboolean ok = converse(&session, error);
  close(fd);
  call->exit_code = session.exit_code;
  return ok;
}
