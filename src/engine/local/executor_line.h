/* The engine's end of the lines to its executors: JSON lines on stream sockets, all in one epoll set, so that the main loop
 * polls one descriptor however many executors there are. */
#ifndef MU_EXECUTOR_LINE_H
#define MU_EXECUTOR_LINE_H
#include <glib.h>
#include <jansson.h>

typedef struct MuLocalLines MuLocalLines;
typedef struct MuLocalLine MuLocalLine;
typedef struct {
  void (*message)(gpointer user, const json_t *message);
  void (*closed)(gpointer user); /* the other end is gone; the line is freed when this returns */
} MuLocalLineFuncs;

MuLocalLines *mu_local_lines_new(GMainContext *context, const MuLocalLineFuncs *funcs, GError **error);
void mu_local_lines_free(MuLocalLines *lines);
/* Takes the descriptor. `user` is given to the functions of the set. NULL when it cannot be watched (then it is closed). */
MuLocalLine *mu_local_line_new(MuLocalLines *lines, int take_fd, gpointer user);
/* Never blocks; what the socket does not take now is sent later. */
void mu_local_line_send(MuLocalLine *line, const json_t *message);
/* Likewise, with a descriptor, which stays the caller's. FALSE: the other end does not read now, and nothing was sent. */
gboolean mu_local_line_send_fd(MuLocalLine *line, const json_t *message, int fd);
void mu_local_line_free(MuLocalLine *line);
/* Who is at the other end. */
struct ucred;
gboolean mu_local_line_peer(const MuLocalLine *line, struct ucred *ret_peer);
#endif
