#include "http_reply.h"
#include "http_request.h"
#include "json.h"
#include "mu_config.h"
#include "routes.h"
#include "view.h"
#include <fcntl.h>
#include <muster/error.h>
#include <string.h>
#include <sys/stat.h>

void mu_route_root(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request, (void)user;
  json_t *links = json_pack("{s:s,s:s,s:s,s:s}", "health", "/v1/health", "services", "/v1/multi", "events",
                            "/v1/events", "api", "/v1/openapi.json");
  mu_http_respond_json(response, MHD_HTTP_OK,
                       json_pack("{s:s,s:s,s:s,s:o}", "name", "muster", "version", MU_VERSION, "help",
                                 "this is an API; people use the program `muster`, docs/http-api.md describes the rest",
                                 "links", links));
}

/* The query may ask for the reasons of a service's health. */
static void answer_health(MuHttpServer *server, MuHttpResponse *response, const MuHttpRequest *request,
                          const char *service) {
  GError *error = NULL;
  guint status = MHD_HTTP_OK;
  gboolean verbose = FALSE;
  if (!mu_http_query_bool(request->query, "verbose", &verbose, &error)) {
    mu_route_fail(response, error);
    return;
  }
  json_t *health = mu_view_health(server->backend.client, service, &status, &error);
  if (health != NULL && verbose && service != NULL)
    mu_json_set_new(health, "reasons", mu_view_health_reasons(server->backend.client, service, NULL));
  if (health == NULL)
    mu_route_fail(response, error);
  else
    mu_http_respond_json(response, status, health);
}

/* Of the service, when it is the only one: HealthResource of the reference; but not while the scheduler itself is not well. */
void mu_route_health(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  guint status = MHD_HTTP_OK;
  json_decref(mu_view_health(server->backend.client, NULL, &status, NULL));
  answer_health(server, response, request, status == MHD_HTTP_OK ? server->mono : NULL);
}

void mu_route_framework(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  answer_health(user, response, request, NULL);
}

void mu_route_service_health(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  g_autofree char *service = mu_route_service_name(user, request);
  answer_health(user, response, request, service);
}

void mu_route_events(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuHttpServer *server = user;
  mu_event_stream_serve(server->events, response, mu_http_query(request, "service"),
                        mu_http_request_header(response, "Last-Event-ID"));
}

void mu_route_metrics(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  MuHttpServer *server = user;
  g_autofree char *text = mu_view_metrics(server->backend.client);
  mu_http_respond(response, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, strlen(text));
}

void mu_route_metrics_json(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  mu_http_respond_json(response, MHD_HTTP_OK, mu_view_metrics_json(((MuHttpServer *)user)->backend.client));
}

void mu_route_engine(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  const MuHttpBackend *backend = &((MuHttpServer *)user)->backend;
  json_t *engine = backend->describe_engine == NULL ? NULL : backend->describe_engine(backend->user);
  mu_http_respond_json(response, MHD_HTTP_OK, engine == NULL ? json_object() : engine);
}

void mu_route_uninstall(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  mu_route_submit(user, response, mu_command_new(MU_COMMAND_UNINSTALL, NULL), MHD_HTTP_ACCEPTED);
}

void mu_route_bootstrap(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  const char *path = ((MuHttpServer *)user)->backend.bootstrap_path;
  struct stat status;
  int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && fstat(fd, &status) == 0) {
    mu_http_respond_fd(response, MHD_HTTP_OK, "application/octet-stream", fd, 0, (guint64)status.st_size);
    return;
  }
  mu_route_fail(response,
                g_error_new(MU_ERROR, MU_ERROR_NOT_FOUND, "muster-bootstrap is not served: it is not installed"));
}

void mu_route_openapi(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request;
  mu_http_respond_json(response, MHD_HTTP_OK, mu_http_router_openapi(((MuHttpServer *)user)->router));
}
