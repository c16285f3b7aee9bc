/* All records of a file, read on a thread of their own while the visitor takes those of before; the thread then checks the file's
 * structure while the scheduler is made of what was visited. What is made of a record's text (MuStoreReader.read) is made by
 * whichever of the two has time: by the thread while enough records wait for the visitor, else by the visitor's. */
#ifndef MU_SQLITE_LOAD_H
#define MU_SQLITE_LOAD_H
#include "record.h"
#include "sqlite_file.h"

typedef struct MuSqliteLoad MuSqliteLoad;

/* Begins. The file's connection is the load's until its end; file and reader outlive it. */
MuSqliteLoad *mu_sqlite_load_begin(const MuSqliteFile *file, const MuStoreReader *reader);
/* Visits all records, once, in the order of the file. MU_ERROR_FAILED: damaged; MU_ERROR_NEWER_STATE: a record of an unknown kind;
 * MU_ERROR_UNAVAILABLE: the disk does not read; or the visitor's error. */
gboolean mu_sqlite_load_visit(MuSqliteLoad *load, gpointer user, GError **error);
/* Waits for the check, and frees the load. MU_ERROR_FAILED: the file is damaged, whatever was visited. */
gboolean mu_sqlite_load_end(MuSqliteLoad *take_load, GError **error);
#endif
