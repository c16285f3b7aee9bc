#include "sqlite_file.h"

#include "mu_config.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- what a failure means ------------------------------------------------------------------------------------------ */

/* By sqlite's primary result code; the first row is for all others. */
static const struct {
  int result;
  MuErrorCode code;
  const char *advice;
} failures[] = {
    {SQLITE_ERROR, MU_ERROR_FAILED, "this should not happen; please report it"},
    {SQLITE_FULL, MU_ERROR_UNAVAILABLE,
     "the disk is full: free some space there; nothing is lost, and muster goes on by itself"},
    {SQLITE_IOERR, MU_ERROR_UNAVAILABLE,
     "the disk does not read or write: look at it (dmesg, df); muster tries again by itself"},
    {SQLITE_NOMEM, MU_ERROR_UNAVAILABLE, "there is not enough memory; muster tries again by itself"},
    {SQLITE_BUSY, MU_ERROR_CONFLICT, "another program has the file open: end it (fuser tells which), then start again"},
    {SQLITE_LOCKED, MU_ERROR_CONFLICT,
     "another program has the file open: end it (fuser tells which), then start again"},
    {SQLITE_READONLY, MU_ERROR_FAILED,
     "it cannot be written: give muster's user the right to write the file and its folder"},
    {SQLITE_CANTOPEN, MU_ERROR_FAILED,
     "it cannot be opened: give muster's user the right to write the file and its folder"},
    {SQLITE_PERM, MU_ERROR_FAILED,
     "it cannot be opened: give muster's user the right to write the file and its folder"},
    {SQLITE_CORRUPT, MU_ERROR_FAILED,
     "the file is damaged: keep a copy of it, and put a backup in its place, or try `sqlite3 FILE .recover`"},
    {SQLITE_NOTADB, MU_ERROR_FAILED,
     "the file is damaged or not a store of muster: name another one, or put a backup in its place"},
};

static guint failure_row(int result) {
  for (guint i = 0; i < G_N_ELEMENTS(failures); i++)
    if (failures[i].result == (result & 0xff))
      return i;
  return 0;
}

gboolean mu_sqlite_file_fail(const MuSqliteFile *file, const char *doing, GError **error) {
  guint row = failure_row(sqlite3_errcode(file->db));
  int os_error = sqlite3_system_errno(file->db);
  gboolean of_disk = failures[row].result == SQLITE_IOERR || failures[row].result == SQLITE_CANTOPEN;
  g_set_error(error, MU_ERROR, failures[row].code, "%s: %s: %s%s%s; %s", file->path, doing, sqlite3_errmsg(file->db),
              of_disk && os_error != 0 ? ", " : "", of_disk && os_error != 0 ? g_strerror(os_error) : "",
              failures[row].advice);
  return FALSE;
}

gboolean mu_sqlite_file_exec(const MuSqliteFile *file, const char *doing, const char *sql, GError **error) {
  if (sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  return mu_sqlite_file_fail(file, doing, error);
}

/* ---- one process at a time ----------------------------------------------------------------------------------------- */

/* The lock file holds its owner's process id, for the message only: the lock itself dies with the process. */
static gboolean refuse_locked(const char *path, int fd, GError **error) {
  char pid[16] = "";
  ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
  pid[MAX(n, 0)] = '\0';
  g_strstrip(pid);
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
              "%s: in use by another muster%s%s; stop that one, or give this one a state folder of its own", path,
              *pid == '\0' ? "" : ", process ", pid);
  return FALSE;
}

static gboolean take_lock(MuSqliteFile *file, GError **error) {
  g_autofree char *lock_path = g_strconcat(file->path, ".lock", NULL);
  file->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file->lock_fd < 0) {
    int reason = errno;
    g_autofree char *folder = g_path_get_dirname(file->path);
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED,
                "%s: %s; the state folder %s must exist and be writable by muster's user", lock_path,
                g_strerror(reason), folder);
    return FALSE;
  }
  if (flock(file->lock_fd, LOCK_EX | LOCK_NB) != 0)
    return refuse_locked(file->path, file->lock_fd, error);
  g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());
  if (ftruncate(file->lock_fd, 0) != 0 || pwrite(file->lock_fd, pid, strlen(pid), 0) < 0)
    errno = 0; /* the id is a courtesy, also on a full disk */
  return TRUE;
}

/* ---- the file before sqlite touches it (sqlite.org/fileformat.html, 1.3) --------------------------------------------- */

#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3" /* with its NUL, 16 bytes */
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68

static guint32 header_number(const guint8 *header, gsize offset) {
  guint32 number;
  memcpy(&number, header + offset, sizeof number);
  return GUINT32_FROM_BE(number);
}

static gboolean refuse_newer(const char *path, guint32 schema, GError **error) {
  g_set_error(
      error, MU_ERROR, MU_ERROR_NEWER_STATE,
      "%s: written by a newer muster, schema %u; this one knows up to schema %d; use the newer muster, the file was not changed",
      path, schema, MU_SQLITE_SCHEMA);
  return FALSE;
}

static gboolean check_header(const char *path, const guint8 *header, gsize length, GError **error) {
  if (length < HEADER_BYTES || memcmp(header, HEADER_MAGIC, sizeof HEADER_MAGIC) != 0 ||
      header_number(header, HEADER_APPLICATION_ID) != MU_SQLITE_APPLICATION_ID) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "%s: not a store of muster; name another file, or move this one away; it was not changed", path);
    return FALSE;
  }
  guint32 schema = header_number(header, HEADER_USER_VERSION);
  return schema <= MU_SQLITE_SCHEMA || refuse_newer(path, schema, error);
}

/* TRUE also when there is no file yet, or an empty one. Done by hand because opening with sqlite may change the file. */
static gboolean look_at_file(const char *path, GError **error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return TRUE;
  guint8 header[HEADER_BYTES];
  ssize_t n = fd < 0 ? -1 : read(fd, header, sizeof header);
  int reason = errno;
  if (fd >= 0)
    close(fd);
  if (n < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s: %s; expected a file that muster's user can read and write", path,
                g_strerror(reason));
    return FALSE;
  }
  return n == 0 || check_header(path, header, (gsize)n, error);
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

/* Wanted layout: rows lie in the order they were first written, so that what is launched together is updated on the same
 * pages; the index is small and finds a service's rows side by side. Measured against the WITHOUT ROWID form of the same
 * key: 2 to 3 times the rows a second, because interior pages of that form carry whole values.
 * The header fields are written before WAL is switched on: look_at_file finds them in the file itself. */
static const char create_sql[] =
    "BEGIN;"
    "CREATE TABLE record(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, service TEXT NOT NULL, key TEXT NOT NULL,"
    " value TEXT NOT NULL);"
    "CREATE UNIQUE INDEX record_key ON record(service, kind, key);"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('application', 'muster'), ('created-by', '" MU_VERSION "'), ('written-by', '" MU_VERSION
    "');"
    "PRAGMA application_id = " G_STRINGIFY(MU_SQLITE_APPLICATION_ID) ";"
                                                                     "PRAGMA user_version = " G_STRINGIFY(
                                                                         MU_SQLITE_SCHEMA) ";"
                                                                                           "COMMIT";

static gboolean read_number(const MuSqliteFile *file, const char *sql, gint64 *ret_number, GError **error) {
  sqlite3_stmt *statement = NULL;
  gboolean good =
      sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
  if (good)
    *ret_number = sqlite3_column_int64(statement, 0);
  else
    mu_sqlite_file_fail(file, "cannot read it", error);
  sqlite3_finalize(statement);
  return good;
}

/* The header in the file may be older than the one in a WAL that a crash left behind. */
static gboolean check_schema(const MuSqliteFile *file, gboolean *ret_is_new, GError **error) {
  gint64 schema = 0, tables = 0;
  if (!read_number(file, "PRAGMA user_version", &schema, error) ||
      !read_number(file, "SELECT count(*) FROM sqlite_schema", &tables, error))
    return FALSE;
  if (schema > MU_SQLITE_SCHEMA)
    return refuse_newer(file->path, (guint32)schema, error);
  *ret_is_new = schema == 0 && tables == 0;
  return TRUE;
}

guint64 mu_sqlite_file_bytes(const MuSqliteFile *file) {
  gint64 pages = 0, size = 0;
  if (!read_number(file, "PRAGMA page_count", &pages, NULL) || !read_number(file, "PRAGMA page_size", &size, NULL))
    return 0;
  return (guint64)(pages * size);
}

static const char settings_sql[] = "PRAGMA page_size = 8192;"         /* of a new file */
                                   "PRAGMA locking_mode = EXCLUSIVE;" /* and so no shared memory file */
                                   "PRAGMA cache_size = -16384;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA trusted_schema = OFF;"
                                   "PRAGMA synchronous = FULL";

static const char wal_sql[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA wal_autocheckpoint = 0;" /* the worker says when */
    "UPDATE meta SET value = '" MU_VERSION "' WHERE key = 'written-by' AND value <> '" MU_VERSION "'";

/* Until the schema is known to be ours, closing must not write a left-over WAL into the file. */
static gboolean set_up(MuSqliteFile *file, GError **error) {
  gboolean is_new = FALSE;
  sqlite3_db_config(file->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (!mu_sqlite_file_exec(file, "cannot set it up", settings_sql, error) || !check_schema(file, &is_new, error))
    return FALSE;
  sqlite3_db_config(file->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  if (is_new && !mu_sqlite_file_exec(file, "cannot create it", create_sql, error))
    return FALSE;
  return mu_sqlite_file_exec(file, "cannot open it for writing", wal_sql, error);
}

/* Contexts may hold secrets: a new file is its owner's alone (the WAL takes the same mode). */
static void make_private(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0)
    close(fd);
}

static gboolean open_database(MuSqliteFile *file, GError **error) {
  make_private(file->path);
  int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX; /* one thread at a time: sqlite_store.c */
  if (sqlite3_open_v2(file->path, &file->db, flags, NULL) != SQLITE_OK)
    return mu_sqlite_file_fail(file, "cannot open it", error);
  return set_up(file, error);
}

MuSqliteFile *mu_sqlite_file_open(const char *path, GError **error) {
  g_autoptr(MuSqliteFile) file = g_new0(MuSqliteFile, 1);
  file->path = g_strdup(path);
  file->lock_fd = -1;
  if (!take_lock(file, error) || !look_at_file(path, error) || !open_database(file, error))
    return NULL;
  return g_steal_pointer(&file);
}

void mu_sqlite_file_close(MuSqliteFile *file) {
  if (file == NULL)
    return;
  sqlite3_close(file->db);
  if (file->lock_fd >= 0)
    close(file->lock_fd);
  g_free(file->path);
  g_free(file);
}
