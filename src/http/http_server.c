#include "http_server.h"

#include "bug.h"
#include "http_internal.h"
#include "http_limits.h"
#include "http_listen.h"
#include "http_loop.h"
#include <errno.h>
#include <muster/error.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* ---- starting ---- */

/* Takes the socket. */
static gboolean start_daemon(MuHttpServer *server, MuHttpListener *listener, int take_fd, gboolean tcp,
                             GError **error) {
  listener->server = server;
  listener->tcp = tcp;
  /* clang-format off */
  listener->daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE, 0, NULL, NULL, mu_http_exchange_access, listener,
      MHD_OPTION_LISTEN_SOCKET, take_fd,
      MHD_OPTION_CONNECTION_LIMIT, MU_HTTP_MAX_CONNECTIONS,
      MHD_OPTION_CONNECTION_TIMEOUT, MU_HTTP_IDLE_TIMEOUT_S,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MU_HTTP_CONNECTION_BYTES,
      MHD_OPTION_URI_LOG_CALLBACK, mu_http_exchange_new, listener,
      MHD_OPTION_NOTIFY_COMPLETED, mu_http_exchange_completed, listener,
      MHD_OPTION_END);
  /* clang-format on */
  if (listener->daemon == NULL) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "the HTTP server cannot be started: %s", g_strerror(errno));
    close(take_fd);
    return FALSE;
  }
  listener->source = mu_http_loop_attach(listener->daemon, server->context);
  return TRUE;
}

/* An address to reach it by: of those that mean all, the loopback one. */
static char *url_new(const MuHttpAddress *address) {
  const char *host = strcmp(address->address, "0.0.0.0") == 0 ? "127.0.0.1" : address->address;
  if (strcmp(host, "::") == 0)
    host = "::1";
  return strchr(host, ':') != NULL ? g_strdup_printf("http://[%s]:%u", host, address->port)
                                   : g_strdup_printf("http://%s:%u", host, address->port);
}

static gboolean listen_tcp(MuHttpServer *server, const MuHttpConfig *config, GError **error) {
  MuHttpAddress address;
  if (config->token == NULL || config->token[0] == '\0') {
    g_set_error(error, MU_ERROR, MU_ERROR_REFUSED, "to listen on %s a token is needed", config->listen);
    return FALSE;
  }
  int fd = mu_http_listen_tcp(config->listen, &address, error);
  if (fd < 0)
    return FALSE;
  server->auth = mu_http_auth_new(config->token, address.host, address.address, address.port);
  server->url = url_new(&address);
  mu_http_address_clear(&address);
  return start_daemon(server, &server->tcp, fd, TRUE, error);
}

static gboolean listen_unix(MuHttpServer *server, const char *path, GError **error) {
  int fd = mu_http_listen_unix(path, &server->socket_folder, &server->socket_inode, error);
  if (fd < 0)
    return FALSE;
  server->socket_name = g_path_get_basename(path);
  return start_daemon(server, &server->local, fd, FALSE, error);
}

MuHttpServer *mu_http_server_new(const MuHttpConfig *config, const MuHttpBackend *backend, GError **error) {
  g_autoptr(MuHttpServer) server = g_new0(MuHttpServer, 1);
  server->backend = *backend;
  server->context = g_main_context_ref_thread_default();
  server->socket_folder = -1;
  server->max_body_bytes = config->max_body_bytes > 0 ? config->max_body_bytes : MU_HTTP_DEFAULT_BODY_BYTES;
  server->events = mu_event_stream_new(server->context, MU_HTTP_EVENT_RING, MU_HTTP_EVENT_RING_BYTES);
  server->follower = mu_file_follower_new(server->context);
  server->router = mu_http_router_new(config->routes, config->n_routes, config->routes_user, server, error);
  if (server->router != NULL && config->mono != NULL)
    mu_http_router_set_mono(server->router, config->mono);
  server->mono = g_strdup(config->mono);
  if (server->router == NULL || (config->listen != NULL && !listen_tcp(server, config, error)) ||
      (config->socket_path != NULL && !listen_unix(server, config->socket_path, error)))
    return NULL;
  return g_steal_pointer(&server);
}

const char *mu_http_server_url(MuHttpServer *server) {
  return server->url;
}

void mu_http_server_publish(MuHttpServer *server, const char *type, const char *service, const char *text) {
  mu_event_stream_publish(server->events, type, service, text);
}

/* ---- ending ---- */

/* Calls for every exchange, each of which may leave the list. */
static void for_each_exchange(MuHttpServer *server, void (*call)(MuHttpResponse *)) {
  for (GList *link = server->exchanges.head, *next; link != NULL; link = next) {
    next = link->next;
    call(link->data);
  }
}

static void run_daemons(MuHttpServer *server) {
  if (server->tcp.daemon != NULL)
    MHD_run(server->tcp.daemon);
  if (server->local.daemon != NULL)
    MHD_run(server->local.daemon);
}

static void poll_daemons(MuHttpServer *server, int timeout_ms) {
  struct pollfd fds[2];
  nfds_t n = 0;
  struct MHD_Daemon *const daemons[] = {server->tcp.daemon, server->local.daemon};
  for (gsize i = 0; i < G_N_ELEMENTS(daemons); i++)
    if (daemons[i] != NULL)
      fds[n++] =
          (struct pollfd){.fd = MHD_get_daemon_info(daemons[i], MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN};
  poll(fds, n, timeout_ms);
}

/* Tells those who wait that we end, and gives what is being sent a moment to leave. */
static void say_farewell(MuHttpServer *server) {
  gint64 until_us = g_get_monotonic_time() + MU_HTTP_FAREWELL_MS * 1000;
  for_each_exchange(server, mu_http_exchange_server_ends);
  run_daemons(server);
  for (gint64 left_us; server->connected > 0 && (left_us = until_us - g_get_monotonic_time()) > 0;) {
    poll_daemons(server, (int)(left_us / 1000) + 1);
    run_daemons(server);
  }
}

static void stop_listening(MuHttpListener *listener) {
  if (listener->daemon == NULL)
    return;
  g_source_destroy(listener->source);
  g_clear_pointer(&listener->source, g_source_unref);
  int fd = MHD_quiesce_daemon(listener->daemon);
  if (fd >= 0)
    close(fd);
}

void mu_http_server_free(MuHttpServer *server) {
  if (server == NULL)
    return;
  server->closing = TRUE;
  stop_listening(&server->tcp);
  stop_listening(&server->local);
  say_farewell(server);
  g_clear_pointer(&server->tcp.daemon, MHD_stop_daemon);
  g_clear_pointer(&server->local.daemon, MHD_stop_daemon);
  mu_assert(server->connected == 0);
  for_each_exchange(server, mu_http_exchange_server_gone);
  if (server->socket_folder >= 0) {
    mu_http_unlisten_unix(server->socket_folder, server->socket_name, server->socket_inode);
    close(server->socket_folder);
  }
  mu_event_stream_free(server->events);
  mu_file_follower_free(server->follower);
  mu_http_auth_free(server->auth);
  mu_http_router_free(server->router);
  g_free(server->mono);
  g_main_context_unref(server->context);
  g_free(server->socket_name);
  g_free(server->url);
  g_free(server);
}
