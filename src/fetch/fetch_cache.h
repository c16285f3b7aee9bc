/* The cache: files by the address they came from, shared by all pods whose tasks have one user.
 *
 *   <dir>/lock-<00 to 3f>  flock: who holds the one of an address may touch its files; so two pods that want the same file
 *                          at once fetch it once
 *   <dir>/<key>.data       the content
 *   <dir>/<key>.meta       {"address", "sha256", "etag", "last_modified"}: written last, by a rename
 *   <dir>/<key>.tmp        on its way; overwritten by the next who fetches it
 *
 * A process that dies at any point leaves nothing that is taken for good: what <key>.data has is compared with the sum in
 * <key>.meta each time it is used. */
#ifndef MU_FETCH_CACHE_H
#define MU_FETCH_CACHE_H
#include "fetch.h"

typedef enum {
  MU_FETCH_DOWNLOADED,
  MU_FETCH_UNCHANGED, /* the server said that the copy at hand is still good */
  MU_FETCH_KNOWN,     /* the copy at hand has the sum that was asked for: no server was asked */
} MuFetchFrom;

/* Writes the content of a remote address to `fd`, by way of the cache. The checksum has been compared. */
gboolean mu_fetch_cached(const char *dir, const MuFetchUri *uri, int fd, MuFetchSay say, MuFetchFrom *ret_from,
                         GError **error);
/* Removes what was used least recently until at most `max` bytes are left; what another process works on stays. */
void mu_fetch_cache_trim(const char *dir, guint64 max);
#endif
