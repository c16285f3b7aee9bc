/* The border between the scheduler and the cluster, for a wire that lies between them: what the one has for the other goes
 * through it and may take its way through sockets, as long as it has arrived when the function returns or the virtual time
 * goes on. Without a wire both are in direct touch. A cluster may also run alone, for a scheduler in another process. */
#ifndef MU_SIM_WIRE_H
#define MU_SIM_WIRE_H
#include "sim.h"

typedef struct MuSimWire {
  /* The scheduler starts, or the connection is to come back; `framework_id` NULL: a new framework. */
  void (*subscribe)(const char *framework_id, gpointer user);
  void (*leave)(gpointer user);                            /* the scheduler died */
  void (*call)(const MuEngineCall *call, gpointer user);   /* the scheduler performs it */
  void (*event)(MuEngineEvent *take_event, gpointer user); /* the cluster tells; DISCONNECTED: the connection breaks */
} MuSimWire;

/* Before the scheduler starts; `wire` must live as long as the simulator. NULL: none. */
void mu_sim_set_wire(MuSim *sim, const MuSimWire *wire, gpointer user);

/* ---- the wire's other ends ------------------------------------------------------------------------------------------- */

/* At the cluster. NULL: a new framework. */
void mu_sim_cluster_subscribe(MuSim *sim, const char *framework_id);
void mu_sim_cluster_call(MuSim *sim, const MuEngineCall *call);
/* Nobody is subscribed any more. */
void mu_sim_cluster_lose_scheduler(MuSim *sim);
/* An event has arrived at the scheduler. */
void mu_sim_wire_receive(MuSim *sim, MuEngineEvent *take_event);
/* A fault has not broken the connection: who subscribes now is subscribed. */
gboolean mu_sim_is_connected(const MuSim *sim);
/* The cluster's name for the framework, or NULL before the first subscription. Borrowed. */
const char *mu_sim_framework_id(const MuSim *sim);

/* ---- a cluster alone ------------------------------------------------------------------------------------------------- */

/* Runs what is due up to the moment, without a scheduler; the virtual time is `now_ms` then. */
void mu_sim_run_cluster(MuSim *sim, gint64 now_ms);
/* When something is due; G_MAXINT64: never. */
gint64 mu_sim_cluster_next_ms(const MuSim *sim);

/* ---- as a real cluster of Mesos does ---------------------------------------------------------------------------------- */

/* Tasks are TASK_STARTING before they run and TASK_KILLING before they are killed, and an executor ends `linger_ms` after its
 * last task, with an event FAILURE: until then its resources are in no offer (shared recordings of a real master). */
void mu_sim_be_like_mesos(MuSim *sim, gint64 linger_ms);
/* The executor that the live or unacknowledged run has, the agent's id, NULL: no such run. Borrowed. */
const char *mu_sim_executor_of(const MuSim *sim, const char *task_id);
#endif
