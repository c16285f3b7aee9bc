#include "mesos_front_private.h"

#include "mesos_calls.h"
#include "mesos_events.h"
#include "mesos_wire.h"
#include "record_io.h"

#include <string.h>

#define PATH "/api/v1/scheduler"
#define AGENT_PATH "/api/v1"

/* ---- sending ---------------------------------------------------------------------------------------------------------- */

gboolean mu_mesos_front_send_message(MuMesosFront *front, const Mesos__Event *message) {
  if (front->stream == NULL)
    return FALSE;
  g_autoptr(GBytes) bytes = mu_wire_encode(&message->base, front->format);
  g_autoptr(GByteArray) record = g_byte_array_new();
  mu_record_io_append(record, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
  mu_front_stream_write(front->stream, record->data, record->len);
  return TRUE;
}

gboolean mu_mesos_front_send(MuMesosFront *front, const MuEngineEvent *event) {
  g_autoptr(MuArena) arena = mu_arena_new();
  return mu_mesos_front_send_message(front, mu_mesos_event_write(arena, event, front->framework_id, front->role));
}

static gboolean beat(gpointer user) {
  MuMesosFront *front = user;
  Mesos__Event event = MESOS__EVENT__INIT;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__HEARTBEAT;
  if (!front->faults.silent)
    mu_mesos_front_send_message(front, &event);
  return G_SOURCE_CONTINUE;
}

static void send_error(MuMesosFront *front, const char *words) {
  g_autoptr(MuEngineEvent) event = mu_engine_event_new(MU_EVENT_ERROR);
  event->message = g_strdup(words);
  mu_mesos_front_send(front, event);
}

static void send_subscribed(MuMesosFront *front) {
  Mesos__Event event = MESOS__EVENT__INIT;
  Mesos__Event__Subscribed subscribed = MESOS__EVENT__SUBSCRIBED__INIT;
  Mesos__FrameworkID id = MESOS__FRAMEWORK_ID__INIT;
  id.value = front->framework_id;
  subscribed.framework_id = &id;
  subscribed.has_heartbeat_interval_seconds = TRUE;
  subscribed.heartbeat_interval_seconds = (double)front->heartbeat_ms / 1000;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__SUBSCRIBED;
  event.subscribed = &subscribed;
  mu_mesos_front_send_message(front, &event);
}

/* ---- SUBSCRIBE -------------------------------------------------------------------------------------------------------- */

typedef struct {
  MuMesosFront *front;
  MuFrontStream *stream;
} Subscription;

static void on_ended(gpointer user) {
  Subscription *subscription = user;
  MuMesosFront *front = subscription->front;
  if (front->stream == subscription->stream) {
    front->stream = NULL;
    if (front->funcs->lost != NULL && !front->closing)
      front->funcs->lost(front->user);
  }
  g_free(subscription);
}

static char *make_id(MuMesosFront *front) {
  return g_strdup(mu_uuid_new(&front->random).text);
}

static char *find_id(MuMesosFront *front, const Mesos__Call *call, const char **ret_refusal) {
  const Mesos__FrameworkInfo *info = call->subscribe->framework_info;
  const char *asked = info->id == NULL ? NULL : info->id->value;
  if (asked != NULL && g_hash_table_contains(front->removed, asked)) {
    *ret_refusal = "Framework has been removed";
    return NULL;
  }
  if (front->funcs->subscribe != NULL)
    return front->funcs->subscribe(asked, info, ret_refusal, front->user);
  return asked != NULL ? g_strdup(asked) : make_id(front);
}

/* A second subscription under the same id: the first one is told, and ended. */
static void end_former(MuMesosFront *front) {
  if (front->stream == NULL)
    return;
  send_error(front, "Framework failed over");
  mu_front_stream_end(front->stream, TRUE);
  front->stream = NULL;
  if (front->funcs->lost != NULL)
    front->funcs->lost(front->user);
}

static void take_text(char **field, char *take_text) {
  g_free(*field);
  *field = take_text;
}

static void subscribe(MuMesosFront *front, MuFrontRequest *request, const Mesos__Call *call, MuWireFormat format) {
  const char *refusal = NULL;
  const Mesos__FrameworkInfo *info = call->subscribe->framework_info;
  end_former(front);
  char *id = find_id(front, call, &refusal);
  take_text(&front->stream_id, make_id(front));
  front->format = format;
  Subscription *subscription = g_new0(Subscription, 1);
  subscription->front = front;
  front->stream = subscription->stream =
      mu_front_answer_stream(request, mu_wire_media_type(format), front->stream_id, on_ended, subscription);
  mu_front_stream_limit(front->stream, front->faults.piece, front->faults.cut_after);
  front->counters.subscriptions++;
  if (id == NULL) {
    send_error(front, refusal);
    mu_front_stream_end(front->stream, TRUE);
    front->stream = NULL;
    return;
  }
  take_text(&front->framework_id, id);
  take_text(&front->role, g_strdup(info->n_roles == 0 ? "*" : info->roles[0]));
  send_subscribed(front);
  beat(front);
  if (front->funcs->subscribed != NULL)
    front->funcs->subscribed(front->user);
}

/* ---- other calls ------------------------------------------------------------------------------------------------------ */

/* Whether the call is of the present subscription; it is answered when it is not. Words as recorded. */
static gboolean check_stream(MuMesosFront *front, MuFrontRequest *request, const Mesos__Call *call) {
  const char *stream_id = mu_front_header(request, "Mesos-Stream-Id");
  if (call->framework_id == NULL) {
    mu_front_answer(request, 400, NULL, NULL,
                    "Failed to validate scheduler::Call: Expecting 'framework_id' to be present");
    return FALSE;
  }
  if (g_strcmp0(call->framework_id->value, front->framework_id) != 0) {
    mu_front_answer(request, 400, NULL, NULL, "Framework cannot be found");
    return FALSE;
  }
  if (front->stream == NULL) {
    mu_front_answer(request, 403, NULL, NULL, "Framework is not subscribed");
    return FALSE;
  }
  if (stream_id == NULL) {
    mu_front_answer(request, 400, NULL, NULL, "All non-subscribe calls should include the 'Mesos-Stream-Id' header");
    return FALSE;
  }
  if (strcmp(stream_id, front->stream_id) == 0 && !front->faults.forget_stream)
    return TRUE;
  g_autofree char *words = g_strdup_printf("The stream ID '%s' included in this request didn't match the stream ID "
                                           "currently associated with framework ID %s",
                                           stream_id, front->framework_id);
  mu_front_answer(request, 400, NULL, NULL, words);
  return FALSE;
}

static void take_call(MuMesosFront *front, MuFrontRequest *request, const Mesos__Call *message) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuEngineCall) call = mu_mesos_call_read(message, &error);
  if (error != NULL) {
    mu_front_answer(request, 400, NULL, NULL, error->message);
    return;
  }
  if (!check_stream(front, request, message))
    return;
  mu_front_answer(request, call != NULL && call->kind == MU_CALL_ROLES ? 200 : 202, NULL, NULL, "");
  if (call == NULL)
    return;
  front->counters.calls++;
  front->counters.acknowledgements += call->kind == MU_CALL_ACKNOWLEDGE;
  if (front->funcs->call != NULL)
    front->funcs->call(call, front->user);
  if (call->kind == MU_CALL_TEARDOWN) {
    mu_mesos_front_remove_framework(front, front->framework_id);
    mu_mesos_front_cut(front, TRUE);
  }
}

/* ---- requests --------------------------------------------------------------------------------------------------------- */

static gboolean find_format(const char *type, MuWireFormat *ret) {
  if (type != NULL && strcmp(type, "application/json") == 0)
    *ret = MU_WIRE_JSON;
  else if (type != NULL && strcmp(type, "application/x-protobuf") == 0)
    *ret = MU_WIRE_PROTOBUF;
  else
    return FALSE;
  return TRUE;
}

static void read_call(MuMesosFront *front, MuFrontRequest *request) {
  MuWireFormat sent, wanted;
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  const GByteArray *body = mu_front_body(request);
  if (!find_format(mu_front_header(request, "Content-Type"), &sent)) {
    mu_front_answer(request, 415, NULL, NULL, "Expecting 'Content-Type' of application/json or application/x-protobuf");
    return;
  }
  const Mesos__Call *call = mu_wire_decode(arena, &mesos__call__descriptor, sent, body->data, body->len, &error);
  if (call == NULL) {
    mu_front_answer(request, 400, NULL, NULL, error->message);
    return;
  }
  if (!call->has_type || call->type != MESOS__CALL__TYPE__SUBSCRIBE) {
    take_call(front, request, call);
    return;
  }
  if (call->subscribe == NULL)
    mu_front_answer(request, 400, NULL, NULL,
                    "Failed to validate scheduler::Call: Expecting 'subscribe' to be present");
  else if (!find_format(mu_front_header(request, "Accept"), &wanted))
    mu_front_answer(request, 406, NULL, NULL,
                    "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'");
  else
    subscribe(front, request, call, wanted);
}

/* TRUE: a fault has taken the request. */
static gboolean play_faults(MuMesosFront *front, MuFrontRequest *request) {
  MuMesosFrontFaults *faults = &front->faults;
  if (faults->mute)
    return TRUE;
  if (faults->answer_n > 0) {
    faults->answer_n--;
    mu_front_answer(request, faults->answer_status, NULL, NULL, "as the test wants it");
    return TRUE;
  }
  if (faults->redirect_to != NULL) {
    g_autofree char *location = g_strconcat(faults->redirect_to + strlen("http:"), PATH, NULL);
    mu_front_answer(request, 307, "Location", location, "");
    return TRUE;
  }
  if (faults->token != NULL && g_strcmp0(mu_front_header(request, "Authorization"), faults->token) != 0) {
    mu_front_answer(request, 401, "WWW-Authenticate", "Basic realm=\"mesos\"", "");
    return TRUE;
  }
  return FALSE;
}

static void on_request(MuFrontRequest *request, gpointer user) {
  MuMesosFront *front = user;
  front->counters.requests++;
  if (play_faults(front, request))
    return;
  if (strcmp(mu_front_path(request), AGENT_PATH) == 0)
    mu_mesos_front_answer_agent(front, request);
  else if (strcmp(mu_front_path(request), PATH) != 0)
    mu_front_answer(request, 404, NULL, NULL, "");
  else if (strcmp(mu_front_method(request), "POST") != 0)
    mu_front_answer(request, 405, "Allow", "POST",
                    "405 Method Not Allowed. Expecting one of { 'POST' }, but received another.");
  else
    read_call(front, request);
}

/* ---- the rest --------------------------------------------------------------------------------------------------------- */

static MuMesosFront *front_new(guint16 port, const MuTlsServer *tls, gint64 heartbeat_ms,
                               const MuMesosFrontFuncs *funcs, gpointer user) {
  MuMesosFront *front = g_new0(MuMesosFront, 1);
  front->funcs = funcs;
  front->user = user;
  front->heartbeat_ms = heartbeat_ms;
  mu_random_seed(&front->random, (guint64)g_get_monotonic_time());
  front->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  front->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  front->http = mu_front_http_new(port, tls, on_request, front);
  front->url = g_strdup_printf("%s://127.0.0.1:%u", tls != NULL ? "https" : "http", mu_front_http_port(front->http));
  mu_mesos_front_command_init(front);
  front->heartbeat = g_timeout_add((guint)heartbeat_ms, beat, front);
  return front;
}

MuMesosFront *mu_mesos_front_new(guint16 port, gint64 heartbeat_ms, const MuMesosFrontFuncs *funcs, gpointer user) {
  return front_new(port, NULL, heartbeat_ms, funcs, user);
}

MuMesosFront *mu_mesos_front_new_tls(const MuTlsServer *tls, gint64 heartbeat_ms, const MuMesosFrontFuncs *funcs,
                                     gpointer user) {
  return front_new(0, tls, heartbeat_ms, funcs, user);
}

const char *mu_mesos_front_peer(const MuMesosFront *front) {
  return mu_front_http_peer(front->http);
}

void mu_mesos_front_free(MuMesosFront *front) {
  if (front == NULL)
    return;
  front->closing = TRUE;
  g_source_remove(front->heartbeat);
  mu_front_http_free(front->http);
  mu_mesos_front_command_clear(front);
  g_hash_table_unref(front->removed);
  g_hash_table_unref(front->files);
  g_free(front->url);
  g_free(front->framework_id);
  g_free(front->stream_id);
  g_free(front->role);
  g_free(front);
}

const char *mu_mesos_front_url(const MuMesosFront *front) {
  return front->url;
}

MuMesosFrontFaults *mu_mesos_front_faults(MuMesosFront *front) {
  return &front->faults;
}

void mu_mesos_front_cut(MuMesosFront *front, gboolean in_order) {
  if (front->stream == NULL)
    return;
  mu_front_stream_end(front->stream, in_order);
  front->stream = NULL;
  if (front->funcs->lost != NULL)
    front->funcs->lost(front->user);
}

void mu_mesos_front_remove_framework(MuMesosFront *front, const char *framework_id) {
  g_hash_table_add(front->removed, g_strdup(framework_id));
}

gboolean mu_mesos_front_is_subscribed(const MuMesosFront *front) {
  return front->stream != NULL;
}

const char *mu_mesos_front_framework_id(const MuMesosFront *front) {
  return front->framework_id;
}

MuMesosFrontCounters mu_mesos_front_counters(const MuMesosFront *front) {
  return front->counters;
}
