/* Calls on their way to the master. The order among them matters (a SUPPRESS before a REVIVE, a launch before its kill), and HTTP
 * keeps it on one connection with one request at a time only. Acknowledgements belong to nothing but their status, so they do
 * not wait in that line: several are under way at once. */
#ifndef MU_MESOS_CALLS_QUEUE_H
#define MU_MESOS_CALLS_QUEUE_H
#include "mesos_http.h"
#include "mesos_wire.h"
#include "scheduler.pb-c.h"

#define MU_MESOS_SCHEDULER_PATH "/api/v1/scheduler"
#define MU_MESOS_ACKS_AT_ONCE 4
#define MU_MESOS_CALL_TIMEOUT_MS 30000

typedef struct MuMesosQueue MuMesosQueue;

/* A call was answered, or was not (status 0). Borrowed. */
typedef void (*MuMesosAnsweredFunc)(const Mesos__Call *call, const MuMesosReply *reply, gpointer user);

MuMesosQueue *mu_mesos_queue_new(MuMesosHttp *http, MuWireFormat format, MuMesosAnsweredFunc answered, gpointer user);
void mu_mesos_queue_free(MuMesosQueue *queue);
/* Where calls go from now on. */
void mu_mesos_queue_open(MuMesosQueue *queue, const char *url, const char *stream_id);
/* Takes a copy; sends it when its turn comes. */
void mu_mesos_queue_push(MuMesosQueue *queue, const Mesos__Call *call);
/* Forgets all, what is under way too: its answer is not told. */
void mu_mesos_queue_clear(MuMesosQueue *queue);
/* Sends all there is, without the main loop, for at most so long. */
void mu_mesos_queue_finish(MuMesosQueue *queue, gint64 timeout_ms);
guint mu_mesos_queue_length(const MuMesosQueue *queue); /* what is under way included */
#endif
