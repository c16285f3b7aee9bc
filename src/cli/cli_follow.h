/* Watching a service: its plan drawn again and again on a terminal, or the lines that changed elsewhere. The event stream
 * tells when to look; nothing is polled. */
#ifndef MU_CLI_FOLLOW_H
#define MU_CLI_FOLLOW_H
#include "cli_client.h"
#include "cli_output.h"

typedef enum {
  MU_FOLLOW_COMPLETE, /* until the plan is complete */
  MU_FOLLOW_GONE,     /* until there is no such service */
  MU_FOLLOW_FOREVER,  /* until it is gone or Ctrl-C */
} MuCliUntil;

typedef struct {
  MuCliClient *client;
  const char *service;
  const char *plan; /* NULL: the one the service is deployed by */
  MuCliUntil until;
  gint64 timeout_ms; /* 0: none */
  gboolean json;     /* one line of JSON for each change instead of a tree; with MU_FOLLOW_GONE nothing */
  gboolean silent;   /* only wait */
} MuCliFollow;

/* TRUE when what was waited for has come. MU_ERROR_TIMED_OUT with what it waits for, MU_ERROR_FAILED when the plan cannot
 * complete, MU_ERROR_NO_SCHEDULER when the scheduler went away. */
gboolean mu_cli_follow(const MuCliFollow *follow, GError **error);

/* For commands with --wait and --timeout: MU_ERROR_USAGE when a timeout is given alone. */
gboolean mu_cli_check_timeout(const MuCliCall *call, GError **error);
/* Waits, when --wait was given, until the plan (NULL: the one that the service is deployed by) is complete. */
gboolean mu_cli_wait_if_asked(const MuCliCall *call, MuCliClient *client, const char *service, const char *plan,
                              GError **error);

/* Text that is drawn in place of the text before. */
typedef struct {
  int lines; /* that stand on the terminal now */
} MuCliLive;

void mu_cli_live_draw(MuCliLive *live, const char *text);

#endif
