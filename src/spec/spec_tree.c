#include "spec_tree.h"

#include "bug.h"
#include <string.h>

#define LINEAR_PAIRS 16 /* of a map: with more, duplicates are found by hashing */

void mu_tree_builder_init(MuTreeBuilder *builder, MuArena *arena, const char *text, gsize length, MuFaults *faults) {
  *builder = (MuTreeBuilder){
      .arena = arena,
      .faults = faults,
      .text = text,
      .length = length,
      .stack = g_array_new(FALSE, FALSE, sizeof(MuTreeFrame)),
      .pending = g_ptr_array_sized_new(64),
      .anchors = g_hash_table_new(g_str_hash, g_str_equal),
  };
}

void mu_tree_builder_clear(MuTreeBuilder *builder) {
  g_array_unref(builder->stack);
  g_ptr_array_unref(builder->pending);
  g_hash_table_unref(builder->anchors);
}

/* ---- maps ---------------------------------------------------------------------------------------------------------- */

static void add_duplicate_fault(MuTreeBuilder *builder, const MuNode *key, const MuNode *first) {
  g_autofree char *place = mu_faults_place(builder->faults, first->offset);
  mu_faults_add(builder->faults, key, "the key %s is given twice; it was first given at %s",
                mu_node_describe(key, builder->arena), place);
}

static void check_duplicates(MuTreeBuilder *builder, const MuNode *map) {
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

static void merge_value(MuTreeBuilder *builder, GPtrArray *keys, GPtrArray *values, GHashTable *seen,
                        const MuNode *value) {
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
static void merge(MuTreeBuilder *builder, MuNode *map) {
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

static void check_keys(MuTreeBuilder *builder, MuNode *map) {
  for (guint i = 0; i < map->n; i++)
    if (map->keys[i]->kind != MU_NODE_SCALAR)
      mu_faults_add(builder->faults, map->keys[i], "expected a text as a key, found %s",
                    mu_node_describe(map->keys[i], builder->arena));
}

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

static MuNode *node_new(MuTreeBuilder *builder, MuNodeKind kind, gsize offset) {
  MuNode *node = mu_arena_new0(builder->arena, MuNode, 1);
  *node = (MuNode){.kind = kind, .text = "", .weight = 1, .offset = offset};
  return node;
}

MuNode *mu_tree_scalar_new(MuTreeBuilder *builder, gsize offset) {
  return node_new(builder, MU_NODE_SCALAR, offset);
}

static gboolean is_null_word(const char *text) {
  return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
         strcmp(text, "NULL") == 0;
}

void mu_tree_scalar_set(MuNode *node, const char *text, gboolean plain) {
  if (text == NULL || (plain && is_null_word(text)))
    node->kind = MU_NODE_NULL;
  else
    node->text = text;
  node->weight += (guint)(strlen(node->text) / MU_NODE_TEXT_WEIGHT);
}

static gboolean add_weight(MuTreeBuilder *builder, MuNode *node, const MuNode *child) {
  if (child->weight > MU_SPEC_MAX_WEIGHT - node->weight) {
    builder->faults->too_large = TRUE;
    mu_faults_add(builder->faults, child, "the document is too large with its aliases expanded; the limit is %d values",
                  MU_SPEC_MAX_WEIGHT);
    return FALSE;
  }
  node->weight += child->weight;
  return TRUE;
}

gboolean mu_tree_add(MuTreeBuilder *builder, MuNode *node, const char *anchor) {
  if (anchor != NULL)
    g_hash_table_insert(builder->anchors, (char *)anchor, node);
  if (builder->stack->len == 0) {
    builder->root = node;
    return TRUE;
  }
  g_ptr_array_add(builder->pending, node);
  return add_weight(builder, g_array_index(builder->stack, MuTreeFrame, builder->stack->len - 1).node, node);
}

MuNode *mu_tree_open(MuTreeBuilder *builder, MuNodeKind kind, gsize offset, const char *anchor) {
  MuTreeFrame frame = {node_new(builder, kind, offset), builder->pending->len, anchor};
  if (builder->stack->len >= MU_SPEC_MAX_NESTING) {
    builder->faults->too_large = TRUE;
    mu_faults_add(builder->faults, frame.node, "nested too deep; the limit is %d", MU_SPEC_MAX_NESTING);
    return NULL;
  }
  g_array_append_val(builder->stack, frame);
  return frame.node;
}

static void take_list(MuTreeBuilder *builder, MuNode *node, MuNode **children, guint n) {
  node->n = n;
  node->items = mu_arena_new0(builder->arena, MuNode *, n);
  memcpy(node->items, children, n * sizeof *children);
}

static void take_map(MuTreeBuilder *builder, MuNode *node, MuNode **children, guint n) {
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

gboolean mu_tree_close(MuTreeBuilder *builder) {
  mu_assert(builder->stack->len > 0);
  MuTreeFrame frame = g_array_index(builder->stack, MuTreeFrame, builder->stack->len - 1);
  g_array_set_size(builder->stack, builder->stack->len - 1);
  MuNode **children = (MuNode **)(builder->pending->pdata + frame.first);
  guint n = builder->pending->len - frame.first;
  if (n > 0 && frame.node->kind == MU_NODE_LIST)
    take_list(builder, frame.node, children, n);
  else if (n > 0)
    take_map(builder, frame.node, children, n);
  g_ptr_array_set_size(builder->pending, (gint)frame.first);
  return mu_tree_add(builder, frame.node, frame.anchor);
}
