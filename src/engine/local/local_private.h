/* The inside of the local engine, shared by its modules: the engine, its agents, executors and tasks. One thread, the one
 * of the GMainContext that was current at mu_local_engine_new(), touches all of it; deletions alone are done by a worker.
 *
 *   <state_dir>/lock                      flock: one engine per folder
 *   <state_dir>/journal                   reservations and volumes (local_journal.h)
 *   <state_dir>/executors/<executor id>/  launch-<n>.json, log, control.sock (executor.h)
 *   <state_dir>/runs/<task id>/           the sandbox of a run (exec_sandbox.h)
 *   <state_dir>/run-volumes/<task id>     which volumes it has
 *   <state_dir>/executor-errors.log       what executors print: nothing, unless one is broken
 *   <state_dir>/volumes/<persistence id>/ what CREATE made
 *   <state_dir>/trash/                    being deleted
 *   <state_dir>/cache/<uid>/              what muster-fetch keeps (fetch_cache.h)
 *   <mount>/muster-<key>/<persistence id>/ what CREATE made on a MOUNT disk; `key` is made of the state folder's path */
#ifndef MU_LOCAL_PRIVATE_H
#define MU_LOCAL_PRIVATE_H
#include "agent.h"
#include "cgroup_probe.h"
#include "executor_line.h"
#include "ids.h"
#include "local_engine.h"
#include "local_journal.h"
#include "local_trash.h"
#include <muster/spec.h>

#define MU_LOCAL_LOG_MAX_BYTES (10 * 1024 * 1024)
#define MU_LOCAL_KEEP_SANDBOXES 5

typedef struct MuLocal MuLocal;

typedef struct {
  MuAgent *model;
  gint64 filtered_until_ms; /* monotonic; not offered before; 0: no filter */
  gboolean has_news;        /* something may be offered that was not */
} MuLocalAgent;

typedef struct MuLocalExecutor MuLocalExecutor;

typedef struct {
  MuLocalExecutor *executor;
  char *id, *name;
  MuTaskStatus *last;
  GPtrArray *unacked; /* of char*, uuids given to the sink and not acknowledged */
  GPtrArray *acked;   /* of char*, the last ones acknowledged: an executor that died may not have taken note */
  gboolean given;     /* its launch file was given to an executor process */
  gboolean ended;     /* its terminal status has come: its resources are free */
} MuLocalTask;

/* A launch on its way to its executor. */
typedef struct {
  MuLocalExecutor *executor;
  char *file;       /* content of the launch file */
  GPtrArray *tasks; /* of MuLocalTask* */
  gboolean ready;   /* durable: may be given */
} MuLocalLaunch;

typedef enum {
  MU_LOCAL_EXECUTOR_ABSENT,  /* no folder, no process */
  MU_LOCAL_EXECUTOR_CALLING, /* alive; its line is not connected yet */
  MU_LOCAL_EXECUTOR_LIVE,
  MU_LOCAL_EXECUTOR_CLOSING, /* told to shut down */
  MU_LOCAL_EXECUTOR_DYING,   /* its line broke; its lock is awaited */
} MuLocalExecutorState;

struct MuLocalExecutor {
  MuLocal *local;
  MuLocalAgent *agent;
  char *id, *service;
  guint state;           /* MuLocalExecutorState */
  GPtrArray *tasks;      /* of MuLocalTask*, owned */
  GQueue launches;       /* of MuLocalLaunch*: not yet given to it */
  GPtrArray *outbox;     /* of json_t*: messages for when it is connected */
  MuLocalLine *line;     /* NULL: not connected */
  int lock_fd;           /* its folder, locked by us; -1: not */
  guint files;           /* launch files in its folder */
  pid_t child;           /* 0: not our child */
  pid_t pid;             /* of an executor of an earlier run, by its log; 0: unknown */
  guint64 start;         /* its start time */
  guint attempts;        /* to connect, lock, or recover, since the last success */
  gint64 retry_ms;       /* monotonic; when to try again; 0: not waiting */
  gboolean told_failure; /* its death has been reported */
  gboolean recovers;     /* started with --recover, and has not said hello */
  gboolean greeted;      /* it has told what this engine did not know of it: statuses not acknowledged */
};

typedef struct {
  gint uid, gid;  /* uid -1: there is no such user */
  GArray *groups; /* of gid_t */
} MuLocalUser;

typedef void (*MuLocalActionFunc)(MuLocal *local, gpointer data);

struct MuLocal {
  MuEngine engine;
  char *state_dir, *executor_path, *bootstrap_path, *fetch_path, *secrets_path, *secrets_dir, *hostname;
  char *podman_path; /* NULL: there is none */
  char *seccomp_dir, *seccomp_default;
  char *executors_dir, *runs_dir, *run_volumes_dir, *volumes_dir;
  GPtrArray *mounts; /* of char*: roots of the MOUNT disks, present ones and those that a volume is on */
  char *key;         /* tells what is ours from what is another engine's, where both may have something */
  guint keep_sandboxes, n_agents;
  gint64 log_max_bytes, nofile_soft, disk_watch_ms;
  int lock_fd;
  GMainContext *context;
  GPtrArray *warnings; /* of char* */
  MuRandom random;
  MuCgroupProbe cgroups;
  GHashTable *users; /* name to MuLocalUser */
  gboolean warned_user;
  gboolean isolates_pids, isolates_ipc; /* tasks get namespaces of their own as their spec says */
  GArray *lacks;                        /* of MuKeyValue, zero-terminated: see the engine's `lacks` */

  GPtrArray *agents;  /* of MuLocalAgent* */
  GHashTable *offers; /* offer id to MuLocalAgent* */
  gboolean suppressed;
  guint64 last_offer;
  GSource *offer_source, *filter_source;

  MuLocalJournal *journal;
  GArray *actions; /* what flush does once the journal is durable */
  GSource *flush_retry;
  MuLocalTrash *trash;

  GHashTable *executors; /* id to MuLocalExecutor* */
  GHashTable *waiting;   /* set of MuLocalExecutor* with a retry_ms */
  GHashTable *tasks;     /* id to MuLocalTask*, borrowed from their executor */
  GHashTable *runs;      /* "service\ntask name" to GPtrArray of finished task ids, oldest first */
  MuLocalLines *lines;
  GArray *zombies; /* of pid_t: our children whose line broke */
  GSource *retry_source;
  gint64 retry_source_ms; /* when it fires */

  MuEngineSink sink;
  gpointer sink_user;
  GQueue events;
  GSource *event_source;
  gboolean started, stopped, torn_down;
};

/* Adds a warning for the operator. */
void mu_local_warn(MuLocal *local, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Runs `func` once from the main loop after `delay_ms`; the source, which the caller destroys and unrefs. */
GSource *mu_local_call_later(MuLocal *local, gint64 delay_ms, GSourceFunc func, gpointer user);
void mu_local_cancel(GSource **source);
/* `name` may be the name of a file in one of our folders. */
gboolean mu_local_name_is_safe(const char *name);
MuLocalAgent *mu_local_agent(const MuLocal *local, const char *agent_id); /* NULL: none */
MuLocalAgent *mu_local_agent_add(MuLocal *local, const char *agent_id, MuResources *take_total);
gboolean mu_local_folder_is_empty(const char *path); /* or absent */

/* ---- local_events.c ---- */
void mu_local_emit(MuLocal *local, MuEngineEvent *take_event);
void mu_local_emit_status(MuLocal *local, MuTaskStatus *take_status);
/* Does at the next flush, in order, once all reservations so far are durable. `free_func` frees data. */
void mu_local_act(MuLocal *local, MuLocalActionFunc func, gpointer data, GDestroyNotify free_func);

void mu_local_actions_init(MuLocal *local);
void mu_local_actions_clear(MuLocal *local);
void mu_local_flush(MuEngine *engine);

/* ---- local_offers.c ---- */
/* The agent has more to offer: its filter is over. */
void mu_local_offers_grew(MuLocal *local, MuLocalAgent *agent);
void mu_local_offers_revive(MuLocal *local);
/* Ends the offer and filters what the agent has for `refuse_ms`; the agent, or NULL when there is no such offer. */
MuLocalAgent *mu_local_offers_end(MuLocal *local, const char *offer_id, gint64 refuse_ms);
void mu_local_offers_stop(MuLocal *local);

/* ---- local_executors.c ---- */
/* Makes the tasks of the launch known, as staging; the executor is made when it is not there. Nothing is started before
 * mu_local_executor_launch; the result is borrowed until then. */
MuLocalLaunch *mu_local_executor_add(MuLocal *local, MuLocalAgent *agent, const MuPodLaunch *launch,
                                     char *take_launch_file);
/* Gives the launch to the executor, starting it when it does not run. */
void mu_local_executor_launch(MuLocalLaunch *launch);
/* A task in STAGING; the executor has it from then on. */
MuLocalTask *mu_local_task_new(MuLocalExecutor *executor, const char *task_id, const char *name);
extern const MuLocalLineFuncs mu_local_executor_line_funcs;
void mu_local_executor_kill(MuLocalTask *task, gint64 grace_ms);
void mu_local_executor_ack(MuLocalTask *task, const char *uuid);
/* The acknowledgement again, of a status that is given again. */
void mu_local_executor_ack_again(MuLocalTask *task, const char *uuid);
void mu_local_executor_shutdown(MuLocalExecutor *executor);
/* It is connected, and reads. */
gboolean mu_local_executor_answers(const MuLocalExecutor *executor);
/* A message that brings a descriptor, which stays the caller's; FALSE: it was not sent, and is not kept for later. */
gboolean mu_local_executor_exec(MuLocalExecutor *executor, const json_t *message, int fd);
/* Finds the executors in the state folder (new), and takes up with them (start). */
gboolean mu_local_executors_scan(MuLocal *local, GError **error);
void mu_local_executors_adopt(MuLocal *local);
void mu_local_executors_stop(MuLocal *local);
void mu_local_executor_free(gpointer data); /* a MuLocalExecutor */

/* ---- local_status.c ---- */
/* A message of an executor; TRUE: its hello. */
gboolean mu_local_executor_said(MuLocalExecutor *executor, const json_t *message);
/* A MuTaskStatus of a status record, NULL when it is none. */
MuTaskStatus *mu_local_status_from_record(const MuLocalExecutor *executor, const json_t *record);
/* The task is over: gives its resources back, and tells what its status was. */
void mu_local_task_ended(MuLocalTask *task);

/* ---- local_executor_dir.c ---- */
/* Reads the folder of an executor of an earlier run into a new MuLocalExecutor with its tasks and uses its resources. NULL
 * when it cannot be understood, with an error. */
MuLocalExecutor *mu_local_executor_load(MuLocal *local, const char *id, GError **error);
char *mu_local_executor_path(const MuLocalExecutor *executor, const char *name);
/* flock on the folder: TRUE when nobody holds it; then lock_fd is set. */
gboolean mu_local_executor_lock(MuLocalExecutor *executor);
gboolean mu_local_executor_write(MuLocalExecutor *executor, const char *launch_file, GError **error);
/* Starts the program in the locked folder and connects its line. */
gboolean mu_local_executor_spawn(MuLocalExecutor *executor, gboolean recover, GError **error);
gboolean mu_local_executor_connect(MuLocalExecutor *executor);
void mu_local_executor_remove_dir(MuLocalExecutor *executor);

/* ---- local_launch_file.c ---- */
/* The launch file of a pod (exec_launch.h), or NULL with MU_ERROR_REFUSED: no such user, a name that is no file name. */
char *mu_local_launch_file(MuLocal *local, const MuLocalAgent *agent, const MuPodLaunch *launch, GError **error);
void mu_local_user_free(gpointer user); /* a MuLocalUser */

/* ---- local_provide.c ---- */
/* The part of the launch file that says what the pod is provided with: files to fetch, secrets. */
void mu_local_provide(const MuLocal *local, const MuAgent *agent, const MuPodLaunch *launch, json_t *file);
/* … of a task: keys and certificates. */
void mu_local_provide_task(const MuTaskLaunch *task, json_t *json);

/* ---- local_machine_probe.c ---- */
/* Finds out what tasks can be given. MU_ERROR_REFUSED: pid namespaces are wanted and not to be had. */
gboolean mu_local_probe_machine(MuLocal *local, MuLocalSwitch pid_namespaces, GError **error);
const MuKeyValue *mu_local_lacks(MuEngine *engine);
void mu_local_lack_clear(gpointer data);

/* ---- local_calls.c ---- */
void mu_local_perform(MuEngine *engine, const MuEngineCall *call);

/* ---- local_exec.c ---- */
gboolean mu_local_exec(MuEngine *engine, const MuTaskPlace *task, const MuExecRequest *request, int fd, GError **error);

/* ---- local_state.c ---- */
/* Replays the journal onto the agents, makes missing volumes, removes volumes that no reservation has. */
gboolean mu_local_state_restore(MuLocal *local, GError **error);
/* The volumes it names can be folders. */
gboolean mu_local_state_check(const MuOperation *operation, GError **error);
/* Notes an operation that was applied. */
void mu_local_state_note(MuLocal *local, const MuLocalAgent *agent, const MuOperation *operation);
/* Makes what was noted durable. */
gboolean mu_local_state_commit(MuLocal *local, GError **error);

/* ---- local_volumes.c ---- */
/* Where the volume's data is; the caller frees. */
char *mu_local_volume_path(const MuLocal *local, const MuResource *volume);
/* Does what CREATE and DESTROY of a volume do to the disk, at the next flush. */
void mu_local_volume_create(MuLocal *local, const MuResource *volume);
void mu_local_volume_destroy(MuLocal *local, const MuResource *volume);
/* After a restart: makes what is missing on the root disk, names what is missing elsewhere, and removes what no reservation
 * has. `journal_is_new`: there is no journal that could tell. */
gboolean mu_local_volumes_restore(MuLocal *local, gboolean journal_is_new, GError **error);
/* Removes our folders on MOUNT disks. */
gboolean mu_local_volumes_remove_all(MuLocal *local, GError **error);

/* ---- local_runs.c ---- */
gboolean mu_local_runs_scan(MuLocal *local, GError **error);
/* A run has ended: the oldest beyond keep_sandboxes of its task are deleted. */
void mu_local_runs_ended(MuLocal *local, const char *task_id);
char *mu_local_runs_path(MuEngine *engine, const char *agent_id, const char *task_id, const char *path, GError **error);
#endif
