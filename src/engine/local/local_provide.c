#include "json.h"
#include "local_private.h"

static json_t *uris_to_json(const MuItems *uris) {
  json_t *array = json_array();
  for (guint i = 0; i < uris->len; i++) {
    const MuLaunchUri *uri = uris->pdata[i];
    json_t *json = json_object();
    mu_json_set_string(json, "value", uri->value);
    mu_json_set_string(json, "output_file", uri->output_file);
    mu_json_set_string(json, "sha256", uri->sha256);
    mu_json_set_bool(json, "executable", uri->executable);
    mu_json_set_bool(json, "keep_packed", uri->keep_packed);
    json_array_append_new(array, json);
  }
  return array;
}

static void provide_uris(const MuLocal *local, const MuPodLaunch *launch, json_t *file) {
  if (launch->uris->len == 0)
    return;
  g_autofree char *cache = g_build_filename(local->state_dir, "cache", NULL);
  mu_json_set_string(file, "fetch", local->fetch_path);
  mu_json_set_string(file, "fetch_cache", cache);
  mu_json_set_new(file, "uris", uris_to_json(launch->uris));
}

static json_t *secrets_to_json(const MuItems *secrets) {
  json_t *array = json_array();
  for (guint i = 0; i < secrets->len; i++) {
    const MuLaunchSecret *secret = secrets->pdata[i];
    json_t *json = json_object();
    mu_json_set_string(json, "secret", secret->secret);
    mu_json_set_string(json, "env_key", secret->env_key);
    mu_json_set_string(json, "file", secret->file);
    json_array_append_new(array, json);
  }
  return array;
}

static gboolean wants_secrets(const MuPodLaunch *launch) {
  gboolean wants = launch->secrets->len > 0;
  for (guint i = 0; i < launch->tasks->len; i++)
    wants = wants || ((const MuTaskLaunch *)launch->tasks->pdata[i])->tls->len > 0;
  return wants;
}

static void provide_secrets(const MuLocal *local, const MuAgent *agent, const MuPodLaunch *launch, json_t *file) {
  if (!wants_secrets(launch))
    return;
  mu_json_set_string(file, "secrets_program", local->secrets_dir ? local->secrets_path : NULL);
  mu_json_set_string(file, "secrets_dir", local->secrets_dir);
  mu_json_set_string(file, "hostname", mu_agent_hostname(agent));
  mu_json_set_new(file, "secrets", secrets_to_json(launch->secrets));
}

void mu_local_provide(const MuLocal *local, const MuAgent *agent, const MuPodLaunch *launch, json_t *file) {
  provide_uris(local, launch, file);
  provide_secrets(local, agent, launch, file);
}

void mu_local_provide_task(const MuTaskLaunch *task, json_t *file) {
  json_t *array = json_array();
  for (guint i = 0; i < task->tls->len; i++) {
    const MuLaunchTls *tls = task->tls->pdata[i];
    json_t *json = json_object(), *names = json_array();
    mu_json_set_string(json, "name", tls->name);
    mu_json_set_bool(json, "keystore", tls->keystore);
    mu_json_set_string(json, "common_name", tls->common_name);
    for (guint j = 0; j < tls->dns_names->len; j++)
      json_array_append_new(names, json_string(tls->dns_names->pdata[j]));
    mu_json_set_new(json, "dns_names", names);
    json_array_append_new(array, json);
  }
  mu_json_set_new(file, "tls", array);
}
