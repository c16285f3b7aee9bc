/* Who is served first when several services wait for offers: start-time fair queueing (Goyal, Vin, Cheng 1996), in which a
 * launch on new resources is a packet. Each service has a tag. The one with the smallest is tried first, and a launch that
 * reserves raises its tag by its stride: MU_FAIR_STRIDE for priority 0, half of that for each priority more. The clock is the
 * largest tag that was served, and who begins to wait begins at the clock, so that nobody gathers claims while it has no use
 * for offers; nor while it cannot be placed: it lags at most one stride behind.
 *
 * So a service that waits, and that an offer fits, is passed over by a bounded number of launches of others: mu_fair_bound. It
 * holds however large, many or important the others are. A service that nothing fits costs the others no offer: all of them
 * are tried with each one, and nothing is held back for it. */
#ifndef MU_FAIRNESS_H
#define MU_FAIRNESS_H
#include "service.h"

#define MU_FAIR_STRIDE (1 << MU_SPEC_MAX_PRIORITY) /* 2^10: a whole number for each priority */

typedef struct {
  GSequence *queue; /* of MuService*: those that wait for offers, in the order in which they are tried */
  gint64 clock;
  guint64 arrivals; /* breaks ties */
} MuFairness;

void mu_fair_init(MuFairness *fair);
void mu_fair_clear(MuFairness *fair);
guint mu_fair_length(const MuFairness *fair);
/* It waits, with the priority of its present target; nothing changes when it does already, but for its priority. */
void mu_fair_join(MuFairness *fair, MuService *service);
void mu_fair_leave(MuFairness *fair, MuService *service); /* nothing when it does not wait */
/* It launched on new resources: others come before it now, perhaps. It must wait. */
void mu_fair_served(MuFairness *fair, MuService *service);
/* `a` is tried before `b`. */
gboolean mu_fair_precedes(const MuService *a, const MuService *b);
/* The most launches of others by which a service of this priority is passed over, when `others` wait beside it at a time, of
 * which none has a higher priority than `highest`: others * (2^(highest - priority) + 3). */
guint64 mu_fair_bound(guint priority, guint others, guint highest);
#endif
