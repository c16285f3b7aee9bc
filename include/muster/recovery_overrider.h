/* A recovery overrider: code that says how a failed pod instance is brought back, where that takes more than starting it again: a
 * seed node whose address the others know, a name node that has to be bootstrapped first. */
#ifndef MUSTER_RECOVERY_OVERRIDER_H
#define MUSTER_RECOVERY_OVERRIDER_H

#include <muster/plan_customizer.h>

G_BEGIN_DECLS

/* What failed. Borrowed for the call. */
typedef struct {
  const char *pod; /* its type */
  guint index;     /* of the instance */
  /* It is replaced: what it held is given back, its data is lost, and it begins anew somewhere. Else it is started again where it
   * was, with its data. */
  gboolean permanent;
  const char *const *tasks; /* names of those to be brought back, ended by NULL */
  const char *agent_id;     /* where it was; NULL: not known, as the next two */
  const char *hostname;
  const char *address; /* of its container; NULL when it had none of its own: then the host's is its address */
} MuFailedPod;

/* Called when a pod instance has to be recovered, with the target configuration and a draft of one phase without steps. Steps that
 * it is given (mu_plan_draft_add_pod_step, …_add_custom_step) are done in place of the default recovery; they must bring back all of
 * `failed->tasks` of that instance. A draft that is left as it was: the default recovery. FALSE with an error: likewise, and the
 * error is logged.
 *
 * It is asked about failures, and about what an operator restarts or replaces. What the deploy plan ends to launch it in a new
 * configuration is none.
 *
 * Must be a function of its arguments: it is called again for the same failure at each start of the scheduler and when the
 * configuration changes, until the recovery is over, and the steps of the same names go on where they were. A failure that was not
 * permanent and becomes so is asked about anew. */
typedef gboolean (*MuRecoveryOverrider)(const MuServiceSpec *spec, const MuFailedPod *failed, MuPlanDraft *draft,
                                        gpointer user, GError **error);

G_END_DECLS
#endif
