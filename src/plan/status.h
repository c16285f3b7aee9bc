/* Status of a plan element, and how the statuses of children become the parent's: one pure function over two small sets. */
#ifndef MU_STATUS_H
#define MU_STATUS_H
#include <glib.h>

/* X(name, "meaning") */
#define MU_STATUS_TABLE(X)                                                                                             \
  X(ERROR, "cannot go on; the errors say why")                                                                         \
  X(WAITING, "held by an operator or by its strategy")                                                                 \
  X(PENDING, "to be done; nothing was launched")                                                                       \
  X(PREPARED, "old tasks are being ended before the launch")                                                           \
  X(STARTING, "launched; no task runs yet")                                                                            \
  X(STARTED, "tasks run; not ready, or not finished")                                                                  \
  X(DELAYED, "failed; waits for its backoff")                                                                          \
  X(COMPLETE, "done")                                                                                                  \
  X(IN_PROGRESS, "some children are done, others are not")

typedef enum {
#define X(name, meaning) MU_STATUS_##name,
  MU_STATUS_TABLE(X)
#undef X
      MU_STATUS_COUNT
} MuStatus;

const char *mu_status_to_string(MuStatus status); /* "COMPLETE", … */
/* The element still has something to do. */
gboolean mu_status_is_running(MuStatus status); /* PREPARED, STARTING, STARTED, IN_PROGRESS */

/* A set of statuses, one bit each. */
typedef guint MuStatusSet;
#define MU_STATUS_BIT(status) (1u << (status))

/* The parent's status from the statuses of all children, of those that its strategy would work on next, whether it has
 * errors of its own, and whether it is interrupted. PlanUtils.getAggregateStatus of dcos-commons, but for its last word: where
 * that finds no rule and says ERROR, a candidate that is DELAYED gives DELAYED, and anything else WAITING. No children:
 * COMPLETE. */
MuStatus mu_status_roll_up(MuStatusSet children, MuStatusSet candidates, gboolean has_errors, gboolean interrupted);
#endif
