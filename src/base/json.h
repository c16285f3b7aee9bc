/* Helpers over jansson: typed reads with errors that name the path, and short writes. */
#ifndef MU_JSON_H
#define MU_JSON_H
#include <glib.h>
#include <jansson.h>

/* Parses one JSON value of at most `max_bytes`, nested at most 128 deep; MU_ERROR_TOO_LARGE or MU_ERROR_REFUSED with
 * line and column. Duplicate keys are refused. The caller owns the reference. */
json_t *mu_json_parse(const char *text, gsize length, gsize max_bytes, GError **error);
/* Compact, keys in insertion order; the caller frees with g_free. */
char *mu_json_to_string(const json_t *value);
char *mu_json_to_pretty(const json_t *value);

/* Reads of object members. A missing member (or JSON null) leaves *ret untouched and is TRUE unless `required`. A wrong
 * type is FALSE with MU_ERROR_REFUSED naming the key. Strings are borrowed from the object. */
gboolean mu_json_get_string(const json_t *object, const char *key, gboolean required, const char **ret, GError **error);
gboolean mu_json_get_int(const json_t *object, const char *key, gboolean required, gint64 *ret, GError **error);
gboolean mu_json_get_bool(const json_t *object, const char *key, gboolean required, gboolean *ret, GError **error);
/* As get_int; a value outside of min..max is refused, naming the bounds. */
gboolean mu_json_get_int_between(const json_t *object, const char *key, gboolean required, gint64 min, gint64 max,
                                 gint64 *ret, GError **error);
/* Borrowed from the object. */
gboolean mu_json_get_array(const json_t *object, const char *key, gboolean required, const json_t **ret,
                           GError **error);
gboolean mu_json_get_object(const json_t *object, const char *key, gboolean required, const json_t **ret,
                            GError **error);

/* A JSON string of any text, NULL gives JSON null: what is not UTF-8 is replaced by U+FFFD. The caller owns it. */
json_t *mu_json_string(const char *text);
/* Member writes that skip NULL. The object must be an object. */
void mu_json_set_string(json_t *object, const char *key, const char *value);
void mu_json_set_int(json_t *object, const char *key, gint64 value);
void mu_json_set_bool(json_t *object, const char *key, gboolean value);
/* Takes the reference of `value`, which is not NULL. */
void mu_json_set_new(json_t *object, const char *key, json_t *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)
#endif
