/* What runs before a task's command, one program after the other: muster-secrets brings secrets, keys and certificates,
 * muster-fetch the files of `uris`, muster-bootstrap renders the config templates. The first that fails ends the task, with its own words. */
#ifndef MU_EXEC_PREPARE_H
#define MU_EXEC_PREPARE_H
#include "exec_launch.h"

typedef struct {
  GPtrArray *argv;      /* of char*, NULL-terminated */
  const char *failed;   /* how the message begins when it fails */
  gboolean of_executor; /* it is not the task's user that runs it */
  gboolean last_line;   /* of its stderr says why; else all that was kept of it */
  gboolean secrets; /* muster-secrets: the executor's user runs it in our own environment, and it prints to us alone */
} MuExecStep;

/* The steps of a task, of MuExecStep*; empty: its command may start at once. */
GPtrArray *mu_exec_steps_new(const MuExecLaunch *launch, const MuExecTaskSpec *task);
/* Puts into the sandbox (of which `sandbox_fd` is open) and makes what the steps need. */
gboolean mu_exec_steps_set_up(const MuExecLaunch *launch, const MuExecTaskSpec *task, int sandbox_fd, GError **error);
/* What is told while the steps run, or NULL: they take no time worth telling of. The caller frees. */
char *mu_exec_steps_describe(const MuExecLaunch *launch);
/* Why a step failed, for people: `tail` is the end of its stderr, `how` how it ended. The caller frees. */
char *mu_exec_step_message(const MuExecStep *step, const char *tail, const char *how);
#endif
