/* HTTP routes of one's own, next to muster's: a scheduler built on the SDK adds its API here. */
#ifndef MUSTER_HTTP_ROUTE_H
#define MUSTER_HTTP_ROUTE_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *method;          /* "GET", … */
  const char *path;            /* as asked, without the query */
  const char *const *captures; /* what stood in the route's `{…}` places, in order; NULL-terminated */
  GHashTable *query;           /* string to string */
  const char *content_type;    /* of the body; NULL: none given */
  GBytes *body;                /* may be empty, never NULL */
} MuHttpRequest;

/* An answer under way. It is given exactly once, now or later, from the main loop's thread. */
typedef struct MuHttpResponse MuHttpResponse;

/* Ends the request. The text is copied. */
void mu_http_respond(MuHttpResponse *response, guint status, const char *content_type, const char *body, gsize length);
/* Ends the request with the error's status code and {"error":{"code","message"}}. */
void mu_http_respond_error(MuHttpResponse *response, const GError *error);

typedef void (*MuHttpHandler)(const MuHttpRequest *request, MuHttpResponse *response, gpointer user);

typedef struct {
  const char *method;
  const char *path; /* "/v1/submissions/{id}": a `{…}` stands for one part; a last `{…*}` for all the rest */
  MuHttpHandler handler;
  const char *summary; /* one line for the API's document */
  /* Over TCP too, the request needs no bearer token: for clients that cannot send one. Whoever reaches the address may ask.
   * Host and Origin are still checked. */
  gboolean without_token;
} MuHttpRoute;

G_END_DECLS
#endif
