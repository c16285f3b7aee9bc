/* Views of services and plans. */
#include "view.h"

#include "json.h"
#include "view_private.h"
#include <muster/error.h>

#include <string.h>

static const char *shown_state(const MuService *service) {
  if (service->unreadable != NULL || (service->failure != NULL && service->record->state == MU_SERVICE_RUNNING))
    return "FAILED";
  return mu_service_state_to_string(service->record->state);
}

static guint count_pods(const MuService *service) {
  GHashTableIter iter;
  gpointer pod = NULL;
  guint n = 0;
  g_hash_table_iter_init(&iter, service->pods);
  while (g_hash_table_iter_next(&iter, NULL, &pod))
    n += mu_pod_exists(pod);
  return n;
}

static json_t *service_row(const MuService *service) {
  json_t *row = json_object();
  const MuPlan *plan = service->deploy;
  mu_json_set_string(row, "service", service->name);
  mu_json_set_string(row, "state", shown_state(service));
  mu_json_set_int(row, "version", service->record->version);
  if (plan != NULL) {
    mu_json_set_string(row, "plan", plan->name);
    mu_json_set_string(row, "status", mu_status_to_string(plan->status));
    mu_json_set_int(row, "steps", plan->n_steps);
    mu_json_set_int(row, "complete", plan->n_complete);
  }
  if (service->recovery != NULL)
    mu_json_set_string(row, "recovery", mu_status_to_string(service->recovery->status));
  mu_json_set_int(row, "pods", count_pods(service));
  mu_json_set_bool(row, "uninstall", service->record->state != MU_SERVICE_RUNNING);
  mu_json_set_new(row, "error", service->failure == NULL ? json_null() : json_string(service->failure));
  return row;
}

json_t *mu_view_services(MuMultiServiceEventClient *client) {
  json_t *list = json_array();
  g_auto(GStrv) names = mu_multi_service_manager_names(client->manager);
  for (guint i = 0; names[i] != NULL; i++)
    json_array_append_new(list, service_row(mu_manager_find(client->manager, names[i])));
  return list;
}

static json_t *holdouts(const MuService *service) {
  json_t *list = json_array();
  g_auto(GStrv) lines = mu_service_holdouts(service);
  for (guint i = 0; lines[i] != NULL; i++)
    json_array_append_new(list, json_string(lines[i]));
  return list;
}

json_t *mu_view_service(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *row = service_row(service);
  mu_json_set_string(row, "target", service->record->target);
  mu_json_set_new(row, "configurations", mu_view_names(service->configs));
  mu_json_set_string(row, "rejected", service->rejected);
  mu_json_set_int(row, "created_ms", service->record->created_ms);
  mu_json_set_int(row, "changed_ms", service->record->changed_ms);
  if (service->record->state != MU_SERVICE_RUNNING)
    mu_json_set_new(row, "holdouts", holdouts(service));
  return row;
}

GBytes *mu_view_context(MuMultiServiceEventClient *client, const char *name, gint64 *ret_version, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  GBytes *context = g_hash_table_lookup(client->store->contexts, service->name);
  *ret_version = service->record->version;
  return context == NULL ? g_bytes_new(NULL, 0) : g_bytes_ref(context);
}

json_t *mu_view_spec(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuServiceSpec *spec = service == NULL ? NULL : mu_service_target(service);
  if (spec == NULL) {
    if (service != NULL)
      g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "service %s has no configuration (any more)", service->name);
    return NULL;
  }
  g_autofree char *text = mu_service_spec_to_json(spec);
  return mu_json_parse(text, strlen(text), G_MAXSIZE, error);
}

/* ---- plans --------------------------------------------------------------------------------------------------------- */

json_t *mu_view_plans(MuMultiServiceEventClient *client, const char *name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  if (service == NULL)
    return NULL;
  json_t *list = json_array();
  for (guint i = 0; i < service->plans->len; i++)
    json_array_append_new(list, json_string(((MuPlan *)service->plans->pdata[i])->name));
  return list;
}

static char *delay_text(const MuStep *step, gint64 now_ms) {
  return g_strdup_printf("next attempt in %" G_GINT64_FORMAT " s", MAX(step->delayed_until_ms - now_ms, 0) / 1000 + 1);
}

/* What the step waits for, in a sentence. */
static char *step_message(const MuStep *step, gint64 now_ms) {
  const MuPod *pod = step->asset;
  switch (step->status) {
  case MU_STATUS_DELAYED: return delay_text(step, now_ms);
  case MU_STATUS_PENDING:
    if (pod != NULL && pod->outcome != NULL && pod->claimed_by == step)
      return mu_outcome_summary(pod->outcome);
    return g_strdup("waits for the steps before it");
  case MU_STATUS_PREPARED: return g_strdup("waits for its old tasks to end");
  case MU_STATUS_STARTING: return g_strdup("launched; waits for it to run");
  case MU_STATUS_STARTED:
    if (mu_step_pause_state(step) != NULL)
      return g_strdup("paused; let it run with: muster pod resume");
    return g_strdup(step->tasks == 0 ? "under way" : "runs; waits until it is ready or finished");
  case MU_STATUS_WAITING: return g_strdup("held; let it go with: muster plan continue");
  default: return NULL;
  }
}

static json_t *step_json(const MuStep *step, gint64 now_ms) {
  json_t *json = json_object();
  g_autofree char *message = step_message(step, now_ms);
  gboolean may_pause = mu_status_is_running(step->status) || step->status == MU_STATUS_COMPLETE;
  const char *pause = may_pause ? mu_step_pause_state(step) : NULL;
  mu_json_set_string(json, "id", mu_step_id(step).text);
  mu_json_set_string(json, "status", pause != NULL ? pause : mu_status_to_string(step->status));
  mu_json_set_string(json, "name", step->name);
  mu_json_set_string(json, "message", message == NULL ? "" : message);
  return json;
}

static json_t *phase_json(const MuPhase *phase, gint64 now_ms) {
  json_t *json = json_object(), *steps = json_array();
  mu_json_set_string(json, "id", mu_phase_id(phase).text);
  mu_json_set_string(json, "name", phase->name);
  for (guint i = 0; i < phase->steps->len; i++)
    json_array_append_new(steps, step_json(phase->steps->pdata[i], now_ms));
  mu_json_set_new(json, "steps", steps);
  mu_json_set_string(json, "strategy", mu_strategy_to_string(phase->strategy));
  mu_json_set_string(json, "status", mu_status_to_string(phase->status));
  return json;
}

static json_t *plan_json(const MuPlan *plan, gint64 now_ms) {
  json_t *json = json_object(), *phases = json_array(), *errors = json_array();
  for (guint i = 0; i < plan->phases->len; i++)
    json_array_append_new(phases, phase_json(plan->phases->pdata[i], now_ms));
  for (guint i = 0; i < plan->errors->len; i++)
    json_array_append_new(errors, json_string(plan->errors->pdata[i]));
  mu_json_set_new(json, "phases", phases);
  mu_json_set_new(json, "errors", errors);
  mu_json_set_string(json, "strategy", mu_strategy_to_string(plan->strategy));
  mu_json_set_string(json, "status", mu_status_to_string(plan->status));
  return json;
}

const MuPlan *mu_view_require_plan(const MuService *service, const char *name, GError **error) {
  const MuPlan *plan = mu_service_plan(service, name);
  if (plan == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND,
                "service %s has no plan \"%s\"; list them with: muster plan list %s", service->name, name,
                service->name);
  return plan;
}

json_t *mu_view_plan(MuMultiServiceEventClient *client, const char *name, const char *plan_name, GError **error) {
  const MuService *service = mu_manager_require(client->manager, name, error);
  const MuPlan *plan = service == NULL ? NULL : mu_view_require_plan(service, plan_name, error);
  return plan == NULL ? NULL : plan_json(plan, client->effects.now_ms);
}
