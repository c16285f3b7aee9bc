/* The generated part of docs/spec.md: every object with its fields, from the tables of spec_fields.h. */
#ifndef MU_SPEC_REFERENCE_H
#define MU_SPEC_REFERENCE_H

/* Markdown; the caller frees. */
char *mu_spec_reference_markdown(void);
#endif
