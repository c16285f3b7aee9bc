/* When a check runs and what its results mean: pure, told the time. The process of a check is exec_check_run.h's.
 *
 * The first run is due `delay` after the task began, each next one `interval` after the one before ended. Readiness ends
 * with its first success. Health: failures within the grace period and before the first success do not count; after
 * `max_failures` consecutive ones the task is to be killed (health-checks.md of the Mesos documents). */
#ifndef MU_EXEC_CHECK_H
#define MU_EXEC_CHECK_H
#include "exec_launch.h"

typedef enum { MU_EXEC_READINESS, MU_EXEC_HEALTH } MuExecCheckKind;

typedef enum {
  MU_EXEC_CHECK_SILENT, /* nothing new */
  MU_EXEC_CHECK_REPORT, /* send a status with the result */
  MU_EXEC_CHECK_KILL,   /* send it, and end the task as unhealthy */
} MuExecCheckVerdict;

typedef struct {
  MuExecCheckKind kind;
  const MuExecCheckSpec *spec; /* borrowed */
  gint64 began_ms;             /* of the task */
  gint64 due_ms;               /* next run, or while running: when it times out; G_MAXINT64: never */
  gboolean running;
  gboolean has_result, ok; /* the last one that counted */
  gboolean was_ok;         /* once at least */
  gint64 failures;         /* consecutive, counted */
} MuExecCheck;

/* spec->cmd NULL: a check that is never due. */
void mu_exec_check_init(MuExecCheck *check, MuExecCheckKind kind, const MuExecCheckSpec *spec, gint64 now_ms);
void mu_exec_check_started(MuExecCheck *check, gint64 now_ms);
MuExecCheckVerdict mu_exec_check_result(MuExecCheck *check, gboolean ok, gint64 now_ms);
/* No more runs: the task is being killed, or ended. */
void mu_exec_check_stop(MuExecCheck *check);
#endif
