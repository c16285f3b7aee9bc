/* Services that need each other: while one that a service depends on is not there, the service's rollout makes no pod (what has
 * died is brought back, and other plans go on); and one that is needed is not removed, unless by force. */
#include "sim_check.h"

#include "client_private.h"

#include <string.h>

/* ---- what is there, found from the steps ------------------------------------------------------------------------------ */

static gboolean is_complete(const MuPlan *plan) {
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++)
      if (((const MuStep *)phase->steps->pdata[j])->status != MU_STATUS_COMPLETE)
        return FALSE;
  }
  return plan->errors->len == 0;
}

static gboolean is_there(const MuMultiServiceManager *manager, const MuDependency *dependency) {
  const MuService *service = mu_manager_find(manager, dependency->service);
  if (service == NULL || service->record->state != MU_SERVICE_RUNNING)
    return FALSE;
  if (dependency->pod != NULL) {
    const MuPod *pod = g_hash_table_lookup(service->pods, dependency->pod);
    return pod != NULL && mu_pod_is_ready(pod);
  }
  const char *name = dependency->plan != NULL ? dependency->plan : "deploy";
  for (guint i = 0; i < service->plans->len; i++)
    if (strcmp(((const MuPlan *)service->plans->pdata[i])->name, name) == 0)
      return is_complete(service->plans->pdata[i]);
  return FALSE;
}

static const char *missing(const MuMultiServiceManager *manager, const MuServiceSpec *spec) {
  for (guint i = 0; i < spec->n_depends_on; i++)
    if (!is_there(manager, &spec->depends_on[i]))
      return spec->depends_on[i].service;
  return NULL;
}

/* ---- rollouts ----------------------------------------------------------------------------------------------------------- */

static gboolean is_of_another_plan(const MuPod *pod) {
  for (guint i = 0; i < pod->steps->len; i++) {
    const MuStep *step = pod->steps->pdata[i];
    if (step->phase->plan != pod->service->deploy && step->status != MU_STATUS_COMPLETE)
      return TRUE;
  }
  return FALSE;
}

static void look_at_launch(MuSim *sim, const MuPodLaunch *launch) {
  const MuMultiServiceManager *manager = sim->client->manager;
  const MuService *service = mu_manager_find(manager, launch->service);
  const MuPod *pod = service == NULL ? NULL : g_hash_table_lookup(service->pods, launch->pod);
  const MuServiceSpec *target = service == NULL ? NULL : mu_service_target(service);
  const char *needed = target == NULL ? NULL : missing(manager, target);
  if (pod == NULL || needed == NULL || is_of_another_plan(pod))
    return;
  if (mu_sim_store_find(sim, MU_RECORD_POD, service->name, pod->name) == NULL) /* as it was before the launch */
    mu_sim_check_fail(sim, &mu_sim_check_depends, "%s deploys %s, and depends on %s, which is not there", service->name,
                      pod->name, needed);
}

/* ---- removals ----------------------------------------------------------------------------------------------------------- */

static gboolean is_needed(const MuMultiServiceManager *manager, const char *name) {
  GHashTableIter iter;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, manager->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const MuService *service = value;
    const MuServiceSpec *target = service->record->state == MU_SERVICE_RUNNING ? mu_service_target(service) : NULL;
    for (guint i = 0; target != NULL && i < target->n_depends_on; i++)
      if (strcmp(target->depends_on[i].service, name) == 0)
        return TRUE;
  }
  return FALSE;
}

/* Those that a removal was just asked of, and that have to stay. */
static void on_command(MuSim *sim, const MuCommand *command) {
  GHashTable *stays = sim->checks->stays;
  const MuService *service = command->service == NULL ? NULL : mu_manager_find(sim->client->manager, command->service);
  if (command->kind == MU_COMMAND_UNINSTALL)
    g_hash_table_remove_all(stays);
  if (service == NULL)
    return;
  if (command->kind == MU_COMMAND_SERVICE_REMOVE && service->record->state == MU_SERVICE_RUNNING &&
      is_needed(sim->client->manager, service->name))
    g_hash_table_add(stays, g_strdup(service->name));
  else if (command->kind == MU_COMMAND_SERVICE_REMOVE || command->kind == MU_COMMAND_SERVICE_FORCE_REMOVE)
    g_hash_table_remove(stays, service->name);
}

static void look_at_removals(MuSim *sim) {
  GHashTableIter iter;
  gpointer name = NULL;
  g_hash_table_iter_init(&iter, sim->checks->stays);
  while (g_hash_table_iter_next(&iter, &name, NULL)) {
    const MuService *service = mu_manager_find(sim->client->manager, name);
    if (service == NULL || service->record->state != MU_SERVICE_RUNNING)
      mu_sim_check_fail(sim, &mu_sim_check_depends, "%s is removed, and others depend on it", (char *)name);
  }
  g_hash_table_remove_all(sim->checks->stays);
}

static void on_drained(MuSim *sim, const MuOutput *output) {
  for (guint i = 0; i < output->calls->len; i++) {
    const MuEngineCall *call = output->calls->pdata[i];
    for (guint j = 0; call->kind == MU_CALL_ACCEPT && j < call->operations->len; j++) {
      const MuOperation *operation = call->operations->pdata[j];
      if (operation->kind == MU_OP_LAUNCH_GROUP)
        look_at_launch(sim, operation->launch);
    }
  }
  look_at_removals(sim);
}

static void on_start(MuSim *sim) {
  g_hash_table_remove_all(sim->checks->stays);
}

const MuSimCheck mu_sim_check_depends = {
    .name = "depends",
    .what = "nothing is rolled out before what it depends on, and nothing that is needed removed",
    .start = on_start,
    .command = on_command,
    .drained = on_drained};
