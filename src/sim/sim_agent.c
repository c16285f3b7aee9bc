/* Virtual agents: adding them, losing them, and what becomes of what was on them. */
#include "sim_check.h"

#include <string.h>

void mu_sim_agent_free(MuSimAgent *agent) {
  mu_agent_free(agent->agent);
  g_ptr_array_unref(agent->texts);
  g_free(agent->id);
  g_ptr_array_unref(agent->offers);
  g_ptr_array_unref(agent->refusals);
  g_free(agent);
}

/* ---- adding ---------------------------------------------------------------------------------------------------------- */

static void add_scalar(MuResources *total, MuResourceKind kind, gint64 amount) {
  g_autoptr(MuResource) resource = mu_resource_new_scalar(kind, amount);
  if (amount > 0)
    mu_resources_add(total, resource);
}

static void add_ports(MuResources *total, const char *ports) {
  g_autoptr(GArray) ranges = ports == NULL ? NULL : mu_ranges_parse(ports, NULL);
  for (guint i = 0; ranges != NULL && i < ranges->len; i++) {
    const MuRange *range = &g_array_index(ranges, MuRange, i);
    g_autoptr(MuResource) resource = mu_resource_new_ports(range->begin, range->end);
    mu_resources_add(total, resource);
  }
}

static void add_mounts(MuResources *total, const gint64 *mounts_mb, const char *profile) {
  for (guint i = 0; mounts_mb != NULL && mounts_mb[i] > 0; i++) {
    g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, mounts_mb[i]);
    disk->mount_root = g_strdup_printf("/disk%u", i);
    disk->profile = g_strdup(profile);
    mu_resources_add(total, disk);
  }
}

static MuResources *make_total(const MuSimAgentOptions *options) {
  MuResources *total = mu_resources_new();
  add_scalar(total, MU_RESOURCE_CPUS, options->cpus_milli);
  add_scalar(total, MU_RESOURCE_MEM, options->mem_mb);
  add_scalar(total, MU_RESOURCE_DISK, options->disk_mb);
  add_scalar(total, MU_RESOURCE_GPUS, options->gpus_milli);
  add_ports(total, options->ports);
  add_mounts(total, options->mounts_mb, options->profile);
  for (guint i = 0; i < total->items->len; i++)
    mu_resource_set_static(total->items->pdata[i], options->role);
  return total;
}

static const char *keep_text(MuSimAgent *agent, const char *text) {
  char *copy = g_strdup(text);
  g_ptr_array_add(agent->texts, copy);
  return copy;
}

static void add_attributes(MuAgent *agent, const char *attributes) {
  g_auto(GStrv) pairs = g_strsplit(attributes == NULL ? "" : attributes, ";", -1);
  for (guint i = 0; pairs[i] != NULL; i++) {
    char *colon = strchr(pairs[i], ':');
    if (colon == NULL)
      continue;
    *colon = '\0';
    mu_agent_add_attribute(agent, pairs[i], colon + 1);
  }
}

static MuAgent *make_agent(const MuSimAgent *agent, MuResources *take_total) {
  const MuSimAgentOptions *options = &agent->options;
  MuAgent *made = mu_agent_new(agent->id, options->hostname, take_total);
  mu_agent_set_location(made, options->region, options->zone);
  add_attributes(made, options->attributes);
  return made;
}

MuAgent *mu_sim_add_agent_with(MuSim *sim, const MuSimAgentOptions *options) {
  MuSimAgent *agent = g_new0(MuSimAgent, 1);
  agent->texts = g_ptr_array_new_with_free_func(g_free);
  agent->offers = g_ptr_array_new_with_free_func(g_free);
  agent->refusals = g_ptr_array_new_with_free_func(mu_sim_refusal_free);
  agent->id = g_strdup(options->id);
  agent->index = sim->agents->len;
  agent->options.hostname = keep_text(agent, options->hostname != NULL ? options->hostname : options->id);
  agent->options.region = keep_text(agent, options->region);
  agent->options.zone = keep_text(agent, options->zone);
  agent->options.role = keep_text(agent, options->role);
  agent->options.attributes = keep_text(agent, options->attributes);
  agent->agent = make_agent(agent, make_total(options));
  agent->changes = 1;
  g_ptr_array_add(sim->agents, agent);
  g_hash_table_insert(sim->agents_by_id, agent->id, agent);
  mu_sim_offer_soon(sim, agent);
  return agent->agent;
}

MuAgent *mu_sim_add_agent(MuSim *sim, const char *id, gint64 cpus_milli, gint64 mem_mb, gint64 disk_mb,
                          const char *ports) {
  const MuSimAgentOptions options = {
      .id = id, .cpus_milli = cpus_milli, .mem_mb = mem_mb, .disk_mb = disk_mb, .ports = ports};
  return mu_sim_add_agent_with(sim, &options);
}

/* ---- finding --------------------------------------------------------------------------------------------------------- */

MuSimAgent *mu_sim_find_agent(MuSim *sim, const char *agent_id) {
  return agent_id == NULL ? NULL : g_hash_table_lookup(sim->agents_by_id, agent_id);
}

guint mu_sim_agents(const MuSim *sim) {
  return sim->agents->len;
}

const char *mu_sim_agent_id(const MuSim *sim, guint i) {
  return ((const MuSimAgent *)sim->agents->pdata[i])->id;
}

gboolean mu_sim_agent_is_up(const MuSim *sim, const char *agent_id) {
  const MuSimAgent *agent = g_hash_table_lookup(sim->agents_by_id, agent_id);
  return agent != NULL && agent->state == MU_SIM_AGENT_UP;
}

/* ---- offers taken back ------------------------------------------------------------------------------------------------ */

static void rescind(MuSim *sim, MuSimAgent *agent) {
  for (guint i = 0; i < agent->offers->len; i++) {
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_RESCIND);
    event->id = g_strdup(agent->offers->pdata[i]);
    mu_sim_deliver(sim, event);
  }
  mu_sim_end_offers(sim, agent);
}

void mu_sim_rescind(MuSim *sim, const char *agent_id) {
  for (guint i = 0; i < sim->agents->len; i++) {
    MuSimAgent *agent = sim->agents->pdata[i];
    if (agent_id != NULL && strcmp(agent->id, agent_id) != 0)
      continue;
    rescind(sim, agent);
    mu_sim_offer_soon(sim, agent);
  }
}

/* ---- loss ------------------------------------------------------------------------------------------------------------- */

static void tell_failure(MuSim *sim, const MuSimAgent *agent) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_FAILURE);
  event->agent_id = g_strdup(agent->id);
  mu_sim_deliver(sim, event);
}

static void end_all(MuSim *sim, MuSimAgent *agent, MuTaskState how, const char *reason) {
  g_autoptr(GPtrArray) tasks = mu_sim_tasks_on(sim, agent);
  for (guint i = 0; i < tasks->len; i++)
    mu_sim_finish_task(sim, tasks->pdata[i], how, reason);
}

static void cut_off_all(MuSim *sim, const MuSimAgent *agent) {
  g_autoptr(GPtrArray) tasks = mu_sim_tasks_on(sim, agent);
  for (guint i = 0; i < tasks->len; i++) {
    MuSimTask *task = tasks->pdata[i];
    task->cut_off = TRUE;
    mu_sim_answer_for(sim, task->id, agent->id, MU_TASK_UNREACHABLE, "REASON_SLAVE_REMOVED", NULL);
  }
}

gboolean mu_sim_lose_agent(MuSim *sim, const char *agent_id, gboolean for_good) {
  MuSimAgent *agent = mu_sim_find_agent(sim, agent_id);
  if (agent == NULL || agent->state == MU_SIM_AGENT_GONE || (agent->state == MU_SIM_AGENT_UNREACHABLE && !for_good))
    return FALSE;
  rescind(sim, agent);
  if (for_good)
    end_all(sim, agent, MU_TASK_GONE_BY_OPERATOR, "REASON_SLAVE_REMOVED_BY_OPERATOR");
  agent->state = for_good ? MU_SIM_AGENT_GONE : MU_SIM_AGENT_UNREACHABLE;
  if (!for_good)
    cut_off_all(sim, agent);
  tell_failure(sim, agent);
  return TRUE;
}

gboolean mu_sim_return_agent(MuSim *sim, const char *agent_id) {
  MuSimAgent *agent = mu_sim_find_agent(sim, agent_id);
  if (agent == NULL || agent->state != MU_SIM_AGENT_UNREACHABLE)
    return FALSE;
  agent->state = MU_SIM_AGENT_UP;
  agent->changes++;
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (((MuSimTask *)value)->agent == agent)
      mu_sim_send_status(sim, value);
  mu_sim_check_known_returns(sim, agent);
  mu_sim_offer_soon(sim, agent);
  return TRUE;
}

gboolean mu_sim_reboot_agent(MuSim *sim, const char *agent_id) {
  MuSimAgent *agent = mu_sim_find_agent(sim, agent_id);
  if (agent == NULL || agent->state != MU_SIM_AGENT_UP)
    return FALSE;
  rescind(sim, agent);
  end_all(sim, agent, MU_TASK_GONE, "REASON_SLAVE_RESTARTED");
  mu_sim_offer_soon(sim, agent);
  return TRUE;
}

static MuResources *without_disk(const MuResources *total, const char *root) {
  MuResources *left = mu_resources_new();
  for (guint i = 0; i < total->items->len; i++) {
    const MuResource *resource = total->items->pdata[i];
    if (g_strcmp0(resource->mount_root, root) != 0)
      mu_resources_add(left, resource);
  }
  return left;
}

gboolean mu_sim_agent_lost_disk(const MuSimAgent *agent, const char *mount_root) {
  guint n = (guint)g_ascii_strtoull(mount_root + strlen("/disk"), NULL, 10);
  return (agent->lost_disks & (1u << n)) != 0;
}

gboolean mu_sim_lose_disk(MuSim *sim, const char *agent_id, guint n) {
  MuSimAgent *agent = mu_sim_find_agent(sim, agent_id);
  g_autofree char *root = g_strdup_printf("/disk%u", n);
  if (agent == NULL || agent->state != MU_SIM_AGENT_UP)
    return FALSE;
  MuResources *left = without_disk(mu_agent_total(agent->agent), root);
  if (left->items->len == mu_agent_total(agent->agent)->items->len) {
    mu_resources_free(left);
    return FALSE;
  }
  mu_sim_reboot_agent(sim, agent_id);
  mu_agent_free(agent->agent);
  agent->agent = make_agent(agent, left);
  agent->lost_disks |= 1u << n;
  agent->changes++;
  return TRUE;
}
