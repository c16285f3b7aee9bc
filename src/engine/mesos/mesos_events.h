/* Events of the scheduler API between Mesos and us; one function each way, so that a test's master is made of the other
 * direction. */
#ifndef MU_MESOS_EVENTS_H
#define MU_MESOS_EVENTS_H
#include "arena.h"
#include "engine.h"
#include "scheduler.pb-c.h"

/* What muster makes of the event; NULL: nothing (a heartbeat, or an event of a kind that it does not use). MU_ERROR_REFUSED
 * when the event says less than its kind must, and `error` is then set. The caller frees. */
MuEngineEvent *mu_mesos_event_read(const Mesos__Event *message, GError **error);
/* The event as a master would send it, in the arena; it borrows the texts of `event`. DISCONNECTED is none of these. Offers
 * are allocated to `role`. */
Mesos__Event *mu_mesos_event_write(MuArena *arena, const MuEngineEvent *event, const char *framework_id,
                                   const char *role);

MuOffer *mu_mesos_offer_read(const Mesos__Offer *message);
Mesos__Offer *mu_mesos_offer_write(MuArena *arena, const MuOffer *offer, const char *framework_id, const char *role);
/* Its uuid becomes text in base64. A state or reason that is not known becomes TASK_UNKNOWN or "REASON_<number>". */
MuTaskStatus *mu_mesos_status_read(const Mesos__TaskStatus *message);
Mesos__TaskStatus *mu_mesos_status_write(MuArena *arena, const MuTaskStatus *status);
/* A uuid as text in base64 to its bytes in the arena; FALSE when it is none. */
gboolean mu_mesos_uuid_write(MuArena *arena, const char *text, ProtobufCBinaryData *ret);
#endif
