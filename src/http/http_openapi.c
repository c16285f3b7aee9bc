#include "http_openapi.h"

#include "json.h"
#include "mu_config.h"
#include <muster/error.h>
#include <string.h>

json_t *mu_http_openapi_new(void) {
  return json_pack("{s:s, s:{s:s,s:s,s:s}, s:{}, s:{s:{s:{s:s,s:s}}}, s:[{s:[]}]}", /* */
                   "openapi", "3.0.3", "info", "title", "muster", "version", MU_VERSION, "description",
                   "A multi-service scheduler. Over TCP every request carries the bearer token of the state folder.",
                   "paths", "components", "securitySchemes", "token", "type", "http", "scheme", "bearer", "security",
                   "token");
}

/* "/v1/x/{path*}" to "/v1/x/{path}" */
static char *openapi_path(const char *pattern) {
  g_autoptr(GString) path = g_string_new(pattern);
  g_string_replace(path, "*}", "}", 0);
  return g_string_free(g_steal_pointer(&path), FALSE);
}

static json_t *parameter(const char *name, const char *where, const char *meaning, gboolean required) {
  json_t *object =
      json_pack("{s:s,s:s,s:b,s:{s:s}}", "name", name, "in", where, "required", required, "schema", "type", "string");
  mu_json_set_string(object, "description", meaning);
  return object;
}

static void add_captures(json_t *parameters, const char *path) {
  for (const char *open = strchr(path, '{'); open != NULL; open = strchr(open + 1, '{')) {
    g_autofree char *name = g_strndup(open + 1, strcspn(open + 1, "*}"));
    json_array_append_new(parameters, parameter(name, "path", NULL, TRUE));
  }
}

static void add_query(json_t *parameters, const char *query) {
  g_auto(GStrv) fields = g_strsplit(query == NULL ? "" : query, "; ", -1);
  for (char **field = fields; *field != NULL; field++) {
    g_auto(GStrv) pair = g_strsplit(*field, ": ", 2);
    json_array_append_new(parameters, parameter(pair[0], "query", pair[1], FALSE));
  }
}

static json_t *content(const char *media_types) {
  json_t *object = json_object();
  g_auto(GStrv) types = g_strsplit(media_types == NULL ? "application/json" : media_types, "; ", -1);
  for (char **type = types; *type != NULL; type++)
    json_object_set_new(object, *type, json_object());
  return object;
}

static json_t *operation(const MuRoute *route) {
  json_t *parameters = json_array();
  add_captures(parameters, route->path);
  add_query(parameters, route->query);
  json_t *object =
      json_pack("{s:s,s:o,s:{s:{s:s,s:o},s:{s:s,s:o}}}", "summary", route->summary, "parameters", parameters,
                "responses", "2XX", "description", "done", "content", content(route->answer), "default", "description",
                "an error: {\"error\":{\"code\",\"message\"}}", "content", content(NULL));
  if (route->body != NULL)
    mu_json_set_new(object, "requestBody", json_pack("{s:b,s:o}", "required", 1, "content", content(route->body)));
  return object;
}

void mu_http_openapi_add(json_t *document, const MuRoute *route) {
  g_autofree char *path = openapi_path(route->path), *method = g_ascii_strdown(route->method, -1);
  json_t *paths = json_object_get(document, "paths"), *item = json_object_get(paths, path);
  if (item == NULL) {
    item = json_object();
    json_object_set_new(paths, path, item);
  }
  if (json_object_get(item, method) == NULL)
    json_object_set_new(item, method, operation(route));
}
