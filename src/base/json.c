#include "json.h"

#include "bug.h"
#include <muster/error.h>
#include <string.h>

#define MAX_DEPTH 128 /* of nesting; jansson itself goes down 2048 levels by recursion */

/* Where nesting first exceeds MAX_DEPTH, or `length`. Brackets in strings do not count; whether the text is JSON at all is
 * left to the parser. */
static gsize too_deep_at(const char *text, gsize length) {
  guint depth = 0;
  gboolean in_string = FALSE;
  for (gsize i = 0; i < length; i++) {
    char c = text[i];
    if (in_string && c == '\\')
      i++;
    else if (c == '"')
      in_string = !in_string;
    else if (in_string)
      continue;
    else if (c == '{' || c == '[') {
      if (++depth > MAX_DEPTH)
        return i;
    } else if ((c == '}' || c == ']') && depth > 0)
      depth--;
  }
  return length;
}

static void set_too_deep(const char *text, gsize at, GError **error) {
  guint line = 1, column = 1;
  for (gsize i = 0; i < at; i++) {
    column++;
    if (text[i] == '\n') {
      line++;
      column = 1;
    }
  }
  g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE, "JSON, line %u, column %u: nested more than %d deep", line, column,
              MAX_DEPTH);
}

json_t *mu_json_parse(const char *text, gsize length, gsize max_bytes, GError **error) {
  if (length > max_bytes) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
                "JSON of %" G_GSIZE_FORMAT " bytes; at most %" G_GSIZE_FORMAT " are accepted", length, max_bytes);
    return NULL;
  }
  gsize deep = too_deep_at(text, length);
  if (deep < length) {
    set_too_deep(text, deep, error);
    return NULL;
  }
  json_error_t fault;
  json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
  if (value == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "JSON, line %d, column %d: %s", fault.line, fault.column,
                fault.text);
  return value;
}

static int append_to_string(const char *bytes, size_t length, void *user) {
  g_string_append_len(user, bytes, (gssize)length);
  return 0;
}

/* As many digits as every decimal number comes back with as it was written: 0.1, and not 0.10000000000000001. */
#define REAL_DIGITS JSON_REAL_PRECISION(15)

static char *dump(const json_t *value, size_t flags) {
  GString *text = g_string_sized_new(256);
  if (json_dump_callback(value, append_to_string, text, flags | REAL_DIGITS | JSON_ENCODE_ANY) != 0)
    mu_bug("a JSON value of ours cannot be written");
  return g_string_free(text, FALSE);
}

char *mu_json_to_string(const json_t *value) {
  return dump(value, JSON_COMPACT);
}

char *mu_json_to_pretty(const json_t *value) {
  return dump(value, JSON_INDENT(2));
}

/* ---- reads --------------------------------------------------------------------------------------------------------- */

static const char *type_name(const json_t *value) {
  switch (json_typeof(value)) {
  case JSON_OBJECT: return "an object";
  case JSON_ARRAY: return "an array";
  case JSON_STRING: return "a string";
  case JSON_INTEGER: return "an integer";
  case JSON_REAL: return "a number with a fraction";
  case JSON_TRUE:
  case JSON_FALSE: return "a boolean";
  case JSON_NULL: return "null";
  }
  mu_bug("jansson has no other type");
}

static gboolean wrong_type(const char *key, const json_t *value, const char *expected, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%s\" is %s; expected %s", key, type_name(value), expected);
  return FALSE;
}

/* The member in *ret_value, NULL when it is absent and may be. */
static gboolean get_member(const json_t *object, const char *key, gboolean required, const char *expected,
                           const json_t **ret_value, GError **error) {
  if (!json_is_object(object)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%s\" is looked for in %s; expected an object", key,
                object == NULL ? "nothing" : type_name(object));
    return FALSE;
  }
  const json_t *value = json_object_get(object, key);
  if (value != NULL && json_is_null(value))
    value = NULL;
  if (value == NULL && required) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%s\" is missing; expected %s", key, expected);
    return FALSE;
  }
  *ret_value = value;
  return TRUE;
}

static gboolean is_any_string(const json_t *value) {
  return json_is_string(value);
}

static gboolean is_any_integer(const json_t *value) {
  return json_is_integer(value);
}

static gboolean is_any_boolean(const json_t *value) {
  return json_is_boolean(value);
}

static gboolean is_any_array(const json_t *value) {
  return json_is_array(value);
}

static gboolean is_any_object(const json_t *value) {
  return json_is_object(value);
}

typedef struct {
  const char *expected;
  gboolean (*holds)(const json_t *value);
} Type;

static const Type string_type = {"a string", is_any_string};
static const Type integer_type = {"an integer", is_any_integer};
static const Type boolean_type = {"a boolean", is_any_boolean};
static const Type array_type = {"an array", is_any_array};
static const Type object_type = {"an object", is_any_object};

/* The member of the type in *ret_value; NULL when it is absent and may be. */
static gboolean get_typed(const json_t *object, const char *key, gboolean required, const Type *type,
                          const json_t **ret_value, GError **error) {
  const json_t *value = NULL;
  if (!get_member(object, key, required, type->expected, &value, error))
    return FALSE;
  if (value != NULL && !type->holds(value))
    return wrong_type(key, value, type->expected, error);
  *ret_value = value;
  return TRUE;
}

gboolean mu_json_get_string(const json_t *object, const char *key, gboolean required, const char **ret,
                            GError **error) {
  const json_t *value;
  if (!get_typed(object, key, required, &string_type, &value, error))
    return FALSE;
  if (value != NULL)
    *ret = json_string_value(value);
  return TRUE;
}

gboolean mu_json_get_int(const json_t *object, const char *key, gboolean required, gint64 *ret, GError **error) {
  const json_t *value;
  if (!get_typed(object, key, required, &integer_type, &value, error))
    return FALSE;
  if (value != NULL)
    *ret = json_integer_value(value);
  return TRUE;
}

gboolean mu_json_get_int_between(const json_t *object, const char *key, gboolean required, gint64 min, gint64 max,
                                 gint64 *ret, GError **error) {
  gint64 value = min;
  if (!mu_json_get_int(object, key, required, &value, error))
    return FALSE;
  if (value < min || value > max) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "\"%s\" is %" G_GINT64_FORMAT "; expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key, value, min,
                max);
    return FALSE;
  }
  return mu_json_get_int(object, key, required, ret, error);
}

gboolean mu_json_get_bool(const json_t *object, const char *key, gboolean required, gboolean *ret, GError **error) {
  const json_t *value;
  if (!get_typed(object, key, required, &boolean_type, &value, error))
    return FALSE;
  if (value != NULL)
    *ret = json_is_true(value);
  return TRUE;
}

gboolean mu_json_get_array(const json_t *object, const char *key, gboolean required, const json_t **ret,
                           GError **error) {
  const json_t *value;
  if (!get_typed(object, key, required, &array_type, &value, error))
    return FALSE;
  if (value != NULL)
    *ret = value;
  return TRUE;
}

gboolean mu_json_get_object(const json_t *object, const char *key, gboolean required, const json_t **ret,
                            GError **error) {
  const json_t *value;
  if (!get_typed(object, key, required, &object_type, &value, error))
    return FALSE;
  if (value != NULL)
    *ret = value;
  return TRUE;
}

/* ---- writes -------------------------------------------------------------------------------------------------------- */

void mu_json_set_new(json_t *object, const char *key, json_t *value) {
  if (json_object_set_new(object, key, value) != 0)
    mu_bug("a member cannot be set: not an object, or a value that is not UTF-8");
}

/* Text of a task or a peer may be anything; JSON is UTF-8. json_string checks that, and gives NULL. */
json_t *mu_json_string(const char *text) {
  if (text == NULL)
    return json_null();
  json_t *value = json_string(text);
  if (value != NULL)
    return value;
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  return json_string(valid);
}

void mu_json_set_string(json_t *object, const char *key, const char *value) {
  if (value != NULL)
    mu_json_set_new(object, key, mu_json_string(value));
}

void mu_json_set_int(json_t *object, const char *key, gint64 value) {
  mu_json_set_new(object, key, json_integer(value));
}

void mu_json_set_bool(json_t *object, const char *key, gboolean value) {
  mu_json_set_new(object, key, json_boolean(value));
}
