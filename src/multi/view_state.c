/* Views of what is kept with a service: properties, files, zones. */
#include "json.h"
#include "view_inspect.h"
#include "view_private.h"
#include <muster/error.h>

#include <string.h>

#define FILE_PREFIX "file-" /* StateQueries.FILE_NAME_PREFIX of dcos-commons */

json_t *mu_view_framework_id(MuMultiServiceEventClient *client, GError **error) {
  if (client->framework_id != NULL)
    return json_pack("[s]", client->framework_id);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
              "the framework has no id yet: the engine did not accept its subscription so far");
  return NULL;
}

/* ---- properties: the reference stores them, we find them from our records ------------------------------------------ */

typedef char *(*PropertyFunc)(const MuService *service); /* NULL: it has none now */

static char *deployment_completed(const MuService *service) {
  return g_strdup(service->record->deployed ? "true" : "false");
}

static char *last_update_type(const MuService *service) {
  if (!service->record->deployed)
    return NULL;
  return g_strdup(service->record->updating ? "\"UPDATE\"" : "\"DEPLOY\"");
}

static char *uninstalling(const MuService *service) {
  return service->record->state == MU_SERVICE_RUNNING ? NULL : g_strdup("true");
}

static const struct {
  const char *key;
  PropertyFunc get;
} PROPERTIES[] = {
    {"deployment-completed", deployment_completed},
    {"last-completed-update-type", last_update_type},
    {"uninstalling", uninstalling},
};

static GHashTable *property_keys(const MuService *service) {
  GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer name = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(PROPERTIES); i++) {
    g_autofree char *value = PROPERTIES[i].get(service);
    if (value != NULL)
      g_hash_table_add(keys, g_strdup(PROPERTIES[i].key));
  }
  g_hash_table_iter_init(&iter, service->files);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    g_hash_table_add(keys, g_strconcat(FILE_PREFIX, name, NULL));
  return keys;
}

json_t *mu_view_properties(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  g_autoptr(GHashTable) keys = property_keys(service);
  return mu_view_names(keys);
}

static char *file_text(const MuService *service, const char *name) {
  GBytes *content = g_hash_table_lookup(service->files, name);
  gsize length = 0;
  const char *bytes = content == NULL ? NULL : g_bytes_get_data(content, &length);
  return content == NULL ? NULL : g_strndup(bytes == NULL ? "" : bytes, length);
}

static char *find_property(const MuService *service, const char *key) {
  for (guint i = 0; i < G_N_ELEMENTS(PROPERTIES); i++)
    if (strcmp(PROPERTIES[i].key, key) == 0)
      return PROPERTIES[i].get(service);
  return g_str_has_prefix(key, FILE_PREFIX) ? file_text(service, key + strlen(FILE_PREFIX)) : NULL;
}

char *mu_view_property(MuMultiServiceEventClient *client, const char *name, const char *key, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  char *value = service == NULL ? NULL : find_property(service, key);
  if (service != NULL && value == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "service %s has no property \"%s\"; list them with: muster state properties %s", service->name, key,
                service->name);
  return value;
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

char *mu_view_files(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  g_autoptr(json_t) names = mu_view_names(service->files);
  g_autoptr(GString) text = g_string_new("[");
  size_t i;
  json_t *file;
  json_array_foreach (names, i, file)
    g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", json_string_value(file));
  g_string_append_c(text, ']');
  return g_string_free(g_steal_pointer(&text), FALSE);
}

GBytes *mu_view_file(MuMultiServiceEventClient *client, const char *name, const char *file, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  GBytes *content = service == NULL ? NULL : g_hash_table_lookup(service->files, file);
  if (content != NULL)
    return g_bytes_ref(content);
  if (service != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "service %s keeps no file \"%s\"; list them with: muster state files %s", service->name, file,
                service->name);
  return NULL;
}

/* ---- zones --------------------------------------------------------------------------------------------------------- */

static const char *zone_of(const MuPod *pod) {
  return pod->record == NULL ? NULL : pod->record->zone;
}

json_t *mu_view_zones(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *zones = json_object();
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_exists);
  for (guint i = 0; i < pods->len; i++) {
    g_autoptr(GPtrArray) tasks = mu_view_pod_tasks(pods->pdata[i]);
    for (guint j = 0; j < tasks->len; j++)
      mu_json_set_string(zones, ((MuTask *)tasks->pdata[j])->record->name, zone_of(pods->pdata[i]));
  }
  return zones;
}

char *mu_view_zone_of_task(MuMultiServiceEventClient *client, const char *name, const char *task_name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuTask *task = service == NULL ? NULL : g_hash_table_lookup(service->tasks, task_name);
  if (task != NULL && zone_of(task->pod) != NULL)
    return g_strdup(zone_of(task->pod));
  if (service != NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no task \"%s\" on an agent with a zone",
                service->name, task_name);
  return NULL;
}

static gboolean is_at(const MuPod *pod, const char *address) {
  if (pod->record != NULL && g_strcmp0(pod->record->hostname, address) == 0)
    return TRUE;
  for (guint i = 0; i < pod->tasks->len; i++) {
    const MuTask *task = pod->tasks->pdata[i];
    if (task->status != NULL && g_strcmp0(task->status->container_ip, address) == 0)
      return TRUE;
  }
  return FALSE;
}

char *mu_view_zone_of_address(MuMultiServiceEventClient *client, const char *name, const char *pod_type,
                              const char *address, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_exists);
  for (guint i = 0; i < pods->len; i++) {
    const MuPod *pod = pods->pdata[i];
    if (strcmp(pod->type, pod_type) == 0 && zone_of(pod) != NULL && is_at(pod, address))
      return g_strdup(zone_of(pod));
  }
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no pod of type \"%s\" at %s with a zone",
              service->name, pod_type, address);
  return NULL;
}
