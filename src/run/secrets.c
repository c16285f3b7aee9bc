/* The store of secrets: opened at the start, and rid of what belonged to a service that is gone. */
#include "log.h"
#include "runner_internal.h"
#include "tls_store.h"
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
