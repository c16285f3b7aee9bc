#include "sqlite_store.h"

#include "bug.h"
#include "large_pages.h"
#include "log.h"
#include "sqlite_file.h"
#include "sqlite_load.h"
#include <muster/error.h>
#include <pthread.h>
#include <time.h>

/* The WAL is folded into the file when nothing is to be committed for IDLE_MS and it has grown beyond IDLE_PAGES; and at
 * once, with the next commit waiting for it (about 10 ms), beyond FORCED_PAGES. Of 8 KB each. */
#define IDLE_PAGES 64
#define FORCED_PAGES 2048
#define IDLE_MS 50

/*        commit()              worker             worker              dispatch
 *  IDLE ──────────▶ WAITING ──────────▶ RUNNING ──────────▶ FINISHED ──────────▶ IDLE
 *    ╰─── load() ──▶ LOADING ── check(), or the end of a load that failed ─────────▲
 * The connection belongs to the worker while RUNNING or checkpointing, to the load while LOADING, else to whom holds the mutex. */
typedef enum { IDLE, LOADING, WAITING, RUNNING, FINISHED } Phase;

typedef struct {
  MuStore base;
  MuSqliteFile *file;
  sqlite3_stmt *put, *delete, *begin, *commit, *rollback;
  MuSqliteLoad *load; /* while LOADING */
  GThread *thread;
  GSource *source; /* delivers `done`; made ready by the worker */

  pthread_mutex_t mutex; /* guards all below; not GLib's, which the thread sanitizer does not see */
  pthread_cond_t changed;
  Phase phase;
  gboolean stopping, checkpointing;
  int wal_pages; /* of the last commit, not yet folded; the worker's */
  MuBatch *batch;
  MuStoreDone done;
  gpointer user;
  GError *error; /* of the finished commit */
} SqliteStore;

/* ---- the transaction ----------------------------------------------------------------------------------------------- */

static gboolean step(sqlite3_stmt *statement) {
  int result = sqlite3_step(statement);
  sqlite3_reset(statement);
  return result == SQLITE_DONE;
}

static gboolean write_op(SqliteStore *store, const MuRecordOp *op) {
  sqlite3_stmt *statement = op->value == NULL ? store->delete : store->put;
  sqlite3_bind_text(statement, 1, op->service, -1, SQLITE_STATIC);
  sqlite3_bind_int(statement, 2, (int)op->kind);
  sqlite3_bind_text(statement, 3, op->key, -1, SQLITE_STATIC);
  if (op->value != NULL)
    sqlite3_bind_text64(statement, 4, op->value, op->length, SQLITE_STATIC, SQLITE_UTF8);
  return step(statement);
}

static gboolean write_batch(SqliteStore *store, const MuBatch *batch) {
  if (!step(store->begin))
    return FALSE;
  for (guint i = 0; i < batch->ops->len; i++)
    if (!write_op(store, &g_array_index(batch->ops, MuRecordOp, i)))
      return FALSE;
  return step(store->commit);
}

static gboolean commit_batch(SqliteStore *store, const MuBatch *batch, GError **error) {
  if (mu_batch_is_empty(batch) || write_batch(store, batch))
    return TRUE;
  mu_sqlite_file_fail(store->file, "cannot commit", error);
  if (!sqlite3_get_autocommit(store->file->db)) /* sqlite rolls some failures back by itself */
    step(store->rollback);
  return FALSE;
}

/* ---- the worker ---------------------------------------------------------------------------------------------------- */

static int on_wal_grown(void *user, sqlite3 *db, const char *name, int pages) {
  (void)db;
  (void)name;
  ((SqliteStore *)user)->wal_pages = pages;
  return SQLITE_OK;
}

/* A failure is not one of the commit, and is tried again after the next. */
static void checkpoint(SqliteStore *store) {
  if (sqlite3_wal_checkpoint_v2(store->file->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK)
    mu_debug("%s: checkpoint: %s", store->file->path, sqlite3_errmsg(store->file->db));
  store->wal_pages = 0;
}

static void checkpoint_unlocked(SqliteStore *store) {
  store->checkpointing = TRUE;
  pthread_mutex_unlock(&store->mutex);
  checkpoint(store);
  pthread_mutex_lock(&store->mutex);
  store->checkpointing = FALSE;
  pthread_cond_broadcast(&store->changed);
}

static void run_commit(SqliteStore *store) {
  store->phase = RUNNING;
  pthread_mutex_unlock(&store->mutex);
  GError *error = NULL;
  commit_batch(store, store->batch, &error);
  pthread_mutex_lock(&store->mutex);
  store->error = error;
  store->phase = FINISHED;
  pthread_cond_broadcast(&store->changed);
  g_source_set_ready_time(store->source, 0);
}

static struct timespec in_ms(gint64 ms) {
  gint64 until_us = g_get_monotonic_time() + ms * 1000;
  return (struct timespec){until_us / G_USEC_PER_SEC, until_us % G_USEC_PER_SEC * 1000};
}

/* FALSE when nothing came for IDLE_MS. */
static gboolean wait_for_work(SqliteStore *store) {
  struct timespec until = in_ms(IDLE_MS);
  while (store->phase != WAITING && !store->stopping) {
    if (store->wal_pages <= IDLE_PAGES)
      pthread_cond_wait(&store->changed, &store->mutex);
    else if (pthread_cond_timedwait(&store->changed, &store->mutex, &until) != 0)
      return FALSE;
  }
  return TRUE;
}

static gpointer worker(gpointer user) {
  SqliteStore *store = user;
  pthread_mutex_lock(&store->mutex);
  for (;;) {
    gboolean idle = !wait_for_work(store);
    if (store->phase == WAITING)
      run_commit(store);
    else if (store->stopping)
      break;
    if (store->phase != LOADING && (idle || store->wal_pages > FORCED_PAGES))
      checkpoint_unlocked(store);
  }
  pthread_mutex_unlock(&store->mutex);
  return NULL;
}

/* ---- the end of a commit, on the main context ------------------------------------------------------------------------ */

typedef struct {
  GSource base;
  SqliteStore *store;
} DoneSource;

/* `done` may begin the next commit or free the store: nothing is touched after it. */
static gboolean deliver(GSource *source, GSourceFunc callback, gpointer data) {
  (void)callback;
  (void)data;
  SqliteStore *store = ((DoneSource *)source)->store;
  g_source_set_ready_time(source, -1);
  pthread_mutex_lock(&store->mutex);
  mu_assert(store->phase == FINISHED);
  store->phase = IDLE;
  g_autoptr(GError) error = g_steal_pointer(&store->error);
  MuBatch *batch = g_steal_pointer(&store->batch);
  MuStoreDone done = store->done;
  gpointer user = store->user;
  pthread_mutex_unlock(&store->mutex);
  done(batch, error, user);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs done_source_funcs = {.dispatch = deliver};

static GSource *done_source_new(SqliteStore *store) {
  GSource *source = g_source_new(&done_source_funcs, sizeof(DoneSource));
  ((DoneSource *)source)->store = store;
  g_source_set_static_name(source, "sqlite store");
  g_source_attach(source, g_main_context_get_thread_default());
  return source;
}

/* ---- the store ----------------------------------------------------------------------------------------------------- */

static void store_commit(MuStore *base, MuBatch *batch, MuStoreDone done, gpointer user) {
  SqliteStore *store = (SqliteStore *)base;
  pthread_mutex_lock(&store->mutex);
  mu_assert(store->phase == IDLE);
  store->batch = batch;
  store->done = done;
  store->user = user;
  store->phase = WAITING;
  pthread_cond_broadcast(&store->changed);
  pthread_mutex_unlock(&store->mutex);
}

/* The connection is the caller's until it unlocks the mutex. */
static void lock_connection(SqliteStore *store) {
  pthread_mutex_lock(&store->mutex);
  while (store->phase == WAITING || store->phase == RUNNING || store->checkpointing)
    pthread_cond_wait(&store->changed, &store->mutex);
}

/* Of a damaged file the damage is told, not what came of it. */
static gboolean end_load(SqliteStore *store, GError **error) {
  g_autoptr(GError) damage = NULL;
  gboolean good = mu_sqlite_load_end(g_steal_pointer(&store->load), &damage);
  if (!good) {
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&damage));
  }
  pthread_mutex_lock(&store->mutex);
  store->phase = IDLE;
  pthread_mutex_unlock(&store->mutex);
  return good;
}

static gboolean store_load(MuStore *base, const MuStoreReader *reader, gpointer user, GError **error) {
  SqliteStore *store = (SqliteStore *)base;
  GError *failure = NULL;
  lock_connection(store);
  mu_assert(store->phase == IDLE);
  store->phase = LOADING;
  pthread_mutex_unlock(&store->mutex);
  mu_large_pages_expect(mu_sqlite_file_bytes(store->file));
  store->load = mu_sqlite_load_begin(store->file, reader);
  gboolean good = mu_sqlite_load_visit(store->load, user, &failure);
  if (!good) {
    end_load(store, &failure);
    g_propagate_error(error, failure);
  }
  return good;
}

static gboolean store_check(MuStore *base, GError **error) {
  return end_load((SqliteStore *)base, error);
}

/* VACUUM gives the space back; the checkpoint then empties the WAL that both went through. */
static gboolean store_erase(MuStore *base, GError **error) {
  SqliteStore *store = (SqliteStore *)base;
  lock_connection(store);
  gboolean good = mu_sqlite_file_exec(store->file, "cannot erase it", "DELETE FROM record; VACUUM", error);
  if (good && sqlite3_wal_checkpoint_v2(store->file->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
    good = mu_sqlite_file_fail(store->file, "cannot erase it", error);
  if (good)
    store->wal_pages = 0;
  pthread_mutex_unlock(&store->mutex);
  return good;
}

static void stop_worker(SqliteStore *store) {
  pthread_mutex_lock(&store->mutex);
  store->stopping = TRUE;
  pthread_cond_broadcast(&store->changed);
  pthread_mutex_unlock(&store->mutex);
  g_thread_join(store->thread);
}

static void finalize_statements(SqliteStore *store) {
  sqlite3_finalize(store->put);
  sqlite3_finalize(store->delete);
  sqlite3_finalize(store->begin);
  sqlite3_finalize(store->commit);
  sqlite3_finalize(store->rollback);
}

static void store_free(MuStore *base) {
  SqliteStore *store = (SqliteStore *)base;
  if (store->load != NULL)
    end_load(store, NULL);
  if (store->thread != NULL)
    stop_worker(store);
  if (store->source != NULL) {
    g_source_destroy(store->source);
    g_source_unref(store->source);
  }
  finalize_statements(store);
  mu_sqlite_file_close(store->file);
  g_clear_error(&store->error);
  pthread_mutex_destroy(&store->mutex);
  pthread_cond_destroy(&store->changed);
  g_free(store);
}

static const MuStoreOps sqlite_ops = {
    .name = "sqlite",
    .load = store_load,
    .check = store_check,
    .commit = store_commit,
    .erase = store_erase,
    .free = store_free,
};

static gboolean prepare(SqliteStore *store, sqlite3_stmt **statement, const char *sql, GError **error) {
  if (sqlite3_prepare_v3(store->file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
    return TRUE;
  return mu_sqlite_file_fail(store->file, "cannot use its tables", error);
}

static gboolean prepare_all(SqliteStore *store, GError **error) {
  return prepare(store, &store->put,
                 "INSERT INTO record(service, kind, key, value) VALUES(?1, ?2, ?3, ?4)"
                 " ON CONFLICT(service, kind, key) DO UPDATE SET value = excluded.value",
                 error) &&
         prepare(store, &store->delete, "DELETE FROM record WHERE service = ?1 AND kind = ?2 AND key = ?3", error) &&
         prepare(store, &store->begin, "BEGIN IMMEDIATE", error) && prepare(store, &store->commit, "COMMIT", error) &&
         prepare(store, &store->rollback, "ROLLBACK", error);
}

static void init_locks(SqliteStore *store) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* of g_get_monotonic_time */
  pthread_mutex_init(&store->mutex, NULL);
  pthread_cond_init(&store->changed, &attributes);
  pthread_condattr_destroy(&attributes);
}

MuStore *mu_sqlite_store_open(const char *path, GError **error) {
  MuSqliteFile *file = mu_sqlite_file_open(path, error);
  if (file == NULL)
    return NULL;
  SqliteStore *store = g_new0(SqliteStore, 1);
  store->base.ops = &sqlite_ops;
  store->file = file;
  init_locks(store);
  sqlite3_wal_hook(file->db, on_wal_grown, store);
  if (!prepare_all(store, error)) {
    store_free(&store->base);
    return NULL;
  }
  store->source = done_source_new(store);
  store->thread = g_thread_new("muster-store", worker, store);
  return &store->base;
}
