/* MultiServiceRunner: what the SDK sees. The parts are in the other files of this folder. */
#include "bug.h"
#include "local_config.h"
#include "log.h"
#include "memory_store.h"
#include "mesos_config.h"
#include "programs.h"
#include "runner_internal.h"
#include "sqlite_store.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/random.h>

/* ---- what the HTTP server asks -------------------------------------------------------------------------------------- */

static void submit(MuCommand *take_command, gpointer user) {
  mu_runner_queue_command(user, take_command);
}

static char *sandbox_path(const char *agent_id, const char *task_id, const char *path, gpointer user, GError **error) {
  MuMultiServiceRunner *runner = user;
  return runner->engine->ops->sandbox_path(runner->engine, agent_id, task_id, path, error);
}

static void read_sandbox(const MuTaskPlace *task, const char *path, guint64 offset, guint64 length, MuSandboxFunc done,
                         gpointer done_user, gpointer user) {
  MuMultiServiceRunner *runner = user;
  runner->engine->ops->read_sandbox(runner->engine, task, path, offset, length, done, done_user);
}

static gboolean exec(const MuTaskPlace *task, const MuExecRequest *request, int fd, gpointer user, GError **error) {
  MuMultiServiceRunner *runner = user;
  return runner->engine->ops->exec(runner->engine, task, request, fd, error);
}

static json_t *describe_engine(gpointer user) {
  MuMultiServiceRunner *runner = user;
  const MuEngineOps *ops = runner->engine->ops;
  return ops->describe == NULL ? json_pack("{s:s}", "engine", ops->name) : ops->describe(runner->engine);
}

static void before_read(gpointer user) {
  MuMultiServiceRunner *runner = user;
  mu_client_note_time(runner->client, mu_runner_now_ms(runner));
}

/* ---- opening, stage by stage ---------------------------------------------------------------------------------------- */

static gboolean is_mesos(const MuRunnerOptions *options) {
  return g_strcmp0(options->engine, "mesos") == 0;
}

static gboolean check_options(const MuRunnerOptions *options, GError **error) {
  if (options->engine == NULL || strcmp(options->engine, "local") == 0 || is_mesos(options))
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "engine \"%s\" is not known; \"local\" or \"mesos\" was expected",
              options->engine);
  return FALSE;
}

static gboolean open_dir(MuMultiServiceRunner *runner, const MuRunnerOptions *options, GError **error) {
  runner->dir = mu_state_dir_open(options->state_dir, error);
  if (runner->dir == NULL)
    return FALSE;
  runner->socket = g_strdup(mu_state_dir_socket(runner->dir));
  runner->token = g_strdup(mu_state_dir_token(runner->dir));
  return TRUE;
}

static gboolean open_store(MuMultiServiceRunner *runner, GError **error) {
  if (runner->store != NULL)
    return TRUE;
  if (mu_state_dir_is_throw_away(runner->dir)) {
    runner->store = mu_memory_store_new();
    return TRUE;
  }
  g_autofree char *path = mu_state_dir_file(runner->dir, "store.db");
  runner->store = mu_sqlite_store_open(path, error);
  return runner->store != NULL;
}

static gboolean open_engine(MuMultiServiceRunner *runner, const MuRunnerOptions *options, GError **error) {
  if (runner->engine != NULL)
    return TRUE;
  if (is_mesos(options)) {
    runner->engine = mu_runner_mesos_engine(options, mu_client_framework_name(runner->client), error);
    return runner->engine != NULL;
  }
  g_autofree char *folder = mu_state_dir_file(runner->dir, "engine");
  g_autofree char *secrets = mu_state_dir_file(runner->dir, MU_STATE_DIR_SECRETS);
  runner->engine = mu_runner_local_engine(options, folder, secrets, error);
  runner->local = runner->engine != NULL;
  return runner->local;
}

/* The server says which address it could not have; an operator wants to know what to do. */
static gboolean refuse_address(const char *listen, GError *take_error, GError **error) {
  if (listen != NULL && g_error_matches(take_error, MU_ERROR, MU_ERROR_CONFLICT) &&
      strstr(take_error->message, listen) != NULL)
    g_set_error(
        error, MU_ERROR, MU_ERROR_CONFLICT,
        "%s; another program has that port: choose another one with --listen ADDR:PORT, port 0 picks a free one",
        take_error->message);
  else
    g_propagate_error(error, g_error_copy(take_error));
  g_error_free(take_error);
  return FALSE;
}

static gboolean open_http(MuMultiServiceRunner *runner, const MuRunnerOptions *options, GError **error) {
  runner->bootstrap = mu_program_find("muster-bootstrap", options->bootstrap_path, NULL);
  const MuHttpConfig config = {
      .listen = options->listen,
      .socket_path = runner->socket,
      .token = runner->token,
      .routes = options->routes,
      .n_routes = options->n_routes,
      .routes_user = options->routes_user,
      .mono = options->mono_service,
  };
  const MuHttpBackend backend = {
      .client = runner->client,
      .secrets = runner->secrets,
      .submit = submit,
      .sandbox_path = sandbox_path,
      .read_sandbox = runner->engine->ops->read_sandbox == NULL ? NULL : read_sandbox,
      .exec = options->no_exec || runner->engine->ops->exec == NULL ? NULL : exec,
      .exec_refusal = options->no_exec ? "commands in tasks are off: the scheduler was started with --no-exec"
                                       : "this engine runs no commands in tasks",
      .describe_engine = describe_engine,
      .bootstrap_path = runner->bootstrap,
      .before_read = before_read,
      .user = runner,
  };
  GError *local_error = NULL;
  runner->http = mu_http_server_new(&config, &backend, &local_error);
  if (runner->http == NULL)
    return refuse_address(options->listen, local_error, error);
  runner->url = g_strdup(mu_http_server_url(runner->http));
  return runner->url == NULL || mu_state_dir_write_url(runner->dir, runner->url, error);
}

/* The address that tasks are told: one that listens everywhere is known by the machine's name. */
static void set_api_address(MuClientSettings *settings, GUri *uri, const MuRunnerOptions *options) {
  gboolean everywhere = g_str_has_prefix(options->listen, "0.0.0.0:") || g_str_has_prefix(options->listen, "[::]:");
  settings->api_host = everywhere ? g_get_host_name() : g_uri_get_host(uri);
  settings->api_port = (guint16)g_uri_get_port(uri);
}

static gboolean configure(MuMultiServiceRunner *runner, const MuRunnerOptions *options, GError **error) {
  MuClientSettings settings = mu_client_settings_default;
  const MuEngineOps *ops = runner->engine->ops;
  settings.engine = ops->name;
  settings.knows_roles = ops->knows_roles;
  settings.lacks = ops->lacks == NULL ? NULL : ops->lacks(runner->engine);
  settings.executor_cpus_milli = settings.executor_mem_mb = settings.executor_disk_mb = 0;
  g_autoptr(GUri) uri = runner->url == NULL ? NULL : g_uri_parse(runner->url, G_URI_FLAGS_NONE, NULL);
  if (uri != NULL)
    set_api_address(&settings, uri, options);
  if (is_mesos(options)) {
    mu_runner_mesos_settings(options, runner->engine, runner->bootstrap != NULL, &settings);
    mu_runner_give_secrets(runner);
  }
  guint64 seed;
  if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "no random bytes: %s", g_strerror(errno));
    return FALSE;
  }
  mu_client_configure(runner->client, &settings, seed);
  return TRUE;
}

static gboolean load(MuMultiServiceRunner *runner, GError **error) {
  MuStore *store = runner->store;
  if (!store->ops->load(store, mu_client_reader(runner->client), runner->client, error) ||
      !mu_client_loaded(runner->client, mu_runner_now_ms(runner), error) || !store->ops->check(store, error))
    return FALSE;
  mu_runner_sweep_secrets(runner);
  return TRUE;
}

static gboolean open_all(MuMultiServiceRunner *runner, const MuRunnerOptions *options, GError **error) {
  if (!check_options(options, error))
    return FALSE;
  return open_dir(runner, options, error) && open_store(runner, error) && mu_runner_open_secrets(runner, error) &&
         open_engine(runner, options, error) && open_http(runner, options, error) &&
         configure(runner, options, error) && load(runner, error);
}

MuMultiServiceRunner *mu_runner_new_with(MuMultiServiceEventClient *take_client, const MuRunnerOptions *options,
                                         MuStore *take_store, MuEngine *take_engine, GError **error) {
  g_autoptr(MuMultiServiceRunner) runner = g_new0(MuMultiServiceRunner, 1);
  runner->client = take_client;
  runner->store = take_store;
  runner->engine = take_engine;
  runner->pipeline = mu_pipeline_new(&mu_runner_pipeline_ops, runner);
  mu_runner_loop_init(runner);
  mu_narrate_init(options->quiet);
  return open_all(runner, options, error) ? g_steal_pointer(&runner) : NULL;
}

MuMultiServiceRunner *mu_multi_service_runner_new(MuMultiServiceEventClient *take_client,
                                                  const MuRunnerOptions *options, GError **error) {
  return mu_runner_new_with(take_client, options, NULL, NULL, error);
}

void mu_multi_service_runner_free(MuMultiServiceRunner *runner) {
  if (runner == NULL)
    return;
  mu_runner_shut(runner, FALSE, NULL);
  mu_runner_loop_clear(runner);
  mu_pipeline_free(runner->pipeline);
  mu_multi_service_event_client_free(runner->client);
  g_clear_error(&runner->fatal);
  g_free(runner->url);
  g_free(runner->bootstrap);
  g_free(runner->socket);
  g_free(runner->token);
  g_free(runner->told_trouble);
  g_free(runner);
}

/* ---- requests from inside the process ------------------------------------------------------------------------------- */

typedef struct {
  char *service;
  const char *verb; /* for the log; NULL: somebody is told */
  MuDoneFunc done;
  gpointer user;
} Request;

static void on_done(json_t *body, const GError *error, gpointer user) {
  (void)body;
  Request *request = user;
  if (request->done != NULL)
    request->done(request->service, error, request->user);
  else if (error != NULL)
    mu_error_log("service %s was not %s: %s", request->service, request->verb, error->message);
  g_free(request->service);
  g_free(request);
}

static void ask(MuMultiServiceRunner *runner, MuCommand *command, const char *verb, MuDoneFunc done, gpointer user) {
  Request *request = g_new(Request, 1);
  *request = (Request){g_strdup(command->service), verb, done, user};
  command->reply = on_done;
  command->user = request;
  mu_runner_queue_command(runner, command);
}

void mu_multi_service_runner_put_service_full(MuMultiServiceRunner *runner, const char *name, GBytes *context,
                                              MuDoneFunc done, gpointer user) {
  mu_multi_service_runner_put_service_if(runner, name, context, MU_VERSION_ANY, done, user);
}

void mu_multi_service_runner_put_service_if(MuMultiServiceRunner *runner, const char *name, GBytes *context,
                                            gint64 if_version, MuDoneFunc done, gpointer user) {
  MuCommand *command = mu_command_new(MU_COMMAND_SERVICE_PUT, name);
  command->context = g_bytes_ref(context);
  command->if_version = if_version;
  ask(runner, command, "added", done, user);
}

void mu_multi_service_runner_put_service(MuMultiServiceRunner *runner, const char *name, GBytes *context) {
  mu_multi_service_runner_put_service_full(runner, name, context, NULL, NULL);
}

void mu_multi_service_runner_remove_service(MuMultiServiceRunner *runner, const char *name, MuDoneFunc done,
                                            gpointer user) {
  ask(runner, mu_command_new(MU_COMMAND_SERVICE_REMOVE, name), "removed", done, user);
}

void mu_multi_service_runner_watch(MuMultiServiceRunner *runner, MuEventFunc func, gpointer user) {
  runner->watch = func;
  runner->watch_user = user;
}

void mu_multi_service_runner_uninstall(MuMultiServiceRunner *runner) {
  mu_runner_queue_command(runner, mu_command_new(MU_COMMAND_UNINSTALL, NULL));
}

/* ---- a run ---------------------------------------------------------------------------------------------------------- */

static void on_engine_event(MuEngineEvent *take_event, gpointer user) {
  mu_runner_queue_event(user, take_event);
}

void mu_multi_service_runner_stop(MuMultiServiceRunner *runner) {
  runner->forced = runner->stopping; /* asked twice: now */
  runner->stopping = TRUE;
  runner->dirty = TRUE;
  mu_runner_arm(runner);
}

static gboolean on_signal(gpointer user) {
  mu_multi_service_runner_stop(user);
  return G_SOURCE_CONTINUE;
}

/* It subscribes with them. */
static void give_roles(MuMultiServiceRunner *runner) {
  g_autoptr(MuEngineCall) call = mu_client_roles_call(runner->client);
  if (runner->engine->ops->knows_roles)
    runner->engine->ops->perform(runner->engine, call);
}

static void run_loop(MuMultiServiceRunner *runner) {
  guint sigterm = g_unix_signal_add(SIGTERM, on_signal, runner);
  guint sigint = g_unix_signal_add(SIGINT, on_signal, runner);
  mu_narrate_ready(runner);
  mu_runner_loop_run(runner);
  g_source_remove(sigterm);
  g_source_remove(sigint);
}

gboolean mu_multi_service_runner_run(MuMultiServiceRunner *runner, MuRunEnd *ret_end, GError **error) {
  mu_assert(!runner->started && runner->dir != NULL); /* one run per runner */
  give_roles(runner);
  if (!runner->engine->ops->start(runner->engine, mu_client_framework_id(runner->client), on_engine_event, runner,
                                  error))
    return FALSE;
  runner->started = TRUE;
  run_loop(runner);
  if (runner->fatal != NULL) {
    mu_runner_shut(runner, FALSE, NULL);
    g_propagate_error(error, g_steal_pointer(&runner->fatal));
    return FALSE;
  }
  if (!mu_runner_shut(runner, runner->uninstalled, error))
    return FALSE;
  if (ret_end != NULL)
    *ret_end = runner->uninstalled ? MU_RUN_UNINSTALLED : MU_RUN_STOPPED;
  return TRUE;
}

const char *mu_multi_service_runner_url(const MuMultiServiceRunner *runner) {
  return runner->url;
}

const char *mu_multi_service_runner_socket(const MuMultiServiceRunner *runner) {
  return runner->socket;
}

const char *mu_multi_service_runner_token(const MuMultiServiceRunner *runner) {
  return runner->token;
}
