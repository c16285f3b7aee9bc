/* A Mesos master for tests: the simulator's cluster behind the v1 scheduler API (scheduler-http-api.md), on a port of
 * loopback. It refuses what the real one refuses, in its words (src/master/http.cpp of Mesos), and breaks connections when it
 * is told to. Several masters may stand before one cluster; one of them leads, the others send to it. */
#ifndef MU_TEST_MESOS_MASTER_H
#define MU_TEST_MESOS_MASTER_H
#include "mesos_wire.h"
#include "sim_wire.h"
#include "tls_server.h"

/* What is put before the cluster. The simulator must outlive it. */
typedef struct MuTestMaster MuTestMaster;

/* Listens on a free port of 127.0.0.1 (`port` 0), and leads. What the cluster tells goes into its stream from now on (the
 * wire of mu_sim_set_wire is the caller's: it gives events to mu_test_master_tell). */
MuTestMaster *mu_test_master_new(MuSim *sim, guint16 port, GMainContext *context, GError **error);
/* Likewise over TLS; `tls` outlives it. NULL: without. */
MuTestMaster *mu_test_master_new_tls(MuSim *sim, guint16 port, const MuTlsServer *tls, GMainContext *context,
                                     GError **error);
void mu_test_master_free(MuTestMaster *master);
guint16 mu_test_master_port(const MuTestMaster *master);
/* "http://127.0.0.1:5050"; borrowed. */
const char *mu_test_master_url(const MuTestMaster *master);

/* From now on agents answer, at the master's own address: the sandbox of a task is the folder of its id in `folder`. */
void mu_test_master_serve_sandboxes(MuTestMaster *master, const char *folder);
/* From now on requests need this Authorization header; else 401. */
void mu_test_master_authorize(MuTestMaster *master, const char *authorization);

/* Sends the event to whoever is subscribed, if anybody is; DISCONNECTED breaks the stream. Takes it. */
void mu_test_master_tell(MuTestMaster *master, MuEngineEvent *take_event);
/* A HEARTBEAT; the real one sends it right after SUBSCRIBED (so does this one) and every 15 s. */
void mu_test_master_heartbeat(MuTestMaster *master);
/* Ends the stream as a connection that breaks does; the cluster has nobody subscribed then. */
void mu_test_master_cut(MuTestMaster *master);
/* It leads no more: its stream ends, and calls are sent on to the leader (307), or refused when there is none (NULL: 503). */
void mu_test_master_step_down(MuTestMaster *master, const MuTestMaster *leader);
/* It leads again. */
void mu_test_master_lead(MuTestMaster *master);

/* ---- faults ---------------------------------------------------------------------------------------------------------- */

typedef enum {
  MU_MASTER_CUT_AFTER,    /* the stream breaks after n more bytes of it */
  MU_MASTER_END_AFTER,    /* the stream ends properly after n more bytes of it: in the middle of a record, mostly */
  MU_MASTER_SLOW,         /* for n more bytes they come one at a time */
  MU_MASTER_UNAVAILABLE,  /* the next n calls are answered with 503 */
  MU_MASTER_WRONG_STREAM, /* the next n calls are answered as if their stream id were wrong */
  MU_MASTER_LOSE_CALLS, /* the next n calls (none of them SUBSCRIBE) are done, and the connection breaks before the reply */
  MU_MASTER_FAULTS,
} MuTestMasterFault;
void mu_test_master_fault(MuTestMaster *master, MuTestMasterFault fault, guint64 n);

/* ---- looking --------------------------------------------------------------------------------------------------------- */

gboolean mu_test_master_is_subscribed(const MuTestMaster *master);
/* Subscriptions that were taken so far. */
guint mu_test_master_subscriptions(const MuTestMaster *master);
/* Records put into streams and calls of the cluster done so far, that a test knows when all has arrived. */
guint64 mu_test_master_records(const MuTestMaster *master);
guint64 mu_test_master_calls(const MuTestMaster *master);
/* Some offer was declined for so long. */
gboolean mu_test_master_has_refused(const MuTestMaster *master, gint64 refuse_ms);
/* The whole stream was handed to the kernel. */
gboolean mu_test_master_is_flushed(const MuTestMaster *master);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuTestMaster, mu_test_master_free)
#endif
