#include "spec_node.h"

#include <string.h>

#define SHOWN_BYTES 60 /* of a scalar in a message */

const MuNode *mu_node_member(const MuNode *node, const char *key) {
  if (node == NULL || node->kind != MU_NODE_MAP)
    return NULL;
  for (guint i = 0; i < node->n; i++)
    if (strcmp(node->keys[i]->text, key) == 0)
      return node->items[i];
  return NULL;
}

const MuNode *mu_node_name(const MuNode *node) {
  return node != NULL && node->key != NULL ? node->key : node;
}

static const char *describe_text(const char *text, MuArena *arena) {
  gsize length = strlen(text);
  gsize shown = MIN(length, SHOWN_BYTES);
  while (shown < length && shown > 0 && ((guchar)text[shown] & 0xc0) == 0x80) /* not inside a character */
    shown--;
  GString *quoted = g_string_new("\"");
  for (gsize i = 0; i < shown; i++) {
    if (text[i] == '\n')
      g_string_append(quoted, "\\n");
    else if ((guchar)text[i] < ' ' || text[i] == 0x7f)
      g_string_append_printf(quoted, "\\x%02x", (guint)(guchar)text[i]);
    else
      g_string_append_c(quoted, text[i]);
  }
  g_string_append(quoted, shown < length ? "…\"" : "\"");
  const char *result = mu_arena_strdup(arena, quoted->str);
  g_string_free(quoted, TRUE);
  return result;
}

const char *mu_node_describe(const MuNode *node, MuArena *arena) {
  switch (node->kind) {
  case MU_NODE_NULL: return "nothing";
  case MU_NODE_LIST: return "a list";
  case MU_NODE_MAP: return "a map";
  case MU_NODE_SCALAR: break;
  }
  return describe_text(node->text, arena);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

static MuNode *node_new(MuArena *arena, MuNodeKind kind, guint n) {
  MuNode *node = mu_arena_new0(arena, MuNode, 1);
  *node = (MuNode){.kind = kind, .offset = MU_NODE_NOWHERE, .text = "", .n = n, .weight = 1};
  if (kind == MU_NODE_LIST || kind == MU_NODE_MAP)
    node->items = mu_arena_new0(arena, MuNode *, n);
  if (kind == MU_NODE_MAP)
    node->keys = mu_arena_new0(arena, MuNode *, n);
  return node;
}

static MuNode *scalar_new(MuArena *arena, const char *text) {
  MuNode *node = node_new(arena, MU_NODE_SCALAR, 0);
  node->text = text;
  return node;
}

static MuNode *map_new(MuArena *arena, const json_t *object) {
  MuNode *node = node_new(arena, MU_NODE_MAP, (guint)json_object_size(object));
  guint i = 0;
  const char *key;
  json_t *member;
  json_object_foreach ((json_t *)object, key, member) {
    node->keys[i] = scalar_new(arena, mu_arena_strdup(arena, key));
    node->items[i++] = mu_node_from_json(arena, member);
  }
  return node;
}

static MuNode *list_new(MuArena *arena, const json_t *array) {
  MuNode *node = node_new(arena, MU_NODE_LIST, (guint)json_array_size(array));
  for (guint i = 0; i < node->n; i++)
    node->items[i] = mu_node_from_json(arena, json_array_get(array, i));
  return node;
}

/* Amounts have three decimals: what double precision adds behind them is cut off. */
static const char *real_to_text(MuArena *arena, double value) {
  char buffer[G_ASCII_DTOSTR_BUF_SIZE * 16];
  return mu_arena_strdup(arena, g_ascii_formatd(buffer, sizeof buffer, "%.3f", value));
}

MuNode *mu_node_from_json(MuArena *arena, const json_t *value) {
  switch (json_typeof(value)) {
  case JSON_OBJECT: return map_new(arena, value);
  case JSON_ARRAY: return list_new(arena, value);
  case JSON_STRING: return scalar_new(arena, mu_arena_strdup(arena, json_string_value(value)));
  case JSON_INTEGER:
    return scalar_new(arena, mu_arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
  case JSON_REAL: return scalar_new(arena, real_to_text(arena, json_real_value(value)));
  case JSON_TRUE: return scalar_new(arena, "true");
  case JSON_FALSE: return scalar_new(arena, "false");
  case JSON_NULL: break;
  }
  return node_new(arena, MU_NODE_NULL, 0);
}
