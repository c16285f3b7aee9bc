/* One output file of one run of a task, line by line as it grows. */
#ifndef MU_CLI_TASK_LOG_H
#define MU_CLI_TASK_LOG_H
#include "cli_client.h"

typedef struct MuCliTaskLog MuCliTaskLog;

typedef struct {
  MuCliClient *client;
  const char *service;
  const char *task; /* its name, or the id of the run */
  const char *file; /* "stdout", "stderr" */
  gint64 tail;      /* begin with the last so many lines; -1: with the first */
  /* A line with its end; only the file's last may be without one. */
  void (*line)(const char *text, gsize length, gpointer user);
  gpointer user;
} MuCliTaskLogOptions;

/* Begins to follow the file; it is read while the client runs. */
MuCliTaskLog *mu_cli_task_log_open(const MuCliTaskLogOptions *options);
/* Reads what there is and ends. Call it when the run is over; not from within a handler of the client. */
void mu_cli_task_log_close(MuCliTaskLog *take_log);
/* Why the stream ended by itself; NULL while it goes on, and when it ended in order. Borrowed. */
const GError *mu_cli_task_log_error(const MuCliTaskLog *log);

#endif
