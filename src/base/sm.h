/* State machines as tables: the states with their names, and for each the set of states it may move to. A move asserts
 * its edge. The picture of a machine stands as ASCII above its table. */
#ifndef MU_SM_H
#define MU_SM_H
#include <glib.h>

typedef struct {
  const char *name;
  guint32 allowed; /* bit n set: the move to state n is legal */
} MuSmState;

typedef struct {
  const char *name;
  const MuSmState *states;
  guint n_states; /* at most 32 */
} MuSm;

#define MU_SM_TO(state) (1u << (state))

/* TRUE when the edge is in the table. */
gboolean mu_sm_can_move(const MuSm *sm, guint from, guint to);
/* Asserts the edge, traces it with `label` at debug level, and stores the new state. */
void mu_sm_move(const MuSm *sm, guint *state, guint to, const char *label);
const char *mu_sm_name(const MuSm *sm, guint state);
#endif
