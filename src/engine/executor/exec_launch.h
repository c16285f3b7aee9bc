/* The launch file: what the engine tells an executor to run. JSON, written by src/engine/local/launch_file.c, which says
 * what each member means; users are resolved there, since a static executor must not ask NSS. */
#ifndef MU_EXEC_LAUNCH_H
#define MU_EXEC_LAUNCH_H
#include <glib.h>
#include <jansson.h>
#include <sys/types.h>

#define MU_EXEC_LAUNCH_MAX (64 * 1024 * 1024) /* bytes of a launch file */

typedef struct {
  char *cmd; /* NULL: no such check */
  gint64 interval_ms, delay_ms, timeout_ms, grace_ms;
  gint64 max_failures; /* consecutive ones that end the task; health only */
} MuExecCheckSpec;

typedef struct {
  char *path, *source; /* where it appears in the sandbox (relative), where it is (absolute) */
  gint64 size_mb;      /* what it may hold; 0: anything */
} MuExecVolume;

typedef struct {
  char *host_path, *container_path; /* absolute; relative to the sandbox */
  gboolean read_only;
} MuExecHostVolume;

/* What is not shared with the processes around. */
typedef struct {
  gboolean pid, ipc;  /* a namespace of its own; with ipc a /dev/shm as well */
  gint64 shm_size_mb; /* of that; 0: the kernel's default, half of the memory */
  gboolean secrets;   /* a tmpfs on MU_EXEC_SECRETS_DIR of the sandbox */
} MuExecSpaceSpec;

typedef struct {
  char *name, *text, *dest;
} MuExecConfig;

typedef struct {
  int resource; /* RLIMIT_* */
  char *name;
  gint64 soft, hard; /* -1: unlimited */
} MuExecRlimit;

/* cgroup folders that hold one folder per task; NULL where that hierarchy is not used. */
typedef struct {
  char *v2, *v1_cpu, *v1_memory, *v1_freezer;
  gboolean v2_cpu, v2_memory; /* the controller is on in v2 */
} MuExecCgroupRoots;

typedef struct {
  char *task_id, *name, *cmd;
  char *sandbox;      /* absolute; to be made */
  char *volumes_file; /* absolute; to be written when there are volumes, see exec_sandbox.h */
  gboolean switch_user;
  uid_t uid; /* owner of the sandbox, always set */
  gid_t gid;
  GArray *groups;               /* of gid_t */
  GPtrArray *env;               /* of "KEY=value", NULL-terminated */
  GPtrArray *configs, *volumes; /* of MuExecConfig*, MuExecVolume* */
  MuExecCheckSpec health, readiness;
  MuExecSpaceSpec space;
  json_t *tls; /* array of {name, keystore, common_name, dns_names}; NULL: none */
  gint64 kill_grace_ms;
  gint64 cpu_shares_milli, cpu_limit_milli; /* 0: none */
  gint64 mem_limit_mb;                      /* 0: none */
} MuExecTaskSpec;

typedef struct {
  char *service, *pod, *agent_id;
  char *bootstrap;                     /* path of muster-bootstrap */
  char *fetch;                         /* path of muster-fetch; NULL: none */
  char *fetch_cache;                   /* folder of its caches, one for each user; NULL: none */
  json_t *uris;                        /* array, as muster-fetch reads it; NULL: none */
  char *secrets_program, *secrets_dir; /* muster-secrets, and the store it reads; NULL: none */
  json_t *secrets;                     /* array of {secret, env_key, file}; NULL: none */
  char *hostname;                      /* of the agent, for certificates */
  gint64 log_max_bytes;
  gint64 disk_watch_ms; /* how often volumes are measured; 0: never */
  gint64 nofile_soft;   /* the limit before the scheduler raised its own; 0: leave */
  MuExecCgroupRoots cgroups;
  GPtrArray *rlimits;      /* of MuExecRlimit* */
  GPtrArray *host_volumes; /* of MuExecHostVolume* */
  char *image, *podman;    /* the tasks run in this container image, by this program; NULL: on the machine itself */
  gboolean seccomp_unconfined;
  json_t *seccomp;       /* the profile of its tasks' system calls; NULL: none */
  MuExecSpaceSpec space; /* of the pod: what its tasks share among themselves only */
  GPtrArray *tasks;      /* of MuExecTaskSpec* */
} MuExecLaunch;

/* MU_ERROR_REFUSED when the file is not of the form. */
MuExecLaunch *mu_exec_launch_parse(const char *text, gsize length, GError **error);
MuExecLaunch *mu_exec_launch_load(const char *path, GError **error);
void mu_exec_launch_free(MuExecLaunch *launch);
/* The number of "RLIMIT_NOFILE" and the like, -1 when Linux has no such limit. */
int mu_exec_rlimit_by_name(const char *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuExecLaunch, mu_exec_launch_free)
#endif
