/* The HTTP server on real sockets (http_ask.h), with doubles of what lies behind it. Included by one file of a test program: it
 * defines the functions of view.h and command.h, so that the multi library is not linked. */
#ifndef MU_TEST_HTTP_FIXTURE_H
#define MU_TEST_HTTP_FIXTURE_H
#include "http_ask.h"
#include "json.h"
#include "view.h"
#include "view_inspect.h"
#include "view_why.h"
#include <glib/gstdio.h>
#include <muster/error.h>
#include <string.h>

#define TOKEN "sesame"

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
  guint more;          /* services in the list, beyond the usual two, a part of it each */
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

char *mu_view_services_part(MuMultiServiceEventClient *client, MuServiceListing *listing) {
  (void)client;
  guint before = listing->last == NULL ? 0 : (guint)strlen(listing->last); /* of those beyond the usual */
  listing->ended = before == fake.more;
  if (listing->ended)
    return g_strconcat(before == 0 ? "[" : ",",
                       "{\"service\":\"redis\",\"version\":3},{\"service\":\"team/web\",\"version\":1}]\n", NULL);
  g_free(listing->last);
  listing->last = g_strnfill(before + 1, 'a');
  return g_strdup_printf("%s{\"service\":\"%s\"}", before == 0 ? "[" : ",", listing->last);
}

void mu_service_listing_clear(MuServiceListing *listing) {
  g_clear_pointer(&listing->last, g_free);
}

const char *mu_view_service_name(MuMultiServiceEventClient *client, const char *name) {
  (void)client;
  return strcmp(name, "team.web") == 0 ? "team/web" : NULL;
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

gboolean mu_view_task(MuMultiServiceEventClient *client, const char *service, const char *task, MuTaskPlace *ret_place,
                      GError **error) {
  (void)client;
  g_autoptr(json_t) found = view(service, "1", error);
  if (found == NULL)
    return FALSE;
  *ret_place = (MuTaskPlace){task, "agent-0", "executor-0"};
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

/* The service that is the whole scheduler, of the fixtures opened from now on; NULL: none. */
static const char *fake_mono;

/* Set before a fixture is opened: its sandboxes are elsewhere. */
static void (*fake_read_sandbox)(const MuTaskPlace *task, const char *path, guint64 offset, guint64 length,
                                 MuSandboxFunc done, gpointer done_user, gpointer user);

/* Likewise: what runs commands in tasks; NULL: they are off. */
static gboolean (*fake_exec)(const MuTaskPlace *task, const MuExecRequest *request, int fd, gpointer user,
                             GError **error);

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
                           .exec = fake_exec,
                           .exec_refusal = "commands are off",
                           .describe_engine = fake_describe_engine,
                           .bootstrap_path = "/dev/null"};
  fixture->server = mu_http_server_new(&config, &backend, &error);
  g_assert_no_error(error);
  fixture->port = (guint16)g_ascii_strtoull(strrchr(mu_http_server_url(fixture->server), ':') + 1, NULL, 10);
}

static G_GNUC_UNUSED void fixture_open(Fixture *fixture) {
  fixture_open_with(fixture, 0, FALSE);
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
