#include "mesos_places.h"

#include <string.h>

typedef struct {
  char *agent_id, *executor_id, *container_id, *parent_container_id;
} Place;

typedef struct {
  char *agent_id;
  gint64 since_us;
} Held;

struct MuMesosPlaces {
  GHashTable *offers; /* id to Held; both owned */
  GHashTable *agents; /* id to address; both owned */
  GHashTable *tasks;  /* id to Place; both owned */
  GQueue order;       /* of char*, the keys of `tasks`, the oldest first */
};

static void place_free(gpointer data) {
  Place *place = data;
  g_free(place->agent_id);
  g_free(place->executor_id);
  g_free(place->container_id);
  g_free(place->parent_container_id);
  g_free(place);
}

static void held_free(gpointer data) {
  Held *held = data;
  g_free(held->agent_id);
  g_free(held);
}

MuMesosPlaces *mu_mesos_places_new(void) {
  MuMesosPlaces *places = g_new0(MuMesosPlaces, 1);
  places->offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, held_free);
  places->agents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  places->tasks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
  g_queue_init(&places->order);
  return places;
}

void mu_mesos_places_free(MuMesosPlaces *places) {
  if (places == NULL)
    return;
  g_queue_clear(&places->order);
  g_hash_table_unref(places->offers);
  g_hash_table_unref(places->agents);
  g_hash_table_unref(places->tasks);
  g_free(places);
}

/* ---- offers and agents ------------------------------------------------------------------------------------------------- */

static void note_agent(MuMesosPlaces *places, const char *id, const Mesos__URL *url, gboolean https) {
  const Mesos__Address *address = url->address;
  const char *host = address->hostname != NULL && *address->hostname != '\0' ? address->hostname : address->ip;
  if (host == NULL)
    return;
  char *text = g_strdup_printf(strchr(host, ':') != NULL ? "%s://[%s]:%d" : "%s://%s:%d", https ? "https" : url->scheme,
                               host, address->port);
  g_hash_table_replace(places->agents, g_strdup(id), text);
}

void mu_mesos_places_note_offer(MuMesosPlaces *places, const Mesos__Offer *offer, gboolean https, gint64 now_us) {
  Held *held = g_new(Held, 1);
  *held = (Held){g_strdup(offer->agent_id->value), now_us};
  g_hash_table_replace(places->offers, g_strdup(offer->id->value), held);
  if (offer->url != NULL)
    note_agent(places, offer->agent_id->value, offer->url, https);
}

void mu_mesos_places_note_agent(MuMesosPlaces *places, const char *agent_id, const char *url) {
  g_hash_table_replace(places->agents, g_strdup(agent_id), g_strdup(url));
}

const char *mu_mesos_places_offer(const MuMesosPlaces *places, const char *offer_id) {
  const Held *held = g_hash_table_lookup(places->offers, offer_id);
  return held == NULL ? NULL : held->agent_id;
}

GPtrArray *mu_mesos_places_held_since(const MuMesosPlaces *places, gint64 since_us, gint64 *ret_oldest_us) {
  GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer id = NULL, value = NULL;
  *ret_oldest_us = G_MAXINT64;
  g_hash_table_iter_init(&iter, places->offers);
  while (g_hash_table_iter_next(&iter, &id, &value)) {
    const Held *held = value;
    if (held->since_us <= since_us)
      g_ptr_array_add(ids, g_strdup(id));
    else
      *ret_oldest_us = MIN(*ret_oldest_us, held->since_us);
  }
  return ids;
}

void mu_mesos_places_end_offer(MuMesosPlaces *places, const char *offer_id) {
  g_hash_table_remove(places->offers, offer_id);
}

void mu_mesos_places_end_offers(MuMesosPlaces *places) {
  g_hash_table_remove_all(places->offers);
}

guint mu_mesos_places_offers(const MuMesosPlaces *places) {
  return g_hash_table_size(places->offers);
}

const char *mu_mesos_places_agent(const MuMesosPlaces *places, const char *agent_id) {
  return g_hash_table_lookup(places->agents, agent_id);
}

guint mu_mesos_places_agents(const MuMesosPlaces *places) {
  return g_hash_table_size(places->agents);
}

/* ---- tasks --------------------------------------------------------------------------------------------------------------- */

static Place *ensure_task(MuMesosPlaces *places, const char *task_id) {
  Place *place = g_hash_table_lookup(places->tasks, task_id);
  if (place != NULL)
    return place;
  if (g_hash_table_size(places->tasks) >= MU_MESOS_MAX_TASK_PLACES)
    g_hash_table_remove(places->tasks, g_queue_pop_head(&places->order));
  char *key = g_strdup(task_id);
  place = g_new0(Place, 1);
  g_hash_table_insert(places->tasks, key, place);
  g_queue_push_tail(&places->order, key);
  return place;
}

static void keep(char **field, const char *text) {
  if (text == NULL || g_strcmp0(*field, text) == 0)
    return;
  g_free(*field);
  *field = g_strdup(text);
}

/* What the master answers for an agent that it cannot reach tells less than what was known. */
void mu_mesos_places_note_status(MuMesosPlaces *places, const Mesos__TaskStatus *status) {
  const Mesos__ContainerID *container =
      status->container_status == NULL ? NULL : status->container_status->container_id;
  if (status->agent_id == NULL)
    return;
  Place *place = ensure_task(places, status->task_id->value);
  keep(&place->agent_id, status->agent_id->value);
  if (status->executor_id != NULL)
    keep(&place->executor_id, status->executor_id->value);
  if (container == NULL)
    return;
  keep(&place->container_id, container->value);
  if (container->parent != NULL)
    keep(&place->parent_container_id, container->parent->value);
}

gboolean mu_mesos_places_task(const MuMesosPlaces *places, const char *task_id, MuMesosTaskPlace *ret) {
  const Place *place = g_hash_table_lookup(places->tasks, task_id);
  if (place == NULL)
    return FALSE;
  *ret = (MuMesosTaskPlace){place->agent_id, place->executor_id, place->container_id, place->parent_container_id};
  return TRUE;
}
