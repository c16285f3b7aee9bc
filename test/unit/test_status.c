/* The roll-up of statuses against an oracle for every combination of its arguments: the rules of PlanUtils.getAggregateStatus
 * of dcos-commons as a table, read from the top. */
#include "status.h"

#define ALL_SETS (1u << MU_STATUS_COUNT)

typedef struct {
  gboolean children[MU_STATUS_COUNT], candidates[MU_STATUS_COUNT];
  gboolean errors, interrupted;
} Case;

static gboolean nothing_but(const gboolean *set, MuStatus status) {
  for (int i = 0; i < MU_STATUS_COUNT; i++)
    if (set[i] && i != (int)status)
      return FALSE;
  return TRUE;
}

/* ---- the rules, each by what it asks ------------------------------------------------------------------------------- */

static gboolean is_broken(const Case *c) {
  return c->errors || c->children[MU_STATUS_ERROR];
}

static gboolean is_done(const Case *c) {
  return nothing_but(c->children, MU_STATUS_COMPLETE);
}

static gboolean is_interrupted(const Case *c) {
  return c->interrupted;
}

static gboolean is_all_delayed(const Case *c) {
  return nothing_but(c->candidates, MU_STATUS_DELAYED) && nothing_but(c->children, MU_STATUS_DELAYED);
}

static gboolean child_prepares(const Case *c) {
  return c->children[MU_STATUS_PREPARED];
}

static gboolean candidate_waits(const Case *c) {
  return c->candidates[MU_STATUS_WAITING];
}

static gboolean candidate_goes_on(const Case *c) {
  return c->candidates[MU_STATUS_IN_PROGRESS];
}

static gboolean goes_on_after_some(const Case *c) {
  return c->children[MU_STATUS_COMPLETE] &&
         (c->candidates[MU_STATUS_PENDING] || c->candidates[MU_STATUS_STARTING] || c->candidates[MU_STATUS_STARTED]);
}

static gboolean candidate_pends(const Case *c) {
  return c->candidates[MU_STATUS_PENDING];
}

static gboolean child_waits(const Case *c) {
  return c->children[MU_STATUS_WAITING];
}

static gboolean candidate_starts(const Case *c) {
  return c->candidates[MU_STATUS_STARTING];
}

static gboolean candidate_started(const Case *c) {
  return c->candidates[MU_STATUS_STARTED];
}

/* From here on the reference says ERROR. */
static gboolean candidate_is_delayed(const Case *c) {
  return c->candidates[MU_STATUS_DELAYED];
}

static gboolean always(const Case *c) {
  (void)c;
  return TRUE;
}

static MuStatus oracle(const Case *c) {
  static const struct {
    gboolean (*holds)(const Case *c);
    MuStatus status;
  } RULES[] = {
      {is_broken, MU_STATUS_ERROR},
      {is_done, MU_STATUS_COMPLETE},
      {is_interrupted, MU_STATUS_WAITING},
      {is_all_delayed, MU_STATUS_DELAYED},
      {child_prepares, MU_STATUS_IN_PROGRESS},
      {candidate_waits, MU_STATUS_WAITING},
      {candidate_goes_on, MU_STATUS_IN_PROGRESS},
      {goes_on_after_some, MU_STATUS_IN_PROGRESS},
      {candidate_pends, MU_STATUS_PENDING},
      {child_waits, MU_STATUS_WAITING},
      {candidate_starts, MU_STATUS_STARTING},
      {candidate_started, MU_STATUS_STARTED},
      {candidate_is_delayed, MU_STATUS_DELAYED},
      {always, MU_STATUS_WAITING},
  };
  guint i = 0;
  while (!RULES[i].holds(c))
    i++;
  return RULES[i].status;
}

/* ---- every combination --------------------------------------------------------------------------------------------- */

static void spread(MuStatusSet set, gboolean *ret) {
  for (int i = 0; i < MU_STATUS_COUNT; i++)
    ret[i] = (set & MU_STATUS_BIT(i)) != 0;
}

static void check(MuStatusSet children, MuStatusSet candidates, gboolean errors, gboolean interrupted) {
  Case c = {.errors = errors, .interrupted = interrupted};
  spread(children, c.children);
  spread(candidates, c.candidates);
  MuStatus found = mu_status_roll_up(children, candidates, errors, interrupted), wanted = oracle(&c);
  if (found != wanted)
    g_error("children %#x, candidates %#x, errors %d, interrupted %d: %s, not %s", children, candidates, errors,
            interrupted, mu_status_to_string(found), mu_status_to_string(wanted));
}

static void test_every_combination(void) {
  for (MuStatusSet children = 0; children < ALL_SETS; children++)
    for (MuStatusSet candidates = 0; candidates < ALL_SETS; candidates++)
      for (guint flags = 0; flags < 4; flags++)
        check(children, candidates, (flags & 1) != 0, (flags & 2) != 0);
}

/* ---- some of them, to be read -------------------------------------------------------------------------------------- */

#define B(name) MU_STATUS_BIT(MU_STATUS_##name)

static void test_examples(void) {
  static const struct {
    MuStatusSet children, candidates;
    gboolean errors, interrupted;
    MuStatus wanted;
  } ROWS[] = {
      {0, 0, FALSE, FALSE, MU_STATUS_COMPLETE},
      {0, 0, TRUE, FALSE, MU_STATUS_ERROR},
      {B(COMPLETE), 0, FALSE, TRUE, MU_STATUS_COMPLETE}, /* done is done, interrupted or not */
      {B(PENDING), B(PENDING), FALSE, FALSE, MU_STATUS_PENDING},
      {B(PENDING), B(PENDING), FALSE, TRUE, MU_STATUS_WAITING},
      {B(PENDING), 0, FALSE, FALSE, MU_STATUS_WAITING}, /* a canary that is held */
      {B(COMPLETE) | B(PENDING), B(PENDING), FALSE, FALSE, MU_STATUS_IN_PROGRESS},
      {B(STARTING) | B(PENDING), B(STARTING), FALSE, FALSE, MU_STATUS_STARTING},
      {B(STARTED) | B(PENDING), B(STARTED), FALSE, FALSE, MU_STATUS_STARTED},
      {B(STARTED) | B(PENDING), B(STARTED) | B(PENDING), FALSE, FALSE, MU_STATUS_PENDING},
      {B(PREPARED) | B(PENDING), B(PENDING), FALSE, FALSE, MU_STATUS_IN_PROGRESS},
      {B(WAITING) | B(STARTED), B(STARTED), FALSE, FALSE, MU_STATUS_WAITING},
      {B(WAITING) | B(PENDING), B(PENDING), FALSE, FALSE, MU_STATUS_PENDING},
      {B(DELAYED), B(DELAYED), FALSE, FALSE, MU_STATUS_DELAYED},
      {B(DELAYED) | B(COMPLETE), B(DELAYED), FALSE, FALSE, MU_STATUS_DELAYED}, /* the reference: ERROR */
      {B(DELAYED) | B(STARTED), B(DELAYED) | B(STARTED), FALSE, FALSE, MU_STATUS_STARTED},
      {B(ERROR) | B(COMPLETE), 0, FALSE, TRUE, MU_STATUS_ERROR},
      {B(IN_PROGRESS) | B(PENDING), B(IN_PROGRESS), FALSE, FALSE, MU_STATUS_IN_PROGRESS},
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
    g_assert_cmpstr(mu_status_to_string(
                        mu_status_roll_up(ROWS[i].children, ROWS[i].candidates, ROWS[i].errors, ROWS[i].interrupted)),
                    ==, mu_status_to_string(ROWS[i].wanted));
}

static void test_words(void) {
  static const char *const WORDS[] = {"ERROR",   "WAITING", "PENDING",  "PREPARED",   "STARTING",
                                      "STARTED", "DELAYED", "COMPLETE", "IN_PROGRESS"};
  static const gboolean RUNNING[] = {FALSE, FALSE, FALSE, TRUE, TRUE, TRUE, FALSE, FALSE, TRUE};
  g_assert_cmpint(G_N_ELEMENTS(WORDS), ==, MU_STATUS_COUNT);
  for (guint i = 0; i < MU_STATUS_COUNT; i++) {
    g_assert_cmpstr(mu_status_to_string((MuStatus)i), ==, WORDS[i]);
    g_assert_cmpint(mu_status_is_running((MuStatus)i), ==, RUNNING[i]);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/status/every_combination", test_every_combination);
  g_test_add_func("/status/examples", test_examples);
  g_test_add_func("/status/words", test_words);
  return g_test_run();
}
