/* The calls of the core: what becomes of each before it goes to the master. */
#include "log.h"
#include "mesos_calls.h"
#include "mesos_events.h"
#include "mesos_private.h"

/* ---- statuses of our own ------------------------------------------------------------------------------------------------- */

static void answer(MuMesos *mesos, const char *task_id, const char *agent_id, MuTaskState state, const char *reason,
                   const char *message) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = mu_task_status_new(task_id, state);
  event->status->agent_id = g_strdup(agent_id);
  event->status->reason = g_strdup(reason);
  event->status->message = g_strdup(message);
  event->status->timestamp_ms = g_get_real_time() / 1000;
  mu_mesos_emit(mesos, event);
}

static void answer_launches(MuMesos *mesos, const MuEngineCall *call, MuTaskState state, const char *reason,
                            const char *message) {
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    for (guint j = 0; operation->launch != NULL && j < operation->launch->tasks->len; j++)
      answer(mesos, ((const MuTaskLaunch *)operation->launch->tasks->pdata[j])->task_id, NULL, state, reason, message);
  }
}

static void note_roles_refused(MuMesos *mesos, guint status, const char *words) {
  g_autofree char *roles = g_strjoinv(", ", mesos->roles);
  g_free(mesos->roles_refused);
  mesos->roles_refused =
      g_strdup_printf("the master answered %u to the roles %s: %s; pods of the new ones wait", status, roles, words);
}

/* The master did not take a call. What it was to launch has not been launched. */
void mu_mesos_refused(const Mesos__Call *message, guint status, const char *why, gpointer user) {
  g_autoptr(MuEngineCall) call = message == NULL ? NULL : mu_mesos_call_read(message, NULL);
  g_autofree char *words = g_utf8_make_valid(why, -1);
  mu_warning("the master refused %s: %u %s", call == NULL ? "a call" : mu_engine_call_kind_to_string(call->kind),
             status, words);
  if (call != NULL && call->kind == MU_CALL_ROLES)
    note_roles_refused(user, status, words);
  if (call == NULL || call->kind != MU_CALL_ACCEPT)
    return;
  g_autofree char *text = g_strdup_printf("the master refused the launch: %u %s", status, words);
  answer_launches(user, call, MU_TASK_ERROR, "REASON_TASK_GROUP_INVALID", text);
}

/* ---- accept, decline ----------------------------------------------------------------------------------------------------- */

static void end_offers(MuMesos *mesos, const MuItems *ids) {
  for (guint i = 0; i < ids->len; i++)
    mu_mesos_places_end_offer(mesos->places, ids->pdata[i]);
}

static void send_launches(MuMesos *mesos, const MuEngineCall *call, const char *agent_id, GHashTable *brought) {
  g_autoptr(MuArena) arena = mu_arena_new();
  const MuMesosLaunchPlace place = {mesos->framework_id, agent_id, mesos->bootstrap_url, brought};
  mu_mesos_client_call(mesos->client, mu_mesos_call_write(arena, call, &place));
}

static void send(MuMesos *mesos, const MuEngineCall *call) {
  send_launches(mesos, call, NULL, NULL);
}

/* MuPodLaunch* to MuMesosBrought*; NULL: a service may not have what it asks for. */
static GHashTable *bring(MuMesos *mesos, const MuEngineCall *call, GError **error) {
  g_autoptr(GHashTable) all = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)mu_mesos_brought_free);
  for (guint i = 0; i < call->operations->len; i++) {
    MuPodLaunch *launch = ((const MuOperation *)call->operations->pdata[i])->launch;
    if (launch == NULL)
      continue;
    MuMesosBrought *brought = mu_mesos_bring(mesos->secret_funcs, mesos->secrets_user, launch, error);
    if (brought == NULL)
      return NULL;
    g_hash_table_insert(all, launch, brought);
  }
  return g_steal_pointer(&all);
}

/* The agent of the accept; NULL when one of its offers was taken back meanwhile: the master would drop it as a whole. */
static const char *agent_of(const MuMesos *mesos, const MuEngineCall *call) {
  const char *agent_id = NULL;
  for (guint i = 0; i < call->offer_ids->len; i++) {
    agent_id = mu_mesos_places_offer(mesos->places, call->offer_ids->pdata[i]);
    if (agent_id == NULL)
      return NULL;
  }
  return agent_id;
}

static void decline(MuMesos *mesos, const MuEngineCall *call) {
  g_autoptr(MuEngineCall) ours = mu_engine_call_new(MU_CALL_DECLINE);
  ours->refuse_ms = call->refuse_ms;
  for (guint i = 0; i < call->offer_ids->len; i++)
    if (mu_mesos_places_offer(mesos->places, call->offer_ids->pdata[i]) != NULL)
      mu_items_add(ours->offer_ids, g_strdup(call->offer_ids->pdata[i]));
  end_offers(mesos, ours->offer_ids);
  if (ours->offer_ids->len > 0)
    send(mesos, ours);
}

static void drop_accept(MuMesos *mesos, const MuEngineCall *call, MuTaskState state, const char *reason,
                        const char *message) {
  g_autoptr(MuEngineCall) rest = mu_engine_call_new(MU_CALL_DECLINE);
  for (guint i = 0; i < call->offer_ids->len; i++)
    mu_items_add(rest->offer_ids, g_strdup(call->offer_ids->pdata[i]));
  decline(mesos, rest);
  answer_launches(mesos, call, state, reason, message);
}

static void accept(MuMesos *mesos, const MuEngineCall *call) {
  g_autofree char *agent_id = g_strdup(agent_of(mesos, call));
  if (agent_id == NULL) {
    drop_accept(mesos, call, MU_TASK_DROPPED, "REASON_INVALID_OFFERS",
                "the offer was taken back before the launch was sent");
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(GHashTable) brought = bring(mesos, call, &error);
  if (brought == NULL) {
    g_autofree char *text = g_strdup_printf("its secrets cannot be had: %s", error->message);
    drop_accept(mesos, call, MU_TASK_ERROR, "REASON_TASK_INVALID", text);
    return;
  }
  end_offers(mesos, call->offer_ids);
  send_launches(mesos, call, agent_id, brought);
}

/* ---- offers that are held for too long ----------------------------------------------------------------------------------- */

void mu_mesos_cancel_hold(MuMesos *mesos) {
  if (mesos->hold_source == NULL)
    return;
  g_source_destroy(mesos->hold_source);
  g_clear_pointer(&mesos->hold_source, g_source_unref);
}

static gboolean on_hold(gpointer user);

static void watch_from(MuMesos *mesos, gint64 since_us) {
  gint64 left_us = since_us + mesos->config.hold_ms * 1000 - g_get_monotonic_time();
  mesos->hold_source = g_timeout_source_new((guint)CLAMP(left_us / 1000 + 1, 1, G_MAXINT));
  g_source_set_callback(mesos->hold_source, on_hold, mesos, NULL);
  g_source_attach(mesos->hold_source, mesos->context);
}

/* Others may use them meanwhile. The core forgets them; an accept of it that waits to be durable finds them gone. */
static void give_back(MuMesos *mesos, const GPtrArray *ids) {
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_DECLINE);
  call->refuse_ms = mesos->config.hold_ms;
  for (guint i = 0; i < ids->len; i++) {
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_RESCIND);
    event->id = g_strdup(ids->pdata[i]);
    mu_mesos_emit(mesos, event);
    mu_items_add(call->offer_ids, g_strdup(ids->pdata[i]));
  }
  mu_debug("%u offers were held for %" G_GINT64_FORMAT " ms, and are given back", ids->len, mesos->config.hold_ms);
  decline(mesos, call);
}

static gboolean on_hold(gpointer user) {
  MuMesos *mesos = user;
  gint64 oldest_us = G_MAXINT64;
  mu_mesos_cancel_hold(mesos);
  g_autoptr(GPtrArray) ids =
      mu_mesos_places_held_since(mesos->places, g_get_monotonic_time() - mesos->config.hold_ms * 1000, &oldest_us);
  if (ids->len > 0)
    give_back(mesos, ids);
  if (oldest_us != G_MAXINT64)
    watch_from(mesos, oldest_us);
  return G_SOURCE_REMOVE;
}

void mu_mesos_watch_offers(MuMesos *mesos) {
  if (mesos->hold_source == NULL)
    watch_from(mesos, g_get_monotonic_time());
}

/* ---- revive, suppress ---------------------------------------------------------------------------------------------------- */

void mu_mesos_cancel_revive(MuMesos *mesos) {
  if (mesos->revive_source == NULL)
    return;
  g_source_destroy(mesos->revive_source);
  g_clear_pointer(&mesos->revive_source, g_source_unref);
}

static void revive(MuMesos *mesos);

static gboolean on_revive(gpointer user) {
  MuMesos *mesos = user;
  mu_mesos_cancel_revive(mesos);
  revive(mesos);
  return G_SOURCE_REMOVE;
}

static void fill_bucket(MuMesos *mesos) {
  gint64 now_us = g_get_monotonic_time();
  double earned = (double)(now_us - mesos->revives_us) / (MU_MESOS_REVIVE_EVERY_MS * 1000.0);
  mesos->revives = MIN(mesos->revives + earned, MU_MESOS_REVIVES_AT_ONCE);
  mesos->revives_us = now_us;
}

/* A token bucket; one that has to wait stands for all that come after it. */
static void revive(MuMesos *mesos) {
  if (mesos->revive_source != NULL)
    return;
  fill_bucket(mesos);
  if (mesos->revives < 1) {
    mesos->revive_source = g_timeout_source_new(MU_MESOS_REVIVE_EVERY_MS);
    g_source_set_callback(mesos->revive_source, on_revive, mesos, NULL);
    g_source_attach(mesos->revive_source, mesos->context);
    return;
  }
  mesos->revives -= 1;
  g_autoptr(MuEngineCall) call = mu_engine_call_new(MU_CALL_REVIVE);
  send(mesos, call);
}

static void suppress(MuMesos *mesos, const MuEngineCall *call) {
  mu_mesos_cancel_revive(mesos);
  send(mesos, call);
}

/* ---- roles --------------------------------------------------------------------------------------------------------------- */

void mu_mesos_send_roles(MuMesos *mesos) {
  g_autoptr(MuArena) arena = mu_arena_new();
  const MuMesosFramework framework = mu_mesos_framework(mesos, (const char *const *)mesos->roles);
  if (g_strv_equal((const char *const *)mesos->roles, (const char *const *)mesos->subscribed_roles))
    return;
  g_strfreev(mesos->subscribed_roles);
  mesos->subscribed_roles = g_strdupv(mesos->roles);
  g_clear_pointer(&mesos->roles_refused, g_free);
  mu_mesos_client_call(mesos->client, mu_mesos_update_framework_write(arena, &framework));
}

static void take_roles(MuMesos *mesos, const MuEngineCall *call) {
  g_strfreev(mesos->roles);
  mesos->roles = g_new0(char *, call->roles->len + 1);
  for (guint i = 0; i < call->roles->len; i++)
    mesos->roles[i] = g_strdup(call->roles->pdata[i]);
}

/* ---- all ------------------------------------------------------------------------------------------------------------------ */

void mu_mesos_perform(MuEngine *engine, const MuEngineCall *call) {
  MuMesos *mesos = (MuMesos *)engine;
  if (call->kind == MU_CALL_ROLES)
    take_roles(mesos, call); /* whether subscribed or not: the next SUBSCRIBE has them */
  if (mesos->stopped || mesos->framework_id == NULL || !mu_mesos_client_is_subscribed(mesos->client))
    return; /* the core asks about everything at the next SUBSCRIBED */
  switch (call->kind) {
  case MU_CALL_ACCEPT: accept(mesos, call); break;
  case MU_CALL_DECLINE: decline(mesos, call); break;
  case MU_CALL_REVIVE: revive(mesos); break;
  case MU_CALL_SUPPRESS: suppress(mesos, call); break;
  case MU_CALL_ACKNOWLEDGE:
    if (call->uuid != NULL && call->agent_id != NULL)
      send(mesos, call);
    break;
  case MU_CALL_KILL:
  case MU_CALL_RECONCILE:
  case MU_CALL_TEARDOWN: send(mesos, call); break;
  case MU_CALL_ROLES: mu_mesos_send_roles(mesos); break;
  }
}
