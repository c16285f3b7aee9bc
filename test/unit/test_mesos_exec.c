/* Commands beside tasks on agents, through the engine: what the agent is asked, and what of it reaches who asked for the command. */
#include "mesos_engine.h"
#include "mesos_front.h"
#include <muster/error.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_S 20
#define TASK "svc__web-0-server__u"
#define EXITED(code) ((code) << 8) /* as of waitpid */

typedef struct {
  MuMesosFront *front;
  MuEngine *engine;
  guint subscribed, updates, offers;
  int fd;            /* of who asked; -1: nobody did */
  GByteArray *heard; /* frames */
  gboolean hung_up;  /* the other end has closed it */
} World;

static void take_event(MuEngineEvent *event, gpointer user) {
  World *world = user;
  world->subscribed += event->kind == MU_EVENT_SUBSCRIBED;
  world->updates += event->kind == MU_EVENT_UPDATE;
  world->offers += event->kind == MU_EVENT_OFFERS;
  mu_engine_event_free(event);
}

static gboolean on_too_late(gpointer user) {
  (void)user;
  g_error("what the test waits for has not come within %d s", WAIT_S);
  return G_SOURCE_REMOVE;
}

/* What has come on the connection is taken each time. */
static gboolean hear(World *world) {
  guint8 buffer[16384];
  ssize_t n = -1;
  while (world->fd >= 0 && (n = recv(world->fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    g_byte_array_append(world->heard, buffer, (guint)n);
  world->hung_up |= n == 0;
  return TRUE;
}

#define WAIT_FOR(condition)                                                                                            \
  do {                                                                                                                 \
    guint too_late = g_timeout_add_seconds(WAIT_S, on_too_late, NULL);                                                 \
    while (hear(world) && !(condition))                                                                                \
      g_main_context_iteration(NULL, TRUE);                                                                            \
    g_source_remove(too_late);                                                                                         \
  } while (0)

/* ---- a task on an agent -------------------------------------------------------------------------------------------------------- */

static void tell_of_task(World *world) {
  Mesos__Event event = MESOS__EVENT__INIT;
  Mesos__Event__Update update = MESOS__EVENT__UPDATE__INIT;
  Mesos__TaskStatus status = MESOS__TASK_STATUS__INIT;
  Mesos__TaskID task = MESOS__TASK_ID__INIT;
  Mesos__AgentID agent = MESOS__AGENT_ID__INIT;
  Mesos__ContainerStatus container = MESOS__CONTAINER_STATUS__INIT;
  Mesos__ContainerID own = MESOS__CONTAINER_ID__INIT, parent = MESOS__CONTAINER_ID__INIT;
  task.value = (char *)TASK;
  agent.value = (char *)"agent-1";
  own.value = (char *)"of-task";
  parent.value = (char *)"of-executor";
  own.parent = &parent;
  container.container_id = &own;
  status.task_id = &task;
  status.agent_id = &agent;
  status.container_status = &container;
  status.state = MESOS__TASK_STATE__TASK_RUNNING;
  update.status = &status;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__UPDATE;
  event.update = &update;
  g_assert_true(mu_mesos_front_send_message(world->front, &event));
  WAIT_FOR(world->updates == 1);
}

static void tell_of_agent(World *world) {
  Mesos__Event event = MESOS__EVENT__INIT;
  Mesos__Event__Offers offers = MESOS__EVENT__OFFERS__INIT;
  Mesos__Offer offer = MESOS__OFFER__INIT, *list[] = {&offer};
  Mesos__OfferID id = MESOS__OFFER_ID__INIT;
  Mesos__FrameworkID framework = MESOS__FRAMEWORK_ID__INIT;
  Mesos__AgentID agent = MESOS__AGENT_ID__INIT;
  Mesos__URL url = MESOS__URL__INIT;
  Mesos__Address address = MESOS__ADDRESS__INIT;
  id.value = (char *)"o1";
  framework.value = (char *)"fw-1";
  agent.value = (char *)"agent-1";
  address.ip = address.hostname = offer.hostname = (char *)"127.0.0.1";
  address.port = (gint32)g_ascii_strtoll(strrchr(mu_mesos_front_url(world->front), ':') + 1, NULL, 10);
  url.scheme = (char *)"http";
  url.address = &address;
  offer.id = &id;
  offer.framework_id = &framework;
  offer.agent_id = &agent;
  offer.url = &url;
  offers.n_offers = 1;
  offers.offers = list;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__OFFERS;
  event.offers = &offers;
  g_assert_true(mu_mesos_front_send_message(world->front, &event));
  WAIT_FOR(world->offers == 1);
}

static World *world_new(void) {
  static const MuMesosFrontFuncs FUNCS = {0};
  static const char *const ROLES[] = {"r", NULL};
  World *world = g_new0(World, 1);
  world->fd = -1;
  world->heard = g_byte_array_new();
  world->front = mu_mesos_front_new(0, 15000, &FUNCS, world);
  const MuMesosEngineConfig config = {.master = mu_mesos_front_url(world->front),
                                      .framework_name = "muster",
                                      .roles = ROLES,
                                      .principal = "p",
                                      .backoff_first_ms = 1};
  world->engine = mu_mesos_engine_new(&config, NULL);
  g_assert_true(world->engine->ops->start(world->engine, "fw-1", take_event, world, NULL));
  WAIT_FOR(world->subscribed == 1);
  return world;
}

static void world_free(World *world) {
  world->engine->ops->free(world->engine);
  mu_mesos_front_free(world->front);
  if (world->fd >= 0)
    close(world->fd);
  g_byte_array_unref(world->heard);
  g_free(world);
}

static gboolean run(World *world, const MuExecRequest *request, GError **error) {
  static const MuTaskPlace PLACE = {TASK, "agent-1", "web-0__u"};
  int both[2];
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both), ==, 0);
  gboolean ok = world->engine->ops->exec(world->engine, &PLACE, request, both[1], error);
  close(both[1]);
  world->fd = both[0];
  return ok;
}

/* A command that runs. */
static World *world_running(const MuExecRequest *request) {
  World *world = world_new();
  tell_of_task(world);
  tell_of_agent(world);
  g_assert_true(run(world, request, NULL));
  WAIT_FOR(mu_mesos_front_command(world->front)->command != NULL);
  return world;
}

static void say(World *world, MuFrameKind kind, const void *content, gsize length) {
  g_autoptr(GByteArray) frame = g_byte_array_new();
  mu_frame_append(frame, kind, content, length);
  g_assert_cmpint(send(world->fd, frame->data, frame->len, MSG_NOSIGNAL), ==, (ssize_t)frame->len);
}

/* "out:hello err:oops exit:3,0" */
static char *describe(const World *world) {
  static const char *const WORDS[] = {"?", "?", "?", "out", "err", "exit", "failed"};
  GString *text = g_string_new(NULL);
  gsize done = 0, length = 0, taken = 0;
  const guint8 *content = NULL;
  MuFrameKind kind = MU_FRAME_INPUT;
  while (mu_frame_read(world->heard->data + done, world->heard->len - done, &kind, &content, &length, &taken) ==
         MU_FRAME_WHOLE) {
    g_string_append_printf(text, "%s%s:", text->len == 0 ? "" : " ", WORDS[kind]);
    if (kind == MU_FRAME_EXIT)
      g_string_append_printf(text, "%d,%d", content[0], content[1]);
    else
      g_string_append_len(text, (const char *)content, (gssize)length);
    done += taken;
  }
  return g_string_free(text, FALSE);
}

static void expect(World *world, const char *frames) {
  WAIT_FOR(world->hung_up);
  g_autofree char *heard = describe(world);
  g_assert_cmpstr(heard, ==, frames);
}

static const char *const WORDS[] = {"ls", "-l", NULL};
static const MuExecRequest PLAIN = {.argv = WORDS};
static const MuExecRequest TERMINAL = {.argv = WORDS, .tty = TRUE, .rows = 24, .columns = 80, .term = "xterm"};

/* ---- the tests ------------------------------------------------------------------------------------------------------------------ */

static void test_output(void) {
  World *world = world_running(&PLAIN);
  const MuFrontCommand *command = mu_mesos_front_command(world->front);
  g_assert_cmpstr(command->command, ==, "sh -c exec \"$@\" sh ls -l");
  g_assert_cmpstr(command->container, ==, "of-executor.of-task");
  g_assert_false(command->tty);
  g_assert_null(command->term);
  mu_mesos_front_print(world->front, FALSE, "hello", 5);
  mu_mesos_front_print(world->front, TRUE, "oops", 4);
  mu_mesos_front_end_command(world->front, EXITED(3));
  expect(world, "out:hello err:oops exit:3,0");
  g_assert_false(command->hung_up);
  world_free(world);
}

static void test_input(void) {
  World *world = world_running(&PLAIN);
  const MuFrontCommand *command = mu_mesos_front_command(world->front);
  say(world, MU_FRAME_INPUT, "one ", 4);
  WAIT_FOR(command->input->len == 4);
  say(world, MU_FRAME_INPUT, "two", 3);
  say(world, MU_FRAME_INPUT, NULL, 0);
  WAIT_FOR(command->input_ended);
  g_assert_cmpstr(command->input->str, ==, "one two");
  mu_mesos_front_end_command(world->front, EXITED(0));
  expect(world, "exit:0,0");
  world_free(world);
}

static void test_terminal(void) {
  World *world = world_running(&TERMINAL);
  const MuFrontCommand *command = mu_mesos_front_command(world->front);
  g_assert_true(command->tty);
  g_assert_cmpstr(command->term, ==, "xterm");
  g_assert_cmpuint(command->rows, ==, 24);
  g_assert_cmpuint(command->columns, ==, 80);
  say(world, MU_FRAME_SIZE, "\001\002\000\120", 4);
  WAIT_FOR(command->rows == 258);
  g_assert_cmpuint(command->columns, ==, 80);
  say(world, MU_FRAME_INPUT, NULL, 0);
  WAIT_FOR(command->input->len == 1);
  g_assert_cmpstr(command->input->str, ==, "\004"); /* its end, as a terminal has it */
  mu_mesos_front_end_command(world->front, EXITED(0));
  expect(world, "exit:0,0");
  world_free(world);
}

static void test_signal(void) {
  World *world = world_running(&PLAIN);
  say(world, MU_FRAME_SIGNAL, "\017", 1);
  WAIT_FOR(mu_mesos_front_command(world->front)->signal == SIGTERM);
  mu_mesos_front_end_command(world->front, SIGTERM);
  expect(world, "exit:0,15");
  world_free(world);
}

/* The front notices that its connection is gone when it sends something. */
static gboolean has_hung_up(World *world) {
  if (!mu_mesos_front_command(world->front)->hung_up)
    mu_mesos_front_print(world->front, FALSE, ".", 1);
  return mu_mesos_front_command(world->front)->hung_up;
}

/* Who asked goes away: so does the connection to the agent, with which it ends the command. */
static void test_hang_up(void) {
  World *world = world_running(&PLAIN);
  close(world->fd);
  world->fd = -1;
  WAIT_FOR(has_hung_up(world));
  world_free(world);
}

/* Much output, which is read late: all of it comes, in order. */
static void test_much_output(void) {
  World *world = world_running(&PLAIN);
  gsize length = 3 * 1024 * 1024, sum = 0, done = 0, here = 0, taken = 0;
  g_autofree guint8 *bytes = g_malloc0(length);
  const guint8 *content = NULL;
  MuFrameKind kind = MU_FRAME_OUTPUT;
  for (gsize i = 0; i < length; i += 65536)
    mu_mesos_front_print(world->front, FALSE, bytes + i, 65536);
  mu_mesos_front_end_command(world->front, EXITED(0));
  for (guint idle = 0; idle < 100;) /* nobody reads, until nothing moves any more */
    idle = g_main_context_iteration(NULL, FALSE) ? 0 : idle + 1;
  WAIT_FOR(world->hung_up);
  while (mu_frame_read(world->heard->data + done, world->heard->len - done, &kind, &content, &here, &taken) ==
         MU_FRAME_WHOLE) {
    sum += kind == MU_FRAME_OUTPUT ? here : 0;
    done += taken;
  }
  g_assert_cmpuint(sum, ==, length);
  g_assert_cmpint(kind, ==, MU_FRAME_EXIT);
  world_free(world);
}

static void test_refused_by_agent(void) {
  World *world = world_new();
  tell_of_task(world);
  tell_of_agent(world);
  mu_mesos_front_faults(world->front)->answer_status = 403;
  mu_mesos_front_faults(world->front)->answer_n = 1;
  g_assert_true(run(world, &PLAIN, NULL));
  expect(world, "failed:the agent does not let us run commands (403): its ACLs");
  world_free(world);
}

static void test_unknown_places(void) {
  World *world = world_new();
  g_autoptr(GError) error = NULL;
  g_assert_false(run(world, &PLAIN, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_CONFLICT);
  g_clear_error(&error);
  close(world->fd);
  tell_of_task(world);
  g_assert_false(run(world, &PLAIN, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE);
  world_free(world);
}

static void test_end(void) {
  World *world = world_running(&PLAIN);
  world->engine->ops->stop(world->engine);
  expect(world, "");
  world_free(world);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_exec/output", test_output);
  g_test_add_func("/mesos_exec/input", test_input);
  g_test_add_func("/mesos_exec/terminal", test_terminal);
  g_test_add_func("/mesos_exec/signal", test_signal);
  g_test_add_func("/mesos_exec/hang-up", test_hang_up);
  g_test_add_func("/mesos_exec/much-output", test_much_output);
  g_test_add_func("/mesos_exec/refused-by-agent", test_refused_by_agent);
  g_test_add_func("/mesos_exec/unknown-places", test_unknown_places);
  g_test_add_func("/mesos_exec/end", test_end);
  return g_test_run();
}
