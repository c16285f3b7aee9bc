#include "spec_task_env.h"

#include "spec_pairs.h"
#include "spec_rules.h"
#include <string.h>

#define PREFIX "TASKCFG_"
#define PREFIX_OF_ALL PREFIX "ALL_"

/* "TASKCFG_MY_POD_" */
static char *prefix_of(const char *pod) {
  GString *prefix = g_string_new(PREFIX);
  for (const char *c = pod; *c != '\0'; c++)
    g_string_append_c(prefix, g_ascii_isalnum(*c) ? g_ascii_toupper(*c) : '_');
  return g_string_free(g_string_append_c(prefix, '_'), FALSE);
}

static void take_with(GHashTable *variables, const char *prefix, GHashTable *into) {
  GHashTableIter iter;
  gpointer key = NULL, value = NULL;
  g_hash_table_iter_init(&iter, variables);
  while (g_hash_table_iter_next(&iter, &key, &value))
    if (g_str_has_prefix(key, prefix))
      g_hash_table_insert(into, (char *)key + strlen(prefix), value);
}

static void add_to_task(MuSpecReader *reader, GHashTable *added, MuTaskSpec *task) {
  MuArena *arena = reader->arena;
  MuKeyValue *env = mu_arena_new0(arena, MuKeyValue, task->n_env + g_hash_table_size(added));
  guint n = 0;
  for (guint i = 0; i < task->n_env; i++)
    if (!g_hash_table_contains(added, task->env[i].key))
      env[n++] = task->env[i];
  GHashTableIter iter;
  gpointer key = NULL, value = NULL;
  g_hash_table_iter_init(&iter, added);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    mu_spec_check_env_key(reader, task, "env", key);
    env[n++] = (MuKeyValue){.key = mu_arena_strdup(arena, key), .value = mu_arena_strdup(arena, value)};
  }
  mu_pairs_sort(env, n);
  task->env = env;
  task->n_env = n;
}

static void add_to_pod(MuSpecReader *reader, GHashTable *variables, const MuPodSpec *pod) {
  g_autofree char *prefix = prefix_of(pod->type);
  g_autoptr(GHashTable) added = g_hash_table_new(g_str_hash, g_str_equal);
  take_with(variables, PREFIX_OF_ALL, added);
  take_with(variables, prefix, added);
  for (guint i = 0; g_hash_table_size(added) > 0 && i < pod->n_tasks; i++)
    add_to_task(reader, added, &pod->tasks[i]);
}

static gboolean is_for_tasks(gpointer key, gpointer value, gpointer user) {
  (void)value, (void)user;
  return g_str_has_prefix(key, PREFIX);
}

void mu_spec_add_task_env(MuSpecReader *reader, GHashTable *variables, const MuServiceSpec *spec) {
  if (variables == NULL || g_hash_table_find(variables, is_for_tasks, NULL) == NULL)
    return;
  for (guint i = 0; i < spec->n_pods; i++)
    add_to_pod(reader, variables, &spec->pods[i]);
}
