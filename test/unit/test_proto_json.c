#include "mesos_wire.h"
#include "proto_json.h"
#include "scheduler.pb-c.h"
#include <math.h>
#include <muster/error.h>
#include <string.h>

static gpointer read_json(MuArena *arena, const ProtobufCMessageDescriptor *descriptor, const char *text,
                          GError **error) {
  return mu_wire_decode(arena, descriptor, MU_WIRE_JSON, (const guint8 *)text, strlen(text), error);
}

static char *write_json(const ProtobufCMessage *message) {
  g_autoptr(GBytes) bytes = mu_wire_encode(message, MU_WIRE_JSON);
  return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* What is read comes out again, and the same by way of protobuf. */
static void assert_round_trip(const ProtobufCMessageDescriptor *descriptor, const char *text) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  gpointer message = read_json(arena, descriptor, text, &error);
  g_assert_no_error(error);
  g_autofree char *again = write_json(message);
  g_assert_cmpstr(again, ==, text);
  g_autoptr(GBytes) packed = mu_wire_encode(message, MU_WIRE_PROTOBUF);
  gpointer unpacked = mu_wire_decode(arena, descriptor, MU_WIRE_PROTOBUF, g_bytes_get_data(packed, NULL),
                                     g_bytes_get_size(packed), &error);
  g_assert_no_error(error);
  g_autofree char *third = write_json(unpacked);
  g_assert_cmpstr(third, ==, text);
}

static void test_round_trips(void) {
  assert_round_trip(&mesos__event__descriptor, "{\"type\":\"HEARTBEAT\"}");
  assert_round_trip(&mesos__resource__descriptor,
                    "{\"name\":\"ports\",\"type\":\"RANGES\",\"ranges\":{\"range\":[{\"begin\":1,\"end\":2}]}}");
  assert_round_trip(&mesos__task_status__descriptor,
                    "{\"task_id\":{\"value\":\"t\"},\"state\":\"TASK_RUNNING\",\"timestamp\":1.5,\"healthy\":false,"
                    "\"source\":\"SOURCE_MASTER\",\"uuid\":\"AAEC\"}");
  assert_round_trip(&mesos__container_id__descriptor, "{\"value\":\"c\",\"parent\":{\"value\":\"p\"}}");
}

/* A map is an object, an unlimited amount is a word. */
static void test_map(void) {
  assert_round_trip(&mesos__task_info__descriptor,
                    "{\"name\":\"n\",\"task_id\":{\"value\":\"t\"},\"agent_id\":{\"value\":\"a\"},"
                    "\"limits\":{\"cpus\":{\"value\":2.0},\"mem\":{\"value\":\"Infinity\"}}}");
}

/* As Mesos: what is not known is passed over, and numbers may be written as text. */
static void test_tolerated(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  Mesos__Event *event = read_json(arena, &mesos__event__descriptor, "{\"type\":\"NEW\",\"extra\":[1]}", &error);
  g_assert_no_error(error);
  g_assert_false(event->has_type);
  Mesos__Value__Range *range =
      read_json(arena, &mesos__value__range__descriptor, "{\"begin\":\"7\",\"end\":8.0}", &error);
  g_assert_no_error(error);
  g_assert_cmpuint(range->begin, ==, 7);
  g_assert_cmpuint(range->end, ==, 8);
}

static void test_refused(void) {
  static const struct {
    const ProtobufCMessageDescriptor *descriptor;
    const char *json, *message;
  } rows[] = {
      {&mesos__event__descriptor, "[]", "Event: an object was expected"},
      {&mesos__offer_id__descriptor, "{}", "OfferID: \"value\" is missing or not known"},
      {&mesos__offer_id__descriptor, "{\"value\":7}", "OfferID: \"value\": a text was expected"},
      {&mesos__event__descriptor, "{\"rescind\":{\"offer_id\":{}}}",
       "Event: Rescind: OfferID: \"value\" is missing or not known"},
      {&mesos__value__range__descriptor, "{\"begin\":-1,\"end\":2}",
       "Range: \"begin\": a number within its range was expected"},
      {&mesos__value__range__descriptor, "{\"begin\":1.5,\"end\":2}", "Range: \"begin\": a whole number was expected"},
      {&mesos__value__range__descriptor, "{\"begin\":\"x\",\"end\":2}", "Range: \"begin\": a number was expected"},
      {&mesos__event__failure__descriptor, "{\"status\":3000000000}",
       "Failure: \"status\": a number within its range was expected"},
      {&mesos__framework_info__descriptor, "{\"user\":\"u\",\"name\":\"n\",\"checkpoint\":1}",
       "FrameworkInfo: \"checkpoint\": true or false was expected"},
      {&mesos__framework_info__descriptor, "{\"user\":\"u\",\"name\":\"n\",\"roles\":[\"a\",1]}",
       "FrameworkInfo: \"roles\", entry 1: \"roles\": a text was expected"},
      {&mesos__call__acknowledge__descriptor,
       "{\"agent_id\":{\"value\":\"a\"},\"task_id\":{\"value\":\"t\"},"
       "\"uuid\":\"no base64\"}",
       "Acknowledge: \"uuid\": a text in base64 was expected"},
      {&mesos__task_status__descriptor, "{\"task_id\":{\"value\":\"t\"},\"state\":\"TASK_NEW\"}",
       "TaskStatus: \"state\" is missing or not known"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(MuArena) arena = mu_arena_new();
    g_assert_null(read_json(arena, rows[i].descriptor, rows[i].json, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, rows[i].message);
  }
}

static void test_not_protobuf(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  g_assert_null(
      mu_wire_decode(arena, &mesos__event__descriptor, MU_WIRE_PROTOBUF, (const guint8 *)"\xff\xff", 2, &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  g_assert_cmpstr(error->message, ==, "2 bytes that are no Event message of protobuf");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/proto_json/round-trips", test_round_trips);
  g_test_add_func("/proto_json/map", test_map);
  g_test_add_func("/proto_json/tolerated", test_tolerated);
  g_test_add_func("/proto_json/refused", test_refused);
  g_test_add_func("/proto_json/not-protobuf", test_not_protobuf);
  return g_test_run();
}
