/* What an update would do (`--dry-run`): the answer of PUT /v1/service/{name}?dry-run=true, for people. */
#ifndef MU_CLI_PREVIEW_H
#define MU_CLI_PREVIEW_H
#include "cli_client.h"
#include "cli_context.h"

/* Asks the scheduler what the context would do to a service that there is. A new reference. */
json_t *mu_cli_preview_ask(MuCliClient *client, const char *name, const MuCliContext *context, GError **error);
/* The answer as text, lines as wide as they come; the caller frees. */
char *mu_cli_preview_text(const json_t *answer);
#endif
