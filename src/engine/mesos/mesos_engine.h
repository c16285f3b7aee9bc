/* The Mesos engine: muster as one framework of an Apache Mesos 1.11 or clusterd cluster, over the v1 scheduler API alone. It finds
 * the leading master, subscribes, and subscribes again by itself; it keeps nothing on this machine. docs/mesos.md. */
#ifndef MU_MESOS_ENGINE_H
#define MU_MESOS_ENGINE_H
#include "engine.h"

typedef struct {
  const char *master; /* zk://…, or addresses of masters with commas */
  const char *framework_name;
  const char *const *roles;                   /* NULL-terminated; the first is what reservations are made for */
  const char *principal;                      /* of the reservations, too */
  const char *user;                           /* tasks run as it unless they say otherwise; NULL: ours */
  const char *hostname;                       /* NULL: the machine's */
  const char *webui_url;                      /* NULL: none */
  const char *secret_file, *token_file;       /* credentials; NULL: none */
  const char *ca_file, *cert_file, *key_file; /* TLS; NULL: the system's authorities, no client certificate */
  gint64 failover_timeout_s;                  /* the master keeps the tasks of a framework that is away for so long */
  gboolean gpus;                              /* take offers of agents with GPUs */
  gboolean json;                              /* speak JSON, for a debugging reader */
  gboolean new_framework;                     /* do not go on under the stored id */
  /* 0: the defaults below */
  gint64 connect_timeout_ms, subscribe_timeout_ms, backoff_first_ms, backoff_max_ms;
  gint64 hold_ms; /* an offer that is not answered within so long is given back */
  guint missed_heartbeats;
} MuMesosEngineConfig;

#define MU_MESOS_CONNECT_TIMEOUT_MS 10000
#define MU_MESOS_SUBSCRIBE_TIMEOUT_MS 30000
#define MU_MESOS_BACKOFF_FIRST_MS 1000
#define MU_MESOS_BACKOFF_MAX_MS 60000
#define MU_MESOS_HOLD_MS 60000
#define MU_MESOS_MISSED_HEARTBEATS 5
#define MU_MESOS_FAILOVER_TIMEOUT_S (7 * 24 * 3600)

/* The config is copied. MU_ERROR_REFUSED names what of it cannot be meant. */
MuEngine *mu_mesos_engine_new(const MuMesosEngineConfig *config, GError **error);
/* A file for a task's sandbox. */
typedef struct {
  char *name;
  GBytes *content;
} MuMesosFile;

/* What the scheduler keeps itself and agents are to be given. Asked on the main loop when a launch is sent; what is answered goes into
 * that launch, and is kept nowhere. */
typedef struct {
  /* The value of a secret for a service. NULL without an error: it is none of ours, and the agents' own resolver knows it by its path;
   * with an error: the service may not have it. The caller unrefs. */
  GBytes *(*value)(const char *service, const char *secret, gpointer user, GError **error);
  /* Adds the files of a key and its certificate, made for a task's name (hello-0-server), to `files`. */
  gboolean (*tls)(const char *service, const char *task, const MuLaunchTls *wanted, GPtrArray *files, gpointer user,
                  GError **error);
} MuMesosSecretFuncs;

/* "NAME.SUFFIX". The caller gives it to the array of files. */
MuMesosFile *mu_mesos_file_new(const char *name, const char *suffix, GBytes *content);
/* `funcs` must live as long as the engine. Until it is called no secret is ours, and tasks get no keys. */
void mu_mesos_engine_set_secrets(MuEngine *engine, const MuMesosSecretFuncs *funcs, gpointer user);
/* Where agents fetch muster-bootstrap from, which renders config templates in the task. Until it is set, tasks with config
 * templates end at once, and say why. */
void mu_mesos_engine_set_bootstrap_url(MuEngine *engine, const char *url);
#endif
