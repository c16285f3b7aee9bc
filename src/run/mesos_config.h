/* From the runner's options to the Mesos engine's, and to what the core has to know of it. */
#ifndef MU_MESOS_CONFIG_H
#define MU_MESOS_CONFIG_H
#include "engine.h"
#include "event_client.h"
#include <muster/multi_service_runner.h>

/* The engine, as the options say. MU_ERROR_REFUSED names the option that is wrong. */
MuEngine *mu_runner_mesos_engine(const MuRunnerOptions *options, const char *framework_name, GError **error);
/* Role, principal, user, and what the default executor takes of an agent; and where agents fetch muster-bootstrap. After the
 * API's address is set. */
void mu_runner_mesos_settings(const MuRunnerOptions *options, MuEngine *engine, gboolean has_bootstrap,
                              MuClientSettings *settings);
#endif
