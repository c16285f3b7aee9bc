/* A plan before it begins: what the spec says, as a customizer may change it. */
#ifndef MU_PLAN_DRAFT_H
#define MU_PLAN_DRAFT_H
#include "plan.h"
#include <muster/plan_customizer.h>

/* What code knows the plan of an uninstall by; operators see it as `deploy`. */
#define MU_UNINSTALL "uninstall"

/* What phases and steps have in common: it is the first member of both. */
typedef struct {
  char *name;
  GPtrArray *requires; /* of others of its kind, borrowed */
} MuDraftItem;

typedef struct {
  MuDraftItem item;
  const MuPodSpec *pod; /* borrowed; NULL: of code */
  guint index;          /* of the instance */
  guint64 tasks;        /* bit n: task n of the pod's spec */
  MuCustomStep custom;  /* of code; its texts are the item's and the next member */
  char *done_for;       /* NULL: the target configuration */
  gboolean replace;     /* of a recovery, as the next */
  char **env;           /* NULL: none */
} MuStepDraft;

typedef struct {
  MuDraftItem item;
  MuStrategyKind strategy;
  GPtrArray *steps; /* of MuStepDraft*, owned */
  gboolean ends;    /* after these its instance, whose name it has, is ended: it stays */
} MuPhaseDraft;

struct MuPlanDraft {
  const MuServiceSpec *spec; /* borrowed */
  const char *name;          /* borrowed */
  gboolean recovery;         /* it has one phase, which stays as it is but for its steps */
  gboolean decommission;     /* its phases stay, and are given custom steps only */
  gboolean uninstall;        /* so are those of instances; there may be others */
  MuStrategyKind strategy;
  GPtrArray *phases; /* of MuPhaseDraft*, owned */
};

/* Of the spec's plan, of which it borrows, under the name `name`. */
MuPlanDraft *mu_plan_draft_new(const MuServiceSpec *spec, const MuPlanSpec *plan, const char *name);
/* Of the recovery plan, with one phase of this name and without steps. */
MuPlanDraft *mu_plan_draft_new_recovery(const MuServiceSpec *spec, const char *phase);
/* Of the plan decommission, with a phase for each of the instances (of char*), in this order and without steps. */
MuPlanDraft *mu_plan_draft_new_decommission(const MuServiceSpec *spec, const GPtrArray *pod_names);
/* Likewise of the plan that ends the service, in which they are ended side by side. */
MuPlanDraft *mu_plan_draft_new_uninstall(const MuServiceSpec *spec, const GPtrArray *pod_names);
void mu_plan_draft_free(MuPlanDraft *draft);
/* Whether it can come to an end: MU_ERROR_REFUSED when something that runs one by one has a child that requires a later one. */
gboolean mu_plan_draft_check(const MuPlanDraft *draft, GError **error);

/* What steps wait for; the draft's steps are the phase's, in order. */
void mu_plan_draft_apply_requirements(const MuPhaseDraft *draft, const MuPhase *phase);

/* The set of those tasks that the pod has of these. */
guint64 mu_pod_tasks_named(const MuPodSpec *pod, const char *const *names);
/* "hello-0:[server, sidecar]" */
char *mu_pod_step_name(const MuPodSpec *pod, guint index, guint64 tasks);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuPlanDraft, mu_plan_draft_free)
#endif
