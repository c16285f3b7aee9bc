#include "sim_expect.h"

#include "client_private.h"
#include "json.h"
#include "view.h"

#include <string.h>

MuSim *mu_sim_new_yaml(guint64 seed, guint agents) {
  MuSim *sim = mu_sim_new(seed, mu_yaml_service_factory, NULL);
  for (guint i = 0; i < agents; i++) {
    g_autofree char *id = g_strdup_printf("agent-%u", i);
    mu_sim_add_agent(sim, id, 8000, 16384, 102400, "1000-32000");
  }
  return sim;
}

static MuService *find_service(MuSim *sim, const char *name) {
  MuMultiServiceEventClient *client = mu_sim_client(sim);
  return client == NULL ? NULL : mu_manager_find(client->manager, name);
}

const char *mu_sim_plan_status(MuSim *sim, const char *name, const char *plan_name) {
  const MuService *service = find_service(sim, name);
  const MuPlan *plan = service == NULL ? NULL : mu_service_plan(service, plan_name);
  return plan == NULL ? NULL : mu_status_to_string(plan->status);
}

typedef struct {
  const char *service, *plan, *status;
} Awaited;

static gboolean plan_is(MuSim *sim, gpointer user) {
  const Awaited *awaited = user;
  return g_strcmp0(mu_sim_plan_status(sim, awaited->service, awaited->plan), awaited->status) == 0;
}

void mu_sim_expect_plan(MuSim *sim, const char *service, const char *plan, const char *status, gint64 ms) {
  Awaited awaited = {service, plan, status};
  if (!mu_sim_run_until(sim, plan_is, &awaited, ms)) {
    g_autoptr(json_t) pods = mu_view_pod_status(mu_sim_client(sim), service, NULL, NULL);
    g_autofree char *text = pods == NULL ? NULL : mu_json_to_pretty(pods);
    g_error("plan %s/%s is %s, not %s, after %" G_GINT64_FORMAT " ms: %s", service, plan,
            mu_sim_plan_status(sim, service, plan), status, ms, text);
  }
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

static gboolean is_gone(MuSim *sim, gpointer user) {
  return find_service(sim, user) == NULL;
}

void mu_sim_expect_gone(MuSim *sim, const char *service, gint64 ms) {
  if (!mu_sim_run_until(sim, is_gone, (gpointer)service, ms)) {
    g_auto(GStrv) lines = mu_service_holdouts(find_service(sim, service));
    g_autofree char *text = g_strjoinv("; ", lines);
    g_error("service %s is not gone: %s", service, text);
  }
  g_assert_cmpstr(mu_sim_violation(sim), ==, NULL);
}

char *mu_sim_expect_put(MuSim *sim, const char *service, const char *yaml) {
  GError *error = NULL;
  json_t *body = mu_sim_put(sim, service, yaml, &error);
  g_assert_no_error(error);
  char *result = g_strdup(json_string_value(json_object_get(body, "result")));
  json_decref(body);
  return result;
}

void mu_sim_expect_remove(MuSim *sim, const char *service) {
  GError *error = NULL;
  json_t *body = mu_sim_command(sim, mu_command_new(MU_COMMAND_SERVICE_REMOVE, service), &error);
  g_assert_no_error(error);
  json_decref(body);
}
