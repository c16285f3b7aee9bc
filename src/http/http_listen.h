/* The listening sockets: not blocking, closed on exec. */
#ifndef MU_HTTP_LISTEN_H
#define MU_HTTP_LISTEN_H
#include <glib.h>

typedef struct {
  char *host;    /* as given, without brackets */
  char *address; /* the numeric one that was bound, without brackets */
  guint16 port;  /* the real one */
} MuHttpAddress;

/* `listen`: "127.0.0.1:8640", "[::1]:0", "localhost:80". Returns the socket. MU_ERROR_USAGE for another form,
 * MU_ERROR_CONFLICT when the port is taken, MU_ERROR_FAILED. */
int mu_http_listen_tcp(const char *listen, MuHttpAddress *ret_address, GError **error);
void mu_http_address_clear(MuHttpAddress *address);
/* Splits such a text; outputs are the caller's. */
gboolean mu_http_parse_listen(const char *listen, char **ret_host, guint16 *ret_port, GError **error);

/* A unix socket at `path`, of mode 0600 from its first moment. A file that is there already is replaced when it is a socket
 * on which nobody answers. `ret_folder` is its folder, to be closed by the caller; `ret_inode` tells it from a later one.
 * MU_ERROR_CONFLICT when somebody answers or it is no socket, MU_ERROR_FAILED. */
int mu_http_listen_unix(const char *path, int *ret_folder, guint64 *ret_inode, GError **error);
/* Removes the socket's file unless it is another one by now. */
void mu_http_unlisten_unix(int folder, const char *name, guint64 inode);

#endif
