#include "spec_yaml_simple.h"

#include "spec_tree.h"
#include <string.h>

#define MAX_KEY 100 /* YAML lets them have 1024 */

/* What has been read up to. Every function below is FALSE for what is not simple, and then all is given up. */
typedef struct {
  MuTreeBuilder builder;
  const char
      *at; /* the first byte of the line, that is no blank, NULL: the text is over; or what is to be read in it */
  const char *end; /* of the line: its newline, or the text's NUL */
  gsize indent;    /* column of the line's first byte that is no blank */
} Reader;

static gsize offset_of(const Reader *reader, const char *at) {
  return (gsize)(at - reader->builder.text);
}

static const char *skip_blanks(const char *at) {
  while (*at == ' ')
    at++;
  return at;
}

/* Nothing but a comment follows in the line. */
static gboolean is_over(const Reader *reader, const char *at) {
  const char *next = skip_blanks(at);
  return next == reader->end || (*next == '#' && next > at);
}

/* To the next line that says something. */
static void next_line(Reader *reader, const char *begin) {
  const char *text_end = reader->builder.text + reader->builder.length;
  while (begin < text_end) {
    const char *newline = memchr(begin, '\n', (gsize)(text_end - begin));
    reader->end = newline != NULL ? newline : text_end;
    reader->at = skip_blanks(begin);
    reader->indent = (gsize)(reader->at - begin);
    if (reader->at != reader->end && *reader->at != '#')
      return;
    begin = reader->end + 1;
  }
  reader->at = NULL;
  reader->indent = 0;
}

/* The value that ends at `at` is the last in its line. */
static gboolean end_line(Reader *reader, const char *at) {
  if (!is_over(reader, at))
    return FALSE;
  next_line(reader, reader->end + 1);
  return TRUE;
}

/* ---- scalars --------------------------------------------------------------------------------------------------------- */

static gboolean add_scalar(Reader *reader, const char *at, const char *text, gsize length, gboolean plain) {
  MuNode *node = mu_tree_scalar_new(&reader->builder, offset_of(reader, at));
  mu_tree_scalar_set(node, text == NULL ? NULL : mu_arena_strndup(reader->builder.arena, text, length), plain);
  return mu_tree_add(&reader->builder, node, NULL);
}

static gboolean is_key_byte(char c) {
  return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '/' || c == '-';
}

/* How long the key is that stands there, with a colon and a blank or the line's end behind it; 0: none does. */
static gsize key_length(const Reader *reader, const char *at) {
  gsize length = 0;
  if (!g_ascii_isalnum(*at) && *at != '_')
    return 0;
  while (length < MAX_KEY && is_key_byte(at[length]))
    length++;
  const char *colon = at + length;
  return *colon == ':' && (colon + 1 == reader->end || colon[1] == ' ') ? length : 0;
}

/* What begins otherwise means something in YAML. */
static gboolean begins_plain(const char *at) {
  return g_ascii_isalnum(*at) || strchr("_./$(+~^=;\\)<", *at) != NULL || (*at == '-' && g_ascii_isalnum(at[1]));
}

/* A plain value: to the end of the line or a comment; in brackets, to what ends it there. */
static gboolean read_plain(Reader *reader, const char **at, gboolean in_brackets) {
  const char *begin = *at, *end = begin;
  if (begin == reader->end || !begins_plain(begin))
    return FALSE;
  for (; end < reader->end; end++) {
    if (*end == '#' && end[-1] == ' ')
      break;
    if (in_brackets && strchr(",[]{}", *end) != NULL)
      break;
    gboolean last = end + 1 == reader->end || end[1] == ' ' || (in_brackets && strchr(",[]{}", end[1]) != NULL);
    if (*end == ':' && last)
      return FALSE;
  }
  *at = end;
  while (end[-1] == ' ')
    end--;
  return add_scalar(reader, begin, begin, (gsize)(end - begin), TRUE);
}

static gboolean read_quoted(Reader *reader, const char **at) {
  const char *begin = *at + 1, *end = memchr(begin, **at, (gsize)(reader->end - begin));
  if (end == NULL || (**at == '"' && memchr(begin, '\\', (gsize)(end - begin)) != NULL) || end[1] == **at)
    return FALSE;
  gboolean good = add_scalar(reader, *at, begin, (gsize)(end - begin), FALSE);
  *at = end + 1;
  return good;
}

/* ---- brackets -------------------------------------------------------------------------------------------------------- */

static gboolean read_brackets(Reader *reader, const char **at);

static gboolean read_in_brackets(Reader *reader, const char **at) {
  if (**at == '{' || **at == '[')
    return read_brackets(reader, at);
  return **at == '"' || **at == '\'' ? read_quoted(reader, at) : read_plain(reader, at, TRUE);
}

static gboolean read_key_in_brackets(Reader *reader, const char **at) {
  gsize length = key_length(reader, *at);
  if (length == 0 || *at + length + 1 == reader->end || !add_scalar(reader, *at, *at, length, TRUE))
    return FALSE;
  *at = skip_blanks(*at + length + 1);
  return TRUE;
}

static gboolean read_brackets(Reader *reader, const char **at) {
  gboolean is_map = **at == '{';
  const char close = is_map ? '}' : ']';
  if (mu_tree_open(&reader->builder, is_map ? MU_NODE_MAP : MU_NODE_LIST, offset_of(reader, *at), NULL) == NULL)
    return FALSE;
  *at = skip_blanks(*at + 1);
  while (**at != close) {
    if ((is_map && !read_key_in_brackets(reader, at)) || !read_in_brackets(reader, at))
      return FALSE;
    *at = skip_blanks(*at);
    if (**at == close)
      break;
    if (**at != ',')
      return FALSE;
    *at = skip_blanks(*at + 1);
    if (**at == close)
      return FALSE;
  }
  ++*at;
  return mu_tree_close(&reader->builder);
}

/* ---- blocks ---------------------------------------------------------------------------------------------------------- */

static gboolean read_block(Reader *reader);

/* A value in the line, whose block has this indentation: none of it may go on in the next one. */
static gboolean read_value(Reader *reader, const char *at, gsize indent) {
  gboolean good;
  if (*at == '{' || *at == '[')
    good = read_brackets(reader, &at);
  else
    good = *at == '"' || *at == '\'' ? read_quoted(reader, &at) : read_plain(reader, &at, FALSE);
  if (good && at < reader->end && *at == '#') /* behind a plain value */
    at--;
  return good && end_line(reader, at) && reader->indent <= indent;
}

static gboolean is_item(const Reader *reader) {
  return reader->at != NULL && reader->at[0] == '-' && reader->at[1] == ' ';
}

/* What belongs to a key with nothing behind it: what is indented deeper, or a list at its own column, or nothing. */
static gboolean read_below(Reader *reader, const char *key, gsize indent) {
  if (reader->at != NULL && (reader->indent > indent || (reader->indent == indent && is_item(reader))))
    return read_block(reader);
  return add_scalar(reader, key, NULL, 0, TRUE);
}

static gboolean read_pair(Reader *reader, gsize indent) {
  const char *key = reader->at;
  gsize length = key_length(reader, key);
  if (length == 0 || !add_scalar(reader, key, key, length, TRUE))
    return FALSE;
  const char *value = key + length + 1;
  if (is_over(reader, value))
    return end_line(reader, value) && read_below(reader, key, indent);
  return read_value(reader, skip_blanks(value), indent);
}

static gboolean read_map(Reader *reader) {
  gsize indent = reader->indent;
  if (mu_tree_open(&reader->builder, MU_NODE_MAP, offset_of(reader, reader->at), NULL) == NULL)
    return FALSE;
  do
    if (!read_pair(reader, indent))
      return FALSE;
  while (reader->at != NULL && reader->indent == indent);
  return mu_tree_close(&reader->builder);
}

/* An item that is a map begins with its first key behind the dash: there is the map's column. */
static gboolean read_item(Reader *reader, gsize indent) {
  const char *begin = skip_blanks(reader->at + 1);
  if (key_length(reader, begin) == 0)
    return read_value(reader, begin, indent);
  reader->indent += (gsize)(begin - reader->at);
  reader->at = begin;
  return read_map(reader) && (reader->at == NULL || reader->indent <= indent);
}

static gboolean read_list(Reader *reader) {
  gsize indent = reader->indent;
  if (mu_tree_open(&reader->builder, MU_NODE_LIST, offset_of(reader, reader->at), NULL) == NULL)
    return FALSE;
  do
    if (!read_item(reader, indent))
      return FALSE;
  while (reader->indent == indent && is_item(reader));
  return mu_tree_close(&reader->builder);
}

static gboolean read_block(Reader *reader) {
  return is_item(reader) ? read_list(reader) : read_map(reader);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static gboolean is_simple_text(const char *text, gsize length) {
  gboolean simple = TRUE;
  for (gsize i = 0; i < length; i++)
    simple &= (text[i] >= ' ' && text[i] <= '~') || text[i] == '\n';
  return simple;
}

MuNode *mu_yaml_read_simple(MuArena *arena, const char *text, gsize length) {
  if (!is_simple_text(text, length))
    return NULL;
  MuFaults faults;
  Reader reader;
  mu_faults_init(&faults, "", text, length, NULL);
  mu_tree_builder_init(&reader.builder, arena, text, length, &faults);
  next_line(&reader, text);
  gboolean good = reader.at != NULL && !is_item(&reader) && read_map(&reader) && reader.at == NULL && faults.n == 0;
  MuNode *root = good ? reader.builder.root : NULL;
  mu_tree_builder_clear(&reader.builder);
  mu_faults_clear(&faults);
  return root;
}
