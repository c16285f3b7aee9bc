/* Custom steps: work of code in a plan, beside the steps that launch tasks: initialise a replica set, move data away, tell another
 * system. They are put into a plan by its customizer (mu_plan_draft_add_custom_step), and operators see and steer them as all
 * others. */
#ifndef MUSTER_CUSTOM_STEP_H
#define MUSTER_CUSTOM_STEP_H

#include <glib.h>

G_BEGIN_DECLS

/* One run of a custom step: from the call of its function to its end. */
typedef struct MuStepRun MuStepRun;

/* Does the work, or begins it; must not block. Called from the loop's thread, when it is the step's turn and what led to that is
 * durable. The run is ended exactly once, from within or later on that thread, by mu_step_run_complete(), …_again() or …_fail();
 * after that it must not be used.
 *
 * At least once: when the scheduler dies before the end of a run is durable, it calls the function again at its next start. So what
 * it does must be safe to do twice; mu_step_run_attempt() above 1 says that it may have been done. It is never begun again once its
 * completion is durable, and what comes after the step in its plan begins only then. */
typedef void (*MuCustomStepFunc)(MuStepRun *run, gpointer user);

typedef struct {
  const char *name; /* as of a phase; no other step of the phase may have it */
  MuCustomStepFunc run;
  gpointer user; /* must live as long as the scheduler */
  /* What its completion holds for: the step is to be done again when this is another text. NULL: the target configuration, so once
   * for each. "": once in the service's life. A number of nodes, say: when that changes. Copied. */
  const char *done_for;
} MuCustomStep;

/* ---- what is to be done; borrowed until the run's end ------------------------------------------------------------------- */

const char *mu_step_run_service(const MuStepRun *run);
const char *mu_step_run_plan(const MuStepRun *run); /* as mu_plan_draft_name() */
const char *mu_step_run_phase(const MuStepRun *run);
const char *mu_step_run_step(const MuStepRun *run);
/* How often the function was called for what is to be done now: 1 the first time. Kept over restarts of the scheduler; calls after
 * mu_step_run_again() are not counted. */
guint mu_step_run_attempt(const MuStepRun *run);
/* A parameter that the operator started the plan with; NULL: there is none of that name. */
const char *mu_step_run_parameter(const MuStepRun *run, const char *name);
/* FALSE: the step was forced complete or begun anew meanwhile, or is gone: what the run reports counts for nothing. A run that takes
 * long asks now and then. */
gboolean mu_step_run_is_wanted(const MuStepRun *run);

/* ---- how it goes; texts are cut at 4096 bytes ---------------------------------------------------------------------------- */

/* The run goes on; the text is what the step is shown to wait for. */
void mu_step_run_tell(MuStepRun *run, const char *text);
/* Done. Takes the run, as the next two do. */
void mu_step_run_complete(MuStepRun *take_run);
/* Not yet, for this reason, which the step is shown to wait for: the function is called again `after_ms` later,
 * in a millisecond at the earliest and a day at the latest. */
void mu_step_run_again(MuStepRun *take_run, const char *reason, gint64 after_ms);
/* It failed: the step is DELAYED and shows the message; the function is called again when the backoff of the service is over (one of
 * mu_backoff_default where that is off). */
void mu_step_run_fail(MuStepRun *take_run, const char *message);

G_END_DECLS
#endif
