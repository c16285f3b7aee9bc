/* Loading: the stored records become services again. */
#include "client_private.h"

#include "dependencies.h"
#include "log.h"
#include "roles.h"
#include "stored.h"
#include <muster/error.h>
#include <string.h>

/* ---- records -------------------------------------------------------------------------------------------------------- */

static gboolean load_framework(MuMultiServiceEventClient *client, const char *value, gsize length, GError **error) {
  g_autoptr(json_t) json = mu_json_parse(value, length, G_MAXSIZE, error);
  const char *name = NULL, *id = NULL;
  if (json == NULL || !mu_json_get_string(json, "name", TRUE, &name, error) ||
      !mu_json_get_string(json, "id", FALSE, &id, error) ||
      !mu_json_get_bool(json, "uninstalling", FALSE, &client->uninstalling, error) ||
      !mu_roles_read(client, json, error))
    return FALSE;
  if (strcmp(name, client->framework_name) != 0) {
    g_set_error(
        error, MU_ERROR, MU_ERROR_CONFLICT,
        "the state belongs to framework \"%s\", not \"%s\": give --framework-name %s, or another --state folder", name,
        client->framework_name, name);
    return FALSE;
  }
  client->framework_id = g_strdup(id);
  return TRUE;
}

/* Rows of one service come together, mostly. */
static MuService *ensure_service(MuMultiServiceEventClient *client, const char *name) {
  if (client->last_loaded != NULL && strcmp(client->last_loaded->name, name) == 0)
    return client->last_loaded;
  MuService *service = g_hash_table_lookup(client->manager->by_name, name);
  if (service == NULL) {
    service = mu_service_new(name);
    mu_manager_add(client->manager, service);
  }
  client->last_loaded = service;
  return service;
}

static gboolean visit(const MuStoredRecord *record, gpointer user, GError **error) {
  MuMultiServiceEventClient *client = user;
  if (record->kind == MU_RECORD_FRAMEWORK)
    return load_framework(client, record->value, record->length, error);
  if (record->kind == MU_RECORD_GARBAGE)
    return TRUE;
  MuService *service = ensure_service(client, record->service);
  if (record->kind == MU_RECORD_CONTEXT) {
    g_hash_table_insert(client->store->contexts, g_strdup(record->service), g_bytes_new(record->value, record->length));
    mu_stored_note(service, "", record->length, &service->context_bytes);
    return TRUE;
  }
  g_autoptr(GError) failure = NULL;
  if (!mu_service_load(service, record, &failure))
    mu_service_damage(service, record->kind, record->key, failure->message);
  else if (record->kind == MU_RECORD_POD)
    mu_roles_note_ledger(client, service->last_loaded->record);
  return TRUE;
}

/* Code makes its configurations again, most of the time, and compares: they need not be read. */
static gpointer read_but_configs(MuRecordKind kind, const char *value, gsize length) {
  return kind == MU_RECORD_CONFIG ? NULL : mu_service_read(kind, value, length);
}

const MuStoreReader *mu_client_reader(const MuMultiServiceEventClient *client) {
  static const MuStoreReader OF_YAML = {mu_service_read, mu_service_discard, visit},
                             OF_CODE = {read_but_configs, mu_service_discard, visit};
  return client->store->factory == mu_yaml_service_factory ? &OF_YAML : &OF_CODE;
}

gboolean mu_client_load(MuMultiServiceEventClient *client, MuRecordKind kind, const char *service, const char *key,
                        const char *value, gsize length, GError **error) {
  const MuStoredRecord record = {kind, service, key, value, length, NULL};
  return visit(&record, client, error);
}

/* ---- services ------------------------------------------------------------------------------------------------------- */

/* It asked to grow before the restart: it has its place, and what is left of its turn. */
static void restore_turn(MuMultiServiceEventClient *client, MuService *service) {
  const MuOfferDisciplineOps *ops = client->discipline->ops;
  const MuTurn turn = {service->record->turn_place, service->record->turn_since_ms};
  if (turn.place == 0 || ops->restore == NULL)
    return;
  ops->restore(client->discipline, service->name, &turn);
  service->grows = TRUE;
}

/* What the factory makes of the context; the one of YAML makes the same of the same. */
static MuServiceScheduler *build_anew(const MuServiceStore *store, const MuService *service, GBytes *context,
                                      GError **error) {
  MuServiceScheduler *again =
      store->factory == mu_yaml_service_factory ? mu_service_build_again(service, context) : NULL;
  return again != NULL ? again : mu_service_store_build(store, service->name, context, error);
}

static MuServiceScheduler *build_scheduler(MuMultiServiceEventClient *client, const MuService *service,
                                           GError **error) {
  GBytes *context = g_hash_table_lookup(client->store->contexts, service->name);
  gboolean running = service->record->state == MU_SERVICE_RUNNING;
  gboolean ending = service->record->state == MU_SERVICE_UNINSTALLING && service->record->uninstaller;
  if (service->unreadable != NULL || !(running || ending) || context == NULL)
    return NULL;
  MuServiceScheduler *scheduler = build_anew(client->store, service, context, error);
  if (scheduler == NULL || ending ||
      mu_depend_check_cycle(client, service->name, mu_service_scheduler_spec(scheduler), error))
    return scheduler;
  mu_service_scheduler_free(scheduler);
  return NULL;
}

static void rebuild_service(MuMultiServiceEventClient *client, MuService *service) {
  g_autoptr(GError) failure = NULL;
  g_autoptr(MuServiceScheduler) scheduler = build_scheduler(client, service, &failure);
  mu_service_read_configs(service, scheduler);
  if (service->unreadable != NULL) {
    mu_log(MU_LOG_WARNING, "service %s: %s", service->name, service->failure);
    return;
  }
  const char *message = failure != NULL ? failure->message : NULL;
  if (message != NULL && service->record->state == MU_SERVICE_RUNNING)
    mu_log(MU_LOG_WARNING, "service %s cannot be rebuilt and is left as it is: %s", service->name, message);
  mu_service_loaded(service, g_steal_pointer(&scheduler), message, &client->effects);
  restore_turn(client, service);
  mu_depend_note(client, service);
  mu_client_postpone(client, service);
}

gboolean mu_client_loaded(MuMultiServiceEventClient *client, gint64 now_ms, GError **error) {
  client->effects.now_ms = now_ms;
  client->last_loaded = NULL;
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  if (!mu_modes_check_loaded(client, (const char *const *)names, error))
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    rebuild_service(client, mu_manager_find(client->manager, names[i]));
  for (guint i = 0; names[i] != NULL; i++)
    if (client->uninstalling || !mu_modes_allow(client, names[i]))
      mu_client_begin_uninstall(client, mu_manager_find(client->manager, names[i]));
  return mu_roles_loaded(client, error);
}
