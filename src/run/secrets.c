/* The store of secrets: opened at the start, and rid of what belonged to a service that is gone. */
#include "log.h"
#include "mesos_engine.h"
#include "runner_internal.h"
#include "tls_store.h"
#include <muster/error.h>
#include <string.h>

gboolean mu_runner_open_secrets(MuMultiServiceRunner *runner, GError **error) {
  g_autofree char *path = mu_state_dir_file(runner->dir, MU_STATE_DIR_SECRETS);
  runner->secrets = mu_secret_store_open(path, error);
  return runner->secrets != NULL;
}

/* A certificate that stays does no harm: it is tried again at the next start. */
static void warn(GError *take_error) {
  mu_warning("keys of a service that is gone cannot be removed: %s", take_error->message);
  g_error_free(take_error);
}

void mu_runner_sweep_secrets(MuMultiServiceRunner *runner) {
  GError *error = NULL;
  g_autoptr(GHashTable) services = g_hash_table_new(g_str_hash, g_str_equal);
  g_auto(GStrv) names = mu_multi_service_manager_names(mu_multi_service_event_client_manager(runner->client));
  for (char **name = names; *name != NULL; name++)
    g_hash_table_add(services, *name);
  if (!mu_tls_keep_only(runner->secrets, services, &error))
    warn(error);
}

void mu_runner_forget_secrets(MuMultiServiceRunner *runner, const MuNotice *notice) {
  GError *error = NULL;
  if (strcmp(notice->type, "service") != 0 || runner->secrets == NULL ||
      mu_multi_service_manager_has(mu_multi_service_event_client_manager(runner->client), notice->service))
    return;
  if (!mu_tls_forget(runner->secrets, notice->service, &error))
    warn(error);
}

/* ---- for agents on other machines ------------------------------------------------------------------------------------------ */

/* One that is not in our store is for the agents' own resolver. */
static GBytes *value_for(const char *service, const char *secret, gpointer user, GError **error) {
  MuMultiServiceRunner *runner = user;
  const char *name = secret + (*secret == '/');
  g_autoptr(GError) cause = NULL;
  if (!mu_secret_name_check(name, NULL))
    return NULL;
  g_autoptr(GBytes) there = mu_secret_store_get(runner->secrets, name, &cause);
  if (there == NULL && g_error_matches(cause, MU_ERROR, MU_ERROR_NOT_FOUND))
    return NULL;
  return mu_secret_store_get_for(runner->secrets, service, name, error);
}

static void add_file(GPtrArray *files, const char *name, const char *suffix, GBytes *content) {
  if (content != NULL)
    g_ptr_array_add(files, mu_mesos_file_new(name, suffix, content));
}

/* A certificate for the reference's names alone: it moves with its task from agent to agent. */
static gboolean tls_for(const char *service, const char *task, const MuLaunchTls *wanted, GPtrArray *files,
                        gpointer user, GError **error) {
  MuMultiServiceRunner *runner = user;
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  g_auto(MuTlsFiles) made = {0};
  for (guint i = 0; i < wanted->dns_names->len; i++)
    g_ptr_array_add(names, wanted->dns_names->pdata[i]);
  g_ptr_array_add(names, NULL);
  const MuTlsRequest request = {.service = service,
                                .task = task,
                                .name = wanted->name,
                                .common_name = wanted->common_name,
                                .dns_names = (const char *const *)names->pdata,
                                .keystore = wanted->keystore};
  if (!mu_tls_get(runner->secrets, &request, g_get_real_time() / G_USEC_PER_SEC, &made, error))
    return FALSE;
  add_file(files, wanted->name, "crt", made.certificate);
  add_file(files, wanted->name, "key", made.key);
  add_file(files, wanted->name, "ca", made.ca);
  add_file(files, wanted->name, "keystore", made.keystore);
  add_file(files, wanted->name, "truststore", made.truststore);
  return TRUE;
}

void mu_runner_give_secrets(MuMultiServiceRunner *runner) {
  static const MuMesosSecretFuncs FUNCS = {.value = value_for, .tls = tls_for};
  mu_mesos_engine_set_secrets(runner->engine, &FUNCS, runner);
}
