#include "exec_check.h"
#include "bug.h"

#define DEFAULT_TIMEOUT_MS 20000 /* Mesos's */

void mu_exec_check_init(MuExecCheck *check, MuExecCheckKind kind, const MuExecCheckSpec *spec, gint64 now_ms) {
  *check = (MuExecCheck){.kind = kind, .spec = spec, .began_ms = now_ms, .due_ms = G_MAXINT64};
  if (spec->cmd)
    check->due_ms = now_ms + MAX(spec->delay_ms, 0);
}

void mu_exec_check_started(MuExecCheck *check, gint64 now_ms) {
  mu_assert(!check->running);
  check->running = TRUE;
  check->due_ms = now_ms + (check->spec->timeout_ms > 0 ? check->spec->timeout_ms : DEFAULT_TIMEOUT_MS);
}

static MuExecCheckVerdict note(MuExecCheck *check, gboolean ok) {
  gboolean is_news = !check->has_result || check->ok != ok;
  check->has_result = TRUE;
  check->ok = ok;
  check->was_ok |= ok;
  return is_news ? MU_EXEC_CHECK_REPORT : MU_EXEC_CHECK_SILENT;
}

static MuExecCheckVerdict health_failed(MuExecCheck *check, gint64 now_ms) {
  if (!check->was_ok && now_ms - check->began_ms < check->spec->grace_ms)
    return MU_EXEC_CHECK_SILENT;
  check->failures++;
  MuExecCheckVerdict verdict = note(check, FALSE);
  return check->failures >= MAX(check->spec->max_failures, 1) ? MU_EXEC_CHECK_KILL : verdict;
}

MuExecCheckVerdict mu_exec_check_result(MuExecCheck *check, gboolean ok, gint64 now_ms) {
  mu_assert(check->running);
  check->running = FALSE;
  check->due_ms = now_ms + MAX(check->spec->interval_ms, 10); /* an interval of 0 would spin */
  if (ok && check->kind == MU_EXEC_READINESS)
    check->due_ms = G_MAXINT64;
  if (!ok && check->kind == MU_EXEC_HEALTH)
    return health_failed(check, now_ms);
  check->failures = 0;
  return note(check, ok);
}

void mu_exec_check_stop(MuExecCheck *check) {
  check->running = FALSE;
  check->due_ms = G_MAXINT64;
}
