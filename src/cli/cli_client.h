/* The client of the HTTP API: requests that are answered at once, and streams that are read as they come. libcurl over the
 * unix socket or TCP. One thread uses a client at a time. */
#ifndef MU_CLI_CLIENT_H
#define MU_CLI_CLIENT_H
#include "cli_target.h"
#include "json.h"

typedef struct MuCliClient MuCliClient;

/* Takes the target. Opens nothing yet. */
MuCliClient *mu_cli_client_new(MuCliTarget *take_target);
/* The client of the scheduler that the call names. When nobody reads standard output any more, its run() ends the program
 * as a write would, by SIGPIPE. */
MuCliClient *mu_cli_client_for(const MuCliCall *call, GError **error);
void mu_cli_client_free(MuCliClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuCliClient, mu_cli_client_free)
const MuCliTarget *mu_cli_client_target(const MuCliClient *client);

/* The path of an API resource; names are escaped. `format` takes only %s and %%. The caller frees. */
char *mu_cli_path(const char *format, ...) G_GNUC_PRINTF(1, 2);

typedef struct {
  const char *method; /* NULL: GET */
  const char *path;   /* with the query */
  const char *body;   /* JSON text, or NULL */
  GBytes *bytes;      /* a body that is no JSON, or NULL */
  const char *header; /* one more, "If-None-Match: *"; or NULL */
  glong *
      ret_status; /* not NULL: the HTTP status is put here, and a body that is no error is the answer with any status */
} MuCliRequest;

/* The answer's JSON; a new reference. The server's errors come with their own code and message; MU_ERROR_NO_SCHEDULER when
 * nothing answers. */
json_t *mu_cli_client_ask(MuCliClient *client, const MuCliRequest *request, GError **error);
json_t *mu_cli_client_get(MuCliClient *client, const char *path, GError **error);
/* The answer as bytes. */
GBytes *mu_cli_client_get_bytes(MuCliClient *client, const char *path, GError **error);

/* Asks for a connection that goes on in another protocol: POST with the JSON body, and the answer 101. The caller closes the socket;
 * what came on it with the answer is put into `ret_more`. -1 with an error: the server's, or MU_ERROR_NO_SCHEDULER. */
int mu_cli_client_upgrade(MuCliClient *client, const char *path, const char *protocol, const char *body,
                          GByteArray *ret_more, GError **error);

/* ---- streams ---- */

typedef struct {
  void (*opened)(gpointer user); /* the server accepted; may be NULL */
  void (*data)(const char *bytes, gsize length, gpointer user);
  void (*ended)(const GError *error, gpointer user); /* NULL: the server closed it in order; may be NULL */
  gpointer user;
} MuCliStreamHandler;

/* Begins to read a stream; it is read while mu_cli_client_run() runs. `ended` is called last. */
typedef struct MuCliStream MuCliStream;
MuCliStream *mu_cli_client_stream(MuCliClient *client, const char *path, const MuCliStreamHandler *handler);
/* Where in the file the stream began, once it is open; 0 when the server did not say. */
guint64 mu_cli_client_stream_offset(const MuCliStream *stream);
/* Ends a stream, or all; no handler is called any more. Not from within a handler. */
void mu_cli_client_drop_stream(MuCliClient *client, MuCliStream *stream);
void mu_cli_client_drop_streams(MuCliClient *client);
/* Reads all streams until one of: mu_cli_client_stop(), all streams have ended, `deadline_us` of g_get_monotonic_time()
 * (G_MAXINT64: none) has come. Calls `settle`, which may be NULL, after every burst of data. */
void mu_cli_client_run(MuCliClient *client, gint64 deadline_us, void (*settle)(gpointer user), gpointer user);
/* Ends run(), or the next one when none is going on; from a handler, from settle, or from another thread. */
void mu_cli_client_stop(MuCliClient *client);

#endif
