/* The inside of MultiServiceEventClient: what the runner and the simulator call. Everything here is pure: events, commands
 * and the time come in; a batch of records and a list of actions come out.
 *
 *     load* -> loaded -> { event | command | tick | callback_done }* -> drain -> output
 *                              ^                                                   |
 *                              +---------------------------------------------------+
 *
 * The runner makes output->batch durable, then performs the output's calls in order, gives its replies and publishes its
 * notices. It may gather and drain again while a commit is in flight, but outputs are made durable and performed strictly
 * in the order in which they were drained. */
#ifndef MU_EVENT_CLIENT_H
#define MU_EVENT_CLIENT_H
#include "command.h"
#include "effects.h"
#include "engine.h"
#include "record.h"
#include <muster/multi_service_event_client.h>

/* An answer that waits for its batch. */
typedef struct {
  MuReplyFunc reply;
  gpointer user;
  json_t *body; /* or */
  GError *error;
} MuPendingReply;

typedef struct {
  MuBatch *batch;       /* may be empty: nothing to commit then, but the order still holds */
  GPtrArray *calls;     /* of MuEngineCall* */
  GPtrArray *replies;   /* of MuPendingReply* */
  GPtrArray *notices;   /* of MuNotice* */
  GPtrArray *steps;     /* of MuStepCall*: the runner gives them to mu_client_call_step (step_run.h) */
  GPtrArray *callbacks; /* of char*: services whose UninstallCallback is due; the runner calls it, then callback_done */
  gboolean erase; /* the framework is uninstalled: after the calls (TEARDOWN is the last) erase the store and end */
} MuOutput;

void mu_output_free(MuOutput *output);
gboolean mu_output_is_empty(const MuOutput *output);

typedef struct {
  const char *engine; /* its name, static: specs that it cannot run rightly are refused; NULL: none are */
  const MuKeyValue
      *lacks; /* what the engine cannot do on this machine, ended by one without a key, outlives the client; or NULL */
  gboolean knows_roles;  /* the engine's offers are made to roles; see roles.h */
  const char *role;      /* reservations are made for it; NULL: "<framework name>-role" */
  const char *principal; /* NULL: "<framework name>-principal" */
  const char *user;      /* default user of tasks; NULL: the engine's */
  gint64 executor_cpus_milli, executor_mem_mb,
      executor_disk_mb;  /* overhead of an executor; the local engine has none */
  gint64 refuse_ms;      /* for offers that nobody can use while somebody waits */
  gint64 idle_refuse_ms; /* … while nobody waits */
  gint64 kill_retry_ms;  /* a kill that has no effect is repeated after this */
  gint64 reconcile_ms;   /* implicit reconciliation every so often */
  guint
      settles_per_drain; /* of the services that have to be looked at together, at a start for one, those of one drain */
  guint asked_per_drain;  /* tasks that a reconciliation asks about; a service without any counts as one */
  guint waiting_at_once;  /* steps of a service that would begin an instance and are tried with offers together */
  gsize max_stored_bytes; /* that a service has in the store: see stored.h */
  const char *api_host;   /* SCHEDULER_API_HOSTNAME and _PORT in the tasks; NULL: not set */
  guint16 api_port;
} MuClientSettings;
extern const MuClientSettings mu_client_settings_default;

/* Copied; before load. `seed` feeds the client's random source (uuids). */
void mu_client_configure(MuMultiServiceEventClient *client, const MuClientSettings *settings, guint64 seed);
/* Who takes the records of the store (user is the client). A record of a service that cannot be read damages that service (see
 * mu_service_damage) and no other; only the framework's own ends the start, with an error. Static. */
const MuStoreReader *mu_client_reader(const MuMultiServiceEventClient *client);
/* One stored record, which was not read before. Errors as above. */
gboolean mu_client_load(MuMultiServiceEventClient *client, MuRecordKind kind, const char *service, const char *key,
                        const char *value, gsize length, GError **error);
/* All records were given: rebuilds the services; one that cannot be built is shown as FAILED. MU_ERROR_CONFLICT: the state has
 * services that the scheduler's mode does not allow. */
gboolean mu_client_loaded(MuMultiServiceEventClient *client, gint64 now_ms, GError **error);
/* The roles that the framework has: for the engine, after loading and before it starts. A change comes out of a drain. The caller
 * frees. */
MuEngineCall *mu_client_roles_call(const MuMultiServiceEventClient *client);
/* The framework's name. Borrowed. */
const char *mu_client_framework_name(const MuMultiServiceEventClient *client);
/* The stored framework id, or NULL before the first subscription. Borrowed. */
const char *mu_client_framework_id(MuMultiServiceEventClient *client);

void mu_client_event(MuMultiServiceEventClient *client, MuEngineEvent *take_event, gint64 now_ms);
void mu_client_command(MuMultiServiceEventClient *client, MuCommand *take_command, gint64 now_ms);
void mu_client_callback_done(MuMultiServiceEventClient *client, const char *name, gint64 now_ms);
/* What views take for the present moment, when it is later than the last event's. */
void mu_client_note_time(MuMultiServiceEventClient *client, gint64 now_ms);
/* The store's state, for health: NULL, or why commits fail at present. */
void mu_client_set_store_error(MuMultiServiceEventClient *client, const char *message);
void mu_client_call_uninstall_callback(MuMultiServiceEventClient *client, const char *service);

/* Acts on what has become due by `now_ms`, matches steps with offers, and hands out everything gathered. The caller owns
 * the output. */
MuOutput *mu_client_drain(MuMultiServiceEventClient *client, gint64 now_ms);
/* The last drain did a part only: the next should follow at once, after others of the main loop have had their turn. */
gboolean mu_client_has_more(const MuMultiServiceEventClient *client);
/* When drain should be called although nothing comes in; G_MAXINT64: never. */
gint64 mu_client_next_ms(MuMultiServiceEventClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuOutput, mu_output_free)
#endif
