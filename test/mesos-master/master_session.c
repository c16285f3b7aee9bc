#include "master_session.h"

#include "json.h"
#include "proto_json.h"
#include "scheduler.pb-c.h"

#include <string.h>

static void on_event(MuEngineEvent *take_event, gpointer user) {
  mu_test_master_tell(((MasterSession *)user)->master, take_event);
}

void master_session_init(MasterSession *session, MuSim *take_sim) {
  static const MuSimWire WIRE = {.event = on_event};
  g_autoptr(GError) error = NULL;
  session->sim = take_sim;
  mu_sim_set_wire(take_sim, &WIRE, session);
  session->now_ms = mu_sim_now_ms(take_sim);
  session->master = mu_test_master_new(take_sim, 0, NULL, &error);
  g_assert_no_error(error);
  session->events = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
  session->offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_decref);
}

void master_session_clear(MasterSession *session) {
  g_clear_pointer(&session->stream, master_reply_free);
  g_clear_pointer(&session->decoder, mu_record_io_free);
  mu_test_master_free(session->master);
  mu_sim_free(session->sim);
  g_ptr_array_unref(session->events);
  g_hash_table_unref(session->offers);
}

MasterReply *master_session_request(MasterSession *session, const char *method, const char *path, const json_t *headers,
                                    GBytes *body) {
  gsize length = 0;
  const void *data = g_bytes_get_data(body, &length);
  return master_request(mu_test_master_port(session->master), method, path, headers, data, length, NULL);
}

const char *master_value_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(json_object_get(object, member), "value"));
}

void master_note_offers(GHashTable *table, const json_t *event) {
  gsize i;
  json_t *offer;
  json_array_foreach (json_object_get(json_object_get(event, "offers"), "offers"), i, offer)
    g_hash_table_insert(table, g_strdup(master_value_of(offer, "id")), json_incref(offer));
}

gboolean master_is_type(const json_t *event, const char *type) {
  return g_strcmp0(json_string_value(json_object_get(event, "type")), type) == 0;
}

static gboolean on_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  MasterSession *session = user;
  g_autoptr(MuArena) arena = mu_arena_new();
  json_t *event = NULL;
  if (session->protobuf) {
    const ProtobufCMessage *message =
        mu_wire_decode(arena, &mesos__event__descriptor, MU_WIRE_PROTOBUF, record, length, error);
    event = message == NULL ? NULL : mu_proto_to_json(message);
  } else {
    event = mu_json_parse((const char *)record, length, G_MAXSIZE, error);
  }
  if (event == NULL)
    return FALSE;
  if (master_is_type(event, "SUBSCRIBED"))
    g_hash_table_remove_all(session->offers); /* those of the subscription before are no more */
  if (master_is_type(event, "RESCIND"))
    g_hash_table_remove(session->offers, master_value_of(json_object_get(event, "rescind"), "offer_id"));
  if (master_is_type(event, "OFFERS"))
    master_note_offers(session->offers, event);
  g_ptr_array_add(session->events, event);
  return TRUE;
}

void master_session_take_in(MasterSession *session) {
  g_autoptr(GError) error = NULL;
  while (g_main_context_iteration(NULL, FALSE))
    continue;
  if (session->stream == NULL)
    return;
  for (guint before = G_MAXUINT; before != session->stream->body->len;) {
    before = session->stream->body->len;
    master_reply_read(session->stream, FALSE, NULL);
    while (g_main_context_iteration(NULL, FALSE))
      continue;
  }
  mu_record_io_feed(session->decoder, session->stream->body->data, session->stream->body->len, &error);
  g_assert_no_error(error);
  g_byte_array_set_size(session->stream->body, 0);
}

gboolean master_session_run_on(MasterSession *session, gint64 until_ms) {
  gint64 next_ms = mu_sim_cluster_next_ms(session->sim);
  if (next_ms > until_ms)
    return FALSE;
  session->now_ms = MAX(session->now_ms, next_ms);
  mu_sim_run_cluster(session->sim, session->now_ms);
  master_session_take_in(session);
  return TRUE;
}

void master_session_take_stream(MasterSession *session, MasterReply *take_reply) {
  master_session_take_in(session);
  g_clear_pointer(&session->stream, master_reply_free);
  g_clear_pointer(&session->decoder, mu_record_io_free);
  session->stream = take_reply;
  session->decoder = mu_record_io_new(MU_RECORD_IO_MAX_BYTES, on_record, session);
  session->protobuf =
      strcmp(json_string_value(json_object_get(take_reply->headers, "Content-Type")), "application/x-protobuf") == 0;
}
