/* The HTTP server on real sockets, with doubles of what lies behind it. Included by one file of a test program: it defines
 * the functions of view.h and command.h, so that the multi library is not linked.
 *
 * The server runs on the test's main loop; clients are blocking sockets in a thread of their own (fixture_run). */
#ifndef MU_TEST_HTTP_FIXTURE_H
#define MU_TEST_HTTP_FIXTURE_H
#include "http_internal.h"
#include "http_server.h"
#include "json.h"
#include "view.h"
#include "view_inspect.h"
#include "view_why.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TOKEN "sesame"
#define PATIENCE_S 20 /* a client that waits longer has found a fault */

/* ---- the doubles ------------------------------------------------------------------------------------------------ */

static struct {
  char *folder;  /* temporary */
  char *sandbox; /* a folder in it: what every task's sandbox is */
  gboolean hold; /* commands are not replied to, but kept in `held` */
  GPtrArray *held;
  char *last_command; /* "kind service=… pod=… plan=… phase=… step=… if=…" */
  GBytes *last_context;
  const char *reply;       /* JSON of the next replies; NULL: the usual one */
  MuErrorCode reply_error; /* with `fails` */
  gboolean fails;
  guint handled;       /* by the user's own route */
  MuHttpResponse *own; /* the promise of GET /own/later */
} fake;

MuCommand *mu_command_new(MuCommandKind kind, const char *service) {
  MuCommand *command = g_new0(MuCommand, 1);
  command->kind = kind;
  command->service = g_strdup(service);
  command->if_version = MU_VERSION_ANY;
  return command;
}

void mu_command_free(MuCommand *command) {
  g_free(command->service);
  g_clear_pointer(&command->context, g_bytes_unref);
  g_free(command->pod);
  g_free(command->plan);
  g_free(command->phase);
  g_free(command->step);
  g_free(command->file);
  g_free(command->config);
  g_strfreev(command->tasks);
  json_decref(command->parameters);
  g_free(command);
}

static json_t *view(const char *service, const char *text, GError **error) {
  if (g_strcmp0(service, "redis") == 0 || g_strcmp0(service, "team/web") == 0)
    return json_loads(text, JSON_DECODE_ANY, NULL);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no service `%s`; there are redis, team/web", service);
  return NULL;
}

json_t *mu_view_services(MuMultiServiceEventClient *client) {
  (void)client;
  return json_loads("[{\"service\":\"redis\",\"version\":3},{\"service\":\"team/web\",\"version\":1}]", 0, NULL);
}

json_t *mu_view_service(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view(service, "{\"service\":\"redis\",\"version\":3}", error);
}

GBytes *mu_view_context(MuMultiServiceEventClient *client, const char *service, gint64 *ret_version, GError **error) {
  (void)client;
  g_autoptr(json_t) found = view(service, "1", error);
  if (found == NULL)
    return NULL;
  *ret_version = 3;
  return g_bytes_new_static("name: redis\n", 12);
}

json_t *mu_view_spec(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view(service, "{\"name\":\"redis\"}", error);
}

json_t *mu_view_history(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view(service, "[{\"id\":\"id-1\",\"version\":3,\"target\":true}]", error);
}

json_t *mu_view_plans(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view(service, "[\"deploy\",\"recovery\"]", error);
}

json_t *mu_view_plan(MuMultiServiceEventClient *client, const char *service, const char *plan, GError **error) {
  (void)client;
  return view(service, strcmp(plan, "deploy") == 0 ? "{\"status\":\"COMPLETE\"}" : "{\"status\":\"PENDING\"}", error);
}

json_t *mu_view_pods(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view(service, "[\"redis-0\"]", error);
}

json_t *mu_view_pod_status(MuMultiServiceEventClient *client, const char *service, const char *pod, GError **error) {
  (void)client;
  return view(service, pod == NULL ? "{\"pods\":[]}" : "{\"name\":\"redis-0\"}", error);
}

json_t *mu_view_pod_info(MuMultiServiceEventClient *client, const char *service, const char *pod, GError **error) {
  (void)client, (void)pod;
  return view(service, "[{\"info\":{}}]", error);
}

gboolean mu_view_task(MuMultiServiceEventClient *client, const char *service, const char *task, char **ret_task_id,
                      char **ret_agent_id, GError **error) {
  (void)client;
  g_autoptr(json_t) found = view(service, "1", error);
  if (found == NULL)
    return FALSE;
  *ret_task_id = g_strdup(task);
  *ret_agent_id = g_strdup("agent-0");
  return TRUE;
}

json_t *mu_view_health(MuMultiServiceEventClient *client, const char *service, guint *ret_http_status, GError **error) {
  (void)client;
  *ret_http_status = 203;
  return view(service == NULL ? "redis" : service, "{\"status\":\"well\"}", error);
}

json_t *mu_view_health_reasons(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view(service, "[\"deploy: 1 PENDING\"]", error);
}

char *mu_view_metrics(MuMultiServiceEventClient *client) {
  (void)client;
  return g_strdup("muster_services 2\n");
}

json_t *mu_view_metrics_json(MuMultiServiceEventClient *client) {
  (void)client;
  return json_pack("{s:{}}", "gauges");
}

/* ---- the doubles of view_inspect.h: each says who was asked for ---- */

static char *view_text(const char *service, const char *text, GError **error) {
  g_autoptr(json_t) found = view(service, "1", error);
  return found == NULL ? NULL : g_strdup(text);
}

#define FAKE_VIEW(name, text)                                                                                          \
  json_t *name(MuMultiServiceEventClient *client, const char *service, GError **error) {                               \
    (void)client;                                                                                                      \
    return view(service, text, error);                                                                                 \
  }
FAKE_VIEW(mu_view_configurations, "[\"id-1\",\"id-2\"]")
FAKE_VIEW(mu_view_target_id, "[\"id-2\"]")
FAKE_VIEW(mu_view_endpoints, "[\"web\"]")
FAKE_VIEW(mu_view_properties, "[\"file-x\"]")
FAKE_VIEW(mu_view_zones, "{\"redis-0-server\":\"z1\"}")

json_t *mu_view_configuration(MuMultiServiceEventClient *client, const char *service, const char *id, GError **error) {
  (void)client;
  return view(service, id == NULL ? "{\"name\":\"target\"}" : "{\"name\":\"one\"}", error);
}

char *mu_view_template(MuMultiServiceEventClient *client, const char *service, const MuTemplatePath *path,
                       GError **error) {
  (void)client;
  g_autofree char *text = g_strjoin("|", path->configuration, path->pod_type, path->task, path->config, NULL);
  return view_text(service, text, error);
}

json_t *mu_view_endpoint(MuMultiServiceEventClient *client, const char *service, const char *endpoint, GError **error) {
  (void)client, (void)endpoint;
  return view(service, "{\"address\":[]}", error);
}

json_t *mu_view_framework_id(MuMultiServiceEventClient *client, GError **error) {
  (void)client, (void)error;
  return json_pack("[s]", "fw-1");
}

char *mu_view_property(MuMultiServiceEventClient *client, const char *service, const char *key, GError **error) {
  (void)client, (void)key;
  return view_text(service, "true", error);
}

char *mu_view_files(MuMultiServiceEventClient *client, const char *service, GError **error) {
  (void)client;
  return view_text(service, "[a, b]", error);
}

GBytes *mu_view_file(MuMultiServiceEventClient *client, const char *service, const char *file, GError **error) {
  (void)client;
  char *text = view_text(service, file, error);
  return text == NULL ? NULL : g_bytes_new_take(text, strlen(text));
}

char *mu_view_zone_of_task(MuMultiServiceEventClient *client, const char *service, const char *task, GError **error) {
  (void)client, (void)task;
  return view_text(service, "z1", error);
}

char *mu_view_zone_of_address(MuMultiServiceEventClient *client, const char *service, const char *pod_type,
                              const char *address, GError **error) {
  (void)client, (void)pod_type, (void)address;
  return view_text(service, "z2", error);
}

json_t *mu_view_why(MuMultiServiceEventClient *client, const char *service, const char *pod, GError **error) {
  (void)client;
  return view(service, pod == NULL ? "{\"steps\":[]}" : "{\"pod\":\"redis-0\"}", error);
}

static json_t *fake_debug(const char *service, const MuPlanFilter *filter, const char *what, GError **error) {
  g_autofree char *text = g_strdup_printf("[\"%s %s %s %s\"]", what, filter->plan, filter->phase, filter->step);
  return view(service, text, error);
}

#define FAKE_DEBUG(name, what)                                                                                         \
  json_t *name(MuMultiServiceEventClient *client, const char *service, const MuPlanFilter *filter, GError **error) {   \
    (void)client;                                                                                                      \
    return fake_debug(service, filter, what, error);                                                                   \
  }
FAKE_DEBUG(mu_view_debug_offers, "offers")
FAKE_DEBUG(mu_view_debug_plans, "plans")
FAKE_DEBUG(mu_view_debug_statuses, "statuses")
FAKE_DEBUG(mu_view_debug_reservations, "reservations")

static char *fake_sandbox_path(const char *agent, const char *task, const char *path, gpointer user, GError **error) {
  (void)user;
  g_assert_cmpstr(agent, ==, "agent-0");
  if (strcmp(task, "redis-0-server") != 0 || strcmp(path, "refused") == 0) {
    g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "no sandbox of %s has %s", task, path);
    return NULL;
  }
  return g_build_filename(fake.sandbox, path, NULL);
}

static json_t *fake_describe_engine(gpointer user) {
  (void)user;
  return json_pack("{s:[s]}", "agents", "agent-0");
}

/* ---- commands ---- */

static void fake_reply(MuCommand *take_command) {
  const char *usual =
      take_command->kind == MU_COMMAND_SERVICE_PUT ? "{\"result\":\"created\"}" : "{\"message\":\"done\"}";
  g_autoptr(json_t) body = json_loads(fake.reply != NULL ? fake.reply : usual, 0, NULL);
  g_autoptr(GError) error = g_error_new(MU_ERROR, (int)fake.reply_error, "the core says no");
  take_command->reply(fake.fails ? NULL : body, fake.fails ? error : NULL, take_command->user);
  mu_command_free(take_command);
}

static gboolean on_reply_due(gpointer user) {
  fake_reply(user);
  return G_SOURCE_REMOVE;
}

static void fake_submit(MuCommand *command, gpointer user) {
  (void)user;
  g_free(fake.last_command);
  fake.last_command = g_strdup_printf("%d service=%s pod=%s plan=%s phase=%s step=%s if=%d file=%s", (int)command->kind,
                                      command->service, command->pod, command->plan, command->phase, command->step,
                                      (int)command->if_version, command->file);
  g_clear_pointer(&fake.last_context, g_bytes_unref);
  fake.last_context = command->context == NULL ? NULL : g_bytes_ref(command->context);
  if (fake.hold)
    g_ptr_array_add(fake.held, command);
  else
    g_idle_add(on_reply_due, command);
}

/* ---- the user's own routes ---- */

static void own_route(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  g_assert_cmpstr(user, ==, "own user");
  fake.handled++;
  g_autofree char *captures = g_strjoinv(",", (char **)request->captures);
  const char *q = g_hash_table_lookup(request->query, "q");
  g_autofree char *body =
      g_strdup_printf("%s %s [%s] q=%s type=%s body=%zu", request->method, request->path, captures, q == NULL ? "-" : q,
                      request->content_type == NULL ? "-" : request->content_type, g_bytes_get_size(request->body));
  mu_http_respond(response, 207, "text/plain", body, strlen(body));
}

static void own_later(const MuHttpRequest *request, MuHttpResponse *response, gpointer user) {
  (void)request, (void)user;
  fake.own = response;
}

static const MuHttpRoute own_routes[] = {
    {"POST", "/v1/submissions/{id}", own_route, "a submission"},
    {"GET", "/own/files/{where}/{rest*}", own_route, "own files"},
    {"GET", "/own/later", own_later, "answered later"},
    {"GET", "/v1/state/engine", own_route, "takes the place of muster's"},
};

/* ---- the server --------------------------------------------------------------------------------------------------- */

typedef struct {
  MuHttpServer *server;
  char *socket_path;
  MuSecretStore *secrets;
  guint16 port;
} Fixture;

/* The service that is the whole scheduler, of the fixtures opened from now on; NULL: none. */
static const char *fake_mono;

/* Set before a fixture is opened: its sandboxes are elsewhere. */
static void (*fake_read_sandbox)(const char *agent_id, const char *task_id, const char *path, guint64 offset,
                                 guint64 length, MuSandboxFunc done, gpointer done_user, gpointer user);

static G_GNUC_UNUSED void fixture_open_with(Fixture *fixture, gsize max_body, gboolean own) {
  g_autoptr(GError) error = NULL;
  memset(&fake, 0, sizeof fake);
  fake.folder = g_dir_make_tmp("muster-http-XXXXXX", NULL);
  fake.sandbox = g_build_filename(fake.folder, "sandbox", NULL);
  g_assert_cmpint(g_mkdir(fake.sandbox, 0700), ==, 0);
  fake.held = g_ptr_array_new();
  fixture->socket_path = g_build_filename(fake.folder, "s", NULL);
  MuHttpConfig config = {.listen = "127.0.0.1:0",
                         .socket_path = fixture->socket_path,
                         .token = TOKEN,
                         .max_body_bytes = max_body,
                         .routes = own_routes,
                         .n_routes = own ? G_N_ELEMENTS(own_routes) : 0,
                         .routes_user = (gpointer) "own user",
                         .mono = fake_mono};
  g_autofree char *secrets = g_build_filename(fake.folder, "secrets", NULL);
  fixture->secrets = mu_secret_store_open(secrets, &error);
  g_assert_no_error(error);
  MuHttpBackend backend = {.secrets = fixture->secrets,
                           .submit = fake_submit,
                           .sandbox_path = fake_sandbox_path,
                           .read_sandbox = fake_read_sandbox,
                           .describe_engine = fake_describe_engine,
                           .bootstrap_path = "/dev/null"};
  fixture->server = mu_http_server_new(&config, &backend, &error);
  g_assert_no_error(error);
  fixture->port = (guint16)g_ascii_strtoull(strrchr(mu_http_server_url(fixture->server), ':') + 1, NULL, 10);
}

static G_GNUC_UNUSED void fixture_open(Fixture *fixture) {
  fixture_open_with(fixture, 0, FALSE);
}

static void remove_tree(const char *path) {
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_tree(child);
  }
  g_remove(path);
}

static G_GNUC_UNUSED void fixture_close(Fixture *fixture) {
  g_clear_pointer(&fixture->server, mu_http_server_free);
  g_clear_pointer(&fixture->secrets, mu_secret_store_free);
  g_assert_false(g_file_test(fixture->socket_path, G_FILE_TEST_EXISTS));
  for (guint i = 0; i < fake.held->len; i++)
    fake_reply(g_ptr_array_index(fake.held, i)); /* after the server's end */
  g_ptr_array_unref(fake.held);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  remove_tree(fake.folder);
  g_free(fake.folder);
  g_free(fake.sandbox);
  g_free(fake.last_command);
  g_clear_pointer(&fake.last_context, g_bytes_unref);
  g_free(fixture->socket_path);
}

/* ---- threads ------------------------------------------------------------------------------------------------------ */

typedef void (*ClientFunc)(Fixture *fixture);

typedef struct {
  ClientFunc call;
  Fixture *fixture;
  gint done;
} Run;

static gpointer run_thread(gpointer user) {
  Run *run = user;
  run->call(run->fixture);
  g_atomic_int_set(&run->done, 1);
  g_main_context_wakeup(NULL);
  return NULL;
}

/* Runs the client in a thread while the main loop turns. */
static G_GNUC_UNUSED void fixture_run(Fixture *fixture, ClientFunc client) {
  Run run = {client, fixture, 0};
  GThread *thread = g_thread_new("client", run_thread, &run);
  while (!g_atomic_int_get(&run.done))
    g_main_context_iteration(NULL, TRUE);
  g_thread_join(thread);
}

typedef struct {
  ClientFunc call;
  Fixture *fixture;
  GMutex mutex;
  GCond cond;
  gboolean done;
} MainCall;

static gboolean on_main_call(gpointer user) {
  MainCall *call = user;
  call->call(call->fixture);
  g_mutex_lock(&call->mutex);
  call->done = TRUE;
  g_cond_signal(&call->cond);
  g_mutex_unlock(&call->mutex);
  return G_SOURCE_REMOVE;
}

/* From a client: runs `call` on the main loop's thread and waits for it. */
static G_GNUC_UNUSED void on_main(Fixture *fixture, ClientFunc call) {
  MainCall main_call = {.call = call, .fixture = fixture};
  g_idle_add_full(G_PRIORITY_DEFAULT, on_main_call, &main_call, NULL);
  g_mutex_lock(&main_call.mutex);
  while (!main_call.done)
    g_cond_wait(&main_call.cond, &main_call.mutex);
  g_mutex_unlock(&main_call.mutex);
}

/* From a client: turns until `test` is TRUE on the main thread. Each turn of it lets the main loop do what is due. */
typedef gboolean (*TestFunc)(Fixture *fixture);
static struct {
  TestFunc test;
  gboolean result;
} asked;

static void ask_test(Fixture *fixture) {
  asked.result = asked.test(fixture);
}

static G_GNUC_UNUSED void wait_until(Fixture *fixture, TestFunc test) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
  asked.test = test;
  do {
    on_main(fixture, ask_test);
    g_thread_yield();
    g_assert_cmpint(g_get_monotonic_time(), <, until_us);
  } while (!asked.result);
}

/* ---- clients ------------------------------------------------------------------------------------------------------ */

static void set_patience(int fd) {
  struct timeval patience = {.tv_sec = PATIENCE_S};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static G_GNUC_UNUSED int dial_unix(const Fixture *fixture) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy(address.sun_path, fixture->socket_path, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_patience(fd);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

static G_GNUC_UNUSED int dial_tcp(const Fixture *fixture) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fixture->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_patience(fd);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

/* FALSE when the peer has closed. */
static G_GNUC_UNUSED gboolean send_bytes(int fd, const char *data, gsize length) {
  while (length > 0) {
    ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
    if (n <= 0)
      return FALSE;
    data += n;
    length -= (gsize)n;
  }
  return TRUE;
}

static G_GNUC_UNUSED void send_text(int fd, const char *text) {
  g_assert_true(send_bytes(fd, text, strlen(text)));
}

typedef struct {
  int status;
  GString *head; /* status line and headers */
  GString *body;
} Answer;

static G_GNUC_UNUSED void answer_clear(Answer *answer) {
  g_string_free(answer->head, TRUE);
  g_string_free(answer->body, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static gboolean read_byte(int fd, char *ret) {
  return recv(fd, ret, 1, 0) == 1;
}

/* Reads until the text ends with `end`; FALSE at the end of the stream. */
static G_GNUC_UNUSED gboolean read_until(int fd, GString *text, const char *end) {
  char c;
  gsize length = strlen(end);
  while (read_byte(fd, &c)) {
    g_string_append_c(text, c);
    if (text->len >= length && strcmp(text->str + text->len - length, end) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean read_exactly(int fd, GString *text, gsize n) {
  gsize at = text->len;
  g_string_set_size(text, at + n);
  return n == 0 || recv(fd, text->str + at, n, MSG_WAITALL) == (ssize_t)n;
}

/* A chunk of a chunked body; FALSE for the last one, and when the stream was cut. */
static gboolean read_chunk(int fd, GString *body) {
  g_autoptr(GString) line = g_string_new(NULL);
  if (!read_until(fd, line, "\r\n"))
    return FALSE;
  gsize size = g_ascii_strtoull(line->str, NULL, 16);
  g_autoptr(GString) end = g_string_new(NULL);
  return read_exactly(fd, body, size) && read_exactly(fd, end, 2) && size > 0;
}

/* The header's value, or NULL; the caller frees. */
static G_GNUC_UNUSED char *answer_header(const Answer *answer, const char *name) {
  g_auto(GStrv) lines = g_strsplit(answer->head->str, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_ascii_strncasecmp(*line, name, strlen(name)) == 0 && (*line)[strlen(name)] == ':')
      return g_strdup(g_strstrip(*line + strlen(name) + 1));
  return NULL;
}

static void read_head(int fd, Answer *answer) {
  answer->head = g_string_new(NULL);
  answer->body = g_string_new(NULL);
  do {
    g_string_truncate(answer->head, 0);
    read_until(fd, answer->head, "\r\n\r\n");
    answer->status = answer->head->len > 12 ? atoi(answer->head->str + 9) : 0;
  } while (answer->status == 100);
}

static G_GNUC_UNUSED Answer read_answer(int fd, gboolean without_body) {
  Answer answer = {0};
  read_head(fd, &answer);
  g_autofree char *length = answer_header(&answer, "Content-Length"),
                  *coding = answer_header(&answer, "Transfer-Encoding");
  if (!without_body && length != NULL)
    g_assert_true(read_exactly(fd, answer.body, (gsize)g_ascii_strtoull(length, NULL, 10)));
  if (!without_body && coding != NULL)
    while (read_chunk(fd, answer.body))
      ;
  return answer;
}

/* One request on a connection; `headers` are lines with their ends, or "". */
static G_GNUC_UNUSED void send_request(int fd, const char *method, const char *path, const char *headers,
                                       const char *body) {
  g_autofree char *length = body == NULL ? g_strdup("") : g_strdup_printf("Content-Length: %zu\r\n", strlen(body));
  g_autofree char *text = g_strdup_printf("%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s", method, path, headers, length,
                                          body == NULL ? "" : body);
  send_text(fd, text);
}

/* A request on a unix connection of its own. */
static G_GNUC_UNUSED Answer ask(const Fixture *fixture, const char *method, const char *path, const char *headers,
                                const char *body) {
  int fd = dial_unix(fixture);
  send_request(fd, method, path, headers, body);
  Answer answer = read_answer(fd, strcmp(method, "HEAD") == 0);
  close(fd);
  return answer;
}

/* The error's word, or "". The caller frees. */
static G_GNUC_UNUSED char *answer_code(const Answer *answer) {
  g_autoptr(json_t) body = json_loads(answer->body->str, 0, NULL);
  const char *code = json_string_value(json_object_get(json_object_get(body, "error"), "code"));
  return g_strdup(code == NULL ? "" : code);
}

static void write_with(const char *name, const char *text, int flags) {
  g_autofree char *path = g_build_filename(fake.sandbox, name, NULL);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
  close(fd);
}

static G_GNUC_UNUSED void write_sandbox(const char *name, const char *text) {
  write_with(name, text, O_TRUNC);
}

static G_GNUC_UNUSED void append_sandbox(const char *name, const char *text) {
  write_with(name, text, O_APPEND);
}

#endif
