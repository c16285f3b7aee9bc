/* What roles have refused of an agent. As in the master's allocator each refusal is a filter of its own, that holds for its time
 * (RefusedOfferFilter, master/allocator/mesos/hierarchical.cpp): what an agent has may be out in several offers, and a role that
 * refuses one of them has refused the others as before. */
#include "sim_private.h"

#include <string.h>

void mu_sim_refusal_free(gpointer data) {
  MuSimRefusal *refusal = data;
  g_free(refusal->role);
  g_clear_pointer(&refusal->of, mu_resources_free);
  g_free(refusal);
}

static gboolean contains_all(const MuResources *all, const MuResources *part) {
  for (guint i = 0; i < part->items->len; i++)
    if (!mu_resources_contains(all, part->items->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean is_of(const MuSimRefusal *refusal, const char *role) {
  return strcmp(refusal->role, role) == 0;
}

static gboolean holds(const MuSim *sim, const MuSimAgent *agent, const MuSimRefusal *refusal) {
  return agent->changes == refusal->at && sim->now_ms < refusal->until_ms;
}

gboolean mu_sim_refuses_all(const MuSim *sim, const MuSimAgent *agent, const char *role) {
  for (guint i = 0; i < agent->refusals->len; i++) {
    const MuSimRefusal *refusal = agent->refusals->pdata[i];
    if (refusal->of == NULL && is_of(refusal, role) && holds(sim, agent, refusal))
      return TRUE;
  }
  return FALSE;
}

gboolean mu_sim_refuses(const MuSim *sim, const MuSimAgent *agent, const MuOffer *offer) {
  for (guint i = 0; i < agent->refusals->len; i++) {
    const MuSimRefusal *refusal = agent->refusals->pdata[i];
    if (refusal->of != NULL && is_of(refusal, offer->role) && holds(sim, agent, refusal) &&
        contains_all(refusal->of, offer->resources))
      return TRUE;
  }
  return FALSE;
}

/* ---- their ends ------------------------------------------------------------------------------------------------------ */

static void on_end(MuSim *sim, gpointer data);

static void wake_at(MuSim *sim, MuSimAgent *agent, gint64 when_ms) {
  agent->wake_ms = when_ms;
  mu_sim_schedule(sim, when_ms - sim->now_ms, FALSE, on_end, agent, NULL);
}

static void on_end(MuSim *sim, gpointer data) {
  MuSimAgent *agent = data;
  gint64 next_ms = G_MAXINT64;
  gboolean ended = FALSE;
  if (sim->now_ms != agent->wake_ms)
    return; /* a shorter refusal came since */
  agent->wake_ms = 0;
  for (guint i = agent->refusals->len; i > 0; i--) {
    const MuSimRefusal *refusal = agent->refusals->pdata[i - 1];
    if (sim->now_ms < refusal->until_ms) {
      next_ms = MIN(next_ms, refusal->until_ms);
      continue;
    }
    ended = TRUE;
    g_ptr_array_remove_index(agent->refusals, i - 1);
  }
  if (ended)
    mu_sim_offer_soon(sim, agent);
  if (next_ms != G_MAXINT64)
    wake_at(sim, agent, next_ms);
}

void mu_sim_forget_refusals(MuSimAgent *agent) {
  g_ptr_array_set_size(agent->refusals, 0);
}

/* ---- a new one --------------------------------------------------------------------------------------------------------- */

/* Whatever it refuses the new one refuses for as long; or it does not hold any more. */
static gboolean is_overtaken(const MuSim *sim, const MuSimAgent *agent, const MuSimRefusal *old,
                             const MuSimRefusal *refusal) {
  if (!is_of(old, refusal->role))
    return FALSE;
  if (!holds(sim, agent, old) || refusal->of == NULL)
    return TRUE;
  return old->of != NULL && old->until_ms <= refusal->until_ms && contains_all(refusal->of, old->of);
}

void mu_sim_refuse(MuSim *sim, MuSimAgent *agent, const char *role, MuResources *take_of, gint64 refuse_ms) {
  MuSimRefusal *refusal = g_new0(MuSimRefusal, 1);
  refusal->role = g_strdup(role);
  refusal->of = take_of;
  refusal->at = agent->changes;
  refusal->until_ms = sim->now_ms + refuse_ms;
  for (guint i = agent->refusals->len; i > 0; i--)
    if (is_overtaken(sim, agent, agent->refusals->pdata[i - 1], refusal))
      g_ptr_array_remove_index(agent->refusals, i - 1);
  g_ptr_array_add(agent->refusals, refusal);
  if (refuse_ms > 0 && (agent->wake_ms == 0 || refusal->until_ms < agent->wake_ms))
    wake_at(sim, agent, refusal->until_ms);
  if (sim->roles->len > 1)
    mu_sim_offer_soon(sim, agent); /* another role may take it */
}
