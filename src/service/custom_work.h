/* The work of custom steps (include/muster/custom_step.h): what is known of it, and when its code is called.
 *
 *              begun                       complete
 *   PENDING ──────────▶ STARTED ───────────────────────▶ COMPLETE
 *      ▲                 │  ▲ │ again: called again when
 *      │         fails   │  └─┘ that is due
 *      └── DELAYED ◀─────┘
 *       backoff over
 *
 * What is kept is its record; a run that was under way when the scheduler died is begun again. The work is found by the names of
 * plan, phase and step, so that it outlives plans that are built anew. */
#ifndef MU_CUSTOM_WORK_H
#define MU_CUSTOM_WORK_H
#include "service.h"
#include <muster/custom_step.h>

struct MuCustomWork {
  MuService *service;
  char *key;    /* "deploy/init/replica-set" */
  MuStep *step; /* in the present plans; NULL: they have none */
  MuCustomStepFunc func;
  gpointer user;
  char *done_for;       /* what it would be done for now */
  MuStepRecord *record; /* what is kept */
  guint32 bytes;        /* … in the store */
  guint64 run;          /* the one that has not ended; 0: none */
  gint64 again_ms;      /* it is to be called again then; 0: it did not ask for that */
  char *told;           /* what it said last in this attempt; NULL: nothing */
};

/* One stored record. */
gboolean mu_custom_load(MuService *service, const char *key, const char *value, gsize length, GError **error);
/* The plans are built anew: no step has work. */
void mu_custom_unlink(MuService *service);
/* The step, just added, does this; `done_for` is the work's, not NULL. */
void mu_custom_link(MuService *service, MuStep *step, const MuCustomStep *custom, const char *done_for);
/* The plans are built: what no step does any more is forgotten, in the store too. */
void mu_custom_prune(MuService *service, MuEffects *effects);
/* All of it is forgotten, in the store too; runs that are under way are nobody's then. The plans have to be built anew. */
void mu_custom_forget_all(MuService *service, MuEffects *effects);
/* The work of the phase's steps is forgotten, in the store too; they stay as they are. */
void mu_custom_forget_phase(MuPhase *phase, MuEffects *effects);
/* Finds the status of every custom step. */
void mu_custom_refresh(MuService *service, MuEffects *effects);
/* What the step is found to be. `ret_delayed_until_ms` is set when DELAYED. */
MuStatus mu_custom_find(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms);
/* The step is a candidate: its code is called if it is time for that, or the service's next_ms is set. */
void mu_custom_work_on(MuStep *step, MuEffects *effects);
/* An operator's word that it is done; that it is to be begun anew. */
void mu_custom_force(MuStep *step, MuEffects *effects);
void mu_custom_restart(MuStep *step, MuEffects *effects);
/* Its code has been called and has not ended the run. */
gboolean mu_custom_is_running(const MuStep *step);
/* The records of one service for another, its copy. */
void mu_custom_copy(const MuService *from, MuService *to);

void mu_custom_work_free(MuCustomWork *work);
#endif
