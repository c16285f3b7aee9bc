/* The scheduler of a replicated database, as its author would write it. Its nodes have to be made one replica set before the router
 * starts, and again when their number changes: a custom step. A node that is replaced has to be told whose place it takes, and when
 * it was the seed (node-0) the others are restarted, so that they find it: a recovery overrider. Before it is removed it has to be
 * deregistered, while it still answers: a customizer of its uninstall. ADMIN is a program that talks to the database; it is called as `ADMIN STEP PHASE ATTEMPT`, and its exit code says how it went: 0 done, 75 not yet.
 *
 *   cc database_scheduler.c -o database_scheduler $(pkg-config --cflags --libs muster)
 *   ./database_scheduler STATE_DIR ADMIN svc.yml
 *   muster pod replace db node-0
 *   muster plan show db recovery
 */
#include <muster/muster.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

/* ---- the database's own work --------------------------------------------------------------------------------------- */

static void on_admin_exit(GPid pid, gint status, gpointer user) {
  MuStepRun *run = user;
  g_spawn_close_pid(pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == EX_TEMPFAIL)
    mu_step_run_again(run, "the nodes do not answer yet", 200);
  else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    mu_step_run_complete(run);
  else
    mu_step_run_fail(run, "the database refused it");
}

/* Of a step in any plan. It may have been done before, when the scheduler died meanwhile: ADMIN has to bear that. */
static void call_admin(MuStepRun *run, gpointer user) {
  g_autofree char *attempt = g_strdup_printf("%u", mu_step_run_attempt(run));
  const char *argv[] = {user, mu_step_run_step(run), mu_step_run_phase(run), attempt, NULL};
  g_autoptr(GError) error = NULL;
  GPid pid;
  if (g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error))
    g_child_watch_add(pid, on_admin_exit, run);
  else
    mu_step_run_fail(run, error->message);
}

/* ---- plans ----------------------------------------------------------------------------------------------------------- */

static gboolean customize(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer admin, GError **error) {
  g_autofree char *nodes = g_strdup_printf("%u", (guint)mu_service_spec_pod(spec, "node")->count);
  const MuCustomStep members = {.name = "members", .run = call_admin, .user = admin, .done_for = nodes};
  if (strcmp(mu_plan_draft_name(draft), "deploy") != 0)
    return TRUE;
  return mu_plan_draft_add_phase(draft, "replica-set", "router", MU_STRATEGY_SERIAL, error) &&
         mu_plan_draft_add_custom_step(draft, "replica-set", &members, error);
}

/* While the nodes still run, before anything is ended: the applications forget the database. */
static gboolean customize_uninstall(const MuServiceSpec *spec, MuPlanDraft *draft, gpointer admin, GError **error) {
  const MuCustomStep deregister = {.name = "deregister", .run = call_admin, .user = admin};
  guint n = mu_plan_draft_n_phases(draft);
  gboolean good = mu_plan_draft_add_phase(draft, "goodbye", NULL, MU_STRATEGY_SERIAL, error) &&
                  mu_plan_draft_add_custom_step(draft, "goodbye", &deregister, error);
  (void)spec;
  for (guint i = 0; good && i < n; i++)
    good = mu_plan_draft_require(draft, mu_plan_draft_phase_name(draft, i), "goodbye", error);
  return good;
}

static gboolean restart_others(const MuServiceSpec *spec, guint seed, MuPlanDraft *draft, const char *phase,
                               GError **error) {
  for (guint i = 0; i < (guint)mu_service_spec_pod(spec, "node")->count; i++) {
    const MuPodStep restart = {.pod = "node", .index = i};
    if (i != seed && !mu_plan_draft_add_pod_step(draft, phase, &restart, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean override(const MuServiceSpec *spec, const MuFailedPod *failed, MuPlanDraft *draft, gpointer admin,
                         GError **error) {
  if (!failed->permanent || strcmp(failed->pod, "node") != 0)
    return TRUE; /* it is started again with its data */
  const char *phase = mu_plan_draft_phase_name(draft, 0);
  g_autofree char *host = g_strdup_printf("REPLACE_HOST=%s", failed->hostname == NULL ? "unknown" : failed->hostname);
  const char *const env[] = {host, NULL};
  const MuPodStep replace = {.pod = "node", .index = failed->index, .env = env};
  const MuCustomStep forget = {.name = "forget", .run = call_admin, .user = admin};
  return mu_plan_draft_add_pod_step(draft, phase, &replace, error) &&
         mu_plan_draft_add_custom_step(draft, phase, &forget, error) &&
         (failed->index > 0 || restart_others(spec, failed->index, draft, phase, error));
}

/* The context is the spec. */
static MuServiceScheduler *make_database(const char *name, GBytes *context, gpointer admin, GError **error) {
  gsize length;
  const char *yaml = g_bytes_get_data(context, &length);
  MuSpecInput input = {.name = "svc.yml", .service_name = name};
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(yaml, length, &input, error);
  if (spec == NULL)
    return NULL;
  MuSchedulerBuilder *builder = mu_scheduler_builder_new(spec);
  mu_scheduler_builder_set_plan_customizer(builder, customize, admin);
  mu_scheduler_builder_set_uninstall_customizer(builder, customize_uninstall, admin);
  mu_scheduler_builder_set_recovery_overrider(builder, override, admin);
  return mu_scheduler_builder_build(builder, error);
}

static gboolean run(const char *state_dir, char *admin, const char *file, GError **error) {
  char *yaml = NULL;
  gsize length = 0;
  if (!g_file_get_contents(file, &yaml, &length, error))
    return FALSE;
  g_autoptr(GBytes) context = g_bytes_new_take(yaml, length);
  MuMultiServiceEventClient *client = mu_multi_service_event_client_new(
      "database", mu_multi_service_manager_new(), mu_service_store_new(make_database, admin), NULL);
  MuRunnerOptions options = {.state_dir = state_dir, .quiet = TRUE};
  g_autoptr(MuMultiServiceRunner) runner = mu_multi_service_runner_new(client, &options, error);
  if (runner == NULL)
    return FALSE;
  mu_multi_service_runner_put_service(runner, "db", context);
  printf("ready: %s\n", mu_multi_service_runner_socket(runner));
  fflush(stdout);
  return mu_multi_service_runner_run(runner, NULL, error);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  if (argc == 4 && run(argv[1], argv[2], argv[3], &error))
    return 0;
  fprintf(stderr, "database_scheduler: %s\n",
          error == NULL ? "usage: database_scheduler STATE_DIR ADMIN FILE" : error->message);
  return error == NULL ? 2 : mu_error_info(error)->exit_code;
}
