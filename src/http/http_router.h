/* The routes of the API: one table, from which come the dispatch, the answers to unknown paths and methods, and the OpenAPI
 * document. Routes of the SDK's user are tried before muster's. */
#ifndef MU_HTTP_ROUTER_H
#define MU_HTTP_ROUTER_H
#include <jansson.h>
#include <muster/http_route.h>

/* A route of muster's own; its handler's `user` is the MuHttpServer. */
typedef struct {
  const char *method;
  const char *path;
  MuHttpHandler handler;
  const char *summary;
  const char *query;  /* "name: meaning; name: meaning"; NULL: none */
  const char *body;   /* media types of the body, "; " between them; NULL: none is read */
  const char *answer; /* media type of the good answer */
} MuRoute;

typedef struct {
  MuHttpHandler handler;
  gpointer user;
  gboolean without_token; /* see MuHttpRoute */
} MuHttpMatch;

typedef struct MuHttpRouter MuHttpRouter;

/* Copies the user's routes. MU_ERROR_REFUSED for a pattern that is not of the documented form. */
MuHttpRouter *mu_http_router_new(const MuHttpRoute *own, gsize n_own, gpointer own_user, gpointer server,
                                 GError **error);
void mu_http_router_free(MuHttpRouter *router);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuHttpRouter, mu_http_router_free)

/* The whole scheduler is this one service: `/v1/plans` is `/v1/service/{name}/plans`, and so for all its routes. Before the
 * first match. */
void mu_http_router_set_mono(MuHttpRouter *router, const char *service);

/* Finds the route of a request, `path` not yet decoded; HEAD is answered as GET. MU_ERROR_NOT_FOUND names the nearest path,
 * MU_ERROR_METHOD sets `ret_allow` for the Allow header, MU_ERROR_USAGE for a path that is not UTF-8. The strings are the
 * caller's. */
gboolean mu_http_router_match(const MuHttpRouter *router, const char *method, const char *path, MuHttpMatch *ret_match,
                              char ***ret_captures, char **ret_allow, GError **error);
/* The OpenAPI 3 document of all routes; a new reference. */
json_t *mu_http_router_openapi(const MuHttpRouter *router);

/* muster's own routes. Static. */
const MuRoute *mu_http_routes(gsize *ret_n);

#endif
