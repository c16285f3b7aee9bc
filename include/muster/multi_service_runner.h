/* MultiServiceRunner: the process around the scheduler: main loop, store, engine, HTTP API. */
#ifndef MUSTER_MULTI_SERVICE_RUNNER_H
#define MUSTER_MULTI_SERVICE_RUNNER_H

#include <muster/error.h>
#include <muster/http_route.h>
#include <muster/multi_service_event_client.h>

G_BEGIN_DECLS

typedef struct MuMultiServiceRunner MuMultiServiceRunner;

/* The Mesos engine (docs/mesos.md). NULL and 0: the default. */
typedef struct {
  const char *master;                         /* zk://host:port[,host:port]/path, or addresses of masters with commas */
  const char *role;                           /* "<framework name>-role" */
  const char *principal;                      /* "<framework name>-principal" */
  const char *user;                           /* tasks run as it unless their spec says otherwise; ours */
  const char *secret_file;                    /* basic authentication as the principal */
  const char *token_file;                     /* bearer authentication */
  const char *ca_file, *cert_file, *key_file; /* TLS */
  const char *webui_url;
  gint64 failover_timeout_ms; /* the master keeps the tasks of a scheduler that is away for so long; a week */
  /* Offers: for how long one is refused that no step can use, while some step waits (30 s) and while none does (an hour); an offer
   * that is not answered within `hold_ms` (a minute), because the store is slow say, is given back. */
  gint64 refuse_ms, idle_refuse_ms, hold_ms;
  gboolean gpus;          /* take offers of agents with GPUs */
  gboolean json;          /* JSON on the wire, for a debugging reader */
  gboolean new_framework; /* begin under a new id, whatever is stored */
} MuMesosOptions;

typedef struct {
  const char *state_dir; /* made when absent, 0700; NULL: throw-away state in a temporary folder, removed at the end */
  const char *listen;    /* "127.0.0.1:8640", port 0 picks a free one; NULL: only the unix socket in the state folder */
  const char *engine;    /* "local" or "mesos"; NULL: local */
  MuMesosOptions mesos;
  /* the local engine; 0 and NULL: detected */
  guint agents;
  gint64 cpus_milli, mem_mb, disk_mb;
  gint64 gpus_milli;         /* 0: none */
  const char *const *mounts; /* "[N:]PATH[=PROFILE]": a whole disk of agent N, from 0; NULL-terminated, or NULL */
  const char *ports;
  const char *const *attributes; /* "k=v" for all agents, "N:k=v" for one; NULL-terminated, or NULL */
  const char *hostname;
  gboolean enforce_disk;        /* a task is ended when a ROOT volume of it holds more than its size */
  const char *seccomp_profiles; /* folder of profiles; NULL: none but the built-in one, "default" */
  const char *seccomp_default;  /* profile of pods that name none; NULL: they are not filtered */
  const char *pid_namespaces;   /* "on", "off": whether tasks see only their own processes; NULL: on for root */
  const char *executor_path, *bootstrap_path; /* NULL: found next to the program, or where they are installed */
  /* routes of one's own */
  const MuHttpRoute *routes;
  gsize n_routes;
  gpointer routes_user;
  const char
      *mono_service; /* the service that is the whole scheduler: its routes are there without its name; NULL: none */
  gboolean quiet;    /* no log lines below warning */
  gboolean no_exec;  /* nobody runs commands in tasks over the API */
} MuRunnerOptions;

/* How a run ended. */
typedef enum {
  MU_RUN_STOPPED,     /* mu_multi_service_runner_stop or SIGTERM/SIGINT: tasks run on, a later start adopts them */
  MU_RUN_UNINSTALLED, /* the framework was uninstalled: nothing is left, success */
} MuRunEnd;

/* Opens the state folder, the store and the engine, and rebuilds the services. Takes the client. MU_ERROR_NEWER_STATE,
 * MU_ERROR_CONFLICT (another scheduler has the folder), MU_ERROR_REFUSED (options). */
MuMultiServiceRunner *mu_multi_service_runner_new(MuMultiServiceEventClient *take_client,
                                                  const MuRunnerOptions *options, GError **error);

/* ---- requests from inside the process; on the thread of the main loop, before or while running ---- */

/* The outcome of a request: `error` NULL when it is durable. Called once, on the thread of the main loop, and not from inside
 * the function that made the request. At the end of the run it is called with MU_ERROR_UNAVAILABLE for requests that were
 * not begun. The arguments are borrowed. Errors as those of the API: MU_ERROR_REFUSED (the factory or the validation refused
 * the service), MU_ERROR_CONFLICT (another version, being uninstalled, a name that collides, needed by others),
 * MU_ERROR_TOO_LARGE, MU_ERROR_NOT_FOUND. */
typedef void (*MuDoneFunc)(const char *service, const GError *error, gpointer user);

/* Adds or reconfigures a service: as PUT /v1/service/{name}. A reference of the context is taken. The same context again is no
 * change. The outcome is only logged. */
void mu_multi_service_runner_put_service(MuMultiServiceRunner *runner, const char *name, GBytes *context);
/* Likewise; `done` (NULL: logged) is told the outcome. */
void mu_multi_service_runner_put_service_full(MuMultiServiceRunner *runner, const char *name, GBytes *context,
                                              MuDoneFunc done, gpointer user);
/* Likewise, when the service's present version is `if_version`: MU_VERSION_ANY, MU_VERSION_ABSENT (it is not there yet), or a
 * number as in MuServiceReport; else MU_ERROR_CONFLICT. */
void mu_multi_service_runner_put_service_if(MuMultiServiceRunner *runner, const char *name, GBytes *context,
                                            gint64 if_version, MuDoneFunc done, gpointer user);
/* Begins the uninstall of the service; `done` (NULL: logged) is told when that is durable. It is gone when the
 * UninstallCallback is called. One that is being uninstalled already is no error. */
void mu_multi_service_runner_remove_service(MuMultiServiceRunner *runner, const char *name, MuDoneFunc done,
                                            gpointer user);
/* Uninstalls everything; run() then ends with MU_RUN_UNINSTALLED. */
void mu_multi_service_runner_uninstall(MuMultiServiceRunner *runner);

/* ---- watching ---- */

/* Something has changed, and is durable. `type` is "service", "plan", "step", "task" or "framework"; `service` the one that it
 * concerns, or NULL; `json` an object with the details, as in GET /v1/events (docs/http-api.md). Called on the thread of the
 * main loop; the arguments are borrowed. A request may be made from inside; the runner must not be freed. */
typedef void (*MuEventFunc)(const char *type, const char *service, const char *json, gpointer user);
/* At most one; NULL: none. */
void mu_multi_service_runner_watch(MuMultiServiceRunner *runner, MuEventFunc func, gpointer user);

/* ---- the run ---- */

/* Runs until the end. Handles SIGTERM and SIGINT. FALSE with an error when the engine or the store ended it. */
gboolean mu_multi_service_runner_run(MuMultiServiceRunner *runner, MuRunEnd *ret_end, GError **error);
void mu_multi_service_runner_stop(MuMultiServiceRunner *runner);
/* "http://127.0.0.1:8640", or NULL; the path of the unix socket; the bearer token. Borrowed. */
const char *mu_multi_service_runner_url(const MuMultiServiceRunner *runner);
const char *mu_multi_service_runner_socket(const MuMultiServiceRunner *runner);
const char *mu_multi_service_runner_token(const MuMultiServiceRunner *runner);
void mu_multi_service_runner_free(MuMultiServiceRunner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMultiServiceRunner, mu_multi_service_runner_free)

G_END_DECLS
#endif
