/* Earlier configurations: how many are kept, how they are found, and that a damaged one is refused. */
#include "service_private.h"
#include <muster/error.h>

#include <string.h>

typedef struct {
  MuService *service;
  MuEffects effects;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  (void)data;
  f->service = mu_service_new("svc");
  f->effects.batch = mu_batch_new();
  f->effects.max_stored_bytes = G_MAXSIZE;
  f->effects.waiting_at_once = G_MAXUINT;
}

static void tear_down(Fixture *f, gconstpointer data) {
  (void)data;
  mu_batch_free(f->effects.batch);
  mu_service_free(f->service);
}

static void note(Fixture *f, gint64 version, const char *config, gsize bytes) {
  g_autofree char *text = g_strnfill(bytes, 'x');
  g_autoptr(GBytes) context = g_bytes_new(text, bytes);
  g_free(f->service->record->target);
  f->service->record->target = g_strdup(config);
  f->service->record->version = version;
  mu_service_note_history(f->service, context, &f->effects);
}

static gint64 found(Fixture *f, const char *which) {
  const MuHistoryEntry *entry = mu_service_find_history(f->service, which, NULL);
  return entry == NULL ? 0 : entry->version;
}

static void test_find(Fixture *f, gconstpointer data) {
  (void)data;
  g_assert_cmpint(found(f, NULL), ==, 0);
  g_assert_cmpint(found(f, "1"), ==, 0);
  note(f, 1, "aa11", 1);
  g_assert_cmpint(found(f, NULL), ==, 0); /* only the target */
  note(f, 2, "aa22", 1);
  note(f, 3, "bb33", 1);
  note(f, 3, "bb33", 1); /* noted already */
  g_assert_cmpuint(f->service->history->len, ==, 3);
  g_assert_cmpint(found(f, NULL), ==, 2);
  g_assert_cmpint(found(f, "1"), ==, 1);
  g_assert_cmpint(found(f, "aa11"), ==, 1);
  g_assert_cmpint(found(f, "bb"), ==, 3);
  g_assert_cmpint(found(f, "aa"), ==, 0); /* of two */
  g_assert_cmpint(found(f, ""), ==, 0);
  note(f, 4, "aa11", 1);
  g_assert_cmpint(found(f, "aa11"), ==, 4); /* the same one again */
  g_assert_cmpint(found(f, NULL), ==, 3);
}

static void test_limits(Fixture *f, gconstpointer data) {
  (void)data;
  for (gint64 version = 1; version <= MU_HISTORY_MAX + 3; version++) {
    g_autofree char *config = g_strdup_printf("c-%" G_GINT64_FORMAT, version);
    note(f, version, config, 10);
  }
  g_assert_cmpuint(f->service->history->len, ==, MU_HISTORY_MAX);
  g_assert_cmpint(found(f, "3"), ==, 0);
  g_assert_cmpint(found(f, "4"), ==, 4);
  note(f, 50, "big", MU_HISTORY_MAX_BYTES - 20); /* with two small ones it is full */
  g_assert_cmpuint(f->service->history->len, ==, 3);
  note(f, 51, "bigger", MU_HISTORY_MAX_BYTES + 1); /* the present one, whatever its size */
  g_assert_cmpuint(f->service->history->len, ==, 1);
  mu_service_erase_history(f->service, &f->effects);
  g_assert_cmpuint(f->service->history->len, ==, 0);
}

/* What was recorded is what is loaded, whatever the bytes; and what is damaged is not. */
static void test_load(Fixture *f, gconstpointer data) {
  static const char *const BAD[] = {"", "{}", "{\"config\":\"c\",\"version\":\"1\",\"context\":\"\"}",
                                    "{\"config\":\"c\",\"version\":1}"};
  g_autoptr(GBytes) context = g_bytes_new_static("\0\xff\n", 3);
  (void)data;
  f->service->record->target = g_strdup("c");
  f->service->record->version = 7;
  mu_service_note_history(f->service, context, &f->effects);
  const MuRecordOp *op = &g_array_index(f->effects.batch->ops, MuRecordOp, 0);
  g_assert_cmpint(op->kind, ==, MU_RECORD_HISTORY);
  g_assert_cmpstr(op->key, ==, "7");
  MuService *other = mu_service_new("svc");
  g_assert_true(mu_history_load(other, op->value, op->length, NULL));
  g_assert_true(g_bytes_equal(mu_service_find_history(other, "7", NULL)->context, context));
  for (guint i = 0; i < G_N_ELEMENTS(BAD); i++)
    g_assert_false(mu_history_load(other, BAD[i], strlen(BAD[i]), NULL));
  mu_service_free(other);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/history/find", Fixture, NULL, set_up, test_find, tear_down);
  g_test_add("/history/limits", Fixture, NULL, set_up, test_limits, tear_down);
  g_test_add("/history/load", Fixture, NULL, set_up, test_load, tear_down);
  return g_test_run();
}
