/* A store that forgets: for `muster run`, tests and the simulator. Same atomicity; may be told to fail. */
#ifndef MU_MEMORY_STORE_H
#define MU_MEMORY_STORE_H
#include "record.h"

MuStore *mu_memory_store_new(void);
/* The next `n` commits fail with MU_ERROR_UNAVAILABLE; G_MAXUINT: until told otherwise. */
void mu_memory_store_fail_next(MuStore *store, guint n);
/* Commits are kept back until mu_memory_store_finish() completes them, in order; otherwise they complete from an idle
 * callback of the default main context. */
void mu_memory_store_hold(MuStore *store, gboolean hold);
void mu_memory_store_finish(MuStore *base);
guint mu_memory_store_size(MuStore *store); /* records held */
#endif
