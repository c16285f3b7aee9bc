/* Views of endpoints: where the advertised ports of the tasks that were launched are found. */
#include "dns_names.h"
#include "json.h"
#include "view_inspect.h"
#include "view_private.h"
#include <muster/error.h>

#include <string.h>

/* An advertised port of a task. */
typedef struct {
  const MuPod *pod;
  const MuTask *task;
  const MuTaskSpec *task_spec;
  const MuPortSpec *port;
  gint64 number;
} Place;

typedef void (*PlaceVisitor)(const Place *place, gpointer user);

static void visit_ports(const MuPod *pod, const MuTask *task, PlaceVisitor visit, gpointer user) {
  const MuServiceSpec *spec = mu_service_config(pod->service, task->record->config);
  const MuPodSpec *pod_spec = spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
  const MuTaskSpec *task_spec = pod_spec == NULL ? NULL : mu_pod_spec_task(pod_spec, task->record->task);
  if (task_spec == NULL)
    return;
  const MuResourceSet *set = &pod_spec->resource_sets[task_spec->resource_set];
  for (guint i = 0; i < set->n_ports; i++) {
    const MuLedgerEntry *entry = mu_pod_record_find(pod->record, set->id, MU_RESOURCE_PORTS, set->ports[i].name);
    if (!set->ports[i].advertise || entry == NULL)
      continue;
    const Place place = {pod, task, task_spec, &set->ports[i],
                         g_array_index(entry->resource->ranges, MuRange, 0).begin};
    visit(&place, user);
  }
}

/* In the order of pods and their tasks. */
static void visit_places(const MuService *service, PlaceVisitor visit, gpointer user) {
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_exists);
  for (guint i = 0; i < pods->len; i++) {
    const MuPod *pod = pods->pdata[i];
    g_autoptr(GPtrArray) tasks = mu_view_pod_tasks(pod);
    for (guint j = 0; pod->record != NULL && j < tasks->len; j++)
      visit_ports(pod, tasks->pdata[j], visit, user);
  }
}

/* ---- the list ------------------------------------------------------------------------------------------------------ */

static void note_name(const Place *place, gpointer user) {
  g_hash_table_add(user, (gpointer)place->port->name);
}

json_t *mu_view_endpoints(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  visit_places(service, note_name, names);
  return mu_view_names(names);
}

/* ---- one ----------------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *framework, *endpoint;
  json_t *address, *dns;
  char *vip;
} Search;

static void append_endpoint(json_t *list, const char *host, gint64 port) {
  g_autofree char *text = g_strdup_printf("%s:%" G_GINT64_FORMAT, host, port);
  json_array_append_new(list, json_string(text));
}

static char *discovery_name(const Place *place) {
  if (place->task_spec->discovery_prefix == NULL)
    return g_strdup(place->task->record->name);
  return g_strdup_printf("%s-%u", place->task_spec->discovery_prefix, place->pod->index);
}

static void note_place(const Place *place, gpointer user) {
  Search *search = user;
  if (strcmp(place->port->name, search->endpoint) != 0)
    return;
  const MuTaskStatus *status = place->task->status;
  const char *ip = status == NULL ? NULL : status->container_ip;
  const char *host = place->pod->record->hostname == NULL ? "unknown" : place->pod->record->hostname;
  g_autofree char *name = discovery_name(place), *dns = mu_dns_autoip_host(search->framework, name);
  append_endpoint(search->address, ip == NULL ? host : ip, place->number);
  append_endpoint(search->dns, dns, place->number);
  if (!place->port->has_vip || search->vip != NULL)
    return;
  g_autofree char *vip = mu_dns_vip_host(search->framework, place->port->vip_prefix);
  search->vip = g_strdup_printf("%s:%u", vip, place->port->vip_port);
}

static void gather_name(const Place *place, gpointer user) {
  if (!g_ptr_array_find_with_equal_func(user, place->port->name, g_str_equal, NULL))
    g_ptr_array_add(user, (gpointer)place->port->name);
}

static void set_unknown(const MuService *service, const char *endpoint, GError **error) {
  GPtrArray *names = g_ptr_array_new();
  visit_places(service, gather_name, names);
  mu_view_set_unknown(names, "endpoint", endpoint, service->name, error);
}

json_t *mu_view_endpoint(MuMultiServiceEventClient *client, const char *name, const char *endpoint, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  Search search = {client->framework_name, endpoint, json_array(), json_array(), NULL};
  visit_places(service, note_place, &search);
  g_autoptr(json_t) found = json_pack("{s:o, s:o}", "address", search.address, "dns", search.dns);
  mu_json_set_string(found, "vip", search.vip);
  g_free(search.vip);
  if (json_array_size(search.address) > 0)
    return g_steal_pointer(&found);
  set_unknown(service, endpoint, error);
  return NULL;
}
