/* SchedulerBuilder: makes the scheduler of one service from its ServiceSpec and what code adds to it. */
#ifndef MUSTER_SCHEDULER_BUILDER_H
#define MUSTER_SCHEDULER_BUILDER_H

#include <muster/config_validator.h>
#include <muster/plan_customizer.h>
#include <muster/recovery_overrider.h>
#include <muster/spec.h>

G_BEGIN_DECLS

/* One service, ready to be given to a MultiServiceManager: the product of the builder and of every ServiceFactory. */
typedef struct MuServiceScheduler MuServiceScheduler;
typedef struct MuSchedulerBuilder MuSchedulerBuilder;

/* Backoff between relaunches of a failing task. */
typedef struct {
  gboolean enabled;
  gint64 initial_ms; /* after the first failure */
  double factor;     /* times this after each further one */
  gint64 max_ms;     /* cap */
  gint64 reset_ms;   /* a task that ran this long starts over */
} MuBackoff;
extern const MuBackoff mu_backoff_default; /* on, 1 s, 2.0, 5 min, 10 min */

/* A builder for the spec, of which a reference is taken; the backoff is mu_backoff_default. Never fails; the caller owns it. */
MuSchedulerBuilder *mu_scheduler_builder_new(MuServiceSpec *spec);
/* Copied. Of an enabled one: initial_ms and max_ms > 0, factor >= 1. */
void mu_scheduler_builder_set_backoff(MuSchedulerBuilder *builder, const MuBackoff *backoff);
/* One more rule for configurations of this service; several are asked in order, and all their faults shown. `user` must live
 * as long as the scheduler. */
void mu_scheduler_builder_add_validator(MuSchedulerBuilder *builder, MuConfigValidator validator, gpointer user);
/* Code that has a say in the service's plans; NULL: none, as without this call. `user` must live as long as the scheduler. */
void mu_scheduler_builder_set_plan_customizer(MuSchedulerBuilder *builder, MuPlanCustomizer customizer, gpointer user);
/* Code that has a say in the plan of the service's uninstall (plan_customizer.h): that the service deregisters itself somewhere before
 * or after its pods are ended, say. NULL: none, as without this call. `user` must live as long as the scheduler. */
void mu_scheduler_builder_set_uninstall_customizer(MuSchedulerBuilder *builder, MuPlanCustomizer customizer,
                                                   gpointer user);
/* Code that says how failed pods are brought back; NULL: none, as without this call. `user` must live as long as the scheduler. */
void mu_scheduler_builder_set_recovery_overrider(MuSchedulerBuilder *builder, MuRecoveryOverrider overrider,
                                                 gpointer user);
/* The scheduler; the builder is consumed either way. MU_ERROR_REFUSED when the spec cannot be scheduled. */
MuServiceScheduler *mu_scheduler_builder_build(MuSchedulerBuilder *take_builder, GError **error);
/* Of one that was not built. NULL is let through. */
void mu_scheduler_builder_free(MuSchedulerBuilder *builder);

/* NULL is let through. */
void mu_service_scheduler_free(MuServiceScheduler *scheduler);
/* Borrowed: it lives as long as the scheduler; take a reference for longer. */
const MuServiceSpec *mu_service_scheduler_spec(const MuServiceScheduler *scheduler);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuSchedulerBuilder, mu_scheduler_builder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuServiceScheduler, mu_service_scheduler_free)

G_END_DECLS
#endif
