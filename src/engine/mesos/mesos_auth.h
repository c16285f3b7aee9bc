/* Who we are to Mesos (authentication.md): a principal with a secret, or a bearer token, from files that may be replaced while
 * we run. */
#ifndef MU_MESOS_AUTH_H
#define MU_MESOS_AUTH_H
#include <glib.h>

/* A secret or token may not be longer. */
#define MU_MESOS_AUTH_MAX_BYTES 65536

typedef struct MuMesosAuth MuMesosAuth;

/* `secret_file` goes with `principal`; at most one of the two files is given. */
MuMesosAuth *mu_mesos_auth_new(const char *principal, const char *secret_file, const char *token_file);
void mu_mesos_auth_free(MuMesosAuth *auth);
/* The file can be read and is not too large. MU_ERROR_REFUSED otherwise. TRUE without a file. */
gboolean mu_mesos_auth_check(MuMesosAuth *auth, GError **error);
/* The value of the header Authorization, or NULL. Looks whether the file has changed; one that cannot be read now leaves the
 * last content in force. Borrowed until the next call. */
const char *mu_mesos_auth_header(MuMesosAuth *auth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosAuth, mu_mesos_auth_free)
#endif
