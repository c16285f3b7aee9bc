/* Operators' marks on plan elements: interrupted, forced complete, how far a canary was let go. Kept over restarts as records
 * under the element's key; forgotten when a new configuration becomes the target, since its plans are new ones. */
#ifndef MU_MARKS_H
#define MU_MARKS_H
#include "service.h"

/* A table for the marks of a service. */
GHashTable *mu_marks_new(void);
/* One stored mark. MU_ERROR_FAILED when it cannot be read. */
gboolean mu_marks_load(MuService *service, const char *key, const char *value, gsize length, GError **error);
/* The marks of one service for another, its copy. */
void mu_marks_copy(const MuService *from, MuService *to);
/* Puts the marks there are onto the plans, which were just built. */
void mu_marks_apply(MuService *service);
/* Likewise for a phase that came later. */
void mu_marks_apply_phase(MuService *service, MuPhase *phase);
/* Stores what the element is marked with now; an element without a mark has no record. */
void mu_marks_put_plan(MuService *service, const MuPlan *plan, MuEffects *effects);
void mu_marks_put_phase(MuService *service, const MuPhase *phase, MuEffects *effects);
void mu_marks_put_step(MuService *service, const MuStep *step, MuEffects *effects);
/* Forgets those of the plan, or all when it is NULL, or (`others`) those of all others; in the store too. */
void mu_marks_clear(MuService *service, const char *plan, gboolean others, MuEffects *effects);
/* Since when the element is marked as it is; 0: it is not marked, or that is not known. */
gint64 mu_marks_since_plan(const MuService *service, const MuPlan *plan);
gint64 mu_marks_since_phase(const MuService *service, const MuPhase *phase);
gint64 mu_marks_since_step(const MuService *service, const MuStep *step);
#endif
