/* A plan customizer: code that has a say in the plans that are made of a service's spec. */
#ifndef MUSTER_PLAN_CUSTOMIZER_H
#define MUSTER_PLAN_CUSTOMIZER_H

#include <muster/custom_step.h>
#include <muster/spec.h>

G_BEGIN_DECLS

/* A plan before it begins: its phases in order, and the steps of each. It lives as long as the customizer's call. */
typedef struct MuPlanDraft MuPlanDraft;

/* Called for each plan of the spec (the default deploy plan included) whenever the service's plans are built: when it is added or
 * changed, and at each start. For the plan `decommission` too, while there is one: it has a phase for each instance that goes, named
 * after it, and only custom steps may be added, which are done before the instance is ended. Must be a function of its arguments,
 * else a restart of the scheduler changes the plan. FALSE with an error: the plan shows that and does nothing until the service is
 * given another configuration.
 *   Code that changed while the spec is the same (a new version of the program; a context that says something else to it) has its say
 * at the next start, or when the spec changes: then steps that it adds are done, and those that it leaves out are forgotten.
 *
 * Of the uninstall, when it is given to mu_scheduler_builder_set_uninstall_customizer(): the draft "uninstall" has a phase for each
 * instance that the configuration has or that is still there, named after it and without steps, and they are ended side by side
 * (MU_STRATEGY_PARALLEL). Such a phase stays and keeps its name; custom steps that it is given are done before its instance is ended,
 * and not at all when nothing of that is left. Phases of one's own, of custom steps, may be added: required by the others
 * (mu_plan_draft_require), or serial and first, they are done before anything is ended; requiring the others, when all is given
 * back. The service is gone only when they are complete.
 *   Called when the removal of the service begins, and again at each start of the scheduler until it is gone: the service's factory
 * is called for that, and has to go on building it. When that fails, or this returns FALSE, nothing is ended: the removal waits,
 * with the error in the log, in `muster why` and `muster service show`, for a start of the scheduler at which it succeeds, or for
 * `muster service remove NAME --force`, which passes over all that code has to do (and, once more, over what does not come back). */
typedef gboolean (*MuPlanCustomizer)(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error);

/* "deploy"; for the plan `update` as well, which takes its place. "uninstall" of the plan that operators see as `deploy` while the
 * service is removed. Borrowed. */
const char *mu_plan_draft_name(const MuPlanDraft *draft);

/* ---- phases --------------------------------------------------------------------------------------------------------- */

guint mu_plan_draft_n_phases(const MuPlanDraft *draft);
/* Of the phase at `index`, below mu_plan_draft_n_phases(). Borrowed until it is renamed or removed. */
const char *mu_plan_draft_phase_name(const MuPlanDraft *draft, guint index);

/* In which order its phases run. A plan that has requirements should be MU_STRATEGY_PARALLEL: then they alone say the order, and
 * its strategy is shown as "dependency". One that runs them one by one is refused when a phase requires a later one. */
void mu_plan_draft_set_strategy(MuPlanDraft *draft, MuStrategyKind strategy);
/* In which order the steps of a phase run; likewise. MU_ERROR_NOT_FOUND: there is no such phase, as for all below. */
gboolean mu_plan_draft_set_phase_strategy(MuPlanDraft *draft, const char *phase, MuStrategyKind strategy,
                                          GError **error);
/* To the place before another phase; `before` NULL: to the end. */
gboolean mu_plan_draft_move_phase(MuPlanDraft *draft, const char *phase, const char *before, GError **error);
/* The phase begins only when `required` is complete, and waits again while that is not. MU_ERROR_REFUSED: it would then wait for
 * itself; the message names the circle. */
gboolean mu_plan_draft_require(MuPlanDraft *draft, const char *phase, const char *required, GError **error);

/* A phase of one's own without a step, before another one; `before` NULL: at the end. Names are of 1 to 100 characters, none of
 * them a slash or a control character: else MU_ERROR_REFUSED. MU_ERROR_CONFLICT: the plan has a phase of that name. */
gboolean mu_plan_draft_add_phase(MuPlanDraft *draft, const char *phase, const char *before, MuStrategyKind strategy,
                                 GError **error);
/* The phase is not part of the plan. What it was to launch is launched by no other; what runs already goes on, and is recovered.
 * Phases that required it require what it required. */
gboolean mu_plan_draft_remove_phase(MuPlanDraft *draft, const char *phase, GError **error);
/* Names as for mu_plan_draft_add_phase(). What operators did to the phase is kept under its name. */
gboolean mu_plan_draft_rename_phase(MuPlanDraft *draft, const char *phase, const char *name, GError **error);

/* ---- steps: of two with one name the first is meant ------------------------------------------------------------------ */

/* 0 when there is no such phase. */
guint mu_plan_draft_n_steps(const MuPlanDraft *draft, const char *phase);
/* Of the step at `index`, below mu_plan_draft_n_steps(): "node-0:[server]". Borrowed until it is removed. */
const char *mu_plan_draft_step_name(const MuPlanDraft *draft, const char *phase, guint index);

/* Tasks of a pod instance that a step launches; in a recovery (recovery_overrider.h), that it ends first when they run. */
typedef struct {
  const char *name;         /* NULL: "node-0:[server]" */
  const char *pod;          /* its type */
  guint index;              /* of the instance */
  const char *const *tasks; /* their names, ended by NULL; NULL: all of the pod's */
  /* Of a recovery only, else MU_ERROR_REFUSED: the instance gives up what it holds, with its data, and begins anew somewhere; an
   * instance that failed for good has done that already. All of its tasks that were up come back with those that are named. */
  gboolean replace;
  const char *const
      *env; /* "NAME=value", ended by NULL: for the tasks in this launch, and not when they are started again later */
} MuPodStep;

/* Adds a step at the end of the phase. MU_ERROR_NOT_FOUND: the spec has no such pod or task; MU_ERROR_REFUSED: the index is not
 * below its count, or `env` has no such form; MU_ERROR_CONFLICT: the phase has a step of that name. */
gboolean mu_plan_draft_add_pod_step(MuPlanDraft *draft, const char *phase, const MuPodStep *step, GError **error);
/* Adds a step at the end of the phase whose work is code; copied. MU_ERROR_CONFLICT: the phase has a step of that name. */
gboolean mu_plan_draft_add_custom_step(MuPlanDraft *draft, const char *phase, const MuCustomStep *step, GError **error);
/* Steps that required it require what it required. */
gboolean mu_plan_draft_remove_step(MuPlanDraft *draft, const char *phase, const char *step, GError **error);
/* To the place before another step of the phase; `before` NULL: to the end. */
gboolean mu_plan_draft_move_step(MuPlanDraft *draft, const char *phase, const char *step, const char *before,
                                 GError **error);
/* The step begins only when `required`, of the same phase, is complete, and waits again while that is not: as
 * mu_plan_draft_require(). The phase should be MU_STRATEGY_PARALLEL. */
gboolean mu_plan_draft_require_step(MuPlanDraft *draft, const char *phase, const char *step, const char *required,
                                    GError **error);

G_END_DECLS
#endif
