/* What a launch is provided with besides resources: files to fetch, secrets, keys and certificates. */
#include "engine_json.h"
#include <muster/error.h>

/* ---- files to fetch ------------------------------------------------------------------------------------------------- */

MuLaunchUri *mu_launch_uri_new(const char *value) {
  MuLaunchUri *uri = g_new0(MuLaunchUri, 1);
  uri->value = g_strdup(value);
  return uri;
}

void mu_launch_uri_free(MuLaunchUri *uri) {
  if (uri == NULL)
    return;
  g_free(uri->value);
  g_free(uri->output_file);
  g_free(uri->sha256);
  g_free(uri);
}

void mu_engine_json_set_uris(json_t *object, const MuItems *uris) {
  if (uris->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < uris->len; i++) {
    const MuLaunchUri *uri = g_ptr_array_index(uris, i);
    json_t *json = json_object();
    mu_json_set_string(json, "value", uri->value);
    mu_json_set_string(json, "output_file", uri->output_file);
    mu_json_set_string(json, "sha256", uri->sha256);
    mu_engine_json_set_true(json, "executable", uri->executable);
    mu_engine_json_set_true(json, "keep_packed", uri->keep_packed);
    json_array_append_new(array, json);
  }
  mu_json_set_new(object, "uris", array);
}

static gboolean read_uri(const json_t *item, gpointer target, GError **error) {
  MuLaunchUri *uri = mu_launch_uri_new(NULL);
  g_ptr_array_add(target, uri);
  return mu_engine_json_take_text(item, "value", TRUE, &uri->value, error) &&
         mu_engine_json_take_text(item, "output_file", FALSE, &uri->output_file, error) &&
         mu_engine_json_take_text(item, "sha256", FALSE, &uri->sha256, error) &&
         mu_json_get_bool(item, "executable", FALSE, &uri->executable, error) &&
         mu_json_get_bool(item, "keep_packed", FALSE, &uri->keep_packed, error);
}

gboolean mu_engine_json_get_uris(const json_t *object, MuItems *uris, GError **error) {
  return mu_engine_json_each(object, "uris", read_uri, uris, error);
}

/* ---- secrets -------------------------------------------------------------------------------------------------------- */

MuLaunchSecret *mu_launch_secret_new(const char *path, const char *env_key, const char *file) {
  MuLaunchSecret *secret = g_new0(MuLaunchSecret, 1);
  secret->secret = g_strdup(path);
  secret->env_key = g_strdup(env_key);
  secret->file = g_strdup(file);
  return secret;
}

void mu_launch_secret_free(MuLaunchSecret *secret) {
  if (secret == NULL)
    return;
  g_free(secret->secret);
  g_free(secret->env_key);
  g_free(secret->file);
  g_free(secret);
}

void mu_engine_json_set_secrets(json_t *object, const MuItems *secrets) {
  if (secrets->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < secrets->len; i++) {
    const MuLaunchSecret *secret = g_ptr_array_index(secrets, i);
    json_t *json = json_object();
    mu_json_set_string(json, "secret", secret->secret);
    mu_json_set_string(json, "env_key", secret->env_key);
    mu_json_set_string(json, "file", secret->file);
    json_array_append_new(array, json);
  }
  mu_json_set_new(object, "secrets", array);
}

static gboolean read_secret(const json_t *item, gpointer target, GError **error) {
  MuLaunchSecret *secret = mu_launch_secret_new(NULL, NULL, NULL);
  g_ptr_array_add(target, secret);
  return mu_engine_json_take_text(item, "secret", TRUE, &secret->secret, error) &&
         mu_engine_json_take_text(item, "env_key", FALSE, &secret->env_key, error) &&
         mu_engine_json_take_text(item, "file", FALSE, &secret->file, error);
}

gboolean mu_engine_json_get_secrets(const json_t *object, MuItems *secrets, GError **error) {
  return mu_engine_json_each(object, "secrets", read_secret, secrets, error);
}

/* ---- keys and certificates ------------------------------------------------------------------------------------------ */

MuLaunchTls *mu_launch_tls_new(const char *name, gboolean keystore, const char *common_name) {
  MuLaunchTls *tls = g_new0(MuLaunchTls, 1);
  tls->name = g_strdup(name);
  tls->keystore = keystore;
  tls->common_name = g_strdup(common_name);
  tls->dns_names = g_ptr_array_new_with_free_func(g_free);
  return tls;
}

void mu_launch_tls_free(MuLaunchTls *tls) {
  if (tls == NULL)
    return;
  g_free(tls->name);
  g_free(tls->common_name);
  g_ptr_array_unref(tls->dns_names);
  g_free(tls);
}

void mu_engine_json_set_tls(json_t *object, const MuItems *all) {
  if (all->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < all->len; i++) {
    const MuLaunchTls *tls = g_ptr_array_index(all, i);
    json_t *json = json_object(), *names = json_array();
    mu_json_set_string(json, "name", tls->name);
    mu_engine_json_set_true(json, "keystore", tls->keystore);
    mu_json_set_string(json, "common_name", tls->common_name);
    for (guint j = 0; j < tls->dns_names->len; j++)
      json_array_append_new(names, json_string(g_ptr_array_index(tls->dns_names, j)));
    mu_json_set_new(json, "dns_names", names);
    json_array_append_new(array, json);
  }
  mu_json_set_new(object, "tls", array);
}

static gboolean read_dns_name(const json_t *item, gpointer target, GError **error) {
  if (!json_is_string(item)) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "expected a text");
    return FALSE;
  }
  g_ptr_array_add(target, g_strdup(json_string_value(item)));
  return TRUE;
}

static gboolean read_tls(const json_t *item, gpointer target, GError **error) {
  MuLaunchTls *tls = mu_launch_tls_new(NULL, FALSE, NULL);
  g_ptr_array_add(target, tls);
  return mu_engine_json_take_text(item, "name", TRUE, &tls->name, error) &&
         mu_json_get_bool(item, "keystore", FALSE, &tls->keystore, error) &&
         mu_engine_json_take_text(item, "common_name", TRUE, &tls->common_name, error) &&
         mu_engine_json_each(item, "dns_names", read_dns_name, tls->dns_names, error);
}

gboolean mu_engine_json_get_tls(const json_t *object, MuItems *tls, GError **error) {
  return mu_engine_json_each(object, "tls", read_tls, tls, error);
}
