#include "record.h"

#include <string.h>

const char *mu_record_kind_to_string(MuRecordKind kind) {
  switch (kind) {
#define X(name, number, word, what)                                                                                    \
  case MU_RECORD_##name: return word;
    MU_RECORD_TABLE(X)
#undef X
  }
  return NULL;
}

static void op_clear(gpointer data) {
  MuRecordOp *op = data;
  g_free(op->service);
  g_free(op->value);
}

MuBatch *mu_batch_new(void) {
  MuBatch *batch = g_new0(MuBatch, 1);
  batch->ops = g_array_new(FALSE, FALSE, sizeof(MuRecordOp));
  g_array_set_clear_func(batch->ops, op_clear);
  return batch;
}

void mu_batch_free(MuBatch *batch) {
  if (batch == NULL)
    return;
  g_array_unref(batch->ops);
  g_free(batch);
}

static void append(MuBatch *batch, MuRecordKind kind, const char *service, const char *key, char *take_value,
                   gsize length) {
  gsize of_service = strlen(service) + 1, of_key = strlen(key) + 1;
  char *names = g_malloc(of_service + of_key); /* one block: service, and key behind it */
  memcpy(names, service, of_service);
  memcpy(names + of_service, key, of_key);
  MuRecordOp op = {kind, names, names + of_service, take_value, length};
  g_array_append_val(batch->ops, op);
}

void mu_batch_put(MuBatch *batch, MuRecordKind kind, const char *service, const char *key, const char *value,
                  gsize length) {
  char *copy = g_malloc(length + 1);
  memcpy(copy, value, length);
  copy[length] = '\0';
  append(batch, kind, service, key, copy, length);
}

void mu_batch_take(MuBatch *batch, MuRecordKind kind, const char *service, const char *key, char *take_value) {
  append(batch, kind, service, key, take_value, strlen(take_value));
}

void mu_batch_delete(MuBatch *batch, MuRecordKind kind, const char *service, const char *key) {
  append(batch, kind, service, key, NULL, 0);
}

gboolean mu_batch_is_empty(const MuBatch *batch) {
  return batch->ops->len == 0;
}

MuBatch *mu_batch_new_borrowing(void) {
  MuBatch *batch = g_new0(MuBatch, 1);
  batch->ops = g_array_new(FALSE, FALSE, sizeof(MuRecordOp));
  return batch;
}

void mu_batch_borrow(MuBatch *batch, const MuBatch *from) {
  g_array_append_vals(batch->ops, from->ops->data, from->ops->len);
  batch->sequence = from->sequence;
}
