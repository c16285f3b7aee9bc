/* Where the scheduler is: a pure function of the options and the environment, and reading the token. */
#ifndef MU_CLI_TARGET_H
#define MU_CLI_TARGET_H
#include "cli_command.h"

typedef struct {
  char *state_dir; /* never NULL */
  char *url;       /* NULL: the unix socket in state_dir; without a `/` at its end */
  char *token;     /* for the URL; NULL: none was found */
} MuCliTarget;

/* Looks a variable up in the environment: g_getenv, or a test's. */
typedef const char *(*MuCliGetenv)(const char *name);

/* /var/lib/muster for root, else the XDG state folder's; the caller frees. */
char *mu_cli_default_state_dir(MuCliGetenv env, gboolean is_root);
/* --url or --state, else MUSTER_URL or MUSTER_STATE, else the default state folder. The token of a URL: --token-file, else
 * MUSTER_TOKEN, else the file `token` of the state folder when it can be read. MU_ERROR_USAGE for an unusable URL;
 * MU_ERROR_NOT_FOUND when --token-file cannot be read. */
MuCliTarget *mu_cli_target_new(const MuCliCall *call, MuCliGetenv env, gboolean is_root, GError **error);
/* The place as the user would name it: "the socket /var/lib/muster/muster.sock"; the caller frees. */
char *mu_cli_target_describe(const MuCliTarget *target);
void mu_cli_target_free(MuCliTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuCliTarget, mu_cli_target_free)

#endif
