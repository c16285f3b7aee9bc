#include "fetch_file.h"
#include "fetch.h"
#include <errno.h>
#include <muster/error.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (256 * 1024)

gboolean mu_fetch_fail(GError **error, int errnum, const char *what) {
  g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "%s: %s", what, g_strerror(errnum));
  return FALSE;
}

gboolean mu_fetch_check_sum(const char *expected, const char *found, GError **error) {
  if (expected == NULL || strcmp(expected, found) == 0)
    return TRUE;
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "its SHA-256 is %s, and %s was expected: the file is not the one that was meant, or the sum in the spec is "
      "of another version",
      found, expected);
  return FALSE;
}

static gboolean write_all(int fd, const char *data, gsize length, GError **error) {
  while (length > 0) {
    ssize_t n = write(fd, data, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return mu_fetch_fail(error, errno, "cannot write it");
    data += n;
    length -= (gsize)n;
  }
  return TRUE;
}

char *mu_fetch_copy(int from, int to, GError **error) {
  g_autofree char *block = g_malloc(BLOCK);
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
  guint64 at = 0;
  for (;;) {
    ssize_t n = pread(from, block, BLOCK, (off_t)at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return mu_fetch_fail(error, errno, "cannot read it"), NULL;
    if (n == 0)
      return g_strdup(g_checksum_get_string(sum));
    g_checksum_update(sum, (const guchar *)block, n);
    at += (guint64)n;
    if (at > MU_FETCH_MAX_BYTES)
      return mu_fetch_fail(error, EFBIG, "it is larger than the limit"), NULL;
    if (to >= 0 && !write_all(to, block, (gsize)n, error))
      return NULL;
  }
}
