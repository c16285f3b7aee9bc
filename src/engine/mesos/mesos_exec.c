/* Commands beside tasks, by the agents' API (operator-http-api.md): LAUNCH_NESTED_CONTAINER_SESSION runs one in a container below the
 * task's and sends what it prints for as long as the connection lives; ATTACH_CONTAINER_INPUT takes its input, and
 * WAIT_NESTED_CONTAINER tells how it ended. Between them and who asked for the command stands a session here, which keeps no more than
 * it was promised: whoever does not read makes the other side wait. */
#include "agent.pb-c.h"
#include "ids.h"
#include "mesos_private.h"
#include "mesos_wire.h"
#include "record_io.h"
#include <muster/error.h>

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENT_PATH "/api/v1"
#define RECORD_IO "application/recordio"
#define MAX_SESSIONS 64
#define MOST_WAITING (256 * 1024) /* of output, or of input, that its taker does not take */
#define RECORD_MAX_BYTES (4 * 1024 * 1024)
#define END_OF_INPUT "\004" /* as a terminal has it */

typedef struct {
  MuMesos *mesos;
  int fd; /* of who asked for the command */
  GSource *readable, *writable;
  GSource *begun;       /* the agent has answered: its input and its end are asked about next */
  GByteArray *received; /* of it, less than a frame */
  GByteArray *waiting;  /* for it */
  GByteArray *upload;   /* records of input that the agent has not taken yet */
  MuMesosTransfer *session, *input, *wait;
  MuRecordIo *records;
  MuArena *arena;
  char *agent_url, *container, *task_container, *executor_container;
  gboolean tty, input_ends, output_ended, knows_end, ended;
  int status; /* as of waitpid */
} Session;

static void end(Session *session);

/* ---- messages ------------------------------------------------------------------------------------------------------------ */

typedef struct {
  Mesos__ContainerID own, task, executor;
} Container;

/* Nested in the task's, which is in its executor's. */
static Mesos__ContainerID *name_container(const Session *session, Container *container) {
  mesos__container_id__init(&container->own);
  mesos__container_id__init(&container->task);
  mesos__container_id__init(&container->executor);
  container->own.value = session->container;
  container->own.parent = &container->task;
  container->task.value = session->task_container;
  container->executor.value = session->executor_container;
  if (session->executor_container != NULL)
    container->task.parent = &container->executor;
  return &container->own;
}

static MuMesosTransfer *send_call(Session *session, const Mesos__AgentCall *call, const char *accept,
                                  const MuMesosHttpFuncs *funcs) {
  const char *type = mu_wire_media_type(MU_WIRE_PROTOBUF);
  g_autofree char *url = g_strconcat(session->agent_url, AGENT_PATH, NULL);
  g_autoptr(GBytes) body = mu_wire_encode(&call->base, MU_WIRE_PROTOBUF);
  const MuMesosRequest request = {
      .url = url, .body = body, .content_type = type, .accept = accept, .message_accept = type};
  return mu_mesos_http_send(mu_mesos_client_http(session->mesos->client), &request, funcs, session);
}

static void add_record(Session *session, Mesos__AgentCall__AttachContainerInput *input) {
  Mesos__AgentCall call = MESOS__AGENT_CALL__INIT;
  call.has_type = TRUE;
  call.type = MESOS__AGENT_CALL__TYPE__ATTACH_CONTAINER_INPUT;
  call.attach_container_input = input;
  input->has_type = TRUE;
  g_autoptr(GBytes) bytes = mu_wire_encode(&call.base, MU_WIRE_PROTOBUF);
  mu_record_io_append(session->upload, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
  if (session->input != NULL)
    mu_mesos_transfer_resume(session->input);
}

static void add_process_io(Session *session, Mesos__ProcessIO *io) {
  Mesos__AgentCall__AttachContainerInput input = MESOS__AGENT_CALL__ATTACH_CONTAINER_INPUT__INIT;
  input.type = MESOS__AGENT_CALL__ATTACH_CONTAINER_INPUT__TYPE__PROCESS_IO;
  input.process_io = io;
  io->has_type = TRUE;
  add_record(session, &input);
}

static void add_input(Session *session, const guint8 *bytes, gsize length) {
  Mesos__ProcessIO io = MESOS__PROCESS_IO__INIT;
  Mesos__ProcessIO__Data data = MESOS__PROCESS_IO__DATA__INIT;
  data.has_type = data.has_data = TRUE;
  data.type = MESOS__PROCESS_IO__DATA__TYPE__STDIN;
  data.data = (ProtobufCBinaryData){length, (guint8 *)bytes};
  io.type = MESOS__PROCESS_IO__TYPE__DATA;
  io.data = &data;
  add_process_io(session, &io);
}

static void add_size(Session *session, const guint8 *content) {
  Mesos__ProcessIO io = MESOS__PROCESS_IO__INIT;
  Mesos__ProcessIO__Control control = MESOS__PROCESS_IO__CONTROL__INIT;
  Mesos__TTYInfo tty = MESOS__TTYINFO__INIT;
  Mesos__TTYInfo__WindowSize size = MESOS__TTYINFO__WINDOW_SIZE__INIT;
  size.rows = (guint32)(content[0] << 8 | content[1]);
  size.columns = (guint32)(content[2] << 8 | content[3]);
  tty.window_size = &size;
  control.has_type = TRUE;
  control.type = MESOS__PROCESS_IO__CONTROL__TYPE__TTY_INFO;
  control.tty_info = &tty;
  io.type = MESOS__PROCESS_IO__TYPE__CONTROL;
  io.control = &control;
  add_process_io(session, &io);
}

/* ---- to who asked -------------------------------------------------------------------------------------------------------- */

static void drop(GSource **source) {
  if (*source == NULL)
    return;
  g_source_destroy(*source);
  g_clear_pointer(source, g_source_unref);
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer user);

static void watch(Session *session, GSource **source, GIOCondition condition, GUnixFDSourceFunc func) {
  if (*source != NULL)
    return;
  *source = g_unix_fd_source_new(session->fd, condition);
  g_source_set_callback(*source, G_SOURCE_FUNC(func), session, NULL);
  g_source_attach(*source, session->mesos->context);
}

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
  if (session->waiting->len > 0)
    watch(session, &session->writable, G_IO_OUT, on_writable);
  else
    drop(&session->writable);
  if (session->ended && session->waiting->len == 0) {
    end(session);
    return FALSE;
  }
  if (session->session != NULL)
    mu_mesos_transfer_hold(session->session, session->waiting->len >= MOST_WAITING);
  return TRUE;
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer user) {
  (void)fd, (void)condition;
  flush(user);
  return G_SOURCE_CONTINUE;
}

static void finish(Session *session, MuFrameKind kind, const void *content, gsize length) {
  if (session->ended)
    return;
  mu_frame_append(session->waiting, kind, content, length);
  session->ended = TRUE;
  flush(session);
}

static void fail(Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void fail(Session *session, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  finish(session, MU_FRAME_FAILED, text, strlen(text));
}

/* The output has ended, and how the command did is known. */
static void finish_when_all_is_known(Session *session) {
  if (!session->output_ended || session->wait != NULL || session->begun != NULL)
    return;
  int status = session->status;
  const guint8 how[] = {WIFEXITED(status) ? (guint8)WEXITSTATUS(status) : 0,
                        WIFSIGNALED(status) ? (guint8)WTERMSIG(status) : 0};
  if (session->knows_end)
    finish(session, MU_FRAME_EXIT, how, sizeof how);
  else
    fail(session, "the command has ended, and the agent does not say how");
}

/* ---- from who asked ------------------------------------------------------------------------------------------------------ */

static void on_killed(const MuMesosReply *reply, gpointer user) {
  (void)reply, (void)user; /* a command that has ended meanwhile is no trouble */
}

static void send_signal(Session *session, int number) {
  static const MuMesosHttpFuncs funcs = {.done = on_killed};
  Container container;
  Mesos__AgentCall call = MESOS__AGENT_CALL__INIT;
  Mesos__AgentCall__KillNestedContainer kill_call = MESOS__AGENT_CALL__KILL_NESTED_CONTAINER__INIT;
  kill_call.container_id = name_container(session, &container);
  kill_call.has_signal = TRUE;
  kill_call.signal = number;
  call.has_type = TRUE;
  call.type = MESOS__AGENT_CALL__TYPE__KILL_NESTED_CONTAINER;
  call.kill_nested_container = &kill_call;
  send_call(session, &call, mu_wire_media_type(MU_WIRE_PROTOBUF), &funcs);
}

static void take_frame(Session *session, MuFrameKind kind, const guint8 *content, gsize length) {
  if (kind == MU_FRAME_INPUT && length > 0 && !session->input_ends)
    add_input(session, content, length);
  else if (kind == MU_FRAME_INPUT && !session->input_ends) {
    add_input(session, (const guint8 *)END_OF_INPUT, session->tty ? 1 : 0); /* nothing: the end */
    session->input_ends = TRUE;
  } else if (kind == MU_FRAME_SIZE && length == 4 && session->tty)
    add_size(session, content);
  else if (kind == MU_FRAME_SIGNAL && length == 1 && content[0] > 0)
    send_signal(session, content[0]);
}

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
  return state != MU_FRAME_TOO_LARGE;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer user) {
  (void)condition;
  Session *session = user;
  guint8 buffer[16384];
  ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (n > 0)
    g_byte_array_append(session->received, buffer, (guint)n);
  if (n <= 0 || !take_frames(session))
    end(session);
  else if (session->upload->len >= MOST_WAITING)
    drop(&session->readable); /* until the agent has taken some */
  return G_SOURCE_CONTINUE;
}

/* ---- the agent's answers --------------------------------------------------------------------------------------------------- */

static gssize give_input(guint8 *bytes, gsize max, gpointer user) {
  Session *session = user;
  gsize n = MIN(max, session->upload->len);
  if (n == 0)
    return session->input_ends && !session->tty ? -1 : 0;
  memcpy(bytes, session->upload->data, n);
  g_byte_array_remove_range(session->upload, 0, (guint)n);
  if (session->upload->len < MOST_WAITING)
    watch(session, &session->readable, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable);
  return (gssize)n;
}

/* A command that has ended takes no more; how it did comes otherwise. */
static void on_input_over(const MuMesosReply *reply, gpointer user) {
  (void)reply;
  ((Session *)user)->input = NULL;
}

static void on_wait_over(const MuMesosReply *reply, gpointer user) {
  Session *session = user;
  g_autoptr(MuArena) arena = mu_arena_new();
  session->wait = NULL;
  const Mesos__AgentResponse *response =
      reply->status != 200 ? NULL
                           : mu_wire_decode(arena, &mesos__agent_response__descriptor, MU_WIRE_PROTOBUF,
                                            (const guint8 *)reply->body, reply->body_length, NULL);
  if (response != NULL && response->wait_nested_container != NULL && response->wait_nested_container->has_exit_status) {
    session->knows_end = TRUE;
    session->status = response->wait_nested_container->exit_status;
  }
  finish_when_all_is_known(session);
}

static void attach_input(Session *session) {
  static const MuMesosHttpFuncs funcs = {.give = give_input, .done = on_input_over};
  const char *type = mu_wire_media_type(MU_WIRE_PROTOBUF);
  g_autofree char *url = g_strconcat(session->agent_url, AGENT_PATH, NULL);
  const MuMesosRequest request = {.url = url, .content_type = RECORD_IO, .message_content_type = type, .accept = type};
  session->input = mu_mesos_http_send(mu_mesos_client_http(session->mesos->client), &request, &funcs, session);
}

static void ask_for_end(Session *session) {
  static const MuMesosHttpFuncs funcs = {.done = on_wait_over};
  Container container;
  Mesos__AgentCall call = MESOS__AGENT_CALL__INIT;
  Mesos__AgentCall__WaitNestedContainer wait_call = MESOS__AGENT_CALL__WAIT_NESTED_CONTAINER__INIT;
  wait_call.container_id = name_container(session, &container);
  call.has_type = TRUE;
  call.type = MESOS__AGENT_CALL__TYPE__WAIT_NESTED_CONTAINER;
  call.wait_nested_container = &wait_call;
  session->wait = send_call(session, &call, mu_wire_media_type(MU_WIRE_PROTOBUF), &funcs);
}

static gboolean go_on(gpointer user) {
  Session *session = user;
  g_clear_pointer(&session->begun, g_source_unref);
  attach_input(session);
  ask_for_end(session);
  return G_SOURCE_REMOVE;
}

/* The container is there; further requests are made outside of this one's callback. */
static void on_begun(const MuMesosReply *reply, gpointer user) {
  (void)reply;
  Session *session = user;
  session->begun = g_idle_source_new();
  g_source_set_priority(session->begun, G_PRIORITY_DEFAULT);
  g_source_set_callback(session->begun, go_on, session, NULL);
  g_source_attach(session->begun, session->mesos->context);
}

static gboolean on_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  Session *session = user;
  mu_arena_reset(session->arena);
  const Mesos__ProcessIO *io =
      mu_wire_decode(session->arena, &mesos__process_io__descriptor, MU_WIRE_PROTOBUF, record, length, error);
  if (io == NULL)
    return FALSE;
  if (io->data != NULL && io->data->data.len > 0)
    mu_frame_append(session->waiting,
                    io->data->type == MESOS__PROCESS_IO__DATA__TYPE__STDERR ? MU_FRAME_ERROR : MU_FRAME_OUTPUT,
                    io->data->data.data, io->data->data.len);
  return TRUE;
}

static gboolean on_output(const guint8 *bytes, gsize length, gpointer user) {
  Session *session = user;
  return mu_record_io_feed(session->records, bytes, length, NULL) && flush(session);
}

static void on_session_over(const MuMesosReply *reply, gpointer user) {
  Session *session = user;
  session->session = NULL;
  session->output_ended = TRUE;
  g_autofree char *words =
      g_utf8_make_valid(reply->body == NULL ? "" : reply->body, (gssize)MIN(reply->body_length, 300));
  if (reply->status == 401 || reply->status == 403)
    fail(session, "the agent does not let us run commands (%u): its ACLs", reply->status);
  else if (reply->status != 200)
    fail(session, "the agent at %s: %s%s", session->agent_url, reply->failure != NULL ? reply->failure : "",
         g_strstrip(words));
  else if (reply->failure != NULL)
    fail(session, "the connection to the agent at %s: %s", session->agent_url, reply->failure);
  else
    finish_when_all_is_known(session);
}

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

static void cancel(MuMesosTransfer **transfer) {
  if (*transfer != NULL)
    mu_mesos_transfer_cancel(*transfer);
  *transfer = NULL;
}

static void end(Session *session) {
  g_ptr_array_remove_fast(session->mesos->sessions, session);
  cancel(&session->input);
  cancel(&session->wait);
  cancel(&session->session); /* with its connection the agent ends the command */
  drop(&session->begun);
  drop(&session->readable);
  drop(&session->writable);
  close(session->fd);
  mu_record_io_free(session->records);
  mu_arena_free(session->arena);
  g_byte_array_unref(session->received);
  g_byte_array_unref(session->waiting);
  g_byte_array_unref(session->upload);
  g_free(session->agent_url);
  g_free(session->container);
  g_free(session->task_container);
  g_free(session->executor_container);
  g_free(session);
}

static Session *session_new(MuMesos *mesos, const MuMesosTaskPlace *place, const char *agent_url, int take_fd) {
  Session *session = g_new0(Session, 1);
  session->mesos = mesos;
  session->fd = take_fd;
  session->received = g_byte_array_new();
  session->waiting = g_byte_array_new();
  session->upload = g_byte_array_new();
  session->arena = mu_arena_new();
  session->records = mu_record_io_new(RECORD_MAX_BYTES, on_record, session);
  session->agent_url = g_strdup(agent_url);
  session->container = g_uuid_string_random();
  session->task_container = g_strdup(place->container_id);
  session->executor_container = g_strdup(place->parent_container_id);
  g_ptr_array_add(mesos->sessions, session);
  watch(session, &session->readable, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable);
  return session;
}

/* The first record names the container. */
static void begin_input(Session *session) {
  Container container;
  Mesos__AgentCall__AttachContainerInput input = MESOS__AGENT_CALL__ATTACH_CONTAINER_INPUT__INIT;
  input.type = MESOS__AGENT_CALL__ATTACH_CONTAINER_INPUT__TYPE__CONTAINER_ID;
  input.container_id = name_container(session, &container);
  add_record(session, &input);
}

/* Through a shell, which looks along the task's PATH. */
static Mesos__CommandInfo *write_command(MuArena *arena, const MuExecRequest *request) {
  static const char *const SHELL[] = {"sh", "-c", "exec \"$@\"", "sh"};
  Mesos__CommandInfo *command = mu_wire_new(arena, &mesos__command_info__descriptor);
  gsize n = g_strv_length((char **)request->argv);
  command->has_shell = TRUE;
  command->shell = FALSE;
  command->value = (char *)"/bin/sh";
  command->arguments = mu_wire_array(arena, char, n + G_N_ELEMENTS(SHELL));
  for (gsize i = 0; i < G_N_ELEMENTS(SHELL); i++)
    command->arguments[command->n_arguments++] = (char *)SHELL[i];
  for (gsize i = 0; i < n; i++)
    command->arguments[command->n_arguments++] = (char *)request->argv[i];
  if (request->term == NULL)
    return command;
  Mesos__Environment__Variable *term = mu_wire_new(arena, &mesos__environment__variable__descriptor);
  term->name = (char *)"TERM";
  term->has_type = TRUE;
  term->type = MESOS__ENVIRONMENT__VARIABLE__TYPE__VALUE;
  term->value = (char *)request->term;
  command->environment = mu_wire_new(arena, &mesos__environment__descriptor);
  command->environment->variables = mu_wire_array(arena, Mesos__Environment__Variable, 1);
  command->environment->variables[command->environment->n_variables++] = term;
  return command;
}

static Mesos__ContainerInfo *write_terminal(MuArena *arena, const MuExecRequest *request) {
  Mesos__ContainerInfo *container = mu_wire_new(arena, &mesos__container_info__descriptor);
  container->type = MESOS__CONTAINER_INFO__TYPE__MESOS;
  container->tty_info = mu_wire_new(arena, &mesos__ttyinfo__descriptor);
  if (request->rows == 0 || request->columns == 0)
    return container;
  container->tty_info->window_size = mu_wire_new(arena, &mesos__ttyinfo__window_size__descriptor);
  container->tty_info->window_size->rows = request->rows;
  container->tty_info->window_size->columns = request->columns;
  return container;
}

static void begin(Session *session, const MuExecRequest *request) {
  static const MuMesosHttpFuncs funcs = {.begun = on_begun, .take = on_output, .done = on_session_over};
  g_autoptr(MuArena) arena = mu_arena_new();
  Container container;
  Mesos__AgentCall call = MESOS__AGENT_CALL__INIT;
  Mesos__AgentCall__LaunchNestedContainerSession launch = MESOS__AGENT_CALL__LAUNCH_NESTED_CONTAINER_SESSION__INIT;
  launch.container_id = name_container(session, &container);
  launch.command = write_command(arena, request);
  launch.container = request->tty ? write_terminal(arena, request) : NULL;
  call.has_type = TRUE;
  call.type = MESOS__AGENT_CALL__TYPE__LAUNCH_NESTED_CONTAINER_SESSION;
  call.launch_nested_container_session = &launch;
  session->tty = request->tty;
  begin_input(session);
  session->session = send_call(session, &call, RECORD_IO, &funcs);
}

/* ---- the vtable ---------------------------------------------------------------------------------------------------------- */

static gboolean find_place(MuMesos *mesos, const MuTaskPlace *task, MuMesosTaskPlace *ret_place, const char **ret_url,
                           GError **error) {
  if (!mu_mesos_places_task(mesos->places, task->task_id, ret_place) || ret_place->container_id == NULL ||
      ret_place->agent_id == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "nothing was heard of a container of %s: it does not run yet",
                task->task_id);
    return FALSE;
  }
  *ret_url = mu_mesos_places_agent(mesos->places, ret_place->agent_id);
  if (*ret_url != NULL && mesos->sessions->len < MAX_SESSIONS)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE,
              *ret_url == NULL ? "the address of the agent of %s is not known yet: its next offer tells it"
                               : "%s: too many commands run in tasks already",
              task->task_id);
  return FALSE;
}

gboolean mu_mesos_exec(MuEngine *engine, const MuTaskPlace *task, const MuExecRequest *request, int fd,
                       GError **error) {
  MuMesos *mesos = (MuMesos *)engine;
  MuMesosTaskPlace place = {0};
  const char *url = NULL;
  gboolean found = find_place(mesos, task, &place, &url, error);
  if (!found || fd < 0)
    return found;
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own >= 0)
    begin(session_new(mesos, &place, url, own), request);
  return own >= 0;
}

void mu_mesos_end_sessions(MuMesos *mesos) {
  while (mesos->sessions->len > 0)
    end(mesos->sessions->pdata[0]);
}
