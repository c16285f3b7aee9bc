#include "engine_json.h"

#include <muster/error.h>

void mu_engine_json_set_vars(json_t *object, const char *key, const MuItems *vars) {
  if (vars->len == 0)
    return;
  json_t *array = json_array();
  for (guint i = 0; i < vars->len; i++) {
    const MuEnvVar *var = g_ptr_array_index(vars, i);
    json_t *pair = json_array();
    json_array_append_new(pair, mu_json_string(var->name));
    json_array_append_new(pair, mu_json_string(var->value));
    json_array_append_new(array, pair);
  }
  mu_json_set_new(object, key, array);
}

static gboolean read_var(const json_t *item, gpointer target, GError **error) {
  const json_t *name = json_array_get(item, 0);
  const json_t *value = json_array_get(item, 1);
  if (json_array_size(item) != 2 || !json_is_string(name) || !(json_is_string(value) || json_is_null(value))) {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "expected [\"name\", \"value\"]");
    return FALSE;
  }
  g_ptr_array_add(target, mu_env_var_new(json_string_value(name), json_string_value(value)));
  return TRUE;
}

gboolean mu_engine_json_get_vars(const json_t *object, const char *key, MuItems *vars, GError **error) {
  return mu_engine_json_each(object, key, read_var, vars, error);
}

void mu_engine_json_write_vars(MuJsonText *out, const char *key, const MuItems *vars) {
  if (vars->len == 0)
    return;
  mu_json_text_key(out, key);
  mu_json_text_raw(out, "[", 1);
  for (guint i = 0; i < vars->len; i++) {
    const MuEnvVar *var = g_ptr_array_index(vars, i);
    mu_json_text_next(out);
    mu_json_text_raw(out, "[", 1);
    mu_json_text_string(out, var->name);
    mu_json_text_raw(out, ",", 1);
    mu_json_text_string(out, var->value);
    mu_json_text_raw(out, "]", 1);
  }
  mu_json_text_raw(out, "]", 1);
}

static gboolean scan_var(MuJsonScan *in, MuItems *vars) {
  g_autofree char *name = NULL, *value = NULL;
  if (!mu_json_scan_char(in, '[') || !mu_json_scan_text(in, &name) || !mu_json_scan_char(in, ',') ||
      !mu_json_scan_text(in, &value))
    return FALSE;
  mu_items_add(vars, mu_env_var_new(name, value));
  return mu_json_scan_char(in, ']');
}

gboolean mu_engine_json_scan_vars(MuJsonScan *in, MuItems *vars) {
  if (!mu_json_scan_char(in, '['))
    return FALSE;
  do {
    if (!scan_var(in, vars))
      return FALSE;
  } while (mu_json_scan_char(in, ','));
  return mu_json_scan_char(in, ']');
}

void mu_engine_json_set_resources(json_t *object, const char *key, const MuResources *resources) {
  if (resources->items->len > 0)
    mu_json_set_new(object, key, mu_resources_to_json(resources));
}

gboolean mu_engine_json_get_resources(const json_t *object, const char *key, MuResources **resources, GError **error) {
  const json_t *array = NULL;
  if (!mu_json_get_array(object, key, FALSE, &array, error))
    return FALSE;
  if (array == NULL)
    return TRUE;
  MuResources *read = mu_resources_from_json(array, error);
  if (read == NULL) {
    g_prefix_error(error, "%s: ", key);
    return FALSE;
  }
  mu_resources_free(*resources);
  *resources = read;
  return TRUE;
}

void mu_engine_json_set_nonzero(json_t *object, const char *key, gint64 value) {
  if (value != 0)
    mu_json_set_int(object, key, value);
}

void mu_engine_json_set_true(json_t *object, const char *key, gboolean value) {
  if (value)
    mu_json_set_bool(object, key, TRUE);
}

gboolean mu_engine_json_take_text(const json_t *object, const char *key, gboolean required, char **text,
                                  GError **error) {
  const char *read = NULL;
  if (!mu_json_get_string(object, key, required, &read, error))
    return FALSE;
  g_free(*text);
  *text = g_strdup(read);
  return TRUE;
}

gboolean mu_engine_json_each(const json_t *object, const char *key, MuEngineJsonReader read, gpointer target,
                             GError **error) {
  const json_t *array = NULL;
  if (!mu_json_get_array(object, key, FALSE, &array, error))
    return FALSE;
  gsize n = json_array_size(array); /* 0 of NULL */
  if (n > MU_ENGINE_JSON_MAX_ITEMS) {
    g_set_error(error, MU_ERROR, MU_ERROR_TOO_LARGE, "\"%s\": at most %d items are accepted", key,
                MU_ENGINE_JSON_MAX_ITEMS);
    return FALSE;
  }
  for (gsize i = 0; i < n; i++)
    if (!read(json_array_get(array, i), target, error)) {
      g_prefix_error(error, "%s[%" G_GSIZE_FORMAT "]: ", key, i);
      return FALSE;
    }
  return TRUE;
}
