/* Marathon's placement constraints. */
#ifndef MU_SPEC_PLACEMENT_H
#define MU_SPEC_PLACEMENT_H
#include "arena.h"
#include <glib.h>
#include <muster/spec.h>

#define MU_PLACEMENT_MAX_BYTES 65536
#define MU_PLACEMENT_MAX_RULES 256

/* Reads constraints: JSON, `[["hostname","UNIQUE"],["rack","CLUSTER","r1"]]` or one row of it, or the comma form
 * `hostname:UNIQUE,rack:CLUSTER:r1`, in which a backslash takes the meaning from a comma or a colon. *ret_rule, in the
 * arena, is the rule of the only row or the AND of all rows; NULL when there is no row. MU_ERROR_REFUSED says what is
 * wrong, without a place. */
gboolean mu_placement_parse(MuArena *arena, const char *text, MuPlacementRule **ret_rule, GError **error);

/* Whether a rule in the tree is about this field. NULL has none. */
gboolean mu_placement_mentions(const MuPlacementRule *rule, const char *field);
#endif
