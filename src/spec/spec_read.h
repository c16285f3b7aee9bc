/* Reads a tree of nodes into structs, by the tables of spec_fields.h. */
#ifndef MU_SPEC_READ_H
#define MU_SPEC_READ_H
#include "arena.h"
#include "spec_faults.h"
#include "spec_fields.h"
#include "spec_node.h"

typedef struct {
  MuArena *arena;   /* of the spec: what is kept */
  MuArena *scratch; /* of the reading: drafts and messages */
  MuFaults *faults;
  GHashTable *where; /* struct to MuNode: what each was read from */
  gboolean stored;   /* reads canonical JSON, with the fields that an author cannot write */
} MuSpecReader;

/* Fills `object`, a zeroed struct of the kind that `type` describes. What is wrong is added to the faults and left at its
 * default. */
void mu_spec_read(MuSpecReader *reader, const MuObject *type, const MuNode *node, void *object);

/* The node that a struct was read from, or NULL. */
const MuNode *mu_spec_where(const MuSpecReader *reader, const void *object);
/* The same of one of its fields; the struct's own when the field was not given. */
const MuNode *mu_spec_where_field(const MuSpecReader *reader, const void *object, const char *key);
/* Whether the field was written as a map or a list without anything in it. */
gboolean mu_spec_is_empty(const MuSpecReader *reader, const void *object, const char *key);
/* Notes that a struct was copied to another place. */
void mu_spec_moved(MuSpecReader *reader, const void *from, const void *to);

/* A decimal number with at most `decimals` digits behind the point that are not 0, times ten to that power. FALSE when the
 * text is no such number, or has more than 15 digits. */
gboolean mu_spec_parse_decimal(const char *text, guint decimals, gint64 *ret_value);
/* The word of `words` (NULL-terminated strings) that is nearest to `text`, or NULL when none is near. */
const char *mu_spec_nearest(const char *text, const char *const *words);
#endif
