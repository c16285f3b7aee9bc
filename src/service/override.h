/* Recoveries that code has taken over (include/muster/recovery_overrider.h). A failure that code was asked about has a record (a
 * case), from before anything is done about it until the recovery is over; what code made of it is asked for again whenever the
 * plans are built, and how far each step has come is in the record.
 *
 * A step of it brings tasks of an instance back: it ends the runs that are older than its beginning, which is a number in the
 * records of the service, of the case and of each run, and launches them again. It is done once they have reached their goals,
 * whatever becomes of them later. */
#ifndef MU_OVERRIDE_H
#define MU_OVERRIDE_H
#include "service.h"
#include <muster/recovery_overrider.h>

typedef struct MuOverridePart {
  MuOverride *override;
  MuStep *step;
  MuRecoveryStep *progress; /* in the override's record */
  gboolean replace;         /* the instance begins anew somewhere */
  char **tasks;             /* names */
  char **env;               /* "NAME=value", for the tasks that it launches; NULL: none */
  char *config;             /* that it launches */
} MuOverridePart;

struct MuOverride {
  MuPod *pod; /* that failed */
  MuRecoveryRecord *record;
  guint32 bytes;    /* of it in the store */
  MuPhase *phase;   /* NULL: it is left to the default recovery, or code is not there to be asked */
  GPtrArray *parts; /* of MuOverridePart*, owned: the phase's pod steps */
  gboolean over;    /* its record is gone; the phase is shown until there is another one */
};

void mu_override_free(MuOverride *override);
/* One stored record. */
gboolean mu_override_load(MuService *service, const char *key, const char *value, gsize length, GError **error);
/* The plans are built anew: cases have no phases; those that are over are forgotten. */
void mu_overrides_unlink(MuService *service);
/* Likewise, when the recovery plan is there: cases get their phases, those of instances that are not wanted are forgotten. */
void mu_overrides_rebuild(MuService *service, MuEffects *effects);

/* The pod failed, or is replaced: asks the code, unless it was asked already. `tasks`: those that have to be brought back, by their
 * place in `spec`. TRUE: code takes it over. */
gboolean mu_override_takes(MuPod *pod, const MuPodSpec *spec, guint64 tasks, MuEffects *effects);
/* Other plans may have moved the pod to another configuration: its steps of overriders go on in that. */
void mu_override_follow(const MuPod *pod);
/* Code has the pod's recovery in hand. One that is not permanent and whose instance is to be replaced is dropped. */
gboolean mu_override_keeps(MuPod *pod, MuEffects *effects);
/* The replaced pod begins anew elsewhere, and its tasks are forgotten: who has to be asked is asked now. */
void mu_override_ask_lost(MuPod *pod, MuEffects *effects);
/* The case, if there is one, is forgotten with its phase. */
void mu_override_drop(MuPod *pod, MuEffects *effects);
/* Code has a say in its recoveries. It may be absent: then cases are kept, and nothing is done about them until it is there. */
gboolean mu_service_has_overrider(const MuService *service);
/* Code has taken it over, or will be asked when it is there. */
gboolean mu_override_is_open(const MuPod *pod);

/* A step that works on the task now answers for it: the default recovery leaves it alone. */
gboolean mu_override_covers(const MuTask *task);
/* The step, of another plan, would launch what code brings back. */
gboolean mu_override_holds(const MuStep *step);
/* What has been reached is recorded; a recovery that is over is forgotten. */
void mu_overrides_note(MuService *service, MuEffects *effects);

/* ---- a step of it: step->part -------------------------------------------------------------------------------------- */

MuStatus mu_override_find(const MuStep *step, gint64 now_ms, gint64 *ret_delayed_until_ms);
guint64 mu_override_tasks_to_launch(const MuStep *step);
const MuPodSpec *mu_override_spec(const MuStep *step); /* NULL: its configuration is not known any more */
/* Its turn has come. FALSE: it was begun before. */
gboolean mu_override_begin(MuStep *step, MuEffects *effects);
/* An operator's word that it is done; that it is to be begun anew. */
void mu_override_force(MuStep *step, MuEffects *effects);
void mu_override_restart(MuStep *step, MuEffects *effects);
/* Adds the step's variables to those of each task that it launches (of GHashTable*, or NULL: none). */
void mu_override_add_env(const MuStep *step, GPtrArray *envs);
#endif
