/* The decommission of an instance that an operator names, and its way back. The hole that it leaves is a member of the service's
 * record: while it is there, no plan and no recovery takes the instance for wanted. Its place in the plans stays, and is
 * complete, so that marks and canaries mean the same steps as before. */
#include "service_private.h"

#include <muster/error.h>

#include <string.h>

gboolean mu_service_has_hole(const MuService *service, const char *pod) {
  const char *holes = service->record->holes;
  gsize length = strlen(pod);
  while (holes != NULL && *holes != '\0') {
    gsize n = strcspn(holes, " ");
    if (n == length && strncmp(holes, pod, n) == 0)
      return TRUE;
    holes += n + (holes[n] == ' ');
  }
  return FALSE;
}

gboolean mu_pod_is_decommissioned(const MuPod *pod) {
  return pod->service->record->holes != NULL && mu_service_has_hole(pod->service, pod->name);
}

gboolean mu_pod_is_leaving_for_good(const MuPod *pod) {
  return pod->service->record->state == MU_SERVICE_RUNNING && pod->record != NULL && pod->record->fate == MU_POD_ERASE;
}

gboolean mu_pod_is_hole(const MuPod *pod) {
  return pod->record == NULL && pod->tasks->len == 0 && mu_pod_is_decommissioned(pod);
}

static void set_holes(MuService *service, GString *take_holes) {
  g_free(service->record->holes);
  service->record->holes = take_holes->len == 0 ? NULL : g_strdup(take_holes->str);
  g_string_free(take_holes, TRUE);
}

static void add_name(GString *holes, const char *name) {
  g_string_append_printf(holes, "%s%s", holes->len == 0 ? "" : " ", name);
}

static void add_hole(MuService *service, const char *name) {
  GString *holes = g_string_new(service->record->holes);
  add_name(holes, name);
  set_holes(service, holes);
}

/* The name is "type-index", with the last dash between them. */
static const MuPodSpec *spec_of(const MuServiceSpec *spec, const char *name, guint *ret_index) {
  const char *dash = strrchr(name, '-');
  guint64 index = 0;
  if (spec == NULL || dash == NULL || !g_ascii_string_to_unsigned(dash + 1, 10, 0, G_MAXINT32, &index, NULL))
    return NULL;
  g_autofree char *type = g_strndup(name, (gsize)(dash - name));
  const MuPodSpec *pod = mu_service_spec_pod(spec, type);
  *ret_index = (guint)index;
  return pod == NULL || index >= (guint64)pod->count ? NULL : pod;
}

static void keep_holes(MuService *service, const MuServiceSpec *spec, const char *without) {
  g_auto(GStrv) names = g_strsplit(service->record->holes, " ", -1);
  GString *holes = g_string_new(NULL);
  guint index = 0;
  for (guint i = 0; names[i] != NULL; i++)
    if (g_strcmp0(names[i], without) != 0 && spec_of(spec, names[i], &index) != NULL)
      add_name(holes, names[i]);
  set_holes(service, holes);
}

void mu_service_forget_holes(MuService *service, const MuServiceSpec *spec) {
  if (service->record->holes != NULL)
    keep_holes(service, spec, NULL);
}

/* ---- the operations ------------------------------------------------------------------------------------------------ */

/* The spec of an instance that is part of the configuration. */
static const MuPodSpec *require_spec(const MuService *service, const MuPod *pod, GError **error) {
  guint index = 0;
  const MuPodSpec *spec = spec_of(mu_service_target(service), pod->name, &index);
  if (spec == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "pod %s is no part of the configuration, and is being removed",
                pod->name);
  return spec;
}

static gboolean check(const MuService *service, const MuPod *pod, GError **error) {
  const MuPodSpec *spec = require_spec(service, pod, error);
  if (spec != NULL && !spec->allow_decommission)
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "pod %s may not be decommissioned; first update service %s with allow-decommission: true for pod %s",
                pod->name, service->name, pod->type);
  return spec != NULL && spec->allow_decommission;
}

static void note_tasks(const MuPod *pod, GPtrArray *tasks) {
  for (guint i = 0; i < pod->tasks->len; i++)
    g_ptr_array_add(tasks, g_strdup(((MuTask *)pod->tasks->pdata[i])->record->name));
}

gboolean mu_service_pod_decommission(MuService *service, const char *name, GPtrArray *ret_tasks, MuEffects *effects,
                                     GError **error) {
  if (service->record->state == MU_SERVICE_RUNNING && mu_service_has_hole(service, name))
    return TRUE;
  MuPod *pod = mu_service_require_pod(service, name, error);
  if (pod == NULL || !check(service, pod, error))
    return FALSE;
  note_tasks(pod, ret_tasks);
  add_hole(service, name);
  mu_service_put(service, effects);
  mu_pod_dismiss(pod, effects);
  mu_service_rebuild_plans(service, effects);
  return TRUE;
}

gboolean mu_service_pod_recommission(MuService *service, const char *name, GPtrArray *ret_tasks, MuEffects *effects,
                                     GError **error) {
  guint index = 0;
  if (service->record->state != MU_SERVICE_RUNNING || !mu_service_has_hole(service, name)) {
    const MuPod *present = mu_service_require_pod(service, name, error);
    return present != NULL && require_spec(service, present, error) != NULL;
  }
  const MuPodSpec *spec = spec_of(mu_service_target(service), name, &index);
  MuPod *pod = mu_service_ensure_pod(service, spec->type, index);
  keep_holes(service, mu_service_target(service), name);
  mu_service_put(service, effects);
  mu_pod_take_back(pod, effects);
  note_tasks(pod, ret_tasks);
  service->wants_more = TRUE;
  mu_service_rebuild_plans(service, effects);
  return TRUE;
}
