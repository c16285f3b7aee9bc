/* Frames of an exec session. */
#include "exec_frame.h"
#include <string.h>

typedef struct {
  MuFrameKind kind;
  const guint8 *content;
  gsize length, taken;
} Frame;

static MuFrameState read_frame(const GByteArray *bytes, gsize available, Frame *frame) {
  return mu_frame_read(bytes->data, available, &frame->kind, &frame->content, &frame->length, &frame->taken);
}

static void test_bytes(void) {
  static const guint8 EXPECTED[] = {3, 0, 0, 0, 2, 'h', 'i', 0, 0, 0, 0, 0};
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  mu_frame_append(bytes, MU_FRAME_OUTPUT, "hi", 2);
  mu_frame_append(bytes, MU_FRAME_INPUT, NULL, 0);
  g_assert_cmpmem(bytes->data, bytes->len, EXPECTED, sizeof EXPECTED);
}

static void test_partial(void) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  Frame frame = {0};
  mu_frame_append(bytes, MU_FRAME_SIGNAL, "\017", 1);
  for (gsize n = 0; n < bytes->len; n++)
    g_assert_cmpint(read_frame(bytes, n, &frame), ==, MU_FRAME_PARTIAL);
  g_assert_cmpint(read_frame(bytes, bytes->len, &frame), ==, MU_FRAME_WHOLE);
  g_assert_cmpint(frame.kind, ==, MU_FRAME_SIGNAL);
  g_assert_cmpmem(frame.content, (int)frame.length, "\017", 1);
  g_assert_cmpuint(frame.taken, ==, 6);
}

/* A long content comes in several frames, and none may be longer. */
static void test_long(void) {
  gsize length = 2 * MU_FRAME_MAX_BYTES + 1, at = 0, sum = 0;
  g_autofree guint8 *content = g_malloc0(length);
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  Frame frame = {0};
  mu_frame_append(bytes, MU_FRAME_ERROR, content, length);
  for (guint i = 0; i < 3; i++, at += frame.taken, sum += frame.length)
    g_assert_cmpint(
        mu_frame_read(bytes->data + at, bytes->len - at, &frame.kind, &frame.content, &frame.length, &frame.taken), ==,
        MU_FRAME_WHOLE);
  g_assert_cmpuint(sum, ==, length);
  g_assert_cmpuint(at, ==, bytes->len);
  const guint8 huge[] = {0, 0, 1, 0, 1};
  g_assert_cmpint(mu_frame_read(huge, sizeof huge, &frame.kind, &frame.content, &frame.length, &frame.taken), ==,
                  MU_FRAME_TOO_LARGE);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/exec_frame/bytes", test_bytes);
  g_test_add_func("/exec_frame/partial", test_partial);
  g_test_add_func("/exec_frame/long", test_long);
  return g_test_run();
}
