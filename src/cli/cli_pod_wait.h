/* Waiting for a pod instance to be there again after a restart or a replace: each of its tasks is another run than before, and
 * where it should be. */
#ifndef MU_CLI_POD_WAIT_H
#define MU_CLI_POD_WAIT_H
#include "cli_client.h"

typedef struct {
  MuCliClient *client;
  const char *service, *pod;
  GHashTable *before; /* ids of the runs there were */
} MuCliPodWait;

/* Notes the runs there are; before the operation. */
gboolean mu_cli_pod_wait_begin(MuCliPodWait *wait, MuCliClient *client, const char *service, const char *pod,
                               GError **error);
/* Waits, after it, at most `timeout_ms` (0: for ever). MU_ERROR_TIMED_OUT says what the pod waits for. */
gboolean mu_cli_pod_wait_end(MuCliPodWait *wait, gint64 timeout_ms, GError **error);
void mu_cli_pod_wait_clear(MuCliPodWait *wait);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuCliPodWait, mu_cli_pod_wait_clear)

/* The pod as GET …/pod/{pod}/status answers is there: no run is one of `before`, all run or are finished, none is not ready. */
gboolean mu_cli_pod_is_back(const json_t *status, GHashTable *before);

#endif
