/* Secrets, keys and certificates that the scheduler keeps itself, on their way to agents: as values in the launch (Secret of type VALUE,
 * docs/secrets.md of Mesos), which is made when it is sent and kept nowhere. A secret that is not one of ours is given by its path
 * (REFERENCE), and the agents' secret resolver puts its value in. */
#ifndef MU_MESOS_SECRETS_H
#define MU_MESOS_SECRETS_H
#include "arena.h"
#include "engine.h"
#include "mesos.pb-c.h"
#include "mesos_engine.h"

/* Of one launch; an empty one brings nothing. */
typedef struct {
  GHashTable *values; /* path of a secret: GBytes* */
  GHashTable *files;  /* id of a task: GPtrArray of MuMesosFile*, the files of its keys and certificates */
} MuMesosBrought;

/* Asks for everything that the launch wants. `funcs` NULL: nothing is ours. An error says what the task lacks. */
MuMesosBrought *mu_mesos_bring(const MuMesosSecretFuncs *funcs, gpointer user, const MuPodLaunch *launch,
                               GError **error);
void mu_mesos_brought_free(MuMesosBrought *brought);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosBrought, mu_mesos_brought_free)
/* The secret of this path, with its value when it was brought. `brought` may be NULL. In the arena; borrows. */
Mesos__Secret *mu_mesos_secret_write(MuArena *arena, const char *path, const MuMesosBrought *brought);
Mesos__Secret *mu_mesos_value_write(MuArena *arena, GBytes *value);
/* Of MuMesosFile*; NULL: the task has none. */
const GPtrArray *mu_mesos_brought_files(const MuMesosBrought *brought, const char *task_id);
#endif
