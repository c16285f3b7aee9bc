#include "http_request.h"

#include "command.h"
#include "http_limits.h"
#include <muster/error.h>
#include <string.h>

char *mu_http_uri_path(const char *uri) {
  return g_strndup(uri, strcspn(uri, "?#"));
}

static gboolean is_percent_encoded(const char *text, gsize length) {
  for (gsize i = 0; i < length; i++)
    if (text[i] == '%' && (i + 2 >= length || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2])))
      return FALSE;
  return TRUE;
}

char *mu_http_decode(const char *what, const char *text, gsize length, GError **error) {
  g_autoptr(GString) decoded = g_string_sized_new(length);
  if (!is_percent_encoded(text, length)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "the %s has a %% that is not followed by two hexadecimal digits",
                what);
    return NULL;
  }
  for (gsize i = 0; i < length; i++) {
    char c = text[i];
    if (c == '%') {
      c = (char)(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2]));
      i += 2;
    }
    g_string_append_c(decoded, c);
  }
  /* With a length, a NUL byte is invalid too. */
  if (!g_utf8_validate_len(decoded->str, decoded->len, NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "the %s is not UTF-8 text", what);
    return NULL;
  }
  return g_string_free(g_steal_pointer(&decoded), FALSE);
}

static gboolean add_field(GHashTable *query, char *field, GError **error) {
  char *equals = strchr(field, '=');
  gsize key_length = equals == NULL ? strlen(field) : (gsize)(equals - field);
  const char *raw = equals == NULL ? "" : equals + 1;
  g_strdelimit(field, "+", ' ');
  g_autofree char *key = mu_http_decode("query", field, key_length, error);
  g_autofree char *value = key == NULL ? NULL : mu_http_decode("query", raw, strlen(raw), error);
  if (value == NULL)
    return FALSE;
  if (g_hash_table_contains(query, key)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "the query has `%s` twice", key);
    return FALSE;
  }
  g_hash_table_insert(query, g_steal_pointer(&key), g_steal_pointer(&value));
  return TRUE;
}

GHashTable *mu_http_uri_query(const char *uri, GError **error) {
  g_autoptr(GHashTable) query = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  const char *start = strchr(uri, '?');
  if (start == NULL)
    return g_steal_pointer(&query);
  g_auto(GStrv) fields = g_strsplit(start + 1, "&", (int)MU_HTTP_MAX_QUERY_FIELDS + 1);
  if (g_strv_length(fields) > MU_HTTP_MAX_QUERY_FIELDS) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE, "the query has more than %u fields", MU_HTTP_MAX_QUERY_FIELDS);
    return NULL;
  }
  for (char **field = fields; *field != NULL; field++)
    if (**field != '\0' && !add_field(query, *field, error))
      return NULL;
  return g_steal_pointer(&query);
}

gboolean mu_http_query_uint(GHashTable *query, const char *name, guint64 *ret, GError **error) {
  const char *text = g_hash_table_lookup(query, name);
  if (text == NULL)
    return TRUE;
  guint64 value;
  if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value, NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`%s=%s`: a whole number from 0 was expected", name, text);
    return FALSE;
  }
  *ret = value;
  return TRUE;
}

gboolean mu_http_query_bool(GHashTable *query, const char *name, gboolean *ret, GError **error) {
  const char *text = g_hash_table_lookup(query, name);
  if (text == NULL)
    return TRUE;
  gboolean yes = strcmp(text, "true") == 0;
  if (!yes && strcmp(text, "false") != 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`%s=%s`: true or false was expected", name, text);
    return FALSE;
  }
  *ret = yes;
  return TRUE;
}

/* ---- conditions ---- */

static gboolean parse_version(const char *text, gint64 *ret) {
  g_autofree char *plain = g_strstrip(g_strdup(text));
  gsize length = strlen(plain);
  char *digits = plain;
  if (length >= 2 && plain[0] == '"' && plain[length - 1] == '"') {
    plain[length - 1] = '\0';
    digits++;
  }
  guint64 value;
  if (!g_ascii_string_to_unsigned(digits, 10, 1, G_MAXINT64, &value, NULL))
    return FALSE;
  *ret = (gint64)value;
  return TRUE;
}

static gboolean is_star(const char *text) {
  g_autofree char *plain = g_strstrip(g_strdup(text));
  return strcmp(plain, "*") == 0;
}

gboolean mu_http_condition(const char *if_match, const char *if_none_match, gint64 *ret_version,
                           gboolean *ret_must_exist, GError **error) {
  gint64 version = MU_VERSION_ANY;
  gboolean must_exist = FALSE;
  if (if_match != NULL && if_none_match != NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "If-Match and If-None-Match cannot be given together");
    return FALSE;
  }
  if (if_match != NULL && is_star(if_match))
    must_exist = TRUE;
  else if (if_match != NULL && !parse_version(if_match, &version)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "If-Match: %s: one version such as \"3\", or * was expected",
                if_match);
    return FALSE;
  }
  if (if_none_match != NULL) {
    if (!is_star(if_none_match)) {
      g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "If-None-Match: %s: only * is accepted", if_none_match);
      return FALSE;
    }
    version = MU_VERSION_ABSENT;
  }
  *ret_version = version;
  *ret_must_exist = must_exist;
  return TRUE;
}

/* ---- ranges ---- */

static gboolean parse_bound(const char *text, gsize length, guint64 *ret) {
  g_autofree char *digits = g_strndup(text, length);
  return g_ascii_string_to_unsigned(digits, 10, 0, G_MAXUINT64, ret, NULL);
}

MuHttpRange mu_http_range(const char *header, guint64 size, guint64 *ret_first, guint64 *ret_last) {
  guint64 first = 0, last = size == 0 ? 0 : size - 1, suffix;
  if (header == NULL || g_ascii_strncasecmp(header, "bytes=", 6) != 0 || strchr(header, ',') != NULL)
    return MU_HTTP_RANGE_WHOLE;
  const char *spec = header + 6, *dash = strchr(spec, '-');
  if (dash == NULL)
    return MU_HTTP_RANGE_WHOLE;
  if (dash == spec) {
    if (!parse_bound(dash + 1, strlen(dash + 1), &suffix))
      return MU_HTTP_RANGE_WHOLE;
    if (suffix == 0 || size == 0)
      return MU_HTTP_RANGE_UNSATISFIABLE;
    first = suffix >= size ? 0 : size - suffix;
  } else {
    if (!parse_bound(spec, (gsize)(dash - spec), &first))
      return MU_HTTP_RANGE_WHOLE;
    if (dash[1] != '\0' && (!parse_bound(dash + 1, strlen(dash + 1), &last) || last < first))
      return MU_HTTP_RANGE_WHOLE;
    if (first >= size)
      return MU_HTTP_RANGE_UNSATISFIABLE;
    last = MIN(last, size - 1);
  }
  *ret_first = first;
  *ret_last = last;
  return MU_HTTP_RANGE_PART;
}

/* ---- bodies ---- */

char *mu_http_media_type(const char *content_type) {
  if (content_type == NULL)
    return NULL;
  char *type = g_strndup(content_type, strcspn(content_type, ";"));
  g_strstrip(type);
  for (char *c = type; *c != '\0'; c++)
    *c = g_ascii_tolower(*c);
  return type;
}

gboolean mu_http_check_utf8(GBytes *body, GError **error) {
  gsize length;
  const char *text = g_bytes_get_data(body, &length), *bad;
  if (length == 0 || g_utf8_validate_len(text, length, &bad))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "the body is not UTF-8 text: byte %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, (gsize)(bad - text) + 1,
              length);
  return FALSE;
}
