/* The agent model: what an agent has, what of it is reserved, made into volumes, and in use; and what each operation of an
 * accept does to it. The same rules as the Mesos master's (reservation.md, persistent-volume.md): used by the local
 * engine for this machine and by the simulator for its agents. Pure: no I/O. */
#ifndef MU_AGENT_H
#define MU_AGENT_H
#include "engine.h"

typedef struct MuAgent MuAgent;

/* Takes `total`: unreserved resources (or with earlier reservations and volumes, when restored). */
MuAgent *mu_agent_new(const char *id, const char *hostname, MuResources *take_total);
void mu_agent_free(MuAgent *agent);
const char *mu_agent_id(const MuAgent *agent);
const char *mu_agent_hostname(const MuAgent *agent);
void mu_agent_set_location(MuAgent *agent, const char *region, const char *zone);
void mu_agent_add_attribute(MuAgent *agent, const char *name, const char *value);
/* Puts a resource that was not there before into the agent, available. */
void mu_agent_put(MuAgent *agent, const MuResource *resource);

/* RESERVE, UNRESERVE, CREATE, DESTROY change what the agent's resources are; MU_ERROR_REFUSED when the operation's
 * resources are not there in the needed state (not free, a volume in use, a volume on a disk that is not reserved), and
 * then nothing changed. What is out in an offer is not free: the offers that an accept names are ended first.
 * LAUNCH_GROUP, all or nothing too: mu_agent_use of each task's resources, and of the pod's when its executor is not there
 * yet. */
gboolean mu_agent_apply(MuAgent *agent, const MuOperation *operation, GError **error);
/* Puts the resources of the launch (its tasks' and the pod's) in use under the executor's id; adding to an executor that
 * is there is allowed. task_id NULL: the pod's own. MU_ERROR_REFUSED, and nothing changed, when not all are free or the
 * executor has the task already. */
gboolean mu_agent_use(MuAgent *agent, const char *executor_id, const char *task_id, const MuResources *resources,
                      GError **error);
/* Gives back what the task used; unknown ids are ignored (FALSE). task_id NULL: all of the executor. */
gboolean mu_agent_release(MuAgent *agent, const char *executor_id, const char *task_id);

/* All resources, and those that nobody uses (borrowed until the next change). */
const MuResources *mu_agent_total(const MuAgent *agent);
const MuResources *mu_agent_free_resources(const MuAgent *agent);
/* An offer of everything free that is not already offered; NULL when there is nothing. The agent remembers what is out
 * under the offer's id until mu_agent_offer_end. */
MuOffer *mu_agent_make_offer(MuAgent *agent, const char *offer_id);
/* … to a framework's role: of what is unreserved, and of what is reserved for the role or one that it lies below (roles.md). */
MuOffer *mu_agent_make_offer_to(MuAgent *agent, const char *offer_id, const char *role);
gboolean mu_agent_has_offer(const MuAgent *agent, const char *offer_id);
/* What is out under this id; borrowed until it ends. NULL: there is no such offer. */
const MuResources *mu_agent_offered(const MuAgent *agent, const char *offer_id);
void mu_agent_offer_end(MuAgent *agent, const char *offer_id);

/* State for keeping: reservations and volumes (not use, not offers). */
json_t *mu_agent_to_json(const MuAgent *agent);
/* Puts reservations and volumes that to_json gave back onto an agent made anew from the machine's present resources; what
 * the machine no longer has is reported in ret_warnings (of char*, may be NULL) and kept reserved all the same. */
gboolean mu_agent_restore(MuAgent *agent, const json_t *json, GPtrArray *ret_warnings, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuAgent, mu_agent_free)
#endif
