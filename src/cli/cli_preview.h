/* What an update would do (`--dry-run`): the answer of PUT /v1/service/{name}?dry-run=true, for people. */
#ifndef MU_CLI_PREVIEW_H
#define MU_CLI_PREVIEW_H
#include "json.h"

/* The answer as text, lines as wide as they come; the caller frees. */
char *mu_cli_preview_text(const json_t *answer);
#endif
