/* The shapes of bodies and answers: written down once in a short notation, from which the OpenAPI document has its schemas. A
 * test checks what the views say against them. */
#ifndef MU_HTTP_SHAPES_H
#define MU_HTTP_SHAPES_H
#include "http_router.h"

/* The schema of a good answer's JSON, or of a body's; a new reference, NULL when none is written down. */
json_t *mu_http_shape_of_answer(MuHttpHandler handler);
json_t *mu_http_shape_of_body(MuHttpHandler handler);
/* The schemas that the others refer to by "#/components/schemas/NAME"; a new reference. */
json_t *mu_http_shapes_named(void);
/* What a `{capture}` of a path stands for, or NULL. */
const char *mu_http_shape_capture(const char *name);

#endif
