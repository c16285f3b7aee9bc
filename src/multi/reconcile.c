/* Reconciliation: asking the engine what became of tasks. An answer may be lost, and for an agent that is not back yet none
 * comes at all, so what was not heard of is asked for again, ever less often (reconciliation.md of Mesos). */
#include "roles.h"

#define ASK_AGAIN_FIRST_MS 10000
#define ASK_AGAIN_MAX_MS 600000 /* doubled each time up to this */

void mu_client_reconcile_init(MuMultiServiceEventClient *client) {
  client->unheard = g_hash_table_new_full(mu_id_hash, g_str_equal, NULL, (GDestroyNotify)mu_env_var_free);
  client->next_reconcile_ms = client->ask_again_ms = G_MAXINT64;
}

void mu_client_reconcile_free(MuMultiServiceEventClient *client) {
  g_free(client->asked_up_to);
  g_hash_table_unref(client->unheard);
}

static void add_task(MuEngineCall *call, const char *task_id, const char *agent_id) {
  g_ptr_array_add(call->tasks, mu_env_var_new(task_id, agent_id));
}

static void ask_about_service(MuMultiServiceEventClient *client, const MuService *service, MuEngineCall *call) {
  GHashTableIter iter;
  gpointer value = NULL;
  if (service->unreadable != NULL)
    return;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuTaskRecord *record = ((const MuTask *)value)->record;
    if (!mu_task_is_alive(value))
      continue;
    MuEnvVar *asked = mu_env_var_new(record->task_id, record->agent_id);
    g_hash_table_replace(client->unheard, asked->name, asked);
    add_task(call, record->task_id, record->agent_id);
  }
}

/* A call about no task would be about all of them. */
static void give(MuMultiServiceEventClient *client, MuEngineCall *take_call) {
  if (take_call->tasks->len > 0)
    g_ptr_array_add(client->effects.calls, take_call);
  else
    mu_engine_call_free(take_call);
}

static void ask_again_later(MuMultiServiceEventClient *client) {
  gboolean all_heard = g_hash_table_size(client->unheard) == 0;
  client->ask_again_ms = all_heard ? G_MAXINT64 : client->effects.now_ms + client->ask_pause_ms;
  if (!all_heard)
    client->ask_pause_ms = MIN(client->ask_pause_ms * 2, ASK_AGAIN_MAX_MS);
}

/* About the tasks that were not heard of. */
static void ask_again(MuMultiServiceEventClient *client) {
  GHashTableIter iter;
  gpointer value = NULL;
  MuEngineCall *call = mu_engine_call_new(MU_CALL_RECONCILE);
  g_hash_table_iter_init(&iter, client->unheard);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    add_task(call, ((const MuEnvVar *)value)->name, ((const MuEnvVar *)value)->value);
  give(client, call);
  ask_again_later(client);
}

static GTreeNode *next_service(const MuMultiServiceEventClient *client) {
  GTree *services = client->manager->in_order;
  return client->asked_up_to == NULL ? g_tree_node_first(services) : g_tree_upper_bound(services, client->asked_up_to);
}

/* Implicitly, at last: what else runs; and what is reserved. */
static void end_asking(MuMultiServiceEventClient *client) {
  client->asking = FALSE;
  g_ptr_array_add(client->effects.calls, mu_engine_call_new(MU_CALL_RECONCILE));
  ask_again_later(client);
  mu_client_sweep(client);
  if (client->roles->len > 1)
    mu_roles_review(client);
}

/* Explicitly: what became of the tasks that are believed to live. Of one service after the other, so many as a drain has room
 * for. */
static void ask_part(MuMultiServiceEventClient *client) {
  MuEngineCall *call = mu_engine_call_new(MU_CALL_RECONCILE);
  GTreeNode *node = next_service(client);
  const char *last = NULL;
  for (; node != NULL && call->tasks->len < client->settings.asked_per_drain; node = g_tree_node_next(node)) {
    ask_about_service(client, g_tree_node_value(node), call);
    last = g_tree_node_key(node);
  }
  if (last != NULL) {
    g_free(client->asked_up_to);
    client->asked_up_to = g_strdup(last);
  }
  give(client, call);
  if (node == NULL)
    end_asking(client);
}

void mu_client_reconcile(MuMultiServiceEventClient *client) {
  g_hash_table_remove_all(client->unheard);
  g_clear_pointer(&client->asked_up_to, g_free);
  client->asking = TRUE;
  client->ask_pause_ms = ASK_AGAIN_FIRST_MS;
  client->ask_again_ms = G_MAXINT64;
  client->next_reconcile_ms = client->effects.now_ms + client->settings.reconcile_ms;
}

void mu_client_reconcile_due(MuMultiServiceEventClient *client) {
  if (!client->subscribed)
    return;
  if (client->effects.now_ms >= client->next_reconcile_ms)
    mu_client_reconcile(client);
  if (client->asking)
    ask_part(client);
  else if (client->effects.now_ms >= client->ask_again_ms)
    ask_again(client);
}

void mu_client_heard_of(MuMultiServiceEventClient *client, const char *task_id) {
  if (g_hash_table_remove(client->unheard, task_id) && g_hash_table_size(client->unheard) == 0 && !client->asking)
    client->ask_again_ms = G_MAXINT64;
}

gint64 mu_client_reconcile_next_ms(const MuMultiServiceEventClient *client) {
  return client->subscribed ? MIN(client->next_reconcile_ms, client->ask_again_ms) : G_MAXINT64;
}
