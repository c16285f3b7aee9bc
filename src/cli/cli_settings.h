/* What may be said of a service beside its spec, in whose place it is: --priority, --quota and --depends-on. */
#ifndef MU_CLI_SETTINGS_H
#define MU_CLI_SETTINGS_H
#include "cli_command.h"

/* The object as a context has it: {"priority": 5, "quota": {…}, "depends-on": […]}, in *ret_json, or NULL there when none of these
 * options was given. MU_ERROR_USAGE for a value that is not of their form; the caller frees. */
gboolean mu_cli_settings_read(const MuCliCall *call, char **ret_json, GError **error);

#endif
