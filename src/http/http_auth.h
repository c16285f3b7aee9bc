/* Who may ask over TCP: who has the token, and asks for this very server. The checks of Host and Origin keep web pages out
 * that a browser on this machine shows, those with a rebound DNS name included. */
#ifndef MU_HTTP_AUTH_H
#define MU_HTTP_AUTH_H
#include <glib.h>

typedef struct MuHttpAuth MuHttpAuth;

/* `listen_host` as given by the user, `address` the numeric one it was bound to, without brackets; `port` the real one. */
MuHttpAuth *mu_http_auth_new(const char *token, const char *listen_host, const char *address, guint16 port);
void mu_http_auth_free(MuHttpAuth *auth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuHttpAuth, mu_http_auth_free)

/* A Host header: the address listened on, or localhost and its numbers when that reaches us; with the port. On all
 * addresses (0.0.0.0, ::) every numeric address will do, and this machine's name: no page can make a browser send them. */
gboolean mu_http_auth_host_is_ours(const MuHttpAuth *auth, const char *host);
/* An Authorization header: `Bearer T` or `token=T`. Takes the same time for every wrong token of a length. */
gboolean mu_http_auth_token_is_right(const MuHttpAuth *auth, const char *authorization);
/* All of them, NULL for a header that is not there. FALSE sets MU_ERROR_DENIED and the status: 401 for the token, 403. */
gboolean mu_http_auth_check(const MuHttpAuth *auth, const char *host, const char *origin, const char *authorization,
                            guint *ret_status, GError **error);

#endif
