#include "local_config.h"
#include "programs.h"
#include <string.h>

#define DISK_WATCH_MS 15000 /* as container_disk_watch_interval of a Mesos agent */

static void free_attribute(gpointer attribute) {
  mu_env_var_free(attribute);
}

/* "k=v" or "N:k=v" */
static gboolean add_attribute(GPtrArray *attributes, const char *text, GError **error) {
  const char *equals = strchr(text, '=');
  const char *colon = strchr(text, ':');
  const char *key = colon != NULL && equals != NULL && colon < equals ? colon + 1 : text;
  if (equals == NULL || equals == key) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED,
                "attribute \"%s\": KEY=VALUE, or N:KEY=VALUE for agent N, was expected", text);
    return FALSE;
  }
  g_autofree char *name = g_strndup(text, (gsize)(equals - text));
  g_ptr_array_add(attributes, mu_env_var_new(name, equals + 1));
  return TRUE;
}

static GPtrArray *read_attributes(const char *const *texts, GError **error) {
  g_autoptr(GPtrArray) attributes = g_ptr_array_new_with_free_func(free_attribute);
  for (; texts != NULL && *texts != NULL; texts++)
    if (!add_attribute(attributes, *texts, error))
      return NULL;
  return g_steal_pointer(&attributes);
}

static gboolean check_amounts(const MuRunnerOptions *options, GError **error) {
  const struct {
    const char *name;
    gint64 amount;
  } rows[] = {{"cpus", options->cpus_milli},
              {"mem", options->mem_mb},
              {"disk", options->disk_mb},
              {"gpus", options->gpus_milli}};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    if (rows[i].amount < 0) {
      g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s: a positive amount was expected, or none to have it detected",
                  rows[i].name);
      return FALSE;
    }
  return TRUE;
}

static gboolean read_switch(const char *name, const char *text, MuLocalSwitch *ret_value, GError **error) {
  *ret_value = text == NULL ? MU_LOCAL_AUTO : strcmp(text, "on") == 0 ? MU_LOCAL_ON : MU_LOCAL_OFF;
  if (*ret_value != MU_LOCAL_OFF || strcmp(text, "off") == 0)
    return TRUE;
  g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "%s \"%s\": \"on\" or \"off\" was expected", name, text);
  return FALSE;
}

MuEngine *mu_runner_local_engine(const MuRunnerOptions *options, const char *folder, const char *secrets,
                                 GError **error) {
  MuLocalSwitch pid_namespaces;
  if (!check_amounts(options, error) || !read_switch("pid namespaces", options->pid_namespaces, &pid_namespaces, error))
    return NULL;
  g_autoptr(GPtrArray) attributes = read_attributes(options->attributes, error);
  if (attributes == NULL)
    return NULL;
  g_autofree char *executor = mu_program_find("muster-executor", options->executor_path, error);
  if (executor == NULL)
    return NULL;
  g_autofree char *bootstrap = mu_program_find("muster-bootstrap", options->bootstrap_path, error);
  if (bootstrap == NULL)
    return NULL;
  g_autofree char *fetch = mu_program_find("muster-fetch", NULL, error);
  if (fetch == NULL)
    return NULL;
  g_autofree char *bring_secrets = mu_program_find("muster-secrets", NULL, error);
  if (bring_secrets == NULL)
    return NULL;
  const MuLocalEngineConfig config = {
      .state_dir = folder,
      .executor_path = executor,
      .bootstrap_path = bootstrap,
      .fetch_path = fetch,
      .secrets_path = bring_secrets,
      .secrets_dir = secrets,
      .agents = options->agents == 0 ? 1 : options->agents,
      .cpus_milli = options->cpus_milli,
      .mem_mb = options->mem_mb,
      .disk_mb = options->disk_mb,
      .gpus_milli = options->gpus_milli,
      .mounts = options->mounts,
      .ports = options->ports,
      .attributes = attributes,
      .pid_namespaces = pid_namespaces,
      .disk_watch_ms = options->enforce_disk ? DISK_WATCH_MS : 0,
      .seccomp_dir = options->seccomp_profiles,
      .seccomp_default = options->seccomp_default,
      .hostname = options->hostname,
  };
  return mu_local_engine_new(&config, error);
}
