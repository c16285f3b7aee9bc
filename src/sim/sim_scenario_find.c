#include "sim_scenario_find.h"

#include "client_private.h"

#include <string.h>

MuService *mu_find_service(MuScenarioRun *run, const char *name) {
  MuMultiServiceEventClient *client = mu_sim_client(run->sim);
  return client == NULL ? NULL : mu_manager_find(client->manager, name);
}

MuPath mu_path_split(MuScenarioRun *run, const char *text) {
  const char *cut = NULL;
  for (const char *slash = strrchr(text, '/'); slash != NULL && cut == NULL;) {
    g_autofree char *name = g_strndup(text, (gsize)(slash - text));
    if (mu_find_service(run, name) != NULL)
      cut = slash;
    slash = g_strrstr_len(text, slash - text, "/");
  }
  if (cut == NULL)
    cut = strchr(text, '/');
  MuPath path = {g_strndup(text, (gsize)(cut - text)), g_strsplit(cut + 1, "/", -1), 0};
  path.n = g_strv_length(path.parts);
  return path;
}

void mu_path_clear(MuPath *path) {
  g_free(path->service);
  g_strfreev(path->parts);
}

MuPod *mu_find_pod(MuScenarioRun *run, const char *text) {
  g_auto(MuPath) path = mu_path_split(run, text);
  const MuService *service = mu_find_service(run, path.service);
  return service == NULL ? NULL : mu_service_pod(service, path.parts[0]);
}

MuTask *mu_find_task(MuScenarioRun *run, const char *text) {
  g_auto(MuPath) path = mu_path_split(run, text);
  const MuService *service = mu_find_service(run, path.service);
  GHashTableIter iter;
  gpointer value = NULL;
  if (service == NULL)
    return NULL;
  g_hash_table_iter_init(&iter, service->tasks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (strcmp(((const MuTask *)value)->record->name, path.parts[0]) == 0)
      return value;
  return NULL;
}

char *mu_find_agent_id(const char *text) {
  gboolean number = text[strspn(text, "0123456789")] == '\0';
  return number ? g_strdup_printf("agent-%s", text) : g_strdup(text);
}

gboolean mu_has_agent(MuScenarioRun *run, const char *id) {
  for (guint i = 0; i < mu_sim_agents(run->sim); i++)
    if (strcmp(mu_sim_agent_id(run->sim, i), id) == 0)
      return TRUE;
  return FALSE;
}

char *mu_find_run(MuScenarioRun *run, const char *path) {
  const MuTask *task = mu_find_task(run, path);
  return task == NULL || !mu_task_is_alive(task) ? NULL : g_strdup(task->record->task_id);
}

char *mu_find_footprint(MuScenarioRun *run, const char *path) {
  const MuPod *pod = mu_find_pod(run, path);
  if (pod == NULL || pod->record == NULL || pod->record->entries->len == 0)
    return NULL;
  GString *out = g_string_new(pod->record->agent_id);
  for (guint i = 0; i < pod->record->entries->len; i++) {
    const MuLedgerEntry *entry = pod->record->entries->pdata[i];
    g_autofree char *what = mu_resource_to_string(entry->resource);
    g_string_append_printf(out, ", %s %s", what, entry->resource->reservation.resource_id);
  }
  return g_string_free(out, FALSE);
}
