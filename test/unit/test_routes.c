/* Every route, asked as documented, over the unix socket. */
#include "http_fixture.h"

typedef struct {
  const char *method, *path, *headers, *body;
  int status;
  const char *type;     /* of the answer */
  const char *contains; /* in its body */
  const char *command;  /* that was submitted; NULL: none */
} Case;

#define R "/v1/service/redis"
#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"
static const Case cases[] = {
    {"GET", "/", "", NULL, 200, JSON, "\"name\":\"muster\"", NULL},
    {"GET", "/v1/health", "", NULL, 203, JSON, "well", NULL},
    {"GET", "/v1/metrics", "", NULL, 200, JSON, "gauges", NULL},
    {"GET", "/v1/framework", "", NULL, 203, JSON, "well", NULL},
    {"GET", "/v1/state/frameworkId", "", NULL, 200, JSON, "[\"fw-1\"]", NULL},
    {"GET", "/v1/metrics/prometheus", "", NULL, 200, "text/plain; version=0.0.4; charset=utf-8", "muster_services 2",
     NULL},
    {"GET", "/v1/state/engine", "", NULL, 200, JSON, "agent-0", NULL},
    {"DELETE", "/v1/framework", "", NULL, 202, JSON, "done", "3 service=(null)"},
    {"GET", "/v1/artifacts/bootstrap", "", NULL, 200, "application/octet-stream", "", NULL},
    {"PUT", "/v1/secrets/team/key", "Content-Type: application/octet-stream\r\n", "v4lue", 201, JSON,
     "{\"secret\":\"team/key\",\"result\":\"created\"}", NULL},
    {"PUT", "/v1/secrets/team/key", "", "v4lue", 200, JSON, "\"result\":\"changed\"", NULL},
    {"PUT", "/v1/secrets/team//key", "", "v4lue", 400, JSON, "no name of a secret", NULL},
    {"PUT", "/v1/secrets/.ca", "", "v4lue", 400, JSON, "no part may begin with", NULL},
    {"GET", "/v1/secrets", "", NULL, 200, JSON, "{\"secrets\":[{\"name\":\"team/key\",\"changed\":", NULL},
    {"GET", "/v1/secrets/team/key", "", NULL, 405, JSON, "PUT", NULL},
    {"DELETE", "/v1/secrets/team/key", "", NULL, 200, JSON, "\"result\":\"removed\"", NULL},
    {"DELETE", "/v1/secrets/team/key", "", NULL, 404, JSON, "muster secret list", NULL},
    {"GET", "/v1/tls/ca", "", NULL, 200, "application/x-pem-file", "-----BEGIN CERTIFICATE-----", NULL},
    {"GET", "/v1/openapi.json", "", NULL, 200, JSON, "\"openapi\":\"3.0.3\"", NULL},
    {"GET", "/v1/multi", "", NULL, 200, JSON, "team/web", NULL},
    {"GET", "/v1/multi/yaml", "", NULL, 200, JSON, "[]", NULL},
    {"POST", "/v1/multi/x?yaml=svc", "Content-Type: application/json\r\n", "{}", 404, JSON, "svc", NULL},
    {"POST", "/v1/multi/x", "", "{}", 400, JSON, "yaml=FILE", NULL},
    {"DELETE", "/v1/multi/redis", "", NULL, 202, JSON, NULL, "1 service=redis"},
    {"DELETE", "/v1/multi/redis?force=true", "", NULL, 202, JSON, NULL, "2 service=redis"},
    {"PUT", "/v1/service/new", "Content-Type: application/yaml\r\n", "name: x", 201, JSON, "created",
     "0 service=new pod=(null) plan=(null) phase=(null) step=(null) if=-1"},
    {"PUT", "/v1/service/new", "Content-Type: application/json; charset=utf-8\r\nIf-None-Match: *\r\n",
     "{\"yaml\":\"x\"}", 201, JSON, "created", "0 service=new pod=(null) plan=(null) phase=(null) step=(null) if=0"},
    {"PUT", "/v1/service/redis", "If-Match: \"7\"\r\n", "name: x", 201, JSON, "created",
     "0 service=redis pod=(null) plan=(null) phase=(null) step=(null) if=7"},
    {"PUT", "/v1/service/redis", "If-Match: *\r\n", "name: x", 201, JSON, "created",
     "0 service=redis pod=(null) plan=(null) phase=(null) step=(null) if=3"},
    {"PUT", "/v1/service/team%2Fweb", "Content-Type: application/octet-stream\r\n", "\xff", 201, JSON, "created",
     "0 service=team/web"},
    {"GET", R, "", NULL, 200, JSON, "\"version\":3", NULL},
    {"GET", "/v1/service/team%2fweb", "", NULL, 200, JSON, "\"version\":3", NULL},
    {"GET", "/v1/service/team.web", "", NULL, 200, JSON, "\"version\":3", NULL},
    {"DELETE", R, "", NULL, 202, JSON, NULL, "1 service=redis"},
    {"DELETE", "/v1/service/team.web?force=false", "", NULL, 202, JSON, NULL, "1 service=team/web"},
    {"GET", R "/context", "", NULL, 200, "application/octet-stream", "name: redis", NULL},
    {"GET", R "/spec", "", NULL, 200, JSON, "redis", NULL},
    {"GET", R "/health", "", NULL, 203, JSON, "well", NULL},
    {"GET", R "/health?verbose=true", "", NULL, 203, JSON, "deploy: 1 PENDING", NULL},
    {"GET", R "/health?verbose=maybe", "", NULL, 400, JSON, "verbose", NULL},
    {"GET", R "/why", "", NULL, 200, JSON, "steps", NULL},
    {"GET", R "/why?pod=redis-0", "", NULL, 200, JSON, "\"pod\":\"redis-0\"", NULL},
    {"GET", R "/plans", "", NULL, 200, JSON, "recovery", NULL},
    {"GET", R "/plans/deploy", "", NULL, 200, JSON, "COMPLETE", NULL},
    {"GET", R "/plans/recovery", "", NULL, 202, JSON, "PENDING", NULL},
    {"POST", R "/plans/deploy/interrupt?phase=a+b&step=c%2Fd", "", "", 200, JSON, NULL,
     "6 service=redis pod=(null) plan=deploy phase=a b step=c/d if=-1"},
    {"POST", R "/plans/deploy/continue", "", "", 200, JSON, NULL,
     "7 service=redis pod=(null) plan=deploy phase=(null)"},
    {"POST", R "/plans/deploy/forceComplete?phase=p&step=s", "", "", 200, JSON, NULL,
     "8 service=redis pod=(null) plan=deploy phase=p step=s"},
    {"POST", R "/plans/deploy/restart?phase=p", "", "", 200, JSON, NULL,
     "9 service=redis pod=(null) plan=deploy phase=p step=(null)"},
    {"POST", R "/plans/deploy/start", "", "{\"A\":\"1\"}", 200, JSON, NULL,
     "15 service=redis pod=(null) plan=deploy phase=(null)"},
    {"POST", R "/plans/deploy/start", "", "[]", 400, JSON, "no JSON object", NULL},
    {"POST", R "/plans/deploy/stop", "", "", 200, JSON, NULL, "16 service=redis pod=(null) plan=deploy"},
    {"GET", R "/pod", "", NULL, 200, JSON, "[\"redis-0\"]", NULL},
    {"GET", R "/pod/status", "", NULL, 200, JSON, "pods", NULL},
    {"GET", R "/pod/redis-0/status", "", NULL, 200, JSON, "\"name\":\"redis-0\"", NULL},
    {"GET", R "/pod/redis-0/info", "", NULL, 200, JSON, "info", NULL},
    {"POST", R "/pod/redis-0/restart", "", "", 200, JSON, NULL, "4 service=redis pod=redis-0"},
    {"POST", R "/pod/redis-0/replace", "", "", 200, JSON, NULL, "5 service=redis pod=redis-0"},
    {"GET", R "/history", "", NULL, 200, JSON, "\"version\":3", NULL},
    {"POST", R "/rollback?to=3", "", "", 200, JSON, NULL, "17 service=redis"},
    {"POST", R "/restart", "", "", 200, JSON, NULL, "13 service=redis"},
    {"POST", R "/restart?strategy=parallel", "", "", 200, JSON, NULL, "13 service=redis"},
    {"POST", R "/restart?strategy=paralel", "", "", 400, JSON, "`strategy=paralel`: serial", NULL},
    {"POST", R "/pod/redis-0/pause", "", "[\"server\"]", 200, JSON, NULL, "10 service=redis pod=redis-0"},
    {"POST", R "/pod/redis-0/pause", "", "{}", 400, JSON, "no list of tasks", NULL},
    {"POST", R "/pod/redis-0/resume", "", "[1]", 400, JSON, "no list of tasks", NULL},
    {"POST", R "/pod/redis-0/resume", "", "", 200, JSON, NULL, "11 service=redis pod=redis-0"},
    {"POST", R "/pod/redis-0/decommission", "", "", 200, JSON, NULL, "18 service=redis pod=redis-0"},
    {"POST", R "/pod/redis-0/recommission", "", "", 200, JSON, NULL, "19 service=redis pod=redis-0"},
    {"GET", R "/configurations", "", NULL, 200, JSON, "id-1", NULL},
    {"GET", R "/configurations/targetId", "", NULL, 200, JSON, "[\"id-2\"]", NULL},
    {"GET", R "/configurations/target", "", NULL, 200, JSON, "target", NULL},
    {"GET", R "/configurations/id-1", "", NULL, 200, JSON, "one", NULL},
    {"GET", R "/artifacts/template/id-1/redis/server/conf", "", NULL, 200, TEXT, "id-1|redis|server|conf", NULL},
    {"GET", R "/endpoints", "", NULL, 200, JSON, "[\"web\"]", NULL},
    {"GET", R "/endpoints/web", "", NULL, 200, JSON, "address", NULL},
    {"GET", R "/state/properties", "", NULL, 200, JSON, "file-x", NULL},
    {"GET", R "/state/properties/deployment-completed", "", NULL, 200, JSON, "true", NULL},
    {"GET", R "/state/files", "", NULL, 200, TEXT, "[a, b]", NULL},
    {"GET", R "/state/files/a", "", NULL, 200, TEXT, "a", NULL},
    {"PUT", R "/state/files/a", "Content-Type: text/plain\r\n", "abc", 200, JSON, NULL,
     "12 service=redis pod=(null) plan=(null) phase=(null) step=(null) if=-1 file=a"},
    {"PUT", R "/state/files/a", "Content-Type: multipart/form-data; boundary=xx\r\n",
     "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--xx--\r\n", 200, JSON, NULL,
     "12 service=redis"},
    {"PUT", R "/state/files/a", "Content-Type: multipart/form-data; boundary=xx\r\n", "--xx\r\n", 400, JSON,
     "no whole field", NULL},
    {"PUT", R "/state/refresh", "", "", 409, JSON, "nothing to refresh", NULL},
    {"GET", R "/state/zone/tasks", "", NULL, 200, JSON, "z1", NULL},
    {"GET", R "/state/zone/tasks/redis-0-server", "", NULL, 200, TEXT, "z1", NULL},
    {"GET", R "/state/zone/redis/10.0.0.1", "", NULL, 200, TEXT, "z2", NULL},
    {"GET", R "/debug/offers", "", NULL, 200, JSON, "offers (null) (null) (null)", NULL},
    {"GET", R "/debug/plans?plan=a&phase=b&step=c", "", NULL, 200, JSON, "plans a b c", NULL},
    {"GET", R "/debug/taskStatuses?plan=a", "", NULL, 200, JSON, "statuses a (null)", NULL},
    {"GET", R "/debug/reservations", "", NULL, 200, JSON, "reservations", NULL},
    {"POST", R "/exec/redis-0-server", "Content-Type: application/json\r\n", "{\"cmd\":[\"ls\"]}", 400, JSON,
     "commands are off", NULL},
    {"GET", R "/sandbox/redis-0-server", "", NULL, 200, JSON, "\"path\":\"stdout\",\"size\":15", NULL},
    {"GET", R "/sandbox/redis-0-server/sub", "", NULL, 200, JSON, "\"path\":\"sub/deep\"", NULL},
    {"GET", R "/sandbox/redis-0-server/sub/", "", NULL, 200, JSON, "\"path\":\"sub/deep\"", NULL},
    {"GET", R "/sandbox/redis-0-server/sub/deep", "", NULL, 200, "text/plain; charset=utf-8", "abyss", NULL},
    {"GET", R "/sandbox/redis-0-server/stdout", "", NULL, 200, "text/plain; charset=utf-8", "one\ntwo\nthree\nx", NULL},
    {"GET", R "/sandbox/redis-0-server/empty", "", NULL, 200, "text/plain; charset=utf-8", "", NULL},
    {"GET", R "/sandbox/redis-0-server/empty?tail=3", "", NULL, 200, "text/plain; charset=utf-8", "", NULL},
    {"GET", R "/sandbox/redis-0-server/stdout?tail=2", "", NULL, 200, "text/plain; charset=utf-8", "three\nx", NULL},
    {"GET", R "/sandbox/redis-0-server/stdout?offset=4&follow=false", "", NULL, 200, "text/plain; charset=utf-8",
     "two\nthree\nx", NULL},
    {"GET", R "/sandbox/redis-0-server/stdout?offset=99", "", NULL, 200, "text/plain; charset=utf-8", "", NULL},
    {"GET", R "/sandbox/redis-0-server/stdout", "Range: bytes=4-6\r\n", NULL, 206, "text/plain; charset=utf-8", "two",
     NULL},
    {"GET", R "/sandbox/redis-0-server/stdout", "Range: bytes=-1\r\n", NULL, 206, "text/plain; charset=utf-8", "x",
     NULL},
    {"GET", R "/sandbox/redis-0-server/stdout", "Range: bytes=99-\r\n", NULL, 416, JSON, "15 bytes", NULL},
    {"GET", R "/sandbox/redis-0-server/binary", "", NULL, 200, "application/octet-stream", "\xff\xfe", NULL},
};

/* The same server when the service `redis` is all there is, and when it is not. */
static const Case mono_cases[] = {
    {"GET", "/v1/plans", "", NULL, 200, JSON, "recovery", NULL},
    {"GET", "/v1/plans/deploy", "", NULL, 200, JSON, "COMPLETE", NULL},
    {"POST", "/v1/plans/deploy/interrupt?phase=p", "", "", 200, JSON, NULL,
     "6 service=redis pod=(null) plan=deploy phase=p"},
    {"GET", "/v1/plan", "", NULL, 200, JSON, "COMPLETE", NULL},
    {"POST", "/v1/plan/continue", "", "", 200, JSON, NULL, "7 service=redis pod=(null) plan=deploy"},
    {"GET", "/v1/pod/status", "", NULL, 200, JSON, "pods", NULL},
    {"POST", "/v1/pod/redis-0/replace", "", "", 200, JSON, NULL, "5 service=redis pod=redis-0"},
    {"GET", "/v1/configurations/targetId", "", NULL, 200, JSON, "[\"id-2\"]", NULL},
    {"GET", "/v1/artifacts/template/id-1/redis/server/conf", "", NULL, 200, TEXT, "id-1|redis|server|conf", NULL},
    {"GET", "/v1/endpoints/web", "", NULL, 200, JSON, "address", NULL},
    {"GET", "/v1/state/frameworkId", "", NULL, 200, JSON, "fw-1", NULL},
    {"GET", "/v1/state/properties", "", NULL, 200, JSON, "file-x", NULL},
    {"GET", "/v1/state/engine", "", NULL, 200, JSON, "agent-0", NULL},
    {"GET", "/v1/debug/plans?plan=a", "", NULL, 200, JSON, "plans a (null)", NULL},
    {"GET", "/v2/debug/offers", "", NULL, 200, JSON, "offers", NULL},
    {"GET", "/v1/health", "", NULL, 203, JSON, "well", NULL},
    {"GET", "/v1/service/redis/plans", "", NULL, 200, JSON, "recovery", NULL},
    {"GET", "/v1/multi", "", NULL, 200, JSON, "redis", NULL},
    {"DELETE", "/v1/plans", "", NULL, 405, JSON, "it has GET, HEAD", NULL},
    {"GET", "/v1/plnas", "", NULL, 404, JSON, "the nearest is /v1/plans", NULL},
};
static const Case many_cases[] = {
    {"GET", "/v1/plans", "", NULL, 404, JSON, "ask for /v1/service/{name}/plans of one of them", NULL},
    {"POST", "/v1/pod/redis-0/restart", "", "", 404, JSON, "/v1/service/{name}/pod/redis-0/restart", NULL},
    {"GET", "/v1/state/files", "", NULL, 404, JSON, "/v1/service/{name}/state/files", NULL},
    {"GET", "/v1/plan", "", NULL, 404, JSON, "there is no /v1/plan", NULL},
};

static void check_case(const Fixture *fixture, const Case *c) {
  g_test_message("%s %s", c->method, c->path);
  g_clear_pointer(&fake.last_command, g_free);
  g_auto(Answer) answer = ask(fixture, c->method, c->path, c->headers, c->body);
  g_autofree char *type = answer_header(&answer, "Content-Type"), *cache = answer_header(&answer, "Cache-Control"),
                  *sniff = answer_header(&answer, "X-Content-Type-Options");
  g_assert_cmpint(answer.status, ==, c->status);
  g_assert_cmpstr(type, ==, c->type);
  g_assert_cmpstr(cache, ==, "no-store");
  g_assert_cmpstr(sniff, ==, "nosniff");
  if (c->contains != NULL)
    g_assert_nonnull(strstr(answer.body->str, c->contains));
  if (c->command == NULL)
    g_assert_null(fake.last_command);
  else
    g_assert_true(g_str_has_prefix(fake.last_command, c->command));
}

static void ask_all(Fixture *fixture) {
  write_sandbox("stdout", "one\ntwo\nthree\nx");
  write_sandbox("empty", "");
  write_sandbox("binary", "\xff\xfe\x01");
  g_autofree char *sub = g_build_filename(fake.sandbox, "sub", NULL);
  g_mkdir(sub, 0700);
  write_sandbox("sub/deep", "abyss");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    check_case(fixture, &cases[i]);
}

static void test_every_route(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, ask_all);
  fixture_close(&fixture);
}

static void ask_mono(Fixture *fixture) {
  for (gsize i = 0; i < G_N_ELEMENTS(mono_cases); i++)
    check_case(fixture, &mono_cases[i]);
  g_auto(Answer) document = ask(fixture, "GET", "/v1/openapi.json", "", NULL);
  g_assert_nonnull(strstr(document.body->str, "\"/v1/pod/{pod}/info\""));
}

static void ask_many(Fixture *fixture) {
  for (gsize i = 0; i < G_N_ELEMENTS(many_cases); i++)
    check_case(fixture, &many_cases[i]);
  g_auto(Answer) document = ask(fixture, "GET", "/v1/openapi.json", "", NULL);
  g_assert_null(strstr(document.body->str, "\"/v1/pod/{pod}/info\""));
}

static void test_mono(void) {
  Fixture fixture;
  fake_mono = "redis";
  fixture_open(&fixture);
  fixture_run(&fixture, ask_mono);
  fixture_close(&fixture);
  fake_mono = NULL;
}

static void test_many(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, ask_many);
  fixture_close(&fixture);
}

/* So that a new route is not forgotten above. */
static gboolean has_case(const MuRoute *route, const MuHttpRouter *router) {
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    MuHttpMatch match = {0};
    g_auto(GStrv) captures = NULL;
    g_autofree char *allow = NULL, *path = g_strndup(cases[i].path, strcspn(cases[i].path, "?"));
    if (mu_http_router_match(router, cases[i].method, path, &match, &captures, &allow, NULL) &&
        match.handler == route->handler)
      return TRUE;
  }
  return FALSE;
}

static void test_no_route_is_forgotten(void) {
  g_autoptr(MuHttpRouter) router = mu_http_router_new(NULL, 0, NULL, NULL, NULL);
  gsize n;
  const MuRoute *routes = mu_http_routes(&n);
  for (gsize i = 0; i < n; i++)
    if (strcmp(routes[i].path, "/v1/events") != 0) /* test_event_stream.c */
      g_assert_true(has_case(&routes[i], router));
}

static void ask_unchanged(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "PUT", "/v1/service/redis", "", "name: redis");
  g_assert_cmpint(answer.status, ==, 200);
  g_assert_cmpstr(answer.body->str, ==, "{\"version\":4,\"result\":\"changed\"}\n");
}

static void test_changed_is_200(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fake.reply = "{\"version\":4,\"result\":\"changed\"}";
  fixture_run(&fixture, ask_unchanged);
  fixture_close(&fixture);
}

static void put_context(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "PUT", "/v1/service/redis", "", "name: redis # \xc3\xa9");
  g_assert_cmpint(answer.status, ==, 201);
  g_auto(Answer) service = ask(fixture, "GET", "/v1/service/redis", "", NULL);
  g_autofree char *etag = answer_header(&service, "ETag");
  g_assert_cmpstr(etag, ==, "\"3\"");
}

static void test_context_is_the_body(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, put_context);
  gsize length;
  const char *context = g_bytes_get_data(fake.last_context, &length);
  g_assert_cmpmem(context, (int)length, "name: redis # \xc3\xa9", 16);
  fixture_close(&fixture);
}

static void ask_head(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "HEAD", "/v1/multi", "", NULL);
  g_autofree char *length = answer_header(&answer, "Content-Length");
  g_assert_cmpint(answer.status, ==, 200);
  g_assert_cmpint(atoi(length), >, 10);
  g_assert_cmpuint(answer.body->len, ==, 0);
}

static void test_head(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fixture_run(&fixture, ask_head);
  fixture_close(&fixture);
}

static void ask_long_list(Fixture *fixture) {
  g_auto(Answer) answer = ask(fixture, "GET", "/v1/multi", "", NULL);
  g_autofree char *type = answer_header(&answer, "Content-Type");
  g_autoptr(json_t) list = json_loadb(answer.body->str, answer.body->len, 0, NULL);
  g_assert_cmpint(answer.status, ==, 200);
  g_assert_cmpstr(type, ==, "application/json");
  g_assert_cmpuint(json_array_size(list), ==, fake.more + 2);
}

/* Part after part, more than one block of an answer together. */
static void test_long_list(void) {
  Fixture fixture;
  fixture_open(&fixture);
  fake.more = 300;
  fixture_run(&fixture, ask_long_list);
  fixture_close(&fixture);
  fake.more = 0;
}

/* ---- the user's own ---- */

static void ask_own(Fixture *fixture) {
  g_auto(Answer) post = ask(fixture, "POST", "/v1/submissions/7%2f8?q=a%20b", "Content-Type: x/y\r\n", "12345");
  g_assert_cmpint(post.status, ==, 207);
  g_assert_cmpstr(post.body->str, ==, "POST /v1/submissions/7/8 [7/8] q=a b type=x/y body=5");
  g_auto(Answer) rest = ask(fixture, "GET", "/own/files/here/a/b%20c", "", NULL);
  g_assert_cmpstr(rest.body->str, ==, "GET /own/files/here/a/b c [here,a/b c] q=- type=- body=0");
  g_auto(Answer) instead = ask(fixture, "GET", "/v1/state/engine", "", NULL);
  g_assert_cmpint(instead.status, ==, 207);
  g_auto(Answer) wrong = ask(fixture, "GET", "/v1/submissions/7", "", NULL);
  g_autofree char *allow = answer_header(&wrong, "Allow");
  g_assert_cmpint(wrong.status, ==, 405);
  g_assert_cmpstr(allow, ==, "POST");
}

static void test_own_routes(void) {
  Fixture fixture;
  fixture_open_with(&fixture, 0, TRUE);
  fixture_run(&fixture, ask_own);
  g_assert_cmpuint(fake.handled, ==, 3);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/routes/every-one", test_every_route);
  g_test_add_func("/routes/mono", test_mono);
  g_test_add_func("/routes/many", test_many);
  g_test_add_func("/routes/none-forgotten", test_no_route_is_forgotten);
  g_test_add_func("/routes/changed-is-200", test_changed_is_200);
  g_test_add_func("/routes/context-is-the-body", test_context_is_the_body);
  g_test_add_func("/routes/head", test_head);
  g_test_add_func("/routes/long-list", test_long_list);
  g_test_add_func("/routes/own", test_own_routes);
  return g_test_run();
}
