/* A space: the namespaces that processes of a task are started in, kept by a process that does nothing else, the holder. A
 * mount namespace is in every space; a pid namespace (whose first process, and reaper of orphans, is the holder) and an ipc
 * namespace with a /dev/shm of its own when the spec says so. A space within another shares what it has not of its own.
 * An ordinary user's spaces are in a user namespace where the user is who it was.
 *
 * The holder dies with its executor, and with it every process of its pid namespace; mounts go with the last process in
 * them. Nothing is left of a space, however its executor ended, and nothing of it is seen from outside. */
#ifndef MU_EXEC_SPACE_H
#define MU_EXEC_SPACE_H
#include "exec_launch.h"

typedef struct {
  pid_t holder;                        /* our child; 0: there is no space, or it has ended */
  int user_fd, mnt_fd, ipc_fd, pid_fd; /* what is to be joined; -1: it is the executor's own */
} MuExecSpace;

/* No space; may be closed. */
void mu_exec_space_init(MuExecSpace *space);
/* Makes it: within `parent` (which may be NULL, or none), with `volumes` (of MuExecHostVolume*, may be NULL) bound to their
 * places below `sandbox`, which are made when they are not there. On failure there is no space. */
gboolean mu_exec_space_open(MuExecSpace *space, const MuExecSpaceSpec *spec, const MuExecSpace *parent,
                            const GPtrArray *volumes, const char *sandbox, GError **error);
gboolean mu_exec_space_is_open(const MuExecSpace *space); /* NULL: no */
/* Joins its namespaces, the pid namespace for children only: in a forked child, with system calls alone. FALSE with errno. */
gboolean mu_exec_space_join(const MuExecSpace *space);
/* Kills the holder, if it runs: whoever reaps it sets holder to 0. */
void mu_exec_space_kill(const MuExecSpace *space);
/* Kills and reaps the holder, waiting a second at most, and forgets the space. */
void mu_exec_space_close(MuExecSpace *space);
#endif
