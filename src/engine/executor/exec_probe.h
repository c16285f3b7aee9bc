/* What this machine allows of what tasks may ask for, found by trying it as it is done for tasks. */
#ifndef MU_EXEC_PROBE_H
#define MU_EXEC_PROBE_H
#include <jansson.h>

/* An object of what does not work, and why: "mounts" (host volumes), "ipc" (own shared memory), "pid" (own processes). */
json_t *mu_exec_probe(void);
#endif
