/* A few pointers, in order. A GPtrArray has room for sixteen from the first one on, and there are hundreds of thousands of lists of
 * one or two. It is a part of a struct, as an array of one, so that it is used as a pointer to it is; zeros are an empty one. */
#ifndef MU_ITEMS_H
#define MU_ITEMS_H
#include <glib.h>

typedef struct {
  gpointer *pdata;
  guint len;
  /*< private >*/
  guint room;
} MuItems;

void mu_items_add(MuItems *items, gpointer item);
/* So many are about to be added. */
void mu_items_expect(MuItems *items, guint more);
/* Takes the item out; the order of the others stays. */
gpointer mu_items_steal_index(MuItems *items, guint index);
/* Likewise; the last one takes its place. */
gpointer mu_items_steal_index_fast(MuItems *items, guint index);
/* The first `length` stay, which are no more than there are. */
void mu_items_cut(MuItems *items, guint length);
/* FALSE: it is not there. */
gboolean mu_items_remove(MuItems *items, gconstpointer item);
/* Likewise; the last one takes its place. */
gboolean mu_items_remove_fast(MuItems *items, gconstpointer item);
/* Empties it, and gives its room back. `free` NULL: the items are not its own. */
void mu_items_clear(MuItems *items, GDestroyNotify free);
#endif
