/* Matching a pod's needs with what one agent offers, in named stages; each refusal goes into the outcome with its numbers.
 *
 * A pod instance keeps its footprint: what its ledger holds must be offered back before it is launched on it again, on the
 * agent where it lies; what it lacks is reserved anew.
 *
 * The role that a pod's reservations are made for stays as long as it holds any, whatever the framework's is by then (role migration):
 * only offers to that role are of use to it. With a pre-reserved-role only what the operator has reserved for that role is taken, and
 * refined (reservation.md, "Reservation Refinement"; MesosResourcePool of dcos-commons). An offer without a role is of an engine that
 * knows none, and nothing is reserved beforehand there. */
#ifndef MU_EVALUATE_H
#define MU_EVALUATE_H
#include "ids.h"
#include "outcome.h"
#include "records.h"
#include "wants.h"
#include <muster/spec.h>

typedef struct {
  const char *service;  /* its name: label `namespace` */
  const MuPodSpec *pod; /* the configuration to launch */
  guint index;
  guint64 tasks;          /* to launch: bit n is task n of the pod */
  gboolean executor_live; /* other tasks of the pod run: its own resources are in use already */
  const MuQuota *quota;   /* of the service; NULL: none */
  const MuQuota *held;    /* what the service holds of it now; not looked at without a quota */
  gsize stored_bytes,
      max_stored_bytes;      /* the service stores all that it may: nothing new is launched; 0: it does not */
  gboolean may_reserve;      /* FALSE: only onto what it owns (offer discipline) */
  const MuPodRecord *record; /* its footprint, or NULL */
  const GPtrArray *pods;     /* of MuPodRecord*: all instances of the service, for placement */
  const char *role; /* the framework's: reservations are made for it, or, refined, for `<pre-reserved-role>/<role>` */
  const char *principal;
  MuOverhead overhead;
} MuRequirement;

/* What the launch does to the agent's resources; owned by the caller. */
typedef struct {
  MuPodRecord *record;    /* the footprint afterwards */
  MuResources *unreserve; /* no longer needed */
  MuResources *reserve;
  MuResources *create; /* volumes */
  MuResources *taken;  /* of the offer: to be subtracted from it */
} MuMatch;

void mu_match_clear(MuMatch *match);

/* TRUE when the offer (all offers of one agent merged into one) can take the launch: `ret_match` is filled. FALSE: the
 * outcome has the reason. `random` gives resource ids and picks dynamic ports. */
gboolean mu_evaluate(const MuRequirement *requirement, const MuOffer *offer, MuRandom *random, MuOutcome *outcome,
                     MuMatch *ret_match);
#endif
