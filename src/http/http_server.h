/* The HTTP API (docs/http-api.md): libmicrohttpd on the GLib main loop, the same thread as the core, so that reads need no
 * locks. TCP requests carry the bearer token, the unix socket is guarded by its permissions; Host and Origin are checked. */
#ifndef MU_HTTP_SERVER_H
#define MU_HTTP_SERVER_H
#include "command.h"
#include "exec_frame.h"
#include "sandbox_part.h"
#include "secret_store.h"
#include <muster/http_route.h>
#include <muster/multi_service_event_client.h>

/* What the server asks of the runner. */
typedef struct {
  MuMultiServiceEventClient *client;
  MuSecretStore *secrets; /* NULL: none are kept */
  /* Puts the command on the queue; takes it. Its reply comes later, from the main loop. */
  void (*submit)(MuCommand *take_command, gpointer user);
  /* A file or folder of a task's sandbox on this machine, as MuEngineOps.sandbox_path. */
  char *(*sandbox_path)(const char *agent_id, const char *task_id, const char *path, gpointer user, GError **error);
  /* Instead, when the files are on other machines: as MuEngineOps.read_sandbox. NULL: sandbox_path is used. */
  void (*read_sandbox)(const MuTaskPlace *task, const char *path, guint64 offset, guint64 length, MuSandboxFunc done,
                       gpointer done_user, gpointer user);
  /* As MuEngineOps.exec; NULL: commands in tasks are off, or the engine cannot (`exec_refusal` says which). */
  gboolean (*exec)(const MuTaskPlace *task, const MuExecRequest *request, int fd, gpointer user, GError **error);
  const char *exec_refusal;
  /* Agents, limits in force, warnings: for GET /v1/state/engine. */
  json_t *(*describe_engine)(gpointer user);
  /* muster-bootstrap, which agents fetch; NULL: it is not served. */
  const char *bootstrap_path;
  /* Called before a view is read, so that what it says of time ("next attempt in 3 s") is true now; may be NULL. */
  void (*before_read)(gpointer user);
  gpointer user;
} MuHttpBackend;

/* Where the program is that agents fetch for their tasks. */
#define MU_HTTP_BOOTSTRAP_PATH "/v1/artifacts/bootstrap"

typedef struct {
  const char *listen;        /* "127.0.0.1:8640", "[::1]:0"; NULL: no TCP */
  const char *socket_path;   /* unix socket; NULL: none. Any path length (bound relative to its folder) */
  const char *token;         /* bearer token for TCP; required when `listen` is given */
  gsize max_body_bytes;      /* 0: MU_CONTEXT_MAX_BYTES plus room for the JSON around it */
  const MuHttpRoute *routes; /* the SDK user's own, tried before the built-in ones; n_routes of them; copied */
  gsize n_routes;
  gpointer routes_user;
  const char *mono; /* the service that is the whole scheduler: its routes are there without its name too; NULL: none */
} MuHttpConfig;

typedef struct MuHttpServer MuHttpServer;

MuHttpServer *mu_http_server_new(const MuHttpConfig *config, const MuHttpBackend *backend, GError **error);
/* "http://127.0.0.1:40213"; NULL without TCP. Borrowed. */
const char *mu_http_server_url(MuHttpServer *server);
/* Adds an event to the stream (GET /v1/events): the server numbers it. `type` is a word such as "task", "step", "plan",
 * "service"; `service`, when not NULL, is what clients filter by; `text` is a JSON object. Kept in a ring of named size for clients that come back with Last-Event-ID. */
void mu_http_server_publish(MuHttpServer *server, const char *type, const char *service, const char *text);
void mu_http_server_free(MuHttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuHttpServer, mu_http_server_free)
#endif
