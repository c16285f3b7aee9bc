/* The engine: what runs the tasks. One stream of events comes from it, a handful of calls go to it; it mirrors the Mesos
 * v1 scheduler API (scheduler-http-api.md of the Mesos documents) in types of our own. Three implementations: local,
 * mesos, and the simulator's.
 *
 * Events and calls are plain data so that the core stays a function of its input: the core is given MuEngineEvent values
 * and returns MuEngineCall values; only the runner talks to a MuEngine. */
#ifndef MU_ENGINE_H
#define MU_ENGINE_H
#include "exec_frame.h"
#include "items.h"
#include "resource.h"
#include "sandbox_part.h"
#include <muster/spec.h>

/* ---- what a pod is to an engine ------------------------------------------------------------------------------------ */

/* Its texts are a part of it. */
typedef struct {
  char *name, *value;
} MuEnvVar;

typedef struct {
  char *name, *text, *dest; /* template's name and text; where the rendered file goes, relative to the sandbox */
} MuLaunchConfig;

typedef struct {
  char *cmd; /* by /bin/sh -c, in the task's environment and sandbox; exit 0 is good */
  gint64 interval_ms, delay_ms, timeout_ms, grace_ms;
  gint max_consecutive_failures;
} MuLaunchCheck;

typedef enum {
  MU_IPC_DEFAULT,      /* not given: the engine's default */
  MU_IPC_PRIVATE,      /* a namespace and a /dev/shm of its own */
  MU_IPC_SHARE_PARENT, /* a task's: those of its pod */
} MuIpcMode;

typedef struct {
  char *host_path, *container_path; /* container path: absolute, or relative to the sandbox */
  gboolean read_only;
} MuLaunchHostVolume;

typedef struct {
  char *driver_name, *volume_name, *container_path;
  MuItems driver_options[1]; /* of MuEnvVar* */
  gboolean read_only;
} MuLaunchExternalVolume;

typedef struct {
  guint16 host_port, container_port;
} MuLaunchPortMapping;

typedef struct {
  char *name;
  GArray *port_mappings; /* of MuLaunchPortMapping */
  MuItems labels[1];     /* of MuEnvVar* */
} MuLaunchNetwork;

/* As DiscoveryInfo.Port of Mesos. */
typedef struct {
  char *name, *protocol; /* http, tcp */
  guint16 number;
  char *visibility;  /* EXTERNAL: it is advertised; else CLUSTER */
  MuItems labels[1]; /* of MuEnvVar*: VIP_<uuid> with `name:port`, network-scope */
} MuLaunchPort;

/* As DiscoveryInfo of Mesos. */
typedef struct {
  char *name, *visibility; /* FRAMEWORK, CLUSTER, EXTERNAL */
  MuItems ports[1];        /* of MuLaunchPort* */
} MuLaunchDiscovery;
/* A file fetched into the sandbox of each task of the pod before it starts; members as of CommandInfo.URI in mesos.proto. */
typedef struct {
  char *value;          /* http:, https:, ftp:, file: or a path; without a fragment */
  char *output_file;    /* name in the sandbox; NULL: the last part of the path */
  char *sha256;         /* of the content, lower case hex; NULL: not checked */
  gboolean executable;  /* gets the x bits, and is not unpacked */
  gboolean keep_packed; /* an archive is not unpacked: `extract` false */
} MuLaunchUri;

/* A secret of the pod; its value is known to the engine alone, when it starts the task. */
typedef struct {
  char *secret;         /* its path in the store */
  char *env_key, *file; /* the variable, the file relative to the sandbox; NULL: not wanted */
} MuLaunchSecret;

/* A key and a certificate made for the task: NAME.crt, NAME.key, NAME.ca; or NAME.keystore, NAME.truststore. */
typedef struct {
  char *name;
  gboolean keystore;
  char *common_name;    /* of the certificate's subject */
  GPtrArray *dns_names; /* of char*: its subject alternative names */
} MuLaunchTls;

typedef struct {
  char *task_id;
  char *name;                                    /* hello-0-server */
  char *cmd;                                     /* by /bin/sh -c */
  char *user;                                    /* NULL: the engine's own */
  MuItems env[1];                                /* of MuEnvVar* */
  MuItems configs[1];                            /* of MuLaunchConfig* */
  MuLaunchCheck *health_check, *readiness_check; /* NULL: none */
  gint64 kill_grace_ms;
  MuResources *resources;       /* of the task: its resource set, reserved */
  gint64 limit_cpus_milli;      /* 0: the reservation is the limit where the engine enforces one; -1: unlimited */
  gint64 limit_mem_mb;          /* likewise */
  MuItems labels[1];            /* of MuEnvVar* */
  MuLaunchDiscovery *discovery; /* NULL: it has no ports and no discovery */
  MuIpcMode ipc_mode;
  gint64 shm_size_mb; /* 0: not given */
  MuItems tls[1];     /* of MuLaunchTls* */
} MuTaskLaunch;

typedef struct {
  char *name;        /* RLIMIT_… */
  gint64 soft, hard; /* -1: unlimited */
} MuLaunchRlimit;

/* All tasks of one launch of a pod instance share an executor. An executor that already runs for the pod gets the
 * tasks added. */
typedef struct {
  char *executor_id;            /* `<pod instance>__<uuid>` */
  char *service, *pod;          /* names: redis, primary-0 */
  MuItems tasks[1];             /* of MuTaskLaunch* */
  MuItems rlimits[1];           /* of MuLaunchRlimit* */
  MuResources *resources;       /* of the pod: its own volumes and the executor's overhead */
  gboolean share_pid_namespace; /* by the tasks, of the pod */
  char *image;                  /* of all its tasks; NULL: the agent's own files */
  MuItems host_volumes[1];      /* of MuLaunchHostVolume* */
  MuItems external_volumes[1];  /* of MuLaunchExternalVolume* */
  MuItems networks[1];          /* of MuLaunchNetwork*; empty: the agent's */
  gboolean seccomp_unconfined;
  char *seccomp_profile; /* NULL: the engine's default */
  MuIpcMode ipc_mode;    /* never SHARE_PARENT */
  gint64 shm_size_mb;    /* 0: not given */
  MuItems uris[1];       /* of MuLaunchUri* */
  MuItems secrets[1];    /* of MuLaunchSecret* */
} MuPodLaunch;

typedef enum {
  MU_OP_RESERVE, /* resources: unreserved ones become reserved as `resources` say */
  MU_OP_UNRESERVE,
  MU_OP_CREATE, /* volumes on reserved disks */
  MU_OP_DESTROY,
  MU_OP_LAUNCH_GROUP,
} MuOperationKind;

typedef struct {
  MuOperationKind kind;
  MuResources *resources; /* all but LAUNCH_GROUP */
  MuPodLaunch *launch;    /* LAUNCH_GROUP */
} MuOperation;

/* New values: arrays and resources are there and empty, texts NULL, numbers 0. Every free takes NULL. */
MuOperation *mu_operation_new(MuOperationKind kind, MuResources *take_resources, MuPodLaunch *take_launch);
void mu_operation_free(MuOperation *operation);
MuPodLaunch *mu_pod_launch_new(const char *executor_id, const char *service, const char *pod);
void mu_pod_launch_free(MuPodLaunch *launch);
MuTaskLaunch *mu_task_launch_new(const char *task_id, const char *name);
void mu_task_launch_free(MuTaskLaunch *launch);
void mu_task_launch_set_env(MuTaskLaunch *launch, const char *name, const char *value); /* replaces */
const char *mu_task_launch_get_env(const MuTaskLaunch *launch, const char *name);
MuEnvVar *mu_env_var_new(const char *name, const char *value);
void mu_env_var_free(MuEnvVar *var);
/* Lists of them; `to` gets copies, behind what it has. */
void mu_env_vars_add_all(MuItems *to, const MuItems *from);
void mu_env_vars_clear(MuItems *vars);
MuLaunchConfig *mu_launch_config_new(const char *name, const char *text, const char *dest);
void mu_launch_config_free(MuLaunchConfig *config);
MuLaunchCheck *mu_launch_check_new(const char *cmd);
void mu_launch_check_free(MuLaunchCheck *check);
MuLaunchRlimit *mu_launch_rlimit_new(const char *name, gint64 soft, gint64 hard);
void mu_launch_rlimit_free(MuLaunchRlimit *rlimit);
MuLaunchHostVolume *mu_launch_host_volume_new(const char *host_path, const char *container_path, gboolean read_only);
void mu_launch_host_volume_free(MuLaunchHostVolume *volume);
MuLaunchExternalVolume *mu_launch_external_volume_new(const char *driver_name, const char *volume_name,
                                                      const char *container_path, gboolean read_only);
void mu_launch_external_volume_free(MuLaunchExternalVolume *volume);
MuLaunchNetwork *mu_launch_network_new(const char *name);
void mu_launch_network_free(MuLaunchNetwork *network);
MuLaunchPort *mu_launch_port_new(const char *name, guint16 number, const char *visibility); /* protocol tcp */
void mu_launch_port_free(MuLaunchPort *port);
MuLaunchDiscovery *mu_launch_discovery_new(const char *name, const char *visibility);
void mu_launch_discovery_free(MuLaunchDiscovery *discovery);
/* "PRIVATE", "SHARE_PARENT"; NULL for MU_IPC_DEFAULT. And back: NULL and words that are none give MU_IPC_DEFAULT. */
const char *mu_ipc_mode_to_string(MuIpcMode mode);
MuIpcMode mu_ipc_mode_from_string(const char *text);
MuLaunchUri *mu_launch_uri_new(const char *value);
void mu_launch_uri_free(MuLaunchUri *uri);
MuLaunchSecret *mu_launch_secret_new(const char *secret, const char *env_key, const char *file);
void mu_launch_secret_free(MuLaunchSecret *secret);
MuLaunchTls *mu_launch_tls_new(const char *name, gboolean keystore, const char *common_name);
void mu_launch_tls_free(MuLaunchTls *tls);
/* "RESERVE", … as in Mesos. */
const char *mu_operation_kind_to_string(MuOperationKind kind);
json_t *mu_pod_launch_to_json(const MuPodLaunch *launch);
MuPodLaunch *mu_pod_launch_from_json(const json_t *json, GError **error);

/* ---- offers ------------------------------------------------------------------------------------------------------- */

typedef struct {
  char *id, *agent_id, *hostname;
  char *role; /* of ours, that it is made to: reservations can be made for no other; NULL: the engine knows no roles */
  char *region, *zone;   /* NULL: none */
  MuItems attributes[1]; /* of MuEnvVar*: text attributes of the agent */
  MuResources *resources;
} MuOffer;

MuOffer *mu_offer_new(const char *id, const char *agent_id, const char *hostname);
MuOffer *mu_offer_copy(const MuOffer *offer);
void mu_offer_free(MuOffer *offer);
/* The value of "hostname", "@region", "@zone" or an attribute; NULL when the agent has none. Borrowed. */
const char *mu_offer_field(const MuOffer *offer, const char *field);
json_t *mu_offer_to_json(const MuOffer *offer);
MuOffer *mu_offer_from_json(const json_t *json, GError **error);

/* ---- statuses ----------------------------------------------------------------------------------------------------- */

typedef enum {
  MU_TASK_STAGING,
  MU_TASK_STARTING,
  MU_TASK_RUNNING,
  MU_TASK_KILLING,
  MU_TASK_FINISHED, /* exit 0 */
  MU_TASK_FAILED,
  MU_TASK_KILLED,
  MU_TASK_ERROR, /* the launch was not valid */
  MU_TASK_LOST,
  MU_TASK_DROPPED,     /* never started */
  MU_TASK_UNREACHABLE, /* may come back */
  MU_TASK_GONE,
  MU_TASK_GONE_BY_OPERATOR,
  MU_TASK_UNKNOWN,
} MuTaskState;

const char *mu_task_state_to_string(MuTaskState state); /* "TASK_RUNNING", … */
gboolean mu_task_state_from_string(const char *text, MuTaskState *ret_state);
/* The task does not run and never will again: FINISHED, FAILED, KILLED, ERROR, LOST, DROPPED, GONE, GONE_BY_OPERATOR,
 * UNKNOWN. */
gboolean mu_task_state_is_terminal(MuTaskState state);

typedef struct {
  char *task_id;
  char *agent_id; /* may be NULL (from the master) */
  char *uuid;     /* NULL: not to be acknowledged */
  MuTaskState state;
  char *reason;  /* word as in Mesos: REASON_…; may be NULL */
  char *message; /* for people; may be NULL */
  gint64 timestamp_ms;
  gboolean has_ready, ready;     /* readiness check: last result */
  gboolean has_healthy, healthy; /* health check: last result */
  char *container_ip;            /* may be NULL */
  /*< private >*/
  guint block; /* bytes, see MuJsonBlockForm: of one that was stored; such a one is not changed, but copied */
} MuTaskStatus;

MuTaskStatus *mu_task_status_new(const char *task_id, MuTaskState state);
MuTaskStatus *mu_task_status_copy(const MuTaskStatus *status);
void mu_task_status_free(MuTaskStatus *status);
json_t *mu_task_status_to_json(const MuTaskStatus *status);
MuTaskStatus *mu_task_status_from_json(const json_t *json, GError **error);

/* ---- events and calls --------------------------------------------------------------------------------------------- */

typedef enum {
  MU_EVENT_SUBSCRIBED, /* id: the framework's id */
  MU_EVENT_OFFERS,
  MU_EVENT_RESCIND, /* id: the offer's */
  MU_EVENT_UPDATE,
  MU_EVENT_FAILURE,      /* agent_id; id: the executor's, or NULL when the whole agent is gone */
  MU_EVENT_ERROR,        /* message: the engine ended the subscription for good */
  MU_EVENT_DISCONNECTED, /* message: why; the engine reconnects by itself */
} MuEngineEventKind;

typedef struct {
  MuEngineEventKind kind;
  char *id, *agent_id, *message;
  GPtrArray *offers; /* of MuOffer* */
  MuTaskStatus *status;
} MuEngineEvent;

MuEngineEvent *mu_engine_event_new(MuEngineEventKind kind);
void mu_engine_event_free(MuEngineEvent *event);

typedef enum {
  MU_CALL_ACCEPT,  /* offer_ids, operations, refuse_ms for the rest */
  MU_CALL_DECLINE, /* offer_ids, refuse_ms */
  MU_CALL_REVIVE,
  MU_CALL_SUPPRESS,
  MU_CALL_KILL,        /* task_id, agent_id (may be NULL), grace_ms (-1: the launch's) */
  MU_CALL_ACKNOWLEDGE, /* task_id, agent_id, uuid */
  MU_CALL_RECONCILE,   /* tasks: explicit for these (task_id, agent_id pairs); empty: implicit, all */
  MU_CALL_TEARDOWN,
  MU_CALL_ROLES, /* roles: that we have from now on; before start() too. Offers to others are rescinded, none is suppressed */
} MuEngineCallKind;

typedef struct {
  MuEngineCallKind kind;
  MuItems offer_ids[1];  /* of char* */
  MuItems operations[1]; /* of MuOperation* */
  MuItems tasks[1];      /* of MuEnvVar*: name = task id, value = agent id */
  MuItems roles[1];      /* of char* */
  gint64 refuse_ms, grace_ms;
  char *task_id, *agent_id, *uuid;
} MuEngineCall;

MuEngineCall *mu_engine_call_new(MuEngineCallKind kind);
void mu_engine_call_free(MuEngineCall *call);
const char *mu_engine_call_kind_to_string(MuEngineCallKind kind);

/* ---- the vtable --------------------------------------------------------------------------------------------------- */

typedef struct MuEngine MuEngine;

/* Takes the event. Called from the main loop's thread only, never from inside start() or perform(). */
typedef void (*MuEngineSink)(MuEngineEvent *take_event, gpointer user);

/* Reply of read_file: NULL on failure with `error` set. */
typedef struct {
  const char *name;     /* "local", "mesos", "sim" */
  gboolean knows_roles; /* its offers have a role */
  /* Subscribes; events flow to `sink` from then on until stop(). `framework_id` NULL: a new framework. */
  gboolean (*start)(MuEngine *engine, const char *framework_id, MuEngineSink sink, gpointer user, GError **error);
  /* Performs a call, asynchronously; problems come back as events. Borrows the call. Calls given between two flushes may
   * be made durable together. */
  void (*perform)(MuEngine *engine, const MuEngineCall *call);
  void (*flush)(MuEngine *engine);
  /* Where the sandbox of a task lies on this machine, or NULL with MU_ERROR_NOT_FOUND. `path` is relative, "" is the
   * sandbox itself. The result is below the sandbox: `..` and symlinks that lead out are refused. The caller frees. */
  char *(*sandbox_path)(MuEngine *engine, const char *agent_id, const char *task_id, const char *path, GError **error);
  /* Where sandboxes lie on other machines: a file's bytes from `offset`, at most `length` of them, or a folder's entries, whatever
   * `path` is; "" is the sandbox itself. Answered later, at the latest by stop(). NULL: there is sandbox_path. */
  void (*read_sandbox)(MuEngine *engine, const MuTaskPlace *task, const char *path, guint64 offset, guint64 length,
                       MuSandboxFunc done, gpointer user);
  /* Runs a command beside a task, in all that surrounds it, for whoever is at the other end of the connection, over which everything
   * further goes (exec_frame.h). The descriptor stays the caller's, who closes it when this returns; the command ends with the
   * connection. -1: only tells whether there is such a task that runs. NULL: this engine cannot. MU_ERROR_NOT_FOUND, MU_ERROR_CONFLICT
   * (the task does not run), MU_ERROR_UNAVAILABLE (not now). */
  gboolean (*exec)(MuEngine *engine, const MuTaskPlace *task, const MuExecRequest *request, int fd, GError **error);
  /* A JSON description for people and /v1/state: agents, resources, limits in force, warnings. May be NULL. */
  json_t *(*describe)(MuEngine *engine);
  /* Keys of the spec that this engine honours, but not on this machine as it is, with the reason and what to do: ended by one
   * without a key. Specs that use them are refused. Borrowed from the engine; may be NULL, as the whole function. */
  const MuKeyValue *(*lacks)(MuEngine *engine);
  /* Stops the event stream and lets go of the tasks, which run on. */
  void (*stop)(MuEngine *engine);
  void (*free)(MuEngine *engine);
} MuEngineOps;

struct MuEngine {
  const MuEngineOps *ops;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuOffer, mu_offer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuPodLaunch, mu_pod_launch_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuTaskLaunch, mu_task_launch_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuTaskStatus, mu_task_status_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuEngineEvent, mu_engine_event_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuEngineCall, mu_engine_call_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuOperation, mu_operation_free)
#endif
