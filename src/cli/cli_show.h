/* What the commands that only look have in common: ask, then print as JSON or for people. */
#ifndef MU_CLI_SHOW_H
#define MU_CLI_SHOW_H
#include "cli_client.h"
#include "cli_output.h"

/* The answer to a GET of the scheduler that the call names; a new reference. */
json_t *mu_cli_fetch(const MuCliCall *call, const char *path, GError **error);
/* The same as text; the caller frees. */
char *mu_cli_fetch_text(const MuCliCall *call, const char *path, GError **error);
/* Asks, and prints the answer: as JSON when --json was given or `print` is NULL, else with it. */
typedef void (*MuCliPrintFunc)(const MuCliCall *call, const json_t *answer);
gboolean mu_cli_show(const MuCliCall *call, const char *path, MuCliPrintFunc print, GError **error);
/* The same with a method that changes something, and its body (NULL: none). */
gboolean mu_cli_change(const MuCliCall *call, const char *method, const char *path, const char *body,
                       MuCliPrintFunc print, GError **error);
/* TRUE: --json was given, and the answer is printed so. */
gboolean mu_cli_shown_as_json(const MuCliCall *call, const json_t *answer);
/* Prints a list of texts, one a line, or `none` when it is empty. */
void mu_cli_print_names(const json_t *list, const char *none);
/* "3 s", "5 min 20 s", "2 h 5 min", "3 d 4 h"; the caller frees. */
char *mu_cli_duration(gint64 ms);

#endif
