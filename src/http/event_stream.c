#include "event_stream.h"

#include "bug.h"
#include "http_limits.h"
#include "http_reply.h"
#include "ids.h"
#include "json.h"
#include <muster/error.h>
#include <string.h>

typedef struct {
  char *service; /* sanitized; NULL: of none */
  GBytes *frame;
} Event;

struct MuEventStream {
  GMainContext *context;
  Event *ring; /* the event numbered n is at n % max_events */
  guint max_events;
  gsize max_bytes, bytes;
  guint64 first, next; /* the numbers kept are first .. next-1 */
  GPtrArray *clients;
  GSource *keep_alive; /* only while there are clients */
};

typedef struct {
  MuEventStream *stream;
  MuHttpResponse *response;
  char *service;       /* sanitized filter; NULL: all */
  guint64 cursor;      /* the next number to send */
  GBytes *frame;       /* being sent */
  gsize sent;          /* of it */
  gboolean keep_alive; /* a comment is due */
  gboolean cut;
} Client;

MuEventStream *mu_event_stream_new(GMainContext *context, guint max_events, gsize max_bytes) {
  MuEventStream *stream = g_new0(MuEventStream, 1);
  stream->context = g_main_context_ref(context);
  stream->max_events = max_events;
  stream->max_bytes = max_bytes;
  stream->ring = g_new0(Event, max_events);
  stream->first = stream->next = (guint64)g_get_real_time();
  stream->clients = g_ptr_array_new();
  return stream;
}

static Event *event_at(MuEventStream *stream, guint64 number) {
  return &stream->ring[number % stream->max_events];
}

static void drop_oldest(MuEventStream *stream) {
  Event *event = event_at(stream, stream->first++);
  stream->bytes -= g_bytes_get_size(event->frame);
  g_clear_pointer(&event->frame, g_bytes_unref);
  g_clear_pointer(&event->service, g_free);
}

void mu_event_stream_free(MuEventStream *stream) {
  if (stream == NULL)
    return;
  mu_assert(stream->clients->len == 0);
  while (stream->first < stream->next)
    drop_oldest(stream);
  g_ptr_array_unref(stream->clients);
  g_main_context_unref(stream->context);
  g_free(stream->ring);
  g_free(stream);
}

guint mu_event_stream_clients(const MuEventStream *stream) {
  return stream->clients->len;
}

/* ---- events ---- */

static GBytes *frame_new(guint64 number, const char *type, const char *text) {
  char *frame = g_strdup_printf("id: %" G_GUINT64_FORMAT "\nevent: %s\ndata: %s\n\n", number, type, text);
  return g_bytes_new_take(frame, strlen(frame));
}

static gboolean concerns(const Client *client, const Event *event) {
  return client->service == NULL || event->service == NULL || strcmp(client->service, event->service) == 0;
}

static void tell(MuEventStream *stream, Client *client, const Event *event) {
  if (!mu_http_stream_waits(client->response)) {
    /* It is being written to. So far behind, it is not reading. */
    if (!client->cut && stream->next - client->cursor > 2 * (guint64)stream->max_events) {
      client->cut = TRUE;
      mu_http_stream_cut(client->response);
    }
  } else if (concerns(client, event))
    mu_http_stream_wake(client->response);
  else
    client->cursor = stream->next;
}

void mu_event_stream_publish(MuEventStream *stream, const char *type, const char *service, const char *text) {
  if (stream->next - stream->first == stream->max_events)
    drop_oldest(stream);
  Event *event = event_at(stream, stream->next);
  event->service = service == NULL ? NULL : mu_name_sanitize(service);
  event->frame = frame_new(stream->next, type, text);
  stream->next++;
  stream->bytes += g_bytes_get_size(event->frame);
  for (guint i = 0; i < stream->clients->len; i++)
    tell(stream, g_ptr_array_index(stream->clients, i), event);
  while (stream->bytes > stream->max_bytes && stream->first < stream->next)
    drop_oldest(stream);
}

/* ---- clients ---- */

static gssize send_frame(Client *client, char *buffer, gsize max) {
  gsize size;
  const char *data = g_bytes_get_data(client->frame, &size);
  gsize n = MIN(max, size - client->sent);
  memcpy(buffer, data + client->sent, n);
  client->sent += n;
  if (client->sent == size)
    g_clear_pointer(&client->frame, g_bytes_unref);
  return (gssize)n;
}

static void set_frame(Client *client, GBytes *take_frame) {
  client->frame = take_frame;
  client->sent = 0;
  client->keep_alive = FALSE;
}

static GBytes *reset_frame(const MuEventStream *stream) {
  return frame_new(stream->next - 1, "reset", "{\"reason\":\"events were missed: read the state again\"}");
}

/* The next thing to send to the client, or nothing. */
static void choose_frame(MuEventStream *stream, Client *client) {
  if (client->cursor < stream->first || client->cursor > stream->next) {
    client->cursor = stream->next;
    set_frame(client, reset_frame(stream));
  }
  while (client->frame == NULL && client->cursor < stream->next) {
    const Event *event = event_at(stream, client->cursor++);
    if (concerns(client, event))
      set_frame(client, g_bytes_ref(event->frame));
  }
  if (client->frame == NULL && client->keep_alive)
    set_frame(client, g_bytes_new_static(": keep-alive\n\n", strlen(": keep-alive\n\n")));
}

static gssize read_client(gpointer user, char *buffer, gsize max) {
  Client *client = user;
  gssize filled = 0;
  if (client->cut)
    return MU_HTTP_STREAM_ABORT;
  while ((gsize)filled < max) {
    if (client->frame == NULL)
      choose_frame(client->stream, client);
    if (client->frame == NULL)
      break;
    filled += send_frame(client, buffer + filled, max - (gsize)filled);
  }
  return filled;
}

static gboolean on_keep_alive(gpointer user) {
  MuEventStream *stream = user;
  for (guint i = 0; i < stream->clients->len; i++) {
    Client *client = g_ptr_array_index(stream->clients, i);
    client->keep_alive = TRUE;
    mu_http_stream_wake(client->response);
  }
  return G_SOURCE_CONTINUE;
}

static void start_keep_alive(MuEventStream *stream) {
  if (stream->keep_alive != NULL)
    return;
  stream->keep_alive = g_timeout_source_new_seconds(MU_HTTP_KEEP_ALIVE_S);
  g_source_set_callback(stream->keep_alive, on_keep_alive, stream, NULL);
  g_source_attach(stream->keep_alive, stream->context);
}

static void free_client(gpointer user) {
  Client *client = user;
  MuEventStream *stream = client->stream;
  g_ptr_array_remove_fast(stream->clients, client);
  if (stream->clients->len == 0 && stream->keep_alive != NULL) {
    g_source_destroy(stream->keep_alive);
    g_clear_pointer(&stream->keep_alive, g_source_unref);
  }
  g_clear_pointer(&client->frame, g_bytes_unref);
  g_free(client->service);
  g_free(client);
}

void mu_event_stream_serve(MuEventStream *stream, MuHttpResponse *response, const char *service,
                           const char *last_event_id) {
  static const MuHttpStreamOps ops = {.read = read_client, .free = free_client};
  guint64 last = stream->next - 1;
  if (last_event_id != NULL && !g_ascii_string_to_unsigned(last_event_id, 10, 0, G_MAXINT64, &last, NULL)) {
    g_autoptr(GError) error =
        g_error_new(MU_ERROR, MU_ERROR_USAGE, "Last-Event-ID: %s: the number of an event was expected", last_event_id);
    mu_http_respond_error(response, error);
    return;
  }
  Client *client = g_new0(Client, 1);
  client->stream = stream;
  client->response = response; /* the stream does not outlive it */
  client->service = service == NULL ? NULL : mu_name_sanitize(service);
  client->cursor = last + 1;
  /* Sent at once, so that the client knows that it is listening; and how long to wait before it comes back. */
  set_frame(client, g_bytes_new_static("retry: 1000\n\n", strlen("retry: 1000\n\n")));
  g_ptr_array_add(stream->clients, client);
  start_keep_alive(stream);
  mu_http_respond_stream(response, "text/event-stream", &ops, client);
}
