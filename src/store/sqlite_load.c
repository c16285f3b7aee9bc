#include "sqlite_load.h"

#include <muster/error.h>
#include <pthread.h>
#include <string.h>

/* Rows that go from one thread to the other together; chunks that may wait, above which the thread waits too; and from so many on the
 * visitor has enough to do, and the thread reads records. */
#define CHUNK_ROWS 64
#define WAITING_MAX 256
#define WAITING_ENOUGH 2

/* Its texts are offsets into those of its chunk. */
typedef struct {
  MuRecordKind kind;
  gsize service, key, value, length;
  gpointer read; /* the value is not among the texts then */
} Row;

typedef struct {
  guint n, visited;
  Row rows[CHUNK_ROWS];
  GByteArray *texts; /* each ended by NUL */
} Chunk;

struct MuSqliteLoad {
  const MuSqliteFile *file;
  const MuStoreReader *reader;
  GThread *thread;
  GError *damage; /* what the check found; read when the thread has ended */

  pthread_mutex_t mutex; /* guards all below; not GLib's, which the thread sanitizer does not see */
  pthread_cond_t changed;
  GQueue waiting;     /* of Chunk*, owned */
  gboolean all_read;  /* no chunk follows: all was read, or `error` */
  gboolean abandoned; /* nobody visits any more */
  GError *error;
};

/* ---- chunks --------------------------------------------------------------------------------------------------------- */

static Chunk *chunk_new(void) {
  Chunk *chunk = g_new(Chunk, 1);
  chunk->n = chunk->visited = 0;
  chunk->texts = g_byte_array_new();
  return chunk;
}

static void chunk_free(Chunk *chunk, const MuStoreReader *reader) {
  for (guint i = chunk->visited; i < chunk->n; i++)
    if (chunk->rows[i].read != NULL)
      reader->discard(chunk->rows[i].kind, chunk->rows[i].read);
  g_byte_array_unref(chunk->texts);
  g_free(chunk);
}

static gsize add_text(Chunk *chunk, const char *text, gsize length) {
  gsize offset = chunk->texts->len;
  g_byte_array_append(chunk->texts, (const guint8 *)text, (guint)length + 1);
  return offset;
}

static const char *text_of(const Chunk *chunk, gsize offset) {
  return (const char *)chunk->texts->data + offset;
}

/* Rows of one service come together, mostly. */
static gsize add_service(Chunk *chunk, const char *service, gsize length) {
  if (chunk->n > 0 && strcmp(text_of(chunk, chunk->rows[chunk->n - 1].service), service) == 0)
    return chunk->rows[chunk->n - 1].service;
  return add_text(chunk, service, length);
}

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static gboolean refuse_kind(const MuSqliteFile *file, int kind, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_NEWER_STATE,
              "%s: holds a record of the unknown kind %d; it was written by a newer muster: use that one", file->path,
              kind);
  return FALSE;
}

/* The columns are kind, service, key, value. */
static gboolean add_row(const MuSqliteLoad *load, Chunk *chunk, sqlite3_stmt *row, gboolean read, GError **error) {
  MuRecordKind kind = (MuRecordKind)sqlite3_column_int(row, 0);
  const char *service = (const char *)sqlite3_column_text(row, 1);
  const char *key = (const char *)sqlite3_column_text(row, 2);
  const char *value = (const char *)sqlite3_column_text(row, 3);
  if (service == NULL || key == NULL || value == NULL)
    return mu_sqlite_file_fail(load->file, "cannot read a record", error);
  if (mu_record_kind_to_string(kind) == NULL)
    return refuse_kind(load->file, (int)kind, error);
  gsize length = (gsize)sqlite3_column_bytes(row, 3);
  Row *added = &chunk->rows[chunk->n];
  *added = (Row){.kind = kind, .length = length};
  added->service = add_service(chunk, service, (gsize)sqlite3_column_bytes(row, 1));
  added->key = add_text(chunk, key, (gsize)sqlite3_column_bytes(row, 2));
  added->read = read && load->reader->read != NULL ? load->reader->read(kind, value, length) : NULL;
  if (added->read == NULL)
    added->value = add_text(chunk, value, length);
  chunk->n++;
  return TRUE;
}

/* Takes the chunk. FALSE: nobody visits it. */
static gboolean hand_over(MuSqliteLoad *load, Chunk *chunk, gboolean *ret_enough) {
  pthread_mutex_lock(&load->mutex);
  while (load->waiting.length >= WAITING_MAX && !load->abandoned)
    pthread_cond_wait(&load->changed, &load->mutex);
  gboolean wanted = !load->abandoned;
  g_queue_push_tail(&load->waiting, chunk);
  *ret_enough = load->waiting.length >= WAITING_ENOUGH;
  pthread_cond_broadcast(&load->changed);
  pthread_mutex_unlock(&load->mutex);
  return wanted;
}

/* FALSE with `error`, or when nobody visits any more. */
static gboolean read_rows(MuSqliteLoad *load, sqlite3_stmt *rows, GError **error) {
  Chunk *chunk = chunk_new();
  gboolean enough = FALSE, good = TRUE;
  int result = SQLITE_DONE;
  while (good && (result = sqlite3_step(rows)) == SQLITE_ROW) {
    good = add_row(load, chunk, rows, enough, error);
    if (good && chunk->n == CHUNK_ROWS) {
      good = hand_over(load, chunk, &enough);
      chunk = chunk_new();
    }
  }
  hand_over(load, chunk, &enough);
  if (good && result != SQLITE_DONE)
    good = mu_sqlite_file_fail(load->file, "cannot read its records", error);
  return good;
}

static void read_all(MuSqliteLoad *load, GError **error) {
  sqlite3_stmt *rows = NULL;
  if (sqlite3_prepare_v2(load->file->db, "SELECT kind, service, key, value FROM record", -1, &rows, NULL) != SQLITE_OK)
    mu_sqlite_file_fail(load->file, "cannot read its records", error);
  else
    read_rows(load, rows, error);
  sqlite3_finalize(rows);
}

/* Says what is wrong with the file's structure. */
static void check_integrity(const MuSqliteFile *file, GError **error) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(file->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step(statement) != SQLITE_ROW)
    mu_sqlite_file_fail(file, "cannot check it", error);
  else if (g_strcmp0((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
    g_set_error(
        error, MU_ERROR, MU_ERROR_FAILED,
        "%s: the file is damaged: %s; keep a copy of it, and put a backup in its place, or try `sqlite3 FILE .recover`",
        file->path, (const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
}

static gpointer run(gpointer user) {
  MuSqliteLoad *load = user;
  GError *error = NULL;
  read_all(load, &error);
  pthread_mutex_lock(&load->mutex);
  load->error = error;
  load->all_read = TRUE;
  pthread_cond_broadcast(&load->changed);
  pthread_mutex_unlock(&load->mutex);
  check_integrity(load->file, &load->damage);
  return NULL;
}

/* ---- the visitor's side --------------------------------------------------------------------------------------------- */

/* NULL: all was visited, or `error`. */
static Chunk *next_chunk(MuSqliteLoad *load, GError **error) {
  pthread_mutex_lock(&load->mutex);
  while (load->waiting.length == 0 && !load->all_read)
    pthread_cond_wait(&load->changed, &load->mutex);
  Chunk *chunk = g_queue_pop_head(&load->waiting);
  if (chunk == NULL && load->error != NULL)
    g_propagate_error(error, g_steal_pointer(&load->error));
  pthread_cond_broadcast(&load->changed);
  pthread_mutex_unlock(&load->mutex);
  return chunk;
}

static gboolean visit_row(const MuSqliteLoad *load, Chunk *chunk, gpointer user, GError **error) {
  const Row *row = &chunk->rows[chunk->visited++];
  MuStoredRecord record = {row->kind, text_of(chunk, row->service), text_of(chunk, row->key), NULL, row->length,
                           row->read};
  if (record.read == NULL) {
    record.value = text_of(chunk, row->value);
    if (load->reader->read != NULL)
      record.read = load->reader->read(record.kind, record.value, record.length);
  }
  return load->reader->visit(&record, user, error);
}

gboolean mu_sqlite_load_visit(MuSqliteLoad *load, gpointer user, GError **error) {
  GError *failure = NULL;
  Chunk *chunk = NULL;
  while (failure == NULL && (chunk = next_chunk(load, &failure)) != NULL) {
    while (chunk->visited < chunk->n && visit_row(load, chunk, user, &failure))
      ;
    chunk_free(chunk, load->reader);
  }
  if (failure != NULL)
    g_propagate_error(error, failure);
  return failure == NULL;
}

/* ---- life ----------------------------------------------------------------------------------------------------------- */

MuSqliteLoad *mu_sqlite_load_begin(const MuSqliteFile *file, const MuStoreReader *reader) {
  MuSqliteLoad *load = g_new0(MuSqliteLoad, 1);
  load->file = file;
  load->reader = reader;
  pthread_mutex_init(&load->mutex, NULL);
  pthread_cond_init(&load->changed, NULL);
  load->thread = g_thread_new("muster-load", run, load);
  return load;
}

static void abandon(MuSqliteLoad *load) {
  pthread_mutex_lock(&load->mutex);
  load->abandoned = TRUE;
  pthread_cond_broadcast(&load->changed);
  pthread_mutex_unlock(&load->mutex);
}

gboolean mu_sqlite_load_end(MuSqliteLoad *take_load, GError **error) {
  MuSqliteLoad *load = take_load;
  abandon(load);
  g_thread_join(load->thread);
  gboolean good = load->damage == NULL;
  if (!good)
    g_propagate_error(error, g_steal_pointer(&load->damage));
  Chunk *chunk = NULL;
  while ((chunk = g_queue_pop_head(&load->waiting)) != NULL)
    chunk_free(chunk, load->reader);
  g_clear_error(&load->error);
  pthread_mutex_destroy(&load->mutex);
  pthread_cond_destroy(&load->changed);
  g_free(load);
  return good;
}
