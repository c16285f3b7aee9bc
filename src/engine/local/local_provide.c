#include "json.h"
#include "local_private.h"

static json_t *uris_to_json(const GPtrArray *uris) {
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

void mu_local_provide(const MuLocal *local, const MuPodLaunch *launch, json_t *file) {
  if (launch->uris->len == 0)
    return;
  g_autofree char *cache = g_build_filename(local->state_dir, "cache", NULL);
  mu_json_set_string(file, "fetch", local->fetch_path);
  mu_json_set_string(file, "fetch_cache", cache);
  mu_json_set_new(file, "uris", uris_to_json(launch->uris));
}
