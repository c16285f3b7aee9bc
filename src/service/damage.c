/* A service of which a record cannot be read. What it holds is not known, so nothing is done to it: not launched, not killed, not
 * given back, and no status of its tasks acknowledged, so that the engine tells them again once the record is there. */
#include "service_private.h"

#include "marks.h"

static void record_op_free(gpointer data) {
  MuRecordOp *op = data;
  g_free(op->key);
  g_free(op);
}

void mu_service_damage(MuService *service, MuRecordKind kind, const char *key, const char *why) {
  MuRecordOp *op = g_new0(MuRecordOp, 1);
  op->kind = kind;
  op->key = g_strdup(key);
  if (service->unreadable == NULL) {
    service->unreadable = g_ptr_array_new_with_free_func(record_op_free);
    service->failure = g_strdup_printf(
        "record %s/%s/%s cannot be read: %s. Nothing of the service is touched until it can: stop the scheduler, put the "
        "record back from a copy of the state, and start it again; or give the service and its data up with: "
        "muster service remove %s --force",
        mu_record_kind_to_string(kind), service->name, key, why, service->name);
  }
  g_ptr_array_add(service->unreadable, op);
}

static void erase_pods(MuService *service, MuEffects *effects) {
  g_autoptr(GList) pods = g_hash_table_get_values(service->pods);
  for (const GList *link = pods; link != NULL; link = link->next)
    mu_service_erase_pod(service, link->data, effects);
}

/* Statuses whose task could not be read. */
static void erase_early(MuService *service, MuEffects *effects) {
  GHashTableIter iter;
  gpointer name = NULL;
  if (service->early_statuses == NULL)
    return;
  g_hash_table_iter_init(&iter, service->early_statuses);
  while (g_hash_table_iter_next(&iter, &name, NULL)) {
    mu_batch_delete(effects->batch, MU_RECORD_STATUS, service->name, name);
    g_hash_table_iter_remove(&iter);
  }
}

void mu_service_give_up(MuService *service, MuEffects *effects) {
  erase_pods(service, effects);
  erase_early(service, effects);
  mu_service_erase_configs(service, effects);
  mu_marks_clear(service, NULL, FALSE, effects);
  for (guint i = 0; i < service->unreadable->len; i++) {
    const MuRecordOp *op = service->unreadable->pdata[i];
    mu_batch_delete(effects->batch, op->kind, service->name, op->key);
  }
  g_clear_pointer(&service->unreadable, g_ptr_array_unref);
  g_clear_pointer(&service->failure, g_free);
  service->record->state = MU_SERVICE_GONE;
  mu_service_put(service, effects);
  mu_service_rebuild_plans(service, effects);
}
