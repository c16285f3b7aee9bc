/* muster logs: a task's standard output and standard error. */
#include "cli_client.h"
#include "cli_commands.h"
#include "cli_output.h"
#include "cli_sse.h"
#include "cli_task_log.h"
#include <stdio.h>

/* ---- as it is ---------------------------------------------------------------------------------------------------- */

static gboolean print_file(MuCliClient *client, const MuCliCall *call, const char *file, FILE *to, GError **error) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/sandbox/%s/%s", mu_cli_arg(call, 0), mu_cli_arg(call, 1), file);
  g_autofree char *query = g_strdup_printf("%s?tail=%" G_GINT64_FORMAT, path, mu_cli_number(call, "tail", 0));
  g_autoptr(GBytes) bytes = mu_cli_client_get_bytes(client, mu_cli_has(call, "tail") ? query : path, error);
  if (bytes == NULL)
    return FALSE;
  gsize length;
  const void *data = g_bytes_get_data(bytes, &length);
  if (length > 0)
    fwrite(data, 1, length, to);
  fflush(to);
  return TRUE;
}

/* ---- as it grows ------------------------------------------------------------------------------------------------- */

typedef struct {
  MuCliClient *client;
  const MuCliCall *call;
  gboolean out, err; /* which of the two */
  FILE *err_to;
  char *task; /* its name, by which its next runs are known; NULL: an id of one run was given */
  char *id;   /* of the run that is shown */
  char *next; /* the id of a newer run, not shown yet */
  MuCliTaskLog *logs[2];
  MuCliSse *sse;
  GError *error; /* the event stream ended */
} Follower;

static void to_stdout(const char *text, gsize length, gpointer user) {
  (void)user;
  fwrite(text, 1, length, stdout);
}

static void to_err(const char *text, gsize length, gpointer user) {
  fwrite(text, 1, length, ((Follower *)user)->err_to);
}

static void open_logs(Follower *follower, const char *task, gint64 tail) {
  MuCliTaskLogOptions options = {.client = follower->client,
                                 .service = mu_cli_arg(follower->call, 0),
                                 .task = task,
                                 .tail = tail,
                                 .user = follower};
  if (follower->out) {
    options.file = "stdout";
    options.line = to_stdout;
    follower->logs[0] = mu_cli_task_log_open(&options);
  }
  if (follower->err) {
    options.file = "stderr";
    options.line = to_err;
    follower->logs[1] = mu_cli_task_log_open(&options);
  }
}

static void close_logs(Follower *follower) {
  for (guint i = 0; i < G_N_ELEMENTS(follower->logs); i++)
    if (follower->logs[i] != NULL)
      mu_cli_task_log_close(g_steal_pointer(&follower->logs[i]));
}

static void on_event(const MuCliEvent *event, gpointer user) {
  Follower *follower = user;
  if (follower->task == NULL || !g_str_equal(event->type, "task"))
    return;
  g_autoptr(json_t) data = json_loads(event->data, 0, NULL);
  const char *id = mu_cli_json_text(data, "id"), *state = mu_cli_json_text(data, "state");
  gboolean runs = g_str_equal(state, "TASK_STARTING") || g_str_equal(state, "TASK_RUNNING");
  if (!g_str_equal(mu_cli_json_text(data, "task"), follower->task) || g_strcmp0(id, follower->id) == 0 || !runs)
    return;
  g_free(follower->next);
  follower->next = g_strdup(id);
}

static void on_data(const char *bytes, gsize length, gpointer user) {
  mu_cli_sse_feed(((Follower *)user)->sse, bytes, length);
}

static void on_ended(const GError *error, gpointer user) {
  Follower *follower = user;
  follower->error =
      error != NULL ? g_error_copy(error) : g_error_new(MU_ERROR, MU_ERROR_NO_SCHEDULER, "the scheduler has ended");
  mu_cli_client_stop(follower->client);
}

/* Goes over to a newer run of the task. */
static void settle(gpointer user) {
  Follower *follower = user;
  if (follower->next != NULL) {
    close_logs(follower);
    g_free(follower->id);
    follower->id = g_steal_pointer(&follower->next);
    open_logs(follower, follower->id, -1);
  }
  for (guint i = 0; i < G_N_ELEMENTS(follower->logs); i++) {
    const GError *error = follower->logs[i] == NULL ? NULL : mu_cli_task_log_error(follower->logs[i]);
    if (error != NULL && follower->error == NULL) {
      follower->error = g_error_copy(error);
      mu_cli_client_stop(follower->client);
    }
  }
  fflush(stdout);
  fflush(stderr);
}

/* The task that is meant: by its name, or as the only one of its pod. */
static gboolean is_meant(const json_t *instance, const json_t *task, const char *wanted) {
  return g_str_equal(mu_cli_json_text(task, "name"), wanted) ||
         (g_str_equal(mu_cli_json_text(instance, "name"), wanted) &&
          json_array_size(json_object_get(instance, "tasks")) == 1);
}

static void find_task(Follower *follower) {
  g_autofree char *path = mu_cli_path("/v1/service/%s/pod/status", mu_cli_arg(follower->call, 0));
  g_autoptr(json_t) status = mu_cli_client_get(follower->client, path, NULL);
  gsize i, j, k;
  json_t *pod, *instance, *task;
  json_array_foreach (json_object_get(status, "pods"), i, pod) {
    json_array_foreach (json_object_get(pod, "instances"), j, instance) {
      json_array_foreach (json_object_get(instance, "tasks"), k, task) {
        if (follower->task != NULL || !is_meant(instance, task, mu_cli_arg(follower->call, 1)))
          continue;
        follower->task = g_strdup(mu_cli_json_text(task, "name"));
        follower->id = g_strdup(mu_cli_json_text(task, "id"));
      }
    }
  }
}

static gboolean follow(Follower *follower, GError **error) {
  g_autoptr(MuCliSse) sse = mu_cli_sse_new(on_event, follower);
  follower->sse = sse;
  g_autofree char *path = mu_cli_path("/v1/events?service=%s", mu_cli_arg(follower->call, 0));
  MuCliStreamHandler handler = {.data = on_data, .ended = on_ended, .user = follower};
  mu_cli_client_stream(follower->client, path, &handler);
  find_task(follower);
  open_logs(follower, mu_cli_arg(follower->call, 1), mu_cli_number(follower->call, "tail", -1));
  mu_cli_client_run(follower->client, G_MAXINT64, settle, follower);
  close_logs(follower);
  g_free(follower->task);
  g_free(follower->id);
  g_free(follower->next);
  if (follower->error == NULL)
    return TRUE;
  g_propagate_error(error, follower->error);
  return FALSE;
}

gboolean mu_cli_logs(MuCliCall *call, GError **error) {
  gboolean out = mu_cli_has(call, "stdout"), err = mu_cli_has(call, "stderr");
  gboolean both = out == err;
  FILE *err_to = both ? stderr : stdout;
  g_autoptr(MuCliClient) client = mu_cli_client_for(call, error);
  if (client == NULL)
    return FALSE;
  if (mu_cli_has(call, "follow")) {
    Follower follower = {.client = client, .call = call, .out = both || out, .err = both || err, .err_to = err_to};
    return follow(&follower, error);
  }
  return (!(both || out) || print_file(client, call, "stdout", stdout, error)) &&
         (!(both || err) || print_file(client, call, "stderr", err_to, error));
}
