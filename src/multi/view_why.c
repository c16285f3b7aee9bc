/* Why a service, or a pod of it, is not where it should be. */
#include "view_why.h"

#include "json.h"
#include "view_private.h"
#include "why.h"

typedef struct {
  MuWhyScene scene;
  const MuPod *pod; /* NULL: all */
  GHashTable *candidates;
  json_t *steps;
  guint left_out;
} Answer;

/* Plans that an operator may start, and did not. */
static gboolean stands_by(const MuService *service, const MuPlan *plan) {
  return plan != service->deploy && plan != service->recovery && plan != service->decommission && plan->interrupted &&
         plan->n_complete == 0;
}

static void add_step(Answer *answer, const MuService *service, const MuStep *step) {
  g_auto(MuWhy) why = {0};
  if ((answer->pod != NULL && step->asset != answer->pod) ||
      !mu_why_step(&answer->scene, service, step, answer->candidates, &why))
    return;
  if (json_array_size(answer->steps) >= MU_WHY_MAX_STEPS) {
    answer->left_out++;
    return;
  }
  json_t *json = json_object();
  const MuPod *pod = step->asset;
  mu_json_set_string(json, "plan", step->phase->plan->name);
  mu_json_set_string(json, "phase", step->phase->name);
  mu_json_set_string(json, "step", step->name);
  mu_json_set_string(json, "pod", pod == NULL ? NULL : pod->name);
  mu_json_set_string(json, "status", mu_status_to_string(step->status));
  mu_json_set_new(json, "waiting", mu_why_to_json(&why));
  if (why.outcome != NULL)
    mu_json_set_new(json, "offers", mu_outcome_to_json(why.outcome));
  json_array_append_new(answer->steps, json);
}

static void add_plan(Answer *answer, const MuService *service, const MuPlan *plan) {
  g_autoptr(GHashTable) candidates = mu_why_candidates(plan);
  answer->candidates = candidates;
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    for (guint j = 0; j < phase->steps->len; j++)
      add_step(answer, service, phase->steps->pdata[j]);
  }
  answer->candidates = NULL;
}

static void add_fault(json_t *list, const MuService *service, const char *what, const char *fault, gint64 since_ms,
                      const char *clears) {
  g_auto(MuWhy) why = {.kind = MU_WHY_ERRORS, .clears = g_strdup(clears), .since_ms = since_ms};
  why.reason = g_strdup_printf("%s: %s", what, fault);
  why.command = g_strdup_printf("muster service update %s -f FILE", service->name);
  json_array_append_new(list, mu_why_to_json(&why));
}

/* The store and the engine, and what the service as a whole suffers from. */
static json_t *troubles(const Answer *answer, const MuService *service) {
  json_t *list = json_array();
  const MuWhyKind kinds[] = {MU_WHY_STORE, MU_WHY_ENGINE};
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
    g_auto(MuWhy) why = {0};
    if (mu_why_scheduler(&answer->scene, kinds[i], &why))
      json_array_append_new(list, mu_why_to_json(&why));
  }
  if (service->failure != NULL && service->record->state == MU_SERVICE_RUNNING)
    add_fault(list, service, "the service could not be rebuilt", service->failure, service->record->failed_ms,
              "a definition that can be built");
  if (service->record->rejected != NULL)
    add_fault(list, service, "the last update was refused", service->record->rejected, service->record->rejected_ms,
              "an update that is accepted");
  return list;
}

static const char *summary(const Answer *answer, const json_t *found) {
  if (json_array_size(found) > 0 || json_array_size(answer->steps) > 0)
    return NULL;
  return answer->pod == NULL ? "the service waits for nothing" : "the pod waits for nothing";
}

json_t *mu_view_why(MuMultiServiceEventClient *client, const char *name, const char *pod_name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuPod *pod = service == NULL || pod_name == NULL ? NULL : mu_service_find_pod(service, pod_name, error);
  if (service == NULL || (pod_name != NULL && pod == NULL))
    return NULL;
  Answer answer = {.scene = mu_view_scene(client), .pod = pod, .steps = json_array()};
  for (guint i = 0; i < service->plans->len; i++)
    if (!stands_by(service, service->plans->pdata[i]))
      add_plan(&answer, service, service->plans->pdata[i]);
  json_t *json = json_object(), *found = troubles(&answer, service);
  mu_json_set_string(json, "service", service->name);
  mu_json_set_string(json, "pod", pod_name);
  mu_json_set_int(json, "now", client->effects.now_ms);
  mu_json_set_string(json, "summary", summary(&answer, found));
  mu_json_set_new(json, "troubles", found);
  mu_json_set_new(json, "steps", answer.steps);
  if (answer.left_out > 0)
    mu_json_set_int(json, "left_out", answer.left_out);
  return json;
}
