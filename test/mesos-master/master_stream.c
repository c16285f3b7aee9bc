/* The stream of events to a subscribed scheduler: records in RecordIO, sent as the connection takes them. */
#include "bug.h"
#include "http_loop.h"
#include "master_private.h"
#include "record_io.h"

#include <glib-unix.h>
#include <string.h>

#define BLOCK_BYTES 65536

MuMasterStream *mu_master_stream_new(MuTestMaster *master, MuWireFormat format) {
  MuMasterStream *stream = g_new0(MuMasterStream, 1);
  stream->refs = 1;
  stream->format = format;
  stream->out = g_byte_array_new();
  stream->master = master;
  return stream;
}

MuMasterStream *mu_master_stream_ref(MuMasterStream *stream) {
  stream->refs++;
  return stream;
}

void mu_master_stream_unref(MuMasterStream *stream) {
  if (stream == NULL || --stream->refs > 0)
    return;
  g_byte_array_unref(stream->out);
  g_free(stream);
}

static void stop_watching(MuMasterStream *stream) {
  if (stream->hangup == NULL)
    return;
  g_source_destroy(stream->hangup);
  g_clear_pointer(&stream->hangup, g_source_unref);
}

static void wake(MuMasterStream *stream) {
  if (!stream->suspended)
    return;
  stop_watching(stream);
  stream->suspended = FALSE;
  MHD_resume_connection(stream->connection);
  if (stream->master != NULL && stream->master->source != NULL)
    mu_http_loop_wake(stream->master->source);
}

void mu_master_stream_put(MuMasterStream *stream, const Mesos__Event *event) {
  g_autoptr(GBytes) bytes = mu_wire_encode(&event->base, stream->format);
  gsize length = 0;
  const guint8 *data = g_bytes_get_data(bytes, &length);
  mu_record_io_append(stream->out, data, length);
  wake(stream);
}

void mu_master_stream_end(MuMasterStream *stream, gboolean broken) {
  stream->ended = TRUE;
  stream->broken |= broken;
  wake(stream);
}

/* ---- sending --------------------------------------------------------------------------------------------------------- */

/* How much may go now. A stream that is to break or to end after n bytes does so when they are sent. */
static gsize allowed(const MuMasterStream *stream, gsize max) {
  const MuTestMaster *master = stream->master;
  gsize n = MIN(max, stream->out->len - stream->sent);
  if (master == NULL)
    return n;
  if (master->faults[MU_MASTER_SLOW] > 0)
    n = MIN(n, 1);
  if (master->faults[MU_MASTER_CUT_AFTER] > 0)
    n = MIN(n, master->faults[MU_MASTER_CUT_AFTER]);
  if (master->faults[MU_MASTER_END_AFTER] > 0)
    n = MIN(n, master->faults[MU_MASTER_END_AFTER]);
  return n;
}

/* TRUE: it is used up by these bytes. */
static gboolean use_up(guint64 *fault, gsize n) {
  if (*fault == 0)
    return FALSE;
  *fault -= MIN(*fault, n);
  return *fault == 0;
}

static void count_faults(MuMasterStream *stream, gsize n) {
  MuTestMaster *master = stream->master;
  if (master == NULL)
    return;
  use_up(&master->faults[MU_MASTER_SLOW], n);
  gboolean breaks = use_up(&master->faults[MU_MASTER_CUT_AFTER], n);
  gboolean ends = use_up(&master->faults[MU_MASTER_END_AFTER], n);
  if (!breaks && !ends)
    return;
  g_byte_array_set_size(stream->out, (guint)stream->sent);
  stream->ended = TRUE;
  stream->broken = breaks;
}

static void drop_sent(MuMasterStream *stream) {
  if (stream->sent < stream->out->len && stream->sent < (gsize)BLOCK_BYTES)
    return;
  g_byte_array_remove_range(stream->out, 0, (guint)stream->sent);
  stream->sent = 0;
}

static ssize_t read_stream(void *user, uint64_t position, char *buffer, size_t max) {
  MuMasterStream *stream = user;
  (void)position;
  gsize n = allowed(stream, max);
  if (n > 0) {
    memcpy(buffer, stream->out->data + stream->sent, n);
    stream->sent += n;
    count_faults(stream, n);
    drop_sent(stream);
    return (ssize_t)n;
  }
  if (stream->ended)
    return stream->broken ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
  return 0;
}

/* libmicrohttpd does not look at a suspended connection: this sees that the scheduler has left. */
static gboolean on_hangup(int fd, GIOCondition condition, gpointer user) {
  MuMasterStream *stream = user;
  (void)fd, (void)condition;
  stream->ended = stream->broken = TRUE;
  wake(stream);
  return G_SOURCE_REMOVE;
}

static void suspend(MuMasterStream *stream) {
  int fd = MHD_get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  MHD_suspend_connection(stream->connection);
  stream->suspended = TRUE;
  stream->hangup = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback(stream->hangup, G_SOURCE_FUNC(on_hangup), stream, NULL);
  g_source_attach(stream->hangup, g_source_get_context(stream->master->source));
}

/* libmicrohttpd asks again at once when nothing was there; a connection that waits is suspended instead. */
static ssize_t read_or_wait(void *user, uint64_t position, char *buffer, size_t max) {
  MuMasterStream *stream = user;
  ssize_t n = read_stream(stream, position, buffer, max);
  if (n == 0 && stream->master != NULL)
    suspend(stream);
  return n;
}

static void free_stream(void *user) {
  MuMasterStream *stream = user;
  mu_assert(stream->hangup == NULL);
  if (stream->master != NULL && stream->master->stream == stream)
    mu_test_master_cut(stream->master); /* the scheduler has left */
  mu_master_stream_unref(stream);
}

struct MHD_Response *mu_master_stream_response(MuMasterStream *take_stream) {
  return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_or_wait, take_stream, free_stream);
}
