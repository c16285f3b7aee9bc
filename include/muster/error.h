/* The error domain of libmuster. Every function that can fail takes a `GError **error` last and sets one of these
 * codes with a message that says what is wrong, where, and what was expected. The codes map one to one to an exit code of
 * the program and to a status code of the HTTP API: one table, see mu_error_info(). */
#ifndef MUSTER_ERROR_H
#define MUSTER_ERROR_H

#include <glib.h>

G_BEGIN_DECLS

#define MU_ERROR (mu_error_quark())
GQuark mu_error_quark(void);

/* MU_ERROR_TABLE(X): X(name, exit code, HTTP status, "word in JSON", "meaning for a reader") */
#define MU_ERROR_TABLE(X)                                                                                              \
  X(USAGE, 2, 400, "usage", "the command line or the request is not of the documented form")                           \
  X(REFUSED, 3, 400, "refused", "the input was read and is not acceptable; nothing was changed")                       \
  X(NOT_FOUND, 4, 404, "not-found", "the thing that was named does not exist")                                         \
  X(CONFLICT, 5, 409, "conflict", "the request contradicts the present state")                                         \
  X(TIMED_OUT, 6, 504, "timed-out", "the wait ended before the thing that was waited for")                             \
  X(FAILED, 1, 500, "failed", "the operation was tried and failed")                                                    \
  X(NO_SCHEDULER, 7, 503, "no-scheduler", "no scheduler answers at the given place")                                   \
  X(UNAVAILABLE, 8, 503, "unavailable", "the store or the engine is not available now; try again")                     \
  X(TOO_LARGE, 3, 413, "too-large", "the input exceeds a named limit")                                                 \
  X(DENIED, 9, 401, "denied", "the token is missing or wrong")                                                         \
  X(METHOD, 2, 405, "method", "the path exists, the method does not")                                                  \
  X(NEWER_STATE, 10, 500, "newer-state", "the state was written by a newer version of muster")

typedef enum {
#define X(name, exit_code, http_status, word, meaning) MU_ERROR_##name,
  MU_ERROR_TABLE(X)
#undef X
} MuErrorCode;

typedef struct {
  MuErrorCode code;
  int exit_code;   /* of the program */
  int http_status; /* of the API */
  const char *word;
  const char *meaning;
} MuErrorInfo;

/* The row of `code`; an unknown code (an error of another domain) gets the row of MU_ERROR_FAILED. Static. */
const MuErrorInfo *mu_error_info(const GError *error);
/* The whole table, for documents and clients; `ret_n` receives the number of rows. Static. */
const MuErrorInfo *mu_error_table(gsize *ret_n);
/* The row with this word, or NULL. */
const MuErrorInfo *mu_error_info_by_word(const char *word);

G_END_DECLS
#endif
