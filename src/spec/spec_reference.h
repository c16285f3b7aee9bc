/* The generated part of docs/spec.md: every object with its fields, from the tables of spec_fields.h. */
#ifndef MU_SPEC_REFERENCE_H
#define MU_SPEC_REFERENCE_H
#include <glib.h>

/* Markdown; the caller frees. */
char *mu_spec_reference_markdown(void);

/* One field for a terminal: its value, default, meaning, what each engine does with it, and the fields in it. `path` has the keys
 * alone: "pods.tasks.cpus"; "" is the service. MU_ERROR_NOT_FOUND with the nearest field there is. The caller frees. */
char *mu_spec_explain(const char *path, GError **error);
/* All such paths (of char *, owned by the array), for completion; in the order of the tables. */
GPtrArray *mu_spec_field_paths(void);
#endif
