#include "record.h"

#include <string.h>

static void test_kinds(void) {
  static const struct {
    int number; /* in stores for ever */
    const char *word;
  } kinds[] = {
      {1, "framework"}, {2, "context"}, {3, "service"}, {4, "config"}, {5, "pod"},      {6, "task"}, {7, "status"},
      {8, "mark"},      {9, "garbage"}, {0, NULL},      {10, "pause"}, {11, "history"}, {12, NULL},  {-1, NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_assert_cmpstr(mu_record_kind_to_string((MuRecordKind)kinds[i].number), ==, kinds[i].word);
}

static void assert_op(const MuBatch *batch, guint i, MuRecordKind kind, const char *service, const char *key,
                      const char *value, gsize length) {
  const MuRecordOp *op = &g_array_index(batch->ops, MuRecordOp, i);
  g_assert_cmpint(op->kind, ==, kind);
  g_assert_cmpstr(op->service, ==, service);
  g_assert_cmpstr(op->key, ==, key);
  g_assert_cmpuint(op->length, ==, length);
  g_assert_true(length == 0 || memcmp(op->value, value, length) == 0);
  g_assert_true((op->value == NULL) == (value == NULL));
  g_assert_true(value == NULL || op->value[length] == '\0');
}

/* In order, each op its own, values copied or taken byte by byte. */
static void test_batch(void) {
  g_autoptr(MuBatch) batch = mu_batch_new();
  g_assert_true(mu_batch_is_empty(batch));
  char value[] = "a\0b";
  mu_batch_put(batch, MU_RECORD_TASK, "svc", "key", value, 3);
  value[0] = 'x';
  mu_batch_take(batch, MU_RECORD_POD, "svc", "pod-0", g_strdup("{}"));
  mu_batch_delete(batch, MU_RECORD_TASK, "svc", "key");
  mu_batch_put(batch, MU_RECORD_FRAMEWORK, "", "", "", 0);
  g_assert_false(mu_batch_is_empty(batch));
  g_assert_cmpuint(batch->ops->len, ==, 4);
  assert_op(batch, 0, MU_RECORD_TASK, "svc", "key", "a\0b", 3);
  assert_op(batch, 1, MU_RECORD_POD, "svc", "pod-0", "{}", 2);
  assert_op(batch, 2, MU_RECORD_TASK, "svc", "key", NULL, 0);
  assert_op(batch, 3, MU_RECORD_FRAMEWORK, "", "", "", 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/record/kinds", test_kinds);
  g_test_add_func("/record/batch", test_batch);
  return g_test_run();
}
