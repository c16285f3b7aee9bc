/* A run that fails, made smaller while it still fails with the same checker. */
#include "sim_workload.h"

#include <string.h>

typedef struct {
  MuSimRun *run;
  MuSimResult *result;
  guint tries;
} Shrink;

static gboolean same_checker(const char *a, const char *b) {
  gsize length = strcspn(a, ":");
  return b != NULL && strncmp(a, b, length + 1) == 0;
}

/* Takes the smaller run when it fails in the same way. */
static gboolean attempt(Shrink *shrink, const MuSimRun *smaller) {
  MuSimResult result = {0};
  if (shrink->tries == 0)
    return FALSE;
  shrink->tries--;
  mu_sim_run_all(smaller, &result);
  if (!same_checker(shrink->result->violation, result.violation)) {
    mu_sim_result_clear(&result);
    return FALSE;
  }
  mu_sim_result_clear(shrink->result);
  *shrink->result = result;
  *shrink->run = *smaller;
  return TRUE;
}

static gboolean fewer_steps(Shrink *shrink) {
  gboolean any = FALSE;
  for (guint cut = shrink->run->steps / 2; cut > 0; cut /= 2) {
    MuSimRun smaller = *shrink->run;
    if (cut > smaller.steps)
      continue;
    smaller.steps -= cut;
    any |= attempt(shrink, &smaller);
  }
  return any;
}

static gboolean fewer_faults(Shrink *shrink) {
  gboolean any = FALSE;
  for (guint i = 0; i < mu_sim_faults_count(); i++) {
    MuSimRun smaller = *shrink->run;
    if (smaller.faults.permille[i] == 0)
      continue;
    smaller.faults.permille[i] = 0;
    any |= attempt(shrink, &smaller);
  }
  return any;
}

static gboolean fewer_services(Shrink *shrink) {
  gboolean any = FALSE;
  while (shrink->run->services > 1) {
    MuSimRun smaller = *shrink->run;
    smaller.services--;
    if (!attempt(shrink, &smaller))
      return any;
    any = TRUE;
  }
  return any;
}

void mu_sim_run_shrink(MuSimRun *run, MuSimResult *result, guint tries) {
  Shrink shrink = {run, result, tries};
  MuSimTraceFunc trace = run->trace;
  run->trace = NULL;
  gboolean smaller = TRUE;
  while (smaller && shrink.tries > 0)
    smaller = fewer_faults(&shrink) | fewer_steps(&shrink) | fewer_services(&shrink);
  run->trace = trace;
}
