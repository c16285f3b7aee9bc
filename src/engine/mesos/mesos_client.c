#include "mesos_client.h"

#include "bug.h"
#include "log.h"
#include "mesos_calls_queue.h"
#include "mesos_finder.h"
#include "mesos_wire.h"
#include "record_io.h"
#include "sm.h"
#include <muster/error.h>

#include <string.h>
#include <sys/random.h>

#define DEFAULT_HEARTBEAT_S 15.0
/* What a master may ask for; the rest is brought within. */
#define MIN_HEARTBEAT_MS 10
#define MAX_HEARTBEAT_MS ((gint64)3600 * 1000)
/* A subscription that lasted so long was a good one: the next pause is short again. */
#define GOOD_MS 10000
#define MAX_REDIRECTS 8 /* in a row */

typedef enum { SEEKING, SUBSCRIBING, SUBSCRIBED, PAUSING, STOPPED } State;

static const MuSmState states[] = {
    [SEEKING] = {"SEEKING", MU_SM_TO(SUBSCRIBING) | MU_SM_TO(PAUSING) | MU_SM_TO(STOPPED)},
    [SUBSCRIBING] = {"SUBSCRIBING", MU_SM_TO(SUBSCRIBED) | MU_SM_TO(PAUSING) | MU_SM_TO(SEEKING) | MU_SM_TO(STOPPED)},
    [SUBSCRIBED] = {"SUBSCRIBED", MU_SM_TO(PAUSING) | MU_SM_TO(SEEKING) | MU_SM_TO(STOPPED)},
    [PAUSING] = {"PAUSING", MU_SM_TO(SEEKING) | MU_SM_TO(STOPPED)},
    [STOPPED] = {"STOPPED", 0},
};
static const MuSm client_sm = {"mesos client", states, G_N_ELEMENTS(states)};

struct MuMesosClient {
  MuMesosClientConfig config; /* its texts are not kept */
  const MuMesosClientFuncs *funcs;
  gpointer user;
  GMainContext *context;
  guint state;
  MuMesosHttp *http;
  MuMesosFinder *finder;
  MuMesosQueue *queue;
  MuMesosTransfer *stream;
  MuRecordIo *records;
  MuArena *arena; /* of the event under way */
  MuRandom random;
  char *url, *stream_id;
  GSource *timer; /* what it waits for hangs on the state: the pause, SUBSCRIBED, the next byte */
  gint64 pause_ms, subscribed_us, heard_us, heartbeat_ms;
  guint redirects;
  guint refusal;    /* status of the last SUBSCRIBE, when it was none */
  char *last_words; /* why the stream is broken off from inside its own callback */
  MuMesosClientCounters counters;
};

static void seek(MuMesosClient *client);

/* ---- the timer --------------------------------------------------------------------------------------------------------- */

static void set_timer(MuMesosClient *client, gint64 ms, GSourceFunc func) {
  if (client->timer != NULL) {
    g_source_destroy(client->timer);
    g_clear_pointer(&client->timer, g_source_unref);
  }
  if (func == NULL)
    return;
  client->timer = g_timeout_source_new((guint)CLAMP(ms, 0, G_MAXINT));
  g_source_set_callback(client->timer, func, client, NULL);
  g_source_attach(client->timer, client->context);
}

/* ---- the end of a subscription ------------------------------------------------------------------------------------------ */

static gboolean on_pause_over(gpointer user) {
  MuMesosClient *client = user;
  set_timer(client, 0, NULL);
  mu_sm_move(&client_sm, &client->state, SEEKING, "the pause is over");
  seek(client);
  return G_SOURCE_REMOVE;
}

/* Half of it is chance, so that the frameworks of a master that was away do not come back all at once. */
static gint64 next_pause_ms(MuMesosClient *client) {
  gint64 full = client->pause_ms;
  client->pause_ms = MIN(full * 2, client->config.backoff_max_ms);
  return full / 2 + (gint64)mu_random_below(&client->random, (guint64)(full / 2 + 1));
}

static void drop_stream(MuMesosClient *client) {
  set_timer(client, 0, NULL);
  if (client->stream != NULL)
    mu_mesos_transfer_cancel(client->stream);
  client->stream = NULL;
  mu_mesos_queue_clear(client->queue);
  g_clear_pointer(&client->stream_id, g_free);
}

static void note_duration(MuMesosClient *client) {
  if (client->state == SUBSCRIBED && g_get_monotonic_time() - client->subscribed_us >= GOOD_MS * 1000)
    client->pause_ms = client->config.backoff_first_ms;
}

static void tell(MuMesosClient *client, const char *why) {
  client->funcs->disconnected(why, client->user);
}

/* Whatever was there is given up; a new subscription is tried after a pause. */
static void give_up(MuMesosClient *client, const char *why) {
  g_autofree char *copy = g_strdup(why);
  if (client->state == STOPPED || client->state == PAUSING)
    return;
  note_duration(client);
  drop_stream(client);
  mu_sm_move(&client_sm, &client->state, PAUSING, copy);
  set_timer(client, next_pause_ms(client), on_pause_over);
  tell(client, copy);
}

/* … by another master, or another time at once. */
static void go_elsewhere(MuMesosClient *client, const char *why) {
  gboolean told = client->state == SUBSCRIBED;
  drop_stream(client);
  if (client->state != SEEKING)
    mu_sm_move(&client_sm, &client->state, SEEKING, why);
  if (told)
    tell(client, why);
  seek(client);
}

void mu_mesos_client_renew(MuMesosClient *client, const char *why) {
  if (client->state == SUBSCRIBED || client->state == SUBSCRIBING)
    go_elsewhere(client, why);
}

/* ---- events ------------------------------------------------------------------------------------------------------------- */

static gboolean on_silence(gpointer user) {
  MuMesosClient *client = user;
  gint64 patience_ms = client->heartbeat_ms * client->config.missed_heartbeats;
  gint64 left_ms = patience_ms - (g_get_monotonic_time() - client->heard_us) / 1000;
  if (left_ms > 0) {
    set_timer(client, left_ms, on_silence);
    return G_SOURCE_REMOVE;
  }
  g_autofree char *why = g_strdup_printf("%s has sent nothing for %" G_GINT64_FORMAT " ms, not even a heartbeat",
                                         client->url, patience_ms);
  mu_mesos_finder_failed(client->finder);
  give_up(client, why);
  return G_SOURCE_REMOVE;
}

static gboolean begin_subscription(MuMesosClient *client, const Mesos__Event *event, GError **error) {
  if (!event->has_type || event->type != MESOS__EVENT__TYPE__SUBSCRIBED || event->subscribed == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the first event was not SUBSCRIBED");
    return FALSE;
  }
  double interval_s = event->subscribed->has_heartbeat_interval_seconds ? event->subscribed->heartbeat_interval_seconds
                                                                        : DEFAULT_HEARTBEAT_S;
  client->heartbeat_ms = CLAMP(mu_wire_ms(interval_s), MIN_HEARTBEAT_MS, MAX_HEARTBEAT_MS);
  client->subscribed_us = g_get_monotonic_time();
  client->redirects = 0;
  client->counters.subscriptions++;
  mu_sm_move(&client_sm, &client->state, SUBSCRIBED, client->url);
  set_timer(client, client->heartbeat_ms * client->config.missed_heartbeats, on_silence);
  mu_mesos_queue_open(client->queue, client->url, client->stream_id);
  return TRUE;
}

static gboolean is_error(const Mesos__Event *event) {
  return event->has_type && event->type == MESOS__EVENT__TYPE__ERROR;
}

static gboolean on_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  MuMesosClient *client = user;
  mu_arena_reset(client->arena);
  const Mesos__Event *event =
      mu_wire_decode(client->arena, &mesos__event__descriptor, client->config.format, record, length, error);
  if (event == NULL)
    return FALSE;
  client->counters.events++;
  if (client->state == SUBSCRIBING && !is_error(event) && !begin_subscription(client, event, error))
    return FALSE;
  if (!event->has_type || event->type != MESOS__EVENT__TYPE__HEARTBEAT)
    client->funcs->event(event, client->user);
  return TRUE;
}

/* ---- the stream --------------------------------------------------------------------------------------------------------- */

static void on_begun(const MuMesosReply *reply, gpointer user) {
  MuMesosClient *client = user;
  g_free(client->stream_id);
  client->stream_id = g_strdup(reply->stream_id);
}

static gboolean on_bytes(const guint8 *bytes, gsize length, gpointer user) {
  MuMesosClient *client = user;
  g_autoptr(GError) error = NULL;
  client->heard_us = g_get_monotonic_time();
  client->counters.bytes += length;
  if (mu_record_io_feed(client->records, bytes, length, &error))
    return TRUE;
  g_free(client->last_words);
  client->last_words = g_steal_pointer(&error->message);
  return FALSE;
}

static char *describe_refusal(const MuMesosClient *client, const MuMesosReply *reply) {
  const char *hint = "";
  if (reply->status == 401)
    hint = "; who we are is wrong: see the options for credentials";
  if (reply->status == 403)
    hint = "; the master does not allow us this: its ACLs, our principal or role";
  if (reply->status == 404)
    hint = "; it is no Mesos master";
  if (reply->status == 503)
    hint = "; it does not lead, or has just begun to";
  g_autofree char *words = g_utf8_make_valid(reply->body, (gssize)MIN(reply->body_length, 500));
  return g_strdup_printf("%s answered %u %s%s", client->url, reply->status, g_strstrip(words), hint);
}

static char *describe_end(const MuMesosClient *client, const MuMesosReply *reply) {
  if (client->last_words != NULL)
    return g_strdup_printf("%s: %s", client->url, client->last_words);
  if (reply->status >= 300)
    return describe_refusal(client, reply);
  if (reply->failure != NULL)
    return g_strdup_printf("%s: %s", client->url, reply->failure);
  return g_strdup_printf("%s ended the event stream", client->url);
}

/* It is not the one that leads, and says who does. */
static gboolean follow_redirect(MuMesosClient *client, const MuMesosReply *reply) {
  if ((reply->status != 307 && reply->status != 308) || client->redirects >= MAX_REDIRECTS)
    return FALSE;
  if (!mu_mesos_finder_redirect(client->finder, reply->location))
    return FALSE;
  client->redirects++;
  go_elsewhere(client, "redirected");
  return TRUE;
}

static void on_end(const MuMesosReply *reply, gpointer user) {
  MuMesosClient *client = user;
  client->stream = NULL;
  client->refusal = reply->status >= 400 ? reply->status : 0;
  if (follow_redirect(client, reply))
    return;
  client->redirects = 0;
  mu_mesos_finder_failed(client->finder);
  g_autofree char *why = describe_end(client, reply);
  g_clear_pointer(&client->last_words, g_free);
  give_up(client, why);
}

static const MuMesosHttpFuncs stream_funcs = {.begun = on_begun, .take = on_bytes, .done = on_end};

static gboolean on_no_answer(gpointer user) {
  MuMesosClient *client = user;
  g_autofree char *why = g_strdup_printf("%s has not answered SUBSCRIBE within %" G_GINT64_FORMAT " ms", client->url,
                                         client->config.subscribe_timeout_ms);
  mu_mesos_finder_failed(client->finder);
  give_up(client, why);
  return G_SOURCE_REMOVE;
}

static void subscribe(MuMesosClient *client, const char *url) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autofree char *full = g_strconcat(url, MU_MESOS_SCHEDULER_PATH, NULL);
  const char *type = mu_wire_media_type(client->config.format);
  g_autoptr(GBytes) body = mu_wire_encode(&client->funcs->subscribe(arena, client->user)->base, client->config.format);
  if (client->url != url) {
    g_free(client->url);
    client->url = g_strdup(url);
  }
  mu_record_io_free(client->records);
  client->records = mu_record_io_new(MU_RECORD_IO_MAX_BYTES, on_record, client);
  mu_sm_move(&client_sm, &client->state, SUBSCRIBING, url);
  const MuMesosRequest request = {.url = full, .body = body, .content_type = type, .accept = type};
  client->stream = mu_mesos_http_send(client->http, &request, &stream_funcs, client);
  set_timer(client, client->config.subscribe_timeout_ms, on_no_answer);
}

static void seek(MuMesosClient *client) {
  const char *url = mu_mesos_finder_url(client->finder);
  if (client->state == STOPPED)
    return;
  if (url != NULL)
    subscribe(client, url);
  else
    tell(client, mu_mesos_finder_trouble(client->finder));
}

static void on_leader(gpointer user) {
  MuMesosClient *client = user;
  const char *url = mu_mesos_finder_url(client->finder);
  if (client->state == STOPPED || (url != NULL && client->state != SEEKING && g_strcmp0(url, client->url) == 0))
    return;
  if (url == NULL && (client->state == SUBSCRIBED || client->state == SUBSCRIBING))
    return; /* the connection itself shows whether the master is still there */
  if (url == NULL && client->state == SEEKING) {
    tell(client, mu_mesos_finder_trouble(client->finder));
    return;
  }
  client->pause_ms = client->config.backoff_first_ms;
  go_elsewhere(client, "another master leads");
}

/* ---- calls --------------------------------------------------------------------------------------------------------------- */

/* 4xx: the call, or the subscription that it belongs to. That we may not have a role (403, "Not authorized …") is the call's. */
static gboolean is_of_subscription(const Mesos__Call *call, guint status, const char *why) {
  static const char *const WORDS[] = {"stream ID", "Mesos-Stream-Id", "not subscribed", "cannot be found"};
  gboolean of_roles = call != NULL && call->type == MESOS__CALL__TYPE__UPDATE_FRAMEWORK;
  if (status == 401 || (status == 403 && !of_roles) || status == 404)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++)
    if (strstr(why, WORDS[i]) != NULL)
      return TRUE;
  return FALSE;
}

static void on_answered(const Mesos__Call *call, const MuMesosReply *reply, gpointer user) {
  MuMesosClient *client = user;
  client->counters.calls++;
  if (reply->status >= 200 && reply->status < 300)
    return;
  if (reply->status >= 400 && reply->status < 500 && !is_of_subscription(call, reply->status, reply->body)) {
    client->counters.refused++;
    client->funcs->refused(call, reply->status, reply->body, client->user);
    return;
  }
  if (follow_redirect(client, reply))
    return;
  g_autofree char *end = describe_end(client, reply);
  g_autofree char *why = g_strdup_printf("a call was not taken: %s", end);
  give_up(client, why);
}

void mu_mesos_client_call(MuMesosClient *client, const Mesos__Call *call) {
  if (client->state == SUBSCRIBED)
    mu_mesos_queue_push(client->queue, call);
}

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

MuMesosClient *mu_mesos_client_new(const MuMesosClientConfig *config, const MuMesosClientFuncs *funcs, gpointer user,
                                   GError **error) {
  g_autoptr(MuMesosClient) client = g_new0(MuMesosClient, 1);
  guint64 seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
    seed = (guint64)g_get_monotonic_time();
  mu_random_seed(&client->random, seed);
  client->config = *config;
  client->funcs = funcs;
  client->user = user;
  client->context = g_main_context_ref_thread_default();
  client->pause_ms = config->backoff_first_ms;
  client->arena = mu_arena_new();
  client->http = mu_mesos_http_new(&config->http);
  client->queue = mu_mesos_queue_new(client->http, config->format, on_answered, client);
  gboolean https = config->http.ca_file != NULL || config->http.cert_file != NULL;
  client->finder = mu_mesos_finder_new(config->master, https, on_leader, client, error);
  return client->finder == NULL ? NULL : g_steal_pointer(&client);
}

void mu_mesos_client_start(MuMesosClient *client) {
  mu_assert(client->state == SEEKING && client->stream == NULL);
  seek(client);
}

void mu_mesos_client_stop(MuMesosClient *client, gint64 timeout_ms) {
  if (client->state == STOPPED)
    return;
  set_timer(client, 0, NULL);
  mu_sm_move(&client_sm, &client->state, STOPPED, "stopped");
  mu_mesos_queue_finish(client->queue, timeout_ms);
  drop_stream(client);
}

void mu_mesos_client_free(MuMesosClient *client) {
  if (client == NULL)
    return;
  mu_mesos_client_stop(client, 0);
  mu_mesos_finder_free(client->finder);
  mu_mesos_queue_free(client->queue);
  mu_mesos_http_free(client->http);
  mu_record_io_free(client->records);
  mu_arena_free(client->arena);
  g_main_context_unref(client->context);
  g_free(client->url);
  g_free(client->stream_id);
  g_free(client->last_words);
  g_free(client);
}

/* ---- looking ------------------------------------------------------------------------------------------------------------- */

gboolean mu_mesos_client_is_subscribed(const MuMesosClient *client) {
  return client->state == SUBSCRIBED;
}

guint mu_mesos_client_refusal(const MuMesosClient *client) {
  return client->refusal;
}

const char *mu_mesos_client_url(const MuMesosClient *client) {
  return client->url;
}

const char *mu_mesos_client_state(const MuMesosClient *client) {
  return mu_sm_name(&client_sm, client->state);
}

MuMesosClientCounters mu_mesos_client_counters(const MuMesosClient *client) {
  MuMesosClientCounters counters = client->counters;
  counters.queued = mu_mesos_queue_length(client->queue);
  return counters;
}

MuMesosHttp *mu_mesos_client_http(MuMesosClient *client) {
  return client->http;
}
