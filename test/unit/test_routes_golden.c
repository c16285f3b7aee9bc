/* Golden answers of every route: test/golden/routes/METHOD_PATH.txt has what a scheduler with services in all states (service_world.h)
 * answers: status, content type, body. The table of routes is walked: a route without a file fails, and a file without a route too.
 * UPDATE=1 writes them. Random ids are numbered; certificates, counts of offers and
 * times of this machine are hidden.
 *
 * Each route is asked for every service; with each part of its path that is not there; with a method that it has not; what EXTRA says
 * of it; and by the path that a scheduler of one service has: by one of many, which names where to ask, and by one of that
 * service, which answers the same. What changes something is asked of a world of its own. */
#include "http_ask.h"
#include "http_router.h"
#include "service_world.h"
#include "views_golden.h"

#include "mu_config.h"
#include "view_inspect.h"

#define SERVICE "/v1/service/{name}"
#define FOLDER "test/golden/routes"
#define GOOD "deployed" /* of it what changes something is asked */

/* ---- what is asked beside the rule -------------------------------------------------------------------------------- */

typedef struct {
  const char *method, *pattern; /* of the route */
  const char *path;             /* {configuration} and the like are filled in as by the rule */
  const char *headers, *body;
} Extra;

#define YAML "Content-Type: application/yaml\r\n"
#define JSON "Content-Type: application/json\r\n"
#define SMALL "pods: {node: {count: 1, tasks: {t: {goal: RUNNING, cmd: x, cpus: 0.1, memory: 32}}}}"
#define OF(path) "/v1/service/" GOOD path

static const Extra EXTRA[] = {
    {"GET", "/v1/health", "/v1/health?verbose=maybe", "", NULL},
    {"GET", "/v1/events", "/v1/events", "Last-Event-ID: x\r\n", NULL},
    {"PUT", "/v1/secrets/{secret*}", "/v1/secrets/team/new", "", "v4lue"},
    {"PUT", "/v1/secrets/{secret*}", "/v1/secrets/team/key", "", "other"},
    {"PUT", "/v1/secrets/{secret*}", "/v1/secrets/team//key", "", "v4lue"},
    {"POST", "/v1/multi/{name}", "/v1/multi/fresh", JSON, "{}"},
    {"POST", "/v1/multi/{name}", "/v1/multi/fresh?yaml=svc", JSON, "{}"},
    {"DELETE", "/v1/multi/{name}", "/v1/multi/" GOOD, "", NULL},
    {"DELETE", "/v1/multi/{name}", "/v1/multi/" GOOD, "", NULL},
    {"DELETE", "/v1/multi/{name}", "/v1/multi/uninstalling?force=true", "", NULL},
    {"DELETE", SERVICE, OF("?force=maybe"), "", NULL},
    {"DELETE", SERVICE, OF(""), "If-Match: \"7\"\r\n", NULL},
    {"DELETE", SERVICE, OF("?force=true"), "If-Match: \"7\"\r\n", NULL},
    {"DELETE", SERVICE, OF(""), "If-None-Match: *\r\n", NULL},
    {"DELETE", SERVICE, OF(""), "If-Match: \"1\"\r\n", NULL},
    {"DELETE", SERVICE, OF(""), "", NULL},
    {"DELETE", SERVICE, "/v1/service/uninstalling?force=true", "", NULL},
    {"PUT", SERVICE, "/v1/service/fresh?dry-run=true", YAML, SMALL},
    {"PUT", SERVICE, "/v1/service/fresh", YAML "If-Match: \"3\"\r\n", SMALL},
    {"PUT", SERVICE, "/v1/service/fresh", YAML "If-None-Match: *\r\n", SMALL},
    {"PUT", SERVICE, "/v1/service/fresh", YAML "If-None-Match: *\r\n", SMALL},
    {"PUT", SERVICE, "/v1/service/fresh", YAML, SMALL},
    {"PUT", SERVICE, "/v1/service/fresh", JSON "If-Match: *\r\n", "{\"yaml\":\"" SMALL "\",\"priority\":3}"},
    {"PUT", SERVICE, "/v1/service/fresh?dry-run=true", YAML,
     "pods: {node: {count: 2, tasks: {t: {goal: RUNNING, cmd: y, cpus: 0.1, memory: 32}}}}"},
    {"PUT", SERVICE, "/v1/service/fresh", YAML, "pods: {node: {count: 0, tusks: {}}}"},
    {"PUT", SERVICE, "/v1/service/fresh", YAML, "pods: {node: {count: 1, tasks: {t: {cmd: '{{ABSENT}}'}}}}"},
    {"PUT", SERVICE, "/v1/service/fresh", JSON, "{\"yaml\":"},
    {"PUT", SERVICE, "/v1/service/fresh", JSON, "[]"},
    {"PUT", SERVICE, "/v1/service/fresh", JSON, "{\"yaml\":\"\",\"x\":1}"},
    {"PUT", SERVICE, "/v1/service/fresh", YAML, "name: \xff"},
    {"PUT", SERVICE, "/v1/service/fresh", YAML, ""},
    {"PUT", SERVICE, "/v1/service/fresh", "Content-Type: image/png\r\n", "x"},
    {"PUT", SERVICE, "/v1/service/fresh", YAML "If-Match: x\r\n", SMALL},
    {"PUT", SERVICE, "/v1/service/fresh?dry-run=maybe", YAML, SMALL},
    {"PUT", SERVICE, "/v1/service/a__b", YAML, SMALL},
    {"PUT", SERVICE, "/v1/service/uninstalling", YAML, SMALL},
    {"POST", SERVICE "/rollback", OF("/rollback"), "", ""},
    {"POST", SERVICE "/rollback", OF("/rollback?to=1"), "", ""},
    {"POST", SERVICE "/rollback", OF("/rollback?to=77"), "", ""},
    {"POST", SERVICE "/rollback", OF("/rollback?to=1"), "If-Match: 1, 2\r\n", ""},
    {"POST", SERVICE "/restart", OF("/restart?strategy=paralel"), "", ""},
    {"POST", SERVICE "/restart", OF("/restart?strategy=random"), "", ""},
    {"POST", SERVICE "/restart", OF("/restart"), "", ""},
    {"GET", SERVICE "/health", "/v1/service/recovering/health?verbose=true", "", NULL},
    {"GET", SERVICE "/why", "/v1/service/recovering/why?pod=node-1", "", NULL},
    {"GET", SERVICE "/why", "/v1/service/recovering/why?pod=node-7", "", NULL},
    {"GET", SERVICE "/plans/{plan}", "/v1/service/recovering/plans/recovery", "", NULL},
    {"GET", SERVICE "/plans/{plan}", "/v1/service/shrinking/plans/decommission", "", NULL},
    {"GET", SERVICE "/plans/{plan}", OF("/plans/spare"), "", NULL},
    {"POST", SERVICE "/plans/{plan}/start", OF("/plans/spare/start"), JSON, "{\"MODE\":\"slow\"}"},
    {"POST", SERVICE "/plans/{plan}/start", OF("/plans/spare/start"), JSON, "[]"},
    {"POST", SERVICE "/plans/{plan}/start", OF("/plans/spare/start"), JSON, "{\"MODE\":1}"},
    {"POST", SERVICE "/plans/{plan}/stop", OF("/plans/spare/stop"), "", ""},
    {"POST", SERVICE "/plans/{plan}/interrupt", OF("/plans/deploy/interrupt?phase=nodes"), "", ""},
    {"POST", SERVICE "/plans/{plan}/interrupt", OF("/plans/deploy/interrupt?phase=nope"), "", ""},
    {"POST", SERVICE "/plans/{plan}/interrupt", OF("/plans/deploy/interrupt"), "", ""},
    {"POST", SERVICE "/plans/{plan}/interrupt", OF("/plans/deploy/interrupt"), "", ""},
    {"POST", SERVICE "/plans/{plan}/continue", OF("/plans/deploy/continue"), "", ""},
    {"POST", SERVICE "/plans/{plan}/continue", OF("/plans/spare/continue"), "", ""},
    {"POST", SERVICE "/plans/{plan}/forceComplete",
     "/v1/service/waiting/plans/deploy/forceComplete?phase=nodes&step=nope", "", ""},
    {"POST", SERVICE "/plans/{plan}/forceComplete", "/v1/service/waiting/plans/deploy/forceComplete", "", ""},
    {"POST", SERVICE "/plans/{plan}/forceComplete", "/v1/service/waiting/plans/deploy/forceComplete", "", ""},
    {"POST", SERVICE "/plans/{plan}/restart", OF("/plans/deploy/restart?phase=nodes&step=nope"), "", ""},
    {"POST", SERVICE "/plans/{plan}/restart", OF("/plans/deploy/restart"), "", ""},
    {"GET", SERVICE "/pod/{pod}/status", "/v1/service/shrinking/pod/node-2/status", "", NULL},
    {"POST", SERVICE "/pod/{pod}/restart", OF("/pod/node-0/restart"), "", ""},
    {"POST", SERVICE "/pod/{pod}/restart", "/v1/service/uninstalling/pod/node-0/restart", "", ""},
    {"POST", SERVICE "/pod/{pod}/pause", OF("/pod/node-0/pause"), JSON, "[\"nope\"]"},
    {"POST", SERVICE "/pod/{pod}/pause", OF("/pod/node-0/pause"), JSON, "{}"},
    {"POST", SERVICE "/pod/{pod}/pause", OF("/pod/node-0/pause"), JSON, "[\"main-deployed\"]"},
    {"POST", SERVICE "/pod/{pod}/resume", OF("/pod/node-1/resume"), "", ""},
    {"POST", SERVICE "/pod/{pod}/recommission", "/v1/service/shrinking/pod/node-0/recommission", "", ""},
    {"POST", SERVICE "/pod/{pod}/recommission", "/v1/service/shrinking/pod/node-2/recommission", "", ""},
    {"GET", SERVICE "/configurations/{configuration}", OF("/configurations/00000000-0000-4000-8000-000000000000"), "",
     NULL},
    {"PUT", SERVICE "/state/files/{file}", OF("/state/files/.hidden"), "Content-Type: text/plain\r\n", "x"},
    {"PUT", SERVICE "/state/files/{file}", OF("/state/files/form"),
     "Content-Type: multipart/form-data; boundary=xx\r\n",
     "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--xx--\r\n"},
    {"PUT", SERVICE "/state/files/{file}", OF("/state/files/form"),
     "Content-Type: multipart/form-data; boundary=xx\r\n", "--xx\r\n"},
    {"GET", SERVICE "/debug/plans", OF("/debug/plans?plan=DEPLOY&phase=nodes&step=node-1:[main-deployed]"), "", NULL},
    {"GET", SERVICE "/debug/plans", OF("/debug/plans?plan=nope"), "", NULL},
    {"GET", SERVICE "/debug/plans", OF("/debug/plans?plan=deploy&phase=nope"), "", NULL},
    {"GET", SERVICE "/debug/plans", OF("/debug/plans?plan=deploy&phase=nodes&step=nope"), "", NULL},
    {"GET", SERVICE "/debug/plans", OF("/debug/plans?step=x"), "", NULL},
    {"GET", SERVICE "/debug/offers", OF("/debug/offers?plan=nope"), "", NULL},
    {"GET", SERVICE "/sandbox/{task}/{path*}", OF("/sandbox/node-0-main-deployed/stdout?tail=1"), "", NULL},
    {"GET", SERVICE "/sandbox/{task}/{path*}", OF("/sandbox/node-0-main-deployed/stdout?offset=x"), "", NULL},
};

/* ---- the servers --------------------------------------------------------------------------------------------------- */

typedef struct {
  World world;
  MuSecretStore *secrets;
  char *folder, *bootstrap;
  Fixture many, mono; /* the same scheduler behind both; mono: as if GOOD were all there is */
} Scene;

static Scene *scene; /* what the doubles below belong to */

/* The simulator's time passes while a command is done; the answer comes from the main loop, as the runner's. */
static gboolean on_command_due(gpointer user) {
  MuCommand *command = user;
  MuReplyFunc reply = command->reply;
  gpointer reply_user = command->user;
  GError *error = NULL;
  g_autoptr(json_t) body = mu_sim_command(scene->world.sim, command, &error);
  reply(body, error, reply_user);
  g_clear_error(&error);
  return G_SOURCE_REMOVE;
}

static void submit(MuCommand *take_command, gpointer user) {
  (void)user;
  g_idle_add(on_command_due, take_command);
}

static char *sandbox_path(const char *agent_id, const char *task_id, const char *path, gpointer user, GError **error) {
  (void)agent_id, (void)task_id, (void)user;
  g_autofree char *whole = g_build_filename(scene->folder, "sandbox", path, NULL);
  if (g_file_test(whole, G_FILE_TEST_EXISTS))
    return g_steal_pointer(&whole);
  g_set_error(error, MU_ERROR, MU_ERROR_NOT_FOUND, "there is no file `%s` in the sandbox", path);
  return NULL;
}

/* What is in it the engine says, and the tests of the engines. */
static json_t *describe_engine(gpointer user) {
  (void)user;
  return json_pack("{s:s, s:[{s:s, s:s}]}", "engine", "sim", "agents", "id", "agent-0", "hostname", "host-0");
}

static void open_server(Fixture *fixture, const char *socket, const char *mono) {
  g_autoptr(GError) error = NULL;
  fixture->socket_path = g_build_filename(scene->folder, socket, NULL);
  const MuHttpConfig config = {.socket_path = fixture->socket_path, .mono = mono};
  const MuHttpBackend backend = {.client = scene->world.client,
                                 .secrets = scene->secrets,
                                 .submit = submit,
                                 .sandbox_path = sandbox_path,
                                 .exec_refusal = "commands in tasks are off",
                                 .describe_engine = describe_engine,
                                 .bootstrap_path = scene->bootstrap};
  fixture->server = mu_http_server_new(&config, &backend, &error);
  g_assert_no_error(error);
}

static void put_secret(const char *name, const char *value) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_bytes_new_static(value, strlen(value));
  gboolean created = FALSE;
  mu_secret_store_put(scene->secrets, name, bytes, &created, &error);
  g_assert_no_error(error);
}

static void make_sandbox(void) {
  g_autofree char *sandbox = g_build_filename(scene->folder, "sandbox", NULL);
  g_autofree char *file = g_build_filename(sandbox, "stdout", NULL);
  g_assert_cmpint(g_mkdir(sandbox, 0700), ==, 0);
  g_assert_true(g_file_set_contents(file, "one\ntwo\n", -1, NULL));
  scene->bootstrap = g_steal_pointer(&file);
}

static void scene_open(void) {
  g_autoptr(GError) error = NULL;
  scene = g_new0(Scene, 1);
  world_open(&scene->world);
  scene->folder = g_dir_make_tmp("muster-golden-XXXXXX", &error);
  g_assert_no_error(error);
  make_sandbox();
  g_autofree char *secrets = g_build_filename(scene->folder, "secrets", NULL);
  scene->secrets = mu_secret_store_open(secrets, &error);
  g_assert_no_error(error);
  put_secret("team/key", "v4lue");
  open_server(&scene->many, "many", NULL);
  open_server(&scene->mono, "mono", GOOD);
}

static void close_server(Fixture *fixture) {
  mu_http_server_free(fixture->server);
  g_free(fixture->socket_path);
}

static void scene_close(void) {
  close_server(&scene->many);
  close_server(&scene->mono);
  mu_secret_store_free(scene->secrets);
  remove_tree(scene->folder);
  g_free(scene->folder);
  g_free(scene->bootstrap);
  world_close(&scene->world);
  g_clear_pointer(&scene, g_free);
}

/* ---- paths --------------------------------------------------------------------------------------------------------- */

static char *target_of(const char *service) {
  g_autoptr(json_t) target = mu_view_target_id(scene->world.client, service, NULL);
  return g_strdup(target == NULL ? "none" : json_string_value(json_array_get(target, 0)));
}

/* What there is of the service in the place of a capture. */
static char *filling(const MuRoute *route, const char *capture, const char *service) {
  static const char *const ALWAYS[] = {"plan",     "deploy", "pod",     "node-0",   "pod-type",
                                       "node",     "config", "main",    "endpoint", "web",
                                       "file",     "notes",  "address", "host-0",   "secret*",
                                       "team/key", "path*",  "stdout",  "key",      "deployment-completed"};
  for (guint i = 0; i < G_N_ELEMENTS(ALWAYS); i += 2)
    if (strcmp(capture, ALWAYS[i]) == 0)
      return g_strdup(ALWAYS[i + 1]);
  if (strcmp(capture, "name") == 0)
    return g_uri_escape_string(service, NULL, FALSE);
  if (strcmp(capture, "configuration") == 0)
    return target_of(service);
  g_assert_cmpstr(capture, ==, "task"); /* a new capture: say above what it is filled with */
  return g_strdup_printf("%smain-%s", strstr(route->path, "template") != NULL ? "" : "node-0-", world_short(service));
}

/* The route's path for the service; the `bad`-th capture (from 0; -1: none) is something that there is not. */
static char *fill(const MuRoute *route, const char *service, int bad) {
  g_auto(GStrv) parts = g_strsplit(route->path, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    if (**part != '{')
      continue;
    g_autofree char *capture = g_strndup(*part + 1, strlen(*part) - 2);
    g_free(*part);
    *part = bad-- == 0 ? g_strdup("nope") : filling(route, capture, service);
  }
  return g_strjoinv("/", parts);
}

static int count_captures(const MuRoute *route) {
  int n = 0;
  for (const char *at = route->path; (at = strchr(at, '{')) != NULL; at++)
    n++;
  return n;
}

static gboolean is_of_service(const MuRoute *route) {
  return g_str_has_prefix(route->path, SERVICE "/");
}

static gboolean changes(const MuRoute *route) {
  return strcmp(route->method, "GET") != 0;
}

/* ---- answers as text ----------------------------------------------------------------------------------------------- */

static char *replace(const char *text, const char *pattern, const char *with) {
  g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_DOTALL, 0, NULL);
  return g_regex_replace(regex, text, -1, 0, with, 0, NULL);
}

static char *masked(const char *text) {
  static const char *const MASKS[][2] = {
      {"(\"(acceptedCount|rejectedCount|mtime|changed|count)\": )[0-9]+", "\\1<n>"},
      {"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", "<a certificate>"},
      {"\"version\": \"" MU_VERSION "\"", "\"version\": \"<version>\""},
      {"muster-golden-[A-Za-z0-9]{6}", "<folder>"},
  };
  g_autofree char *numbered = number_uuids(text);
  char *result = hide_counts(numbered);
  for (guint i = 0; i < G_N_ELEMENTS(MASKS); i++) {
    g_autofree char *before = result;
    result = replace(before, MASKS[i][0], MASKS[i][1]);
  }
  return result;
}

/* How often which offer came hangs on the simulated cluster alone: each kind of answer to one is shown once. */
static void fold_offers(json_t *body) {
  json_t *offers = json_object_get(body, "offers"), *offer;
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!json_is_array(offers))
    return;
  size_t i = 0;
  while ((offer = json_array_get(offers, i)) != NULL) {
    json_object_set_new(offer, "timestamp", json_string("<time>"));
    if (json_object_get(offer, "offer") != NULL)
      json_object_set_new(offer, "offer", json_string("<offer>"));
    if (g_hash_table_add(seen, mu_json_to_string(offer)))
      i++;
    else
      json_array_remove(offers, i);
  }
  const char *const counts[] = {"failureReasons", "rejectedAgents"};
  for (guint j = 0; j < G_N_ELEMENTS(counts); j++) {
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(body, counts[j]), key, value)
      json_object_set_new(json_object_get(body, counts[j]), key, json_string("<n>"));
  }
}

/* The document is as long as everything else together, and made of the table: its paths are enough. */
static void fold_openapi(json_t *body) {
  json_t *paths = json_object_get(body, "paths"), *item;
  const char *path, *method;
  if (json_object_get(body, "openapi") == NULL)
    return;
  json_object_foreach (paths, path, item) {
    json_t *methods = json_array(), *operation;
    json_object_foreach (item, method, operation)
      json_array_append_new(methods, json_string(method));
    json_object_set_new(paths, path, methods);
  }
  json_object_set_new(body, "components", json_string("<schemas>"));
}

static void append_body(GString *text, const Answer *answer) {
  g_autoptr(json_t) body = mu_json_parse(answer->body->str, answer->body->len, G_MAXSIZE, NULL);
  if (body == NULL) {
    g_string_append(text, answer->body->str);
  } else {
    fold_offers(body);
    fold_openapi(body);
    g_autofree char *pretty = mu_json_to_pretty(body);
    g_string_append(text, pretty);
  }
  if (!g_str_has_suffix(text->str, "\n"))
    g_string_append_c(text, '\n');
}

static void append_header(GString *text, const Answer *answer, const char *name) {
  g_autofree char *value = answer_header(answer, name);
  if (value != NULL)
    g_string_append_printf(text, "< %s: %s\n", name, value);
}

static void append_lines(GString *text, const char *mark, const char *lines) {
  g_auto(GStrv) split = g_strsplit(lines, "\n", -1);
  for (char **line = split; *line != NULL; line++) {
    g_autofree char *valid = g_utf8_make_valid(g_strchomp(*line), -1);
    if (*valid != '\0')
      g_string_append_printf(text, "%s%s\n", mark, valid);
  }
}

/* ---- asking -------------------------------------------------------------------------------------------------------- */

/* The stream of events does not end: its first one is all that is looked at. */
static Answer ask_stream(const Fixture *fixture, const char *method, const char *path, const char *headers) {
  int fd = dial_unix(fixture);
  Answer answer = {0};
  send_request(fd, method, path, headers, NULL);
  read_head(fd, &answer);
  while (g_strstr_len(answer.body->str, -1, "\n\n") == NULL && read_chunk(fd, answer.body))
    ;
  close(fd);
  return answer;
}

static Answer ask_any(const Fixture *fixture, const char *method, const char *path, const char *headers,
                      const char *body) {
  if (strcmp(method, "GET") == 0 && strcmp(path, "/v1/events") == 0 && *headers == '\0')
    return ask_stream(fixture, method, path, headers);
  return ask(fixture, method, path, headers, body);
}

static int append_exchange(GString *text, const Fixture *fixture, const char *method, const char *path,
                           const char *headers, const char *body) {
  g_auto(Answer) answer = ask_any(fixture, method, path, headers, body);
  g_autofree char *type = answer_header(&answer, "Content-Type");
  g_string_append_printf(text, "> %s %s\n", method, path);
  append_lines(text, "> ", headers);
  append_lines(text, "> ", body == NULL ? "" : body);
  g_string_append_printf(text, "< %d %s\n", answer.status, type);
  append_header(text, &answer, "ETag");
  append_header(text, &answer, "Allow");
  append_body(text, &answer);
  g_string_append_c(text, '\n');
  return answer.status;
}

/* ---- a route -------------------------------------------------------------------------------------------------------- */

static const MuRoute *route_asked; /* by the client's thread */
static GString *route_text;
static gboolean route_is_good; /* it answered well once */

static void note(int status) {
  route_is_good |= status >= 200 && status < 300;
}

static const char *usual_body(const MuRoute *route) {
  return changes(route) && strcmp(route->method, "DELETE") != 0 ? "" : NULL;
}

static gboolean has_extra(const MuRoute *route) {
  for (guint i = 0; i < G_N_ELEMENTS(EXTRA); i++)
    if (strcmp(EXTRA[i].method, route->method) == 0 && strcmp(EXTRA[i].pattern, route->path) == 0)
      return TRUE;
  return FALSE;
}

static void ask_for(const MuRoute *route, const char *service) {
  g_autofree char *path = fill(route, service, -1);
  note(append_exchange(route_text, &scene->many, route->method, path, "", usual_body(route)));
}

static void ask_rule(const MuRoute *route) {
  gboolean named = strstr(route->path, "{name}") != NULL;
  for (int bad = 0; bad < count_captures(route); bad++) {
    g_autofree char *path = fill(route, GOOD, bad);
    append_exchange(route_text, &scene->many, route->method, path, "", usual_body(route));
  }
  if (changes(route) || !named) {
    if (!changes(route) || !has_extra(route))
      ask_for(route, GOOD);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS(WORLD); i++)
    ask_for(route, WORLD[i]);
}

static void ask_extra(const MuRoute *route) {
  for (guint i = 0; i < G_N_ELEMENTS(EXTRA); i++)
    if (strcmp(EXTRA[i].method, route->method) == 0 && strcmp(EXTRA[i].pattern, route->path) == 0)
      note(append_exchange(route_text, &scene->many, EXTRA[i].method, EXTRA[i].path, EXTRA[i].headers, EXTRA[i].body));
}

/* The same answer as by the path with the service's name. */
static void ask_mono(const MuRoute *route) {
  g_autofree char *path = fill(route, GOOD, -1);
  g_autofree char *mono_path = g_strconcat("/v1", path + strlen(OF("")), NULL);
  append_exchange(route_text, &scene->many, route->method, mono_path, "", usual_body(route));
  if (changes(route))
    return; /* asked twice it is not the same; that such a path comes to its handler test_routes.c sees */
  g_auto(Answer) named = ask(&scene->many, route->method, path, "", NULL);
  g_auto(Answer) short_one = ask(&scene->mono, route->method, mono_path, "", NULL);
  g_assert_cmpint(short_one.status, ==, named.status);
  g_assert_cmpstr(short_one.body->str, ==, named.body->str);
}

static void ask_route(Fixture *fixture) {
  (void)fixture;
  ask_rule(route_asked);
  ask_extra(route_asked);
  if (is_of_service(route_asked))
    ask_mono(route_asked);
  g_autofree char *path = fill(route_asked, GOOD, -1);
  append_exchange(route_text, &scene->many, "PATCH", path, "", NULL);
}

/* There is no cache to refresh, and no folder of specs: tests of the command line have one. */
static gboolean never_answers_well(const MuRoute *route) {
  return g_str_has_suffix(route->path, "/state/refresh") ||
         g_str_has_suffix(route->path, "/exec/{task}") || /* test_exec_route.c has what is not refused */
         (strcmp(route->method, "POST") == 0 && strcmp(route->path, "/v1/multi/{name}") == 0);
}

static char *file_of(const MuRoute *route) {
  g_autofree char *name = g_strconcat(route->method, route->path, NULL);
  g_autoptr(GString) text = g_string_new(g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-.", '_'));
  while (g_string_replace(text, "__", "_", 0) > 0)
    ;
  if (g_str_has_suffix(text->str, "_"))
    g_string_truncate(text, text->len - 1);
  return g_strconcat(FOLDER "/", text->str, ".txt", NULL);
}

static void check_route(const MuRoute *route) {
  g_autofree char *file = file_of(route);
  route_asked = route;
  route_text = g_string_new(NULL);
  route_is_good = FALSE;
  fixture_run(&scene->many, ask_route);
  if (!route_is_good && !never_answers_well(route)) {
    g_test_message("%s %s never answered well:\n%s", route->method, route->path, route_text->str);
    g_test_fail();
  }
  g_string_truncate(route_text, route_text->len - 1);
  g_autofree char *text = masked(route_text->str);
  mu_test_golden(file, text);
  g_string_free(route_text, TRUE);
}

static void walk(gboolean those_that_change) {
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  for (gsize i = 0; i < n; i++) {
    if (changes(&routes[i]) != those_that_change)
      continue;
    if (those_that_change)
      scene_open();
    check_route(&routes[i]);
    if (those_that_change)
      scene_close();
  }
}

static void test_reading(void) {
  scene_open();
  walk(FALSE);
  scene_close();
}

static void test_changing(void) {
  walk(TRUE);
}

/* ---- a scheduler of one service ------------------------------------------------------------------------------------ */

static void ask_old_paths(Fixture *fixture) {
  static const char *const PATHS[] = {"/v1/health", "/v1/plan", "/v2/debug/offers", "/v1/plans/nope", "/v1/plnas"};
  for (guint i = 0; i < G_N_ELEMENTS(PATHS); i++)
    append_exchange(route_text, fixture, "GET", PATHS[i], "", NULL);
}

static void test_mono(void) {
  scene_open();
  route_text = g_string_new(NULL);
  fixture_run(&scene->mono, ask_old_paths);
  g_string_truncate(route_text, route_text->len - 1);
  g_autofree char *text = masked(route_text->str);
  mu_test_golden(FOLDER "/mono.txt", text);
  g_string_free(route_text, TRUE);
  scene_close();
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static gboolean is_of_a_route(const char *file) {
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  for (gsize i = 0; i < n; i++) {
    g_autofree char *path = file_of(&routes[i]);
    if (g_str_has_suffix(path, file) && path[strlen(path) - strlen(file) - 1] == '/')
      return TRUE;
  }
  return strcmp(file, "mono.txt") == 0;
}

static void test_no_file_is_left(void) {
  g_autofree char *folder = mu_test_source(FOLDER);
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
  g_assert_no_error(error);
  for (const char *file; (file = g_dir_read_name(dir)) != NULL;)
    if (!is_of_a_route(file)) {
      g_test_message("%s/%s is of no route (any more)", FOLDER, file);
      g_test_fail();
    }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/routes-golden/reading", test_reading);
  g_test_add_func("/routes-golden/changing", test_changing);
  g_test_add_func("/routes-golden/mono", test_mono);
  g_test_add_func("/routes-golden/no-file-is-left", test_no_file_is_left);
  return g_test_run();
}
