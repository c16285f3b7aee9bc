/* What was read of a sandbox that is not on this machine: between an engine and who asked it. */
#ifndef MU_SANDBOX_PART_H
#define MU_SANDBOX_PART_H
#include <glib.h>

/* Which run of a task is meant, and where it was started. Borrowed. */
typedef struct {
  const char *task_id;
  const char *agent_id, *executor_id; /* may be NULL */
} MuTaskPlace;

typedef struct {
  char *name;
  guint64 size;
  gint64 mtime_ms;
  gboolean is_folder;
} MuSandboxEntry;

typedef struct {
  gboolean is_folder;
  guint64 size;             /* of the file, all of it */
  GBytes *bytes;            /* of the file, from the offset that was asked for; fewer than asked at its end */
  const GPtrArray *entries; /* of the folder: MuSandboxEntry*, by name */
} MuSandboxPart;

/* Once for each question, later. NULL with an error: MU_ERROR_NOT_FOUND (no such file, agent or task), MU_ERROR_UNAVAILABLE
 * (the agent does not answer now). Borrowed. */
typedef void (*MuSandboxFunc)(const MuSandboxPart *part, const GError *error, gpointer user);
#endif
