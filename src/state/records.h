/* The typed records of a service and their JSON. These are the truth: everything else that a service keeps in memory is
 * derived from them, so that what runs and what a restart would load are the same. */
#ifndef MU_RECORDS_H
#define MU_RECORDS_H
#include "engine.h"
#include "items.h"
#include "record.h"

/* ---- service ------------------------------------------------------------------------------------------------------- */

typedef enum {
  MU_SERVICE_RUNNING,
  MU_SERVICE_UNINSTALLING, /* everything is on its way out */
  MU_SERVICE_GONE,         /* all erased but this record: the UninstallCallback is due */
} MuServiceState;

const char *mu_service_state_to_string(MuServiceState state); /* "RUNNING", … */

typedef struct {
  MuServiceState state;
  gint64 version;       /* of the context: 1, 2, … */
  char *target;         /* configuration id that the plans lead to */
  gboolean deployed;    /* a deploy plan was complete once: the next one is an update */
  gboolean updating;    /* the target came after that: the plan `update` is used, where the spec has one */
  gboolean customized;  /* code has a say in its plans: without that they do nothing */
  gboolean overrider;   /* … in its recoveries */
  gboolean uninstaller; /* … in its uninstall: without that it waits */
  gint64 recoveries;    /* counts those that code was asked about, and their steps */
  gint64 created_ms, changed_ms;
  gint64 replaced_ms;               /* of the last pod that was replaced without an operator; 0: there was none */
  gint64 restarts;                  /* number of the last rolling restart; 0: there was none */
  char *restart_strategy;           /* "serial", …: of that one */
  char *holes;                      /* instances that an operator decommissioned: "node-1 node-3"; NULL: none */
  gint64 turn_place, turn_since_ms; /* see MuTurn; place 0: it does not ask to grow */
  char *rejected;     /* errors of the last configuration that was refused; NULL: none was since one was taken */
  gint64 rejected_ms; /* since when it is these */
  char *reader; /* mu_spec_reader of which mu_yaml_service_factory made the target of the context; NULL: it did not */
  gint64 failed_ms; /* since when the factory fails at the starts of the scheduler; 0: it does not */
} MuServiceRecord;

MuServiceRecord *mu_service_record_new(void);
void mu_service_record_free(MuServiceRecord *record);
char *mu_service_record_encode(const MuServiceRecord *record);
MuServiceRecord *mu_service_record_decode(const char *text, gsize length, GError **error);

/* ---- the footprint ledger of a pod instance ------------------------------------------------------------------------ */

/*   PLANNED ──▶ HELD ──▶ RELEASING ──▶ (entry gone)
 *      └──────────────────────▲
 * PLANNED: recorded before the RESERVE was asked for; HELD: proven by an offer or by a task that ran on it;
 * RELEASING: DESTROY and UNRESERVE are asked for when it is offered, until an offer of the agent comes without it. */
typedef enum { MU_LEDGER_PLANNED, MU_LEDGER_HELD, MU_LEDGER_RELEASING } MuLedgerState;

typedef struct {
  MuResource *resource; /* with its reservation, and volume if it is one */
  char *set;            /* id of the resource set; "" for the pod's own volumes, "executor" for its overhead */
  char *what;           /* name of the port, path of the volume; NULL for plain scalars */
  guint state;          /* MuLedgerState */
  char *agent_id,
      *hostname;  /* where it was left behind, RELEASING, when the pod went elsewhere; NULL: at the pod's place */
  gboolean asked; /* RELEASING: its UNRESERVE may have happened: an offer of the agent without it proves it gone */
  /*< private >*/
  guint block; /* bytes, see MuJsonBlockForm: the resource and its texts are a part of it */
} MuLedgerEntry;

struct MuPodRecord;
MuLedgerEntry *mu_ledger_entry_new(MuResource *take_resource, const char *set, const char *what);
MuLedgerEntry *mu_ledger_entry_copy(const MuLedgerEntry *entry);
void mu_ledger_entry_free(MuLedgerEntry *entry);
/* The pod goes elsewhere without it: RELEASING, at the place where the record has the pod now. */
void mu_ledger_entry_leave(MuLedgerEntry *entry, const struct MuPodRecord *record);
/* Asserts the edge. */
void mu_ledger_entry_move(MuLedgerEntry *entry, MuLedgerState to);

/* What becomes of the pod instance. */
typedef enum {
  MU_POD_KEEP,
  MU_POD_REPLACE, /* give everything back, then start anywhere */
  MU_POD_ERASE,   /* give everything back, then forget the instance */
} MuPodFate;

typedef struct MuPodRecord {
  char *type;
  guint index;
  MuPodFate fate;
  char *agent_id; /* NULL: nowhere yet */
  char *hostname, *region, *zone;
  MuItems attributes[1]; /* of MuEnvVar* */
  MuItems entries[1];    /* of MuLedgerEntry*, owned */
  char *role;            /* reservations are made for it */
  /*< private >*/
  guint block; /* bytes, see MuJsonBlockForm: its place is changed by mu_pod_record_set_place and _clear_place only */
} MuPodRecord;

MuPodRecord *mu_pod_record_new(const char *type, guint index);
MuPodRecord *mu_pod_record_copy(const MuPodRecord *record);
void mu_pod_record_free(MuPodRecord *record);
char *mu_pod_record_encode(const MuPodRecord *record);
MuPodRecord *mu_pod_record_decode(const char *text, gsize length, GError **error);
/* The entry for the set's kind (and, for ports and volumes, its name), or NULL. One that is RELEASING is none: another may
 * have taken its place already. Borrowed. */
MuLedgerEntry *mu_pod_record_find(const MuPodRecord *record, const char *set, MuResourceKind kind, const char *what);
MuLedgerEntry *mu_pod_record_by_id(const MuPodRecord *record, const char *resource_id);
/* The role that what the instance holds at its place is reserved for; NULL: it holds nothing there, and may have any. Borrowed. */
const char *mu_pod_record_held_role(const MuPodRecord *record);
/* The agent where the entry is; NULL: nowhere yet. */
const char *mu_pod_record_entry_agent(const MuPodRecord *record, const MuLedgerEntry *entry);
/* The instance is nowhere; what it left behind stays. */
void mu_pod_record_clear_place(MuPodRecord *record);
/* Copies the place an offer comes from into the record. */
void mu_pod_record_set_place(MuPodRecord *record, const MuOffer *offer);
/* As mu_offer_field, of the place the pod is at; NULL when nowhere. */
const char *mu_pod_record_field(const MuPodRecord *record, const char *field);

/* ---- task ---------------------------------------------------------------------------------------------------------- */

/* An operator's or a plan's wish that the present run ends; kept until its terminal status. */
typedef enum { MU_KILL_NONE, MU_KILL_WANTED } MuKillWish;

typedef struct {
  char *name;    /* hello-0-server */
  char *task_id; /* of the last launch */
  char *pod_type;
  guint pod_index;
  char *task; /* server */
  char *agent_id, *executor_id;
  char *config;      /* configuration it was launched with */
  char *fingerprint; /* of its part of that configuration */
  gint64 launched_ms;
  gint64 ended_ms;  /* of the terminal status, by the scheduler's clock; 0: not ended */
  guint failures;   /* in a row, for the backoff */
  gboolean reached; /* its goal was reached once under this fingerprint */
  char *
      anew; /* the plan that an operator had begun anew with it, and that has not brought it to its goal since; NULL: none */
  gboolean anew_begun;  /* that plan has ended the run of before, or launched this one: recovery leaves it alone */
  char *parameters;     /* of the plan that launched it, in its environment: a JSON object of strings; NULL: none */
  gint64 restarts;      /* number of the service's last rolling restart when it was launched */
  gint64 recovery;      /* … of its last recovery that code was asked about, or step of one */
  gboolean never_began; /* it is over, and nothing was heard of it before */
  gboolean paused;      /* this run is an idle one in place of the task's command */
  MuKillWish kill;
  gint64 kill_since_ms; /* since when; 0: it is not wished */
  /*< private >*/
  guint block; /* bytes, see MuJsonBlockForm: a member that points to memory is replaced by mu_task_record_set only */
} MuTaskRecord;

MuTaskRecord *mu_task_record_new(void);
MuTaskRecord *mu_task_record_copy(const MuTaskRecord *record);
void mu_task_record_free(MuTaskRecord *record);
/* A member of the record becomes the text, or NULL; takes it. */
void mu_task_record_set(MuTaskRecord *record, char **member, char *take_text);
char *mu_task_record_encode(const MuTaskRecord *record);
MuTaskRecord *mu_task_record_decode(const char *text, gsize length, GError **error);

/* Tasks of a pod instance that are paused, as JSON: names of char*, in the order given. */
char *mu_pause_record_encode(const GPtrArray *tasks);
/* A new array that owns its texts; NULL with an error. */
GPtrArray *mu_pause_record_decode(const char *text, gsize length, GError **error);

/* The status of a task, stored under the task's name: MuTaskStatus as JSON. */
char *mu_status_record_encode(const MuTaskStatus *status);
MuTaskStatus *mu_status_record_decode(const char *text, gsize length, GError **error);

/* ---- custom step --------------------------------------------------------------------------------------------------- */

typedef struct {
  guint attempts; /* how often its code was called since it was last complete, or begun anew by an operator */
  guint failures; /* in a row */
  gint64 begun_ms, ended_ms; /* of the last attempt; ended_ms: of the last one that ended */
  char *message;             /* of the last failure; NULL: none */
  char *done_for;            /* what it was completed for; NULL: it was not */
} MuStepRecord;

MuStepRecord *mu_step_record_new(void);
void mu_step_record_free(MuStepRecord *record);
char *mu_step_record_encode(const MuStepRecord *record);
MuStepRecord *mu_step_record_decode(const char *text, gsize length, GError **error);

/* ---- recovery that code was asked about ---------------------------------------------------------------------------- */

/* How far a pod step of it has come. */
typedef struct {
  char *name;
  gint64 number; /* of its beginning, among the service's recoveries; 0: it has not begun */
  gboolean done;
} MuRecoveryStep;

typedef struct {
  gint64 number; /* among the service's recoveries */
  gboolean permanent;
  gboolean declined; /* code left it to the default recovery */
  gboolean replaced; /* a step of its recovery has the instance replaced */
  gint64 since_ms;
  char **tasks;                        /* that failed; ended by NULL */
  char *agent_id, *hostname, *address; /* where it was; NULL: not known */
  GPtrArray *steps;                    /* of MuRecoveryStep*, owned */
} MuRecoveryRecord;

MuRecoveryRecord *mu_recovery_record_new(void);
void mu_recovery_record_free(MuRecoveryRecord *record);
/* The step of this name, made when absent. */
MuRecoveryStep *mu_recovery_record_step(MuRecoveryRecord *record, const char *name);
char *mu_recovery_record_encode(const MuRecoveryRecord *record);
MuRecoveryRecord *mu_recovery_record_decode(const char *text, gsize length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuRecoveryRecord, mu_recovery_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuStepRecord, mu_step_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuServiceRecord, mu_service_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuPodRecord, mu_pod_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuTaskRecord, mu_task_record_free)
#endif
