#include "mustache_parse.h"

#include "mustache.h"
#include <muster/error.h>
#include <string.h>

typedef struct {
  const char *text;
  gsize length;
  gsize at;         /* the next byte to read */
  gsize text_begin; /* of the text not yet turned into a token */
  const char *file_name;
  const char *open, *close; /* the delimiters */
  MuArena *arena;
  GArray *tokens;       /* of MuToken */
  GArray *open_section; /* guint: indices of sections not yet closed */
} Parser;

typedef struct {
  gsize at, end; /* of the whole tag with its delimiters */
  char sigil;    /* '\0' for a plain value */
  const char *body;
  gsize body_length;
} Tag;

void mu_text_position(const char *text, gsize length, gsize offset, guint *ret_line, guint *ret_column) {
  guint line = 1, column = 1;
  for (gsize i = 0; i < MIN(offset, length); i++) {
    if (text[i] == '\n') {
      line++;
      column = 1;
    } else if (((guchar)text[i] & 0xc0) != 0x80) {
      column++;
    }
  }
  *ret_line = line;
  *ret_column = column;
}

static gboolean refuse(const Parser *parser, gsize at, GError **error, const char *format, ...) G_GNUC_PRINTF(4, 5);

static gboolean refuse(const Parser *parser, gsize at, GError **error, const char *format, ...) {
  guint line, column;
  mu_text_position(parser->text, parser->length, at, &line, &column);
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s:%u:%u: %s", parser->file_name, line, column, what);
  return FALSE;
}

/* The offset of `needle` at or after `from`, or the length of the text. */
static gsize find(const Parser *parser, gsize from, const char *needle) {
  if (from >= parser->length)
    return parser->length;
  const char *hit = memmem(parser->text + from, parser->length - from, needle, strlen(needle));
  return hit == NULL ? parser->length : (gsize)(hit - parser->text);
}

static gboolean is_blank(char c) {
  return c == ' ' || c == '\t';
}

static void trim(const char **text, gsize *length) {
  while (*length > 0 && g_ascii_isspace(**text)) {
    (*text)++;
    (*length)--;
  }
  while (*length > 0 && g_ascii_isspace((*text)[*length - 1]))
    (*length)--;
}

static void add_text(Parser *parser, gsize begin, gsize end) {
  if (begin >= end)
    return;
  MuToken token = {.kind = MU_TOKEN_TEXT, .at = begin, .length = end - begin};
  g_array_append_val(parser->tokens, token);
}

/* ---- one tag ------------------------------------------------------------------------------------------------------- */

/* What ends the tag whose delimiter was just read: `{{{` by `}}}`, `{{=` by `=}}`, all others by the delimiter. */
static const char *ending(Parser *parser, char sigil) {
  if (sigil == '{')
    return mu_arena_printf(parser->arena, "}%s", parser->close);
  if (sigil == '=')
    return mu_arena_printf(parser->arena, "=%s", parser->close);
  return parser->close;
}

static gboolean read_tag(Parser *parser, gsize at, Tag *ret_tag, GError **error) {
  gsize body = at + strlen(parser->open);
  while (body < parser->length && g_ascii_isspace(parser->text[body]))
    body++;
  char first = body < parser->length ? parser->text[body] : '\0';
  char sigil = first != '\0' && strchr("!#^/>&={<$", first) != NULL ? first : '\0';
  if (sigil != '\0')
    body++;
  const char *end_mark = ending(parser, sigil);
  gsize body_end = find(parser, body, end_mark);
  if (body_end >= parser->length)
    return refuse(parser, at, error, "the tag is not closed; expected \"%s\"", end_mark);
  *ret_tag = (Tag){
      .at = at,
      .end = body_end + strlen(end_mark),
      .sigil = sigil,
      .body = parser->text + body,
      .body_length = body_end - body,
  };
  trim(&ret_tag->body, &ret_tag->body_length);
  return TRUE;
}

/* Tags that leave nothing behind take the whole line with them when they are alone on it. */
static gboolean can_stand_alone(char sigil) {
  return sigil != '\0' && strchr("!#^/>=", sigil) != NULL;
}

static gboolean stands_alone(const Parser *parser, const Tag *tag, gsize *ret_line, gsize *ret_next) {
  gsize line = tag->at;
  while (line > 0 && is_blank(parser->text[line - 1]))
    line--;
  if (line > 0 && parser->text[line - 1] != '\n')
    return FALSE;
  gsize next = tag->end;
  while (next < parser->length && is_blank(parser->text[next]))
    next++;
  if (next < parser->length && parser->text[next] == '\r')
    next++;
  if (next < parser->length && parser->text[next] != '\n')
    return FALSE;
  *ret_line = line;
  *ret_next = next < parser->length ? next + 1 : next;
  return TRUE;
}

static gboolean set_delimiters(Parser *parser, const Tag *tag, GError **error) {
  const char *end = tag->body + tag->body_length;
  const char *open_end = tag->body;
  while (open_end < end && !g_ascii_isspace(*open_end))
    open_end++;
  const char *close = open_end;
  while (close < end && g_ascii_isspace(*close))
    close++;
  gsize close_length = (gsize)(end - close);
  gboolean good = open_end > tag->body && close_length > 0;
  for (const char *c = close; good && c < end; c++)
    good = !g_ascii_isspace(*c) && *c != '=';
  if (!good)
    return refuse(parser, tag->at, error, "expected two delimiters, as in {{=<%% %%>=}}");
  parser->open = mu_arena_strndup(parser->arena, tag->body, (gsize)(open_end - tag->body));
  parser->close = mu_arena_strndup(parser->arena, close, close_length);
  return TRUE;
}

static gboolean close_section(Parser *parser, const MuToken *token, GError **error) {
  if (parser->open_section->len == 0)
    return refuse(parser, token->at, error, "\"{{/%s}}\" closes a section that is not open", token->name);
  guint index = g_array_index(parser->open_section, guint, parser->open_section->len - 1);
  MuToken *section = &g_array_index(parser->tokens, MuToken, index);
  if (strcmp(section->name, token->name) != 0)
    return refuse(parser, token->at, error, "\"{{/%s}}\" found; expected \"{{/%s}}\"", token->name, section->name);
  section->close = parser->tokens->len;
  g_array_set_size(parser->open_section, parser->open_section->len - 1);
  return TRUE;
}

static gboolean add_tag(Parser *parser, const Tag *tag, const char *indent, GError **error) {
  static const struct {
    char sigil;
    MuTokenKind kind;
  } kinds[] = {{'\0', MU_TOKEN_VALUE},   {'{', MU_TOKEN_RAW_VALUE}, {'&', MU_TOKEN_RAW_VALUE}, {'#', MU_TOKEN_SECTION},
               {'^', MU_TOKEN_INVERTED}, {'/', MU_TOKEN_CLOSE},     {'>', MU_TOKEN_PARTIAL}};
  if (tag->sigil == '!')
    return TRUE;
  if (tag->sigil == '=')
    return set_delimiters(parser, tag, error);
  if (tag->sigil == '<' || tag->sigil == '$')
    return refuse(parser, tag->at, error, "template inheritance ({{%c}}) is not supported", tag->sigil);
  if (tag->body_length == 0)
    return refuse(parser, tag->at, error, "the tag is empty; expected a name");
  MuToken token = {.at = tag->at, .indent = indent};
  token.name = mu_arena_strndup(parser->arena, tag->body, tag->body_length);
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (kinds[i].sigil == tag->sigil)
      token.kind = kinds[i].kind;
  if (token.kind == MU_TOKEN_CLOSE && !close_section(parser, &token, error))
    return FALSE;
  if (token.kind == MU_TOKEN_SECTION || token.kind == MU_TOKEN_INVERTED)
    g_array_append_val(parser->open_section, parser->tokens->len);
  g_array_append_val(parser->tokens, token);
  return TRUE;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static gboolean step(Parser *parser, gsize at, GError **error) {
  Tag tag = {0};
  if (!read_tag(parser, at, &tag, error))
    return FALSE;
  gsize line = tag.at, next = tag.end;
  const char *indent = "";
  if (can_stand_alone(tag.sigil) && stands_alone(parser, &tag, &line, &next) && tag.sigil == '>')
    indent = mu_arena_strndup(parser->arena, parser->text + line, tag.at - line);
  add_text(parser, parser->text_begin, line);
  parser->at = parser->text_begin = next;
  return add_tag(parser, &tag, indent, error);
}

static gboolean parse_all(Parser *parser, GError **error) {
  for (;;) {
    gsize at = find(parser, parser->at, parser->open);
    if (at >= parser->length)
      break;
    if (!step(parser, at, error))
      return FALSE;
  }
  add_text(parser, parser->text_begin, parser->length);
  if (parser->open_section->len == 0)
    return TRUE;
  guint index = g_array_index(parser->open_section, guint, parser->open_section->len - 1);
  const MuToken *section = &g_array_index(parser->tokens, MuToken, index);
  return refuse(parser, section->at, error, "the section \"%s\" is not closed; expected \"{{/%s}}\"", section->name,
                section->name);
}

GArray *mu_mustache_parse(const char *text, gsize length, const char *file_name, MuArena *arena, GError **error) {
  g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(MuToken));
  g_autoptr(GArray) open_section = g_array_new(FALSE, FALSE, sizeof(guint));
  Parser parser = {
      .text = text,
      .length = length,
      .file_name = file_name,
      .open = "{{",
      .close = "}}",
      .arena = arena,
      .tokens = tokens,
      .open_section = open_section,
  };
  return parse_all(&parser, error) ? g_steal_pointer(&tokens) : NULL;
}
