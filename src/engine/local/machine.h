/* What this machine has to share out. */
#ifndef MU_MACHINE_H
#define MU_MACHINE_H
#include "local_engine.h"

/* From 1025 to the kernel's ephemeral range: a spec may ask for any of them by number. */
#define MU_MACHINE_PORTS "1025-32767"

/* The resources of each agent (of MuResources*): the config's amounts, detected where 0, in equal parts; the rest of a
 * division goes to the first ones. MU_ERROR_REFUSED: bad ports, or too little to share. */
GPtrArray *mu_machine_share(const MuLocalEngineConfig *config, GError **error);
char *mu_machine_hostname(void);
/* "[N:]PATH[=PROFILE]" as a MOUNT disk: its root is PATH without symlinks, its amount the size of the file system. NULL
 * with MU_ERROR_REFUSED: it is not of that form, is no folder, or names no agent of `agents`. */
MuResource *mu_machine_mount(const char *text, guint agents, guint *ret_agent, GError **error);
/* A file system of its own lies there. */
gboolean mu_machine_is_mount_point(const char *path);
/* Splits by turns of whole ranges where it can: `n` sets of nearly equal count. Of GArray*. */
GPtrArray *mu_machine_share_ports(const GArray *ranges, guint n);
#endif
