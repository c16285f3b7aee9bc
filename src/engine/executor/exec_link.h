/* The executor's end of the line to the engine: JSON lines both ways. The first connection is inherited; later ones, of a
 * restarted scheduler, come in through `control.sock` in the executor's folder, and each replaces the one before. The socket
 * is made when the first connection ends: most executors never need it.
 *
 *   engine to executor: {"do":"launch","file":"launch-1.json"}  {"do":"kill","task_id":…,"grace_ms":…}
 *                       {"do":"ack","uuid":…}  {"do":"shutdown"}: kill what runs without grace, and end
 *                       {"do":"exec","task_id":…,"cmd":[…],"tty":…,"rows":…,"columns":…,"term":…}, which brings a descriptor: the
 *                       connection of whoever wants the command (exec_session.h)
 *   executor to engine: the records of exec_status_log.h that are statuses; on each later connection those that are not
 *                       acknowledged, and then {"is":"hello"}: the engine knows all that it did not know */
#ifndef MU_EXEC_LINK_H
#define MU_EXEC_LINK_H
#include "exec_loop.h"
#include <jansson.h>

typedef struct MuExecLink MuExecLink;
typedef void (*MuExecLinkMessage)(gpointer user, const json_t *message);
typedef void (*MuExecLinkConnected)(gpointer user);

/* `fd` -1: none inherited. Then, the socket is bound at once, in the present folder. `connected` is called for each new connection, not for
 * the inherited one. */
MuExecLink *mu_exec_link_new(MuExecLoop *loop, int fd, MuExecLinkMessage message, MuExecLinkConnected connected,
                             gpointer user, GError **error);
void mu_exec_link_free(MuExecLink *link);
/* The descriptor that came with the message, which is the caller's; -1: none did. From inside `message` only. */
int mu_exec_link_take_fd(MuExecLink *link);
/* Nothing is sent while nobody is connected. */
void mu_exec_link_send(MuExecLink *link, const json_t *message);
#endif
