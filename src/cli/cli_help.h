/* Help, made from the table of commands. */
#ifndef MU_CLI_HELP_H
#define MU_CLI_HELP_H
#include "cli_command.h"

/* "usage: muster service add NAME -f FILE [options]"-like line without the word usage; the caller frees. */
char *mu_cli_usage(const MuCliCommand *command);
/* The help of a command, a group of commands ("service") or a topic ("exit-codes"); "" gives that of the program. The caller
 * frees. MU_ERROR_USAGE when there is none. */
char *mu_cli_help_text(const char *topic, GError **error);
/* The generated part of docs/cli.md; the caller frees. */
char *mu_cli_help_markdown(void);

/* Set MU_ERROR_USAGE for a name that is not in the table, with the nearest that is. `command` NULL: before any. */
void mu_cli_unknown_option(const MuCliCommand *command, const char *name, GError **error);
void mu_cli_unknown_command(const char *words, GError **error);

/* The nearest of the names by edit distance, or NULL when none is near. `names` is NULL-terminated. */
const char *mu_cli_nearest(const char *word, const char *const *names);

#endif
