/* The local engine: this machine as one agent, or shared out as several; one detached executor process per pod, so that
 * tasks outlive the scheduler (docs/architecture.md, "The local engine"). */
#ifndef MU_LOCAL_ENGINE_H
#define MU_LOCAL_ENGINE_H
#include "engine.h"

typedef enum { MU_LOCAL_AUTO, MU_LOCAL_ON, MU_LOCAL_OFF } MuLocalSwitch;

typedef struct {
  const char *state_dir; /* the engine's own folder: journal, sandboxes, volumes, executors; made when absent, 0700 */
  const char *executor_path;  /* of muster-executor */
  const char *bootstrap_path; /* of muster-bootstrap, which renders config templates in the task */
  const char *secrets_path;   /* of muster-secrets, which brings secrets and keys to tasks */
  const char *secrets_dir;    /* the store it reads; NULL: there is none, and pods that want something of it fail */
  const char *fetch_path;     /* of muster-fetch, which fetches `uris`; NULL: pods with some fail */
  guint agents;               /* how many agents the machine is shown as; >= 1 */
  gint64 cpus_milli, mem_mb, disk_mb; /* of the whole machine, shared out evenly; 0: detect */
  gint64 gpus_milli;                  /* likewise; 0: none */
  const char *const *mounts; /* "[N:]PATH[=PROFILE]": a MOUNT disk of agent N, from 0; NULL-terminated or NULL */
  const char *ports; /* "10000-20000,…"; NULL: a default range outside the kernel's ephemeral one; shared out */
  /* Whether tasks see no processes but their own, or their pod's when it shares its pid namespace. AUTO: as root, where it
   * works. */
  MuLocalSwitch pid_namespaces;
  gint64
      disk_watch_ms; /* a task one of whose ROOT volumes holds more than its size is ended, found out so often; 0: it is not */
  const char *seccomp_dir; /* folder of profiles; NULL: none but the built-in one, "default" */
  const char
      *seccomp_default;  /* the profile of pods that name none and are not unconfined; NULL: they are not filtered */
  GPtrArray *attributes; /* of MuEnvVar*; may be NULL. `k=v` for all agents, `N:k=v` for agent N from 0 */
  const char *hostname;  /* NULL: the machine's; agent N of several is `<hostname>-N` */
  guint keep_sandboxes;  /* finished runs kept per task; 0: default 5 */
  gint64 log_max_bytes;  /* rotation size of stdout and stderr; 0: default 10 MiB, one older file is kept */
} MuLocalEngineConfig;

/* Opens the journal, finds the executors of an earlier run again and adopts them when started. The config is copied. */
MuEngine *mu_local_engine_new(const MuLocalEngineConfig *config, GError **error);
/* Warnings for the operator found at new: no cgroups, not root, resources that shrank. Of char*; borrowed. */
const GPtrArray *mu_local_engine_warnings(MuEngine *engine);

/* Kills every executor and task of this engine, waits for them (bounded by `timeout_ms`), and removes sandboxes, volumes and
 * journal: after an uninstall, and for throw-away schedulers. */
gboolean mu_local_engine_destroy(MuEngine *engine, gint64 timeout_ms, GError **error);
#endif
