/* One request and its answer: the MuHttpResponse of the SDK. It lives as long as one of its two sides: the connection, which
 * the client may close at any time, and the promise to answer, which a handler may keep late, even after the server is gone.
 *
 *   begin ──▶ body* ──▶ handler ──▶ answered ──▶ queued ──▶ completed
 *                          │            ▲
 *                          └─ suspended ┘   the answer comes later
 */
#ifndef MU_HTTP_EXCHANGE_H
#define MU_HTTP_EXCHANGE_H
#include "http_router.h"
#include <jansson.h>
#include <microhttpd.h>
#include <muster/http_route.h>

typedef struct MuHttpServer MuHttpServer;
typedef struct MuHttpListener MuHttpListener;

/* An answer produced piece by piece. */
typedef struct {
  /* Fills at most `max` bytes and returns how many; 0: nothing now, mu_http_stream_wake() comes later; or one of the two
   * below. Not called again after the end. */
  gssize (*read)(gpointer stream, char *buffer, gsize max);
  void (*free)(gpointer stream);
} MuHttpStreamOps;
#define MU_HTTP_STREAM_END (-1)
#define MU_HTTP_STREAM_ABORT (-2) /* the connection is cut, so that the client does not take it for complete */

struct MuHttpResponse {
  guint refs;
  MuHttpServer *server;              /* NULL: gone */
  struct MHD_Connection *connection; /* NULL: gone */
  MuHttpListener *listener;          /* valid while the server is */
  /* the request */
  char *uri; /* as it came: libmicrohttpd's own path has lost the difference between `/` and `%2F` */
  MuHttpRequest request;
  char *path;
  char **captures;
  GByteArray *body;
  gsize body_seen; /* bytes, discarded ones included */
  MuHttpMatch match;
  /* a refusal found before the handler was called: it waits for the end of the body */
  GError *refusal;
  guint refusal_status; /* 0: by the error */
  /* the answer */
  GPtrArray *headers; /* of char*: name, value, name, value, … */
  struct MHD_Response *reply;
  guint status;
  guint done_status; /* of a command's good end */
  gboolean begun, handled, answered;
  gpointer upgrade; /* http_reply.c: what becomes of the connection after a 101 */
  /* waiting */
  gboolean suspended;
  gboolean hung_up; /* the client left while we waited */
  GSource *hangup;
  GList link; /* in the server's list */
};

/* ---- libmicrohttpd's callbacks; `cls` is the MuHttpListener ---- */
void *mu_http_exchange_new(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result mu_http_exchange_access(void *cls, struct MHD_Connection *connection, const char *url,
                                        const char *method, const char *version, const char *data, size_t *data_size,
                                        void **exchange);
void mu_http_exchange_completed(void *cls, struct MHD_Connection *connection, void **exchange,
                                enum MHD_RequestTerminationCode why);

MuHttpResponse *mu_http_exchange_ref(MuHttpResponse *response);
void mu_http_exchange_unref(MuHttpResponse *response);
/* Takes the connection off the loop until mu_http_exchange_resume(). `events`: what the peer may do that ends the wait. */
void mu_http_exchange_suspend(MuHttpResponse *response, int events);
void mu_http_exchange_resume(MuHttpResponse *response);
/* The server ends: a waiting client is told so, a stream ends. */
void mu_http_exchange_server_ends(MuHttpResponse *response);
/* Nothing of the server may be touched any more. */
void mu_http_exchange_server_gone(MuHttpResponse *response);
/* http_reply.c: a 101 that did not come to be is told so. */
void mu_http_upgrade_end(MuHttpResponse *response);
/* A header of the request, or NULL. Only while the connection is there. */
const char *mu_http_request_header(const MuHttpResponse *response, const char *name);
/* A field of the query, or NULL. */
const char *mu_http_query(const MuHttpRequest *request, const char *name);

#endif
