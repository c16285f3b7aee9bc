/* Lists of names: what views say of what there is. */
#include "view_private.h"

#include <muster/error.h>

#include <string.h>

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted. */
static json_t *list_names(GPtrArray *names) {
  json_t *list = json_array();
  g_ptr_array_sort(names, compare_names);
  for (guint i = 0; i < names->len; i++)
    json_array_append_new(list, json_string(names->pdata[i]));
  return list;
}

json_t *mu_view_names(GHashTable *table) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, table);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    g_ptr_array_add(names, name);
  return list_names(names);
}

json_t *mu_view_config_ids(const MuService *service) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new();
  for (guint i = 0; i < service->configs->len; i++)
    g_ptr_array_add(ids, ((const MuConfig *)service->configs->pdata[i])->id);
  return list_names(ids);
}

void mu_view_set_unknown(GPtrArray *take_names, const char *kind, const char *name, const char *where, GError **error) {
  g_autoptr(GPtrArray) names = take_names;
  g_ptr_array_add(names, NULL);
  g_autofree char *known = g_strjoinv(", ", (char **)names->pdata);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no %s \"%s\" in %s; %s%s", kind, name, where,
              names->len == 1 ? "there is none" : "there is: ", known);
}
