/* Placement rules: may an instance of a pod stand where this offer comes from, given where its service's others stand?
 * The operators are those of Marathon's constraints. */
#ifndef MU_PLACEMENT_H
#define MU_PLACEMENT_H
#include "records.h"
#include <muster/spec.h>

/* TRUE when the rule lets the instance `type`-`index` stand at the offer's agent. `pods` (of MuPodRecord*) are the service's
 * instances, the one in question possibly among them: it does not count against itself. On FALSE `ret_detail`, when not
 * NULL, says which part refused and why; the caller frees. A NULL rule passes. */
gboolean mu_placement_passes(const MuPlacementRule *rule, const char *type, guint index, const MuOffer *offer,
                             const GPtrArray *pods, char **ret_detail);
#endif
