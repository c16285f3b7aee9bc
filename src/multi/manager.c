#include "client_private.h"

#include <muster/error.h>

#include <string.h>

MuMultiServiceManager *mu_multi_service_manager_new(void) {
  MuMultiServiceManager *manager = g_new0(MuMultiServiceManager, 1);
  manager->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)mu_service_free);
  manager->by_sanitized = g_hash_table_new(g_str_hash, g_str_equal);
  manager->in_order = g_tree_new((GCompareFunc)(void (*)(void))strcmp);
  return manager;
}

void mu_multi_service_manager_free(MuMultiServiceManager *manager) {
  if (manager == NULL)
    return;
  g_tree_unref(manager->in_order);
  g_hash_table_unref(manager->by_sanitized);
  g_hash_table_unref(manager->by_name);
  g_free(manager);
}

guint mu_multi_service_manager_size(const MuMultiServiceManager *manager) {
  return g_hash_table_size(manager->by_name);
}

static gboolean add_name(gpointer name, gpointer service, gpointer names) {
  (void)service;
  g_ptr_array_add(names, g_strdup(name));
  return FALSE;
}

char **mu_multi_service_manager_names(const MuMultiServiceManager *manager) {
  GPtrArray *names = g_ptr_array_new();
  g_tree_foreach(manager->in_order, add_name, names);
  g_ptr_array_add(names, NULL);
  return (char **)g_ptr_array_free(names, FALSE);
}

gboolean mu_multi_service_manager_has(const MuMultiServiceManager *manager, const char *service) {
  return mu_manager_find(manager, service) != NULL;
}

void mu_manager_add(MuMultiServiceManager *manager, MuService *service) {
  g_hash_table_insert(manager->by_name, service->name, service);
  g_hash_table_insert(manager->by_sanitized, service->sanitized, service);
  g_tree_insert(manager->in_order, service->name, service);
}

void mu_manager_remove(MuMultiServiceManager *manager, MuService *service) {
  g_tree_remove(manager->in_order, service->name);
  g_hash_table_remove(manager->by_sanitized, service->sanitized);
  g_hash_table_remove(manager->by_name, service->name);
}

MuService *mu_manager_find_sanitized(const MuMultiServiceManager *manager, const char *sanitized) {
  return g_hash_table_lookup(manager->by_sanitized, sanitized);
}

MuService *mu_manager_find(const MuMultiServiceManager *manager, const char *name) {
  MuService *service = g_hash_table_lookup(manager->by_name, name);
  return service != NULL ? service : mu_manager_find_sanitized(manager, name);
}

const char *mu_service_shown_state(const MuService *service) {
  if (service->unreadable != NULL || (service->failure != NULL && service->record->state == MU_SERVICE_RUNNING))
    return "FAILED";
  return mu_service_state_to_string(service->record->state);
}

MuService *mu_manager_require(const MuMultiServiceManager *manager, const char *name, GError **error) {
  MuService *service = mu_manager_find(manager, name);
  if (service == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no service \"%s\"; list them with: muster service list",
                name);
  return service;
}
