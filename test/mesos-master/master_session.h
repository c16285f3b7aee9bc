/* A subscribed scheduler that knows nothing of muster: what a test master sends to it, as JSON. */
#ifndef MU_TEST_MASTER_SESSION_H
#define MU_TEST_MASTER_SESSION_H
#include "master_client.h"
#include "mesos_master.h"
#include "record_io.h"

typedef struct {
  MuSim *sim;
  MuTestMaster *master;
  gint64 now_ms;
  MasterReply *stream; /* of the one that is subscribed; NULL: none */
  MuRecordIo *decoder;
  gboolean protobuf;
  GPtrArray *events;  /* of json_t*: that came and were not looked at yet */
  GHashTable *offers; /* those that are out: id to json_t* */
} MasterSession;

/* Takes the simulator, and puts a master before it. */
void master_session_init(MasterSession *session, MuSim *take_sim);
void master_session_clear(MasterSession *session);
/* A request to the master. */
MasterReply *master_session_request(MasterSession *session, const char *method, const char *path, const json_t *headers,
                                    GBytes *body);
/* A reply whose body is a stream takes the place of the stream before, of which the rest is read first. */
void master_session_take_stream(MasterSession *session, MasterReply *take_reply);
/* Everything that the master has sent so far is in `events` then. */
void master_session_take_in(MasterSession *session);
/* Runs the cluster to the next moment at which something is due; FALSE: not before the limit. */
gboolean master_session_run_on(MasterSession *session, gint64 until_ms);

/* The event's type is this. */
gboolean master_is_type(const json_t *event, const char *type);
/* object.member.value */
const char *master_value_of(const json_t *object, const char *member);
/* Adds the offers of the event: id to json_t*. */
void master_note_offers(GHashTable *table, const json_t *event);
#endif
