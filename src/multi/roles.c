#include "roles.h"

#include "json.h"
#include "log.h"
#include "wants.h"
#include <muster/error.h>

#include <string.h>

#define LEFT_ROLES "left_roles"

/* ---- a set of roles, few, in the order of adding ------------------------------------------------------------------------- */

static GPtrArray *set_new(void) {
  return g_ptr_array_new_with_free_func(g_free);
}

static gboolean has(const GPtrArray *roles, const char *role) {
  for (guint i = 0; i < roles->len; i++)
    if (strcmp(roles->pdata[i], role) == 0)
      return TRUE;
  return FALSE;
}

static gboolean add(GPtrArray *roles, const char *role) {
  if (role == NULL || has(roles, role))
    return FALSE;
  g_ptr_array_add(roles, g_strdup(role));
  return TRUE;
}

static void add_all(GPtrArray *roles, const GPtrArray *others) {
  for (guint i = 0; i < others->len; i++)
    add(roles, others->pdata[i]);
}

static gint by_name(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean same(const GPtrArray *a, const GPtrArray *b) {
  gboolean is_same = a->len == b->len;
  for (guint i = 0; is_same && i < a->len; i++)
    is_same = strcmp(a->pdata[i], b->pdata[i]) == 0;
  return is_same;
}

/* One of the set that the role lies below or above; NULL: none. */
static const char *find_relative(const GPtrArray *roles, const char *role) {
  for (guint i = 0; i < roles->len; i++)
    if (mu_role_is_below(role, roles->pdata[i]) || mu_role_is_below(roles->pdata[i], role))
      return roles->pdata[i];
  return NULL;
}

/* ---- what is needed ------------------------------------------------------------------------------------------------------ */

static void add_spec(const MuMultiServiceEventClient *client, const MuServiceSpec *spec, GPtrArray *roles) {
  for (guint i = 0; spec != NULL && i < spec->n_pods; i++) {
    if (spec->pods[i].pre_reserved_role == NULL)
      continue;
    g_autofree char *role = mu_role_of_pod(client->role, spec->pods[i].pre_reserved_role);
    add(roles, role);
  }
}

static void add_ledger(const MuPodRecord *record, GPtrArray *roles) {
  for (guint i = 0; record != NULL && i < record->entries->len; i++)
    add(roles, ((const MuLedgerEntry *)record->entries->pdata[i])->resource->reservation.role);
}

static void add_specs(const MuMultiServiceEventClient *client, const MuService *service, GPtrArray *roles) {
  if (service->record->state == MU_SERVICE_RUNNING)
    add_spec(client, mu_service_target(service), roles);
}

static void add_ledgers(const MuService *service, GPtrArray *roles) {
  GHashTableIter iter;
  gpointer pod = NULL;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    add_ledger(((const MuPod *)pod)->record, roles);
}

/* Takes the roles that specs and ledgers need. The own role first, the others by name. */
static GPtrArray *order(const MuMultiServiceEventClient *client, GPtrArray *others) {
  GPtrArray *needed = set_new();
  add(needed, client->role);
  add_all(others, client->left_roles);
  g_ptr_array_sort(others, by_name);
  if (client->settings.knows_roles)
    add_all(needed, others);
  g_ptr_array_unref(others);
  return needed;
}

/* While all is loaded, each ledger is looked at when it has just been read: to walk them all again takes a twentieth of a start. */
void mu_roles_note_ledger(MuMultiServiceEventClient *client, const MuPodRecord *record) {
  add_ledger(record, client->needed_roles);
}

static GPtrArray *find_loaded(MuMultiServiceEventClient *client) {
  GPtrArray *others = g_steal_pointer(&client->needed_roles);
  GHashTableIter iter;
  gpointer service = NULL;
  g_hash_table_iter_init(&iter, client->manager->by_name);
  while (client->settings.knows_roles && g_hash_table_iter_next(&iter, NULL, &service))
    add_specs(client, service, others);
  return order(client, others);
}

static void take(MuMultiServiceEventClient *client, GPtrArray *needed) {
  client->roles_changed |= !same(needed, client->roles);
  g_ptr_array_unref(client->roles);
  client->roles = needed;
}

void mu_roles_configure(MuMultiServiceEventClient *client) {
  take(client, order(client, set_new()));
}

void mu_roles_review_begin(MuMultiServiceEventClient *client) {
  g_clear_pointer(&client->needed_roles, g_ptr_array_unref);
  if (client->roles->len > 1)
    client->needed_roles = set_new();
}

void mu_roles_review_service(MuMultiServiceEventClient *client, const MuService *service) {
  if (client->needed_roles == NULL)
    return;
  add_specs(client, service, client->needed_roles);
  add_ledgers(service, client->needed_roles);
}

void mu_roles_review_end(MuMultiServiceEventClient *client) {
  if (client->needed_roles != NULL)
    take(client, order(client, g_steal_pointer(&client->needed_roles)));
}

/* What a review has been told of the service is of its spec before. */
void mu_roles_note_spec(MuMultiServiceEventClient *client, const MuServiceSpec *spec) {
  guint before = client->roles->len;
  if (!client->settings.knows_roles)
    return;
  add_spec(client, spec, client->roles);
  if (client->needed_roles != NULL)
    add_spec(client, spec, client->needed_roles);
  client->roles_changed |= client->roles->len > before;
}

gboolean mu_roles_has(const MuMultiServiceEventClient *client, const char *role) {
  return role != NULL && has(client->roles, role);
}

/* ---- what may be --------------------------------------------------------------------------------------------------------- */

/* roles.md of Mesos, "Role names". */
static gboolean is_role(const char *role) {
  g_auto(GStrv) parts = g_strsplit(role, "/", -1);
  gboolean good = *role != '\0';
  for (guint i = 0; good && parts[i] != NULL; i++)
    good = *parts[i] != '\0' && *parts[i] != '-' && strcmp(parts[i], ".") != 0 && strcmp(parts[i], "..") != 0 &&
           strcmp(parts[i], "*") != 0 && strpbrk(parts[i], " \t\n\v\f\r\b") == NULL;
  return good;
}

static gboolean check_pod(const MuMultiServiceEventClient *client, const MuPodSpec *pod, GError **error) {
  if (pod->pre_reserved_role == NULL)
    return TRUE;
  if (!is_role(pod->pre_reserved_role)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "pod \"%s\": pre-reserved-role \"%s\" is no name of a role",
                pod->type, pod->pre_reserved_role);
    return FALSE;
  }
  g_autofree char *role = mu_role_of_pod(client->role, pod->pre_reserved_role);
  const char *relative = find_relative(client->roles, role);
  if (relative == NULL)
    return TRUE;
  g_set_error(
      error, MU_ERROR, MU_ERROR_REFUSED,
      "pod \"%s\": with pre-reserved-role \"%s\" its reservations are made for role \"%s\", and the scheduler also "
      "has role \"%s\": one of them lies below the other; start the scheduler with another --role",
      pod->type, pod->pre_reserved_role, role, relative);
  return FALSE;
}

gboolean mu_roles_check_spec(MuMultiServiceEventClient *client, const MuServiceSpec *spec, GError **error) {
  for (guint i = 0; client->settings.knows_roles && i < spec->n_pods; i++)
    if (!check_pod(client, &spec->pods[i], error))
      return FALSE;
  return TRUE;
}

gboolean mu_roles_loaded(MuMultiServiceEventClient *client, GError **error) {
  take(client, find_loaded(client));
  client->roles_changed = FALSE; /* the engine is told before it subscribes */
  for (guint i = 0; i < client->roles->len; i++) {
    const char *role = client->roles->pdata[i], *relative = find_relative(client->roles, role);
    if (relative == NULL)
      continue;
    g_set_error(
        error, MU_ERROR, MU_ERROR_CONFLICT,
        "the scheduler needs both role \"%s\" and role \"%s\" for what is reserved, and one lies below the other; "
        "start it with another --role",
        role, relative);
    return FALSE;
  }
  for (guint i = 1; i < client->roles->len; i++)
    mu_log(MU_LOG_DEBUG, "role %s is needed beside %s", (const char *)client->roles->pdata[i], client->role);
  return TRUE;
}

/* ---- the engine and the record ------------------------------------------------------------------------------------------- */

MuEngineCall *mu_client_roles_call(const MuMultiServiceEventClient *client) {
  MuEngineCall *call = mu_engine_call_new(MU_CALL_ROLES);
  for (guint i = 0; i < client->roles->len; i++)
    mu_items_add(call->roles, g_strdup(client->roles->pdata[i]));
  return call;
}

void mu_roles_drain(MuMultiServiceEventClient *client) {
  gboolean left = FALSE;
  GPtrArray *fresh = client->effects.left_roles;
  for (guint i = 0; i < fresh->len; i++)
    left |= add(client->left_roles, fresh->pdata[i]);
  g_ptr_array_set_size(fresh, 0);
  if (left)
    mu_client_put_framework(client);
  if (!client->roles_changed)
    return;
  client->roles_changed = FALSE;
  client->suppressed = FALSE; /* with the new roles none is */
  g_ptr_array_add(client->effects.calls, mu_client_roles_call(client));
}

void mu_roles_write(const MuMultiServiceEventClient *client, json_t *record) {
  json_t *array = client->left_roles->len == 0 ? NULL : json_array();
  for (guint i = 0; i < client->left_roles->len; i++)
    json_array_append_new(array, mu_json_string(client->left_roles->pdata[i]));
  if (array != NULL)
    mu_json_set_new(record, LEFT_ROLES, array);
}

gboolean mu_roles_read(MuMultiServiceEventClient *client, const json_t *record, GError **error) {
  const json_t *array = NULL;
  size_t i;
  json_t *role;
  if (!mu_json_get_array(record, LEFT_ROLES, FALSE, &array, error))
    return FALSE;
  json_array_foreach (array, i, role)
    add(client->left_roles, json_string_value(role));
  return TRUE;
}

void mu_roles_init(MuMultiServiceEventClient *client) {
  client->roles = set_new();
  client->left_roles = set_new();
  client->needed_roles = set_new();
}

void mu_roles_free(MuMultiServiceEventClient *client) {
  g_ptr_array_unref(client->roles);
  g_ptr_array_unref(client->left_roles);
  g_clear_pointer(&client->needed_roles, g_ptr_array_unref);
}
