/* HTTP below the front: requests with their bodies, answers, and one kind of answer that goes on for ever. */
#ifndef MU_MESOS_FRONT_HTTP_H
#define MU_MESOS_FRONT_HTTP_H
#include "tls_server.h"
#include <glib.h>

typedef struct MuFrontHttp MuFrontHttp;
typedef struct MuFrontRequest MuFrontRequest;
typedef struct MuFrontStream MuFrontStream;

/* A request has come; it is answered with one of the functions below, now or never. */
typedef void (*MuFrontHandler)(MuFrontRequest *request, gpointer user);

/* `taker` is called with each piece of a request's body, before the request is handled; `gone` when its connection is over. */
void mu_front_http_watch(MuFrontHttp *http, MuFrontHandler taker, MuFrontHandler gone);
/* What came of the body so far was taken. */
void mu_front_drop_body(MuFrontRequest *request);
/* A request that was not answered is given to the handler again. */
void mu_front_wake(MuFrontRequest *request);
/* `tls` NULL: without. */
MuFrontHttp *mu_front_http_new(guint16 port, const MuTlsServer *tls, MuFrontHandler handler, gpointer user);
void mu_front_http_free(MuFrontHttp *http);
guint16 mu_front_http_port(const MuFrontHttp *http);
/* The common name in the certificate of who sent the last request; "" when it had none. */
const char *mu_front_http_peer(const MuFrontHttp *http);

const char *mu_front_method(const MuFrontRequest *request);
const char *mu_front_path(const MuFrontRequest *request);
const char *mu_front_header(const MuFrontRequest *request, const char *name); /* NULL: none */
const GByteArray *mu_front_body(const MuFrontRequest *request);
/* `header` and `value` may be NULL. */
void mu_front_answer(MuFrontRequest *request, guint status, const char *header, const char *value, const char *text);
void mu_front_answer_bytes(MuFrontRequest *request, guint status, const void *bytes, gsize length);
/* 200 with these headers, and a body that is written later. `ended` is called once, when the connection is over; the stream
 * is gone then. */
MuFrontStream *mu_front_answer_stream(MuFrontRequest *request, const char *content_type, const char *stream_id,
                                      void (*ended)(gpointer user), gpointer user);
/* In pieces of at most `piece` bytes (0: as it comes); cut in the middle after `cut_after` bytes in all (0: not). */
void mu_front_stream_limit(MuFrontStream *stream, guint piece, gint64 cut_after);
void mu_front_stream_write(MuFrontStream *stream, const guint8 *bytes, gsize length);
/* The end, after what was written; or at once. */
void mu_front_stream_end(MuFrontStream *stream, gboolean in_order);
#endif
