/* A task in a container image, run by podman in the foreground: `podman run` is the task's main process. The sandbox and the
 * volumes are in the container at the paths that they have outside. As root the container joins the pid namespace of the
 * task's space: its holder is the first process there and reaps orphans, signals work as outside of a container, and when
 * the holder ends so does all that is in the container, whatever became of podman. */
#ifndef MU_EXEC_IMAGE_H
#define MU_EXEC_IMAGE_H
#include "exec_frame.h"
#include "exec_space.h"

/* NULL-terminated arrays of char*, the caller's. */
GPtrArray *mu_exec_image_run(const MuExecLaunch *launch, const MuExecTaskSpec *task, const MuExecSpace *space);
/* A check, in the task's container. */
GPtrArray *mu_exec_image_check(const MuExecLaunch *launch, const MuExecTaskSpec *task, const char *cmd);
/* A command of whoever asks for one, in the task's container. */
GPtrArray *mu_exec_image_session(const MuExecLaunch *launch, const MuExecTaskSpec *task, const MuExecRequest *request);
/* Ends the container, if there is one, and removes it. */
GPtrArray *mu_exec_image_remove(const MuExecLaunch *launch, const MuExecTaskSpec *task);
/* The same, and waits: for a task whose executor died. */
void mu_exec_image_remove_now(const MuExecLaunch *launch, const MuExecTaskSpec *task);
/* Gets the image if it is not here. */
GPtrArray *mu_exec_image_pull(const MuExecLaunch *launch);
/* The environment of podman: that of the task, which it hands on by name, and its own. */
GPtrArray *mu_exec_image_environment(const MuExecTaskSpec *task);
/* Writes what podman reads of the launch into the present folder. */
gboolean mu_exec_image_set_up(const MuExecLaunch *launch, GError **error);
#endif
