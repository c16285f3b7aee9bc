/* The virtual master: agents, offers, and what an accept does. */
#include "sim_check.h"

#include <string.h>

#define STATUS_RETRY_MS 10000

void mu_sim_cluster_init(MuSim *sim) {
  sim->agents = g_ptr_array_new_with_free_func((GDestroyNotify)mu_sim_agent_free);
  sim->agents_by_id = g_hash_table_new(g_str_hash, g_str_equal);
  sim->offers = g_hash_table_new(mu_id_hash, g_str_equal);
  sim->offer_roles = g_hash_table_new_full(mu_id_hash, g_str_equal, g_free, g_free);
  sim->roles = g_ptr_array_new_with_free_func(g_free);
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
  g_hash_table_unref(sim->offer_roles);
  g_ptr_array_unref(sim->roles);
  g_hash_table_unref(sim->agents_by_id);
  g_queue_clear(&sim->to_offer);
  g_ptr_array_unref(sim->agents);
  g_free(sim->framework_id);
}

/* ---- offers --------------------------------------------------------------------------------------------------------- */

static gboolean has_offer(const MuSim *sim, const MuSimAgent *agent, const char *role) {
  for (guint i = 0; i < agent->offers->len; i++)
    if (g_strcmp0(g_hash_table_lookup(sim->offer_roles, agent->offers->pdata[i]), role) == 0)
      return TRUE;
  return FALSE;
}

static gboolean may_offer(const MuSim *sim, const MuSimAgent *agent, const char *role) {
  if (agent->state != MU_SIM_AGENT_UP || (!sim->detailed && has_offer(sim, agent, role)))
    return FALSE;
  return !mu_sim_refuses_all(sim, agent, role);
}

static void offer_to_role(MuSim *sim, MuSimAgent *agent, const char *role, MuEngineEvent *event) {
  if (!may_offer(sim, agent, role))
    return;
  g_autofree char *id = g_strdup_printf("offer-%" G_GUINT64_FORMAT, sim->sequence++);
  MuOffer *offer = mu_agent_make_offer_to(agent->agent, id, role);
  if (offer != NULL && mu_sim_refuses(sim, agent, offer)) {
    mu_agent_offer_end(agent->agent, id);
    g_clear_pointer(&offer, mu_offer_free);
  }
  if (offer == NULL)
    return;
  g_hash_table_insert(sim->offer_roles, g_strdup(id), g_strdup(role));
  g_hash_table_insert(sim->offers, id, agent);
  g_ptr_array_add(agent->offers, g_steal_pointer(&id));
  mu_sim_check_offer(sim, offer);
  g_ptr_array_add(event->offers, offer);
}

/* What is unreserved is given to the first that does not refuse it: the role that has least of the cluster, as the one that came
 * last mostly has (recorded from a real master). */
static void offer_agent(MuSim *sim, MuSimAgent *agent, MuEngineEvent *event) {
  for (guint i = sim->roles->len; i > 0; i--)
    offer_to_role(sim, agent, sim->roles->pdata[i - 1], event);
  if (sim->roles->len == 0)
    offer_to_role(sim, agent, "*", event);
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
  g_hash_table_remove(sim->offer_roles, id);
  mu_agent_offer_end(agent->agent, id);
  if (g_ptr_array_find_with_equal_func(agent->offers, id, g_str_equal, &at))
    g_ptr_array_remove_index(agent->offers, at);
}

void mu_sim_end_offers(MuSim *sim, MuSimAgent *agent) {
  while (agent->offers->len > 0)
    end_offer(sim, agent, agent->offers->pdata[agent->offers->len - 1]);
}

/* With one role it is offered nothing else later. */
static void add_offered(const MuSim *sim, const MuSimAgent *agent, const char *id, MuResources **sum) {
  if (sim->roles->len < 2)
    return;
  if (*sum == NULL)
    *sum = mu_resources_new();
  mu_resources_add_all(*sum, mu_agent_offered(agent->agent, id));
}

static void decline(MuSim *sim, const MuEngineCall *call) {
  for (guint i = 0; i < call->offer_ids->len; i++) {
    const char *id = call->offer_ids->pdata[i];
    MuSimAgent *agent = g_hash_table_lookup(sim->offers, id);
    if (agent == NULL)
      continue;
    g_autofree char *role = g_strdup(g_hash_table_lookup(sim->offer_roles, id));
    MuResources *of = NULL;
    add_offered(sim, agent, id, &of);
    end_offer(sim, agent, id);
    mu_sim_refuse(sim, agent, role, of, call->refuse_ms);
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

/* Reserve::validate of the master: only for the role that the offer was made to. */
static gboolean is_for_role(const MuOperation *operation, const char *role) {
  for (guint i = 0; operation->kind == MU_OP_RESERVE && i < operation->resources->items->len; i++)
    if (g_strcmp0(((const MuResource *)operation->resources->items->pdata[i])->reservation.role, role) != 0)
      return FALSE;
  return TRUE;
}

static void apply_operation(MuSim *sim, MuSimAgent *agent, const char *role, const MuOperation *operation) {
  g_autoptr(GError) error = NULL;
  agent->changes++;
  if (operation->kind == MU_OP_LAUNCH_GROUP)
    launch_group(sim, agent, operation);
  else if (!is_for_role(operation, role))
    mu_sim_violate(sim,
                   g_strdup_printf("a reservation was made on %s for another role than %s, that the offer was made to",
                                   agent->id, role));
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

/* The agent that all offers are of, their role and what was offered (NULL with one role; the caller frees both); NULL when one of
 * them is no longer there. Those that are there end. */
static MuSimAgent *take_offers(MuSim *sim, const MuEngineCall *call, char **ret_role, MuResources **ret_offered) {
  MuSimAgent *of = NULL;
  gboolean all = TRUE;
  for (guint i = 0; i < call->offer_ids->len; i++) {
    const char *id = call->offer_ids->pdata[i], *role = g_hash_table_lookup(sim->offer_roles, id);
    MuSimAgent *agent = g_hash_table_lookup(sim->offers, id);
    all &= agent != NULL;
    if (agent == NULL)
      continue;
    if (of != NULL && (of != agent || strcmp(role, *ret_role) != 0))
      mu_sim_violate(sim,
                     g_strdup_printf("one accept names offers of several agents or roles: %s of %s", id, agent->id));
    of = agent;
    g_free(*ret_role);
    *ret_role = g_strdup(role);
    add_offered(sim, agent, id, ret_offered);
    end_offer(sim, agent, id);
  }
  if (of != NULL && !all)
    mu_sim_offer_soon(sim, of);
  return all ? of : NULL;
}

static void accept(MuSim *sim, const MuEngineCall *call) {
  g_autofree char *role = NULL;
  g_autoptr(MuResources) offered = NULL;
  MuSimAgent *agent = take_offers(sim, call, &role, &offered);
  gboolean drop = sim->drop_accepts > 0;
  if (drop)
    sim->drop_accepts--;
  if (agent == NULL || drop)
    drop_operations(sim, call);
  for (guint i = 0; agent != NULL && !drop && i < call->operations->len; i++)
    apply_operation(sim, agent, role, call->operations->pdata[i]);
  if (agent == NULL)
    return;
  mu_sim_refuse(sim, agent, role, g_steal_pointer(&offered), call->refuse_ms);
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
    mu_sim_forget_refusals(agent);
    mu_sim_offer_soon(sim, agent);
  }
}

static void revive(MuSim *sim) {
  sim->suppressed = FALSE;
  offer_all(sim);
}

static gboolean has_role(const MuSim *sim, const char *role) {
  return g_ptr_array_find_with_equal_func(sim->roles, role, g_str_equal, NULL);
}

static void rescind_foreign(MuSim *sim, MuSimAgent *agent) {
  for (guint i = agent->offers->len; i > 0; i--) {
    const char *id = agent->offers->pdata[i - 1];
    if (has_role(sim, g_hash_table_lookup(sim->offer_roles, id)))
      continue;
    MuEngineEvent *event = mu_engine_event_new(MU_EVENT_RESCIND);
    event->id = g_strdup(id);
    end_offer(sim, agent, event->id);
    mu_sim_deliver(sim, event);
  }
}

/* UPDATE_FRAMEWORK, or a part of SUBSCRIBE. */
static void take_roles(MuSim *sim, const MuEngineCall *call) {
  g_ptr_array_set_size(sim->roles, 0);
  for (guint i = 0; i < call->roles->len; i++)
    g_ptr_array_add(sim->roles, g_strdup(call->roles->pdata[i]));
  if (!sim->subscribed)
    return;
  sim->suppressed = FALSE;
  for (guint i = 0; i < sim->agents->len; i++) {
    rescind_foreign(sim, sim->agents->pdata[i]);
    mu_sim_offer_soon(sim, sim->agents->pdata[i]);
  }
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
  if (call->kind == MU_CALL_ROLES)
    take_roles(sim, call);
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
  case MU_CALL_ROLES: break; /* taken above, subscribed or not */
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
      if (mu_resource_is_reserved(total->items->pdata[j]) &&
          !((const MuResource *)total->items->pdata[j])->reservation.is_static)
        return FALSE;
  }
  return TRUE;
}

gboolean mu_sim_is_torn_down(const MuSim *sim) {
  return sim->torn_down && mu_sim_records(sim) == 0;
}
