/* Commands: what people and programs ask of the scheduler. A command is put on the runner's queue, the core acts on it in
 * its turn, and the reply is given only after everything the command changed is durable. */
#ifndef MU_COMMAND_H
#define MU_COMMAND_H
#include <glib.h>
#include <jansson.h>
#include <muster/service_store.h>
#include <muster/spec.h>

typedef enum {
  MU_COMMAND_SERVICE_PUT,          /* service, context, if_version: add, or reconfigure when it exists */
  MU_COMMAND_SERVICE_REMOVE,       /* service, if_version */
  MU_COMMAND_SERVICE_FORCE_REMOVE, /* service, if_version: an operator declares the holdouts of an uninstall gone */
  MU_COMMAND_UNINSTALL,            /* the whole framework */
  MU_COMMAND_POD_RESTART,          /* service, pod: in place */
  MU_COMMAND_POD_REPLACE,          /* service, pod: resources destroyed, started anywhere */
  MU_COMMAND_PLAN_INTERRUPT,       /* service, plan, phase and step or NULL (name or uuid) */
  MU_COMMAND_PLAN_CONTINUE,
  MU_COMMAND_PLAN_FORCE_COMPLETE,
  MU_COMMAND_PLAN_RESTART,
  MU_COMMAND_POD_PAUSE,        /* service, pod, tasks: an idle command in place of the tasks' own */
  MU_COMMAND_POD_RESUME,       /* service, pod, tasks */
  MU_COMMAND_FILE_PUT,         /* service, file, context: the file's bytes */
  MU_COMMAND_SERVICE_RESTART,  /* service, strategy: every pod in place, in turn */
  MU_COMMAND_SERVICE_PREVIEW,  /* service, context, if_version: what PUT would do; changes nothing */
  MU_COMMAND_PLAN_START,       /* service, plan, parameters */
  MU_COMMAND_PLAN_STOP,        /* service, plan */
  MU_COMMAND_SERVICE_ROLLBACK, /* service, config, if_version: as PUT with the context of an earlier configuration */
  MU_COMMAND_POD_DECOMMISSION, /* service, pod: it goes, and leaves a hole */
  MU_COMMAND_POD_RECOMMISSION, /* service, pod */
} MuCommandKind;

/* The end of a command. Exactly one of `body` and `error` is set; both are borrowed. */
typedef void (*MuReplyFunc)(json_t *body, const GError *error, gpointer user);

typedef struct {
  MuCommandKind kind;
  char *service;
  GBytes *context;
  gint64 if_version; /* MU_VERSION_ANY, MU_VERSION_ABSENT, or the version that must be the present one */
  char *pod, *plan, *phase, *step, *file;
  char *config; /* id, beginning of one, or version; NULL: the one before */
  MuStrategyKind strategy;
  json_t *parameters; /* of a plan; owned; NULL: none */
  char **tasks;       /* NULL-terminated; NULL or none: all */
  MuReplyFunc reply;  /* called once, on the main loop's thread; NULL: nobody waits */
  gpointer user;
} MuCommand;

MuCommand *mu_command_new(MuCommandKind kind, const char *service);
void mu_command_free(MuCommand *command);
#endif
