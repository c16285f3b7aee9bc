/* Outcomes: the words and the JSON of why a step waits, and that they stay small. */
#include "outcome.h"

#include "json.h"

#include <string.h>

#define assert_summary(outcome, expected)                                                                              \
  G_STMT_START {                                                                                                       \
    g_autofree char *found = mu_outcome_summary(outcome);                                                              \
    g_assert_cmpstr(found, ==, (expected));                                                                            \
  }                                                                                                                    \
  G_STMT_END

#define assert_json(outcome, expected)                                                                                 \
  G_STMT_START {                                                                                                       \
    g_autoptr(json_t) json = mu_outcome_to_json(outcome);                                                              \
    g_autofree char *found = mu_json_to_string(json);                                                                  \
    g_assert_cmpstr(found, ==, (expected));                                                                            \
  }                                                                                                                    \
  G_STMT_END

static void test_stage_words(void) {
  static const char *const WORDS[] = {"dependency", "discipline", "quota",  "budget", "agent", "role", "placement",
                                      "reserved",   "cpus",       "memory", "gpus",   "disk",  "ports"};
  g_assert_cmpuint(G_N_ELEMENTS(WORDS), ==, MU_STAGE_COUNT);
  for (guint i = 0; i < MU_STAGE_COUNT; i++)
    g_assert_cmpstr(mu_stage_to_string((MuStage)i), ==, WORDS[i]);
}

static void test_empty(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  assert_summary(outcome, "no offer came yet");
  assert_json(outcome, "{\"offers\":0,\"summary\":\"no offer came yet\",\"stages\":[]}");
  outcome->offers = 1;
  assert_summary(outcome, "an offer fits; the launch is under way");
}

static void test_units(void) {
  static const struct {
    MuStage stage;
    gint64 wanted, had;
    const char *text;
  } ROWS[] = {
      {MU_STAGE_CPUS, 500, 250, "wanted 0.5 cpus, best offer had 0.25 cpus (h1)"},
      {MU_STAGE_CPUS, 2000, 0, "wanted 2 cpus, best offer had 0 cpus (h1)"},
      {MU_STAGE_GPUS, 1000, 0, "wanted 1 gpus, best offer had 0 gpus (h1)"},
      {MU_STAGE_CPUS, 1234567, 1234566, "wanted 1234.567 cpus, best offer had 1234.566 cpus (h1)"},
      {MU_STAGE_MEMORY, 4096, 1200, "wanted 4096 MB, best offer had 1200 MB (h1)"},
      {MU_STAGE_DISK, 1000000, 99, "wanted 1000000 MB, best offer had 99 MB (h1)"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
    g_autoptr(MuOutcome) outcome = mu_outcome_new();
    mu_outcome_refuse_amount(outcome, ROWS[i].stage, "h1", ROWS[i].wanted, ROWS[i].had);
    g_autofree char *text = mu_stage_result_to_string(ROWS[i].stage, &outcome->stages[ROWS[i].stage]);
    g_assert_cmpstr(text, ==, ROWS[i].text);
  }
}

/* The example is the nearest offer, whatever came after it. */
static void test_nearest(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  outcome->offers = 4;
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h1", 4096, 700);
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h2", 4096, 1200);
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h3", 4096, 1200);
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h4", 4096, 0);
  assert_summary(outcome, "memory: wanted 4096 MB, best offer had 1200 MB (h2)");
  g_assert_cmpuint(outcome->stages[MU_STAGE_MEMORY].refused, ==, 4);
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h5", 8192, 10); /* something else is wanted now */
  assert_summary(outcome, "memory: wanted 8192 MB, best offer had 10 MB (h5)");
}

/* The stage that refused most speaks; of two, the earlier. */
static void test_busiest(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  outcome->offers = 3;
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h1", 4096, 700);
  mu_outcome_refuse(outcome, MU_STAGE_PLACEMENT, "h2", "hostname UNIQUE: h2 already has a hello");
  assert_summary(outcome, "placement: hostname UNIQUE: h2 already has a hello (h2)");
  mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "h3", 4096, 600);
  assert_summary(outcome, "memory: wanted 4096 MB, best offer had 700 MB (h1)");
}

static void test_words(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  outcome->offers = 3;
  mu_outcome_refuse(outcome, MU_STAGE_DISCIPLINE, NULL, "others are growing");
  assert_summary(outcome, "discipline: others are growing");
  mu_outcome_refuse(outcome, MU_STAGE_PORTS, "h1", "port 80 (web) is not free");
  mu_outcome_refuse(outcome, MU_STAGE_PORTS, "h2", "port 81 (api) is not free"); /* the last one is the example */
  assert_json(outcome, "{\"offers\":3,\"summary\":\"ports: port 81 (api) is not free (h2)\",\"stages\":["
                       "{\"stage\":\"discipline\",\"refused\":1,\"example\":\"others are growing\"},"
                       "{\"stage\":\"ports\",\"refused\":2,\"example\":\"port 81 (api) is not free (h2)\"}]}");
}

/* Words first, numbers later: the example is one of them as a whole. */
static void test_words_then_numbers(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  mu_outcome_refuse(outcome, MU_STAGE_DISK, "h1", "no disk of that profile");
  mu_outcome_refuse_amount(outcome, MU_STAGE_DISK, "h2", 100, 50);
  assert_summary(outcome, "disk: wanted 100 MB, best offer had 50 MB (h2)");
}

static void test_clear(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  outcome->offers = 2;
  mu_outcome_refuse(outcome, MU_STAGE_AGENT, "h1", "elsewhere");
  mu_outcome_clear(outcome);
  assert_json(outcome, "{\"offers\":0,\"summary\":\"no offer came yet\",\"stages\":[]}");
}

/* A hundred thousand refusals take no more room than nine. */
static void test_bounded(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  for (guint i = 0; i < 100000; i++) {
    g_autofree char *agent = g_strdup_printf("host-%06u", i);
    outcome->offers++;
    if (i % 2 == 0)
      mu_outcome_refuse_amount(outcome, (MuStage)(i % MU_STAGE_COUNT), agent, 1000, i);
    else
      mu_outcome_refuse(outcome, (MuStage)(i % MU_STAGE_COUNT), agent, "no");
  }
  g_autoptr(json_t) json = mu_outcome_to_json(outcome);
  g_autofree char *text = mu_json_to_string(json);
  g_assert_cmpuint(json_array_size(json_object_get(json, "stages")), ==, MU_STAGE_COUNT);
  g_assert_cmpuint(strlen(text), <, 1500);
}

/* Text of agents is text of strangers: the JSON is JSON all the same. */
static void test_not_utf8(void) {
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  mu_outcome_refuse(outcome, MU_STAGE_PLACEMENT, "h\xff", "\"quoted\"");
  assert_json(outcome, "{\"offers\":0,\"summary\":\"placement: \\\"quoted\\\" (h\xef\xbf\xbd)\",\"stages\":["
                       "{\"stage\":\"placement\",\"refused\":1,\"example\":\"\\\"quoted\\\" (h\xef\xbf\xbd)\"}]}");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/outcome/stage_words", test_stage_words);
  g_test_add_func("/outcome/empty", test_empty);
  g_test_add_func("/outcome/units", test_units);
  g_test_add_func("/outcome/nearest", test_nearest);
  g_test_add_func("/outcome/busiest", test_busiest);
  g_test_add_func("/outcome/words", test_words);
  g_test_add_func("/outcome/words_then_numbers", test_words_then_numbers);
  g_test_add_func("/outcome/clear", test_clear);
  g_test_add_func("/outcome/bounded", test_bounded);
  g_test_add_func("/outcome/not_utf8", test_not_utf8);
  return g_test_run();
}
