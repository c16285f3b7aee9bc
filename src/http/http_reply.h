/* Ways to answer; each ends the promise to answer, as mu_http_respond() does, and does nothing for a client that is gone. */
#ifndef MU_HTTP_REPLY_H
#define MU_HTTP_REPLY_H
#include "http_exchange.h"

/* A header of the answer; before it is given. */
void mu_http_add_header(MuHttpResponse *response, const char *name, const char *value);
/* Takes the reference of `value`; one line, ended. */
void mu_http_respond_json(MuHttpResponse *response, guint status, json_t *take_value);
/* `value` when there is one, else the error, which is freed: for a view's result. */
void mu_http_respond_view(MuHttpResponse *response, json_t *take_value, GError *take_error);
/* The error's JSON under another status code than its own; 0: its own. */
void mu_http_respond_error_status(MuHttpResponse *response, guint status, const GError *error);
/* `length` bytes of the file from `offset`; takes the descriptor. */
void mu_http_respond_fd(MuHttpResponse *response, guint status, const char *content_type, int take_fd, guint64 offset,
                        guint64 length);
/* An answer of unknown length; takes `stream`, whose read is called first when the client is ready. */
void mu_http_respond_stream(MuHttpResponse *response, const char *content_type, const MuHttpStreamOps *ops,
                            gpointer take_stream);
/* 101: the connection goes on as `protocol`. `begun` is given its descriptor, which is the callee's, and what the client has sent on
 * it already; or -1 when the client is gone or has not waited. Called once. */
typedef void (*MuHttpUpgradeFunc)(int take_fd, const void *bytes, gsize length, gpointer user);
void mu_http_respond_upgrade(MuHttpResponse *response, const char *protocol, MuHttpUpgradeFunc begun, gpointer user);
/* The stream has something again. Harmless when nobody waits. */
void mu_http_stream_wake(MuHttpResponse *response);
/* TRUE while the stream's connection waits for mu_http_stream_wake(). */
gboolean mu_http_stream_waits(const MuHttpResponse *response);
/* Cuts the connection of a client that does not read. */
void mu_http_stream_cut(MuHttpResponse *response);

#endif
