/* The OpenAPI 3 document of the routes. */
#ifndef MU_HTTP_OPENAPI_H
#define MU_HTTP_OPENAPI_H
#include "http_router.h"

/* A document without paths; a new reference. */
json_t *mu_http_openapi_new(void);
/* Adds the route, unless one of the same method and path is there already: the first one is what answers. */
void mu_http_openapi_add(json_t *document, const MuRoute *route);

#endif
