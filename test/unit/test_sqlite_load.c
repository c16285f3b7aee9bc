/* Loading on two threads: each record is visited once and in order, whoever reads it, and nothing that was read is lost. */
#include "sqlite_store.h"

#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>

#define RECORDS 20000 /* more than may wait for the visitor */

/* ---- a store ------------------------------------------------------------------------------------------------------- */

typedef struct {
  char *folder, *path;
} Place;

static void on_done(MuBatch *batch, const GError *error, gpointer user) {
  (void)batch;
  g_assert_no_error(error);
  *(gboolean *)user = TRUE;
}

static void commit(MuStore *store, MuBatch *take_batch) {
  g_autoptr(MuBatch) batch = take_batch;
  gboolean done = FALSE;
  store->ops->commit(store, batch, on_done, &done);
  while (!done)
    g_main_context_iteration(NULL, TRUE);
}

static MuStore *open_at(const Place *place) {
  g_autoptr(GError) error = NULL;
  MuStore *store = mu_sqlite_store_open(place->path, &error);
  g_assert_no_error(error);
  return store;
}

static char *key_of(guint i) {
  return g_strdup_printf("task-%05u", i);
}

static void set_up(Place *place, gconstpointer data) {
  (void)data;
  place->folder = g_dir_make_tmp("muster-load-XXXXXX", NULL);
  place->path = g_build_filename(place->folder, "muster.db", NULL);
  MuStore *store = open_at(place);
  g_autoptr(MuBatch) batch = mu_batch_new();
  for (guint i = 0; i < RECORDS; i++) {
    g_autofree char *key = key_of(i), *service = g_strdup_printf("svc-%u", i / 100);
    mu_batch_put(batch, i % 10 == 0 ? MU_RECORD_FILE : MU_RECORD_TASK, service, key, key, strlen(key));
  }
  commit(store, g_steal_pointer(&batch));
  store->ops->free(store);
}

static void tear_down(Place *place, gconstpointer data) {
  (void)data;
  g_autofree char *lock = g_strconcat(place->path, ".lock", NULL);
  g_unlink(place->path);
  g_unlink(lock);
  g_assert_cmpint(g_rmdir(place->folder), ==, 0);
  g_free(place->folder);
  g_free(place->path);
}

/* ---- a reader: tasks are read, files are not ------------------------------------------------------------------------- */

static gint alive; /* what was read and neither visited nor discarded */

static gpointer read_record(MuRecordKind kind, const char *value, gsize length) {
  g_assert_true(value[length] == '\0');
  if (kind != MU_RECORD_TASK)
    return NULL;
  g_atomic_int_inc(&alive);
  return g_strndup(value, length);
}

static void discard_record(MuRecordKind kind, gpointer read) {
  g_assert_cmpint(kind, ==, MU_RECORD_TASK);
  g_atomic_int_add(&alive, -1);
  g_free(read);
}

typedef struct {
  guint visited, stop_at;
} Visits;

static gboolean visit(const MuStoredRecord *record, gpointer user, GError **error) {
  Visits *visits = user;
  g_autofree char *key = key_of(visits->visited), *service = g_strdup_printf("svc-%u", visits->visited / 100);
  g_assert_cmpstr(record->key, ==, key);
  g_assert_cmpstr(record->service, ==, service);
  g_assert_cmpuint(record->length, ==, strlen(key));
  gboolean is_task = visits->visited % 10 != 0;
  g_assert_cmpint(record->kind, ==, is_task ? MU_RECORD_TASK : MU_RECORD_FILE);
  g_assert_cmpstr(is_task ? record->read : record->value, ==, key);
  if (is_task)
    discard_record(record->kind, record->read);
  if (++visits->visited != visits->stop_at)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "enough");
  return FALSE;
}

static const MuStoreReader READER = {read_record, discard_record, visit};

static void test_order(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  Visits visits = {0, 0};
  MuStore *store = open_at(place);
  g_assert_true(store->ops->load(store, &READER, &visits, &error));
  g_assert_cmpuint(visits.visited, ==, RECORDS);
  g_assert_cmpint(g_atomic_int_get(&alive), ==, 0);
  g_assert_true(store->ops->check(store, &error));
  commit(store, mu_batch_new()); /* it is for commits now */
  store->ops->free(store);
}

/* Wherever the visitor stops, what was read ahead of it goes. */
static void test_stop(Place *place, gconstpointer data) {
  (void)data;
  static const guint AT[] = {1, 64, 65, 1000, RECORDS};
  MuStore *store = open_at(place);
  for (guint i = 0; i < G_N_ELEMENTS(AT); i++) {
    g_autoptr(GError) error = NULL;
    Visits visits = {0, AT[i]};
    g_assert_false(store->ops->load(store, &READER, &visits, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpuint(visits.visited, ==, AT[i]);
    g_assert_cmpint(g_atomic_int_get(&alive), ==, 0);
  }
  store->ops->free(store);
}

static void test_freed_unchecked(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  Visits visits = {0, 0};
  MuStore *store = open_at(place);
  g_assert_true(store->ops->load(store, &READER, &visits, &error));
  store->ops->free(store);
  store = open_at(place);
  store->ops->free(store);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/sqlite-load/order", Place, NULL, set_up, test_order, tear_down);
  g_test_add("/sqlite-load/stop", Place, NULL, set_up, test_stop, tear_down);
  g_test_add("/sqlite-load/freed-unchecked", Place, NULL, set_up, test_freed_unchecked, tear_down);
  return g_test_run();
}
