/* A client of a master on the same thread: it sends bytes, and lets the main context run until the answer is there. It knows
 * nothing of Mesos, so that it shows what a master really sends. */
#ifndef MU_TEST_MASTER_CLIENT_H
#define MU_TEST_MASTER_CLIENT_H
#include <glib.h>
#include <jansson.h>

typedef struct {
  guint status;
  json_t *headers; /* name to value */
  GByteArray *body;
  gboolean chunked, ended, broken; /* the body comes in chunks; it is all there; the connection broke before that */
  int fd;                          /* the connection of a body that is not all there; else -1 */
  GByteArray *raw;                 /* bytes that are not understood yet */
  gsize chunk_left;                /* of the chunk under way */
} MasterReply;

void master_reply_free(MasterReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MasterReply, master_reply_free)

/* Sends a request on a connection of its own, and waits for the head of the reply, and for its body unless it comes in chunks.
 * `headers`: an object of strings. The caller frees; a connection that breaks before the head gives status 0. */
MasterReply *master_request(guint16 port, const char *method, const char *path, const json_t *headers, const void *body,
                            gsize length, GMainContext *context);
/* Takes what has come of a body in chunks; with `wait`, until something has or it ended. */
void master_reply_read(MasterReply *reply, gboolean wait, GMainContext *context);
#endif
