/* One file from a server into a descriptor: libcurl. */
#ifndef MU_FETCH_GET_H
#define MU_FETCH_GET_H
#include "fetch.h"

/* What a server says of a file, by which a later request asks for it only when it has changed. */
typedef struct {
  char *etag, *last_modified; /* NULL: not said */
} MuFetchValidators;

typedef struct {
  gboolean not_modified; /* the one that the validators are of is still good; nothing was written */
  gboolean no_store;     /* the server forbids to keep it */
  MuFetchValidators validators;
} MuFetchAnswer;

/* Writes the content from the descriptor's present position on. `known` has the validators of the copy at hand, or NULL. */
gboolean mu_fetch_get(const char *address, const MuFetchValidators *known, int fd, MuFetchSay say,
                      MuFetchAnswer *ret_answer, GError **error);
void mu_fetch_validators_clear(MuFetchValidators *validators);
/* The address is one that a server is asked for: http, https, ftp, ftps. */
gboolean mu_fetch_is_remote(const char *address);
#endif
