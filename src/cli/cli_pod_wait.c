#include "cli_pod_wait.h"
#include "cli_output.h"

static json_t *ask(const MuCliPodWait *wait, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/%s/status", wait->service, wait->pod);
  return mu_cli_client_get(wait->client, path, error);
}

gboolean mu_cli_pod_wait_begin(MuCliPodWait *wait, MuCliClient *client, const char *service, const char *pod,
                               GError **error) {
  *wait = (MuCliPodWait){client, service, pod, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
  g_autoptr(json_t) status = ask(wait, error);
  gsize i;
  json_t *task;
  json_array_foreach (json_object_get(status, "tasks"), i, task)
    g_hash_table_add(wait->before, g_strdup(mu_cli_json_text(task, "id")));
  return status != NULL;
}

void mu_cli_pod_wait_clear(MuCliPodWait *wait) {
  g_clear_pointer(&wait->before, g_hash_table_unref);
}

/* A task that was over for good before, of a goal that is reached once, is not run again. */
static gboolean is_back(const json_t *task, GHashTable *before) {
  const char *state = mu_cli_json_text(task, "status");
  if (g_str_equal(state, "FINISHED"))
    return TRUE;
  return g_str_equal(state, "RUNNING") && !g_hash_table_contains(before, mu_cli_json_text(task, "id")) &&
         !json_is_false(json_object_get(task, "ready"));
}

gboolean mu_cli_pod_is_back(const json_t *status, GHashTable *before) {
  const json_t *tasks = json_object_get(status, "tasks");
  gsize i;
  json_t *task;
  json_array_foreach (tasks, i, task)
    if (!is_back(task, before))
      return FALSE;
  return json_array_size(tasks) > 0;
}

typedef struct {
  MuCliPodWait *wait;
  gboolean done, ended;
  GError *error;
} Watch;

static void look(gpointer user) {
  Watch *watch = user;
  g_autoptr(json_t) status = ask(watch->wait, &watch->error);
  watch->done = status != NULL && mu_cli_pod_is_back(status, watch->wait->before);
  if (watch->done || status == NULL)
    mu_cli_client_stop(watch->wait->client);
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  (void)bytes, (void)length, (void)user; /* that something happened is enough: `look` follows */
}

static void on_ended(const GError *error, gpointer user) {
  Watch *watch = user;
  watch->ended = TRUE;
  if (watch->error == NULL && error != NULL)
    watch->error = g_error_copy(error);
  mu_cli_client_stop(watch->wait->client);
}

/* With what the pod waits for now. */
static void set_timed_out(const MuCliPodWait *wait, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/why?pod=%s", wait->service, wait->pod);
  g_autoptr(json_t) why = mu_cli_client_get(wait->client, path, NULL);
  const json_t *step = json_array_get(json_object_get(why, "steps"), 0);
  const char *reason = mu_cli_json_text(json_object_get(step, "waiting"), "reason");
  g_set_error(error, MU_ERROR, MU_ERROR_TIMED_OUT, "pod %s of %s is not there again in time%s%s", wait->pod,
              wait->service, *reason == '\0' ? "" : ": ", reason);
}

gboolean mu_cli_pod_wait_end(MuCliPodWait *wait, gint64 timeout_ms, GError **error) {
  Watch watch = {.wait = wait};
  const MuCliStreamHandler handler = {.data = on_data, .ended = on_ended, .user = &watch};
  gint64 deadline_us = timeout_ms > 0 ? g_get_monotonic_time() + timeout_ms * 1000 : G_MAXINT64;
  g_autofree char *path = mu_cli_path("/v1/events?service=%s", wait->service);
  MuCliStream *stream = mu_cli_client_stream(wait->client, path, &handler);
  mu_cli_client_run(wait->client, deadline_us, look, &watch);
  if (!watch.ended)
    mu_cli_client_drop_stream(wait->client, stream);
  if (watch.done)
    g_clear_error(&watch.error);
  else if (watch.error != NULL)
    g_propagate_error(error, watch.error);
  else
    set_timed_out(wait, error);
  return watch.done;
}
