/* Shared by the files of this folder only. */
#ifndef MU_SIM_PRIVATE_H
#define MU_SIM_PRIVATE_H
#include "pipeline.h"
#include "sim.h"

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

typedef struct {
  MuAgent *agent;
  gint64 refused_until_ms;
  guint64 changes, refused_at; /* of its free resources: a refusal holds for what was offered then */
  char *offer;                 /* id of the one that is out, or NULL */
} MuSimAgent;

typedef struct {
  char *id, *name, *agent_id, *executor_id, *service;
  MuTaskStatus *status;   /* the last one */
  gboolean unacknowledged;
  gboolean has_check, dying;
  MuSimScript script;
} MuSimTask;

struct MuSim {
  gint64 now_ms;
  guint64 sequence;
  GSequence *timetable; /* of MuSimItem* */
  MuRandom random;
  /* the scheduler */
  MuMultiServiceEventClient *client;
  MuPipeline *pipeline;
  MuServiceFactory factory;
  gpointer factory_user;
  MuUninstallCallback callback;
  gpointer callback_user;
  guint footprint_limit;
  gint64 turn_ms;
  guint life; /* counts its starts */
  guint64 seed;
  gboolean drain_scheduled, wake_scheduled;
  gint64 wake_ms;
  /* the store */
  GHashTable *records; /* "kind/service/key" to MuSimRecord */
  guint commits, fail_commits, crash_in;
  gboolean crash_durable, crash_now;
  guint crashes;
  /* the cluster */
  GPtrArray *agents;  /* of MuSimAgent* */
  GHashTable *tasks;  /* id to MuSimTask */
  GHashTable *scripts; /* task name to MuSimScript* */
  char *framework_id;
  gboolean subscribed, suppressed, torn_down;
  guint drop_accepts;
  guint64 events;
  char *violation;
};

void mu_sim_schedule(MuSim *sim, gint64 delay_ms, gboolean of_scheduler, MuSimAction action, gpointer data,
                     GDestroyNotify free);
/* Gives the scheduler an event, in its turn. */
void mu_sim_deliver(MuSim *sim, MuEngineEvent *take_event);
/* Sees to it that the scheduler is woken when something of its own is due. */
void mu_sim_rearm(MuSim *sim);
void mu_sim_violate(MuSim *sim, char *take_message);

/* cluster.c */
void mu_sim_cluster_init(MuSim *sim);
void mu_sim_cluster_clear(MuSim *sim);
void mu_sim_cluster_subscribe(MuSim *sim, const char *framework_id);
void mu_sim_cluster_call(MuSim *sim, const MuEngineCall *call);
void mu_sim_cluster_lose_scheduler(MuSim *sim);
/* task.c */
void mu_sim_launch(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *pod, const MuTaskLaunch *launch);
void mu_sim_kill(MuSim *sim, const char *task_id);
void mu_sim_acknowledge(MuSim *sim, const char *task_id, const char *uuid);
void mu_sim_send_status(MuSim *sim, MuSimTask *task);
void mu_sim_resend(MuSim *sim);
void mu_sim_answer_for(MuSim *sim, const char *task_id, MuTaskState state, const char *reason);
void mu_sim_task_free(MuSimTask *task);
MuSimAgent *mu_sim_find_agent(MuSim *sim, const char *agent_id);
void mu_sim_offer_soon(MuSim *sim);
/* store.c */
void mu_sim_store_init(MuSim *sim);
void mu_sim_store_clear(MuSim *sim);
void mu_sim_store_commit(MuSim *sim, MuBatch *batch);
void mu_sim_store_load(MuSim *sim, MuMultiServiceEventClient *client);
#endif
