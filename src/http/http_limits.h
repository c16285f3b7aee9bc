/* What one client, or all of them together, may make large. */
#ifndef MU_HTTP_LIMITS_H
#define MU_HTTP_LIMITS_H
#include "command.h"

#define MU_HTTP_MAX_CONNECTIONS 512u            /* per listener; more wait in the kernel's backlog */
#define MU_HTTP_LISTEN_BACKLOG 128              /* of connections not accepted yet */
#define MU_HTTP_IDLE_TIMEOUT_S 60u              /* a connection on which nothing moves; not one that waits for us */
#define MU_HTTP_CONNECTION_BYTES (64u * 1024)   /* request line, headers and buffers of one connection */
#define MU_HTTP_STREAM_BLOCK_BYTES (32u * 1024) /* of an answer that is produced piece by piece */
#define MU_HTTP_DEFAULT_BODY_BYTES (MU_CONTEXT_MAX_BYTES + 64u * 1024)
#define MU_HTTP_DISCARD_BYTES                                                                                          \
  (4u * 1024 * 1024) /* of a refused body, beyond its limit, that is read and thrown away so
                                                    that the client sees the refusal and not a reset connection */
#define MU_HTTP_MAX_QUERY_FIELDS 64u
#define MU_HTTP_MAX_ROUTE_PARTS 16u              /* parts of a route's pattern */
#define MU_HTTP_MAX_LISTED_FILES 10000u          /* entries of one sandbox folder shown */
#define MU_HTTP_TAIL_MAX_BYTES (4 * 1024 * 1024) /* ?tail=LINES looks no further back than this */
#define MU_HTTP_EVENT_RING 8192u                 /* events kept for clients that come back */
#define MU_HTTP_EVENT_RING_BYTES (4u * 1024 * 1024)
#define MU_HTTP_KEEP_ALIVE_S 15u /* comment on the event stream, so that dead clients are noticed */
#define MU_HTTP_FAREWELL_MS 500  /* at the end: time for the last answers to leave */
#endif
