/* The embedded store: one SQLite file in the state folder; WAL, synchronous FULL, one transaction a batch, on a worker
 * thread so that the main loop never waits for the disk. The file carries a schema version and the version of muster that
 * wrote it; one made by a newer schema is refused (MU_ERROR_NEWER_STATE) and left untouched. Held by one process at a
 * time: a second one gets MU_ERROR_CONFLICT naming the file. */
#ifndef MU_SQLITE_STORE_H
#define MU_SQLITE_STORE_H
#include "record.h"

/* Opens or creates the file; `<path>.lock` beside it holds the lock. Every message says what the operator can do about it.
 * MU_ERROR_CONFLICT: held by another process; MU_ERROR_NEWER_STATE; MU_ERROR_REFUSED: not a store of muster (untouched);
 * MU_ERROR_FAILED: damaged (here or from load), or no right to write; MU_ERROR_UNAVAILABLE: disk full or failing.
 * A commit's `done` comes on the main context that is the thread's default now. It may begin the next commit and may free
 * the store. A commit under way when the store is freed is finished; its `done` is not called. */
MuStore *mu_sqlite_store_open(const char *path, GError **error);
#endif
