#include "sqlite_file.h"
#include "sqlite_store.h"

#include <glib/gstdio.h>
#include <muster/error.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a folder for each test ---------------------------------------------------------------------------------------- */

typedef struct {
  char *folder, *path;
} Place;

static void set_up(Place *place, gconstpointer data) {
  (void)data;
  place->folder = g_dir_make_tmp("muster-store-XXXXXX", NULL);
  place->path = g_build_filename(place->folder, "muster.db", NULL);
}

static void tear_down(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(place->folder, name, NULL);
    g_unlink(path);
  }
  g_rmdir(place->folder);
  g_free(place->folder);
  g_free(place->path);
}

/* The bytes of a file beside the store's, or NULL when it is not there. */
static GBytes *bytes_of(const Place *place, const char *suffix) {
  g_autofree char *path = g_strconcat(place->path, suffix, NULL);
  char *text = NULL;
  gsize length = 0;
  return g_file_get_contents(path, &text, &length, NULL) ? g_bytes_new_take(text, length) : NULL;
}

static gsize size_of(const Place *place, const char *suffix) {
  g_autoptr(GBytes) bytes = bytes_of(place, suffix);
  return bytes == NULL ? 0 : g_bytes_get_size(bytes);
}

static void assert_same(GBytes *take_before, GBytes *take_after) {
  g_autoptr(GBytes) before = take_before, after = take_after;
  g_assert_true(before != NULL && after != NULL && g_bytes_equal(before, after));
}

static MuStore *open_at(const Place *place) {
  g_autoptr(GError) error = NULL;
  MuStore *store = mu_sqlite_store_open(place->path, &error);
  g_assert_no_error(error);
  return store;
}

static void assert_open_fails(const Place *place, MuErrorCode code, const char *message) {
  g_autoptr(GError) error = NULL;
  g_assert_null(mu_sqlite_store_open(place->path, &error));
  g_assert_error(error, MU_ERROR, (int)code);
  if (strstr(error->message, message) == NULL || !g_str_has_prefix(error->message, place->path))
    g_error("expected \"%s\" in \"%s\"", message, error->message);
}

/* Changes the file behind the store's back, while it is closed. */
static void change(const Place *place, const char *sql, gboolean leave_in_wal) {
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave_in_wal, NULL);
  g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
}

/* ---- commits ------------------------------------------------------------------------------------------------------- */

typedef struct {
  gboolean finished;
  GError *error;
} Outcome;

static void on_done(MuBatch *batch, const GError *error, gpointer user) {
  Outcome *outcome = user;
  g_assert_nonnull(batch);
  g_assert_false(outcome->finished);
  outcome->finished = TRUE;
  outcome->error = error == NULL ? NULL : g_error_copy(error);
}

/* NULL when durable. */
static GError *commit(MuStore *store, MuBatch *batch) {
  Outcome outcome = {FALSE, NULL};
  store->ops->commit(store, batch, on_done, &outcome);
  g_assert_false(outcome.finished);
  while (!outcome.finished)
    g_main_context_iteration(NULL, TRUE);
  return outcome.error;
}

static void must_commit(MuStore *store, MuBatch *take_batch) {
  g_autoptr(MuBatch) batch = take_batch;
  g_autoptr(GError) error = commit(store, batch);
  g_assert_no_error(error);
}

static MuBatch *batch_of(const char *key, const char *value) {
  MuBatch *batch = mu_batch_new();
  mu_batch_put(batch, MU_RECORD_TASK, "svc", key, value, strlen(value));
  return batch;
}

static gboolean visit(const MuStoredRecord *record, gpointer user, GError **error) {
  (void)error;
  g_autofree char *name =
      g_strdup_printf("%s/%s/%s", mu_record_kind_to_string(record->kind), record->service, record->key);
  g_assert_true(record->value[record->length] == '\0');
  g_assert_true(g_hash_table_insert(user, g_steal_pointer(&name), g_strndup(record->value, record->length)));
  return TRUE;
}

static const MuStoreReader READER = {.visit = visit};

static GHashTable *load(MuStore *store) {
  GHashTable *records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GError) error = NULL;
  store->ops->load(store, &READER, records, &error);
  g_assert_no_error(error);
  store->ops->check(store, &error);
  g_assert_no_error(error);
  return records;
}

static void assert_load_fails(const Place *place, MuErrorCode code, const char *message) {
  g_autoptr(GError) error = NULL;
  MuStore *store = mu_sqlite_store_open(place->path, &error);
  if (store != NULL) {
    g_autoptr(GHashTable) records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_assert_false(store->ops->load(store, &READER, records, &error) && store->ops->check(store, &error));
    store->ops->free(store);
  }
  g_assert_error(error, MU_ERROR, (int)code);
  if (strstr(error->message, message) == NULL)
    g_error("expected \"%s\" in \"%s\"", message, error->message);
}

static void test_reopen(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  must_commit(store, mu_batch_new());
  must_commit(store, batch_of("a", "1"));
  g_autoptr(MuBatch) batch = batch_of("a", "2"); /* in order: put, delete, put */
  mu_batch_put(batch, MU_RECORD_POD, "svc", "a", "pod", 3);
  mu_batch_put(batch, MU_RECORD_TASK, "other", "a", "", 0);
  mu_batch_put(batch, MU_RECORD_TASK, "svc", "gone", "x", 1);
  mu_batch_delete(batch, MU_RECORD_TASK, "svc", "gone");
  mu_batch_delete(batch, MU_RECORD_TASK, "svc", "never-there");
  mu_batch_delete(batch, MU_RECORD_POD, "svc", "b");
  mu_batch_put(batch, MU_RECORD_POD, "svc", "b", "again", 5);
  mu_batch_put(batch, MU_RECORD_FRAMEWORK, "", "", "{}", 2);
  must_commit(store, g_steal_pointer(&batch));
  for (guint round = 0; round < 2; round++) {
    g_autoptr(GHashTable) records = load(store);
    g_assert_cmpuint(g_hash_table_size(records), ==, 5);
    g_assert_cmpstr(g_hash_table_lookup(records, "task/svc/a"), ==, "2");
    g_assert_cmpstr(g_hash_table_lookup(records, "pod/svc/a"), ==, "pod");
    g_assert_cmpstr(g_hash_table_lookup(records, "pod/svc/b"), ==, "again");
    g_assert_cmpstr(g_hash_table_lookup(records, "task/other/a"), ==, "");
    g_assert_cmpstr(g_hash_table_lookup(records, "framework//"), ==, "{}");
    store->ops->free(store);
    store = open_at(place);
  }
  store->ops->free(store);
}

static gboolean visit_bytes(const MuStoredRecord *record, gpointer user, GError **error) {
  (void)user;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "stop");
  g_assert_cmpuint(record->length, ==, 3);
  g_assert_true(memcmp(record->value, "a\0b", 4) == 0);
  return FALSE;
}

static void test_value_bytes(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  g_autoptr(MuBatch) batch = mu_batch_new();
  mu_batch_put(batch, MU_RECORD_TASK, "svc", "key", "a\0b", 3);
  must_commit(store, g_steal_pointer(&batch));
  g_autoptr(GError) error = NULL;
  static const MuStoreReader BYTES = {.visit = visit_bytes};
  g_assert_false(store->ops->load(store, &BYTES, NULL, &error)); /* the visitor's own error */
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  store->ops->free(store);
}

/* ---- done ---------------------------------------------------------------------------------------------------------- */

typedef struct {
  MuStore *store;
  MuBatch *batch;
  guint left;
  GMainContext *expected;
} Chain;

static void next_in_chain(MuBatch *batch, const GError *error, gpointer user) {
  Chain *chain = user;
  g_assert_no_error(error);
  g_assert_true(batch == chain->batch);
  g_assert_true(g_main_context_is_owner(chain->expected));
  MuStore *store = chain->store;
  if (--chain->left > 0) {
    store->ops->commit(store, batch, next_in_chain, chain);
  } else {
    chain->store = NULL;
    store->ops->free(store); /* allowed from inside done */
  }
}

/* `done` comes on the context that was the thread's default when the store was opened; it may commit, and free. */
static void test_done(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GMainContext) context = g_main_context_new();
  g_main_context_push_thread_default(context);
  Chain chain = {open_at(place), batch_of("a", "1"), 20, context};
  g_main_context_pop_thread_default(context);
  chain.store->ops->commit(chain.store, chain.batch, next_in_chain, &chain);
  while (chain.left > 0)
    g_main_context_iteration(context, TRUE);
  g_assert_null(chain.store);
  mu_batch_free(chain.batch);
}

static void never(MuBatch *batch, const GError *error, gpointer user) {
  (void)batch;
  (void)error;
  (void)user;
  g_error("done after free");
}

static void test_free_while_committing(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  g_autoptr(MuBatch) batch = batch_of("a", "1");
  store->ops->commit(store, batch, never, NULL);
  store->ops->free(store);
  store = open_at(place);
  g_autoptr(GHashTable) records = load(store);
  g_assert_cmpstr(g_hash_table_lookup(records, "task/svc/a"), ==, "1");
  store->ops->free(store);
}

/* ---- size ---------------------------------------------------------------------------------------------------------- */

static MuBatch *big_batch(guint n, guint first_key, guint stamp) {
  MuBatch *batch = mu_batch_new();
  char value[601];
  memset(value, 'x', 600);
  for (guint i = 0; i < n; i++) {
    g_autofree char *key = g_strdup_printf("key-%u", first_key + i);
    g_snprintf(value, sizeof value, "%u ", stamp);
    value[strlen(value)] = ' ';
    mu_batch_put(batch, MU_RECORD_TASK, "svc", key, value, 600);
  }
  return batch;
}

/* 2048 pages of 8 KB force a checkpoint; the batch that crosses the line still goes in. */
static void test_wal_is_bounded(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  MuBatch *batches
      [8]; /* made before, so that the worker never idles; two for each key, as the same value is not written again */
  for (guint i = 0; i < G_N_ELEMENTS(batches); i++)
    batches[i] = big_batch(2000, (i % 4) * 2000, i);
  for (guint i = 0; i < 40; i++) {
    g_autoptr(GError) error = commit(store, batches[i % G_N_ELEMENTS(batches)]);
    g_assert_no_error(error);
    g_assert_cmpuint(size_of(place, "-wal"), <, 2600 * 8192);
  }
  store->ops->free(store);
  g_assert_null(bytes_of(place, "-wal"));
  for (guint i = 0; i < G_N_ELEMENTS(batches); i++)
    mu_batch_free(batches[i]);
}

static void test_erase(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  gsize empty = size_of(place, "");
  must_commit(store, big_batch(5000, 0, 1));
  g_autoptr(GError) error = NULL;
  g_assert_true(store->ops->erase(store, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(size_of(place, "-wal"), ==, 0);
  g_assert_cmpuint(size_of(place, ""), <=, MAX(empty, 32768));
  g_autoptr(GHashTable) none = load(store);
  g_assert_cmpuint(g_hash_table_size(none), ==, 0);
  must_commit(store, batch_of("a", "1"));
  store->ops->free(store);
  store = open_at(place);
  g_autoptr(GHashTable) one = load(store);
  g_assert_cmpuint(g_hash_table_size(one), ==, 1);
  store->ops->free(store);
}

/* ---- who may open it ----------------------------------------------------------------------------------------------- */

static void test_second_opener(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  g_autofree char *message = g_strdup_printf("in use by another muster, process %d; stop that one", (int)getpid());
  assert_open_fails(place, MU_ERROR_CONFLICT, message);
  assert_open_fails(place, MU_ERROR_CONFLICT, message); /* the first refusal let go of nothing */
  must_commit(store, batch_of("a", "1"));
  store->ops->free(store);
  store = open_at(place);
  store->ops->free(store);
}

static void test_other_program(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  store->ops->free(store);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_open_fails(place, MU_ERROR_CONFLICT, "another program has the file open");
  sqlite3_close(db);
  store = open_at(place);
  store->ops->free(store);
}

static void test_newer(Place *place, gconstpointer in_wal) {
  MuStore *store = open_at(place);
  must_commit(store, batch_of("a", "1"));
  store->ops->free(store);
  change(place, "PRAGMA user_version = 2", in_wal != NULL);
  GBytes *before = bytes_of(place, ""), *wal_before = bytes_of(place, "-wal");
  g_assert_cmpint(wal_before != NULL, ==, in_wal != NULL);
  assert_open_fails(place, MU_ERROR_NEWER_STATE, "written by a newer muster, schema 2; this one knows up to schema 1");
  assert_same(before, bytes_of(place, ""));
  if (in_wal != NULL)
    assert_same(wal_before, bytes_of(place, "-wal"));
}

static void test_newer_record(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  store->ops->free(store);
  change(place, "INSERT INTO record(kind, service, key, value) VALUES(99, 'svc', 'a', '{}')", FALSE);
  assert_load_fails(place, MU_ERROR_NEWER_STATE, "unknown kind 99");
}

static void test_written_by(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  store->ops->free(store);
  change(place, "UPDATE meta SET value = '0.0.1' WHERE key = 'written-by'", FALSE);
  store = open_at(place);
  store->ops->free(store);
  /* Fails to insert when the row is not as expected: the key is there already, or the subquery gives NULL. */
  change(place,
         "INSERT INTO meta SELECT 'checked', nullif(w.value = c.value, 0) FROM meta w, meta c"
         " WHERE w.key = 'written-by' AND c.key = 'created-by'",
         FALSE);
}

/* ---- what it may be ------------------------------------------------------------------------------------------------- */

static void test_not_a_store(Place *place, gconstpointer data) {
  (void)data;
  static const char *const contents[] = {
      "hello", "SQLite format 3",
      "a text longer than the header of a database, which has one hundred bytes, so that all of them are looked at"};
  for (guint i = 0; i < G_N_ELEMENTS(contents); i++) {
    g_assert_true(g_file_set_contents(place->path, contents[i], -1, NULL));
    GBytes *before = bytes_of(place, "");
    assert_open_fails(place, MU_ERROR_REFUSED, "not a store of muster");
    assert_same(before, bytes_of(place, ""));
  }
  g_unlink(place->path);
  change(place, "CREATE TABLE t(x)", FALSE);
  GBytes *before = bytes_of(place, "");
  assert_open_fails(place, MU_ERROR_REFUSED, "not a store of muster");
  assert_same(before, bytes_of(place, ""));
  g_assert_true(g_file_set_contents(place->path, "", 0, NULL)); /* empty: as if it were not there */
  MuStore *store = open_at(place);
  must_commit(store, batch_of("a", "1"));
  store->ops->free(store);
}

static void overwrite(const Place *place, gsize offset, gsize length) {
  FILE *file = fopen(place->path, "r+");
  g_assert_nonnull(file);
  g_assert_cmpint(fseek(file, (long)offset, SEEK_SET), ==, 0);
  for (gsize i = 0; i < length; i++)
    g_assert_cmpint(fputc(0xaa, file), ==, 0xaa);
  g_assert_cmpint(fclose(file), ==, 0);
}

static void test_damaged(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    gsize offset,
        length; /* pages of 8 KB: the schema, the table's root, the index's root, some data, all but the header */
  } cases[] = {{100, 500}, {8192, 8192}, {2 * 8192, 8192}, {20 * 8192, 8192}, {8192, 60 * 8192}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_unlink(place->path);
    MuStore *store = open_at(place);
    must_commit(store, big_batch(1000, 0, 1));
    store->ops->free(store);
    g_assert_cmpuint(size_of(place, ""), >, 61 * 8192);
    overwrite(place, cases[i].offset, cases[i].length);
    assert_load_fails(place, MU_ERROR_FAILED, "the file is damaged");
  }
}

/* No record is read through the index: all are visited, and none is to be believed. */
static void test_damaged_index(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  must_commit(store, big_batch(1000, 0, 1));
  store->ops->free(store);
  overwrite(place, 2 * 8192, 8192);
  g_autoptr(GHashTable) records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GError) error = NULL;
  store = open_at(place);
  g_assert_true(store->ops->load(store, &READER, records, &error));
  g_assert_cmpuint(g_hash_table_size(records), ==, 1000);
  g_assert_false(store->ops->check(store, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "the file is damaged"));
  store->ops->free(store);
}

static void test_truncated(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  must_commit(store, big_batch(1000, 0, 1));
  store->ops->free(store);
  g_assert_cmpint(truncate(place->path, 30 * 8192), ==, 0);
  assert_load_fails(place, MU_ERROR_FAILED, "the file is damaged");
}

static void test_table_missing(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  store->ops->free(store);
  change(place, "DROP TABLE record", FALSE);
  assert_open_fails(place, MU_ERROR_FAILED, "no such table: record");
}

static void test_no_folder(Place *place, gconstpointer data) {
  (void)data;
  g_autofree char *path = g_build_filename(place->folder, "none", "muster.db", NULL);
  Place nowhere = {place->folder, path};
  assert_open_fails(&nowhere, MU_ERROR_FAILED, "must exist and be writable");
}

/* ---- in a process of its own --------------------------------------------------------------------------------------- */

/* Runs `body` in a child; its failed assertion aborts it. Returns what waitpid says. */
static int in_child(void (*body)(const Place *place), const Place *place) {
  pid_t pid = fork();
  g_assert_cmpint(pid, >=, 0);
  if (pid == 0) {
    body(place);
    _exit(0);
  }
  int status = 0;
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  return status;
}

static void open_as_nobody(const Place *place) {
  if (setgid(65534) != 0 || setuid(65534) != 0)
    _exit(77);
  assert_open_fails(place, MU_ERROR_FAILED, "writable by muster's user");
}

static void test_read_only_folder(Place *place, gconstpointer data) {
  (void)data;
  g_assert_cmpint(chmod(place->folder, 0555), ==, 0);
  if (geteuid() != 0) {
    assert_open_fails(place, MU_ERROR_FAILED, "writable by muster's user");
  } else if (in_child(open_as_nobody, place) != 0) {
    g_test_fail_printf("the child's assertion failed");
  }
  g_assert_cmpint(chmod(place->folder, 0755), ==, 0);
}

static void limit_file_size(rlim_t bytes) {
  struct rlimit limit;
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* A commit that does not fit is nothing, and the same batch goes through once there is room. */
static void fill_the_disk(const Place *place) {
  signal(SIGXFSZ, SIG_IGN);
  MuStore *store = open_at(place);
  must_commit(store, batch_of("before", "1"));
  limit_file_size(200000);
  g_autoptr(MuBatch) batch = big_batch(2000, 0, 1);
  for (int i = 0; i < 3; i++) {
    g_autoptr(GError) error = commit(store, batch);
    g_assert_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE);
    g_assert_nonnull(strstr(error->message, "cannot commit"));
    g_assert_nonnull(strstr(error->message, "by itself"));
    g_autoptr(GHashTable) records = load(store);
    g_assert_cmpuint(g_hash_table_size(records), ==, 1);
  }
  limit_file_size(0);
  g_autoptr(GError) error = commit(store, batch);
  g_assert_no_error(error);
  store->ops->free(store);
}

static void test_disk_full(Place *place, gconstpointer data) {
  (void)data;
  g_assert_cmpint(in_child(fill_the_disk, place), ==, 0);
  MuStore *store = open_at(place);
  g_autoptr(GHashTable) records = load(store);
  g_assert_cmpuint(g_hash_table_size(records), ==, 2001);
  store->ops->free(store);
}

/* A failure that sqlite does not undo by itself: nothing of the batch stays, and the next one is not held up by it. */
static void test_rolled_back(Place *place, gconstpointer data) {
  (void)data;
  MuStore *store = open_at(place);
  store->ops->free(store);
  change(place,
         "CREATE TRIGGER t BEFORE INSERT ON record WHEN NEW.key = 'bad' BEGIN SELECT RAISE(ABORT, 'bad row'); END",
         FALSE);
  store = open_at(place);
  g_autoptr(MuBatch) batch = batch_of("first", "1");
  mu_batch_put(batch, MU_RECORD_TASK, "svc", "bad", "1", 1);
  for (int i = 0; i < 2; i++) {
    g_autoptr(GError) error = commit(store, batch);
    g_assert_error(error, MU_ERROR, MU_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "cannot commit: bad row"));
  }
  must_commit(store, batch_of("second", "2"));
  g_autoptr(GHashTable) records = load(store);
  g_assert_cmpuint(g_hash_table_size(records), ==, 1);
  g_assert_cmpstr(g_hash_table_lookup(records, "task/svc/second"), ==, "2");
  store->ops->free(store);
}

/* What a full disk says, without one: the same table of causes. */
static void test_full_message(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MuSqliteFile) file = mu_sqlite_file_open(place->path, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(mu_sqlite_file_bytes(file), >=, 8192);
  g_assert_true(mu_sqlite_file_exec(file, "limit", "PRAGMA max_page_count = 8", NULL));
  g_assert_false(
      mu_sqlite_file_exec(file, "cannot commit", "INSERT INTO meta VALUES('x', hex(zeroblob(200000)))", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_UNAVAILABLE);
  g_autofree char *expected =
      g_strdup_printf("%s: cannot commit: database or disk is full; the disk is full: free some "
                      "space there; nothing is lost, and muster goes on by itself",
                      place->path);
  g_assert_cmpstr(error->message, ==, expected);
}

#define ROWS_A_BATCH 8

static MuBatch *numbered_batch(guint number) {
  MuBatch *batch = mu_batch_new();
  for (guint i = 0; i < ROWS_A_BATCH; i++) {
    g_autofree char *key = g_strdup_printf("row-%u", i);
    mu_batch_take(batch, MU_RECORD_TASK, "svc", key, g_strdup_printf("%u", number));
  }
  return batch;
}

/* Commits batch after batch and writes the number of each to `fd` once it is durable. */
static void commit_for_ever(const Place *place, int fd, guint first) {
  MuStore *store = open_at(place);
  for (guint number = first;; number++) {
    must_commit(store, numbered_batch(number));
    if (write(fd, &number, sizeof number) != sizeof number)
      _exit(1);
  }
}

static guint last_acknowledged(int fd, guint until, pid_t pid) {
  guint number = 0, last = 0;
  while (last < until && read(fd, &number, sizeof number) == sizeof number)
    last = number;
  kill(pid, SIGKILL);
  while (read(fd, &number, sizeof number) == sizeof number)
    last = number;
  return last;
}

/* The number that all rows have. */
static guint number_in_store(const Place *place) {
  MuStore *store = open_at(place);
  g_autoptr(GHashTable) records = load(store);
  g_assert_cmpuint(g_hash_table_size(records), ==, ROWS_A_BATCH);
  const char *first = g_hash_table_lookup(records, "task/svc/row-0");
  for (guint i = 0; i < ROWS_A_BATCH; i++) {
    g_autofree char *name = g_strdup_printf("task/svc/row-%u", i);
    g_assert_cmpstr(g_hash_table_lookup(records, name), ==, first);
  }
  guint number = (guint)g_ascii_strtoull(first, NULL, 10);
  store->ops->free(store);
  return number;
}

/* After a kill -9 at any instant: all that was acknowledged is there, and at most one more batch, whole. */
static void test_killed(Place *place, gconstpointer data) {
  (void)data;
  guint first = 1;
  for (guint round = 0; round < 12; round++) {
    int pipe_fds[2];
    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    pid_t pid = fork();
    if (pid == 0) {
      close(pipe_fds[0]);
      commit_for_ever(place, pipe_fds[1], first);
    }
    close(pipe_fds[1]);
    guint acknowledged = last_acknowledged(pipe_fds[0], first + round * 17, pid);
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipe_fds[0]);
    guint kept = number_in_store(place);
    g_assert_true(kept == acknowledged || kept == acknowledged + 1);
    first = kept + 1;
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(name, data, function) g_test_add("/sqlite-store/" name, Place, data, set_up, function, tear_down)
  ADD("killed", NULL, test_killed); /* those that fork come first: no thread of another test is left over then */
  ADD("disk-full", NULL, test_disk_full);
  ADD("read-only-folder", NULL, test_read_only_folder);
  ADD("reopen", NULL, test_reopen);
  ADD("value-bytes", NULL, test_value_bytes);
  ADD("done", NULL, test_done);
  ADD("free-while-committing", NULL, test_free_while_committing);
  ADD("wal-is-bounded", NULL, test_wal_is_bounded);
  ADD("erase", NULL, test_erase);
  ADD("second-opener", NULL, test_second_opener);
  ADD("other-program", NULL, test_other_program);
  ADD("newer", NULL, test_newer);
  ADD("newer-in-wal", "wal", test_newer);
  ADD("newer-record", NULL, test_newer_record);
  ADD("written-by", NULL, test_written_by);
  ADD("not-a-store", NULL, test_not_a_store);
  ADD("damaged", NULL, test_damaged);
  ADD("damaged-index", NULL, test_damaged_index);
  ADD("truncated", NULL, test_truncated);
  ADD("table-missing", NULL, test_table_missing);
  ADD("no-folder", NULL, test_no_folder);
  ADD("rolled-back", NULL, test_rolled_back);
  ADD("full-message", NULL, test_full_message);
#undef ADD
  return g_test_run();
}
