/* Why a step is not complete: what it waits for, since when, what would clear it, and the command for that. Found anew each
 * time it is asked for, from the records and the plans; nothing of it is on a hot path. */
#ifndef MU_WHY_H
#define MU_WHY_H
#include "service.h"

/* What can be waited for. X(name, "word") */
#define MU_WHY_TABLE(X)                                                                                                \
  X(ERRORS, "errors")         /* the plan cannot go on */                                                              \
  X(STORE, "store")           /* commits fail: nothing is done that is not stored */                                   \
  X(ENGINE, "engine")         /* it is not connected */                                                                \
  X(OPERATOR, "operator")     /* interrupted */                                                                        \
  X(PAUSED, "paused")         /* its tasks run an idle command */                                                      \
  X(CANARY, "canary")         /* the strategy lets nothing begin without an operator */                                \
  X(ORDER, "order")           /* steps or phases before it */                                                          \
  X(DEPENDENCY, "dependency") /* another service is not there yet */                                                   \
  X(POD, "pod")               /* another plan's step works on its pod */                                               \
  X(TURN, "turn")             /* other services grow now */                                                            \
  X(QUOTA, "quota")           /* its own is used up */                                                                 \
  X(BUDGET, "budget")         /* it stores as much as it may */                                                        \
  X(OFFER, "offer")           /* no agent has what it needs */                                                         \
  X(OLD_TASK, "old-task")     /* an older task has to end first */                                                     \
  X(RELEASE, "release")       /* the pod gives its resources back first */                                             \
  X(BACKOFF, "backoff")       /* its task failed and is not started again at once */                                   \
  X(PROVISION, "provision")   /* likewise: its image, a file, or a secret could not be had */                          \
  X(START, "start")           /* launched, and not running yet */                                                      \
  X(READINESS, "readiness")   /* runs, and its check did not pass yet */                                               \
  X(FINISH, "finish")         /* runs, and has to finish */                                                            \
  X(CODE, "code")             /* the work of a custom step */                                                          \
  X(AGENT, "agent")           /* the agent is unreachable */

typedef enum {
#define X(name, word) MU_WHY_##name,
  MU_WHY_TABLE(X)
#undef X
      MU_WHY_COUNT
} MuWhyKind;

const char *mu_why_kind_to_string(MuWhyKind kind);

typedef struct {
  MuWhyKind kind;
  char *reason;             /* one sentence without its full stop */
  char *clears;             /* what would end the wait */
  char *command;            /* to end it, or to look closer; NULL: none helps */
  gint64 since_ms;          /* 0: not known */
  gint64 until_ms;          /* when it ends by itself; 0: not known */
  const MuOutcome *outcome; /* of the offers that were tried; borrowed; NULL: none were */
} MuWhy;

void mu_why_clear(MuWhy *why);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuWhy, mu_why_clear)

/* What is asked from: the present moment, and how the scheduler around the service is. */
typedef struct {
  gint64 now_ms;
  gboolean subscribed;
  const char *engine_error; /* why it is not subscribed; NULL: not known */
  const char *store_error;  /* why commits fail; NULL: they do not */
} MuWhyScene;

/* What the scheduler as a whole waits for: the store, the engine. FALSE: nothing. */
gboolean mu_why_scheduler(const MuWhyScene *scene, MuWhyKind kind, MuWhy *ret_why);

/* The steps of a plan that its strategies let work now. */
GHashTable *mu_why_candidates(const MuPlan *plan);
/* FALSE: the step is complete. `candidates` are those of its plan. */
gboolean mu_why_step(const MuWhyScene *scene, const MuService *service, const MuStep *step, GHashTable *candidates,
                     MuWhy *ret_why);
/* The part of it that follows from the step's pod, when no plan holds the step back (why_work.c). */
void mu_why_work(const MuWhyScene *scene, const MuStep *step, const MuPod *pod, MuWhy *why);

/* {"for","reason","since","until","clears","command"}; what is not known is left out. */
json_t *mu_why_to_json(const MuWhy *why);
#endif
