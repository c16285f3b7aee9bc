#include "mesos_calls_queue.h"

typedef struct {
  MuMesosQueue *queue;
  GQueue *lane; /* the one that it came from */
  GBytes *body;
  gboolean is_last_word; /* TEARDOWN: after all others, the acknowledgements too */
  MuMesosTransfer *transfer;
} Sending;

struct MuMesosQueue {
  MuMesosHttp *http;
  MuWireFormat format;
  MuMesosAnsweredFunc answered;
  gpointer user;
  char *url, *stream_id;   /* NULL: closed */
  GQueue ordered, acks;    /* of Sending*: to be sent */
  GPtrArray *under_way;    /* of Sending* */
  guint n_ordered, n_acks; /* of these */
};

static void sending_free(gpointer data) {
  Sending *sending = data;
  g_bytes_unref(sending->body);
  g_free(sending);
}

MuMesosQueue *mu_mesos_queue_new(MuMesosHttp *http, MuWireFormat format, MuMesosAnsweredFunc answered, gpointer user) {
  MuMesosQueue *queue = g_new0(MuMesosQueue, 1);
  queue->http = http;
  queue->format = format;
  queue->answered = answered;
  queue->user = user;
  g_queue_init(&queue->ordered);
  g_queue_init(&queue->acks);
  queue->under_way = g_ptr_array_new();
  return queue;
}

void mu_mesos_queue_free(MuMesosQueue *queue) {
  if (queue == NULL)
    return;
  mu_mesos_queue_clear(queue);
  g_ptr_array_unref(queue->under_way);
  g_free(queue);
}

void mu_mesos_queue_open(MuMesosQueue *queue, const char *url, const char *stream_id) {
  mu_mesos_queue_clear(queue);
  g_free(queue->url);
  g_free(queue->stream_id);
  queue->url = g_strconcat(url, MU_MESOS_SCHEDULER_PATH, NULL);
  queue->stream_id = g_strdup(stream_id);
}

void mu_mesos_queue_clear(MuMesosQueue *queue) {
  for (guint i = 0; i < queue->under_way->len; i++) {
    Sending *sending = queue->under_way->pdata[i];
    mu_mesos_transfer_cancel(sending->transfer);
    sending_free(sending);
  }
  g_ptr_array_set_size(queue->under_way, 0);
  queue->n_ordered = queue->n_acks = 0;
  g_queue_clear_full(&queue->ordered, sending_free);
  g_queue_clear_full(&queue->acks, sending_free);
  g_clear_pointer(&queue->url, g_free);
  g_clear_pointer(&queue->stream_id, g_free);
}

static void send_more(MuMesosQueue *queue);

static guint *count_of(MuMesosQueue *queue, const Sending *sending) {
  return sending->lane == &queue->acks ? &queue->n_acks : &queue->n_ordered;
}

/* What is told of the call is read from its bytes again: few calls are refused. */
static void on_done(const MuMesosReply *reply, gpointer user) {
  Sending *sending = user;
  MuMesosQueue *queue = sending->queue;
  g_ptr_array_remove_fast(queue->under_way, sending);
  (*count_of(queue, sending))--;
  g_autoptr(MuArena) arena = mu_arena_new();
  const Mesos__Call *call = NULL;
  gsize length = 0;
  const guint8 *bytes = g_bytes_get_data(sending->body, &length);
  if (reply->status >= 300)
    call = mu_wire_decode(arena, &mesos__call__descriptor, queue->format, bytes, length, NULL);
  queue->answered(call, reply, queue->user);
  send_more(queue);
  sending_free(sending);
}

static const MuMesosHttpFuncs funcs = {.done = on_done};

static void send(MuMesosQueue *queue, Sending *sending) {
  const char *type = mu_wire_media_type(queue->format);
  const MuMesosRequest request = {.url = queue->url,
                                  .body = sending->body,
                                  .content_type = type,
                                  .accept = type,
                                  .stream_id = queue->stream_id,
                                  .timeout_ms = MU_MESOS_CALL_TIMEOUT_MS};
  g_ptr_array_add(queue->under_way, sending);
  (*count_of(queue, sending))++;
  sending->transfer = mu_mesos_http_send(queue->http, &request, &funcs, sending);
}

static gboolean has_its_turn(const MuMesosQueue *queue) {
  const Sending *first = g_queue_peek_head((GQueue *)&queue->ordered);
  gboolean acks_wait = queue->n_acks > 0 || !g_queue_is_empty((GQueue *)&queue->acks);
  return first != NULL && queue->n_ordered == 0 && !(first->is_last_word && acks_wait);
}

static void send_more(MuMesosQueue *queue) {
  if (has_its_turn(queue))
    send(queue, g_queue_pop_head(&queue->ordered));
  while (queue->n_acks < MU_MESOS_ACKS_AT_ONCE && !g_queue_is_empty(&queue->acks))
    send(queue, g_queue_pop_head(&queue->acks));
}

void mu_mesos_queue_push(MuMesosQueue *queue, const Mesos__Call *call) {
  if (queue->url == NULL)
    return;
  Sending *sending = g_new0(Sending, 1);
  sending->queue = queue;
  sending->is_last_word = call->type == MESOS__CALL__TYPE__TEARDOWN;
  sending->lane = call->type == MESOS__CALL__TYPE__ACKNOWLEDGE ? &queue->acks : &queue->ordered;
  sending->body = mu_wire_encode(&call->base, queue->format);
  g_queue_push_tail(sending->lane, sending);
  send_more(queue);
}

guint mu_mesos_queue_length(const MuMesosQueue *queue) {
  return queue->ordered.length + queue->acks.length + queue->under_way->len;
}

void mu_mesos_queue_finish(MuMesosQueue *queue, gint64 timeout_ms) {
  gint64 until_us = g_get_monotonic_time() + timeout_ms * 1000;
  while (mu_mesos_queue_length(queue) > 0 && g_get_monotonic_time() < until_us)
    mu_mesos_http_step(queue->http, (until_us - g_get_monotonic_time()) / 1000 + 1);
}
