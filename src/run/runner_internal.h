/* The inside of MultiServiceRunner, shared by the files of this folder and its tests.
 *
 *   engine events ─┐                          ┌─▶ pipeline ─▶ store ──▶ durable ─▶ perform
 *   API commands ──┼─▶ queue ─▶ client, drain ┘      (engine calls, replies, notices, callbacks)
 *   timer ─────────┘
 *
 * One thread, one GSource: `wake` is ready at once when something is queued, and else at the next moment for which the core
 * or the pipeline asked; nothing else wakes the process. */
#ifndef MU_RUNNER_INTERNAL_H
#define MU_RUNNER_INTERNAL_H
#include "event_client.h"
#include "http_server.h"
#include "pipeline.h"
#include "secret_store.h"
#include "state_dir.h"
#include <muster/multi_service_runner.h>

/* How long the end of an uninstalled or throw-away scheduler waits for its last processes. */
#define MU_RUNNER_DESTROY_MS 20000

struct MuMultiServiceRunner {
  MuMultiServiceEventClient *client;
  MuStateDir *dir;
  MuStore *store;
  MuSecretStore *secrets;
  MuEngine *engine;
  MuHttpServer *http;
  MuPipeline *pipeline;
  char *bootstrap;            /* the program that agents fetch; NULL: not found */
  char *url, *socket, *token; /* they outlive the end of the run; url NULL: no TCP */

  MuEventFunc watch; /* of the SDK's user, or NULL */
  gpointer watch_user;

  GMainLoop *loop;
  GSource *wake;
  GQueue queue;           /* of Item*, see loop.c: commands and engine events in the order in which they came */
  gboolean dirty;         /* the client was told something besides: a drain is due */
  gint64 clock_offset_us; /* wall clock minus monotonic clock, as they were at the start */

  char *told_trouble; /* why the engine is disconnected, as the log has it; NULL: it is not */

  gboolean started;     /* the engine was */
  gboolean asked;       /* the engine about the tasks of an earlier run */
  gboolean calls_given; /* since the last flush */
  gboolean stopping;    /* no more requests and events; ends when the commit under way is performed */
  gboolean forced;      /* … without waiting for it */
  gboolean uninstalled; /* the core's last word was performed */
  gboolean local;       /* the engine is the local one, made here: it can be destroyed */
  GError *fatal;        /* ends the run with failure */
};

/* ---- runner.c ---- */

/* As mu_multi_service_runner_new, with a store and an engine of the caller's (taken in any case). NULL: as the options
 * say. */
MuMultiServiceRunner *mu_runner_new_with(MuMultiServiceEventClient *take_client, const MuRunnerOptions *options,
                                         MuStore *take_store, MuEngine *take_engine, GError **error);

/* ---- secrets.c ---- */

gboolean mu_runner_open_secrets(MuMultiServiceRunner *runner, GError **error);
/* Once the services are loaded: removes the keys of those that are not among them. */
void mu_runner_sweep_secrets(MuMultiServiceRunner *runner);
/* Removes the keys of the service that the notice tells of, when it is gone. */
void mu_runner_forget_secrets(MuMultiServiceRunner *runner, const MuNotice *notice);
/* The Mesos engine may ask for values of secrets, and for keys and certificates, of the runner's store. */
void mu_runner_give_secrets(MuMultiServiceRunner *runner);

/* ---- loop.c ---- */

void mu_runner_loop_init(MuMultiServiceRunner *runner);
/* Runs until mu_runner_check_end finds a reason to end. */
void mu_runner_loop_run(MuMultiServiceRunner *runner);
/* Refuses the commands that are still queued, and forgets the events: the engine tells them again. */
void mu_runner_queue_clear(MuMultiServiceRunner *runner);
void mu_runner_loop_clear(MuMultiServiceRunner *runner);
gint64 mu_runner_now_ms(const MuMultiServiceRunner *runner);
/* Puts it at the end of the queue. */
void mu_runner_queue_command(MuMultiServiceRunner *runner, MuCommand *take_command);
void mu_runner_queue_event(MuMultiServiceRunner *runner, MuEngineEvent *take_event);
void mu_runner_queue_report(MuMultiServiceRunner *runner, MuStepReport *take_report);
/* Something has changed that the loop should look at: sets its one timer anew. */
void mu_runner_arm(MuMultiServiceRunner *runner);
/* Ends the loop when there is a reason to. */
void mu_runner_check_end(MuMultiServiceRunner *runner);
/* Refuses the command: nothing was changed. */
void mu_runner_refuse(MuCommand *take_command, MuErrorCode code, const char *why);

/* ---- perform.c ---- */

extern const MuPipelineOps mu_runner_pipeline_ops; /* user: the runner */

/* ---- ending.c ---- */

/* Lets go of everything but the memory: engine, store, requests, folder; what is not open is passed over. With `erase`, or
 * for throw-away state, nothing is left behind; FALSE when something is. */
gboolean mu_runner_shut(MuMultiServiceRunner *runner, gboolean erase, GError **error);

/* ---- narrate.c ---- */

/* The program's log: lines with the time on stderr. */
void mu_narrate_init(gboolean quiet);
void mu_narrate_ready(const MuMultiServiceRunner *runner);
/* The first question about the tasks of an earlier run. */
void mu_narrate_call(MuMultiServiceRunner *runner, const MuEngineCall *call);
void mu_narrate_event(MuMultiServiceRunner *runner, const MuEngineEvent *event);
void mu_narrate_notice(const MuNotice *notice);
#endif
