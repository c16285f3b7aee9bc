/* Views of services. */
#include "view.h"

#include "dependencies.h"
#include "json.h"
#include "json_form.h"
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

static void write_int(MuJsonText *out, const char *key, gint64 value) {
  mu_json_text_key(out, key);
  mu_json_text_int(out, value);
}

static void write_deploy(MuJsonText *out, const MuPlan *plan) {
  mu_json_text_member(out, "plan", plan->name);
  mu_json_text_member(out, "status", mu_status_to_string(plan->status));
  write_int(out, "steps", plan->n_steps);
  write_int(out, "complete", plan->n_complete);
}

/* As text, without a tree: a list has ten thousand of them. */
static void write_row(MuJsonText *out, const MuMultiServiceEventClient *client, const MuService *service) {
  g_autofree char *file = mu_service_spec_file(service, g_hash_table_lookup(client->store->contexts, service->name));
  mu_json_text_raw(out, "{", 1);
  mu_json_text_member(out, "service", service->name);
  mu_json_text_member(out, "yaml", file);
  mu_json_text_member(out, "state", mu_service_shown_state(service));
  write_int(out, "version", service->record->version);
  if (service->deploy != NULL)
    write_deploy(out, service->deploy);
  if (service->recovery != NULL)
    mu_json_text_member(out, "recovery", mu_status_to_string(service->recovery->status));
  write_int(out, "pods", count_pods(service));
  mu_json_text_key(out, "uninstall");
  mu_json_text_bool(out, service->record->state != MU_SERVICE_RUNNING);
  mu_json_text_key(out, "error");
  mu_json_text_string(out, service->failure);
  mu_json_text_raw(out, "}", 1);
}

char *mu_view_services_part(MuMultiServiceEventClient *client, MuServiceListing *listing) {
  MuJsonText out = {0};
  GTreeNode *node = listing->last == NULL ? g_tree_node_first(client->manager->in_order)
                                          : g_tree_upper_bound(client->manager->in_order, listing->last);
  const char *last = NULL;
  if (listing->last == NULL)
    mu_json_text_raw(&out, "[", 1);
  for (guint n = 0; node != NULL && n < MU_SERVICES_PART; n++, node = g_tree_node_next(node)) {
    if (last != NULL || listing->last != NULL)
      mu_json_text_raw(&out, ",", 1);
    write_row(&out, client, g_tree_node_value(node));
    last = g_tree_node_key(node);
  }
  listing->ended = node == NULL;
  if (listing->ended)
    mu_json_text_raw(&out, "]\n", 2);
  if (last != NULL) {
    g_free(listing->last);
    listing->last = g_strdup(last);
  }
  return mu_json_text_take(&out);
}

void mu_service_listing_clear(MuServiceListing *listing) {
  g_clear_pointer(&listing->last, g_free);
}

const char *mu_view_service_name(MuMultiServiceEventClient *client, const char *name) {
  const MuService *service = mu_manager_find(client->manager, name);
  return service == NULL ? NULL : service->name;
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
  MuJsonText text = {0};
  write_row(&text, client, service);
  g_autofree char *line = mu_json_text_take(&text);
  json_t *row = mu_json_parse(line, strlen(line), G_MAXSIZE, NULL);
  mu_json_set_string(row, "target", service->record->target);
  mu_json_set_new(row, "configurations", mu_view_config_ids(service));
  mu_json_set_string(row, "rejected", service->record->rejected);
  const MuServiceSpec *spec = mu_service_target(service);
  mu_json_set_string(row, "web-url", spec == NULL ? NULL : spec->web_url);
  mu_depend_view(client, service, row);
  mu_json_set_int(row, "stored_bytes", (gint64)service->stored_bytes);
  mu_json_set_int(row, "max_stored_bytes", (gint64)client->effects.max_stored_bytes);
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
