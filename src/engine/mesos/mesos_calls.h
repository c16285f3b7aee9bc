/* Calls of the scheduler API between us and Mesos; one function each way, so that a test's master is made of the other
 * direction. */
#ifndef MU_MESOS_CALLS_H
#define MU_MESOS_CALLS_H
#include "engine.h"
#include "mesos_launch.h"
#include "scheduler.pb-c.h"

/* What a framework says of itself. */
typedef struct {
  const char *id; /* NULL: a new one */
  const char *name, *user, *principal;
  const char *const *roles; /* NULL-terminated */
  const char *hostname, *webui_url;
  gint64 failover_timeout_s;
  gboolean checkpoint, gpus, region_aware;
} MuMesosFramework;

/* In the arena; they borrow texts of what they are given. */
Mesos__Call *mu_mesos_subscribe_write(MuArena *arena, const MuMesosFramework *framework);
Mesos__Call *mu_mesos_update_framework_write(MuArena *arena, const MuMesosFramework *framework);
/* `place` has the agent of an ACCEPT. An ACKNOWLEDGE must have its uuid and agent. */
Mesos__Call *mu_mesos_call_write(MuArena *arena, const MuEngineCall *call, const MuMesosLaunchPlace *place);
/* What a master reads. NULL with MU_ERROR_REFUSED, and NULL without an error for SUBSCRIBE and UPDATE_FRAMEWORK, which are
 * no calls of the engine's interface. The caller frees. */
MuEngineCall *mu_mesos_call_read(const Mesos__Call *message, GError **error);
#endif
