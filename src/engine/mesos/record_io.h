/* RecordIO (recordio.md of the Mesos documents): each record is its length in decimal, a newline, and so many bytes. Decoded
 * as the bytes come, in pieces of any size. */
#ifndef MU_RECORD_IO_H
#define MU_RECORD_IO_H
#include <glib.h>

/* A record may not be longer: an OFFERS event of 10,000 agents with 50 reservations each is about 100 MB. */
#define MU_RECORD_IO_MAX_BYTES (G_GUINT64_CONSTANT(512) << 20)

typedef struct MuRecordIo MuRecordIo;

/* Borrows the record's bytes. FALSE with an error ends the decoding. */
typedef gboolean (*MuRecordFunc)(const guint8 *record, gsize length, gpointer user, GError **error);

/* `max_bytes` of one record; at most MU_RECORD_IO_MAX_BYTES. */
MuRecordIo *mu_record_io_new(guint64 max_bytes, MuRecordFunc func, gpointer user);
void mu_record_io_free(MuRecordIo *decoder);
/* Gives `func` every record that is complete now. FALSE: MU_ERROR_REFUSED (no length where one was expected),
 * MU_ERROR_TOO_LARGE, or the function's error; the decoder takes nothing more after that. */
gboolean mu_record_io_feed(MuRecordIo *decoder, const guint8 *bytes, gsize length, GError **error);
/* The stream may end here: no record has begun. */
gboolean mu_record_io_is_between(const MuRecordIo *decoder);
/* One record with its length, put at the end of `out`. */
void mu_record_io_append(GByteArray *out, const guint8 *record, gsize length);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuRecordIo, mu_record_io_free)
#endif
