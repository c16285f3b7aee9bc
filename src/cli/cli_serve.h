/* What `muster serve` and `muster run` share: a scheduler whose services come from YAML. */
#ifndef MU_CLI_SERVE_H
#define MU_CLI_SERVE_H
#include "cli_command.h"
#include <muster/muster.h>

/* `max_footprint` 0: no limit. The caller owns it. */
MuMultiServiceEventClient *mu_cli_new_scheduler(const char *framework_name, gint64 max_footprint);
/* The options that describe this machine. The caller frees the array when the runner is made. */
MuRunnerOptions mu_cli_machine_options(const MuCliCall *call, const char ***ret_attributes);

#endif
