#include "mesos_wire.h"

#include "json.h"
#include "proto_json.h"
#include <muster/error.h>

#include <string.h>

const char *mu_wire_media_type(MuWireFormat format) {
  return format == MU_WIRE_JSON ? "application/json" : "application/x-protobuf";
}

GBytes *mu_wire_encode(const ProtobufCMessage *message, MuWireFormat format) {
  if (format == MU_WIRE_JSON) {
    g_autoptr(json_t) json = mu_proto_to_json(message);
    char *text = mu_json_to_string(json);
    return g_bytes_new_take(text, strlen(text));
  }
  gsize length = protobuf_c_message_get_packed_size(message);
  guint8 *bytes = g_malloc(length + 1);
  protobuf_c_message_pack(message, bytes);
  return g_bytes_new_take(bytes, length);
}

static void *arena_alloc(void *arena, size_t size) {
  return mu_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *pointer) {
  (void)arena;
  (void)pointer; /* goes with the arena */
}

static gpointer decode_json(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, const guint8 *bytes,
                            gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse((const char *)bytes, length, length, error);
  return json == NULL ? NULL : mu_proto_from_json(arena, descriptor, json, error);
}

gpointer mu_wire_decode(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, MuWireFormat format,
                        const guint8 *bytes, gsize length, GError **error) {
  if (format == MU_WIRE_JSON)
    return decode_json(arena, descriptor, bytes, length, error);
  ProtobufCAllocator allocator = {.alloc = arena_alloc, .free = arena_free, .allocator_data = arena};
  gpointer message = protobuf_c_message_unpack(descriptor, &allocator, length, bytes);
  if (message == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%" G_GSIZE_FORMAT " bytes that are no %s message of protobuf",
                length, descriptor->short_name);
  return message;
}

gpointer mu_wire_new(MuArena *arena, const ProtobufCMessageDescriptor *descriptor) {
  gpointer message = mu_arena_alloc(arena, descriptor->sizeof_message);
  descriptor->message_init(message);
  return message;
}

gint64 mu_wire_ms(double seconds) {
  if (!(seconds > 0))
    return 0;
  double ms = seconds * 1000 + 0.5;
  return ms < (double)MU_WIRE_MAX_MS ? (gint64)ms : MU_WIRE_MAX_MS;
}
