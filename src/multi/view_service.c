/* Views of services. */
#include "view.h"

#include "dependencies.h"
#include "json.h"
#include "view_private.h"
#include <muster/error.h>

#include <string.h>

static guint count_pods(const MuService *service) {
  GHashTableIter iter;
  gpointer pod = NULL;
  guint n = 0;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    n += mu_pod_exists(pod) && !mu_pod_is_hole(pod);
  return n;
}

static json_t *service_row(const MuMultiServiceEventClient *client, const MuService *service) {
  json_t *row = json_object();
  const MuPlan *plan = service->deploy;
  g_autofree char *file = mu_service_spec_file(service, g_hash_table_lookup(client->store->contexts, service->name));
  mu_json_set_string(row, "service", service->name);
  mu_json_set_string(row, "yaml", file);
  mu_json_set_string(row, "state", mu_service_shown_state(service));
  mu_json_set_int(row, "version", service->record->version);
  if (plan != NULL) {
    mu_json_set_string(row, "plan", plan->name);
    mu_json_set_string(row, "status", mu_status_to_string(plan->status));
    mu_json_set_int(row, "steps", plan->n_steps);
    mu_json_set_int(row, "complete", plan->n_complete);
  }
  if (service->recovery != NULL)
    mu_json_set_string(row, "recovery", mu_status_to_string(service->recovery->status));
  mu_json_set_int(row, "pods", count_pods(service));
  mu_json_set_bool(row, "uninstall", service->record->state != MU_SERVICE_RUNNING);
  mu_json_set_new(row, "error", service->failure == NULL ? json_null() : json_string(service->failure));
  return row;
}

json_t *mu_view_services(MuMultiServiceEventClient *client) {
  json_t *list = json_array();
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  for (guint i = 0; names[i] != NULL; i++)
    json_array_append_new(list, service_row(client, mu_manager_find(client->manager, names[i])));
  return list;
}

static json_t *holdouts(const MuService *service) {
  json_t *list = json_array();
  g_auto(GStrv) lines = mu_service_holdouts(service);
  for (guint i = 0; lines[i] != NULL; i++)
    json_array_append_new(list, json_string(lines[i]));
  return list;
}

json_t *mu_view_service(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *row = service_row(client, service);
  mu_json_set_string(row, "target", service->record->target);
  mu_json_set_new(row, "configurations", mu_view_config_ids(service));
  mu_json_set_string(row, "rejected", service->rejected);
  const MuServiceSpec *spec = mu_service_target(service);
  mu_json_set_string(row, "web-url", spec == NULL ? NULL : spec->web_url);
  mu_depend_view(client, service, row);
  mu_json_set_int(row, "created_ms", service->record->created_ms);
  mu_json_set_int(row, "changed_ms", service->record->changed_ms);
  if (service->record->state != MU_SERVICE_RUNNING)
    mu_json_set_new(row, "holdouts", holdouts(service));
  return row;
}

static json_t *history_row(const MuService *service, const MuHistoryEntry *entry) {
  json_t *row = json_object();
  mu_json_set_string(row, "id", entry->config);
  mu_json_set_int(row, "version", entry->version);
  mu_json_set_int(row, "since", entry->since_ms);
  mu_json_set_bool(row, "target", g_strcmp0(entry->config, service->record->target) == 0);
  return row;
}

json_t *mu_view_history(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *list = json_array();
  for (guint i = service->history == NULL ? 0 : service->history->len; i > 0; i--)
    json_array_append_new(list, history_row(service, service->history->pdata[i - 1]));
  return list;
}

GBytes *mu_view_context(MuMultiServiceEventClient *client, const char *name, gint64 *ret_version, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  GBytes *context = g_hash_table_lookup(client->store->contexts, service->name);
  *ret_version = service->record->version;
  return context == NULL ? g_bytes_new(NULL, 0) : g_bytes_ref(context);
}

json_t *mu_view_spec(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuServiceSpec *spec = service == NULL ? NULL : mu_service_target(service);
  if (spec == NULL) {
    if (service != NULL)
      g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no configuration (any more)", service->name);
    return NULL;
  }
  g_autofree char *text = mu_service_spec_to_json(spec);
  return mu_json_parse(text, strlen(text), G_MAXSIZE, error);
}
