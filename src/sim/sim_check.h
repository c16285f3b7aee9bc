/* The checkers: what must hold whatever happens. Each has a file check_<name>.c and a row in the table of sim_check.c; the
 * simulator tells them of what happens at the border between the scheduler and its world, and they look. */
#ifndef MU_SIM_CHECK_H
#define MU_SIM_CHECK_H
#include "service.h"
#include "sim_plant.h"
#include "sim_private.h"

/* A record that a commit has put or deleted. */
typedef struct {
  MuRecordKind kind;
  char *service, *key;
} MuSimTouched;

typedef struct {
  const char *name, *what;
  void (*start)(MuSim *sim);                             /* a scheduler starts from the store */
  void (*offer)(MuSim *sim, const MuOffer *offer);       /* goes out to the scheduler */
  void (*command)(MuSim *sim, const MuCommand *command); /* is given to the scheduler */
  void (*drained)(MuSim *sim, const MuOutput *output);   /* was handed out, and goes into the pipeline */
  void (*commit)(MuSim *sim, const MuBatch *batch);      /* becomes durable; the store has still what was before */
  void (*perform)(MuSim *sim, const MuOutput *output);   /* its actions follow */
  void (*call)(MuSim *sim, const MuEngineCall *call);    /* is given to the cluster, which has not acted yet */
  void (*launch)(MuSim *sim, const MuSimTask *fresh);    /* is about to be among the cluster's tasks */
  void (*quiet)(MuSim *sim);                             /* nothing is in flight: everything in memory is durable */
  /* As quiet, for what the commits since have touched: each pod that has a record among it, once; each record that is of
   * no pod in memory, or of no service (NULL). Either both or none. */
  void (*pod)(MuSim *sim, const MuPod *pod);
  void (*record)(MuSim *sim, const MuService *service, const MuSimTouched *record);
  void (*whole)(MuSim *sim); /* as quiet, at every n-th after a commit and at the end: everything */
} MuSimCheck;

extern const MuSimCheck mu_sim_check_single, mu_sim_check_shared, mu_sim_check_known, mu_sim_check_durable,
    mu_sim_check_recorded, mu_sim_check_ledger, mu_sim_check_liveness, mu_sim_check_rollup, mu_sim_check_memory,
    mu_sim_check_discipline, mu_sim_check_fair, mu_sim_check_quota, mu_sim_check_depends, mu_sim_check_roles;

typedef struct MuSimChecks {
  guint every, since;       /* the whole: each so many commits; commits since the last time */
  gboolean committed;       /* since the last quiet moment */
  GArray *touched;          /* of MuSimTouched: since then */
  GHashTable *touched_pods; /* while they are looked at: those that were */
  /* durable */
  guint64 ops_pushed, ops_durable;
  GHashTable *outputs;    /* MuOutput* to the operations that must be durable before it is performed (guint64*) */
  const MuBatch *counted; /* its operations are in ops_durable already: a retry after an uncertain end */
  /* ledger, recorded: every resource id in a pod's record that is in the store */
  GHashTable *ledger;   /* resource id to MuSimTouched (owned): the record that has it */
  gboolean forced;      /* an operator declared something gone */
  GHashTable *given_up; /* resource ids that the ledger lost since the last quiet moment: proven gone by then? */
  /* known */
  GHashTable *strangers; /* task id to since when (gint64*) it lives and the store has no record of it */
  /* fair */
  GHashTable *offered; /* id to MuOffer, as it went out */
  GHashTable *waits;   /* name of a service to how often it was passed over, see check_fair.c */
  /* quota */
  GHashTable *held; /* name of a service with a quota to what it held after the drain before (MuQuota*) */
  /* depends */
  GHashTable *stays; /* names of services whose removal was asked for since the last drain, and has to be refused */
  /* shared */
  GHashTable *users; /* resource id to the id of the task that was last launched on it */
} MuSimChecks;

void mu_sim_checks_init(MuSim *sim);
void mu_sim_checks_clear(MuSim *sim);
void mu_sim_check_start(MuSim *sim);
void mu_sim_check_offer(MuSim *sim, const MuOffer *offer);
void mu_sim_check_command(MuSim *sim, const MuCommand *command);
void mu_sim_check_drained(MuSim *sim, const MuOutput *output);
void mu_sim_check_commit(MuSim *sim, const MuBatch *batch);
void mu_sim_check_perform(MuSim *sim, const MuOutput *output);
void mu_sim_check_call(MuSim *sim, const MuEngineCall *call);
void mu_sim_check_launch(MuSim *sim, const MuSimTask *fresh);
void mu_sim_check_quiet(MuSim *sim);
/* Everything, whatever was touched; in a quiet moment. */
void mu_sim_check_whole(MuSim *sim);
void mu_sim_check_fail(MuSim *sim, const MuSimCheck *check, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* sim_touched.c */
void mu_sim_touched_free(MuSimTouched *touched);
void mu_sim_touched_init(MuSim *sim);
void mu_sim_touched_clear(MuSim *sim);
void mu_sim_touched_note(MuSim *sim, const MuBatch *batch);
void mu_sim_touched_forget(MuSim *sim);
void mu_sim_touched_each(MuSim *sim, const MuSimCheck *check);

/* check_ledger.c */
void mu_sim_check_ledger_is_empty(MuSim *sim);
gboolean mu_sim_ledger_has(MuSim *sim, const char *resource_id);
/* check_known.c: the agent's tasks are seen again. */
void mu_sim_check_known_returns(MuSim *sim, const MuSimAgent *agent);

/* sim_trace.c */
void mu_sim_trace(MuSim *sim, const char *what, const char *format, ...) G_GNUC_PRINTF(3, 4);
void mu_sim_trace_event(MuSim *sim, const MuEngineEvent *event);
void mu_sim_trace_call(MuSim *sim, const MuEngineCall *call);
void mu_sim_trace_report(MuSim *sim, const MuStepReport *report);
void mu_sim_trace_command(MuSim *sim, const MuCommand *command);
#endif
