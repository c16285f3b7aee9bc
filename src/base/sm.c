#include "sm.h"

#include "bug.h"
#include "log.h"

gboolean mu_sm_can_move(const MuSm *sm, guint from, guint to) {
  mu_assert(sm->n_states <= 32);
  mu_assert(from < sm->n_states && to < sm->n_states);
  return (sm->states[from].allowed & MU_SM_TO(to)) != 0;
}

static void illegal_move(const MuSm *sm, guint from, guint to, const char *label) G_GNUC_NORETURN;
static void illegal_move(const MuSm *sm, guint from, guint to, const char *label) {
  g_autofree char *why =
      g_strdup_printf("%s %s: illegal move from %s to %s", sm->name, label, mu_sm_name(sm, from), mu_sm_name(sm, to));
  mu_bug(why);
}

void mu_sm_move(const MuSm *sm, guint *state, guint to, const char *label) {
  if (!mu_sm_can_move(sm, *state, to))
    illegal_move(sm, *state, to, label);
  mu_debug("%s %s: %s to %s", sm->name, label, mu_sm_name(sm, *state), mu_sm_name(sm, to));
  *state = to;
}

const char *mu_sm_name(const MuSm *sm, guint state) {
  mu_assert(state < sm->n_states);
  return sm->states[state].name;
}
