/* Reconciliation: asking the engine what became of tasks. An answer may be lost, and for an agent that is not back yet none
 * comes at all, so what was not heard of is asked for again, ever less often (reconciliation.md of Mesos). */
#include "roles.h"

#define ASK_AGAIN_FIRST_MS 10000
#define ASK_AGAIN_MAX_MS 600000 /* doubled each time up to this */

static GHashTable *asked_new(void) {
  return g_hash_table_new_full(mu_id_hash, g_str_equal, NULL, (GDestroyNotify)mu_env_var_free);
}

void mu_client_reconcile_init(MuMultiServiceEventClient *client) {
  client->unheard = asked_new();
  client->asked_again = asked_new();
  client->next_reconcile_ms = client->ask_again_ms = G_MAXINT64;
}

void mu_client_reconcile_free(MuMultiServiceEventClient *client) {
  g_free(client->asked_up_to);
  g_hash_table_unref(client->unheard);
  g_hash_table_unref(client->asked_again);
}

static void add_task(MuEngineCall *call, const char *task_id, const char *agent_id) {
  mu_items_add(call->tasks, mu_env_var_new(task_id, agent_id));
}

static void ask_about_task(MuMultiServiceEventClient *client, MuTask *task, MuEngineCall *call) {
  const MuTaskRecord *record = task->record;
  MuEnvVar *asked = mu_env_var_new(record->task_id, record->agent_id);
  g_hash_table_replace(client->unheard, asked->name, asked);
  add_task(call, record->task_id, record->agent_id);
  task->asked_round = client->ask_round;
}

/* FALSE: the call is full, and some of the service's are left. */
static gboolean ask_about_service(MuMultiServiceEventClient *client, const MuService *service, MuEngineCall *call) {
  GHashTableIter iter;
  gpointer value = NULL;
  if (service->unreadable != NULL)
    return TRUE;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    MuTask *task = value;
    if (!mu_task_is_alive(task) || task->asked_round == client->ask_round)
      continue;
    if (call->tasks->len >= client->settings.asked_per_drain)
      return FALSE;
    ask_about_task(client, task, call);
  }
  return TRUE;
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

/* About the tasks that were not heard of, so many as a drain has room for. */
static void ask_again_part(MuMultiServiceEventClient *client) {
  GHashTableIter iter;
  gpointer key = NULL, value = NULL;
  MuEngineCall *call = mu_engine_call_new(MU_CALL_RECONCILE);
  g_hash_table_iter_init(&iter, client->unheard);
  while (call->tasks->len < client->settings.asked_per_drain && g_hash_table_iter_next(&iter, &key, &value)) {
    add_task(call, ((const MuEnvVar *)value)->name, ((const MuEnvVar *)value)->value);
    g_hash_table_iter_steal(&iter);
    g_hash_table_insert(client->asked_again, key, value);
  }
  give(client, call);
  client->asking_again = g_hash_table_size(client->unheard) > 0;
  if (client->asking_again)
    return;
  GHashTable *all = client->asked_again;
  client->asked_again = client->unheard;
  client->unheard = all;
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
  mu_roles_review_end(client);
}

/* Explicitly: what became of the tasks that are believed to live. Of one service after the other, so many as a drain has room
 * for; one that has none is looked at, too. */
static void ask_part(MuMultiServiceEventClient *client) {
  MuEngineCall *call = mu_engine_call_new(MU_CALL_RECONCILE);
  GTreeNode *node = next_service(client);
  const char *last = NULL;
  guint idle = 0;
  for (; node != NULL && idle + call->tasks->len < client->settings.asked_per_drain; node = g_tree_node_next(node)) {
    guint before = call->tasks->len;
    if (!ask_about_service(client, g_tree_node_value(node), call))
      break;
    mu_roles_review_service(client, g_tree_node_value(node));
    idle += call->tasks->len == before;
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
  g_hash_table_remove_all(client->asked_again);
  client->asking_again = FALSE;
  mu_roles_review_begin(client);
  g_clear_pointer(&client->asked_up_to, g_free);
  client->asking = TRUE;
  client->ask_round++;
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
  else if (client->asking_again || client->effects.now_ms >= client->ask_again_ms)
    ask_again_part(client);
}

void mu_client_heard_of(MuMultiServiceEventClient *client, const char *task_id) {
  if (!g_hash_table_remove(client->unheard, task_id) && !g_hash_table_remove(client->asked_again, task_id))
    return;
  if (g_hash_table_size(client->unheard) + g_hash_table_size(client->asked_again) == 0 && !client->asking)
    client->ask_again_ms = G_MAXINT64;
}

gint64 mu_client_reconcile_next_ms(const MuMultiServiceEventClient *client) {
  return client->subscribed ? MIN(client->next_reconcile_ms, client->ask_again_ms) : G_MAXINT64;
}
