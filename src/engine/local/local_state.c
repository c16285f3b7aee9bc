/* What must survive: the reservations and volumes of the agents, in the journal, and the folders of the volumes.
 *
 *   {"is":"agents","agents":{"local-0":…mu_agent_to_json…}}          all of it; first after a rewrite
 *   {"is":"operation","agent":"local-0","op":"RESERVE","resources":…} since then */
#include "json.h"
#include "local_private.h"
#include <muster/error.h>
#include <unistd.h>

static const char *const OPS[] = {[MU_OP_RESERVE] = "RESERVE",
                                  [MU_OP_UNRESERVE] = "UNRESERVE",
                                  [MU_OP_CREATE] = "CREATE",
                                  [MU_OP_DESTROY] = "DESTROY"};

gboolean mu_local_state_check(const MuOperation *operation, GError **error) {
  for (guint i = 0; i < operation->resources->items->len; i++) {
    const MuResource *resource = operation->resources->items->pdata[i];
    if (!resource->persistence_id || mu_local_name_is_safe(resource->persistence_id))
      continue;
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the persistence id '%s' cannot be the name of a folder",
                resource->persistence_id);
    return FALSE;
  }
  return TRUE;
}

/* ---- noting ---- */

void mu_local_state_note(MuLocal *local, const MuLocalAgent *agent, const MuOperation *operation) {
  json_t *record =
      json_pack("{s:s, s:s, s:s}", "is", "operation", "agent", mu_agent_id(agent->model), "op", OPS[operation->kind]);
  mu_json_set_new(record, "resources", mu_resources_to_json(operation->resources));
  mu_local_journal_add(local->journal, record);
  if (operation->kind != MU_OP_CREATE && operation->kind != MU_OP_DESTROY)
    return;
  for (guint i = 0; i < operation->resources->items->len; i++) {
    const MuResource *volume = operation->resources->items->pdata[i];
    if (!volume->persistence_id)
      continue;
    if (operation->kind == MU_OP_CREATE)
      mu_local_volume_create(local, volume);
    else
      mu_local_volume_destroy(local, volume);
  }
}

static json_t *snapshot(const MuLocal *local) {
  json_t *agents = json_object();
  for (guint i = 0; i < local->agents->len; i++) {
    const MuLocalAgent *agent = local->agents->pdata[i];
    mu_json_set_new(agents, mu_agent_id(agent->model), mu_agent_to_json(agent->model));
  }
  return json_pack("{s:s, s:o}", "is", "agents", "agents", agents);
}

gboolean mu_local_state_commit(MuLocal *local, GError **error) {
  if (mu_local_journal_wants_rewrite(local->journal))
    return mu_local_journal_rewrite(local->journal, snapshot(local), error);
  return mu_local_journal_commit(local->journal, error);
}

/* ---- restoring ---- */

/* An agent that has more than any machine: what was once reserved can be reserved again, whatever the machine has now. */
static MuAgent *boundless_agent(const char *id) {
  MuResources *all = mu_resources_new();
  static const MuResourceKind kinds[] = {MU_RESOURCE_CPUS, MU_RESOURCE_MEM, MU_RESOURCE_DISK, MU_RESOURCE_GPUS};
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    g_autoptr(MuResource) resource = mu_resource_new_scalar(kinds[i], G_MAXINT64 / 4);
    mu_resources_add(all, resource);
  }
  g_autoptr(MuResource) ports = mu_resource_new_ports(0, 65535);
  mu_resources_add(all, ports);
  return mu_agent_new(id, id, all);
}

/* MOUNT disks are no amounts: each one that is reserved was there, whole. */
static void put_mounts(MuAgent *agent, const MuOperation *operation) {
  for (guint i = 0; operation->kind == MU_OP_RESERVE && i < operation->resources->items->len; i++) {
    const MuResource *resource = operation->resources->items->pdata[i];
    if (!resource->mount_root)
      continue;
    g_autoptr(MuResource) disk = mu_resource_copy(resource);
    mu_resource_set_static(disk, resource->reservation.pre_reserved_role);
    mu_agent_put(agent, disk);
  }
}

static MuAgent *replayed_agent(GHashTable *replayed, const char *id) {
  MuAgent *agent = g_hash_table_lookup(replayed, id);
  if (!agent) {
    agent = boundless_agent(id);
    g_hash_table_insert(replayed, g_strdup(id), agent);
  }
  return agent;
}

static gboolean replay_agents(GHashTable *replayed, const json_t *record, GError **error) {
  const char *id;
  json_t *state;
  json_object_foreach (json_object_get(record, "agents"), id, state) {
    if (!mu_agent_restore(replayed_agent(replayed, id), state, NULL, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean replay_operation(GHashTable *replayed, const json_t *record, GError **error) {
  const char *agent_id = NULL, *op = NULL;
  if (!mu_json_get_string(record, "agent", TRUE, &agent_id, error) ||
      !mu_json_get_string(record, "op", TRUE, &op, error))
    return FALSE;
  MuResources *resources = mu_resources_from_json(json_object_get(record, "resources"), error);
  if (!resources)
    return FALSE;
  int kind = 0;
  while (kind < (int)G_N_ELEMENTS(OPS) && !g_str_equal(OPS[kind], op))
    kind++;
  g_autoptr(MuOperation) operation =
      mu_operation_new(kind < (int)G_N_ELEMENTS(OPS) ? kind : MU_OP_RESERVE, resources, NULL);
  MuAgent *agent = replayed_agent(replayed, agent_id);
  put_mounts(agent, operation);
  if (kind < (int)G_N_ELEMENTS(OPS))
    return mu_agent_apply(agent, operation, error);
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "'%s' is not an operation", op);
  return FALSE;
}

static gboolean replay(const GPtrArray *records, GHashTable *replayed, GError **error) {
  for (guint i = 0; i < records->len; i++) {
    const json_t *record = records->pdata[i];
    const char *is = json_string_value(json_object_get(record, "is"));
    gboolean agents = is && g_str_equal(is, "agents");
    if (agents ? replay_agents(replayed, record, error) : replay_operation(replayed, record, error))
      continue;
    g_prefix_error(error, "the engine's journal, record %u: ", i + 1);
    return FALSE;
  }
  return TRUE;
}

static gboolean has_anything(const MuAgent *agent) {
  const MuResources *total = mu_agent_total(agent);
  for (guint i = 0; i < total->items->len; i++)
    if (mu_resource_is_reserved(total->items->pdata[i]))
      return TRUE;
  return FALSE;
}

static gboolean restore_agent(MuLocal *local, const char *id, const MuAgent *replayed, GError **error) {
  MuLocalAgent *agent = mu_local_agent(local, id);
  if (!has_anything(replayed))
    return TRUE;
  if (!agent) {
    mu_local_warn(local, "agent %s is not there any more, but has reservations: it is offered for them alone", id);
    agent = mu_local_agent_add(local, id, mu_resources_new());
  }
  g_autoptr(json_t) state = mu_agent_to_json(replayed);
  return mu_agent_restore(agent->model, state, local->warnings, error);
}

static gboolean restore_agents(MuLocal *local, GHashTable *replayed, GError **error) {
  GHashTableIter iter;
  gpointer id, agent;
  g_hash_table_iter_init(&iter, replayed);
  while (g_hash_table_iter_next(&iter, &id, &agent))
    if (!restore_agent(local, id, agent, error))
      return FALSE;
  return TRUE;
}

static void agent_free(gpointer agent) {
  mu_agent_free(agent);
}

gboolean mu_local_state_restore(MuLocal *local, GError **error) {
  g_autoptr(GPtrArray) records = NULL;
  g_autoptr(GHashTable) replayed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, agent_free);
  g_autofree char *path = g_build_filename(local->state_dir, "journal", NULL);
  gboolean is_new = access(path, F_OK) < 0;
  local->journal = mu_local_journal_open(path, &records, error);
  if (!local->journal || !replay(records, replayed, error) || !restore_agents(local, replayed, error))
    return FALSE;
  return mu_local_volumes_restore(local, is_new, error) &&
         mu_local_journal_rewrite(local->journal, snapshot(local), error);
}
