/* What became of the offers that a service was shown: counts since the scheduler started, and the last results. Bounded, and
 * cheap to keep: one note for each attempt to place a step, not for each offer. */
#ifndef MU_OFFER_LOG_H
#define MU_OFFER_LOG_H
#include "outcome.h"

#define MU_OFFER_LOG_NOTES 100u /* as OfferOutcomeTrackerV2 of dcos-commons */

typedef struct {
  gint64 at_ms;
  char *pod;            /* "hello-0" */
  gboolean pass;        /* a step was placed */
  MuStage stage;        /* the one that refused most, when not */
  MuStageResult result; /* its result; agent: where the step was placed, or the nearest offer's */
} MuOfferNote;

typedef struct {
  guint64 accepted, rejected; /* offers */
  guint64 refused[MU_STAGE_COUNT];
  GQueue notes; /* of MuOfferNote*, the oldest first */
} MuOfferLog;

void mu_offer_log_clear(MuOfferLog *log);
/* One step was tried on offers: `before` and `after` are its outcome's counts around that. `host` NULL: none fits. */
void mu_offer_log_add(MuOfferLog *log, const char *pod, const MuOutcome *before, const MuOutcome *after,
                      const char *host, gint64 now_ms);
/* {"acceptedCount","rejectedCount","failureReasons":{stage: n},"rejectedAgents":{host: n},"offers":[…]}; of the agents those
 * in the notes. */
json_t *mu_offer_log_to_json(const MuOfferLog *log);

#endif
