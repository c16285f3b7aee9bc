/* The readable part of a request: path and query from the request line, conditions from the headers. Everything is checked
 * here once: what a handler sees is UTF-8 without NUL. */
#ifndef MU_HTTP_REQUEST_H
#define MU_HTTP_REQUEST_H
#include <glib.h>

/* The path of a request's uri, not yet decoded: a `%2F` in a name is no separator. The caller frees. */
char *mu_http_uri_path(const char *uri);
/* Decodes %XX. MU_ERROR_USAGE when it is malformed, not UTF-8, or has a NUL; `what` names it. The caller frees. */
char *mu_http_decode(const char *what, const char *text, gsize length, GError **error);
/* The query of a request's uri, string to string; a field given twice is refused. A new table. */
GHashTable *mu_http_uri_query(const char *uri, GError **error);

/* A number in a query: `ret` untouched when absent. MU_ERROR_USAGE naming the field otherwise. */
gboolean mu_http_query_uint(GHashTable *query, const char *name, guint64 *ret, GError **error);
/* "true" or "false"; absent leaves it. */
gboolean mu_http_query_bool(GHashTable *query, const char *name, gboolean *ret, GError **error);

/* If-Match and If-None-Match of a change, each NULL when absent, as a MuCommand's if_version. `"3"` and `3` are version 3;
 * If-Match: * sets `ret_must_exist`. MU_ERROR_USAGE for any other form, and for both at once. */
gboolean mu_http_condition(const char *if_match, const char *if_none_match, gint64 *ret_version,
                           gboolean *ret_must_exist, GError **error);

typedef enum {
  MU_HTTP_RANGE_WHOLE, /* none asked, or of a form that RFC 9110 14.2 lets us ignore */
  MU_HTTP_RANGE_PART,
  MU_HTTP_RANGE_UNSATISFIABLE,
} MuHttpRange;
/* The Range header (NULL: none) against a file of `size` bytes; `ret_first` and `ret_last` (inclusive) are set for PART. */
MuHttpRange mu_http_range(const char *header, guint64 size, guint64 *ret_first, guint64 *ret_last);

/* The media type alone, in lower case: "application/json". NULL gives NULL. The caller frees. */
char *mu_http_media_type(const char *content_type);
/* The bytes of one field of a multipart/form-data body; a new reference. MU_ERROR_REFUSED when it cannot be read or has no
 * such field. */
GBytes *mu_http_form_field(const char *content_type, GBytes *body, const char *name, GError **error);
/* MU_ERROR_REFUSED with the position of the first byte that is not UTF-8. */
gboolean mu_http_check_utf8(GBytes *body, GError **error);

#endif
