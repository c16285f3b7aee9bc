#include "http_openapi.h"

#include "http_shapes.h"
#include "json.h"
#include "mu_config.h"
#include <muster/error.h>
#include <string.h>

/* ---- the document -------------------------------------------------------------------------------------------------- */

/* {"not-found": an answer with the Error schema, …}: one for each row of the table of errors that the server gives. */
static json_t *error_responses(void) {
  json_t *responses = json_object();
  gsize n;
  const MuErrorInfo *table = mu_error_table(&n);
  for (gsize i = 0; i < n; i++)
    mu_json_set_new(responses, table[i].word,
                    json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", table[i].meaning, "content", "application/json",
                              "schema", "$ref", "#/components/schemas/Error"));
  return responses;
}

json_t *mu_http_openapi_new(void) {
  json_t *info =
      json_pack("{s:s,s:s,s:s}", "title", "muster", "version", MU_VERSION, "description",
                "A multi-service scheduler. Over TCP every request carries the bearer token of the state folder.");
  json_t *components = json_pack("{s:{s:{s:s,s:s}}, s:o, s:o}", "securitySchemes", "token", "type", "http", "scheme",
                                 "bearer", "schemas", mu_http_shapes_named(), "responses", error_responses());
  return json_pack("{s:s, s:o, s:{}, s:o, s:[{s:[]}]}", "openapi", "3.0.3", "info", info, "paths", "components",
                   components, "security", "token");
}

/* "/v1/x/{path*}" to "/v1/x/{path}" */
static char *openapi_path(const char *pattern) {
  g_autoptr(GString) path = g_string_new(pattern);
  g_string_replace(path, "*}", "}", 0);
  return g_string_free(g_steal_pointer(&path), FALSE);
}

/* ---- parameters ---------------------------------------------------------------------------------------------------- */

static json_t *parameter(const char *name, const char *where, const char *type, const char *meaning,
                         gboolean required) {
  json_t *object =
      json_pack("{s:s,s:s,s:b,s:{s:s}}", "name", name, "in", where, "required", required, "schema", "type", type);
  mu_json_set_string(object, "description", meaning);
  return object;
}

static void add_captures(json_t *parameters, const char *path) {
  for (const char *open = strchr(path, '{'); open != NULL; open = strchr(open + 1, '{')) {
    g_autofree char *name = g_strndup(open + 1, strcspn(open + 1, "*}"));
    json_array_append_new(parameters, parameter(name, "path", "string", mu_http_shape_capture(name), TRUE));
  }
}

/* `true: meaning` is a switch, `N: meaning` a number. */
static json_t *query_parameter(const char *name, const char *meaning) {
  if (g_str_has_prefix(meaning, "true: "))
    return parameter(name, "query", "boolean", meaning + strlen("true: "), FALSE);
  if (g_str_has_prefix(meaning, "N: "))
    return parameter(name, "query", "integer", meaning + strlen("N: "), FALSE);
  return parameter(name, "query", "string", meaning, FALSE);
}

static void add_query(json_t *parameters, const char *query) {
  g_auto(GStrv) fields = g_strsplit(query == NULL ? "" : query, "; ", -1);
  for (char **field = fields; *field != NULL; field++) {
    g_auto(GStrv) pair = g_strsplit(*field, ": ", 2);
    json_array_append_new(parameters, query_parameter(pair[0], pair[1] == NULL ? "" : pair[1]));
  }
}

/* ---- bodies and answers -------------------------------------------------------------------------------------------- */

/* The media types, JSON with the schema; takes it. */
static json_t *content(const char *media_types, json_t *take_schema) {
  g_autoptr(json_t) schema = take_schema;
  json_t *object = json_object();
  g_auto(GStrv) types = g_strsplit(media_types == NULL ? "application/json" : media_types, "; ", -1);
  for (char **type = types; *type != NULL; type++) {
    json_t *of_type = json_object();
    if (strcmp(*type, "application/json") == 0 && schema != NULL)
      json_object_set(of_type, "schema", schema);
    json_object_set_new(object, *type, of_type);
  }
  return object;
}

/* When a route gives an error of this kind. */
static gboolean may_fail_so(const MuRoute *route, MuErrorCode code) {
  gboolean changes = strcmp(route->method, "GET") != 0, named = strchr(route->path, '{') != NULL;
  switch (code) {
  case MU_ERROR_DENIED:
  case MU_ERROR_FAILED: return TRUE;
  case MU_ERROR_USAGE: return named || route->query != NULL || changes;
  case MU_ERROR_NOT_FOUND: return named;
  case MU_ERROR_CONFLICT:
  case MU_ERROR_UNAVAILABLE: return changes;
  case MU_ERROR_TOO_LARGE: return route->body != NULL;
  default: return FALSE;
  }
}

static void add_errors(json_t *responses, const MuRoute *route) {
  gsize n;
  const MuErrorInfo *table = mu_error_table(&n);
  for (gsize i = 0; i < n; i++) {
    if (!may_fail_so(route, table[i].code))
      continue;
    g_autofree char *status = g_strdup_printf("%d", table[i].http_status);
    g_autofree char *reference = g_strconcat("#/components/responses/", table[i].word, NULL);
    mu_json_set_new(responses, status, json_pack("{s:s}", "$ref", reference));
  }
}

static json_t *operation_id(const MuRoute *route) {
  g_autofree char *text = g_strconcat(route->method, route->path, NULL);
  return json_string(g_strcanon(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS, '_'));
}

static json_t *operation(const MuRoute *route) {
  json_t *parameters = json_array(), *responses = json_object();
  add_captures(parameters, route->path);
  add_query(parameters, route->query);
  mu_json_set_new(responses, "2XX",
                  json_pack("{s:s, s:o}", "description", "done", "content",
                            content(route->answer, mu_http_shape_of_answer(route->handler))));
  add_errors(responses, route);
  json_t *object = json_pack("{s:s, s:o, s:o, s:o}", "summary", route->summary, "operationId", operation_id(route),
                             "parameters", parameters, "responses", responses);
  if (route->body != NULL)
    mu_json_set_new(object, "requestBody",
                    json_pack("{s:b, s:o}", "required", strcmp(route->method, "PUT") == 0, "content",
                              content(route->body, mu_http_shape_of_body(route->handler))));
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
