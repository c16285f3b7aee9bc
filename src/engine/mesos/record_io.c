#include "record_io.h"

#include "bug.h"
#include <muster/error.h>

#include <string.h>

#define MAX_DIGITS 20 /* of a length: 2^64 has so many */
/* A buffer that grew for a large record is given back after it. */
#define KEEP_BYTES (1u << 20)

struct MuRecordIo {
  guint64 max_bytes;
  MuRecordFunc func;
  gpointer user;
  guint digits;       /* of the length, so far */
  gboolean in_record; /* the length is known */
  gboolean broken;
  guint64 length;
  GByteArray *part; /* what is there of a record that came in pieces */
};

MuRecordIo *mu_record_io_new(guint64 max_bytes, MuRecordFunc func, gpointer user) {
  mu_assert(max_bytes <= MU_RECORD_IO_MAX_BYTES);
  MuRecordIo *decoder = g_new0(MuRecordIo, 1);
  decoder->max_bytes = max_bytes;
  decoder->func = func;
  decoder->user = user;
  decoder->part = g_byte_array_new();
  return decoder;
}

void mu_record_io_free(MuRecordIo *decoder) {
  if (decoder == NULL)
    return;
  g_byte_array_unref(decoder->part);
  g_free(decoder);
}

gboolean mu_record_io_is_between(const MuRecordIo *decoder) {
  return decoder->digits == 0 && !decoder->in_record;
}

static gboolean refuse_byte(guint8 byte, GError **error) {
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "event stream: byte 0x%02x where the length of a record was expected",
              byte);
  return FALSE;
}

static gboolean take_digit(MuRecordIo *decoder, guint8 byte, GError **error) {
  if (byte == '\n' && decoder->digits > 0) {
    decoder->in_record = TRUE;
    return TRUE;
  }
  if (!g_ascii_isdigit((char)byte) || decoder->digits >= MAX_DIGITS)
    return refuse_byte(byte, error);
  decoder->digits++;
  decoder->length = decoder->length * 10 + (guint64)(byte - '0');
  if (decoder->length <= decoder->max_bytes)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE,
              "event stream: a record of %" G_GUINT64_FORMAT " bytes or more; at most %" G_GUINT64_FORMAT
              " are accepted",
              decoder->length, decoder->max_bytes);
  return FALSE;
}

static gboolean end_record(MuRecordIo *decoder, const guint8 *record, GError **error) {
  gsize length = (gsize)decoder->length;
  decoder->digits = 0;
  decoder->in_record = FALSE;
  decoder->length = 0;
  gboolean ok = decoder->func(record, length, decoder->user, error);
  if (decoder->part->len > KEEP_BYTES) {
    g_byte_array_unref(decoder->part);
    decoder->part = g_byte_array_new();
  }
  g_byte_array_set_size(decoder->part, 0);
  return ok;
}

/* How many bytes were used; a record that is there as a whole is not copied. */
static gsize take_bytes(MuRecordIo *decoder, const guint8 *bytes, gsize length, gboolean *ok, GError **error) {
  gsize missing = (gsize)decoder->length - decoder->part->len;
  gsize used = MIN(missing, length);
  if (decoder->part->len == 0 && used == missing) {
    *ok = end_record(decoder, bytes, error);
    return used;
  }
  g_byte_array_append(decoder->part, bytes, (guint)used);
  if (used == missing)
    *ok = end_record(decoder, decoder->part->data, error);
  return used;
}

gboolean mu_record_io_feed(MuRecordIo *decoder, const guint8 *bytes, gsize length, GError **error) {
  if (decoder->broken) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "event stream: it was broken before");
    return FALSE;
  }
  gboolean ok = TRUE;
  for (gsize i = 0; i < length && ok;) {
    if (!decoder->in_record)
      ok = take_digit(decoder, bytes[i++], error);
    else
      i += take_bytes(decoder, bytes + i, length - i, &ok, error);
    if (ok && decoder->in_record && decoder->length == 0)
      ok = end_record(decoder, bytes, error);
  }
  decoder->broken = !ok;
  return ok;
}

void mu_record_io_append(GByteArray *out, const guint8 *record, gsize length) {
  char head[MAX_DIGITS + 2];
  int n = g_snprintf(head, sizeof head, "%" G_GSIZE_FORMAT "\n", length);
  g_byte_array_append(out, (const guint8 *)head, (guint)n);
  g_byte_array_append(out, record, (guint)length);
}
