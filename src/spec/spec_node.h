/* What was written, before its meaning: a tree of texts, lists and maps with their places in the text. It is made from
 * YAML (spec_yaml.h) or from JSON, so that one reader serves both. */
#ifndef MU_SPEC_NODE_H
#define MU_SPEC_NODE_H
#include "arena.h"
#include <glib.h>
#include <jansson.h>

#define MU_SPEC_MAX_NESTING 64     /* maps and lists within each other */
#define MU_SPEC_MAX_WEIGHT 4000000 /* values; an alias counts as all that it stands for */
#define MU_NODE_TEXT_WEIGHT 16     /* bytes of text that count as one more value */

typedef enum { MU_NODE_NULL, MU_NODE_SCALAR, MU_NODE_LIST, MU_NODE_MAP } MuNodeKind;

#define MU_NODE_NOWHERE G_MAXSIZE

typedef struct MuNode {
  MuNodeKind kind;
  gsize offset;          /* in the text that was read; MU_NODE_NOWHERE when it was not text */
  const char *text;      /* of a scalar; "" for all others */
  guint n;               /* elements of a list, pairs of a map */
  struct MuNode **items; /* elements of a list, values of a map */
  struct MuNode **keys;  /* of a map: scalars, each different */
  struct MuNode *key;    /* of a map's value: its key; NULL for all others */
  guint weight;          /* values in it, itself included, aliases expanded */
} MuNode;

/* The value of a key, or NULL when `node` is no map or has no such key. */
const MuNode *mu_node_member(const MuNode *node, const char *key);
/* Where a reader looks for a thing with a name: its key when it has one, else itself. NULL gives NULL. */
const MuNode *mu_node_name(const MuNode *node);
/* For messages: `"abc"`, cut short when long, "a list", "a map", "nothing". Allocated in the arena. */
const char *mu_node_describe(const MuNode *node, MuArena *arena);
/* The tree of a JSON value, which must not be nested deeper than mu_json_parse allows. */
MuNode *mu_node_from_json(MuArena *arena, const json_t *value);
#endif
