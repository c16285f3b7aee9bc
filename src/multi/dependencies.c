#include "dependencies.h"

#include "json.h"
#include <muster/error.h>

#include <string.h>

static void services_unref(gpointer services) {
  g_ptr_array_unref(services);
}

void mu_depend_init(MuMultiServiceEventClient *client) {
  client->needed_by = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, services_unref);
}

void mu_depend_clear(MuMultiServiceEventClient *client) {
  g_hash_table_unref(client->needed_by);
}

/* ---- noting --------------------------------------------------------------------------------------------------------- */

static void note_edge(MuMultiServiceEventClient *client, const char *on, MuService *service) {
  GPtrArray *services = g_hash_table_lookup(client->needed_by, on);
  if (services == NULL)
    g_hash_table_insert(client->needed_by, g_strdup(on), services = g_ptr_array_new());
  if (!g_ptr_array_find(services, service, NULL))
    g_ptr_array_add(services, service);
}

/* One that has finished and stayed because it was needed may go now. */
static void forget_edge(MuMultiServiceEventClient *client, const char *on, MuService *service) {
  GPtrArray *services = g_hash_table_lookup(client->needed_by, on);
  MuService *needed = g_hash_table_lookup(client->manager->by_name, on);
  if (services == NULL || !g_ptr_array_remove_fast(services, service))
    return;
  if (services->len == 0)
    g_hash_table_remove(client->needed_by, on);
  if (needed != NULL && needed->finished)
    mu_client_mark_dirty(client, needed);
}

static void forget_edges(MuMultiServiceEventClient *client, MuService *service) {
  MuServiceSpec *needs = g_steal_pointer(&service->needs);
  for (guint i = 0; needs != NULL && i < needs->n_depends_on; i++)
    forget_edge(client, needs->depends_on[i].service, service);
  mu_service_spec_unref(needs);
}

void mu_depend_note(MuMultiServiceEventClient *client, MuService *service) {
  const MuServiceSpec *target = service->record->state == MU_SERVICE_RUNNING ? mu_service_target(service) : NULL;
  if (target != NULL && target->n_depends_on == 0)
    target = NULL;
  if (target == service->needs)
    return;
  forget_edges(client, service);
  service->needs = target == NULL ? NULL : mu_service_spec_ref((MuServiceSpec *)target);
  for (guint i = 0; target != NULL && i < target->n_depends_on; i++)
    note_edge(client, target->depends_on[i].service, service);
}

void mu_depend_notify(MuMultiServiceEventClient *client, const MuService *service) {
  const GPtrArray *services = g_hash_table_lookup(client->needed_by, service->name);
  for (guint i = 0; services != NULL && i < services->len; i++) {
    MuService *waiting = services->pdata[i];
    if (waiting->deploy == NULL || waiting->deploy->status == MU_STATUS_COMPLETE)
      continue;
    if (i < client->settings.settles_per_drain)
      mu_client_mark_dirty(client, waiting);
    else
      mu_client_postpone(client, waiting);
  }
}

void mu_depend_forget(MuMultiServiceEventClient *client, MuService *service) {
  forget_edges(client, service);
  mu_depend_notify(client, service);
}

gboolean mu_depend_is_needed(const MuMultiServiceEventClient *client, const MuService *service) {
  return g_hash_table_contains(client->needed_by, service->name);
}

/* ---- what is not there ------------------------------------------------------------------------------------------------ */

static char *unmet_plan(const MuService *service, const char *name) {
  const MuPlan *plan = mu_service_plan(service, name);
  if (plan == NULL)
    return g_strdup_printf("plan %s of service %s, which has none of that name", name, service->name);
  if (plan->status == MU_STATUS_COMPLETE)
    return NULL;
  return g_strdup_printf("plan %s of service %s, which is %s", name, service->name, mu_status_to_string(plan->status));
}

static char *unmet_pod(const MuService *service, const char *name) {
  const MuPod *pod = mu_service_pod(service, name);
  if (pod == NULL)
    return g_strdup_printf("pod %s of service %s, which has none of that name", name, service->name);
  return mu_pod_is_ready(pod) ? NULL : g_strdup_printf("pod %s of service %s, which is not ready", name, service->name);
}

/* NULL: it is there. The caller frees. */
static char *unmet_one(MuMultiServiceEventClient *client, const MuDependency *dependency) {
  const MuService *service = g_hash_table_lookup(client->manager->by_name, dependency->service);
  if (service == NULL)
    return g_strdup_printf("service %s, which is not there", dependency->service);
  if (service->unreadable != NULL || (service->failure != NULL && service->deploy == NULL))
    return g_strdup_printf("service %s, which has failed", service->name);
  if (service->record->state != MU_SERVICE_RUNNING)
    return g_strdup_printf("service %s, which is being removed", service->name);
  if (dependency->pod != NULL)
    return unmet_pod(service, dependency->pod);
  return unmet_plan(service, dependency->plan != NULL ? dependency->plan : "deploy");
}

static char *unmet_all(MuMultiServiceEventClient *client, const MuServiceSpec *spec) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < spec->n_depends_on; i++) {
    g_autofree char *one = unmet_one(client, &spec->depends_on[i]);
    if (one != NULL)
      g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", one);
  }
  return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

/* What helps with the first of them. */
static char *unmet_command(MuMultiServiceEventClient *client, const MuServiceSpec *spec) {
  for (guint i = 0; i < spec->n_depends_on; i++) {
    const MuDependency *dependency = &spec->depends_on[i];
    g_autofree char *one = unmet_one(client, dependency);
    if (one == NULL)
      continue;
    return g_hash_table_contains(client->manager->by_name, dependency->service)
               ? g_strdup_printf("muster why %s", dependency->service)
               : g_strdup_printf("muster service add %s -f FILE", dependency->service);
  }
  return NULL;
}

void mu_depend_find_unmet(MuMultiServiceEventClient *client, MuService *service) {
  if (service->needs == NULL && service->unmet == NULL)
    return;
  char *unmet = service->needs == NULL ? NULL : unmet_all(client, service->needs);
  char *command = unmet == NULL ? NULL : unmet_command(client, service->needs);
  mu_service_set_unmet(service, unmet, command, client->effects.now_ms);
}

/* ---- what is refused -------------------------------------------------------------------------------------------------- */

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp((*(const MuService *const *)a)->name, (*(const MuService *const *)b)->name);
}

/* Of MuService*, by name; the caller unrefs. */
static GPtrArray *dependents(MuMultiServiceEventClient *client, const MuService *service) {
  GPtrArray *sorted = g_ptr_array_new();
  const GPtrArray *services = g_hash_table_lookup(client->needed_by, service->name);
  for (guint i = 0; services != NULL && i < services->len; i++)
    g_ptr_array_add(sorted, services->pdata[i]);
  g_ptr_array_sort(sorted, compare_names);
  return sorted;
}

gboolean mu_depend_check_remove(MuMultiServiceEventClient *client, const MuService *service, GError **error) {
  if (service->record->state != MU_SERVICE_RUNNING || !mu_depend_is_needed(client, service))
    return TRUE;
  g_autoptr(GPtrArray) needing = dependents(client, service);
  g_autoptr(GString) names = g_string_new(NULL);
  for (guint i = 0; i < needing->len && i < 5; i++)
    g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", ((const MuService *)needing->pdata[i])->name);
  if (needing->len > 5)
    g_string_append_printf(names, " and %u more", needing->len - 5);
  g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT,
              "%s depend%s on service %s: remove %s first, or take it out of depends-on; to remove it all the same: "
              "muster service remove %s --force",
              names->str, needing->len == 1 ? "s" : "", service->name, needing->len == 1 ? "that" : "those",
              service->name);
  return FALSE;
}

/* A service on the way along `depends-on`, and which of what it depends on is gone to next. */
typedef struct {
  const char *name;
  const MuServiceSpec *spec;
  guint next;
} Stop;

/* Of a circle that has more names, only these at both ends are told. */
#define CIRCLE_ENDS 5

static void go(GArray *way, const char *name, const MuServiceSpec *spec) {
  const Stop stop = {.name = name, .spec = spec};
  g_array_append_val(way, stop);
}

/* TRUE: the way, which begins at the service, leads back to it. A chain may be as long as there are services. */
static gboolean comes_back(const MuMultiServiceEventClient *client, GArray *way) {
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  const char *goal = g_array_index(way, Stop, 0).name;
  while (way->len > 0) {
    Stop *stop = &g_array_index(way, Stop, way->len - 1);
    if (stop->next == stop->spec->n_depends_on) {
      g_array_set_size(way, way->len - 1);
      continue;
    }
    const char *name = stop->spec->depends_on[stop->next++].service;
    const MuService *service = g_hash_table_lookup(client->manager->by_name, name);
    if (strcmp(name, goal) == 0)
      return TRUE;
    if (g_hash_table_add(seen, (gpointer)name) && service != NULL && service->needs != NULL)
      go(way, name, service->needs);
  }
  return FALSE;
}

static char *circle_text(const GArray *way) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < way->len; i++) {
    if (i == CIRCLE_ENDS && way->len > 2 * CIRCLE_ENDS) {
      i = way->len - CIRCLE_ENDS;
      g_string_append_printf(text, "%u more -> ", i - CIRCLE_ENDS);
    }
    g_string_append_printf(text, "%s -> ", g_array_index(way, Stop, i).name);
  }
  g_string_append(text, g_array_index(way, Stop, 0).name);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean mu_depend_check_cycle(MuMultiServiceEventClient *client, const char *name, const MuServiceSpec *spec,
                               GError **error) {
  g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(Stop));
  go(way, name, spec);
  if (!comes_back(client, way))
    return TRUE;
  g_autofree char *circle = circle_text(way);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
              "depends-on goes round in a circle, so that none of these could ever begin: %s; take one of them out",
              circle);
  return FALSE;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static json_t *dependency_json(MuMultiServiceEventClient *client, const MuDependency *dependency) {
  g_autofree char *unmet = unmet_one(client, dependency);
  json_t *json = json_object();
  mu_json_set_string(json, "service", dependency->service);
  if (dependency->pod != NULL)
    mu_json_set_string(json, "pod", dependency->pod);
  else
    mu_json_set_string(json, "plan", dependency->plan != NULL ? dependency->plan : "deploy");
  mu_json_set_string(json, "reason", unmet);
  return json;
}

void mu_depend_view(MuMultiServiceEventClient *client, const MuService *service, json_t *json) {
  if (service->needs == NULL && !mu_depend_is_needed(client, service))
    return;
  json_t *on = json_array(), *by = json_array();
  g_autoptr(GPtrArray) needing = dependents(client, service);
  for (guint i = 0; service->needs != NULL && i < service->needs->n_depends_on; i++)
    json_array_append_new(on, dependency_json(client, &service->needs->depends_on[i]));
  for (guint i = 0; i < needing->len; i++)
    json_array_append_new(by, json_string(((const MuService *)needing->pdata[i])->name));
  mu_json_set_new(json, "depends_on", on);
  mu_json_set_new(json, "needed_by", by);
}
