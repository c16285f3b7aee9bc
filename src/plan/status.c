#include "status.h"

static const char *const NAMES[] = {
#define X(name, meaning) #name,
    MU_STATUS_TABLE(X)
#undef X
};

const char *mu_status_to_string(MuStatus status) {
  return NAMES[status];
}

gboolean mu_status_is_running(MuStatus status) {
  return status == MU_STATUS_PREPARED || status == MU_STATUS_STARTING || status == MU_STATUS_STARTED ||
         status == MU_STATUS_IN_PROGRESS;
}

static gboolean has(MuStatusSet set, MuStatus status) {
  return (set & MU_STATUS_BIT(status)) != 0;
}

static gboolean is_only(MuStatusSet set, MuStatus status) {
  return (set & ~MU_STATUS_BIT(status)) == 0;
}

/* Some work is done and some is under way or about to be. */
static gboolean is_in_progress(MuStatusSet children, MuStatusSet candidates) {
  if (has(candidates, MU_STATUS_IN_PROGRESS))
    return TRUE;
  return has(children, MU_STATUS_COMPLETE) &&
         (has(candidates, MU_STATUS_PENDING) || has(candidates, MU_STATUS_STARTING) ||
          has(candidates, MU_STATUS_STARTED));
}

/* The order of the questions is the rule. */
MuStatus mu_status_roll_up(MuStatusSet children, MuStatusSet candidates, gboolean has_errors, gboolean interrupted) {
  if (has_errors || has(children, MU_STATUS_ERROR))
    return MU_STATUS_ERROR;
  if (is_only(children, MU_STATUS_COMPLETE))
    return MU_STATUS_COMPLETE;
  if (interrupted)
    return MU_STATUS_WAITING;
  if (is_only(children, MU_STATUS_DELAYED) && is_only(candidates, MU_STATUS_DELAYED))
    return MU_STATUS_DELAYED;
  if (has(children, MU_STATUS_PREPARED))
    return MU_STATUS_IN_PROGRESS;
  if (has(candidates, MU_STATUS_WAITING))
    return MU_STATUS_WAITING;
  if (is_in_progress(children, candidates))
    return MU_STATUS_IN_PROGRESS;
  if (has(candidates, MU_STATUS_PENDING))
    return MU_STATUS_PENDING;
  if (has(children, MU_STATUS_WAITING))
    return MU_STATUS_WAITING;
  if (has(candidates, MU_STATUS_STARTING))
    return MU_STATUS_STARTING;
  if (has(candidates, MU_STATUS_STARTED))
    return MU_STATUS_STARTED;
  if (has(candidates, MU_STATUS_DELAYED))
    return MU_STATUS_DELAYED;
  /* No candidate although something is left: another plan's element holds what it needs, or a canary waits. */
  return MU_STATUS_WAITING;
}
