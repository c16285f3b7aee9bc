/* Views of configurations and of the config templates in them. */
#include "json.h"
#include "view_inspect.h"
#include "view_private.h"
#include <muster/error.h>

#include <string.h>

json_t *mu_view_configurations(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  return service == NULL ? NULL : mu_view_config_ids(service);
}

static gboolean check_id(const char *id, GError **error) {
  if (g_uuid_string_is_valid(id))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
              "`%s` is not the id of a configuration: a uuid was expected, as GET …/configurations lists them", id);
  return FALSE;
}

/* The spec, or NULL with an error. `id` NULL: the target. */
static const MuServiceSpec *require_config(const MuService *service, const char *id, GError **error) {
  if (id != NULL && !check_id(id, error))
    return NULL;
  const MuServiceSpec *spec = id == NULL ? mu_service_target(service) : mu_service_config(service, id);
  if (spec != NULL)
    return spec;
  if (id == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no configuration (any more)", service->name);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "service %s has no configuration %s; list them with: muster config list %s", service->name, id,
                service->name);
  return NULL;
}

json_t *mu_view_configuration(MuMultiServiceEventClient *client, const char *name, const char *id, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuServiceSpec *spec = service == NULL ? NULL : require_config(service, id, error);
  if (spec == NULL)
    return NULL;
  g_autofree char *text = mu_service_spec_to_json(spec);
  return mu_json_parse(text, strlen(text), G_MAXSIZE, error);
}

json_t *mu_view_target_id(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL || require_config(service, NULL, error) == NULL)
    return NULL;
  return json_pack("[s]", service->record->target);
}

/* ---- templates ----------------------------------------------------------------------------------------------------- */

static const MuPodSpec *find_pod(const MuServiceSpec *spec, const char *type, GError **error) {
  const MuPodSpec *pod = mu_service_spec_pod(spec, type);
  if (pod != NULL)
    return pod;
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < spec->n_pods; i++)
    g_ptr_array_add(names, (gpointer)spec->pods[i].type);
  mu_view_set_unknown(names, "pod type", type, "the configuration", error);
  return NULL;
}

static const MuTaskSpec *find_task(const MuPodSpec *pod, const char *name, GError **error) {
  const MuTaskSpec *task = mu_pod_spec_task(pod, name);
  if (task != NULL)
    return task;
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < pod->n_tasks; i++)
    g_ptr_array_add(names, (gpointer)pod->tasks[i].name);
  mu_view_set_unknown(names, "task", name, pod->type, error);
  return NULL;
}

static const MuConfigFile *find_file(const MuTaskSpec *task, const char *name, GError **error) {
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < task->n_configs; i++) {
    if (strcmp(task->configs[i].name, name) == 0) {
      g_ptr_array_unref(names);
      return &task->configs[i];
    }
    g_ptr_array_add(names, (gpointer)task->configs[i].name);
  }
  mu_view_set_unknown(names, "config", name, task->name, error);
  return NULL;
}

char *mu_view_template(MuMultiServiceEventClient *client, const char *name, const MuTemplatePath *path,
                       GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuServiceSpec *spec = service == NULL ? NULL : require_config(service, path->configuration, error);
  const MuPodSpec *pod = spec == NULL ? NULL : find_pod(spec, path->pod_type, error);
  const MuTaskSpec *task = pod == NULL ? NULL : find_task(pod, path->task, error);
  const MuConfigFile *file = task == NULL ? NULL : find_file(task, path->config, error);
  return file == NULL ? NULL : g_strdup(file->template_text);
}
