/* muster serve: the multi-service scheduler, on the SDK's public headers alone. */
#include "cli_serve.h"
#include "cli_commands.h"
#include "cli_fixed.h"
#include "cli_output.h"
#include "cli_specs.h"
#include "cli_target.h"
#include "mu_config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_LISTEN "127.0.0.1:8640"
#define DEFAULT_FRAMEWORK_NAME "muster"
#define MAX_FRAMEWORK_NAME 200
#define MEGABYTE ((gsize)1024 * 1024)
/* How long one service may try to grow while others wait for their turn. */
#define FOOTPRINT_TURN_MS 60000

MuMultiServiceEventClient *mu_cli_new_scheduler(const char *framework_name, gint64 max_footprint) {
  MuOfferDiscipline *discipline = max_footprint == 0
                                      ? mu_offer_discipline_all()
                                      : mu_offer_discipline_parallel_footprint((guint)max_footprint, FOOTPRINT_TURN_MS);
  return mu_multi_service_event_client_new(framework_name, mu_multi_service_manager_new(),
                                           mu_service_store_new(mu_yaml_service_factory, NULL), discipline);
}

void mu_cli_machine_lists_clear(MuCliMachineLists *lists) {
  g_clear_pointer(&lists->attributes, g_free);
  g_clear_pointer(&lists->mounts, g_free);
}

MuRunnerOptions mu_cli_machine_options(const MuCliCall *call, MuCliMachineLists *ret_lists) {
  *ret_lists = (MuCliMachineLists){mu_cli_texts(call, "attribute"), mu_cli_texts(call, "mount")};
  return (MuRunnerOptions){
      .agents = (guint)mu_cli_number(call, "agents", 0),
      .cpus_milli = mu_cli_number(call, "cpus", 0),
      .mem_mb = mu_cli_number(call, "mem", 0),
      .disk_mb = mu_cli_number(call, "disk", 0),
      .gpus_milli = mu_cli_number(call, "gpus", 0),
      .mounts = ret_lists->mounts,
      .ports = mu_cli_text(call, "ports"),
      .attributes = ret_lists->attributes,
      .hostname = mu_cli_text(call, "hostname"),
      .enforce_disk = mu_cli_has(call, "enforce-disk"),
      .seccomp_profiles = mu_cli_text(call, "seccomp-profiles"),
      .seccomp_default = mu_cli_text(call, "seccomp-default"),
      .pid_namespaces = mu_cli_text(call, "pid-namespaces"),
  };
}

static gboolean is_mesos(const MuCliCall *call) {
  return g_strcmp0(mu_cli_text(call, "engine"), "mesos") == 0;
}

static MuMesosOptions mesos_options(const MuCliCall *call) {
  return (MuMesosOptions){
      .master = mu_cli_text(call, "master"),
      .role = mu_cli_text(call, "role"),
      .principal = mu_cli_text(call, "principal"),
      .user = mu_cli_text(call, "user"),
      .secret_file = mu_cli_text(call, "secret-file"),
      .token_file = mu_cli_text(call, "bearer-file"),
      .ca_file = mu_cli_text(call, "ca-file"),
      .cert_file = mu_cli_text(call, "cert-file"),
      .key_file = mu_cli_text(call, "key-file"),
      .webui_url = mu_cli_text(call, "webui-url"),
      .failover_timeout_ms = mu_cli_number(call, "failover-timeout", 0),
      .refuse_ms = mu_cli_number(call, "refuse-offers", 0),
      .idle_refuse_ms = mu_cli_number(call, "refuse-offers-idle", 0),
      .hold_ms = mu_cli_number(call, "hold-offers", 0),
      .gpus = mu_cli_has(call, "gpu-agents"),
      .json = mu_cli_has(call, "wire-json"),
      .new_framework = mu_cli_has(call, "new-framework"),
  };
}

static gboolean check_options(const MuCliCall *call, GError **error) {
  const char *name = mu_cli_text(call, "framework-name");
  if (mu_cli_has(call, "url"))
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "`muster serve` is the scheduler: give it --listen, not --url");
  else if (mu_cli_has(call, "no-tcp") && mu_cli_has(call, "listen"))
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--no-tcp and --listen exclude each other");
  else if (name != NULL && strlen(name) > MAX_FRAMEWORK_NAME)
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--framework-name: expected at most %d bytes", MAX_FRAMEWORK_NAME);
  else if (mu_cli_has(call, "master") != is_mesos(call))
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--engine mesos and --master go together");
  else
    return TRUE;
  return FALSE;
}

/* The one line that says where it can be reached. */
static void print_ready(const MuCliCall *call, const MuMultiServiceRunner *runner, const char *state_dir) {
  const char *url = mu_multi_service_runner_url(runner), *socket = mu_multi_service_runner_socket(runner);
  if (mu_cli_has(call, "json")) {
    g_autoptr(json_t) line = json_object();
    json_object_set_new(line, "ready", json_true());
    json_object_set_new(line, "url", url == NULL ? json_null() : json_string(url));
    json_object_set_new(line, "socket", json_string(socket));
    json_object_set_new(line, "state", json_string(state_dir));
    json_object_set_new(line, "pid", json_integer(getpid()));
    mu_cli_print_json_line(line);
    return;
  }
  mu_cli_printf("muster " MU_VERSION " is ready: %s%ssocket %s\n", url == NULL ? "" : url, url == NULL ? "" : ", ",
                socket);
  fflush(stdout);
}

static gboolean run(const MuCliCall *call, MuMultiServiceRunner *runner, GError **error) {
  MuRunEnd end;
  if (!mu_multi_service_runner_run(runner, &end, error))
    return FALSE;
  if (end == MU_RUN_UNINSTALLED && !mu_cli_has(call, "json"))
    mu_cli_print("everything is uninstalled; a next start begins from nothing\n");
  return TRUE;
}

static MuMultiServiceRunner *open_runner(const MuCliCall *call, MuRunnerOptions *options, MuCliFixed *fixed,
                                         MuCliSpecs *specs, GError **error) {
  const char *name = mu_cli_text(call, "framework-name"), *mono = mu_cli_fixed_mono(fixed);
  if (name == NULL)
    name = mono != NULL ? mono : DEFAULT_FRAMEWORK_NAME;
  options->mono_service = mono;
  if (specs->folder != NULL) {
    options->routes = mu_cli_specs_routes;
    options->n_routes = mu_cli_specs_n_routes;
    options->routes_user = specs;
  }
  MuMultiServiceEventClient *client = mu_cli_new_scheduler(name, mu_cli_number(call, "max-footprint", 0));
  mu_multi_service_event_client_set_max_stored(client, (gsize)mu_cli_number(call, "max-stored", 0) * MEGABYTE);
  mu_cli_fixed_restrict(fixed, client);
  return mu_multi_service_runner_new(client, options, error);
}

/* A folder that cannot be read now is told at once, not at the first request. */
static gboolean check_specs(const char *folder, GError **error) {
  g_auto(GStrv) names = folder == NULL ? NULL : mu_cli_specs_list(folder, error);
  return folder == NULL || names != NULL;
}

gboolean mu_cli_serve(MuCliCall *call, GError **error) {
  g_auto(MuCliFixed) fixed = {0};
  g_autofree char *folder = g_strdup(mu_cli_text(call, "specs"));
  MuCliSpecs specs = {.call = call, .folder = folder};
  g_autoptr(MuCliTarget) target =
      check_options(call, error) ? mu_cli_target_new(call, g_getenv, geteuid() == 0, error) : NULL;
  if (target == NULL || !check_specs(folder, error) || !mu_cli_fixed_load(call, &fixed, error))
    return FALSE;
  g_autofree char *state_dir = g_canonicalize_filename(target->state_dir, NULL);
  g_auto(MuCliMachineLists) lists = {NULL, NULL};
  MuRunnerOptions options = mu_cli_machine_options(call, &lists);
  const char *listen = mu_cli_text(call, "listen");
  options.state_dir = state_dir;
  options.listen = mu_cli_has(call, "no-tcp") ? NULL : listen != NULL ? listen : DEFAULT_LISTEN;
  options.engine = mu_cli_text(call, "engine");
  options.mesos = mesos_options(call);
  options.quiet = mu_cli_has(call, "quiet");
  options.no_exec = mu_cli_has(call, "no-exec");
  g_autoptr(MuMultiServiceRunner) runner = open_runner(call, &options, &fixed, &specs, error);
  if (runner == NULL)
    return FALSE;
  specs.runner = runner;
  mu_cli_fixed_put(&fixed, runner);
  print_ready(call, runner, state_dir);
  if (!run(call, runner, error))
    return FALSE;
  if (fixed.refused == NULL)
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&fixed.refused));
  return FALSE;
}
