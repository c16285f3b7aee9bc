/* What may stand at the end of an unfinished command line: from the table of commands, and from the scheduler that the line
 * names. */
#ifndef MU_CLI_COMPLETE_H
#define MU_CLI_COMPLETE_H
#include "cli_command.h"

/* In the place of words: the shell completes names of files, or of folders. */
#define MU_CLI_FILES ":files"
#define MU_CLI_FOLDERS ":folders"

/* The words of a line up to the cursor, split where there are blanks outside of quotes; the last one is what is to be
 * completed, "" behind a blank. The caller frees. */
char **mu_cli_complete_split(const char *line);

/* Asks the scheduler for names: `kind` is the placeholder in the table ("SERVICE", "POD"), `given` the arguments before. Adds
 * them to `words`; nothing when there is no answer. */
typedef void (*MuCliNames)(const char *kind, const char *const *given, GPtrArray *words, gpointer user);

/* The words (of char*, owned) that may take the place of the line's last one, those that begin with it only. `names` NULL:
 * no scheduler is asked. */
GPtrArray *mu_cli_complete(const char *const *line, MuCliNames names, gpointer user);

#endif
