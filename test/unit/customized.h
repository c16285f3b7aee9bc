/* The service "x", in whose plans code has a say, in a simulated cluster: for the tests of that. */
#ifndef CUSTOMIZED_H
#define CUSTOMIZED_H
#include "sim_expect.h"
#include "view.h"
#include <muster/error.h>
#include <muster/muster.h>
#include <string.h>

/* The code; user of the factory. */
typedef struct {
  MuPlanCustomizer customizer;   /* NULL: none */
  MuPlanCustomizer uninstaller;  /* likewise, of its uninstall */
  MuRecoveryOverrider overrider; /* likewise */
  gpointer user;
  const char *failure; /* why the factory fails; NULL: it does not */
} Customized;

/* How often the factory was called. */
static guint customized_built;

static MuServiceScheduler *customized_factory(const char *name, GBytes *context, gpointer user, GError **error) {
  const Customized *code = user;
  gsize length;
  const char *yaml = g_bytes_get_data(context, &length);
  MuSpecInput input = {.service_name = name};
  customized_built++;
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, length, &input, error);
  if (spec != NULL && code->failure != NULL)
    g_set_error_literal(error, MU_ERROR, MU_ERROR_FAILED, code->failure);
  if (spec == NULL || code->failure != NULL)
    return NULL;
  MuSchedulerBuilder *builder = mu_scheduler_builder_new(spec);
  mu_scheduler_builder_set_plan_customizer(builder, code->customizer, code->user);
  mu_scheduler_builder_set_uninstall_customizer(builder, code->uninstaller, code->user);
  mu_scheduler_builder_set_recovery_overrider(builder, code->overrider, code->user);
  return mu_scheduler_builder_build(builder, error);
}

static MuSim *customized_sim(const Customized *code) {
  MuSim *sim = mu_sim_new(1, customized_factory, (gpointer)code);
  mu_sim_add_agent(sim, "agent-0", 8000, 16384, 102400, "1000-32000");
  return sim;
}

/* Again, when the scheduler died before it answered. */
static void customized_put(MuSim *sim, const char *yaml) {
  json_t *body = NULL;
  for (guint i = 0; i < 3 && body == NULL; i++)
    body = mu_sim_put(sim, "x", yaml, NULL);
  g_assert_nonnull(body);
  json_decref(body);
}

static void add_steps(GString *text, const json_t *phase) {
  size_t i;
  json_t *step;
  json_array_foreach (json_object_get(phase, "steps"), i, step) {
    gboolean alone = json_array_size(json_object_get(phase, "steps")) == 1;
    g_string_append_printf(text, "%s%s%s%s %s", text->len == 0 ? "" : ", ",
                           json_string_value(json_object_get(phase, "name")), alone ? "" : "/",
                           alone ? "" : json_string_value(json_object_get(step, "name")),
                           json_string_value(json_object_get(step, "status")));
  }
}

/* "d STARTED, a PENDING, …": the phases in the plan's order; one of several steps has each of them: "d/first STARTED, …". NULL:
 * there is no such plan. */
static char *customized_steps(MuSim *sim, const char *name) {
  g_autoptr(json_t) plan = mu_sim_client(sim) == NULL ? NULL : mu_view_plan(mu_sim_client(sim), "x", name, NULL);
  GString *text = g_string_new(NULL);
  size_t i;
  json_t *phase;
  json_array_foreach (json_object_get(plan, "phases"), i, phase)
    add_steps(text, phase);
  return g_string_free(text, plan == NULL);
}

#define expect_steps(sim, plan, told)                                                                                  \
  G_STMT_START {                                                                                                       \
    g_autofree char *is = customized_steps(sim, plan);                                                                 \
    g_assert_cmpstr(is, ==, told);                                                                                     \
  }                                                                                                                    \
  G_STMT_END

typedef struct {
  const char *plan, *told;
} Awaited;

static gboolean is_so(MuSim *sim, gpointer user) {
  const Awaited *awaited = user;
  g_autofree char *is = customized_steps(sim, awaited->plan);
  return g_strcmp0(is, awaited->told) == 0;
}

/* Each in its turn; what a wrong order shows is none of them. */
static G_GNUC_UNUSED void await_steps(MuSim *sim, const char *plan, const char *told) {
  const Awaited awaited = {plan, told};
  if (!mu_sim_run_until(sim, is_so, (gpointer)&awaited, 600000))
    expect_steps(sim, plan, told);
}

static void plan_command(MuSim *sim, MuCommandKind kind, const char *plan, const char *phase, const char *step) {
  MuCommand *command = mu_command_new(kind, "x");
  command->plan = g_strdup(plan);
  command->phase = g_strdup(phase);
  command->step = g_strdup(step);
  g_autoptr(GError) error = NULL;
  json_t *body = mu_sim_command(sim, command, &error);
  g_assert_no_error(error);
  json_decref(body);
}

/* A life of the service in which the scheduler dies at the commit `first`, counted from 1 (0: it does not), at that moment of it, and
 * again `second` commits later (0: not again). Says how many commits there were. */
typedef guint (*CustomizedLife)(guint first, MuSimCrashMoment moment, guint second);

/* It dies at each commit, at each moment, and twice. */
static G_GNUC_UNUSED void customized_die(CustomizedLife live) {
  guint commits = live(0, MU_SIM_CRASH_BEFORE, 0);
  g_assert_cmpuint(commits, >, 8);
  for (guint i = 1; i <= commits; i++) {
    for (guint moment = 0; moment < MU_SIM_CRASH_MOMENTS; moment++)
      live(i, (MuSimCrashMoment)moment, 0);
    for (guint second = 1; second <= 6; second++)
      live(i, MU_SIM_CRASH_AFTER, second);
  }
}
#endif
