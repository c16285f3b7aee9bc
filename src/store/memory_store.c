#include "memory_store.h"

#include "bug.h"
#include <muster/error.h>
#include <string.h>

typedef struct {
  MuRecordKind kind;
  char *service, *key, *value;
  gsize length;
} Record;

typedef struct {
  MuStore base;
  GHashTable *records; /* set of Record* */
  guint fail_next;
  gboolean hold;
  guint idle_id;
  /* The commit under way; batch NULL: none. */
  MuBatch *batch;
  MuStoreDone done;
  gpointer user;
} MemoryStore;

/* ---- records ------------------------------------------------------------------------------------------------------- */

static guint record_hash(gconstpointer data) {
  const Record *record = data;
  return (g_str_hash(record->service) * 31 + g_str_hash(record->key)) * 31 + (guint)record->kind;
}

static gboolean record_equal(gconstpointer a, gconstpointer b) {
  const Record *x = a, *y = b;
  return x->kind == y->kind && g_str_equal(x->service, y->service) && g_str_equal(x->key, y->key);
}

static void record_free(gpointer data) {
  Record *record = data;
  g_free(record->service);
  g_free(record->key);
  g_free(record->value);
  g_free(record);
}

static void put(MemoryStore *store, const MuRecordOp *op) {
  Record *record = g_new0(Record, 1);
  record->kind = op->kind;
  record->service = g_strdup(op->service);
  record->key = g_strdup(op->key);
  record->value = g_malloc(op->length + 1);
  memcpy(record->value, op->value, op->length);
  record->value[op->length] = '\0';
  record->length = op->length;
  g_hash_table_replace(store->records, record, record);
}

static void apply(MemoryStore *store, const MuBatch *batch) {
  for (guint i = 0; i < batch->ops->len; i++) {
    const MuRecordOp *op = &g_array_index(batch->ops, MuRecordOp, i);
    const Record named = {.kind = op->kind, .service = op->service, .key = op->key};
    if (op->value == NULL)
      g_hash_table_remove(store->records, &named);
    else
      put(store, op);
  }
}

/* ---- commits ------------------------------------------------------------------------------------------------------- */

static gboolean must_fail(MemoryStore *store) {
  if (store->fail_next == 0)
    return FALSE;
  if (store->fail_next != G_MAXUINT)
    store->fail_next--;
  return TRUE;
}

/* `done` may begin the next commit or free the store: nothing is touched after it. */
static void complete(MemoryStore *store) {
  MuBatch *batch = g_steal_pointer(&store->batch);
  g_autoptr(GError) error = NULL;
  if (must_fail(store))
    g_set_error(&error, MU_ERROR, MU_ERROR_UNAVAILABLE, "memory store: told to fail");
  else
    apply(store, batch);
  store->done(batch, error, store->user);
}

static gboolean on_idle(gpointer user) {
  MemoryStore *store = user;
  store->idle_id = 0;
  complete(store);
  return G_SOURCE_REMOVE;
}

static void store_commit(MuStore *base, MuBatch *batch, MuStoreDone done, gpointer user) {
  MemoryStore *store = (MemoryStore *)base;
  mu_assert(store->batch == NULL);
  store->batch = batch;
  store->done = done;
  store->user = user;
  if (!store->hold)
    store->idle_id = g_idle_add_full(G_PRIORITY_DEFAULT, on_idle, store, NULL);
}

/* ---- the store ----------------------------------------------------------------------------------------------------- */

static gboolean store_load(MuStore *base, const MuStoreReader *reader, gpointer user, GError **error) {
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, ((MemoryStore *)base)->records);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    const Record *record = key;
    const MuStoredRecord stored = {record->kind, record->service, record->key, record->value, record->length, NULL};
    if (!reader->visit(&stored, user, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean store_check(MuStore *base, GError **error) {
  (void)base;
  (void)error;
  return TRUE;
}

static gboolean store_erase(MuStore *base, GError **error) {
  (void)error;
  g_hash_table_remove_all(((MemoryStore *)base)->records);
  return TRUE;
}

static void store_free(MuStore *base) {
  MemoryStore *store = (MemoryStore *)base;
  if (store->idle_id != 0)
    g_source_remove(store->idle_id);
  g_hash_table_unref(store->records);
  g_free(store);
}

static const MuStoreOps memory_ops = {
    .name = "memory",
    .load = store_load,
    .check = store_check,
    .commit = store_commit,
    .erase = store_erase,
    .free = store_free,
};

MuStore *mu_memory_store_new(void) {
  MemoryStore *store = g_new0(MemoryStore, 1);
  store->base.ops = &memory_ops;
  store->records = g_hash_table_new_full(record_hash, record_equal, record_free, NULL);
  return &store->base;
}

void mu_memory_store_fail_next(MuStore *store, guint n) {
  ((MemoryStore *)store)->fail_next = n;
}

void mu_memory_store_hold(MuStore *store, gboolean hold) {
  ((MemoryStore *)store)->hold = hold;
}

void mu_memory_store_finish(MuStore *base) {
  MemoryStore *store = (MemoryStore *)base;
  if (store->batch != NULL && store->idle_id == 0)
    complete(store);
}

guint mu_memory_store_size(MuStore *store) {
  return g_hash_table_size(((MemoryStore *)store)->records);
}
