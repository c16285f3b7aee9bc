/* Every reservation and volume belongs to a service's ledger in the store, from before it exists until it is proven gone;
 * after an uninstall nothing is left. What an operator declared gone is let off until then. */
#include "client_private.h"
#include "sim_check.h"

#include <string.h>

static const char RESOURCE_ID[] = "\"resource_id\":\"";

gboolean mu_sim_ledger_has(MuSim *sim, const char *resource_id) {
  return resource_id != NULL && g_hash_table_contains(sim->checks->ledger, resource_id);
}

/* The ids in a pod's record. */
typedef struct {
  char *text;     /* a copy of it, cut where ids end */
  GPtrArray *ids; /* of char*, in it */
} Ids;

static Ids ids_in(const char *value) {
  Ids found = {g_strdup(value), g_ptr_array_new()};
  for (char *at = found.text; at != NULL && (at = strstr(at, RESOURCE_ID)) != NULL;) {
    at += sizeof RESOURCE_ID - 1;
    g_ptr_array_add(found.ids, at);
    at += strcspn(at, "\"");
    if (*at != '\0')
      *at++ = '\0';
  }
  return found;
}

static void ids_clear(Ids *ids) {
  g_ptr_array_unref(ids->ids);
  g_free(ids->text);
}

/* Mostly the i-th is the i-th. */
static gboolean has_id(const Ids *ids, const char *id, guint i) {
  if (i < ids->ids->len && strcmp(ids->ids->pdata[i], id) == 0)
    return TRUE;
  return g_ptr_array_find_with_equal_func(ids->ids, id, g_str_equal, NULL);
}

/* An entry whose RESERVE was not proven when the scheduler died is dropped when its agent does not offer it: if it happens
 * all the same, what it makes is cleaned up by its label. It is let off here, and must be gone at the end. */
static gboolean is_planned(MuSimRecord *record, const char *resource_id) {
  const MuPodRecord *pod = mu_sim_record_pod(record);
  const MuLedgerEntry *entry = pod == NULL ? NULL : mu_pod_record_by_id(pod, resource_id);
  return entry != NULL && entry->state == MU_LEDGER_PLANNED;
}

static void give_up(MuSim *sim, MuSimRecord *record, const char *resource_id) {
  g_hash_table_remove(sim->checks->ledger, resource_id);
  if (!is_planned(record, resource_id))
    g_hash_table_add(sim->checks->given_up, g_strdup(resource_id));
}

static void take_up(MuSim *sim, const MuRecordOp *op, const char *resource_id) {
  g_hash_table_remove(sim->checks->given_up, resource_id);
  if (g_hash_table_contains(sim->checks->ledger, resource_id))
    return;
  MuSimTouched *of = g_new(MuSimTouched, 1);
  *of = (MuSimTouched){op->kind, g_strdup(op->service), g_strdup(op->key)};
  g_hash_table_insert(sim->checks->ledger, g_strdup(resource_id), of);
}

static void note_pod(MuSim *sim, const MuRecordOp *op) {
  MuSimRecord *old = mu_sim_store_find(sim, op->kind, op->service, op->key);
  Ids before = ids_in(old == NULL ? NULL : old->value), now = ids_in(op->value);
  for (guint i = 0; i < before.ids->len; i++)
    if (!has_id(&now, before.ids->pdata[i], i))
      give_up(sim, old, before.ids->pdata[i]);
  for (guint i = 0; i < now.ids->len; i++)
    take_up(sim, op, now.ids->pdata[i]);
  ids_clear(&before);
  ids_clear(&now);
}

/* Of several operations on one record only the last one counts. */
static void on_commit(MuSim *sim, const MuBatch *batch) {
  for (guint i = 0; i < batch->ops->len; i++) {
    const MuRecordOp *op = &g_array_index(batch->ops, MuRecordOp, i);
    if (op->kind == MU_RECORD_POD)
      note_pod(sim, op);
  }
}

static const MuSimAgent *find_reservation(MuSim *sim, const char *resource_id) {
  for (guint i = 0; i < sim->agents->len; i++) {
    const MuSimAgent *agent = sim->agents->pdata[i];
    if (agent->state != MU_SIM_AGENT_GONE && mu_resources_by_id(mu_agent_total(agent->agent), resource_id) != NULL)
      return agent;
  }
  return NULL;
}

static void on_quiet(MuSim *sim) {
  GHashTableIter iter;
  gpointer id = NULL;
  g_hash_table_iter_init(&iter, sim->checks->given_up);
  while (g_hash_table_iter_next(&iter, &id, NULL)) {
    const MuSimAgent *agent = find_reservation(sim, id);
    if (agent != NULL && !sim->checks->forced && !g_hash_table_contains(sim->checks->ledger, id))
      mu_sim_check_fail(sim, &mu_sim_check_ledger, "no ledger has %s, and it is still reserved on %s", (char *)id,
                        agent->id);
    g_hash_table_iter_remove(&iter);
  }
}

static void on_command(MuSim *sim, const MuCommand *command) {
  const MuService *service = command->service == NULL ? NULL : mu_manager_find(sim->client->manager, command->service);
  gboolean leaving = service != NULL && service->record->state != MU_SERVICE_RUNNING;
  gboolean forgets =
      command->kind == MU_COMMAND_PLAN_FORCE_COMPLETE && (leaving || g_strcmp0(command->plan, "decommission") == 0);
  sim->checks->forced |= command->kind == MU_COMMAND_SERVICE_FORCE_REMOVE || forgets;
}

static void check_agent(MuSim *sim, const MuSimAgent *agent) {
  const MuResources *total = mu_agent_total(agent->agent);
  for (guint i = 0; agent->state == MU_SIM_AGENT_UP && i < total->items->len; i++) {
    const MuResource *resource = total->items->pdata[i];
    if (!mu_resource_is_reserved(resource) || resource->reservation.is_static)
      continue;
    g_autofree char *text = mu_resource_to_string(resource);
    mu_sim_check_fail(sim, &mu_sim_check_ledger, "all services are gone, and %s (%s, of %s) is still reserved on %s",
                      text, resource->reservation.resource_id, resource->reservation.namespace_, agent->id);
  }
}

/* The framework's own record stays. */
void mu_sim_check_ledger_is_empty(MuSim *sim) {
  for (guint i = 0; i < sim->agents->len; i++)
    check_agent(sim, sim->agents->pdata[i]);
  if (sim->n_live > 0)
    mu_sim_check_fail(sim, &mu_sim_check_ledger, "all services are gone, and %u tasks still run", sim->n_live);
  g_autoptr(GPtrArray) keys = mu_sim_store_keys(sim);
  for (guint i = 0; i < keys->len; i++)
    if (!g_str_has_prefix(keys->pdata[i], "1/"))
      mu_sim_check_fail(sim, &mu_sim_check_ledger, "all services are gone, and the store has record %s",
                        (char *)keys->pdata[i]);
}

const MuSimCheck mu_sim_check_ledger = {.name = "ledger",
                                        .what =
                                            "every reservation belongs to a ledger; nothing is left after an uninstall",
                                        .command = on_command,
                                        .commit = on_commit,
                                        .quiet = on_quiet};
