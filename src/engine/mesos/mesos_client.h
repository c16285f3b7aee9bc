/* The connection to the leading master (scheduler-http-api.md): one subscription whose events stream in, and the calls that go
 * out in order. What breaks is made again: after a pause that grows, with the framework's id.
 *
 *              leader known                 SUBSCRIBED
 *    SEEKING --------------> SUBSCRIBING ---------------> SUBSCRIBED
 *       ^                        |                            |
 *       |   the pause is over    v   any trouble              |
 *       +-------------------- PAUSING <-----------------------+
 */
#ifndef MU_MESOS_CLIENT_H
#define MU_MESOS_CLIENT_H
#include "engine.h"
#include "ids.h"
#include "mesos_http.h"
#include "mesos_wire.h"
#include "scheduler.pb-c.h"

typedef struct {
  const char *master; /* as mu_mesos_finder_new */
  MuMesosHttpConfig http;
  MuWireFormat format;
  gint64 backoff_first_ms,
      backoff_max_ms;          /* pauses before a new subscription: doubled, and shortened by chance up to half */
  gint64 subscribe_timeout_ms; /* from the request to SUBSCRIBED */
  guint missed_heartbeats;     /* after so many intervals without a byte the connection is taken to be dead */
} MuMesosClientConfig;

typedef struct MuMesosClient MuMesosClient;

typedef struct {
  /* The SUBSCRIBE call to send, made anew each time; in the arena. */
  Mesos__Call *(*subscribe)(MuArena *arena, gpointer user);
  /* An event came. The first of a subscription is SUBSCRIBED. Heartbeats are kept back. */
  void (*event)(const Mesos__Event *event, gpointer user);
  /* There is no subscription, or no more: why. Calls that were not sent are forgotten. A new one is under way, unless
   * mu_mesos_client_stop is called from here. */
  void (*disconnected)(const char *why, gpointer user);
  /* The master answered a call with 4xx. Borrowed. */
  void (*refused)(const Mesos__Call *call, guint status, const char *why, gpointer user);
} MuMesosClientFuncs;

/* `funcs` must live as long; all are called from the main loop, and none from inside the functions below but start. MU_ERROR_REFUSED
 * for a config that cannot be meant. */
MuMesosClient *mu_mesos_client_new(const MuMesosClientConfig *config, const MuMesosClientFuncs *funcs, gpointer user,
                                   GError **error);
void mu_mesos_client_free(MuMesosClient *client);
void mu_mesos_client_start(MuMesosClient *client);
/* Puts the call at the end of those to be sent; forgets it when there is no subscription: whoever made it learns of the
 * DISCONNECTED, and asks about everything at the next SUBSCRIBED. Borrows the call. */
void mu_mesos_client_call(MuMesosClient *client, const Mesos__Call *call);
/* Ends the subscription for good; sends what was to be sent before, for at most so long. */
void mu_mesos_client_stop(MuMesosClient *client, gint64 timeout_ms);
/* The subscription is broken off and made again, without a pause: who we are has changed, say. */
void mu_mesos_client_renew(MuMesosClient *client, const char *why);

gboolean mu_mesos_client_is_subscribed(const MuMesosClient *client);
/* "http://host:5050" of the master that was last spoken to, or NULL. Borrowed. */
const char *mu_mesos_client_url(const MuMesosClient *client);
/* The status with which the last SUBSCRIBE was refused; 0: it was not. */
guint mu_mesos_client_refusal(const MuMesosClient *client);
const char *mu_mesos_client_state(const MuMesosClient *client); /* for people: "SUBSCRIBED", … */
typedef struct {
  guint64 subscriptions, events, bytes, calls, refused;
  guint queued; /* calls to be sent */
} MuMesosClientCounters;
MuMesosClientCounters mu_mesos_client_counters(const MuMesosClient *client);
/* For requests to others than the scheduler API; the client's own. */
MuMesosHttp *mu_mesos_client_http(MuMesosClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuMesosClient, mu_mesos_client_free)
#endif
