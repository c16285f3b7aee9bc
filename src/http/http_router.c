#include "http_router.h"

#include "http_limits.h"
#include "http_openapi.h"
#include "http_request.h"
#include <muster/error.h>
#include <string.h>

#define NEAR_ENOUGH 8u  /* edits between a path and the one that is suggested for it */
#define PART_MISSING 4u /* edits that a part too few or too many counts */
#define LONGEST_COMPARED 64u

typedef struct {
  MuRoute route; /* the strings of the user's own routes are copies */
  char **parts;
  gpointer user;
  gboolean own, without_token;
  gboolean mono; /* of a service, without its name: the path is ours to free */
} Row;

struct MuHttpRouter {
  GArray *rows; /* of Row, in the order in which they are tried */
  char *mono;   /* the service that is the whole scheduler, or NULL */
};

#define SERVICE_PREFIX "/v1/service/{name}/"

/* Older names of the reference's for what a scheduler of a single service has: the path's beginning, and what it means. */
static const struct {
  const char *old, *path;
} OLD_PATHS[] = {
    {"/v1/plan", "/v1/plans/deploy"},
    {"/v2/debug/offers", "/v1/debug/offers"},
};

/* ---- building ---- */

static gboolean is_capture(const char *part) {
  return part[0] == '{';
}

static gboolean is_tail(const char *part) {
  return is_capture(part) && g_str_has_suffix(part, "*}");
}

static gboolean part_is_valid(const char *part, gboolean last) {
  gsize length = strlen(part);
  if (length == 0 || strpbrk(part, "?#%") != NULL)
    return FALSE;
  if (!is_capture(part))
    return strpbrk(part, "{}*") == NULL;
  return length > (is_tail(part) ? 3 : 2) && part[length - 1] == '}' && (last || !is_tail(part));
}

static gboolean pattern_is_valid(const MuHttpRoute *route, char **parts) {
  guint n = g_strv_length(parts);
  if (route->method == NULL || route->method[0] == '\0' || route->handler == NULL || n < 2 ||
      n > MU_HTTP_MAX_ROUTE_PARTS)
    return FALSE;
  if (parts[0][0] != '\0')
    return FALSE;
  for (guint i = 1; i < n; i++)
    if (!part_is_valid(parts[i], i + 1 == n))
      return FALSE;
  return TRUE;
}

static gboolean add_own(MuHttpRouter *router, const MuHttpRoute *own, gpointer user, GError **error) {
  Row row = {.user = user,
             .own = TRUE,
             .without_token = own->without_token,
             .parts = g_strsplit(own->path == NULL ? "" : own->path, "/", -1)};
  if (!pattern_is_valid(own, row.parts)) {
    g_set_error(
        error, MU_ERROR, MU_ERROR_REFUSED,
        "route `%s %s`: a method, a handler and a path such as /v1/things/{id} were expected, with {rest*} at most at its end",
        own->method == NULL ? "" : own->method, own->path == NULL ? "" : own->path);
    g_strfreev(row.parts);
    return FALSE;
  }
  row.route = (MuRoute){.method = g_strdup(own->method),
                        .path = g_strdup(own->path),
                        .handler = own->handler,
                        .summary = g_strdup(own->summary == NULL ? "" : own->summary)};
  g_array_append_val(router->rows, row);
  return TRUE;
}

static void clear_row(gpointer data) {
  Row *row = data;
  g_strfreev(row->parts);
  if (row->mono)
    g_free((char *)row->route.path);
  if (!row->own)
    return;
  g_free((char *)row->route.method);
  g_free((char *)row->route.path);
  g_free((char *)row->route.summary);
}

static void add_row(MuHttpRouter *router, const MuRoute *route, gpointer server) {
  Row row = {.route = *route, .parts = g_strsplit(route->path, "/", -1), .user = server};
  g_array_append_val(router->rows, row);
}

/* A route of one service is there without its name too, for a scheduler of a single one. */
static void add_mono_row(MuHttpRouter *router, const MuRoute *route, gpointer server) {
  if (!g_str_has_prefix(route->path, SERVICE_PREFIX))
    return;
  Row row = {.route = *route, .user = server, .mono = TRUE};
  row.route.path = g_strconcat("/v1/", route->path + strlen(SERVICE_PREFIX), NULL);
  row.parts = g_strsplit(row.route.path, "/", -1);
  g_array_append_val(router->rows, row);
}

MuHttpRouter *mu_http_router_new(const MuHttpRoute *own, gsize n_own, gpointer own_user, gpointer server,
                                 GError **error) {
  g_autoptr(MuHttpRouter) router = g_new0(MuHttpRouter, 1);
  router->rows = g_array_new(FALSE, TRUE, sizeof(Row));
  g_array_set_clear_func(router->rows, clear_row);
  for (gsize i = 0; i < n_own; i++)
    if (!add_own(router, &own[i], own_user, error))
      return NULL;
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  for (gsize i = 0; i < n; i++)
    add_row(router, &routes[i], server);
  for (gsize i = 0; i < n; i++)
    add_mono_row(router, &routes[i], server);
  return g_steal_pointer(&router);
}

void mu_http_router_set_mono(MuHttpRouter *router, const char *service) {
  g_assert(router->mono == NULL);
  router->mono = g_strdup(service);
}

void mu_http_router_free(MuHttpRouter *router) {
  if (router == NULL)
    return;
  g_array_unref(router->rows);
  g_free(router->mono);
  g_free(router);
}

/* ---- matching ---- */

static const Row *row_at(const MuHttpRouter *router, guint i) {
  return &g_array_index(router->rows, Row, i);
}

/* The path's parts, decoded: a `%2F` stays inside its part. */
static char **decode_parts(const char *path, GError **error) {
  g_auto(GStrv) parts = g_strsplit(path, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    char *decoded = mu_http_decode("path", *part, strlen(*part), error);
    if (decoded == NULL)
      return NULL;
    g_free(*part);
    *part = decoded;
  }
  return g_steal_pointer(&parts);
}

/* What stood in the captures when the parts match the pattern, else NULL. `mono`: the service that is not named. */
static char **match_row(const Row *row, const char *mono, char **parts) {
  g_autoptr(GStrvBuilder) captures = g_strv_builder_new();
  guint i = 0;
  if (row->mono)
    g_strv_builder_add(captures, mono);
  for (; row->parts[i] != NULL; i++) {
    if (parts[i] == NULL)
      return NULL;
    if (is_tail(row->parts[i])) {
      g_autofree char *rest = g_strjoinv("/", parts + i);
      g_strv_builder_add(captures, rest);
      return g_strv_builder_end(captures);
    }
    if (is_capture(row->parts[i]) ? parts[i][0] == '\0' : strcmp(row->parts[i], parts[i]) != 0)
      return NULL;
    if (is_capture(row->parts[i]))
      g_strv_builder_add(captures, parts[i]);
  }
  return parts[i] == NULL ? g_strv_builder_end(captures) : NULL;
}

static void add_allowed(GString *allow, const char *method) {
  if (strstr(allow->str, method) == NULL)
    g_string_append_printf(allow, "%s%s", allow->len > 0 ? ", " : "", method);
  if (strcmp(method, "GET") == 0)
    add_allowed(allow, "HEAD");
}

/* ---- the nearest path ---- */

static guint edit_distance(const char *a, const char *b) {
  gsize n = strlen(a), m = strlen(b);
  guint row[LONGEST_COMPARED + 1];
  if (n > LONGEST_COMPARED || m > LONGEST_COMPARED)
    return LONGEST_COMPARED;
  for (guint j = 0; j <= m; j++)
    row[j] = j;
  for (guint i = 1; i <= n; i++) {
    guint diagonal = row[0];
    row[0] = i;
    for (guint j = 1; j <= m; j++) {
      guint above = row[j];
      row[j] = MIN(MIN(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
      diagonal = above;
    }
  }
  return row[m];
}

/* A part of which more than half is different is another one, not a misspelt one. */
static guint part_distance(const char *literal, const char *part) {
  guint edits = edit_distance(literal, part);
  return edits <= (strlen(literal) + 1) / 2 ? edits : LONGEST_COMPARED;
}

static guint distance(const Row *row, char **parts) {
  guint cost = 0, n = g_strv_length(parts), n_row = g_strv_length(row->parts);
  for (guint i = 0; i < MIN(n, n_row); i++)
    if (!is_capture(row->parts[i]))
      cost += part_distance(row->parts[i], parts[i]);
  if (n > n_row && !is_tail(row->parts[n_row - 1]))
    cost += (n - n_row) * PART_MISSING;
  return n_row > n ? cost + (n_row - n) * PART_MISSING : cost;
}

/* The pattern with what was given in the places of its captures. */
static char *filled_in(const Row *row, char **parts) {
  g_autoptr(GString) path = g_string_new(NULL);
  guint n = g_strv_length(parts);
  for (guint i = 1; row->parts[i] != NULL; i++) {
    gboolean given = i < n && is_capture(row->parts[i]) && parts[i][0] != '\0';
    g_string_append_printf(path, "/%s", given ? parts[i] : row->parts[i]);
  }
  return g_string_free(g_steal_pointer(&path), FALSE);
}

static void set_not_found(const MuHttpRouter *router, const char *path, char **parts, GError **error) {
  const Row *best = NULL;
  guint best_cost = NEAR_ENOUGH + 1, n = g_strv_length(parts);
  if (n > 2 && parts[n - 1][0] == '\0') /* a slash too many */
    g_clear_pointer(&parts[n - 1], g_free);
  for (guint i = 0; i < router->rows->len; i++) {
    if (row_at(router, i)->mono && router->mono == NULL)
      continue;
    guint cost = distance(row_at(router, i), parts);
    if (cost < best_cost) {
      best = row_at(router, i);
      best_cost = cost;
    }
  }
  g_autofree char *nearest = best == NULL ? NULL : filled_in(best, parts);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no %.200s; %s%s", path,
              nearest == NULL ? "GET /v1/openapi.json lists what there is" : "the nearest is ",
              nearest == NULL ? "" : nearest);
}

static char *present_path(const char *path) {
  for (gsize i = 0; i < G_N_ELEMENTS(OLD_PATHS); i++) {
    gsize length = strlen(OLD_PATHS[i].old);
    if (strncmp(path, OLD_PATHS[i].old, length) == 0 && (path[length] == '\0' || path[length] == '/'))
      return g_strconcat(OLD_PATHS[i].path, path + length, NULL);
  }
  return g_strdup(path);
}

static gboolean set_many(const char *path, GError **error) {
  g_set_error(
      error, MU_ERROR, MU_ERROR_NOT_FOUND,
      "this scheduler has many services, so %.200s is not known: ask for /v1/service/{name}%.200s of one of them "
      "(GET /v1/multi lists them)",
      path, path + strlen("/v1"));
  return FALSE;
}

gboolean mu_http_router_match(const MuHttpRouter *router, const char *method, const char *path, MuHttpMatch *ret_match,
                              char ***ret_captures, char **ret_allow, GError **error) {
  g_autofree char *present = router->mono == NULL ? g_strdup(path) : present_path(path);
  g_auto(GStrv) parts = decode_parts(present, error);
  g_autoptr(GString) allow = g_string_new(NULL);
  const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
  if (parts == NULL)
    return FALSE;
  for (guint i = 0; i < router->rows->len; i++) {
    const Row *row = row_at(router, i);
    g_auto(GStrv) captures = match_row(row, router->mono == NULL ? "{name}" : router->mono, parts);
    if (captures == NULL)
      continue;
    if (row->mono && router->mono == NULL && allow->len == 0)
      return set_many(path, error);
    if (strcmp(row->route.method, wanted) == 0) {
      *ret_match = (MuHttpMatch){.handler = row->route.handler, .user = row->user, .without_token = row->without_token};
      *ret_captures = g_steal_pointer(&captures);
      return TRUE;
    }
    add_allowed(allow, row->route.method);
  }
  if (allow->len == 0) {
    set_not_found(router, path, parts, error);
    return FALSE;
  }
  g_set_error(error, MU_ERROR, MU_ERROR_METHOD, "%.200s has no %s; it has %s", path, method, allow->str);
  *ret_allow = g_string_free(g_steal_pointer(&allow), FALSE);
  return FALSE;
}

json_t *mu_http_router_openapi(const MuHttpRouter *router) {
  json_t *document = mu_http_openapi_new();
  for (guint i = 0; i < router->rows->len; i++)
    if (!row_at(router, i)->mono || router->mono != NULL)
      mu_http_openapi_add(document, &row_at(router, i)->route);
  return document;
}
