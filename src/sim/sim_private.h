/* Shared by the files of this folder only. */
#ifndef MU_SIM_PRIVATE_H
#define MU_SIM_PRIVATE_H
#include "pipeline.h"
#include "records.h"
#include "sim.h"
#include "sim_wire.h"

/* ---- the timetable -------------------------------------------------------------------------------------------------- */

typedef void (*MuSimAction)(MuSim *sim, gpointer data);

typedef struct {
  gint64 at_ms;
  guint64 sequence;
  guint life; /* of the scheduler; 0: of the cluster, whatever becomes of the scheduler */
  MuSimAction action;
  gpointer data;
  GDestroyNotify free;
} MuSimItem;

/* ---- the cluster ------------------------------------------------------------------------------------------------------ */

typedef enum { MU_SIM_AGENT_UP, MU_SIM_AGENT_UNREACHABLE, MU_SIM_AGENT_GONE } MuSimAgentState;

/* A role has refused what an agent had. */
typedef struct {
  char *role;
  gint64 until_ms;
  guint64 at;      /* agent's `changes` */
  MuResources *of; /* with several roles: what was refused, others are offered more; NULL: whatever there is */
} MuSimRefusal;

typedef struct {
  MuAgent *agent;
  char *id;
  guint index;
  MuSimAgentOptions options; /* id, hostname, region, zone and attributes are `texts`'s */
  GPtrArray *texts;
  guint lost_disks; /* bit n: /diskn */
  MuSimAgentState state;
  guint64 changes;     /* of its free resources: a refusal holds for what was offered then */
  GPtrArray *refusals; /* of MuSimRefusal*; see sim_refusal.c */
  GPtrArray *offers;   /* of char*, owned: ids of those that are out; several at once only when detailed */
  gboolean queued;     /* in sim->to_offer */
  gint64 wake_ms;      /* when an item of the timetable looks at it because its refusal may end; 0: none will */
} MuSimAgent;

typedef struct {
  char *id, *name, *key; /* key: service/name */
  char *executor_id, *service, *pod;
  MuSimAgent *agent;
  MuTaskStatus *status; /* the last one */
  gboolean unacknowledged;
  gboolean has_check, dying;
  guint64 group;           /* of the tasks that were launched together */
  gboolean cut_off;        /* its agent was lost while it ran: the scheduler cannot know of it */
  GPtrArray *resource_ids; /* of char*: of the reservations it runs on */
  MuSimScript script;
} MuSimTask;

/* ---- the store -------------------------------------------------------------------------------------------------------- */

typedef struct {
  MuRecordKind kind;
  char *service, *key, *value;
  gsize length;
  gpointer decoded; /* of the kinds POD, TASK and STATUS, when it was asked for */
  guint hash;       /* of kind, service and key */
} MuSimRecord;

/* Virtual time begins here, so that no moment is 0. */
#define MU_SIM_START_MS 1000000

struct MuSim {
  gint64 now_ms;
  guint64 sequence, steps,
      calls;            /* steps: items of the timetable that were run; calls: of the scheduler, that were performed */
  GPtrArray *timetable; /* a heap of MuSimItem* */
  GPtrArray *answers;   /* to mu_sim_command; see sim.c */
  MuRandom random;
  /* the scheduler */
  MuMultiServiceEventClient *client;
  MuPipeline *pipeline;
  MuServiceFactory factory;
  gpointer factory_user;
  MuUninstallCallback callback;
  gpointer callback_user;
  MuServicesMode mode;
  char **mode_services;
  guint footprint_limit;
  gsize stored_limit; /* 0: the default */
  gint64 turn_ms;
  guint life; /* counts its starts */
  guint64 seed;
  gboolean drain_scheduled, wake_scheduled;
  gint64 wake_ms;
  /* the store */
  GHashTable *records; /* set of MuSimRecord, by kind, service and key */
  guint commits, store_faults[MU_SIM_STORE_FAULTS], crash_in;
  gint64 store_lost_until_ms;
  MuSimCrashMoment crash_moment;
  gboolean crash_now, muted; /* muted: the scheduler is dead in the middle of performing */
  guint crashes;
  /* the cluster */
  GPtrArray *agents;        /* of MuSimAgent* */
  GHashTable *agents_by_id; /* id to MuSimAgent */
  GHashTable *offers;       /* id of an offer that is out to MuSimAgent */
  GHashTable *offer_roles;  /* id of it to its role, owned */
  GPtrArray *roles;         /* of char*: the framework's; empty: it has "*" */
  char *scheduler_role;     /* its --role; NULL: the default */
  GQueue to_offer;          /* of MuSimAgent*: an offer may be due */
  gboolean offering;        /* an item of the timetable makes offers */
  GHashTable *tasks;        /* id to MuSimTask */
  GHashTable *live;         /* key to MuSimTask: the last run of it that was launched and lives */
  GHashTable *executors;    /* id to how many of its tasks live */
  GHashTable *lingering;    /* set of the ids of executors that have no task any more and have not ended yet */
  GHashTable *scripts;      /* task name to MuSimScript* */
  guint n_live;
  char *framework_id;
  gboolean subscribed, suppressed, torn_down, down; /* down: disconnected by a fault */
  guint connection;                                 /* counts subscriptions and their ends */
  guint drop_accepts, refuse_launches, status_faults[MU_SIM_STATUS_FAULTS];
  guint64 events;
  gint64 linger_ms;  /* of an executor after its last task; 0: it ends with it */
  guint64 groups;    /* counts launches of groups of tasks */
  gboolean detailed; /* tasks tell of TASK_STARTING and TASK_KILLING */
  const struct MuSimWire *wire;
  gpointer wire_user;
  char *violation;
  struct MuSimChecks *checks;
  GString *transcript; /* NULL: none is made; see sim_transcript.h */
  gint64 waited_ms;    /* that its next line begins with */
  MuSimTraceFunc trace;
  gpointer trace_user;
};

void mu_sim_schedule(MuSim *sim, gint64 delay_ms, gboolean of_scheduler, MuSimAction action, gpointer data,
                     GDestroyNotify free);
/* Gives the scheduler an event, in its turn. */
void mu_sim_deliver(MuSim *sim, MuEngineEvent *take_event);
void mu_sim_deliver_late(MuSim *sim, MuEngineEvent *take_event, gint64 ms);
/* Sees to it that the scheduler is woken when something of its own is due. */
void mu_sim_rearm(MuSim *sim);
/* Of every start of the scheduler. */
MuClientSettings mu_sim_settings(const MuSim *sim);
void mu_sim_violate(MuSim *sim, char *take_message);

/* sim_wire.c: to the cluster, through the wire when there is one. */
void mu_sim_wire_out(MuSim *sim, const MuEngineCall *call);
void mu_sim_wire_connect(MuSim *sim);
void mu_sim_wire_disconnect(MuSim *sim);
/* sim_cluster.c */
void mu_sim_cluster_init(MuSim *sim);
void mu_sim_cluster_clear(MuSim *sim);
/* An offer of the agent may be due. */
void mu_sim_offer_soon(MuSim *sim, MuSimAgent *agent);
/* The offers that are out come to their end. */
void mu_sim_end_offers(MuSim *sim, MuSimAgent *agent);
/* sim_refusal.c */
void mu_sim_refusal_free(gpointer refusal);
/* The role has refused whatever the agent has. */
gboolean mu_sim_refuses_all(const MuSim *sim, const MuSimAgent *agent, const char *role);
/* The offer's role has refused that, or more. */
gboolean mu_sim_refuses(const MuSim *sim, const MuSimAgent *agent, const MuOffer *offer);
/* Takes `take_of`; NULL: whatever there is. */
void mu_sim_refuse(MuSim *sim, MuSimAgent *agent, const char *role, MuResources *take_of, gint64 refuse_ms);
void mu_sim_forget_refusals(MuSimAgent *agent);
/* sim_agent.c */
MuSimAgent *mu_sim_find_agent(MuSim *sim, const char *agent_id); /* NULL: none */
void mu_sim_agent_free(MuSimAgent *agent);
gboolean mu_sim_agent_lost_disk(const MuSimAgent *agent, const char *mount_root);
/* sim_task.c */
void mu_sim_launch(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *pod, const MuTaskLaunch *launch);
void mu_sim_kill(MuSim *sim, const char *task_id, const char *agent_id);
/* sim_status.c */
/* A new status, which has to be acknowledged; it is not sent yet. */
void mu_sim_set_state(MuSim *sim, MuSimTask *task, MuTaskState state);
void mu_sim_acknowledge(MuSim *sim, const char *task_id, const char *uuid);
void mu_sim_send_status(MuSim *sim, MuSimTask *task);
void mu_sim_resend(MuSim *sim);
/* The answer to a reconciliation. */
void mu_sim_tell_latest(MuSim *sim, MuSimTask *task);
/* What the master says by itself; agent_id and message may be NULL. */
void mu_sim_answer_for(MuSim *sim, const char *task_id, const char *agent_id, MuTaskState state, const char *reason,
                       const char *message);
/* What the master says about a task it has no record of. */
void mu_sim_answer_unknown(MuSim *sim, const char *task_id, const char *agent_id);
/* sim_task.c */
void mu_sim_task_free(MuSimTask *task);
gboolean mu_sim_task_lives(const MuSimTask *task);
void mu_sim_finish_task(MuSim *sim, MuSimTask *task, MuTaskState how, const char *reason);
/* The live tasks of the agent, by id; the caller unrefs. */
GPtrArray *mu_sim_tasks_on(MuSim *sim, const MuSimAgent *agent);
/* sim_store.c */
void mu_sim_store_init(MuSim *sim);
void mu_sim_store_clear(MuSim *sim);
void mu_sim_store_commit(MuSim *sim, MuBatch *batch);
void mu_sim_store_load(MuSim *sim, MuMultiServiceEventClient *client);
MuSimRecord *mu_sim_store_find(MuSim *sim, MuRecordKind kind, const char *service, const char *key);
/* Decoded once; NULL: not of that kind. Borrowed. */
const MuPodRecord *mu_sim_record_pod(MuSimRecord *record);
const MuTaskRecord *mu_sim_record_task(MuSimRecord *record);
const MuTaskStatus *mu_sim_record_status(MuSimRecord *record);
/* The kind, service and key of the records, as "kind/service/key", sorted; the caller unrefs. */
GPtrArray *mu_sim_store_keys(MuSim *sim);
#endif
