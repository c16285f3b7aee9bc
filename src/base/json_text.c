/* The text of JSON, written and read without a tree. */
#include "json_form.h"

#include <string.h>

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static char *make_room(MuJsonText *out, gsize more) {
  if (out->room - out->length < more) {
    const char *borrowed = out->borrowed ? out->text : NULL;
    out->room = MAX(out->room * 2, out->length + more + 512);
    out->text = g_realloc(borrowed != NULL ? NULL : out->text, out->room);
    if (borrowed != NULL)
      memcpy(out->text, borrowed, out->length);
    out->borrowed = FALSE;
  }
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

void mu_json_text_next(MuJsonText *out) {
  char last = out->text[out->length - 1];
  if (last != '{' && last != '[')
    put_char(out, ',');
}

void mu_json_text_key(MuJsonText *out, const char *key) {
  gsize length = strlen(key);
  mu_json_text_next(out);
  char *to = make_room(out, length + 3);
  to[0] = '"';
  memcpy(to + 1, key, length);
  to[length + 1] = '"';
  to[length + 2] = ':';
  out->length += length + 3;
}

void mu_json_text_int(MuJsonText *out, gint64 value) {
  char digits[24];
  guint at = sizeof digits;
  guint64 left = value < 0 ? 0 - (guint64)value : (guint64)value;
  do {
    digits[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (value < 0)
    digits[--at] = '-';
  mu_json_text_raw(out, digits + at, sizeof digits - at);
}

void mu_json_text_bool(MuJsonText *out, gboolean value) {
  mu_json_text_raw(out, value ? "true" : "false", value ? 4 : 5);
}

/* ASCII that stands for itself in a string. */
static gboolean is_plain(guchar c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

#define EACH(byte) (G_GUINT64_CONSTANT(0x0101010101010101) * (byte))

/* How many bytes from the beginning stand for themselves; eight at a time, for most of all text is such. */
static gsize plain_length(const char *text, gsize length) {
  gsize at = 0;
  for (; at + 8 <= length; at += 8) {
    guint64 word = 0;
    memcpy(&word, text + at, sizeof word);
    word = GUINT64_FROM_LE(word);
    guint64 quote = word ^ EACH('"'), backslash = word ^ EACH('\\');
    guint64 odd = (word - EACH(0x20)) | word | ((quote - EACH(1)) & ~quote) | ((backslash - EACH(1)) & ~backslash);
    if ((odd & EACH(0x80)) != 0) /* what is borrowed spoils only bytes behind the first odd one */
      return at + (gsize)(__builtin_ctzll(odd & EACH(0x80)) / 8);
  }
  while (at < length && is_plain((guchar)text[at]))
    at++;
  return at;
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
  if (plain_length(text, length) != length) {
    put_odd_string(out, text);
    return;
  }
  char *to = make_room(out, length + 2);
  to[0] = '"';
  memcpy(to + 1, text, length);
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

gboolean mu_json_scan_char(MuJsonScan *in, char c) {
  if (in->at >= in->end || *in->at != c)
    return FALSE;
  in->at++;
  return TRUE;
}

gboolean mu_json_scan_text(MuJsonScan *in, char **ret) {
  if (!mu_json_scan_char(in, '"'))
    return FALSE;
  const char *begin = in->at, *at = begin + plain_length(begin, (gsize)(in->end - begin));
  if (at >= in->end || *at != '"')
    return FALSE;
  *ret = g_strndup(begin, (gsize)(at - begin));
  in->at = at + 1;
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
