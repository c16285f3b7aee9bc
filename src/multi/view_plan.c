/* Views of plans. */
#include "json.h"
#include "view.h"
#include "view_private.h"
#include "why.h"
#include <muster/error.h>

json_t *mu_view_plans(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *list = json_array();
  for (guint i = 0; i < service->plans->len; i++)
    json_array_append_new(list, json_string(((MuPlan *)service->plans->pdata[i])->name));
  return list;
}

/* A plan that is shown, with what its steps are asked for. */
typedef struct {
  const MuService *service;
  MuWhyScene scene;
  GHashTable *candidates;
} Shown;

static json_t *step_json(const Shown *shown, const MuStep *step) {
  json_t *json = json_object();
  g_auto(MuWhy) why = {0};
  gboolean may_pause = mu_status_is_running(step->status) || step->status == MU_STATUS_COMPLETE;
  const char *pause = may_pause ? mu_step_pause_state(step) : NULL;
  gboolean waits = mu_why_step(&shown->scene, shown->service, step, shown->candidates, &why);
  mu_json_set_string(json, "id", mu_step_id(step).text);
  mu_json_set_string(json, "status", pause != NULL ? pause : mu_status_to_string(step->status));
  mu_json_set_string(json, "name", step->name);
  mu_json_set_string(json, "message", waits ? why.reason : "");
  if (waits)
    mu_json_set_new(json, "waiting", mu_why_to_json(&why));
  return json;
}

static json_t *phase_json(const Shown *shown, const MuPhase *phase) {
  json_t *json = json_object(), *steps = json_array();
  mu_json_set_string(json, "id", mu_phase_id(phase).text);
  mu_json_set_string(json, "name", phase->name);
  for (guint i = 0; i < phase->steps->len; i++)
    json_array_append_new(steps, step_json(shown, phase->steps->pdata[i]));
  mu_json_set_new(json, "steps", steps);
  mu_json_set_string(json, "strategy", mu_phase_strategy(phase));
  mu_json_set_string(json, "status", mu_status_to_string(phase->status));
  return json;
}

static json_t *plan_json(const Shown *shown, const MuPlan *plan) {
  json_t *json = json_object(), *phases = json_array(), *errors = json_array();
  for (guint i = 0; i < plan->phases->len; i++)
    json_array_append_new(phases, phase_json(shown, plan->phases->pdata[i]));
  for (guint i = 0; i < plan->errors->len; i++)
    json_array_append_new(errors, json_string(plan->errors->pdata[i]));
  mu_json_set_new(json, "phases", phases);
  mu_json_set_new(json, "errors", errors);
  mu_json_set_string(json, "strategy", mu_plan_strategy(plan));
  mu_json_set_string(json, "status", mu_status_to_string(plan->status));
  return json;
}

MuWhyScene mu_view_scene(const MuMultiServiceEventClient *client) {
  return (MuWhyScene){
      .now_ms = client->effects.now_ms,
      .subscribed = client->subscribed,
      .engine_error = client->engine_error,
      .store_error = client->store_error,
  };
}

json_t *mu_view_plan(MuMultiServiceEventClient *client, const char *name, const char *plan_name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuPlan *plan = service == NULL ? NULL : mu_service_find_plan(service, plan_name, error);
  if (plan == NULL)
    return NULL;
  g_autoptr(GHashTable) candidates = mu_why_candidates(plan);
  const Shown shown = {service, mu_view_scene(client), candidates};
  return plan_json(&shown, plan);
}
