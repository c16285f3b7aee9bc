/* Sandboxes on agents, through the engine. */
#include "mesos_engine.h"
#include "mesos_events.h"
#include "mesos_front.h"
#include "mesos_wire.h"
#include <muster/error.h>
#include <string.h>

#define WAIT_S 20
#define ROOT "/frameworks/fw-1/executors/web-0__u/runs/latest/tasks/svc__web-0-server__u"

typedef struct {
  MuMesosFront *front;
  MuEngine *engine;
  guint updates;
  GString *heard; /* of the last answer */
  GError *error;
  gboolean answered;
} World;

static void take_event(MuEngineEvent *event, gpointer user) {
  ((World *)user)->updates += event->kind == MU_EVENT_UPDATE;
  mu_engine_event_free(event);
}

static gboolean on_too_late(gpointer user) {
  (void)user;
  g_error("what the test waits for has not come within %d s", WAIT_S);
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(condition)                                                                                            \
  do {                                                                                                                 \
    guint too_late = g_timeout_add_seconds(WAIT_S, on_too_late, NULL);                                                 \
    while (!(condition))                                                                                               \
      g_main_context_iteration(NULL, TRUE);                                                                            \
    g_source_remove(too_late);                                                                                         \
  } while (0)

/* A task of the default executor runs on the agent. */
static void tell_of_task(World *world) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(MuTaskStatus) status = mu_task_status_new("svc__web-0-server__u", MU_TASK_RUNNING);
  status->agent_id = g_strdup("agent-1");
  Mesos__Event__Update update = MESOS__EVENT__UPDATE__INIT;
  Mesos__ExecutorID executor = MESOS__EXECUTOR_ID__INIT;
  Mesos__Event event = MESOS__EVENT__INIT;
  executor.value = (char *)"web-0__u";
  update.status = mu_mesos_status_write(arena, status);
  update.status->executor_id = &executor;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__UPDATE;
  event.update = &update;
  g_assert_true(mu_mesos_front_send_message(world->front, &event));
  WAIT_FOR(world->updates == 1);
}

static World *world_new(void) {
  static const MuMesosFrontFuncs FUNCS = {0};
  static const char *const ROLES[] = {"r", NULL};
  World *world = g_new0(World, 1);
  world->heard = g_string_new(NULL);
  world->front = mu_mesos_front_new(0, 15000, &FUNCS, world);
  const MuMesosEngineConfig config = {.master = mu_mesos_front_url(world->front),
                                      .framework_name = "muster",
                                      .roles = ROLES,
                                      .principal = "p",
                                      .backoff_first_ms = 1};
  world->engine = mu_mesos_engine_new(&config, NULL);
  g_assert_true(world->engine->ops->start(world->engine, "fw-1", take_event, world, NULL));
  WAIT_FOR(mu_mesos_front_is_subscribed(world->front));
  tell_of_task(world);
  return world;
}

static void world_free(World *world) {
  world->engine->ops->free(world->engine);
  mu_mesos_front_free(world->front);
  g_string_free(world->heard, TRUE);
  g_clear_error(&world->error);
  g_free(world);
}

static void on_part(const MuSandboxPart *part, const GError *error, gpointer user) {
  World *world = user;
  world->answered = TRUE;
  g_string_truncate(world->heard, 0);
  g_clear_error(&world->error);
  world->error = error == NULL ? NULL : g_error_copy(error);
  for (guint i = 0; part != NULL && part->is_folder && i < part->entries->len; i++) {
    const MuSandboxEntry *entry = part->entries->pdata[i];
    g_string_append_printf(world->heard, "%s%s:%" G_GUINT64_FORMAT " ", entry->name, entry->is_folder ? "/" : "",
                           entry->size);
  }
  if (part != NULL && !part->is_folder)
    g_string_append_printf(world->heard, "%" G_GUINT64_FORMAT " %.*s", part->size, (int)g_bytes_get_size(part->bytes),
                           (const char *)g_bytes_get_data(part->bytes, NULL));
}

static void ask_at(World *world, const MuTaskPlace *task, const char *path, guint64 offset, guint64 length) {
  world->answered = FALSE;
  world->engine->ops->read_sandbox(world->engine, task, path, offset, length, on_part, world);
  g_assert_false(world->answered); /* later */
}

static void ask(World *world, const char *task_id, const char *path, guint64 offset, guint64 length) {
  const MuTaskPlace task = {task_id, "agent-1", NULL};
  ask_at(world, &task, path, offset, length);
}

static const char *read_part(World *world, const char *path, guint64 offset, guint64 length) {
  ask(world, "svc__web-0-server__u", path, offset, length);
  WAIT_FOR(world->answered);
  g_assert_no_error(world->error);
  return world->heard->str;
}

static void test_files(void) {
  World *world = world_new();
  mu_mesos_front_put_file(world->front, ROOT "/stdout", "0123456789");
  g_assert_cmpstr(read_part(world, "stdout", 0, 100), ==, "10 0123456789");
  g_assert_cmpstr(read_part(world, "stdout", 3, 4), ==, "10 3456");
  g_assert_cmpstr(read_part(world, "stdout", 10, 4), ==, "10 ");
  g_assert_cmpstr(read_part(world, "stdout", 0, 0), ==, "10 ");
  world_free(world);
}

static void test_folders(void) {
  World *world = world_new();
  mu_mesos_front_put_file(world->front, ROOT "/stdout", "abc");
  mu_mesos_front_put_file(world->front, ROOT "/conf/a.conf", "x");
  g_assert_cmpstr(read_part(world, "", 0, 0), ==, "conf/:0 stdout:3 ");
  g_assert_cmpstr(read_part(world, "conf", 0, 0), ==, "a.conf:1 ");
  world_free(world);
}

static void test_what_is_not_there(void) {
  World *world = world_new();
  ask(world, "svc__web-0-server__u", "absent", 0, 1);
  WAIT_FOR(world->answered);
  g_assert_error(world->error, MU_ERROR, MU_ERROR_NOT_FOUND);
  ask(world, "svc__other-0-server__u", "stdout", 0, 1);
  WAIT_FOR(world->answered);
  g_assert_error(world->error, MU_ERROR, MU_ERROR_NOT_FOUND);
  g_assert_nonnull(strstr(world->error->message, "nothing was heard of where the task was started"));
  world_free(world);
}

/* A task that ended before this scheduler was started, by what is in its record. */
static void test_by_record(void) {
  static const MuTaskPlace TASK = {"svc__old-0-server__u", "agent-1", "old-0__u"};
  World *world = world_new();
  mu_mesos_front_put_file(
      world->front, "/frameworks/fw-1/executors/old-0__u/runs/latest/tasks/svc__old-0-server__u/stdout", "last words");
  ask_at(world, &TASK, "stdout", 0, 100);
  WAIT_FOR(world->answered);
  g_assert_no_error(world->error);
  g_assert_cmpstr(world->heard->str, ==, "10 last words");
  world_free(world);
}

/* Who waits is told when the engine ends. */
static void test_end(void) {
  World *world = world_new();
  ask(world, "svc__web-0-server__u", "stdout", 0, 1);
  world->engine->ops->stop(world->engine);
  g_assert_true(world->answered);
  g_assert_error(world->error, MU_ERROR, MU_ERROR_UNAVAILABLE);
  world_free(world);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_files/files", test_files);
  g_test_add_func("/mesos_files/folders", test_folders);
  g_test_add_func("/mesos_files/what-is-not-there", test_what_is_not_there);
  g_test_add_func("/mesos_files/by-record", test_by_record);
  g_test_add_func("/mesos_files/end", test_end);
  return g_test_run();
}
