/* Lists of names: what views say of what there is. */
#include "view_private.h"

#include <muster/error.h>

#include <string.h>

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *mu_view_names(GHashTable *table) {
  json_t *list = json_array();
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, table);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    g_ptr_array_add(names, name);
  g_ptr_array_sort(names, compare_names);
  for (guint i = 0; i < names->len; i++)
    json_array_append_new(list, json_string(names->pdata[i]));
  return list;
}

void mu_view_set_unknown(GPtrArray *take_names, const char *kind, const char *name, const char *where, GError **error) {
  g_autoptr(GPtrArray) names = take_names;
  g_ptr_array_add(names, NULL);
  g_autofree char *known = g_strjoinv(", ", (char **)names->pdata);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no %s \"%s\" in %s; %s%s", kind, name, where,
              names->len == 1 ? "there is none" : "there is: ", known);
}
