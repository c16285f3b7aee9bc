#include "mesos_engine.h"

#include "json.h"
#include "log.h"
#include "mesos_auth.h"
#include "mesos_calls.h"
#include "mesos_events.h"
#include "mesos_private.h"
#include <muster/error.h>

#include <string.h>
#include <unistd.h>

/* The last calls of a run (acknowledgements; TEARDOWN) are sent for so long. */
#define LAST_CALLS_MS 5000

/* ---- events to the sink -------------------------------------------------------------------------------------------------- */

static gboolean give_events(gpointer user) {
  MuMesos *mesos = user;
  g_source_destroy(mesos->event_source);
  g_clear_pointer(&mesos->event_source, g_source_unref);
  for (MuEngineEvent *event; !mesos->stopped && (event = g_queue_pop_head(&mesos->events)) != NULL;) {
    if (event->kind == MU_EVENT_SUBSCRIBED)
      mu_mesos_send_roles(mesos); /* what of them SUBSCRIBE did not have */
    mesos->sink(event, mesos->sink_user);
  }
  return G_SOURCE_REMOVE;
}

void mu_mesos_emit(MuMesos *mesos, MuEngineEvent *take_event) {
  if (mesos->stopped) {
    mu_engine_event_free(take_event);
    return;
  }
  g_queue_push_tail(&mesos->events, take_event);
  if (mesos->event_source != NULL)
    return;
  mesos->event_source = g_idle_source_new();
  g_source_set_priority(mesos->event_source, G_PRIORITY_DEFAULT);
  g_source_set_callback(mesos->event_source, give_events, mesos, NULL);
  g_source_attach(mesos->event_source, mesos->context);
}

/* ---- what the master says ------------------------------------------------------------------------------------------------ */

static void note_subscribed(MuMesos *mesos, const Mesos__Event__Subscribed *subscribed) {
  g_free(mesos->framework_id);
  mesos->framework_id = g_strdup(subscribed->framework_id->value);
  g_clear_pointer(&mesos->last_error, g_free);
  g_free(mesos->master_version);
  mesos->master_version = g_strdup(subscribed->master_info == NULL ? NULL : subscribed->master_info->version);
  mu_mesos_places_end_offers(mesos->places);
  mu_debug("subscribed with %s as framework %s", mu_mesos_client_url(mesos->client), mesos->framework_id);
}

gboolean mu_mesos_over_tls(const MuMesos *mesos) {
  const char *master = mu_mesos_client_url(mesos->client);
  return master != NULL && g_str_has_prefix(master, "https:");
}

static void note_offers(MuMesos *mesos, const Mesos__Event__Offers *offers) {
  gboolean https = mu_mesos_over_tls(mesos);
  for (gsize i = 0; i < offers->n_offers; i++)
    mu_mesos_places_note_offer(mesos->places, offers->offers[i], https, g_get_monotonic_time());
  mu_mesos_watch_offers(mesos);
}

/* What the operator can do about it. */
static char *explain(const MuMesos *mesos, const char *message) {
  const char *id = mesos->framework_id == NULL ? "(new)" : mesos->framework_id;
  if (strstr(message, "has been removed") != NULL || strstr(message, "Completed framework") != NULL)
    return g_strdup_printf(
        "the master has removed framework %s (it was torn down, or was away for longer than its failover "
        "timeout of %" G_GINT64_FORMAT " s), and its tasks with it; start once with --new-framework to "
        "go on under a new id: the services are kept, and deployed again on what they have reserved",
        id, mesos->config.failover_timeout_s);
  if (strstr(message, "failed over") != NULL)
    return g_strdup_printf(
        "another scheduler has subscribed as framework %s; two cannot run with one state: stop one of "
        "them",
        id);
  return g_strdup_printf("the master ended the subscription of framework %s: %s", id, message);
}

static void end_for_good(MuMesos *mesos, MuEngineEvent *event) {
  char *text = explain(mesos, event->message);
  g_free(event->message);
  event->message = text;
  mesos->ended = TRUE;
  g_free(mesos->last_error);
  mesos->last_error = g_strdup(text);
}

static void note(MuMesos *mesos, const Mesos__Event *message, MuEngineEvent *event) {
  switch (event->kind) {
  case MU_EVENT_SUBSCRIBED: note_subscribed(mesos, message->subscribed); break;
  case MU_EVENT_OFFERS: note_offers(mesos, message->offers); break;
  case MU_EVENT_RESCIND: mu_mesos_places_end_offer(mesos->places, event->id); break;
  case MU_EVENT_UPDATE: mu_mesos_places_note_status(mesos->places, message->update->status); break;
  case MU_EVENT_ERROR: end_for_good(mesos, event); break;
  case MU_EVENT_FAILURE:
  case MU_EVENT_DISCONNECTED: break;
  }
}

static void on_event(const Mesos__Event *message, gpointer user) {
  MuMesos *mesos = user;
  g_autoptr(GError) error = NULL;
  MuEngineEvent *event = mesos->ended ? NULL : mu_mesos_event_read(message, &error);
  if (error != NULL)
    mu_warning("%s; it is passed over", error->message);
  if (event == NULL)
    return;
  note(mesos, message, event);
  mu_mesos_emit(mesos, event);
}

static void on_disconnected(const char *why, gpointer user) {
  MuMesos *mesos = user;
  mu_mesos_cancel_revive(mesos);
  mu_mesos_cancel_hold(mesos);
  mu_mesos_places_end_offers(mesos->places);
  if (mesos->ended) { /* the sink was told why */
    mu_mesos_client_stop(mesos->client, 0);
    return;
  }
  mesos->first_role = mu_mesos_client_refusal(mesos->client) == 403 && mesos->roles[1] != NULL;
  mu_debug("no subscription: %s; trying again", why);
  g_free(mesos->last_error);
  mesos->last_error = g_strdup(why);
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_DISCONNECTED);
  event->message = g_strdup(why);
  mu_mesos_emit(mesos, event);
}

MuMesosFramework mu_mesos_framework(const MuMesos *mesos, const char *const *roles) {
  const MuMesosEngineConfig *config = &mesos->config;
  return (MuMesosFramework){
      .id = mesos->framework_id,
      .name = config->framework_name,
      .user = config->user,
      .principal = config->principal,
      .roles = roles,
      .hostname = config->hostname,
      .webui_url = config->webui_url,
      .failover_timeout_s = config->failover_timeout_s,
      .checkpoint = TRUE,
      .gpus = config->gpus,
      .region_aware = TRUE,
  };
}

static Mesos__Call *make_subscribe(MuArena *arena, gpointer user) {
  MuMesos *mesos = user;
  char *first[] = {mesos->roles[0], NULL};
  g_strfreev(mesos->subscribed_roles);
  mesos->subscribed_roles = g_strdupv(mesos->first_role ? first : mesos->roles);
  g_clear_pointer(&mesos->roles_refused, g_free);
  const MuMesosFramework framework = mu_mesos_framework(mesos, (const char *const *)mesos->subscribed_roles);
  return mu_mesos_subscribe_write(arena, &framework);
}

static const MuMesosClientFuncs client_funcs = {
    .subscribe = make_subscribe,
    .event = on_event,
    .disconnected = on_disconnected,
    .refused = mu_mesos_refused,
};

/* ---- the vtable ---------------------------------------------------------------------------------------------------------- */

static gboolean mesos_start(MuEngine *engine, const char *framework_id, MuEngineSink sink, gpointer user,
                            GError **error) {
  MuMesos *mesos = (MuMesos *)engine;
  if (mesos->started) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "the engine was started already");
    return FALSE;
  }
  mesos->started = TRUE;
  mesos->sink = sink;
  mesos->sink_user = user;
  mesos->framework_id = mesos->config.new_framework ? NULL : g_strdup(framework_id);
  mu_mesos_client_start(mesos->client);
  return TRUE;
}

static void mesos_flush(MuEngine *engine) {
  (void)engine; /* calls are sent as they are given */
}

static char *mesos_sandbox_path(MuEngine *engine, const char *agent_id, const char *task_id, const char *path,
                                GError **error) {
  (void)engine;
  (void)path;
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "the sandbox of %s is on agent %s, not on this machine", task_id,
              agent_id == NULL ? "(unknown)" : agent_id);
  return NULL;
}

static json_t *roles_json(const MuMesos *mesos) {
  json_t *roles = json_array();
  for (guint i = 0; mesos->roles[i] != NULL; i++)
    json_array_append_new(roles, mu_json_string(mesos->roles[i]));
  return roles;
}

static json_t *mesos_describe(MuEngine *engine) {
  const MuMesos *mesos = (const MuMesos *)engine;
  MuMesosClientCounters counters = mu_mesos_client_counters(mesos->client);
  json_t *json = json_object();
  mu_json_set_string(json, "engine", "mesos");
  mu_json_set_string(json, "master", mu_mesos_client_url(mesos->client));
  mu_json_set_string(json, "master_version", mesos->master_version);
  mu_json_set_string(json, "state", mu_mesos_client_state(mesos->client));
  mu_json_set_string(json, "error", mesos->last_error);
  mu_json_set_string(json, "framework_id", mesos->framework_id);
  mu_json_set_string(json, "role", mesos->roles[0]);
  mu_json_set_new(json, "roles", roles_json(mesos));
  mu_json_set_string(json, "roles_refused", mesos->roles_refused);
  mu_json_set_string(json, "principal", mesos->config.principal);
  mu_json_set_int(json, "agents", mu_mesos_places_agents(mesos->places));
  mu_json_set_int(json, "offers_held", mu_mesos_places_offers(mesos->places));
  mu_json_set_int(json, "subscriptions", (gint64)counters.subscriptions);
  mu_json_set_int(json, "events", (gint64)counters.events);
  mu_json_set_int(json, "event_bytes", (gint64)counters.bytes);
  mu_json_set_int(json, "calls", (gint64)counters.calls);
  mu_json_set_int(json, "calls_refused", (gint64)counters.refused);
  mu_json_set_int(json, "calls_queued", counters.queued);
  return json;
}

static void mesos_stop(MuEngine *engine) {
  MuMesos *mesos = (MuMesos *)engine;
  if (mesos->stopped)
    return;
  mesos->stopped = TRUE;
  mu_mesos_forget_readings(mesos);
  mu_mesos_end_sessions(mesos);
  mu_mesos_cancel_revive(mesos);
  mu_mesos_cancel_hold(mesos);
  if (mesos->client != NULL)
    mu_mesos_client_stop(mesos->client, LAST_CALLS_MS);
  if (mesos->event_source != NULL) {
    g_source_destroy(mesos->event_source);
    g_clear_pointer(&mesos->event_source, g_source_unref);
  }
  g_queue_clear_full(&mesos->events, (GDestroyNotify)mu_engine_event_free);
}

static void mesos_free(MuEngine *engine) {
  MuMesos *mesos = (MuMesos *)engine;
  mesos_stop(engine);
  mu_mesos_client_free(mesos->client);
  mu_mesos_places_free(mesos->places);
  g_ptr_array_unref(mesos->readings);
  g_ptr_array_unref(mesos->sessions);
  g_ptr_array_unref(mesos->texts);
  g_strfreev(mesos->roles);
  g_strfreev(mesos->subscribed_roles);
  g_free(mesos->roles_refused);
  g_main_context_unref(mesos->context);
  g_free(mesos->framework_id);
  g_free(mesos->last_error);
  g_free(mesos->master_version);
  g_free(mesos->bootstrap_url);
  g_free(mesos);
}

static const MuEngineOps ops = {.name = "mesos",
                                .knows_roles = TRUE,
                                .start = mesos_start,
                                .perform = mu_mesos_perform,
                                .flush = mesos_flush,
                                .sandbox_path = mesos_sandbox_path,
                                .read_sandbox = mu_mesos_read_sandbox,
                                .exec = mu_mesos_exec,
                                .describe = mesos_describe,
                                .stop = mesos_stop,
                                .free = mesos_free};

void mu_mesos_engine_set_bootstrap_url(MuEngine *engine, const char *url) {
  MuMesos *mesos = (MuMesos *)engine;
  g_free(mesos->bootstrap_url);
  mesos->bootstrap_url = g_strdup(url);
}

void mu_mesos_engine_set_secrets(MuEngine *engine, const MuMesosSecretFuncs *funcs, gpointer user) {
  MuMesos *mesos = (MuMesos *)engine;
  mesos->secret_funcs = funcs;
  mesos->secrets_user = user;
}

/* ---- new ----------------------------------------------------------------------------------------------------------------- */

static void keep_texts(MuMesos *mesos) {
  MuMesosEngineConfig *config = &mesos->config;
  const char **texts[] = {&config->master,   &config->framework_name, &config->principal,   &config->user,
                          &config->hostname, &config->webui_url,      &config->secret_file, &config->token_file,
                          &config->ca_file,  &config->cert_file,      &config->key_file};
  if (config->user == NULL)
    config->user = g_get_user_name();
  if (config->hostname == NULL)
    config->hostname = g_get_host_name();
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    char *copy = g_strdup(*texts[i]);
    *texts[i] = copy;
    if (copy != NULL)
      g_ptr_array_add(mesos->texts, copy);
  }
}

static void set_default(gint64 *value, gint64 fallback) {
  if (*value <= 0)
    *value = fallback;
}

static void set_defaults(MuMesosEngineConfig *config) {
  set_default(&config->connect_timeout_ms, MU_MESOS_CONNECT_TIMEOUT_MS);
  set_default(&config->subscribe_timeout_ms, MU_MESOS_SUBSCRIBE_TIMEOUT_MS);
  set_default(&config->backoff_first_ms, MU_MESOS_BACKOFF_FIRST_MS);
  set_default(&config->backoff_max_ms, MU_MESOS_BACKOFF_MAX_MS);
  set_default(&config->hold_ms, MU_MESOS_HOLD_MS);
  set_default(&config->failover_timeout_s, MU_MESOS_FAILOVER_TIMEOUT_S);
  if (config->missed_heartbeats == 0)
    config->missed_heartbeats = MU_MESOS_MISSED_HEARTBEATS;
}

static gboolean refuse(const char *what, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s", what);
  return FALSE;
}

static gboolean check_readable(const char *path, GError **error) {
  if (path == NULL || access(path, R_OK) == 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "cannot read %s", path);
  return FALSE;
}

static gboolean check(const MuMesosEngineConfig *config, GError **error) {
  if (config->master == NULL || *config->master == '\0')
    return refuse("the Mesos engine needs --master zk://host:port/path or --master http://host:5050", error);
  if (config->secret_file != NULL && config->token_file != NULL)
    return refuse("a secret (basic authentication) and a token exclude each other", error);
  if ((config->cert_file == NULL) != (config->key_file == NULL))
    return refuse("a client certificate and its key go together", error);
  g_autoptr(MuMesosAuth) auth = mu_mesos_auth_new(config->principal, config->secret_file, config->token_file);
  return mu_mesos_auth_check(auth, error) && check_readable(config->ca_file, error) &&
         check_readable(config->cert_file, error) && check_readable(config->key_file, error);
}

static gboolean open_client(MuMesos *mesos, GError **error) {
  const MuMesosEngineConfig *config = &mesos->config;
  const MuMesosClientConfig client_config = {
      .master = config->master,
      .http = {.ca_file = config->ca_file,
               .cert_file = config->cert_file,
               .key_file = config->key_file,
               .principal = config->principal,
               .secret_file = config->secret_file,
               .token_file = config->token_file,
               .connect_timeout_ms = config->connect_timeout_ms},
      .format = config->json ? MU_WIRE_JSON : MU_WIRE_PROTOBUF,
      .backoff_first_ms = config->backoff_first_ms,
      .backoff_max_ms = config->backoff_max_ms,
      .subscribe_timeout_ms = config->subscribe_timeout_ms,
      .missed_heartbeats = config->missed_heartbeats,
  };
  mesos->client = mu_mesos_client_new(&client_config, &client_funcs, mesos, error);
  return mesos->client != NULL;
}

MuEngine *mu_mesos_engine_new(const MuMesosEngineConfig *config, GError **error) {
  if (!check(config, error))
    return NULL;
  MuMesos *mesos = g_new0(MuMesos, 1);
  mesos->engine.ops = &ops;
  mesos->config = *config;
  mesos->texts = g_ptr_array_new_with_free_func(g_free);
  mesos->roles = g_strdupv((char **)config->roles);
  mesos->readings = g_ptr_array_new();
  mesos->sessions = g_ptr_array_new();
  mesos->places = mu_mesos_places_new();
  mesos->context = g_main_context_ref_thread_default();
  mesos->revives = MU_MESOS_REVIVES_AT_ONCE;
  mesos->revives_us = g_get_monotonic_time();
  g_queue_init(&mesos->events);
  keep_texts(mesos);
  set_defaults(&mesos->config);
  if (open_client(mesos, error))
    return &mesos->engine;
  mesos_free(&mesos->engine);
  return NULL;
}
