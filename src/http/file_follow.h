/* GET …/sandbox/…?follow=true: a file as it grows, woken by inotify. When the file at the path is another one than before
 * (rotation), the old one is sent to its end and the new one from its beginning; a truncated one from its beginning. */
#ifndef MU_FILE_FOLLOW_H
#define MU_FILE_FOLLOW_H
#include "http_exchange.h"

/* The inotify queue that all streams share; open only while there are some. */
typedef struct MuFileFollower MuFileFollower;

MuFileFollower *mu_file_follower_new(GMainContext *context);
/* No stream may be left. */
void mu_file_follower_free(MuFileFollower *follower);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MuFileFollower, mu_file_follower_free)

/* Answers with the file that `take_fd` is, from `offset`. `root` and `path` as for mu_sandbox_open(). Ends when the client
 * leaves or the file's folder is gone. MU_ERROR_UNAVAILABLE is answered when the system watches too many files already. */
void mu_file_follower_serve(MuFileFollower *follower, MuHttpResponse *response, const char *root, const char *path,
                            int take_fd, guint64 offset);
guint mu_file_follower_streams(const MuFileFollower *follower);

#endif
