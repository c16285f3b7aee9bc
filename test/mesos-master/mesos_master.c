#include "master_private.h"

#include <string.h>

MuTestMaster *mu_test_master_new(MuSim *sim, guint16 port, GMainContext *context, GError **error) {
  return mu_test_master_new_tls(sim, port, NULL, context, error);
}

MuTestMaster *mu_test_master_new_tls(MuSim *sim, guint16 port, const MuTlsServer *tls, GMainContext *context,
                                     GError **error) {
  g_autoptr(MuTestMaster) master = g_new0(MuTestMaster, 1);
  master->sim = sim;
  master->leads = TRUE;
  master->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  master->refused = g_hash_table_new(NULL, NULL);
  if (!mu_master_listen(master, port, tls, context, error))
    return NULL;
  master->url = g_strdup_printf("%s://127.0.0.1:%u", tls == NULL ? "http" : "https", master->port);
  return g_steal_pointer(&master);
}

void mu_test_master_serve_sandboxes(MuTestMaster *master, const char *folder) {
  g_free(master->sandboxes);
  master->sandboxes = g_strdup(folder);
}

void mu_test_master_authorize(MuTestMaster *master, const char *authorization) {
  g_free(master->authorization);
  master->authorization = g_strdup(authorization);
}

/* Whoever is subscribed is so no more. */
static void end_stream(MuTestMaster *master, gboolean broken) {
  MuMasterStream *stream = g_steal_pointer(&master->stream);
  if (stream == NULL)
    return;
  mu_master_stream_end(stream, broken);
  stream->master = NULL;
  mu_master_stream_unref(stream);
}

void mu_test_master_free(MuTestMaster *master) {
  if (master == NULL)
    return;
  end_stream(master, TRUE);
  mu_master_close(master);
  g_hash_table_unref(master->removed);
  g_hash_table_unref(master->refused);
  g_free(master->url);
  g_free(master->leader);
  g_free(master->sandboxes);
  g_free(master->authorization);
  g_free(master->stream_id);
  g_free(master);
}

guint16 mu_test_master_port(const MuTestMaster *master) {
  return master->port;
}

const char *mu_test_master_url(const MuTestMaster *master) {
  return master->url;
}

/* ---- telling --------------------------------------------------------------------------------------------------------- */

static void put(MuTestMaster *master, const Mesos__Event *event) {
  if (master->stream == NULL)
    return;
  mu_master_stream_put(master->stream, event);
  master->records++;
}

void mu_test_master_heartbeat(MuTestMaster *master) {
  Mesos__Event event = MESOS__EVENT__INIT;
  event.has_type = TRUE;
  event.type = MESOS__EVENT__TYPE__HEARTBEAT;
  put(master, &event);
}

void mu_test_master_tell(MuTestMaster *master, MuEngineEvent *take_event) {
  g_autoptr(MuEngineEvent) event = take_event;
  g_autoptr(MuArena) arena = mu_arena_new();
  if (event->kind == MU_EVENT_DISCONNECTED) {
    end_stream(master, TRUE);
    return;
  }
  put(master, mu_master_event_write(master, arena, event));
  if (event->kind == MU_EVENT_SUBSCRIBED)
    mu_test_master_heartbeat(master);
}

void mu_test_master_cut(MuTestMaster *master) {
  if (master->stream == NULL)
    return;
  end_stream(master, TRUE);
  mu_sim_cluster_lose_scheduler(master->sim);
}

void mu_test_master_step_down(MuTestMaster *master, const MuTestMaster *leader) {
  master->leads = FALSE;
  g_free(master->leader);
  master->leader = leader == NULL ? NULL : g_strdup(strchr(leader->url, ':') + 1);
  mu_test_master_cut(master);
}

void mu_test_master_lead(MuTestMaster *master) {
  master->leads = TRUE;
}

/* ---- faults ---------------------------------------------------------------------------------------------------------- */

void mu_test_master_fault(MuTestMaster *master, MuTestMasterFault fault, guint64 n) {
  master->faults[fault] = n;
}

/* ---- looking --------------------------------------------------------------------------------------------------------- */

gboolean mu_test_master_is_subscribed(const MuTestMaster *master) {
  return master->stream != NULL;
}

guint mu_test_master_subscriptions(const MuTestMaster *master) {
  return master->subscriptions;
}

guint64 mu_test_master_records(const MuTestMaster *master) {
  return master->records;
}

gboolean mu_test_master_has_refused(const MuTestMaster *master, gint64 refuse_ms) {
  return g_hash_table_contains(master->refused, GSIZE_TO_POINTER((gsize)refuse_ms));
}

guint64 mu_test_master_calls(const MuTestMaster *master) {
  return master->calls;
}

gboolean mu_test_master_is_flushed(const MuTestMaster *master) {
  return master->stream == NULL || master->stream->suspended;
}
