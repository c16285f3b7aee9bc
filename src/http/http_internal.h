/* What the parts of the server share. */
#ifndef MU_HTTP_INTERNAL_H
#define MU_HTTP_INTERNAL_H
#include "event_stream.h"
#include "file_follow.h"
#include "http_auth.h"
#include "http_router.h"
#include "http_server.h"
#include <microhttpd.h>

/* One listening socket with its daemon. */
struct MuHttpListener {
  MuHttpServer *server;
  gboolean tcp;
  struct MHD_Daemon *daemon; /* NULL: this one is not used */
  GSource *source;           /* NULL: at the end, when http_server.c runs the daemon itself */
};

struct MuHttpServer {
  MuHttpBackend backend;
  GMainContext *context;
  MuHttpListener tcp, local;
  char *url;         /* NULL without TCP */
  int socket_folder; /* of the unix socket, held open: -1 without one */
  char *socket_name;
  guint64 socket_inode;
  MuHttpAuth *auth; /* NULL without TCP */
  MuHttpRouter *router;
  char *mono; /* the service that is the whole scheduler, or NULL */
  MuEventStream *events;
  MuFileFollower *follower;
  gsize max_body_bytes;
  GQueue exchanges; /* of MuHttpResponse, by their link: those that a connection or a handler still has */
  guint connected;  /* how many of them have their connection */
  gboolean closing;
};

/* What everybody may have: who fetches it has no token. */
gboolean mu_http_is_public(const char *uri);
#endif
