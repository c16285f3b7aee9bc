/* The face of a Mesos master: the v1 scheduler API over HTTP, as strict as the real one (the answers are those recorded from
 * it), with faults on demand. What calls do, and which events come, is the backend's. On the main loop of the thread. */
#ifndef MU_MESOS_FRONT_H
#define MU_MESOS_FRONT_H
#include "engine.h"
#include "scheduler.pb-c.h"
#include "tls_server.h"

typedef struct MuMesosFront MuMesosFront;

typedef struct {
  /* A framework subscribes, with the id it had, or NULL. Returns its id, which the caller frees; or NULL with what the ERROR
   * event says in `*ret_refusal`. SUBSCRIBED is sent by the front. NULL: ids are made up, and none is refused. */
  char *(*subscribe)(const char *framework_id, const Mesos__FrameworkInfo *info, const char **ret_refusal,
                     gpointer user);
  /* SUBSCRIBED was sent; may be NULL. */
  void (*subscribed)(gpointer user);
  /* The stream has ended, whoever ended it; may be NULL. */
  void (*lost)(gpointer user);
  /* A call that was answered with 202; may be NULL. */
  void (*call)(const MuEngineCall *call, gpointer user);
} MuMesosFrontFuncs;

/* Faults, to be set at any time. */
typedef struct {
  const char *redirect_to; /* 307 to this address: this master does not lead */
  guint answer_status;     /* the next `answer_n` requests of any kind are answered so: 503, … */
  guint answer_n;
  gint64 cut_after;       /* the stream is cut after so many bytes of its body; 0: not */
  guint piece;            /* the stream goes out in pieces of so many bytes; 0: as it comes */
  gboolean silent;        /* no heartbeats */
  gboolean mute;          /* requests are never answered */
  gboolean forget_stream; /* calls are told that their stream id is not the present one */
  const char *token;      /* requests must carry Authorization with this value; else 401 */
} MuMesosFrontFaults;

/* Listens on a free port of 127.0.0.1, or on `port`. Heartbeats come every so often, and are announced so. */
MuMesosFront *mu_mesos_front_new(guint16 port, gint64 heartbeat_ms, const MuMesosFrontFuncs *funcs, gpointer user);
/* Likewise over TLS, on a free port; `tls` outlives it. */
MuMesosFront *mu_mesos_front_new_tls(const MuTlsServer *tls, gint64 heartbeat_ms, const MuMesosFrontFuncs *funcs,
                                     gpointer user);
/* The common name in the certificate of who sent the last request; "" when it had none. */
const char *mu_mesos_front_peer(const MuMesosFront *front);
void mu_mesos_front_free(MuMesosFront *front);
const char *mu_mesos_front_url(const MuMesosFront *front); /* "http://127.0.0.1:40001"; https: with TLS */
MuMesosFrontFaults *mu_mesos_front_faults(MuMesosFront *front);
/* To the framework that is subscribed; FALSE: none is. Borrows the event. */
gboolean mu_mesos_front_send(MuMesosFront *front, const MuEngineEvent *event);
/* Likewise, as a message; for what our own types cannot say. */
gboolean mu_mesos_front_send_message(MuMesosFront *front, const Mesos__Event *message);
/* Ends the stream: in good order, or in the middle. */
void mu_mesos_front_cut(MuMesosFront *front, gboolean in_order);
/* A file of the one agent, "agent-1", by its whole path; its folders are there with it. Replaces. */
void mu_mesos_front_put_file(MuMesosFront *front, const char *path, const char *text);
/* A command that runs in a container of the agent's (LAUNCH_NESTED_CONTAINER_SESSION): one at a time, played by the test. */
typedef struct {
  const char *command;   /* its arguments, with blanks; NULL: none runs */
  const char *container; /* its parents' ids, "executor.task" */
  const char *term;      /* TERM in its environment, or NULL */
  gboolean tty;
  guint rows, columns;
  GString *input; /* what it was given */
  gboolean input_ended;
  int signal;       /* the last that it was sent; 0: none */
  gboolean hung_up; /* its connection ended before it did */
} MuFrontCommand;
const MuFrontCommand *mu_mesos_front_command(const MuMesosFront *front);
/* Nothing when its connection has ended. */
void mu_mesos_front_print(MuMesosFront *front, gboolean to_stderr, const void *bytes, gsize length);
/* It ends, as of waitpid. */
void mu_mesos_front_end_command(MuMesosFront *front, int wait_status);
/* The framework was torn down: its id is not taken again. */
void mu_mesos_front_remove_framework(MuMesosFront *front, const char *framework_id);
gboolean mu_mesos_front_is_subscribed(const MuMesosFront *front);
/* Of the framework that is or was subscribed last. Borrowed. */
const char *mu_mesos_front_framework_id(const MuMesosFront *front);
typedef struct {
  guint requests, subscriptions, calls, acknowledgements;
} MuMesosFrontCounters;
MuMesosFrontCounters mu_mesos_front_counters(const MuMesosFront *front);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosFront, mu_mesos_front_free)
#endif
