/* A scheduler of jobs: each is a shell command that is sent to a route of its own, becomes a service, runs once, and is
 * removed when it is done.
 *
 *   cc dynamic_scheduler.c -o dynamic_scheduler $(pkg-config --cflags --libs muster)
 *   ./dynamic_scheduler STATE_DIR
 *   curl --unix-socket STATE_DIR/muster.sock http://localhost/v1/jobs/sum -H 'Content-Type: text/plain' -d 'echo $((6*7))'
 */
#include <muster/muster.h>
#include <stdio.h>
#include <string.h>

static const char job_yaml[] = "name: job\n"
                               "remove-when-finished: true\n"
                               "pods:\n"
                               "  job:\n"
                               "    count: 1\n"
                               "    tasks:\n"
                               "      run: {goal: ONCE, cmd: {{{COMMAND}}}, cpus: 0.1, memory: 32}\n";

static void on_job_done(const char *service, gpointer user) {
  (void)user;
  printf("job %s is done\n", service);
  fflush(stdout);
}

/* The command in double quotes, as YAML reads them. */
static char *quote(const char *bytes, gsize length) {
  g_autofree char *text = g_strndup(bytes, length);
  g_autofree char *escaped = g_strescape(text, "\b\f\v");
  return g_strdup_printf("\"%s\"", escaped);
}

/* The ServiceFactory: the context is the command. It is called for a new job and again at every start. */
static MuServiceScheduler *make_job(const char *name, GBytes *context, gpointer user, GError **error) {
  (void)user;
  gsize length;
  const char *command = g_bytes_get_data(context, &length);
  g_autoptr(GHashTable) variables = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  g_hash_table_insert(variables, (char *)"COMMAND", quote(command, length));
  MuSpecInput input = {.name = "job", .service_name = name, .variables = variables};
  g_autoptr(MuServiceSpec) spec = mu_service_spec_parse(job_yaml, strlen(job_yaml), &input, error);
  if (spec == NULL)
    return NULL;
  return mu_scheduler_builder_build(mu_scheduler_builder_new(spec), error);
}

/* The answer to a submission is given when the job is stored, or refused. */
static void answer(const char *service, const GError *error, gpointer user) {
  if (error != NULL) {
    mu_http_respond_error(user, error);
    return;
  }
  g_autofree char *body = g_strdup_printf("{\"job\":\"%s\"}\n", service);
  mu_http_respond(user, 201, "application/json", body, strlen(body));
}

static void submit(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  MuMultiServiceRunner **runner = user;
  mu_multi_service_runner_put_service_full(*runner, request->captures[0], request->body, answer, response);
}

static gboolean run(const char *state_dir, GError **error) {
  MuMultiServiceRunner *made = NULL;
  const MuHttpRoute route = {.method = "POST",
                             .path = "/v1/jobs/{name}",
                             .handler = submit,
                             .summary = "Runs the body as a shell command, once."};
  MuRunnerOptions options = {
      .state_dir = state_dir, .quiet = TRUE, .routes = &route, .n_routes = 1, .routes_user = &made};
  /* At most ten jobs reserve at a time, in turns of a minute. */
  MuMultiServiceEventClient *client =
      mu_multi_service_event_client_new("jobs", mu_multi_service_manager_new(), mu_service_store_new(make_job, NULL),
                                        mu_offer_discipline_parallel_footprint(10, 60000));
  mu_multi_service_event_client_set_uninstall_callback(client, on_job_done, NULL);
  g_autoptr(MuMultiServiceRunner) runner = made = mu_multi_service_runner_new(client, &options, error);
  if (runner == NULL)
    return FALSE;
  printf("ready: %s\n", mu_multi_service_runner_socket(runner));
  fflush(stdout);
  return mu_multi_service_runner_run(runner, NULL, error);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  if (argc == 2 && run(argv[1], &error))
    return 0;
  fprintf(stderr, "dynamic_scheduler: %s\n", error == NULL ? "usage: dynamic_scheduler STATE_DIR" : error->message);
  return error == NULL ? 2 : mu_error_info(error)->exit_code;
}
