/* The simulator: a virtual cluster, a virtual store and virtual time around the real core. Nothing waits: time jumps to the
 * next event. A run is a function of its seed and of the calls made; events due at the same moment come in the order in which
 * they were scheduled.
 *
 * The cluster follows the Mesos master's rules: agents keep reservations and volumes (agent.h), offers go out for what is
 * free and not refused, statuses come again until they are acknowledged. The store is all or nothing a batch, and keeps
 * what was committed over a crash of the scheduler. */
#ifndef MU_SIM_H
#define MU_SIM_H
#include "agent.h"
#include "event_client.h"

typedef struct MuSim MuSim;

/* What a task does once it is launched; times from the launch. */
typedef struct {
  gint64 start_ms;     /* until TASK_RUNNING */
  gint64 ready_ms;     /* until its readiness check passes; only for tasks that have one */
  gint64 end_ms;       /* until it ends by itself; 0: never */
  MuTaskState end;     /* how: MU_TASK_FINISHED, MU_TASK_FAILED, … */
  gint64 kill_ms;      /* from a kill to its end */
} MuSimScript;
extern const MuSimScript mu_sim_script_default; /* runs after 10 ms, ready after 20 ms, for ever, dies in 5 ms */

/* `factory` builds the services, with `factory_user`. The scheduler starts at the first mu_sim_run. */
MuSim *mu_sim_new(guint64 seed, MuServiceFactory factory, gpointer factory_user);
void mu_sim_free(MuSim *sim);

/* An agent with so much; `ports` as "1000-2000". */
MuAgent *mu_sim_add_agent(MuSim *sim, const char *id, gint64 cpus_milli, gint64 mem_mb, gint64 disk_mb, const char *ports);
/* Tasks of this name (hello-0-server), or of this pod type's task (server), do this from their next launch on. */
void mu_sim_script(MuSim *sim, const char *task, const MuSimScript *script);
/* At most so many services may grow at once; before the first run. */
void mu_sim_limit_footprint(MuSim *sim, guint n, gint64 turn_ms);
void mu_sim_set_uninstall_callback(MuSim *sim, MuUninstallCallback callback, gpointer user);

/* Lets so much virtual time pass. */
void mu_sim_run(MuSim *sim, gint64 ms);
/* Runs until `done` holds, at most so long; FALSE: it does not hold. */
typedef gboolean (*MuSimCondition)(MuSim *sim, gpointer user);
gboolean mu_sim_run_until(MuSim *sim, MuSimCondition done, gpointer user, gint64 ms);
gint64 mu_sim_now_ms(const MuSim *sim);

/* Gives the scheduler the command and runs until it is answered (at most a virtual minute): the body, or the error.
 * MU_ERROR_TIMED_OUT when no answer came. */
json_t *mu_sim_command(MuSim *sim, MuCommand *take_command, GError **error);
/* PUT of a service with this context; the result's word ("created", …) is checked by the caller in the body. */
json_t *mu_sim_put(MuSim *sim, const char *service, const char *context, GError **error);

/* Faults. */
void mu_sim_crash(MuSim *sim); /* the scheduler dies now and starts again from the store; what was not committed is gone */
/* … dies at the n-th commit from now: before it is durable, or after, before its actions are performed. */
void mu_sim_crash_at_commit(MuSim *sim, guint n, gboolean durable);
void mu_sim_fail_commits(MuSim *sim, guint n); /* the next n */
void mu_sim_end_task(MuSim *sim, const char *task, MuTaskState how); /* by the task's name; it must run */
void mu_sim_drop_accepts(MuSim *sim, guint n); /* the next n accepts find their offers gone */

/* Looking. The client is another one after a crash. */
MuMultiServiceEventClient *mu_sim_client(MuSim *sim);
guint mu_sim_commits(const MuSim *sim);
guint mu_sim_crashes(const MuSim *sim);
guint mu_sim_records(const MuSim *sim);        /* in the store */
guint mu_sim_running(const MuSim *sim);        /* tasks alive in the cluster */
char *mu_sim_task_id(MuSim *sim, const char *task); /* of the live run of this task name; NULL: none runs */
gboolean mu_sim_is_clean(const MuSim *sim);    /* no reservation, no volume, no live task in the cluster */
gboolean mu_sim_is_torn_down(const MuSim *sim); /* TEARDOWN came, and the store is empty */
guint mu_sim_events_after_settling(MuSim *sim, gint64 ms); /* how many events a quiet stretch of time takes */
/* The first rule that was broken ("two runs of x at once", …), or NULL. Checked at every event. */
const char *mu_sim_violation(const MuSim *sim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuSim, mu_sim_free)
#endif
