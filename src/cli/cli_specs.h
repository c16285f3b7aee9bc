/* `muster serve --specs DIR`: services are added by the name of a spec file in that folder, as ExampleMultiServiceResource of
 * dcos-commons does it. Routes on the SDK's public headers. */
#ifndef MU_CLI_SPECS_H
#define MU_CLI_SPECS_H
#include "cli_command.h"
#include <muster/muster.h>

typedef struct {
  const MuCliCall *call; /* its --param and --env-file are for all specs */
  char *folder;
  MuMultiServiceRunner *runner;
} MuCliSpecs;

/* GET /v1/multi/yaml and POST /v1/multi/{name}; their user is a MuCliSpecs. */
extern const MuHttpRoute mu_cli_specs_routes[];
extern const gsize mu_cli_specs_n_routes;

/* The names, without their ending, of the spec files in the folder, sorted; MU_ERROR_NOT_FOUND when it cannot be read. The
 * caller frees. */
char **mu_cli_specs_list(const char *folder, GError **error);
/* The path of the spec of this name. MU_ERROR_REFUSED for a name that could lead elsewhere, MU_ERROR_NOT_FOUND. The caller
 * frees. */
char *mu_cli_specs_path(const char *folder, const char *name, GError **error);

#endif
