/* Shared by the files of the engine's inside. */
#ifndef MU_MESOS_PRIVATE_H
#define MU_MESOS_PRIVATE_H
#include "mesos_calls.h"
#include "mesos_client.h"
#include "mesos_engine.h"
#include "mesos_places.h"

/* Revives are not given more often than this in the long run: each makes the master offer everything again. */
#define MU_MESOS_REVIVES_AT_ONCE 20
#define MU_MESOS_REVIVE_EVERY_MS 1000

typedef struct {
  MuEngine engine;
  MuMesosEngineConfig config; /* its texts are kept in `texts` */
  GPtrArray *texts;           /* of char* */
  GStrv roles;                /* that we have, and … */
  GStrv subscribed_roles;     /* … that the master was told in the last SUBSCRIBE or UPDATE_FRAMEWORK */
  gboolean
      first_role; /* a SUBSCRIBE with all of them was not allowed: with the first alone, then the others are tried */
  char *roles_refused; /* why the master did not take them; NULL: it did */
  char *framework_id;  /* NULL: none yet */
  MuMesosClient *client;
  MuMesosPlaces *places; /* where offers, agents and tasks are */
  MuEngineSink sink;
  gpointer sink_user;
  gboolean started, stopped, ended; /* ended: the master has ended the subscription for good */
  GMainContext *context;
  GPtrArray *readings; /* of sandboxes, under way */
  GPtrArray *sessions; /* of commands in tasks, under way */
  GQueue events;       /* of MuEngineEvent*: on their way to the sink */
  GSource *event_source, *revive_source, *hold_source;
  double revives; /* that may be given now */
  gint64 revives_us;
  const MuMesosSecretFuncs *secret_funcs; /* NULL: no secret is ours */
  gpointer secrets_user;
  char *last_error; /* why there is no subscription; NULL when there is one */
  char *master_version, *bootstrap_url;
} MuMesos;

/* mesos_perform.c */
void mu_mesos_perform(MuEngine *engine, const MuEngineCall *call);
void mu_mesos_refused(const Mesos__Call *call, guint status, const char *why, gpointer user);
void mu_mesos_cancel_revive(MuMesos *mesos);
/* Offers have come: those that are held for too long are given back in their time. */
void mu_mesos_watch_offers(MuMesos *mesos);
void mu_mesos_cancel_hold(MuMesos *mesos);
/* … the master is told of the roles that it does not know yet. */
void mu_mesos_send_roles(MuMesos *mesos);
/* mesos_files.c */
void mu_mesos_read_sandbox(MuEngine *engine, const MuTaskPlace *task, const char *path, guint64 offset, guint64 length,
                           MuSandboxFunc done, gpointer user);
void mu_mesos_forget_readings(MuMesos *mesos);
/* mesos_exec.c */
gboolean mu_mesos_exec(MuEngine *engine, const MuTaskPlace *task, const MuExecRequest *request, int fd, GError **error);
void mu_mesos_end_sessions(MuMesos *mesos);
/* mesos_engine.c */
/* Who we are. Borrows from the engine. */
MuMesosFramework mu_mesos_framework(const MuMesos *mesos, const char *const *roles);
/* The master is spoken to over TLS: then agents are, too. */
gboolean mu_mesos_over_tls(const MuMesos *mesos);
/* Gives the event to the sink, in its turn. */
void mu_mesos_emit(MuMesos *mesos, MuEngineEvent *take_event);
#endif
