/* GET /v1/events: what happens, as server-sent events. Every event is encoded once and kept in a ring; a client is a place in
 * the ring, so that a slow one costs no memory. One that fell out of the ring is told so by a `reset` event, and one that
 * does not read at all is cut off.
 *
 * Numbers go up by one. They begin at the clock's microseconds, so that a number of an earlier run of the scheduler is
 * older than every number of this one, and its owner gets a reset too. */
#ifndef MU_EVENT_STREAM_H
#define MU_EVENT_STREAM_H
#include "http_exchange.h"

typedef struct MuEventStream MuEventStream;

MuEventStream *mu_event_stream_new(GMainContext *context, guint max_events, gsize max_bytes);
/* No client may be left. */
void mu_event_stream_free(MuEventStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuEventStream, mu_event_stream_free)

/* `service`, when not NULL, is what clients filter by; `text` is a JSON object. */
void mu_event_stream_publish(MuEventStream *stream, const char *type, const char *service, const char *text);
/* Answers with the stream. `service`: only its events and those of no service; NULL: all. `last_event_id`: where the client
 * left off, NULL: from now on. A malformed one is answered with an error. */
void mu_event_stream_serve(MuEventStream *stream, MuHttpResponse *response, const char *service,
                           const char *last_event_id);
guint mu_event_stream_clients(const MuEventStream *stream);

#endif
