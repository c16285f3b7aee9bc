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
  gint64 start_ms; /* until TASK_RUNNING */
  gint64 ready_ms; /* until its readiness check passes; only for tasks that have one */
  gint64 end_ms;   /* until it ends by itself; 0: never */
  MuTaskState end; /* how: MU_TASK_FINISHED, MU_TASK_FAILED, … */
  gint64 kill_ms;  /* from a kill to its end */
} MuSimScript;
extern const MuSimScript mu_sim_script_default; /* runs after 10 ms, ready after 20 ms, for ever, dies in 5 ms */

/* `factory` builds the services, with `factory_user`. The scheduler starts at the first mu_sim_run. */
MuSim *mu_sim_new(guint64 seed, MuServiceFactory factory, gpointer factory_user);
void mu_sim_free(MuSim *sim);

/* An agent with so much; `ports` as "1000-2000". */
MuAgent *mu_sim_add_agent(MuSim *sim, const char *id, gint64 cpus_milli, gint64 mem_mb, gint64 disk_mb,
                          const char *ports);

typedef struct {
  const char *id;
  const char *hostname;      /* NULL: the id */
  const char *region, *zone; /* NULL: none */
  gint64 cpus_milli, mem_mb, disk_mb, gpus_milli;
  const char *ports;       /* "1000-2000,3000"; NULL: none */
  const char *attributes;  /* "rack:r1;kind:ssd"; NULL: none */
  const gint64 *mounts_mb; /* MOUNT disks of these sizes, at /disk0, /disk1, …; ends with 0; NULL: none */
  const char *profile;     /* of all these disks; NULL: none */
  const char *role;        /* all that it has is reserved for this one, by its flags; NULL: nothing is */
} MuSimAgentOptions;
MuAgent *mu_sim_add_agent_with(MuSim *sim, const MuSimAgentOptions *options);
guint mu_sim_agents(const MuSim *sim);                  /* how many were added */
const char *mu_sim_agent_id(const MuSim *sim, guint i); /* in the order of adding */

/* Tasks of this name (hello-0-server), or of this pod type's task (server), do this from their next launch on. */
void mu_sim_script(MuSim *sim, const char *task, const MuSimScript *script);
/* At most so many services may grow at once; before the first run. */
void mu_sim_limit_footprint(MuSim *sim, guint n, gint64 turn_ms);
/* Each service may have so many bytes in the store, from now on. */
void mu_sim_limit_stored(MuSim *sim, gsize bytes);
/* From the scheduler's next start on: mu_multi_service_event_client_set_services. */
void mu_sim_set_services(MuSim *sim, MuServicesMode mode, const char *const *names);
/* … the role that it reserves for; NULL: the default, "sim-role". */
void mu_sim_set_role(MuSim *sim, const char *role);
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
/* Gives the scheduler the command; its own reply function is called with the answer, or never when the scheduler dies. */
void mu_sim_post(MuSim *sim, MuCommand *take_command);
/* PUT of a service with this context; the result's word ("created", …) is checked by the caller in the body. */
json_t *mu_sim_put(MuSim *sim, const char *service, const char *context, GError **error);

/* Code of the test's own, so much later, whatever becomes of the scheduler meanwhile: custom steps that report later use it. */
typedef void (*MuSimCode)(MuSim *sim, gpointer user);
void mu_sim_later(MuSim *sim, gint64 ms, MuSimCode code, gpointer user);

/* ---- faults: agents (FALSE: there is no such agent, or it is not in a state for that) -------------------------------- */

/* The agent is lost: its offers are rescinded, its tasks are TASK_UNREACHABLE to the master while they run on, unseen. For
 * good: an operator marked it gone, its tasks are ended and TASK_GONE_BY_OPERATOR, and it never returns. */
gboolean mu_sim_lose_agent(MuSim *sim, const char *agent_id, gboolean for_good);
/* It is reachable again: tasks that run still show their present status (they are partition-aware). */
gboolean mu_sim_return_agent(MuSim *sim, const char *agent_id);
/* Its tasks are gone (TASK_GONE), its reservations and volumes are there. */
gboolean mu_sim_reboot_agent(MuSim *sim, const char *agent_id);
/* Its n-th MOUNT disk is gone, with what was on it; the machine went down for that, and its tasks with it. */
gboolean mu_sim_lose_disk(MuSim *sim, const char *agent_id, guint n);
/* Its offer, when one is out, is taken back: an accept that is under way finds it gone. NULL: those of all agents. */
void mu_sim_rescind(MuSim *sim, const char *agent_id);
gboolean mu_sim_agent_is_up(const MuSim *sim, const char *agent_id);

/* ---- faults: tasks --------------------------------------------------------------------------------------------------- */

/* A task is named hello-0-server, or with its service svc/hello-0-server. FALSE: no such task runs. */
gboolean mu_sim_end_task_if(MuSim *sim, const char *name, MuTaskState how);
void mu_sim_end_task(MuSim *sim, const char *task, MuTaskState how); /* … it must run */
/* The executor of the pod instance (hello-0, or svc/hello-0) dies, and its tasks with it: TASK_FAILED. */
gboolean mu_sim_end_executor(MuSim *sim, const char *pod);

/* ---- faults: the engine ---------------------------------------------------------------------------------------------- */

void mu_sim_disconnect(MuSim *sim);            /* calls made from now on are lost, events on their way too */
void mu_sim_reconnect(MuSim *sim);             /* subscribes again with the framework's id */
void mu_sim_drop_accepts(MuSim *sim, guint n); /* the next n accepts find their offers gone */
/* The next n launches are refused (TASK_ERROR) while the accept's other operations are done. */
void mu_sim_refuse_launches(MuSim *sim, guint n);

typedef enum {
  MU_SIM_STATUS_LOSE,    /* never arrives; the executor sends it again until it is acknowledged */
  MU_SIM_STATUS_DELAY,   /* arrives half a minute late */
  MU_SIM_STATUS_DOUBLE,  /* arrives twice */
  MU_SIM_STATUS_REORDER, /* arrives after the ones that follow within 100 ms */
  MU_SIM_STATUS_FAULTS,
} MuSimStatusFault;
void mu_sim_fault_statuses(MuSim *sim, MuSimStatusFault fault, guint n); /* the next n */

/* ---- faults: the store ----------------------------------------------------------------------------------------------- */

typedef enum {
  MU_SIM_STORE_ERROR,     /* the commit fails, nothing is stored */
  MU_SIM_STORE_FULL,      /* likewise, with another message */
  MU_SIM_STORE_SLOW,      /* the commit takes five seconds */
  MU_SIM_STORE_UNCERTAIN, /* the commit is stored, but its answer is an error: the connection broke */
  MU_SIM_STORE_FAULTS,
} MuSimStoreFault;
void mu_sim_fault_store(MuSim *sim, MuSimStoreFault fault, guint n); /* the next n commits */
void mu_sim_lose_store(MuSim *sim, gint64 ms);                       /* all commits fail for so long */
void mu_sim_fail_commits(MuSim *sim, guint n);                       /* MU_SIM_STORE_FULL */

/* ---- faults: the scheduler ------------------------------------------------------------------------------------------- */

typedef enum {
  MU_SIM_CRASH_BEFORE,  /* before the commit is durable: nothing of it is */
  MU_SIM_CRASH_BETWEEN, /* it is durable, none of its actions is performed */
  MU_SIM_CRASH_HALFWAY, /* … half of its actions are performed */
  MU_SIM_CRASH_AFTER,   /* … all of them are */
  MU_SIM_CRASH_MOMENTS,
} MuSimCrashMoment;
void mu_sim_crash(
    MuSim *sim); /* the scheduler dies now and starts again from the store; what was not committed is gone */
/* … dies at the n-th commit from now (n >= 1). */
void mu_sim_crash_at(MuSim *sim, guint n, MuSimCrashMoment moment);
void mu_sim_crash_at_commit(MuSim *sim, guint n, gboolean durable); /* BETWEEN or BEFORE */
/* Ends all faults that are still to come; agents that are lost and the engine's connection come back. */
void mu_sim_heal(MuSim *sim);

/* ---- looking --------------------------------------------------------------------------------------------------------- */

/* The client is another one after a crash. */
MuMultiServiceEventClient *mu_sim_client(MuSim *sim);
guint mu_sim_commits(const MuSim *sim);
guint mu_sim_crashes(const MuSim *sim);
guint mu_sim_records(const MuSim *sim);                    /* in the store */
guint mu_sim_running(const MuSim *sim);                    /* tasks alive in the cluster */
char *mu_sim_task_id(MuSim *sim, const char *name);        /* of the live run of this task name; NULL: none runs */
gboolean mu_sim_is_clean(const MuSim *sim);                /* no reservation, no volume, no live task in the cluster */
gboolean mu_sim_is_torn_down(const MuSim *sim);            /* TEARDOWN came, and the store is empty */
guint mu_sim_events_after_settling(MuSim *sim, gint64 ms); /* how many events a quiet stretch of time takes */
guint64 mu_sim_happenings(
    const MuSim *sim); /* items of the timetable that were run, and calls: what docs/simulator.md counts as events */

/* ---- the checkers (docs/simulator.md) -------------------------------------------------------------------------------- */

/* The first rule that was broken ("single: two runs of x at once", …), or NULL. Checked at every event. */
const char *mu_sim_violation(const MuSim *sim);
/* The checkers of statuses and of memory look at what a commit touched, at every commit. At every n-th they look at everything;
 * 0 (the default): never. */
void mu_sim_check_every(MuSim *sim, guint n);
/* All services with a plan that is not where it should be, "a: deploy is DELAYED; b: …"; NULL: all have reached their target. */
char *mu_sim_unfinished(MuSim *sim);
/* Runs until every service has reached its target, or is gone when it is to go, while an operator does what only an operator
 * can: at most two virtual hours, and what is left then becomes a violation. */
void mu_sim_reach_targets(MuSim *sim, const char *when);
/* All that the checkers can compare, when nothing is in flight. */
void mu_sim_check_everything(MuSim *sim);
/* To be called when all services are gone: what is left over becomes a violation. */
void mu_sim_check_nothing_left(MuSim *sim);

/* ---- trace (docs/simulator.md explains the columns) ------------------------------------------------------------------ */

typedef void (*MuSimTraceFunc)(const char *line, gpointer user);
void mu_sim_set_trace(MuSim *sim, MuSimTraceFunc trace, gpointer user); /* NULL: none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuSim, mu_sim_free)
#endif
