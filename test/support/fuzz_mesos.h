/* What a Mesos master sends is fuzzed, too: the part of fuzz_targets.h for it. */
#ifndef MU_FUZZ_MESOS_H
#define MU_FUZZ_MESOS_H
#include "mesos_events.h"
#include "mesos_wire.h"
#include "record_io.h"
#include <glib.h>

#define FUZZ_MAX_RECORD 4096

static inline gboolean fuzz_note_record(const guint8 *record, gsize length, gpointer user, GError **error) {
  (void)error;
  GByteArray *seen = user;
  mu_record_io_append(seen, record, length);
  return TRUE;
}

/* Feeds the bytes in pieces of `piece`; what was decoded, encoded again. */
static inline GByteArray *fuzz_decode_records(const guint8 *data, gsize size, gsize piece, gboolean *ret_good) {
  GByteArray *seen = g_byte_array_new();
  g_autoptr(MuRecordIo) decoder = mu_record_io_new(FUZZ_MAX_RECORD, fuzz_note_record, seen);
  g_autoptr(GError) error = NULL;
  gboolean good = TRUE;
  for (gsize at = 0; good && at < size; at += piece)
    good = mu_record_io_feed(decoder, data + at, MIN(piece, size - at), &error);
  g_assert_true(good == (error == NULL));
  *ret_good = good;
  return seen;
}

/* However the bytes are cut, the records are the same. */
static inline void fuzz_record_io(const guint8 *data, gsize size) {
  gboolean whole_good = FALSE, cut_good = FALSE;
  GByteArray *whole = fuzz_decode_records(data, size, MAX(size, 1), &whole_good);
  GByteArray *cut = fuzz_decode_records(data, size, size > 0 ? 1 + data[0] % 7 : 1, &cut_good);
  g_assert_true(whole_good == cut_good);
  g_assert_cmpmem(whole->data, whole->len, cut->data, cut->len);
  g_byte_array_unref(whole);
  g_byte_array_unref(cut);
}

/* An event that is understood can be written and is understood again. */
static inline void fuzz_event_in(const guint8 *data, gsize size, MuWireFormat format) {
  g_autoptr(MuArena) arena = mu_arena_new();
  g_autoptr(GError) error = NULL;
  const Mesos__Event *message = mu_wire_decode(arena, &mesos__event__descriptor, format, data, size, &error);
  g_assert_true((message == NULL) == (error != NULL));
  if (message == NULL)
    return;
  g_autoptr(MuEngineEvent) event = mu_mesos_event_read(message, &error);
  if (event == NULL)
    return;
  g_autoptr(GBytes) bytes = mu_wire_encode(&mu_mesos_event_write(arena, event, "framework", "role")->base, format);
  gsize length = 0;
  const guint8 *text = g_bytes_get_data(bytes, &length);
  const Mesos__Event *again = mu_wire_decode(arena, &mesos__event__descriptor, format, text, length, &error);
  g_assert_no_error(error);
  g_autoptr(MuEngineEvent) same = mu_mesos_event_read(again, &error);
  g_assert_no_error(error);
  g_assert_cmpint(event->kind, ==, same->kind);
}

/* The first byte chooses the encoding: `{` belongs to JSON. */
static inline void fuzz_mesos_event(const guint8 *data, gsize size) {
  if (size > 0)
    fuzz_event_in(data, size, data[0] == '{' ? MU_WIRE_JSON : MU_WIRE_PROTOBUF);
}
#endif
