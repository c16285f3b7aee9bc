/* An element of `uris`: an address, and after a # how it is to be fetched, `key=value` joined with `&`:
 *
 *   https://host/app-1.2.tgz#sha256=9f86d0…        the content must have this SHA-256
 *   https://host/tool#executable=true              gets the x bits, and is not unpacked
 *   https://host/data.zip#extract=false&output=d   is not unpacked; d is its name in the sandbox
 *
 * A text of the reference (dcos-commons) is one without a fragment. A fragment means nothing to a server, so one that is
 * not understood is a mistake, never passed over: a misspelt checksum must not be one that is not checked. */
#ifndef MU_SPEC_URI_H
#define MU_SPEC_URI_H
#include <glib.h>

#define MU_URI_MAX_BYTES 8192

typedef struct {
  char *value;       /* without the fragment */
  char *output_file; /* NULL: not given */
  char *sha256;      /* 64 lower case hex digits, or NULL */
  gboolean executable;
  gboolean keep_packed; /* extract=false */
} MuSpecUri;

/* MU_ERROR_REFUSED says what was expected. `ret` is untouched then. */
gboolean mu_spec_uri_parse(const char *text, MuSpecUri *ret, GError **error);
void mu_spec_uri_clear(MuSpecUri *uri);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuSpecUri, mu_spec_uri_clear)
#endif
