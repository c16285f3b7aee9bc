#include "sm.h"

#include "log.h"

/*  DOWN ──▶ STARTING ──▶ UP
 *   ▲──────────┘──────────┘   */
enum { DOWN, STARTING, UP };

static const MuSmState states[] = {
    [DOWN] = {"DOWN", MU_SM_TO(STARTING)},
    [STARTING] = {"STARTING", MU_SM_TO(UP) | MU_SM_TO(DOWN)},
    [UP] = {"UP", MU_SM_TO(DOWN)},
};
static const MuSm machine = {"machine", states, G_N_ELEMENTS(states)};

static void test_edges(void) {
  static const gboolean legal[3][3] = {{FALSE, TRUE, FALSE}, {TRUE, FALSE, TRUE}, {TRUE, FALSE, FALSE}};
  for (guint from = 0; from < 3; from++)
    for (guint to = 0; to < 3; to++)
      g_assert_cmpint(mu_sm_can_move(&machine, from, to), ==, legal[from][to]);
}

static void keep(MuLogLevel level, const char *message, gpointer user) {
  g_string_append_printf(user, "%s %s\n", mu_log_level_to_string(level), message);
}

static void test_move(void) {
  g_autoptr(GString) log = g_string_new(NULL);
  mu_log_set_sink(keep, log);
  guint state = DOWN;
  mu_sm_move(&machine, &state, STARTING, "m1"); /* not traced: the level is info */
  mu_log_set_level(MU_LOG_DEBUG);
  mu_sm_move(&machine, &state, UP, "m1");
  mu_log_set_level(MU_LOG_INFO);
  mu_log_set_sink(NULL, NULL);
  g_assert_cmpuint(state, ==, UP);
  g_assert_cmpstr(mu_sm_name(&machine, state), ==, "UP");
  g_assert_cmpstr(log->str, ==, "debug machine m1: STARTING to UP\n");
}

static void test_illegal(void) {
  if (g_test_subprocess()) {
    guint state = DOWN;
    mu_sm_move(&machine, &state, UP, "m2");
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_failed();
  g_test_trap_assert_stderr("*bug at *sm.c:*machine m2: illegal move from DOWN to UP*");
}

static void test_log_levels(void) {
  static const char *const words[] = {"debug", "info", "warning", "error"};
  for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
    MuLogLevel level;
    g_assert_true(mu_log_level_from_string(words[i], &level));
    g_assert_cmpuint(level, ==, i);
    g_assert_cmpstr(mu_log_level_to_string(level), ==, words[i]);
  }
  MuLogLevel level = MU_LOG_ERROR;
  g_assert_false(mu_log_level_from_string("loud", &level));
  g_assert_cmpuint(level, ==, MU_LOG_ERROR);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sm/edges", test_edges);
  g_test_add_func("/sm/move", test_move);
  g_test_add_func("/sm/illegal", test_illegal);
  g_test_add_func("/sm/log-levels", test_log_levels);
  return g_test_run();
}
