#include "spec_yaml.h"

#include "spec_tree.h"

#include "bug.h"
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

/* No text has more brackets open at once, quoted ones included. libfyaml scans nested flow collections to their end before
 * it tells of the first, so that millions of them would keep it busy for seconds. */
#define MAX_OPEN_BRACKETS 10000

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

static gsize event_offset(MuTreeBuilder *builder, struct fy_event *event) {
  const struct fy_mark *mark = fy_event_start_mark(event);
  if (mark == NULL)
    return builder->last_offset;
  builder->last_offset = mark->input_pos;
  enum fy_node_style style = event->type == FYET_SCALAR ? fy_event_get_node_style(event) : FYNS_ANY;
  if ((style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED) && mark->input_pos > 0)
    builder->last_offset--; /* the mark stands behind the quote */
  return builder->last_offset;
}

static const char *token_text(MuTreeBuilder *builder, struct fy_token *token) {
  size_t length = 0;
  const char *text = token == NULL ? NULL : fy_token_get_text(token, &length);
  return text == NULL ? NULL : mu_arena_strndup(builder->arena, text, length);
}

/* The standard tags say what we find out ourselves; any other would mean a type that we do not have. */
static void check_tag(MuTreeBuilder *builder, const MuNode *node, struct fy_token *tag) {
  const char *text = token_text(builder, tag);
  if (text != NULL && text[0] != '\0' && strcmp(text, "!") != 0 && !g_str_has_prefix(text, "tag:yaml.org,2002:"))
    mu_faults_add(builder->faults, node, "the tag \"%s\" is not known; expected a value without a tag", text);
}

/* Escapes in quotes can make what UTF-8 cannot hold: halves of surrogate pairs, and NUL. */
static gboolean is_text(struct fy_token *token) {
  size_t length = 0;
  const char *text = token == NULL ? NULL : fy_token_get_text(token, &length);
  return text == NULL || length == 0 || g_utf8_validate_len(text, length, NULL);
}

static gsize column_of(const MuTreeBuilder *builder, gsize offset) {
  gsize line = offset;
  while (line > 0 && builder->text[line - 1] != '\n')
    line--;
  return offset - line;
}

/* The indentation of the first line at or after `offset` that is not blank. */
static gsize indentation_from(const MuTreeBuilder *builder, gsize offset) {
  gsize column = 0;
  for (; offset < builder->length && g_ascii_isspace(builder->text[offset]); offset++)
    column = builder->text[offset] == '\n' ? 0 : column + 1;
  return column;
}

/* Text after `|` or `>` stands deeper than its key, or the dash before it. libfyaml 0.7 lets it stand at the same column, and
 * then gives bytes that are not in the file. */
static gboolean is_block_text_indented(const MuTreeBuilder *builder, gsize offset) {
  if (builder->stack->len == 0)
    return TRUE;
  const MuTreeFrame *frame = &g_array_index(builder->stack, MuTreeFrame, builder->stack->len - 1);
  const MuNode *parent = frame->node;
  gboolean is_key = (builder->pending->len - frame->first) % 2 == 0; /* "? |": a key has none itself */
  if (parent->kind == MU_NODE_MAP && !is_key)
    parent = g_ptr_array_index(builder->pending, builder->pending->len - 1);
  return indentation_from(builder, offset) > column_of(builder, parent->offset);
}

static gboolean check_scalar(MuTreeBuilder *builder, const MuNode *node, struct fy_event *event) {
  enum fy_node_style style = event->scalar.value == NULL ? FYNS_PLAIN : fy_event_get_node_style(event);
  const char *wrong = NULL;
  if ((style == FYNS_LITERAL || style == FYNS_FOLDED) && fy_token_get_text_length(event->scalar.value) > 0 &&
      !is_block_text_indented(builder, node->offset))
    wrong = "the text after | or > must be indented deeper than its key";
  else if (!is_text(event->scalar.value))
    wrong = "a character that cannot be in a text; expected UTF-8 without NUL";
  if (wrong != NULL)
    mu_faults_add(builder->faults, node, "%s", wrong);
  return wrong == NULL;
}

static gboolean on_scalar(MuTreeBuilder *builder, struct fy_event *event) {
  gboolean plain = event->scalar.value == NULL || fy_event_get_node_style(event) == FYNS_PLAIN;
  MuNode *node = mu_tree_scalar_new(builder, event_offset(builder, event));
  if (!check_scalar(builder, node, event))
    return FALSE;
  mu_tree_scalar_set(node, token_text(builder, event->scalar.value), plain);
  check_tag(builder, node, event->scalar.tag);
  return mu_tree_add(builder, node, token_text(builder, event->scalar.anchor));
}

static gboolean on_alias(MuTreeBuilder *builder, struct fy_event *event) {
  const char *name = token_text(builder, event->alias.anchor);
  MuNode *node = name == NULL ? NULL : g_hash_table_lookup(builder->anchors, name);
  if (node == NULL) {
    mu_faults_add_at(builder->faults, event_offset(builder, event), "the alias \"*%s\" has no anchor \"&%s\" before it",
                     name == NULL ? "" : name, name == NULL ? "" : name);
    return FALSE;
  }
  return mu_tree_add(builder, node, NULL);
}

static gboolean on_open(MuTreeBuilder *builder, struct fy_event *event, MuNodeKind kind, struct fy_token *anchor,
                        struct fy_token *tag) {
  MuNode *node = mu_tree_open(builder, kind, event_offset(builder, event), token_text(builder, anchor));
  if (node != NULL)
    check_tag(builder, node, tag);
  return node != NULL;
}

static gboolean on_document(MuTreeBuilder *builder, struct fy_event *event) {
  if (builder->n_documents++ == 0)
    return TRUE;
  mu_faults_add_at(builder->faults, event_offset(builder, event), "a second document begins here; expected only one");
  return FALSE;
}

static gboolean on_event(MuTreeBuilder *builder, struct fy_event *event) {
  switch (event->type) {
  case FYET_DOCUMENT_START: return on_document(builder, event);
  case FYET_MAPPING_START:
    return on_open(builder, event, MU_NODE_MAP, event->mapping_start.anchor, event->mapping_start.tag);
  case FYET_SEQUENCE_START:
    return on_open(builder, event, MU_NODE_LIST, event->sequence_start.anchor, event->sequence_start.tag);
  case FYET_MAPPING_END:
  case FYET_SEQUENCE_END: return mu_tree_close(builder);
  case FYET_SCALAR: return on_scalar(builder, event);
  case FYET_ALIAS: return on_alias(builder, event);
  default: return TRUE;
  }
}

/* ---- what libfyaml refuses ------------------------------------------------------------------------------------------ */

/* Of a line and a column as libfyaml counts them: from 1, columns in characters. */
static gsize offset_of(const MuTreeBuilder *builder, int line, int column) {
  const char *at = builder->text, *end = builder->text + builder->length;
  for (int i = 1; i < line && at < end; i++) {
    const char *newline = memchr(at, '\n', (gsize)(end - at));
    at = newline == NULL ? end : newline + 1;
  }
  for (int i = 1; i < column && at < end && *at != '\n'; i++)
    at = g_utf8_next_char(at);
  return (gsize)(at - builder->text);
}

/* The first tab in the indentation of the line that holds `offset`, or NULL. */
static const char *tab_before(const MuTreeBuilder *builder, gsize offset) {
  gsize line = MIN(offset, builder->length);
  while (line > 0 && builder->text[line - 1] != '\n')
    line--;
  for (const char *c = builder->text + line; *c == ' ' || *c == '\t'; c++)
    if (*c == '\t')
      return c;
  return NULL;
}

static void keep_output(struct fy_diag *diag, void *user, const char *text, size_t length) {
  (void)diag;
  g_string_append_len(user, text, (gssize)length);
}

/* What libfyaml says goes into `output`. (Its own list of errors is not freed with it.) */
static struct fy_diag *diag_new(GString *output) {
  struct fy_diag_cfg config;
  fy_diag_cfg_default(&config);
  config.fp = NULL;
  config.output_fn = keep_output;
  config.user = output;
  config.colorize = false;
  struct fy_diag *diag = fy_diag_create(&config);
  mu_assert(diag != NULL);
  return diag;
}

/* Takes "<memory-…>:3:1: error: what is wrong\n…" apart. FALSE when the text is of another form. */
static gboolean parse_output(const char *output, int *ret_line, int *ret_column, char **ret_what) {
  static const char mark[] = ": error: ";
  const char *end = strstr(output, mark);
  const char *column = end == NULL ? NULL : g_strrstr_len(output, end - output, ":");
  const char *line = column == NULL ? NULL : g_strrstr_len(output, column - output, ":");
  if (line == NULL || sscanf(line, ":%d:%d", ret_line, ret_column) != 2)
    return FALSE;
  const char *what = end + strlen(mark);
  *ret_what = g_strndup(what, strcspn(what, "\n"));
  return TRUE;
}

static void add_parser_fault(MuTreeBuilder *builder, const char *output) {
  int line, column;
  g_autofree char *what = NULL;
  gboolean known = parse_output(output, &line, &column, &what);
  gsize offset = known ? offset_of(builder, line, column) : builder->last_offset;
  const char *tab = tab_before(builder, offset);
  if (tab != NULL)
    mu_faults_add_at(builder->faults, (gsize)(tab - builder->text), "a tab in the indentation; YAML wants spaces");
  else
    mu_faults_add_at(builder->faults, offset, "this is not YAML: %s", known ? what : "it cannot be parsed");
}

static gboolean check_brackets(const char *text, gsize length, MuFaults *faults) {
  gint64 open = 0;
  for (gsize i = 0; i < length; i++) {
    if (text[i] == '[' || text[i] == '{')
      open++;
    else if (text[i] == ']' || text[i] == '}')
      open--;
    if (open > MAX_OPEN_BRACKETS) {
      faults->too_large = TRUE;
      mu_faults_add_at(faults, i, "nested too deep; the limit is %d", MU_SPEC_MAX_NESTING);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A tab between two indicators (":\t>"), after a key that was written with "?". libfyaml 0.7 refuses it and then frees
 * memory twice (github.com/pantoniou/libfyaml, issue 57): such a text must not reach it. */
static gboolean check_tabs(const char *text, gsize length, MuFaults *faults) {
  gboolean has_key = FALSE;
  for (gsize i = 0; i < length; i++) {
    has_key |= text[i] == '?' && (i == 0 || is_blank(text[i - 1])) && (i + 1 == length || is_blank(text[i + 1]));
    if (!has_key || text[i] != '\t')
      continue;
    gsize end = i, begin = i;
    while (end < length && (text[end] == ' ' || text[end] == '\t'))
      end++;
    while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t'))
      begin--;
    if (begin > 0 && end < length && strchr(":?-", text[begin - 1]) != NULL && strchr("|>?:-", text[end]) != NULL) {
      mu_faults_add_at(faults, i, "a tab before \"%c\"; YAML wants spaces", text[end]);
      return FALSE;
    }
    i = end - 1;
  }
  return TRUE;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

/* FALSE when there is no tree to go on with; faults of a single value leave one. */
static gboolean run(MuTreeBuilder *builder, struct fy_parser *parser, const GString *output) {
  gboolean good = TRUE;
  while (good) {
    struct fy_event *event = fy_parser_parse(parser);
    if (event == NULL)
      break;
    good = on_event(builder, event);
    fy_parser_event_free(parser, event);
  }
  if (!good || !fy_parser_get_stream_error(parser))
    return good;
  add_parser_fault(builder, output->str);
  return FALSE;
}

MuNode *mu_yaml_read(MuArena *arena, const char *text, gsize length, MuFaults *faults) {
  if (!check_brackets(text, length, faults) || !check_tabs(text, length, faults))
    return NULL;
  g_autoptr(GString) output = g_string_new(NULL);
  struct fy_diag *diag = diag_new(output);
  struct fy_parse_cfg config = {.diag = diag};
  struct fy_parser *parser = fy_parser_create(&config);
  mu_assert(parser != NULL);
  g_auto(MuTreeBuilder) builder;
  mu_tree_builder_init(&builder, arena, text, length, faults);
  mu_assert(fy_parser_set_string(parser, text, length) == 0);
  gboolean good = run(&builder, parser, output);
  fy_parser_destroy(parser);
  fy_diag_unref(diag);
  if (good && builder.root == NULL)
    mu_faults_add_at(faults, 0, "the file is empty; expected a service's spec");
  return good ? builder.root : NULL;
}
