/* What is offered, and when: all that an agent has free and nobody was offered, as soon as there is news of it, unless the
 * framework suppressed offers or refused the agent's for a time. One OFFERS event a turn of the loop. */
#include "local_private.h"

static gboolean make_offers(gpointer user);

static gint64 now_ms(void) {
  return g_get_monotonic_time() / 1000;
}

static void schedule(MuLocal *local) {
  if (local->started && !local->stopped && !local->suppressed && !local->offer_source)
    local->offer_source = mu_local_call_later(local, 0, make_offers, local);
}

static gboolean on_filter_over(gpointer user) {
  MuLocal *local = user;
  mu_local_cancel(&local->filter_source);
  return make_offers(local);
}

static void wait_for_filters(MuLocal *local) {
  gint64 next = G_MAXINT64;
  for (guint i = 0; i < local->agents->len; i++) {
    const MuLocalAgent *agent = local->agents->pdata[i];
    if (agent->has_news && agent->filtered_until_ms > 0)
      next = MIN(next, agent->filtered_until_ms);
  }
  mu_local_cancel(&local->filter_source);
  if (next != G_MAXINT64)
    local->filter_source = mu_local_call_later(local, MAX(next - now_ms(), 1), on_filter_over, local);
}

static MuOffer *offer_agent(MuLocal *local, MuLocalAgent *agent) {
  if (!agent->has_news || agent->filtered_until_ms > now_ms() || mu_local_trash_is_busy(local->trash))
    return NULL;
  g_autofree char *id = g_strdup_printf("%s-offer-%" G_GUINT64_FORMAT, mu_agent_id(agent->model), ++local->last_offer);
  agent->has_news = FALSE;
  agent->filtered_until_ms = 0;
  MuOffer *offer = mu_agent_make_offer(agent->model, id);
  if (offer)
    g_hash_table_insert(local->offers, g_steal_pointer(&id), agent);
  return offer;
}

static gboolean make_offers(gpointer user) {
  MuLocal *local = user;
  mu_local_cancel(&local->offer_source);
  if (local->suppressed)
    return G_SOURCE_REMOVE;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  for (guint i = 0; i < local->agents->len; i++) {
    MuOffer *offer = offer_agent(local, local->agents->pdata[i]);
    if (offer)
      g_ptr_array_add(event->offers, offer);
  }
  if (event->offers->len > 0)
    mu_local_emit(local, event);
  else
    mu_engine_event_free(event);
  wait_for_filters(local);
  return G_SOURCE_REMOVE;
}

void mu_local_offers_grew(MuLocal *local, MuLocalAgent *agent) {
  agent->has_news = TRUE;
  agent->filtered_until_ms = 0;
  schedule(local);
}

void mu_local_offers_revive(MuLocal *local) {
  local->suppressed = FALSE;
  for (guint i = 0; i < local->agents->len; i++)
    mu_local_offers_grew(local, local->agents->pdata[i]);
}

MuLocalAgent *mu_local_offers_end(MuLocal *local, const char *offer_id, gint64 refuse_ms) {
  MuLocalAgent *agent = g_hash_table_lookup(local->offers, offer_id);
  if (!agent)
    return NULL;
  g_hash_table_remove(local->offers, offer_id);
  mu_agent_offer_end(agent->model, offer_id);
  agent->has_news = TRUE;
  agent->filtered_until_ms = refuse_ms > 0 ? now_ms() + refuse_ms : 0;
  schedule(local); /* offers, or sets the timer for the end of the filter */
  return agent;
}

void mu_local_offers_stop(MuLocal *local) {
  mu_local_cancel(&local->offer_source);
  mu_local_cancel(&local->filter_source);
}
