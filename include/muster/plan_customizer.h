/* A plan customizer: code that has a say in the plans that are made of a service's spec. */
#ifndef MUSTER_PLAN_CUSTOMIZER_H
#define MUSTER_PLAN_CUSTOMIZER_H

#include <muster/spec.h>

G_BEGIN_DECLS

/* A plan before it begins: its phases in order. It lives as long as the customizer's call. */
typedef struct MuPlanDraft MuPlanDraft;

/* Called for each plan of the spec (the default deploy plan included) whenever the service's plans are built: when it is added or
 * changed, and at each start. Must be a function of its arguments, else a restart of the scheduler changes the plan. FALSE with
 * an error: the plan shows that and does nothing until the service is given another configuration. */
typedef gboolean (*MuPlanCustomizer)(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error);

/* "deploy"; for the plan `update` as well, which takes its place. Borrowed. */
const char *mu_plan_draft_name(const MuPlanDraft *draft);
guint mu_plan_draft_n_phases(const MuPlanDraft *draft);
/* Of the phase at `index`, below mu_plan_draft_n_phases(). Borrowed. */
const char *mu_plan_draft_phase_name(const MuPlanDraft *draft, guint index);

/* In which order its phases run. A plan that has requirements should be MU_STRATEGY_PARALLEL: then they alone say the order. */
void mu_plan_draft_set_strategy(MuPlanDraft *draft, MuStrategyKind strategy);
/* In which order the steps of a phase run. MU_ERROR_NOT_FOUND: there is no such phase, as for all below. */
gboolean mu_plan_draft_set_phase_strategy(MuPlanDraft *draft, const char *phase, MuStrategyKind strategy,
                                          GError **error);
/* To the place before another phase; `before` NULL: to the end. */
gboolean mu_plan_draft_move_phase(MuPlanDraft *draft, const char *phase, const char *before, GError **error);
/* The phase begins only when `required` is complete, and waits again while that is not. MU_ERROR_REFUSED: it would then wait for
 * itself; the message names the circle. */
gboolean mu_plan_draft_require(MuPlanDraft *draft, const char *phase, const char *required, GError **error);

G_END_DECLS
#endif
