/* Every line of the exchanges recorded from a real Mesos: events become what the core is told, and calls come out of our types
 * as they were recorded. */
#include "json.h"
#include "mesos_calls.h"
#include "mesos_events.h"
#include "mesos_wire.h"
#include "proto_json.h"
#include "record_io.h"
#include "shared_data.h"
#include <string.h>

/* ---- comparing ------------------------------------------------------------------------------------------------------- */

static gboolean same(const json_t *a, const json_t *b, GString *path);

/* An empty array is as good as none. */
static gboolean is_nothing(const json_t *value) {
  return value == NULL || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
}

static gboolean contains_object(const json_t *all, const json_t *part, GString *path) {
  const char *key;
  json_t *value;
  json_object_foreach ((json_t *)part, key, value) {
    gsize length = path->len;
    const json_t *other = json_object_get(all, key);
    g_string_append_printf(path, ".%s", key);
    if (is_nothing(value) ? !is_nothing(other) : other == NULL || !same(other, value, path))
      return FALSE;
    g_string_truncate(path, length);
  }
  return TRUE;
}

static gboolean same_arrays(const json_t *a, const json_t *b, GString *path) {
  if (json_array_size(a) != json_array_size(b))
    return FALSE;
  for (gsize i = 0; i < json_array_size(a); i++) {
    gsize length = path->len;
    g_string_append_printf(path, "[%" G_GSIZE_FORMAT "]", i);
    if (!same(json_array_get(a, i), json_array_get(b, i), path))
      return FALSE;
    g_string_truncate(path, length);
  }
  return TRUE;
}

static gboolean same(const json_t *a, const json_t *b, GString *path) {
  if (json_is_object(a) && json_is_object(b))
    return contains_object(a, b, path) && contains_object(b, a, path);
  if (json_is_array(a) && json_is_array(b))
    return same_arrays(a, b, path);
  if (json_is_number(a) && json_is_number(b))
    return json_number_value(a) == json_number_value(b);
  return json_equal(a, b);
}

static void assert_same(const json_t *recorded, const json_t *ours, const char *where) {
  g_autoptr(GString) path = g_string_new(NULL);
  if (same(recorded, ours, path))
    return;
  g_autofree char *a = mu_json_to_string(recorded), *b = mu_json_to_string(ours);
  g_error("%s: not the same at %s\nrecorded %s\nours     %s", where, path->str, a, b);
}

/* ---- calls ----------------------------------------------------------------------------------------------------------- */

/* The agent of an accept is known from its offer, in the recordings from its first task. */
static const char *agent_of(const Mesos__Call *call) {
  for (gsize i = 0; call->accept != NULL && i < call->accept->n_operations; i++)
    if (call->accept->operations[i]->launch_group != NULL)
      return call->accept->operations[i]->launch_group->task_group->tasks[0]->agent_id->value;
  return NULL;
}

static void drop_ours(json_t *call) {
  gsize i;
  json_t *operation;
  json_array_foreach (json_object_get(json_object_get(call, "accept"), "operations"), i, operation)
    json_object_del(json_object_get(json_object_get(operation, "launch_group"), "executor"), "labels");
}

static void add_defaults(json_t *recorded) {
  static const char *const PARTS[] = {"accept", "decline"};
  for (gsize i = 0; i < G_N_ELEMENTS(PARTS); i++) {
    json_t *part = json_object_get(recorded, PARTS[i]);
    if (part != NULL && json_object_get(part, "filters") == NULL)
      json_object_set_new(part, "filters", json_pack("{s:f}", "refuse_seconds", 5.0));
  }
}

static void add_kill_policies(json_t *recorded) {
  gsize i, j;
  json_t *operation, *task;
  json_array_foreach (json_object_get(json_object_get(recorded, "accept"), "operations"), i, operation) {
    const json_t *group = json_object_get(json_object_get(operation, "launch_group"), "task_group");
    json_array_foreach (json_object_get(group, "tasks"), j, task)
      if (json_object_get(task, "kill_policy") == NULL)
        json_object_set_new(task, "kill_policy", json_pack("{s:{s:i}}", "grace_period", "nanoseconds", 0));
  }
}

/* Calls with a fault in them, which a master refuses. */
static gboolean is_refused(const json_t *next) {
  gint64 status = json_integer_value(json_object_get(next, "status"));
  return status >= 400;
}

static void check_call(const json_t *line, const json_t *next, const char *where) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  json_t *body = json_object_get(line, "body");
  if (!json_is_object(body) || is_refused(next))
    return;
  Mesos__Call *message = (Mesos__Call *)mu_proto_from_json(arena, &mesos__call__descriptor, body, &error);
  g_assert_no_error(error);
  g_autoptr(MuEngineCall) call = mu_mesos_call_read(message, &error);
  if (call == NULL || call->kind == MU_CALL_ROLES) { /* SUBSCRIBE, UPDATE_FRAMEWORK, or a task id that is none */
    g_autoptr(json_t) again = mu_proto_to_json(&message->base);
    assert_same(body, again, where);
    return;
  }
  const MuMesosLaunchPlace place = {message->framework_id->value, agent_of(message), NULL};
  g_autoptr(json_t) ours = mu_proto_to_json(&mu_mesos_call_write(arena, call, &place)->base);
  drop_ours(ours);
  add_defaults(body);
  add_kill_policies(body);
  assert_same(body, ours, where);
}

/* ---- events ---------------------------------------------------------------------------------------------------------- */

static const char *text_at(const json_t *body, const char *a, const char *b, const char *c) {
  const json_t *value = json_object_get(json_object_get(body, a), b);
  if (c != NULL)
    value = json_object_get(value, c);
  return json_string_value(json_object_get(value, "value"));
}

static void check_update(const json_t *body, const MuTaskStatus *status) {
  const json_t *recorded = json_object_get(json_object_get(body, "update"), "status");
  g_assert_cmpstr(status->task_id, ==, text_at(body, "update", "status", "task_id"));
  g_assert_cmpstr(status->agent_id, ==, text_at(body, "update", "status", "agent_id"));
  g_assert_cmpstr(mu_task_state_to_string(status->state), ==, json_string_value(json_object_get(recorded, "state")));
  g_assert_cmpstr(status->reason, ==, json_string_value(json_object_get(recorded, "reason")));
  g_assert_cmpstr(status->message, ==, json_string_value(json_object_get(recorded, "message")));
  g_assert_cmpstr(status->uuid, ==, json_string_value(json_object_get(recorded, "uuid")));
  g_assert_cmpint(status->has_healthy, ==, json_object_get(recorded, "healthy") != NULL);
  const json_t *command = json_object_get(json_object_get(recorded, "check_status"), "command");
  const json_t *code = json_object_get(command, "exit_code");
  g_assert_cmpint(status->has_ready, ==, code != NULL);
  g_assert_cmpint(status->ready, ==, code != NULL && json_integer_value(code) == 0);
  const char *source = json_string_value(json_object_get(recorded, "source"));
  g_assert_cmpint(status->uuid != NULL, ==, strcmp(source, "SOURCE_MASTER") != 0);
}

static void check_offers(const json_t *body, const GPtrArray *offers) {
  const json_t *recorded = json_object_get(json_object_get(body, "offers"), "offers");
  g_assert_cmpuint(offers->len, ==, json_array_size(recorded));
  for (guint i = 0; i < offers->len; i++) {
    const MuOffer *offer = offers->pdata[i];
    const json_t *expected = json_array_get(recorded, i);
    g_assert_cmpstr(offer->id, ==,
                    text_at(expected, "id", "value", NULL) == NULL
                        ? json_string_value(json_object_get(json_object_get(expected, "id"), "value"))
                        : NULL);
    g_assert_cmpstr(mu_offer_field(offer, "rack"), ==, "r1");
    g_assert_cmpstr(mu_offer_field(offer, "zone"), ==, "a");
    /* None of the recorded agent's resources is passed over, and none merges with another. */
    g_assert_cmpuint(offer->resources->items->len, ==, json_array_size(json_object_get(expected, "resources")));
  }
}

/* What a master made of our types would send is read as the same again. */
static void check_writing(const MuEngineEvent *event, const char *where) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  Mesos__Event *message = mu_mesos_event_write(arena, event, "framework", "muster-role");
  g_autoptr(MuEngineEvent) again = mu_mesos_event_read(message, &error);
  g_assert_no_error(error);
  g_assert_cmpint(again->kind, ==, event->kind);
  g_assert_cmpstr(again->id, ==, event->id);
  g_assert_cmpstr(again->agent_id, ==, event->agent_id);
  g_assert_cmpstr(again->message, ==, event->message);
  for (guint i = 0; i < event->offers->len; i++) {
    g_autoptr(json_t) first = mu_offer_to_json(event->offers->pdata[i]);
    g_autoptr(json_t) second = mu_offer_to_json(again->offers->pdata[i]);
    assert_same(first, second, where);
  }
  if (event->status == NULL)
    return;
  g_assert_cmpint(ABS(again->status->timestamp_ms - event->status->timestamp_ms), <=, 1);
  again->status->timestamp_ms = event->status->timestamp_ms;
  g_autoptr(json_t) first = mu_task_status_to_json(event->status), second = mu_task_status_to_json(again->status);
  assert_same(first, second, where);
}

static const char *const EVENT_KINDS[] = {
    [MU_EVENT_SUBSCRIBED] = "SUBSCRIBED", [MU_EVENT_OFFERS] = "OFFERS",   [MU_EVENT_RESCIND] = "RESCIND",
    [MU_EVENT_UPDATE] = "UPDATE",         [MU_EVENT_FAILURE] = "FAILURE", [MU_EVENT_ERROR] = "ERROR"};

static void check_event(const json_t *line, const char *where) {
  g_autoptr(GError) error = NULL;
  g_autoptr(MuArena) arena = mu_arena_new();
  const json_t *body = json_object_get(line, "body");
  if (body == NULL)
    return;
  const char *type = json_string_value(json_object_get(body, "type"));
  Mesos__Event *message = (Mesos__Event *)mu_proto_from_json(arena, &mesos__event__descriptor, body, &error);
  g_assert_no_error(error);
  g_autoptr(MuEngineEvent) event = mu_mesos_event_read(message, &error);
  g_assert_no_error(error);
  if (strcmp(type, "HEARTBEAT") == 0) {
    g_assert_null(event);
    return;
  }
  g_assert_cmpstr(EVENT_KINDS[event->kind], ==, type);
  if (event->kind == MU_EVENT_UPDATE)
    check_update(body, event->status);
  if (event->kind == MU_EVENT_OFFERS)
    check_offers(body, event->offers);
  check_writing(event, where);
}

/* ---- the files ------------------------------------------------------------------------------------------------------- */

typedef struct {
  guint events, calls;
} Counts;

static void check_line(const json_t *line, const json_t *next, const char *where, Counts *counts) {
  const char *dir = json_string_value(json_object_get(line, "dir"));
  if (strcmp(dir, "call") == 0 && ++counts->calls)
    check_call(line, next, where);
  if (strcmp(dir, "event") == 0 && ++counts->events)
    check_event(line, where);
}

static void check_file(const char *path, Counts *counts) {
  g_autofree char *text = NULL, *name = g_path_get_basename(path);
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
    g_autoptr(json_t) line = mu_json_parse(lines[i], strlen(lines[i]), strlen(lines[i]), NULL);
    const char *after = lines[i + 1] != NULL && lines[i + 1][0] != '\0' ? lines[i + 1] : "{}";
    g_autoptr(json_t) next = mu_json_parse(after, strlen(after), strlen(after), NULL);
    g_autofree char *where = g_strdup_printf("%s:%u", name, i + 1);
    check_line(line, next, where, counts);
  }
}

static void test_json(void) {
  g_autofree char *folder = mu_test_shared("mesos");
  if (folder == NULL) {
    g_test_skip("the recorded exchanges (../shared/mesos) are not here");
    return;
  }
  Counts counts = {0};
  GDir *dir = g_dir_open(folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_str_has_suffix(name, ".jsonl"))
      check_file(path, &counts);
  }
  g_dir_close(dir);
  g_assert_cmpuint(counts.events, >=, 74);
  g_assert_cmpuint(counts.calls, >=, 77);
}

/* ---- the binary stream ----------------------------------------------------------------------------------------------- */

static gboolean take_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  g_autoptr(MuArena) arena = mu_arena_new();
  Mesos__Event *message = mu_wire_decode(arena, &mesos__event__descriptor, MU_WIRE_PROTOBUF, record, length, error);
  if (message == NULL)
    return FALSE;
  g_string_append_printf(
      user, "%s%s", ((GString *)user)->len == 0 ? "" : " ",
      protobuf_c_enum_descriptor_get_value(&mesos__event__type__descriptor, (int)message->type)->name);
  g_autoptr(MuEngineEvent) event = mu_mesos_event_read(message, error);
  if (event != NULL && event->kind == MU_EVENT_OFFERS) {
    const MuOffer *offer = event->offers->pdata[0];
    g_assert_cmpstr(offer->hostname, ==, "127.0.0.1");
    g_assert_cmpint(mu_resources_unreserved(offer->resources, MU_RESOURCE_CPUS), ==, 4000);
    g_assert_cmpint(mu_resources_unreserved(offer->resources, MU_RESOURCE_MEM), ==, 4096);
    g_assert_cmpint(mu_resources_unreserved(offer->resources, MU_RESOURCE_PORTS), ==, 10001);
  }
  return TRUE;
}

static void feed_line(MuRecordIo *decoder, const json_t *line) {
  gsize length = 0;
  const char *encoded = json_string_value(json_object_get(line, "body_base64"));
  if (strcmp(json_string_value(json_object_get(line, "dir")), "event") != 0)
    return;
  g_autofree guchar *bytes = g_base64_decode(encoded, &length);
  g_assert_cmpint((gint64)length, ==, json_integer_value(json_object_get(line, "recordio_length")));
  g_autoptr(GByteArray) record = g_byte_array_new();
  mu_record_io_append(record, bytes, length);
  for (guint i = 0; i < record->len; i++) /* a byte at a time */
    g_assert_true(mu_record_io_feed(decoder, record->data + i, 1, NULL));
}

static void test_protobuf(void) {
  g_autofree char *path = mu_test_shared("mesos/10-protobuf-stream.jsonl"), *text = NULL;
  if (path == NULL) {
    g_test_skip("the recorded exchanges (../shared/mesos) are not here");
    return;
  }
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_autoptr(GString) seen = g_string_new(NULL);
  g_autoptr(MuRecordIo) decoder = mu_record_io_new(1 << 20, take_record, seen);
  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
    g_autoptr(json_t) line = mu_json_parse(lines[i], strlen(lines[i]), strlen(lines[i]), NULL);
    feed_line(decoder, line);
  }
  g_assert_cmpstr(seen->str, ==, "SUBSCRIBED HEARTBEAT OFFERS HEARTBEAT");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mesos_recorded/json", test_json);
  g_test_add_func("/mesos_recorded/protobuf", test_protobuf);
  return g_test_run();
}
