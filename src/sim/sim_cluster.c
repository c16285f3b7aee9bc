/* The virtual master: agents, offers, and what an accept does. */
#include "sim_private.h"

#include <string.h>

#define STATUS_RETRY_MS 10000

static void sim_agent_free(MuSimAgent *agent)
{
  mu_agent_free(agent->agent);
  g_free(agent->offer);
  g_free(agent);
}

void mu_sim_cluster_init(MuSim *sim)
{
  sim->agents = g_ptr_array_new_with_free_func((GDestroyNotify)sim_agent_free);
  sim->tasks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)mu_sim_task_free);
  sim->scripts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void mu_sim_cluster_clear(MuSim *sim)
{
  g_hash_table_unref(sim->tasks);
  g_hash_table_unref(sim->scripts);
  g_ptr_array_unref(sim->agents);
  g_free(sim->framework_id);
}

MuAgent *mu_sim_add_agent(MuSim *sim, const char *id, gint64 cpus_milli, gint64 mem_mb, gint64 disk_mb, const char *ports)
{
  MuResources *total = mu_resources_new();
  g_autoptr(MuResource) cpus = mu_resource_new_scalar(MU_RESOURCE_CPUS, cpus_milli);
  g_autoptr(MuResource) mem = mu_resource_new_scalar(MU_RESOURCE_MEM, mem_mb);
  g_autoptr(MuResource) disk = mu_resource_new_scalar(MU_RESOURCE_DISK, disk_mb);
  g_autoptr(GArray) ranges = mu_ranges_parse(ports, NULL);
  mu_resources_add(total, cpus);
  mu_resources_add(total, mem);
  mu_resources_add(total, disk);
  for (guint i = 0; ranges != NULL && i < ranges->len; i++) {
    const MuRange *range = &g_array_index(ranges, MuRange, i);
    g_autoptr(MuResource) resource = mu_resource_new_ports(range->begin, range->end);
    mu_resources_add(total, resource);
  }
  MuSimAgent *agent = g_new0(MuSimAgent, 1);
  agent->agent = mu_agent_new(id, id, total);
  agent->changes = 1;
  g_ptr_array_add(sim->agents, agent);
  mu_sim_offer_soon(sim);
  return agent->agent;
}

MuSimAgent *mu_sim_find_agent(MuSim *sim, const char *agent_id)
{
  for (guint i = 0; i < sim->agents->len; i++) {
    MuSimAgent *agent = sim->agents->pdata[i];
    if (g_strcmp0(mu_agent_id(agent->agent), agent_id) == 0)
      return agent;
  }
  return NULL;
}

/* ---- offers --------------------------------------------------------------------------------------------------------- */

static gboolean may_offer(const MuSim *sim, const MuSimAgent *agent)
{
  if (agent->offer != NULL)
    return FALSE;
  return agent->changes != agent->refused_at || sim->now_ms >= agent->refused_until_ms;
}

static void make_offers(MuSim *sim, gpointer data)
{
  (void)data;
  if (!sim->subscribed || sim->suppressed || sim->torn_down)
    return;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  for (guint i = 0; i < sim->agents->len; i++) {
    MuSimAgent *agent = sim->agents->pdata[i];
    if (!may_offer(sim, agent))
      continue;
    g_autofree char *id = g_strdup_printf("offer-%" G_GUINT64_FORMAT, sim->sequence++);
    MuOffer *offer = mu_agent_make_offer(agent->agent, id);
    if (offer == NULL)
      continue;
    agent->offer = g_steal_pointer(&id);
    g_ptr_array_add(event->offers, offer);
  }
  if (event->offers->len > 0)
    mu_sim_deliver(sim, event);
  else
    mu_engine_event_free(event);
}

void mu_sim_offer_soon(MuSim *sim)
{
  mu_sim_schedule(sim, 1, FALSE, make_offers, NULL, NULL);
}

static void end_offer(MuSimAgent *agent)
{
  mu_agent_offer_end(agent->agent, agent->offer);
  g_clear_pointer(&agent->offer, g_free);
}

static MuSimAgent *agent_of_offer(MuSim *sim, const char *offer_id)
{
  for (guint i = 0; i < sim->agents->len; i++) {
    MuSimAgent *agent = sim->agents->pdata[i];
    if (g_strcmp0(agent->offer, offer_id) == 0)
      return agent;
  }
  return NULL;
}

static void refuse(MuSim *sim, MuSimAgent *agent, gint64 refuse_ms)
{
  agent->refused_at = agent->changes;
  agent->refused_until_ms = sim->now_ms + refuse_ms;
  mu_sim_schedule(sim, refuse_ms + 1, FALSE, make_offers, NULL, NULL);
}

static void decline(MuSim *sim, const MuEngineCall *call)
{
  for (guint i = 0; i < call->offer_ids->len; i++) {
    MuSimAgent *agent = agent_of_offer(sim, call->offer_ids->pdata[i]);
    if (agent == NULL)
      continue;
    end_offer(agent);
    refuse(sim, agent, call->refuse_ms);
  }
}

/* ---- accepts -------------------------------------------------------------------------------------------------------- */

static void refuse_launch(MuSim *sim, const MuPodLaunch *launch, MuTaskState state, const char *reason)
{
  for (guint i = 0; i < launch->tasks->len; i++)
    mu_sim_answer_for(sim, ((MuTaskLaunch *)launch->tasks->pdata[i])->task_id, state, reason);
}

static gboolean use_resources(MuSimAgent *agent, const MuPodLaunch *launch)
{
  for (guint i = 0; i < launch->tasks->len; i++) {
    const MuTaskLaunch *task = launch->tasks->pdata[i];
    if (!mu_agent_use(agent->agent, launch->executor_id, task->task_id, task->resources, NULL))
      return FALSE;
  }
  return TRUE;
}

static gboolean executor_lives(MuSim *sim, const char *executor_id)
{
  GHashTableIter iter;
  gpointer task = NULL;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    if (strcmp(((MuSimTask *)task)->executor_id, executor_id) == 0)
      return TRUE;
  return FALSE;
}

static void launch_group(MuSim *sim, MuSimAgent *agent, const MuPodLaunch *launch)
{
  gboolean lives = executor_lives(sim, launch->executor_id);
  if ((!lives && !mu_agent_use(agent->agent, launch->executor_id, NULL, launch->resources, NULL)) ||
      !use_resources(agent, launch)) {
    if (!lives)
      mu_agent_release(agent->agent, launch->executor_id, NULL);
    refuse_launch(sim, launch, MU_TASK_ERROR, "REASON_TASK_GROUP_INVALID");
    return;
  }
  for (guint i = 0; i < launch->tasks->len; i++)
    mu_sim_launch(sim, agent, launch, launch->tasks->pdata[i]);
}

static void apply_operation(MuSim *sim, MuSimAgent *agent, const MuOperation *operation)
{
  g_autoptr(GError) error = NULL;
  agent->changes++;
  if (operation->kind == MU_OP_LAUNCH_GROUP)
    launch_group(sim, agent, operation->launch);
  else if (!mu_agent_apply(agent->agent, operation, &error))
    mu_sim_violate(sim, g_strdup_printf("an operation was refused on %s: %s", mu_agent_id(agent->agent), error->message));
}

static void drop_operations(MuSim *sim, const GPtrArray *operations)
{
  for (guint i = 0; i < operations->len; i++) {
    const MuOperation *operation = operations->pdata[i];
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      refuse_launch(sim, operation->launch, MU_TASK_DROPPED, "REASON_INVALID_OFFERS");
  }
}

static void accept(MuSim *sim, const MuEngineCall *call)
{
  MuSimAgent *agent = agent_of_offer(sim, call->offer_ids->pdata[0]);
  gboolean drop = sim->drop_accepts > 0;
  if (drop)
    sim->drop_accepts--;
  if (agent != NULL)
    end_offer(agent);
  if (agent == NULL || drop)
    drop_operations(sim, call->operations);
  for (guint i = 0; agent != NULL && !drop && i < call->operations->len; i++)
    apply_operation(sim, agent, call->operations->pdata[i]);
  if (agent != NULL)
    refuse(sim, agent, call->refuse_ms);
  mu_sim_offer_soon(sim);
}

void mu_sim_drop_accepts(MuSim *sim, guint n)
{
  sim->drop_accepts = n;
}

/* ---- other calls ---------------------------------------------------------------------------------------------------- */

static void revive(MuSim *sim)
{
  sim->suppressed = FALSE;
  for (guint i = 0; i < sim->agents->len; i++)
    ((MuSimAgent *)sim->agents->pdata[i])->refused_until_ms = sim->now_ms;
  mu_sim_offer_soon(sim);
}

static void reconcile(MuSim *sim, const MuEngineCall *call)
{
  GHashTableIter iter;
  gpointer task = NULL;
  for (guint i = 0; i < call->tasks->len; i++) {
    const MuEnvVar *asked = call->tasks->pdata[i];
    MuSimTask *known = g_hash_table_lookup(sim->tasks, asked->name);
    if (known != NULL)
      mu_sim_send_status(sim, known);
    else
      mu_sim_answer_for(sim, asked->name, MU_TASK_GONE, "REASON_RECONCILIATION");
  }
  if (call->tasks->len > 0)
    return;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    mu_sim_send_status(sim, task);
}

void mu_sim_cluster_call(MuSim *sim, const MuEngineCall *call)
{
  switch (call->kind) {
  case MU_CALL_ACCEPT:
    accept(sim, call);
    break;
  case MU_CALL_DECLINE:
    decline(sim, call);
    break;
  case MU_CALL_REVIVE:
    revive(sim);
    break;
  case MU_CALL_SUPPRESS:
    sim->suppressed = TRUE;
    break;
  case MU_CALL_KILL:
    mu_sim_kill(sim, call->task_id);
    break;
  case MU_CALL_ACKNOWLEDGE:
    mu_sim_acknowledge(sim, call->task_id, call->uuid);
    break;
  case MU_CALL_RECONCILE:
    reconcile(sim, call);
    break;
  case MU_CALL_TEARDOWN:
    sim->torn_down = TRUE;
    break;
  }
}

static void retry_statuses(MuSim *sim, gpointer data)
{
  (void)data;
  mu_sim_resend(sim);
  mu_sim_schedule(sim, STATUS_RETRY_MS, TRUE, retry_statuses, NULL, NULL);
}

void mu_sim_cluster_subscribe(MuSim *sim, const char *framework_id)
{
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  if (framework_id == NULL) {
    g_free(sim->framework_id);
    sim->framework_id = g_strdup(mu_uuid_new(&sim->random).text);
    framework_id = sim->framework_id;
  }
  event->id = g_strdup(framework_id);
  sim->subscribed = TRUE;
  sim->suppressed = FALSE;
  mu_sim_deliver(sim, event);
  for (guint i = 0; i < sim->agents->len; i++)
    ((MuSimAgent *)sim->agents->pdata[i])->refused_until_ms = sim->now_ms;
  mu_sim_offer_soon(sim);
  mu_sim_schedule(sim, STATUS_RETRY_MS, TRUE, retry_statuses, NULL, NULL);
}

void mu_sim_cluster_lose_scheduler(MuSim *sim)
{
  sim->subscribed = FALSE;
  for (guint i = 0; i < sim->agents->len; i++) {
    MuSimAgent *agent = sim->agents->pdata[i];
    if (agent->offer != NULL)
      end_offer(agent);
  }
}

/* ---- looking --------------------------------------------------------------------------------------------------------- */

gboolean mu_sim_is_clean(const MuSim *sim)
{
  if (g_hash_table_size(sim->tasks) > 0)
    return FALSE;
  for (guint i = 0; i < sim->agents->len; i++) {
    const MuResources *total = mu_agent_total(((MuSimAgent *)sim->agents->pdata[i])->agent);
    for (guint j = 0; j < total->items->len; j++)
      if (mu_resource_is_reserved(total->items->pdata[j]))
        return FALSE;
  }
  return TRUE;
}

gboolean mu_sim_is_torn_down(const MuSim *sim)
{
  return sim->torn_down && mu_sim_records(sim) == 0;
}
