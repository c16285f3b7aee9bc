/* What has to be remembered of offers and statuses to address things later: the agent of an offer, the address of an agent, the
 * executor and container of a task. */
#ifndef MU_MESOS_PLACES_H
#define MU_MESOS_PLACES_H
#include "mesos.pb-c.h"
#include <glib.h>

/* Tasks are remembered after their end, for their logs; at most so many tasks in all. */
#define MU_MESOS_MAX_TASK_PLACES 100000

typedef struct MuMesosPlaces MuMesosPlaces;

typedef struct {
  const char *agent_id, *executor_id;             /* may be NULL */
  const char *container_id, *parent_container_id; /* may be NULL */
} MuMesosTaskPlace;

MuMesosPlaces *mu_mesos_places_new(void);
void mu_mesos_places_free(MuMesosPlaces *places);
/* `https`: the agent is spoken to over TLS, whatever the offer says: a master calls every address http (Master::offer). */
/* `now_us`: since when it is held. */
void mu_mesos_places_note_offer(MuMesosPlaces *places, const Mesos__Offer *offer, gboolean https, gint64 now_us);
/* The ids (of char*, the caller's) of offers that are held since then or longer; ret_oldest_us: since when the oldest of the
 * others is, G_MAXINT64: there is none. */
GPtrArray *mu_mesos_places_held_since(const MuMesosPlaces *places, gint64 since_us, gint64 *ret_oldest_us);
/* The agent of an offer that is out, or NULL. Borrowed. */
const char *mu_mesos_places_offer(const MuMesosPlaces *places, const char *offer_id);
void mu_mesos_places_end_offer(MuMesosPlaces *places, const char *offer_id);
void mu_mesos_places_end_offers(MuMesosPlaces *places);
guint mu_mesos_places_offers(const MuMesosPlaces *places);
void mu_mesos_places_note_agent(MuMesosPlaces *places, const char *agent_id, const char *url);
/* "http://host:5051" of an agent that was offered or noted since the start, or NULL. Borrowed. */
const char *mu_mesos_places_agent(const MuMesosPlaces *places, const char *agent_id);
guint mu_mesos_places_agents(const MuMesosPlaces *places);
void mu_mesos_places_note_status(MuMesosPlaces *places, const Mesos__TaskStatus *status);
/* FALSE: nothing was heard of the task. Borrowed. */
gboolean mu_mesos_places_task(const MuMesosPlaces *places, const char *task_id, MuMesosTaskPlace *ret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosPlaces, mu_mesos_places_free)
#endif
