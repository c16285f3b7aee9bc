/* A tree of nodes, built of its parts as they stand in the text one after the other: a list or a map is opened, its children are
 * added (of a map, keys and values in turn), and it is closed. */
#ifndef MU_SPEC_TREE_H
#define MU_SPEC_TREE_H
#include "spec_faults.h"
#include "spec_node.h"

typedef struct {
  MuNode *node;
  guint first; /* index in `pending` of its first child */
  const char *anchor;
} MuTreeFrame;

typedef struct {
  MuArena *arena;
  MuFaults *faults;
  const char *text;
  gsize length;
  GArray *stack;       /* of MuTreeFrame: the open lists and maps */
  GPtrArray *pending;  /* MuNode: finished children of open ones; of a map, keys and values in turn */
  GHashTable *anchors; /* name to MuNode */
  MuNode *root;        /* NULL until it is whole */
  guint n_documents;
  gsize last_offset; /* of the last event that had a place */
} MuTreeBuilder;

/* The text is borrowed; nodes and their texts are the arena's. */
void mu_tree_builder_init(MuTreeBuilder *builder, MuArena *arena, const char *text, gsize length, MuFaults *faults);
void mu_tree_builder_clear(MuTreeBuilder *builder);
/* A scalar at that place of the text; then what it says, NULL for nothing, `plain` when it was written without quotes. */
MuNode *mu_tree_scalar_new(MuTreeBuilder *builder, gsize offset);
void mu_tree_scalar_set(MuNode *node, const char *text, gboolean plain);
/* The node is the next child of what is open, or the root. FALSE with a fault: the tree is too large. */
gboolean mu_tree_add(MuTreeBuilder *builder, MuNode *node, const char *anchor);
/* A list or a map. NULL with a fault: nested too deep. */
MuNode *mu_tree_open(MuTreeBuilder *builder, MuNodeKind kind, gsize offset, const char *anchor);
/* The innermost that is open is whole, and added. */
gboolean mu_tree_close(MuTreeBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuTreeBuilder, mu_tree_builder_clear)
#endif
