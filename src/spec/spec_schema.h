/* A JSON Schema (draft 2020-12) of the ServiceSpec for editors, made from the tables of spec_fields.h.
 *
 * It describes the YAML after rendering, as the reader takes it: a number or a word may also be a text with `{{` in it, for
 * an editor sees the template ("count: '{{COUNT}}'", in quotes). Rules that span several fields are the validator's. */
#ifndef MU_SPEC_SCHEMA_H
#define MU_SPEC_SCHEMA_H
#include "spec_fields.h"
#include <jansson.h>

/* The caller owns it. */
json_t *mu_spec_schema(void);

/* The object types in the order in which a reader meets them, the service first, each kind once. The caller frees. */
GPtrArray *mu_spec_object_types(void);
/* Whether an author may write the field; FALSE for what only canonical JSON has. */
gboolean mu_spec_field_is_written(const MuField *field);
/* "honoured", "ignored, with a warning", …; a word for the reference page. */
const char *mu_spec_use_to_string(MuUse use);
/* One word for tables and programs: "honoured", "kept", "ignored", "waits", "refused". */
const char *mu_spec_use_word(MuUse use);
#endif
