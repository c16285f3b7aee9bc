#include "file_follow.h"

#include "bug.h"
#include "http_reply.h"
#include "sandbox_file.h"
#include <errno.h>
#include <glib-unix.h>
#include <muster/error.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF)
#define FOLDER_EVENTS (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define QUEUE_BLOCK_BYTES 4096

struct MuFileFollower {
  GMainContext *context;
  int queue; /* -1: closed */
  GSource *source;
  GHashTable *users; /* watch descriptor to how many streams use it: one file has one descriptor */
  GPtrArray *streams;
};

typedef struct {
  MuFileFollower *follower;
  MuHttpResponse *response;
  char *root, *path;
  int fd; /* -1: deleted, and nothing else at the path yet */
  guint64 position;
  int file_watch, folder_watch;
  gboolean replaced; /* another file is at the path: what is left of this one is being read */
  gboolean folder_gone;
} Stream;

MuFileFollower *mu_file_follower_new(GMainContext *context) {
  MuFileFollower *follower = g_new0(MuFileFollower, 1);
  follower->context = g_main_context_ref(context);
  follower->queue = -1;
  follower->users = g_hash_table_new(NULL, NULL);
  follower->streams = g_ptr_array_new();
  return follower;
}

void mu_file_follower_free(MuFileFollower *follower) {
  if (follower == NULL)
    return;
  mu_assert(follower->streams->len == 0 && follower->queue < 0);
  g_ptr_array_unref(follower->streams);
  g_hash_table_unref(follower->users);
  g_main_context_unref(follower->context);
  g_free(follower);
}

guint mu_file_follower_streams(const MuFileFollower *follower) {
  return follower->streams->len;
}

/* ---- inotify ---- */

static void deliver(MuFileFollower *follower, const struct inotify_event *event) {
  gboolean lost = (event->mask & IN_Q_OVERFLOW) != 0;
  for (guint i = 0; i < follower->streams->len; i++) {
    Stream *stream = g_ptr_array_index(follower->streams, i);
    if (!lost && event->wd != stream->file_watch && event->wd != stream->folder_watch)
      continue;
    if (event->wd == stream->folder_watch &&
        (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0)
      stream->folder_gone = TRUE;
    mu_http_stream_wake(stream->response);
  }
}

static gboolean on_queue(int fd, GIOCondition condition, gpointer user) {
  (void)condition;
  MuFileFollower *follower = user;
  char block[QUEUE_BLOCK_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
  for (ssize_t n; (n = read(fd, block, sizeof block)) > 0;)
    for (char *at = block; at < block + n;
         at += sizeof(struct inotify_event) + ((struct inotify_event *)(void *)at)->len)
      deliver(follower, (struct inotify_event *)(void *)at);
  return G_SOURCE_CONTINUE;
}

static gboolean open_queue(MuFileFollower *follower) {
  if (follower->queue >= 0)
    return TRUE;
  follower->queue = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (follower->queue < 0)
    return FALSE;
  follower->source = g_unix_fd_source_new(follower->queue, G_IO_IN);
  g_source_set_callback(follower->source, G_SOURCE_FUNC(on_queue), follower, NULL);
  g_source_attach(follower->source, follower->context);
  return TRUE;
}

static void close_queue(MuFileFollower *follower) {
  if (follower->queue < 0)
    return;
  g_source_destroy(follower->source);
  g_clear_pointer(&follower->source, g_source_unref);
  close(follower->queue);
  follower->queue = -1;
  g_hash_table_remove_all(follower->users);
}

static int watch(MuFileFollower *follower, const char *path, guint32 events) {
  int descriptor = inotify_add_watch(follower->queue, path, events);
  if (descriptor < 0)
    return -1;
  gpointer key = GINT_TO_POINTER(descriptor);
  g_hash_table_insert(follower->users, key,
                      GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(follower->users, key)) + 1));
  return descriptor;
}

static void unwatch(MuFileFollower *follower, int descriptor) {
  if (descriptor < 0)
    return;
  gpointer key = GINT_TO_POINTER(descriptor);
  guint users = GPOINTER_TO_UINT(g_hash_table_lookup(follower->users, key));
  mu_assert(users > 0);
  if (users > 1) {
    g_hash_table_insert(follower->users, key, GUINT_TO_POINTER(users - 1));
    return;
  }
  g_hash_table_remove(follower->users, key);
  inotify_rm_watch(follower->queue, descriptor); /* fails when the file is gone: fine */
}

static int watch_file(MuFileFollower *follower, int fd) {
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
  return watch(follower, path, FILE_EVENTS);
}

static int watch_folder(MuFileFollower *follower, const char *path) {
  g_autofree char *folder = g_path_get_dirname(path);
  return watch(follower, folder, FOLDER_EVENTS);
}

/* ---- streams ---- */

/* An open file keeps its folder's end from being told: a deleted one is not held. */
static void let_go(Stream *stream) {
  unwatch(stream->follower, stream->file_watch);
  stream->file_watch = -1;
  if (stream->fd >= 0)
    close(stream->fd);
  stream->fd = -1;
}

static gboolean switch_file(Stream *stream) {
  struct stat status;
  int fd = mu_sandbox_open(stream->root, stream->path, &status, NULL);
  if (fd < 0 || !S_ISREG(status.st_mode)) {
    if (fd >= 0)
      close(fd);
    return FALSE; /* replaced once more, or moved away: the folder's next event wakes us */
  }
  let_go(stream);
  stream->fd = fd;
  stream->position = 0;
  stream->replaced = FALSE;
  stream->file_watch = watch_file(stream->follower, fd);
  return TRUE;
}

/* At the end of the file: TRUE when there may be more to read after all. */
static gboolean look_again(Stream *stream) {
  struct stat open_file, at_path;
  if (stream->fd < 0)
    return switch_file(stream);
  if (fstat(stream->fd, &open_file) < 0)
    return FALSE;
  if ((guint64)open_file.st_size < stream->position) {
    stream->position = 0;
    return TRUE;
  }
  if (stat(stream->path, &at_path) < 0) {
    if (open_file.st_nlink == 0)
      let_go(stream);
    return FALSE;
  }
  if (at_path.st_dev == open_file.st_dev && at_path.st_ino == open_file.st_ino)
    return FALSE;
  if (stream->replaced)
    return switch_file(stream);
  /* It may have been written to between our read and its replacement; from now on it is not. */
  stream->replaced = TRUE;
  return TRUE;
}

static gssize read_stream(gpointer user, char *buffer, gsize max) {
  Stream *stream = user;
  do {
    if (stream->fd >= 0 && stream->file_watch < 0) /* we would not be woken */
      return MU_HTTP_STREAM_ABORT;
    ssize_t n = stream->fd < 0 ? 0 : pread(stream->fd, buffer, max, (off_t)stream->position);
    if (n < 0)
      return MU_HTTP_STREAM_ABORT;
    stream->position += (guint64)n;
    if (n > 0)
      return n;
  } while (look_again(stream));
  return stream->folder_gone ? MU_HTTP_STREAM_END : 0;
}

static void free_stream(gpointer user) {
  Stream *stream = user;
  MuFileFollower *follower = stream->follower;
  g_ptr_array_remove_fast(follower->streams, stream);
  let_go(stream);
  unwatch(follower, stream->folder_watch);
  if (follower->streams->len == 0)
    close_queue(follower);
  g_free(stream->root);
  g_free(stream->path);
  g_free(stream);
}

void mu_file_follower_serve(MuFileFollower *follower, MuHttpResponse *response, const char *root, const char *path,
                            int take_fd, guint64 offset) {
  static const MuHttpStreamOps ops = {.read = read_stream, .free = free_stream};
  const char *content_type = mu_sandbox_content_type(take_fd);
  Stream *stream = g_new0(Stream, 1);
  stream->follower = follower;
  stream->response = response; /* the stream does not outlive it */
  stream->root = g_strdup(root);
  stream->path = g_strdup(path);
  stream->fd = take_fd;
  stream->position = offset;
  g_ptr_array_add(follower->streams, stream);
  gboolean open = open_queue(follower);
  stream->file_watch = open ? watch_file(follower, take_fd) : -1;
  stream->folder_watch = open ? watch_folder(follower, path) : -1;
  if (stream->file_watch < 0 || stream->folder_watch < 0) {
    g_autoptr(GError) error =
        g_error_new(MU_ERROR, MU_ERROR_UNAVAILABLE, "%s cannot be followed: inotify: %s", path, g_strerror(errno));
    free_stream(stream);
    mu_http_respond_error(response, error);
    return;
  }
  mu_http_respond_stream(response, content_type, &ops, stream);
}
