/* What `bootstrap` does before a task's command, one step after the other (sdk/bootstrap/main.go of dcos-commons). */
#ifndef MU_BOOT_STEPS_H
#define MU_BOOT_STEPS_H
#include "boot_names.h"
#include "boot_options.h"

/* The task's address: MESOS_CONTAINER_IP, else LIBPROCESS_IP, which must be IPv4; for 0.0.0.0 that of this machine's name; without
 * both the loopback address. The caller frees. MU_ERROR_REFUSED. */
char *mu_boot_task_ip(const MuBootNames *names, GHashTable *environment, GError **error);
/* NAME=value, sorted. Unless all are to be shown, values of variables whose name speaks of credentials, passwords, secrets or tokens
 * are asterisks. The caller frees. */
char *mu_boot_describe_environment(GHashTable *environment, gboolean all);
/* Waits as the options say. Names of tasks, `….$FRAMEWORK_HOST`, are passed over where nothing serves them: on a machine of its own, or
 * when BOOTSTRAP_TASK_DNS is `false`; `true` has them waited for there, too. MU_ERROR_UNAVAILABLE after the timeout. */
gboolean mu_boot_wait(const MuBootOptions *options, const MuBootNames *names, GHashTable *environment, GError **error);
/* Everything; the exit code. */
int mu_boot_be_reference(int argc, char **argv);
#endif
