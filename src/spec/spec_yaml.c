#include "spec_yaml.h"

#include "bug.h"
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

#define LINEAR_PAIRS 16 /* of a map: with more, duplicates are found by hashing */
/* No text has more brackets open at once, quoted ones included. libfyaml scans nested flow collections to their end before
 * it tells of the first, so that millions of them would keep it busy for seconds. */
#define MAX_OPEN_BRACKETS 10000

typedef struct {
  MuNode *node;
  guint first; /* index in `pending` of its first child */
  const char *anchor;
} Frame;

typedef struct {
  MuArena *arena;
  MuFaults *faults;
  const char *text;
  gsize length;
  GArray *stack;       /* of Frame: the open lists and maps */
  GPtrArray *pending;  /* MuNode: finished children of open ones; of a map, keys and values in turn */
  GHashTable *anchors; /* name to MuNode */
  MuNode *root;
  guint n_documents;
  gsize last_offset; /* of the last event that had a place */
} Builder;

/* ---- maps ---------------------------------------------------------------------------------------------------------- */

static void add_duplicate_fault(Builder *builder, const MuNode *key, const MuNode *first) {
  g_autofree char *place = mu_faults_place(builder->faults, first->offset);
  mu_faults_add(builder->faults, key, "the key %s is given twice; it was first given at %s",
                mu_node_describe(key, builder->arena), place);
}

static void check_duplicates(Builder *builder, const MuNode *map) {
  if (map->n <= LINEAR_PAIRS) {
    for (guint i = 1; i < map->n; i++)
      for (guint j = 0; j < i; j++)
        if (strcmp(map->keys[i]->text, map->keys[j]->text) == 0) {
          add_duplicate_fault(builder, map->keys[i], map->keys[j]);
          break;
        }
    return;
  }
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < map->n; i++) {
    const MuNode *first = g_hash_table_lookup(seen, map->keys[i]->text);
    if (first != NULL)
      add_duplicate_fault(builder, map->keys[i], first);
    else
      g_hash_table_insert(seen, (char *)map->keys[i]->text, map->keys[i]);
  }
}

static gboolean is_merge(const MuNode *key) {
  return strcmp(key->text, "<<") == 0;
}

/* Adds the pairs of `from` whose keys are not there yet: what stands in the map itself wins, then the earlier source. */
static void merge_map(GPtrArray *keys, GPtrArray *values, GHashTable *seen, const MuNode *from) {
  for (guint i = 0; i < from->n; i++) {
    if (!g_hash_table_add(seen, (char *)from->keys[i]->text))
      continue;
    g_ptr_array_add(keys, from->keys[i]);
    g_ptr_array_add(values, from->items[i]);
  }
}

static void merge_value(Builder *builder, GPtrArray *keys, GPtrArray *values, GHashTable *seen, const MuNode *value) {
  if (value->kind == MU_NODE_MAP) {
    merge_map(keys, values, seen, value);
    return;
  }
  gboolean good = value->kind == MU_NODE_LIST;
  for (guint i = 0; good && i < value->n; i++) {
    good = value->items[i]->kind == MU_NODE_MAP;
    if (good)
      merge_map(keys, values, seen, value->items[i]);
  }
  if (!good)
    mu_faults_add(builder->faults, value, "\"<<\": expected an alias of a map, or a list of them; found %s",
                  mu_node_describe(value, builder->arena));
}

static MuNode **copy_nodes(MuArena *arena, const GPtrArray *nodes) {
  MuNode **copy = mu_arena_new0(arena, MuNode *, nodes->len);
  if (nodes->len > 0)
    memcpy(copy, nodes->pdata, nodes->len * sizeof *copy);
  return copy;
}

/* Resolves `<<`, the merge key of YAML 1.1. */
static void merge(Builder *builder, MuNode *map) {
  gboolean any = FALSE;
  for (guint i = 0; i < map->n; i++)
    any |= is_merge(map->keys[i]);
  if (!any)
    return;
  g_autoptr(GPtrArray) keys = g_ptr_array_new();
  g_autoptr(GPtrArray) values = g_ptr_array_new();
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < map->n; i++) {
    if (is_merge(map->keys[i]))
      continue;
    g_hash_table_add(seen, (char *)map->keys[i]->text);
    g_ptr_array_add(keys, map->keys[i]);
    g_ptr_array_add(values, map->items[i]);
  }
  for (guint i = 0; i < map->n; i++)
    if (is_merge(map->keys[i]))
      merge_value(builder, keys, values, seen, map->items[i]);
  map->n = keys->len;
  map->keys = copy_nodes(builder->arena, keys);
  map->items = copy_nodes(builder->arena, values);
}

static void check_keys(Builder *builder, MuNode *map) {
  for (guint i = 0; i < map->n; i++)
    if (map->keys[i]->kind != MU_NODE_SCALAR)
      mu_faults_add(builder->faults, map->keys[i], "expected a text as a key, found %s",
                    mu_node_describe(map->keys[i], builder->arena));
}

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

static gsize event_offset(Builder *builder, struct fy_event *event) {
  const struct fy_mark *mark = fy_event_start_mark(event);
  if (mark == NULL)
    return builder->last_offset;
  builder->last_offset = mark->input_pos;
  enum fy_node_style style = event->type == FYET_SCALAR ? fy_event_get_node_style(event) : FYNS_ANY;
  if ((style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED) && mark->input_pos > 0)
    builder->last_offset--; /* the mark stands behind the quote */
  return builder->last_offset;
}

static const char *token_text(Builder *builder, struct fy_token *token) {
  size_t length = 0;
  const char *text = token == NULL ? NULL : fy_token_get_text(token, &length);
  return text == NULL ? NULL : mu_arena_strndup(builder->arena, text, length);
}

static MuNode *node_new(Builder *builder, MuNodeKind kind, struct fy_event *event) {
  MuNode *node = mu_arena_new0(builder->arena, MuNode, 1);
  *node = (MuNode){.kind = kind, .text = "", .weight = 1, .offset = event_offset(builder, event)};
  return node;
}

/* The standard tags say what we find out ourselves; any other would mean a type that we do not have. */
static void check_tag(Builder *builder, const MuNode *node, struct fy_token *tag) {
  const char *text = token_text(builder, tag);
  if (text != NULL && text[0] != '\0' && strcmp(text, "!") != 0 && !g_str_has_prefix(text, "tag:yaml.org,2002:"))
    mu_faults_add(builder->faults, node, "the tag \"%s\" is not known; expected a value without a tag", text);
}

static gboolean add_weight(Builder *builder, MuNode *node, const MuNode *child) {
  if (child->weight > MU_SPEC_MAX_WEIGHT - node->weight) {
    builder->faults->too_large = TRUE;
    mu_faults_add(builder->faults, child, "the document is too large with its aliases expanded; the limit is %d values",
                  MU_SPEC_MAX_WEIGHT);
    return FALSE;
  }
  node->weight += child->weight;
  return TRUE;
}

static gboolean finish(Builder *builder, MuNode *node, const char *anchor) {
  if (anchor != NULL)
    g_hash_table_insert(builder->anchors, (char *)anchor, node);
  if (builder->stack->len == 0) {
    builder->root = node;
    return TRUE;
  }
  g_ptr_array_add(builder->pending, node);
  return add_weight(builder, g_array_index(builder->stack, Frame, builder->stack->len - 1).node, node);
}

/* Escapes in quotes can make what UTF-8 cannot hold: halves of surrogate pairs, and NUL. */
static gboolean is_text(struct fy_token *token) {
  size_t length = 0;
  const char *text = token == NULL ? NULL : fy_token_get_text(token, &length);
  return text == NULL || length == 0 || g_utf8_validate_len(text, length, NULL);
}

static gsize column_of(const Builder *builder, gsize offset) {
  gsize line = offset;
  while (line > 0 && builder->text[line - 1] != '\n')
    line--;
  return offset - line;
}

/* The indentation of the first line at or after `offset` that is not blank. */
static gsize indentation_from(const Builder *builder, gsize offset) {
  gsize column = 0;
  for (; offset < builder->length && g_ascii_isspace(builder->text[offset]); offset++)
    column = builder->text[offset] == '\n' ? 0 : column + 1;
  return column;
}

/* Text after `|` or `>` stands deeper than its key, or the dash before it. libfyaml 0.7 lets it stand at the same column, and
 * then gives bytes that are not in the file. */
static gboolean is_block_text_indented(const Builder *builder, gsize offset) {
  if (builder->stack->len == 0)
    return TRUE;
  const Frame *frame = &g_array_index(builder->stack, Frame, builder->stack->len - 1);
  const MuNode *parent = frame->node;
  gboolean is_key = (builder->pending->len - frame->first) % 2 == 0; /* "? |": a key has none itself */
  if (parent->kind == MU_NODE_MAP && !is_key)
    parent = g_ptr_array_index(builder->pending, builder->pending->len - 1);
  return indentation_from(builder, offset) > column_of(builder, parent->offset);
}

static gboolean check_scalar(Builder *builder, const MuNode *node, struct fy_event *event) {
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

static gboolean is_null_word(const char *text) {
  return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
         strcmp(text, "NULL") == 0;
}

static gboolean on_scalar(Builder *builder, struct fy_event *event) {
  MuNode *node = node_new(builder, MU_NODE_SCALAR, event);
  if (!check_scalar(builder, node, event))
    return FALSE;
  const char *text = token_text(builder, event->scalar.value);
  gboolean plain = event->scalar.value == NULL || fy_event_get_node_style(event) == FYNS_PLAIN;
  if (text == NULL || (plain && is_null_word(text)))
    node->kind = MU_NODE_NULL;
  else
    node->text = text;
  node->weight += (guint)(strlen(node->text) / MU_NODE_TEXT_WEIGHT);
  check_tag(builder, node, event->scalar.tag);
  return finish(builder, node, token_text(builder, event->scalar.anchor));
}

static gboolean on_alias(Builder *builder, struct fy_event *event) {
  const char *name = token_text(builder, event->alias.anchor);
  MuNode *node = name == NULL ? NULL : g_hash_table_lookup(builder->anchors, name);
  if (node == NULL) {
    mu_faults_add_at(builder->faults, event_offset(builder, event), "the alias \"*%s\" has no anchor \"&%s\" before it",
                     name == NULL ? "" : name, name == NULL ? "" : name);
    return FALSE;
  }
  return finish(builder, node, NULL);
}

static gboolean on_open(Builder *builder, struct fy_event *event, MuNodeKind kind, struct fy_token *anchor,
                        struct fy_token *tag) {
  Frame frame = {node_new(builder, kind, event), builder->pending->len, token_text(builder, anchor)};
  check_tag(builder, frame.node, tag);
  if (builder->stack->len >= MU_SPEC_MAX_NESTING) {
    builder->faults->too_large = TRUE;
    mu_faults_add(builder->faults, frame.node, "nested too deep; the limit is %d", MU_SPEC_MAX_NESTING);
    return FALSE;
  }
  g_array_append_val(builder->stack, frame);
  return TRUE;
}

static void take_list(Builder *builder, MuNode *node, MuNode **children, guint n) {
  node->n = n;
  node->items = mu_arena_new0(builder->arena, MuNode *, n);
  memcpy(node->items, children, n * sizeof *children);
}

static void take_map(Builder *builder, MuNode *node, MuNode **children, guint n) {
  node->n = n / 2;
  node->keys = mu_arena_new0(builder->arena, MuNode *, node->n);
  node->items = mu_arena_new0(builder->arena, MuNode *, node->n);
  for (guint i = 0; i < node->n; i++) {
    node->keys[i] = children[2 * i];
    node->items[i] = children[2 * i + 1];
    node->items[i]->key = node->keys[i];
    if (node->items[i]->kind == MU_NODE_NULL) /* its own place is wherever the next thing begins */
      node->items[i]->offset = node->keys[i]->offset;
  }
  check_keys(builder, node);
  check_duplicates(builder, node);
  merge(builder, node);
}

static gboolean on_close(Builder *builder) {
  mu_assert(builder->stack->len > 0);
  Frame frame = g_array_index(builder->stack, Frame, builder->stack->len - 1);
  g_array_set_size(builder->stack, builder->stack->len - 1);
  MuNode **children = (MuNode **)(builder->pending->pdata + frame.first);
  guint n = builder->pending->len - frame.first;
  if (n > 0 && frame.node->kind == MU_NODE_LIST)
    take_list(builder, frame.node, children, n);
  else if (n > 0)
    take_map(builder, frame.node, children, n);
  g_ptr_array_set_size(builder->pending, (gint)frame.first);
  return finish(builder, frame.node, frame.anchor);
}

static gboolean on_document(Builder *builder, struct fy_event *event) {
  if (builder->n_documents++ == 0)
    return TRUE;
  mu_faults_add_at(builder->faults, event_offset(builder, event), "a second document begins here; expected only one");
  return FALSE;
}

static gboolean on_event(Builder *builder, struct fy_event *event) {
  switch (event->type) {
  case FYET_DOCUMENT_START: return on_document(builder, event);
  case FYET_MAPPING_START:
    return on_open(builder, event, MU_NODE_MAP, event->mapping_start.anchor, event->mapping_start.tag);
  case FYET_SEQUENCE_START:
    return on_open(builder, event, MU_NODE_LIST, event->sequence_start.anchor, event->sequence_start.tag);
  case FYET_MAPPING_END:
  case FYET_SEQUENCE_END: return on_close(builder);
  case FYET_SCALAR: return on_scalar(builder, event);
  case FYET_ALIAS: return on_alias(builder, event);
  default: return TRUE;
  }
}

/* ---- what libfyaml refuses ------------------------------------------------------------------------------------------ */

/* Of a line and a column as libfyaml counts them: from 1, columns in characters. */
static gsize offset_of(const Builder *builder, int line, int column) {
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
static const char *tab_before(const Builder *builder, gsize offset) {
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

static void add_parser_fault(Builder *builder, const char *output) {
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
static gboolean run(Builder *builder, struct fy_parser *parser, const GString *output) {
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
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Frame));
  g_autoptr(GPtrArray) pending = g_ptr_array_sized_new(64);
  g_autoptr(GHashTable) anchors = g_hash_table_new(g_str_hash, g_str_equal);
  Builder builder = {
      .arena = arena,
      .faults = faults,
      .text = text,
      .length = length,
      .stack = stack,
      .pending = pending,
      .anchors = anchors,
  };
  mu_assert(fy_parser_set_string(parser, text, length) == 0);
  gboolean good = run(&builder, parser, output);
  fy_parser_destroy(parser);
  fy_diag_unref(diag);
  if (good && builder.root == NULL)
    mu_faults_add_at(faults, 0, "the file is empty; expected a service's spec");
  return good ? builder.root : NULL;
}
