/* Secrets: put, listed, removed; a value that is in is never told again. And the certificate of the authority. */
#include "http_reply.h"
#include "routes.h"
#include "tls_store.h"
#include <muster/error.h>

static MuSecretStore *store_of(MuHttpServer *server, GError **error) {
  if (server->backend.secrets == NULL)
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "this scheduler keeps no secrets");
  return server->backend.secrets;
}

void mu_route_secrets(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  GError *error = NULL;
  MuSecretStore *store = store_of(user, &error);
  g_autoptr(GPtrArray) all = store == NULL ? NULL : mu_secret_store_list(store, &error);
  if (all == NULL) {
    mu_route_fail(response, error);
    return;
  }
  json_t *array = json_array();
  for (guint i = 0; i < all->len; i++) {
    const MuSecretInfo *info = all->pdata[i];
    json_array_append_new(array, json_pack("{s:s, s:I}", "name", info->name, "changed", (json_int_t)info->changed_ms));
  }
  mu_http_respond_json(response, MHD_HTTP_OK, json_pack("{s:o}", "secrets", array));
}

static void answer(MuHttpResponse *response, guint status, const char *name, const char *result) {
  mu_http_respond_json(response, status, json_pack("{s:s, s:s}", "secret", name, "result", result));
}

void mu_route_secret_put(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  GError *error = NULL;
  gboolean created = FALSE;
  MuSecretStore *store = store_of(user, &error);
  if (store == NULL || !mu_secret_store_put(store, request->captures[0], request->body, &created, &error))
    mu_route_fail(response, error);
  else
    answer(response, created ? MHD_HTTP_CREATED : MHD_HTTP_OK, request->captures[0], created ? "created" : "changed");
}

void mu_route_secret_remove(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  GError *error = NULL;
  MuSecretStore *store = store_of(user, &error);
  if (store == NULL || !mu_secret_store_remove(store, request->captures[0], &error))
    mu_route_fail(response, error);
  else
    answer(response, MHD_HTTP_OK, request->captures[0], "removed");
}

void mu_route_tls_ca(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  GError *error = NULL;
  MuSecretStore *store = store_of(user, &error);
  g_autoptr(GBytes) pem = store == NULL ? NULL : mu_tls_ca(store, &error);
  if (pem == NULL)
    mu_route_fail(response, error);
  else
    mu_http_respond(response, MHD_HTTP_OK, "application/x-pem-file", g_bytes_get_data(pem, NULL),
                    g_bytes_get_size(pem));
}
