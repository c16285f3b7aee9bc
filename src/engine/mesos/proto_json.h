/* Messages as JSON and back, as Mesos writes them: one generic function each way over the descriptors of protobuf-c. Fields by
 * their names, enumerators by theirs, bytes in base64, a map as an object. */
#ifndef MU_PROTO_JSON_H
#define MU_PROTO_JSON_H
#include "arena.h"
#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/* The caller owns the reference. Text that is not UTF-8 gets U+FFFD. */
json_t *mu_proto_to_json(const ProtobufCMessage *message);
/* The message in the arena. Members that the message has not are passed over, as Mesos passes over them, and so is an
 * enumerator it has not (the field is then not set). MU_ERROR_REFUSED names the member: a wrong type, a number out of range,
 * bytes that are not base64, a required member that is missing. */
ProtobufCMessage *mu_proto_from_json(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, const json_t *json,
                                     GError **error);
#endif
