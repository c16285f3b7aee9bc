/* Rules of a framework's own on which configuration may follow which; the built-in ones hold for every service
 * (docs/spec.md, "Changing a running service"). */
#ifndef MUSTER_CONFIG_VALIDATOR_H
#define MUSTER_CONFIG_VALIDATOR_H

#include <muster/spec.h>

G_BEGIN_DECLS

/* Whether `new_spec` may become the target of a service whose target is `old_spec`; NULL: it is the service's first one.
 * FALSE with MU_ERROR_REFUSED whose message says, a line for each fault, what to do instead. Must be a function of its
 * arguments. */
typedef gboolean (*MuConfigValidator)(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, gpointer user,
                                      GError **error);

enum {
  MU_ENV_MAY_BE_SET = 1 << 0,   /* a variable that was not set, or empty, may get a value */
  MU_ENV_MAY_BE_UNSET = 1 << 1, /* one that was set may lose it */
};

/* For use in a validator: the task's environment variable stays as it is, but for what `allowed` says. A task that one of the
 * specs does not have is no fault. */
gboolean mu_validate_task_env(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, const char *pod,
                              const char *task, const char *variable, guint allowed, GError **error);
/* For use in a validator: the pod's placement names @zone exactly when it did before. Pods spread over zones cannot be
 * brought together, nor the other way round, without moving them. */
gboolean mu_validate_zones(const MuServiceSpec *old_spec, const MuServiceSpec *new_spec, const char *pod,
                           GError **error);

G_END_DECLS
#endif
