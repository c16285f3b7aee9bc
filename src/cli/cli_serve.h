/* What `muster serve` and `muster run` share: a scheduler whose services come from YAML. */
#ifndef MU_CLI_SERVE_H
#define MU_CLI_SERVE_H
#include "cli_command.h"
#include <muster/muster.h>

/* `max_footprint` 0: no limit. The caller owns it. */
MuMultiServiceEventClient *mu_cli_new_scheduler(const char *framework_name, gint64 max_footprint);
/* The options that describe this machine, which borrow `ret_lists`: its arrays are freed when the runner is made. */
typedef struct {
  const char **attributes, **mounts;
} MuCliMachineLists;
MuRunnerOptions mu_cli_machine_options(const MuCliCall *call, MuCliMachineLists *ret_lists);
void mu_cli_machine_lists_clear(MuCliMachineLists *lists);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuCliMachineLists, mu_cli_machine_lists_clear)

#endif
