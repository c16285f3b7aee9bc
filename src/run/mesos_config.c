#include "mesos_config.h"

#include "http_server.h"
#include "mesos_engine.h"
#include <muster/error.h>
#include <string.h>

/* What the default executor gets: as the field is used to. Mesos refuses one without disk. */
#define EXECUTOR_CPUS_MILLI 100
#define EXECUTOR_MEM_MB 32
#define EXECUTOR_DISK_MB 256

/* As mu_client_configure makes them. */
static char *or_named(const char *given, const char *framework_name, const char *suffix) {
  return given != NULL ? g_strdup(given) : g_strconcat(framework_name, suffix, NULL);
}

static gboolean check(const MuMesosOptions *mesos, GError **error) {
  if (mesos->failover_timeout_ms < 0 || (mesos->failover_timeout_ms > 0 && mesos->failover_timeout_ms < 1000)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "failover timeout: a second or more was expected");
    return FALSE;
  }
  if (mesos->refuse_ms < 0 || mesos->idle_refuse_ms < 0 || mesos->hold_ms < 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "the times for which offers are refused and held: none is negative");
    return FALSE;
  }
  return TRUE;
}

MuEngine *mu_runner_mesos_engine(const MuRunnerOptions *options, const char *framework_name, GError **error) {
  const MuMesosOptions *mesos = &options->mesos;
  if (!check(mesos, error))
    return NULL;
  g_autofree char *role = or_named(mesos->role, framework_name, "-role");
  g_autofree char *principal = or_named(mesos->principal, framework_name, "-principal");
  const char *roles[] = {role, NULL};
  const MuMesosEngineConfig config = {
      .master = mesos->master,
      .framework_name = framework_name,
      .roles = roles,
      .principal = principal,
      .user = mesos->user,
      .hostname = options->hostname,
      .webui_url = mesos->webui_url,
      .secret_file = mesos->secret_file,
      .token_file = mesos->token_file,
      .ca_file = mesos->ca_file,
      .cert_file = mesos->cert_file,
      .key_file = mesos->key_file,
      .failover_timeout_s = mesos->failover_timeout_ms / 1000,
      .hold_ms = mesos->hold_ms,
      .gpus = mesos->gpus,
      .json = mesos->json,
      .new_framework = mesos->new_framework,
  };
  return mu_mesos_engine_new(&config, error);
}

/* Agents on other machines must reach us for it. */
static void set_bootstrap(MuEngine *engine, gboolean has_bootstrap, const MuClientSettings *settings) {
  if (!has_bootstrap || settings->api_host == NULL)
    return;
  g_autofree char *url =
      g_strdup_printf(strchr(settings->api_host, ':') != NULL ? "http://[%s]:%u%s" : "http://%s:%u%s",
                      settings->api_host, settings->api_port, MU_HTTP_BOOTSTRAP_PATH);
  mu_mesos_engine_set_bootstrap_url(engine, url);
}

void mu_runner_mesos_settings(const MuRunnerOptions *options, MuEngine *engine, gboolean has_bootstrap,
                              MuClientSettings *settings) {
  set_bootstrap(engine, has_bootstrap, settings);
  settings->role = options->mesos.role;
  settings->principal = options->mesos.principal;
  settings->user = options->mesos.user;
  if (options->mesos.refuse_ms > 0)
    settings->refuse_ms = options->mesos.refuse_ms;
  if (options->mesos.idle_refuse_ms > 0)
    settings->idle_refuse_ms = options->mesos.idle_refuse_ms;
  settings->executor_cpus_milli = EXECUTOR_CPUS_MILLI;
  settings->executor_mem_mb = EXECUTOR_MEM_MB;
  settings->executor_disk_mb = EXECUTOR_DISK_MB;
}
