/* One service: its records in memory, the plans derived from them, and what is to be done next.
 *
 * The records (state/records.h) are the truth. Every step's status is a pure function of them (step_status.h), found anew
 * whenever a record of its pod changes, so a service rebuilt from the store after a crash stands exactly where it stood.
 *
 * An event changes records and marks pods dirty; mu_service_settle() then finds statuses, recovery, kills and the steps
 * that wait for an offer. Nothing here does I/O: effects go into MuEffects. */
#ifndef MU_SERVICE_H
#define MU_SERVICE_H
#include "effects.h"
#include "evaluate.h"
#include "offer_log.h"
#include "plan.h"
#include "records.h"
#include <muster/scheduler_builder.h>

typedef struct MuService MuService;
typedef struct MuPod MuPod;
typedef struct MuCustomWork MuCustomWork; /* custom_work.h */
typedef struct MuOverride MuOverride;     /* override.h */

/* A task that was launched at least once. */
typedef struct {
  MuPod *pod;
  MuTaskRecord *record;
  MuTaskStatus *status;               /* NULL: none came yet */
  gint64 next_kill_ms;                /* a kill is under way and is repeated then; 0: none */
  gint64 kill_since_ms;               /* … since then, or since the scheduler started */
  guint32 record_bytes, status_bytes; /* in the store */
  guint32 asked_round;                /* of the reconciliation that asked about it last */
  gboolean unwritten;    /* its record says more than the stored one: what its status proves; see proof.c … */
  gboolean proven_ready; /* … when it was ready */
} MuTask;

/* A pod instance: of the target configuration, or one that still has records. */
struct MuPod {
  MuService *service;
  char *type, *name; /* "hello", "hello-0" */
  guint index;
  MuPodRecord *record;   /* NULL: no footprint */
  MuQuota held;          /* by it, as it is counted in the service's */
  MuItems tasks[1];      /* of MuTask*, owned */
  GPtrArray *paused;     /* of char*: tasks that an operator paused; NULL: none */
  MuItems steps[1];      /* of MuStep*: those of all plans that work on it */
  MuPhase *recovery;     /* its phase in the recovery plan, or NULL */
  MuOverride *override;  /* its failure that code was asked about; NULL: none */
  char *recovery_config; /* configuration that recovery relaunches: the one that the failed tasks ran with */
  MuOutcome *outcome;    /* why it waits for an offer; NULL: it does not */
  gint64 waiting_since_ms;
  gboolean why_kept; /* a record of the outcome is in the store: written at why_kept_ms, when it had this shape */
  guint why_shape;
  gint64 why_kept_ms;
  MuOutcome *kept_outcome; /* read from the store, for when the pod begins to wait again; NULL: none */
  gint64 kept_since_ms;
  gint64 lost_ms; /* since when a task of it does not come back (replace.c); 0: all are well, or there is no policy */
  gint64 left_ms; /* since when what it left behind on other agents is looked for; 0: it left nothing */
  gint64 leaving_ms;  /* since when it gives its resources back in a service that goes on; 0: it does not */
  gboolean dirty;     /* in service->dirty_pods */
  gboolean planned;   /* its record may have entries that are PLANNED */
  gboolean unwritten; /* its record says more than the stored one: what its tasks' statuses prove; see proof.c */
  guint32 record_bytes, pause_bytes, why_bytes; /* in the store */
  MuStep *claimed_by;                           /* during settle: the step that works on it now */
};

/* A configuration that is or was the target. */
typedef struct {
  char *config;    /* id */
  gint64 version;  /* of the service when it became the target */
  gint64 since_ms; /* when that was */
  GBytes *context; /* what it is built from */
  guint32 bytes;   /* in the store */
} MuHistoryEntry;

#define MU_HISTORY_MAX 11                        /* configurations kept of a service, the present one included */
#define MU_HISTORY_MAX_BYTES (16u * 1024 * 1024) /* of their contexts together; the present one is kept in any case */

/* A configuration that tasks have, may be rolled back to, or are to have. */
typedef struct {
  char *id;
  MuServiceSpec *spec;
  guint32 bytes; /* in the store */
} MuConfig;

struct MuService {
  char *name, *sanitized;
  gsize stored_bytes;                  /* all that it has in the store: see stored.h */
  guint32 record_bytes, context_bytes; /* of its record, and of what the factory builds it from */
  MuServiceRecord *record;
  MuServiceScheduler *scheduler; /* of the target; NULL: none could be built (uninstalling, failed) */
  char *failure;                 /* why there is none; shown */
  GPtrArray
      *unreadable; /* of MuRecordOp*, owned: its records that cannot be read; NULL: none. Then nothing is done to it */
  MuItems configs[1];          /* of MuConfig*, owned: one or two, mostly */
  const MuServiceSpec *target; /* of the configuration that is the record's target; NULL: it has none */
  GHashTable *
      fingerprints; /* MuTaskSpec of one of them to its fingerprint: what was found for an earlier launch; NULL: nothing was */
  GHashTable *stored_configs;             /* while loading: id to MuStoredConfig, owned; NULL: none */
  GHashTable *pods;                       /* name to MuPod, owned */
  GHashTable *tasks;                      /* name to MuTask */
  guint task_states[MU_TASK_UNKNOWN + 1]; /* how many of them are in each; STAGING: no status came yet */
  GHashTable *reservations;               /* resource id (of the entry) to MuPod; NULL: nobody has asked yet */
  MuPod *last_loaded;                     /* … the pod of the last record; NULL: none yet */
  GHashTable *
      early_statuses; /* while loading: task name to MuTaskStatus, owned, of tasks that were not loaded yet; NULL: none came */
  MuQuota held;           /* by all pods together */
  GPtrArray *pod_records; /* of MuPodRecord*: for placement; borrowed from the pods */
  MuItems plans[1];       /* of MuPlan*, owned: deploy first, then recovery, decommission, the custom ones */
  MuPlan *deploy, *recovery;
  MuPlan *decommission;  /* NULL: nothing to decommission */
  MuPlan *rolling;       /* of the last rolling restart; NULL: there was none */
  GPtrArray *history;    /* of MuHistoryEntry*, owned, by version: configurations that were the target; NULL: none */
  GHashTable *marks;     /* operators' marks on plan elements; see marks.h */
  GHashTable *custom;    /* key to MuCustomWork, owned: the work of custom steps */
  MuItems overrides[1];  /* of MuOverride*, owned: failures that code was asked about */
  GHashTable *files;     /* name to GBytes: what clients keep with the service */
  gboolean quiet;        /* statuses are found without telling those who watch: at a start */
  MuItems dirty_pods[1]; /* of MuPod* */
  MuItems wanting
      [1]; /* of MuStep*: they wait for an offer; found by settle: of those that would begin an instance a window only */
  guint waiting;     /* how many do, those outside of the window counted */
  guint fresh;       /* … of them would begin an instance */
  guint window_from; /* so many of these are before the window */
  guint window_len;  /* … and so many in it */
  MuItems held_back
      [1];     /* of MuPod*: a step of theirs would wait for an offer, but `unmet` holds it back; found by settle */
  char *unmet; /* what the rollout waits for in other services, in words; NULL: nothing */
  char *unmet_command; /* … and the command that brings the first of it nearer, or tells why it is not there */
  gint64 unmet_since_ms;
  MuItems claimed[1];    /* of MuPod*: a step works on them now; found by settle */
  MuItems releasing[1];  /* of MuPod*: they have entries that are RELEASING */
  MuItems leaving[1];    /* of MuPod*: replaced or decommissioned, and not through with it */
  MuItems lost[1];       /* of MuPod*: a task of theirs does not come back; see replace.c */
  MuItems delayed[1];    /* of MuPod*: a step of theirs waits for its backoff; found by settle */
  MuItems killing[1];    /* of MuTask*: a kill is under way */
  MuItems explained[1];  /* of MuPod*: a record of why they wait is in the store */
  MuOfferLog offer_log;  /* what became of the offers that it was shown */
  gint64 next_ms;        /* when settle is due although nothing happens; G_MAXINT64: never */
  MuStatus shown_status; /* of the deploy plan when last announced */
  gboolean finished;     /* all goals reached, and it asked to be removed then */
  /* of the event client */
  gboolean queued;       /* it has its place among those to be settled in this drain … */
  gboolean stirred;      /* … and there is a reason to settle it */
  gboolean postponed;    /* … in one to come */
  gboolean grows;        /* the discipline was told that it needs more than it owns */
  gboolean callback_due; /* its UninstallCallback was asked for */
  GQueue late;           /* of MuTaskStatus*, owned: they are heard in drains to come */
  guint64 heard_drain;   /* number of the last drain in which it was told statuses, and how many */
  guint heard;
  MuServiceSpec *needs; /* whose depends-on the client has noted; NULL: none */
  GList *gives_back;    /* its place among those with pods in `releasing`, or NULL */
  GSequenceIter *timer; /* its place among those with something due, or NULL */
  GSequenceIter *waits; /* … among those that wait for offers, or NULL; see fairness.h for it and the next three */
  gint64 tag;
  guint64 arrival;
  guint priority;
  guint tried;             /* of `wanting`: found no place in the offers that are held */
  guint64 windows_round;   /* the offers up to this one were held when it was last tried by windows … */
  guint windows;           /* … and by so many */
  guint64 fruitless_round; /* none of its steps found a place in the offers up to this one; 0: it was not tried */
  gboolean wants_more;     /* a step began to wait, or a pod to release: declined offers are asked for again */
};

/* ---- life ---------------------------------------------------------------------------------------------------------- */

MuService *mu_service_new(const char *name);
void mu_service_free(MuService *service);

/* MuStoreReader's read and discard, for records of services. */
gpointer mu_service_read(MuRecordKind kind, const char *value, gsize length);
void mu_service_discard(MuRecordKind kind, gpointer read);
/* One stored record of the service; takes what was read of it. MU_ERROR_FAILED when it cannot be read. */
gboolean mu_service_load(MuService *service, const MuStoredRecord *record, GError **error);
/* All records were given: configurations are read where they were not, but for the one that the factory made again (`scheduler`,
 * NULL: it made none), which is taken from there. One that cannot be read damages the service. */
void mu_service_read_configs(MuService *service, const MuServiceScheduler *scheduler);
/* While loading, before that: what mu_yaml_service_factory would make of the context, from the target as it is stored, which costs half as
 * much. NULL: it is not known to be the same (another reader of specs made it, or another factory), or cannot be read. */
MuServiceScheduler *mu_service_build_again(const MuService *service, GBytes *context);
/* The scheduler was made by mu_yaml_service_factory. */
void mu_service_scheduler_note_reader(MuServiceScheduler *scheduler);
/* All records were given. Takes the scheduler that the factory built (NULL with `failure` when it failed). A scheduler whose
 * spec differs from the stored target is taken as a new configuration. */
void mu_service_loaded(MuService *service, MuServiceScheduler *take_scheduler, const char *failure, MuEffects *effects);

/* One of its records cannot be read: from now on the service is left as it is, tasks and resources included, until it is
 * loaded whole or given up. `why` becomes part of its failure. */
void mu_service_damage(MuService *service, MuRecordKind kind, const char *key, const char *why);
/* Erases every record of a damaged service, those that cannot be read included, and all it has in memory: it is then GONE. */
void mu_service_give_up(MuService *service, MuEffects *effects);

/* The first configuration of a new service, or another one for a running service; takes the scheduler. `version` is the
 * context's. MU_ERROR_REFUSED: the change is not allowed; nothing changed, and the errors are shown. The same
 * configuration again only takes the scheduler and the version. */
gboolean mu_service_configure(MuService *service, MuServiceScheduler *take_scheduler, gint64 version,
                              MuEffects *effects, GError **error);
/* Whether mu_service_configure() would take the scheduler's configuration: MU_ERROR_REFUSED with all that speaks against it, a
 * line each. Changes nothing. */
gboolean mu_service_check_change(const MuService *service, const MuServiceScheduler *scheduler, GError **error);
/* Becomes its own uninstall. */
void mu_service_uninstall(MuService *service, MuEffects *effects);
/* Operator's word that what the service still waits for is gone. Only while uninstalling. */
void mu_service_force_gone(MuService *service, MuEffects *effects);
/* What would be stored with `next`, made of the context, as the target of the service (NULL: a new one): earlier configurations that no task
 * runs with go when there is no room for them. */
gsize mu_service_bytes_with(const MuService *service, const MuServiceScheduler *next, gsize context_bytes);
/* Writes its record. */
void mu_service_put(MuService *service, MuEffects *effects);
/* Forgets all its configurations, in the store too. */
void mu_service_erase_configs(MuService *service, MuEffects *effects);
/* Uninstalling, and code has a say in it that is not over, or cannot be asked. */
gboolean mu_service_code_holds(const MuService *service);
/* Operator's word that the uninstall goes on without that. */
void mu_service_pass_code(MuService *service, MuEffects *effects);
/* GONE: what is known of custom steps goes. */
void mu_service_forget_code(MuService *service, MuEffects *effects);
/* Uninstalling and nothing is left: no live task, no ledger entry, nothing for code to do. */
gboolean mu_service_is_empty(const MuService *service);
/* What an uninstall still waits for, one a line; the caller frees. */
char **mu_service_holdouts(const MuService *service);

/* ---- events -------------------------------------------------------------------------------------------------------- */

/* Bytes of a status's message that are kept. */
#define MU_STATUS_MAX_MESSAGE 4096u
/* A copy of the message, with … at its end when it was longer. NULL: NULL. */
char *mu_status_message_shortened(const char *message);

/* A status of the task `task_name`, which it takes; stores, acknowledges and acts. A status of another run than the present one is
 * acknowledged, and the run killed when it is alive. FALSE: it was known, and the service is as it was. */
gboolean mu_service_on_status(MuService *service, const char *task_name, MuTaskStatus *take_status, MuEffects *effects);
/* What the code of a custom step reports. */
void mu_service_on_step(MuService *service, const MuStepReport *report, MuEffects *effects);
/* The work whose present run this is; NULL: it is nobody's any more. */
const MuCustomWork *mu_service_custom_run(const MuService *service, const char *key, guint64 run);
/* The pod instance whose ledger has the reservation, or NULL. */
MuPod *mu_service_pod_of_reservation(MuService *service, const char *resource_id);
/* An offer of the agent came: entries that it shows are proven, entries that were asked to go and are absent are gone. */
void mu_service_on_agent_offer(MuService *service, MuPod *pod, const MuOffer *offer, MuEffects *effects);
/* DESTROY and UNRESERVE for those of the pod's releasing entries that the offer shows are appended to `operations`. */
void mu_service_release(MuService *service, MuPod *pod, const MuOffer *offer, MuItems *operations, MuEffects *effects);

/* What the service depends on is not there, in words, or NULL: it is. While it is not, no pod is made or moved to
 * another configuration by the plan `deploy`; what has died is brought back, and the other plans go on. `command` helps
 * with the first of it. Takes the texts. Before mu_service_settle. */
void mu_service_set_unmet(MuService *service, char *take_unmet, char *take_command, gint64 now_ms);
/* The step is one of those. A pod that has its footprint and whose task is dead is brought back in the target configuration:
 * while the plan has the pod, no recovery would do it. */
gboolean mu_step_is_held_back(const MuService *service, const MuStep *step);
/* All tasks of the instance run and are ready, or have finished, whatever the configuration that they were launched with. */
gboolean mu_pod_is_ready(const MuPod *pod);

/* Finds what is to be done, after events or when next_ms has come. Kills are asked for here. */
void mu_service_settle(MuService *service, MuEffects *effects);
/* Something waits for an offer or for the end of a release. */
gboolean mu_service_wants_offers(const MuService *service);

/* A step that waits needs resources that its pod does not hold. */
gboolean mu_service_needs_more(const MuService *service, const MuEffects *effects);

/* What a waiting step needs. `ret` borrows from the service. */
void mu_service_requirement(MuService *service, MuStep *step, const MuEffects *effects, gboolean may_reserve,
                            MuRequirement *ret);
/* The step was matched: records the launch, and appends its operations. Takes the match. The step stays in `wanting` until
 * mu_service_drop_launched(). */
void mu_service_launch(MuService *service, MuStep *step, const MuRequirement *requirement, MuMatch *match,
                       MuItems *operations, MuEffects *effects);
/* The pod found no place just now: keeps the reasons over a restart of the scheduler, now and then. */
void mu_why_keep(MuPod *pod, MuEffects *effects);
/* None in the window found a place: the next settle takes those after it. FALSE: there are none, and it begins with the first again. */
gboolean mu_service_turn_window(MuService *service);
/* Takes the steps that were launched out of `wanting`. */
void mu_service_drop_launched(MuService *service);
/* Where evaluations of the step put their reasons. */
MuOutcome *mu_service_outcome(MuService *service, MuStep *step);

/* ---- operators ----------------------------------------------------------------------------------------------------- */

/* MU_ERROR_NOT_FOUND: no such pod. `ret_tasks` receives the names of the tasks concerned (of char*). */
gboolean mu_service_pod_restart(MuService *service, const char *name, gboolean replace, GPtrArray *ret_tasks,
                                MuEffects *effects, GError **error);

/* Restarts every pod in turn, each as pod restart does, and goes on when it runs well: the plan MU_ROLLING_PLAN. `strategy` is
 * that of its phases, one for each pod type. FALSE in `ret_begun`: one under way with this strategy goes on. MU_ERROR_CONFLICT:
 * one with another strategy is under way, or the spec has a plan of that name. */
#define MU_ROLLING_PLAN "rolling-restart"
gboolean mu_service_rolling_restart(MuService *service, MuStrategyKind strategy, gboolean *ret_begun,
                                    MuEffects *effects, GError **error);

/* Gives up the instance with all that it holds, and leaves a hole that no plan fills. Needs allow-decommission in its spec: else
 * MU_ERROR_REFUSED. One that is decommissioned already is a success. `ret_tasks` receives the names of its tasks (of char*). */
gboolean mu_service_pod_decommission(MuService *service, const char *name, GPtrArray *ret_tasks, MuEffects *effects,
                                     GError **error);
/* The instance is wanted again, and begins anew somewhere; one that was not decommissioned is left as it is, and one that goes with
 * a smaller count is MU_ERROR_CONFLICT. */
gboolean mu_service_pod_recommission(MuService *service, const char *name, GPtrArray *ret_tasks, MuEffects *effects,
                                     GError **error);
/* An operator decommissioned it: it goes, or is gone. */
gboolean mu_pod_is_decommissioned(const MuPod *pod);
/* … and nothing is left of it. */
gboolean mu_pod_is_hole(const MuPod *pod);
/* Pauses tasks of the pod, or lets them run again; `tasks`: names as "server" or "hello-0-server", NULL or none: all. A run
 * that is not as it shall be now is ended, and launched as it shall be. Kept until it is resumed, or the pod decommissioned.
 * MU_ERROR_NOT_FOUND: no such pod or task. `ret_tasks` receives the names of the tasks (of char*). */
gboolean mu_service_pod_pause(MuService *service, const char *name, const char *const *tasks, gboolean pause,
                              GPtrArray *ret_tasks, MuEffects *effects, GError **error);
/* An operator paused the task of this name ("server"). */
gboolean mu_pod_is_paused(const MuPod *pod, const char *task);
/* "PAUSED", or "PAUSING" when its run has yet to become an idle one; NULL when it is not paused. */
const char *mu_task_pause_state(const MuTask *task);
/* Likewise for a step all of whose tasks are paused. */
const char *mu_step_pause_state(const MuStep *step);

typedef enum {
  MU_PLAN_OP_START,     /* plans: takes the parameters, begins anew when it is complete, and goes on */
  MU_PLAN_OP_STOP,      /* plans: interrupt, then restart: it stands by from its beginning */
  MU_PLAN_OP_INTERRUPT, /* begins no further step */
  MU_PLAN_OP_CONTINUE,  /* undoes an interrupt; else lets a canary go one stage further */
  MU_PLAN_OP_FORCE_COMPLETE,
  MU_PLAN_OP_RESTART, /* begins anew, and goes on */
} MuPlanOp;

const char *mu_plan_op_to_string(MuPlanOp op); /* as the API names it: "forceComplete" */

#define MU_PLAN_MAX_PARAMETERS 256        /* of one start of a plan */
#define MU_PLAN_MAX_PARAMETER_BYTES 65536 /* of all its names and values together */

/* Borrowed. */
typedef struct {
  MuPlanOp op;
  const char *plan, *phase, *step; /* phase and step: name or uuid, or NULL for the whole */
  json_t *parameters;              /* START: an object of strings, or NULL */
} MuPlanRequest;

/* Interrupt and continue mark the element itself; force-complete and restart are done to each step in it. The marks and the
 * parameters are kept over restarts of the scheduler, and forgotten with the target configuration. `ret_already`: it was so
 * already, and nothing was done (the reference's 208). MU_ERROR_NOT_FOUND; MU_ERROR_REFUSED for parameters that are no
 * environment; MU_ERROR_CONFLICT for what such a plan cannot do. */
gboolean mu_service_plan_op(MuService *service, const MuPlanRequest *request, gboolean *ret_already, MuEffects *effects,
                            GError **error);

/* Keeps the target with its context among the earlier configurations, the oldest of which go when there are too many. */
void mu_service_note_history(MuService *service, GBytes *context, MuEffects *effects);
/* By id, by the beginning of one, or by version; NULL: the one before the target. MU_ERROR_NOT_FOUND. */
const MuHistoryEntry *mu_service_find_history(const MuService *service, const char *which, GError **error);

/* The most that a service keeps of clients' files. */
#define MU_FILE_MAX_BYTES 65536u
#define MU_FILE_MAX_NAME 200u
#define MU_FILE_MAX_NUMBER 100u
/* Keeps a file with the service, until that is gone. MU_ERROR_REFUSED for a name that is none, MU_ERROR_TOO_LARGE. */
gboolean mu_service_put_file(MuService *service, const char *name, GBytes *content, MuEffects *effects, GError **error);
/* At the service's end. */
void mu_service_erase_files(MuService *service, MuEffects *effects);

/* ---- reading ------------------------------------------------------------------------------------------------------- */

MuPlan *mu_service_plan(const MuService *service, const char *name);
/* The name of the file that the service's spec was read from, as its context says; NULL: it says none. The caller frees. `context`:
 * what it was added with, for a service whose scheduler there is not. */
char *mu_service_spec_file(const MuService *service, GBytes *context);
/* NULL for one that is gone, too. */
MuPod *mu_service_pod(const MuService *service, const char *name);
/* The same two, or MU_ERROR_NOT_FOUND that says where the names are. */
MuPlan *mu_service_find_plan(const MuService *service, const char *name, GError **error);
MuPod *mu_service_find_pod(const MuService *service, const char *name, GError **error);
/* It has records, or is part of the target configuration; else only steps that are done still name it. */
gboolean mu_pod_exists(const MuPod *pod);
/* The instances (of MuPod*, borrowed) for which `chosen` holds, by type and index; the caller frees the array. */
GPtrArray *mu_service_sorted_pods(const MuService *service, gboolean (*chosen)(const MuPod *pod));
MuTask *mu_pod_task(const MuPod *pod, const char *task);
/* The decommission has taken it in hand: it gives all back, and is no more; its service goes on. */
gboolean mu_pod_is_leaving_for_good(const MuPod *pod);
/* What the engine was told of this task when it was launched, found anew from the records: a launch of it alone. NULL: its
 * configuration or what it was launched on is there no more. The caller frees. */
MuPodLaunch *mu_task_launched(const MuTask *task, const MuEffects *effects);
const MuServiceSpec *mu_service_target(const MuService *service); /* NULL: none */
/* The configuration of that id that it holds, or NULL; borrowed. */
const MuServiceSpec *mu_service_config(const MuService *service, const char *config_id);
/* It holds the configuration from now on; it has none of that id. In memory alone. */
MuConfig *mu_service_add_config(MuService *service, const char *config_id, MuServiceSpec *take_spec);
gboolean mu_task_is_alive(const MuTask *task); /* launched, and no terminal status came */
#endif
