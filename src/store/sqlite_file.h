/* The file of the sqlite store: who may open it, what it must look like, and what its failures mean to an operator. */
#ifndef MU_SQLITE_FILE_H
#define MU_SQLITE_FILE_H
#include <glib.h>
#include <sqlite3.h>

#define MU_SQLITE_APPLICATION_ID 0x4d757374 /* "Must", in the file's header */
#define MU_SQLITE_SCHEMA 1                  /* PRAGMA user_version; a file with a larger one is refused */

typedef struct {
  char *path;
  int lock_fd;
  sqlite3 *db;
} MuSqliteFile;

/* Takes the lock, looks at the file without changing it, and opens or creates it. Errors: see sqlite_store.h. */
MuSqliteFile *mu_sqlite_file_open(const char *path, GError **error);
void mu_sqlite_file_close(MuSqliteFile *file);

/* Sets the error for the connection's last failure: what happened while `doing`, and what to do about it. FALSE. */
gboolean mu_sqlite_file_fail(const MuSqliteFile *file, const char *doing, GError **error);
guint64 mu_sqlite_file_bytes(const MuSqliteFile *file); /* about: 0 when it cannot be told */
gboolean mu_sqlite_file_exec(const MuSqliteFile *file, const char *doing, const char *sql, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuSqliteFile, mu_sqlite_file_close)
#endif
