/* Offers: gathered by agent, routed to who waits, answered in the same drain. Nothing is held back: what nobody can use is
 * declined, for long when nobody waits, and then the engine is told to stop offering until somebody does. */
#include "log.h"
#include "roles.h"

#include <string.h>

#define SWEEP_MS 30000 /* engines offer what they have every few seconds */

static void group_free(MuOfferGroup *group) {
  mu_offer_free(group->offer);
  g_ptr_array_unref(group->ids);
  g_free(group->key);
  mu_items_clear(group->operations, (GDestroyNotify)mu_operation_free);
  g_free(group);
}

void mu_client_offers_init(MuMultiServiceEventClient *client) {
  client->groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)group_free);
  client->group_order = g_ptr_array_new();
  client->timers = g_sequence_new(NULL);
}

void mu_client_offers_free(MuMultiServiceEventClient *client) {
  g_hash_table_unref(client->groups);
  g_ptr_array_unref(client->group_order);
  g_sequence_free(client->timers);
}

void mu_client_drop_offers(MuMultiServiceEventClient *client) {
  client->carry_on = FALSE;
  client->group_cursor = 0;
  g_ptr_array_set_size(client->group_order, 0);
  g_hash_table_remove_all(client->groups);
}

/* ---- taking -------------------------------------------------------------------------------------------------------- */

static gboolean is_own_role(const MuMultiServiceEventClient *client, const char *role) {
  return role == NULL || strcmp(role, client->role) == 0;
}

/* One accept can only take offers of one agent that are made to one role. */
static char *group_key(const MuMultiServiceEventClient *client, const char *agent_id, const char *role) {
  return is_own_role(client, role) ? g_strdup(agent_id) : g_strconcat(agent_id, "\n", role, NULL);
}

static MuOfferGroup *find_group(const MuMultiServiceEventClient *client, const char *agent_id, const char *role) {
  if (is_own_role(client, role))
    return g_hash_table_lookup(client->groups, agent_id);
  g_autofree char *key = group_key(client, agent_id, role);
  return g_hash_table_lookup(client->groups, key);
}

static void take_offer(MuMultiServiceEventClient *client, MuOffer *take_offer) {
  g_autoptr(MuOffer) offer = take_offer;
  g_autofree char *key = group_key(client, offer->agent_id, offer->role);
  MuOfferGroup *group = g_hash_table_lookup(client->groups, key);
  client->counters.offers++;
  if (group != NULL) {
    mu_resources_add_all(group->offer->resources, offer->resources);
    g_ptr_array_add(group->ids, g_strdup(offer->id));
    group->is_routed = FALSE;
    group->round = ++client->offer_round;
    return;
  }
  group = g_new0(MuOfferGroup, 1);
  group->offer = g_steal_pointer(&offer);
  group->ids = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(group->ids, g_strdup(group->offer->id));
  group->key = g_steal_pointer(&key);
  g_hash_table_insert(client->groups, group->key, group);
  g_ptr_array_add(client->group_order, group);
  group->round = ++client->offer_round;
}

void mu_client_take_offers(MuMultiServiceEventClient *client, GPtrArray *take_offers) {
  gsize n = 0;
  g_autofree gpointer *offers = g_ptr_array_steal(take_offers, &n);
  for (gsize i = 0; i < n; i++)
    take_offer(client, offers[i]);
}

/* They come again at once, as one. */
static void decline_others(MuMultiServiceEventClient *client, const MuOfferGroup *group, const char *offer_id) {
  MuEngineCall *decline = mu_engine_call_new(MU_CALL_DECLINE);
  for (guint i = 0; i < group->ids->len; i++)
    if (strcmp(group->ids->pdata[i], offer_id) != 0)
      mu_items_add(decline->offer_ids, g_strdup(group->ids->pdata[i]));
  if (decline->offer_ids->len > 0)
    g_ptr_array_add(client->effects.calls, decline);
  else
    mu_engine_call_free(decline);
}

/* The engine took an offer back before it was answered: what was gathered of that agent is forgotten. */
void mu_client_rescind(MuMultiServiceEventClient *client, const char *offer_id) {
  for (guint i = 0; i < client->group_order->len; i++) {
    MuOfferGroup *group = client->group_order->pdata[i];
    if (!g_ptr_array_find_with_equal_func(group->ids, offer_id, g_str_equal, NULL))
      continue;
    decline_others(client, group, offer_id);
    g_ptr_array_remove_index(client->group_order, i);
    g_hash_table_remove(client->groups, group->key);
    return;
  }
}

/* ---- what is on its way out ---------------------------------------------------------------------------------------- */

typedef enum { RESERVED_OURS, RESERVED_GARBAGE, RESERVED_FOREIGN } ReservedKind;

/* Whose is it? A label names the service and the reservation. Ours without a label is nobody's that we know: left alone. */
static ReservedKind classify(MuMultiServiceEventClient *client, const MuResource *resource, MuService **ret_service,
                             MuPod **ret_pod) {
  const MuReservation *reservation = &resource->reservation;
  if (!mu_roles_has(client, reservation->role))
    return RESERVED_FOREIGN;
  if (reservation->resource_id == NULL || reservation->namespace_ == NULL) {
    g_autofree char *text = mu_resource_to_string(resource);
    mu_log(MU_LOG_WARNING, "offered %s is reserved for role %s but carries no label of ours: left alone", text,
           reservation->role);
    return RESERVED_FOREIGN;
  }
  *ret_service = mu_manager_find(client->manager, reservation->namespace_);
  if (*ret_service != NULL && (*ret_service)->unreadable != NULL)
    return RESERVED_FOREIGN; /* its ledger is not known */
  *ret_pod = *ret_service == NULL ? NULL : mu_service_pod_of_reservation(*ret_service, reservation->resource_id);
  return *ret_pod != NULL ? RESERVED_OURS : RESERVED_GARBAGE;
}

static void clean_up(MuOfferGroup *group, const MuResource *resource) {
  MuResources *unreserve = mu_resources_new();
  g_autoptr(MuResource) plain = mu_resource_without_volume(resource);
  if (resource->persistence_id != NULL) {
    MuResources *destroy = mu_resources_new();
    mu_resources_add(destroy, resource);
    mu_items_add(group->operations, mu_operation_new(MU_OP_DESTROY, destroy, NULL));
  }
  mu_resources_add(unreserve, plain);
  mu_items_add(group->operations, mu_operation_new(MU_OP_UNRESERVE, unreserve, NULL));
  mu_log(MU_LOG_INFO, "cleaning up %s on %s: no service owns it (it was reserved for %s)",
         resource->reservation.resource_id, group->offer->hostname, resource->reservation.namespace_);
}

/* Takes what the group's operations so far use out of the offer, so that no launch counts on it. */
static void take_out(MuOfferGroup *group, guint from) {
  for (guint i = from; i < group->operations->len; i++) {
    const MuOperation *operation = group->operations->pdata[i];
    for (guint j = 0; operation->resources != NULL && j < operation->resources->items->len; j++)
      mu_resources_subtract(group->offer->resources, operation->resources->items->pdata[j]);
  }
}

/* The pods of an offer, each once, in the order of its resources: what is done must not hang on addresses. */
typedef struct {
  GHashTable *seen;
  GPtrArray *order; /* of MuPod* */
} PodSet;

static void note_pod(PodSet *pods, MuPod *pod) {
  if (pod != NULL && g_hash_table_add(pods->seen, pod))
    g_ptr_array_add(pods->order, pod);
}

/* The reserved resources of the offer: those of pods on their way out are given back, those of nobody cleaned up. */
static void route_reserved(MuMultiServiceEventClient *client, MuOfferGroup *group) {
  g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
  g_autoptr(GPtrArray) order = g_ptr_array_new();
  PodSet pods = {seen, order};
  const GPtrArray *items = group->offer->resources->items;
  for (guint i = 0; i < items->len; i++) {
    const MuResource *resource = items->pdata[i];
    MuService *service = NULL;
    MuPod *pod = NULL;
    if (!mu_resource_is_reserved(resource))
      continue;
    if (classify(client, resource, &service, &pod) == RESERVED_GARBAGE)
      clean_up(group, resource);
    note_pod(&pods, pod);
  }
  for (guint i = 0; i < order->len; i++) {
    MuPod *pod = order->pdata[i];
    mu_service_on_agent_offer(pod->service, pod, group->offer, &client->effects);
    mu_service_release(pod->service, pod, group->offer, group->operations, &client->effects);
    mu_client_mark_dirty(client, pod->service);
  }
  take_out(group, 0);
}

/* The offers that were not looked at of the agents where the pod has something: each once. NULL: none, as for most of the many
 * pods that may be waiting. */
static GPtrArray *new_groups_of(const MuMultiServiceEventClient *client, const MuPod *pod) {
  GPtrArray *groups = NULL;
  const char *last_agent = NULL, *last_role = NULL;
  for (guint i = 0; pod->record != NULL && i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    const char *agent = mu_pod_record_entry_agent(pod->record, entry), *role = entry->resource->reservation.role;
    if (agent == NULL || (g_strcmp0(agent, last_agent) == 0 && g_strcmp0(role, last_role) == 0))
      continue;
    last_agent = agent;
    last_role = role;
    MuOfferGroup *group = find_group(client, agent, role);
    if (group == NULL || group->is_routed)
      continue;
    if (groups == NULL)
      groups = g_ptr_array_new();
    if (!g_ptr_array_find(groups, group, NULL))
      g_ptr_array_add(groups, group);
  }
  return groups;
}

static void note_absent_of(MuMultiServiceEventClient *client, MuService *service, MuPod *pod) {
  g_autoptr(GPtrArray) groups = new_groups_of(client, pod);
  for (guint i = 0; groups != NULL && i < groups->len; i++) {
    mu_service_on_agent_offer(service, pod, ((MuOfferGroup *)groups->pdata[i])->offer, &client->effects);
    mu_client_mark_dirty(client, service);
  }
}

/* Entries that were asked to go and that their agent no longer offers are gone. */
static void note_absent(MuMultiServiceEventClient *client) {
  for (GList *link = client->giving_back.head; link != NULL; link = link->next) {
    MuService *service = link->data;
    for (guint i = service->releasing->len; i > 0; i--)
      note_absent_of(client, service, service->releasing->pdata[i - 1]);
  }
}

/* What is held since an earlier drain went this way then. */
static void route_new(MuMultiServiceEventClient *client) {
  if (client->routed_round == client->offer_round)
    return;
  client->routed_round = client->offer_round;
  note_absent(client);
  for (guint i = 0; i < client->group_order->len; i++) {
    MuOfferGroup *group = client->group_order->pdata[i];
    if (!group->is_routed)
      route_reserved(client, group);
    group->is_routed = TRUE;
  }
  mu_client_settle_dirty(client);
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

static void add_ids(MuEngineCall *call, MuOfferGroup *group) {
  for (guint i = 0; i < group->ids->len; i++)
    mu_items_add(call->offer_ids, g_strdup(group->ids->pdata[i]));
}

static void accept(MuMultiServiceEventClient *client, MuOfferGroup *group) {
  MuEngineCall *call = mu_engine_call_new(MU_CALL_ACCEPT);
  add_ids(call, group);
  *call->operations = *group->operations;
  *group->operations = (MuItems){0};
  g_ptr_array_add(client->effects.calls, call);
}

static gboolean somebody_waits(MuMultiServiceEventClient *client) {
  return mu_fair_length(&client->fair) > 0;
}

static void decline_all(MuMultiServiceEventClient *client) {
  MuEngineCall *decline = mu_engine_call_new(MU_CALL_DECLINE);
  decline->refuse_ms = somebody_waits(client) ? client->settings.refuse_ms : client->settings.idle_refuse_ms;
  for (guint i = 0; i < client->group_order->len; i++)
    add_ids(decline, client->group_order->pdata[i]);
  client->counters.declined += decline->offer_ids->len;
  if (decline->offer_ids->len > 0)
    g_ptr_array_add(client->effects.calls, decline);
  else
    mu_engine_call_free(decline);
  mu_client_drop_offers(client);
}

/* What was used is accepted. */
static void accept_used(MuMultiServiceEventClient *client) {
  guint kept = 0;
  for (guint i = 0; i < client->group_order->len; i++) {
    MuOfferGroup *group = client->group_order->pdata[i];
    if (group->operations->len > 0) {
      accept(client, group);
      g_hash_table_remove(client->groups, group->key);
    } else {
      client->group_order->pdata[kept++] = group;
    }
  }
  g_ptr_array_set_size(client->group_order, (gint)kept);
  client->group_cursor = 0;
}

/* What was not is declined, unless steps are still to be tried with it. */
static void decline_rest(MuMultiServiceEventClient *client) {
  client->carry_on &= client->group_order->len > 0;
  if (!client->carry_on)
    decline_all(client);
}

static void set_suppressed(MuMultiServiceEventClient *client, gboolean suppressed) {
  client->suppressed = suppressed;
  g_ptr_array_add(client->effects.calls, mu_engine_call_new(suppressed ? MU_CALL_SUPPRESS : MU_CALL_REVIVE));
}

void mu_client_sweep(MuMultiServiceEventClient *client) {
  client->sweep_until_ms = client->effects.now_ms + SWEEP_MS;
  client->revive_wanted = TRUE;
}

static void settle_hunger(MuMultiServiceEventClient *client) {
  gboolean waits = somebody_waits(client) || client->effects.now_ms < client->sweep_until_ms;
  if (!client->subscribed)
    return;
  if (waits && (client->suppressed || client->revive_wanted))
    set_suppressed(client, FALSE);
  else if (!waits && !client->suppressed)
    set_suppressed(client, TRUE);
  client->revive_wanted = FALSE;
}

void mu_client_match(MuMultiServiceEventClient *client) {
  if (client->group_order->len > 0) {
    route_new(client);
    mu_client_place(client);
    accept_used(client); /* before kills of what was just launched, which may follow from that */
    mu_client_settle_dirty(client);
    decline_rest(client);
  }
  settle_hunger(client);
}
