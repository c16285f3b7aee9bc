#include "proto_json.h"

#include "bug.h"
#include "json.h"
#include <muster/error.h>

#include <math.h>
#include <string.h>

#define MAX_WHOLE 9e15 /* a double is exact up to 2^53 */

typedef ProtobufCFieldDescriptor Field;
typedef ProtobufCMessageDescriptor Descriptor;

static gsize size_of(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_INT32:
  case PROTOBUF_C_TYPE_SINT32:
  case PROTOBUF_C_TYPE_SFIXED32:
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_FLOAT:
  case PROTOBUF_C_TYPE_ENUM: return 4;
  case PROTOBUF_C_TYPE_BOOL: return sizeof(protobuf_c_boolean);
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_MESSAGE: return sizeof(void *);
  case PROTOBUF_C_TYPE_BYTES: return sizeof(ProtobufCBinaryData);
  default: return 8;
  }
}

/* A map<string, M> is on the wire a repeated message of key and value. */
static gboolean is_map(const Field *field) {
  if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
    return FALSE;
  return g_str_has_suffix(((const Descriptor *)field->descriptor)->short_name, "Entry");
}

/* ---- to JSON --------------------------------------------------------------------------------------------------------- */

static json_t *enum_to_json(const Field *field, int value) {
  const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);
  return known != NULL ? json_string(known->name) : json_integer(value);
}

static json_t *bytes_to_json(const ProtobufCBinaryData *data) {
  g_autofree char *text = g_base64_encode(data->data, data->len);
  return json_string(text);
}

/* JSON has no word for it; protobuf's own JSON writes this one. */
static json_t *double_to_json(double value) {
  return isinf(value) ? json_string(value < 0 ? "-Infinity" : "Infinity") : json_real(value);
}

static json_t *value_to_json(const Field *field, gconstpointer at) {
  switch (field->type) {
  case PROTOBUF_C_TYPE_INT32:
  case PROTOBUF_C_TYPE_SINT32:
  case PROTOBUF_C_TYPE_SFIXED32: return json_integer(*(const int32_t *)at);
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_FIXED32: return json_integer(*(const uint32_t *)at);
  case PROTOBUF_C_TYPE_FLOAT: return double_to_json((double)*(const float *)at);
  case PROTOBUF_C_TYPE_DOUBLE: return double_to_json(*(const double *)at);
  case PROTOBUF_C_TYPE_BOOL: return json_boolean(*(const protobuf_c_boolean *)at);
  case PROTOBUF_C_TYPE_ENUM: return enum_to_json(field, *(const int *)at);
  case PROTOBUF_C_TYPE_STRING: return mu_json_string(*(const char *const *)at);
  case PROTOBUF_C_TYPE_BYTES: return bytes_to_json(at);
  case PROTOBUF_C_TYPE_MESSAGE: return mu_proto_to_json(*(const ProtobufCMessage *const *)at);
  default: return json_integer((json_int_t) * (const gint64 *)at);
  }
}

static json_t *map_to_json(const Field *field, ProtobufCMessage *const *entries, gsize n) {
  const Descriptor *entry = field->descriptor;
  json_t *object = json_object();
  for (gsize i = 0; i < n; i++) {
    const char *bytes = (const char *)entries[i];
    const char *key = *(const char *const *)(bytes + entry->fields[0].offset);
    mu_json_set_new(object, key, value_to_json(&entry->fields[1], bytes + entry->fields[1].offset));
  }
  return object;
}

static json_t *repeated_to_json(const Field *field, const ProtobufCMessage *message) {
  gsize n = *(const size_t *)((const char *)message + field->quantifier_offset);
  const char *values = *(const char *const *)((const char *)message + field->offset);
  if (is_map(field))
    return n == 0 ? NULL : map_to_json(field, (ProtobufCMessage *const *)(gconstpointer)values, n);
  if (n == 0)
    return NULL;
  json_t *array = json_array();
  for (gsize i = 0; i < n; i++)
    json_array_append_new(array, value_to_json(field, values + i * size_of(field->type)));
  return array;
}

static gboolean is_pointer(const Field *field) {
  return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
}

static json_t *field_to_json(const Field *field, const ProtobufCMessage *message) {
  const char *at = (const char *)message + field->offset;
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return repeated_to_json(field, message);
  if (is_pointer(field) && *(const void *const *)(gconstpointer)at == NULL)
    return NULL;
  if (field->label == PROTOBUF_C_LABEL_OPTIONAL && !is_pointer(field) &&
      !*(const protobuf_c_boolean *)((const char *)message + field->quantifier_offset))
    return NULL;
  return value_to_json(field, at);
}

json_t *mu_proto_to_json(const ProtobufCMessage *message) {
  json_t *object = json_object();
  for (guint i = 0; i < message->descriptor->n_fields; i++) {
    const Field *field = &message->descriptor->fields[i];
    json_t *value = field_to_json(field, message);
    if (value != NULL)
      json_object_set_new(object, field->name, value);
  }
  return object;
}

/* ---- from JSON ------------------------------------------------------------------------------------------------------- */

static gboolean refuse(const Field *field, const char *expected, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "\"%s\": %s was expected", field->name, expected);
  return FALSE;
}

/* Of a JSON number, or of a string that holds one: protobuf's own JSON writes 64-bit numbers so. */
static gboolean read_number(const Field *field, const json_t *value, double *ret, GError **error) {
  char *end = NULL;
  const char *text = json_string_value(value);
  *ret = text != NULL ? g_ascii_strtod(text, &end) : json_number_value(value);
  if (text != NULL ? *text != '\0' && *end == '\0' && !isnan(*ret) : json_is_number(value))
    return TRUE;
  return refuse(field, "a number", error);
}

static gboolean read_integer(const Field *field, const json_t *value, gint64 min, gint64 max, gint64 *ret,
                             GError **error) {
  double number = 0;
  if (json_is_integer(value))
    *ret = json_integer_value(value);
  else if (!read_number(field, value, &number, error))
    return FALSE;
  else if (!(number >= -MAX_WHOLE && number <= MAX_WHOLE) || number != (double)(gint64)number)
    return refuse(field, "a whole number", error);
  else
    *ret = (gint64)number;
  return (*ret >= min && *ret <= max) || refuse(field, "a number within its range", error);
}

static gboolean read_enum(const Field *field, const json_t *value, int *ret, gboolean *ret_known, GError **error) {
  gint64 number = 0;
  const ProtobufCEnumValue *known = NULL;
  if (json_is_string(value)) {
    known = protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, json_string_value(value));
  } else {
    if (!read_integer(field, value, G_MININT32, G_MAXINT32, &number, error))
      return FALSE;
    known = protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number);
  }
  *ret_known = known != NULL;
  if (known != NULL)
    *ret = known->value;
  return TRUE;
}

static gboolean read_string(MuArena *arena, const Field *field, const json_t *value, char **ret, GError **error) {
  if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
    return refuse(field, "a text", error);
  *ret = mu_arena_strdup(arena, json_string_value(value));
  return TRUE;
}

static gboolean is_base64(const char *text) {
  gsize n = strlen(text), digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  return n % 4 == 0 && n - digits <= 2 && digits + strspn(text + digits, "=") == n;
}

static gboolean read_bytes(MuArena *arena, const Field *field, const json_t *value, ProtobufCBinaryData *ret,
                           GError **error) {
  const char *text = json_string_value(value);
  if (text == NULL || !is_base64(text))
    return refuse(field, "a text in base64", error);
  gsize length = 0;
  g_autofree guchar *data = g_base64_decode(text, &length);
  ret->len = length;
  ret->data = mu_arena_alloc(arena, length + 1);
  memcpy(ret->data, data, length);
  return TRUE;
}

static gboolean read_whole(const Field *field, const json_t *value, gpointer at, GError **error) {
  gint64 number = 0;
  gboolean is_signed = field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_INT64;
  gboolean is_long = size_of(field->type) == 8;
  gint64 max = is_long ? G_MAXINT64 : is_signed ? G_MAXINT32 : G_MAXUINT32;
  if (!read_integer(field, value, !is_signed ? 0 : is_long ? G_MININT64 : G_MININT32, max, &number, error))
    return FALSE;
  if (is_long)
    *(gint64 *)at = number;
  else
    *(gint32 *)at = (gint32)number;
  return TRUE;
}

/* `*ret_known` FALSE: an enumerator that we have not; nothing was stored. */
static gboolean read_value(MuArena *arena, const Field *field, const json_t *value, gpointer at, gboolean *ret_known,
                           GError **error) {
  *ret_known = TRUE;
  switch (field->type) {
  case PROTOBUF_C_TYPE_BOOL:
    *(protobuf_c_boolean *)at = json_is_true(value);
    return json_is_boolean(value) || refuse(field, "true or false", error);
  case PROTOBUF_C_TYPE_DOUBLE: return read_number(field, value, at, error);
  case PROTOBUF_C_TYPE_ENUM: return read_enum(field, value, at, ret_known, error);
  case PROTOBUF_C_TYPE_STRING: return read_string(arena, field, value, at, error);
  case PROTOBUF_C_TYPE_BYTES: return read_bytes(arena, field, value, at, error);
  case PROTOBUF_C_TYPE_MESSAGE:
    *(ProtobufCMessage **)at = mu_proto_from_json(arena, field->descriptor, value, error);
    return *(ProtobufCMessage **)at != NULL;
  default: return read_whole(field, value, at, error);
  }
}

static ProtobufCMessage *new_message(MuArena *arena, const Descriptor *descriptor) {
  ProtobufCMessage *message = mu_arena_alloc(arena, descriptor->sizeof_message);
  descriptor->message_init(message);
  return message;
}

static gboolean read_map(MuArena *arena, const Field *field, const json_t *object, ProtobufCMessage *message,
                         GError **error) {
  if (!json_is_object(object))
    return refuse(field, "an object", error);
  const Descriptor *entry = field->descriptor;
  ProtobufCMessage **entries = mu_arena_new0(arena, ProtobufCMessage *, json_object_size(object) + 1);
  gsize n = 0;
  const char *key;
  json_t *value;
  json_object_foreach ((json_t *)object, key, value) {
    gboolean known = FALSE;
    char *bytes = (char *)(entries[n++] = new_message(arena, entry));
    *(char **)(gpointer)(bytes + entry->fields[0].offset) = mu_arena_strdup(arena, key);
    if (!read_value(arena, &entry->fields[1], value, bytes + entry->fields[1].offset, &known, error))
      return FALSE;
  }
  *(ProtobufCMessage ***)(gpointer)((char *)message + field->offset) = entries;
  *(size_t *)(gpointer)((char *)message + field->quantifier_offset) = n;
  return TRUE;
}

static gboolean read_array(MuArena *arena, const Field *field, const json_t *array, ProtobufCMessage *message,
                           GError **error) {
  if (!json_is_array(array))
    return refuse(field, "an array", error);
  gsize size = size_of(field->type), n = 0;
  char *values = mu_arena_alloc(arena, size * (json_array_size(array) + 1));
  for (gsize i = 0; i < json_array_size(array); i++) {
    gboolean known = FALSE;
    if (!read_value(arena, field, json_array_get(array, i), values + n * size, &known, error)) {
      g_prefix_error(error, "\"%s\", entry %" G_GSIZE_FORMAT ": ", field->name, i);
      return FALSE;
    }
    n += known ? 1 : 0;
  }
  *(char **)(gpointer)((char *)message + field->offset) = values;
  *(size_t *)(gpointer)((char *)message + field->quantifier_offset) = n;
  return TRUE;
}

static gboolean read_field(MuArena *arena, const Field *field, const json_t *value, ProtobufCMessage *message,
                           gboolean *ret_set, GError **error) {
  *ret_set = TRUE;
  if (is_map(field))
    return read_map(arena, field, value, message, error);
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return read_array(arena, field, value, message, error);
  if (!read_value(arena, field, value, (char *)message + field->offset, ret_set, error))
    return FALSE;
  if (field->label == PROTOBUF_C_LABEL_OPTIONAL && !is_pointer(field))
    *(protobuf_c_boolean *)((char *)message + field->quantifier_offset) = *ret_set;
  return TRUE;
}

ProtobufCMessage *mu_proto_from_json(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, const json_t *json,
                                     GError **error) {
  if (!json_is_object(json)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: an object was expected", descriptor->short_name);
    return NULL;
  }
  ProtobufCMessage *message = new_message(arena, descriptor);
  for (guint i = 0; i < descriptor->n_fields; i++) {
    const Field *field = &descriptor->fields[i];
    const json_t *value = json_object_get(json, field->name);
    gboolean set = FALSE;
    if (value != NULL && !json_is_null(value) && !read_field(arena, field, value, message, &set, error)) {
      g_prefix_error(error, "%s: ", descriptor->short_name);
      return NULL;
    }
    if (field->label == PROTOBUF_C_LABEL_REQUIRED && !set) {
      g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: \"%s\" is missing or not known", descriptor->short_name,
                  field->name);
      return NULL;
    }
  }
  return message;
}
