/* The embedded store: one SQLite file in the state folder; WAL, synchronous FULL, one transaction a batch, on a worker
 * thread so that the main loop never waits for the disk. The file carries a schema version and the version of muster that
 * wrote it; one made by a newer schema is refused (MU_ERROR_NEWER_STATE) and left untouched. Held by one process at a
 * time: a second one gets MU_ERROR_CONFLICT naming the file. */
#ifndef MU_SQLITE_STORE_H
#define MU_SQLITE_STORE_H
#include "record.h"

MuStore *mu_sqlite_store_open(const char *path, GError **error);
#endif
