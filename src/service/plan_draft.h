/* A plan before it begins: what the spec says, as a customizer may change it. */
#ifndef MU_PLAN_DRAFT_H
#define MU_PLAN_DRAFT_H
#include <muster/plan_customizer.h>

typedef struct {
  const MuPhaseSpec *spec; /* what it does; borrowed */
  MuStrategyKind strategy;
  GPtrArray *requires; /* of MuPhaseDraft*, borrowed */
} MuPhaseDraft;

struct MuPlanDraft {
  const char *name; /* borrowed */
  MuStrategyKind strategy;
  GPtrArray *phases; /* of MuPhaseDraft*, owned */
};

/* Of the spec's plan, of which it borrows, under the name `name`. */
MuPlanDraft *mu_plan_draft_new(const MuPlanSpec *plan, const char *name);
void mu_plan_draft_free(MuPlanDraft *draft);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuPlanDraft, mu_plan_draft_free)
#endif
