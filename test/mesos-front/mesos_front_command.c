/* A command in a container: what is not of the right shape is refused, as src/slave/http.cpp of Mesos does; what it prints and how it
 * ends is the test's. */
#include "mesos_front_private.h"

#include <string.h>

/* ---- launching ------------------------------------------------------------------------------------------------------------ */

static const char *launch_fault(MuFrontRequest *request, const Mesos__AgentCall__LaunchNestedContainerSession *launch) {
  const Mesos__CommandInfo *command = launch->command;
  if (g_strcmp0(mu_front_header(request, "Accept"), "application/recordio") != 0 ||
      g_strcmp0(mu_front_header(request, "Message-Accept"), "application/x-protobuf") != 0)
    return "Expecting 'Accept' application/recordio with a 'Message-Accept'";
  if (launch->container_id->parent == NULL || launch->container_id->parent->parent == NULL)
    return "Expecting the container to be below a task's";
  if (command == NULL || command->value == NULL || !command->has_shell || command->shell || command->n_arguments < 5)
    return "Expecting a command with arguments";
  if (launch->container != NULL && launch->container->type != MESOS__CONTAINER_INFO__TYPE__MESOS)
    return "Expecting a container of type MESOS";
  return NULL;
}

static void take_launch(MuMesosFront *front, const Mesos__AgentCall__LaunchNestedContainerSession *launch) {
  MuFrontCommand *command = &front->command;
  const Mesos__ContainerID *task = launch->container_id->parent;
  const Mesos__Environment *environment = launch->command->environment;
  g_autoptr(GString) words = g_string_new(NULL);
  for (gsize i = 0; i < launch->command->n_arguments; i++)
    g_string_append_printf(words, "%s%s", i == 0 ? "" : " ", launch->command->arguments[i]);
  mu_mesos_front_command_clear(front);
  mu_mesos_front_command_init(front);
  command->command = g_strdup(words->str);
  command->container = g_strdup_printf("%s.%s", task->parent->value, task->value);
  command->term =
      environment == NULL || environment->n_variables != 1 ? NULL : g_strdup(environment->variables[0]->value);
  command->tty = launch->container != NULL && launch->container->tty_info != NULL;
  if (command->tty && launch->container->tty_info->window_size != NULL) {
    command->rows = launch->container->tty_info->window_size->rows;
    command->columns = launch->container->tty_info->window_size->columns;
  }
  front->command_id = g_strdup(launch->container_id->value);
}

static void on_output_over(gpointer user) {
  MuMesosFront *front = user;
  front->output = NULL;
  front->command.hung_up |= !front->command_ended;
}

static void launch_command(MuMesosFront *front, MuFrontRequest *request,
                           const Mesos__AgentCall__LaunchNestedContainerSession *launch) {
  const char *fault = launch_fault(request, launch);
  if (fault != NULL) {
    mu_front_answer(request, 400, NULL, NULL, fault);
    return;
  }
  take_launch(front, launch);
  front->output = mu_front_answer_stream(request, "application/recordio", "none", on_output_over, front);
}

void mu_mesos_front_print(MuMesosFront *front, gboolean to_stderr, const void *bytes, gsize length) {
  Mesos__ProcessIO io = MESOS__PROCESS_IO__INIT;
  Mesos__ProcessIO__Data data = MESOS__PROCESS_IO__DATA__INIT;
  g_autoptr(GByteArray) record = g_byte_array_new();
  if (front->output == NULL)
    return;
  io.has_type = data.has_type = data.has_data = TRUE;
  io.type = MESOS__PROCESS_IO__TYPE__DATA;
  io.data = &data;
  data.type = to_stderr ? MESOS__PROCESS_IO__DATA__TYPE__STDERR : MESOS__PROCESS_IO__DATA__TYPE__STDOUT;
  data.data = (ProtobufCBinaryData){length, (guint8 *)bytes};
  g_autoptr(GBytes) text = mu_wire_encode(&io.base, MU_WIRE_PROTOBUF);
  mu_record_io_append(record, g_bytes_get_data(text, NULL), g_bytes_get_size(text));
  mu_front_stream_write(front->output, record->data, record->len);
}

/* ---- its end --------------------------------------------------------------------------------------------------------------- */

static gboolean is_it(const MuMesosFront *front, const Mesos__ContainerID *id) {
  return g_strcmp0(id->value, front->command_id) == 0 && id->parent != NULL && id->parent->parent != NULL;
}

static void answer_wait(MuMesosFront *front, MuFrontRequest *request,
                        const Mesos__AgentCall__WaitNestedContainer *wait) {
  Mesos__AgentResponse response = MESOS__AGENT_RESPONSE__INIT;
  Mesos__AgentResponse__WaitNestedContainer ended = MESOS__AGENT_RESPONSE__WAIT_NESTED_CONTAINER__INIT;
  if (!is_it(front, wait->container_id)) {
    mu_front_answer(request, 404, NULL, NULL, "Container cannot be found");
    return;
  }
  front->wait = front->command_ended ? NULL : request;
  if (!front->command_ended)
    return; /* later */
  ended.has_exit_status = TRUE;
  ended.exit_status = front->wait_status;
  response.has_type = TRUE;
  response.type = MESOS__AGENT_RESPONSE__TYPE__WAIT_NESTED_CONTAINER;
  response.wait_nested_container = &ended;
  g_autoptr(GBytes) bytes = mu_wire_encode(&response.base, MU_WIRE_PROTOBUF);
  mu_front_answer_bytes(request, 200, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

void mu_mesos_front_end_command(MuMesosFront *front, int wait_status) {
  front->command_ended = TRUE;
  front->wait_status = wait_status;
  if (front->output != NULL)
    mu_front_stream_end(front->output, TRUE);
  if (front->wait != NULL)
    mu_front_wake(front->wait);
}

/* ---- its input ------------------------------------------------------------------------------------------------------------- */

static gboolean take_input(MuMesosFront *front, const Mesos__ProcessIO *io) {
  MuFrontCommand *command = &front->command;
  if (io->control != NULL && io->control->tty_info != NULL && io->control->tty_info->window_size != NULL) {
    command->rows = io->control->tty_info->window_size->rows;
    command->columns = io->control->tty_info->window_size->columns;
    return TRUE;
  }
  if (io->data == NULL || io->data->type != MESOS__PROCESS_IO__DATA__TYPE__STDIN)
    return FALSE;
  command->input_ended |= io->data->data.len == 0;
  g_string_append_len(command->input, (const char *)io->data->data.data, (gssize)io->data->data.len);
  return TRUE;
}

/* The first record names the container, the others have input. */
static gboolean on_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  MuMesosFront *front = user;
  g_autoptr(MuArena) arena = mu_arena_new();
  const Mesos__AgentCall *call =
      mu_wire_decode(arena, &mesos__agent_call__descriptor, MU_WIRE_PROTOBUF, record, length, error);
  const Mesos__AgentCall__AttachContainerInput *input = call == NULL ? NULL : call->attach_container_input;
  g_assert_nonnull(input);
  g_assert_cmpint(call->type, ==, MESOS__AGENT_CALL__TYPE__ATTACH_CONTAINER_INPUT);
  if (input->type == MESOS__AGENT_CALL__ATTACH_CONTAINER_INPUT__TYPE__CONTAINER_ID)
    g_assert_true(is_it(front, input->container_id));
  else
    g_assert_true(take_input(front, input->process_io));
  return TRUE;
}

static void on_body(MuFrontRequest *request, gpointer user) {
  MuMesosFront *front = user;
  if (g_strcmp0(mu_front_header(request, "Content-Type"), "application/recordio") != 0)
    return;
  const GByteArray *body = mu_front_body(request);
  g_assert_cmpstr(mu_front_header(request, "Message-Content-Type"), ==, "application/x-protobuf");
  g_assert_true(mu_record_io_feed(front->input_records, body->data, body->len, NULL));
  mu_front_drop_body(request);
}

static void on_gone(MuFrontRequest *request, gpointer user) {
  MuMesosFront *front = user;
  if (front->wait == request)
    front->wait = NULL;
}

/* ---- all ------------------------------------------------------------------------------------------------------------------- */

gboolean mu_mesos_front_take_command(MuMesosFront *front, MuFrontRequest *request, const Mesos__AgentCall *call) {
  switch (call->type) {
  case MESOS__AGENT_CALL__TYPE__LAUNCH_NESTED_CONTAINER_SESSION:
    launch_command(front, request, call->launch_nested_container_session);
    return TRUE;
  case MESOS__AGENT_CALL__TYPE__WAIT_NESTED_CONTAINER:
    answer_wait(front, request, call->wait_nested_container);
    return TRUE;
  case MESOS__AGENT_CALL__TYPE__KILL_NESTED_CONTAINER:
    g_assert_true(is_it(front, call->kill_nested_container->container_id));
    front->command.signal = call->kill_nested_container->signal;
    mu_front_answer(request, 200, NULL, NULL, "");
    return TRUE;
  default: return FALSE;
  }
}

const MuFrontCommand *mu_mesos_front_command(const MuMesosFront *front) {
  return &front->command;
}

void mu_mesos_front_command_init(MuMesosFront *front) {
  front->command = (MuFrontCommand){.input = g_string_new(NULL)};
  front->command_ended = FALSE;
  front->input_records = mu_record_io_new(MU_RECORD_IO_MAX_BYTES, on_record, front);
  mu_front_http_watch(front->http, on_body, on_gone);
}

void mu_mesos_front_command_clear(MuMesosFront *front) {
  g_free((char *)front->command.command);
  g_free((char *)front->command.container);
  g_free((char *)front->command.term);
  g_string_free(front->command.input, TRUE);
  g_clear_pointer(&front->command_id, g_free);
  g_clear_pointer(&front->input_records, mu_record_io_free);
}
