#include "client_private.h"

MuServiceStore *mu_service_store_new(MuServiceFactory factory, gpointer user) {
  MuServiceStore *store = g_new0(MuServiceStore, 1);
  store->factory = factory;
  store->user = user;
  store->contexts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  return store;
}

MuServiceScheduler *mu_service_store_build(const MuServiceStore *store, const char *name, GBytes *context,
                                           GError **error) {
  MuServiceScheduler *scheduler = store->factory(name, context, store->user, error);
  if (scheduler != NULL && store->factory == mu_yaml_service_factory)
    mu_service_scheduler_note_reader(scheduler);
  return scheduler;
}

void mu_service_store_free(MuServiceStore *store) {
  if (store == NULL)
    return;
  g_hash_table_unref(store->contexts);
  g_free(store);
}
