/* The log of offers: counts, the last results, its bound. */
#include "json.h"
#include "offer_log.h"

static void refuse(MuOfferLog *log, MuOutcome *outcome, const char *pod, guint offers, gint64 now_ms) {
  const MuOutcome before = *outcome;
  for (guint i = 0; i < offers; i++) {
    outcome->offers++;
    mu_outcome_refuse_amount(outcome, MU_STAGE_MEMORY, "host-1", 4096, 1200);
  }
  mu_offer_log_add(log, pod, &before, outcome, NULL, now_ms);
}

static void accept(MuOfferLog *log, MuOutcome *outcome, const char *pod, gint64 now_ms) {
  const MuOutcome before = *outcome;
  outcome->offers++;
  mu_offer_log_add(log, pod, &before, outcome, "host-2", now_ms);
}

static void test_json(void) {
  MuOfferLog log = {0};
  g_autoptr(MuOutcome) first = mu_outcome_new();
  g_autoptr(MuOutcome) second = mu_outcome_new();
  refuse(&log, first, "hello-0", 2, 1000);
  refuse(&log, first, "hello-0", 1, 2000); /* the same again: no further note */
  refuse(&log, second, "hello-1", 1, 2000);
  accept(&log, first, "hello-0", 3000);
  g_autoptr(json_t) json = mu_offer_log_to_json(&log);
  g_autofree char *text = mu_json_to_string(json);
  g_assert_cmpstr(
      text, ==,
      "{\"acceptedCount\":1,\"rejectedCount\":4,\"failureReasons\":{\"memory\":4},\"rejectedAgents\":{\"host-1\":2},"
      "\"offers\":["
      "{\"timestamp\":2000,\"pod-instance-name\":\"hello-0\",\"outcome\":\"fail\",\"explanation\":[\"memory: wanted 4096 "
      "MB, best offer had 1200 MB (host-1)\"],\"offer\":\"host-1\"},"
      "{\"timestamp\":2000,\"pod-instance-name\":\"hello-1\",\"outcome\":\"fail\",\"explanation\":[\"memory: wanted 4096 "
      "MB, best offer had 1200 MB (host-1)\"],\"offer\":\"host-1\"},"
      "{\"timestamp\":3000,\"pod-instance-name\":\"hello-0\",\"outcome\":\"pass\",\"explanation\":[],\"offer\":\"host-2\"}"
      "]}");
  mu_offer_log_clear(&log);
}

static void test_bound(void) {
  MuOfferLog log = {0};
  g_autoptr(MuOutcome) outcome = mu_outcome_new();
  for (guint i = 0; i < 3 * MU_OFFER_LOG_NOTES; i++)
    accept(&log, outcome, "hello-0", i);
  g_assert_cmpuint(log.notes.length, ==, MU_OFFER_LOG_NOTES);
  g_assert_cmpint(((MuOfferNote *)log.notes.head->data)->at_ms, ==, 2 * MU_OFFER_LOG_NOTES);
  g_assert_cmpuint(log.accepted, ==, 3 * MU_OFFER_LOG_NOTES);
  mu_offer_log_clear(&log);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/offer-log/json", test_json);
  g_test_add_func("/offer-log/bound", test_bound);
  return g_test_run();
}
