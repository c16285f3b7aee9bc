/* Messages to bytes and back, in either of the two encodings that Mesos takes. Messages live in an arena. */
#ifndef MU_MESOS_WIRE_H
#define MU_MESOS_WIRE_H
#include "arena.h"
#include <protobuf-c/protobuf-c.h>

typedef enum {
  MU_WIRE_PROTOBUF, /* application/x-protobuf */
  MU_WIRE_JSON,     /* application/json: for a debugging reader */
} MuWireFormat;

const char *mu_wire_media_type(MuWireFormat format);
/* The bytes; the caller unrefs. */
GBytes *mu_wire_encode(const ProtobufCMessage *message, MuWireFormat format);
/* The message in the arena, or NULL with MU_ERROR_REFUSED. */
gpointer mu_wire_decode(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, MuWireFormat format,
                        const guint8 *bytes, gsize length, GError **error);
/* A new message of the descriptor in the arena, with its defaults. */
gpointer mu_wire_new(MuArena *arena, const ProtobufCMessageDescriptor *descriptor);
/* The seconds of a message in ms, to the nearest: a moment that came from ms comes back as it was. What is no time (less than 0,
 * not a number) is 0, and what is beyond MU_WIRE_MAX_MS is that: a peer may write anything. */
#define MU_WIRE_MAX_MS (G_GINT64_CONSTANT(1) << 53)
gint64 mu_wire_ms(double seconds);
/* An array of `n` pointers in the arena, for a repeated field. */
#define mu_wire_array(arena, type, n) mu_arena_new0((arena), type *, (n) + 1)
#endif
