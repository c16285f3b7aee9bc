/* One task: from its sandbox to its terminal status.
 *
 *   PREPARING ──▶ STEPPING ──▶ RUNNING ──▶ STOPPING
 *       │             │           │            │
 *       │             └───────────┴────────────┴──▶ SWEEPING ──▶ ENDED
 *       └───────────────────────────────────────────────────────▶ ENDED
 *
 * STEPPING: the programs of exec_prepare.h run, one after the other (skipped when there is none). STOPPING: SIGTERM was sent, the grace period runs.
 * SWEEPING: every process of the tree is being SIGKILLed; the terminal status is sent when none is left, so that whoever
 * is told finds ports and memory free. */
#ifndef MU_EXEC_TASK_H
#define MU_EXEC_TASK_H
#include "exec_cgroup.h"
#include "exec_check.h"
#include "exec_log_file.h"
#include "exec_loop.h"
#include "exec_prepare.h"
#include "exec_seccomp.h"
#include "exec_space.h"
#include "exec_spawn.h"

typedef enum {
  MU_EXEC_TASK_PREPARING,
  MU_EXEC_TASK_STEPPING,
  MU_EXEC_TASK_RUNNING,
  MU_EXEC_TASK_STOPPING,
  MU_EXEC_TASK_SWEEPING,
  MU_EXEC_TASK_ENDED,
} MuExecTaskState;

typedef struct MuExecTask MuExecTask;

/* What a task needs of its executor. */
typedef struct {
  MuExecLoop *loop;
  GHashTable *children; /* pid to MuExecTask*: processes that we started and have not reaped */
  /* A status: state as in Mesos, reason and message may be NULL. */
  void (*report)(gpointer user, MuExecTask *task, const char *state, const char *reason, const char *message);
  void (*started)(gpointer user, MuExecTask *task, pid_t pid); /* the main process; before it is reported as running */
  gboolean (*is_last)(gpointer user, MuExecTask *task);        /* no other task runs: every orphan is this one's */
  /* The space that the pod's tasks share, made when it is not there; NULL with an error when it cannot be made. Not called for
   * a pod without one. */
  const MuExecSpace *(*pod_space)(gpointer user, const MuExecLaunch *launch, GError **error);
  gpointer user;
} MuExecHost;

#define MU_EXEC_TAIL 1024 /* bytes of a check's or step's output kept for the message */

/* A pipe that a process writes into. */
typedef struct {
  MuExecLoop *loop;
  int fd;
  MuExecLogFile *log; /* where it goes; may be NULL */
  gsize keep;         /* so many of its last bytes are kept */
  GString *tail;      /* in here; NULL: none */
} MuExecStream;

typedef struct {
  MuExecTask *task;
  MuExecCheck check;
  MuExecTimer timer;
  MuExecStream output;
  pid_t pid; /* 0: not running */
  gboolean timed_out;
  char *message; /* of the last failure */
} MuExecCheckRun;

/* See exec_disk.h. */
typedef struct {
  MuExecTimer timer;
  MuExecStream output;
  pid_t pid; /* of du; 0: it does not run */
  guint at;  /* the volume whose turn it is */
} MuExecDisk;

struct MuExecTask {
  const MuExecHost *host;
  const MuExecLaunch *launch; /* borrowed, as spec */
  const MuExecTaskSpec *spec;
  guint state;
  pid_t pid;       /* of the main process or step; 0: reaped */
  pid_t remover;   /* what removes the container of an image; 0: it does not run */
  pid_t last_pid;  /* its session, also after it was reaped */
  int exit_status; /* as of waitpid */
  int sandbox_fd;
  GPtrArray *env;
  MuExecLogFile out_log, err_log;
  MuExecStream out, err;
  MuExecCgroup cgroup;
  MuExecSpace own_space;        /* of this task alone, if it has one */
  const MuExecSpace *pod_space; /* NULL: the pod has none */
  MuExecFilter *filter;         /* of its command's and checks' system calls; NULL: none */
  MuExecCheckRun checks[2];     /* by MuExecCheckKind */
  MuExecDisk disk;
  GPtrArray *sessions; /* see exec_session.h */
  MuExecTimer timer;   /* end of the grace period; next sweep */
  gint64 sweep_began_ms, sweep_wait_ms;
  gboolean was_running, kill_requested, unhealthy;
  gboolean removed;           /* the container is gone */
  MuExecTaskSpec as_executor; /* the spec, but for the user; borrows from it */
  GPtrArray *image_env;       /* of podman; NULL: there is no image */
  GPtrArray *steps;           /* of MuExecStep* */
  guint step;                 /* the one that runs */
  char *step_error;
  char *over_disk; /* why it is ended: a volume holds too much; NULL: it is not */
};

MuExecTask *mu_exec_task_new(const MuExecHost *host, const MuExecLaunch *launch, const MuExecTaskSpec *spec);
void mu_exec_task_free(MuExecTask *task);
void mu_exec_task_start(MuExecTask *task);
/* `grace_ms` < 0: the launch's. A second call can only shorten the grace period. */
void mu_exec_task_kill(MuExecTask *task, gint64 grace_ms);
/* A process of host->children that was this task's has ended. */
void mu_exec_task_reaped(MuExecTask *task, pid_t pid, int status);
/* Some orphan was reaped: looks again whether the tree is empty. */
void mu_exec_task_sweep(MuExecTask *task);
/* "exited with status 3", "killed by signal 9 (SIGKILL)"; the caller frees. */
char *mu_exec_describe_exit(int status);

/* For exec_task_checks.c and exec_task.c only. */
/* How a program of the task is started, but for its output; `of_executor`: podman. */
MuExecSpawn mu_exec_task_plan(const MuExecTask *task, char *const *argv, const MuExecStep *step, gboolean of_executor);
const MuExecSpace *mu_exec_task_space(const MuExecTask *task); /* what its processes are started in; NULL: none */
gboolean mu_exec_stream_open(MuExecStream *stream, MuExecLoop *loop, MuExecLogFile *log, gsize keep_bytes,
                             int *ret_write_fd, GError **error);
/* Reads what is there, without waiting. close() does so first. */
void mu_exec_stream_drain(MuExecStream *stream);
void mu_exec_stream_close(MuExecStream *stream);
void mu_exec_task_checks_init(MuExecTask *task);
void mu_exec_task_checks_start(MuExecTask *task);
void mu_exec_task_checks_stop(MuExecTask *task);
gboolean mu_exec_task_checks_reaped(MuExecTask *task, pid_t pid, int status); /* FALSE: not a check's */
void mu_exec_task_end_unhealthy(MuExecTask *task);
void mu_exec_task_end_over_disk(MuExecTask *task, const char *message);
#endif
