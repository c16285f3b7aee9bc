/* Names of secrets, and who may use them. A name is a path: `team/db/password`; its folders are the namespace
 * (developer-guide.md of dcos-commons, "Authorization for Secrets"). Pure. */
#ifndef MU_SECRET_NAME_H
#define MU_SECRET_NAME_H
#include <glib.h>

#define MU_SECRET_MAX_NAME 200
#define MU_SECRET_MAX_BYTES (1024u * 1024)
#define MU_SECRET_MAX_COUNT 10000u

/* Letters, digits, `.`, `-`, `_`, and `/` between parts, none of which begins with a `.`: those are our own. MU_ERROR_REFUSED. */
gboolean mu_secret_name_check(const char *name, GError **error);
/* The service lies in the secret's folder: `team/key` is for `team`, `/team` and `team/db`; `key`, in no folder, for all. A
 * secret's leading `/` does not count, nor a service's. */
gboolean mu_secret_may_use(const char *service, const char *secret);
#endif
