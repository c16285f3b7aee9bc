#include "http_auth.h"

#include <arpa/inet.h>
#include <muster/error.h>
#include <string.h>

struct MuHttpAuth {
  char *token;
  char **names; /* that a Host header may have, in lower case, without brackets; NULL-terminated */
  gboolean any_number;
  guint16 port;
};

static gboolean is_number(const char *host) {
  struct in6_addr address;
  return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static gboolean is_everywhere(const char *address) {
  return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static gboolean is_loopback(const char *address) {
  return g_str_has_prefix(address, "127.") || strcmp(address, "::1") == 0;
}

static void add_name(GStrvBuilder *names, const char *name) {
  g_autofree char *lower = g_ascii_strdown(name, -1);
  g_strv_builder_add(names, lower);
}

MuHttpAuth *mu_http_auth_new(const char *token, const char *listen_host, const char *address, guint16 port) {
  g_autoptr(GStrvBuilder) names = g_strv_builder_new();
  MuHttpAuth *auth = g_new0(MuHttpAuth, 1);
  auth->token = g_strdup(token);
  auth->port = port;
  auth->any_number = is_everywhere(address);
  add_name(names, listen_host);
  add_name(names, address);
  if (auth->any_number)
    add_name(names, g_get_host_name());
  if (auth->any_number || is_loopback(address))
    g_strv_builder_add_many(names, "localhost", "127.0.0.1", "::1", NULL);
  auth->names = g_strv_builder_end(names);
  return auth;
}

void mu_http_auth_free(MuHttpAuth *auth) {
  if (auth == NULL)
    return;
  g_strfreev(auth->names);
  g_free(auth->token);
  g_free(auth);
}

/* "[::1]:8640" to "::1" and 8640; the port of http when none is given. */
static gboolean split_host(const char *text, char **ret_host, guint64 *ret_port) {
  const char *end, *host = text;
  gsize length;
  if (text[0] == '[') {
    end = strchr(text, ']');
    if (end == NULL)
      return FALSE;
    host = text + 1;
    length = (gsize)(end++ - host);
  } else {
    length = strcspn(text, ":");
    end = text + length;
  }
  *ret_port = 80;
  if (end[0] != '\0' && (end[0] != ':' || !g_ascii_string_to_unsigned(end + 1, 10, 1, G_MAXUINT16, ret_port, NULL)))
    return FALSE;
  g_autofree char *raw = g_strndup(host, length);
  *ret_host = g_ascii_strdown(raw, -1);
  return TRUE;
}

gboolean mu_http_auth_host_is_ours(const MuHttpAuth *auth, const char *host) {
  g_autofree char *name = NULL;
  guint64 port = 0;
  if (host == NULL || !split_host(host, &name, &port) || port != auth->port)
    return FALSE;
  return g_strv_contains((const char *const *)auth->names, name) || (auth->any_number && is_number(name));
}

/* Looks at every byte of the given text whatever the first wrong one is. */
static gboolean same_secret(const char *given, const char *secret) {
  gsize n = strlen(given), m = strlen(secret);
  volatile guint8 difference = n != m;
  for (gsize i = 0; i < n; i++)
    difference |= (guint8)(given[i] ^ secret[m == 0 ? 0 : i % m]);
  return difference == 0;
}

gboolean mu_http_auth_token_is_right(const MuHttpAuth *auth, const char *authorization) {
  static const char *const schemes[] = {"Bearer ", "token="};
  for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
    if (g_ascii_strncasecmp(authorization, schemes[i], strlen(schemes[i])) == 0)
      return same_secret(authorization + strlen(schemes[i]), auth->token);
  return FALSE;
}

static gboolean origin_is_ours(const MuHttpAuth *auth, const char *origin) {
  return g_str_has_prefix(origin, "http://") && mu_http_auth_host_is_ours(auth, origin + strlen("http://"));
}

gboolean mu_http_auth_check(const MuHttpAuth *auth, const char *host, const char *origin, const char *authorization,
                            guint *ret_status, GError **error) {
  *ret_status = 403;
  if (!mu_http_auth_host_is_ours(auth, host)) {
    g_set_error(error, MU_ERROR, MU_ERROR_DENIED, "the Host header `%.200s` does not name this server, which is %s:%u",
                host == NULL ? "" : host, auth->names[0], auth->port);
    return FALSE;
  }
  if (origin != NULL && !origin_is_ours(auth, origin)) {
    g_set_error(error, MU_ERROR, MU_ERROR_DENIED, "a web page of `%.200s` may not ask this server", origin);
    return FALSE;
  }
  *ret_status = 401;
  if (authorization == NULL || !mu_http_auth_token_is_right(auth, authorization)) {
    g_set_error(error, MU_ERROR, MU_ERROR_DENIED,
                "%s; send `Authorization: Bearer …` with the token of the state folder",
                authorization == NULL ? "the token is missing" : "the token is wrong");
    return FALSE;
  }
  return TRUE;
}
