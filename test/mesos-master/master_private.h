/* Shared by the files of this folder only. */
#ifndef MU_TEST_MASTER_PRIVATE_H
#define MU_TEST_MASTER_PRIVATE_H
#include "mesos_master.h"
#include "scheduler.pb-c.h"
#include <microhttpd.h>

/* A call may not be longer. */
#define MU_MASTER_MAX_BODY (64u * 1024 * 1024)
#define MU_MASTER_HEARTBEAT_S 15.0

/* What is sent to a subscribed scheduler. Two have it: the master while it is subscribed, and its connection. */
typedef struct {
  guint refs;
  MuWireFormat format;
  GByteArray *out; /* [sent, len) is to be sent */
  gsize sent;
  gboolean ended, broken;            /* nothing more comes; … and it does not end properly */
  struct MHD_Connection *connection; /* NULL: the request is not answered yet */
  gboolean suspended;                /* it waits for more */
  GSource *hangup;                   /* looks after the connection meanwhile */
  MuTestMaster *master;              /* NULL: gone, or done with it */
} MuMasterStream;

struct MuTestMaster {
  MuSim *sim;
  struct MHD_Daemon *daemon;
  GSource *source;
  guint16 port;
  char *sandboxes;     /* the folder in which those of the tasks are; NULL: agents do not answer */
  char *authorization; /* what requests must carry; NULL: nothing */
  char *url, *leader;  /* leader: "//host:port" of another one; NULL: see leads */
  gboolean leads;
  char *stream_id;
  MuMasterStream *stream; /* of the one that is subscribed; NULL: nobody is */
  GHashTable *removed;    /* set of the ids of frameworks that were torn down */
  guint64 faults[MU_MASTER_FAULTS];
  GHashTable *refused; /* set: for how many ms offers were declined */
  guint64 records, calls;
  guint subscriptions;
};

typedef struct {
  const char *path, *method, *content_type, *accept, *stream_id, *authorization; /* NULL: no such header */
  const guint8 *body;
  gsize length;
} MuMasterRequest;

typedef struct {
  guint status;
  char *text;             /* NULL: no body */
  GBytes *bytes;          /* the body in place of `text`, or NULL */
  const char *type;       /* its Content-Type */
  const char *header;     /* one more, or NULL */
  char *value;            /* of it */
  MuMasterStream *stream; /* the body, when it is one; a reference */
  gboolean lost;          /* the connection breaks in place of the reply */
} MuMasterReply;
void mu_master_reply_clear(MuMasterReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MuMasterReply, mu_master_reply_clear)

/* master_calls.c: what a request brings about. */
void mu_master_answer(MuTestMaster *master, const MuMasterRequest *request, MuMasterReply *ret);

/* master_agent.c: a call of the operator API, to the master or an agent. */
void mu_master_answer_operator(const MuTestMaster *master, const MuMasterRequest *request, MuMasterReply *ret);

/* master_events.c: the event as the real master would send it, in the arena; it borrows the texts of `event`. */
Mesos__Event *mu_master_event_write(MuTestMaster *master, MuArena *arena, const MuEngineEvent *event);

/* master_http.c */
gboolean mu_master_listen(MuTestMaster *master, guint16 port, const MuTlsServer *tls, GMainContext *context,
                          GError **error);
void mu_master_close(MuTestMaster *master);

/* master_secrets.c: what is wrong with the secrets of a call's launches; NULL: nothing, and agents have brought them to the
 * sandboxes, if there are any. */
const char *mu_master_take_secrets(const MuTestMaster *master, const Mesos__Call *call);

/* master_stream.c */
MuMasterStream *mu_master_stream_new(MuTestMaster *master, MuWireFormat format);
MuMasterStream *mu_master_stream_ref(MuMasterStream *stream);
void mu_master_stream_unref(MuMasterStream *stream);
void mu_master_stream_put(MuMasterStream *stream, const Mesos__Event *event);
/* Nothing more comes. */
void mu_master_stream_end(MuMasterStream *stream, gboolean broken);
/* The response whose body it is; takes the reference. */
struct MHD_Response *mu_master_stream_response(MuMasterStream *take_stream);
#endif
