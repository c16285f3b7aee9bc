#include "items.h"

#include "bug.h"

#include <string.h>

void mu_items_expect(MuItems *items, guint more) {
  if (items->room - items->len >= more)
    return;
  items->room = items->len + more;
  items->pdata = g_renew(gpointer, items->pdata, items->room);
}

void mu_items_add(MuItems *items, gpointer item) {
  if (items->len == items->room) {
    items->room = MAX(items->room * 2, 1);
    items->pdata = g_renew(gpointer, items->pdata, items->room);
  }
  items->pdata[items->len++] = item;
}

gpointer mu_items_steal_index(MuItems *items, guint index) {
  mu_assert(index < items->len);
  gpointer item = items->pdata[index];
  items->len--;
  memmove(items->pdata + index, items->pdata + index + 1, (items->len - index) * sizeof *items->pdata);
  return item;
}

gpointer mu_items_steal_index_fast(MuItems *items, guint index) {
  mu_assert(index < items->len);
  gpointer item = items->pdata[index];
  items->pdata[index] = items->pdata[--items->len];
  return item;
}

void mu_items_cut(MuItems *items, guint length) {
  mu_assert(length <= items->len);
  items->len = length;
}

static gboolean find(const MuItems *items, gconstpointer item, guint *ret_index) {
  for (guint i = 0; i < items->len; i++)
    if (items->pdata[i] == item) {
      *ret_index = i;
      return TRUE;
    }
  return FALSE;
}

gboolean mu_items_remove(MuItems *items, gconstpointer item) {
  guint index = 0;
  if (!find(items, item, &index))
    return FALSE;
  mu_items_steal_index(items, index);
  return TRUE;
}

gboolean mu_items_remove_fast(MuItems *items, gconstpointer item) {
  guint index = 0;
  if (!find(items, item, &index))
    return FALSE;
  mu_items_steal_index_fast(items, index);
  return TRUE;
}

void mu_items_clear(MuItems *items, GDestroyNotify free) {
  for (guint i = 0; free != NULL && i < items->len; i++)
    free(items->pdata[i]);
  g_free(items->pdata);
  *items = (MuItems){0};
}
