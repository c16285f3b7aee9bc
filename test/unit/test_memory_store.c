#include "memory_store.h"

#include <muster/error.h>
#include <string.h>

typedef struct {
  guint n_done;
  MuErrorCode code; /* of the last failure */
  gboolean failed;
} Outcome;

static void on_done(MuBatch *batch, const GError *error, gpointer user) {
  Outcome *outcome = user;
  g_assert_nonnull(batch);
  outcome->n_done++;
  outcome->failed = error != NULL;
  if (error != NULL)
    outcome->code = (MuErrorCode)error->code;
}

static MuBatch *batch_of(const char *key, const char *value) {
  MuBatch *batch = mu_batch_new();
  mu_batch_put(batch, MU_RECORD_TASK, "svc", key, value, strlen(value));
  return batch;
}

static gboolean visit(const MuStoredRecord *record, gpointer user, GError **error) {
  if (g_str_equal(record->key, "stop")) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "stopped");
    return FALSE;
  }
  g_string_append_printf(user, "%s/%s/%s=%.*s ", mu_record_kind_to_string(record->kind), record->service, record->key,
                         (int)record->length, record->value);
  return TRUE;
}

static const MuStoreReader READER = {.visit = visit};

static void assert_holds(MuStore *store, const char *expected) {
  g_autoptr(GString) text = g_string_new(NULL);
  g_assert_true(store->ops->load(store, &READER, text, NULL));
  g_assert_true(store->ops->check(store, NULL));
  g_assert_cmpstr(text->str, ==, expected);
}

static void commit_now(MuStore *store, MuBatch *batch, Outcome *outcome) {
  guint before = outcome->n_done;
  store->ops->commit(store, batch, on_done, outcome);
  g_assert_cmpuint(outcome->n_done, ==, before); /* never from inside commit */
  while (outcome->n_done == before)
    g_main_context_iteration(NULL, TRUE);
}

static void test_commit(void) {
  MuStore *store = mu_memory_store_new();
  Outcome outcome = {0};
  g_autoptr(MuBatch) one = batch_of("a", "1"), two = batch_of("a", "2"), gone = mu_batch_new(), empty = mu_batch_new();
  mu_batch_delete(gone, MU_RECORD_TASK, "svc", "a");
  mu_batch_delete(gone, MU_RECORD_TASK, "svc", "never-there");
  commit_now(store, one, &outcome);
  assert_holds(store, "task/svc/a=1 ");
  commit_now(store, two, &outcome);
  assert_holds(store, "task/svc/a=2 ");
  commit_now(store, empty, &outcome);
  commit_now(store, gone, &outcome);
  assert_holds(store, "");
  commit_now(store, one, &outcome);
  g_assert_cmpuint(mu_memory_store_size(store), ==, 1);
  g_assert_true(store->ops->erase(store, NULL));
  g_assert_cmpuint(mu_memory_store_size(store), ==, 0);
  store->ops->free(store);
}

static void test_fail(void) {
  MuStore *store = mu_memory_store_new();
  Outcome outcome = {0};
  g_autoptr(MuBatch) batch = batch_of("a", "1");
  mu_memory_store_fail_next(store, 2);
  for (int i = 0; i < 2; i++) {
    commit_now(store, batch, &outcome);
    g_assert_true(outcome.failed && outcome.code == MU_ERROR_UNAVAILABLE);
    assert_holds(store, "");
  }
  commit_now(store, batch, &outcome);
  g_assert_false(outcome.failed);
  mu_memory_store_fail_next(store, G_MAXUINT);
  for (int i = 0; i < 5; i++) {
    commit_now(store, batch, &outcome);
    g_assert_true(outcome.failed);
  }
  mu_memory_store_fail_next(store, 0);
  commit_now(store, batch, &outcome);
  g_assert_false(outcome.failed);
  store->ops->free(store);
}

static void test_hold(void) {
  MuStore *store = mu_memory_store_new();
  Outcome outcome = {0};
  g_autoptr(MuBatch) batch = batch_of("a", "1");
  mu_memory_store_hold(store, TRUE);
  mu_memory_store_finish(store); /* nothing to finish */
  store->ops->commit(store, batch, on_done, &outcome);
  g_assert_false(g_main_context_iteration(NULL, FALSE));
  g_assert_cmpuint(outcome.n_done, ==, 0);
  assert_holds(store, "");
  mu_memory_store_finish(store);
  g_assert_cmpuint(outcome.n_done, ==, 1);
  assert_holds(store, "task/svc/a=1 ");
  store->ops->commit(store, batch, on_done, &outcome); /* left under way when freed */
  store->ops->free(store);
  g_assert_cmpuint(outcome.n_done, ==, 1);
}

static void test_visitor_stops(void) {
  MuStore *store = mu_memory_store_new();
  Outcome outcome = {0};
  g_autoptr(MuBatch) batch = batch_of("stop", "1");
  commit_now(store, batch, &outcome);
  g_autoptr(GError) error = NULL;
  g_assert_false(store->ops->load(store, &READER, NULL, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  store->ops->free(store);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/memory-store/commit", test_commit);
  g_test_add_func("/memory-store/fail", test_fail);
  g_test_add_func("/memory-store/hold", test_hold);
  g_test_add_func("/memory-store/visitor-stops", test_visitor_stops);
  return g_test_run();
}
