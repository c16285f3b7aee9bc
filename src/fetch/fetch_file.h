/* Files on the way: copied with their checksum. */
#ifndef MU_FETCH_FILE_H
#define MU_FETCH_FILE_H
#include <glib.h>

/* Copies from one descriptor's start to the other's present position; its SHA-256 as lower case hex, which the caller
 * frees, or NULL. `to` -1: only the sum. */
char *mu_fetch_copy(int from, int to, GError **error);
/* MU_ERROR_FAILED "what: why". FALSE. */
gboolean mu_fetch_fail(GError **error, int errnum, const char *what);
/* The sums differ: MU_ERROR_REFUSED that says both. */
gboolean mu_fetch_check_sum(const char *expected, const char *found, GError **error);
#endif
