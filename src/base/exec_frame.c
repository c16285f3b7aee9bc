#include "exec_frame.h"

static void append_one(GByteArray *out, MuFrameKind kind, const guint8 *content, guint32 length) {
  const guint8 head[MU_FRAME_HEAD_BYTES] = {(guint8)kind, (guint8)(length >> 24), (guint8)(length >> 16),
                                            (guint8)(length >> 8), (guint8)length};
  g_byte_array_append(out, head, sizeof head);
  if (length > 0)
    g_byte_array_append(out, content, length);
}

void mu_frame_append(GByteArray *out, MuFrameKind kind, const void *content, gsize length) {
  const guint8 *bytes = content;
  do {
    guint32 here = (guint32)MIN(length, MU_FRAME_MAX_BYTES);
    append_one(out, kind, bytes, here);
    bytes += here;
    length -= here;
  } while (length > 0);
}

MuFrameState mu_frame_read(const guint8 *bytes, gsize available, MuFrameKind *ret_kind, const guint8 **ret_content,
                           gsize *ret_length, gsize *ret_taken) {
  if (available < MU_FRAME_HEAD_BYTES)
    return MU_FRAME_PARTIAL;
  gsize length = ((gsize)bytes[1] << 24) | ((gsize)bytes[2] << 16) | ((gsize)bytes[3] << 8) | bytes[4];
  if (length > MU_FRAME_MAX_BYTES)
    return MU_FRAME_TOO_LARGE;
  if (available < MU_FRAME_HEAD_BYTES + length)
    return MU_FRAME_PARTIAL;
  *ret_kind = (MuFrameKind)bytes[0];
  *ret_content = bytes + MU_FRAME_HEAD_BYTES;
  *ret_length = length;
  *ret_taken = MU_FRAME_HEAD_BYTES + length;
  return MU_FRAME_WHOLE;
}
