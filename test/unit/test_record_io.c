#include "record_io.h"
#include <muster/error.h>
#include <string.h>

typedef struct {
  GString *seen; /* records, each after a '|' */
  guint refuse_at, n;
} Sink;

static gboolean take(const guint8 *record, gsize length, gpointer user, GError **error) {
  Sink *sink = user;
  if (++sink->n == sink->refuse_at) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "refused by the reader");
    return FALSE;
  }
  g_string_append_c(sink->seen, '|');
  g_string_append_len(sink->seen, (const char *)record, (gssize)length);
  return TRUE;
}

static gboolean feed(MuRecordIo *decoder, const char *text, GError **error) {
  return mu_record_io_feed(decoder, (const guint8 *)text, strlen(text), error);
}

/* The same records, whatever the pieces are. */
static void test_pieces(void) {
  static const char STREAM[] = "5\nhello0\n3\nabc12\n1234567890ab";
  for (gsize size = 1; size <= strlen(STREAM); size++) {
    Sink sink = {g_string_new(NULL), 0, 0};
    g_autoptr(MuRecordIo) decoder = mu_record_io_new(100, take, &sink);
    for (gsize i = 0; i < strlen(STREAM); i += size)
      g_assert_true(mu_record_io_feed(decoder, (const guint8 *)STREAM + i, MIN(size, strlen(STREAM) - i), NULL));
    g_assert_cmpstr(sink.seen->str, ==, "|hello||abc|1234567890ab");
    g_assert_true(mu_record_io_is_between(decoder));
    g_string_free(sink.seen, TRUE);
  }
}

static void test_end_in_the_middle(void) {
  static const char *const BEGUN[] = {"5", "5\n", "5\nhell", "5\nhello1"};
  for (gsize i = 0; i < G_N_ELEMENTS(BEGUN); i++) {
    Sink sink = {g_string_new(NULL), 0, 0};
    g_autoptr(MuRecordIo) decoder = mu_record_io_new(100, take, &sink);
    g_assert_true(feed(decoder, BEGUN[i], NULL));
    g_assert_false(mu_record_io_is_between(decoder));
    g_string_free(sink.seen, TRUE);
  }
}

static void test_refused(void) {
  static const struct {
    const char *stream;
    gint code;
  } rows[] = {
      {"x", MU_ERROR_REFUSED},
      {"\n", MU_ERROR_REFUSED},
      {"-1\n", MU_ERROR_REFUSED},
      {"5 \n", MU_ERROR_REFUSED},
      {"101\n", MU_ERROR_TOO_LARGE},
      {"99999999999999999999999\n", MU_ERROR_TOO_LARGE},
      {"5\nhello<html>", MU_ERROR_REFUSED},
      {"000000000000000000000001\nx", MU_ERROR_REFUSED},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    Sink sink = {g_string_new(NULL), 0, 0};
    g_autoptr(GError) error = NULL;
    g_autoptr(MuRecordIo) decoder = mu_record_io_new(100, take, &sink);
    g_assert_false(feed(decoder, rows[i].stream, &error));
    g_assert_error(error, MU_ERROR, rows[i].code);
    g_assert_false(feed(decoder, "5\nhello", NULL)); /* it stays broken */
    g_string_free(sink.seen, TRUE);
  }
}

static void test_reader_ends_it(void) {
  Sink sink = {g_string_new(NULL), 2, 0};
  g_autoptr(GError) error = NULL;
  g_autoptr(MuRecordIo) decoder = mu_record_io_new(100, take, &sink);
  g_assert_false(feed(decoder, "1\na1\nb1\nc", &error));
  g_assert_error(error, MU_ERROR, MU_ERROR_FAILED);
  g_assert_cmpuint(sink.n, ==, 2);
  g_string_free(sink.seen, TRUE);
}

static void test_append(void) {
  Sink sink = {g_string_new(NULL), 0, 0};
  g_autoptr(MuRecordIo) decoder = mu_record_io_new(100, take, &sink);
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  mu_record_io_append(bytes, (const guint8 *)"one", 3);
  mu_record_io_append(bytes, (const guint8 *)"", 0);
  g_assert_true(mu_record_io_feed(decoder, bytes->data, bytes->len, NULL));
  g_assert_cmpstr(sink.seen->str, ==, "|one|");
  g_string_free(sink.seen, TRUE);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/record_io/pieces", test_pieces);
  g_test_add_func("/record_io/end-in-the-middle", test_end_in_the_middle);
  g_test_add_func("/record_io/refused", test_refused);
  g_test_add_func("/record_io/reader-ends-it", test_reader_ends_it);
  g_test_add_func("/record_io/append", test_append);
  return g_test_run();
}
