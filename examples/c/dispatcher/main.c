#include "dispatcher.h"
#include <stdio.h>

static char *opt_state, *opt_listen, *opt_submit, *opt_master;
static int opt_history = 1000, opt_max_drivers = 10000, opt_cpus, opt_mem_mb;
static gboolean opt_open;

static const GOptionEntry OPTIONS[] = {
    {"state", 0, 0, G_OPTION_ARG_FILENAME, &opt_state, "folder for everything that is kept", "DIR"},
    {"listen", 0, 0, G_OPTION_ARG_STRING, &opt_listen, "127.0.0.1:6066, say; else only the unix socket in DIR",
     "ADDR:PORT"},
    {"open", 0, 0, G_OPTION_ARG_NONE, &opt_open, "ask for no token: whoever reaches the address may submit", NULL},
    {"spark-submit", 0, 0, G_OPTION_ARG_STRING, &opt_submit, "runs a driver; $SPARK_HOME/bin/spark-submit", "PROGRAM"},
    {"master", 0, 0, G_OPTION_ARG_STRING, &opt_master, "of the drivers; local[*] when not given", "MASTER"},
    {"history", 0, 0, G_OPTION_ARG_INT, &opt_history, "how many drivers that ended are remembered; 1000", "N"},
    {"max-drivers", 0, 0, G_OPTION_ARG_INT, &opt_max_drivers, "how many there may be at once; 10000", "N"},
    {"cpus", 0, 0, G_OPTION_ARG_INT, &opt_cpus, "of this machine for drivers; all when not given", "N"},
    {"mem", 0, 0, G_OPTION_ARG_INT, &opt_mem_mb, "MB of this machine for drivers; all when not given", "N"},
    {NULL}};

static gboolean read_options(int *argc, char ***argv, GError **error) {
  g_autoptr(GOptionContext) context = g_option_context_new("- Spark's submission protocol in front of muster");
  g_option_context_add_main_entries(context, OPTIONS, NULL);
  if (!g_option_context_parse(context, argc, argv, error))
    return FALSE;
  if (opt_state == NULL || *argc > 1 || opt_history < 1 || opt_max_drivers < 1) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--state DIR is needed, and numbers from 1; see --help");
    return FALSE;
  }
  if (opt_submit == NULL)
    opt_submit = g_build_filename(g_getenv("SPARK_HOME") == NULL ? "/opt/spark" : g_getenv("SPARK_HOME"), "bin",
                                  "spark-submit", NULL);
  if (opt_master == NULL)
    opt_master = g_strdup("local[*]");
  return TRUE;
}

static gboolean serve(const DispatcherConfig *config, History *history, GError **error) {
  MuMultiServiceEventClient *client = mu_multi_service_event_client_new(
      "spark-dispatcher", mu_multi_service_manager_new(), mu_service_store_new(driver_factory, (gpointer)config), NULL);
  g_autoptr(Dispatcher) dispatcher = dispatcher_new(config, history, client);
  MuRunnerOptions options = {.state_dir = opt_state,
                             .listen = opt_listen,
                             .cpus_milli = (gint64)opt_cpus * 1000,
                             .mem_mb = opt_mem_mb,
                             .routes_user = dispatcher,
                             .quiet = TRUE};
  options.routes = dispatcher_routes(opt_open, &options.n_routes);
  g_autoptr(MuMultiServiceRunner) runner = mu_multi_service_runner_new(client, &options, error);
  if (runner == NULL)
    return FALSE;
  dispatcher_start(dispatcher, runner);
  const char *url = mu_multi_service_runner_url(runner);
  printf("ready: %s\n", url != NULL ? url : mu_multi_service_runner_socket(runner));
  fflush(stdout);
  return mu_multi_service_runner_run(runner, NULL, error);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autoptr(History) history = NULL;
  if (read_options(&argc, &argv, &error) && g_mkdir_with_parents(opt_state, 0700) == 0) {
    const DispatcherConfig config = {opt_submit, opt_master, (guint)opt_max_drivers};
    g_autofree char *path = g_build_filename(opt_state, "drivers.jsonl", NULL);
    history = history_open(path, (guint)opt_history, &error);
    if (history != NULL && serve(&config, history, &error))
      return 0;
  }
  fprintf(stderr, "dispatcher: %s\n", error == NULL ? "the state folder cannot be made" : error->message);
  return error == NULL ? 1 : mu_error_info(error)->exit_code;
}
