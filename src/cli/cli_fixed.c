#include "cli_fixed.h"
#include "cli_context.h"
#include "ids.h"
#include <stdio.h>
#include <string.h>

static void unref_bytes(gpointer bytes) {
  g_bytes_unref(bytes);
}

/* The name, or another one that is the same in task ids; NULL: there is none. */
static const char *find_alike(const MuCliFixed *fixed, const char *name) {
  g_autofree char *sanitized = mu_name_sanitize(name);
  for (guint i = 0; i < fixed->names->len; i++) {
    g_autofree char *other = mu_name_sanitize(fixed->names->pdata[i]);
    if (g_str_equal(other, sanitized))
      return fixed->names->pdata[i];
  }
  return NULL;
}

static gboolean check_name(const MuCliFixed *fixed, const char *path, const char *name, GError **error) {
  const char *alike = find_alike(fixed, name);
  if (alike == NULL)
    return TRUE;
  if (g_str_equal(alike, name))
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "%s: another file has a service named %s, too", path, name);
  else
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
                "%s: the name %s collides with service %s of another file: both are the same in task ids", path, name,
                alike);
  return FALSE;
}

static gboolean load_file(const MuCliCall *call, MuCliFixed *fixed, const char *path, GError **error) {
  g_autoptr(MuCliContext) context = mu_cli_context_load_for(call, path, NULL, NULL, NULL, error);
  g_autoptr(MuServiceSpec) spec = context == NULL ? NULL : mu_cli_context_parse(context, NULL, error);
  if (spec == NULL)
    return FALSE;
  if (!check_name(fixed, path, spec->name, error))
    return FALSE;
  const char *engine = mu_cli_text(call, "engine");
  mu_cli_context_warn(context, spec, engine == NULL ? "local" : engine);
  char *json = mu_cli_context_to_json(context);
  g_ptr_array_add(fixed->names, g_strdup(spec->name));
  g_ptr_array_add(fixed->contexts, g_bytes_new_take(json, strlen(json)));
  return TRUE;
}

gboolean mu_cli_fixed_load(const MuCliCall *call, MuCliFixed *fixed, GError **error) {
  const char *mono = mu_cli_text(call, "mono");
  g_autofree const char **paths = mu_cli_texts(call, "service");
  fixed->names = g_ptr_array_new_with_free_func(g_free);
  fixed->contexts = g_ptr_array_new_with_free_func(unref_bytes);
  if (mono != NULL && paths[0] != NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE, "--mono and --service exclude each other");
    return FALSE;
  }
  fixed->mode = mono != NULL ? MU_SERVICES_MONO : paths[0] != NULL ? MU_SERVICES_STATIC : MU_SERVICES_DYNAMIC;
  if (mono != NULL && !load_file(call, fixed, mono, error))
    return FALSE;
  for (guint i = 0; paths[i] != NULL; i++)
    if (!load_file(call, fixed, paths[i], error))
      return FALSE;
  g_ptr_array_add(fixed->names, NULL);
  return TRUE;
}

void mu_cli_fixed_restrict(MuCliFixed *fixed, MuMultiServiceEventClient *client) {
  fixed->client = client;
  if (fixed->mode != MU_SERVICES_DYNAMIC)
    mu_multi_service_event_client_set_services(client, fixed->mode, (const char *const *)fixed->names->pdata);
}

static gboolean exists(const MuCliFixed *fixed, const char *service) {
  g_auto(GStrv) names = mu_multi_service_manager_names(mu_multi_service_event_client_manager(fixed->client));
  return g_strv_contains((const char *const *)names, service);
}

static void on_put(const char *service, const GError *error, gpointer user) {
  MuCliFixed *fixed = user;
  if (error == NULL)
    return;
  if (fixed->mode == MU_SERVICES_MONO && !exists(fixed, service)) {
    fixed->refused = g_error_copy(error);
    mu_multi_service_runner_stop(fixed->runner);
    return;
  }
  fprintf(stderr, "muster: service %s%s: %s\n", service,
          exists(fixed, service) ? " goes on as it was, for its spec was refused" : " was refused", error->message);
}

void mu_cli_fixed_put(MuCliFixed *fixed, MuMultiServiceRunner *runner) {
  fixed->runner = runner;
  for (guint i = 0; i < fixed->contexts->len; i++)
    mu_multi_service_runner_put_service_full(runner, fixed->names->pdata[i], fixed->contexts->pdata[i], on_put, fixed);
}

const char *mu_cli_fixed_mono(const MuCliFixed *fixed) {
  return fixed->mode == MU_SERVICES_MONO ? fixed->names->pdata[0] : NULL;
}

void mu_cli_fixed_clear(MuCliFixed *fixed) {
  g_clear_pointer(&fixed->names, g_ptr_array_unref);
  g_clear_pointer(&fixed->contexts, g_ptr_array_unref);
  g_clear_error(&fixed->refused);
}
