/* Keys with values, labels written as one text, and amounts in thousandths. */
#ifndef MU_SPEC_PAIRS_H
#define MU_SPEC_PAIRS_H
#include "arena.h"
#include <glib.h>
#include <muster/spec.h>

/* By key: the order in which an author wrote them has no meaning. */
void mu_pairs_sort(MuKeyValue *pairs, guint n);
/* "key:value,key:value" to pairs in the arena. A value may contain colons; blanks around a key are dropped. Returns NULL,
 * or what is wrong. */
const char *mu_labels_parse(MuArena *arena, const char *text, MuKeyValue **ret_pairs, guint *ret_n);
/* The same back; the caller frees. */
char *mu_labels_to_text(const MuKeyValue *pairs, guint n);
/* "0.5" for 500, without zeros at the end. */
const char *mu_milli_to_text(MuArena *arena, gint64 milli);
#endif
