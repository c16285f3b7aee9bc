/* The queue of events to the sink, and of actions until the next flush. */
#include "local_private.h"

typedef struct {
  MuLocalActionFunc func;
  gpointer data;
  GDestroyNotify free_func;
} Action;

void mu_local_warn(MuLocal *local, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_ptr_array_add(local->warnings, g_strdup_vprintf(format, args));
  va_end(args);
}

GSource *mu_local_call_later(MuLocal *local, gint64 delay_ms, GSourceFunc func, gpointer user) {
  GSource *source = delay_ms > 0 ? g_timeout_source_new((guint)MIN(delay_ms, G_MAXINT)) : g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, func, user, NULL);
  g_source_attach(source, local->context);
  return source;
}

void mu_local_cancel(GSource **source) {
  if (!*source)
    return;
  g_source_destroy(*source);
  g_clear_pointer(source, g_source_unref);
}

static gboolean give_events(gpointer user) {
  MuLocal *local = user;
  mu_local_cancel(&local->event_source);
  for (guint n = g_queue_get_length(&local->events); n > 0 && !local->stopped; n--)
    local->sink(g_queue_pop_head(&local->events), local->sink_user);
  if (!g_queue_is_empty(&local->events) && !local->event_source && !local->stopped)
    local->event_source = mu_local_call_later(local, 0, give_events, local);
  return G_SOURCE_REMOVE;
}

void mu_local_emit(MuLocal *local, MuEngineEvent *take_event) {
  if (!local->started || local->stopped) {
    mu_engine_event_free(take_event);
    return;
  }
  g_queue_push_tail(&local->events, take_event);
  if (!local->event_source)
    local->event_source = mu_local_call_later(local, 0, give_events, local);
}

void mu_local_emit_status(MuLocal *local, MuTaskStatus *take_status) {
  MuEngineEvent *event = mu_engine_event_new(MU_EVENT_UPDATE);
  event->status = take_status;
  mu_local_emit(local, event);
}

void mu_local_act(MuLocal *local, MuLocalActionFunc func, gpointer data, GDestroyNotify free_func) {
  Action action = {.func = func, .data = data, .free_func = free_func};
  g_array_append_val(local->actions, action);
}

/* Between two flushes: the actions, unless what they rest on cannot be made durable now; then all wait. */
static gboolean retry_flush(gpointer user) {
  MuLocal *local = user;
  mu_local_cancel(&local->flush_retry);
  mu_local_flush(&local->engine);
  return G_SOURCE_REMOVE;
}

void mu_local_flush(MuEngine *engine) {
  MuLocal *local = (MuLocal *)engine;
  g_autoptr(GError) error = NULL;
  if (local->stopped || local->flush_retry)
    return;
  if (!mu_local_state_commit(local, &error)) {
    g_warning("local engine: %s; nothing is performed until that works", error->message);
    local->flush_retry = mu_local_call_later(local, 1000, retry_flush, local);
    return;
  }
  g_autoptr(GArray) actions = local->actions;
  local->actions = g_array_new(FALSE, FALSE, sizeof(Action));
  for (guint i = 0; i < actions->len; i++) {
    const Action *action = &g_array_index(actions, Action, i);
    action->func(local, action->data);
    if (action->free_func)
      action->free_func(action->data);
  }
}

void mu_local_actions_init(MuLocal *local) {
  local->actions = g_array_new(FALSE, FALSE, sizeof(Action));
}

void mu_local_actions_clear(MuLocal *local) {
  for (guint i = 0; i < local->actions->len; i++) {
    const Action *action = &g_array_index(local->actions, Action, i);
    if (action->free_func)
      action->free_func(action->data);
  }
  g_array_unref(local->actions);
}
