/* The routing itself, and that docs/http-api.md lists exactly the routes that there are. */
#include "http_fixture.h"

static void handler(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request, (void)response, (void)user;
}

static void other_handler(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request, (void)response, (void)user;
}

static const MuHttpRoute own[] = {
    {"GET", "/things/{id}", handler, "a thing"},
    {"PUT", "/things/{id}", other_handler, "a thing"},
    {"GET", "/files/{root}/{rest*}", handler, "files"},
    {"GET", "/v1/health", handler, "instead of muster's"},
};

static MuHttpRouter *router_new(void) {
  g_autoptr(GError) error = NULL;
  MuHttpRouter *router = mu_http_router_new(own, G_N_ELEMENTS(own), (gpointer) "me", NULL, &error);
  g_assert_no_error(error);
  return router;
}

static void test_match(void) {
  static const struct {
    const char *method, *path, *captures; /* joined by | */
    MuHttpHandler handler;                /* NULL: one of muster's */
  } cases[] = {
      {"GET", "/things/1", "1", handler},
      {"HEAD", "/things/1", "1", handler},
      {"PUT", "/things/a%2Fb", "a/b", other_handler},
      {"GET", "/files/x/", "x|", handler},
      {"GET", "/files/x/a/b%20c", "x|a/b c", handler},
      {"GET", "/v1/health", "", handler},
      {"GET", "/v1/multi", "", NULL},
      {"GET", "/v1/multi/yaml", "", NULL},
      {"DELETE", "/v1/multi/yaml", "yaml", NULL},
      {"GET", "/v1/service/s/pod/status", "s", NULL},
      {"GET", "/v1/service/s/pod/p/status", "s|p", NULL},
  };
  g_autoptr(MuHttpRouter) router = router_new();
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) captures = NULL;
    g_autofree char *allow = NULL;
    MuHttpMatch match;
    g_test_message("%s %s", cases[i].method, cases[i].path);
    mu_http_router_match(router, cases[i].method, cases[i].path, &match, &captures, &allow, &error);
    g_assert_no_error(error);
    g_autofree char *joined = g_strjoinv("|", captures);
    g_assert_cmpstr(joined, ==, cases[i].captures);
    if (cases[i].handler != NULL) {
      g_assert_true(match.handler == cases[i].handler);
      g_assert_cmpstr(match.user, ==, "me");
    }
  }
}

static void test_no_match(void) {
  static const struct {
    const char *method, *path;
    MuErrorCode code;
    const char *says; /* in the message */
    const char *allow;
  } cases[] = {
      {"GET", "/v1/helth", MU_ERROR_NOT_FOUND, "/v1/health", NULL},
      {"GET", "/v1/services/redis", MU_ERROR_NOT_FOUND, "the nearest is /v1/service/redis", NULL},
      {"GET", "/v1/service/redis/plan/deploy", MU_ERROR_NOT_FOUND, "the nearest is /v1/service/redis/plans/deploy",
       NULL},
      {"GET", "/v1/service/redis/", MU_ERROR_NOT_FOUND, "the nearest is /v1/service/redis", NULL},
      {"GET", "/v1/service//plans", MU_ERROR_NOT_FOUND, "the nearest is", NULL},
      {"GET", "/nothing/like/it/at/all/here", MU_ERROR_NOT_FOUND, "openapi", NULL},
      {"GET", "", MU_ERROR_NOT_FOUND, "the nearest is /", NULL},
      {"GET", "*", MU_ERROR_NOT_FOUND, "openapi", NULL},
      {"GET", "/v1/service/redis/pod/a/b/c/d/e", MU_ERROR_NOT_FOUND, "openapi", NULL},
      {"GET", "/things/%ff", MU_ERROR_USAGE, "UTF-8", NULL},
      {"POST", "/things/1", MU_ERROR_METHOD, "has no POST; it has GET, HEAD, PUT", "GET, HEAD, PUT"},
      {"POST", "/v1/service/redis", MU_ERROR_METHOD, "PUT", "PUT, GET, HEAD, DELETE"},
      {"get", "/v1/multi", MU_ERROR_METHOD, "GET", "GET, HEAD"},
      {"OPTIONS", "/v1/health", MU_ERROR_METHOD, "GET", "GET, HEAD"},
  };
  g_autoptr(MuHttpRouter) router = router_new();
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) captures = NULL;
    g_autofree char *allow = NULL;
    MuHttpMatch match;
    g_assert_false(mu_http_router_match(router, cases[i].method, cases[i].path, &match, &captures, &allow, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, MU_ERROR, (int)cases[i].code);
    g_assert_nonnull(strstr(error->message, cases[i].says));
    g_assert_cmpstr(allow, ==, cases[i].allow);
  }
}

static void test_bad_routes(void) {
  static const MuHttpRoute bad[] = {
      {NULL, "/a", handler, ""},     {"", "/a", handler, ""},
      {"GET", NULL, handler, ""},    {"GET", "a", handler, ""},
      {"GET", "", handler, ""},      {"GET", "/a", NULL, ""},
      {"GET", "/a//b", handler, ""}, {"GET", "/{}", handler, ""},
      {"GET", "/{*}", handler, ""},  {"GET", "/{a*}/b", handler, ""},
      {"GET", "/{a", handler, ""},   {"GET", "/a}", handler, ""},
      {"GET", "/a?b", handler, ""},  {"GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", handler, ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(mu_http_router_new(&bad[i], 1, NULL, NULL, &error));
    g_assert_error(error, MU_ERROR, MU_ERROR_REFUSED);
  }
}

static void test_openapi(void) {
  g_autoptr(MuHttpRouter) router = router_new();
  g_autoptr(json_t) document = mu_http_router_openapi(router);
  json_t *paths = json_object_get(document, "paths");
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  for (gsize i = 0; i < n; i++) {
    g_autoptr(GString) path = g_string_new(routes[i].path);
    g_string_replace(path, "*}", "}", 0);
    g_autofree char *method = g_ascii_strdown(routes[i].method, -1);
    json_t *operation = json_object_get(json_object_get(paths, path->str), method);
    g_assert_cmpstr(json_string_value(json_object_get(operation, "summary")), !=, NULL);
    g_assert_nonnull(json_object_get(operation, "responses"));
  }
  json_t *health = json_object_get(json_object_get(paths, "/v1/health"), "get");
  g_assert_cmpstr(json_string_value(json_object_get(health, "summary")), ==, "instead of muster's");
  json_t *file = json_object_get(json_object_get(paths, "/v1/service/{name}/sandbox/{task}/{path}"), "get");
  g_assert_cmpuint(json_array_size(json_object_get(file, "parameters")), ==, 6);
}

/* Everything that a program has to know stands there, for every route: parameters with their meaning, schemas, errors; and
 * every reference leads somewhere. */
static void check_references(const json_t *document, const json_t *value) {
  const char *key;
  json_t *member;
  size_t i;
  json_object_foreach ((json_t *)value, key, member) {
    if (strcmp(key, "$ref") == 0) {
      g_auto(GStrv) parts = g_strsplit(json_string_value(member), "/", -1);
      const json_t *at = document;
      for (guint j = 1; parts[j] != NULL; j++)
        at = json_object_get(at, parts[j]);
      g_assert_nonnull(at);
    }
    check_references(document, member);
  }
  json_array_foreach (value, i, member)
    check_references(document, member);
}

static void check_parameters(const json_t *operation, const MuRoute *route) {
  const json_t *parameters = json_object_get(operation, "parameters");
  size_t i;
  json_t *parameter;
  json_array_foreach (parameters, i, parameter) {
    g_test_message("%s %s", route->path, json_string_value(json_object_get(parameter, "name")));
    g_assert_nonnull(json_object_get(parameter, "description"));
    g_assert_nonnull(json_object_get(json_object_get(parameter, "schema"), "type"));
  }
}

static void check_content(const json_t *content) {
  const json_t *json = json_object_get(content, "application/json");
  if (json != NULL)
    g_assert_nonnull(json_object_get(json, "schema"));
}

static void test_openapi_is_complete(void) {
  g_autoptr(MuHttpRouter) router = mu_http_router_new(NULL, 0, NULL, NULL, NULL);
  g_autoptr(json_t) document = mu_http_router_openapi(router);
  g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  check_references(document, document);
  for (gsize i = 0; i < n; i++) {
    g_autoptr(GString) path = g_string_new(routes[i].path);
    g_string_replace(path, "*}", "}", 0);
    g_autofree char *method = g_ascii_strdown(routes[i].method, -1);
    const json_t *operation = json_object_get(json_object_get(json_object_get(document, "paths"), path->str), method);
    const json_t *responses = json_object_get(operation, "responses");
    g_test_message("%s %s", method, path->str);
    check_parameters(operation, &routes[i]);
    check_content(json_object_get(json_object_get(responses, "2XX"), "content"));
    check_content(json_object_get(json_object_get(operation, "requestBody"), "content"));
    g_assert_true((routes[i].body != NULL) == (json_object_get(operation, "requestBody") != NULL));
    g_assert_true((strchr(routes[i].path, '{') != NULL) == (json_object_get(responses, "404") != NULL));
    g_assert_nonnull(json_object_get(responses, "401"));
    g_assert_true(g_hash_table_add(ids, (gpointer)json_string_value(json_object_get(operation, "operationId"))));
  }
}

/* ---- the document ---- */

static char *read_document(void) {
  g_autofree char *source = g_path_get_dirname(__FILE__);
  const char *const roots[] = {".", "..", "../..", source};
  for (gsize i = 0; i < G_N_ELEMENTS(roots); i++) {
    g_autofree char *path = g_build_filename(roots[i], roots[i] == source ? "../.." : ".", "docs", "http-api.md", NULL);
    char *text;
    if (g_file_get_contents(path, &text, NULL, NULL))
      return text;
  }
  return NULL;
}

/* Its lines "| `GET` | `/v1/health` | how … |", as "GET /v1/health how …". */
static GHashTable *documented_routes(const char *text) {
  GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    if (!g_str_has_prefix(*line, "| `"))
      continue;
    g_auto(GStrv) cells = g_strsplit(*line, "|", -1);
    if (g_strv_length(cells) != 5 || strchr(cells[2], '/') == NULL)
      continue;
    g_strdelimit(cells[1], "`", ' ');
    g_strdelimit(cells[2], "`", ' ');
    char *route = g_strdup_printf("%s %s %s", g_strstrip(cells[1]), g_strstrip(cells[2]), g_strstrip(cells[3]));
    if (!g_hash_table_add(set, route))
      g_error("docs/http-api.md has a route twice");
  }
  return set;
}

static void test_document(void) {
  g_autofree char *text = read_document();
  g_assert_nonnull(text);
  g_autoptr(GHashTable) documented = documented_routes(text);
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  for (gsize i = 0; i < n; i++) {
    g_autofree char *route = g_strdup_printf("%s %s %s", routes[i].method, routes[i].path, routes[i].summary);
    g_test_message("%s", route);
    g_assert_true(g_hash_table_remove(documented, route));
  }
  g_assert_cmpuint(g_hash_table_size(documented), ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http-router/match", test_match);
  g_test_add_func("/http-router/no-match", test_no_match);
  g_test_add_func("/http-router/bad-routes", test_bad_routes);
  g_test_add_func("/http-router/openapi", test_openapi);
  g_test_add_func("/http-router/openapi-is-complete", test_openapi_is_complete);
  g_test_add_func("/http-router/document", test_document);
  return g_test_run();
}
