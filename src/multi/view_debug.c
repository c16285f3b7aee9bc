/* Views for those who look for a fault: the trackers of dcos-commons' package debug. */
#include "json.h"
#include "view_inspect.h"
#include "view_private.h"
#include <muster/error.h>

#include <string.h>

/* ---- the filter ---------------------------------------------------------------------------------------------------- */

static gboolean fits(const char *wanted, const char *name) {
  return wanted == NULL || g_ascii_strcasecmp(wanted, name) == 0;
}

static const MuPlan *find_plan(const MuService *service, const char *name, GError **error) {
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < service->plans->len; i++) {
    const MuPlan *plan = service->plans->pdata[i];
    g_ptr_array_add(names, plan->name);
    if (fits(name, plan->name)) {
      g_ptr_array_unref(names);
      return plan;
    }
  }
  mu_view_set_unknown(names, "plan", name, service->name, error);
  return NULL;
}

static const MuPhase *find_phase(const MuPlan *plan, const char *name, GError **error) {
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    g_ptr_array_add(names, phase->name);
    if (fits(name, phase->name)) {
      g_ptr_array_unref(names);
      return phase;
    }
  }
  mu_view_set_unknown(names, "phase", name, plan->name, error);
  return NULL;
}

static gboolean has_step(const MuPhase *phase, const char *name, GError **error) {
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < phase->steps->len; i++) {
    const MuStep *step = phase->steps->pdata[i];
    g_ptr_array_add(names, step->name);
    if (fits(name, step->name)) {
      g_ptr_array_unref(names);
      return TRUE;
    }
  }
  mu_view_set_unknown(names, "step", name, phase->name, error);
  return FALSE;
}

static gboolean check_filter(const MuService *service, const MuPlanFilter *filter, GError **error) {
  if ((filter->step != NULL && filter->phase == NULL) || (filter->phase != NULL && filter->plan == NULL)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
                "a step needs its phase, and a phase its plan: ?plan=…&phase=…&step=…");
    return FALSE;
  }
  if (filter->plan == NULL)
    return TRUE;
  const MuPlan *plan = find_plan(service, filter->plan, error);
  if (plan == NULL || filter->phase == NULL)
    return plan != NULL;
  const MuPhase *phase = find_phase(plan, filter->phase, error);
  return phase != NULL && (filter->step == NULL || has_step(phase, filter->step, error));
}

static const MuService *require_filtered(MuMultiServiceEventClient *client, const char *name,
                                         const MuPlanFilter *filter, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  return service != NULL && check_filter(service, filter, error) ? service : NULL;
}

/* Lists for every element that fits: `make` gives its JSON. */
typedef json_t *(*StepFunc)(const MuStep *step);

static json_t *steps_json(const MuPhase *phase, const MuPlanFilter *filter, StepFunc make) {
  json_t *list = json_array();
  for (guint i = 0; i < phase->steps->len; i++) {
    const MuStep *step = phase->steps->pdata[i];
    if (fits(filter->step, step->name))
      json_array_append_new(list, make(step));
  }
  return list;
}

/* ---- plans --------------------------------------------------------------------------------------------------------- */

static json_t *element_new(const char *name, MuStatus status) {
  json_t *json = json_object();
  mu_json_set_string(json, "name", name);
  mu_json_set_string(json, "status", mu_status_to_string(status));
  return json;
}

static json_t *debug_step(const MuStep *step) {
  json_t *json = element_new(step->name, step->status);
  mu_json_set_new(json, "errors", json_array());
  return json;
}

static json_t *debug_phases(const MuPlan *plan, const MuPlanFilter *filter) {
  json_t *list = json_array();
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    if (!fits(filter->phase, phase->name))
      continue;
    json_t *json = element_new(phase->name, phase->status);
    mu_json_set_string(json, "strategy", mu_phase_strategy(phase));
    mu_json_set_new(json, "steps", steps_json(phase, filter, debug_step));
    json_array_append_new(list, json);
  }
  return list;
}

static json_t *debug_plan(const MuPlan *plan, const MuPlanFilter *filter) {
  json_t *json = element_new(plan->name, plan->status);
  mu_json_set_string(json, "strategy", mu_plan_strategy(plan));
  mu_json_set_int(json, "totalSteps", plan->n_steps);
  mu_json_set_int(json, "completedSteps", plan->n_complete);
  mu_json_set_new(json, "phases", debug_phases(plan, filter));
  return json;
}

static json_t *topology_element(const char *name, const char *type, json_t *children) {
  json_t *json = json_object();
  mu_json_set_string(json, "name", name);
  mu_json_set_string(json, "type", type);
  mu_json_set_new(json, "children", children);
  return json;
}

static json_t *plan_topology(const MuPlan *plan) {
  json_t *phases = json_array();
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    json_t *steps = json_array();
    for (guint j = 0; j < phase->steps->len; j++)
      json_array_append_new(steps, topology_element(((MuStep *)phase->steps->pdata[j])->name, "step", json_null()));
    json_array_append_new(phases, topology_element(phase->name, "phase", steps));
  }
  return topology_element(plan->name, "plan", phases);
}

static gboolean is_running(const MuPlan *plan) {
  return plan != NULL && mu_status_is_running(plan->status);
}

/* The later word wins, as in PlansTracker. */
static const char *scheduler_state(const MuService *service) {
  if (is_running(service->decommission))
    return "DECOMMISSIONING";
  if (is_running(service->recovery))
    return "RECOVERING";
  if (service->record->deployed || (service->deploy != NULL && mu_plan_is_complete(service->deploy)))
    return "DEPLOYED";
  return is_running(service->deploy) ? "DEPLOYING" : "RUNNING";
}

json_t *mu_view_debug_plans(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                            GError **error) {
  const MuService *service = require_filtered(client, name, filter, error);
  if (service == NULL)
    return NULL;
  json_t *json = json_object(), *active = json_array(), *plans = json_array(), *topology = json_array();
  for (guint i = 0; i < service->plans->len; i++) {
    const MuPlan *plan = service->plans->pdata[i];
    if (is_running(plan))
      json_array_append_new(active, json_string(plan->name));
    if (fits(filter->plan, plan->name))
      json_array_append_new(plans, debug_plan(plan, filter));
    json_array_append_new(topology, plan_topology(plan));
  }
  mu_json_set_string(json, "schedulerState", scheduler_state(service));
  mu_json_set_new(json, "activePlans", active);
  mu_json_set_new(json, "plans", plans);
  mu_json_set_new(json, "serviceTopology", topology);
  return json;
}

/* ---- task statuses ------------------------------------------------------------------------------------------------- */

static json_t *status_json(const MuPod *pod, const char *task_name) {
  json_t *json = json_object();
  const MuTask *task = mu_pod_task(pod, task_name);
  const MuTaskStatus *status = task == NULL ? NULL : task->status;
  g_autofree char *name = g_strdup_printf("%s-%s", pod->name, task_name);
  mu_json_set_string(json, "name", name);
  mu_json_set_string(json, "taskStatus", status == NULL ? "TASK_UNKNOWN" : mu_task_state_to_string(status->state));
  mu_json_set_string(json, "taskId", task == NULL ? "" : task->record->task_id);
  return json;
}

static json_t *statuses_of_step(const MuStep *step) {
  json_t *json = json_object(), *list = json_array();
  const MuPod *pod = step->asset;
  const MuServiceSpec *spec = pod == NULL ? NULL : mu_service_target(pod->service);
  const MuPodSpec *pod_spec = spec == NULL ? NULL : mu_service_spec_pod(spec, pod->type);
  for (guint i = 0; pod_spec != NULL && i < pod_spec->n_tasks; i++)
    if ((step->tasks & (G_GUINT64_CONSTANT(1) << i)) != 0)
      json_array_append_new(list, status_json(pod, pod_spec->tasks[i].name));
  mu_json_set_string(json, "name", step->name);
  mu_json_set_new(json, "taskStatus", list);
  return json;
}

static json_t *statuses_of_plan(const MuPlan *plan, const MuPlanFilter *filter) {
  json_t *json = json_object(), *phases = json_array();
  for (guint i = 0; i < plan->phases->len; i++) {
    const MuPhase *phase = plan->phases->pdata[i];
    if (fits(filter->phase, phase->name))
      json_array_append_new(
          phases, json_pack("{s:s, s:o}", "name", phase->name, "steps", steps_json(phase, filter, statuses_of_step)));
  }
  mu_json_set_string(json, "name", plan->name);
  mu_json_set_new(json, "phases", phases);
  return json;
}

json_t *mu_view_debug_statuses(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                               GError **error) {
  const MuService *service = require_filtered(client, name, filter, error);
  if (service == NULL)
    return NULL;
  json_t *list = json_array();
  for (guint i = 0; i < service->plans->len; i++) {
    const MuPlan *plan = service->plans->pdata[i];
    if (fits(filter->plan, plan->name))
      json_array_append_new(list, statuses_of_plan(plan, filter));
  }
  return list;
}

/* ---- reservations and offers --------------------------------------------------------------------------------------- */

static void add_reservations(json_t *hosts, const MuPodRecord *record) {
  const char *host = record->hostname == NULL ? "unknown" : record->hostname;
  json_t *ids = json_object_get(hosts, host);
  if (ids == NULL && record->entries->len > 0) {
    ids = json_array();
    mu_json_set_new(hosts, host, ids);
  }
  for (guint i = 0; i < record->entries->len; i++) {
    const MuLedgerEntry *entry = record->entries->pdata[i];
    if (entry->resource->reservation.resource_id != NULL)
      json_array_append_new(ids, json_string(entry->resource->reservation.resource_id));
  }
}

json_t *mu_view_debug_reservations(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                                   GError **error) {
  const MuService *service = require_filtered(client, name, filter, error);
  if (service == NULL)
    return NULL;
  json_t *hosts = json_object();
  g_autoptr(GPtrArray) pods = mu_service_sorted_pods(service, mu_pod_exists);
  for (guint i = 0; i < pods->len; i++)
    if (((MuPod *)pods->pdata[i])->record != NULL)
      add_reservations(hosts, ((MuPod *)pods->pdata[i])->record);
  return hosts;
}

json_t *mu_view_debug_offers(MuMultiServiceEventClient *client, const char *name, const MuPlanFilter *filter,
                             GError **error) {
  const MuService *service = require_filtered(client, name, filter, error);
  return service == NULL ? NULL : mu_offer_log_to_json(&service->offer_log);
}
