/* The text of JSON, written and read without a tree. */
#include "json_form.h"

#include <string.h>

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static void grow(MuJsonText *out, gsize more) {
  const char *borrowed = out->borrowed ? out->text : NULL;
  out->room = MAX(out->room * 2, out->length + more + 512);
  out->text = g_realloc(borrowed != NULL ? NULL : out->text, out->room);
  if (borrowed != NULL)
    memcpy(out->text, borrowed, out->length);
  out->borrowed = FALSE;
}

static inline char *make_room(MuJsonText *out, gsize more) {
  if (G_UNLIKELY(out->room - out->length < more))
    grow(out, more);
  return out->text + out->length;
}

static void put_char(MuJsonText *out, char c) {
  *make_room(out, 1) = c;
  out->length++;
}

void mu_json_text_raw(MuJsonText *out, const char *text, gsize length) {
  memcpy(make_room(out, length), text, length);
  out->length += length;
}

/* 1 when something stands before in the same object or array, which a comma parts from what follows. */
static gsize comma(const MuJsonText *out) {
  char last = out->text[out->length - 1];
  return last != '{' && last != '[';
}

void mu_json_text_next(MuJsonText *out) {
  if (comma(out) != 0)
    put_char(out, ',');
}

void mu_json_text_key(MuJsonText *out, const char *key) {
  mu_json_text_key_of(out, key, strlen(key));
}

void mu_json_text_key_of(MuJsonText *out, const char *key, gsize length) {
  gsize at = comma(out);
  char *to = make_room(out, length + 4);
  to[0] = ',';
  to[at] = '"';
  memcpy(to + at + 1, key, length);
  to[at + length + 1] = '"';
  to[at + length + 2] = ':';
  out->length += at + length + 3;
}

gsize mu_json_int(char *to, gint64 value) {
  char digits[MU_JSON_INT_MAX];
  gsize at = sizeof digits;
  guint64 left = value < 0 ? 0 - (guint64)value : (guint64)value;
  do {
    digits[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (value < 0)
    digits[--at] = '-';
  memcpy(to, digits + at, sizeof digits - at);
  return sizeof digits - at;
}

void mu_json_text_int(MuJsonText *out, gint64 value) {
  char *to = make_room(out, MU_JSON_INT_MAX);
  out->length += mu_json_int(to, value);
}

void mu_json_text_bool(MuJsonText *out, gboolean value) {
  mu_json_text_raw(out, value ? "true" : "false", value ? 4 : 5);
}

/* ASCII that stands for itself in a string. */
static gboolean is_plain(guchar c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Sixteen bytes at a time, as most processors have them; the compiler makes do where they are not. */
typedef gint8 Bytes __attribute__((vector_size(16)));
typedef guint64 Halves __attribute__((vector_size(16)));

/* Of the sixteen bytes there: how many from the beginning stand for themselves. A byte of UTF-8 is negative. */
static inline gsize plain_in_bytes(const char *text) {
  Bytes bytes;
  memcpy(&bytes, text, sizeof bytes);
  Halves odd = (Halves)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
  guint64 first = GUINT64_FROM_LE(odd[0]), second = GUINT64_FROM_LE(odd[1]);
  if (first != 0)
    return (gsize)__builtin_ctzll(first) / 8;
  return second != 0 ? 8 + (gsize)__builtin_ctzll(second) / 8 : sizeof bytes;
}

#define EACH(byte) (G_GUINT64_CONSTANT(0x0101010101010101) * (byte))

/* Eight bytes: whether all stand for themselves. */
static inline gboolean is_plain_word(const char *text) {
  guint64 word = 0;
  memcpy(&word, text, sizeof word);
  guint64 quote = word ^ EACH('"'), backslash = word ^ EACH('\\');
  guint64 odd = (word - EACH(0x20)) | word | ((quote - EACH(1)) & ~quote) | ((backslash - EACH(1)) & ~backslash);
  return (odd & EACH(0x80)) == 0;
}

static gsize plain_length_of_short(const char *text, gsize length) {
  gsize at = 0;
  if (length >= 8 && is_plain_word(text) && is_plain_word(text + length - 8))
    return length;
  while (at < length && is_plain((guchar)text[at]))
    at++;
  return at;
}

/* How many bytes from the beginning stand for themselves: most of all text is such. */
static gsize plain_length(const char *text, gsize length) {
  gsize at = 0;
  if (length < sizeof(Bytes))
    return plain_length_of_short(text, length);
  for (; at + sizeof(Bytes) <= length; at += sizeof(Bytes)) {
    gsize plain = plain_in_bytes(text + at);
    if (plain < sizeof(Bytes))
      return at + plain;
  }
  if (at == length)
    return length;
  gsize last = length - sizeof(Bytes); /* some of these once more */
  return last + plain_in_bytes(text + last);
}

/* Copies as long as the bytes stand for themselves: whether all do. */
static gboolean copy_plain_short(char *to, const char *text, gsize length) {
  guint64 words[2];
  if (length < sizeof words[0]) {
    for (gsize i = 0; i < length; i++) {
      to[i] = text[i];
      if (!is_plain((guchar)text[i]))
        return FALSE;
    }
    return TRUE;
  }
  memcpy(&words[0], text, sizeof words[0]); /* these two may overlap */
  memcpy(&words[1], text + length - sizeof words[1], sizeof words[1]);
  memcpy(to, &words[0], sizeof words[0]);
  memcpy(to + length - sizeof words[1], &words[1], sizeof words[1]);
  return is_plain_word((const char *)&words[0]) && is_plain_word((const char *)&words[1]);
}

static inline gboolean copy_plain_bytes(char *to, const char *text) {
  Bytes bytes;
  memcpy(&bytes, text, sizeof bytes);
  memcpy(to, &bytes, sizeof bytes);
  Halves odd = (Halves)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
  return (odd[0] | odd[1]) == 0;
}

static gboolean copy_plain(char *to, const char *text, gsize length) {
  gsize at = 0;
  if (length < sizeof(Bytes))
    return copy_plain_short(to, text, length);
  for (; at + sizeof(Bytes) <= length; at += sizeof(Bytes))
    if (!copy_plain_bytes(to + at, text + at))
      return FALSE;
  gsize last = length - sizeof(Bytes); /* some of these once more */
  return at == length || copy_plain_bytes(to + last, text + last);
}

static void put_escaped(MuJsonText *out, guchar c) {
  static const char LETTERS[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
  char text[8];
  if (c >= 0x80) {
    put_char(out, (char)c);
    return;
  }
  if (c == '"' || c == '\\')
    g_snprintf(text, sizeof text, "\\%c", c);
  else if (c < sizeof LETTERS && LETTERS[c] != '\0')
    g_snprintf(text, sizeof text, "\\%c", LETTERS[c]);
  else
    g_snprintf(text, sizeof text, "\\u%04X", c);
  mu_json_text_raw(out, text, strlen(text));
}

static void put_odd_string(MuJsonText *out, const char *text) {
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  put_char(out, '"');
  for (const char *at = valid; *at != '\0'; at++) {
    if (is_plain((guchar)*at))
      put_char(out, *at);
    else
      put_escaped(out, (guchar)*at);
  }
  put_char(out, '"');
}

void mu_json_text_string(MuJsonText *out, const char *text) {
  gsize length = text == NULL ? 0 : strlen(text);
  if (text == NULL) {
    mu_json_text_raw(out, "null", 4);
    return;
  }
  char *to = make_room(out, length + 2);
  if (!copy_plain(to + 1, text, length)) {
    put_odd_string(out, text);
    return;
  }
  to[0] = '"';
  to[length + 1] = '"';
  out->length += length + 2;
}

void mu_json_text_member(MuJsonText *out, const char *key, const char *text) {
  if (text == NULL)
    return;
  mu_json_text_key(out, key);
  mu_json_text_string(out, text);
}

char *mu_json_text_take(MuJsonText *out) {
  mu_json_text_raw(out, "", 1);
  return g_steal_pointer(&out->text);
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* A text that is a member of the block's struct is noted. FALSE: there is no room for more. */
static inline gboolean take_text(MuJsonBlock *block, char **ret, const char *text, gsize length) {
  gsize offset = (gsize)ret - (gsize)block->object;
  if (offset >= block->size) { /* it belongs to something else */
    *ret = g_strndup(text, length);
    return TRUE;
  }
  if (block->n == MU_JSON_BLOCK_TEXTS || length > G_MAXINT32)
    return FALSE;
  block->texts[block->n++] = (MuJsonBlockText){(guint)offset, (guint)length, text};
  block->bytes += length + 1;
  return TRUE;
}

gboolean mu_json_scan_text(MuJsonScan *in, char **ret) {
  if (!mu_json_scan_char(in, '"'))
    return FALSE;
  const char *begin = in->at, *at = begin + plain_length(begin, (gsize)(in->end - begin));
  if (at >= in->end || *at != '"')
    return FALSE;
  in->at = at + 1;
  if (in->block != NULL)
    return take_text(in->block, ret, begin, (gsize)(at - begin));
  *ret = g_strndup(begin, (gsize)(at - begin));
  return TRUE;
}

/* Up to 18 digits: no overflow is possible. */
gboolean mu_json_scan_int(MuJsonScan *in, gint64 *ret) {
  gboolean negative = mu_json_scan_char(in, '-');
  const char *begin = in->at, *at = begin;
  gint64 value = 0;
  while (at < in->end && at - begin < 18 && g_ascii_isdigit(*at))
    value = value * 10 + (*at++ - '0');
  if (at == begin || at >= in->end || (*at != ',' && *at != '}') || (*begin == '0' && (at - begin > 1 || negative)))
    return FALSE;
  in->at = at;
  *ret = negative ? -value : value;
  return TRUE;
}
