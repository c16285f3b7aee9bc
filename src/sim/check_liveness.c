/* Plans go on: when faults have stopped, every service reaches its target within a bound of virtual time. The bound is the
 * caller's (sim_workload.c); here is what it means to have reached the target. */
#include "sim_check.h"

#include "client_private.h"

static const MuPlan *unfinished_plan(const MuService *service) {
  const MuPlan *const PLANS[] = {service->deploy, service->recovery, service->decommission};
  for (guint i = 0; i < G_N_ELEMENTS(PLANS); i++)
    if (PLANS[i] != NULL && PLANS[i]->status != MU_STATUS_COMPLETE)
      return PLANS[i];
  return NULL;
}

static const MuStep *unfinished_step(const MuPlan *plan) {
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++)
      if (((MuStep *)phase->steps->pdata[j])->status != MU_STATUS_COMPLETE)
        return phase->steps->pdata[j];
  }
  return NULL;
}

/* Every stage that refused; NULL: it does not wait. */
static char *reasons(const MuPod *pod) {
  if (pod == NULL || pod->outcome == NULL)
    return NULL;
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < MU_STAGE_COUNT; i++) {
    const MuStageResult *result = &pod->outcome->stages[i];
    g_autofree char *example = result->refused == 0 ? NULL : mu_stage_result_to_string((MuStage)i, result);
    if (example != NULL)
      g_string_append_printf(text, ": %s: %s", mu_stage_to_string((MuStage)i), example);
  }
  return g_string_free(text, FALSE);
}

static void describe(const MuService *service, GString *text) {
  const MuPlan *plan = unfinished_plan(service);
  const MuStep *step = plan == NULL ? NULL : unfinished_step(plan);
  if (service->record->state != MU_SERVICE_RUNNING) {
    g_auto(GStrv) lines = mu_service_holdouts(service);
    g_autofree char *holdouts = g_strjoinv(", ", lines);
    g_string_append_printf(text, "%s is not gone (%s); ", service->name, holdouts);
  } else if (step != NULL) {
    g_autofree char *why = reasons(step->asset);
    g_string_append_printf(text, "%s: %s %s is %s%s; ", service->name, plan->name, step->name,
                           mu_status_to_string(step->status), why == NULL ? "" : why);
  } else if (plan != NULL) {
    g_string_append_printf(text, "%s: %s is %s; ", service->name, plan->name, mu_status_to_string(plan->status));
  }
}

char *mu_sim_unfinished(MuSim *sim) {
  GString *text = g_string_new(NULL);
  g_auto(GStrv) names = mu_multi_service_manager_names(sim->client->manager);
  for (guint i = 0; names[i] != NULL; i++)
    describe(mu_manager_find(sim->client->manager, names[i]), text);
  gboolean all_done = text->len == 0;
  char *left = g_string_free(text, FALSE);
  if (all_done)
    g_clear_pointer(&left, g_free);
  return left;
}

const MuSimCheck mu_sim_check_liveness = {.name = "liveness",
                                          .what = "when faults stop, every service reaches its target in time"};
