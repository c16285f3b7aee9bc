/* Runs of custom steps, between the core and the code that does their work. The core asks for a call (MuStepCall, an effect: it is
 * performed once what led to it is durable); what the code reports comes back as an event (MuStepReport).
 *
 *   core ──▶ MuStepCall ──▶ durable? ──▶ mu_client_call_step ──▶ code
 *    ▲                                                             │
 *    └── mu_client_step_report ◀── the caller's queue ◀── MuStepReport ◀┘
 *
 * A run belongs to the code until that ends it, and outlives the client: then nobody hears of it any more. */
#ifndef MU_STEP_RUN_H
#define MU_STEP_RUN_H
#include "event_client.h"
#include <muster/custom_step.h>

/* Takes a report to where events are queued. */
typedef void (*MuStepSink)(MuStepReport *take_report, gpointer user);

/* Calls the step's function, unless the step has changed its mind since. `sink` is called with what the code reports, from within
 * or later, and must live as long as the client. */
void mu_client_call_step(MuMultiServiceEventClient *client, const MuStepCall *call, MuStepSink sink, gpointer user);
/* What a run reports; one that is not its step's present one counts for nothing. */
void mu_client_step_report(MuMultiServiceEventClient *client, MuStepReport *take_report, gint64 now_ms);
/* The client ends: nobody hears of its runs any more. */
void mu_step_runs_orphan(GHashTable *runs);
#endif
