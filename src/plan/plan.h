/* Plans: what is done to a service, as a tree of phases and steps that can be seen and steered. A step concerns tasks of one
 * pod instance. This module knows the tree, the strategies and the statuses; what a step does is the service's affair.
 *
 * Statuses roll up incrementally: each element keeps how many of its children are in which status, so a change of one step
 * costs the same in a plan of ten steps and of ten thousand. */
#ifndef MU_PLAN_H
#define MU_PLAN_H
#include "ids.h"
#include "status.h"
#include <muster/spec.h>

typedef struct MuStep MuStep;
typedef struct MuPhase MuPhase;
typedef struct MuPlan MuPlan;

/* How far a canary strategy was let go on by `continue`: not at all, for its first child, for all. */
typedef enum { MU_CANARY_HELD, MU_CANARY_FIRST, MU_CANARY_ALL } MuCanary;

/* What has to be complete before an element begins, and who waits for it: elements of the same parent. */
typedef struct {
  GPtrArray *by;  /* borrowed: they wait for this one; NULL: none */
  guint n, n_met; /* those that it waits for, and how many of them are complete */
} MuRequires;

struct MuStep {
  char *name; /* "hello-0:[server]" */
  MuPhase *phase;
  guint index; /* in the phase */
  MuStatus status;
  gboolean interrupted;
  gboolean forced;         /* an operator declared it complete */
  guint64 tasks;           /* bit n: task n of the pod's spec */
  gint64 delayed_until_ms; /* DELAYED */
  gpointer asset;          /* the pod instance it works on: two steps never work on the same one at once */
  gpointer outcome;        /* why it waits; owned by the service */
  gpointer work;           /* what it does when it works on no pod instance; the service's; NULL: nothing */
  gpointer part;           /* of a recovery that code has taken over: its part in that; the service's */
  MuRequires requires;     /* steps of its phase */
  guint32 draw;            /* of a random phase: the lowest of those that may work has its turn */
  GSequenceIter *place;    /* in the phase's `drawn`, or NULL */
};

struct MuPhase {
  char *name;
  MuPlan *plan;
  guint index; /* in the plan */
  MuStrategyKind strategy;
  MuCanary canary;
  gboolean interrupted;
  GPtrArray *steps; /* of MuStep*, owned */
  guint counts[MU_STATUS_COUNT];
  guint held[MU_STATUS_COUNT]; /* those of `counts` that are no candidates: interrupted, or others are required first */
  guint first_incomplete;      /* index; steps->len when all are complete */
  GSequence *drawn;     /* of MuStep*, by draw: neither complete nor interrupted; NULL: the strategy is another */
  guint32 draw;         /* of a random plan, as a step's */
  GSequenceIter *place; /* in the plan's `drawn`, or NULL */
  MuRequires requires;  /* phases of its plan */
  gboolean depends;     /* a step of it requires another */
  MuStatus status;
};

/* Told of every change of status of a step, after it. */
typedef void (*MuPlanObserver)(MuPlan *plan, MuStep *step, MuStatus before, gpointer user);

struct MuPlan {
  char *name; /* "deploy" */
  MuStrategyKind strategy;
  MuCanary canary;
  gboolean interrupted;
  char *parameters;  /* for the environment of the tasks that it launches: a JSON object of strings; NULL: none */
  GPtrArray *phases; /* of MuPhase*, owned */
  GPtrArray *errors; /* of char*, owned */
  guint counts[MU_STATUS_COUNT];
  guint held[MU_STATUS_COUNT]; /* those of `counts` that are no candidates: interrupted, or others are required first */
  guint first_incomplete;
  GSequence *drawn; /* of MuPhase*, as a phase's */
  char *seed;       /* of what is drawn */
  gboolean depends; /* a phase of it requires another */
  guint n_steps, n_complete;
  MuStatus status;
  MuPlanObserver observer;
  gpointer observer_user;
};

/* `seed`: what random strategies draw by, with the names of phases and steps: the same in every run with it. */
MuPlan *mu_plan_new(const char *name, MuStrategyKind strategy, const char *seed);
void mu_plan_free(MuPlan *plan);
MuPhase *mu_plan_add_phase(MuPlan *plan, const char *name, MuStrategyKind strategy);
/* Adds a step that is PENDING. */
MuStep *mu_phase_add_step(MuPhase *phase, const char *name, gpointer asset, guint64 tasks);
/* The phase begins only when `required`, of the same plan, is complete. Not twice for the same two, and in no circle. */
void mu_phase_require(MuPhase *phase, MuPhase *required);
/* The phase that it waits for, the first in order; NULL: none. */
const MuPhase *mu_phase_unmet(const MuPhase *phase);
/* Likewise for steps of one phase. */
void mu_step_require(MuStep *step, MuStep *required);
const MuStep *mu_step_unmet(const MuStep *step);
/* "serial", …; "dependency" when it is parallel but for what its children require of each other. */
const char *mu_plan_strategy(const MuPlan *plan);
const char *mu_phase_strategy(const MuPhase *phase);
/* Frees the phase, which no other requires and which requires none, and everything in it. */
void mu_plan_remove_phase(MuPlan *plan, MuPhase *phase);

/* What the step itself is found to be; interrupted steps that are to be done show WAITING, forced ones COMPLETE. Rolls up. */
void mu_step_set_status(MuStep *step, MuStatus status);
void mu_step_set_interrupted(MuStep *step, gboolean interrupted);
void mu_step_set_forced(MuStep *step, gboolean forced);
void mu_phase_set_interrupted(MuPhase *phase, gboolean interrupted);
void mu_plan_set_interrupted(MuPlan *plan, gboolean interrupted);
void mu_plan_add_error(MuPlan *plan, const char *message);
/* `continue` on a canary lets it go one stage further. */
void mu_phase_advance_canary(MuPhase *phase);
void mu_plan_advance_canary(MuPlan *plan);

gboolean mu_plan_is_complete(const MuPlan *plan);

/* Calls `visit` for each step that its strategies let work now: not complete, not interrupted, no parent interrupted.
 * FALSE from `visit` ends the walk. The tree must not be changed during it. */
typedef gboolean (*MuStepVisitor)(MuStep *step, gpointer user);
void mu_plan_candidates(const MuPlan *plan, MuStepVisitor visit, gpointer user);

/* The step is one of these. */
gboolean mu_step_may_work(const MuStep *step);

/* The one child that a random strategy lets work, and the first that is not complete otherwise; NULL when there is none. */
const MuPhase *mu_plan_turn(const MuPlan *plan);
const MuStep *mu_phase_turn(const MuPhase *phase);

/* By name or uuid; NULL when there is none. */
MuPhase *mu_plan_find_phase(const MuPlan *plan, const char *name_or_id);
MuStep *mu_phase_find_step(const MuPhase *phase, const char *name_or_id);
/* Stable over restarts: made from the names; a phase's name is unique in its plan, a step's is not in its phase. */
MuUuid mu_phase_id(const MuPhase *phase);
MuUuid mu_step_id(const MuStep *step);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuPlan, mu_plan_free)
#endif
