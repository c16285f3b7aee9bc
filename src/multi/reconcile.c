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
  g_hash_table_unref(client->unheard);
}

static void note_live_tasks(MuMultiServiceEventClient *client, const MuService *service) {
  GHashTableIter iter;
  gpointer value = NULL;
  if (service->unreadable != NULL)
    return;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuTask *task = value;
    if (!mu_task_is_alive(task))
      continue;
    MuEnvVar *asked = mu_env_var_new(task->record->task_id, task->record->agent_id);
    g_hash_table_replace(client->unheard, asked->name, asked);
  }
}

/* About the tasks that were not heard of; nothing when there are none. */
static void ask(MuMultiServiceEventClient *client) {
  GHashTableIter iter;
  gpointer asked = NULL;
  client->ask_again_ms = G_MAXINT64;
  if (g_hash_table_size(client->unheard) == 0)
    return;
  MuEngineCall *call = mu_engine_call_new(MU_CALL_RECONCILE);
  g_hash_table_iter_init(&iter, client->unheard);
  while (g_hash_table_iter_next(&iter, NULL, &asked))
    g_ptr_array_add(call->tasks, mu_env_var_new(((const MuEnvVar *)asked)->name, ((const MuEnvVar *)asked)->value));
  g_ptr_array_add(client->effects.calls, call);
  client->ask_again_ms = client->effects.now_ms + client->ask_pause_ms;
  client->ask_pause_ms = MIN(client->ask_pause_ms * 2, ASK_AGAIN_MAX_MS);
}

/* Explicit first: what became of the tasks that are believed to live; then implicit: what else runs; and what is reserved. */
void mu_client_reconcile(MuMultiServiceEventClient *client) {
  GHashTableIter iter;
  gpointer service = NULL;
  client->ask_pause_ms = ASK_AGAIN_FIRST_MS;
  g_hash_table_remove_all(client->unheard);
  g_hash_table_iter_init(&iter, client->manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &service))
    note_live_tasks(client, service);
  ask(client);
  g_ptr_array_add(client->effects.calls, mu_engine_call_new(MU_CALL_RECONCILE));
  client->next_reconcile_ms = client->effects.now_ms + client->settings.reconcile_ms;
  mu_client_sweep(client);
  if (client->roles->len > 1)
    mu_roles_review(client);
}

void mu_client_reconcile_due(MuMultiServiceEventClient *client) {
  if (!client->subscribed)
    return;
  if (client->effects.now_ms >= client->next_reconcile_ms)
    mu_client_reconcile(client);
  else if (client->effects.now_ms >= client->ask_again_ms)
    ask(client);
}

void mu_client_heard_of(MuMultiServiceEventClient *client, const char *task_id) {
  if (g_hash_table_remove(client->unheard, task_id) && g_hash_table_size(client->unheard) == 0)
    client->ask_again_ms = G_MAXINT64;
}

gint64 mu_client_reconcile_next_ms(const MuMultiServiceEventClient *client) {
  return client->subscribed ? MIN(client->next_reconcile_ms, client->ask_again_ms) : G_MAXINT64;
}
