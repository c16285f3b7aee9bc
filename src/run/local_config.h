/* From the runner's options to the local engine's. */
#ifndef MU_LOCAL_CONFIG_H
#define MU_LOCAL_CONFIG_H
#include "local_engine.h"
#include <muster/multi_service_runner.h>

/* The local engine below `folder`, with the store of secrets in `secrets`, as the options say. MU_ERROR_REFUSED names the option that is wrong. */
MuEngine *mu_runner_local_engine(const MuRunnerOptions *options, const char *folder, const char *secrets,
                                 GError **error);
#endif
