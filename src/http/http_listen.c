#include "http_listen.h"

#include "http_limits.h"
#include <errno.h>
#include <fcntl.h>
#include <muster/error.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PEER_IDLE_S 60  /* then the kernel asks a silent peer whether it is still there, */
#define PEER_PROBE_S 20 /* so often, */
#define PEER_PROBES 3   /* so many times */

/* ---- TCP ---- */

gboolean mu_http_parse_listen(const char *listen, char **ret_host, guint16 *ret_port, GError **error) {
  const char *colon = strrchr(listen, ':');
  guint64 port;
  gsize length = colon == NULL ? 0 : (gsize)(colon - listen);
  gboolean bracketed = length > 2 && listen[0] == '[' && listen[length - 1] == ']';
  if (length == 0 || !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &port, NULL) ||
      (!bracketed && strcspn(listen, ":[]") < length)) {
    g_set_error(error, MU_ERROR, MU_ERROR_USAGE,
                "cannot listen on `%s`: ADDRESS:PORT was expected, such as 127.0.0.1:8640, [::1]:8640 or localhost:0",
                listen);
    return FALSE;
  }
  *ret_host = bracketed ? g_strndup(listen + 1, length - 2) : g_strndup(listen, length);
  *ret_port = (guint16)port;
  return TRUE;
}

static void set_options(int fd, int family) {
  int on = 1, idle = PEER_IDLE_S, interval = PEER_PROBE_S, probes = PEER_PROBES;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  /* Accepted connections inherit these; the kernel finds dead peers of streams without waking us. */
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int fail_listen(int fd, const char *where, GError **error) {
  int code = errno == EADDRINUSE ? MU_ERROR_CONFLICT : MU_ERROR_FAILED;
  g_set_error(error, MU_ERROR, code, "cannot listen on %s: %s", where, g_strerror(errno));
  if (fd >= 0)
    close(fd);
  return -1;
}

static gboolean read_address(int fd, MuHttpAddress *address) {
  struct sockaddr_storage bound;
  socklen_t length = sizeof bound;
  memset(&bound, 0, sizeof bound);
  char text[NI_MAXHOST];
  if (getsockname(fd, (struct sockaddr *)&bound, &length) < 0 ||
      getnameinfo((struct sockaddr *)&bound, length, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
    return FALSE;
  address->address = g_strdup(text);
  address->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                    : ((struct sockaddr_in *)&bound)->sin_port);
  return TRUE;
}

int mu_http_listen_tcp(const char *listen_on, MuHttpAddress *ret_address, GError **error) {
  g_autofree char *host = NULL, *service = NULL;
  guint16 port;
  if (!mu_http_parse_listen(listen_on, &host, &port, error))
    return -1;
  service = g_strdup_printf("%u", port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
  int failed = getaddrinfo(host, service, &hints, &found);
  if (failed != 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_FAILED, "cannot listen on %s: %s", listen_on, gai_strerror(failed));
    return -1;
  }
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0)
    set_options(fd, found->ai_family);
  gboolean listening =
      fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, MU_HTTP_LISTEN_BACKLOG) == 0;
  freeaddrinfo(found);
  MuHttpAddress address = {0};
  if (!listening || !read_address(fd, &address))
    return fail_listen(fd, listen_on, error);
  address.host = g_steal_pointer(&host);
  *ret_address = address;
  return fd;
}

void mu_http_address_clear(MuHttpAddress *address) {
  g_clear_pointer(&address->host, g_free);
  g_clear_pointer(&address->address, g_free);
}

/* ---- unix ---- */

/* An address that holds a path of any length: through the folder's descriptor. FALSE when the name itself is too long. */
static gboolean set_unix_address(struct sockaddr_un *address, int folder, const char *name) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  return g_snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", folder, name) <
         (int)sizeof address->sun_path;
}

/* Whether a listener has the socket; only a refused connection proves that none has. */
static gboolean somebody_answers(const struct sockaddr_un *address) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return TRUE;
  gboolean refused = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
  close(fd);
  return !refused;
}

static gboolean make_room(int folder, const char *name, const char *path, const struct sockaddr_un *address,
                          GError **error) {
  struct stat status;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  if (!S_ISSOCK(status.st_mode)) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "%s exists and is not a socket; remove it", path);
    return FALSE;
  }
  if (somebody_answers(address)) {
    g_set_error(error, MU_ERROR, MU_ERROR_CONFLICT, "another scheduler answers on %s", path);
    return FALSE;
  }
  unlinkat(folder, name, 0);
  return TRUE;
}

static int bind_unix(int folder, const char *name, const char *path, GError **error) {
  struct sockaddr_un address;
  if (!set_unix_address(&address, folder, name)) {
    errno = ENAMETOOLONG;
    return fail_listen(-1, path, error);
  }
  if (!make_room(folder, name, path, &address, error))
    return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  /* The mode that the file will have is that of the socket: there is no moment at which others may connect. */
  if (fd < 0 || fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      listen(fd, MU_HTTP_LISTEN_BACKLOG) < 0)
    return fail_listen(fd, path, error);
  return fd;
}

int mu_http_listen_unix(const char *path, int *ret_folder, guint64 *ret_inode, GError **error) {
  g_autofree char *folder_path = g_path_get_dirname(path), *name = g_path_get_basename(path);
  struct stat status;
  int folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return fail_listen(-1, path, error);
  int fd = bind_unix(folder, name, path, error);
  if (fd >= 0 && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    fd = fail_listen(fd, path, error);
  if (fd < 0) {
    close(folder);
    return -1;
  }
  *ret_folder = folder;
  *ret_inode = status.st_ino;
  return fd;
}

void mu_http_unlisten_unix(int folder, const char *name, guint64 inode) {
  struct stat status;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_ino == inode)
    unlinkat(folder, name, 0);
}
