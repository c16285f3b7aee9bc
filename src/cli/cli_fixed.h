/* The services that a scheduler is started with: `muster serve --mono FILE`, `--service FILE…`. */
#ifndef MU_CLI_FIXED_H
#define MU_CLI_FIXED_H
#include "cli_command.h"
#include <muster/muster.h>

typedef struct {
  MuServicesMode mode; /* DYNAMIC: none is given */
  GPtrArray *names;    /* of char*, owned, NULL-terminated */
  GPtrArray *contexts; /* of GBytes*, owned; as many */
  MuMultiServiceEventClient *client;
  MuMultiServiceRunner *runner;
  GError *refused; /* the mono-scheduler's service was refused, and there is none of an earlier start */
} MuCliFixed;

/* Reads the files that the call names, with its --param and --env-file. MU_ERROR_NOT_FOUND, MU_ERROR_REFUSED for a spec with
 * faults, MU_ERROR_USAGE for --mono with --service, or two services of one name. */
gboolean mu_cli_fixed_load(const MuCliCall *call, MuCliFixed *fixed, GError **error);
/* Tells the client, which is not the runner's yet. */
void mu_cli_fixed_restrict(MuCliFixed *fixed, MuMultiServiceEventClient *client);
/* Gives the services to the runner, before its run. What is refused is logged, and an earlier configuration goes on; a
 * mono-scheduler without one ends, with the error in `refused`. */
void mu_cli_fixed_put(MuCliFixed *fixed, MuMultiServiceRunner *runner);
/* The one service of a mono-scheduler, or NULL. */
const char *mu_cli_fixed_mono(const MuCliFixed *fixed);
void mu_cli_fixed_clear(MuCliFixed *fixed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuCliFixed, mu_cli_fixed_clear)

#endif
