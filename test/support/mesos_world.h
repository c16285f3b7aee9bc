/* The Mesos engine against the test master's front, and what both heard: for the engine's unit tests. */
#ifndef MU_TEST_MESOS_WORLD_H
#define MU_TEST_MESOS_WORLD_H
#include "json.h"
#include "mesos_engine.h"
#include "mesos_front.h"
#include "mesos_private.h"
#include "proto_json.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>

#define WAIT_S 20 /* bounds a wait for what must come */

/* ---- a front, an engine, and what they heard ------------------------------------------------------------------------------ */

typedef struct {
  MuMesosFront *front;
  MuEngine *engine;
  GString *events;      /* "SUBSCRIBED OFFERS(o1) …" */
  GString *calls;       /* "DECLINE ACCEPT …" */
  GPtrArray *messages;  /* of char*: of DISCONNECTED and ERROR */
  MuTaskStatus *status; /* the last one */
  GPtrArray *offers;    /* of the last OFFERS */
  char *framework_id;
  guint subscribed, disconnected, errors;
  json_t *info; /* FrameworkInfo of the last SUBSCRIBE */
  char *roles;  /* "a b": of the last UPDATE_FRAMEWORK */
} World;

static inline char *note_subscribe(const char *framework_id, const Mesos__FrameworkInfo *info, const char **ret_refusal,
                                   gpointer user) {
  World *world = user;
  (void)ret_refusal;
  json_decref(world->info);
  world->info = mu_proto_to_json(&info->base);
  return g_strdup(framework_id != NULL ? framework_id : "framework-1");
}

static inline void note_call(const MuEngineCall *call, gpointer user) {
  World *world = user;
  if (call->kind == MU_CALL_ROLES) {
    g_autoptr(GPtrArray) roles = g_ptr_array_new();
    for (guint i = 0; i < call->roles->len; i++)
      g_ptr_array_add(roles, call->roles->pdata[i]);
    g_ptr_array_add(roles, NULL);
    g_free(world->roles);
    world->roles = g_strjoinv(" ", (char **)roles->pdata);
  }
  g_string_append_printf(world->calls, "%s%s", world->calls->len == 0 ? "" : " ",
                         mu_engine_call_kind_to_string(call->kind));
}

static const MuMesosFrontFuncs front_funcs = {.subscribe = note_subscribe, .call = note_call};

static inline void add_event(World *world, const char *word, const char *id) {
  g_string_append_printf(world->events, "%s%s", world->events->len == 0 ? "" : " ", word);
  if (id != NULL)
    g_string_append_printf(world->events, "(%s)", id);
}

static inline void take_offers(World *world, MuEngineEvent *event) {
  g_clear_pointer(&world->offers, g_ptr_array_unref);
  world->offers = g_ptr_array_ref(event->offers);
  add_event(world, "OFFERS", event->offers->len == 0 ? NULL : ((MuOffer *)event->offers->pdata[0])->id);
}

static inline void take_event(MuEngineEvent *event, gpointer user) {
  World *world = user;
  switch (event->kind) {
  case MU_EVENT_SUBSCRIBED:
    world->subscribed++;
    g_free(world->framework_id);
    world->framework_id = g_strdup(event->id);
    add_event(world, "SUBSCRIBED", NULL);
    break;
  case MU_EVENT_OFFERS: take_offers(world, event); break;
  case MU_EVENT_RESCIND: add_event(world, "RESCIND", event->id); break;
  case MU_EVENT_UPDATE:
    mu_task_status_free(world->status);
    world->status = mu_task_status_copy(event->status);
    add_event(world, "UPDATE", event->status->task_id);
    break;
  case MU_EVENT_FAILURE: add_event(world, "FAILURE", event->agent_id); break;
  case MU_EVENT_ERROR:
    world->errors++;
    add_event(world, "ERROR", NULL);
    break;
  case MU_EVENT_DISCONNECTED:
    world->disconnected++;
    add_event(world, "DISCONNECTED", NULL);
    break;
  }
  if (event->message != NULL)
    g_ptr_array_add(world->messages, g_strdup(event->message));
  mu_engine_event_free(event);
}

static inline MuMesosEngineConfig default_config(void) {
  static const char *const ROLES[] = {"muster-role", NULL};
  return (MuMesosEngineConfig){.framework_name = "muster",
                               .roles = ROLES,
                               .principal = "muster-principal",
                               .backoff_first_ms = 1,
                               .backoff_max_ms = 5,
                               .connect_timeout_ms = 2000,
                               .subscribe_timeout_ms = 2000};
}

static inline void add_front(World *world, gint64 heartbeat_ms) {
  world->front = mu_mesos_front_new(0, heartbeat_ms, &front_funcs, world);
}

static inline void open_engine(World *world, MuMesosEngineConfig config, const char *framework_id) {
  g_autoptr(GError) error = NULL;
  if (config.master == NULL)
    config.master = mu_mesos_front_url(world->front);
  world->engine = mu_mesos_engine_new(&config, &error);
  g_assert_no_error(error);
  g_assert_true(world->engine->ops->start(world->engine, framework_id, take_event, world, &error));
  g_assert_no_error(error);
}

static inline World *world_new(void) {
  World *world = g_new0(World, 1);
  world->events = g_string_new(NULL);
  world->calls = g_string_new(NULL);
  world->messages = g_ptr_array_new_with_free_func(g_free);
  return world;
}

static inline World *world_open(void) {
  World *world = world_new();
  add_front(world, 15000);
  open_engine(world, default_config(), NULL);
  return world;
}

static inline void world_free(World *world) {
  if (world->engine != NULL)
    world->engine->ops->free(world->engine);
  mu_mesos_front_free(world->front);
  g_string_free(world->events, TRUE);
  g_string_free(world->calls, TRUE);
  g_ptr_array_unref(world->messages);
  mu_task_status_free(world->status);
  g_clear_pointer(&world->offers, g_ptr_array_unref);
  g_free(world->framework_id);
  json_decref(world->info);
  g_free(world->roles);
  g_free(world);
}

static inline gboolean on_too_late(gpointer user) {
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

static inline gboolean has_last(const GString *text, const char *word) {
  return g_str_has_suffix(text->str, word);
}

static inline void send_event(World *world, MuEngineEvent *take) {
  g_assert_true(mu_mesos_front_send(world->front, take));
  mu_engine_event_free(take);
}

static inline void send_offer(World *world, const char *id) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  MuOffer *offer = mu_offer_new(id, "agent-1", "host-1");
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, 4000);
  mu_resources_add(offer->resources, cpus);
  g_ptr_array_add(event->offers, offer);
  send_event(world, event);
}

static inline void send_status(World *world, const char *task_id) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task_id, MU_TASK_RUNNING);
  event->status->agent_id = g_strdup("agent-1");
  event->status->uuid = g_strdup("AAECAwQFBgcICQoLDA0ODw==");
  send_event(world, event);
}

static inline void send_word(World *world, MuEngineEventKind kind, const char *id, const char *agent_id) {
  MuEngineEvent *event = mu_engine_event_new(kind);
  event->id = g_strdup(id);
  event->agent_id = g_strdup(agent_id);
  send_event(world, event);
}

static inline void perform(World *world, MuEngineCall *take_call) {
  world->engine->ops->perform(world->engine, take_call);
  mu_engine_call_free(take_call);
}

static inline MuEngineCall *call_for_offer(MuEngineCallKind kind, const char *offer_id) {
  MuEngineCall *call = mu_engine_call_new(kind);
  mu_items_add(call->offer_ids, g_strdup(offer_id));
  return call;
}

static inline MuEngineCall *make_launch(const char *offer_id) {
  MuEngineCall *call = call_for_offer(MU_CALL_ACCEPT, offer_id);
  MuPodLaunch *launch = mu_pod_launch_new("hello-0__u", "svc", "hello-0");
  MuTaskLaunch *task = mu_task_launch_new("svc__hello-0-server__u", "hello-0-server");
  task->cmd = g_strdup("run");
  mu_items_add(launch->tasks, task);
  mu_items_add(call->operations, mu_operation_new(MU_OP_LAUNCH_GROUP, NULL, launch));
  return call;
}
#endif
