#include "sim_code.h"

#include "service_private.h"

#include <string.h>

struct MuSimOwnCode {
  MuSim *sim;
  MuRandom random;
  GPtrArray *held; /* of MuStepRun*: they are ended later */
};

MuSimOwnCode *mu_sim_own_code_new(MuSim *sim, guint64 seed) {
  MuSimOwnCode *code = g_new0(MuSimOwnCode, 1);
  code->sim = sim;
  code->held = g_ptr_array_new();
  mu_random_seed(&code->random, seed + 2);
  return code;
}

void mu_sim_own_code_free(MuSimOwnCode *code) {
  if (code == NULL)
    return;
  for (guint i = 0; i < code->held->len; i++)
    mu_step_run_complete(code->held->pdata[i]);
  g_ptr_array_unref(code->held);
  g_free(code);
}

/* ---- custom steps --------------------------------------------------------------------------------------------------- */

/* The first that was held. */
static void end_one(MuSim *sim, gpointer user) {
  MuSimOwnCode *code = user;
  MuStepRun *run = g_ptr_array_steal_index(code->held, 0);
  (void)sim;
  if (mu_random_below(&code->random, 4) == 0)
    mu_step_run_fail(run, "it went wrong in the end");
  else
    mu_step_run_complete(run);
}

static void work(MuStepRun *run, gpointer user) {
  MuSimOwnCode *code = user;
  switch (mu_random_below(&code->random, 8)) {
  case 0: mu_step_run_fail(run, "it does not go"); break;
  case 1: mu_step_run_again(run, "not yet", 1 + (gint64)mu_random_below(&code->random, 5000)); break;
  case 2:
  case 3:
    mu_step_run_tell(run, "it takes its time");
    g_ptr_array_add(code->held, run);
    mu_sim_later(code->sim, 1 + (gint64)mu_random_below(&code->random, 5000), end_one, code);
    break;
  default: mu_step_run_complete(run);
  }
}

/* Before each instance is ended. */
static gboolean customize_decommission(MuPlanDraft *draft, gpointer user, GError **error) {
  const MuCustomStep drain = {.name = "drain", .run = work, .user = user};
  for (guint i = 0; i < mu_plan_draft_n_phases(draft); i++)
    if (!mu_plan_draft_add_custom_step(draft, mu_plan_draft_phase_name(draft, i), &drain, error))
      return FALSE;
  return TRUE;
}

/* Two in a phase of their own before the last one; the second waits for the first, and is done once and for all. */
static gboolean customize(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  const MuCustomStep first = {.name = "first", .run = work, .user = user};
  const MuCustomStep second = {.name = "second", .run = work, .user = user, .done_for = ""};
  guint n = mu_plan_draft_n_phases(draft);
  g_autofree char *last = n == 0 ? NULL : g_strdup(mu_plan_draft_phase_name(draft, n - 1));
  (void)spec;
  if (strcmp(mu_plan_draft_name(draft), "decommission") == 0)
    return customize_decommission(draft, user, error);
  return mu_plan_draft_add_phase(draft, "code", last, MU_STRATEGY_PARALLEL, error) &&
         mu_plan_draft_add_custom_step(draft, "code", &second, error) &&
         mu_plan_draft_add_custom_step(draft, "code", &first, error) &&
         mu_plan_draft_require_step(draft, "code", "second", "first", error);
}

/* One in front of all that is ended, one before each instance, and one when all is given back. */
static gboolean add_farewell(MuPlanDraft *draft, gpointer user, GError **error) {
  const MuCustomStep tell = {.name = "tell", .run = work, .user = user, .done_for = ""};
  guint n = mu_plan_draft_n_phases(draft);
  g_autofree char *front = n == 0 ? NULL : g_strdup(mu_plan_draft_phase_name(draft, 0));
  gboolean good = mu_plan_draft_add_phase(draft, "before", front, MU_STRATEGY_SERIAL, error) &&
                  mu_plan_draft_add_custom_step(draft, "before", &tell, error) &&
                  mu_plan_draft_add_phase(draft, "after", NULL, MU_STRATEGY_SERIAL, error) &&
                  mu_plan_draft_add_custom_step(draft, "after", &tell, error) &&
                  mu_plan_draft_require(draft, "after", "before", error);
  for (guint i = 1; good && i <= n; i++) {
    const char *phase = mu_plan_draft_phase_name(draft, i);
    good = mu_plan_draft_require(draft, phase, "before", error) && mu_plan_draft_require(draft, "after", phase, error);
  }
  return good;
}

/* Every third service is ended without ado, every third one instance after the other. */
static gboolean customize_uninstall(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer user, GError **error) {
  guint draw = g_str_hash(spec->name) % 3;
  if (draw == 0)
    return TRUE;
  if (draw == 1)
    mu_plan_draft_set_strategy(draft, MU_STRATEGY_SERIAL);
  return customize_decommission(draft, user, error) && (draw == 1 || add_farewell(draft, user, error));
}

/* ---- recoveries ----------------------------------------------------------------------------------------------------- */

static gboolean add_restart(MuPlanDraft *draft, const MuPodSpec *pod, guint index, gboolean replace, GError **error) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (guint i = 0; i < pod->n_tasks; i++)
    if (pod->tasks[i].goal == MU_GOAL_RUNNING)
      g_ptr_array_add(names, (gpointer)pod->tasks[i].name);
  g_ptr_array_add(names, NULL);
  const MuPodStep restart = {
      .pod = pod->type, .index = index, .tasks = (const char *const *)names->pdata, .replace = replace};
  return names->len == 1 || mu_plan_draft_add_pod_step(draft, mu_plan_draft_phase_name(draft, 0), &restart, error);
}

/* Every second one is the default recovery. The others are replaced if they were or not, then code does something, then the pod of
 * the lowest index is restarted. */
static gboolean override(const MuServiceSpec *spec, const MuFailedPod *failed, MuPlanDraft *draft, gpointer user,
                         GError **error) {
  static const char *const ENV[] = {"INSTEAD=yes", NULL};
  const char *phase = mu_plan_draft_phase_name(draft, 0);
  const MuPodSpec *pod = mu_service_spec_pod(spec, failed->pod);
  const MuPodStep bring = {.pod = failed->pod,
                           .index = failed->index,
                           .tasks = failed->tasks,
                           .env = ENV,
                           .replace = failed->index % 3 == 1};
  const MuCustomStep tell = {.name = "tell", .run = work, .user = user};
  gboolean all_there = TRUE;
  for (guint i = 0; failed->tasks[i] != NULL; i++)
    all_there &= mu_pod_spec_task(pod, failed->tasks[i]) != NULL;
  if (!all_there || (failed->index + (guint)failed->permanent) % 2 == 0)
    return TRUE;
  return mu_plan_draft_add_pod_step(draft, phase, &bring, error) &&
         mu_plan_draft_add_custom_step(draft, phase, &tell, error) &&
         (failed->index == 0 || add_restart(draft, pod, 0, failed->index == 2, error));
}

void mu_sim_own_code_add(MuSimOwnCode *code, MuServiceScheduler *scheduler) {
  scheduler->customizer = customize;
  scheduler->customizer_user = code;
  scheduler->uninstaller = customize_uninstall;
  scheduler->uninstaller_user = code;
  scheduler->overrider = override;
  scheduler->overrider_user = code;
}
