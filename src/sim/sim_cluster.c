/* The virtual master: agents, offers, and what an accept does. */
#include "sim_check.h"

#include <string.h>

#define STATUS_RETRY_MS 10000

void mu_sim_cluster_init(MuSim *sim) {
  sim->agents = g_ptr_array_new_with_free_func((GDestroyNotify)mu_sim_agent_free);
  sim->agents_by_id = g_hash_table_new(g_str_hash, g_str_equal);
  sim->offers = g_hash_table_new(mu_id_hash, g_str_equal);
  sim->tasks = g_hash_table_new_full(mu_id_hash, g_str_equal, NULL, (GDestroyNotify)mu_sim_task_free);
  sim->live = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  sim->executors = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, NULL);
  sim->lingering = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, NULL);
  sim->scripts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void mu_sim_cluster_clear(MuSim *sim) {
  g_hash_table_unref(sim->live);
  g_hash_table_unref(sim->executors);
  g_hash_table_unref(sim->tasks);
  g_hash_table_unref(sim->lingering);
  g_hash_table_unref(sim->scripts);
  g_hash_table_unref(sim->offers);
  g_hash_table_unref(sim->agents_by_id);
  g_queue_clear(&sim->to_offer);
  g_ptr_array_unref(sim->agents);
  g_free(sim->framework_id);
}

/* ---- offers --------------------------------------------------------------------------------------------------------- */

static gboolean may_offer(const MuSim *sim, const MuSimAgent *agent) {
  if ((agent->offers->len > 0 && !sim->detailed) || agent->state != MU_SIM_AGENT_UP)
    return FALSE;
  return agent->changes != agent->refused_at || sim->now_ms >= agent->refused_until_ms;
}

static void offer_agent(MuSim *sim, MuSimAgent *agent, MuEngineEvent *event) {
  if (!may_offer(sim, agent))
    return;
  g_autofree char *id = g_strdup_printf("offer-%" G_GUINT64_FORMAT, sim->sequence++);
  MuOffer *offer = mu_agent_make_offer(agent->agent, id);
  if (offer == NULL)
    return;
  g_hash_table_insert(sim->offers, id, agent);
  g_ptr_array_add(agent->offers, g_steal_pointer(&id));
  mu_sim_check_offer(sim, offer);
  g_ptr_array_add(event->offers, offer);
}

static void make_offers(MuSim *sim, gpointer data) {
  MuSimAgent *agent = NULL;
  (void)data;
  sim->offering = FALSE;
  if (!sim->subscribed || sim->suppressed || sim->torn_down)
    return;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_OFFERS);
  while ((agent = g_queue_pop_head(&sim->to_offer)) != NULL) {
    agent->queued = FALSE;
    offer_agent(sim, agent, event);
  }
  if (event->offers->len > 0)
    mu_sim_deliver(sim, event);
  else
    mu_engine_event_free(event);
}

void mu_sim_offer_soon(MuSim *sim, MuSimAgent *agent) {
  if (!agent->queued)
    g_queue_push_tail(&sim->to_offer, agent);
  agent->queued = TRUE;
  if (!sim->offering)
    mu_sim_schedule(sim, 1, FALSE, make_offers, NULL, NULL);
  sim->offering = TRUE;
}

static void end_offer(MuSim *sim, MuSimAgent *agent, const char *id) {
  guint at = 0;
  g_hash_table_remove(sim->checks->offered, id);
  g_hash_table_remove(sim->offers, id);
  mu_agent_offer_end(agent->agent, id);
  if (g_ptr_array_find_with_equal_func(agent->offers, id, g_str_equal, &at))
    g_ptr_array_remove_index(agent->offers, at);
}

void mu_sim_end_offers(MuSim *sim, MuSimAgent *agent) {
  while (agent->offers->len > 0)
    end_offer(sim, agent, agent->offers->pdata[agent->offers->len - 1]);
}

static void end_refusal(MuSim *sim, gpointer data) {
  MuSimAgent *agent = data;
  if (sim->now_ms != agent->wake_ms)
    return; /* a shorter refusal came since */
  agent->wake_ms = 0;
  if (sim->now_ms >= agent->refused_until_ms) {
    mu_sim_offer_soon(sim, agent);
    return;
  }
  agent->wake_ms = agent->refused_until_ms;
  mu_sim_schedule(sim, agent->wake_ms - sim->now_ms, FALSE, end_refusal, agent, NULL);
}

static void refuse(MuSim *sim, MuSimAgent *agent, gint64 refuse_ms) {
  agent->refused_at = agent->changes;
  agent->refused_until_ms = sim->now_ms + refuse_ms;
  if (refuse_ms > 0 && (agent->wake_ms == 0 || agent->refused_until_ms < agent->wake_ms)) {
    agent->wake_ms = agent->refused_until_ms;
    mu_sim_schedule(sim, refuse_ms, FALSE, end_refusal, agent, NULL);
  }
}

static void decline(MuSim *sim, const MuEngineCall *call) {
  for (guint i = 0; i < call->offer_ids->len; i++) {
    MuSimAgent *agent = g_hash_table_lookup(sim->offers, call->offer_ids->pdata[i]);
    if (agent == NULL)
      continue;
    end_offer(sim, agent, call->offer_ids->pdata[i]);
    refuse(sim, agent, call->refuse_ms);
  }
}

/* ---- accepts -------------------------------------------------------------------------------------------------------- */

static void refuse_launch(MuSim *sim, const MuSimAgent *agent, const MuPodLaunch *launch, MuTaskState state,
                          const char *reason, const char *message) {
  for (guint i = 0; i < launch->tasks->len; i++)
    mu_sim_answer_for(sim, ((MuTaskLaunch *)launch->tasks->pdata[i])->task_id, agent == NULL ? NULL : agent->id, state,
                      reason, message);
}

/* Validation of the master (src/master/validation.cpp, namespace executor). */
static gboolean uses_disk(const MuPodLaunch *launch) {
  for (guint i = 0; i < launch->resources->items->len; i++)
    if (((const MuResource *)launch->resources->items->pdata[i])->kind == MU_RESOURCE_DISK)
      return TRUE;
  return FALSE;
}

static void launch_group(MuSim *sim, MuSimAgent *agent, const MuOperation *operation) {
  const MuPodLaunch *launch = operation->launch;
  g_autoptr(GError) error = NULL;
  if (g_hash_table_contains(sim->lingering, launch->executor_id)) {
    refuse_launch(sim, agent, launch, MU_TASK_DROPPED, "REASON_EXECUTOR_TERMINATED", "Executor terminated");
    return;
  }
  if (sim->refuse_launches > 0) {
    sim->refuse_launches--;
    refuse_launch(sim, agent, launch, MU_TASK_ERROR, "REASON_TASK_GROUP_UNAUTHORIZED", NULL);
    return;
  }
  if (sim->detailed && !uses_disk(launch)) {
    g_autofree char *message = g_strdup_printf("Executor '%s' uses no disk", launch->executor_id);
    refuse_launch(sim, agent, launch, MU_TASK_ERROR, "REASON_TASK_GROUP_INVALID", message);
    return;
  }
  if (!mu_agent_apply(agent->agent, operation, &error)) {
    refuse_launch(sim, agent, launch, MU_TASK_ERROR, "REASON_TASK_GROUP_INVALID", error->message);
    return;
  }
  sim->groups++;
  for (guint i = 0; i < launch->tasks->len; i++)
    mu_sim_launch(sim, agent, launch, launch->tasks->pdata[i]);
}

static void apply_operation(MuSim *sim, MuSimAgent *agent, const MuOperation *operation) {
  g_autoptr(GError) error = NULL;
  agent->changes++;
  if (operation->kind == MU_OP_LAUNCH_GROUP)
    launch_group(sim, agent, operation);
  else if (!mu_agent_apply(agent->agent, operation, &error))
    mu_sim_violate(sim, g_strdup_printf("an operation was refused on %s: %s", agent->id, error->message));
}

static void drop_operations(MuSim *sim, const MuEngineCall *call) {
  g_autofree char *message = g_strdup_printf("Task launched with invalid offers: Offer %s is no longer valid",
                                             (const char *)call->offer_ids->pdata[0]);
  for (guint i = 0; i < call->operations->len; i++) {
    const MuOperation *operation = call->operations->pdata[i];
    if (operation->kind == MU_OP_LAUNCH_GROUP)
      refuse_launch(sim, NULL, operation->launch, MU_TASK_DROPPED, "REASON_INVALID_OFFERS", message);
  }
}

/* The agent that all offers are of; NULL when one of them is no longer there. Those that are there end. */
static MuSimAgent *take_offers(MuSim *sim, const MuEngineCall *call) {
  MuSimAgent *of = NULL;
  gboolean all = TRUE;
  for (guint i = 0; i < call->offer_ids->len; i++) {
    MuSimAgent *agent = g_hash_table_lookup(sim->offers, call->offer_ids->pdata[i]);
    all &= agent != NULL;
    if (agent == NULL)
      continue;
    of = agent;
    end_offer(sim, agent, call->offer_ids->pdata[i]);
  }
  if (of != NULL && !all)
    mu_sim_offer_soon(sim, of);
  return all ? of : NULL;
}

static void accept(MuSim *sim, const MuEngineCall *call) {
  MuSimAgent *agent = take_offers(sim, call);
  gboolean drop = sim->drop_accepts > 0;
  if (drop)
    sim->drop_accepts--;
  if (agent == NULL || drop)
    drop_operations(sim, call);
  for (guint i = 0; agent != NULL && !drop && i < call->operations->len; i++)
    apply_operation(sim, agent, call->operations->pdata[i]);
  if (agent == NULL)
    return;
  refuse(sim, agent, call->refuse_ms);
  mu_sim_offer_soon(sim, agent);
}

void mu_sim_drop_accepts(MuSim *sim, guint n) {
  sim->drop_accepts = n;
}

void mu_sim_refuse_launches(MuSim *sim, guint n) {
  sim->refuse_launches = n;
}

/* ---- other calls ---------------------------------------------------------------------------------------------------- */

static void offer_all(MuSim *sim) {
  for (guint i = 0; i < sim->agents->len; i++) {
    MuSimAgent *agent = sim->agents->pdata[i];
    agent->refused_until_ms = sim->now_ms;
    mu_sim_offer_soon(sim, agent);
  }
}

static void revive(MuSim *sim) {
  sim->suppressed = FALSE;
  offer_all(sim);
}

static void reconcile(MuSim *sim, const MuEngineCall *call) {
  GHashTableIter iter;
  gpointer task = NULL;
  for (guint i = 0; i < call->tasks->len; i++) {
    const MuEnvVar *asked = call->tasks->pdata[i];
    MuSimTask *known = g_hash_table_lookup(sim->tasks, asked->name);
    if (known != NULL)
      mu_sim_tell_latest(sim, known);
    else
      mu_sim_answer_unknown(sim, asked->name, asked->value);
  }
  if (call->tasks->len > 0)
    return;
  g_hash_table_iter_init(&iter, sim->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &task))
    mu_sim_tell_latest(sim, task);
}

void mu_sim_cluster_call(MuSim *sim, const MuEngineCall *call) {
  if (!sim->subscribed)
    return;
  switch (call->kind) {
  case MU_CALL_ACCEPT: accept(sim, call); break;
  case MU_CALL_DECLINE: decline(sim, call); break;
  case MU_CALL_REVIVE: revive(sim); break;
  case MU_CALL_SUPPRESS: sim->suppressed = TRUE; break;
  case MU_CALL_KILL: mu_sim_kill(sim, call->task_id, call->agent_id); break;
  case MU_CALL_ACKNOWLEDGE: mu_sim_acknowledge(sim, call->task_id, call->uuid); break;
  case MU_CALL_RECONCILE: reconcile(sim, call); break;
  case MU_CALL_TEARDOWN: sim->torn_down = TRUE; break;
  }
}

static void retry_statuses(MuSim *sim, gpointer data) {
  if (GPOINTER_TO_UINT(data) != sim->connection)
    return;
  mu_sim_resend(sim);
  mu_sim_schedule(sim, STATUS_RETRY_MS, TRUE, retry_statuses, data, NULL);
}

void mu_sim_cluster_subscribe(MuSim *sim, const char *framework_id) {
  if (sim->down)
    return;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_SUBSCRIBED);
  if (framework_id == NULL) {
    g_free(sim->framework_id);
    sim->framework_id = g_strdup(mu_uuid_new(&sim->random).text);
    framework_id = sim->framework_id;
    sim->torn_down = FALSE; /* that was another framework */
  } else if (sim->framework_id == NULL) {
    sim->framework_id = g_strdup(framework_id); /* of another life of this cluster */
  }
  event->id = g_strdup(framework_id);
  sim->subscribed = TRUE;
  sim->suppressed = FALSE;
  sim->connection++;
  mu_sim_deliver(sim, event);
  offer_all(sim);
  mu_sim_schedule(sim, STATUS_RETRY_MS, TRUE, retry_statuses, GUINT_TO_POINTER(sim->connection), NULL);
}

void mu_sim_cluster_lose_scheduler(MuSim *sim) {
  sim->subscribed = FALSE;
  sim->connection++;
  for (guint i = 0; i < sim->agents->len; i++)
    mu_sim_end_offers(sim, sim->agents->pdata[i]);
}

void mu_sim_disconnect(MuSim *sim) {
  if (sim->down)
    return;
  sim->down = TRUE;
  mu_sim_cluster_lose_scheduler(sim);
  if (sim->client == NULL)
    return;
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_DISCONNECTED);
  event->message = g_strdup("the connection broke");
  mu_sim_deliver(sim, event);
}

void mu_sim_reconnect(MuSim *sim) {
  if (!sim->down)
    return;
  sim->down = FALSE;
  if (sim->client != NULL)
    mu_sim_wire_connect(sim);
}

void mu_sim_heal(MuSim *sim) {
  sim->drop_accepts = sim->refuse_launches = sim->crash_in = 0;
  memset(sim->status_faults, 0, sizeof sim->status_faults);
  memset(sim->store_faults, 0, sizeof sim->store_faults);
  sim->store_lost_until_ms = 0;
  mu_sim_reconnect(sim);
  for (guint i = 0; i < sim->agents->len; i++)
    mu_sim_return_agent(sim, mu_sim_agent_id(sim, i));
}

/* ---- looking --------------------------------------------------------------------------------------------------------- */

gboolean mu_sim_is_clean(const MuSim *sim) {
  if (g_hash_table_size(sim->tasks) > 0)
    return FALSE;
  for (guint i = 0; i < sim->agents->len; i++) {
    const MuSimAgent *agent = sim->agents->pdata[i];
    const MuResources *total = mu_agent_total(agent->agent);
    if (agent->state == MU_SIM_AGENT_GONE)
      continue;
    for (guint j = 0; j < total->items->len; j++)
      if (mu_resource_is_reserved(total->items->pdata[j]))
        return FALSE;
  }
  return TRUE;
}

gboolean mu_sim_is_torn_down(const MuSim *sim) {
  return sim->torn_down && mu_sim_records(sim) == 0;
}
